# SPDX-License-Identifier: ISC
#
# Jobs on other machines.  Most tests reach a "host" by a program that runs the agent
# beside prun, as ssh would run it there; the last ones use a private sshd.

load setup
load sshd

setup() {
	setup_prun
	make_there
	VIA=(--via "$T/there {host}")
}

teardown() {
	sshd_down
	teardown_prun
}

# The agent that has a job.
busy_agent() {
	local pid
	for pid in $(agents); do
		! pgrep -P "$pid" -x 'sleep|bash|sh' >/dev/null || { echo "$pid"; return; }
	done
	return 1
}

@test "jobs run there: their output, order, tags, status and log" {
	run -3 --separate-stderr prun "${VIA[@]}" -S a,b -j2 -k --tag --joblog log \
		'echo {} at $AT; exit $(({} % 4 == 3))' ::: 1 2 3 4 5 6 7 11
	[ "$(grep -c ' at [ab]$' <<<"$output")" = 8 ]
	[ "$(sed 's/\t.*//' <<<"$output" | tr '\n' ' ')" = '1 2 3 4 5 6 7 11 ' ]
	[ "$(awk -F'\t' 'NR > 1 && $2 ~ /^[ab]$/ && $7 == ($9 ~ /(3|7|11) at/) {n++} END {print n}' log)" = 8 ]
	assert_nothing_left
}

@test "what a job knows of its host" {
	run -0 --separate-stderr prun "${VIA[@]}" -S me@a --plus 'echo {host} {sshlogin} $PARALLEL_SSHHOST $PARALLEL_SEQ {}' ::: x
	assert_output 'a me@a a 1 x'
	run -0 prun "${VIA[@]}" -S a -k 'pwd; cat; : {}' ::: x
	assert_output "$T/at-a"
}

@test "the program that connects has the signals that prun was started with" {
	# Not dash, which starts programs with no signal blocked.
	cat >via <<-EOF
		#!$BASH
		grep -E '^Sig(Blk|Ign):' /proc/self/status >>$PWD/signals
		exec $T/there "\$@"
	EOF
	chmod +x via
	grep -E '^Sig(Blk|Ign):' /proc/self/status >want
	run -0 prun --via "$PWD/via {host}" -S a echo ::: x
	assert_output x
	assert_equal "$(cat signals)" "$(cat want)"
}

@test "-j counts for each host, and CPUs may be given" {
	run -0 prun "${VIA[@]}" -S 2/a -j100% -k 'echo {%}; while [ ! -e '"$PWD"'/go ]; do [ {} = 2 ] && touch '"$PWD"'/go; sleep 0.01; done' ::: 1 2
	assert_output $'1\n2'
	run -0 prun "${VIA[@]}" -S 1/a -j100% -k 'echo {%}' ::: 1 2 3
	assert_output $'1\n1\n1'
}

@test "what a login prints is not what a job prints" {
	printf '#!/bin/sh\necho Welcome to prun-agent; shift; exec "$@"\n' >noisy
	chmod +x noisy
	run -0 prun --via "$PWD/noisy {host}" -S a echo ::: x
	assert_output x
}

@test "any login shell will do" {
	local shell
	for shell in bash dash zsh fish csh tcsh; do
		command -v $shell >/dev/null || continue
		LOGIN_SHELL=$shell run -0 prun "${VIA[@]}" -S a --shell /bin/bash 'echo {}' ::: 'it'\''s "$x" !!'
		assert_output 'it'\''s "$x" !!'
	done
}

@test "a job that fails is tried on another host" {
	run -0 prun "${VIA[@]}" -S a,b --retries 5 --joblog log 'test $AT = b && echo good' ::: x
	assert_output 'good x'
	[ "$(awk 'NR > 1 {print $2, $7}' log)" = 'b 0' ]
}

@test "the next try is on another host: one that still comes, one that is full, one after the other" {
	printf '#!/bin/sh\n[ $1 != b ] || until [ -e %s/go ]; do sleep 0.02; done\nexec %s/there "$@"\n' "$PWD" "$T" >late
	chmod +x late
	run -0 prun --via "$PWD/late {host}" -S a,b --retries 2 "echo \$AT >>$PWD/tries; touch $PWD/go; : {}; test \$AT = b" ::: 1
	[ "$(xargs <tries)" = 'a b' ]
	rm tries
	# While the first waits for the host of the second, the third may start.
	run -0 prun "${VIA[@]}" -S 1/a,1/b --filter-hosts --retries 2 --joblog log "cd $PWD; case {} in
		1) echo \$AT >>tries; [ -e tried ] && exit; touch tried; until [ -e two ]; do sleep 0.01; done; exit 1 ;;
		2) touch two; until [ -e three ]; do sleep 0.01; done ;;
		3) touch three ;;
		esac" ::: 1 2 3
	[ "$(sort tries | xargs)" = 'a b' ]
	run -1 prun "${VIA[@]}" -S a,b,c --retries 4 "echo \$AT >>$PWD/all; exit 1; : {}" ::: 1
	[ "$(head -3 all | sort | xargs)" = 'a b c' ]
	[ "$(sed -n 3p all)" != "$(sed -n 4p all)" ]
}

