# SPDX-License-Identifier: ISC
#
# --latest-line: a line for each job, on a terminal (tmux shows what one would
# see) and elsewhere.  In the pictures a row is the sign of its state and its text: how
# long a job has taken depends on the machine.

load setup

setup() {
	setup_prun
	need tmux
}

teardown() {
	tmux -L "$PRUN_TEST_MARK" kill-server 2>/dev/null || true
	teardown_prun
}

# screen LINE: run it by a shell in a terminal of ${WIDTH:-40} columns and ${ROWS:-12} lines.
screen() {
	printf '%s\n' "$1" >script
	tmux -L "$PRUN_TEST_MARK" -f /dev/null new-session -d -x "${WIDTH:-40}" -y "${ROWS:-12}" -s t \
		"bash --norc ./script; echo status \$?; cat"
}
# shell LINE: type it to an interactive shell.
shell() {
	tmux -L "$PRUN_TEST_MARK" -f /dev/null new-session -d -x 40 -y "${ROWS:-12}" -s t \
		"PS1='\$ ' exec bash --norc -i"
	wait_for shows '^\$'
	printf '%s\n' "$1" >script
	keys '. ./script' Enter
}
keys() { tmux -L "$PRUN_TEST_MARK" send-keys -t t "$@"; }
picture() { tmux -L "$PRUN_TEST_MARK" capture-pane -p -t t "$@" | timeless; }
# A row without its time, which takes four columns.
timeless() { sed -E 's/^(▶|↻|✓|✗) (...[smh]|[0-9.]+s) ?/\1/'; }
shows() { picture | grep -q -- "$1"; }
# The picture is TEXT, empty lines at its end aside.
is() { [ "$(picture)" = "$1" ]; }
pictures() {
	wait_for is "$1" || {
		picture
		return 1
	}
}

@test "each job has a line that shows its latest output, and the last one stays" {
	mkfifo go1 go2 go3
	screen "$PRUN -j3 --ll 'echo {} one; cat go{}; printf \"{} half\"; cat go{}; seq {}' ::: 1 2 3"
	pictures $'▶1 one\n▶2 one\n▶3 one'
	tell go2
	pictures $'▶1 one\n▶2 half\n▶3 one'
	tell go2
	wait_for shows '^✓2$'
	pictures $'▶1 one\n✓2\n▶3 one'
	for job in 3 1; do
		tell go$job
		wait_for shows "^▶$job half"
		tell go$job
		wait_for shows "^✓$job$"
	done
	pictures $'✓1\n✓2\n✓3\nstatus 0'
}

@test "lines are cut to the width; stderr counts; blank lines do not" {
	mkfifo go1 go2
	screen "$PRUN -j2 --ll 'printf \"%023d%s\n\n\" 0 {} >&2; cat go{#}' ::: 0123456789 012345678"
	pictures "$(printf '▶%023d01234567>\n▶%023d012345678' 0 0)"
	tell go1
	tell go2
	wait_for shows 'status 0'
}

@test "--tag, --tagstring and colours are in the line" {
	mkfifo go0 go1
	screen "$PRUN -k -j2 --ll --ctagstring 'job {}' 'echo {}; cat go{}; exit {}' ::: 0 1"
	pictures $'▶job 0    0\n▶job 1    1'
	tmux -L "$PRUN_TEST_MARK" capture-pane -p -e -t t >colors
	grep -q $'48;5;[0-9]*m▶ ...s job 0' colors
	tell go0
	tell go1
	wait_for shows 'status 1'
}

@test "--color-failed colours the line of a failed job at its end" {
	mkfifo go go0 go1
	screen "$PRUN --no-digest -j2 --ll --color-failed 'cat go{}; echo {}; exit {}' ::: 0 1; cat go"
	tell go1
	tell go0
	pictures $'✓0\n✗1'
	tmux -L "$PRUN_TEST_MARK" capture-pane -p -e -t t >colors
	grep -q $'48;5;196m✗ ....s* 1' colors
	run ! grep -q $'48;5;196m. ....s* 0' colors
	grep -q $'\e\\[32m✓\e\\[39m .* 0' colors
	tell go
}

