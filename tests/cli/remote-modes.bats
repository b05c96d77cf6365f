# SPDX-License-Identifier: ISC
#
# What prun does with jobs here it does with jobs on other machines: the modes of --pipe,
# workers, sudo, resuming, steering, reports.  A "host" is reached by a program that runs the
# agent beside prun, as in remote.bats.

load setup

setup() {
	setup_prun
	make_there
	printf '#!/bin/sh\nrmdir "%s"; exec "%s" "$@"\n' "$T/gone" "$T/there" >"$T/there_gone"
	chmod +x "$T/there_gone"
}

@test "--pipe there: --round-robin, --tee, --shard and --bin lose and double nothing" {
	seq 30000 >in
	[ "$(prun "${AB[@]}" -j2 --pipe --round-robin --block 10k cat <in | sort -n | cksum)" = "$(cksum <in)" ]
	[ "$(prun "${AB[@]}" -j2 --pipe --tee --tag 'cksum; : {}' ::: 1 2 3 <in | sort)" = \
		"$(for n in 1 2 3; do printf '%s\t%s\n' $n "$(cksum <in)"; done)" ]
	sed 'p' in >twice
	prun "${AB[@]}" -j2 --pipe --shard 1 --block 10k 'sort | uniq -c | grep -c "^ *2 "' <twice >counts
	[ "$(awk '{ n += $1 } END { print n }' counts)" = 30000 ]
	[ "$(wc -l <counts)" = 4 ]
	[ "$(prun "${AB[@]}" -j2 --pipe --bin 1 wc -l <in | sort -u)" = 7500 ]
}

@test "--cat and --fifo there: the file is made where the job runs, and removed" {
	seq 30000 >in
	local option
	for option in --cat --fifo; do
		[ "$(prun "${AB[@]}" -j2 --tmpdir "$T/tmp" --pipe $option --block 30k -k 'cat {}; cat' <in | cksum)" = "$(cksum <in)" ]
		[ "$(prun "${AB[@]}" -j2 --tmpdir "$T/tmp" --pipe-part -a in $option --block 30k -k 'cat {}' | cksum)" = "$(cksum <in)" ]
		# Not read at all, and not to the end.
		run -0 prun "${AB[@]}" -j2 --tmpdir "$T/tmp" --pipe $option --block 60k -k '[ {#} = 2 ] || head -n 1 {}; echo {#}' <in
		[ "$(head -n 2 <<<"$output")" = $'1\n1' ]
		[ -z "$(ls "$T/tmp")" ]
	done
	for option in --cat --fifo; do
		run -0 prun "${AB[@]}" -j2 --tmpdir "$T/tmp" --pipe $option --block 30k --retries 2 -k \
			"wc -c <{}; [ -e $PWD/done$option{#} ] || { touch $PWD/done$option{#}; exit 1; }" <in
		[ "$(paste -sd+ <<<"$output" | bc)" = "$(wc -c <in)" ]
	done
	# What is made for a job here is of no use there.
	run -0 prun --via "$T/there {host}" -S '1/a,1/:' -j1 --tmpdir "$T/tmp" --pipe --cat --block 30k 'wc -c <{}' <in
	[ "$(paste -sd+ <<<"$output" | bc)" = "$(wc -c <in)" ]
	[ -z "$(ls "$T/tmp")" ]
}

@test "--cat and --fifo there: nothing stays of a job that is killed or cannot start" {
	local option
	seq 30000 >in
	for option in --cat --fifo; do
		run -1 --separate-stderr prun --via "$T/there {host}" -S a --tmpdir "$T/tmp" --pipe $option --timeout 0.3 \
			'head -c 1 {} >/dev/null; sleep 1000' <in
		assert_regex "$stderr" 'timed out'
		[ -z "$(ls "$T/tmp")" ]
		in_background prun --via "$T/there {host}" -S a --tmpdir "$T/tmp" --pipe $option -a in "touch $PWD/runs; sleep 1000; : {}"
		wait_for test -e runs
		rm runs
		kill -KILL "$bg"
		finish
		assert_nothing_left
		[ -z "$(ls "$T/tmp")" ]
		mkdir "$T/gone"
		run -1 --separate-stderr prun --via "$T/there_gone {host}" -S a --tmpdir "$T/gone" --pipe $option 'cat {}' <<<x
		assert_regex "$stderr" 'No such file or directory'
	done
}

