# SPDX-License-Identifier: ISC
#
# --slurm: jobs on the nodes of an allocation.  Most tests have a Slurm of their own (see
# tests/slurm-up) with the nodes n1 and n2, which have two CPUs each.

load setup

setup_file() {
	local program
	for program in munged slurmctld slurmd sbatch srun; do
		PATH=$PATH:/usr/sbin command -v $program >/dev/null ||
			{ export NO_SLURM="$program is not installed"; return; }
	done
	# It is not to be a process of a job of prun, nor of bats.
	env -u PRUN_JOB_ID "$BATS_TEST_DIRNAME/../slurm-up" "$BATS_FILE_TMPDIR/slurm" 2 2 3>&- 4>&- >&2 ||
		export NO_SLURM='no private Slurm comes up here'
}

teardown_file() {
	"$BATS_TEST_DIRNAME/../slurm-up" "$BATS_FILE_TMPDIR/slurm"
}

setup() {
	setup_prun
	unset "${!SLURM@}"
}

teardown() {
	[ -z "${SLURM_CONF:-}" ] || scancel -n "$PRUN_TEST_MARK" 2>/dev/null || true
	teardown_prun
}

need_slurm() {
	[ -z "${NO_SLURM:-}" ] || skip "$NO_SLURM"
	export SLURM_CONF=$BATS_FILE_TMPDIR/slurm/slurm.conf
}

# within NODES TASKS COMMAND...: in an allocation.  Its pid is in the file pid, and its
# status in the file status: salloc has its own for one that a signal has ended.
within() {
	local nodes=$1 tasks=$2
	shift 2
	timeout 100 salloc -Q -J "$PRUN_TEST_MARK" -N "$nodes" -n "$tasks" \
		sh -c 'sh -c '\''echo $$ >pid; exec "$0" "$@"'\'' "$@"; echo $? >status; exit "$(cat status)"' - "$@"
}

# The marked processes whose command line begins so.
called() {
	local pid
	for pid in $(marked); do
		! tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q "^$1" || echo "$pid"
	done
}

lines() { [ "$(cat "$2" 2>/dev/null | wc -l)" -ge "$1" ]; }

# The rows of the log, and no job but the first two, which wrote nothing to the file block.
assert_cut() {
	[ "$(awk 'NR > 1 {print $1, $7}' log | sort | xargs)" = '1 0 2 0' ]
	# Each has had the first signal of --termseq.
	[ "$(sort -u term | xargs)" = '3 4 5 6' ]
	wait_for none_called 'sleep'
}
none_called() { [ -z "$(called "$1")" ]; }

@test "all nodes, and as many jobs on each as it has tasks" {
	need_slurm
	run -0 --separate-stderr within 2 3 prun --slurm --joblog log \
		'touch r{}; until [ -e r1 ] && [ -e r2 ] && [ -e r3 ]; do sleep 0.01; done; echo {#} $SLURMD_NODENAME' ::: 1 2 3
	[ -z "$stderr" ]
	[ "$(cut -d' ' -f2 <<<"$output" | sort | uniq -c | xargs)" = '2 n1 1 n2' ]
	[ "$(awk 'NR > 1 {print $2}' log | sort | uniq -c | xargs)" = '2 n1 1 n2' ]
}

@test "bytes are what they were, on the way there and back" {
	need_slurm
	head -c 300000 /dev/urandom >data
	run -0 within 2 2 sh -c "prun --slurm -j1 'cat $PWD/data; : {}' ::: 1 | cmp - data &&
		prun --slurm --pipe --recend '' --block 50k -k cat <data | cmp - data"
}

# Jobs 3 to 6 run on four slots, with children that have left their sessions.
BLOCK='[ {} -gt 2 ] || exit 0; trap "echo {} >>term" TERM; setsid sleep 1000 & sleep 1000 & echo {} >>block; wait; wait; wait'