@test "more jobs than lines: what has ended goes up, nothing is lost" {
	mkfifo go{1..8}
	ROWS=7 screen "$PRUN -j10 --ll --bar 'echo line {}; [ {} -gt 8 ] || cat go{}' ::: {1..10}"
	wait_for shows '^2/10 '
	run picture
	assert_line -n 1 '▶line 1'
	assert_line -n 4 '▶line 4'
	assert_line -n 5 '... and 4 more'
	for job in {1..8}; do tell go$job; done
	wait_for shows 'status 0'
	picture -S - >all
	for job in {1..10}; do
		run grep -cx "✓line $job" all
		assert_output 1
	done
	run grep -c 'and . more' all
	assert_output 0
	run grep -c '/10 ' all
	assert_output 1
}

@test "-k: in the order of the input, also where there is no room" {
	mkfifo go
	ROWS=5 screen "$PRUN -k -j2 --ll 'echo line {}; [ {} -gt 1 ] || cat go' ::: {1..9}"
	wait_for shows '^... and 6 more'
	tell go
	wait_for shows 'status 0'
	picture -S - | grep line >all
	diff all <(seq -f '✓line %g' 9)
}

@test "messages, the digest and --bar do not get in the way of the lines" {
	mkfifo go1 go2
	ROWS=20 screen "$PRUN -j2 --ll --bar --digest --timeout 60 'echo {} begun; cat go{}; exit 1' ::: 1 2 2>&1"
	wait_for shows '^0/2 '
	pid=$(marked | while read -r pid; do
		[ "$(cat "/proc/$pid/comm")" != prun ] || echo "$pid"
	done)
	kill -USR1 $pid
	wait_for shows '^prun: .*go2'
	wait_for shows '^0/2 '
	run picture
	assert_line -n -3 '▶1 begun'
	assert_line -n -2 '▶2 begun'
	tell go1
	tell go2
	wait_for shows 'status 2'
	run picture
	assert_line '✗1 begun'
	assert_line --regexp '^prun: 0 ok, 2 failed in '
	assert_line --regexp '^2/2 ✓0 ✗2 2'
}

@test "--retries: the line goes on" {
	mkfifo go
	screen "$PRUN -j1 --ll --retries 2 'echo try >>tries; printf half; cat go; echo {} \$(wc -l <tries); false' ::: a"
	wait_for shows '^▶half'
	tell go
	pictures ↻half # of the second try: the first one's whole line is gone
	tell go
	wait_for shows 'status 1'
	wait_for shows '^✗a 2'
}

@test "Ctrl-C: the lines stay, and the prompt comes in a line of its own" {
	shell "$PRUN --no-digest -j2 --ll --bar 'echo {}; sleep 1000' ::: one two"
	wait_for shows '^0/2 '
	keys C-c
	wait_for shows '^0/2 ✓0 two'
	pictures "\$ . ./script
✗one
✗two
0/2 ✓0 two

\$"
	assert_nothing_left_but_shell
}
assert_nothing_left_but_shell() {
	local pid
	for pid in $(marked); do
		case $(cat "/proc/$pid/comm" 2>/dev/null) in
		prun | sleep) return 1 ;;
		esac
	done
}

@test "Ctrl-Z and fg: the lines give way, and come back" {
	mkfifo goone gotwo
	shell "$PRUN -j2 --ll --bar 'echo {}; cat go{}; echo {} ended' ::: one two"
	wait_for shows '^0/2 '
	keys C-z
	wait_for shows 'Stopped'
	run ! shows '^▶one'
	run ! shows '^0/2'
	keys 'echo hello' Enter
	wait_for shows '^hello'
	keys fg Enter
	wait_for shows '^0/2 '
	wait_for shows '^▶two$'
	tell goone
	tell gotwo
	wait_for shows '^2/2 '
	run picture
	assert_line hello
	run grep -c '^✓one ended' <(picture)
	assert_output 1
}

