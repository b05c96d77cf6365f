# SPDX-License-Identifier: ISC
#
# sem and prun --semaphore: counts, names, foreground and background, timeouts,
# and what is left when somebody is killed.

load setup

setup() {
	setup_prun
	export XDG_RUNTIME_DIR=$T/run
	mkdir -m 700 "$XDG_RUNTIME_DIR"
	mkfifo gate
}

# A background job that holds a count of NAME until open_gate is called.
hold() { # NAME [OPTION...]
	sem --id "$@" 'echo $PPID >runner; echo $$ >job; read -r line <gate; echo held >>log'
	wait_for test -s job
}
open_gate() { echo go >gate; }

# No count of that semaphore is free: this gives up at once instead of waiting.
busy() { # NAME
	run -1 sem --id "$1" --fg --st -0.1 true
	assert_output --partial 'timed out'
}

@test "--fg prints what the command prints and ends as it does" {
	run -0 sem --id x --fg echo hello world
	assert_output 'hello world'
	run -3 sem --id x --fg 'exit 3'
	run -143 sem --id x --fg 'kill -TERM $$'
	run -127 sem --id x --fg no-such-program
	assert_output --partial 'no-such-program'
}

@test "words are one line for the shell, and replacement strings are nothing" {
	run -0 sem --id x --fg echo a ';' echo 'b   c'
	assert_output $'a\nb c'
	run -0 sem --id x --fg echo '{}' '{.}' 'x{/}y' '[{1}]' '{#}' ::: not read
	assert_output 'xy [] 1'
}

@test "prun --semaphore, and each option that implies it" {
	run -4 prun --semaphore --fg 'exit 4' </dev/null
	run -4 prun --fg 'exit 4' </dev/null
	run -4 prun --id x --fg 'exit 4'
	run -4 prun --semaphorename x --fg --st 5 'exit 4'
	run -4 parallel --semaphore-name=x --fg 'exit 4'
	run -0 prun --id x --bg 'exit 4'
	run -0 prun --id x --wait
}

@test "stdin goes to the command, in the foreground and in the background" {
	run -0 sem --id x --fg cat <<<foreground
	assert_output foreground
	run -0 sem --id x --fg --pipe cat <<<pipe
	assert_output pipe
	# More than one block: the order of the options makes no difference.
	yes | head -c 1100000 >big
	run -0 sem --id x --fg --pipe wc -c <big
	assert_output 1100000
	run -0 prun --pipe --id x --fg wc -c <big
	assert_output 1100000
	sem --id x 'cat >in' <<<background
	sem --id x --wait
	assert_equal "$(cat in)" background
}

@test "in the background sem is gone before its command" {
	hold x
	assert_not_exists log
	open_gate
	run -0 sem --id x --wait
	assert_equal "$(cat log)" held
}

@test "--wait with nobody there is done at once" {
	run -0 sem --id nobody --wait
	assert_output ''
	assert_equal "$(find "$XDG_RUNTIME_DIR/prun" -type f)" ''
}

@test "one count is a mutex" {
	for i in 1 2 3; do
		sem --id x "echo begin $i >>log; sleep 0.05; echo end $i >>log"
	done
	sem --id x --wait
	run -0 cat log
	assert_output $'begin 1\nend 1\nbegin 2\nend 2\nbegin 3\nend 3'
}

@test "-j N lets N in, and the next one waits for one of them" {
	hold x -j2
	rm job
	mkfifo second
	sem --id x -j2 'echo >job; read -r line <second'
	wait_for test -s job
	run -1 sem --id x -j2 --fg --st -0.1 true
	run -0 sem --id x -j3 --fg echo third
	assert_output third
	in_background sem --id x -j2 --fg 'echo in >third'
	assert_not_exists third
	echo go >second
	finish
	assert_equal "$status" 0
	assert_exists third
	busy x # -j1, with one count held
	open_gate
	sem --id x --wait
}

@test "--wait does not wait for other names" {
	hold x
	run -0 sem --id y --wait
	run -0 sem --id y --fg echo other
	assert_output other
	run -1 sem --id x --wait --st -0.1
	open_gate
	run -0 sem --id x --wait
}

@test "--semaphore-timeout: run it anyway, or give up" {
	hold x
	run -1 sem --id x --fg --semaphore-timeout -0.1 'echo run >>log'
	assert_not_exists log
	run --separate-stderr -0 sem --id x --fg --semaphore-timeout 0.1 echo anyway
	assert_output anyway
	assert_regex "$stderr" 'timed out'
	run -0 sem --id x --wait --st 0.1
	run -255 sem --id x --st soon true
	assert_output --partial 'soon'
	open_gate
	run -0 sem --id x --wait
}

@test "any name is a name" {
	hold 'a/../b %é'$'\n'
	for name in '' . .. / a 'a/../b %é' '-x' "$(printf 'n%.0s' {1..250})"; do
		run -0 sem --id "$name" --fg echo free
		assert_output free
	done
	busy 'a/../b %é'$'\n'
	open_gate
	run -255 sem --id "$(printf 'n%.0s' {1..300})" --fg true
	sem --id 'a/../b %é'$'\n' --wait
	run -0 find "$XDG_RUNTIME_DIR" -mindepth 1
	assert_output "$XDG_RUNTIME_DIR/prun"
}

