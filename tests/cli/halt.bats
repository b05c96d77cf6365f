# SPDX-License-Identifier: ISC
#
# --halt: the statuses, the messages, who is killed and who is left to end.

load setup

@test "never runs all jobs" {
	run -2 prun -j1 -k --halt never 'echo {}; exit {}' ::: 1 0 2
	assert_output $'1\n0\n2'
}

@test "soon,fail=1 starts no more, and hands the status on" {
	run -7 --separate-stderr prun -j1 --halt soon,fail=1 'echo {}; exit {}' ::: 0 7 0
	assert_output $'0\n7'
	[ "$stderr" = $'prun: This job failed:\necho 7; exit 7' ]
}

@test "what --halt counts is told below the output of the job" {
	local mode
	for mode in --group --line-buffer -u; do
		run -2 prun -j1 $mode --halt now,fail=2 'echo {}; exit {}' ::: 7 8 9
		assert_output $'7\nprun: This job failed:\necho 7; exit 7\n8\nprun: This job failed:\necho 8; exit 8'
	done
	# With -k it does not wait until the output of other jobs was written.
	mkfifo gate
	in_background prun -k -j2 --halt soon,fail=1 \
		'[ {} = a ] || exit 3; read -r line <gate' ::: a b 2>err
	wait_for grep -q 'This job failed' err
	echo go >gate
	finish
	[ "$status" -eq 3 ]
}

@test "soon lets running jobs end, and tells how many are waited for" {
	mkfifo gate
	in_background prun -j2 --halt soon,fail=1 \
		'case {} in a) exit 3;; *) read -r line <gate; echo end >ended;; esac' ::: b a c 2>err
	wait_for grep -q 'Waiting for 1 jobs to finish' err
	echo go >gate
	finish
	[ "$status" -eq 3 ]
	assert_file_exist ended
	run grep -c 'This job failed' err
	assert_output 1
}

@test "now kills what runs, with its descendants" {
	run -4 prun -j2 --halt now,fail=1 \
		'case {} in a) until test -s pid; do :; done; exit 4;; *) sleep 1000 & echo $! >pid; wait;; esac' ::: b a c
	assert_output --partial 'This job failed'
	assert_nothing_left
}

@test "now: output of jobs that had ended is printed" {
	run -9 --separate-stderr prun -j1 -k --halt now,fail=1 'echo start {}; exit {}' ::: 0 9 1
	assert_output $'start 0\nstart 9'
}

@test "now acts at once though another job has written much and holds the output" {
	mkfifo hold
	in_background prun -j2 --halt now,fail=1 \
		'case {} in a) yes | head -c 40000000; touch loud; read -r line <hold;; *) until test -e loud; do sleep 0.02; done; exit 3;; esac' ::: a b >/dev/null
	finish
	[ "$status" -eq 3 ]
	assert_nothing_left
}

@test "the first success, and a status of 0" {
	run -0 --separate-stderr prun -j3 --halt now,success=1 \
		'case {} in a) echo won;; *) sleep 1000; echo late;; esac' ::: b a c
	assert_output won
	[[ "$stderr" == 'prun: This job succeeded:'* ]]
	assert_nothing_left
	run -3 prun -j1 --halt now,success=1 'exit {}' ::: 1 2 3
}

@test "done=N counts both" {
	run -1 --separate-stderr prun -j1 --halt soon,done=2 'echo {}; exit {}' ::: 0 3 0
	assert_output $'0\n3'
	[[ "$stderr" == *'This job finished:'* ]]
}

@test "fail=N returns the number of failures" {
	run -2 --separate-stderr prun -j1 --halt now,fail=2 'echo {}; exit {}' ::: 5 0 6 7
	assert_output $'5\n0\n6'
}

@test "what is killed because of the rule is not counted" {
	run -2 --separate-stderr prun -j4 --halt now,fail=2 \
		'case {} in [ab]) exit 1;; *) sleep 1000;; esac' ::: a b c d
	run grep -c 'This job failed' <<<"$stderr"
	assert_output 2
}

@test "percentages of all jobs, rounded up in the status" {
	run -40 --separate-stderr prun -j1 --halt soon,fail=40% 'echo {}; exit {}' ::: 1 0 5 0 0
	assert_output $'1\n0\n5'
	run -34 prun -j1 --halt soon,fail=50% 'exit {}' ::: 1 0 2 0 0 0
	run -0 prun -j1 --halt now,success=50% 'exit {}' ::: 0 0 1 0 0 0
}

