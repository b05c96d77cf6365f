# SPDX-License-Identifier: ISC
#
# Going on where an earlier run has stopped, however it did.

load setup

numbers() { tail -n +2 log | cut -f1; }

@test "--resume leaves out what is in the log, failed or not" {
	run "$PRUN" -j1 --joblog log 'echo {}; exit {}' ::: 0 1
	assert_failure 1
	run "$PRUN" -j1 --joblog log --resume 'echo {}; exit {}' ::: 0 1 0
	assert_success
	assert_output 0
	run numbers
	assert_output $'1\n2\n3'
}

@test "--resume-failed runs again what failed, --retry-failed nothing else" {
	run "$PRUN" -j1 --joblog log 'echo {}; test -e ok' ::: a b
	assert_failure 2
	run "$PRUN" -j1 --joblog log --retry-failed
	assert_failure 2
	assert_output $'a\nb'
	touch ok
	run "$PRUN" -j1 --joblog log --resume-failed 'echo {}; test -e ok' ::: a b c
	assert_success
	assert_output $'a\nb\nc'
	run "$PRUN" -j1 --joblog log --resume-failed 'echo {}; test -e ok' ::: a b c
	assert_success
	assert_output ''
	run "$PRUN" -j1 --joblog log --retry-failed
	assert_success
	assert_output ''
}

@test "--retry-failed without a log yet: all jobs run; without a job, none" {
	for log in log +log; do
		run -1 "$PRUN" -j1 --joblog $log --retry-failed 'echo {}; test {} = a' ::: a b
		assert_output $'a\nb'
		run -1 "$PRUN" -j1 --joblog log --retry-failed 'echo {}; test {} = a' ::: a b
		assert_output b
		rm log
	done
	run -0 "$PRUN" --joblog log --retry-failed
	assert_output ''
}

@test "one warning counts the commands that differ" {
	"$PRUN" -j1 --joblog log true ::: a b c
	run --separate-stderr "$PRUN" -j1 --joblog log --resume true ::: a x y z
	assert_success
	assert_equal "$stderr" "prun: Warning: 2 of the logged commands in log differ from today's for the same job number"
	run --separate-stderr "$PRUN" -j1 --joblog log --resume true ::: a b x
	assert_equal "$stderr" "prun: Warning: 1 of the logged commands in log differs from today's for the same job number"
	run --separate-stderr "$PRUN" -j1 --joblog log --resume true ::: a b c z
	assert_equal "$stderr" ''
}

@test "--resume-key knows jobs by content: reordered and extended input" {
	"$PRUN" -j1 --joblog log --resume-key '{}' 'echo {} $RANDOM >/dev/null' ::: a b 'c	d'
	run --separate-stderr "$PRUN" -j1 --joblog log --resume --resume-key '{}' 'echo new {}' \
		::: z 'c	d' b a y
	assert_success
	assert_output $'new z\nnew y'
	assert_equal "$stderr" ''
}

@test "--resume-key with a log that has no keys compares commands" {
	"$PRUN" -j1 --joblog log true ::: a b b
	run "$PRUN" -j1 --joblog log --resume --resume-key '{}' --dry-run true ::: b x b a b
	assert_success
	# Twice in the log is done twice.
	assert_output $'true x\ntrue b'
}

@test "--results alone can be resumed from" {
	"$PRUN" -j1 --results res echo ::: a b
	rm res/1/b/seq
	run "$PRUN" -j1 --results res --resume 'echo new' ::: a b c
	assert_success
	run cat res/1/a/stdout res/1/b/stdout res/1/c/stdout
	assert_output $'a\nnew b\nnew c'
}

@test "what cannot be resumed from is an error" {
	run "$PRUN" --resume echo ::: a
	assert_failure 255
	assert_output --partial '--joblog'
	run "$PRUN" --retry-failed
	assert_failure 255
	assert_output --partial '--joblog'
}

@test "a file that is no job log is refused and left as it is" {
	printf 'precious\ndata\n' >log
	cp log copy
	for option in --resume --resume-failed --retry-failed; do
		run "$PRUN" --joblog log "$option" echo ::: a
		assert_failure 255
		assert_output --partial 'line 1 is not of a job log'
		cmp log copy
	done
	run "$PRUN" --joblog +log echo ::: a
	assert_failure 255
	cmp log copy
	# Nor one that begins well, nor one without a newline.
	"$PRUN" --joblog log true ::: a
	echo garbage >>log
	cp log copy
	run "$PRUN" --joblog log --resume echo ::: a
	assert_failure 255
	assert_output --partial 'line 3 is not'
	cmp log copy
	printf 'precious' >log
	run "$PRUN" --joblog log --resume echo ::: a
	assert_failure 255
	assert_equal "$(cat log)" precious
}

