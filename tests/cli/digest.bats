# SPDX-License-Identifier: ISC
#
# The digest: what went wrong, at the end, where it is wanted.

load setup

setup() {
	setup_prun
	unset CI
}

@test "how many, and of each failed job its number, end, command and last lines" {
	run --separate-stderr "$PRUN" --digest -k -j1 --timeout 0.5 \
		'echo out {}; echo err {} >&2; case {} in 2) exit 3;; 3) kill -KILL $$;; 4) sleep 60;; esac' ::: 1 2 3 4
	assert_failure 3
	digest=$(sed -n '/^prun: 4 ran/,$p' <<<"$stderr")
	assert_equal "$(head -1 <<<"$digest")" 'prun: 4 ran, 3 failed, 1 timed out'
	run sed 's/after [0-9.]* s: .*/after/' <<<"$digest"
	assert_line -n 1 '  job 2: exit status 3 after'
	assert_line -n 2 '    | out 2'
	assert_line -n 3 '    | err 2'
	assert_line -n 4 '  job 3: killed by SIGKILL after'
	assert_line -n 7 '  job 4: timed out after'
	assert_equal "${#lines[@]}" 10
}

@test "only where it is wanted" {
	for options in '' '--digest --no-digest'; do
		run --separate-stderr "$PRUN" $options false ::: a
		assert_equal "$stderr" ''
	done
	export CI=1
	run --separate-stderr "$PRUN" false ::: a
	[[ $stderr == 'prun: 1 ran, 1 failed'* ]]
	run --separate-stderr "$PRUN" --no-digest false ::: a
	assert_equal "$stderr" ''
	run --separate-stderr "$PRUN" true ::: a
	assert_equal "$stderr" ''
}

@test "on a terminal it is there unasked" {
	need script
	run script -qec "$PRUN 'echo x{}; exit 7' ::: a" /dev/null
	assert_failure 1
	assert_output --partial 'prun: 1 ran, 1 failed'
	assert_output --partial 'job 1: exit status 7'
}

@test "jobs that were never started are counted" {
	mkfifo go
	in_background "$PRUN" --digest -j1 'touch began; cat go; exit 5; :' ::: {1..10} 2>err
	wait_for test -e began
	kill -HUP "$bg"
	tell go
	finish
	assert_equal "$status" 1
	run grep ran, err
	assert_output 'prun: 1 ran, 1 failed, 9 never started'
}

@test "control bytes are shown, not sent to the terminal" {
	run --separate-stderr "$PRUN" --digest 'printf "a\033[2Jb\r\n"; exit 1' ::: x
	[[ $stderr == *'    | a^[[2Jb^M'* ]]
}

@test "the last lines of a job with --results come from its files" {
	run --separate-stderr "$PRUN" --digest --results res 'echo out; echo err >&2; exit 1; :' ::: x
	[[ $stderr == *$'    | out\n    | err' ]]
}

@test "a loud job's last ten lines, and no more" {
	run --separate-stderr "$PRUN" --digest 'seq 100000; exit 1; :' ::: x
	run grep -c '^    | ' <<<"$stderr"
	assert_output 10
}
