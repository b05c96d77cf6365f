# SPDX-License-Identifier: ISC
#
# What every bats file here begins with:
#
#	load setup
#
# Each test starts in an empty folder of its own ($T), with PRUN (the
# program), B (where it was built; also first in PATH) and HELPER set, and nothing
# of the caller's that would change what prun does.  What a test
# leaves running is killed afterwards.  No test sleeps and hopes: wait_for polls
# with a deadline, FIFOs hold jobs until the test lets them go.

bats_require_minimum_version 1.5.0
load /usr/lib/bats/bats-support/load
load /usr/lib/bats/bats-assert/load
load /usr/lib/bats/bats-file/load

REPO=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
B=${B:-$REPO/build}
unset PRUN
PRUN=$B/prun # not exported: prun takes options from that name
HELPER=$B/helper
DEADLINE=${DEADLINE:-60}

# A file with a setup or teardown of its own calls setup_prun or teardown_prun in it.
setup() { setup_prun; }
teardown() { teardown_prun; }

setup_prun() {
	unset CI # with it prun tells more; tests that want that say so
	T=$(mktemp -d /tmp/prun-test.XXXXXX)
	cd "$T" || return
	mkdir home tmp work
	PATH=$B:$PATH
	export HOME=$T/home TMPDIR=$T/tmp SHELL=/bin/bash LC_ALL=C.UTF-8
	export PRUN_TEST_MARK=${T##*/}
	# make check runs the tests as jobs of a prun, which has marked them in this limit.
	ulimit -S -x unlimited
	unset "${!PARALLEL@}" BASH_ENV ENV XDG_CONFIG_HOME MAKEFLAGS CARGO_MAKEFLAGS
	cd work || return
}

teardown_prun() {
	local pid
	for pid in $(marked); do
		kill -KILL "$pid" 2>/dev/null || true
	done
	cd /
	[ -z "$T" ] || rm -rf "$T"
}

# Pids of the processes that this test has started and that still live (zombies
# do not count): the mark is in their environment.
marked() {
	local file pid
	for file in $(grep -lazx "PRUN_TEST_MARK=$PRUN_TEST_MARK" /proc/[0-9]*/environ 2>/dev/null); do
		pid=${file#/proc/}
		pid=${pid%/environ}
		if [ "$pid" != "$BASHPID" ] && alive "$pid"; then
			echo "$pid"
		fi
	done
}

# wait_for COMMAND...: until it succeeds, at most $DEADLINE seconds.
wait_for() {
	local end=$((SECONDS + DEADLINE))
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "waited $DEADLINE s for: $*" >&2
			return 1
		fi
		sleep 0.02
	done
}

# tell FIFO: let whoever reads it go on; a failure when nobody does.
tell() { timeout "$DEADLINE" sh -c 'echo >"$1"' - "$1"; }

# make_there: $T/there HOST COMMAND... does what a login shell at HOST would do, in a home
# of its own, which is $T/at-HOST.  The options of hosts a, or a and b: "${A[@]}", "${AB[@]}".
make_there() {
	A=(--via "$T/there {host}" -S a)
	AB=(--via "$T/there {host}" -S 'a,b')
	cat >"$T/there" <<-EOF
		#!/bin/sh
		cd "$T" && mkdir -p "at-\$1" && cd "at-\$1" || exit
		export HOME="\$PWD" AT="\$1"
		shift
		exec \${LOGIN_SHELL:-sh} -c "\$*"
	EOF
	chmod +x "$T/there"
}

# is_coming FOLDER: a file is being written there that has not got its name: it has none, or,
# where the file system has no such files, another one.
is_coming() {
	ls -A "$1" | grep -q '^[.]prun-' || ls -l /proc/[0-9]*/fd 2>/dev/null | grep -qF " -> $1/#"
}

# The functions that bats has exported make bash the jobs' shell.
no_functions() {
	local name
	for name in $(compgen -e); do
		case $name in BASH_FUNC_*) unset -f "${name:10:-2}" ;; esac
	done
	for name in $(declare -Fx | cut -d' ' -f3); do
		export -nf "$name"
	done
}

# alive PID, gone PID: a zombie is gone.
alive() {
	local state
	state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) &&
		[ -n "$state" ] && [ "${state:0:1}" != Z ]
}
gone() { ! alive "$1"; }

# Everything that the test has started must be gone, now or shortly.
none_marked() { [ -z "$(marked)" ]; }
assert_nothing_left() {
	wait_for none_marked || {
		local pid
		for pid in $(marked); do
			echo "left: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline")" >&2
		done
		return 1
	}
}

# in_background COMMAND...: its pid is in $bg; finish waits for it and sets
# $status as run does.
in_background() {
	"$@" 3>&- &
	bg=$!
}
finish() {
	status=0
	DEADLINE=${1:-$DEADLINE} wait_for gone "$bg" || return
	wait "$bg" || status=$?
}

# For tests that limit memory, which the sanitizers take a lot of.
need_no_sanitizer() {
	[ -z "${SAN:-}" ] || skip 'the sanitizers need more memory than that'
}

# need PROGRAM...: skip the test where one is missing.
need() {
	local program
	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

# peak COMMAND...: its greatest resident size in KiB is in the file peak.
peak() {
	python3 - "$@" <<'EOF'
import os, resource, subprocess, sys
p = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(p.pid, 0)
open('peak', 'w').write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
EOF
}

# with_open_files LIMIT COMMAND...: nothing but 0, 1 and 2 is open at its start.
with_open_files()
{
	bash -c 'for fd in /proc/self/fd/*; do
			[ "${fd##*/}" -le 2 ] || eval "exec ${fd##*/}>&-"
		done
		ulimit -n "$1"
		shift
		exec "$@"' bash "$@"
}
