# SPDX-License-Identifier: ISC
#
# Output: whole, in order, attributed, bounded in memory, and what happens when it
# cannot be written.

load setup

@test "-k streams the head job live, and the others wait" {
	mkfifo go
	in_background "$PRUN" -k -j2 '[ {} = b ] || { echo a1; cat go >null; echo a2; }; [ {} = a ] || { echo b; touch b; }' \
		::: a b >out
	wait_for test -e b
	wait_for grep -q a1 out
	run cat out
	assert_output a1
	tell go
	finish
	run cat out
	assert_output $'a1\na2\nb'
}

@test "group: a job in one piece, stdout first, in the order of ends" {
	mkfifo go
	in_background "$PRUN" -j2 '[ {} = b ] || cat go >null; echo e{} >&2; echo {}1; echo {}2' ::: a b >out 2>&1
	wait_for grep -q eb out
	tell go
	finish
	run cat out
	assert_output $'b1\nb2\neb\na1\na2\nea'
}

@test "tag, tagstring and line buffer keep lines apart" {
	run "$PRUN" --lb -j4 --tagstring '{#}-{}' 'for i in 1 2 3; do printf half; printf "%s\n" {}; done' ::: a b c d
	assert_success
	assert_equal "$(sort <<<"$output" | uniq -c | sed 's/^ *//')" \
		$'3 1-a\thalfa\n3 2-b\thalfb\n3 3-c\thalfc\n3 4-d\thalfd'
}

@test "the total in --tagstring; --silent wins over -v" {
	run "$PRUN" -k --plus --tagstring '{#}/{##}' echo ::: a b
	assert_output $'1/2\ta\n2/2\tb'
	run "$PRUN" -k -v --silent -v echo ::: a b
	assert_output $'a\nb'
	# A total that the user gives is the one, and the input need not be read for it.
	mkfifo pipe
	run -0 timeout 60 bash -c '(echo a; read -r line <pipe; echo "$line") |
		"$0" -k --plus --total-jobs 12 "echo {} {0#}/{##}; [ {#} = 2 ] || echo b >pipe"' "$PRUN"
	assert_output $'a 01/12\nb 02/12'
}

@test "-t with --dry-run: each line is printed on stderr too" {
	run -0 --separate-stderr "$PRUN" -t --dry-run --tag echo ::: 'a b' c
	assert_output $'a b\techo \'a b\'\nc\techo c'
	assert_equal "$stderr" $'echo \'a b\'\necho c'
}

@test "a newline in --tagstring; an empty one is none" {
	run "$PRUN" --tagstring 'a\nb\tc' echo ::: x
	assert_output $'a\nb\tc\tx'
	run "$PRUN" --tagstring '' echo ::: x
	assert_output x
	run "$PRUN" --tagstring '' --tag echo ::: x
	assert_output $'x\tx'
}

@test "--color: each job its own, --tag inside; NO_COLOR undoes it" {
	run "$PRUN" -k --ctag 'printf "%s\nend" {}' ::: a b
	assert_line -n 0 --regexp $'^\033\\[48;5;([0-9]{3});38;5;[0-9]{3}m\033\\[Ka\ta\033\\[m$'
	assert_line -n 1 --regexp $'\033\\[Ka\tend\033\\[m.*Kb\tb\033\\[m$'
	a=${lines[0]%%;38*}
	b=${lines[2]%%;38*}
	[ "$a" != "$b" ]
	NO_COLOR=1 run "$PRUN" --color --color-failed 'echo {}; exit 1' ::: a
	assert_output a
}

@test "--color, --color-failed and --ctag leave the output of -u alone" {
	run "$PRUN" -u --ctag --color-failed 'echo {}; exit {}' ::: 1
	assert_failure 1
	assert_output 1
}

@test "--color-failed marks failed jobs only" {
	run "$PRUN" -k --cf --tag 'echo {}; echo e >&2; exit {}' ::: 0 1
	assert_failure 1
	assert_output $'0\t0\n0\te\n\033[48;5;196;38;5;231m\033[K1\t1\033[m\n\033[48;5;196;38;5;231m\033[K1\te\033[m'
}

@test "a thousand finished jobs of 1 MB behind a slow head: little memory, few descriptors" {
	need_no_sanitizer
	mkfifo go
	peak "$PRUN" -k -j8 'if [ {} = 1 ]; then cat go >null; fi; head -c 1000000 /dev/zero; [ {} != 1000 ] || { ls /proc/$PPID/fd | wc -l >fds; echo >go; }' \
		::: {1..1000} | wc -c >size
	assert_equal "$(cat size)" 1000000000
	[ "$(cat peak)" -lt 65536 ]
	[ "$(cat fds)" -lt 64 ]
}

