# SPDX-License-Identifier: ISC
#
# Kill means gone: random trees of processes (see helper/random_tree), and not one
# survivor after each way in which a job or a run can end.
#
# TREES=300 for the full number, SEED to repeat a run.

load setup

setup() {
	setup_prun
	EACH=$(((${TREES:-60} + 5) / 6))
	SEED=${SEED:-$RANDOM}
	echo "SEED=$SEED" # shown when it fails
}

seeds() { seq "$((SEED + $1 * 1000))" "$((SEED + $1 * 1000 + EACH - 1))"; }
all_stand() { [ "$(find . -name 'up.*' | wc -l)" -ge "$EACH" ]; }

# start N COMMAND...: prun in the background over the seeds, until all trees stand.
start() {
	local salt=$1
	shift
	seeds "$salt" >seeds
	# A shell starts what is in the background with INT ignored.
	in_background env --default-signal=INT prun -j "$((EACH + 1))" "$@" "$HELPER/random_tree {} up.{}" :::: seeds 2>err
	wait_for all_stand
}

@test "by a timeout" {
	seeds 0 >seeds
	run -"$((EACH < 101 ? EACH : 101))" prun -j "$EACH" --timeout 1 "$HELPER/random_tree {} up.{}" :::: seeds
	assert_nothing_left
}

@test "by --halt now" {
	seeds 1 >seeds
	run -1 prun -j "$((EACH + 1))" --halt now,fail=1 \
		"if test {} = 0; then until test \$(ls | grep -c up.) -ge $EACH; do sleep 0.05; done; exit 1; else exec $HELPER/random_tree {} up.{}; fi" \
		::: 0 $(cat seeds)
	assert_nothing_left
}

@test "by Ctrl-C" {
	start 2
	kill -INT "$bg"
	finish
	[ "$status" -eq 130 ]
	assert_nothing_left
}

@test "by TERM, and a second one at once" {
	start 3 --term-seq TERM,60000,KILL,25
	kill -TERM "$bg"
	sleep 0.05 # whether it is heeded as one or as two, all must go
	kill -TERM "$bg"
	finish
	[ "$status" -eq 143 ]
	assert_nothing_left
}

@test "by SIGPIPE" {
	seeds 4 >seeds
	mkfifo pipe
	head -c 1 <pipe >/dev/null 3>&- &
	in_background prun -j "$((EACH + 1))" --line-buffer \
		"if test {} = 0; then until test \$(ls | grep -c up.) -ge $EACH; do sleep 0.05; done; yes; else exec $HELPER/random_tree {} up.{}; fi" \
		::: 0 $(cat seeds) >pipe
	finish
	[ "$status" -eq 141 ]
	assert_nothing_left
}

@test "by --leak=kill, after a normal exit" {
	seeds 5 >seeds
	run -0 prun -j 8 --leak kill "$HELPER/random_tree {} up.{} exit" :::: seeds
	assert_output --partial 'left processes behind'
	assert_nothing_left
}

@test "by SIGKILL of prun itself" {
	start 6
	# The guard is started when a job has run for some milliseconds.
	wait_for pgrep -P "$bg" -x prun-guard
	kill -KILL "$bg"
	finish
	assert_nothing_left
}

@test "by SIGKILL of prun in the first 20 ms of its life" {
	need python3
	run "$REPO/tests/kill-early" "$PRUN" "${EARLY_KILLS:-16}"
	assert_success
	assert_output --regexp '^[0-9]+ passed, 0 failed$'
}

# A process that a job has put into a session of its own tells its number through
# the fifo as soon as it runs.
escape='setsid sh -c "echo \$\$ >ready; exec sleep 1000" >/dev/null 2>&1 &'

@test "by SIGKILL of prun, when a job has run for 10 ms" {
	mkfifo ready
	local from counted=0
	for ((round = 0; round < 10; round++)); do
		in_background prun "$escape exec sleep 1000 # {}" ::: a
		read -r <ready
		from=${EPOCHREALTIME/./}
		sleep 0.01 # the time that prun is given
		# Where this took long, prun may have had no CPU: the round does not count.
		if [ $((${EPOCHREALTIME/./} - from)) -gt 20000 ]; then
			wait_for pgrep -P "$bg" -x prun-guard
		else
			counted=$((counted + 1))
		fi
		kill -KILL "$bg"
		finish
		assert_nothing_left
	done
	[ "$counted" -gt 0 ] || skip 'the machine is too busy'
}

@test "by SIGKILL of prun, when many jobs have just begun" {
	mkfifo ready
	in_background prun -j 50 "$escape exec sleep 1000 # {}" ::: $(seq 50)
	for ((n = 0; n < 50; n++)); do
		read -r
	done <>ready
	sleep 0.01
	kill -KILL "$bg"
	finish
	assert_nothing_left
}

@test "by SIGKILL of prun, though its jobs have all been short" {
	mkfifo ready
	in_background prun -j 2 --leak=ignore "$escape : {}" ::: $(seq 60)
	for ((n = 0; n < 30; n++)); do
		read -r
	done <>ready
	kill -KILL "$bg"
	finish
	assert_nothing_left
}

@test "while it is suspended" {
	start 7
	kill -TSTP "$bg"
	wait_for grep -q '^State:.*T' "/proc/$bg/status"
	kill -TERM "$bg"
	kill -CONT "$bg"
	finish
	[ "$status" -eq 143 ]
	assert_nothing_left
}

