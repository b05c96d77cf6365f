#!/usr/bin/env bats
# SPDX-License-Identifier: ISC

# Hosts at the end of a long line, which get jobs before there is a slot for them.

load setup

setup() {
	setup_prun
	make_there
	cat >far <<-EOF
		#!/bin/sh
		[ ! -e "$PWD/later-\$1" ] || until [ -e "$PWD/now-\$1" ]; do sleep 0.02; done
		[ "\$1" != a ] || export CUT="$PWD/cut"
		exec "$HELPER/delay" 30 "$T/there" "\$@"
	EOF
	chmod +x far
	FAR=(--via "$PWD/far {host}")
}

# Each job of the log once, and each that ran has run once.
check_log() { # JOBS
	[ "$(awk 'NR > 1 {print $1}' log | sort -n)" = "$(seq "$1")" ]
	[ -z "$(sort ran | uniq -d)" ]
	[ -z "$(awk 'NR > 1 && $7 == 0 {print $1}' log | sort | comm -23 - <(sort ran))" ]
}

@test "over a long line each job runs once, in order, and alone in its slot" {
	run -0 prun "${FAR[@]}" -S 3/a -k --joblog log --process-slot-var V \
		"mkdir $PWD/slot\$PARALLEL_JOBSLOT && echo {} >>$PWD/ran; [ \$((V + 1)) = \$PARALLEL_JOBSLOT ] && [ \$V -lt 3 ] && echo {}; rmdir $PWD/slot\$PARALLEL_JOBSLOT" ::: {1..90}
	[ "$output" = "$(seq 90)" ]
	check_log 90
	[ "$(wc -l <ran)" = 90 ]
	run -0 prun "${FAR[@]}" -S 2/a -k echo '{} {%}' ::: {1..9}
	[ "$(grep -c ' [12]$' <<<"$output")" = 9 ]
}

@test "jobs that wait behind long ones go to a host that becomes idle" {
	touch later-b
	in_background prun "${FAR[@]}" -S 2/a,2/b --joblog log \
		"echo {} >>$PWD/ran; [ {} -lt 60 ] || [ \$AT != a ] || until [ -e $PWD/go ]; do sleep 0.02; done" ::: {1..100}
	# Both slots of a have a long one, and what was sent there ahead waits.
	wait_for grep -qx 60 ran
	wait_for grep -qx 61 ran
	touch now-b
	wait_for sh -c '[ $(wc -l <ran) = 100 ]'
	touch go
	finish
	[ "$status" = 0 ]
	check_log 100
	[ "$(awk '$2 == "a" && $1 >= 60' log | wc -l)" = 2 ]
}

@test "a line that breaks with jobs ahead: none runs twice, none is lost without a word" {
	run --separate-stderr prun "${FAR[@]}" -S 3/a,3/b --filter-hosts --joblog log --digest \
		"echo {} >>$PWD/ran; [ {} != 100 ] || touch $PWD/cut" ::: {1..200}
	check_log 200
	lost=$(awk 'NR > 1 && $7 == 255' log | wc -l)
	[ "$lost" -le 51 ]
	# Those that nobody answers for are told of; all others have run.
	[ "$(awk 'NR > 1 && $7 != 0 && $7 != 255' log | wc -l)" = 0 ]
	[ "$lost" = 0 ] || assert_regex "$stderr" 'lost'
	rm -f cut ran
	run -0 prun "${FAR[@]}" -S 3/a,3/b --retries 3 --joblog log \
		"echo {} >>$PWD/ran; [ {} != 100 ] || [ -e $PWD/was ] || { touch $PWD/was $PWD/cut; sleep 0.1; rm $PWD/cut; }" ::: {1..200}
	[ "$(sort -nu ran)" = "$(seq 200)" ]
	assert_nothing_left
}

@test "--halt soon takes back what was sent ahead; --resume runs it" {
	run --separate-stderr prun "${FAR[@]}" -S 2/a --joblog log --halt soon,fail=1 \
		"echo {} >>$PWD/ran; [ {} != 80 ]" ::: {1..300}
	[ "$status" = 1 ]
	[ "$(awk 'NR > 1 {print $1}' log | sort)" = "$(sort ran)" ]
	[ "$(wc -l <ran)" -lt 300 ]
	run -0 prun "${FAR[@]}" -S 2/a --joblog log --resume "echo {} >>$PWD/ran" ::: {1..300}
	[ "$(sort -n ran)" = "$(seq 300)" ]
}

@test "tags, the order, tries and the log are those of jobs that are not sent ahead" {
	run -1 --separate-stderr prun "${FAR[@]}" -S 2/a -k --tag --timeout 60 --retries 2 --joblog log \
		"echo {} >>$PWD/ran; [ {} != 60 ] && echo {}" ::: {1..90}
	[ "$output" = "$(for i in {1..90}; do [ $i = 60 ] || printf '%s\t%s\n' $i $i; done)" ]
	[ "$(awk 'NR > 1 {print $1}' log | sort -n)" = "$(seq 90)" ]
	[ "$(awk 'NR > 1 && $7 != 0 {print $1, $7}' log)" = '60 1' ]
	[ "$(sort -n ran | uniq -d)" = 60 ]
}

told() { [ -z "$(sort stays | comm -23 - <(sort -u told))" ]; }

# Jobs 60 and up stay, and write down that they got TERM.
@test "Ctrl-C typed on the terminal with jobs ahead: one starts nothing more, two kill; --resume goes on" {
	need script
	mkfifo keys
	exec 8<>keys
	cat >job <<-EOF
		echo \$1 >>"$PWD/ran"
		[ \$1 -ge 60 ] || exit 0
		trap 'echo \$1 >>"$PWD/told"' TERM
		setsid sleep 1000 &
		echo \$1 >>"$PWD/stays"
		while :; do sleep 1000; done
	EOF
	cat >typed <<-EOF
		trap : INT
		stty -a >before
		prun ${FAR[*]@Q} -S 2/a,2/b --filter-hosts --bar --termseq TERM,1000000,KILL --joblog log sh $PWD/job ::: {1..300}
		echo \$? >status
		stty -a >after
	EOF
	in_background sh -c 'exec script -qefc "env --default-signal=INT bash typed" typescript <keys >/dev/null 8>&-'
	wait_for test -s stays
	printf '\003' >&8
	wait_for told
	[ ! -e status ]
	printf '\003' >&8
	finish
	exec 8>&-
	assert_nothing_left
	[ "$(cat status)" = 130 ]
	cmp before after
	[ -z "$(sort ran | uniq -d)" ]
	[ "$(wc -l <ran)" -lt 100 ]
	awk 'NR > 1 {print $1}' log | sort >logged
	[ -z "$(comm -23 logged <(sort ran))" ]
	[ -z "$(comm -12 logged <(sort stays))" ]
	run -0 prun "${FAR[@]}" -S 2/a,2/b --joblog log --resume "echo {} >>$PWD/again" ::: {1..300}
	[ "$(sort again)" = "$(seq 300 | sort | comm -23 - logged)" ]
	[ "$(awk 'NR > 1 {print $1}' log | sort -n)" = "$(seq 300)" ]
}
