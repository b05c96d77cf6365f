# SPDX-License-Identifier: ISC
#
# Where arguments come from.

load setup

@test "arguments on the command line, cross product" {
	run "$PRUN" -k echo {1}{2} ::: a b ::: 1 2
	assert_success
	assert_output $'a1\na2\nb1\nb2'
}

@test "a newline inside of an argument stays inside" {
	run "$PRUN" -k printf '[%s]' ::: $'a\nb' c
	assert_output $'[a\nb][c]'
}

@test "lines of stdin, of files, of both" {
	printf '%s\n' x y >list
	run "$PRUN" -k echo <list
	assert_output $'x\ny'
	run "$PRUN" -k -a list echo {1}{2} ::: 1 2
	assert_output $'x1\nx2\ny1\ny2'
	run bash -c "printf '1\n2\n' | '$PRUN' -k echo {1}{2} :::: list -"
	assert_output $'x1\nx2\ny1\ny2'
}

@test "records with NULs, other delimiters" {
	run bash -c "printf 'a b\0c\nd' | '$PRUN' -0 -k '$HELPER/showargs'"
	assert_output $'3:a b\n3:c\\x0ad'
	run bash -c "printf 'a:b::c' | '$PRUN' -d: -k echo x{}"
	assert_output $'xa\nxb\nx\nxc'
}

@test "a NUL where none may be is replaced, with a warning" {
	run --separate-stderr bash -c "printf 'a\0b\n' | '$PRUN' echo"
	assert_success
	assert_output 'a\0b'
	[[ $stderr == *"NUL in the input"* ]]
}

@test "linked sources" {
	run "$PRUN" -k --link echo {1}{2} ::: a b c ::: 1 2
	assert_output $'a1\nb2\nc1'
	run "$PRUN" -k echo {1}{2} ::: a b c :::+ 1 2
	assert_output $'a1\nb2'
}

@test "a job starts before the input has ended" {
	mkfifo in
	"$PRUN" -u echo <in >out &
	exec 9>in
	echo first >&9
	wait_for grep -q first out
	echo second >&9
	wait_for grep -q second out
	exec 9>&-
	wait $!
	run cat out
	assert_output $'first\nsecond'
}

@test "a FIFO as source, opened for writing later" {
	mkfifo in
	"$PRUN" -k echo :::: in >out &
	printf 'a\nb\n' >in
	wait $!
	run cat out
	assert_output $'a\nb'
}

@test "two process substitutions" {
	run "$PRUN" -k echo {1}{2} :::: <(seq 2) <(printf 'a\nb\n')
	assert_output $'1a\n1b\n2a\n2b'
}

@test "files that are not there or not files" {
	run "$PRUN" -a nowhere echo
	assert_failure 255
	assert_output 'prun: cannot read nowhere: No such file or directory'
	run "$PRUN" echo :::: "$T"
	assert_failure 255
	assert_output "prun: cannot read $T: Is a directory"
	run bash -c "'$PRUN' echo < '$T'"
	assert_failure 255
	assert_output 'prun: cannot read stdin: Is a directory'
}

@test "-E '' ends nothing" {
	for option in "-E ''" --eof=; do
		run bash -c "printf 'a\n\nb\n' | '$PRUN' -k $option echo"
		assert_output $'a\n\nb'
	done
}

@test "-E, -r, --trim, --skip-first-line" {
	run bash -c "printf 'head\n\n a \nEND\nb\n' |
	    '$PRUN' -k --skip-first-line -r -E END --trim lr '$HELPER/showargs'"
	assert_output '1:a'
}

@test "--shuf runs every job once, --seed always in the same order" {
	"$PRUN" -j1 --shuf --seed 3 echo {1}{2} ::: a b c ::: 1 2 3 >one
	"$PRUN" -j1 --shuf --seed 3 echo {1}{2} ::: a b c ::: 1 2 3 >two
	cmp one two
	run bash -c "sort one | tr '\n' ' '"
	assert_output 'a1 a2 a3 b1 b2 b3 c1 c2 c3 '
	run "$PRUN" -j1 --shuf echo ::: a
	assert_output a
}

# Kilobytes that prun has needed when it has printed so many lines of many more.
memory_for() { # LINES ARGUMENT...
	python3 - "$PRUN" "$@" <<-'END'
		import subprocess, sys
		p = subprocess.Popen([sys.argv[1]] + sys.argv[3:], stdout=subprocess.PIPE)
		for _ in range(int(sys.argv[2])):
		    last = p.stdout.readline()
		for line in open('/proc/%d/status' % p.pid):
		    if line.startswith('VmHWM:'):
		        print(line.split()[1])
		p.stdout.close()
		p.wait()
		sys.stderr.write(last.decode())
	END
}

@test "a product of two big files starts at once and is not held" {
	[ -z "${SAN:-}" ] || skip 'a sanitizer needs memory of its own'
	seq 100000 >many
	run --separate-stderr memory_for 1 --dry-run echo {1} {2} :::: many many
	assert_equal "$stderr" 'echo 1 1'
	assert [ "$output" -lt 8000 ]
	run --separate-stderr memory_for 200001 --dry-run echo {1} {2} :::: many many
	assert_equal "$stderr" 'echo 3 1'
	assert [ "$output" -lt 16000 ]
}

@test "memory does not grow with the input" {
	[ -z "${SAN:-}" ] || skip 'a sanitizer needs memory of its own'
	seq 2000000 >many
	run --separate-stderr memory_for 1900000 --dry-run -a many --colsep 9 echo {2}
	assert [ "$output" -lt 8000 ]
}

@test "a long line is an error that names itself" {
	head -c 300000 /dev/zero | tr '\0' x >long
	run "$PRUN" -a long echo
	assert_failure 255
	assert_output --partial 'command line too long (300005 >= '
}

@test "lines that end in CR-LF are warned of once, and a byte order mark is removed" {
	printf '\357\273\277n\r\na\r\nb\r\nc\r\n' >dos
	run --separate-stderr "$PRUN" -k echo :::: dos
	assert_success
	assert_output $'n\r\na\r\nb\r\nc\r'
	assert_equal "$stderr" "prun: Warning: dos: the first three records end in CR-LF; consider -d '\r\n'"
	run "$PRUN" -k --header : -d '\r\n' echo {n} :::: dos
	assert_output $'a\nb\nc'
}