@test "a timeout, --halt and SIGTERM end what has left its session there" {
	run -1 --separate-stderr prun "${VIA[@]}" -S a --timeout 0.2 'setsid sleep 1000 & sleep 1000; : {}' ::: x
	assert_regex "$stderr" 'timed out'
	assert_nothing_left
	run prun "${VIA[@]}" -S a -j2 --halt now,fail=1 \
		'setsid sleep 1000 & if [ {} = 2 ]; then while [ ! -e one ]; do sleep 0.01; done; exit 1; fi; touch one; sleep 1000' ::: 1 2
	assert_failure
	assert_nothing_left
	in_background prun "${VIA[@]}" -S a 'setsid sleep 1000 & touch '"$PWD"'/runs; sleep 1000; : {}' ::: x
	wait_for test -e runs
	kill -TERM "$bg"
	finish
	[ "$status" = 143 ]
	assert_nothing_left
}

@test "nothing is left when prun, the connection or the agent is killed" {
	local victim pid
	for victim in prun agent; do
		rm -f runs
		in_background prun "${VIA[@]}" -S a 'setsid sleep 1000 & touch '"$PWD"'/runs; sleep 1000; : {}' ::: x
		wait_for test -e runs
		pid=$bg
		[ "$victim" = prun ] || pid=$(agents)
		kill -KILL $pid
		finish
		assert_nothing_left
	done
}

@test "a lost host: its job is told and not run twice, save with --retries" {
	local retries
	for retries in 1 2; do
		rm -f runs ran
		in_background prun "${VIA[@]}" -S a,b -j1 --retries $retries --joblog log --digest \
			"echo {} >>$PWD/ran; [ -e $PWD/runs ] || { touch $PWD/runs; exec sleep 1000; }" ::: x 2>err
		wait_for test -e runs
		wait_for busy_agent
		kill -KILL "$(busy_agent)"
		finish
		[ "$status" = $((retries == 1)) ]
		[ "$(wc -l <ran)" = $retries ]
		[ "$(awk 'NR > 1 {print $7}' log)" = $((retries == 1 ? 255 : 0)) ]
		grep -q '^prun: host [ab]: ' err
		[ $retries = 2 ] || grep -q 'lost with its host' err
		assert_nothing_left
	done
}

@test "an agent that is told to end kills its jobs by the kill sequence, and they are lost" {
	local retries agent
	for retries in 1 2; do
		rm -f runs ran term
		in_background prun "${VIA[@]}" -S a,b -j1 --retries $retries --joblog log \
			"echo {} >>$PWD/ran; [ ! -e $PWD/runs ] || exit 0; trap 'touch $PWD/term' TERM; touch $PWD/runs; sleep 1000 & wait; wait" \
			::: x 2>err
		wait_for test -e runs
		wait_for busy_agent
		kill -TERM "$(busy_agent)"
		finish
		[ "$status" = $((retries == 1)) ]
		[ -e term ]
		[ "$(wc -l <ran)" = $retries ]
		[ "$(awk 'NR > 1 {print $7}' log)" = $((retries == 1 ? 255 : 0)) ]
		grep -q '^prun: host [ab]: ' err
		assert_nothing_left
	done
	# The job gets the signal first: it has not failed by itself.
	rm runs
	in_background prun "${VIA[@]}" -S a,b -j1 --joblog log "touch $PWD/runs; exec sleep 1000; : {}" ::: x 2>err
	wait_for test -e runs
	wait_for busy_agent
	agent=$(busy_agent)
	kill -STOP "$agent"
	kill -TERM "$(pgrep -P "$agent" sleep)" "$agent"
	kill -CONT "$agent"
	finish
	[ "$status" = 1 ]
	[ "$(awk 'NR > 1 {print $7}' log)" = 255 ]
	# Alone it has.
	rm runs
	run -1 prun "${VIA[@]}" -S a --joblog log 'kill -TERM $$; : {}' ::: x
	[ "$(awk 'NR > 1 {print $7, $8}' log)" = '143 15' ]
}

