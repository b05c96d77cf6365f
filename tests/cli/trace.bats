# SPDX-License-Identifier: ISC
#
# --trace: what Perfetto's importer of JSON traces takes.

load setup

setup() {
	setup_prun
	need python3
}

# The rules of the importer, and that slices of one track do not overlap.
# Prints name and category of each slice, and the greatest count of running jobs.
check() { # FILE
	python3 - "$1" <<'PY'
import json, sys
trace = json.load(open(sys.argv[1]))
tracks, names, most, last = {}, {}, 0, 0
for e in trace['traceEvents']:
    assert type(e['pid']) is int and type(e['tid']) is int, e
    assert isinstance(e['name'], str), e
    if e['ph'] == 'M':
        if e['name'].endswith('_name'):
            names[e['name'], e['tid']] = e['args']['name']
        else:
            assert e['name'] == 'thread_sort_index' and type(e['args']['sort_index']) is int
        continue
    assert type(e['ts']) is int and e['ts'] >= 0, e
    if e['ph'] == 'C':
        assert all(type(n) is int and n >= 0 for n in e['args'].values())
        assert e['ts'] >= last, e
        last = e['ts']
        most = max(most, e['args']['jobs'])
        end = e['args']['jobs']
        continue
    assert e['ph'] == 'X' and type(e['dur']) is int and e['dur'] >= 0, e
    assert isinstance(e['cat'], str) and isinstance(e['args'], dict)
    tracks.setdefault(e['tid'], []).append((e['ts'], e['ts'] + e['dur']))
    print(e['name'], e['cat'])
for tid, slices in tracks.items():
    assert names['thread_name', tid] == f'slot {tid}'
    slices.sort()
    assert all(a[1] <= b[0] for a, b in zip(slices, slices[1:])), slices
assert ('process_name', 0) in names
print(most, end)
PY
}

@test "each try is a slice in the track of its slot, and running jobs are counted" {
	run "$PRUN" -k -j1 --retries 2 --timeout 0.5 --trace t.json 'case {} in
		2) exit 3;; 3) kill -KILL $$;; 4) sleep 60;; esac; :' ::: 1 2 3 4 'a"</script>'
	assert_failure 3
	run check t.json
	assert_success
	assert_output - <<'OUT'
1 passed
2 exit
2 exit
3 signal
3 signal
4 timeout
4 timeout
a"</script> passed
1 0
OUT
	"$PRUN" -j3 --trace t.json 'true {}' ::: {1..50}
	run check t.json
	assert_success
	assert_equal "${#lines[@]}" 51
}

@test "no jobs, bytes that are not UTF-8, --pipe, SIGTERM, SIGKILL, a full disk" {
	"$PRUN" --trace t.json true </dev/null
	check t.json
	"$PRUN" --trace t.json true ::: $'\xff\x01"\\'
	run check t.json
	assert_line $'\xef\xbf\xbd\x01"\\ passed'
	seq 10 | "$PRUN" -j1 --pipe --block 10 --trace t.json cat >/dev/null
	check t.json
	for signal in TERM KILL; do
		rm -f began
		in_background "$PRUN" -j1 --trace t.json 'touch began; exec sleep 1000; :' ::: a b
		wait_for test -e began
		kill -"$signal" "$bg"
		finish
		if [ "$signal" = TERM ]; then
			check t.json
		else
			assert_file_empty t.json
		fi
	done
	run --separate-stderr "$PRUN" --trace /dev/full true ::: a
	assert_failure 255
	assert_equal "$stderr" 'prun: --trace: /dev/full: No space left on device'
}