@test "--workdir on nodes: below the login's folder, as here, one for each job, with files" {
	need_slurm
	echo of x >x
	run -0 --separate-stderr within 2 2 sh -c "prun --slurm -k --wd '$T/new/{}' 'pwd; :' ::: 1 2 &&
		prun --slurm --wd . 'pwd; :' ::: 1 &&
		prun --slurm -k --wd ... --trc {}.out 'pwd; cp {} {}.out' ::: x"
	[ -z "$stderr" ]
	assert_line --index 0 "$T/new/1"
	assert_line --index 1 "$T/new/2"
	assert_line --index 2 "$PWD"
	assert_line --index 3 --regexp '/[.]parallel/tmp/.*-1$'
	[ ! -e "${lines[3]}" ]
	cmp x x.out
}

@test "USR1 and TERM: nothing new starts, and what runs ends and is not logged" {
	need_slurm
	for signal in USR1 TERM; do
		rm -f log block term
		in_background within 2 4 "$PRUN" --slurm --joblog log "$BLOCK" ::: {1..8}
		wait_for lines 4 block
		kill -"$signal" "$(<pid)"
		finish
		[ "$(<status)" = $((128 + $(kill -l "$signal"))) ]
		assert_cut
	done
}

@test "a signal to the steps ends the run as well" {
	need_slurm
	in_background within 2 4 "$PRUN" --slurm --joblog log '[ {} -gt 2 ] || exit 0; echo {} >>block; exec sleep 1000' ::: {1..8}
	wait_for lines 4 block
	scancel -s USR1 -n "$PRUN_TEST_MARK"
	finish
	[ "$(<status)" = 143 ]
	[ "$(awk 'NR > 1 {print $1, $7}' log | sort | xargs)" = '1 0 2 0' ]
	wait_for none_called sleep
}

@test "srun killed by -9: the heartbeat ends its tasks, which are lost; the other node goes on" {
	need_slurm
	in_background within 2 2 "$PRUN" --slurm --heartbeat 0.5 --joblog log \
		'if [ {} = 1 ]; then echo $SLURMD_NODENAME >node; setsid sleep 1000 & sleep 1000; else until [ -e go ]; do sleep 0.01; done; fi' \
		::: 1 2 3 2>err
	wait_for lines 1 node
	kill -KILL $(called "srun .* -w $(<node) ")
	wait_for none_called sleep
	touch go
	finish
	[ "$status" = 1 ]
	[ "$(awk 'NR > 1 {print $1, $7}' log | sort | xargs)" = '1 255 2 0 3 0' ]
	grep -q "^prun: host $(<node): " err
}

@test "the script of prun-remote(7): its time is over, it is requeued, and goes on" {
	need_slurm
	local job
	sed -n '/^#!.bin.bash/,/^\.Ed/{/^\.Ed/d;p}' "$REPO/man/prun-remote.7" >script
	grep -q '^prun --slurm --resume' script
	seq 6 >params
	# Jobs 1 and 2 end; the others wait the first time.
	printf '#!/bin/sh\necho $1 >>ran\n[ $1 -le 2 ] || [ -e go ] || { echo $1 >>block; exec sleep 1000; }\n' >step
	chmod +x step
	job=$(sbatch --parsable -J "$PRUN_TEST_MARK" script)
	wait_for lines 4 block
	[ "$(awk 'NR > 1 {print $1}' steps.log | sort | xargs)" = '1 2' ]
	touch go
	scancel -b -s USR1 "$job"
	# Slurm lets a requeued job wait, unless it is asked not to.
	wait_for requeued "$job"
	wait_for all_logged "$job"
	[ "$(awk 'NR > 1 {print $1, $7}' steps.log | sort | xargs)" = '1 0 2 0 3 0 4 0 5 0 6 0' ]
	[ "$(sort ran | xargs)" = '1 2 3 3 4 4 5 5 6 6' ]
}
requeued() { scontrol show job "$1" | grep -q 'Restarts=1'; }
# Slurm puts off what it has to schedule while it is asked all the time.  A node that still
# clears up after the job may fail it at once (RunTime 0, and no output of the script).
all_logged() {
	lines 7 steps.log && return
	[[ "$(scontrol show job "$1")" != *JobState=FAILED*RunTime=00:00:00* ]] || scontrol requeue "$1"
	scontrol update jobid="$1" StartTime=now
	sleep 1
	false
}

