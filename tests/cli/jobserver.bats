# SPDX-License-Identifier: ISC
#
# The job server of make: prun takes part in one, and makes one for its jobs.

load setup

# counted NAME: a job that notes when it begins and ends, and does not end before $least
# jobs have begun (least: default 1).
setup() {
	setup_prun
	unset MAKEFLAGS CARGO_MAKEFLAGS
	need python3 make
	cat >counted <<-'END'
		#!/bin/sh
		exec 9>>log
		flock 9; echo "+ $1" >&9; flock -u 9
		until [ "$(grep -c '^+' log)" -ge "${least:-1}" ]; do sleep 0.02; done
		sleep "${nap:-0}"
		flock 9; echo "- $1" >&9; flock -u 9
	END
	chmod +x counted
	# server TOKENS COMMAND...: runs it with R and W of a pipe that holds these bytes, {}
	# in MAKEFLAGS standing for both; prints the bytes that are there at the end, sorted.
	cat >server <<-'END'
		import fcntl, os, signal, subprocess, sys, time
		tokens, flags, kill = sys.argv[1].encode(), os.environ['FLAGS'], os.environ.get('KILL')
		if 'fifo' in flags:
		    os.mkfifo('server.fifo')
		    r = w = os.open('server.fifo', os.O_RDWR)
		    flags = flags.replace('{}', os.path.abspath('server.fifo'))
		else:
		    r, w = os.pipe()
		    flags = flags.replace('{}', '%d,%d' % (r, w))
		os.write(w, tokens)
		p = subprocess.Popen(sys.argv[2:], pass_fds={r, w}, env={**os.environ, 'MAKEFLAGS': flags})
		if kill:
		    while not os.path.exists('kill-it'):
		        time.sleep(0.01)
		    p.send_signal(int(kill))
		p.wait()
		end, got = time.monotonic() + 20, b''
		os.set_blocking(r, False)
		while len(got) < len(tokens) and time.monotonic() < end:
		    try:
		        got += os.read(r, 100)
		    except BlockingIOError:
		        time.sleep(0.01)
		print(p.returncode, bytes(sorted(got)).decode())
	END
}

most() { awk '/^\+/ { if (++n > most) most = n } /^-/ { n-- } END { print most + 0, n + 0, NR / 2 }' log; }

@test "three prun under one make -j4 run four jobs at a time, and never more" {
	# shellcheck disable=SC2016
	printf 'all: a b c\na b c:\n\t+@prun ./counted ::: $@1 $@2 $@3 $@4\n' >Makefile
	least=4 run -0 make -s -j4
	assert_output ''
	run most
	assert_output '4 0 12'
}

@test "every token comes back as it was, whatever ends prun" {
	local round flags kill
	for round in '0 --jobserver-auth={}' '0 --jobserver-fds=7,8 --jobserver-fds={}' \
		'15 --jobserver-auth={}' '9 --jobserver-auth={}' '9 --jobserver-auth=fifo:{}'; do
		flags=" -j4 ${round#* }"
		kill=${round%% *}
		[ "$kill" != 0 ] || kill=
		rm -f log kill-it server.fifo
		FLAGS=$flags KILL=$kill least=4 run python3 server abc "$PRUN" \
			'./counted {}; [ {} != 4 ] || touch kill-it; [ -z "$KILL" ] || exec sleep 100' ::: 1 2 3 4 5
		assert_output "$([ -z "$kill" ] && echo "0 abc" || echo "-$kill abc")"
		[ "$(most)" = '4 0 5' ] || [ "$kill" ]
	done
	assert_nothing_left
}

@test "make: SIGTERM and SIGKILL of one prun leave the others all jobs" {
	printf 'all: a b\na:\n\t-+@./killed\nb: a\n\t+@least=8 prun ./counted ::: 5 6 7 8\n' >Makefile
	cat >killed <<-'END'
		#!/bin/sh
		least=4 prun './counted {}; exec sleep 100' ::: 1 2 3 4 &
		until [ "$(grep -c '^-' log 2>/dev/null)" = 4 ]; do sleep 0.02; done
		kill -$SIGNAL $!
		wait $!
	END
	chmod +x killed
	for signal in TERM KILL; do
		rm -f log
		# With a token too few the second one would wait for ever.
		SIGNAL=$signal timeout 60 make -s -j4 >out 2>&1
		run most
		assert_output '4 0 8'
	done
}

