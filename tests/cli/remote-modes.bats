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
	chmod +x "$T/there"
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
