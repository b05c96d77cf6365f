# SPDX-License-Identifier: ISC
#
# --pty: jobs write to terminals, and all else stays as it is; and --color-jobs.

load setup

readonly TERMINALS='test -t 1 && test -t 2'

@test "--pty: stdout and stderr are terminals, apart, and each job has its own" {
	run --separate-stderr "$PRUN" --pty -k "$TERMINALS && echo out{}; echo err{} >&2" ::: a b
	assert_success
	assert_output $'outa\noutb'
	[ "$stderr" = $'erra\nerrb' ]
	mkfifo go
	"$PRUN" --pty -k -j2 'tty <&1; [ {} = 1 ] && read -r x <go || echo >go' ::: 1 2 >names
	[ "$(sort -u names | grep -c '^/dev/pts/')" -eq 2 ]
	run "$PRUN" --pty 'ls -d --color=auto {}' ::: /
	assert_output --partial $'\e['
	run "$PRUN" 'test -t 1 || test -t 2' ::: a
	assert_failure 1
}

@test "--pty: no byte is changed, in any mode" {
	head -c 300000 /dev/urandom >bytes
	local mode
	for mode in --group -k --files; do
		"$PRUN" --pty $mode 'cat {}; cat {} >&2' ::: bytes >out 2>err
		[ $mode != --files ] || mv "$(cat out)" out
		cmp out bytes
		[ $mode = --files ] || cmp err bytes
	done
	"$PRUN" --pty --retries 2 'cat {}; exit 1' ::: bytes >out || true
	cmp out bytes
	run "$PRUN" --pty -k --tag 'printf "a\nb\n"' ::: x y
	assert_output $'x\ta\nx\tb\ny\ta\ny\tb'
	seq 100 >numbers
	"$PRUN" --pty -k --pipe -N30 --cat "$TERMINALS && cat {}" <numbers | cmp - numbers
	"$PRUN" --pty -k --pipe -N30 "$TERMINALS && cat" <numbers | cmp - numbers
}

@test "--pty: the job log, results and retries have what was written" {
	run "$PRUN" --pty --joblog jl --results res --retries 2 'echo >>tries; echo out; echo err >&2; exit 3 #' ::: a
	assert_failure 1
	assert_equal "$(cut -f 6,7 jl | tail -n 1)" $'4\t3'
	assert_equal "$(cat res/1/a/stdout)" out
	assert_equal "$(cat res/1/a/stderr)" err
	[ "$(wc -l <tries)" -eq 2 ]
	"$PRUN" --pty --results res.json 'echo out; echo err >&2 #' ::: a
	grep -q '"Stdout": "out\\u000a", "Stderr": "err\\u000a"' res.json
}

@test "--pty --line-buffer: a line is there when it is complete, though the program buffers" {
	need cut
	mkfifo in
	in_background "$PRUN" --pty --line-buffer 'cut -c 1-9 {}' ::: in >out
	exec 4>in
	echo one >&4
	wait_for grep -qx one out
	exec 4>&-
	finish
	[ "$status" -eq 0 ]
}

@test "--pty: the size is that of prun's terminal, else 80 by 24" {
	need script setsid
	run setsid -w "$PRUN" --pty 'stty size <&1; stty size <&2 #' ::: a </dev/null
	assert_output $'24 80\n24 80'
	run script -qec "stty rows 33 cols 121; $PRUN --pty 'stty size <&1 #' ::: a | cat" /dev/null
	assert_output --partial '33 121'
}

@test "--pty: jobs on other hosts have terminals of the same size, and no byte is changed" {
	need script
	make_there
	local via="--via '$T/there {host}' -S a"
	run -0 --separate-stderr eval "\"\$PRUN\" $via --pty --tag 'test -t 1 && test -t 2 && echo \$AT {}; stty size <&1; echo e >&2' ::: x" </dev/null
	assert_output $'x\ta x\nx\t24 80'
	[ "$stderr" = $'x\te' ]
	run script -qec "stty rows 33 cols 121; $PRUN $via --pty 'stty size <&2 #' ::: a | cat" /dev/null
	assert_output --partial '33 121'
	head -c 100000 /dev/urandom >data
	[ "$(eval "\"\$PRUN\" $via --pty 'cat $PWD/data #' ::: a" | cksum)" = "$(cksum <data)" ]
	run eval "\"\$PRUN\" $via --pty --timeout 0.3 'echo begun; sleep 1000 #' ::: a"
	assert_line begun
	assert_nothing_left
}

@test "--pty: a timeout, Ctrl-C and what a job leaves behind end as without it" {
	run "$PRUN" --pty --timeout 0.2 'echo begun; sleep 1000 #' ::: a
	assert_failure 1
	assert_line begun
	run "$PRUN" --pty --leak-timeout 0.1 'echo {}; (trap "" HUP; exec sleep 1000) &' ::: a
	assert_success
	assert_line a
	mkfifo begun
	in_background env --default-signal=INT "$PRUN" --pty -j2 'echo >begun; trap "" INT; sleep 1000; sleep 1000 #' ::: a b
	read -r _ <begun
	kill -INT "$bg"
	finish
	[ "$status" -ne 0 ]
}

@test "--pty: what has nothing to do with it is an error that says why" {
	local option
	for option in -u --tty; do
		run "$PRUN" --pty $option echo ::: a
		assert_failure 255
		assert_output --partial "prun: --pty cannot be combined with --ungroup or --tty"
	done
	run "$PRUN" --pty --dry-run echo ::: a
	assert_output 'echo a'
}

@test "--color-jobs: FORCE_COLOR and CLICOLOR_FORCE, on a terminal, unless NO_COLOR is set" {
	need script
	# shellcheck disable=SC2016
	local job='echo "<$FORCE_COLOR$CLICOLOR_FORCE>" #'
	run "$PRUN" --color-jobs "$job" ::: a
	assert_output '<>'
	run script -qec "$PRUN --color-jobs '$job' ::: a" /dev/null
	assert_output --partial '<11>'
	run script -qec "$PRUN '$job' ::: a" /dev/null
	assert_output --partial '<>'
	NO_COLOR=1 run script -qec "$PRUN --color-jobs '$job' ::: a" /dev/null
	assert_output --partial '<>'
}

@test "--pty: where there are few pseudo-terminals jobs wait for one; where there are none it is said" {
	unshare -m true 2>/dev/null || skip 'may not unshare'
	# shellcheck disable=SC2016
	few() { # MOST ARGUMENT...
		unshare -m sh -c 'mount -t devpts -o newinstance,ptmxmode=666,max="$1" none /dev/pts &&
			mount --bind /dev/pts/ptmx /dev/ptmx || exit 99; shift; exec "$@"' - "$@"
	}
	run few 5 "$PRUN" --pty -j6 -k 'echo {}; echo {} >&2' ::: {1..12}
	[ "$status" -ne 99 ] || skip 'may not mount'
	assert_success
	assert_equal "$(sort -n <<<"$output" | uniq -c | grep -c '^ *2 ')" 12
	# shellcheck disable=SC2016
	run unshare -m sh -c 'mount --bind /dev/null /dev/ptmx && exec "$@"' - "$PRUN" --pty echo ::: a
	assert_failure 255
	assert_output --partial 'prun: --pty: there are no pseudo-terminals: '
}
