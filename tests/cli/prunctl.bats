# SPDX-License-Identifier: ISC
#
# --control and prunctl: a run that is steered while it goes on.  Jobs wait for files
# that the test makes.

load setup

setup() {
	setup_prun
	unset XDG_RUNTIME_DIR
	need python3
}

# steered OPTION...: a run in the background whose job N ends when go.N is there.
steered() {
	in_background "$PRUN" --control=t "$@" >out 2>err
	wait_for prunctl t list
}

# The states of the jobs that list shows: "1:running 2:paused".
states() {
	prunctl t list --json | python3 -c 'import json, sys
print(*["%d:%s" % (j["job"], j["state"]) for j in json.load(sys.stdin)["jobs"]])'
}
are() { [ "$(states)" = "$1" ]; }

# shellcheck disable=SC2016
job='echo $$ >pid.{#}; until test -e go.{#}; do sleep 0.02; done; echo {}'

@test "list, jobs and the state of a run" {
	steered -j1 "$job" ::: a b c
	wait_for are 1:running
	run -0 prunctl t list
	assert_line --index 0 '1 running in 1 slots, 0 succeeded, 0 failed'
	assert_line --index 2 --regexp '^ +1 +1 +[0-9]+ running .* until test -e go.1; .*echo a$'
	run -0 prunctl jobs 3
	wait_for are '1:running 2:running 3:running'
	run -0 prunctl t jobs 1
	run -1 prunctl t jobs many
	assert_output "prunctl: jobs: 'many' is no number of jobs"
	run -1 prunctl t jobs ./file
	touch go.1 go.2 go.3
	finish
	[ "$status" -eq 0 ]
	assert_equal "$(sort out)" $'a\nb\nc'
	assert_equal "$(find "$T/tmp" -type s)" ''
	run -255 prunctl t list
	assert_output 'prunctl: there is no run with --control=t'
	run -255 "$PRUN" --ctl list
	assert_output 'prun: no run has --control'
}

@test "pause and resume: one job, and all of them" {
	stopped() { grep -q '^State:.*T' "/proc/$(cat "pid.$1")/status"; }
	steered -j2 "$job" ::: a b c
	wait_for test -s pid.1 -a -s pid.2
	run -0 prunctl t pause 1
	wait_for stopped 1
	are '1:paused 2:running'
	run -0 prunctl t resume 1
	are '1:running 2:running'
	run -0 prunctl t pause
	wait_for stopped 2
	are '1:paused 2:paused'
	touch go.1 go.2 go.3
	prunctl t list | grep -q paused
	run -0 prunctl t resume
	finish
	[ "$status" -eq 0 ]
	assert_equal "$(sort out)" $'a\nb\nc'
}

@test "kill: the job has failed, and is not tried again" {
	steered -j2 --retries 5 --joblog log "echo begun {}; $job" ::: a b
	wait_for test -s pid.1 -a -s pid.2
	run -0 prunctl t pause 1
	run -0 prunctl t kill 1
	wait_for are 2:running
	run -1 prunctl t kill 1
	assert_output 'prunctl: job 1 does not run'
	run -255 prunctl t kill x
	assert_output "prunctl: 'x' is no number of a job"
	run -255 prunctl t kill
	touch go.2
	finish
	[ "$status" -eq 1 ]
	assert_equal "$(tail -n +2 log | cut -f1,7)" $'1\t143\n2\t0'
	# What it wrote until then is there, as of every job that failed.
	assert_equal "$(cat out)" $'begun a\nbegun b\nb'
}

@test "kill: a job that waits for its next try has had its last" {
	steered -j2 --retries 5 --retry-delay 100 'exit 3; : {}' ::: a
	wait_for are 1:waiting
	run -0 prunctl t kill 1
	finish
	[ "$status" -eq 1 ]
}

@test "timeout: for the jobs that run" {
	steered -j2 "$job" ::: a
	wait_for test -s pid.1
	run -1 prunctl t timeout never
	run -0 prunctl t timeout 0.05
	finish
	[ "$status" -eq 1 ]
}

@test "delay: until it is taken back" {
	steered -j1 --delay 100 "$job" ::: a b
	touch go.1 go.2
	wait_for grep -q a out
	run -0 prunctl t delay 0
	finish
	[ "$status" -eq 0 ]
}

