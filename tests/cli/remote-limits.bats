# SPDX-License-Identifier: ISC
#
# Limits (--load, --memfree, --memsuspend, --noswap, --limit) where jobs run on other machines:
# each host obeys its own.

load setup

# A "host" HOST is reached as in remote.bats, but where a file meminfo.HOST is, that is its
# /proc/meminfo.
setup() {
	setup_prun
	make_there
	cat >"$T/there_memory" <<-EOF
		#!/bin/sh
		at=$PWD/meminfo.\$1
		[ -e "\$at" ] || exec "$T/there" "\$@"
		exec unshare -m sh -c 'mount --bind "\$1" /proc/meminfo && shift && exec "\$@"' - "\$at" "$T/there" "\$@"
	EOF
	chmod +x "$T/there_memory"
	MEMORY=(--via "$T/there_memory {host}")
}

# available HOST KILOBYTES
available() {
	echo "MemAvailable: $2 kB" >"meminfo.$1"
}
need_memory() {
	available a 1
	"$T/there_memory" a true 2>/dev/null || skip '/proc/meminfo cannot be replaced here'
}
is_stopped() { grep -q '^State:.*T' "/proc/$(cat "$1")/status"; }

@test "limits there: nothing starts while they say no" {
	local option
	for option in '--memfree 1000000g' '--memsuspend 1000000g' '--limit mem\ 1000000g'; do
		eval "run -124 timeout 1.5 prun \"\${AB[@]}\" -j2 $option 'touch $PWD/ran; : {}' ::: 1 2"
		assert_file_not_exist ran
	done
	for option in '--memfree 1' '--memsuspend 1' '--noswap' '--load 1000' '--limit load\ 400000%' '--limit io\ 100'; do
		eval "run -0 prun \"\${AB[@]}\" -j2 -k $option 'echo {}' ::: 1 2 3"
		assert_output $'1\n2\n3'
	done
	run -0 prun --via "$T/there {host}" -S 'a,:' -j2 -k --memfree 1 --onall --tag echo ::: 1 2
	assert_output $':\t1\n:\t2\na\t1\na\t2'
	run -0 prun "${AB[@]}" --pipe -N1 -k --memfree 1 cat <<<$'1\n2\n3'
	assert_output $'1\n2\n3'
	run -0 prun "${AB[@]}" --worker -k --memfree 1 echo ::: 1 2 3
	assert_output $'1\n2\n3'
	run -255 prun "${AB[@]}" --load 1x echo ::: 1
	assert_output 'prun: --load 1x: that is no number of processes'
}

@test "--memfree there: each host is judged by its own memory" {
	need_memory
	available b 100000000
	run -0 prun "${MEMORY[@]}" -S 'a,b' -j2 --memfree 1g 'echo $AT; : {}' ::: {1..8}
	[ "$(sort -u <<<"$output")" = b ]
	mkfifo hold
	in_background prun "${MEMORY[@]}" -S 'a,b' -j1 --memfree 1g --workdir "$PWD" \
		'echo {} >>at.$AT; [ {} != 1 ] || read -r line <hold' ::: 1 2
	wait_for grep -q 1 at.b
	assert_file_not_exist at.a
	available a 100000000
	wait_for grep -q 2 at.a
	tell hold
	finish
	[ "$status" -eq 0 ]
}