@test "a terminal that gets narrower and wider" {
	mkfifo go1 go2
	screen "$PRUN -j2 --ll 'printf \"%023d\n\" {}; cat go{}' ::: 1 2"
	pictures $'▶00000000000000000000001\n▶00000000000000000000002'
	tmux -L "$PRUN_TEST_MARK" resize-window -t t -x 20
	pictures $'▶00000000000>\n▶00000000000>'
	tmux -L "$PRUN_TEST_MARK" resize-window -t t -x 50
	pictures $'▶00000000000000000000001\n▶00000000000000000000002'
	tell go1
	tell go2
	wait_for shows 'status 0'
}

@test "a window is dragged from 100 to 60 columns: no smashed line, with --bar and --tag, while output flows" {
	local DEADLINE=60
	mkfifo go{1..3}
	WIDTH=100 ROWS=20 screen "$PRUN -j3 --ll --bar --tag 'printf \"%0150d\n\" {}; cat go{}; echo end {}' ::: 1 2 3"
	for job in 1 2 3; do wait_for shows "^▶$job .*00>$"; done
	wait_for shows '^0/3 '
	# Each step comes when the terminal has got the last one, however far prun is.
	for width in 95 90 85 80 75 70 65 60; do
		tmux -L "$PRUN_TEST_MARK" resize-window -t t -x $width
		sleep 0.08
	done
	local row
	row=$(printf '%042d>' 0) # behind 16 columns of 59
	wait_for is $'▶1        '"$row"$'\n▶2        '"$row"$'\n▶3        '"$row"$'\n0/3 ✓0 ▶3 3'
	for job in 1 2 3; do tell go$job; done
	wait_for shows 'status 0'
	run picture
	assert_output $'✓1        end 1\n✓2        end 2\n✓3        end 3\n3/3 ✓3 3\nstatus 0'
	# The same for --bar, below what jobs write.
	tmux -L "$PRUN_TEST_MARK" kill-server
	mkfifo flow
	WIDTH=100 ROWS=20 screen "$PRUN -j1 --bar --lb 'cat flow; :' ::: $(printf 'x%.0s' {1..90})"
	exec 8<>flow
	wait_for shows '^0/1 '
	for width in 95 90 85 80 75 70 65 60; do
		echo "line $width" >&8
		tmux -L "$PRUN_TEST_MARK" resize-window -t t -x $width
		sleep 0.08
	done
	wait_for shows '^line 60'
	wait_for shows '^0/1 ✓0 ▶1 x*$'
	run picture
	# tmux breaks the bar and moves lines up; what it has moved out of sight is gone.
	assert_output --regexp $'(line [0-9]+\n)+line 60\n0/1 ✓0 ▶1 x+$'
	refute_line --regexp '^(line [0-9]+[^0-9]|[^l0])'
	run grep -c '^0/1' <<<"$output"
	assert_output 1
	exec 8>&-
}

@test "a terminal that cuts lines instead of breaking them, as xterm does, from 120 to 20 columns" {
	[ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import pyte' || skip 'python3-pyte is not installed'
	mkfifo go1 go2
	cat >emulate.py <<'EOF'
import fcntl, os, pty, pyte, re, select, struct, sys, termios, time
def size(w): return struct.pack('HHHH', 12, w, 0, 0)
screen = pyte.Screen(120, 12)
stream = pyte.ByteStream(screen)
pid, fd = pty.fork()
if pid == 0:
    os.execvp('sh', ['sh', '-c', 'stty cols 120 rows 12; exec "$@"', 'sh'] + sys.argv[1:])
def rows():
    lines = [re.sub(r'^([▶↻✓✗]) (...[smh]|[0-9.]+s) ?', r'\1', l.rstrip()) for l in screen.display]
    while lines and not lines[-1]: lines.pop()
    return lines
def until(wanted, what):
    end = time.time() + 60
    while rows() != wanted:
        if time.time() > end: sys.exit('%s: %r is not %r' % (what, rows(), wanted))
        if select.select([fd], [], [], 0.1)[0]:
            try: stream.feed(os.read(fd, 65536))
            except OSError: break
def line(job, text, w):
    text = '%s        %s' % (job, text) # as far as the tab goes
    room = w - 1 - 7 # the last column is left alone, and the state is ahead
    return text if len(text) <= room else text[:room - 1] + '>'
def shown(sign, text, w): return [sign + line(j, text, w) for j in '12']
long = '0' * 150
until(shown('▶', long, 120) + ['0/2 ✓0 ▶2 2'], 'start')
for w in (100, 60, 20, 120):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, size(w))
    screen.resize(12, w)
    until(shown('▶', long, w) + ['0/2 ✓0 ▶2 2'], w)
for j in '12': open('go' + j, 'w').close()
until(shown('✓', 'end', 120) + ['2/2 ✓2 2'], 'end')
os.waitpid(pid, 0)
EOF
	run /usr/bin/python3 emulate.py env TERM=xterm "$PRUN" -k -j2 --ll --bar --tag 'printf "%0150d\n{}" 0 | head -c 151; cat go{}; echo end' ::: 1 2
	assert_output ''
	assert_success
}

