# SPDX-License-Identifier: ISC
#
# Options: how they are given, where they come from, what is said of bad ones.

load setup

@test "a shell that is not there is an error of its own, and runs nothing" {
	echo text >text
	for shell in /proc/none "$PWD/text" "$PWD" no-such-shell; do
		PARALLEL_SHELL=$shell run -255 prun echo ::: a
		assert_output "prun: Error: Shell '$shell' not found."
		run -255 prun --shell "$shell" 'echo; :' ::: a b
		assert_output "prun: Error: Shell '$shell' not found."
		SHELL=$shell run -0 prun --dry-run echo ::: a
		assert_output 'echo a'
	done
	PARALLEL_SHELL=bash run -0 prun 'echo $BASH;:' ::: a
	assert_output --partial bash
}

@test "a function that bash has exported is there, whatever SHELL says" {
	cat >script <<-'EOF'
		work() { local a=("$@"); echo "work ${a[0]}"; }
		export -f work
		prun -k work ::: x y
		sem --fg work z
		sem --id bg --bg work w
		sem --id bg --wait
	EOF
	for shell in /bin/sh /bin/zsh /usr/bin/fish /usr/sbin/nologin /bin/false /no/such '' bash; do
		SHELL=$shell run -0 bash script
		assert_output $'work x\nwork y\nwork z\nwork w'
	done
	unset SHELL
	run -0 bash script
	assert_output $'work x\nwork y\nwork z\nwork w'
	work() { echo "exported $1"; }
	export -f work
	for caller in zsh fish ksh tcsh; do
		run -0 "$caller" -c "$PRUN work ::: x; true"
		assert_output 'exported x'
	done
}

# by_no_shell PROGRAM ARGUMENT...: runs it as the first process of a PID namespace and so
# without a shell above it.
by_no_shell() {
	local user=
	[ "$(id -u)" = 0 ] || user=-r
	unshare $user -pf --mount-proc "$@"
}

@test "the jobs' shell is the one that called prun" {
	no_functions
	show='echo ${ZSH_VERSION:+zsh}${BASH_VERSION:+bash}${KSH_VERSION:+ksh}'
	for caller in zsh bash; do
		SHELL=/usr/sbin/nologin run -0 "$caller" -c "$PRUN '$show' ::: x; true"
		assert_output "$caller x"
	done
	run -0 fish -c "$PRUN 'echo \$FISH_VERSION | string length -q; and echo {}' ::: x; true"
	assert_output x
	run -0 tcsh -fc "$PRUN 'echo \$version:q {}' ::: x; true"
	assert_output --partial tcsh
}

@test "the jobs' shell where no shell has called prun: SHELL, else sh" {
	by_no_shell true 2>/dev/null || skip 'may not unshare'
	no_functions
	show='echo ${ZSH_VERSION:+zsh}${BASH_VERSION:+bash}${KSH_VERSION:+ksh}'
	for shell in /bin/zsh /bin/bash; do
		SHELL=$shell run -0 by_no_shell env "$PRUN" "$show" ::: x
		assert_output "$(basename $shell) x"
	done
	for shell in '' /usr/sbin/nologin /bin/false /no/such "$PWD"; do
		SHELL=$shell run -0 by_no_shell env "$PRUN" 'readlink /proc/$$/exe;:' ::: x
		assert_output "$(readlink -f /bin/sh)"
	done
	# A function that bash has exported needs bash.
	SHELL=/bin/false run -0 by_no_shell env 'BASH_FUNC_f%%=() { echo f "$1"; }' "$PRUN" f ::: x
	assert_output 'f x'
	run -255 by_no_shell "$PRUN" --shell-functions auto
	assert_output 'prun: --shell-functions auto: no shell has started prun'
}

@test "a shell that runs no commands is named" {
	for shell in /usr/sbin/nologin /bin/false; do
		PARALLEL_SHELL=$shell run -255 prun 'echo;' ::: a
		assert_output "prun: Error: Shell '$shell' runs no commands: see --shell."
		run -255 prun --shell $shell 'echo;' ::: a
		assert_output "prun: Error: Shell '$shell' runs no commands: see --shell."
	done
}

@test "they end at the command, or at --" {
	run "$PRUN" -k -j2 echo -k ::: a
	assert_output -- '-k a'
	run "$PRUN" -k -- echo ::: a
	assert_output a
}

