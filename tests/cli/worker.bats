# SPDX-License-Identifier: ISC
#
# Workers that stay: --worker, --worker-line, --worker-status and what goes with them.

load setup

# A worker of the status kind that runs its lines.
STATUS='while IFS= read -r t; do eval "$t"; echo $? >/dev/fd/199; done'
# One of the line kind.
LINE='while IFS= read -r t; do echo "[$t]"; done'

# worker N: the Nth program of the section WORKERS, executable in this folder.
worker() {
	awk -v n="$1" '/^\.Sh /{ on = /^\.Sh WORKERS/ }
		on && /^\.Bd/ { i++; next } /^\.Ed/ { next }
		on && i == n { if ($0 == ".Pp") exit; gsub(/\\e/, "\\"); print }' "$REPO/man/prun.1" >"$2"
	[ -s "$2" ]
	chmod +x "$2"
}

@test "--worker: each job in a subshell of bash" {
	f() { echo "f:$1:$x"; x=5; }
	export -f f
	run prun --worker -k -j2 "f {}; cd /; exec >/dev/null; echo no" ::: a 'b c' "d'e" é '\'
	assert_success
	assert_output $'f:a:\nf:b c:\nf:d\'e:\nf:é:\nf:\\:'
}

@test "--worker: messages and variables are those of a job" {
	run prun --worker -k 'nosuch; echo $PARALLEL_SEQ $PARALLEL_JOBSLOT {%} $? <&0; cat' ::: a
	assert_output "1 1 1 127"$'\n'"$(command -v bash): line 1: nosuch: command not found"
	run prun --worker -j1 -k --process-slot-var S 'echo $S $PRUN_WORKER' ::: a
	assert_output '0 1 a'
}

@test "--worker=shared: variables stay, the folder and redirections do not" {
	run prun --worker=shared -j1 -k 'echo $((++n)); pwd >&2; cd /; exec >/dev/null 2>&1 </dev/zero; : {}' ::: 1 2
	assert_success
	assert_output "$(printf '1\n%s\n2\n%s' "$PWD" "$PWD")"
}

@test "functions of the user's that are called as builtins, IFS, set -n and an EXIT trap do a worker no harm" {
	local name how long
	printf -v long '%0200d' 7
	for how in fork shared; do
		run -0 --separate-stderr "$PRUN" --shell bash --worker=$how -k -j1 --worker-init 'IFS=0123456789x' \
			::: "IFS=' 0'; echo 'a  b'; IFS=0123456789" "echo $long" 'echo c'
		assert_equal "$output$stderr" "a  b"$'\n'"$long"$'\n'c
		run -0 "$PRUN" --shell bash --worker=$how -k -j1 ::: "# $long" '#' "echo $long"
		assert_output "$long"
		for name in read eval exec echo cd; do
			run -1 --separate-stderr env "BASH_FUNC_$name%%=() { :; }" "$PRUN" --shell bash --worker=$how -k -j1 \
				'cd /; printf "%s\n" {}; (exit 3)' ::: a
			assert_equal "$output$stderr" a
		done
		run -0 --separate-stderr "$PRUN" --shell bash --worker=$how -k -j1 'echo {}; set -n; echo no' ::: a b
		assert_equal "$output$stderr" $'a\nb'
		run -0 --separate-stderr "$PRUN" --shell bash --worker=$how -k -j1 --worker-init 'trap "echo bye; : >trap" EXIT' 'echo {}; :' ::: a b
		assert_equal "$output$stderr" $'a\nb'
	done
	wait_for test -e trap
}

@test "a worker's death is the end of its job alone" {
	run prun --worker=shared -k -j2 --joblog log 'eval {}' ::: 'exit 3' 'kill -9 $$' 'exec sh -c "exit 4"' true 'set -e; false; echo no'
	[ "$status" -eq 4 ]
	run cut -f7,8 log
	assert_line "$(printf '3\t0')"
	assert_line "$(printf '137\t9')"
	assert_line "$(printf '4\t0')"
	assert_line "$(printf '0\t0')"
	assert_line "$(printf '1\t0')"
}

@test "where all jobs end their worker, the rest runs without, said once" {
	run --separate-stderr prun --worker=shared --worker-init 'g() { echo g; }' -j2 --halt never 'g {}; exit 0' ::: {1..60}
	assert_success
	[ "$(grep -c '^g$' <<<"$output")" -eq 60 ]
	assert_equal "$stderr" 'prun: --worker: the last jobs have all ended their worker; the rest runs without'
}