@test "--worker there: shells that stay, with their timeouts, tries and end" {
	run -0 prun "${AB[@]}" -j1 --worker --worker-init 'trap "echo bye >>$HOME/bye" EXIT; own=$$' --joblog log -k \
		'echo {} $own $PARALLEL_SSHHOST $PARALLEL_SEQ' ::: {1..10}
	[ "$(awk '{print $1 == $4}' <<<"$output" | sort -u)" = 1 ]
	[ "$(awk '{print $2, $3}' <<<"$output" | sort -u | wc -l)" -le 2 ]
	[ "$(awk 'NR > 1 {print $2}' log | sort | xargs)" = "$(awk '{print $3}' <<<"$output" | sort | xargs)" ]
	[ "$(cat "$T"/at-?/bye | sort -u)" = bye ]
	run -1 --separate-stderr prun "${AB[@]}" -j2 --worker --timeout 0.3 -k 'echo {}; [ {} != 2 ] || setsid sleep 1000' ::: 1 2 3
	assert_output $'1\n2\n3'
	assert_regex "$stderr" 'timed out'
	run -0 prun "${AB[@]}" -j2 --worker --retries 3 -k "echo {}; [ -e $PWD/tried{} ] || { touch $PWD/tried{}; exit 1; }" ::: 1 2 3
	assert_output $'1\n2\n3'
	run -0 prun --via "$T/there {host}" -S '1/a,1/:' -j1 --worker -k 'echo {} ${AT:-here}' ::: 1 2 3 4 5 6
	[ "$(awk '{print $1}' <<<"$output" | xargs)" = '1 2 3 4 5 6' ]
	assert_nothing_left
}

@test "--worker-line there: a program answers, or is told to be at fault or silent" {
	printf '#!/bin/sh\nwhile read -r n; do echo "$((n * 2))"; done\n' >twice
	printf '#!/bin/sh\nwhile read -r n; do :; done\n' >mute
	printf '#!/bin/sh\nread -r n; printf "%%s\\nmore\\n" "$n"; read -r n\n' >loud
	chmod +x twice mute loud
	run -0 prun "${AB[@]}" -j2 -k --worker-line "$PWD/twice" ::: 1 2 3 4 5
	assert_output $'2\n4\n6\n8\n10'
	in_background prun --via "$T/there {host}" -S a -j1 --worker-line "$PWD/mute" ::: 1 2>err
	wait_for grep -q 'worker 1 has read its job.*stdbuf' err
	kill -TERM "$bg"
	finish
	run --separate-stderr prun --via "$T/there {host}" -S a -j1 --worker-line "$PWD/loud" ::: 1 2
	assert_failure
	assert_regex "$stderr" 'worker 1'
	assert_nothing_left
}

# fake MODE: there and here, sudo is a program that notes each password that it gets.
fake() {
	mkdir -p "$T/fake"
	ln -sf "$HELPER/fakesudo" "$T/fake/sudo"
	SECRET=$(od -An -N8 -tx1 /dev/urandom | tr -d ' ')
	(umask 077 && echo "$SECRET" >pw)
	PATH=$T/fake:$PATH
	export FAKE_SUDO=$1 FAKE_SECRET=$PWD/pw FAKE_LOG=$PWD/notes
}

@test "--sudo there: the password goes through the connection alone" {
	fake plain
	# What all processes show of themselves while a job runs.
	in_background prun "${AB[@]}" -j2 --sudo --sudo-password-file pw --joblog log --events events -v -k \
		"touch $PWD/runs{}; until [ -e $PWD/go ]; do sleep 0.02; done; echo \$AT {}; cat" ::: 1 2 >out 2>&1
	wait_for test -e runs1
	wait_for test -e runs2
	[ -z "$(grep -lsF -f pw /proc/[0-9]*/cmdline /proc/[0-9]*/environ)" ]
	touch go
	finish
	[ "$status" = 0 ]
	[ "$(grep -c '^[ab] [12]$' out)" = 2 ]
	[ "$(sort notes | uniq -c | tr -s ' ')" = " 2 $SECRET" ]
	run -1 grep -q "$SECRET" out log events
	# What sudo runs is killed with what has left its session.
	run -1 --separate-stderr prun "${AB[@]}" --sudo --sudo-password-file pw --timeout 0.3 'setsid sleep 1000; : {}' ::: 1
	assert_regex "$stderr" 'timed out'
	assert_nothing_left
	# Here and there.
	rm notes
	run -0 prun --via "$T/there {host}" -S '1/a,1/:' -j1 --sudo --sudo-password-file pw -k echo ::: 1 2 3
	assert_output $'1\n2\n3'
	[ "$(sort -u notes)" = "$SECRET" ]
}