@test "drain ends the input, stop kills the jobs" {
	mkfifo input
	exec 9<>input
	steered -j2 -a input "$job" 9>&-
	echo a >input
	wait_for test -s pid.1
	run -0 prunctl t drain
	touch go.1
	finish
	[ "$status" -eq 0 ]
	assert_equal "$(cat out)" a

	rm go.1 pid.1
	steered -j2 "$job" ::: a b
	wait_for test -s pid.1
	run -0 prunctl t stop
	finish
	[ "$status" -eq 143 ]
	assert_nothing_left
}

@test "names: bad ones, one in use, one that a killed run has left" {
	for name in a/b .. -x list '' "$(printf '%065d' 0)"; do
		[ "$name" = .. ] || run -255 "$PRUN" --control="$name" true ::: a
	done
	steered -j1 "$job" ::: a
	run -255 "$PRUN" --control=t true ::: a
	assert_output 'prun: --control=t: another run has that name'
	in_background "$PRUN" --control=u "$job" ::: b
	wait_for prunctl u list
	run -255 prunctl list
	assert_output --regexp '^prunctl: several runs have --control: say which one of (t, u|u, t)$'
	kill -KILL "$bg"
	wait_for gone "$bg"
	[ -S "$TMPDIR/prun-$(id -u)/control-u" ]
	run -0 prunctl list
	run -255 prunctl u list
	touch go.1
	run -0 "$PRUN" --control=u true ::: a
	run -255 "$PRUN" --keep-order --ctl list
	assert_output 'prun: --ctl must be the first argument'
}

@test "the folder must be one's own, and no link" {
	local folder=$TMPDIR/prun-$(id -u)
	mkdir "$folder"
	chmod 755 "$folder"
	run -255 "$PRUN" --control=t true ::: a
	assert_output "prun: --control: $folder: must be a folder of your own that no other user may enter"
	rmdir "$folder"
	mkdir -m 700 "$T/real"
	ln -s "$T/real" "$folder"
	run -255 "$PRUN" --control=t true ::: a
	assert_output --partial "prun: --control: $folder: "
}

@test "nobody but this user and root is heard" {
	[ "$(id -u)" = 0 ] || skip 'must be root to be somebody else'
	local folder=$TMPDIR/prun-0
	steered -j1 "$job" ::: a
	chmod 755 "$T" "$T/tmp" "$folder"
	chmod 666 "$folder/control-t"
	run python3 - "$folder/control-t" <<-'END'
		import os, socket, sys
		os.setgroups([])
		os.setresuid(65534, 65534, 65534)
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		try:
		    s.sendall(b'{"verb":"stop"}\n')
		    print(s.recv(100))
		except OSError:
		    print(b'')
	END
	assert_output "b''"
	touch go.1
	finish
	[ "$status" -eq 0 ]
}

@test "a hundred clients, half of them hostile: the run and the others do not notice" {
	steered -j2 "$job" ::: a
	timeout 60 python3 - "$TMPDIR/prun-$(id -u)/control-t" <<-'END'
		import json, os, socket, sys
		def connect():
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(sys.argv[1])
		    return s
		hostile = []
		for i in range(50):
		    s = connect()
		    s.setblocking(False)
		    hostile.append(s)
		    try:
		        if i % 5 == 0:
		            s.send(os.urandom(4096) + b'\n')
		        elif i % 5 == 1:
		            s.send(b'{"verb":"list"}\n' * 5000)  # and never reads
		        elif i % 5 == 2:
		            for _ in range(100):
		                s.send(b'[' * 100000)  # no end
		        elif i % 5 == 3:
		            s.send(b'{"verb":"li')
		            s.close()
		        else:
		            s.send(b'{}\n{"verb":7}\n[1]\n{"verb":"kill"}\n{"verb":"kill","job":-1}\n\0\n')
		    except OSError:
		        pass
		good = [connect() for i in range(50)]
		for turn in range(2):
		    for s in good:
		        s.sendall(b'{"verb":"list"}\n')
		    for s in good:
		        s.settimeout(30)
		        answer = json.loads(s.makefile().readline())
		        assert answer['ok'] and answer['jobs'][0]['job'] == 1, answer
		s = connect()
		s.sendall(b'{"verb":"kill"}\nno\n')
		lines = s.makefile()
		assert json.loads(lines.readline()) == {'ok': False, 'error': 'kill: the number of a job is missing'}
		assert json.loads(lines.readline())['ok'] is False
		s = connect()
		try:
		    while True:
		        s.sendall(b'x' * 100000)
		except OSError:
		    pass
	END
	touch go.1
	finish
	[ "$status" -eq 0 ]
	assert_equal "$(cat out)" a
}

