#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What prun does where descriptors, processes or room on the disk are short.

load setup

teardown()
{
	umount "$T/work/full" 2>/dev/null || true
	teardown_prun
}

# few LIMIT OPTION...: three jobs run; or with 255 one line says what is missing, and none has.
few()
{
	local limit=$1
	shift
	rm -f ran
	status=0
	with_open_files "$limit" "$PRUN" -j6 -k "$@" 'echo {} >>ran; echo {}; echo {} >&2' ::: 1 2 3 >out 2>err || status=$?
	case $status in
	0) [ "$(wc -l <ran)" -eq 3 ] ;;
	255)
		[ ! -s out ]
		[ ! -e ran ]
		[ "$(wc -l <err)" -eq 1 ]
		grep -Eqx 'prun: no job can be run: the limit of open files is [0-9]+, and at least [0-9]+ are needed \(ulimit -n\)' err
		;;
	*) false ;;
	esac
}

@test "under each limit of open files all jobs run, or one line says what is missing" {
	local limit plain=0 files=0
	for limit in {5..40}; do
		few "$limit"
		if [ "$status" -eq 0 ]; then
			[ "$(cat out err | grep -c '^[1-3]$')" -eq 6 ]
			plain=$((plain + 1))
		fi
		few "$limit" --joblog "log$limit" --results "out$limit"
		if [ "$status" -eq 0 ]; then
			[ "$(cat "out$limit"/1/*/std* | wc -l)" -eq 6 ]
			[ "$(grep -c $'\t0\t0\techo' "log$limit")" -eq 3 ]
			files=$((files + 1))
		fi
	done
	[ "$plain" -ge 15 ]
	[ "$plain" -lt 36 ]
	[ "$files" -ge 12 ]
}

@test "as few open files as prun asks for are enough, also for much output" {
	local least=10
	while run with_open_files "$least" "$PRUN" true ::: a && [ "$status" -eq 255 ]; do
		[[ $output =~ at\ least\ ([0-9]+) ]]
		[ "${BASH_REMATCH[1]}" -gt "$least" ]
		least=${BASH_REMATCH[1]}
	done
	assert_success
	with_open_files "$least" "$PRUN" -k --timeout 60 'yes | head -c 3000000; yes | head -c 2000000  >&2 #' ::: a b >out 2>err
	[ "$(wc -c <out)" -eq 6000000 ]
	[ "$(wc -c <err)" -eq 4000000 ]
}

# A TMPDIR that has room for little.
small_tmpdir()
{
	mkdir full
	mount -t tmpfs -o size=300k tmpfs full 2>/dev/null || skip 'may not mount'
	TMPDIR=$PWD/full
}

# The job writes 5,000,000 bytes, and fails.
readonly FAILS='yes {} | head -c 5000000; exit 3 #'

@test "TMPDIR is full: a try that has been written is the last one, and that is said" {
	small_tmpdir
	for mode in --group -k; do
		status=0
		"$PRUN" $mode -j3 --retries 2 --joblog "log$mode" "echo {} >>tries$mode; $FAILS" ::: a b c >out 2>err || status=$?
		assert_equal "$mode $status" "$mode 3"
		assert_equal "$(stat -c %s out)" 15000000
		assert_equal "$(uniq out | sort | tr -d '\n')" abc
		assert_equal "$(grep -c '^prun: job .: no room to hold its output back: .*no more tries: .*: No space left on device$' err)" 3
		assert_equal "$(sort "tries$mode" | tr -d '\n')" abc
		assert_equal "$(wc -l <"log$mode")" 4
	done
}

@test "TMPDIR is full: a job that succeeds is written once, with nothing said" {
	small_tmpdir
	"$PRUN" -k -j3 --retries 2 'yes {} | head -c 5000000 #' ::: a b c >out 2>err
	assert_equal "$(stat -c %s out)" 15000000
	assert_equal "$(uniq out | tr -d '\n')" abc
	[ ! -s err ]
}

# Who waited until it is its turn to be written would read nothing meanwhile, and the
# others would be given nothing.
@test "TMPDIR is full: jobs that share a stream lose output, and do not wait for ever" {
	small_tmpdir
	seq 4000000 >in
	for how in '--tee -k cat {} ::: - - -' '--tee cat {} ::: - - -' '--round-robin cat' '--round-robin -k cat' '--shard 1 -k cat'; do
		status=0
		# shellcheck disable=SC2086
		cat in | "$PRUN" --pipe --block 100k -j3 $how >out 2>err || status=$?
		assert_equal "$how $status" "$how 2"
		grep -q '^prun: job [123]: output lost: cat.*: No space left on device$' err
	done
}

