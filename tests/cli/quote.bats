# SPDX-License-Identifier: ISC
#
# A command receives exactly the bytes of its values, through every shell.

load setup

# 40 records of noise that ends in NULs, the same in each run.
noise() {
	python3 - <<'END'
import random, sys
random.seed(20221122)
evil = b"'\"\\$`!*?[]{}()<>|&;#~=^% \t\n\r-+:,@\x01\x1b\x7f\x80\xffaZ\xc3\xa9"
for i in range(40):
    n = random.choice((0, 1, 2, 5, 20, 300))
    value = bytes(random.choice(evil) if random.random() < .7 else random.randrange(1, 256)
                  for _ in range(n))
    sys.stdout.buffer.write(value + b'\0')
END
}

each() { # SHELL ARGUMENT...: what a command receives of each record is that record
	local shell=$1
	shift
	noise | xargs -0 -n1 "$HELPER/showargs" >want
	noise | PARALLEL_SHELL=$shell "$PRUN" -0 -k -j4 "$@" >got
	cmp want got
}

@test "sh" { each /bin/sh "$HELPER/showargs"; }
@test "dash" { each /bin/dash "$HELPER/showargs"; }
@test "bash" { each /bin/bash "$HELPER/showargs"; }
@test "bash, always through the shell" { each /bin/bash --exec shell "$HELPER/showargs"; }
@test "dash, always through the shell" { each /bin/dash --exec shell "$HELPER/showargs"; }
@test "ksh" { each /bin/ksh "$HELPER/showargs"; }
@test "mksh" { each /bin/mksh "$HELPER/showargs"; }
@test "zsh" { each /bin/zsh "$HELPER/showargs"; }
@test "fish" { each /usr/bin/fish "$HELPER/showargs"; }
@test "csh" { each /bin/csh "$HELPER/showargs"; }
@test "tcsh" { each /bin/tcsh "$HELPER/showargs"; }

@test "a composed command, -q, -X and -m" {
	each /bin/bash "true; $HELPER/showargs {}"
	each /bin/bash -q "$HELPER/showargs" {}
	noise | xargs -0 "$HELPER/showargs" >want
	noise | "$PRUN" -0 -j1 -X "$HELPER/showargs" >got
	cmp want got
	noise | "$PRUN" -0 -j1 -m --exec shell "$HELPER/showargs" {} >got
	cmp want got
	noise | PARALLEL_SHELL=/bin/tcsh "$PRUN" -0 -j1 -X "$HELPER/showargs" >got
	cmp want got
	noise | PARALLEL_SHELL=/usr/bin/fish "$PRUN" -0 -j1 -X "$HELPER/showargs" >got
	cmp want got
}

@test "a value of 128 KB" {
	head -c 131071 /dev/urandom | tr '\0' x >value
	xargs -0 -s 200000 "$HELPER/showargs" <value >want
	"$PRUN" -0 "$HELPER/showargs" <value >got
	cmp want got
	# In a shell's line there must be room for the quotes and the command.
	head -c 130000 value | tr "'" x >less
	xargs -0 -s 200000 "$HELPER/showargs" <less >want
	"$PRUN" -0 --exec shell "$HELPER/showargs" <less >got
	cmp want got
	run "$PRUN" -0 --exec shell "$HELPER/showargs" <value
	assert_failure 255
	assert_output --partial 'command line too long'
}

@test "-q keeps the shell away from the command" {
	run "$PRUN" -k -q "$HELPER/showargs" 'a  b' '$HOME' '*' '' {} ';' '|' ::: 1
	assert_output $'4:a  b\n5:$HOME\n1:*\n0:\n1:1\n1:;\n1:|'
}

@test "without -q the command is the shell's" {
	run "$PRUN" -k 'x={}; echo $((x * 2)) | tr 2 z' ::: 1 3
	assert_output $'z\n6'
	run "$PRUN" -k echo {} '>' out.{} ';' cat out.{} ::: 'a b'
	assert_output 'a b'
}

@test "exported functions" {
	greet() { echo "hello $1, $#"; }
	export -f greet
	run "$PRUN" -k greet ::: 'big world' moon
	assert_output $'hello big world, 1\nhello moon, 1'
}

@test "--shell wins over PARALLEL_SHELL over all others" {
	export SHELL=/bin/sh PARALLEL_SHELL=/bin/zsh
	run "$PRUN" 'echo ${ZSH_VERSION:+zsh}${BASH_VERSION:+bash}' ::: x
	assert_output 'zsh x'
	run "$PRUN" --shell /bin/bash 'echo ${ZSH_VERSION:+zsh}${BASH_VERSION:+bash}' ::: x
	assert_output 'bash x'
}

