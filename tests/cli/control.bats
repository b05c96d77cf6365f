# SPDX-License-Identifier: ISC
#
# How many jobs run, when they start, and what they are given.

load setup

@test "a procfile that changes while prun runs" {
	echo 1 >slots
	in_background prun -j ./slots 'echo >>up; until test -e go.{}; do sleep 0.02; done' ::: a b c d
	up() { [ "$(wc -l <up)" -eq "$1" ]; }
	wait_for up 1
	echo 3 >slots.new
	mv slots.new slots
	touch go.a
	# One has ended, and three run.
	wait_for up 4
	touch go.b go.c go.d
	finish
	[ "$status" -eq 0 ]
}

@test "--weight: heavy jobs run alone" {
	run -0 prun -j3 --weight '{2}' 'mkdir busy || exit 1; rmdir busy # {}' ::: a b c ::: 2 9
}

@test "--delay between starts" {
	local start=$(date +%s%N)
	run -0 prun -j8 --delay 0.1 true ::: 1 2 3 4
	[ $(($(date +%s%N) - start)) -ge 300000000 ]
}

@test "--delay may say for each job how long the start after it waits" {
	local start=$(date +%s%N)
	run -0 prun -j8 --delay '{2}' true ::: 1 ::: 0.2 0.1 0
	[ $(($(date +%s%N) - start)) -ge 300000000 ]
	run -255 prun --delay 'x{}' true ::: 1
	assert_output "prun: --delay: not a duration: 'x1' (3, 1.5s, 200ms, 2m, 1h30m, 1d)"
}

@test "--delay auto counts what has just ended for the very next start" {
	# 0.1 s, and 30 percent more after each of four failures.
	local start=$(date +%s%N)
	run -5 prun -j1 --delay 0.1auto false ::: 1 2 3 4 5
	[ $(($(date +%s%N) - start)) -ge 800000000 ]
}

@test "--term-seq: signals that there are" {
	for value in FOO,100 TERM,x '' TERM,100,, 0,100 TERM,200,SIGFOO; do
		run -255 prun --term-seq "$value" echo ::: a
		assert_output "prun: --term-seq: '$value' is not SIGNAL,MILLISECONDS,SIGNAL,..."
	done
	for value in TERM SIGTERM,10,9 15,10,KILL,5; do
		run -0 prun --term-seq "$value" echo ::: a
	done
}

@test "--timeout N% of the median kills a job that runs already" {
	run -1 prun -j2 --timeout 300% 'sleep {}' ::: 1000 0.1 0.1 0.1 0.1
	assert_output --partial 'timed out'
	assert_nothing_left
}

@test "--limit asks before each start" {
	run -0 prun -j1 --limit 'echo >>asked; test "$(wc -l <asked)" -gt 1' echo ::: a
	assert_output a
	[ "$(wc -l <asked)" -eq 2 ]
}

@test "--limit: its command ends with prun, also when that is killed" {
	for signal in TERM KILL; do
		in_background prun --limit 'echo $$ >pid; exec sleep 1000' echo ::: a
		wait_for test -s pid
		kill -$signal $bg
		[ $signal = KILL ] || kill -$signal $bg
		finish
		wait_for gone "$(cat pid)"
		rm pid
	done
}

@test "--limit 2 kills the youngest, which is tried again" {
	# Asked before the first start it says yes; before the second it waits for
	# the first job to be there, and has it killed.
	cat >limit <<-'END'
		echo >>asked
		case $(wc -l <asked) in
		1) exit 0 ;;
		2) until test -e first; do sleep 0.02; done; exit 2 ;;
		esac
		exit 0
	END
	run -0 prun -j2 --retries 2 --limit 'sh ./limit' \
		'mkdir first 2>/dev/null && exec sleep 100; : # {}' ::: a b
	assert_nothing_left
}

@test "--limit: what has ended is written while its command runs" {
	cat >limit <<-'END'
		echo >>asked
		[ "$(wc -l <asked)" -eq 1 ] && exit 0
		for i in $(seq 500); do
			grep -q a out && exit 0
			sleep 0.02
		done
		touch late
	END
	prun -j2 --limit 'sh ./limit' echo ::: a b >out
	assert_file_not_exist late
	run cat out
	assert_output $'a\nb'
}

@test "--memfree and --load hold the jobs back" {
	# A load that is certain, for as long as this takes.
	spinners=()
	for i in 1 2 3 4; do
		timeout 60 sh -c 'while :; do :; done' 3>&- &
		spinners+=($!)
	done
	for option in '--memfree 1000000g' '--load 1'; do
		# shellcheck disable=SC2086 # words
		run -124 timeout 1.5 prun $option 'touch ran # {}' ::: a
		assert_file_not_exist ran
	done
	kill "${spinners[@]}"
	run -0 prun --memfree 1 --noswap echo ::: a
	assert_output a
}

# enter_group LIMIT COMMAND...: in a memory group with that limit, if we may make one.
enter_group() {
	local limit=$1 file group
	shift
	for file in memory.max memory/memory.limit_in_bytes; do
		group=/sys/fs/cgroup/${file%%memory.*}prun-test-$$
		mkdir "$group" 2>/dev/null || continue
		if test -e "$group/${file##*/}" && echo "$limit" >"$group/${file##*/}"; then
			status=0
			bash -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$group" "$@" || status=$?
			wait_for rmdir "$group"
			return "$status"
		fi
		rmdir "$group"
	done
	skip 'no memory groups may be made here'
}

