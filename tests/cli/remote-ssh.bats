# SPDX-License-Identifier: ISC
#
# --remote ssh: an ssh for each job, to hosts where no prun runs.  Most tests have a program
# called ssh that runs here what the login shell of a host would get; the last use an sshd.

load setup
load sshd

setup() {
	setup_prun
	mkdir "$T/bin"
	# As sshd does, it gives each command a session of its own, which does not end with ssh.
	cat >"$T/bin/ssh" <<-EOF
		#!/bin/sh
		while :; do case \$1 in -S) shift 2 ;; -*) shift ;; *) break ;; esac; done
		host=\$1
		shift
		echo "\$host \$1" >>"$T/calls"
		case \$host in dead*) echo "no way to \$host" >&2; exit 255 ;; esac
		mkdir -p "$T/at-\$host" && cd "$T/at-\$host" || exit
		export HOME="\$PWD" AT="\$host"
		exec env -u WANTED -u 'BASH_FUNC_greet%%' setsid -w \${LOGIN_SHELL:-sh} -c "\$*"
	EOF
	chmod +x "$T/bin/ssh"
	SHELLS=(--remote ssh --ssh "$T/bin/ssh")
}

teardown() {
	sshd_down
	teardown_prun
}

@test "--remote ssh: output, order, tags, status, log and tries are what they are with an agent" {
	run -3 --separate-stderr prun "${SHELLS[@]}" -S a,dead,b -j2 -k --tag --joblog log \
		'echo {} at $AT; exit $(({} % 4 == 3))' ::: 1 2 3 4 5 6 7 11
	[ "$(grep -c ' at [ab]$' <<<"$output")" = 8 ]
	[ "$(sed 's/\t.*//' <<<"$output" | xargs)" = '1 2 3 4 5 6 7 11' ]
	[ "$stderr" = 'prun: host dead: no way to dead' ]
	[ "$(awk -F'\t' 'NR > 1 && $2 ~ /^[ab]$/ && $7 == ($9 ~ /(3|7|11) at/) {n++} END {print n}' log)" = 8 ]
	run -0 prun "${SHELLS[@]}" -S a,b --retries 5 --joblog log 'test $AT = b && echo good' ::: x
	assert_output 'good x'
	[ "$(awk 'NR > 1 {print $2, $7}' log)" = 'b 0' ]
	run -0 prun "${SHELLS[@]}" -S a,b --nonall --tag -k 'echo $PARALLEL_SSHLOGIN'
	assert_output $'a\ta\nb\tb'
	run -0 prun "${SHELLS[@]}" -S 2/a -j100% -k 'echo {%}; while [ ! -e '"$PWD"'/go ]; do [ {} = 2 ] && touch '"$PWD"'/go; sleep 0.01; done' ::: 1 2
	assert_output $'1\n2'
	run -0 prun "${SHELLS[@]}" -S a --dry-run echo ::: x
	assert_output 'echo x'
	# The shell says 128 + N where a job died of a signal.
	run -1 prun "${SHELLS[@]}" -S a --joblog log 'kill -TERM $$; : {}' ::: x
	[ "$(awk 'NR > 1 {print $7}' log)" = 143 ]
	assert_nothing_left
}