@test "as bats-core calls it" {
	run bash -c "printf 'one.bats\ntwo.bats\n' |
	    '$PRUN' --keep-order --jobs 2 -- echo \"flags\" \"{#}\" \"{}\""
	assert_output $'flags 1 one.bats\nflags 2 two.bats'
}

@test "bundled, abbreviated, with = and without" {
	run "$PRUN" -kj1 --max-a=2 echo ::: a b c
	assert_output $'a b\nc'
	run "$PRUN" --keep-ord --COLSEP=, echo {2} ::: a,b
	assert_output b
}

@test "variables and config files, the command line last" {
	mkdir -p "$HOME/.parallel"
	echo '-n3' >"$HOME/.parallel/config"
	run "$PRUN" -k echo ::: 1 2 3 4
	assert_output $'1 2 3\n4'
	PARALLEL=-n2 run "$PRUN" -k echo ::: 1 2 3 4
	assert_output $'1 2\n3 4'
	PARALLEL='-n2 --tagstring "a  b"' run "$PRUN" -k -n1 echo ::: 1
	assert_output $'a  b\t1'
	run env PRUN=-n4 PARALLEL=-n2 "$PRUN" -k echo ::: 1 2 3 4
	assert_output '1 2 3 4'
	run "$PRUN" --plain -k echo ::: 1 2
	assert_output $'1\n2'
}

@test "config files in a home that must not be searched are not there" {
	local other=()
	mkdir -m 000 "$T/locked"
	cp "$PRUN" "$T/copy"
	if [ "$(id -u)" = 0 ]; then
		command -v setpriv >/dev/null || skip 'needs setpriv'
		chmod 755 "$T" "$T/copy"
		other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	fi
	HOME=$T/locked run "${other[@]}" "$T/copy" -k echo ::: a b
	assert_success
	assert_output $'a\nb'
	# One that is there and cannot be read is no such case.
	mkdir -p "$T/open/.parallel"
	echo --tag >"$T/open/.parallel/config"
	chmod 000 "$T/open/.parallel/config"
	HOME=$T/open run "${other[@]}" "$T/copy" -k echo ::: a
	assert_failure 255
	assert_output --partial 'config: Permission denied'
}

@test "-j beyond the limits is lowered, and said once" {
	run with_open_files 100 "$PRUN" -j 50 -k echo ::: a b
	assert_success
	assert_output $'prun: -j 50: no more than 22 at a time here for want of open files (ulimit -n)\na\nb'
	run with_open_files 100 "$PRUN" -j 0 -k echo ::: a b
	assert_output $'a\nb'
	run with_open_files 35 "$PRUN" -k echo ::: a b
	assert_output $'a\nb'
}

@test "profiles" {
	mkdir -p "$HOME/.config/prun" "$HOME/.parallel"
	echo '-k -n2 echo from' >"$HOME/.config/prun/pairs"
	run "$PRUN" -J pairs {} ::: a b
	assert_output 'from a b'
	echo '--tag' >"$HOME/.parallel/t"
	run "$PRUN" --profile t echo ::: a
	assert_output $'a\ta'
	run "$PRUN" -J not-there echo ::: a
	assert_output a
}

@test "bad ones are named in one line, status 255" {
	local line
	while IFS= read -r line; do
		run "$PRUN" $line </dev/null
		assert_failure 255
		assert_equal "${#lines[@]}" 1
		assert_output --regexp '^prun: .*'
	done <<-'END'
		--no-such-option echo
		-Z echo
		-j
		-j x echo
		-j 1e9 echo
		-j -999 echo
		-j 0% echo
		-n x echo
		--timeout nan echo
		--timeout inf echo
		--timeout -1 echo
		--keep-order=1 echo
		--jo 2 echo
		--sqlmaster x echo
		-d
		--trim x echo
		-u --group echo
		-a /proc/none echo
	END
}

@test "what is not supported says so by name" {
	local option
	"$PRUN" --list-options | awk '$4 == "not-yet" { print $1 }' >names
	while read -r option; do
		run "$PRUN" --"$option" 1 true
		assert_failure 255
		assert_output --regexp "^prun: --$option is not supported(: .*)?\$"
	done <names
}

@test "what will not come is refused with advice" {
	for option in --tmux --tmuxpane; do
		run -255 "$PRUN" $option echo ::: a
		assert_output "prun: $option is not supported: --latest-line shows what the jobs write while they run"
	done
	for option in --sqlmaster --sqlworker --sqlandworker; do
		run -255 "$PRUN" $option sqlite3:///x echo ::: a
		assert_output "prun: $option is not supported: a file of commands with --joblog and --resume serves"
	done
	run -255 "$PRUN" --embed
	assert_output 'prun: --embed is not supported: install prun where the script is to run'
}