@test "jobs of a gigabyte: little memory" {
	need_no_sanitizer
	[ "$(df --output=avail -k "$TMPDIR" | tail -1)" -gt 6000000 ] || skip 'no room'
	peak "$PRUN" -j4 'head -c 1000000000 /dev/zero; : {}' ::: 1 2 3 4 | wc -c >size
	assert_equal "$(cat size)" 4000000000
	[ "$(cat peak)" -lt 65536 ]
}

@test "TMPDIR of 1 MB, filled to the brim: nothing is lost, nothing hangs" {
	mkdir full
	mount -t tmpfs -o size=1m tmpfs full 2>/dev/null || skip 'may not mount'
	for mode in -k --group --line-buffer '--compress -k' '--compress --group' '--compress --lb'; do
		# shellcheck disable=SC2086
		TMPDIR=$PWD/full timeout 60 "$PRUN" $mode -j4 \
			'head -c 5000000 /dev/zero | tr "\0" {}; echo; echo {} >&2' ::: a b c d >out 2>err || status=$?
		assert_equal "$mode ${status:-0}" "$mode 0"
		assert_equal "$(stat -c %s out)" 20000004
		# --line-buffer writes the newlines with their lines as well.
		assert_equal "$(cut -c1 out | sort | tr -d '\n')" abcd
		assert_equal "$(awk '{ print length }' out | sort -u)" 5000000
		assert_equal "$(sort err | tr -d '\n')" abcd
	done
	umount full
}

@test "a group that floods is not kept until its end; what others wrote comes after it" {
	mkfifo go
	# shellcheck disable=SC2016
	in_background env PROGRAM="$PRUN" bash -c '
		"$PROGRAM" -j2 {} ::: "dd if=/dev/zero bs=1M count=100 2>null; cat go >null; echo end; echo err >&2" \
			"until [ -e small ]; do sleep 0.02; done; echo other" 2>err |
			{ head -c 90000000 >out; echo >early; cat >>out; }'
	wait_for test -s early
	touch small
	tell go
	finish
	assert_equal "$status" 0
	assert_equal "$(stat -c %s out)" $((104857600 + 10))
	assert_equal "$(tail -c 10 out)" $'end\nother'
	assert_equal "$(cat err)" err
}

@test "--group-limit: a job that floods is kept until its end with 0, and let out sooner with less" {
	mkfifo go
	# shellcheck disable=SC2016
	flood='dd if=/dev/zero bs=1M count=40 2>null; cat go >null; echo end'
	for limit in 0 1M; do
		rm -f small early
		# shellcheck disable=SC2016
		in_background env PROGRAM="$PRUN" LIMIT="$limit" FLOOD="$flood" bash -c '
			"$PROGRAM" -j2 --group-limit "$LIMIT" {} ::: "$FLOOD" \
				"until [ -e small ]; do sleep 0.02; done; echo other" |
				{ head -c 6 | tee first >early; cat >>first; }'
		if [ "$limit" = 0 ]; then
			touch small
			wait_for test -s early
			tell go
		else
			wait_for test -s early
			touch small
			tell go
		fi
		finish
		assert_equal "$(stat -c %s first)" $((41943040 + 10))
		if [ "$limit" = 0 ]; then
			assert_equal "$(head -c 6 first)" other
		else
			assert_equal "$(tail -c 6 first)" other
		fi
	done
	run "$PRUN" --group-limit x true ::: 1
	assert_failure 255
	assert_output --partial group-limit
}

@test "--line-buffer: floods of lines, none cut, none lost, each job's in order" {
	for more in '' --digest -k; do
		# shellcheck disable=SC2086
		"$PRUN" --line-buffer -j4 $more 'seq -f "{} %.0f" 1500000; printf "%s" "{} 1500001"; echo "{}" >&2' ::: a b c d 2>err |
			{ sleep 0.1; cat; } >out
		awk '{ if ($2 != ++n[$1] || NF != 2) exit 1 } END { for (i in n) if (n[i] != 1500001) exit 1 }' \
			<(sed -E 's/([0-9])([abcd] )/\1\n\2/g' out)
		assert_equal "$(sort err | tr -d '\n')" abcd
	done
}

