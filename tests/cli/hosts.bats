# SPDX-License-Identifier: ISC
#
# Which hosts there are, what runs on which of them, and what a job finds there.  A "host" is
# reached by a program that runs the agent beside prun, as ssh would run it there.

load setup

setup() {
	setup_prun
	# there HOST COMMAND...: what a login shell at HOST would do, in a home of its own.
	cat >"$T/there" <<-EOF
		#!/bin/sh
		case \$1 in dead*) echo "no way to \$1" >&2; exit 255 ;; esac
		cd "$T" && mkdir -p "at-\$1" && cd "at-\$1" || exit
		export HOME="\$PWD" AT="\$1"
		shift
		exec env -u WANTED -u 'BASH_FUNC_greet%%' sh -c "\$*"
	EOF
	chmod +x "$T/there"
	VIA=(--via "$T/there {host}")
}

@test "--slf: files, comments, stdin, the user's list, several" {
	printf '# hosts\n\n  a  # the first\n2/b\n' >list
	run -0 --separate-stderr prun "${VIA[@]}" --slf list -j1 -k 'echo $PARALLEL_SSHLOGIN; : {}' ::: {1..6}
	[ "$(sort -u <<<"$output" | xargs)" = 'a b' ]
	run -0 prun "${VIA[@]}" --slf - 'echo $PARALLEL_SSHLOGIN {}' ::: x <<<c
	assert_output 'c x'
	run -0 prun "${VIA[@]}" -S - 'echo $PARALLEL_SSHLOGIN {}' ::: x <<<c
	assert_output 'c x'
	mkdir home
	echo d >home/sshloginfile
	echo e >home/mine
	export PARALLEL_HOME=$PWD/home
	for option in '--slf ..' '-S ..' '--slf mine'; do
		run -0 prun "${VIA[@]}" $option 'echo $PARALLEL_SSHLOGIN {}' ::: x
		[[ $output = [de]' x' ]]
	done
	echo f >more
	run -0 prun "${VIA[@]}" --slf list --slf more -S @f -k 'echo $PARALLEL_SSHLOGIN' ::: 1 2
	assert_output $'f 1\nf 2'
	PBS_NODEFILE=nodes
	export PBS_NODEFILE LSB_MCPU_HOSTS='a 2 b 1'
	printf 'a\nb\na\n' >nodes
	for batch in pbs lsf; do
		run -0 prun "${VIA[@]}" --slf $batch -j100% --joblog log 'echo {%}; while [ ! -e '"$PWD/$batch"' ]; do [ {} = 3 ] && touch '"$PWD/$batch"'; sleep 0.01; done' ::: 1 2 3
		[ "$(awk 'NR > 1 {print $2}' log | sort | uniq -c | xargs)" = '2 a 1 b' ]
	done
}

@test "--slf and -S: what cannot be is one line that says so" {
	: >empty
	mkdir work
	while IFS='|' read -r options wanted; do
		run -255 --separate-stderr prun $options echo ::: x </dev/null
		[ "$stderr" = "prun: $wanted" ]
	done <<-'EOF'
		--slf none|--sshloginfile none: No such file or directory
		--slf empty|--sshloginfile: no host is named
		--slf pbs|--sshloginfile pbs: $PBS_NODEFILE is not set: this is no job of PBS
		-S @a/b,@c|--sshlogin: no host is in the group c
		-S me:secret@h|--sshlogin me:...@h: passwords are not taken, which everybody on the machine could read: let ssh use a key (see ssh-copy-id(1))
		-S [::1]:x|--sshlogin: '[::1]:x' has no valid port
		-S a --heartbeat 0|--heartbeat 0: between 0.05 and 100000 seconds
		--slf work|--sshloginfile work: Is a directory
	EOF
	# What stands behind an empty command must not be called in its place.
	for option in --via --ssh; do
		for empty in '' ' '; do
			run -255 prun "$option" "$empty" -S prun echo ::: x
			assert_output "prun: $option: '$empty' is no command"
		done
	done
	PARALLEL_SSH='' run -255 env PATH=/none "$PRUN" -S prun echo ::: x
	assert_output $'prun: host prun: ssh: No such file or directory\nprun: no host is left'
}