@test "a job of Slurm that does not use its nodes is told how, once" {
	export SLURM_JOB_ID=1
	run -0 --separate-stderr prun echo ::: 1 2
	[ "$stderr" = 'prun: Warning: this is a job of Slurm, of which one node is used: --slurm runs on all' ]
	export SLURM_JOB_NUM_NODES=7
	run -0 --separate-stderr prun echo ::: 1 2
	[ "$stderr" = 'prun: Warning: this is a job of Slurm, of which one node is used: --slurm runs on all 7 of them' ]
	run -0 --separate-stderr prun --no-warn echo ::: 1 2
	[ -z "$stderr" ]
	run -0 --separate-stderr prun -S : echo ::: 1 2
	[ -z "$stderr" ]
	PARALLEL_SEQ=1 run -0 --separate-stderr prun echo ::: 1 2
	[ -z "$stderr" ]
	SLURM_JOB_NUM_NODES=1 run -0 --separate-stderr prun echo ::: 1 2
	[ -z "$stderr" ]
}

@test "what Slurm does not tell is an error that says so" {
	run -255 prun --slurm echo ::: 1
	assert_output 'prun: --slurm: this is no Slurm job, as SLURM_JOB_ID is not set: use it within sbatch or salloc'
	mkdir bin
	export SLURM_JOB_ID=1 SLURM_JOB_NODELIST=x[1-3] PATH=$PWD/bin:$PATH
	printf '#!/bin/sh\necho "no such $3" >&2; exit 1\n' >bin/scontrol
	chmod +x bin/scontrol
	run -255 prun --slurm echo ::: 1
	assert_output 'prun: --slurm: scontrol show hostnames x[1-3]: no such x[1-3]'
	printf '#!/bin/sh\nprintf "x1\\nx2\\nx3\\n"' >bin/scontrol
	for counts in '4(x2)' '4(x2),' '4,,3' 0,1,1 '4(x0),1,1' '4(x3' x,1,1 1000000,1,1 4x2,1 '4(y2),1'; do
		SLURM_JOB_CPUS_PER_NODE=$counts run -255 prun --slurm echo ::: 1
		assert_output --regexp '^prun: --slurm: SLURM_JOB_CPUS_PER_NODE says nothing of node x[123]$'
	done
	run -0 prun --slurm --version
	run -255 env PATH=/none "$PRUN" --slurm echo ::: 1
	assert_output 'prun: --slurm: scontrol: No such file or directory'
}

@test "slots from the forms of Slurm's counts" {
	mkdir bin
	export SLURM_JOB_ID=1 SLURM_JOB_NODELIST=x[1-3] PATH=$PWD/bin:$PATH SLURM_TASKS_PER_NODE='1(x3)'
	printf '#!/bin/sh\nprintf "x1\\nx2\\nx3\\n"' >bin/scontrol
	printf '#!/bin/sh\nshift; exec "$@"\n' >bin/via
	chmod +x bin/*
	# Each waits until all run.
	slots() {
		prun --slurm --via 'via {host}' --plus "$@" \
			'touch r{}; until [ $(ls r* | wc -l) = '"$n"' ]; do sleep 0.02; done; echo {host}' ::: $(seq "$n") |
			sort | uniq -c | xargs
		rm r*
	}
	n=11
	[ "$(SLURM_JOB_CPUS_PER_NODE='4(x2),3' slots)" = '4 x1 4 x2 3 x3' ]
	n=6
	[ "$(SLURM_JOB_CPUS_PER_NODE='1,2,3' slots)" = '1 x1 2 x2 3 x3' ]
	[ "$(SLURM_JOB_CPUS_PER_NODE='8(x3)' slots -j2)" = '2 x1 2 x2 2 x3' ]
	n=3
	[ "$(SLURM_JOB_CPUS_PER_NODE='8(x3)' SLURM_NTASKS=3 slots)" = '1 x1 1 x2 1 x3' ]
	[ "$(SLURM_JOB_CPUS_PER_NODE='8(x3)' SLURM_CPUS_PER_TASK=8 slots)" = '1 x1 1 x2 1 x3' ]
}
