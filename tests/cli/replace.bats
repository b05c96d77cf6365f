# SPDX-License-Identifier: ISC
#
# Replacement strings.

load setup

@test "path parts, positions, numbers" {
	run "$PRUN" -k echo {.} {/} {//} {/.} {#} ::: d/e.f
	assert_output 'd/e e.f d e 1'
	run "$PRUN" -k echo {2} {1.} {-1} ::: a.b ::: c
	assert_output 'c a c'
}

@test "own names for them" {
	run "$PRUN" -I @ --er E --bnr B echo @ E B {} ::: d/a.b
	assert_output 'd/a.b d/a a.b {}'
}

@test "a name of the user's own wins over the usual meaning of that name" {
	run "$PRUN" -I '{/}' echo '{/} {1/} {}' ::: d/a.b
	assert_output 'd/a.b d/a.b {}'
	run "$PRUN" --bnr '{#}' --er '{%}' echo '{#} {%} {}' ::: d/a.b
	assert_output 'a.b d/a d/a.b'
}

@test "blanks behind a position, and any number of zeros" {
	run "$PRUN" echo '{1 } {2  .} {-1	/}' ::: a ::: d/e.f
	assert_output 'a d/e e.f'
	run "$PRUN" -j1 --total-jobs 12 echo '{00#} {000%} {00} {00#x}' {} ::: a
	assert_output '01 1 {00} {00#x} a'
}

@test "--plus" {
	run "$PRUN" --plus echo {..} {+.} {:1} {%c} {/a/x} {^^b} ::: a.b.c
	assert_output 'a c .b.c a.b. x.b.c a.B.c'
	run "$PRUN" -k --plus echo {#}/{##} {0#} ::: a b c d e f g h i j
	assert_line --index 0 '1/10 01'
	assert_line --index 9 '10/10 10'
}

@test "--plus: a regular expression, not a pattern of the shell's" {
	run "$PRUN" --plus echo {/#a/X} {/%a/X} {2/#[ab]/X} {/#b/X} ::: aba ::: bc
	assert_output 'Xba bc abX bc Xc aba Xc'
	run "$PRUN" --plus echo {##*/} {#*/} ::: a/b/c
	assert_output 'ab/c ab/c'
	run "$PRUN" --plus echo {%%*} ::: a
	assert_failure 255
	assert_output "prun: --plus: '*' in a replacement string is no regular expression"
	run "$PRUN" --plus echo '{^^(}' ::: a
	assert_failure 255
	assert_output "prun: --plus: '(' in a replacement string is no regular expression"
}

@test "{= =} may stand in several words" {
	run "$PRUN" -k echo {= s/a/b/ =} ::: aa 'a c'
	assert_output $'ba\nb c'
	run "$PRUN" -k echo {=1 s/a/b/ =}-{=2 s/x/y/ =} '' x ::: aa ::: x
	assert_output 'ba-y x'
}

@test "--rpl with s/// and tr///, and {= =}" {
	run "$PRUN" --rpl '{b} s:.*/::; s/\.[^.]*$//' --rpl '{up} tr/a-z/A-Z/' echo {b} {1up} ::: x/y.z
	assert_output 'y X/Y.Z'
	run "$PRUN" --rpl '{-(.*?)} s/$$1//' echo {-b} ::: abc
	assert_output ac
	run "$PRUN" echo '{= s/(.*)-(.*)/$2 $1/ =}' ::: a-b
	assert_output 'b a'
}

@test "a column of the header wins over a replacement string of that name" {
	printf '%s\n' '#,/,host,u,' '1,x/y,there,a,e' >list
	run "$PRUN" --plus --rpl '{u} s/a/b/' --header : --colsep , \
		echo {#} {/} {host} {u} {0#} {slot} :::: list
	assert_output '1 x/y there a 1 1'
	run "$PRUN" --header : echo {#} {} ::: '#' seven
	assert_output 'seven seven'
}

@test "names from a header" {
	printf 'town,km\nOslo,30\n' >list
	run "$PRUN" --header : --colsep , echo {town}: {km} :::: list
	assert_output 'Oslo: 30'
}

@test "--match" {
	run "$PRUN" -k --match '(.*)-(.*)' echo {1.2} {1.1} ::: a-b c-d
	assert_output $'b a\nd c'
	run --separate-stderr "$PRUN" -k --match '(.)-(.)' echo {1.2} ::: a-b x c-d
	assert_failure 1
	assert_output $'b\nd'
	run "$PRUN" --match '(' echo {1.1} ::: a
	assert_failure 255
	assert_output --partial '--match: '
}

@test "a value that looks like a replacement string stays one" {
	run "$PRUN" -k echo {} ::: '{#}' '{}' '{1}' '{= s/a/b/ =}'
	assert_output $'{#}\n{}\n{1}\n{= s/a/b/ =}'
}

@test "values as commands" {
	run "$PRUN" -k ::: 'echo a; echo b' 'echo c | tr c d'
	assert_output $'a\nb\nd'
	run bash -c "printf 'echo a b\necho c\n' | '$PRUN' -k"
	assert_output $'a b\nc'
}

@test "a newline may stand behind the position" {
	for string in $'{1\n}' $'{1\n\n}' $'{-1\n}'; do
		run -0 "$PRUN" -q printf '<%s>' "$string" ::: a.b
		assert_output '<a.b>'
	done
	run -0 "$PRUN" -q printf '<%s>' $'{1\n.}' ::: a.b
	assert_output '<a>'
	run -0 "$PRUN" -q printf '<%s>' $'{\n1}' ::: a.b
	assert_output $'<{\n1}><a.b>'
}

@test "{threads} and PRUN_THREADS: the CPUs divided by the slots, at least 1" {
	run "$PRUN" -S 16/: -j3 -k 'echo {threads} $PRUN_THREADS {}' ::: a
	assert_success
	assert_output '5 5 a'
	run "$PRUN" -S 2/: -j8 --tagstring '{threads}' echo ::: a
	assert_output $'1\ta'
	run "$PRUN" -S 8/: -j2 --dry-run make -j{threads} ::: a
	assert_output 'make -j4'
	# A column of that name is meant, where there is one.
	run "$PRUN" --header : echo {threads} ::: threads x
	assert_output x
}

@test "--template makes a file for each job, with values that are not quoted" {
	printf 'X: {x}\n\n it'"'"'s {y.} {#}  {}%s' '{=x $_ *= 2 =}' >t
	run -0 "$PRUN" -k --header : --template t='out/{#}.txt' --tmpl t={#}.b \
		'cat out/{#}.txt {#}.b; echo' ::: x 1 2 ::: y "a'b.c"
	one=$'X: 1\n\n it\'s a\'b 1  1 a\'b.c2'
	two=$'X: 2\n\n it\'s a\'b 2  2 a\'b.c4'
	assert_output "$one$one"$'\n'"$two$two"
	assert_file_exist out/2.txt
	assert_file_exist 2.b
}

@test "--template with --cleanup: the file is there for every try, and gone at the end" {
	echo '{}' >t
	run -1 "$PRUN" --cleanup --retries 3 --tmpl t={#}.c 'cat {#}.c; exit {}' ::: 0 4
	assert_output $'0\n4'
	assert_file_not_exist 1.c
	assert_file_not_exist 2.c
	run -0 "$PRUN" --dry-run --tmpl t={#}.c echo ::: 1
	assert_file_not_exist 1.c
	run -255 "$PRUN" --cleanup --timeout 0.1 --halt now,fail=1 --tmpl t={#}.c -j1 sleep ::: 1000 1000
	assert_file_not_exist 1.c
	# The second file cannot be made, so the job does not start.
	run -255 "$PRUN" --cleanup --tmpl t={#}.c --tmpl t=/proc/none/t echo ::: 1
	assert_file_not_exist 1.c
}

@test "--template: what is wrong is named" {
	printf 'a\0b' >nul
	: >t
	while read -r value message; do
		run -255 "$PRUN" --template "$value" echo ::: ''
		assert_output "prun: --template${message/#t=/ t=}"
	done <<-'EOF'
		t : 't' is not FILE=NAME: of both a file name is needed
		t= : 't=' is not FILE=NAME: of both a file name is needed
		=t : '=t' is not FILE=NAME: of both a file name is needed
		no/file=t : no/file: No such file or directory
		nul=t : nul: a NUL is no text
		t={} t={}: the file name of job 1 is empty
		t=/proc/none/t : /proc/none/t: No such file or directory
	EOF
}
