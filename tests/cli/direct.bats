# SPDX-License-Identifier: ISC
#
# Doing without the shell must not be seen by the job.

load setup

same() { # both ways, the same output and status
	local status_auto=0 status_shell=0
	"$PRUN" -k "$@" >auto 2>&1 || status_auto=$?
	"$PRUN" -k --exec shell "$@" >shell 2>&1 || status_shell=$?
	assert_equal "$status_auto" "$status_shell"
	diff -u shell auto
}

# The environment that a job sees, save for what tells of the run itself.
environment() {
	$PRUN "$@" -N0 cat /proc/self/environ ::: x | tr '\0' '\n' |
		grep -av '^PARALLEL_PID=\|^PRUN_JOB_ID=\|^PPID=\|^SECONDS=' | sort
}

@test "arguments" {
	same "$HELPER/showargs" {} x{}y {.} ::: a 'b c' '' "d'e" '$f' $'g\nh'
	same "$HELPER/showargs" {1} {3} z{3} ::: a ::: b
	same -X -j1 "$HELPER/showargs" x{} ::: a 'b c' ''
	same -N0 "$HELPER/showargs" {} ::: a b
	same -n2 "$HELPER/showargs" q{}r ::: a b c
	same -q "$HELPER/showargs" 'a  b' '' '$x {}' {2} ::: 1 2
}

@test "status, signals, programs that fail" {
	same false ::: a b
	same true ::: a
	same true ::: --help
	same "$HELPER/nothing-there" ::: a
	same nothing-there ::: a
	printf 'echo no head line\n' >script
	chmod +x script
	same ./script ::: a
	printf '#!/proc/none/sh\n' >script
	same ./script ::: a
	chmod -x script
	same ./script ::: a
	same "$T" ::: a
}

@test "a program along PATH, the first that is there" {
	mkdir one two
	printf '#!/bin/sh\necho one $*\n' >one/tool
	printf '#!/bin/sh\necho two $*\n' >two/tool
	chmod +x two/tool
	PATH=$PWD/one:$PWD/two:$PATH same tool ::: a
	chmod +x one/tool
	PATH=$PWD/one:$PWD/two:$PATH same tool ::: a
	PATH=one:$PATH same tool ::: a
	(cd one && PATH=:$PATH same tool ::: a)
}

@test "functions and builtins come first" {
	cat() { echo "function $*"; }
	export -f cat
	same cat ::: /dev/null
	run "$PRUN" cat ::: /dev/null
	assert_output 'function /dev/null'
	unset -f cat
	same kill -l ::: 9
}

@test "echo, true and false, which programs of that name stand in for" {
	local shell
	for shell in /bin/bash /bin/dash /bin/sh; do
		same --shell $shell echo ::: a 'b  c' '' -n -e -- --help --version '\n' 'a\tb' '\' -
		same --shell $shell echo x ::: a -n '\n'
		same --shell $shell echo -n ::: a '\n'
		same --shell $shell -n2 echo ::: a -n '\c' b
		same --shell $shell -N0 echo ::: a b
		same --shell $shell -q echo 'a  b' '$x {} \' ::: 1
	done
	mkdir first
	printf '#!/bin/sh\necho mine\nexit 3\n' | tee first/true first/false >first/echo
	chmod +x first/*
	for shell in /bin/bash /bin/dash; do
		PATH=$PWD/first:$PATH same --shell $shell true ::: a
		PATH=$PWD/first:$PATH same --shell $shell false ::: a
		PATH=$PWD/first:$PATH same --shell $shell echo ::: a
	done
}

@test "BASH_ENV counts" {
	echo 'echo from BASH_ENV' >env
	BASH_ENV=$PWD/env same cat ::: /dev/null
}

@test "environment, for bash and dash" {
	local shell
	for shell in /bin/bash /bin/dash /bin/sh; do
		environment --shell "$shell" >auto
		environment --shell "$shell" --exec shell >shell
		diff -u shell auto
	done
	assert [ -s auto ]
}

@test "environment with odd variables" {
	local pair shell
	for pair in SHLVL= SHLVL=7 SHLVL=999 SHLVL=x OLDPWD=/ OLDPWD=/proc/none PWD=/proc/none \
		PWD=/tmp IFS=x PS1=x PS4=x OPTIND=3 RANDOM=5 SECONDS=5 UID=5 PPID=5 A.B=c \
		BASHOPTS=x _=x LINENO=3 COLUMNS=3 POSIXLY_CORRECT=1; do
		for shell in /bin/bash /bin/dash; do
			PRUN="env $pair $PRUN" environment --shell $shell >auto
			PRUN="env $pair $PRUN" environment --shell $shell --exec shell >shell
			diff -u shell auto || { echo "with $pair and $shell"; return 1; }
		done
	done
}

@test "working directory through a link" {
	mkdir real
	ln -s real link
	cd link
	environment >../auto
	environment --exec shell >../shell
	diff -u ../shell ../auto
}

@test "no shell is started where none is needed" {
	printf '#!/bin/sh\ntouch "$T/started"\nexec /bin/bash "$@"\n' >bash
	chmod +x bash
	export T
	"$PRUN" --shell ./bash cat ::: /dev/null
	assert_file_not_exists "$T/started"
	"$PRUN" --shell ./bash --exec shell cat ::: /dev/null
	assert_file_exists "$T/started"
	rm "$T/started"
	"$PRUN" --shell ./bash echo ::: a
	assert_file_not_exists "$T/started"
}
