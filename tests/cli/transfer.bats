# SPDX-License-Identifier: ISC
#
# Files that go to other machines and come back.  A "host" is reached by a program that runs
# the agent beside prun, in a home of its own ($T/at-HOST), as in remote.bats.

load setup
load sshd

setup() {
	setup_prun
	make_there
}

# make_relay in|out: $T/relay HOST COMMAND... is $T/there, but it stops after 400 kB of what
# goes in, or comes out, until $T/go is there.  Then $T/held is, and its pid is in $T/relay.pid.
# Host b connects only when $T/go is there.
make_relay() {
	need python3
	rm -rf "$T/held" "$T/go" "$T"/at-* "$T/relay.pid"
	printf '#!/bin/sh\nexec python3 "%s" "%s" %s "$@"\n' "$T/relay.py" "$T" "$1" >"$T/relay"
	chmod +x "$T/relay"
	cat >"$T/relay.py" <<-'EOF'
		import os, subprocess, sys, threading, time

		at, held, *words = sys.argv[1:]
		def pump(source, to, most):
		    n = 0
		    while data := os.read(source, 65536):
		        n += len(data)
		        if n > most and not os.path.exists(at + '/held'):
		            open(at + '/held', 'w')
		            await_file('/go')
		        while data:
		            data = data[os.write(to, data):]
		def await_file(name):
		    while not os.path.exists(at + name):
		        time.sleep(0.02)
		if words[0] == 'b':
		    await_file('/go')
		    os.execv(at + '/there', [at + '/there', *words])
		open(at + '/relay.pid', 'w').write(str(os.getpid()))
		p = subprocess.Popen([at + '/there', *words], stdin=-1, stdout=-1, bufsize=0)
		def pass_on():
		    pump(0, p.stdin.fileno(), 400000 if held == 'in' else 1 << 60)
		    p.stdin.close()
		threading.Thread(target=pass_on, daemon=True).start()
		pump(p.stdout.fileno(), 1, 400000 if held == 'out' else 1 << 60)
	EOF
}

# No part of a file, under any name, is in the folders.
no_part_in() {
	[ -z "$(find "$@" -name '.prun-*')" ]
}
no_agent() { [ -z "$(agents)" ]; }

# nothing_at HOST...: their homes are empty.
nothing_at() {
	local host
	for host; do
		[ -z "$(ls -A "$T/at-$host")" ] || { find "$T/at-$host" >&2; return 1; }
	done
}

@test "--trc of any names, of large and empty files" {
	local name names=('a b' $'\xff\xfe' $'new\nline' "it's \"q\"" '-dash' '*?[x]' 'ü{}' 'd e/f/g') shell
	mkdir -p 'd e/f'
	for name in "${names[@]}"; do
		printf '%s' "of $name" >"./$name"
	done
	run -0 --separate-stderr prun "${AB[@]}" -j3 --trc {}.out 'cp -- {} {}.out; echo more >>./{}.out' ::: "${names[@]}"
	[ -z "$output$stderr" ]
	for name in "${names[@]}"; do
		[ "$(<"./$name.out")" = "of ${name}more" ]
	done
	nothing_at a b
	head -c 3000000 /dev/urandom >large
	: >empty
	prun "${A[@]}" -j2 --trc {}.out 'cp {} {}.out' ::: large empty
	cmp large large.out
	[ -e empty.out ]
	[ ! -s empty.out ]
	for shell in csh tcsh fish dash; do
		command -v $shell >/dev/null || continue
		LOGIN_SHELL=$shell prun "${A[@]}" --shell /bin/sh --trc {}.$shell 'cp {} {}.'$shell ::: 'a b'
		cmp 'a b' "a b.$shell"
		[ -z "$(ls "$T/at-a")" ]
	done
}