@test "the options of prunctl, and what its help says" {
	run -0 prunctl --help
	assert_line --regexp '^  pause +\[JOB\] '
	run -0 prunctl --version
	assert_output --regexp '^prunctl \(prun\) [0-9.]+$'
	run -255 prunctl
	run -255 prunctl nonsense
	run -255 prunctl t nonsense
	assert_output "prunctl: there is no verb 'nonsense': see prunctl --help"
	run -255 prunctl list list
	# Every verb is in the page.
	for verb in $(prunctl --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
		grep -q "^\.It Cm $verb\>" "$REPO/man/prunctl.1" || fail "$verb"
	done
}

@test "tail: what a job has written, while it runs and afterwards" {
	local mode
	for mode in '' --line-buffer '--results res'; do
		rm -rf go.* res
		# shellcheck disable=SC2086
		steered -j1 $mode 'printf "one\n\377\0"; until test -e go.1; do sleep 0.02; done; echo two >&2; exit {}' ::: 3
		one() { prunctl t tail 1 >tail && printf 'one\n\377\0' | cmp - tail; }
		wait_for one
		prunctl t tail -f 1 >followed &
		local follower=$!
		wait_for grep -aq one followed
		touch go.1
		wait "$follower"
		printf 'one\n\377\0two\n' | cmp - followed
		finish
		[ "$status" -eq 1 ]
	done
	rm go.1
	steered -j1 -u "$job" ::: a
	run -1 prunctl t tail 1
	assert_output 'prunctl: tail: with --ungroup prun does not see what jobs write'
	run -1 prunctl t tail 2
	touch go.1
	finish
}

# Do so many clients wait?
waiting() { prunctl t list --json | grep -q "\"waiting\":$1[,}]"; }

@test "wait: for a job, for one that comes, and for all" {
	steered -j1 'until test -e go.{#}; do sleep 0.02; done; exit {}' ::: 3 0 4
	touch go.1
	run -3 prunctl t wait 1
	prunctl t wait 2 &
	local second=$!
	wait_for waiting 1
	run -1 prunctl t tail 3
	assert_output 'prunctl: job 3 has not been started yet'
	touch go.2
	wait "$second"
	prunctl t wait 9 2>none &
	local none=$!
	prunctl t wait &
	local all=$!
	wait_for waiting 2
	touch go.3
	wait "$all" || [ $? -eq 2 ]
	wait "$none" || [ $? -eq 1 ]
	assert_equal "$(cat none)" 'prunctl: job 9 was not run'
	finish
	[ "$status" -eq 2 ]
}

@test "retry: what failed runs once more, and counts as it ends then" {
	steered -j2 --joblog log --tag 'test {#} != 2 || until test -e end; do sleep 0.02; done; echo {}; test -e {1}{2}' ::: a b ::: c
	prunctl t wait 1 || true
	run -1 prunctl t retry 2
	assert_output 'prunctl: job 2 has not ended yet'
	run -1 prunctl t retry 3
	touch ac bc
	run -0 prunctl t retry 1
	run -0 prunctl t wait 1
	touch end
	finish
	[ "$status" -eq 0 ]
	assert_equal "$(tail -n +2 log | cut -f1,7)" $'1\t1\n1\t0\n2\t0'
	assert_equal "$(sort out)" $'a c\ta c\na c\ta c\nb c\tb c'
}

@test "retry: the digest and --halt forget how it ended before" {
	steered -j3 --digest --halt soon,fail=2 'test {} = a || until test -e end; do sleep 0.02; done; test -e {}.good' ::: a b c
	run -1 prunctl t wait 1
	touch a.good c.good
	run -0 prunctl t retry 1
	run -0 prunctl t wait 1
	# One has failed then, and no job too many.
	touch end
	finish
	[ "$status" -eq 1 ]
	run cat err
	assert_line --partial '2 ok, 1 failed'
	refute_output --partial 'job 1:'
	assert_output --partial 'job 2:'
}

@test "retry: a job that has read a part of a stream cannot be run again" {
	seq 2 >numbers
	steered -j1 -N 1 --pipe -a numbers 'cat; until test -e go.{#}; do sleep 0.02; done'
	touch go.1
	run -0 prunctl t wait 1
	run -1 prunctl t retry 1
	assert_output 'prunctl: job 1 has read its input, which is gone'
	run -1 prunctl t add x
	assert_output 'prunctl: add: only to an input that is one list of values'
	touch go.2
	finish
	[ "$status" -eq 0 ]
}

@test "add: behind what the input has, until close" {
	steered -j1 -k "$job" ::: a b
	run -0 prunctl t add c $'d\n\377' ''
	touch go.1 go.2 go.3 go.4 go.5
	prunctl t wait
	run -0 prunctl t add e
	touch go.6
	prunctl t close
	finish
	[ "$status" -eq 0 ]
	printf 'a\nb\nc\nd\n\377\n\ne\n' | cmp - out
	rm go.*
	steered -j1 "$job" ::: a ::: b
	run -1 prunctl t add c
	touch go.1
	finish
}

@test "add: while stdin is waited for, columns and batches as of other lines" {
	mkfifo input
	exec 9<>input
	steered -j2 -k --colsep , -a input 'echo {2}{1}' 9>&-
	echo a,b >input
	prunctl t wait 1
	run -0 prunctl t add c,d
	exec 9>&-
	prunctl t wait 2
	prunctl t close
	finish
	assert_equal "$(cat out)" $'ba\ndc'

	steered -j1 -n2 'echo {1}{2}; until test -e go.{#}; do sleep 0.02; done' ::: a b c
	prunctl t add d e
	prunctl t close
	touch go.1 go.2 go.3
	finish
	assert_equal "$(cat out)" $'ab\ncd\ne'
}

@test "a queue goes on where it was killed" {
	steered --queue -j1 --joblog log 'echo {}; until test -e go.{#}; do sleep 0.02; done'
	run -0 prunctl t add a b $'c\nd'
	touch go.1
	run -0 prunctl t wait 1
	wait_for are 2:running
	kill -KILL "$bg"
	wait_for gone "$bg"
	printf half >>log.queue
	steered --queue -j1 --joblog log --resume 'echo {}; until test -e go.{#}; do sleep 0.02; done'
	touch go.2 go.3 go.4
	run -0 prunctl t add e
	prunctl t close
	finish
	[ "$status" -eq 0 ]
	assert_equal "$(cat out)" $'b\nc\nd\ne'
	assert_equal "$(tail -n +2 log | cut -f1 | sort -n)" $'1\n2\n3\n4'
	run -255 "$PRUN" --queue echo
	assert_output 'prun: --queue needs --control'
	run -255 "$PRUN" --queue --control --pipe cat
	assert_output --partial '--queue cannot be combined'
	run -255 "$PRUN" --queue --control=t --joblog /proc/none/log echo
}

@test "events: for those who ask, and a client who does not read is no harm" {
	steered -j1 "$job" ::: a b
	prunctl t events >events &
	local reader=$!
	wait_for waiting 1
	python3 - "$TMPDIR/prun-$(id -u)/control-t" 3>&- <<-'END' &
		import signal, socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.sendall(b'{"verb":"events"}\n')
		signal.pause()
	END
	local deaf=$!
	wait_for waiting 2
	touch go.1 go.2
	finish
	[ "$status" -eq 0 ]
	wait "$reader"
	kill "$deaf"
	"$REPO/tests/schema/validate" "$REPO/tests/schema/events.json" events
	assert_equal "$(tail -n 1 events | grep -c run-ended)" 1
}

@test "top: the jobs on a terminal, and keys" {
	run -255 prunctl t top
	steered -j1 'echo "says {}"; until test -e go.{#}; do sleep 0.02; done' ::: a b
	run -255 prunctl t top
	assert_output 'prunctl: top: this is no terminal'
	timeout 60 python3 - <<-'END'
		import os, pty, re, sys
		pid, fd = pty.fork()
		if pid == 0:
		    os.execvp('prunctl', ['prunctl', 't', 'top'])
		screen = b''
		def until(what):
		    global screen
		    while not re.search(what, screen):
		        screen += os.read(fd, 65536)
		    screen = b''
		until(rb'1 running in 1 slots')
		until(rb'says a')
		os.write(fd, b'p')
		until(rb'paused')
		os.write(fd, b'r')
		until(rb'running  ')
		os.write(fd, b'+')
		until(rb'2 running in 2 slots')
		until(rb'says b')
		os.write(fd, b'\033[Bk') # keys that come together count each
		until(rb'1 failed')
		os.write(fd, b'q')
		try:
		    while os.read(fd, 65536):
		        pass
		except OSError:
		    pass
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	END
	touch go.1
	finish
	[ "$status" -eq 1 ]
}