@test "the shell is the one that called prun, by its name on PATH, through other programs too" {
	local path
	unset PARALLEL_SHELL
	SHELL=/bin/zsh PATH=/usr/bin:$PATH run -0 bash -c '"$0" "echo \$0" ::: x; :' "$PRUN"
	assert_output '/usr/bin/bash x'
	SHELL=/bin/zsh PATH=/usr/bin:$PATH run -0 bash -c 'timeout 60 env A=b "$0" "echo \$0" ::: x; :' "$PRUN"
	assert_output '/usr/bin/bash x'
	printf '#!/bin/sh\n"$1" "echo \\$0" ::: x\n:\n' >script
	chmod +x script
	path=$(PATH=/usr/bin:$PATH command -v sh)
	SHELL=/bin/zsh PATH=/usr/bin:$PATH run -0 ./script "$PRUN"
	assert_output "$path x"
	# A shell that PATH does not have is found all the same.
	SHELL=/bin/zsh PATH=/none run -0 /bin/bash -c '"$0" "echo \${BASH_VERSION:+bash}" ::: x; :' "$PRUN"
	assert_output 'bash x'
}

@test "--dry-run and --shellquote print what a shell can read" {
	run "$PRUN" --dry-run -k echo ::: 'a b' "c'd" ''
	assert_output $'echo \'a b\'\necho \'c\'"\'"\'d\'\necho \'\''
	run "$PRUN" --shellquote ::: "a'b c"
	assert_output "'a'\"'\"'b c'"
}

@test "--pipefail: a pipeline fails when one of its commands does" {
	for shell in bash zsh ksh mksh; do
		run -1 "$PRUN" --shell "/bin/$shell" --pipefail 'exit 3 | cat {}' ::: /dev/null
		run -0 "$PRUN" --shell "/bin/$shell" 'exit 3 | cat {}' ::: /dev/null
		run -1 "$PRUN" --shell "/bin/$shell" --pipefail --retries 2 --joblog log 'exit 3 | cat {}' ::: /dev/null
		run cut -f7 log
		assert_output $'Exitval\n3'
	done
	for shell in /bin/dash /bin/sh /usr/bin/fish /bin/tcsh; do
		run -255 "$PRUN" --shell $shell --pipefail 'false | true' ::: a
		assert_output "prun: --pipefail: the shell $shell has no such option"
	done
}

@test "with --workdir OLDPWD is where prun was started" {
	mkdir 'a b'
	for shell in bash dash ksh mksh fish; do
		OLDPWD=/ PARALLEL_SHELL=/bin/$shell run -0 "$PRUN" --workdir {} 'echo $OLDPWD; env | grep ^OLDPWD; echo $PWD; : {}' ::: 'a b'
		assert_output "$PWD
OLDPWD=$PWD
$PWD/a b"
	done
	PARALLEL_SHELL=/bin/bash run -0 "$PRUN" --workdir {} env -u {} ::: 'a b'
	assert_line "OLDPWD=$PWD"
}

@test "PARALLEL_ENV: the text that the jobs' shells read first, or a file that holds it" {
	for shell in bash dash zsh ksh mksh; do
		PARALLEL_SHELL=/bin/$shell PARALLEL_ENV=$'v=7\nf() { echo "f $1 $v"; }' \
			run -0 "$PRUN" -k f ::: 'a b' c
		assert_output $'f a b 7\nf c 7'
	done
	PARALLEL_SHELL=/usr/bin/fish PARALLEL_ENV=$'set v 7\nfunction f; echo f $argv $v; end' \
		run -0 --separate-stderr "$PRUN" -j1 f ::: 'a b' c
	assert_output $'f a b 7\nf c 7'
	PARALLEL_SHELL=/bin/tcsh PARALLEL_ENV=$'set v=7\nalias f echo f' run -0 "$PRUN" -k 'f {} $v' ::: a
	assert_output 'f a 7'
	# An alias counts from the next line on; what is longer than a variable may be is a file.
	printf 'shopt -s expand_aliases\nalias g="echo g"\n' >file
	printf '# %080d\n' $(seq 5000) >>file
	PARALLEL_ENV=$PWD/file run -0 "$PRUN" -k 'g {}; echo ${PARALLEL_ENV-unset}' ::: a
	assert_output $'g a\nunset'
	mkfifo fifo
	cat file >fifo &
	PARALLEL_ENV=fifo run -0 "$PRUN" -k 'g {}' ::: a b
	assert_output $'g a\ng b'
	PARALLEL_ENV='f() { echo $1; }' run -0 "$PRUN" --dry-run f ::: a
	assert_output 'f a'
	PARALLEL_ENV='f() { echo $1; }' run -0 "$PRUN" -v --joblog log f ::: a
	assert_output $'f a\na'
	run grep -c PARALLEL_ENV log
	assert_output 0
	PARALLEL_ENV='f() { return 3; }' run -3 sem --fg --id e f
}