@test "where files go: /./, absolute paths, folders with their modes, times and links" {
	mkdir -p in "$T/abs"
	echo one >in/x
	run -0 prun "${A[@]}" --tf in/./{} --return out/./{}.out --cleanup 'ls; cp {} {}.out' ::: x
	assert_output x
	[ "$(<out/x.out)" = one ]
	# The folder of the other machine is this one's, here.
	run -0 prun "${A[@]}" --tf {} --return {}.out 'cp {} {}.out' ::: "$T/work/in/x"
	[ "$(<in/x.out)" = one ]
	mkdir -p tree/sub/empty
	echo two >tree/sub/file
	ln -s sub/file tree/link
	chmod 640 tree/sub/file
	chmod 500 tree/sub/empty
	touch -d '2001-02-03 04:05:06.789' tree/sub/file
	run -0 prun "${A[@]}" --tf ./tree --return back --cleanup 'cp -a tree back; : {}' ::: x
	[ "$(cd back && find . ! -type l -printf '%p %m %T@\n' | sort)" = "$(cd tree && find . ! -type l -printf '%p %m %T@\n' | sort)" ]
	[ "$(readlink back/link)" = sub/file ]
	nothing_at a
	# A named link is its file.
	ln -s in/x named
	run -0 prun "${A[@]}" --tf named --cleanup 'test ! -L named && cat named; : {}' ::: x
	assert_output one
}

@test "--template: a job finds its file on its host; --cleanup removes it there and here" {
	printf 'is {} of {#}\n' >'t t'
	run -0 prun "${AB[@]}" -j1 -k --template 't t=made/{}.x' 'cat made/{}.x' ::: a 'b c'
	assert_output $'is a of 1\nis b c of 2'
	[ "$(<'made/b c.x')" = 'is b c of 2' ]
	[ "$(cat "$T"/at-[ab]/made/*.x | wc -l)" = 2 ]
	rm -r made "$T"/at-*
	echo plain >f
	run -0 prun "${A[@]}" -k --template 't t={}.x' --tf f --cleanup 'cat {}.x f' ::: a b
	assert_output $'is a of 1\nplain\nis b of 2\nplain'
	[ ! -e a.x ]
	nothing_at a
	# It is there for each try; on this machine it is what it always was.
	run -1 prun "${AB[@]}" --retries 2 --cleanup --template 't t={}.x' "cat {}.x >>$PWD/tries; exit 1" ::: a
	[ "$(<tries)" = $'is a of 1\nis a of 1' ]
	nothing_at a b
	run -0 prun -S :,dead --via false --template 't t={}.x' -j1 --cleanup 'cat {}.x' ::: a
	assert_line 'is a of 1'
	[ ! -e a.x ]
}

@test "several files, of several arguments; --transfer; --dry-run; jobs on this machine" {
	echo 1 >f1
	echo 2 >f2
	echo 3 >f3
	run -0 prun "${A[@]}" --tf '{1}' --tf '{2}' --return '{1}.a' --return '{2}.b' 'cat {1} >{1}.a; cat {2} >{2}.b' ::: f1 ::: f2
	[ "$(cat f1.a f2.b)" = $'1\n2' ]
	run -0 prun "${A[@]}" -n3 --transfer --cleanup 'cat {}' ::: f1 f2 f3
	assert_output $'1\n2\n3'
	run -0 prun "${A[@]}" --dry-run --trc {}.out 'cat {}' ::: f1
	assert_output 'cat f1'
	run -0 prun --via "$T/there {host}" -S :,a -j2 --trc {}.out 'cp {} {}.out' ::: f1 f2 f3
	[ "$(cat f1 f2 f3)" = "$(cat f1.out f2.out f3.out)" ]
}