@test "--remote ssh: quoting, long lines, variables, functions, input, whatever the login shell" {
	local shell long args=('it'\''s "$x" !! `id` \n' $'two\nlines' $'-n \xff*' '')
	printf 'v=%s\n' "${args[@]}" >want
	for shell in sh bash dash zsh csh tcsh fish; do
		command -v $shell >/dev/null || continue
		LOGIN_SHELL=$shell prun "${SHELLS[@]}" -S a -k -j1 'printf "v=%s\n" {}' ::: "${args[@]}" >got
		cmp want got
	done
	long=$(head -c 100000 /dev/zero | tr '\0' "'")
	run -0 prun "${SHELLS[@]}" -S a 'printf %s {} | wc -c' ::: "$(head -c 20000 <<<"$long")"
	assert_output 20000
	run -0 prun "${SHELLS[@]}" -S a -q expr length ::: "$(tr "'" x <<<"$long")"
	assert_output 100000
	export WANTED=$'two\nlines "q" '"'s"
	greet() { printf 'greet %s %s\n' "$1" "$WANTED"; }
	export -f greet
	run -0 prun "${SHELLS[@]}" -S a --shell /bin/bash --env WANTED,greet 'greet {}' ::: x
	assert_output "greet x $WANTED"
	run -0 prun "${SHELLS[@]}" -S a --env WANTED printenv ::: WANTED
	assert_output "$WANTED"
	run -0 prun "${SHELLS[@]}" -S a --nice 5 'nice; : {}' ::: x
	assert_output 5
	seq 20000 >in
	[ "$(prun "${SHELLS[@]}" -S a,b -j2 --pipe --block 30k -k cat <in | cksum)" = "$(cksum <in)" ]
	run -127 prun "${SHELLS[@]}" -S a --halt now,fail=1 nosuchprogram ::: x
	assert_nothing_left
}

@test "--remote ssh: a timeout, --halt, Ctrl-C and SIGKILL end what is in the job's group" {
	run -1 prun "${SHELLS[@]}" -S a --timeout 0.5 'sleep 1000 & sleep 1000; : {}' ::: x
	assert_nothing_left
	run prun "${SHELLS[@]}" -S a -j2 --halt now,fail=1 \
		'trap "" TERM; if [ {} = 2 ]; then while [ ! -e one ]; do sleep 0.01; done; exit 1; fi; touch one; sleep 1000' ::: 1 2
	assert_failure
	assert_nothing_left
	local signal
	for signal in INT TERM KILL; do
		rm -f runs
		in_background env --default-signal=INT prun "${SHELLS[@]}" -S a 'touch '"$PWD"'/runs; sleep 1000 & wait; : {}' ::: x
		wait_for test -e runs
		kill -$signal "$bg"
		[ $signal != INT ] || kill -INT "$bg"
		finish
		[ "$status" != 0 ]
		assert_nothing_left
	done
	# What a job leaves behind goes with it.
	run -0 prun "${SHELLS[@]}" -S a 'sleep 1000 & echo {}' ::: x
	assert_output x
	assert_nothing_left
}

@test "--remote ssh: what needs an agent is an error by name" {
	local option name
	while read -r name option; do
		run -255 prun "${SHELLS[@]}" -S a $option cat ::: x </dev/null
		assert_output "prun: --$name cannot be used with --remote ssh"
	done <<-'EOF'
		via --via ssh
		worker --worker
		worker --worker-line
		sudo --sudo
		rlimit --rlimit nofile=9
		transferfile --transferfile {}
		transferfile --trc {}
		return --return {}
		basefile --basefile f
		template --template a=b
		cat --pipe --cat
		pty --pty
		workdir --workdir x
		load --load 9
		memfree --memfree 1
		memsuspend --memsuspend 1
		noswap --noswap
		use-cores-instead-of-threads --use-cores-instead-of-threads
		use-sockets-instead-of-threads --use-sockets-instead-of-threads
	EOF
	run -255 prun "${SHELLS[@]}" -S a --limit 'io 90' echo ::: x
	assert_output 'prun: --limit io cannot be used with --remote ssh'
	run -255 prun --remote elsewhere -S a echo ::: x
	assert_output "prun: --remote: 'elsewhere' is none of agent, ssh"
	run -0 prun --remote ssh echo ::: x
	assert_output --partial 'Warning: --remote does nothing without --sshlogin'
}

@test "--remote ssh: this machine may be one of the hosts" {
	# Both hosts are needed: each job waits for the other.
	run -0 timeout 60 prun "${SHELLS[@]}" -S 'a,:' -j1 -k \
		"touch '$PWD'/up.{}; until [ -e '$PWD'/up.1 ] && [ -e '$PWD'/up.2 ]; do sleep 0.02; done; echo {}" ::: 1 2
	assert_output $'1\n2'
	assert_nothing_left
}

@test "--remote ssh: sshd gets at most ten sessions a connection, and nothing is left" {
	sshd_up 'MaxSessions 10'
	export XDG_RUNTIME_DIR=$T/run
	mkdir -m 700 "$XDG_RUNTIME_DIR"
	# All 20 run at the same time, through three connections.
	run -0 --separate-stderr prun --remote ssh -S h1 -j20 -k --termseq KILL,25 \
		'echo {} >>'"$PWD"'/all; while [ "$(wc -l <'"$PWD"'/all)" -lt 20 ]; do sleep 0.05; done; echo {}; [ {} != 1 ] || ls '"$XDG_RUNTIME_DIR"'/*; stat -c %a '"$XDG_RUNTIME_DIR"'/*' ::: {1..20}
	[ -z "$stderr" ]
	[ "$(grep -vx 700 <<<"$output" | xargs)" = "$(echo 1 1 2 3 {2..20})" ]
	nothing_in_run
	rm -f runs
	in_background prun --remote ssh -S h1,h2 -j2 'echo >>'"$PWD"'/runs; sleep 1000 & sleep 1000; : {}' ::: {1..4}
	wait_for test -s runs
	kill -TERM "$bg"
	finish
	[ "$status" = 143 ]
	nothing_in_run
	wait_for nothing_ssh
	# A job that runs when its connection is cut has failed.
	rm -f runs
	in_background prun --remote ssh -S h1 --joblog log 'touch '"$PWD"'/runs; sleep 1000; : {}' ::: x 2>err
	wait_for test -e runs
	kill -KILL $(pgrep -P "$(<"$T/sshd/pid")")
	finish
	[ "$status" = 1 ]
	[ "$(awk 'NR > 1 {print $7}' log)" = 255 ]
	wait_for nothing_ssh
	wait_for no_sleeper
}

nothing_in_run() { [ -z "$(ls "$XDG_RUNTIME_DIR")" ]; }
no_sleeper() { ! pgrep -f '^sleep 1000$' | while read -r pid; do grep -lsz "PRUN_TEST_MARK=$PRUN_TEST_MARK" "/proc/$pid/environ"; done | grep -q .; }