@test "--worker-line: a line in, a line out; -n, --tag, -u, --pipe" {
	run prun --worker-line -k --tag "$LINE" ::: a 'b c'
	assert_output $'a\t[a]\nb c\t[b c]'
	run prun --worker-line -k -n2 "$LINE" ::: a b c
	assert_output $'[a b]\n[c]'
	run prun --worker-line -j1 -u "$LINE" ::: a b
	assert_output $'[a]\n[b]'
	run prun --pipe --worker-line -k "$LINE" < <(printf 'a\nb\n')
	assert_output $'[a]\n[b]'
	run prun --pipe --recend , --worker-line -k "$LINE" < <(printf 'a,b')
	assert_output $'[a]\n[b]'
}

@test "--worker-line: a word is used as it is, and many of them" {
	run prun --worker-line -k sh -c "$LINE" ::: '$x' '*'
	assert_output $'[$x]\n[*]'
}

@test "--worker-end: an answer is all lines before that" {
	run prun --worker-line --worker-end '{ready}' -k 'while read -r n; do seq $n; echo "{ready}"; done' ::: 2 0 1
	assert_output $'1\n2\n1'
}

@test "--worker-status: output of both streams, and the status" {
	run --separate-stderr prun --worker-status -k --joblog log "$STATUS" ::: 'echo a; echo e >&2' '(exit 7)' 'echo c'
	[ "$status" -eq 1 ]
	assert_equal "$output" $'a\nc'
	assert_equal "$stderr" e
	run cut -f7,9 log
	assert_line "$(printf '7\t(exit 7)')"
}

@test "the workers of the manual do what it says" {
	need python3 perl sed
	printf 12345 >one
	worker 1 sh
	worker 2 python
	worker 3 perl
	worker 4 upper
	for name in ./sh ./python ./perl; do
		run prun --worker-status -k -j2 "$name" ::: one none one
		[ "$status" -eq 1 ]
		assert_line -n 0 5
		assert_line -n -1 5
		assert_output --partial 'o such file'
	done
	run prun --worker-line -k ./upper ::: abc ab '' c
	assert_output $'ABC\nAB\n\nC'
}

@test "--worker-init and --worker-recycle" {
	run prun --worker --worker-init $'g() {\n echo "g:$1" # é\n}' -k 'g {}' ::: 1 2
	assert_output $'g:1\ng:2'
	run prun --worker-line --worker-init model -j1 -k 'n=0; while read -r t; do echo "$t $n"; n=$((n+1)); done' ::: a b
	assert_output $'a 1\nb 2'
	run prun --worker=shared --worker-recycle 2 -j1 -k 'echo $((++n)) #' ::: a b c d e
	assert_output $'1\n2\n1\n2\n1'
	run prun --worker-status --worker-init '(exit 3)' "$STATUS" ::: 'echo a'
	[ "$status" -eq 1 ]
	assert_output --regexp 'job 1: worker 1 \(pid [0-9]+\) was initialized with the status'
}

@test "workers with --joblog, --resume, --results, --retries, --halt, --line-buffer" {
	run prun --worker -k --joblog log --results res 'echo {}; echo e >&2; x=' ::: a b
	assert_success
	run cat res/1/a/stdout res/1/b/stderr
	assert_output $'a\ne'
	run prun --worker -k --resume --joblog log 'echo {}; echo e >&2; x=' ::: a b c
	assert_output $'c\ne'
	run prun --worker --retries 3 'echo x >>tries; (exit 1) #' ::: a
	[ "$status" -eq 1 ]
	[ "$(wc -l <tries)" -eq 3 ]
	run --separate-stderr prun --worker=shared -j1 --halt now,fail=1 'echo {}; [ {} != 2 ]' ::: 1 2 3
	[ "$status" -eq 1 ]
	assert_output $'1\n2'
	run prun --worker -k --line-buffer --tag 'echo {}; x=1' ::: a
	assert_output $'a\ta'
	run prun --worker-line --dry-run "$LINE" ::: a
	assert_output a
	run prun --worker -k --workdir '{}' 'pwd; x={}' ::: w1 w2
	assert_output "$(printf '%s\n%s' "$PWD/w1" "$PWD/w2")"
}

@test "a timeout kills the worker's tree, and the next job gets a new worker" {
	run prun --worker=shared -j1 -k --timeout '{2}' --term-seq KILL,1000 'sleep {1}; echo {1}' ::: 1000 0 :::+ 0.3 1000
	[ "$status" -eq 1 ]
	assert_line 0
	assert_nothing_left
}

@test "Ctrl-C, SIGKILL and --halt leave no worker" {
	for signal in INT KILL; do
		rm -f pid
		in_background env --default-signal=INT prun --worker -j2 'sleep 1000 & echo $! >pid.{}; wait' ::: a b
		wait_for test -s pid.a
		wait_for test -s pid.b
		kill -"$signal" "$bg"
		finish
		[ "$status" -eq $((128 + $(kill -l "$signal"))) ]
		wait_for gone "$(cat pid.a)"
		wait_for gone "$(cat pid.b)"
		rm pid.?
	done
	run prun --worker=shared -j2 --halt now,fail=1 'if [ {} = a ]; then sleep 1000; else false; fi' ::: a b
	[ "$status" -eq 1 ]
	assert_nothing_left
}

