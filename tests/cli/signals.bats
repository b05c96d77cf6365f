# SPDX-License-Identifier: ISC
#
# Signals to prun, and the terminal: who is stopped, who goes on, who is killed.

load setup

# With signals as a terminal would send them: what a script starts in the
# background has INT ignored.
start() { in_background env --default-signal=INT,TERM,HUP,TSTP prun "$@"; }

state() { sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status"; }
is_state() { [ "$(state "$1")" = "$2" ]; }

@test "INT and TERM kill the jobs, and prun ends by the signal" {
	for signal in INT TERM; do
		rm -f pid
		start 'echo $$ >pid; sleep 1000 # {}' ::: a
		wait_for test -s pid
		kill -"$signal" "$bg"
		finish
		[ "$status" -eq $((128 + $(kill -l "$signal"))) ]
		gone "$(cat pid)"
	done
	assert_nothing_left
}

@test "a second TERM kills at once" {
	start --term-seq TERM,600000,KILL,25 "$HELPER/ignoreterm pid # {}" ::: a
	wait_for test -s pid
	kill -TERM "$bg"
	kill -0 "$(cat pid)"
	# Two that come at once are one signal: the second is sent until prun has ended.
	wait_for grep -q '^SigPnd:.*0*$' "/proc/$bg/status"
	until gone "$bg"; do
		kill -TERM "$bg" 2>/dev/null || true
		sleep 0.02
	done
	finish
	[ "$status" -eq 143 ]
	gone "$(cat pid)"
}

@test "HUP lets running jobs end, names them, and starts no more" {
	mkfifo gate
	start -j1 'echo {}; read -r line <gate; echo {} ends' ::: a b >out 2>err
	wait_for pgrep -P "$bg" bash
	kill -HUP "$bg"
	wait_for grep -q 'SIGHUP received' err
	grep -q '^prun: echo a;' err
	echo go >gate
	finish
	[ "$status" -eq 0 ]
	run cat out
	assert_output $'a\na ends'
}

@test "a second HUP, of another job say, kills nobody" {
	mkfifo gate
	start -j2 -k 'touch up.{}; until test -e up.a && test -e up.b; do sleep 0.02; done
		kill -HUP $PARALLEL_PID; read -r line <gate; echo {} ends' ::: a b c >out 2>err
	exec 9<>gate
	said() { [ "$(grep -c 'SIGHUP received' err)" -ge "$1" ]; }
	wait_for said 1
	# The two may have come as one.
	said 2 || kill -HUP "$bg"
	wait_for said 2
	printf 'go\ngo\n' >&9
	finish
	exec 9>&-
	[ "$status" -eq 0 ]
	run cat out
	assert_output $'a ends\nb ends'
}

@test "USR1 names the jobs that run" {
	mkfifo gate
	start -j2 'read -r line <gate; : {}' ::: a b c >out 2>err
	running() { [ "$(pgrep -c -P "$bg" bash)" -eq 2 ]; }
	wait_for running
	kill -USR1 "$bg"
	wait_for grep -q 'a' err
	run cat err
	assert_output $'prun: read -r line <gate; : a\nprun: read -r line <gate; : b'
	kill -TERM "$bg"
	finish
}

@test "what was ignored stays ignored" {
	mkfifo gate
	in_background bash -c 'trap "" TERM; exec prun "read -r line <gate; echo {}" ::: a' >out
	wait_for pgrep -P "$bg" bash
	kill -TERM "$bg"
	echo go >gate
	finish
	[ "$status" -eq 0 ]
	run cat out
	assert_output a
}

@test "the time of a job stands still while all is stopped" {
	mkfifo gate
	start --timeout 1 'echo $$ >pid; read -r line <gate; echo {}' ::: a >out 2>err
	wait_for test -s pid
	kill -TSTP "$bg"
	# Nobody could continue an orphaned group, so it may not stop there; the
	# terminal's test is below.
	if wait_for is_state "$bg" T; then
		is_state "$(cat pid)" T
		sleep 1.5
		kill -CONT "$bg"
	fi
	echo go >gate
	finish
	[ "$status" -eq 0 ]
	run cat out
	assert_output a
}

@test "Ctrl-C in a terminal" {
	need expect
	cat >script <<-'END'
		set timeout 20
		spawn -noecho prun {echo $$ >pid; echo up {}; sleep 1000} ::: a
		for {set i 0} {$i < 500 && ![file exists pid]} {incr i} {after 20}
		send "\003"
		expect eof
		set result [wait]
		puts "RESULT $result"
	END
	run -0 expect script
	assert_output --partial 'CHILDKILLED SIGINT'
	gone "$(cat pid)"
	assert_nothing_left
}

@test "Ctrl-Z in a shell stops the jobs, and fg lets them go on" {
	need expect
	mkfifo gate
	cat >script <<-'END'
		set timeout 20
		proc state {} {
			set file [open pid]; set pid [string trim [read $file]]; close $file
			set file [open /proc/$pid/stat]; set text [read $file]; close $file
			return [lindex [split [string range $text [string last ")" $text] end]] 1]
		}
		proc await {want} {
			for {set i 0} {$i < 500} {incr i} {
				if {[file exists pid] && ![catch state s] && $s eq $want} {return}
				after 20
			}
			puts "never $want"; exit 1
		}
		spawn -noecho bash --norc --noprofile -i
		expect "\\$ "
		send "PS1='ready> '\r"
		expect "ready> "
		send {prun --timeout 1 'echo $$ >p; mv p pid; read -r line <gate; echo job {}' ::: went-on}
		send "\r"
		await S
		send "\032"
		expect "Stopped"
		await T
		after 1500
		send "fg\r"
		await S
		exec sh -c {echo go >gate} &
		expect "job went-on"
		expect "ready> "
		send "echo status=$?\r"
		expect -re {status=([0-9]+)}
		puts "STATUS $expect_out(1,string)"
		send "exit\r"
		expect eof
	END
	sed -i 's/status=\$?/status=\\$?/' script
	run -0 expect script
	assert_output --partial 'STATUS 0'
	assert_nothing_left
}

@test "--tty gives a job the terminal" {
	need expect
	cat >script <<-'END'
		set timeout 20
		spawn -noecho prun --tty {read -r answer; echo got $answer from {}} ::: a b
		send "one\r"
		expect "got one from a"
		send "two\r"
		expect "got two from b"
		expect eof
		puts "RESULT [wait]"
	END
	run -0 expect script
	assert_output --partial 'got two from b'
	assert_output --regexp 'RESULT [0-9]+ [0-9a-z]+ 0 0'
}

@test "Ctrl-C with --tty" {
	need expect
	cat >script <<-'END'
		set timeout 20
		spawn -noecho prun --tty {echo $$ >p; mv p pid; sleep 1000 # {}} ::: a b
		for {set i 0} {$i < 500 && ![file exists pid]} {incr i} {after 20}
		send "\003"
		expect eof
		puts "RESULT [wait]"
	END
	run -0 expect script
	assert_output --partial 'CHILDKILLED SIGINT'
	assert_nothing_left
}

@test "-p asks, and what is not run counts as failed" {
	need expect
	cat >script <<-'END'
		set timeout 20
		spawn -noecho prun -p -j1 echo ran ::: a b c d
		expect "echo ran a ?..."
		send "y\r"
		expect "echo ran b ?..."
		send "n\r"
		expect "echo ran c ?..."
		send "Yes\r"
		expect "echo ran d ?..."
		send "\004"
		expect eof
		puts "RESULT [wait]"
	END
	run -0 expect script
	assert_line --partial 'ran a'
	assert_line --partial 'ran c'
	# After Ctrl-D, too, what comes next begins a line.
	assert_line --regexp '^prun: 2 ok, 0 failed, 2 left out'
	assert_output --regexp 'RESULT [0-9]+ [0-9a-z]+ 0 2'
}

@test "without a terminal --tty warns and goes on, and -p is an error" {
	for flag in --tty --open-tty; do
		run -0 --separate-stderr setsid -w prun "$flag" 'cat; echo' ::: a </dev/null
		assert_output a
		[[ $stderr == 'prun: Warning: the jobs get no terminal: /dev/tty: '* ]]
	done
	run -255 setsid -w prun -p echo ::: a
	assert_output --partial '/dev/tty'
}

@test "a FIFO that nobody has opened can be left by INT and TERM" {
	local signal words
	mkfifo fifo fifo.csv
	mkdir -p res/1/a
	mkfifo res/1/a/stdout
	for words in '--joblog fifo' '--joblog +fifo' '--joblog fifo --retry-failed' \
		'--joblog fifo --resume' '--results fifo.csv' '-j ./fifo' '--results res'; do
		for signal in INT TERM; do
			# shellcheck disable=SC2086 # an option and its value
			start $words echo ::: a
			wait_for is_state "$bg" S
			kill -"$signal" "$bg"
			finish
			[ "$status" -eq $((128 + $(kill -l "$signal"))) ]
		done
	done
	for signal in INT TERM; do
		PARALLEL_ENV=fifo start echo ::: a
		wait_for is_state "$bg" S
		kill -"$signal" "$bg"
		finish
		[ "$status" -eq $((128 + $(kill -l "$signal"))) ]
	done
	assert_nothing_left
}

@test "a FIFO is waited for, and meanwhile other jobs end" {
	mkfifo log
	mkdir -p res/1/b
	mkfifo res/1/b/stdout
	start -j2 --joblog log --results res 'echo {}; touch ended.{}' ::: a b c
	wait_for is_state "$bg" S
	cat log >rows &
	local reader=$!
	wait_for test -e ended.a
	test ! -e ended.b
	cat res/1/b/stdout >b
	finish
	[ "$status" -eq 0 ]
	assert_equal "$(cat b res/1/c/stdout)" $'b\nc'
	wait "$reader"
	assert_equal "$(wc -l <rows)" 4
}