@test "a host that cannot be reached is named, and the others go on" {
	printf '#!/bin/sh\n[ "$1" != bad ] || { echo "no way to $1" >&2; exit 255; }\nshift; exec "$@"\n' >some
	chmod +x some
	run -0 --separate-stderr prun --via "$PWD/some {host}" -S bad,good -k echo ::: 1 2 3
	assert_output $'1\n2\n3'
	[ "$stderr" = 'prun: host bad: no way to bad' ]
	run -255 --separate-stderr prun --via "$PWD/some {host}" -S bad echo ::: 1 2 3
	assert_output ''
	assert_regex "$stderr" 'no host is left'
	# One that never answers holds up nobody, and is left when all is done.
	printf '#!/bin/sh\n[ "$1" != silent ] || exec sleep 1000\nshift; exec "$@"\n' >some
	run -0 --separate-stderr prun --via "$PWD/some {host}" -S silent,good -k echo ::: 1 2 3
	assert_output $'1\n2\n3'
	[ -z "$stderr" ]
	assert_nothing_left
}

@test "a prun of another version is an error that says so" {
	printf '#!/bin/sh\nprintf "\\nprun-agent $4 99\\n"; cat >/dev/null\n' >old
	chmod +x old
	PRUN_STATIC=/proc/none run -255 prun --via "$PWD/old {host}" -S a echo ::: 1
	assert_output --partial 'version 99 of the protocol'
	assert_output --partial 'make static'
}

# A host without prun, whose login shell is $LOGIN_SHELL.
bare_host() {
	mkdir bare-home
	printf '#!/bin/sh\nshift; export PATH=/usr/bin:/bin HOME=%s; exec "$LOGIN_SHELL" -c "$*"\n' "$PWD/bare-home" >bare
	chmod +x bare
	[ ! -e /usr/bin/prun ] && [ ! -e /bin/prun ] || skip 'prun is on the PATH of every login'
	# Any program will do on the same machine.
	export PRUN_STATIC=$B/prun
	BARE=(--via "$PWD/bare {host}" -S a)
}

@test "prun is sent to a host that has none, whatever the login shell" {
	local shell
	bare_host
	for shell in sh bash csh fish; do
		command -v $shell >/dev/null || continue
		rm -rf bare-home/.cache
		LOGIN_SHELL=$shell run -0 --separate-stderr prun "${BARE[@]}" -k 'echo {}' ::: 'it'\''s "$x"' y
		assert_output $'it\'s "$x"\ny'
		assert_regex "$stderr" "host a: .*; $PRUN_STATIC is sent there"
	done
	export LOGIN_SHELL=sh
	file=bare-home/.cache/prun/$(sha256sum <"$PRUN_STATIC" | cut -d' ' -f1)/prun
	cmp "$file" "$PRUN_STATIC"
	[ "$(stat -c %a "${file%/prun}" "$file" | xargs)" = '700 700' ]
	# It is used again, unless it has been changed.
	before=$(stat -c %i "$file")
	run -0 --separate-stderr prun "${BARE[@]}" echo ::: x
	[ "$(stat -c %i "$file")" = "$before" ]
	echo '#' >>"$file"
	seq 30000 >in
	[ "$(prun "${BARE[@]}" --pipe --block 20k -k cat <in 2>/dev/null | cksum)" = "$(cksum <in)" ]
	cmp "$file" "$PRUN_STATIC"
	[ "$(find bare-home/.cache -type f | wc -l)" = 1 ]
	assert_nothing_left
}

@test "nothing is left when what sends prun is killed; what cannot be sent is told" {
	bare_host
	export LOGIN_SHELL=sh
	in_background prun "${BARE[@]}" "setsid sleep 1000 & touch $PWD/runs; sleep 1000; : {}" ::: x
	wait_for test -e runs
	kill -KILL "$(pgrep -P "$bg" -f -- --remote-courier)"
	finish
	assert_nothing_left
	PRUN_STATIC=/proc/none run -255 prun "${BARE[@]}" echo ::: x
	assert_output --regexp 'host a: .*prun.*not found.*; prun must be on the PATH .*make static'
	rm -rf bare-home
	echo >bare-home # no folder can be made in it
	run -255 prun "${BARE[@]}" echo ::: x
	assert_output --partial 'prun could not be kept in ~/.cache/prun/'
	assert_nothing_left
}