@test "nothing is erased before it is drawn over" {
	need script
	mkfifo go1 go2 go3
	(
		for job in 1 2 3; do
			wait_for grep -q "begun $job" typescript
			tell go$job
		done
	) &
	bg=$!
	script -qfec "$PRUN -j1 --ll --bar 'echo begun {}; cat go{}; echo ended {}' ::: 1 2 3" typescript >/dev/null
	wait "$bg"
	grep -q 'ended 3' typescript
	run ! grep -qE $'(^|\r)\033\\[K' typescript
}

@test "in a pipe: the last line of each job, once, when it has ended" {
	mkfifo go
	in_background bash -c '"$1" -j2 --ll --tag "seq {}; [ {} != 3 ] || cat go" ::: 3 2 1 4 0 | cat -v >out' - "$PRUN"
	wait_for grep -q '4$' out
	tell go
	finish
	run cat out
	assert_output $'2\t2\n1\t1\n4\t4\n3\t3'
	in_background bash -c '"$1" -k -j2 --joblog log --ll "seq {}; [ {} != 3 ] || cat go" ::: 3 2 1 4 0 | cat -v >out' - "$PRUN"
	wait_for grep -q 'seq 4' log
	assert_equal "$(wc -c <out)" 0
	tell go
	finish
	run cat out
	assert_output $'3\n2\n1\n4'
	run bash -c 'TERM=dumb "$1" -k --ll "printf \"a\\tb\\033[1m%0100d\" {}" ::: 1 | cat -v' - "$PRUN"
	assert_output "a	b^[[1m$(printf %0100d 1)"
}

@test "a full disk, a reader that has gone" {
	run -255 bash -c '"$1" --ll echo ::: a >/dev/full' - "$PRUN"
	assert_output - <<-'EOF'
		prun: job 1: output lost: echo a: No space left on device
		prun: write error: No space left on device
	EOF
	run bash -c '"$1" -k --ll echo ::: {1..1000} | head -n 1; exit ${PIPESTATUS[0]}' - "$PRUN"
	assert_equal "$status" 141
	assert_output 1
}

@test "--results keeps the whole output beside it, --joblog counts it" {
	run "$PRUN" -k --ll --results out --joblog log 'seq {}; echo err >&2' ::: 2 3
	assert_success
	assert_output $'err\nerr'
	assert_equal "$(cat out/1/3/stdout)" $'1\n2\n3'
	assert_equal "$(cat out/1/2/stderr)" err
	run bash -c "sort log | awk '/seq/ { print \$6 }'"
	assert_output $'4\n6'
	run "$PRUN" -k --ll --results 'by/{}.txt' --retries 2 'seq {}; exit {}' ::: 0 2
	assert_equal "$(cat by/2.txt)" $'1\n2'
}

@test "it is one of the modes: the last one given counts, and what cannot be is refused" {
	run "$PRUN" --ll --group seq ::: 2
	assert_output $'1\n2'
	run "$PRUN" --lb --latest-line seq ::: 2
	assert_output 2
	run -255 "$PRUN" --ll --files seq ::: 2
	assert_output 'prun: --latest-line cannot be combined with --files'
	run -255 "$PRUN" --ll --results x.csv seq ::: 2
	assert_output 'prun: --latest-line cannot be combined with --results in a file for all jobs'
	run "$PRUN" --ll --dry-run echo ::: a
	assert_output 'echo a'
}
