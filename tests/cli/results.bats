# SPDX-License-Identifier: ISC
#
# --results and --files: where the output of jobs is kept.

load setup

@test "a folder: one level for each source and value" {
	run "$PRUN" --results res 'echo {1}{2}; echo e{1} >&2' ::: a b ::: x
	assert_success
	assert_output ''
	assert_equal "$(cat res/1/a/2/x/stdout res/1/a/2/x/stderr res/1/b/2/x/seq)" $'ax\nea\n2'
}

@test "with --header the levels have its names" {
	"$PRUN" --header : --results res echo {n} ::: n a
	assert_equal "$(cat res/n/a/stdout)" a
}

@test "no value leads out of the folder" {
	mkdir in
	"$PRUN" -j1 --results in/res echo ::: .. . ../../x /etc/x '' 'a\b' $'t\tn\n'
	"$PRUN" -j1 --results 'in/t/{}_' echo ::: .. ../../x /etc/y
	"$PRUN" -j1 --results 'in/u_{}/f' echo ::: x/../../../z
	run ls
	assert_output in
	run bash -c 'cd in/res/1 && ls -A | LC_ALL=C sort'
	assert_output - <<'EOF'
..\_..\_x
\.
\..
\_etc\_x
a\\b
seq
stderr
stdout
t\tn\n
EOF
	run bash -c 'find in/t in/u_x -name "*.seq" | LC_ALL=C sort'
	assert_output - <<'EOF'
in/t/.._.seq
in/t/\../\../x_.seq
in/t/etc/y_.seq
in/u_x/\../\../\../z/f.seq
EOF
}

@test "a long value is cut to what a name may have" {
	long=$(printf 'x%.0s' {1..400})
	"$PRUN" --results res echo ::: "$long" "${long:0:255}" "${long:0:254}/"
	run bash -c 'cd res && find . -name stdout | sort'
	assert_output "./1/${long:0:254}\\/stdout
./1/${long:0:255}/stdout"
}

@test "a template is a path, or a folder with a slash at its end" {
	"$PRUN" --results 'out/{#}_{}.txt' 'echo {}; echo e >&2' ::: a
	assert_equal "$(cat out/1_a.txt out/1_a.txt.err out/1_a.txt.seq)" $'a\ne\n1'
	"$PRUN" --results 'out/{}/' echo ::: b
	assert_equal "$(cat out/b/stdout out/b/seq)" $'b\n1'
}

@test "an old run is overwritten file by file" {
	"$PRUN" --results res 'echo long output of {}' ::: a b
	"$PRUN" --results res echo ::: a
	assert_equal "$(cat res/1/a/stdout res/1/b/stdout)" $'a\nlong output of b'
}

@test "-v is in the file, a failing job's output as well" {
	run "$PRUN" -v --results res 'echo {}; exit 3' ::: a
	assert_failure 1
	assert_equal "$(cat res/1/a/stdout)" $'echo a; exit 3\na'
}

@test "CSV that a CSV reader reads" {
	need python3
	run "$PRUN" -k -j1 --results x.csv 'printf %s {}; printf "e\"\n" >&2; exit 3' ::: 'a "q", c' $'two\nlines' é ''
	assert_failure 4
	run python3 - <<'EOF'
import csv
rows = list(csv.DictReader(open('x.csv', newline='')))
print([r['V1'] for r in rows] == ['a "q", c', 'two\nlines', 'é', ''])
print([r['Stdout'] for r in rows] == ['a "q", c', 'two\nlines', 'é', ''])
print({r['Stderr'] for r in rows} == {'e"\n'}, {r['Exitval'] for r in rows} == {'3'})
EOF
	assert_output $'True\nTrue\nTrue True'
}

@test "JSON that a JSON reader reads, and no byte is lost" {
	need python3
	for i in {1..255}; do
		printf "\\x$(printf %x "$i")"
	done >all
	printf 'half \xe2\x82' >>all
	"$PRUN" -k -j1 --results x.json cat ::: all all
	run python3 - <<'EOF'
import json
want = open('all', 'rb').read()
for line in open('x.json', encoding='utf-8'):
    row = json.loads(line)
    print(row['Stdout'].encode('utf-8', 'surrogateescape') == want, row['V'], row['Exitval'])
EOF
	assert_output $'True [\'all\'] 0\nTrue [\'all\'] 0'
}

@test "JSON has columns by the header's names; --joblog-extra adds what the log has" {
	need python3
	run -1 --separate-stderr "$PRUN" -j1 --no-digest --header : --colsep , --retries 2 --joblog-extra \
		--results x.json '[ -e {name} ] || { touch {name}; exit 1; }; exit {age}' \
		:::: <(printf 'name,age\nann,0\nbob,7\n')
	assert_equal "$stderr" ''
	"$PRUN" -j1 --joblog log --resume --results x.json echo ::: a
	run python3 - <<'EOF'
import json
for line in open('x.json'):
    r = json.loads(line)
    print(r['V'], r.get('Columns'), r['Host'], r['Exitval'], r.get('Tries'), r.get('Slot'),
          r.get('Flaky'), r.get('MaxRSS', 0) > 100, r.get('User', -1) >= 0)
EOF
	assert_output - <<-'EOF'
		['ann', '0'] {'name': 'ann', 'age': '0'} : 0 2 1 1 True True
		['bob', '7'] {'name': 'bob', 'age': '7'} : 7 2 1 0 True True
		['a'] None : 0 None None None False False
	EOF
}

