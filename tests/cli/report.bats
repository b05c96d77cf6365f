# SPDX-License-Identifier: ISC
#
# --report: a page that a browser shows, whatever stands in it.

load setup

# The JSON of the page, through an expression with d for it.
data() { # FILE EXPRESSION
	python3 - "$1" "$2" <<'PY'
import json, re, sys
page = open(sys.argv[1], encoding='utf-8').read()
d = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])
print(eval(sys.argv[2]))
PY
}

# "jobs failed rectangles", which the page's script leaves when it has drawn all.
browse() { # FILE
	timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
		--virtual-time-budget=20000 --user-data-dir="$T/chromium" --dump-dom "file://$PWD/$1" \
		2>/dev/null | grep -o '<body data-ready="[^"]*"' | cut -d'"' -f2
}

# log N: the rows of N jobs in eight lanes; every hundredth failed.
log() {
	awk -v n="$1" 'BEGIN {
		OFS = "\t"
		print "Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval", "Signal", "Command"
		for (i = 1; i <= n; i++)
			print i, ":", sprintf("%.3f", 1700000000 + int(i / 8) / 10), "     0.100", 0, 0, i % 100 == 0, 0,
			    "test_" i " --with some --arguments of usual length"
	}'
}

@test "the data: every end of a job, and nothing that ends the script" {
	need python3
	run "$PRUN" -k -j1 --retries 2 --timeout 0.5 --report r.html 'echo {}; case {} in 2) exit 3;; 3) kill -KILL $$;;
		4) sleep 60;; 5) [ -e 5 ] || { touch 5; exit 1; };; esac; :' ::: 1 2 3 4 5 '</script><!--<script>' $'\xff'
	assert_failure 3
	assert_equal "$(data r.html '[job[4] for job in d["jobs"]]')" \
		"['passed', 'exit', 'signal', 'timeout', 'flaky', 'passed', 'passed']"
	assert_equal "$(data r.html 'd["counts"]')" \
		"{'passed': 4, 'flaky': 1, 'failed': 3, 'stopped': 0, 'left out': 0, 'never started': 0}"
	assert_equal "$(data r.html 'd["jobs"][1][7]')" $'2'
	assert_equal "$(grep -c '</script' r.html)" 2
	assert_equal "$(grep -oc '<!--' r.html)" 0
	# It asks for nothing.
	run grep -oE '(src|href|url|import|fetch)[=( ]+.{9}' r.html
	assert_output ''
}

@test "a browser draws ten jobs, whatever their names" {
	need chromium
	"$PRUN" -j2 --report r.html 'exit {#} 2>/dev/null; : {}' ::: '</script>' '<!--<script>' '"]]' "'" '<b>' '&lt;' '\u003c' a b c || true
	assert_equal "$(browse r.html)" '10 10 10'
}

@test "a log of 20,000 jobs becomes a page of less than 5 MB, which a browser draws" {
	need python3
	log 20000 >jobs.log
	"$PRUN" --report r.html --from-joblog jobs.log
	[ "$(wc -c <r.html)" -lt 5000000 ]
	assert_equal "$(data r.html '(len(d["jobs"]), d["omitted"], d["counts"]["failed"])')" '(20000, 0, 200)'
	need chromium
	run browse r.html
	read -r jobs failed bars <<<"$output"
	assert_equal "$jobs $failed" '20000 200'
	# They are aggregated, and there is more than one bar for each lane.
	[ "$bars" -gt 16 ]
	[ "$bars" -lt 9000 ]
}

@test "more jobs than a page takes: failed ones are shown, the rest is counted" {
	need python3
	log 60000 >jobs.log
	"$PRUN" --report r.html --from-joblog jobs.log
	[ "$(wc -c <r.html)" -lt 5000000 ]
	assert_equal "$(data r.html '(len(d["jobs"]) + d["omitted"], sum(job[4] != "passed" for job in d["jobs"]))')" '(60000, 600)'
}

@test "logs that are none, full disks, SIGTERM and SIGKILL" {
	need python3
	run "$PRUN" --report r.html --from-joblog none
	assert_failure 255
	assert_output 'prun: --from-joblog: none: No such file or directory'
	echo hello >other
	run "$PRUN" --report r.html --from-joblog other
	assert_failure 255
	assert_output 'prun: --from-joblog: other: line 1 is not of a job log; the file is left as it is'
	assert_file_not_exists r.html
	log 3 >jobs.log
	run "$PRUN" --report /dev/full --from-joblog jobs.log
	assert_failure 255
	assert_output 'prun: --report: /dev/full: No space left on device'
	run "$PRUN" --from-joblog jobs.log
	assert_failure 255
	assert_output 'prun: --from-joblog needs --report'
	for signal in TERM KILL; do
		rm -f began
		in_background "$PRUN" -j1 --report r.html 'touch began; exec sleep 1000; :' ::: a b
		wait_for test -e began
		kill -"$signal" "$bg"
		finish
		if [ "$signal" = TERM ]; then
			assert_equal "$(data r.html 'd["counts"]["never started"]')" 1
		else
			assert_file_empty r.html
		fi
	done
}

# told: how many jobs junit, tap, events, trace and the page tell of, of how many junit
# and the page say that they did not end by themselves, and the rows of the log.
told() {
	xmllint --xpath 'concat(//testsuite/@tests, " ", //testsuite/@skipped)' r.xml
	sed -n 's/^1\.\.//p' r.tap
	grep -c '"event":"job-ended"' r.events
	python3 -c 'import json; print(len({e["args"]["seq"] for e in json.load(open("r.trace"))["traceEvents"] if e["ph"] == "X"}))'
	data r.html 'sum(d["counts"].values())'
	tail -n +2 r.log | wc -l
}

@test "all reports of one run agree: retries, timeouts, --halt, --dry-run, Ctrl-C" {
	need python3 xmllint
	local all=(--junit r.xml --tap r.tap --summary r.md --events r.events --trace r.trace --report r.html --joblog r.log)
	run prun -j2 --retries 2 --timeout 0.5 "${all[@]}" 'case {} in 2) exit 3;; 3) sleep 60;; esac; :' ::: 1 2 3 4
	assert_failure 2
	run told
	assert_output $'4 0\n4\n4\n4\n4\n4'
	rm r.*
	run prun -j1 --halt now,fail=1 "${all[@]}" 'exit {}' ::: 0 7 0 0
	assert_failure 7
	run told
	assert_output $'4 2\n4\n2\n2\n4\n2'
	rm r.*
	run -0 prun -j2 -k --dry-run "${all[@]}" echo ::: a b
	assert_output $'echo a\necho b'
	run ls r.*
	assert_output --partial 'No such file'
	in_background env --default-signal=INT prun -j1 "${all[@]}" 'touch begun; sleep {}' ::: 60 0
	wait_for test -e begun
	kill -INT "$bg"
	finish
	[ "$status" -eq 130 ]
	run told
	# The log has no row: --resume runs that job again.
	assert_output $'2 1\n2\n1\n1\n2\n0'
	assert_equal "$(data r.html '[d["counts"][k] for k in ("stopped", "never started")]')" '[1, 1]'
	grep -q '^## &#10060; ' r.md
	grep -qx '| stopped | 1 |' r.md
}