@test "every long option of GNU parallel's newest manual is known" {
	names=$REPO/../../shared/conformance/options-20260422.txt
	[ -e "$names" ] || names=$REPO/../shared/conformance/options-20260422.txt
	[ -e "$names" ] || skip 'the names are not there'
	for option in $(sed -n 's/^--//p' "$names" | grep -v '^_'); do
		run "$PRUN" --"$option=x"
		refute_output --partial 'unknown option'
		refute_output --partial 'ambiguous'
	done
	run -0 "$PRUN" --fast --unsafe --gnu --will-cite -k echo ::: a b
	assert_output $'a\nb'
}

@test "--help shows what there is, --version and --minversion" {
	run "$PRUN" --help
	assert_success
	assert_output --partial '--keep-order'
	refute_output --partial '--sqlmaster'
	run "$PRUN" --version
	assert_output --regexp '^prun [0-9.]+'
	run "$PRUN" --minversion 20200101
	assert_success
	run "$PRUN" --minversion 99990101
	assert_failure 255
	run "$PRUN" --help >/dev/full
}

@test "-h fits a screen; --help TOPIC and --help --OPTION" {
	run -0 "$PRUN" -h
	[ "${#lines[@]}" -le 24 ]
	for line in "${lines[@]}"; do
		[ "${#line}" -lt 80 ]
	done
	assert_line --partial 'prun gzip ::: *.log'
	run -0 "$PRUN" --help str
	assert_line --index 0 'Streams:'
	assert_line --partial '--recstart STRING'
	refute_output --partial '--keep-order'
	run -255 "$PRUN" --help nonsense
	assert_output --partial "prun: --help: 'nonsense' is none of Input, "
	run -255 "$PRUN" --help --nonsense
	assert_output 'prun: unknown option: --nonsense'
	run -255 "$PRUN" --help --tmux
	assert_output --partial '--latest-line shows'
	# Without a manual at hand, what the list says.
	MANPATH=$PWD/none run -0 "$PRUN" --help --retry-d
	assert_output --partial 'wait TIME before a job is tried again'
	need man
	mkdir -p man/man1
	cp "$REPO/man/prun.1" man/man1
	MANPATH=$PWD/man run -0 "$PRUN" --help --retry-d
	assert_line --index 0 --partial '--retry-delay duration'
	assert_output --partial 'Wait this long before a job is tried again.'
	MANPATH=$PWD/man run -0 "$PRUN" --help -k
	assert_line --index 0 --regexp '^ *-k, --keep-order$'
}

@test "called as parallel it is the same" {
	ln -s "$PRUN" parallel
	run ./parallel -k echo ::: a b
	assert_output $'a\nb'
}

@test "called as parallel, the version is what scripts look for" {
	ln -s "$PRUN" parallel
	for flag in --version -V; do
		run -0 ./parallel $flag
		assert_line --index 0 --regexp '^GNU parallel 20221122 \(prun [0-9.]+\)$'
		run bash -c "./parallel $flag | awk 'NR == 1 && \$3 >= 20141022 { print \"new\" }'"
		assert_output new
	done
}

@test "cores and sockets are counted, and -j can count them" {
	threads=$("$PRUN" --number-of-threads)
	cores=$("$PRUN" --number-of-cores)
	sockets=$("$PRUN" --number-of-sockets)
	[ "$sockets" -ge 1 ]
	[ "$sockets" -le "$cores" ]
	[ "$cores" -le "$threads" ]
	run -0 "$PRUN" --number-of-cpus
	assert_output "$cores"
	for pair in "--use-cores-instead-of-threads $cores" "--use-cpus-instead-of-cores $cores" \
		"--use-sockets-instead-of-threads $sockets"; do
		# -j100%: the highest slot when all jobs wait for each other.
		rm -rf slots && mkdir slots
		run -0 "$PRUN" -j100% ${pair% *} 'touch slots/{%}' ::: $(seq 20)
		[ "$(ls slots | wc -l)" -le "${pair#* }" ]
	done
	run -0 taskset -c "$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')" "$PRUN" --number-of-cores
	assert_output 1
}

@test "--show-limits tells and goes on" {
	run -0 "$PRUN" --show-limits echo ::: a
	assert_output "Maximal size of command: $("$PRUN" --max-line-length-allowed)
a"
}