@test "-j: alone, as a cap with --jobserver, and --no-jobserver" {
	export FLAGS=' -j4 --jobserver-auth={}'
	least=3 run python3 server a "$PRUN" -j3 ./counted ::: 1 2 3
	assert_output '0 a'
	rm log
	least=3 run python3 server a "$PRUN" --no-jobserver -j3 ./counted ::: 1 2 3
	assert_output '0 a'
	rm log
	nap=0.05 run python3 server abc "$PRUN" --jobserver -j2 ./counted ::: 1 2 3 4
	assert_output '0 abc'
	[ "$(most)" = '2 0 4' ] || [ "$(most)" = '1 0 4' ]
	rm log
	# A default is no -j of the command line, but a cap.
	PARALLEL=-j1 nap=0.05 run python3 server abc "$PRUN" ./counted ::: 1 2 3
	assert_output '0 abc'
	[ "$(most)" = '1 0 3' ]
	rm log
	# The first job is free.
	nap=0.02 run python3 server '' "$PRUN" ./counted ::: 1 2 3
	assert_output '0 '
	[ "$(most)" = '1 0 3' ]
}

@test "a heavy job takes all of its tokens, or none" {
	export FLAGS=' -j3 --jobserver-auth={}'
	nap=0.05 run python3 server ab "$PRUN" --weight 3 ./counted ::: 1 2
	assert_output '0 ab'
	[ "$(most)" = '1 0 2' ]
	rm log
	# Of weight 2 there is room for one beside the other, of 1.
	nap=0.05 run python3 server ab "$PRUN" --weight '{}' ./counted ::: 2 1 2 1 9
	assert_output '0 ab'
	awk '/^\+/ { n += $2 > 3 ? 3 : $2; if (n > 3) exit 1 } /^-/ { n -= $2 > 3 ? 3 : $2 }' log
}

@test "no token is held while input is waited for" {
	mkfifo input
	exec 9<>input
	cat >held <<-'END'
		import fcntl, os, subprocess, sys, termios, time
		r, w = os.pipe()
		os.write(w, b'abc')
		p = subprocess.Popen(sys.argv[1:], pass_fds={r, w},
		    env={**os.environ, 'MAKEFLAGS': ' -j4 --jobserver-auth=%d,%d' % (r, w)})
		while not os.path.exists('up.2'):
		    time.sleep(0.01)
		# Two jobs run: one token.
		def left():
		    return int.from_bytes(fcntl.ioctl(r, termios.FIONREAD, b'1234'), sys.byteorder)
		while left() != 2:
		    time.sleep(0.01)
		open('go', 'w').close()
		while left() != 3:
		    time.sleep(0.01)
		os.write(9, b'end\n')
		print(p.wait(), left())
	END
	printf '1\n2\n' >input
	run timeout 60 python3 held "$PRUN" -E end -a input \
		'touch up.{#}; until test -e go; do sleep 0.02; done'
	assert_output '0 3'
}

@test "no token is held while a job waits for its next try" {
	cat >waits <<-'END'
		import fcntl, os, subprocess, sys, termios, time
		r, w = os.pipe()
		os.write(w, b'abc')
		def left():
		    return int.from_bytes(fcntl.ioctl(r, termios.FIONREAD, b'1234'), sys.byteorder)
		p = subprocess.Popen(sys.argv[2:], pass_fds={r, w},
		    env={**os.environ, 'MAKEFLAGS': ' -j4 --jobserver-auth=%d,%d' % (r, w)})
		while not os.path.exists('up.1') or not os.path.exists('up.2'):
		    time.sleep(0.01)
		# One runs, the other waits.
		while left() != 3:
		    time.sleep(0.01)
		# It is ended while it waits: what it does not hold it does not give back.
		subprocess.run([sys.argv[1], '--ctl', 'waits', 'kill', '1'], check=True)
		subprocess.run([sys.argv[1], '--ctl', 'waits', 'wait', '1'])
		open('go', 'w').close()
		print(p.wait(), left())
	END
	export XDG_RUNTIME_DIR=$PWD
	run timeout 100 python3 waits "$PRUN" "$PRUN" --control=waits --retries 2 --retry-delay 1000 \
		'touch up.{}; [ {} = 2 ] || exit 3; until test -e go; do sleep 0.02; done' ::: 1 2
	assert_output '1 3'
}

@test "the next try waits for a token" {
	cat >steals <<-'END'
		import os, subprocess, sys, time
		r, w = os.pipe()
		os.write(w, b'a')
		p = subprocess.Popen(sys.argv[1:], pass_fds={r, w},
		    env={**os.environ, 'MAKEFLAGS': ' -j2 --jobserver-auth=%d,%d' % (r, w)})
		while not os.path.exists('up.1') or not os.path.exists('up.2'):
		    time.sleep(0.01)
		token = os.read(r, 1) # while the job waits for its next try
		open('stolen', 'w').close()
		time.sleep(0.3)
		os.rename('stolen', 'back')
		os.write(w, token)
		print(p.wait(), os.read(r, 100).decode())
	END
	# No try begins while the token is away.
	run timeout 100 python3 steals "$PRUN" --retries 0 --retry-delay 0.1 \
		'[ ! -e stolen ] || touch bad; touch up.{}; [ {} = 2 ] || { test -e back; exit; }
			until test -e back; do sleep 0.02; done' ::: 1 2
	assert_output '0 a'
	assert_not_exists bad
}