@test "what a host says, and its name, do nothing to the terminal" {
	printf '#!/bin/sh\nprintf "\\033[31m%%s\\a\\n" "$1" >&2; exit 1\n' >says
	chmod +x says
	run -255 prun --via "$PWD/says {host}" -S a echo ::: x
	assert_output $'prun: host a: ?[31ma?\nprun: no host is left'
	for name in $'a\eb' $'a\tb'; do
		run -255 prun -S "$name" echo ::: x
		assert_output "prun: --sshlogin: 'a?b' names no host"
	done
}

@test "the port of an IPv6 address is one of ssh" {
	printf '#!/bin/sh\necho "$@" >&2; exit 1\n' >ssh
	chmod +x ssh
	for host in '[::1]:2222' ::1p2222 ::1#2222; do
		run -255 --separate-stderr prun --ssh "$PWD/ssh" -S "me@$host" echo ::: x
		assert_regex "$stderr" "^prun: host me@.*: -T .* -p2222 me@::1 prun --remote-agent"
	done
}

@test "a list that changes while jobs run: hosts come and go" {
	echo a >list
	mkfifo in
	exec 5<>in
	in_background prun "${VIA[@]}" --slf list -j1 -u -a in 'echo $PARALLEL_SSHLOGIN {}' >out 2>err 5>&-
	local n=0 host next
	for host in a b c; do
		echo "$host" >new
		mv new list
		while next=$((++n)); do
			echo $next >&5
			wait_for grep -q " $next\$" out
			! grep -q "^$host $next\$" out || break
		done
	done
	exec 5>&-
	finish
	[ "$status" = 0 ]
	[ "$(wc -l <out)" = "$n" ]
	# a, then b, then c, and none comes back.
	[ "$(cut -d' ' -f1 out | uniq | xargs)" = 'a b c' ]
	[ ! -s err ]
	assert_nothing_left
}

@test "--hostgroups: jobs run where their arguments say" {
	run -0 --separate-stderr prun "${VIA[@]}" -S @g1/a,@g2+g3/b --hostgroups --plus -j1 -k \
		'echo {} $AT {hgrp} {agrp}' ::: 1@g1 2@g2 3@g3+g2 4@b 5@g1 6@none@x
	sed 's/^6.*/6/' <<<"$output" >out
	diff - out <<-'EOF'
		1 a g1+a g1
		2 b g2+g3+b g2
		3 b g2+g3+b g3+g2
		4 b g2+g3+b b
		5 a g1+a g1
		6
	EOF
	# A host of its own group is missing: any will do.
	run -0 --separate-stderr prun "${VIA[@]}" -S @g/dead,a --hostgroups 'echo {} $AT' ::: x@g
	assert_output 'x a'
	run -0 prun -S @g/: --hostgroups 'echo {} $PARALLEL_HOSTGROUPS' ::: x@g
	assert_output 'x g+:'
	# It is tried again in its group only.
	run -1 --separate-stderr prun "${VIA[@]}" -S @g/a,b --hostgroups --retries 3 'echo $AT >>'"$PWD/tries; exit 1; : {}" ::: x@g
	[ "$(xargs <tries)" = 'a a a' ]
}

@test "--hostgroups: a job that waits for its host holds up no other" {
	# The first ends when the last of the other group runs.
	run -0 prun "${VIA[@]}" -S @one/1/a,@two/1/b --filter-hosts --hostgroups --joblog log "cd $PWD; case {} in
		1) until [ -e last ]; do sleep 0.01; done ;;
		5) touch last ;;
		esac; echo {} \$AT" ::: 1@one 2@one 3@two 4@one 5@two 6@one
	[ "$(sort <<<"$output" | xargs)" = '1 a 2 a 3 b 4 a 5 b 6 a' ]
	[ "$(awk 'NR > 1 && $2 == "a" {print $1}' log | xargs)" = '1 2 4 6' ]
	# While input is awaited.
	mkfifo in
	exec 7<>in
	in_background sh -c 'exec "$@" <in' - prun "${VIA[@]}" -S @one/1/a,@two/1/b --filter-hosts --hostgroups \
		"touch $PWD/at{}; [ {} != x ] || until [ -e $PWD/go ]; do sleep 0.01; done" 7>&-
	printf 'x@one\ny@one\nz@two\n' >&7
	wait_for test -e atz
	[ ! -e aty ]
	touch go
	wait_for test -e aty
	exec 7>&-
	finish
	[ "$status" = 0 ]
	run prun "${VIA[@]}" -S @one/1/a,@two/1/b --filter-hosts --hostgroups --digest --halt soon,fail=1 "exit 3; : {}" ::: {1..300}@one
	[ "$status" = 3 ]
	assert_output --partial '299 '
}