@test "much output, and input, by blocks and files" {
	head -c 3000000 /dev/urandom >data
	prun "${VIA[@]}" -S a,b -j2 --results out "cat $PWD/data; cat $PWD/data >&2; : {}" ::: 1 2
	for n in 1 2; do
		cmp data out/1/$n/stdout
		cmp data out/1/$n/stderr
	done
	seq 100000 >in
	[ "$(prun "${VIA[@]}" -S a,b -j2 --pipe --block 50k -k cat <in | cksum)" = "$(cksum <in)" ]
	[ "$(prun "${VIA[@]}" -S a,b -j2 --pipe-part -a in --block 50k -k cat | cksum)" = "$(cksum <in)" ]
	[ "$(prun "${VIA[@]}" -S a -j2 -u 'seq 10; seq 10 >&2; : {}' ::: x 2>&1 | sort | uniq -c | grep -c '^ *2 ')" = 10 ]
	[ "$(prun "${VIA[@]}" -S a,b -j2 --line-buffer 'seq {}000 {}999' ::: 1 2 3 4 | sort -n | cksum)" = "$(seq 1000 4999 | cksum)" ]
}

@test "a reader that is slow slows the job there" {
	prun "${VIA[@]}" -S a 'yes | head -c 20000000; touch '"$PWD/done; : {}" ::: x 2>/dev/null |
		(head -c 100 >/dev/null; [ ! -e done ] || touch early; cat) | wc -c >count
	[ "$(<count)" -gt 19000000 ]
	[ ! -e early ]
}

@test "what does not work there is an error that names it" {
	local option
	for option in --tty --open-tty '--workdir {} --worker' --jobserver-serve --semaphore; do
		run -255 prun "${VIA[@]}" -S a $option echo ::: x </dev/null
		assert_output --partial "prun: ${option%% *} cannot be used with other hosts: "
	done
}

@test "ssh: hosts by one connection each, one of them dead" {
	sshd_up
	run -0 --separate-stderr prun -S h1,dead,h2 -j2 -k --joblog log 'echo {} $PARALLEL_SSHHOST; sleep 0.05' ::: {1..20}
	[ "$(awk '{print $1}' <<<"$output" | xargs)" = "$(seq 20 | xargs)" ]
	assert_regex "$stderr" '^prun: host dead: .*Connection refused'
	[ "$(awk 'NR > 1 {print $2}' log | sort -u | grep -c .)" -ge 2 ]
	run -0 prun -S "ssh -l $(id -un) h1" echo ::: x
	assert_output x
	assert_nothing_ssh
}


@test "ssh: what GNU parallel answered is answered" {
	[ -z "${SAN:-}" ] || skip 'many connections, which the other tests have made'
	sshd_up
	no_functions
	"$REPO/tests/remote-cases" prun >answers
	diff "$REPO/tests/remote-answers" answers
}

@test "ssh: sixty jobs at a time do not mind the limits of sshd" {
	sshd_up 'MaxStartups 10:30:100' $'\nMaxSessions 10'
	run -0 --separate-stderr prun -S h1 -j60 -k echo ::: {1..120}
	[ "$output" = "$(seq 120)" ]
	[ -z "$stderr" ]
}

@test "random kills: all is gone, and no job is lost or run twice" {
	need ssh ssh-keygen python3
	[ -x /usr/sbin/sshd ] || skip 'sshd is not installed'
	WITHIN=60 "$REPO/tests/remote-kills" "$PRUN" "${REMOTE_KILLS:-5}" # REMOTE_KILLS=200: the long test
}

@test "ssh: nothing is left when ssh, its sshd or prun is killed" {
	sshd_up
	local victim pid
	for victim in ssh sshd prun; do
		rm -f runs
		in_background prun -S h1 "setsid sleep 1000 & touch $PWD/runs; sleep 1000; : {}" ::: x
		wait_for test -e runs
		case $victim in
		ssh) pid=$(pgrep -P "$bg" ssh) ;;
		sshd)
			pid=$(pgrep -P "$(<"$T/sshd/pid")")
			# A user's own sshd has a process of the session below that one.
			pid="$pid $(pgrep -P "$pid" sshd || true)"
			;;
		prun) pid=$bg ;;
		esac
		kill -KILL $pid
		finish
		wait_for nothing_ssh
		[ -z "$(pgrep -f '^sleep 1000$' | while read -r p; do grep -lsz "PRUN_TEST_MARK=$PRUN_TEST_MARK" /proc/$p/environ; done)" ]
	done
}