@test "random kills of prun and jobs under make: never too many jobs, and no token is lost" {
	run "$REPO/tests/jobserver-rounds" "$PRUN" "$HELPER/headcount" "${JOBSERVER_ROUNDS:-4}" 3 # JOBSERVER_ROUNDS=200: the long test
	assert_success
}

@test "descriptors that are no job server are found out" {
	local warning="prun: Warning: the job server of \$MAKEFLAGS is not open here: put '+' in front of the rule's line, or give -j or --no-jobserver"
	for auth in 77,78 -2,-2 0,1 fifo:/proc/none/x fifo:/dev/null x ''; do
		MAKEFLAGS=" -j4 --jobserver-auth=$auth" run "$PRUN" echo ::: a </dev/null
		assert_success
		assert_line "$warning"
		assert_line a
	done
	# Two pipes are not the ends of one.
	MAKEFLAGS=' --jobserver-auth=7,8' run bash -c '"$1" echo ::: a 7< <(sleep 0) 8> >(cat)' - "$PRUN"
	assert_line "$warning"
	MAKEFLAGS=' -j4 --jobserver-auth=77,78' run "$PRUN" -j2 echo ::: a
	assert_output a
	MAKEFLAGS='n -j4 -- V=--jobserver-auth=77,78' run "$PRUN" echo ::: a
	assert_output a
	CARGO_MAKEFLAGS='-j --jobserver-fds=77,78' run "$PRUN" echo ::: a
	assert_line "${warning/MAKEFLAGS/CARGO_MAKEFLAGS}"
}

@test "--jobserver-serve: jobs that are make share the slots" {
	mkdir one two
	# shellcheck disable=SC2016
	printf 'all: 1 2 3 4\n1 2 3 4:\n\t@cd ..; ./counted $@\n' | tee one/Makefile >two/Makefile
	least=3 run -0 "$PRUN" -j3 --jobserver-serve 'make -s -C {} all' ::: one two
	assert_output ''
	run most
	assert_output '3 0 8'
	# What a killed job has not given back is made anew when no job runs.
	rm log
	mkfifo input
	exec 9<>input
	least=3 in_background "$PRUN" -j3 --jobserver-serve -E end -a input 'if [ {} = kill ]; then
			r=${MAKEFLAGS##*=}; head -c 2 <&"${r%,*}" >stolen; kill -KILL $$
		fi; make -s -C {} all' 9>&-
	echo kill >input
	wait_for test -s stolen
	printf 'one\nend\n' >input
	finish
	[ "$status" -eq 1 ]
	run most
	assert_output '3 0 4'
	run -0 "$PRUN" -j3 --jobserver-serve=fifo 'echo "$MAKEFLAGS"; test -p "${MAKEFLAGS##*fifo:}" # {}' ::: a
	assert_output --regexp '^ -j3 --jobserver-auth=fifo:/'
	assert_equal "$(find "$T/tmp" -type p)" ''
	run -255 "$PRUN" --jobserver-serve=x true ::: a
	assert_output "prun: --jobserver-serve: 'x' is neither pipe nor fifo"
}

@test "cargo under --jobserver-serve: never more compilers than slots" {
	need cargo rustc
	local name crate
	# Both may be rustup's, which looks for the compiler below the user's own home.
	export CARGO_HOME=$PWD/cargo
	export RUSTUP_HOME=${RUSTUP_HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)/.rustup}
	rustc -vV && cargo -V || skip 'rustc does not run here'
	for name in one two; do
		mkdir -p "$name/main/src"
		printf '[workspace]\nmembers = ["main", "a", "b", "c"]\nresolver = "2"\n' >"$name/Cargo.toml"
		for crate in a b c; do
			mkdir -p "$name/$crate/src"
			printf '[package]\nname = "%s"\nversion = "0.1.0"\nedition = "2021"\n' $crate >"$name/$crate/Cargo.toml"
			echo 'pub fn f() {}' >"$name/$crate/src/lib.rs"
		done
		printf '[package]\nname = "main"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\na = { path = "../a" }\nb = { path = "../b" }\n' >"$name/main/Cargo.toml"
		echo 'fn main() { a::f(); b::f() }' >"$name/main/src/main.rs"
	done
	printf '#!/bin/sh\necho 1 >>%s/compilers\n"$@"; status=$?\necho -1 >>%s/compilers\nexit $status\n' "$PWD" "$PWD" >wrapper
	chmod +x wrapper
	RUSTC_WRAPPER=$PWD/wrapper run "$PRUN" -j3 --jobserver-serve 'cargo build --offline --manifest-path {}/Cargo.toml' ::: one two
	assert_success
	refute_output --partial jobserver
	./one/target/debug/main
	awk '{ n += $1; if (n > most) most = n } END { exit !(most >= 1 && most <= 3) }' compilers
}