@test "rows that are gone on with keep the columns of the file" {
	"$PRUN" -j1 --joblog log --results x.csv --joblog-extra echo ::: a
	"$PRUN" -j1 --joblog log --resume --results x.csv echo ::: a b
	run awk -F, '/^[0-9S]/ { print $1, $13, $14, $16 }' x.csv
	assert_output $'Seq Tries Slot V1\n1 1 1 a\n2 1 1 b'
}

@test "rows of large and mixed output stay whole" {
	need python3
	"$PRUN" -j4 --results x.json 'head -c 3000000 /dev/zero | tr "\0" {}; printf {} >&2' ::: a b c d
	run python3 - <<'EOF'
import json
print(sorted((r['Stdout'] == r['V'][0] * 3000000, r['Stderr'] == r['V'][0])
      for r in map(json.loads, open('x.json'))))
EOF
	assert_output '[(True, True), (True, True), (True, True), (True, True)]'
}

@test "rows on stdout, in order with -k" {
	run "$PRUN" -k -j3 --results -.tsv 'sleep 0.{}; echo {}' ::: 3 2 1
	assert_success
	assert_equal "$(cut -f1 <<<"$output" | grep '^[0-9]')" $'1\n2\n3'
	run "$PRUN" --results -.csv true
	assert_output ''
}

@test "a resumed run goes on behind the rows" {
	"$PRUN" -j1 --joblog log --results x.csv echo ::: a b
	"$PRUN" -j1 --joblog log --resume --results x.csv echo ::: a b c
	run cut -d, -f1 x.csv
	assert_equal "$(grep -x '[0-9S].*' <<<"$output")" $'Seq\n1\n2\n3'
}

@test "--results FILE with --line-buffer and --ungroup: output is printed as it comes, and is in the rows" {
	need python3
	cat >check.py <<-'PY'
		import csv
		csv.field_size_limit(10**6)
		rows = list(csv.DictReader(open("x.tsv"), delimiter="\t"))
		assert sorted(r["V1"] for r in rows) == ["a", "b"], rows
		for r in rows:
		    v = r["V1"]
		    assert r["Stdout"] == v + "1\n" + v * 200000 + "\n", v
		    assert r["Stderr"] == "e" + v + "\n", r["Stderr"]
	PY
	local job='echo {}1; touch {}.begun; until [ -e a.begun ] && [ -e b.begun ]; do sleep 0.01; done; echo e{} >&2; head -c 200000 /dev/zero | tr "\0" {}; echo'
	for mode in --line-buffer -u '--line-buffer -k'; do
		rm -f -- *.begun x.tsv
		# shellcheck disable=SC2086
		run --separate-stderr "$PRUN" $mode -j2 --results x.tsv "$job" ::: a b
		assert_success
		assert_equal "$(tr -cd a <<<"$output" | wc -c)" 200001
		assert_equal "$(tr -cd b <<<"$output" | wc -c)" 200001
		assert_equal "$(sort <<<"$stderr")" $'ea\neb'
		run python3 check.py
		assert_output ''
		assert_success
	done
	for mode in -u --line-buffer; do
		rm -f go out
		mkfifo go
		"$PRUN" $mode --results x.csv 'echo begun; read line <go; echo $line; :' ::: a >out &
		until grep -qs begun out; do sleep 0.01; done
		echo line >go
		wait $!
		assert_equal "$(cat out)" $'begun\nline'
		assert_equal "$(tail -n +2 x.csv | grep -c '"begun$')" 1
	done
}

@test "--files prints names when the jobs have ended" {
	run --separate-stderr "$PRUN" -k --files 'echo {}; echo e{} >&2' ::: a b
	assert_success
	assert_equal "$(cat ${lines[0]} ${lines[1]})" $'a\nb'
	assert_equal "$stderr" $'ea\neb'
	[[ ${lines[0]} == "$TMPDIR"/par*.par ]]
	run "$PRUN" -v -k --files echo ::: a b
	assert_equal "${#lines[@]}" 2
	assert_equal "$(cat ${lines[0]} ${lines[1]})" $'echo a\na\necho b\nb'
	mkdir d
	run "$PRUN" --tmpdir d --files0 echo ::: a
	run bash -c '"$1" --tmpdir d --files0 echo ::: a | tr "\0" "\n"' - "$PRUN"
	assert_output --regexp '^d/par......\.par$'
}

@test "results that cannot be written are an error with the name" {
	touch file
	run "$PRUN" --results file/x echo ::: a
	assert_failure 255
	assert_output --partial 'file/x'
	run "$PRUN" --results none/x.csv echo ::: a
	assert_failure 255
	assert_output --partial 'none/x.csv'
	ln -s /dev/full full.csv
	run "$PRUN" --results full.csv echo ::: a
	assert_failure 255
	assert_output --partial 'No space left on device'
}

@test "--results: several values of one source have its number each" {
	run -0 prun -n2 --results r echo ::: 1 2 3
	assert_file_exist r/1/1/1/2/stdout
	assert_file_exist r/1/3/stdout
	run -0 prun -N2 --header : --results h echo ::: x 1 2 ::: y a
	assert_file_exist h/x/1/y/a/x/2/y/a/stdout
}

@test "what a killed run has left alive does not write into the files of the resumed one" {
	mkdir -p res/1/a
	exec 7>>res/1/a/stdout
	"$PRUN" --results res --resume echo ::: a
	echo old >&7
	exec 7>&-
	assert_equal "$(cat res/1/a/stdout)" a
}