@test "workers that break the rules: named, their bytes shown, the others go on" {
	run --separate-stderr prun --worker-status -j1 -k "$STATUS" ::: 'echo a; echo no >/dev/fd/199' 'echo b'
	[ "$status" -eq 1 ]
	assert_equal "$output" $'a\nb'
	assert_regex "$stderr" "prun: job 1: worker 1 \\(pid [0-9]+\\) sent a status that is no number from 0 to 255: 'no\\\\n'"
	run --separate-stderr prun --worker-line -j1 -k 'read -r t; echo "$t"; printf "x\ny\n"; read -r t' ::: a
	[ "$status" -ne 0 ]
	assert_regex "$stderr" "worker 1 \\(pid [0-9]+\\) (answered more than one line|wrote a line before it was asked): 'x"
	run --separate-stderr prun --worker-line -0 -k "$LINE" < <(printf 'a\nb\0c\0')
	[ "$status" -eq 1 ]
	assert_equal "$output" '[c]'
	assert_regex "$stderr" 'job 1: the task has a newline'
	run prun --worker-line -j1 ./nosuch ::: a b
	[ "$status" -eq 2 ]
	assert_output "$(printf 'prun: job %s: worker 1: ./nosuch: exec: No such file or directory\n' 1 2)"
	run --separate-stderr prun --worker-line -j1 'exit 5' ::: a b
	[ "$status" -eq 2 ]
	run --separate-stderr prun --worker-status -j1 -k 'bash -c "read -r t; echo \$t; exec 199>&-; read -r t"' ::: a b
	[ "$status" -eq 2 ]
	assert_equal "$output" $'a\nb'
	assert_regex "$stderr" 'has closed its descriptor for the status'
}

@test "each misdeed of a worker ends as it should, for values, streams and hosts, and the other jobs go on" {
	need python3
	run "$REPO/tests/worker-faults" "$PRUN"
	assert_output '33 passed, 0 failed'
}

@test "what workers cannot do is an error that names it" {
	check() { # TEXT OPTION...
		run prun "${@:2}" ::: a
		[ "$status" -eq 255 ]
		assert_output "prun: $1"
	}
	check '--worker cannot be combined with --sudo' --worker --sudo x
	check '--worker cannot be combined with --open-tty or --tty' --worker --tty x
	check '--worker cannot be combined with --pipe' --worker --pipe cat
	check '--worker-line cannot be combined with --tee' --worker-line --pipe --tee cat
	check "--worker: 'x' is neither fork nor shared" --worker=x x
	check '--worker-end needs --worker-line' --worker-status --worker-end x cat
	check '--worker-init needs --worker, --worker-line or --worker-status' --worker-init x cat
	check '--worker-line needs a command: the worker' --worker-line
	check '--worker: bash runs the jobs, and the shell is /bin/sh: see --shell' --worker --shell /bin/sh x
	for shell in dash ksh zsh; do
		shell=$(command -v "$shell") || continue
		check "--worker: bash runs the jobs, and the shell is $shell: see --shell" --worker=shared --shell "$shell" x
	done
}

@test "a worker that keeps its answer in a buffer is named, with the remedy" {
	sleep 1000 &
	cat "/proc/$!/syscall" >/dev/null || skip 'the calls of other processes are hidden'
	kill "$!"
	in_background env --default-signal=INT prun --worker-line -j1 'read -r a; read -r b' ::: a 2>err
	wait_for grep -q 'worker 1 has read its job, .*stdbuf -oL or PYTHONUNBUFFERED=1' err
	kill -INT "$bg"
	finish
	[ "$status" -eq 130 ]
}

@test "random tasks of all kinds of workers: each byte and each status is its task's" {
	need python3
	run "$REPO/tests/worker-rounds" "$PRUN" "${WORKER_TASKS:-40}" "$RANDOM" \
		fork slow-fork shared slow-shared slow-status line pipe-line slow-pipe-line
	assert_success
	assert_output '16 passed, 0 failed'
}

@test "a slow reader gets all that tasks have written" {
	need python3
	cat >slow <<-'END'
		import os, sys, time
		n = 0
		while data := os.read(0, 65536):
		    n += len(data)
		    time.sleep(.002)
		print(n)
	END
	for how in --worker --worker=shared '--worker --line-buffer'; do
		# shellcheck disable=SC2086
		run -0 bash -c '"$@" -j2 -k "head -c 3000000 /dev/zero | tr \\0 x; echo; : {}" ::: 1 2 | python3 slow' - "$PRUN" --shell bash $how
		assert_output 6000002
	done
}