@test "--compress changes nothing in the output, and spares the disk" {
	need_no_sanitizer
	mkdir full
	mount -t tmpfs -o size=4m tmpfs full 2>/dev/null || skip 'may not mount'
	# 42 MB wait behind the head: more than memory and an uncompressed file hold.
	mkfifo go
	in_background env TMPDIR="$PWD/full" "$PRUN" --compress -k -j2 --tag \
		'[ {} != 1 ] || cat go >null; seq 500000; echo e{} >&2; [ {} != 12 ] || echo >go' ::: {1..12} >out 2>err
	finish 60
	umount full
	assert_equal "$status" 0
	for i in {1..12}; do seq 500000 | sed "s/^/$i\t/"; done | cmp - out
	for i in {1..12}; do printf '%s\te%s\n' "$i" "$i"; done | cmp - err
}

@test "--compress: what is compressible and what is not, in all modes" {
	{ seq 300000; head -c 3000000 /dev/urandom; echo; } >data
	cat data data data >three
	for mode in -k --group '-k --line-buffer'; do
		# shellcheck disable=SC2086
		"$PRUN" --compress $mode -j2 'cat data; : {}' ::: a b c >out
		cmp three out
	done
	"$PRUN" --compress --line-buffer -j3 'cat data; : {}' ::: a b c >out
	cmp <(LC_ALL=C sort -S 16M three) <(LC_ALL=C sort -S 16M out)
	"$PRUN" --compress --results -.csv 'seq 300000; seq 3 >&2; : {}' ::: a b |
		python3 -c '
import csv, sys
csv.field_size_limit(1 << 30)
text = lambda n: "".join("%d\n" % i for i in range(1, n + 1))
rows = list(csv.DictReader(sys.stdin))
assert sorted(r["V1"] for r in rows) == ["a", "b"]
assert all(r["Stdout"] == text(300000) and r["Stderr"] == text(3) for r in rows)'
}

@test "--compress and a try that failed: only the last one is printed" {
	run "$PRUN" --compress --retries 2 -j1 \
		'if [ -e {} ]; then echo second; else touch {}; seq 300000; exit 1; fi' ::: a
	assert_success
	assert_output second
}

@test "--compress and --compress-program: files that stay are compressed" {
	need gzip zstd
	for option in '--compress' '--compress-program gzip'; do
		undo='zstd -dc'
		[ "$option" = --compress ] || undo='gzip -dc'
		run -0 "$PRUN" $option -k --tag --files 'seq {}' ::: 3 30000
		assert_equal "$(cut -f1 <<<"$output")" $'3\n30000'
		[ "$($undo $(cut -f2 <<<"$output"))" = "$(seq 3; seq 30000)" ]
		run -2 --separate-stderr "$PRUN" $option --results r --retries 2 --digest \
			'echo {}; echo e{} >&2; exit 1' ::: 4 5
		[ "$($undo r/1/4/stdout r/1/4/stderr)" = $'4\ne4' ]
		[[ $stderr == *'| 4'* ]]
		run -0 "$PRUN" $option --results 'x{}' true ::: 6
		[ ! -s x6 ]
		rm -r r x6*
	done
	run -1 "$PRUN" --compress --halt soon,fail=1 -j1 --results r 'seq 5; exit 1 #' ::: 1 2
	[ "$(zstd -dc r/1/1/stdout)" = "$(seq 5)" ]
}

@test "--compress-program, --decompress-program: what fails is named" {
	run -255 "$PRUN" --compress-program /proc/none/x echo ::: a
	assert_output --partial "prun: --compress-program: '/proc/none/x' failed"
	run -255 "$PRUN" --compress-program 'rev' --decompress-program cat echo ::: a
	assert_output "prun: --decompress-program: 'cat' does not undo 'rev'"
	run -255 "$PRUN" --compress-program 'rev' --decompress-program false echo ::: a
	assert_output "prun: --decompress-program: 'false' failed"
	run -255 "$PRUN" --decompress-program cat echo ::: a
	assert_output 'prun: --decompress-program needs --compress-program'
	run -0 "$PRUN" --compress-program rev --decompress-program rev echo ::: a
	assert_output a
	# It fails with what the job has written, and that is not lost.
	run -255 "$PRUN" --compress-program 'grep prun' --results r echo ::: a
	assert_output 'prun: --compress-program: r/1/a/stdout: Input/output error'
	[ "$(cat r/1/a/stdout)" = a ]
	run ls r/1/a
	assert_output $'seq\nstderr\nstdout'
}

