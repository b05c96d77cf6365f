# SPDX-License-Identifier: ISC
#
# The job log: its columns, its lock, whole lines, what is refused.

load setup

columns() { tail -n +2 log | cut -f"$1"; }

@test "nine columns as GNU parallel writes them" {
	run "$PRUN" -j1 --joblog log 'printf 12345; exit {}' ::: 0 3
	assert_failure 1
	run head -1 log
	assert_output $'Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand'
	run grep -Ec $'^[12]\t:\t[0-9]{10}\\.[0-9]{3}\t {5}[0-9]\\.[0-9]{3}\t0\t5\t[03]\t0\tprintf 12345; exit [03]$' log
	assert_output 2
}

@test "a killed job has 128+N and N, one whose time was up -1 and 15" {
	run "$PRUN" --joblog log 'kill -KILL $$' ::: a
	run columns 7,8
	assert_output $'137\t9'
	run "$PRUN" --timeout 0.1 --joblog log 'sleep 60; : {}' ::: a
	run columns 7,8
	assert_output $'-1\t15'
}

@test "a newline in the command is a NUL byte, and one again when it is run again" {
	run "$PRUN" --joblog log $'echo {}\nexit 3' ::: a
	assert_failure 1
	run bash -c 'tail -n +2 log | wc -l; cut -f9 log | tail -1 | od -An -c | tr -d " \n"'
	assert_output $'1\necho\\0exit3\\n' || assert_output $'1\nechoa\\0exit3\\n'
	run "$PRUN" --joblog log --retry-failed
	assert_failure 1
	assert_output a
}

@test "--joblog overwrites, +FILE appends" {
	"$PRUN" --joblog log true ::: a
	"$PRUN" --joblog log true ::: b
	"$PRUN" --joblog +log true ::: c
	run columns 9
	assert_output $'true b\ntrue c'
	"$PRUN" --joblog +new true ::: d
	run cut -f9 new
	assert_output 'true d'
}

@test "--joblog-extra adds user, system, memory, tries, slot and flaky" {
	"$PRUN" -j1 --joblog log --joblog-extra true ::: 'a	b'
	run head -1 log
	assert_output --partial $'\tCommand\tUser\tSystem\tMaxRSS\tTries\tSlot\tFlaky'
	run bash -c 'tail -1 log | rev | cut -f1-3 | rev; tail -1 log | rev | cut -f4 | rev'
	assert_line -n 0 $'1\t1\t0'
	assert_line -n 1 --regexp '^[1-9][0-9]+$'
	# A log keeps the columns that it has.
	"$PRUN" -j1 --joblog +log true ::: c
	run bash -c 'tail -1 log | tr "\t" "\n" | wc -l'
	assert_output 15
}

@test "a log of --joblog-extra from before there was a column for flaky jobs" {
	"$PRUN" --joblog log --joblog-extra true ::: a
	sed 's/\tFlaky$//; 2,$s/\t0$//' log >old
	run -0 "$PRUN" --joblog old --joblog-extra --resume echo ::: a b
	assert_line b
	run bash -c 'tail -1 old | tr "\t" "\n" | wc -l'
	assert_output 14
}

@test "each line is one write, and is there when the job has ended" {
	mkfifo go
	in_background "$PRUN" -j1 --joblog log 'echo {}; [ {} = a ] || cat go' ::: a b
	wait_for grep -q 'echo a' log
	run columns 1
	assert_output 1
	tell go
	finish
	assert_equal "$status" 0
	run columns 1
	assert_output $'1\n2'
}

@test "a log that another prun writes is refused and left alone" {
	mkfifo go
	in_background "$PRUN" --joblog log 'cat go; true' ::: a
	wait_for grep -q Seq log
	run "$PRUN" --joblog log echo ::: b
	assert_failure 255
	assert_output --partial 'log is being written by another prun'
	tell go
	finish
	assert_equal "$status" 0
	run columns 9
	assert_output 'cat go; true a'
}

