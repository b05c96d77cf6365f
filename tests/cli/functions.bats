# SPDX-License-Identifier: ISC
#
# env_parallel, parset, env_parset and parsort: the functions that --shell-functions
# prints, each in its shell.

load setup

# run_script SHELL: stdin is the script, and stands behind the functions.
run_script() {
	need "$1"
	{
		if [ "$1" = fish ]; then
			echo 'prun --shell-functions fish | source'
		else
			echo "eval \"\$(prun --shell-functions ${1%93})\""
		fi
		cat
	} >script
	run --separate-stderr "$@" script
}

VALUE=$'it\'s "q" $x `y` \\\n ü\nw=3'

@test "env_parallel in bash: variables, arrays, functions, aliases, options" {
	run_script bash <<-'EOF'
		set -u
		v=$'it\'s "q" $x `y` \\\n ü\nw=3'
		a=(1 '2 3')
		declare -A m=(['a b']=c)
		readonly r=5
		shopt -s extglob
		f() { case $1 in !(x)) echo "$v|${a[1]}|${m[a b]}|$r" ;; esac; }
		g() { local l=inner; env_parallel 'echo $l {}' ::: 1; }
		alias al='echo alias'
		env_parallel -k 'f {}; al {}' ::: 'x y'
		g
		IFS=:
		env_parallel --env a,f 'echo "${v-none} ${a[1]}"; type -t f #' ::: 1
		env_parallel 'exit 3 #' ::: 1 2
		echo "$?"
		env_parallel --nosuch echo ::: 3 || echo "$?"
		seq 2 | env_parallel -k echo
		seq 2 | env_parallel -k --pipe -n1 al
	EOF
	assert_output "$VALUE|2 3|c|5"$'\nalias x y\ninner 1\nnone 2 3\nfunction\n2\n255\n1\n2\nalias\nalias'
	[ "$stderr" = 'prun: unknown option: --nosuch' ]
}

@test "env_parallel in zsh: also global aliases and options" {
	run_script zsh <<-'EOF'
		set -u
		v=$'it\'s "q" $x `y` \\\n ü\nw=3'
		a=(1 '2 3')
		typeset -A m=('a b' c)
		readonly r=5
		setopt extendedglob ksharrays
		f() { case $1 in ^(x)) echo "$v|${a[1]}|${m[a b]}|$r" ;; esac; }
		g() { local l=inner; env_parallel 'echo $l {}' ::: 1; }
		alias al='echo alias'
		alias -g UP='| tr a-z A-Z'
		env_parallel -k 'f {}; al {} UP' ::: 'x y'
		g
		env_parallel --env a,f 'echo "${v-none} ${a[0]}"; whence -w f #' ::: 1
		env_parallel 'exit 3 #' ::: 1 2
		echo "$?"
		seq 2 | env_parallel -k --pipe -n1 al
	EOF
	assert_output "$VALUE|2 3|c|5"$'\nALIAS X Y\ninner 1\nnone 1\nf: function\n2\nalias\nalias'
	[ -z "$stderr" ]
}

@test "env_parallel in ksh and mksh" {
	local shell
	for shell in ksh mksh; do
		run_script "$shell" <<-'EOF'
			set -u
			v=$'it\'s "q" $x `y` \\\n ü\nw=3'
			set -A a 1 '2 3'
			typeset -r r=5
			f() { echo "$v|${a[1]}|$r"; }
			alias al='echo alias'
			env_parallel -k 'f {}; al {}' ::: 'x y'
			env_parallel --env a,f 'echo "${v-none} ${a[1]}"; typeset -f f >/dev/null; echo $? #' ::: 1
			env_parallel 'exit 3 #' ::: 1 2
			echo "$?"
			seq 2 | env_parallel -k --pipe -n1 al
		EOF
		assert_output "$VALUE|2 3|5"$'\nalias x y\nnone 2 3\n0\n2\nalias\nalias'
		[ -z "$stderr" ]
	done
	run_script ksh <<<'typeset -A m; m["a b"]=c; env_parallel '\''echo ${m[a b]}'\'' ::: 1'
	assert_output 'c 1'
}

