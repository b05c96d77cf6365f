# SPDX-License-Identifier: ISC
#
# --progress, --eta and --bar: on a terminal (tmux shows what one would see), in
# a log, and for zenity.

load setup

setup() {
	setup_prun
	unset CI
}

teardown() {
	tmux -L "$PRUN_TEST_MARK" kill-server 2>/dev/null || true
	teardown_prun
}

# screen COMMAND: run it in a terminal of 60 columns and 12 lines.
screen() {
	need tmux
	tmux -L "$PRUN_TEST_MARK" -f /dev/null new-session -d -x 60 -y 12 -s t "sh -c '$1; cat hold'"
}
picture() { tmux -L "$PRUN_TEST_MARK" capture-pane -p -t t; }
shows() { picture | grep -q -- "$1"; }

@test "the bar stands below the output and ends with all jobs" {
	mkfifo hold go
	screen "$PRUN -j1 --bar \"echo line {}; [ {} != 3 ] || cat go >one\" ::: 1 2 3 4"
	wait_for shows '^line 2'
	wait_for shows '^2/4 ✓2 ▶1'
	run picture
	assert_line -n 0 'line 1'
	assert_line -n 1 'line 2'
	assert_line -n 2 --regexp '^2/4 ✓2 ▶1 ETA [0-9]+s 3$'
	assert_equal "${#lines[@]}" 3
	tell go
	wait_for shows '^4/4 ✓4 4'
	run picture
	assert_output --regexp $'^line 1\nline 2\nline 3\nline 4\n4/4 ✓4 4'
	tell hold
}

@test "the bar is red once a job has failed, and plain ASCII where the locale is not UTF-8" {
	need script
	run script -qec "LC_ALL=C $PRUN -j1 --bar 'exit {}' ::: 0 1; LC_ALL=C NO_COLOR=1 $PRUN -j1 --bar false ::: a" /dev/null
	assert_output --partial '2/2 ok 1 failed 1 '
	assert_output --partial $'\e[7;31m2/2 '
	assert_output --partial $'\e[7m1/1 ok 0 failed 1 '
	refute_output --partial '✓'
}

@test "--slow-after tells of jobs that run for long, ever more rarely" {
	mkfifo go
	in_background "$PRUN" -j2 --slow-after 0.1 '[ {} = 1 ] || cat go' ::: 1 2 2>log
	wait_for grep -q 'prun: job 2 has run for .* s: ' log
	run grep -c 'job 1' log
	assert_output 0
	wait_for test "$(grep -c 'job 2' log)" -ge 1
	tell go
	finish
	assert_equal "$status" 0
	# Where nobody looks, and with 0, nothing is said.
	run --separate-stderr "$PRUN" --slow-after 0 'sleep 0.3; :' ::: a
	assert_equal "$stderr" ''
	CI=1 run --separate-stderr "$PRUN" --slow-after 50ms 'sleep 0.3; :' ::: a
	assert_regex "$stderr" 'job 1 has run for 0 s: sleep 0.3; : a'
}

@test "a line that a job has not finished is not drawn over" {
	mkfifo hold go
	screen "$PRUN -k -j1 --bar \"printf half; cat go; echo whole\" ::: 1"
	wait_for shows '^half'
	run picture
	assert_output 'half'
	tell go
	wait_for shows '^1/1 '
	run picture
	assert_line -n 0 'half'
	assert_line -n 1 'whole 1'
	tell hold
}

@test "what is said while the bar is there has lines of its own" {
	mkfifo hold go1 go2
	screen "$PRUN -j2 -t --bar --no-digest --halt soon,fail=3 \"[ {} = 3 ] || cat go{}; exit 1\" ::: 1 2 3"
	wait_for shows '^0/3 '
	tell go1
	wait_for shows '^2/3 '
	tell go2
	wait_for shows '^3/3 '
	run picture
	assert_line '[ 3 = 3 ] || cat go3; exit 1'
	refute_line --regexp '^..*%.*\[ 3 = 3'
	assert_line 'prun: This job failed:'
	tell hold
}

@test "-p: the question stays while it is not answered, and the next one waits for the job" {
	mkfifo hold go
	screen "$PRUN -p -j2 --bar \"cat go; echo out\" ::: 1 2 3"
	wait_for shows '^cat go; echo out 1 ?...$'
	run picture
	assert_equal "${#lines[@]}" 1
	tmux -L "$PRUN_TEST_MARK" send-keys -t t y Enter
	wait_for shows '^0/3 ✓0 ▶1'
	run ! shows '^cat go; echo out 2'
	tell go
	wait_for shows '^cat go; echo out 2 ?...$'
	run picture
	assert_line -n 1 'out 1'
	assert_equal "${#lines[@]}" 3
	# What the user has left out is done with.
	tmux -L "$PRUN_TEST_MARK" send-keys -t t n Enter
	wait_for shows '^cat go; echo out 3 ?...$'
	tmux -L "$PRUN_TEST_MARK" send-keys -t t y Enter
	wait_for shows '^2/3 '
	tell go
	wait_for shows '^3/3 '
	tell hold
}

@test "-p with blocks of a stream, and with jobs that share one" {
	mkfifo hold
	seq 4 >input
	screen "$PRUN -p --pipe -N2 -k tail -n1 <input; $PRUN -p --pipe -N1 --round-robin -j2 cat <input"
	for _ in 1 2; do
		wait_for shows '^tail -n1 ?...$'
		tmux -L "$PRUN_TEST_MARK" send-keys -t t y Enter
		wait_for shows '^[24]$'
	done
	wait_for shows '^cat ?...$'
	tmux -L "$PRUN_TEST_MARK" send-keys -t t y Enter
	wait_for shows_twice '^cat ?...'
	tmux -L "$PRUN_TEST_MARK" send-keys -t t y Enter
	wait_for shows_twice '^[13]$'
	tell hold
}
shows_twice() { [ "$(picture | grep -c -- "$1")" = 2 ]; }