@test "much before the status, a long task that nobody reads, deaths between tasks: the others go on" {
	for how in --worker --worker=shared; do
		run -0 bash -c '"$0" "$1" --shell bash -j2 -k "head -c {} /dev/zero; : x" ::: 20000000 3 | wc -c' "$PRUN" "$how"
		assert_output 20000003
	done
	need python3
	{ head -c 10000000 /dev/zero | tr '\0' x; echo; echo b; } >long
	cat >lengths <<'END'
#!/usr/bin/env python3
import os, sys
for line in sys.stdin:
    print(len(line) - 1, flush=True)
    os.write(199, b'0\n')
END
	chmod +x lengths
	run -1 --separate-stderr "$PRUN" --worker-status --timeout '{= $_ = length > 1 ? 5 : 1000 =}' \
		-k -j1 'mkdir first && sleep 1000; exec ./lengths' :::: long
	assert_output 1
	assert_regex "$stderr" '^prun: Warning: This job was killed because it timed out:.prun: Warning: x{200}\.\.\..'
	rmdir first
	run -0 --separate-stderr "$PRUN" --worker-status -k -j1 \
		'mkdir first && exec sh -c "exec <&-; sleep 1000"; exec ./lengths' :::: long
	assert_equal "$output" $'10000000\n1'
	run -0 "$PRUN" --worker-line -j1 -k 'read -r t; echo "$t"' ::: a b c
	assert_output $'a\nb\nc'
	run -0 "$PRUN" --worker-status -j1 -k 'read -r t; echo "$t"; echo 0 >/dev/fd/199' ::: a b c
	assert_output $'a\nb\nc'
	assert_nothing_left
}

@test "workers with --digest, --latest-line, --queue and prunctl" {
	run -1 --separate-stderr "$PRUN" --worker -j2 -k --digest 'echo {}; exit {}' ::: 0 3 0
	assert_equal "$output" $'0\n3\n0'
	assert_regex "$stderr" 'job 2: exit status 3 after [0-9.]+ s: echo 3; exit 3'
	run -0 --separate-stderr "$PRUN" --worker -j2 --latest-line -k 'echo {}; x={}' ::: a b
	assert_output $'a\nb'
	unset XDG_RUNTIME_DIR
	in_background "$PRUN" --worker=shared --queue --control=t -j1 -k --joblog log \
		'echo $((++n)){}; : >began.{#}; until test -e go.{#}; do sleep 0.02; done' >out
	wait_for prunctl t list
	run -0 prunctl t add a b c
	wait_for test -e began.1
	touch go.1
	wait_for test -e began.2
	run -0 prunctl t kill 2
	wait_for test -e began.3
	touch go.3
	run -0 prunctl t close
	finish
	[ "$status" -eq 1 ]
	assert_equal "$(cat out)" $'1a\n2b\n1c'
	assert_equal "$(cut -f7 log)" $'Exitval\n0\n143\n0'
}

@test "however prun ends, no worker and nothing of its tree is left" {
	local how signal kind
	for how in INT:status TERM:shared KILL:line; do
		signal=${how%:*} kind=${how#*:}
		case $kind in
		shared) set -- --worker=shared 'setsid sleep 1000 & sleep 1000 & echo x{} >began; wait' ;;
		*) set -- "--worker-$kind" 'read -r t; setsid sleep 1000 & sleep 1000 & echo x >began; wait' ;;
		esac
		in_background env --default-signal=INT "$PRUN" -j2 "$@" ::: a b
		wait_for test -s began
		[ "$signal" != KILL ] || wait_for pgrep -P "$bg" -x prun-guard
		kill -"$signal" "$bg"
		finish
		[ "$status" -eq $((128 + $(kill -l "$signal"))) ]
		assert_nothing_left
		rm began
	done
}

@test "a limit of open files below a worker's descriptors" {
	local program='while read -r t; do echo "$t"; echo 0 >&199; done'
	run -255 with_open_files 100 "$PRUN" -j1 --worker-status "$program" ::: a
	assert_output 'prun: --worker: the limit of open files is 100, and at least 200 are needed (ulimit -n)'
	# Programs work with a lower limit where prun may raise its own, and shells need it themselves.
	run -0 bash -c 'ulimit -Sn 100; "$1" -k -j1 --worker-status "$2" ::: a b' - "$PRUN" "$program"
	assert_output $'a\nb'
	run -255 bash -c 'ulimit -Sn 100; "$1" -j1 --worker "echo {}; true" ::: a' - "$PRUN"
	assert_output --partial 'at least 200 are needed'
}