@test "a full disk as stdout is an error, and ends the jobs" {
	run --separate-stderr bash -c '"$1" -k -j2 "echo {}" ::: a b >/dev/full' - "$PRUN"
	assert_failure 255
	[[ $stderr == *'No space left on device'* ]]
}

@test "a closed reader ends the run by SIGPIPE, and its jobs" {
	run bash -c 'set -o pipefail; "$1" -k -j2 "yes {}" ::: a b | head -1; echo "${PIPESTATUS[0]}"' - "$PRUN"
	assert_output $'a\n141'
	assert_nothing_left
}

@test "a closed stdout is an error, not a job's file" {
	run --separate-stderr bash -c '"$1" echo ::: a >&-' - "$PRUN"
	assert_failure
}

@test "-u: a closed reader ends the run as well, although jobs write themselves" {
	run --separate-stderr bash -c 'yes | "$1" -u -j2 echo | head -n 1; echo "${PIPESTATUS[1]}"' - "$PRUN"
	assert_output $'y\n141'
	assert_equal "$stderr" ''
	run --separate-stderr bash -c 'yes true | "$1" -u -v -j2 | head -n 1; echo "${PIPESTATUS[1]}"' - "$PRUN"
	assert_output $'true\n141'
	assert_equal "$stderr" ''
	assert_nothing_left
}

@test "a slow reader slows the jobs, but not their timeouts" {
	mkfifo slow
	in_background sh -c 'exec "$@" >slow' - "$PRUN" -k -j1 --timeout 0.5 --joblog log 'echo $$ >job; mv job began; yes {} | head -c 3000000; sleep 60' ::: a
	exec 8<slow
	# Nothing is read yet; the job must be dead all the same.
	wait_for test -e began
	job=$(cat began)
	wait_for gone "$job"
	cat <&8 >out
	finish
	assert_equal "$status" 1
	[ "$(stat -c %s out)" -gt 100000 ]
	assert_nothing_left
}

@test "what was logged was written: the log waits for a slow reader" {
	mkfifo slow
	in_background sh -c 'exec "$@" >slow' - "$PRUN" -j1 --joblog log 'touch ran{}; head -c 1000000 /dev/zero; : {}' ::: 1
	exec 8<slow
	wait_for test -e ran1
	head -c 1000 <&8 >out
	wait_for bash -c '! pgrep -P '"$bg"' -x head'
	assert_equal "$(wc -l <log)" 1
	cat <&8 >>out
	finish
	assert_equal "$status" 0
	assert_equal "$(wc -l <log) $(stat -c %s out)" '2 1000000'
}

@test "binary output is kept byte for byte in all modes" {
	head -c 3000000 /dev/urandom >data
	for mode in -k --group --line-buffer -u; do
		"$PRUN" "$mode" -j1 cat ::: data data >out
		cat data data | cmp - out
	done
}

@test "--errors-only prints the output of failed jobs, named" {
	run --separate-stderr "$PRUN" -k --errors-only --no-digest \
		'echo out{}; echo err{} >&2; exit {}' ::: 0 1 0 2
	assert_failure 2
	assert_output $'echo out1; echo err1 >&2; exit 1\nout1\necho out2; echo err2 >&2; exit 2\nout2'
	assert_equal "$stderr" $'err1\nerr2'
	run --separate-stderr "$PRUN" -j1 --errors-only --no-digest --tag --retries 2 \
		'echo x; test -e done.{} || { touch done.{}; exit 1; }; exit {}' ::: 0 3
	assert_failure 1
	assert_equal "${#lines[@]}" 2
	assert_equal "$output" "$(printf '3\t%s\n3\tx' 'echo x; test -e done.3 || { touch done.3; exit 1; }; exit 3')"
	run --separate-stderr "$PRUN" --errors-only --no-digest --timeout 0.2 'echo {}; sleep {}' ::: 0 9
	assert_output $'echo 9; sleep 9\n9'
	# It is captured beyond memory, and dropped all the same.
	run "$PRUN" --errors-only 'head -c 40000000 /dev/zero # {}' ::: a
	assert_success
	assert_output ''
}

@test "--errors-only names what it cannot be combined with" {
	local option
	for option in -u --line-buffer --latest-line --files '--results res'; do
		# shellcheck disable=SC2086 # an option and its value
		run "$PRUN" --errors-only $option echo ::: a
		assert_failure 255
		assert_output --partial 'prun: --errors-only cannot be combined with'
	done
}