@test "a file that cannot be sent or fetched fails its job, says why, and removes nothing" {
	mkfifo fifo
	echo x >x
	run -2 --separate-stderr prun "${A[@]}" --joblog log --tf {} --cleanup 'echo ran {}' ::: none fifo x
	assert_output 'ran x'
	[ "$stderr" = "prun: job 1: cannot read 'none': No such file or directory: echo ran none
prun: job 2: 'fifo' is neither a file nor a folder: echo ran fifo" ]
	[ "$(awk 'NR > 1 {print $7}' log | sort | xargs)" = '0 255 255' ]
	mkdir tree
	mkfifo tree/$'fi\nfo'
	run -1 --separate-stderr prun "${A[@]}" --tf tree --cleanup 'echo ran {}' ::: 1
	[ "$output$stderr" = "prun: job 1: 'tree/fi?fo' is neither a file nor a folder: echo ran 1" ]
	nothing_at a
	run -1 --separate-stderr prun "${A[@]}" --trc {}.out 'echo ran {}' ::: x
	assert_output 'ran x'
	[ "$stderr" = "prun: job 1: cannot read 'x.out' there: No such file or directory: echo ran x" ]
	[ -e "$T/at-a/x" ]
	# What a job has made is fetched although it has failed; what it has not made is no matter.
	run -1 --separate-stderr prun "${A[@]}" --trc {}.out --return {}.not 'cp {} {}.out; exit 3' ::: x
	[ -z "$stderr" ]
	cmp x x.out
	nothing_at a
	# A name that is empty is that of no file: the others go on.
	run -1 --separate-stderr prun "${A[@]}" --colsep , -k --tf {2} --cleanup 'echo ran {1}' ::: 1,x 2, 3,x
	assert_output $'ran 1\nran 3'
	[ "$stderr" = "prun: job 2: cannot read '': No such file or directory: echo ran 2" ]
	run -1 --separate-stderr prun "${A[@]}" --colsep , -k --return {2} 'echo ran {1}; echo y >y' ::: 1,y 2, 3,y
	assert_output $'ran 1\nran 2\nran 3'
	[ "$stderr" = "prun: job 2: cannot write '': No such file or directory: echo ran 2; echo y >y" ]
	# Done again when the file is there.
	run -1 prun "${A[@]}" --joblog again --tf {} 'cat {}' ::: later
	echo now >later
	run -0 prun "${A[@]}" --joblog again --resume-failed --tf {} 'cat {}' ::: later
	assert_output now
}

@test "a full disk there or here loses nothing" {
	printf '#!/bin/sh\ntrap "" XFSZ; ulimit -f 100; exec "%s/there" "$@"\n' "$T" >small
	chmod +x small
	head -c 300000 /dev/urandom >x
	run -1 --separate-stderr prun --via "$PWD/small {host}" -S a --trc {}.out 'echo ran {}' ::: x
	assert_output ''
	[ "$stderr" = "prun: job 1: cannot write 'x' there: File too large: echo ran x" ]
	nothing_at a
	printf '#!/bin/sh\ntrap "" XFSZ; ulimit -S -f 100; exec prun "$@"\n' >limited
	chmod +x limited
	run -1 --separate-stderr ./limited "${A[@]}" --return {}.out --cleanup \
		'ulimit -S -f unlimited; head -c 300000 /dev/zero >{}.out' ::: x
	[[ $stderr == "prun: job 1: cannot write 'x.out': File too large: ulimit"* ]]
	[ "$(wc -c <"$T/at-a/x.out")" = 300000 ]
	[ ! -e x.out ]
	[ -z "$(find . -name '.prun-*')" ]
}

@test "--basefile goes to each host once, before its first job, and is removed at the end" {
	echo base >base
	run -0 prun "${AB[@]}" -j2 --bf base --cleanup 'cat base; echo x >>base; : {}' ::: 1 2 3 4 5 6
	[ "$(grep -c base <<<"$output")" = 6 ]
	nothing_at a b
	run -255 prun "${AB[@]}" --bf base --bf none echo ::: 1
	assert_output 'prun: --basefile none: No such file or directory'
	in_background prun "${A[@]}" --bf base --cleanup 'touch '"$T"'/runs; exec sleep 1000; : {}' ::: 1
	wait_for test -e "$T/runs"
	[ -e "$T/at-a/base" ]
	kill -TERM "$bg"
	finish
	[ "$status" = 143 ]
	wait_for nothing_at a
	# A host that cannot take it is not used.
	mkdir -p "$T/at-b/base/in-the-way"
	run -255 --separate-stderr prun --via "$T/there {host}" -S b --bf base 'echo $AT; : {}' ::: 1 2 3
	assert_output ''
	[[ $stderr == "prun: host b: cannot write 'base' there: "*'no host is left' ]]
}

@test "a file that several jobs need is removed by the last of them" {
	echo common >common
	# The second one looks when the first one has ended.
	run -0 prun "${A[@]}" -j2 --joblog "$T/log" --tf common --cleanup \
		"[ {} = 1 ] || while [ \$(wc -l <$T/log) -lt 2 ]; do sleep 0.02; done; cat common" ::: 1 2
	assert_output $'common\ncommon'
	nothing_at a
}

@test "workers there have the files of their jobs" {
	echo 1 >f1
	echo 2 >f2
	run -0 --separate-stderr prun "${A[@]}" --worker -j2 -k --trc {}.out 'cat {}; cp {} {}.out' ::: f1 f2
	[ "$output$stderr" = $'1\n2' ]
	[ "$(cat f1.out f2.out)" = "$output" ]
	nothing_at a
	run -1 --separate-stderr prun "${A[@]}" --worker --transferfile {} --return {}.not 'cat {}' ::: f1
	assert_regex "$stderr" "cannot read 'f1.not' there: No such file"
}

@test "a job that is tried on another host has its files there" {
	echo x >x
	# Both are there before the first try.
	run -0 prun "${AB[@]}" --filter-hosts --retries 5 --joblog log --trc {}.out 'test $AT = b && cp {} {}.out' ::: x
	cmp x x.out
	nothing_at b
}

@test "what is being sent when the run ends is given up" {
	# The host reads 400 kB and waits.
	cat >slow <<-EOF
		#!/bin/sh
		{ head -c 400000; read x <"$T/gate"; exec cat; } | exec "$T/there" "\$@"
	EOF
	chmod +x slow
	mkfifo "$T/gate"
	head -c 3000000 /dev/urandom >x
	in_background prun --via "$PWD/slow {host}" --heartbeat 100 -S a --trc {}.out 'exec sleep 1000; : {}' ::: x
	wait_for is_coming "$T/at-a"
	kill -TERM "$bg"
	tell "$T/gate"
	finish
	[ "$status" = 143 ]
	wait_for nothing_at a
	[ ! -e x.out ]
}

@test "a connection, or an agent, that is killed while a file goes or comes: no part of it stays" {
	local way victim hosts
	head -c 3000000 /dev/urandom >x
	for way in in out; do
		for victim in connection agent; do
			make_relay $way
			rm -f runs log x.out
			hosts=a
			[ $way:$victim != in:connection ] || hosts=a,b
			in_background prun --via "$T/relay {host}" -S $hosts --heartbeat 100 -j1 --joblog log --digest \
				--trc {}.out 'echo $AT >>'"$PWD"'/runs; cp {} {}.out' ::: x 2>err
			wait_for test -e "$T/held"
			if [ $way = out ]; then
				wait_for is_coming "$PWD"
			else
				wait_for is_coming "$T/at-a"
			fi
			if [ $victim = agent ]; then
				kill -KILL $(agents)
			else
				kill -KILL "$(<"$T/relay.pid")"
			fi
			touch "$T/go"
			finish
			wait_for no_agent
			grep -q '^prun: host a: ' err
			no_part_in . "$T"/at-*
			[ "$(wc -l <log)" = 2 ] || { cat err log >&2; false; }
			if [ $hosts = a ] && [ $way = in ]; then
				# It had not started, and can go nowhere.
				[ "$status" = 1 ]
				[ ! -e runs ]
				[ "$(awk 'NR > 1 {print $7}' log)" = 126 ]
				grep -q '^prun: job 1: its host was lost before it started: echo' err
				grep -q 'job 1 on a: not started: its host was lost' err
				nothing_at a
				continue
			fi
			[ "$(wc -l <runs)" = 1 ]
			if [ $way = in ]; then
				# It had not started.
				[ "$status" = 0 ]
				[ "$(<runs)" = b ]
				cmp x x.out
				nothing_at a b
			else
				[ "$status" = 1 ]
				[ "$(awk 'NR > 1 {print $7}' log)" = 255 ]
				grep -q 'lost with its host' err
				[ ! -e x.out ]
				cmp x "$T/at-a/x.out"
			fi
		done
	done
	assert_nothing_left
}

@test "a file that changes while it goes or comes is whole, as it was, or its job fails" {
	local way change file
	for change in in:grow in:shrink in:remove out:shrink; do
		way=${change%:*}
		make_relay $way
		rm -rf d d.out
		mkdir d
		head -c 3000000 /dev/urandom >d/x
		cp d/x whole
		in_background prun --via "$T/relay {host}" -S a --heartbeat 100 --trc {}.out 'cp -r {} {}.out' ::: d 2>err
		wait_for test -e "$T/held"
		file=d/x
		[ $way = in ] || file=$T/at-a/d.out/x
		case $change in
		*:grow) echo more >>$file ;;
		*:shrink) truncate -s 1000 "$file" ;;
		*:remove) rm $file ;;
		esac
		touch "$T/go"
		finish
		if [ "${change#*:}" = shrink ]; then
			[ "$status" = 1 ]
			[ "$(<err)" = "prun: job 1: '$([ $way = in ] && echo "d/x'" || echo "d.out/x' there") became shorter while it was sent: cp -r d d.out" ] || { cat err; false; }
			[ ! -e d.out/x ]
		else
			[ "$status" = 0 ]
			cmp whole d.out/x
		fi
		no_part_in . "$T/at-a"
	done
}