@test "--sudo there: a wrong password, none, and one that nobody wants" {
	fake plain
	(umask 077 && echo wrong >other)
	run -1 prun "${AB[@]}" --sudo --sudo-password-file other echo ::: x </dev/null
	assert_output --partial 'sudo did not take the password'
	FAKE_SUDO=free run -0 setsid -w prun "${AB[@]}" --sudo echo ::: x </dev/null
	assert_output x
	run -1 setsid -w prun "${AB[@]}" --sudo echo ::: x </dev/null
	assert_output --partial 'sudo did not take the password'
}

@test "--sudo there: the user is asked once, on the terminal" {
	need script
	fake plain
	mkfifo keys
	exec 8<>keys
	in_background sh -c "exec script -qefc \"prun --via '$T/there {host}' -S a,b --sudo -k echo got ::: 1 2 3\" typescript <keys >/dev/null 8>&-"
	wait_for grep -q 'password for sudo on other hosts' typescript
	printf '%s\n' "$SECRET" >&8
	finish
	exec 8>&-
	[ "$status" = 0 ]
	[ "$(grep -c '^got [123]' typescript)" = 3 ]
	[ "$(sort notes | uniq -c | tr -s ' ')" = " 3 $SECRET" ]
	! grep -q "$SECRET" typescript
}

# The pid of the agent whose job is a sleep.
busy_agent() {
	local pid
	for pid in $(marked); do
		[ "$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | cut -c1-20)" != 'prun --remote-agent ' ] ||
			! pgrep -P "$pid" sleep >/dev/null || { echo "$pid"; return; }
	done
	return 1
}

@test "a try waits for the only host to come back" {
	in_background prun --via "$T/there {host}" -S a --retries 2 --joblog log \
		"echo {} >>$PWD/ran; [ -e $PWD/runs ] || { touch $PWD/runs; exec sleep 1000; }" ::: x 2>err
	wait_for test -e runs
	wait_for busy_agent
	kill -KILL "$(busy_agent)"
	finish
	[ "$status" = 0 ]
	[ "$(wc -l <ran)" = 2 ]
	[ "$(awk 'NR > 1 {print $2, $7}' log)" = 'a 0' ]
}

@test "jobs there are steered: prunctl pauses, resumes and kills them" {
	export XDG_RUNTIME_DIR=$T/tmp
	in_background prun --control=t "${AB[@]}" -j1 -k \
		"echo line{}; echo \$\$ >$PWD/pid{}; touch $PWD/runs{}; until [ -e $PWD/go{} ]; do sleep 0.02; done; echo end{}" ::: 1 2 >out
	wait_for test -e runs1
	wait_for test -e runs2
	run -0 prunctl t pause 1
	# It stands still, when that has reached its host, though it might end.
	wait_for grep -q '^State:.T' "/proc/$(<pid1)/status"
	touch go1
	wait_for sh -c "prunctl t list --json | grep -q '\"state\": *\"paused\"'"
	run -0 prunctl t resume 1
	wait_for grep -q end1 out
	run -0 prunctl t kill 2
	wait_for gone "$bg"
	finish
	[ "$status" = 1 ]
	[ "$(head -n 2 out)" = $'line1\nend1' ]
	run -1 grep -q end2 out
	assert_nothing_left
}