@test "--tag-color: tags are equally wide, and only they are coloured, on a terminal" {
	run "$PRUN" -k --tag-color 'echo out; : {}; echo err >&2' ::: a bbb ü
	assert_output $'a   | out\na   | err\nbbb | out\nbbb | err\nü   | out\nü   | err'
	run "$PRUN" -k --tag-color --tagstring '{#}:{1}' --color=always echo ::: {1..9} :::+ {1..8} ten
	assert_line -n 8 $'\e[95m9:9 | \e[m9 ten'
	run bash -c 'printf "%s\n" a bbb cc | "$1" -k -j1 --tag-color echo' - "$PRUN"
	assert_output $'a | a\nbbb | bbb\ncc  | cc' # what comes from a pipe is not known before
	need script
	run script -qec "$PRUN -k --tag-color --lb echo x ::: a bb; NO_COLOR=1 $PRUN --tag-color echo x ::: a" /dev/null
	assert_output $'\e[36ma  | \e[mx a\r\n\e[33mbb | \e[mx bb\r\na | x a\r'
	# The other colours of jobs go on to work, and -u has no tags.
	run "$PRUN" -k --tag-color --color --color-failed --no-digest 'echo x; exit {}' ::: 0 1
	assert_line -n 0 --regexp $'^\e\\[48;5;[0-9]+;38;5;[0-9]+m\e\\[K0 \\| x\e\\[m$'
	assert_line -n 1 --regexp $'^\e\\[48;5;196;38;5;231m\e\\[K1 \\| x\e\\[m$'
	run "$PRUN" -u --tag-color echo x ::: a
	assert_output 'x a'
	# Tags that {= =} makes are made once each.
	need perl
	run "$PRUN" -k -j1 --tag-color --tagstring '{= $_ = ++$n =}' echo ::: a b
	assert_output $'1 | a\n2 | b'
}

@test "--color=WHEN is about the colours of prun, before NO_COLOR and CLICOLOR_FORCE" {
	local red=$'job 1: \e[31mexit status 3\e[m' plain='job 1: exit status 3'
	fails() { run -1 env "$@" --digest 'exit {}' ::: 3; }
	fails "$PRUN"
	assert_output --partial "$plain"
	fails "$PRUN" --color=auto
	assert_output --partial "$plain"
	fails NO_COLOR=1 CLICOLOR_FORCE=0 "$PRUN" --color=always
	assert_output --partial "$red"
	fails CLICOLOR_FORCE=1 "$PRUN"
	assert_output --partial "$red"
	fails CLICOLOR_FORCE=1 "$PRUN" --color=never
	assert_output --partial "$plain"
	fails CLICOLOR_FORCE=1 NO_COLOR=1 "$PRUN"
	assert_output --partial "$plain"
	fails CLICOLOR_FORCE=0 "$PRUN"
	assert_output --partial "$plain"
	# Without a value it is the option of GNU parallel.
	run "$PRUN" --color echo ::: a
	assert_output --regexp $'^\e\\[48;5;[0-9]+;38;5;[0-9]+m\e\\[Ka\e\\[m$'
	run "$PRUN" --color --color=never echo ::: a
	assert_output a
	NO_COLOR=1 run "$PRUN" --color --color=always echo ::: a
	assert_output --regexp $'\e'
	run -255 "$PRUN" --color=sometimes echo ::: a
	assert_output "prun: --color: 'sometimes' is none of auto, always, never"
}

@test "messages quote 200 bytes of what is long, and no control byte of it" {
	local long escape=$'\e[31m'
	long=$(head -c 100000 /dev/zero | tr '\0' x)
	run -3 --separate-stderr "$PRUN" --halt now,fail=1 ': {};exit 3' ::: "$long"
	assert_regex "$stderr" '^prun: This job failed:.: x{198}\.\.\.$'
	run -1 --separate-stderr "$PRUN" --digest "exit 3;: '$escape'" ::: a
	assert_regex "$stderr" "job 1: exit status 3 after [0-9.]+ s: exit 3;: '\\^\\[\\[31m' a"
	run -1 --separate-stderr "$PRUN" --digest ': {};exit 3' ::: "$long"
	assert_regex "$stderr" ' s: : x{198}\.\.\.'
	run -255 "$PRUN" --color="$long" echo ::: a
	assert_output "prun: --color: '${long:0:200}...' is none of auto, always, never"
	run -255 "$PRUN" --joblog "$long" echo ::: a
	assert_output "prun: --joblog: ${long:0:200}...: File name too long"
}
