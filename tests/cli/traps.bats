# SPDX-License-Identifier: ISC
#
# Command lines that run and do something else than was meant: one warning, and no
# warning for those that are meant so.

load setup

setup() {
	setup_prun
}

# warned TEXT ARGUMENT...: prun warns once, and runs.
warned() {
	local text=$1
	shift
	run --separate-stderr prun "$@" </dev/null
	assert_equal "$stderr" "prun: $text"
	run --separate-stderr prun --no-warn "$@" </dev/null
	assert_equal "$stderr" ''
}

# silent ARGUMENT...
silent() {
	run --separate-stderr prun "$@" </dev/null
	assert_equal "$stderr" ''
}

@test "a name that is nearly one of the header" {
	printf 'name,size\na,1\n' >t.csv
	warned 'Warning: no column has the name nam: is {name} meant?' --csv --header : echo '{nam}{nam}' :::: t.csv
	warned 'Warning: no column has the name Size: is {size} meant?' --csv --header : echo '{Size}' :::: t.csv
	silent --csv --header : echo '{name} {size}' :::: t.csv
	silent --csv --header : 'true {a,b} {other}; f() { :; }; f' :::: t.csv
	silent echo '{nam}' ::: a
}

@test "a number beyond the sources" {
	warned 'Warning: {3} is empty: there are 2 sources of values' echo '{1}{3}' ::: a ::: b
	warned 'Warning: {2} is empty: there is 1 source of values' echo '{2}' ::: a
	silent echo '{1}{2}' ::: a ::: b
	printf 'a\tb\n1\t2\n' >columns
	silent --header : echo '{2}' :::: columns
	silent -C , echo '{3}' ::: a,b,c
	silent -N3 echo '{3}' ::: a b c
	silent -n3 echo '{3}' ::: a b c
	silent -X echo '{3}' ::: a b c
	seq 3 >list
	silent -a list -N3 echo '{3}'
}

@test "an option among the values" {
	warned "Warning: -k is a value, as it stands behind ':::': options stand before the command" echo ::: a b -k
	warned "Warning: --tag is a value, as it stands behind ':::': options stand before the command" echo ::: a --tag
	silent echo ::: -k --tag
	silent echo ::: a -l -x --tagged
}

@test "a separator as the argument of an option" {
	warned 'Warning: --joblog takes the next word, which is a separator of values, for its argument' --joblog ::: echo
	silent --joblog=::: echo ::: a
}

@test "a value that needs quotes between apostrophes" {
	warned "Warning: {} stands between apostrophes, which end where the quotes of the value 'a b' begin: leave them out" \
		-k "echo '{}'" ::: x 'a b' 'c d'
	silent "echo '{}'" ::: x y
	silent 'echo "{}" {}' ::: 'a b'
	silent -q echo "'{}'" ::: 'a b'
	silent "echo 'x' {} 'y' \\' {}" ::: 'a b'
	silent "echo '{= uq =}'" ::: 'a b'
}

@test "sh -c and a script that the job's shell takes apart" {
	warned "Warning: sh -c gets only the first word of 'true {} x': the shell of the job takes it apart (-q keeps it whole)" \
		sh -c 'true {} x' ::: a
	silent -q sh -c 'true {} x' ::: a
	silent sh -c "'true {} x'" ::: a
	silent sh -c true ::: a
	silent 'sh -c "true {} x"' ::: a
}

@test "an option that does nothing without another one" {
	warned 'Warning: --retry-delay does nothing without --retries' --retry-delay 1 true ::: a
	warned 'Warning: --joblog-extra does nothing without --joblog or --results FILE.json' --joblog-extra true ::: a
	warned 'Warning: --resume-key does nothing without --resume' --resume-key '{}' true ::: a
	warned 'Warning: --recend does nothing without --pipe' --recend x true ::: a
	warned 'Warning: --records does nothing without --pipe' --records csv true ::: a
	warned 'Warning: --regexp does nothing without --pipe' --regexp true ::: a
	warned 'Warning: --tee does nothing without --pipe' --tee true ::: a
	silent --retries 2 --retry-delay 0 --retry-on fail --joblog log --joblog-extra --resume --resume-key '{}' true ::: a
	silent --retries 0 --retry-delay 0 true ::: b
	# A profile, or a variable, has it for other runs.
	PRUN='--retry-delay 1' silent true ::: a
}

@test "a folder for temporary files that is not there, and sem without a command" {
	run -255 prun --tmpdir "$PWD/none" echo ::: a
	assert_output "prun: --tmpdir: $PWD/none: No such file or directory"
	ln -s "$PRUN" sem
	run -255 ./sem --id x </dev/null
	assert_output 'sem: no command'
}

@test "a terminal that says nothing" {
	need script
	# told ARGUMENT...: what comes on the terminal until prun is told of the end.
	told() {
		rm -f out
		mkfifo in
		in_background bash -c 'exec script -qfec "exec $0 $1" /dev/null <in >out' "$PRUN" "$*"
		exec 5>in
		wait_for grep -q 'Ctrl-D' out
		printf 'hello\n\004' >&5
		exec 5>&-
		finish
		rm in
		assert_equal "$(grep -c Ctrl-D out)" 1
	}
	told echo got
	run cat out
	assert_line --partial "prun: reading values from the terminal, one in each line; Ctrl-D ends the input (values of the command line stand behind ':::')"
	assert_line --partial 'got hello'
	told ''
	run cat out
	assert_line --partial 'prun: reading commands from the terminal, one in each line; Ctrl-D ends the input'
	told echo :::a
	run cat out
	assert_line --partial "prun: reading values from the terminal: ':::a' is no source without a blank behind the colons; Ctrl-D ends the input"
	told --pipe cat
	run cat out
	assert_line --partial 'prun: reading a stream from the terminal, Ctrl-D ends the input'
	# Whoever types at once, or has no terminal, sees nothing.
	run --separate-stderr bash -c '{ sleep 1.2; echo x; } | prun echo'
	assert_equal "$stderr" ''
}