@test "a torn last line is repaired, wherever it was torn" {
	"$PRUN" -j1 --joblog whole true ::: a b
	size=$(stat -c %s whole)
	header=$(head -1 whole | wc -c)
	for cut in 1 $((header - 1)) $((header + 1)) $((size - 9)) $((size - 1)); do
		head -c "$cut" whole >log
		run "$PRUN" -j1 --joblog log --resume true ::: a b
		assert_success
		run numbers
		assert_output $'1\n2'
		run grep -c '' log
		assert_output 3
	done
}

@test "a job that is killed with prun is not in the log" {
	mkfifo go
	in_background "$PRUN" -j2 --joblog log 'echo {}; [ {} = a ] || cat go' ::: a b
	wait_for grep -q 'echo a' log
	kill -KILL "$bg"
	wait "$bg" || true
	run numbers
	assert_output 1
	run "$PRUN" -j2 --joblog log --resume 'echo again {}' ::: a b
	assert_success
	assert_line 'again b'
	refute_line 'again a'
}

@test "a job that an interruption or a halt has cut short is done by --resume" {
	for how in INT TERM HUP halt; do
		rm -rf log res up
		in_background env --default-signal=INT,TERM,HUP "$PRUN" -j3 --joblog log --results res/ \
			$([ $how != halt ] || echo --halt now,fail=1) \
			'case {} in 1) exit 0;; 2) touch up; sleep 1000;; *) until test -e up && grep -q "^1" log; do sleep 0.02; done; test '$how' != halt || exit 1; touch up3; sleep 1000;; esac' ::: 1 2 3
		wait_for grep -q '^1' log
		[ $how = halt ] || wait_for test -e up3
		[ $how != HUP ] || kill -HUP "$bg"
		[ $how = halt ] || kill -"${how/HUP/TERM}" "$bg"
		finish
		run numbers
		assert_output "$([ $how != halt ] && echo 1 || printf '1\n3')"
		assert_file_exist res/1/1/seq
		assert_file_not_exist res/1/2/seq
		run --separate-stderr "$PRUN" -k --joblog log --resume echo ::: 1 2 3
		assert_output "$([ $how != halt ] && printf '2\n3' || echo 2)"
		rm -f up3
	done
}

# Jobs 1 and 5 of five end when they may; when 5 has begun, 2 to 4 have ended.
held='case {} in 1|5) touch up{}; test -e go || read -r x <fifo;; esac; echo did {}'

@test "-k and SIGKILL: what waits behind the head is not in the log, and is run again" {
	mkfifo fifo
	in_background "$PRUN" -k -j2 --joblog log "$held" ::: 1 2 3 4 5 >out
	wait_for test -e up5
	kill -KILL "$bg"
	wait "$bg" || true
	touch go
	assert_equal "$(cat out; numbers)" ''
	"$PRUN" -k -j2 --joblog log --resume "$held" ::: 1 2 3 4 5 >>out
	assert_equal "$(cat out)" "$(printf 'did %d\n' 1 2 3 4 5)"
}

@test "-k, --results FILE and SIGKILL: no row is lost" {
	mkfifo fifo
	for form in csv json; do
		rm -f go up5 log
		in_background "$PRUN" -k -j2 --results "x.$form" --joblog log "$held" ::: 1 2 3 4 5
		wait_for test -e up5
		kill -KILL "$bg"
		wait "$bg" || true
		touch go
		"$PRUN" -k -j2 --results "x.$form" --joblog log --resume "$held" ::: 1 2 3 4 5
		run bash -c "grep -o 'did [0-9]' x.$form | sort -u"
		assert_output "$(printf 'did %d\n' 1 2 3 4 5)"
	done
}

@test "a row that a killed prun has left half written is cut off" {
	for form in csv tsv json; do
		"$PRUN" -j1 --results "whole.$form" "printf '%s\\n' {}" ::: 'a "b"' $'c\nd'
		size=$(stat -c %s "whole.$form")
		for ((cut = 0; cut < size; cut += 3)); do
			head -c $cut "whole.$form" >"$cut.$form"
			"$PRUN" -j1 --results "$cut.$form" --joblog "log.$cut.$form" --resume "printf '%s\\n' {}" ::: x
		done
	done
	run -0 python3 - [0-9]*.csv [0-9]*.tsv [0-9]*.json <<-'EOF'
		import csv, json, sys
		for name in sys.argv[1:]:
		    f = open(name, newline='')
		    if name.endswith('json'):
		        rows = [json.loads(l)['Stdout'] for l in f]
		    else:
		        rows = [r['Stdout'] for r in csv.DictReader(f, delimiter='\t' if 'tsv' in name else ',')]
		    all = ['a "b"\n', 'c\nd\n']
		    assert rows == all[:len(rows) - 1] + ['x\n'], (name, rows)
		print(len(sys.argv) - 1 > 100)
	EOF
	assert_output True
	printf 'precious' >x.csv
	run "$PRUN" --results x.csv --joblog log --resume echo ::: x
	assert_failure 255
	assert_output --partial 'does not end with a row'
	assert_equal "$(cat x.csv)" precious
}