@test "a log that cannot be written fails the run and says so" {
	run --separate-stderr "$PRUN" --joblog /dev/full echo ::: a
	assert_failure 255
	[[ $stderr == *'--joblog: /dev/full: No space left on device'* ]]
	run --separate-stderr "$PRUN" --joblog none/log echo ::: a
	assert_failure 255
	[[ $stderr == *'--joblog: none/log: No such file'* ]]
	# A row that is too long for the file is not there in part, and the reason is the real one.
	run -255 --separate-stderr bash -c 'ulimit -f 1; "$1" --joblog log -j2 ": {}; touch s.{#}; until [ -e s.1 ] && [ -e s.2 ]; do sleep 0.02; done" ::: "$2" "$2"' - "$PRUN" "$(printf %2000s)"
	assert_equal "$stderr" 'prun: --joblog: log: File too large'
	assert_equal "$(wc -l <log)" 1
}

@test "a job that cannot be started is logged" {
	run "$PRUN" --exec auto --joblog log ./none ::: a
	assert_failure 1
	run columns 7
	assert_output 127
}

@test "what is no file may be a log" {
	run --separate-stderr "$PRUN" --joblog /dev/stderr true ::: a
	assert_success
	[[ $stderr == *$'\ttrue a' ]]
}

@test "--joblog - writes to stdout, a job's line behind its output" {
	# The output of several jobs may be written before the line of the first.
	for job in a b; do
		run -0 bash -c "'$PRUN' --joblog - -k echo ::: a b | cut -f 1,7- | grep '$job\$'"
		assert_output "$job
$(printf '%d\t0\t0\techo %s' $([ $job = a ] && echo 1 || echo 2) $job)"
	done
	"$PRUN" --joblog - -k echo ::: a b >out
	[ "$(wc -l <out)" -eq 5 ]
	assert_file_not_exists -
	run -0 "$PRUN" --resume --joblog - -k echo ::: a
	assert_line a
}

@test "jobs that are left out have rows, are counted, and fill the bar" {
	run --separate-stderr bash -c "printf 'a-1.png\nbad\n' |
		CI=1 '$PRUN' -k --digest --joblog jl --match '(.*)-(.)\.png' echo {1.1}"
	assert_failure 1
	assert_output a
	[[ $stderr == 'prun: 1 ok, 0 failed, 1 left out in '* ]]
	assert_equal "$(cut -f1,7,8 jl | LC_ALL=C sort -n)" $'Seq\tExitval\tSignal\n1\t0\t0\n2\t-2\t0'
	run --separate-stderr bash -c "'$PRUN' -k --bar --plus echo {uniq} ::: a b ::: a b 2>&1 >/dev/null | cat"
	assert_equal "$(tr '\r' '\n' <<<"$output" | grep -x '[0-9][0-9]*' | tail -n1)" 100
	run --separate-stderr "$PRUN" -k --plus echo {uniq} ::: a b ::: a b
	assert_failure 2
	assert_equal "$stderr" 'prun: Warning: 2 jobs were left out, and count as failed'
	run --separate-stderr "$PRUN" --no-digest -k --plus echo {uniq} ::: a b ::: a b
	assert_equal "$stderr" ''
}

@test "jobs that are left out: --resume, --retry-failed, --halt" {
	"$PRUN" -j1 --no-digest --joblog jl --plus echo {uniq} ::: a b ::: a b || true
	run "$PRUN" -j1 --no-digest --joblog jl --resume --plus echo {uniq} ::: a b ::: a b
	assert_failure 2
	assert_output ''
	assert_equal "$(wc -l <jl)" 5
	run "$PRUN" -j1 --joblog jl --retry-failed
	assert_success
	assert_output ''
	run "$PRUN" -j1 --no-digest --halt now,fail=1 --plus echo {uniq} ::: a b ::: b a
	assert_failure 254
	assert_line 'prun: This job failed:'
	assert_line 'a b'
	refute_line 'b a'
}
