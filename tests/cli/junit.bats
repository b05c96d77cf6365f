# SPDX-License-Identifier: ISC
#
# --junit: a report that CI systems read, whole however the run ends.

load setup

setup() {
	setup_prun
	need xmllint
}

valid() { # FILE
	xmllint --noout --schema "$REPO/tests/schema/junit.xsd" "$1"
}

# NAME ELEMENT TYPE MESSAGE of each test case.
cases() { # FILE
	python3 - "$1" <<'PY'
import sys, xml.etree.ElementTree as tree
for case in tree.parse(sys.argv[1]).iter('testcase'):
    told = case[0] if len(case) else None
    print(case.get('name'), *([] if told is None else
        [told.tag, told.get('type', '-'), told.get('message')]), sep='|')
PY
}

numbers() { # FILE
	xmllint --xpath 'concat(//testsuite/@tests, " ", //testsuite/@failures, " ",
		//testsuite/@errors, " ", //testsuite/@skipped)' "$1"
}

@test "every end of a job: passed, failed, killed, timed out, flaky, twice the same name" {
	run "$PRUN" -k --tag -j1 --retries 2 --timeout 0.5 --junit r.xml 'echo {}; case {} in
		2) exit 3;; 3) kill -KILL $$;; 4) sleep 60;; 5) [ -e 5 ] || { touch 5; exit 1; };; esac' ::: 1 2 3 4 5 1
	assert_failure 3
	valid r.xml
	run cases r.xml
	assert_output - <<'OUT'
1
2|failure|exit|exit status 3
3|error|signal|killed by SIGKILL
4|error|timeout|timed out
5|flakyFailure|exit|exit status 1; passed in try 2
1 (#6)
OUT
	assert_equal "$(numbers r.xml)" '6 1 2 0'
	assert_equal "$(xmllint --xpath 'string(//failure)' r.xml)" 2
	assert_equal "$(xmllint --xpath 'string(//testcase[2]/@classname)' r.xml | head -1)" 'echo {}; case {} in'
}

@test "no value and no output breaks the XML" {
	printf '%s\0' '</testcase>' '"&<' $'a\tb\nc\rd' $'\xff\xed\xa0\x80\x01' $'\xef\xbf\xbe' ']]>' 'é' >list
	run "$PRUN" -0 --junit r.xml 'printf %s {}; printf "\1\377<a>]]>&\nx\r"; exit 1' <list
	assert_failure 7
	valid r.xml
	run cases r.xml
	assert_line '</testcase>|failure|exit|exit status 1'
	assert_line 'é|failure|exit|exit status 1'
	assert_line $'\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|failure|exit|exit status 1'
}

@test "jobs that --halt drops are skipped, and so are those that were left out" {
	seq 9 | "$PRUN" -j1 --halt now,fail=1 --junit r.xml 'exit $(({} == 3))' || status=$?
	valid r.xml
	assert_equal "$(numbers r.xml)" '9 1 0 6'
	assert_equal "$(cases r.xml | tail -1)" '9|skipped|-|never started'
	"$PRUN" --junit r.xml --filter '{1} > 1' echo ::: 2 1 || true
	valid r.xml
	assert_equal "$(cases r.xml | sort | head -1)" '1|skipped|-|left out'
}

@test "a resumed run tells of the jobs of before, by the log" {
	"$PRUN" --joblog log --junit r.xml 'exit {}' ::: 0 3 || true
	run "$PRUN" --joblog log --resume --junit r.xml 'exit {}' ::: 0 3 4
	valid r.xml
	run cases r.xml
	assert_output - <<'OUT'
0
3|failure|exit|exit status 3, in an earlier run
4|failure|exit|exit status 4
OUT
	"$PRUN" --results res true ::: a
	"$PRUN" --results res --resume --junit r.xml true ::: a
	assert_equal "$(cases r.xml)" 'a|skipped|-|done by an earlier run'
}

@test "after SIGINT and SIGTERM it is whole" {
	for signal in INT TERM; do
		rm -f began
		in_background env --default-signal=INT "$PRUN" -j1 --junit r.xml 'touch began; exec sleep 1000; :' ::: a b c
		wait_for test -e began
		assert_equal "$(cat r.xml)" ''
		kill -"$signal" "$bg"
		finish
		[ "$status" -gt 128 ]
		valid r.xml
		assert_equal "$(numbers r.xml)" '3 0 1 2'
		cases r.xml | grep -q 'as the run ended'
	done
}

@test "a run that is killed leaves no report that lies" {
	"$PRUN" --junit r.xml true ::: a
	in_background "$PRUN" --junit r.xml 'touch began; exec sleep 1000; :' ::: b
	wait_for test -e began
	kill -KILL "$bg"
	finish
	assert_file_exists r.xml
	assert_file_empty r.xml
	assert_equal "$(ls ../tmp)" ''
}

@test "--pipe, --results, --files, -u and --line-buffer" {
	seq 100 | "$PRUN" -j1 --pipe --block 100 --junit r.xml wc -c >/dev/null
	valid r.xml
	assert_equal "$(cases r.xml | head -1)" 'job 1'
	for options in '--results res' --files -u --line-buffer --results=r.csv; do
		"$PRUN" $options --junit r.xml 'echo {}; exit 1' ::: why >/dev/null || true
		valid r.xml
		[ "$options" = -u ] || assert_equal "$(xmllint --xpath 'string(//failure)' r.xml)" why
	done
}

@test "a report that cannot be written fails the run" {
	run --separate-stderr "$PRUN" --junit /dev/full true ::: a
	assert_failure 255
	assert_equal "$stderr" 'prun: --junit: /dev/full: No space left on device'
	run --separate-stderr "$PRUN" --junit none/r.xml touch ::: ran
	assert_failure 255
	assert_equal "$stderr" 'prun: --junit: none/r.xml: No such file or directory'
	assert_file_not_exists ran
	"$PRUN" --dry-run --junit dry.xml true ::: a
	assert_file_not_exists dry.xml
}