@test "--memfree there: the youngest job of that host is killed, and tried again when there is memory" {
	need_memory
	available a 100000000
	available b 100000000
	# Two jobs are at a; the younger one takes all memory there, until it is killed.  Its next
	# try is at b, where there is one.
	cat >job <<-'END'
		touch began.$AT.$1
		until [ "$(ls began.* | wc -l)" -ge "$2" ]; do sleep 0.02; done
		if [ $AT = a ] && [ "$(ls began.a.* | tail -n 1)" != began.a.$1 ]; then
			until [ -e again ]; do sleep 0.02; done
		elif [ -e killed ]; then
			touch again
		elif [ $AT = a ]; then
			trap 'echo "MemAvailable: 100000000 kB" >meminfo.a; touch killed; exit 1' TERM
			echo "MemAvailable: 100 kB" >meminfo.a
			while sleep 0.02; do :; done
		fi
	END
	local hosts
	for hosts in 2/a 2/a,1/b; do
		run -0 timeout 60 prun "${MEMORY[@]}" -S "$hosts" --retries 3 --memfree 1g --workdir "$PWD" -k \
			"sh job {} $((${#hosts} / 3 + 1)); echo {}" ::: $(seq $((${#hosts} / 3 + 1)))
		assert_output "$(seq $((${#hosts} / 3 + 1)))"
		assert_file_exist killed
		rm killed again began.*
	done
	assert_nothing_left
}

@test "--memfree there: a job that was killed begins again when there is memory, with --onall, too" {
	need_memory
	cat >job <<-'END'
		echo >>began
		[ ! -e killed ] || exit 0
		trap 'touch killed; exit 1' TERM
		echo "MemAvailable: 100 kB" >meminfo.a
		while sleep 0.02; do :; done
	END
	local each
	for each in '' --onall; do
		available a 100000000
		in_background prun "${MEMORY[@]}" -S a $each --retries 2 --memfree 1g --workdir "$PWD" 'sh job; : {}' ::: 1
		wait_for test -e killed
		# Not now: the longer this is, the more certain.
		sleep 0.5
		[ "$(wc -l <began)" = 1 ]
		available a 100000000
		finish
		[ "$status" -eq 0 ]
		[ "$(wc -l <began)" = 2 ]
		rm killed began
	done
}

@test "--memsuspend there: jobs of that host alone are suspended, and go on when there is memory" {
	need_memory
	available a 100000000
	available b 100000000
	mkfifo hold.1 hold.2 hold.3
	in_background prun "${MEMORY[@]}" -S '2/a,1/b' -k --memsuspend 1g --workdir "$PWD" \
		'echo $$ >up.$AT.{}; read -r line <hold.{}; echo {}' ::: 1 2 3 >out
	wait_for eval '[ "$(cat up.a.* up.b.* | wc -l)" = 3 ]'
	local old young other
	read -r old young other <<<"$(echo up.a.* up.b.*)"
	available a 500000
	wait_for is_stopped "$young"
	run ! is_stopped "$old"
	run ! is_stopped "$other"
	available a 100000000
	tell hold.1
	tell hold.2
	tell hold.3
	finish
	[ "$status" -eq 0 ]
	run cat out
	assert_output $'1\n2\n3'
	assert_nothing_left
}

@test "--limit COMMAND: it is run for each host, whose name it has, and before each start" {
	local hosts=(--via "$T/there {host}" -S 'a,:')
	# Both hosts are needed: each job waits for the other.
	run -0 timeout 60 prun "${hosts[@]}" -j1 --limit 'echo $PARALLEL_SSHHOST $PARALLEL_SSHLOGIN >>asked' --workdir "$PWD" \
		'touch up.{}; until [ -e up.1 ] && [ -e up.2 ]; do sleep 0.02; done' ::: 1 2
	run -0 sort -u asked
	assert_output $': :\na a'
	rm asked
	run -0 prun "${hosts[@]}" -j1 -k --limit 'echo >>asked' --onall --tag echo ::: 1 2
	assert_output $':\t1\n:\t2\na\t1\na\t2'
	[ "$(wc -l <asked)" -ge 4 ]
}

@test "--limit COMMAND: what it says of one host, or how long it takes, holds up no other" {
	local jobs='echo $AT; [ {} != 3 ] || touch done'
	run -0 timeout 60 prun "${AB[@]}" -j1 --workdir "$PWD" --limit '[ $PARALLEL_SSHHOST = b ]' "$jobs" ::: 1 2 3
	assert_output $'b\nb\nb'
	rm done
	run -0 timeout 60 prun "${AB[@]}" -j1 --workdir "$PWD" \
		--limit '[ $PARALLEL_SSHHOST = b ] || until [ -e done ]; do sleep 0.02; done' "$jobs" ::: 1 2 3
	assert_output $'b\nb\nb'
	# The host that was held up gets jobs as soon as it may.
	mkfifo hold
	in_background prun "${AB[@]}" -j1 --workdir "$PWD" --limit '[ $PARALLEL_SSHHOST = b ] || [ -e may ]' \
		'echo {} >>at.$AT; [ {} != 1 ] || read -r line <hold' ::: 1 2
	wait_for grep -q 1 at.b
	assert_file_not_exist at.a
	touch may
	wait_for grep -q 2 at.a
	tell hold
	finish
	[ "$status" -eq 0 ]
}

@test "--limit COMMAND: the machine must say yes, too" {
	need_memory
	available b 100000000
	run -0 timeout 60 prun "${MEMORY[@]}" -S 'a,b' -j1 --memfree 1g --limit 'echo $PARALLEL_SSHHOST >>asked' 'echo $AT; : {}' ::: 1 2 3
	assert_output $'b\nb\nb'
	run -0 sort -u asked
	assert_output b
	run -0 timeout 60 prun "${MEMORY[@]}" -S 'a,b,:' -j1 --memfree 1 --limit '[ $PARALLEL_SSHHOST = b ]' 'echo $AT; : {}' ::: 1 2 3
	assert_output $'b\nb\nb'
}

@test "--limit COMMAND: 2 has the youngest job of that host killed, which is tried again" {
	# The job at b is younger than the one at a, which is killed.
	cat >limit <<-'END'
		case $PARALLEL_SSHHOST in
		b)
			until [ -e began.a ]; do sleep 0.02; done
			;;
		a)
			[ -e asked ] || exec touch asked
			[ ! -e killed ] || exit 0
			until [ -e began.b ]; do sleep 0.02; done
			exit 2
			;;
		esac
	END
	cat >job <<-'END'
		if [ $AT = a ] && [ ! -e killed ]; then
			trap 'touch killed; exit 1' TERM
		else
			trap 'touch wrong; exit 1' TERM
		fi
		touch began.$AT
		until [ -e killed ]; do sleep 0.02; done
		echo $1
	END
	run -0 timeout 60 prun --via "$T/there {host}" -S 2/a,1/b -k --retries 3 --limit 'sh limit' --workdir "$PWD" \
		'sh job {}' ::: 1 2 3
	assert_output $'1\n2\n3'
	assert_file_exist killed
	assert_file_not_exist wrong
	assert_nothing_left
}

@test "-j counts the cores or sockets of each host" {
	local unit n
	for unit in core socket; do
		n=$(prun --number-of-${unit}s)
		# As many jobs as there are slots wait until all of them run.
		run -0 prun "${A[@]}" -j100% --use-${unit}s-instead-of-threads --workdir "$PWD" \
			"echo >>up.$unit; until [ \"\$(wc -l <up.$unit)\" -ge $n ]; do sleep 0.02; done; echo {%}; : {}" ::: $(seq $((2 * n)))
		[ "$(sort -nu <<<"$output" | tail -n 1)" = "$n" ]
	done
}
