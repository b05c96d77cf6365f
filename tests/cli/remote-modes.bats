# SPDX-License-Identifier: ISC
#
# What prun does with jobs here it does with jobs on other machines: the modes of --pipe,
# workers, sudo, resuming, steering, reports.  A "host" is reached by a program that runs the
# agent beside prun, as in remote.bats.

load setup

setup() {
	setup_prun
	# there HOST COMMAND...: what a login shell at HOST would do, in a home of its own.
	cat >"$T/there" <<-EOF
		#!/bin/sh
		cd "$T" && mkdir -p "at-\$1" && cd "at-\$1" || exit
		export HOME="\$PWD" AT="\$1"
		shift
		exec sh -c "\$*"
	EOF
	printf '#!/bin/sh\nrmdir "%s"; exec "%s" "$@"\n' "$T/gone" "$T/there" >"$T/there_gone"
	chmod +x "$T/there" "$T/there_gone"
	AB=(--via "$T/there {host}" -S 'a,b')
}

@test "--pipe there: --round-robin, --tee, --shard and --bin lose and double nothing" {
	seq 30000 >in
	[ "$(prun "${AB[@]}" -j2 --pipe --round-robin --block 10k cat <in | sort -n | cksum)" = "$(cksum <in)" ]
	[ "$(prun "${AB[@]}" -j2 --pipe --tee --tag 'cksum; : {}' ::: 1 2 3 <in | sort)" = \
		"$(for n in 1 2 3; do printf '%s\t%s\n' $n "$(cksum <in)"; done)" ]
	sed 'p' in >twice
	prun "${AB[@]}" -j2 --pipe --shard 1 --block 10k 'sort | uniq -c | grep -c "^ *2 "' <twice >counts
	[ "$(paste -sd+ counts | bc)" = 30000 ] && [ "$(wc -l <counts)" = 4 ]
	[ "$(prun "${AB[@]}" -j2 --pipe --bin 1 wc -l <in | sort -u)" = 7500 ]
}

@test "--cat and --fifo there: the file is made where the job runs, and removed" {
	seq 30000 >in
	local option
	for option in --cat --fifo; do
		[ "$(prun "${AB[@]}" -j2 --tmpdir "$T/tmp" --pipe $option --block 30k -k 'cat {}; cat' <in | cksum)" = "$(cksum <in)" ]
		[ "$(prun "${AB[@]}" -j2 --tmpdir "$T/tmp" --pipe-part -a in $option --block 30k -k 'cat {}' | cksum)" = "$(cksum <in)" ]
		# Not read at all, and not to the end.
		run -0 prun "${AB[@]}" -j2 --tmpdir "$T/tmp" --pipe $option --block 60k -k '[ {#} = 2 ] || head -n 1 {}; echo {#}' <in
		[ "$(head -n 2 <<<"$output")" = $'1\n1' ]
		[ -z "$(ls "$T/tmp")" ]
	done
	run -0 prun "${AB[@]}" -j2 --tmpdir "$T/tmp" --pipe --cat --block 30k --retries 2 -k \
		"wc -c <{}; [ -e $PWD/done{#} ] || { touch $PWD/done{#}; exit 1; }" <in
	[ "$(paste -sd+ <<<"$output" | bc)" = "$(wc -c <in)" ]
	# What is made for a job here is of no use there.
	run -0 prun --via "$T/there {host}" -S '1/a,1/:' -j1 --tmpdir "$T/tmp" --pipe --cat --block 30k 'wc -c <{}' <in
	[ "$(paste -sd+ <<<"$output" | bc)" = "$(wc -c <in)" ]
	[ -z "$(ls "$T/tmp")" ]
}

@test "--cat and --fifo there: nothing stays of a job that is killed or cannot start" {
	local option
	seq 30000 >in
	for option in --cat --fifo; do
		run -1 --separate-stderr prun --via "$T/there {host}" -S a --tmpdir "$T/tmp" --pipe $option --timeout 0.3 \
			'head -c 1 {} >/dev/null; sleep 1000' <in
		assert_regex "$stderr" 'timed out'
		[ -z "$(ls "$T/tmp")" ]
		in_background prun --via "$T/there {host}" -S a --tmpdir "$T/tmp" --pipe $option -a in "touch $PWD/runs; sleep 1000; : {}"
		wait_for test -e runs
		rm runs
		kill -KILL "$bg"
		finish
		assert_nothing_left
		[ -z "$(ls "$T/tmp")" ]
		mkdir "$T/gone"
		run -1 --separate-stderr prun --via "$T/there_gone {host}" -S a --tmpdir "$T/gone" --pipe $option 'cat {}' <<<x
		assert_regex "$stderr" 'No such file or directory'
	done
}

@test "--worker there: shells that stay, with their timeouts, tries and end" {
	run -0 prun "${AB[@]}" -j1 --worker --worker-init 'trap "echo bye >>$HOME/bye" EXIT; own=$$' --joblog log -k \
		'echo {} $own $PARALLEL_SSHHOST $PARALLEL_SEQ' ::: {1..10}
	[ "$(awk '{print $1 == $4}' <<<"$output" | sort -u)" = 1 ]
	[ "$(awk '{print $2, $3}' <<<"$output" | sort -u | wc -l)" -le 2 ]
	[ "$(awk 'NR > 1 {print $2}' log | sort | xargs)" = "$(awk '{print $3}' <<<"$output" | sort | xargs)" ]
	[ "$(cat "$T"/at-?/bye | sort -u)" = bye ]
	run -1 --separate-stderr prun "${AB[@]}" -j2 --worker --timeout 0.3 -k 'echo {}; [ {} != 2 ] || setsid sleep 1000' ::: 1 2 3
	assert_output $'1\n2\n3'
	assert_regex "$stderr" 'timed out'
	run -0 prun "${AB[@]}" -j2 --worker --retries 3 -k "echo {}; [ -e $PWD/tried{} ] || { touch $PWD/tried{}; exit 1; }" ::: 1 2 3
	assert_output $'1\n2\n3'
	run -0 prun --via "$T/there {host}" -S '1/a,1/:' -j1 --worker -k 'echo {} ${AT:-here}' ::: 1 2 3 4 5 6
	[ "$(awk '{print $1}' <<<"$output" | xargs)" = '1 2 3 4 5 6' ]
	assert_nothing_left
}

@test "--worker-line there: a program answers, or is told to be at fault or silent" {
	printf '#!/bin/sh\nwhile read -r n; do echo "$((n * 2))"; done\n' >twice
	printf '#!/bin/sh\nwhile read -r n; do :; done\n' >mute
	printf '#!/bin/sh\nread -r n; echo "$n"; echo more; read -r n; echo "$n"\n' >loud
	chmod +x twice mute loud
	run -0 prun "${AB[@]}" -j2 -k --worker-line "$PWD/twice" ::: 1 2 3 4 5
	assert_output $'2\n4\n6\n8\n10'
	in_background prun --via "$T/there {host}" -S a -j1 --worker-line "$PWD/mute" ::: 1 2>err
	wait_for grep -q 'worker 1 has read its job.*stdbuf' err
	kill -TERM "$bg"
	finish
	run --separate-stderr prun --via "$T/there {host}" -S a -j1 --worker-line "$PWD/loud" ::: 1 2
	assert_failure
	assert_regex "$stderr" 'worker 1'
	assert_nothing_left
}