@test "a percentage with --total-jobs does not wait for the input's end" {
	mkfifo input
	in_background prun -j1 --total-jobs 4 --halt soon,fail=50% 'echo {} >>log; exit 1' :::: input
	exec 9>input
	echo a >&9
	wait_for grep -q a log
	echo b >&9
	finish
	exec 9>&-
	[ "$status" -eq 50 ]
	run cat log
	assert_output $'a\nb'
}

@test "a job that a signal ended hands on 128 plus it, one that timed out 255" {
	run -137 prun -j1 --halt now,fail=1 'kill -9 $$ # {}' ::: a
	run -255 prun -j1 --halt now,fail=1 --timeout 0.1 sleep ::: 1000
}

@test "an endless input ends with the rule" {
	run -1 --separate-stderr timeout 20 bash -c 'yes | prun -j2 --halt soon,fail=1 false'
	assert_output ''
}

@test "retried jobs count once" {
	run -2 --separate-stderr prun -j1 --retries 3 --halt soon,fail=2 'echo {} >>log; exit 1' ::: a b c
	run cat log
	assert_output $'a\na\na\nb\nb\nb'
}

@test "values without meaning" {
	for value in sometimes now soon,fail now,fail=x now,what=1 -3 3 fail=0 soon,fail=0; do
		run -255 prun --halt "$value" echo ::: a
		assert_output --partial 'prun: Error: --halt'
	done
}

@test "a job that floods the output does not keep the end of others secret" {
	mkfifo fifo
	in_background prun -j2 --halt now,fail=1 \
		'case {} in 1) head -c 40000000 /dev/zero; read -r x <fifo;; 2) until test -s out; do sleep 0.02; done; exit 1;; esac' \
		::: 1 2 >out 2>err
	finish
	[ "$status" -eq 1 ]
}

@test "--stop-on-missing: a command that is not found is said once, and no job runs" {
	run -127 "$PRUN" --joblog log --stop-on-missing gizp ::: a b c
	assert_output 'prun: gizp: command not found'
	assert_equal "$(wc -l <log)" 1
	run -127 "$PRUN" --stop-on-missing -q ./gizp -9 {} ::: a b c
	assert_output 'prun: ./gizp: command not found'
	seq 9 >input
	run -127 "$PRUN" --stop-on-missing --pipe -N3 gizp <input
	assert_output 'prun: gizp: command not found'
	# No job, no complaint; builtins, functions, and what is in the folder of the job.
	run -0 "$PRUN" --stop-on-missing gizp </dev/null
	run -0 "$PRUN" --dry-run --stop-on-missing gizp ::: a
	assert_output 'gizp a'
	mkdir folder
	printf '#!/bin/sh\necho tool "$1"\n' >folder/tool
	chmod +x folder/tool
	run -0 "$PRUN" --stop-on-missing --workdir folder ./tool ::: a
	assert_output 'tool a'
	gizp() { echo "function $1"; }
	export -f gizp
	run -0 "$PRUN" --stop-on-missing gizp ::: a
	assert_output 'function a'
	unset -f gizp
}

@test "--stop-on-missing: where only the shell knows, the first job that does not find it is the last" {
	run -127 "$PRUN" -j1 --retries 3 --stop-on-missing --joblog log '{}' ::: true gizp-1 gizp-2
	assert_line 'prun: job 2: its command was not found: no more jobs start'
	assert_equal "$(wc -l <log)" 3
	run -3 "$PRUN" -j1 gizp-{} ::: 1 2 3
}

@test "on a terminal a command that no job finds ends the run, unless the user goes on" {
	need script
	in_terminal() { run script -qec "PATH=$PATH $PRUN $1; echo status \$?" /dev/null; }
	in_terminal 'gizp ::: a b c d'
	assert_output $'prun: gizp: command not found\r\nstatus 127\r'
	in_terminal "-j1 --no-digest 'gizp {} >/dev/null' ::: a b c d e"
	assert_line --partial 'prun: the first 3 jobs have not found their command: no more jobs start'
	assert_line $'status 127\r'
	in_terminal '-j1 --no-digest gizp-{} ::: 1 2 3 4'
	assert_line $'status 4\r'
	in_terminal '--no-stop-on-missing --no-digest gizp ::: a b c d'
	assert_line $'status 4\r'
}