@test "a file system that is full there, or here, fails the jobs that need it, and no other" {
	[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || skip 'no mount namespace can be made here'
	mkdir "$T/at-a" here
	head -c 300000 /dev/urandom >large
	echo small >small
	cat >"$T/full" <<-EOF
		set -e
		mount -t tmpfs -o size=200k none "$T/at-a" || exit 99
		prun --via "$T/there {host}" -S a -j1 --trc {}.out 'cp {} {}.out' ::: large small && exit 1
		[ -z "\$(ls -A "$T/at-a")" ]
		umount "$T/at-a"
		mount -t tmpfs -o size=200k none here
		cd here
		prun --via "$T/there {host}" -S a -j1 --return {} --cleanup 'head -c {} /dev/zero >{}' ::: 300000 5 && exit 1
		ls -A
	EOF
	run --separate-stderr unshare -m sh "$T/full"
	[ "$status" != 99 ] || skip 'no tmpfs can be mounted here'
	[ "$status" = 0 ]
	[ "$output" = 5 ]
	assert_equal "$stderr" "prun: job 1: cannot write 'large' there: No space left on device: cp large large.out
prun: job 1: cannot write '300000': No space left on device: head -c 300000 /dev/zero >300000"
	cmp small small.out
	[ "$(ls "$T/at-a")" = 300000 ]
}

@test "paths that come from a host that lies lead nowhere" {
	need python3
	cat >liar <<-'EOF'
		#!/usr/bin/env python3
		import os, re, struct, sys

		def number(n): return struct.pack('<Q', n)
		def string(s): return number(0) if s is None else number(len(s) + 1) + s + b'\0'
		def frame(kind, job, data=b''):
		    os.write(1, struct.pack('<IBQ', 9 + len(data), kind, job) + data)
		def file(index, kind, below=None, target=None, mode=0o644):
		    frame(FILE, 1, number(index) + number(kind) + number(mode) + number(0) + number(0) + string(below) + string(target))
		def exact(n):
		    data = b''
		    while len(data) < n:
		        more = os.read(0, n - len(data))
		        if not more: sys.exit()
		        data += more
		    return data

		header = open(os.environ['FRAME_H']).read()
		names = re.findall(r'^\tFRAME_(\w+)(?: = 1)?,', header, re.M)
		HELLO, RUN, STARTED, ENDED, FILE, BYTES, END = (names.index(n) + 1 for n in
		    ('HELLO', 'RUN', 'STARTED', 'ENDED', 'FILE', 'BYTES', 'FILES_END'))
		version = re.search(r'FRAME_VERSION (\d+)', header)[1]
		lie, token = sys.argv[1], sys.argv[-1]
		os.write(1, b'\nprun-agent %s %s\n' % (token.encode(), version.encode()))
		frame(HELLO, 0, number(1))
		while True:
		    length, kind, job = struct.unpack('<IBQ', exact(13))
		    exact(length - 9)
		    if kind != RUN:
		        continue
		    frame(STARTED, 1)
		    evil = b'evil'
		    if lie == 'index':
		        file(7, 1)
		    elif lie == 'file':
		        file(0, 1, b'x')
		    elif lie == 'link':
		        file(0, 4, None, b'/etc/passwd')
		    elif lie == 'silent':
		        pass
		    elif lie == 'mode':
		        file(0, 1, mode=0o4755)
		    else:
		        file(0, 2)
		        if lie == 'through':
		            file(0, 4, b'l', b'..')
		            file(0, 1, b'l/evil')
		        elif lie.startswith('to:'):
		            file(0, 4, b'l', lie[3:].encode())
		        else:
		            file(0, 1, lie.encode())
		    frame(BYTES, 1, evil)
		    frame(BYTES, 1)
		    file(0, 3)
		    frame(END, 1, string(None))
		    frame(ENDED, 1, number(0) * 4 + number(0) + struct.pack('<d', 0) + number(0) * 5)
	EOF
	chmod +x liar
	export FRAME_H=$REPO/lib/remote/frame.h
	local lie
	for lie in ../evil /evil sub/../../evil . '' ./x a//b index file link silent mode through to:/etc to:../evil to:x/../../evil; do
		run --separate-stderr prun --via "$PWD/liar '$lie' {host}" -S a --return got/out true ::: x
		[ "$status" != 0 ] || { echo "accepted: $lie"; false; }
		[[ $stderr == *'not of this protocol'* || $stderr == *"cannot write 'got/out/l"* || $stderr == *'has not sent all its files'* ]] || { echo "$lie: $stderr"; false; }
		[ -z "$(find "$T" -name evil)" ]
		[ ! -e /evil ]
		[ -z "$(find "$T" -type l)" ]
		rm -rf got
	done
}

@test "--retry-failed: files are those of the arguments that are given, and none are made up" {
	local x option
	files=(--transferfile {1} --return {1}.out)
	job="cp {1} {1}.out; : {2}; [ -e $PWD/mended ] || [ {1} = b ]"
	for x in a b 'c d'; do
		echo "of $x" >"$x"
	done
	run -2 --separate-stderr prun "${AB[@]}" --joblog log "${files[@]}" -N2 "$job" ::: a A b B 'c d' C
	# The log has commands only.
	for option in '--transferfile {}' '--return {.}.out' '--transferfile {= $_ =}'; do
		run -255 --separate-stderr prun "${A[@]}" --joblog log "${option%% *}" "${option#* }" --retry-failed </dev/null
		[ "$stderr" = "prun: $option: --retry-failed knows commands, not their arguments: give those of the first run too (::: or -a; not with -m, -X, --xargs, --shuf)" ]
	done
	for option in -X -m --xargs --shuf; do
		run -255 --separate-stderr prun "${A[@]}" --joblog log --tf {} --retry-failed $option echo ::: a
		assert_regex "$stderr" '^prun: --transferfile \{\}: --retry-failed knows'
	done
	run -255 --separate-stderr prun "${A[@]}" --joblog log -j1 --tf {} --retry-failed ::: a
	assert_output ''
	[ "$stderr" = 'prun: --retry-failed: the arguments of job 3 are not among those that were given' ]
	sed -i '5,$d' log
	touch mended
	rm -rf -- *.out "$T"/at-*
	run -0 --separate-stderr prun "${AB[@]}" --joblog log "${files[@]}" --retry-failed -N2 ::: a A b B 'c d' C
	[ -z "$output$stderr" ]
	[ "$(cat -- *.out)" = $'of a\nof c d' ]
	# What needs no arguments needs none.
	echo common >common
	run -1 --separate-stderr prun "${A[@]}" --joblog log2 'cat common >r.{#} && : {}' ::: x
	run -0 --separate-stderr prun "${A[@]}" --joblog log2 --tf common --return 'r.{#}' --retry-failed
	[ "$(<r.1)" = common ]
}

@test "--retry-failed with --onall: each host gets the files of its own jobs" {
	local x
	files=(--plus --transferfile {} --return '{}.{host}')
	for x in a b c; do
		echo "of $x" >$x
	done
	run -2 --separate-stderr prun "${AB[@]}" --onall --joblog log "${files[@]}" 'cp {} {}.$AT; [ -e '"$PWD"'/mended ] || [ {}$AT = ba ]' ::: a b c
	rm -f -- ?.[ab]
	touch mended
	run -0 --separate-stderr prun "${AB[@]}" --onall --joblog log "${files[@]}" --retry-failed ::: a b c
	[ -z "$output$stderr" ]
	[ "$(echo ?.[ab])" = 'a.a a.b b.b c.a c.b' ]
	[ "$(<c.b)" = 'of c' ]
}
