# SPDX-License-Identifier: ISC
#
# The digest: what went wrong, at the end, where it is wanted.

load setup

setup() {
	setup_prun
	unset CI
}

@test "how many, and of each failed job its number, end, command and last lines" {
	run --separate-stderr "$PRUN" --digest -k -j1 --timeout 0.5 \
		'echo out {}; echo err {} >&2; case {} in 2) exit 3;; 3) kill -KILL $$;; 4) sleep 60;; esac' ::: 1 2 3 4
	assert_failure 3
	digest=$(sed -n '/^prun: 1 ok/,$p' <<<"$stderr")
	[[ $digest == 'prun: 1 ok, 3 failed (1 timed out) in '*' s ('*' s of work)'* ]]
	# How the job ended is told once.
	refute [ "$(grep -c 'timed out:' <<<"$stderr")" -gt 0 ]
	run sed 's/after [0-9.]* s: .*/after/' <<<"$digest"
	assert_line -n 1 '  job 2: exit status 3 after'
	assert_line -n 2 '    | out 2'
	assert_line -n 3 '    | err 2'
	assert_line -n 4 '  job 3: killed by SIGKILL after'
	assert_line -n 7 '  job 4: timed out after'
	assert_equal "${#lines[@]}" 10
}

@test "only where it is wanted" {
	for options in '' '--digest --no-digest'; do
		run --separate-stderr "$PRUN" $options false ::: a
		assert_equal "$stderr" ''
	done
	export CI=1
	run --separate-stderr "$PRUN" false ::: a
	[[ $stderr == 'prun: 0 ok, 1 failed in '* ]]
	run --separate-stderr "$PRUN" --no-digest false ::: a
	assert_equal "$stderr" ''
	run --separate-stderr "$PRUN" true ::: a
	assert_equal "$stderr" ''
}

@test "on a terminal it is there unasked" {
	need script
	run script -qec "$PRUN 'echo x{}; exit 7' ::: a" /dev/null
	assert_failure 1
	assert_output --partial 'prun: 0 ok, 1 failed'
	assert_output --partial $'job 1: \e[31mexit status 7\e[m'
	# What has just been on the screen is not shown again, what left it is.
	refute_output --partial '| xa'
	run script -qec "$PRUN -k -j1 'echo x{}; [ {} = b ] && seq 1000 || false' ::: a b" /dev/null
	assert_output --partial '| xa'
}

@test "jobs that were never started are counted" {
	mkfifo go
	in_background "$PRUN" --digest -j1 'touch began; cat go; exit 5; :' ::: {1..10} 2>err
	wait_for test -e began
	kill -HUP "$bg"
	tell go
	finish
	assert_equal "$status" 1
	run grep ok, err
	assert_output --regexp '^prun: 0 ok, 1 failed, 9 never started in '
}

@test "control bytes are shown, not sent to the terminal" {
	run --separate-stderr "$PRUN" --digest 'printf "a\033[2Jb\r\n"; exit 1' ::: x
	[[ $stderr == *'    | a^[[2Jb^M'* ]]
}

@test "ten failed jobs, all of them, the slow ones, and how to run them again" {
	run --separate-stderr "$PRUN" --digest -j1 --joblog 'my log' 'printf "\033[31m"; exit 1; :' ::: {1..12}
	assert_failure 12
	[ "$(grep -c '^  job ' <<<"$stderr")" = 10 ]
	[[ $stderr == *'  and 2 more: '*$'\n'"run the failed ones again: prun --retry-failed --joblog 'my log'" ]]
	[[ $stderr != *'^['* ]]
	run bash -c "$(sed -n 's/^run the failed ones again: //p' <<<"$stderr")"
	assert_failure 12
	run --separate-stderr "$PRUN" --digest=all,slow -j1 '[ {} = 3 ] && sleep 0.1; exit 1' ::: {1..12}
	[ "$(sed '/^slowest/,$d' <<<"$stderr" | grep -c '^  job ')" = 12 ]
	[[ $stderr == *$'slowest:\n  job 3: 0.'* ]]
	run "$PRUN" --digest=fast true ::: a
	assert_failure 255
	assert_output "prun: --digest: 'fast' is none of all, slow"
}

@test "Ctrl-C: one line, and nothing of what was unfinished" {
	need script
	interrupted() { # options: what is on the terminal when two of five jobs are interrupted
		in_background script -qfec "exec env --default-signal=INT $PRUN -j2 $* 'echo half{}; [ {} = 1 ] || { touch began{}; sleep 100; }' ::: 1 2 3 4 5" /dev/null >out
		wait_for test -e began2
		wait_for test -e began3
		pkill -INT -P "$bg" -x prun
		finish
		rm began?
	}
	interrupted ''
	run cat out
	assert_line --partial 'prun: interrupted: 2 jobs stopped, 2 never started, 1 done'
	refute_output --partial half2
	refute_output --partial ' job 2'
	interrupted --digest
	run cat out
	assert_line --partial 'prun: interrupted: 2 jobs stopped, 2 never started, 1 done'
	assert_output --partial half2
	refute_output --partial ' job 2'
	# In order, the first one's output was there already.
	interrupted -k
	run cat out
	assert_output --partial half2
	refute_output --partial half3
}

@test "the last lines of a job with --results come from its files" {
	run --separate-stderr "$PRUN" --digest --results res 'echo out; echo err >&2; exit 1; :' ::: x
	[[ $stderr == *$'    | out\n    | err' ]]
}

@test "a loud job's last ten lines, and no more" {
	run --separate-stderr "$PRUN" --digest 'seq 100000; exit 1; :' ::: x
	run grep -c '^    | ' <<<"$stderr"
	assert_output 10
}
