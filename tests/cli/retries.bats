# SPDX-License-Identifier: ISC
#
# --retries, --retry-delay, --retry-on.

load setup

@test "a job is tried so many times, before others" {
	run -2 prun -j1 --retries 3 'echo {} >>log; exit 4' ::: a b
	run cat log
	assert_output $'a\na\na\nb\nb\nb'
}

@test "1 is one try, 0 is until it succeeds" {
	run -1 prun --retries 1 'echo x >>log; false # {}' ::: a
	[ "$(wc -l <log)" -eq 1 ]
	run -0 prun --retries 0 'echo x >>log; test $(wc -l <log) -eq 20 # {}' ::: a
	[ "$(wc -l <log)" -eq 20 ]
}

@test "only the last try is printed, stderr too" {
	run -0 --separate-stderr prun -k -j2 --retries 3 \
		'echo try >>n.{}; echo {} $(wc -l <n.{}); echo e{} >&2; test $(wc -l <n.{}) -eq {}' ::: 3 1 2
	assert_output $'3 3\n1 1\n2 2'
	[ "$stderr" = $'e3\ne1\ne2' ]
}

@test "the last try is printed when all have failed" {
	run -1 prun --retries 2 'echo x >>n; wc -l <n; false # {}' ::: a
	assert_output 2
}

@test "much output is kept back too" {
	run -0 prun -k --retries 2 \
		'test -e again || { echo old; seq 200000; >again; exit 1; }; echo new; seq 300000 # {}' ::: a
	[ "${lines[0]}" = new ]
	[ "${#lines[@]}" -eq 300001 ]
}

@test "the slot is the same in every try" {
	run -0 prun -j3 --retries 4 --delay 0.01 \
		'echo {%} $PARALLEL_JOBSLOT >>slots.{#}; test $(wc -l <slots.{#}) -eq 4' ::: a b c
	for file in slots.*; do
		run sort -u "$file"
		assert_output --regexp '^([1-3]) \1$'
	done
}

@test "one line in the job log" {
	run -0 prun -j1 --retries 3 --joblog log 'echo x >>c; test $(wc -l <c) -eq 3 # {}' ::: a
	run cut -f1,7,8 log
	assert_output $'Seq\tExitval\tSignal\n1\t0\t0'
}

@test "a job that failed and then succeeded is flaky: the digest and --joblog-extra say so" {
	run -1 --separate-stderr prun -j1 --digest --joblog log --joblog-extra --retries 3 \
		'echo >>n.{}; test $(wc -l <n.{}) -ge {}' ::: 1 2 4
	[[ ${stderr_lines[0]} == 'prun: 2 ok, 1 failed, 1 flaky in '* ]]
	[[ ${stderr_lines[1]} == '  job 2: flaky (exit status 1), succeeded in try 2: echo >>n.2; '* ]]
	[[ ${stderr_lines[2]} == '  job 3: exit status 1 '* ]]
	[ "${stderr_lines[3]}" = 'run the failed ones again: prun --retry-failed --joblog log' ]
	run awk -F'\t' '{ print $7, $13, $15 }' log
	assert_output $'Exitval Tries Flaky\n0 1 0\n0 2 1\n1 3 0'
	# Also when nothing is wrong in the end, and for what did not exit by itself.
	run -0 --separate-stderr prun -j1 --digest --timeout 0.2 --retries 2 \
		'test -e again.{} && exit; touch again.{}; if test {} = a; then sleep 1000; else kill -9 $$; fi' ::: a b
	assert_equal "$(tail -3 <<<"$stderr" | sed '/^  /s/: [^:]*$//; s/ in [0-9].*//')" \
		$'prun: 2 ok, 0 failed, 2 flaky\n  job 1: flaky (timed out), succeeded in try 2\n  job 2: flaky (killed by SIGKILL), succeeded in try 2'
	run -0 --separate-stderr prun --digest --retries 2 true ::: a b
	assert_equal "$stderr" ''
}