@test "without a terminal all who name nothing are one" {
	sem 'echo >job; read -r line <gate' </dev/null
	wait_for test -s job
	run -1 sem --fg --st -0.1 true </dev/null
	run -1 sem --id 'not a tty' --fg --st -0.1 true
	open_gate
	sem --wait </dev/null
}

@test "the folder is private, and no other folder will do" {
	run -0 sem --id x --fg stat -c %a:%u "$XDG_RUNTIME_DIR/prun"
	assert_output "700:$(id -u)"
	chmod 750 "$XDG_RUNTIME_DIR/prun"
	run -255 sem --id x --fg echo run
	assert_output --partial "$XDG_RUNTIME_DIR/prun"
	rmdir "$XDG_RUNTIME_DIR/prun"
	mkdir -m 700 elsewhere
	ln -s "$PWD/elsewhere" "$XDG_RUNTIME_DIR/prun"
	run -255 sem --id x --fg echo run
	refute_output run
	assert_equal "$(ls elsewhere)" ''
}

@test "without XDG_RUNTIME_DIR it is in the folder for temporary files" {
	for dir in '' relative /proc/none; do
		XDG_RUNTIME_DIR=$dir run -0 sem --id x --fg stat -c %a "$TMPDIR/prun-$(id -u)"
		assert_output 700
	done
	rmdir "$TMPDIR/prun-$(id -u)"
	mkdir -m 700 elsewhere
	ln -s "$PWD/elsewhere" "$TMPDIR/prun-$(id -u)"
	XDG_RUNTIME_DIR= run -255 sem --id x --fg echo run
	assert_equal "$(ls elsewhere)" ''
}

@test "a killed holder frees its count, and its job is dead" {
	hold x
	runner=$(cat runner) job=$(cat job)
	kill -KILL "$runner"
	run -0 sem --id x --fg --st -10 echo free
	assert_output free
	assert gone "$job"
	assert_not_exists log
}

@test "a terminated holder takes its job with it and frees its count" {
	hold x
	runner=$(cat runner) job=$(cat job)
	kill -TERM "$runner"
	run -0 sem --id x --fg --st -10 echo free
	assert_output free
	assert gone "$job"
}

@test "a daemon that a command leaves behind does not hold the count" {
	sem --id x --fg 'setsid sh -c "echo \$\$ >daemon; read -r line <gate" >/dev/null 2>&1 & while ! [ -s daemon ]; do sleep 0.01; done'
	run -0 sem --id x --fg --st -10 echo free
	assert_output free
}

@test "fifty at once, some of them killed: never more than three inside, and all get there" {
	need flock
	# Three locks of flock(1) are three seats: a job that finds none is one too many.
	cat >job.sh <<-'EOF'
		for i in 1 2 3; do
			exec 9>seat$i
			if flock -n 9; then
				echo >>rounds
				sleep 0.0$((RANDOM % 4 + 1))
				exit
			fi
		done
		echo >>exceeded
	EOF
	start() { sem --id x -j3 --fg --timeout 60 bash job.sh 3>&- & }
	pids=()
	for i in {0..49}; do
		start
		pids[i]=$!
	done
	for round in {1..150}; do
		i=$((RANDOM % 50))
		kill -KILL "${pids[i]}" 2>/dev/null || true
		start
		pids[i]=$!
		sleep 0.01
	done
	in_background timeout 60 sem --id x --wait
	finish 60
	assert_equal "$status" 0
	assert_not_exists exceeded
	[ "$(wc -l <rounds)" -gt 50 ]
	wait "${pids[@]}" || true # not for all: bats has a child of its own
	assert_equal "$(find "$XDG_RUNTIME_DIR/prun" -type f)" ''
}

@test "the command has sem's stdin, or the file of -a" {
	run -0 bash -c 'seq 10 | sem --id in --fg wc -l'
	assert_output 10
	seq 7 >file
	run -0 sem --id in --fg -a file wc -l </dev/null
	assert_output 7
	sem --id in --bg -a file 'wc -l >count'
	sem --id in --wait
	assert_equal "$(cat count)" 7
	run -255 sem --id in --fg -a none wc -l
	assert_output 'sem: none: No such file or directory'
}

@test "a command in the background asks nobody" {
	run -255 prun -p --bg echo ::: a
	assert_output 'prun: --interactive cannot be combined with --bg'
	run -255 sem --id ask -p echo
	assert_output 'sem: --interactive cannot be combined with --bg'
}

@test "-j3: never more than three jobs live, while holders and jobs are killed" {
	need python3
	run "$REPO/tests/sem-rounds" "$B/sem" "$HELPER/headcount" "${SEM_ROUNDS:-40}" 1 # SEM_ROUNDS=2000: the long test
	assert_success
	assert_output --partial 'at most 3 at a time'
}