@test "--filter-hosts: no job starts before all hosts are known" {
	run -0 --separate-stderr prun "${VIA[@]}" -S a,dead1,b,dead2 --filter-hosts -j1 --joblog log echo ::: {1..6}
	[ "$(awk 'NR > 1 {print $2}' log | sort -u | xargs)" = 'a b' ]
	[ "$(sort <<<"$stderr")" = $'prun: host dead1: no way to dead1\nprun: host dead2: no way to dead2' ]
	run -255 --separate-stderr prun "${VIA[@]}" -S dead --filter-hosts echo ::: x
	assert_regex "$stderr" 'no host is left$'
}

@test "--sshdelay: the next connection waits" {
	printf '#!/bin/sh\ndate +%%s%%N >>%s/begun; exec "%s/there" "$@"\n' "$PWD" "$T" >slow
	chmod +x slow
	prun --via "$PWD/slow {host}" -S a,b,c --sshdelay 0.2 --filter-hosts echo ::: x
	awk 'NR > 1 && $1 - last < 190000000 {exit 1} {last = $1} END {exit NR != 3}' <(sort -n begun)
}

@test "--env: variables, functions, what is not listed" {
	export WANTED=$'two\nlines "q" '"'s' \$x \\" OTHER=no
	greet() { printf 'greet %s %s\n' "$1" "$WANTED"; }
	export -f greet
	run -0 prun "${VIA[@]}" -S a --shell /bin/bash --env WANTED,greet 'greet {}' ::: x
	assert_output "greet x $WANTED"
	run -0 prun "${VIA[@]}" -S a --shell /bin/bash 'echo ${WANTED-none}; : {}' ::: x
	assert_output none
	mkdir home
	export PARALLEL_HOME=$PWD/home
	(unset WANTED; unset -f greet; prun --record-env)
	run -0 prun "${VIA[@]}" -S a --shell /bin/bash --env _ 'greet {}' ::: x
	assert_output "greet x $WANTED"
	# The same for a program that no shell runs.
	run -0 prun "${VIA[@]}" -S a --env WANTED printenv ::: WANTED
	assert_output "$WANTED"
}

@test "env_parallel and PARALLEL_ENV: what the caller has defined is on hosts, though no file is" {
	run -0 bash -c 'eval "$(prun --shell-functions bash)"
		greet() { echo "greet $1 $AT ${list[1]}"; tr "\0" " " <"/proc/$$/cmdline" | grep -c "/proc/[0-9]"; }
		list=(a "two \"q\"")
		env_parallel "$@" greet ::: x; exit 0' - "${VIA[@]}" -S a
	assert_output $'greet x a two "q"\n0'
	export PARALLEL_ENV='f() { echo "f $1 $AT"; }'
	run -0 prun "${VIA[@]}" -S a --shell /bin/sh 'f {}' ::: x
	assert_output 'f x a'
}