@test "TMPDIR is full: --color-failed and --errors-only say what they could not do" {
	small_tmpdir
	for option in --color-failed --errors-only; do
		status=0
		"$PRUN" -j2 "$option" "$FAILS" ::: a >out 2>err || status=$?
		assert_equal "$status" 1
		[ "$(grep -c '^a$' out)" -eq 2500000 ]
		assert_equal "$(grep -c 'job 1: no room to hold its output back: no colours for it' err)" 1
	done
	"$PRUN" --errors-only 'yes | head -c 5000000; : {}' ::: a >out 2>err
	[ "$(grep -c '^y$' out)" -eq 2500000 ]
	grep -q 'job 1: no room to hold its output back: it stays, although' err
	"$PRUN" --errors-only 'yes | head -c 50000; : {}' ::: a >out 2>err
	[ ! -s out ]
	[ ! -s err ]
}

# A program that others may run, and in as_nobody how to run it as a user who has no process.
copy_for_nobody()
{
	need setpriv
	[ "$(id -u)" = 0 ] || skip 'needs root'
	as_nobody=(setpriv "--reuid=$((300000 + $$ * 2 + ${1:-0}))" --clear-groups)
	cp "$PRUN" "$T/copy"
	chmod 755 "$T" "$T/copy"
	export HOME=/proc/none
}

@test "ulimit -u 30: room is left for what jobs start" {
	need_no_sanitizer
	copy_for_nobody
	for jobs in 0 50; do
		"${as_nobody[@]}" bash -c 'ulimit -u 30; exec "$@"' bash "$T/copy" -k -j "$jobs" 'echo {} | cat' ::: {1..60} >out 2>err
		seq 60 | cmp - out
		[ "$jobs" = 0 ] || sed -i '/^copy: -j 50: no more than [0-9] at a time here for want of /d' err
		[ ! -s err ]
	done
}

@test "where not one process can be started jobs wait until one can" {
	need_no_sanitizer
	copy_for_nobody 1
	# When they are gone there is room for a job, the guard and the clock's thread.
	sleepers=()
	for i in 1 2 3; do
		in_background "${as_nobody[@]}" sleep 1000
		sleepers+=("$bg")
		wait_for is_started "$(command -v sleep)"
	done
	in_background "${as_nobody[@]}" bash -c 'ulimit -u 4; exec "$@"' bash "$T/copy" -k -j1 'echo {}' ::: 1 2 3 >out 2>err
	wait_for is_started "$T/copy"
	wait_for has_pool
	kill "${sleepers[@]}"
	finish
	assert_equal "$status" 0
	seq 3 | cmp - out
	assert_equal "$(cat err)" ''
}

is_started()
{
	[ "$(readlink "/proc/$bg/exe")" = "$(readlink -f "$1")" ]
}

has_pool()
{
	ls -l "/proc/$bg/fd" | grep -q eventpoll
}

readonly MAY_SURVIVE='prun: Warning: descendants of a job may survive when it is killed'

@test "where jobs' descendants cannot be seen one warning says that they may survive" {
	need_no_sanitizer
	unshare -m true 2>/dev/null || skip 'may not unshare'
	# shellcheck disable=SC2016
	run unshare -m sh -c 'mount -t tmpfs none /proc && exec "$@"' - "$PRUN" -k echo ::: a b
	assert_success
	assert_output "$MAY_SURVIVE: there is no /proc of this PID namespace"$'\na\nb'
	run "$PRUN" -k echo ::: a b
	assert_output $'a\nb'
}

@test "where the kernel refuses pidfd_open or prlimit one warning says so" {
	need_no_sanitizer
	local call status=0
	"$HELPER/refusecall" pidfd_open true || status=$?
	[ "$status" -ne 3 ] || skip 'no seccomp'
	for call in pidfd_open prlimit; do
		run "$HELPER/refusecall" "$call" "$PRUN" -k --timeout 0.1 'echo {}; sleep 1000' ::: a b
		assert_failure 2
		assert_line --index 0 "$MAY_SURVIVE: the kernel refuses $call(2)"
		[ "$(grep -c survive <<<"$output")" -eq 1 ]
		assert_line a
	done
	run "$HELPER/refusecall" prlimit "$PRUN" --dry-run echo ::: a
	assert_output 'echo a'
}
