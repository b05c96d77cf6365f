# SPDX-License-Identifier: ISC
#
# Columns: --colsep, --csv, --header.

load setup

@test "--colsep by a byte and by a regular expression" {
	run bash -c "printf 'a,b,c\nd,e\n' | '$PRUN' -k --colsep , echo {3}:{2}:{1}"
	assert_output $'c:b:a\n:e:d'
	run bash -c "printf 'a12b345c\n' | '$PRUN' -C '[0-9]+' echo {3}{2}{1} {}"
	assert_output 'cba a b c'
	run bash -c "printf 'a.b\n' | '$PRUN' --colsep '\.' echo {2/} {-2}"
	assert_output 'b a'
}

@test "--colsep trims, --trim overrides" {
	run bash -c "printf ' a , b \n' | '$PRUN' --colsep , '$HELPER/showargs' {1} {2}"
	assert_output $'1:a\n1:b'
	run bash -c "printf ' a , b \n' | '$PRUN' --colsep , --trim n '$HELPER/showargs' {1} {2}"
	assert_output $'3: a \n3: b '
}

@test "columns of several sources follow each other" {
	run "$PRUN" -k --colsep , echo {3}{1}{2} ::: a,b ::: x y
	assert_output $'xab\nyab'
	run "$PRUN" -k --link --colsep , echo {4}{1}{2}{3} ::: a,b c,d ::: 1,2 3,4
	assert_output $'2ab1\n4cd3'
}

@test "--csv with quotes and newlines" {
	printf '"1 big, 2 small","2""x4""",12\n"line\nline",x,\n' >t.csv
	run "$PRUN" -k --csv "$HELPER/showargs" {1} {2} {3} :::: t.csv
	assert_output $'14:1 big, 2 small\n5:2"x4"\n2:12\n9:line\\x0aline\n1:x\n0:'
	run bash -c "printf 'a;\"b;c\"\n' | '$PRUN' --csv --colsep ';' echo {2}"
	assert_output 'b;c'
	run "$PRUN" --csv --colsep ';;' echo ::: a
	assert_failure 255
	assert_output "prun: --csv: --colsep ';;' is not one character"
}

@test "--csv reads what Python's csv writer writes, blanks and all" {
	cat >write.py <<'EOF'
import csv, json, random
random.seed(4180)
pieces = ["a", "b", " ", "  ", "\t", ",", '"', "\n", "\r\n", "'", "", "\u00e4"]
rows = [["".join(random.choices(pieces, k=random.randint(0, 4)))
         for _ in range(3)] for _ in range(300)]
with open("t.csv", "w", newline="") as f:
    csv.writer(f).writerows(rows)
with open("t.json", "w") as f:
    json.dump(rows, f)
EOF
	cat >check.py <<'EOF'
import json
rows = json.load(open("t.json"))
got = open("out", "rb").read().decode().split("\0")[:-1]
want = [value for row in rows for value in row]
assert got == want, [(w, g) for w, g in zip(want, got) if w != g][:3]
EOF
	python3 write.py
	"$PRUN" -k --csv printf '%s\\0' {1} {2} {3} :::: t.csv >out
	python3 check.py
}

@test "--header" {
	printf 'town\tkm\nOslo\t30\n' >t
	run "$PRUN" --header : echo {km} {town} {2} {town/} :::: t
	assert_output '30 Oslo 30 Oslo'
	run "$PRUN" -k --header : echo {a}{b} ::: a 1 2 ::: b x
	assert_output $'1x\n2x'
	seq 2 >nums
	run "$PRUN" -k --header 0 echo {nums} :::: nums
	assert_output $'1\n2'
}

@test "--header with --tagstring" {
	run "$PRUN" --header : --tagstring '{n}' echo hello ::: n 7
	assert_output $'7\thello 7'
}

@test "a bad regular expression is named" {
	run "$PRUN" --colsep 'a(' echo ::: b
	assert_failure 255
	assert_output --partial "prun: --colsep: missing closing parenthesis"
}

@test "a record has a million columns at most, and the error says so" {
	for option in --csv '--colsep ,' '--colsep ,+?'; do
		# shellcheck disable=SC2086
		head -c 1000000 /dev/zero | tr '\0' , | { run "$PRUN" --dry-run $option echo {1}; echo "$status $output"; } >out
		assert_equal "$option: $(cat out)" "$option: 255 prun: ${option% *}: a record has more than 1000000 columns"
		# shellcheck disable=SC2086
		head -c 999999 /dev/zero | tr '\0' , | "$PRUN" --dry-run $option 'echo {1000000}x' >out
		assert_equal "$(cat out)" "echo ''x"
	done
}