@test "--nonall: one job on each host, those that are not there have failed" {
	run -1 --separate-stderr prun "${VIA[@]}" -S b,dead,a,: --nonall --tag -k --joblog log 'echo "${AT-here} $PARALLEL_SSHLOGIN"'
	assert_output $':\there :\na\ta a\nb\tb b'
	assert_regex "$stderr" '^prun: host dead: no way to dead'
	[ "$(awk 'NR > 1 {print $2, $7 != 0}' log | sort | xargs)" = ': 0 a 0 b 0 dead 1' ]
	# The status counts hosts, and a try is on the same one.
	run -2 prun "${VIA[@]}" -S a,b --nonall --retries 2 'echo $AT >>'"$PWD/tries; exit 7"
	[ "$(sort tries | xargs)" = 'a a b b' ]
	run -0 --separate-stderr prun "${VIA[@]}" -S a,dead --nonall --filter-hosts --joblog log -q printf '<%s>' x '' y
	assert_output '<x><><y>'
	[ "$(awk 'NR > 1 {print $2}' log)" = a ]
	run -0 prun "${VIA[@]}" -S a,b --nonall --tag --dry-run echo x
	assert_output $'a\techo x\nb\techo x'
	# What would change the names is not for them.
	run -0 prun "${VIA[@]}" -S a,b -j1 -k --nonall -N2 --colsep b --header : 'echo $AT'
	assert_output $'a\nb'
	for all in --nonall --onall; do
		run -255 prun "${VIA[@]}" -S a $all --pipe echo
		assert_output "prun: $all with other hosts cannot be combined with --pipe, --pipe-part, --control"
	done
	assert_nothing_left
}

@test "--onall: each host gets every job, one at a time, and its output stays together" {
	run -1 --separate-stderr prun "${VIA[@]}" -S b,dead,a,: --onall --tag -k --joblog log 'echo "${AT-here} {} {#}"' ::: x y
	assert_output $':\there x 1\n:\there y 2\na\ta x 1\na\ta y 2\nb\tb x 1\nb\tb y 2'
	[ "$(awk 'NR > 1 {print $2, $1, $7 != 0}' log | sort | xargs)" = ': 1 0 : 2 0 a 1 0 a 2 0 b 1 0 b 2 0 dead 1 1 dead 2 1' ]
	# The hosts go in step, so that their jobs end by turns; --nonall with arguments is the same.
	step='touch '"$T"'/{}-$AT; until [ -e '"$T"'/{}-a ] && [ -e '"$T"'/{}-b ]; do sleep 0.01; done; echo $AT {}'
	run -0 prun "${VIA[@]}" -S b,a --nonall -j2 "$step" ::: 1 2 3
	[[ $output = $'a 1\na 2\na 3\nb 1\nb 2\nb 3' || $output = $'b 1\nb 2\nb 3\na 1\na 2\na 3' ]]
	# No two jobs of a host at a time, whatever -j says.
	run -0 prun "${VIA[@]}" -S b,a --onall -j4 'set -- {}; mkdir running && sleep 0.01 && rmdir running' ::: 1 2 3
	# -j: b begins when a has had all.
	run -0 prun "${VIA[@]}" -S b,a --onall -j1 -k --line-buffer -N2 echo '$AT' ::: 1 2 3
	assert_output $'a 1 2\na 3\nb 1 2\nb 3'
	# Hosts are counted, not jobs.
	run -2 prun "${VIA[@]}" -S b,a --onall 'exit {}' ::: 0 3 4
	run -0 prun "${VIA[@]}" -S b,a --onall --tag --dry-run echo ::: x y
	assert_output $'a\techo x\na\techo y\nb\techo x\nb\techo y'
	run -0 prun -S : --onall --tag -k 'echo {}' ::: x y
	assert_output $':\tx\n:\ty'
	assert_nothing_left
}

@test "--onall: other options mean what they mean for jobs of one host" {
	run -0 prun "${VIA[@]}" -S b,a --onall -k --plus --tagstring '{host}/{}' echo ::: x
	assert_output $'a/x\tx\nb/x\tx'
	run -0 prun "${VIA[@]}" -S b,a --onall --results out echo ::: x
	[ "$(cat out/a/1/x/stdout out/b/1/x/stdout)" = $'x\nx' ]
	run -0 prun "${VIA[@]}" -S b,a --onall --plus --results 'out/{host}.{}' echo ::: x
	[ "$(cat out/a.x out/b.x)" = $'x\nx' ]
	run -255 prun "${VIA[@]}" -S b,a --onall --results 'out/{}.x' echo ::: x
	assert_output 'prun: --results out/{}.x: with --onall the name needs --plus and {host}, which tells the files of two hosts apart'
	echo in >f
	run -0 prun "${VIA[@]}" -S b,a --onall --plus --wd 'w{#}' --transferfile {} --return '{}.{host}' --cleanup 'cat {} >{}.$AT; pwd' ::: f
	[ "$(cat f.a f.b)" = $'in\nin' ]
	[ -z "$(find at-a at-b -name 'f*')" ]
	run -0 prun "${VIA[@]}" -S @g/b,@h/a --onall -k --hostgroups 'echo {} $AT' ::: 1@g 2@h 3 4@none
	assert_output $'2 a\n3 a\n4 a\n1 b\n3 b\n4 b'
	run -0 prun "${VIA[@]}" -S b,a,dead --onall -k --worker --filter-hosts 'echo {} $AT' ::: 1 2
	assert_output --partial $'1 a\n2 a\n1 b\n2 b'
	run -1 --separate-stderr prun "${VIA[@]}" -S b,a --onall -k -j1 --halt now,fail=1 'echo {} $AT; false' ::: 1 2
	assert_output '1 a'
	assert_nothing_left
}

