# SPDX-License-Identifier: ISC
#
# Several arguments for a job.

load setup

@test "-n and -N" {
	run bash -c "seq 5 | '$PRUN' -k -n2 echo x{}"
	assert_output $'x1 2\nx3 4\nx5'
	run bash -c "seq 5 | '$PRUN' -k -N2 echo x{} {1}+{2}"
	assert_output $'x1 x2 1+2\nx3 x4 3+4\nx5 5+'
	run "$PRUN" -k -N0 echo tick ::: a b
	assert_output $'tick\ntick'
	run "$PRUN" -k -N0 'echo x{}y' ::: a b
	assert_output $'xy\nxy'
}

@test "-n and -N say how many lines -L takes, in either order" {
	local options
	for options in '-n3 -L2' '-L2 -n3' '-N3 -L2' '-L2 -N3' '-l2 -n3' '-n3 -l'; do
		run -0 bash -c "seq 4 | '$PRUN' -k $options echo"
		assert_output $'1 2 3\n4'
	done
}

@test "-L joins lines that end in a blank" {
	run bash -c "printf 'a \nb\nc\nd\n' | '$PRUN' -k -L2 '$HELPER/showargs'"
	assert_output $'3:a b\n1:c\n1:d'
}

@test "-L repeats the word, with -m or --xargs the values" {
	local option
	run bash -c "seq 4 | '$PRUN' -k -L3 echo a{}b"
	assert_output $'a1b a2b a3b\na4b'
	for option in -m --xargs; do
		run bash -c "seq 4 | '$PRUN' -k -j1 -L3 $option echo a{}b"
		assert_output $'a1 2 3b\na4b'
	done
	run bash -c "seq 4 | '$PRUN' -k -j1 -X -L3 -m echo a{}b"
	assert_output $'a1b a2b a3b\na4b'
}

@test "-X repeats the word, -m the values, --xargs does not spread" {
	run bash -c "seq 3 | '$PRUN' -j1 -X echo a{}b {}{.}"
	assert_output 'a1b a2b a3b 11 22 33'
	run bash -c "seq 3 | '$PRUN' -j1 -m echo a{}b"
	assert_output 'a1 2 3b'
	run bash -c "seq 10 | '$PRUN' -k -j4 -X echo"
	assert_output $'1 2 3\n4 5 6\n7 8 9\n10'
	run bash -c "seq 10 | '$PRUN' -k -j4 --xargs echo"
	assert_output '1 2 3 4 5 6 7 8 9 10'
}

@test "-X and -N repeat the word in a tag, in names and in a folder too" {
	run -0 "$PRUN" -j1 -X --tagstring 'n{} {.}: x' echo ::: a.b c.d
	assert_output $'na.b nc.d a: c: x\ta.b c.d'
	run -0 "$PRUN" -k -N2 --tagstring 'n{}-{1}' echo ::: a b c
	assert_output $'na-a nb-a\ta b\nnc-c\tc'
	run -0 "$PRUN" -j1 -m --tagstring 'n{}:' echo ::: a b
	assert_output $'na b:\ta b'
	run -0 "$PRUN" -j1 -X --workdir '{}.d' --results '{}.r' echo ::: a b
	assert_dir_exist 'a.d b.d'
	run cat 'a.r b.r'
	assert_output 'a b'
}

@test "-X with several sources keeps what belongs together" {
	run "$PRUN" -j1 -X echo {1}={2} ::: a b ::: 1 2
	assert_output 'a=1 a=2 b=1 b=2'
}

@test "-s counts the finished line, quotes and all" {
	run bash -c "seq 10 20 | sed 's/^/a /' | '$PRUN' -k -j1 -m -s 24 --dry-run echo {}"
	assert_line --index 0 "echo 'a 10' 'a 11'"
	run bash -c "seq 1000 | '$PRUN' -j1 -X -s 100 --dry-run echo x{} {.}y {1} | awk 'length(\$0) > 99'"
	assert_output ''
	run "$PRUN" -s 10 echo ::: aaaaaaaaaaaa
	assert_failure 255
	assert_output 'prun: command line too long (17 >= 10) at input 1: aaaaaaaaaaaa'
}

@test "lines as long as the system takes, all values once" {
	seq 200000 >many
	"$PRUN" -a many -k -X printf '%s\\n' >got
	cmp many got
	"$PRUN" -a many -k -X "$HELPER/showargs" >direct
	cut -d: -f2 direct | cmp many -
	run bash -c "'$PRUN' -a many -j1 -X --dry-run echo | wc -l"
	assert_output "$(xargs -s 131071 echo <many | wc -l)"
}

@test "values with blanks and quotes stay apart in a batch" {
	run "$PRUN" -j1 -X "$HELPER/showargs" p{} ::: 'a b' "c'd" ''
	assert_output $'4:pa b\n4:pc\'d\n1:p'
}

@test "-x is taken" {
	run "$PRUN" -k -x -n2 echo ::: a b c
	assert_output $'a b\nc'
}

@test "tuples stay tuples where the whole input is read first" {
	run "$PRUN" -k -X --halt now,fail=50% echo {1}-{2} ::: a b ::: c d
	assert_output "$("$PRUN" -k -X echo {1}-{2} ::: a b ::: c d)"
	run "$PRUN" -j1 --plus -X echo {##}:{1}-{2} ::: a b ::: c d
	assert_output '1:a-c 1:a-d 1:b-c 1:b-d'
	run "$PRUN" -k -N0 --halt soon,fail=50% echo x ::: a b
	assert_output $'x\nx'
}

@test "-L 0 and -L -0 run the command without values" {
	for n in 0 -0; do
		run -0 "$PRUN" -L "$n" -k echo {} x ::: a b
		assert_output $'x\nx'
	done
}

@test "-q --nonall passes the words as they are" {
	run -0 "$PRUN" -q --nonall printf '<%s>' a b ''
	assert_output '<a><b><>'
}