@test "what means nothing without other hosts is accepted, and said where it is missed" {
	run -0 --separate-stderr "$PRUN" -M --ssh ssh --ssh-delay 1 --filter-hosts --rsync-opts -a echo ::: a
	assert_output a
	[ -z "$stderr" ]
	for option in '--basefile f' --transfer '--transferfile {}' '--return {}' '--trc {}.out'; do
		run -0 --separate-stderr "$PRUN" $option echo ::: a
		assert_output a
		[ "$stderr" = "prun: Warning: ${option% *} is ignored: no other host runs jobs." ]
	done
}

@test "an abbreviation that GNU parallel takes means the same here" {
	python3 - "$PRUN" "$REPO/tests/cli/gnu-parallel-options" <<-'EOF'
		import collections, functools, re, subprocess, sys

		prun, path = sys.argv[1:]

		@functools.cache
		def meaning(name):  # what prun calls the option when its argument is wrong
		    for word in f'--{name}=x', f'--{name}':
		        r = subprocess.run([prun, word], capture_output=True, text=True,
		                           stdin=subprocess.DEVNULL)
		        found = re.search(r'option (-\S+) (takes no|needs an) argument', r.stderr)
		        if found:
		            return found[1]

		names = [line.strip()[2:] for line in open(path) if line.startswith('--')]
		ours = subprocess.run([prun, '--list-options'], capture_output=True, text=True)
		ours = [line.split()[0] for line in ours.stdout.splitlines()]
		begins = collections.defaultdict(set)
		for name in names:
		    for n in range(2, len(name)):
		        if any(o.startswith(name[:n]) and o not in names for o in ours):
		            begins[name[:n]].add(meaning(name))
		wrong = [(begin, found, meaning(begin)) for begin, found in begins.items()
		         if len(found) == 1 and None not in found and begin not in names + ours
		         and {meaning(begin)} != found]
		assert len(begins) > 30 and not wrong, wrong
	EOF
	run -0 "$PRUN" -k --jobl log --prog --file echo ::: a
	assert_file_exists log
	run -255 "$PRUN" --nosuch echo ::: a
	assert_output 'prun: unknown option: --nosuch'
}

@test "nothing is asked of who uses it" {
	for flag in --citation --bibtex; do
		run -0 --separate-stderr "$PRUN" $flag
		assert_output 'prun asks for no citation.'
	done
}

@test "--shebang: a script is its own input" {
	script() { # FIRST-LINE
		printf '%s\n' "$1" foo 'bar  baz' >script
		chmod +x script
	}
	for first in "$PRUN --shebang -k echo" "$PRUN --hashbang -k echo" "$PRUN -Y -k echo" \
		"$PRUN -Yk echo" "/usr/bin/env -S $PRUN --shebang -k echo"; do
		script "#!$first"
		run -0 ./script
		assert_output $'foo\nbar  baz'
		run -0 ./script x y
		assert_output $'x y foo\nx y bar  baz'
	done
	script "#!$PRUN --shebang -kq printf '<%s>\\n'"
	run -0 ./script
	assert_output $'<foo>\n<bar  baz>'
	run -255 "$PRUN" --shebang echo ::: a
	assert_output --partial '--shebang must be the first option'
	run -255 "$PRUN" -k --shebang echo ::: a
	assert_output --partial '--shebang must be the first option'
}

@test "--shebang-wrap: a script is run for each of its arguments" {
	for first in "$PRUN --shebang-wrap -k --tag /bin/sh -u" \
		"/usr/bin/env -S $PRUN --shebang-wrap -k --tag /bin/sh -u"; do
		printf '%s\n' "#!$first" 'echo "got $1"' >"a script"
		chmod +x 'a script'
		run -0 './a script' 'x  y' z
		assert_output $'x  y\tgot x  y\nz\tgot z'
		run -0 './a script' <<<$'from\nstdin'
		assert_output $'from\tgot from\nstdin\tgot stdin'
	done
	run -255 "$PRUN" --shebang-wrap sh ::: a
	assert_output --partial '--shebang-wrap must be the first option'
}

@test "-j in all its forms" {
	run "$PRUN" -S 4/: -j 50% -k -X --dry-run echo ::: 1 2 3 4
	assert_output $'echo 1 2\necho 3 4'
	run "$PRUN" -S 4/: -j -2 -k -X --dry-run echo ::: 1 2 3 4
	assert_output $'echo 1 2\necho 3 4'
	echo 1 >slots
	run "$PRUN" -j ./slots -k -X --dry-run echo ::: 1 2 3 4
	assert_output 'echo 1 2 3 4'
}