# A daemon that nothing links to its job: no parents, another session, no
# environment, no output.
daemon='env -i setsid sh -c "sleep 1000 >/dev/null 2>&1 & echo \$! >d.{}"'

@test "a daemon with nothing of its job's: killed with its job, and with no other" {
	run -1 prun -j3 --timeout 1 "$daemon; case {} in b) touch b; sleep 1000;; *) until test -e b; do sleep 0.02; done;; esac" ::: a b c
	wait_for gone "$(cat d.b)"
	alive "$(cat d.a)"
	alive "$(cat d.c)"
	kill "$(cat d.a)" "$(cat d.c)"
}

@test "a daemon with nothing of its job's: --leak, and SIGKILL of prun" {
	run -0 prun -j2 --leak warn "$daemon; test {} = a || : >b; until test -e b; do sleep 0.02; done" ::: a b
	assert_line --partial 'left processes behind'
	alive "$(cat d.a)"
	kill "$(cat d.a)" "$(cat d.b)"
	rm d.* b
	run -0 prun -j2 --leak kill "$daemon; test {} = a || : >b; until test -e b; do sleep 0.02; done" ::: a b
	wait_for gone "$(cat d.a)"
	wait_for gone "$(cat d.b)"
	rm d.*
	in_background prun "$daemon; sleep 1000" ::: a
	wait_for test -s d.a
	wait_for pgrep -P "$bg" -x prun-guard
	kill -KILL "$bg"
	finish
	wait_for gone "$(cat d.a)"
}

# Such a daemon again, for runs within runs: "sh ./stray NAME" leaves it, "sh ./two NAME"
# does so too, and a job named a runs on, while others end as soon as a has left its own.
nested_scripts() {
	cat >stray <<-'EOF'
		env -i setsid sh -c "sleep 1000 >/dev/null 2>&1 & echo \$! >d.$1"
	EOF
	# nest DEPTH COMMAND...: the command, within so many runs.
	cat >nest <<-'EOF'
		depth=$1
		shift
		test $depth != 0 || exec "$@"
		exec prun "sh ./nest $((depth - 1)) $* # {}" ::: x
	EOF
	cat >two <<-'EOF'
		sh ./nest $DEPTH sh ./stray $1
		case $1 in
		a) touch a.left; sleep 1000;;
		*) until test -e a.left; do sleep 0.02; done;;
		esac
	EOF
}

@test "a daemon of a run in a job: killed with the outer job, and with no other" {
	nested_scripts
	for depth in 1 2; do
		DEPTH=$depth run -1 prun -j2 --timeout 2 sh ./two ::: a b
		wait_for gone "$(cat d.a)"
		alive "$(cat d.b)"
		kill "$(cat d.b)"
		rm a.left d.*
	done
}

@test "a daemon of a run in a job: killed with the inner job, and with no other" {
	nested_scripts
	echo 'sh ./stray outer; exec "$@"' >outer
	for depth in 1 2; do
		DEPTH=0 run -1 sh ./nest "$depth" sh ./outer prun -j2 --timeout 2 sh ./two ::: a b
		wait_for gone "$(cat d.a)"
		alive "$(cat d.b)"
		alive "$(cat d.outer)"
		kill "$(cat d.b)" "$(cat d.outer)"
		rm a.left d.*
	done
}

@test "a daemon of a run in a job: SIGKILL of the outer prun, and of the inner" {
	nested_scripts
	echo 'sh ./stray $1; echo $PPID >pid.$1; sleep 1000' >stay
	echo 'sh ./stray outer; sh -c "prun sh ./stay ::: inner"; sleep 1000' >outer
	in_background prun sh ./outer '#' ::: 1
	wait_for test -s pid.inner
	wait_for pgrep -P "$(cat pid.inner)" -x prun-guard
	kill -KILL "$(cat pid.inner)"
	wait_for gone "$(cat d.inner)"
	alive "$(cat d.outer)"
	wait_for pgrep -P "$bg" -x prun-guard
	kill -KILL "$bg"
	finish
	wait_for gone "$(cat d.outer)"
	rm d.* pid.*
	in_background prun 'prun sh ./stray ::: inner; sleep 1000 # {}' ::: 1
	wait_for test -s d.inner
	wait_for pgrep -P "$bg" -x prun-guard
	kill -KILL "$bg"
	finish
	wait_for gone "$(cat d.inner)"
}

@test "the limit that jobs are known by leaves one of the user's alone" {
	run -0 prun --rlimit locks=7:9 'ulimit -Sx; ulimit -Hx; : {}' ::: a
	assert_output $'7\n9'
	run -0 prun 'ulimit -Hx; : {}' ::: a
	assert_output unlimited
}

@test "what outlives its job may write on; that is thrown away, and --leak warn tells of it" {
	mkfifo go hold
	in_background prun -j2 --leak warn \
		'case {} in 1) (read -r line <go; echo log; seq 100000; touch alive) & ;; *) read -r line <hold; echo two;; esac' \
		::: 1 2 >out 2>err
	wait_for grep -q 'left processes behind that still hold its output' err
	tell go
	wait_for test -e alive
	tell hold
	finish
	[ "$status" -eq 0 ]
	run cat out
	assert_output two
	assert_nothing_left
}