@test "jobs there: --resume-failed, --results, --digest, --junit, --events and --rlimit" {
	run -1 --separate-stderr prun "${AB[@]}" -j1 -k --joblog log --results res --digest --junit junit --events events \
		--rlimit nofile=77 'echo {} $(ulimit -n); echo e{} >&2; exit $(({} == 2))' ::: 1 2 3
	assert_regex "$stderr" 'job 2 on [ab]: exit status 1.*\| e2'
	[ "$(cat res/1/2/stdout res/1/2/stderr)" = $'2 77\ne2' ]
	grep -q 'tests="3" failures="1"' junit
	[ "$(grep -c '"event":"job-ended"' events)" = 3 ]
	[ "$(awk 'NR > 1 && $2 ~ /^[ab]$/ && $7 == ($1 == 2) {n++} END {print n}' log)" = 3 ]
	run -0 prun "${AB[@]}" -k --joblog log --resume-failed 'echo again {} $(ulimit -n >/dev/null)' ::: 1 2 3 4
	assert_line 'again 2'
	assert_line 'again 4'
	refute_line 'again 1'
}

@test "jobs there that prunctl runs again take a free slot, on a host of their groups" {
	mkfifo gate
	in_background prun --via "$T/there {host}" --hostgroups -S '@g+x/1/a,@h/1/b' --control=t --workdir "$PWD" \
		'echo {} $AT >>ran; touch up.$AT; [ {} != long ] || read -r line <gate' ::: one@h long@x >out
	wait_for grep -q 'long a' ran
	wait_for grep -q 'one b' ran
	# The host that was chosen last is a, whose only slot is taken.
	wait_for prunctl t retry 1
	wait_for eval '[ "$(wc -l <ran)" = 3 ]'
	tell gate
	finish
	[ "$status" -eq 0 ]
	[ "$(sort ran | xargs)" = 'long a one b one b' ]
	assert_nothing_left
}

@test "reports, events and prunctl name the host; prunctl shows and runs again what is there" {
	need python3
	mkfifo gate
	in_background prun --via "$T/there {host}" -S b -j1 --control=t --events e --trace tr --junit j --report r --retries 2 \
		'echo said {}; [ {} = 2 ] || exit 3; read x <'"$PWD/gate" ::: 1 2
	wait_for sh -c 'prunctl t tail 2 | grep -qx "said 2"'
	prunctl t list --json | grep -q '"host": *"b"'
	prunctl t list | grep -q ' b: echo said 2'
	prunctl t retry 1
	tell gate
	finish
	[ "$status" = 1 ]
	python3 - >told <<-'EOF'
		import json
		events = [json.loads(line) for line in open('e')]
		print(sorted({(e['event'], str(e.get('host'))) for e in events if 'seq' in e}))
		print(sum(e['event'] == 'job-ended' and e['seq'] == 1 for e in events))
		print({e['args']['host'] for e in json.load(open('tr'))['traceEvents'] if e['ph'] == 'X'})
	EOF
	assert_equal "$(<told)" "[('job-ended', 'b'), ('job-started', 'b'), ('job-tried', 'b')]
2
{'b'}"
	grep -q 'message="exit status 3 on b"' j
	grep -q 'b: echo said' r
	"$REPO/tests/schema/validate" "$REPO/tests/schema/events.json" e
}

@test "Ctrl-C typed on the terminal ends jobs there; so does --halt now" {
	need script
	mkfifo keys
	exec 8<>keys
	in_background sh -c "exec script -qefc \"env --default-signal=INT prun --via '$T/there {host}' -S a -j2 'setsid sleep 1000 & touch $PWD/runs{}; sleep 1000' ::: 1 2 3\" typescript <keys >/dev/null 8>&-"
	wait_for test -e runs1
	wait_for test -e runs2
	printf '\003' >&8
	finish
	exec 8>&-
	[ "$status" != 0 ]
	assert_nothing_left
	[ ! -e runs3 ]
	run -1 prun "${AB[@]}" -j2 --halt now,fail=1 'setsid sleep 1000 & [ {} = 1 ] || sleep 1000; exit 1' ::: 1 2 3
	assert_nothing_left
}

big_comes() { [ -e "$T/at-a/big" ] || is_coming "$T/at-a"; }