@test "--memfree: what the memory group leaves counts" {
	enter_group 1g timeout 20 prun --memfree 100m 'touch one # {}' ::: a
	assert_file_exist one
	enter_group 1g timeout 1.5 prun --memfree 2g 'touch two # {}' ::: a || true
	assert_file_not_exist two
	prun --memfree 2g 'touch two # {}' ::: a
	assert_file_exist two
}

# with_meminfo COMMAND...: become that command, with a /proc/meminfo that is the file
# meminfo.
with_meminfo() {
	exec unshare -m sh -c 'mount --bind meminfo /proc/meminfo && exec "$@"' - "$@"
}
available() {
	echo "MemAvailable: $1 kB" >meminfo
}
is_stopped() { grep -q '^State:.*T' "/proc/$(cat "$1")/status"; }

@test "--memsuspend: what is suspended goes on when there is memory, after HUP as well" {
	available 100000000
	(with_meminfo true 2>/dev/null) || skip '/proc/meminfo cannot be replaced here'
	mkfifo hold.a hold.b
	in_background with_meminfo "$PRUN" -j2 -k --memsuspend 1g \
		'echo $$ >up.{}; read -r line <hold.{}; echo {}' ::: a b c >out 2>err
	wait_for test -s up.a
	wait_for test -s up.b
	available 500000
	wait_for is_stopped up.b
	run ! is_stopped up.a
	kill -HUP "$bg"
	wait_for grep -q 'Waiting for these 2 jobs' err
	available 100000000
	tell hold.a
	tell hold.b
	finish
	[ "$status" -eq 0 ]
	run cat out
	assert_output $'a\nb'
}

@test "--workdir: a template, a new folder, and PWD" {
	run -0 prun -k --wd 'd/{}' 'pwd; echo $PWD # {}' ::: a b
	assert_output "$PWD/d/a"$'\n'"$PWD/d/a"$'\n'"$PWD/d/b"$'\n'"$PWD/d/b"
	run -0 prun --wd ... 'pwd # {}' ::: a
	assert_output --regexp "^$HOME/.parallel/tmp/.*-[0-9]+-1\$"
	assert_dir_not_exist "$output"
	run -0 prun --wd ... 'mkdir -p a/b; touch a/b/c; pwd # {}' ::: a
	assert_exist "$output/a/b/c"
	run -0 prun --wd ... --cleanup 'mkdir -p a/b; touch a/b/c; ln -s / a/root; pwd # {}' ::: a
	assert_dir_not_exist "$output"
	run -255 prun --wd /proc/no echo ::: a
	assert_output --partial '--workdir: /proc/no'
}

@test "--nice, --rlimit, --process-slot-var" {
	run -0 prun -N0 --nice 7 nice ::: a
	assert_output 7
	run -0 prun -N0 --nice 20 nice ::: a
	assert_output 19
	run -0 prun -N0 --rlimit nofile=50:60,core=0 'ulimit -Sn; ulimit -Hn; ulimit -c' ::: a
	assert_output $'50\n60\n0'
	run -0 prun -j1 --process-slot-var s 'echo $s {}' ::: a
	assert_output '0 a'
	run -255 prun --rlimit what=1 echo ::: a
	assert_output --partial '--rlimit'
}

@test "--leak: ignore, warn, kill" {
	local job='sleep 1000 >/dev/null 2>&1 & echo $! >pid # {}'
	run -0 prun "$job" ::: a
	assert_output ''
	alive "$(cat pid)"
	run -0 prun --leak warn "$job" ::: a
	assert_output --partial 'left processes behind'
	alive "$(cat pid)"
	run -0 prun --leak kill "$job" ::: a
	assert_output --partial 'left processes behind'
	wait_for gone "$(cat pid)"
	run -0 prun --leak warn echo ::: a
	assert_output a
}

@test "only this host" {
	run -0 prun 'echo $PARALLEL_SSHHOST $PARALLEL_SSHLOGIN {}' ::: a
	assert_output ': : a'
}

@test "a job costs no look at the machine" {
	need_no_sanitizer # they do not like to be traced
	for n in 5 50; do
		# The first one lasts until the guard has come.
		strace -qq -e trace=open,openat,sched_getaffinity -o trace prun -j2 sleep ::: 0.2 $(yes 0 | head -n "$n")
		grep -c "^[os]" trace >>lines
	done
	[ "$(sort -u lines | wc -l)" -eq 1 ]
}

@test "--timeout may say the time for each job" {
	run -1 --separate-stderr prun -k --joblog log --timeout '{2}' 'sleep {3}; echo {1}' \
		::: a b c :::+ 0.2 20s 0 :::+ 1000 0 0.3
	assert_output $'b\nc'
	run -0 bash -c 'cut -f 1,7,8 log | sort -n'
	assert_output $'Seq\tExitval\tSignal\n1\t-1\t15\n2\t0\t0\n3\t0\t0'
	run -255 prun --timeout '{1}' echo ::: x
	assert_output "prun: --timeout: not a duration: 'x' (3, 1.5s, 200ms, 2m, 1h30m, 1d)"
	assert_nothing_left
}
