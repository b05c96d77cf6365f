# SPDX-License-Identifier: ISC
#
# --tap: what prove(1) reads.

load setup

setup() {
	setup_prun
	need prove
}

# What prove says of that TAP, in the form of its last lines.
proved() { # FILE
	prove --exec cat "$1" 2>&1 || true
}

@test "passed, failed, flaky, killed; in the order of the input" {
	run "$PRUN" -k -j2 --retries 2 --tap - 'echo out {}; case {} in
		2) exit 3;; 3) kill -KILL $$;; 5) [ -e 5 ] || { touch 5; exit 1; };; esac' ::: 1 2 3 'a#b\c' 5
	assert_failure 2
	printf '%s\n' "$output" >t.tap
	run sed 's/seconds: .*/seconds/' <<<"$output"
	assert_output - <<'OUT'
TAP version 13
ok 1 - 1
not ok 2 - 2
  ---
  message: "exit status 3"
  severity: "fail"
  exit: 3
  seconds
  output: "out 2\n"
  ...
not ok 3 - 3
  ---
  message: "killed by SIGKILL"
  severity: "fail"
  exit: 137
  seconds
  output: "out 3\n"
  ...
ok 4 - a\#b\\c
ok 5 - 5
  ---
  message: "exit status 1; passed in try 2"
  severity: "comment"
  exit: 0
  seconds
  ...
1..5
OUT
	proved t.tap | grep -a 'Failed 2/5'
}

@test "a file: output is printed as always, and prove reads what any job writes" {
	printf '%s\0' '# SKIP me' 'not ok 1' $'new\nline' $'\xff\x01' '' '# TODO x' >list
	run "$PRUN" -0 -k --tap t.tap ': {}; printf "...\n1..9\nok 7\n\377\001\"\\\t:\n"; exit 1' <list
	assert_failure 6
	assert_equal "$(grep -c '^ok 7$' <<<"$output")" 6
	proved t.tap | grep -a 'Failed 6/6'
	proved t.tap | { ! grep -ai 'parse error'; }
	"$PRUN" --tap t.tap true ::: a b
	prove --exec cat t.tap
}

@test "--halt, --filter, --resume, no jobs, and an input whose rest is not known" {
	"$PRUN" -j1 --halt now,fail=1 --tap t.tap 'exit $(({} == 2))' ::: 1 2 3 || true
	run sed '/^ /d' t.tap
	assert_output $'TAP version 13\nok 1 - 1\nnot ok 2 - 2\nok 3 - 3 # SKIP never started\n1..3'
	"$PRUN" --joblog log 'exit {}' ::: 0 1 || true
	"$PRUN" -k --joblog log --resume --tap t.tap 'exit {}' ::: 0 1 0
	run sed '/^ /d' t.tap
	assert_output $'TAP version 13\nok 1 - 0 # SKIP done by an earlier run\nnot ok 2 - 1\nok 3 - 0\n1..3'
	"$PRUN" --tap t.tap true </dev/null
	assert_equal "$(cat t.tap)" $'TAP version 13\n1..0 # SKIP no jobs'
	yes | "$PRUN" -j1 --halt now,fail=1 --tap t.tap false || true
	assert_equal "$(tail -1 t.tap)" 'Bail out! The rest of the input was never read'
}

@test "SIGTERM writes it to the end, SIGKILL does not; full disks and readers that go" {
	for signal in TERM KILL; do
		rm -f began
		in_background "$PRUN" -j1 --tap t.tap 'touch began; exec sleep 1000; :' ::: a b
		wait_for test -e began
		kill -"$signal" "$bg"
		finish
		if [ "$signal" = TERM ]; then
			assert_equal "$(tail -1 t.tap)" '1..2'
		else
			assert_equal "$(cat t.tap)" 'TAP version 13'
		fi
	done
	run --separate-stderr "$PRUN" --tap /dev/full true ::: a
	assert_failure 255
	assert_equal "$stderr" 'prun: --tap: /dev/full: No space left on device'
	run "$PRUN" -u --tap - true ::: a
	assert_failure 255
	assert_output 'prun: --tap - cannot be combined with --ungroup'
	timeout 20 bash -c 'set -o pipefail; yes | "$1" --tap - true | head -n 3 >/dev/null' - "$PRUN" || status=$?
	assert_equal "$status" 141
}