@test "a last line that is not finished does not hide the bar's end" {
	mkfifo hold
	screen "$PRUN -j1 --bar \"printf half\" ::: 1"
	wait_for shows '^1/1 '
	run picture
	assert_line -n 0 'half'
	tell hold
}

@test "a long argument is cut to the width of the terminal" {
	mkfifo hold go
	screen "$PRUN -j1 --bar \"cat go; :\" ::: $(printf 'x%.0s' {1..200})"
	wait_for shows '^0/1 '
	run picture
	assert_equal "${#lines[@]}" 1
	[ "${#lines[0]}" -le 60 ]
	tell go
	wait_for shows '^1/1 '
	tell hold
}

@test "--eta and --progress are one line" {
	mkfifo hold go3 go4
	seq 4 >input
	screen "$PRUN -j2 --eta \"[ {} -lt 3 ] || cat go{}\" :::: input"
	wait_for shows 'Left: 2 .*local:2/2/100%'
	tell go3
	tell go4
	wait_for shows 'ETA: 0s Left: 0 .*local:0/4/100%'
	tell hold
}

@test "in a log: one plain line each interval, and nothing that steers a terminal" {
	mkfifo go
	in_background "$PRUN" -j1 --bar --progress-interval 0.1s '[ {} = 1 ] || cat go; exit 1' ::: 1 2 2>log
	wait_for grep -q '^prun: 1 of 2 jobs ended, 1 failed, 1 running' log
	tell go
	finish
	assert_equal "$status" 2
	run tail -1 log
	assert_output --regexp '^prun: 2 of 2 jobs ended, 2 failed, 0 running, [0-9]+ s so far, about 0 s left$'
	run grep -c $'[\r\033]' log
	assert_output 0
}

@test "-u and TERM=dumb: a plain line soon and at the end, and nothing is drawn" {
	need script
	local mode
	mkfifo go0 go1
	for mode in 'xterm -u' 'xterm -u --eta' 'xterm --tty' dumb 'dumb --progress' 'dumb --ll'; do
		rm -f typescript
		in_background env TERM=${mode%% *} script -qfec "$PRUN --bar --no-digest -j2 ${mode#${mode%% *}} \
			'echo {}; cat go{}; exit {}' ::: 0 1" typescript >/dev/null
		wait_for grep -qE '^prun: 0 of 2 jobs ended, 0 failed, [12] running, [0-9]+ s so far' typescript
		tell go0
		tell go1
		finish
		assert_equal "$status" 1
		grep -q '^prun: 2 of 2 jobs ended, 1 failed, 0 running' typescript
		run grep -c $'\e' typescript
		assert_output 0
	done
}

@test "in a log a short run says nothing" {
	run --separate-stderr bash -c '"$1" --bar --progress --eta true ::: a 2>log; cat log' - "$PRUN"
	assert_success
	assert_output ''
}

@test "the bar through a pipe is for zenity, unless CI is set" {
	run bash -c '"$1" -j1 --bar true ::: 1 2 3 4 2>&1 >/dev/null | tr "\r" "\n"' - "$PRUN"
	assert_line --regexp '^# +[0-9]+ sec 4$'
	assert_line 100
	run bash -c 'CI=1 "$1" -j1 --bar true ::: 1 2 3 4 2>&1 >/dev/null | cat' - "$PRUN"
	assert_output ''
}

@test "input is counted beside the run and never slurped" {
	mkfifo in hold
	screen "$PRUN -j1 --bar echo job :::: in"
	exec 9>in
	echo 1 >&9
	wait_for shows '^job 1'
	wait_for shows '^1/? ✓1 '
	echo 2 >&9
	exec 9>&-
	wait_for shows '^2/2 ✓2 2'
	tell hold
}

@test "--total-jobs tells what cannot be counted" {
	mkfifo in hold
	screen "$PRUN -j1 --bar --total-jobs 4 echo job :::: in"
	exec 9>in
	echo 1 >&9
	wait_for shows '^1/4 '
	exec 9>&-
	tell hold
}

@test "a resumed run counts what is left" {
	mkfifo hold
	"$PRUN" --joblog log true ::: 1 2 3
	screen "$PRUN -j1 --joblog log --resume --bar true ::: 1 2 3 4 5"
	wait_for shows '^2/2 '
	tell hold
}

@test "USR2 turns progress on, and off again" {
	mkfifo go
	in_background $PRUN -j1 --progress-interval 60 'echo {} >>begun; cat go' ::: a b 2>log
	wait_for grep -q a begun
	run cat log
	assert_output ''
	kill -USR2 "$bg"
	wait_for grep -q '0 jobs ended' log
	kill -USR2 "$bg"
	tell go
	wait_for grep -q b begun
	tell go
	finish
	assert_equal "$status" 0
	run grep -c '2 jobs ended' log # it would stay at the end
	assert_output 0
}

@test "with CI set nothing is drawn, on a terminal neither" {
	need script
	local option
	for option in --bar --eta --progress --latest-line '--latest-line --bar'; do
		CI=1 TERM=xterm script -qfec "$PRUN -j1 --progress-interval 0.1 $option \
			'sleep 0.3; echo {}' ::: a b" typescript >/dev/null
		run grep -c $'\e' typescript
		assert_output 0
		grep -q '^b' typescript
		[ "$option" = --latest-line ] || grep -q 'jobs ended' typescript
	done
}