@test "env_parallel in dash and sh: variables and aliases; functions are an error" {
	local shell
	for shell in dash sh; do
		run_script "$shell" <<-EOF
			set -u
			v='${VALUE/\'/\'\\\'\'}'
			f() { :; }
			alias al='echo alias'
			env_parallel -k 'echo "\$v"; al {} #' ::: 'x y'
			env_parallel f ::: 1
			echo "\$?"
			env_parallel --env v,f 'f #' ::: 1
			echo "\$?"
			env_parallel 'exit 3 #' ::: 1 2
			echo "\$?"
			seq 2 | env_parallel -k --pipe -n1 al
		EOF
		assert_output "$VALUE"$'\nalias x y\n1\n1\n2\nalias\nalias'
		[[ $stderr == *'env_parallel: f: no function can be copied from this shell'* ]]
	done
}

@test "env_parallel in fish" {
	run_script fish <<-'EOF'
		set v 'it\'s "q" $x `y` \\
		 ü
		w=3'
		set a 1 '2 3'
		function f; echo "$v|$a[2]"; end
		function g; set -l l inner; env_parallel 'echo $l' ::: 1; end
		alias ls 'echo myls'
		env_parallel -k 'f {}; ls {}' ::: 'x y'
		g
		env_parallel --env a,f 'echo "$v $a[2]"; functions -q f; echo $status #' ::: 1
		env_parallel 'exit 3 #' ::: 1 2
		echo $status
		seq 2 | env_parallel -k --pipe -n1 'ls; cat'
	EOF
	assert_output "$VALUE|2 3"$'\nmyls x y\ninner 1\n 2 3\n0\n2\nmyls\n1\nmyls\n2'
	[ -z "$stderr" ]
}

@test "env_parallel copies what is longer than an argument may be" {
	local shell
	for shell in bash zsh ksh mksh dash; do
		run_script "$shell" <<-'EOF'
			big=$(head -c 200000 /dev/zero | tr '\0' x)
			env_parallel 'echo ${#big} #' ::: 1
		EOF
		assert_output 200000
	done
	run_script fish <<-'EOF'
		set big (string repeat -n 200000 x)
		env_parallel 'string length $big #' ::: 1
	EOF
	assert_output 200000
}

@test "--session, --end-session and --record-env say what env_parallel leaves out" {
	local shell
	for shell in bash zsh ksh mksh dash; do
		rm -rf "$HOME/.parallel"
		run_script "$shell" <<-'EOF'
			set -u
			show() { env_parallel "$@" 'echo "${old-none} ${new-none}" #' ::: 1; }
			old=1
			show --env _ || echo "$?"
			env_parallel --record-env
			env_parallel --session
			new=2
			show
			env_parallel --session
			show
			env_parallel --end-session
			show
			env_parallel --end-session
			show
			show --env _
		EOF
		assert_output $'255\nnone 2\nnone none\nnone 2\n1 2\nnone 2'
		[ "$stderr" = "prun: --env _: $HOME/.parallel/ignored_vars: not there: call --record-env in a clean environment first" ]
	done
	rm -rf "$HOME/.parallel"
	run_script fish <<-'EOF'
		function show; env_parallel $argv 'echo "$old $new" #' ::: 1; end
		set -g old 1
		env_parallel --record-env
		env_parallel --session
		set -g new 2
		show
		env_parallel --session
		show
		env_parallel --end-session
		show
		env_parallel --end-session
		show
		show --env _
	EOF
	assert_output $' 2\n \n 2\n1 2\n 2'
	run -255 "$PRUN" --session
	assert_output 'prun: --session is for the shell function env_parallel: see --shell-functions'
}