@test "an empty file name is an error by name" {
	local option
	for option in --joblog --results --workdir --tmpdir --shell -a \
		--sudo-password-file --profile; do
		run "$PRUN" "$option" '' echo ::: a
		assert_failure 255
		assert_output "prun: $option: the file name is empty"
	done
	run "$PRUN" echo :::: ''
	assert_failure 255
	assert_output "prun: '::::': the file name is empty"
	run "$PRUN" --joblog + echo ::: a
	assert_failure 255
	assert_output 'prun: --joblog: the file name is empty'
}

@test "a template that makes no file name is an error by name" {
	run "$PRUN" --results '{2}' echo ::: a
	assert_failure 255
	assert_output 'prun: --results {2}: the file name of job 1 is empty'
	run "$PRUN" --workdir '{2}' echo ::: a
	assert_failure 255
	assert_output 'prun: --workdir {2}: the folder name of job 1 is empty'
}

@test "--_parset prints what the shell function parset evaluates" {
	run -0 "$PRUN" -k --_parset var,x,y,z 'echo {}; echo two' ::: a "b'c"
	assert_output "x='a
two' &&
y='b'\"'\"'c
two' &&

return 0"
	for shell in bash zsh ksh mksh; do
		cat >script <<-EOF
			parset() { local names=\$1; shift; eval "\$('$PRUN' -k --_parset var,"\$names" "\$@")"; }
			parset a,b echo ::: 'x  y' z; echo "<\$a|\$b> \$?"
			parset list 'printf "%s\n\n" {}; exit 1' ::: 1 "2 3" ''; echo "\$? \${#list[@]}"
			for value in "\${list[@]}"; do echo "<\$value>"; done
			parset 1a echo ::: 1; echo \$?
		EOF
		sed -i "s/^parset() { local/parset() { typeset/" script
		run -0 --separate-stderr "$shell" script
		assert_output $'<x  y|z> 0\n3 3\n<1>\n<2 3>\n<>\n255'
		[ "$stderr" = "prun: parset: '1a' is no name of a variable" ]
	done
	run -255 --separate-stderr "$PRUN" -k --_parset var,x,y echo ::: 1 2 3
	assert_output $'x=1 &&\ny=2 &&\n\nreturn 255'
	[ "$stderr" = 'prun: parset: there are more jobs than variables' ]
	[ -z "$(ls "$TMPDIR")" ]
}

@test "--combine-executable: prun, a program and its arguments in one file" {
	run -0 "$PRUN" -k --combineexec parseq --tag seq -s,
	assert_output ''
	# Neither is found on PATH.
	PATH=/proc/none run -0 ./parseq 1 ::: 3 2
	assert_output $'3\t1,2,3\n2\t1,2'
	printf '#!/bin/sh\necho script "$@"\n' >program
	chmod +x program
	run -0 "$PRUN" --combine-executable=parprogram ./program :::
	rm program
	run -0 ./parprogram a
	assert_output 'script a'
	run -255 "$PRUN" --combineexec parseq seq
	assert_output 'prun: --combine-executable: parseq: File exists'
	run -255 "$PRUN" --combineexec x 'seq 1'
	assert_output "prun: --combine-executable: 'seq 1' is no program"
	run -255 "$PRUN" --combineexec x
	assert_output 'prun: --combine-executable: the program is missing'
	run -255 "$PRUN" --combineexec /proc/none/x seq
	assert_output 'prun: --combine-executable: /proc/none/x: No such file or directory'
	assert_file_not_exist x
}

@test "--shell-completion auto, --shell-functions auto: for the shell that calls" {
	local shell
	for shell in bash zsh fish; do
		need "$shell"
		for option in --shell-completion --shell-functions; do
			"$PRUN" "$option" "$shell" >want
			"$shell" -c "prun $option auto >got; :"
			cmp want got
		done
	done
}

@test "-j takes a number with a newline behind it" {
	run -0 "$PRUN" -j $'2\n' -k echo ::: a b
	assert_output $'a\nb'
	run -0 "$PRUN" -j $'0\n' -k echo ::: a b
	assert_output $'a\nb'
	run -255 "$PRUN" -j $'\n' echo ::: a
}