@test "two Ctrl-C, two TERM and KILL end jobs there, whatever they are, and what is being sent" {
	fake plain
	truncate -s 500M big
	local mode signals signal
	for mode in --worker --pty '--sudo --sudo-password-file pw' '--transferfile big'; do
		for signals in 'INT INT' 'TERM TERM' KILL; do
			rm -rf runs "$T"/at-*
			in_background env --default-signal=INT prun "${A[@]}" $mode \
				"trap '' INT TERM; setsid sleep 1000 & touch $PWD/runs; sleep 1000; : {}" ::: 1 2>err
			if [ "$mode" = '--transferfile big' ]; then
				wait_for big_comes
			else
				wait_for test -e runs
			fi
			for signal in $signals; do
				kill -$signal "$bg" 2>/dev/null || true # the first may have been enough
			done
			finish
			[ "$status" != 0 ]
			assert_nothing_left
			# No half file has the name of the whole one.
			[ ! -e "$T/at-a/big" ] || [ "$(stat -c %s "$T/at-a/big")" = 524288000 ]
			[ -z "$(find "$T/at-a" -name '.prun-*')" ]
		done
	done
}

@test "much output there is what it is here, in each mode" {
	local option job='seq {}000000 {}299999; echo {} >&2; seq 100; : {}'
	prun -k "$job" ::: 1 2 3 >here 2>errors
	for option in '' -k --tag --line-buffer --compress '--tag --line-buffer' '-k --tagstring {}:'; do
		prun -j2 $option "$job" ::: 1 2 3 2>/dev/null | sort >want
		prun "${AB[@]}" -j2 $option "$job" ::: 1 2 3 2>got_errors | sort | cmp - want
		[ "$(grep -c '^[123]$\|[:	][123]$' got_errors)" = 3 ]
	done
	prun "${AB[@]}" -j2 -k "$job" ::: 1 2 3 2>/dev/null | cmp - here
	prun "${AB[@]}" -j2 -k --line-buffer "$job" ::: 1 2 3 2>/dev/null | cmp - here
	prun "${A[@]}" -j1 -u "$job" ::: 1 2 3 2>/dev/null | cmp - here
	prun "${AB[@]}" -j2 --results out "$job" ::: 1 2 3 >/dev/null 2>&1
	cat out/1/{1,2,3}/stdout | cmp - here
	prun "${AB[@]}" -j2 -k --files "$job" ::: 1 2 3 2>/dev/null | xargs cat | cmp - here
	# One job's lines stay together, though others write meanwhile.
	prun "${AB[@]}" -j2 "$job" ::: 1 2 3 2>/dev/null | awk '$1 > 999999 { n = substr($1, 1, 1); if (n != last) print n; last = n }' >turns
	[ "$(wc -l <turns)" = 3 ]
	# Into a file at its end, where nothing can be moved.
	prun "${AB[@]}" -j2 -k "$job" ::: 1 2 3 >>appended 2>/dev/null
	cmp appended here
}

@test "a flood there starves no other job; it is killed, and its host is lost, in the middle of it" {
	prun --via "$T/there {host}" -S 2/a -u -j2 --halt now,success=1 '[ {} = 1 ] && exec yes >&2; exec sleep 0.3' ::: 1 2 2>/dev/null
	prun "${AB[@]}" -j2 -k --timeout 0.3 '[ {} = 2 ] && exec echo two; exec yes' ::: 1 2 3 2>errors >out || [ $? = 2 ]
	[ "$(grep -c 'timed out' errors)" = 2 ]
	[ "$(tr -d 'y\n' <out)" = two ]
	[ "$(wc -c <out)" -gt 100000 ]
	# Both streams of one job get through.
	prun --via "$T/there {host}" -S a -u --timeout 30 'yes & yes {} | head -c 5000000 >&2; kill $!' ::: e >out 2>errors
	[ "$(tr -d '\n' <errors | tr -s e)" = e ]
	[ "$(wc -c <errors)" = 5000000 ]
	[ "$(wc -c <out)" -gt 100000 ]
	prun --via "$T/there {host}" -S a -k --joblog log '(sleep 0.3; kill -9 $PPID) & exec yes {}' ::: 1 2>errors >out || [ $? = 1 ]
	assert_regex "$(cat errors)" 'host a: '
	[ "$(awk -F'\t' 'NR > 1 { print $7 }' log)" = 255 ]
	[ "$(wc -c <out)" -gt 100000 ]
	assert_nothing_left
}