@test "--onall: --resume and its kin know the host of a job" {
	job='echo {} $AT; [ -e '"$PWD"'/mended ] || [ {}$AT != ya ]'
	ends() { awk 'NR > 1 {print $1 $2 $7}' log | xargs; }
	run -1 prun "${VIA[@]}" -S b,a --onall -k --joblog log "$job" ::: x y
	run -0 prun "${VIA[@]}" -S b,a --onall -k --joblog log --resume "$job" ::: x y z
	assert_output $'z a\nz b'
	run -1 prun "${VIA[@]}" -S b,a --onall -k --joblog log --resume-failed "$job" ::: x y z
	assert_output 'y a'
	run -0 prun "${VIA[@]}" -S b --onall -k --joblog log --retry-failed
	assert_output ''
	touch mended
	run -0 prun "${VIA[@]}" -S b,a --onall -k --joblog log --retry-failed
	assert_output 'y a'
	[ "$(ends)" = '1a0 2a1 1b0 2b0 3a0 3b0 2a1 2a0' ]
	run -0 prun "${VIA[@]}" -S b,a --onall -k --results out echo ::: x
	run -0 prun "${VIA[@]}" -S c,a --onall -k --results out --resume 'echo $AT' ::: x
	[ "$(find out -name stdout | sort | xargs)" = 'out/a/1/x/stdout out/b/1/x/stdout out/c/1/x/stdout' ]
	[ "$(cat out/a/1/x/stdout out/c/1/x/stdout)" = $'x\nc x' ]
}

@test "--onall: while one host waits for input, another one gets what has been read" {
	mkfifo in
	exec 5<>in
	in_background prun "${VIA[@]}" -S b,a --onall -j2 -a in 'touch '"$T"'/{}-$AT; until [ {}$AT != 1b ] || [ -e '"$T"'/go ]; do sleep 0.01; done' 5>&-
	echo 1 >&5
	wait_for test -e "$T/1-a"
	wait_for test -e "$T/1-b"
	echo 2 >&5
	wait_for test -e "$T/2-a"
	[ ! -e "$T/2-b" ]
	touch "$T/go"
	wait_for test -e "$T/2-b"
	exec 5>&-
	finish
	[ "$status" = 0 ]
	assert_nothing_left
}

@test "--onall: what a signal stops is counted for each host, and the digest names hosts" {
	in_background env --default-signal=INT prun "${VIA[@]}" -S b,a --onall -j1 --digest --joblog log 'touch '"$T"'/{}-$AT; [ {} = 1 ] || until [ -e '"$T"'/never ]; do sleep 0.01; done; exit 3' ::: 1 2 3 2>err
	wait_for test -e "$T/2-a"
	kill -INT "$bg"
	finish
	[ "$status" = 130 ]
	# The others are 3 of a, and all of b.
	[ "$(grep -v '^  ' err)" = 'prun: interrupted: 1 job stopped, 4 never started, 1 done
run the failed ones again: prun --retry-failed --joblog log' ]
	grep -q '^  job 1 on a: exit status 3 after ' err
	[ ! -e "$T/1-b" ]
	run -2 --separate-stderr prun "${VIA[@]}" -S b,a --onall --digest 'exit 5; : {}' ::: 1
	[ "$(sed -n 's/ after.*//p' <<<"$stderr" | sort)" = '  job 1 on a: exit status 5
  job 1 on b: exit status 5' ]
	assert_nothing_left
}