@test "parset: an array, variables, an associative array; its errors" {
	local shell
	for shell in bash zsh ksh mksh; do
		run_script "$shell" <<-'EOF'
			set -eu
			parset list 'printf "%s\n\n" {}' ::: 1 "2  3" ''
			printf '<%s>' "${#list[@]}" "${list[@]}"; echo
			parset a,b echo ::: 'x  y' z
			echo "$a|$b"
			w=1
			env_parset 'a b' 'echo "$w {}"' ::: 1 2
			echo "$a|$b"
			parset a 'exit 1' ::: 1 2 || echo "$?"
			parset '1;a' echo ::: 1 || echo "$?"
			parset a,b echo ::: 1 2 3 || echo "$?"
			parset || echo "$?"
			readonly r=5
			(parset r,a echo ::: 1 2) || echo "failed"
		EOF
		assert_output $'<3><1><2  3><>\nx  y|z\n1 1|1 2\n2\n255\n255\n255\nfailed'
		[[ $stderr == *"prun: parset: '1;a' is no name of a variable"* ]]
		[[ $stderr == *'prun: parset: there are more jobs than variables'* ]]
		[[ $stderr == *'prun: parset: the name of a variable is missing'* ]]
	done
	for shell in bash zsh ksh; do
		run_script "$shell" <<-'EOF'
			typeset -A m
			parset m echo ::: 4 5 ::: 6 "7'"
			k="4 7'"
			echo "${#m[@]} ${m[$k]}"
		EOF
		assert_output "4 4 7'"
	done
	run_script dash <<-'EOF'
		parset a echo ::: 'x  y'
		echo "$a"
		parset a,b echo ::: 1 2
		echo "$a|$b"
		parset a echo ::: 1 2
		echo "$?"
	EOF
	assert_output $'x  y\n1|2\n255'
}

@test "parset in fish" {
	run_script fish <<-'EOF'
		parset list 'printf "%s\n\n" {}' ::: 1 '2
		 3' ''
		printf '<%s>' (count $list) $list; echo
		parset a,b echo ::: 'x  y' z
		echo "$a|$b"
		set w 1
		env_parset a,b 'echo "$w" {}' ::: 1 2
		echo "$a|$b"
		function f; set -l here 1; parset here 'echo {}; exit 1' ::: 7 8; echo "$status $here"; end
		f
		set -q here; or echo none
		parset version echo ::: 1; or echo failed
		parset a,b echo ::: 1 2 3; or echo $status
		parset; or echo $status
	EOF
	assert_output $'<3><1><2\n 3><>\nx  y|z\n1 1|1 2\n2 7 8\nnone\nfailed\n255\n255'
}

@test "parsort writes what sort writes" {
	seq 20000 | sed 's/$/ x/' | sort -k1.3,1.5 >n
	printf 'b 2\nb 1\na 3\nno newline' >k
	printf 'b\0a\0c' >z
	: >empty
	run_script bash <<-'EOF'
		same() {
			sort "$@" >want 2>want.err
			status=$?
			parsort "$@" >got 2>got.err
			[ $? -eq "$status" ] && cmp want got && cmp want.err got.err || echo "not the same: $*"
		}
		same n; same -n n k; same -nr n; same -k1,1 -s k n; same -u -k1,1 k k
		same -t ' ' -k 2n k; same -t' ' -k2nr k; same -z z; same empty; same empty k
		same nosuch; same -k0 n; same -k; same -nu n n; same -rn -- n; same -c n; same -m k
		same --reverse --key=1n n; same --parallel=3 -bdf n; same -t "'" k; same --rev k
		parsort <n | cmp - <(sort n) && seq 3 | parsort -nr - && parsort </dev/null
		cp n o && parsort -n o -o o && sort -n n | cmp - o
		ls -A "$TMPDIR"
	EOF
	assert_output $'3\n2\n1'
	[ -z "$stderr" ]
	for shell in zsh ksh mksh dash fish; do
		run_script "$shell" <<<'printf "b\na\n" | parsort; parsort -u k k'
		assert_output $'a\nb\na 3\nb 1\nb 2\nno newline'
	done
}

@test "--shell-functions knows no other shells" {
	run -255 "$PRUN" --shell-functions tcsh
	assert_output "prun: --shell-functions: 'tcsh' is none of bash, zsh, fish, ksh, mksh, dash, sh"
}

@test "--record-env and --env _: what sudo is asked to keep" {
	OLD=1 run -0 "$PRUN" --record-env
	assert_output ''
	grep -qx OLD "$HOME/.parallel/ignored_vars"
	run -0 "$PRUN" --env _,HOME echo ::: a
	assert_output a
	run -255 "$PRUN" --env a,,b echo ::: a
	assert_output 'prun: --env: an empty name is no name of a variable'
	HOME= run -255 "$PRUN" --record-env
	assert_output 'prun: --record-env: HOME is not set: no place for ignored_vars'
	HOME=/proc/none run -255 "$PRUN" --record-env
	assert_output 'prun: --record-env: /proc/none/.parallel: No such file or directory'
}
