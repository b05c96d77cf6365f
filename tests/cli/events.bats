# SPDX-License-Identifier: ISC
#
# --events: lines of JSON by the schema, for readers who may be slow or gone.

load setup

setup() {
	setup_prun
	need python3
}

valid() { # FILE
	"$REPO/tests/schema/validate" "$REPO/tests/schema/events.json" "$1"
}

# told FILE EXPRESSION: the expression for each event e, without those that are None.
told() {
	python3 - "$1" "$2" <<'PY'
import json, sys
for line in open(sys.argv[1]):
    e = json.loads(line)
    if (value := eval(sys.argv[2])) is not None:
        print(value)
PY
}

@test "every event is as the schema says" {
	run "$PRUN" -k --tag -j2 --header : --retries 2 --timeout 0.5 --events e.json --events-output 'echo {x}; case {x} in
		2) exit 3;; 3) kill -KILL $$;; 4) sleep 60;; 5) [ -e 5 ] || { touch 5; exit 1; };; esac' ::: x 1 2 3 4 5
	assert_failure 3
	valid e.json
	run told e.json 'e["event"]=="job-ended" and (e["seq"], e["args"], e["try"], e["outcome"], e["flaky"]) or None'
	assert_line "(1, {'x': '1'}, 1, 'passed', False)"
	assert_line "(2, {'x': '2'}, 2, 'exit', False)"
	assert_line "(3, {'x': '3'}, 2, 'signal', False)"
	assert_line "(4, {'x': '4'}, 2, 'timeout', False)"
	assert_line "(5, {'x': '5'}, 2, 'passed', True)"
	run told e.json 'e["event"]=="job-output" and e["data"] or None'
	assert_line $'1\t1'
	run told e.json 'e["event"]=="run-ended" and (e["succeeded"], e["failed"], e["status"]) or None'
	assert_output '(2, 3, 3)'
	assert_equal "$(told e.json 'e["event"]' | sort | uniq -c | awk '{ printf "%s%s ", $1, $2 }')" \
		'5job-ended 5job-output 5job-started 4job-tried 1run-ended 1run-started '
}

@test "the output itself is what it is without --events-output" {
	for options in -k --line-buffer --tag '-k -v' --errors-only; do
		"$PRUN" -j1 $options 'printf "a\n\377b"; echo e >&2; exit {}' ::: 1 2 >want 2>want.err || true
		"$PRUN" -j1 $options --events e.json --events-output 'printf "a\n\377b"; echo e >&2; exit {}' ::: 1 2 >got 2>got.err || true
		cmp want got
		cmp want.err got.err
		valid e.json
	done
}

@test "a character that comes in two pieces is whole, half a character is not" {
	"$PRUN" -j1 --line-buffer --group-limit 1 --events e.json --events-output \
		'yes é | tr -d "\n" | head -c 199999; printf "\xc3" >&2; : {}' ::: a >out 2>err
	valid e.json
	python3 - <<'PY'
import json
text = {'stdout': '', 'stderr': ''}
for line in open('e.json'):
    e = json.loads(line)
    if e['event'] == 'job-output':
        text[e['stream']] += e['data']
assert text == {'stdout': 'é' * 99999 + '\ufffd', 'stderr': '\ufffd'}, [len(t) for t in text.values()]
PY
}

@test "a file, stdout, a descriptor and a socket" {
	"$PRUN" --events - true ::: a >e.json
	valid e.json
	assert_equal "$(wc -l <e.json)" 4
	"$PRUN" --events fd:7 true ::: a 7>&1 >none | cat >e.json
	valid e.json
	assert_equal "$(wc -l <e.json)" 4
	in_background python3 -c '
import socket
s = socket.socket(socket.AF_UNIX); s.bind("s"); s.listen(); open("ready", "w").close()
open("e.json", "wb").write(s.accept()[0].makefile("rb").read())'
	wait_for test -e ready
	"$PRUN" --events unix:s true ::: a
	finish
	valid e.json
	assert_equal "$(wc -l <e.json)" 4
	run --separate-stderr "$PRUN" --events fd:77 touch ::: ran
	assert_failure 255
	assert_equal "$stderr" 'prun: --events: fd:77: Bad file descriptor'
	run --separate-stderr "$PRUN" --events unix:nobody touch ::: ran
	assert_failure 255
	assert_equal "$stderr" 'prun: --events: unix:nobody: No such file or directory'
	run --separate-stderr "$PRUN" --events-output touch ::: ran
	assert_failure 255
	assert_file_not_exists ran
}

@test "jobs do not hold the descriptor" {
	run bash -c '"$1" --events fd:7 "[ ! -e /proc/self/fd/7 ] && : {}" ::: a 7>e.json' - "$PRUN"
	assert_success
	valid e.json
}

@test "a reader that takes nothing loses lines, and the run goes on" {
	mkfifo fifo
	exec 8<>fifo
	long=$(printf 'x%.0s' {1..10000})
	timeout 60 "$PRUN" -j2 --events fd:8 "true {} $long" ::: {1..200} || status=$?
	assert_equal "${status:-0}" 0
	timeout 5 dd if=fifo of=e.json bs=64k iflag=nonblock 8>&- 2>/dev/null || true
	exec 8>&-
	assert_equal "$(head -1 e.json | cut -c1-30)" '{"v":1,"event":"run-started","'
}

@test "a slow reader is told how many lines were lost" {
	mkfifo go fifo
	long=$(printf 'x%.0s' {1..10000})
	in_background bash -c 'exec 7<fifo; read -r _ <go; cat <&7 >e.json'
	exec 8>fifo
	# The last job lets the reader go on, and waits until that has read what waited.
	"$PRUN" -j2 --events fd:8 "true {} $long; if [ {} = 300 ]; then echo >go; until [ -s e.json ]; do sleep 0.05; done; fi" ::: {1..300}
	exec 8>&-
	finish
	valid e.json
	lost=$(told e.json 'e.get("count")')
	[ "$((lost + $(wc -l <e.json) - 1))" -eq 602 ]
}

@test "a reader that goes is told once, and the run goes on" {
	mkfifo gone
	in_background "$PRUN" -j1 --events gone 'until [ -e go ]; do sleep 0.02; done; echo {}' ::: 1 2 3 >out 2>err
	exec 8<gone
	exec 8<&-
	touch go
	finish
	assert_equal "$status" 0
	assert_equal "$(cat out)" $'1\n2\n3'
	assert_equal "$(cat err)" 'prun: --events: gone: Broken pipe'
}

@test "a full disk fails the run; SIGKILL leaves whole lines; SIGTERM ends the run with an event" {
	run --separate-stderr "$PRUN" --events /dev/full true ::: a
	assert_failure 255
	assert_equal "$stderr" 'prun: --events: /dev/full: No space left on device'
	for signal in KILL TERM; do
		rm -f began
		in_background "$PRUN" -j1 --events e.json 'touch began; exec sleep 1000; :' ::: a b
		wait_for test -e began
		wait_for grep -q job-started e.json
		kill -"$signal" "$bg"
		finish
		valid e.json
	done
	run told e.json 'e["event"]=="run-ended" and (e["never_started"], e["status"]) or None'
	assert_output '(1, 143)'
}

@test "a resumed run tells of the jobs that it does not run" {
	"$PRUN" --joblog log true ::: a b
	"$PRUN" --joblog log --resume --events e.json true ::: a b c
	valid e.json
	run told e.json 'e.get("why") and (e["seq"], e["why"])'
	assert_output $'(1, \'done-before\')\n(2, \'done-before\')'
}