@test "output that could not be written is not in the log as done" {
	run bash -c '"$1" -j1 --joblog log echo ::: a b c >/dev/full' - "$PRUN"
	assert_failure 255
	run numbers
	assert_output ''
	run "$PRUN" -j1 --joblog log --resume echo ::: a b c
	assert_output $'a\nb\nc'
	# A reader that has gone before anything was written.
	rm log
	mkfifo gone
	: <gone &
	run bash -c 'trap "" PIPE; exec 3>gone; wait_gone() { until ! printf x >&3; do :; done; } 2>/dev/null
		wait_gone; exec env --default-signal=PIPE "$1" -j1 --joblog log echo ::: a b c >&3' - "$PRUN"
	assert_failure 141
	run numbers
	assert_output ''
	run "$PRUN" -j1 --joblog log --resume echo ::: a b c
	assert_output $'a\nb\nc'
}

@test "a job that wrote nothing is in the log at once, whatever is in the way" {
	mkfifo fifo
	# Behind a slow head, and behind a job whose output has begun and goes on.
	for head in -k --group; do
		rm -f log up out
		in_background "$PRUN" "$head" -j2 --joblog log \
			'case {} in 1) head -c 20000000 /dev/zero; read -r x <fifo;; 2) until test -s out; do sleep 0.02; done;; 21) touch up; read -r x <fifo;; esac' \
			::: {1..21} >out
		wait_for test -e up
		run numbers
		assert_output "$(seq 2 20)"
		kill -KILL "$bg"
		wait "$bg" || true
	done
}

@test "SIGKILL at random moments: each job is in the log once, its output there" {
	rounds=${KILL_ROUNDS:-12} # KILL_ROUNDS=200: the long test
	for ((round = 0; round < rounds; round++)); do
		rm -f log out started
		in_background "$PRUN" -j4 --joblog log 'echo {} >>started; echo o{}' ::: {1..500} >out 2>&1
		python3 -c 'import random, time; time.sleep(random.random() * 0.8)'
		kill -KILL "$bg" 2>/dev/null || true
		wait "$bg" || true
		run --separate-stderr "$PRUN" -j4 --joblog log --resume 'echo {} >>started; echo o{}' ::: {1..500}
		assert_success
		assert_equal "$stderr" ''
		printf '%s\n' "$output" >>out
		assert_equal "$(numbers | sort -un | wc -l) $(numbers | wc -l)" '500 500'
		assert_equal "$(grep -a '^o' out | sort -u | wc -l)" 500
		# What ran twice was in flight.
		[ "$(wc -l <started)" -le 508 ]
	done
}

@test "SIGKILL at random moments, several times: no output is lost, nothing logged runs again" {
	run "$REPO/tests/kill-resume" "$PRUN" "${RESUME_ROUNDS:-3}" # RESUME_ROUNDS=200: the long test
	assert_success
}

@test "--retry-failed: folders and files are those of the arguments that are given" {
	export TOP=$PWD
	run -2 "$PRUN" -j1 --joblog log 'cat "$TOP"/*.t; basename "$PWD"; : {2}; [ -e "$TOP/ok" ] || [ {1} = b ]' ::: a b 'c d' ::: x
	# Without arguments the line is the job's name.
	run -2 "$PRUN" -j1 --joblog log --retry-failed --junit report.xml
	[ "$(grep -c ' name="cat .* = b ]"' report.xml)" = 2 ]
	echo 'of {1}' >t
	touch ok
	for option in '--workdir w/{1}' '--results r' '--results r/{1}' '--template t={1}'; do
		run -255 "$PRUN" --joblog log "${option% *}" "${option#* }" --retry-failed </dev/null
		assert_output "prun: $option: --retry-failed knows commands, not their arguments: give those of the first run too (::: or -a; not with -m, -X, --xargs, --shuf)"
	done
	[ ! -e r ]
	run -0 "$PRUN" -j1 --joblog log --workdir 'w/{1}' --results r --template 't={1}.t' --cleanup --retry-failed ::: a b 'c d' ::: x
	[ "$(cd w && echo *)" = 'a c d' ]
	[ "$(<r/1/a/2/x/stdout)" = $'of a\na' ]
	[ "$(<'r/1/c d/2/x/stdout')" = $'of c d\nc d' ]
}