@test "-t, and -v with -u, tell of each try" {
	run -1 --separate-stderr prun -t --retries 3 false ::: a
	assert_equal "$stderr" $'false a\nfalse a\nfalse a'
	run -1 prun -v -u --retries 2 'echo x; false' ::: a
	assert_output $'echo x; false a\nx\necho x; false a\nx'
}

@test "--retry-delay lets others run meanwhile" {
	run -0 prun -j1 --retries 2 --retry-delay 0.3s \
		'echo {} >>log; test {} = b && exit; test $(grep -c a log) -eq 2' ::: a b
	run cat log
	assert_output $'a\nb\na'
}

# user_ticks PID: the CPU time that it has used itself, in ticks.
user_ticks() { awk '{ sub(/.*\) /, ""); print $12 }' "/proc/$1/stat"; }

@test "--retry-delay: only so many wait, and that takes neither memory nor CPU time" {
	need_no_sanitizer
	mkfifo input
	in_background prun -j4 -t --retries 2 --retry-delay 1000 /bin/false :::: input 2>told
	yes >input 3>&- &
	# -t tells of each start, and of each try that is to come: 4,096 wait.
	wait_for eval '[ "$(wc -l <told)" -ge 8192 ]'
	wait_for eval '! pgrep -P "$bg" -x false'
	local ticks=$(user_ticks "$bg")
	# No deadline: this is for how long it is measured.
	sleep 1
	[ "$(wc -l <told)" -le 8200 ]
	[ "$(($(user_ticks "$bg") - ticks))" -le 5 ]
	[ "$(awk '/^VmHWM/ { print $2 }' "/proc/$bg/status")" -lt 30000 ]
	kill -TERM "$bg"
	finish
	[ "$status" -eq 143 ]
}

@test "--retry-delay that doubles" {
	local start=$(date +%s%N)
	run -1 prun --retries 3 --retry-delay 0.2,x2 false ::: a
	[ $(($(date +%s%N) - start)) -ge 600000000 ]
}

@test "--retry-on chooses by status, signal and timeout" {
	run -1 prun --retries 3 --retry-on status=75 'echo x >>a; exit 74 # {}' ::: a
	[ "$(wc -l <a)" -eq 1 ]
	run -1 prun --retries 3 --retry-on status=74,status=75 'echo x >>b; exit 75 # {}' ::: a
	[ "$(wc -l <b)" -eq 3 ]
	run -1 prun --retries 2 --retry-on signal 'echo x >>c; kill -9 $$ # {}' ::: a
	[ "$(wc -l <c)" -eq 2 ]
	run -1 prun --retries 2 --retry-on fail 'echo x >>d; exit 1 # {}' ::: a
	[ "$(wc -l <d)" -eq 2 ]
	run -1 prun --retries 2 --retry-on timeout --timeout 0.2 'echo x >>e; sleep 1000 # {}' ::: a
	[ "$(wc -l <e)" -eq 2 ]
	run grep -c 'timed out' <<<"$output"
	assert_output 2
}

@test "a command that does not exist is tried again as well" {
	run -1 prun --retries 3 no-such-program ::: a
	echo 'echo found' >no-such-program
	chmod +x no-such-program
	PATH=$PWD:$PATH run -0 prun --retries 3 no-such-program ::: a
	assert_output found
}

@test "no try after Ctrl-C or HUP" {
	in_background prun --retries 5 --retry-delay 1h 'echo x >>log; exit 1 # {}' ::: a
	wait_for test -s log
	kill -HUP "$bg"
	finish
	[ "$status" -eq 1 ]
	[ "$(wc -l <log)" -eq 1 ]
}

@test "values without meaning" {
	for options in '--retries x' '--retries -1' '--retry-on sometimes' '--retry-on status=0' \
		'--retry-delay x' '--retry-delay 1s,2' '--retry-delay 1s,x0'; do
		# shellcheck disable=SC2086 # words
		run -255 prun --retries 2 $options echo ::: a
		assert_output --partial "${options#* }"
	done
}