@test "the shell functions of an installed GNU parallel work with prun" {
	[ -e /usr/bin/env_parallel.bash ] || skip 'GNU parallel is not installed'
	mkdir bin
	ln -s "$PRUN" bin/parallel
	cat >script <<-'EOF'
		. /usr/bin/env_parallel.bash
		PATH=$PWD/bin:$PATH
		v=7 a=(1 "2 3")
		f() { echo "f $1 $v ${a[1]}"; }
		alias al='echo alias'
		env_parallel -k "f {}; al" ::: 'x y'
		parset p,q -k echo ::: 5 6
		echo "$p $q"
		env_parset list -k 'f' ::: 1 2
		printf '<%s>' "${list[@]}"
		mkdir -p ~/.parallel
		env_parallel --record-env
		later=8
		env_parallel --env _ 'echo; echo $later' ::: x
	EOF
	run -0 bash script
	assert_output $'f x y 7 2 3\nalias\n5 6\n<f 1 7 2 3><f 2 7 2 3>\n8 x'
	for shell in zsh ksh mksh; do
		[ -e "/usr/bin/env_parallel.$shell" ] || continue
		cat >script <<-EOF
			. /usr/bin/env_parallel.$shell
			PATH=\$PWD/bin:\$PATH
			v=7
			f() { echo "f \$1 \$v"; }
			env_parallel -k f ::: 'x y' z
		EOF
		run -0 --separate-stderr "$shell" script
		assert_output $'f x y 7\nf z 7'
	done
	cat >script <<-'EOF'
		. /usr/bin/env_parallel.dash
		PATH=$PWD/bin:$PATH
		v=7
		env_parallel -k 'echo {} $v' ::: 'x y' z
		parset p,q -k echo ::: 5 6
		echo $p $q
	EOF
	run -0 dash script
	assert_output $'x y 7\nz 7\n5 6'
	cat >script <<-'EOF'
		. /usr/bin/env_parallel.bash
		PATH=$PWD/bin:$PATH
		typeset -A m
		parset m echo ::: 4 5 ::: 6 7
		echo "${#m[@]} ${m[4 7]}"
	EOF
	run -0 bash script
	assert_output '4 4 7'
}

@test "the aliases and functions of an installed GNU parallel for csh and fish work with prun" {
	[ -e /usr/bin/env_parallel.csh ] || skip 'GNU parallel is not installed'
	need csh tcsh fish
	mkdir bin
	ln -s "$PRUN" bin/parallel
	cat >script <<-'EOF'
		set path = (bin $path)
		source /usr/bin/env_parallel.csh
		alias foo 'echo al'
		set v=val
		set a=(1 2 3)
		env_parallel -k foo ::: 1 2
		env_parallel -k --env v,foo 'foo $v' ::: 1
		env_parallel -k --env a echo \$'{a[{}]}' ::: 1 2
	EOF
	for shell in csh tcsh; do
		run -0 "$shell" -f script
		assert_output $'al 1\nal 2\nal val 1\n1\n2'
	done
	cat >script <<-'EOF'
		source /usr/bin/env_parallel.fish
		set PATH $PWD/bin $PATH
		function f; echo f $argv; end
		env_parallel -k --env f f ::: 1 2
	EOF
	run -0 fish script
	assert_output $'f 1\nf 2'
}

@test "PARALLEL_ENV: a job that may not read it does not run without it" {
	[ "$(id -u)" -eq 0 ] || skip 'only root may become somebody else'
	need setpriv
	chmod 755 "$T" "$T/work"
	printf '#!/bin/sh\nexec setpriv --reuid=65534 --clear-groups bash "$@"\n' >nobody
	chmod 755 nobody
	PARALLEL_ENV='v=7' PARALLEL_SHELL=$PWD/nobody run -1 --separate-stderr "$PRUN" 'echo $v' ::: 1
	assert_output ''
	[ "$stderr" = 'prun: the job may not read $PARALLEL_ENV' ]
}

@test "parsort of an installed GNU parallel works with prun" {
	need parsort
	mkdir bin
	ln -s "$PRUN" bin/parallel
	seq 3000 | sort -k1.2 >input
	sort -n input >want
	PATH=$PWD/bin:$PATH timeout 60 parsort -n input >got
	cmp want got
}
