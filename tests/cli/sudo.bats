# SPDX-License-Identifier: ISC
#
# --sudo: with the real sudo and a user made for it, and with a fake one that does
# what a real one does rarely.  The user and his policy are removed at the end.

load setup


# Tests share the user: each gives him the policy that it wants.
setup_file() {
	export BATS_NO_PARALLELIZE_WITHIN_FILE=true
	export PRUNT_USER=prunt$((BASHPID % 100000))
	(umask 077; echo "Pq7-hush-$RANDOM$RANDOM" >"$BATS_FILE_TMPDIR/secret")
	export PRUNT_REAL=
	[ "$(id -u)" = 0 ] || { PRUNT_REAL='not run as root'; return 0; }
	for program in sudo setpriv useradd chpasswd; do
		command -v "$program" >/dev/null || { PRUNT_REAL="$program is not installed"; return 0; }
	done
	useradd -M -s /bin/bash "$PRUNT_USER"
	echo "$PRUNT_USER:$(<"$BATS_FILE_TMPDIR/secret")" | chpasswd
}

teardown_file() {
	[ "$(id -u)" = 0 ] || return 0
	lock_policy
	rm -f "/etc/sudoers.d/$PRUNT_USER" "/etc/pam.d/$PRUNT_USER" "/run/sudo/ts/$PRUNT_USER" "/var/lib/sudo/lectured/$PRUNT_USER"
	! id "$PRUNT_USER" >/dev/null 2>&1 || userdel -f "$PRUNT_USER" 2>/dev/null
}

# Another run of these tests beside us: sudo fails while files of its policy come and go.
lock_policy() {
	exec 8>/run/lock/prun-test-sudo
	flock -w 120 8
}

setup() {
	setup_prun
	PRUNT_SECRET=$(<"$BATS_FILE_TMPDIR/secret") # not exported
	echo "$PRUNT_SECRET" >pw
	echo not-it >wrong
	chmod 600 pw wrong
	FILE=(--sudo-password-file pw)
}

teardown() {
	# Root's jobs have no mark in what they let be seen of them.
	local pid group
	for pid in $(cat "$T"/work/pid.* 2>/dev/null); do
		group=$(ps -o pgid= -p "$pid") && kill -KILL -- "-${group// /}" 2>/dev/null || true
	done
	teardown_prun
}

# real LINE...: the user's policy, U stands for him; his folder and his prun.
real() {
	[ -z "$PRUNT_REAL" ] || skip "$PRUNT_REAL"
	lock_policy
	rm -f "/run/sudo/ts/$PRUNT_USER"
	printf '%s\n' "${@//U/$PRUNT_USER}" >policy
	visudo -cqf policy
	# sudo leaves names with a dot alone: it sees the whole file or none.
	install -m 440 policy "/etc/sudoers.d/$PRUNT_USER.new"
	mv "/etc/sudoers.d/$PRUNT_USER.new" "/etc/sudoers.d/$PRUNT_USER"
	mkdir -p "$T/bin"
	cp "$B/prun" "$T/bin/prun"
	ln -sf prun "$T/bin/sem"
	chmod 755 "$T" "$T/bin"
	chown -R "$PRUNT_USER" "$T/work" "$T/home" "$T/tmp"
}
ALL='U ALL=(ALL) ALL'

as_user() {
	setpriv --reuid "$PRUNT_USER" --regid "$PRUNT_USER" --init-groups \
		env -u SUDO_USER PATH="$T/bin:/usr/sbin:/usr/bin:/sbin:/bin" USER="$PRUNT_USER" \
		LOGNAME="$PRUNT_USER" "$@" 3>&- 8>&-
}

# The prun of the user, once it is there.
user_prun() { pgrep -u "$PRUNT_USER" -x prun | head -n 1; }

# The password is nowhere in these files.
assert_no_secret() { # FILE...
	run grep -salF -f "$BATS_FILE_TMPDIR/secret" -- "$@"
	assert_failure
	assert_output ''
}

@test "sudo: with a password from a file or a descriptor" {
	real "$ALL"
	run -0 as_user prun -k --sudo "${FILE[@]}" 'id -u; echo' ::: a b
	assert_output $'0\na\n0\nb'
	run -0 as_user bash -c 'rm -f ts; sudo -K; prun -k --sudo --sudo-password-fd 5 id -u "#" ::: a 5<pw'
	assert_output 0
}

@test "sudo: NOPASSWD and root are asked nothing" {
	real 'U ALL=(ALL) NOPASSWD: ALL'
	run -0 as_user setsid -w prun -k --sudo 'id -u; echo' ::: a b </dev/null
	assert_output $'0\na\n0\nb'
	run -0 prun --sudo="$PRUNT_USER" id -un '#' ::: a
	assert_output "$PRUNT_USER"
}

@test "sudo: with --pty the command's stdout and stderr are terminals, with a password or none" {
	real "$ALL"
	run -0 --separate-stderr as_user prun -k --pty --sudo "${FILE[@]}" 'test -t 1 && test -t 2 && seq 20000; seq 20000 >&2; echo {}' ::: a b
	assert_equal "$output" "$(seq 20000; echo a; seq 20000; echo b)"
	assert_equal "$stderr" "$(seq 20000; seq 20000)"
	run -0 --separate-stderr prun --pty --sudo="$PRUNT_USER" 'test -t 1 && test -t 2 && id -un; echo err >&2 #' ::: a
	assert_output "$PRUNT_USER"
	[ "$stderr" = err ]
}

@test "sudo: a password is needed and there is no terminal" {
	real "$ALL"
	run -255 as_user setsid -w prun --sudo 'touch ran' ::: a </dev/null
	assert_output --partial 'no terminal'
	refute_output --partial 'prun-'
	assert_file_not_exist ran
}

@test "sudo: the user is asked on the terminal, once, and again when he is wrong" {
	real "$ALL"
	need expect
	cat >talk <<-'END'
		set timeout 20
		log_user 1
		spawn -noecho prun -k --sudo {id -u; echo} ::: a b
		foreach answer $argv {
			expect "password for sudo: " { send "$answer\r" } timeout { exit 9 } eof { exit 8 }
		}
		expect eof
		exit [lindex [wait] 3]
	END
	run -0 as_user expect talk "$PRUNT_SECRET"
	assert_output --partial $'0\r\na\r\n0\r\nb'
	refute_output --partial "$PRUNT_SECRET"
	as_user sudo -K
	run -0 as_user expect talk no never "$PRUNT_SECRET"
	assert_output --partial 'Sorry, try again.'
	assert_output --partial $'0\r\na\r\n0\r\nb'
	as_user sudo -K
	run -255 as_user expect talk no never nowhere
	assert_output --partial 'did not take the password'
}

@test "sudo: a ticket that is there is used" {
	real "$ALL"
	run -0 as_user script -qec "sudo -S -p '' -v <pw && prun --sudo id -u '#' ::: a </dev/null" /dev/null
	assert_output --partial 0
	refute_output --partial 'password'
}

@test "sudo: with a terminal and use_pty" {
	real 'Defaults:U use_pty' "$ALL"
	run -0 as_user script -qec "prun -k -j4 --sudo --sudo-password-file pw 'echo e >&2; id -u; echo' ::: a b c d" /dev/null
	assert_equal "$(tr -d '\r' <<<"$output" | grep -v '^Script' | paste -sd' ')" '0 a e 0 b e 0 c e 0 d e'
}

@test "sudo: a wrong password runs no job" {
	real "$ALL"
	run -255 as_user prun --sudo --sudo-password-file wrong 'touch ran' ::: a
	assert_output --partial 'sudo did not take the password'
	assert_file_not_exist ran
}

@test "sudo: a user who may not, an expired account, no tty" {
	real 'Defaults:U !lecture'
	run -255 as_user prun --sudo "${FILE[@]}" 'touch ran' ::: a
	assert_output --partial 'may not run sudo'
	assert_output --partial 'does not let you'
	real 'Defaults:U requiretty' "$ALL"
	run -255 as_user setsid -w prun --sudo "${FILE[@]}" 'touch ran' ::: a
	assert_output --partial 'tty'
	real "$ALL"
	chage -E 1 "$PRUNT_USER"
	run -255 as_user prun --sudo "${FILE[@]}" 'touch ran' ::: a
	chage -E -1 "$PRUNT_USER"
	assert_output --partial 'account validation failure'
	chage -d 0 "$PRUNT_USER"
	run -255 as_user timeout 60 prun --sudo "${FILE[@]}" 'touch ran' ::: a
	chage -d "$(date +%F)" "$PRUNT_USER"
	assert_output --partial 'password is expired'
	assert_output --partial 'does not let you'
	assert_file_not_exist ran
	run -255 as_user prun --sudo=no-such-user "${FILE[@]}" 'touch ran' ::: a
	assert_output --partial 'no-such-user'
}

@test "sudo: another user" {
	real "$ALL"
	# The user of that number has another name on some machines.
	other=$(id -un 65534) || skip 'no user has the number 65534'
	run -0 as_user prun --sudo="$other" "${FILE[@]}" 'id -u; true' ::: a
	assert_output 65534
}

@test "sudo: only the command that is allowed, which needs no shell" {
	real 'U ALL=(root) /usr/bin/id' 'Defaults:U !lecture'
	run -0 as_user prun --sudo "${FILE[@]}" id ::: -u
	assert_output 0
	run -1 as_user prun --sudo "${FILE[@]}" 'id -u;' ::: a
	assert_output --partial 'not allowed'
}

@test "sudo: jobs read their own stdin, with tickets and without" {
	for policy in '# tickets' 'Defaults:U timestamp_timeout=0'; do
		real "$policy" "$ALL"
		run -0 as_user prun --sudo "${FILE[@]}" 'cat; echo end' ::: a
		assert_output 'end a'
		seq 100000 >many
		as_user sem --fg --sudo "${FILE[@]}" 'id -u; cat' <many >got
		{ echo 0; cat many; } | cmp - got
	done
}

@test "sudo: a command that is asked nothing for gets no password" {
	real 'Defaults:U timestamp_timeout=0' "$ALL" 'U ALL=(ALL) NOPASSWD: /usr/bin/cat'
	run -0 as_user timeout 20 prun --sudo "${FILE[@]}" cat ::: /dev/stdin
	assert_output ''
}

@test "sudo: a ticket that ends between jobs, or between the tries of one" {
	real 'Defaults:U timestamp_timeout=0.03' "$ALL"
	run -0 as_user prun -k -j1 --sudo "${FILE[@]}" 'sleep 4; id -u; echo' ::: a b
	assert_output $'0\na\n0\nb'
	run -0 as_user prun -j1 --retries 2 --sudo "${FILE[@]}" 'sleep 4; test -e tried || ! touch tried #' ::: a
}

@test "sudo: where nobody can be asked, commands that need no password run" {
	real "$ALL" 'U ALL=(ALL) NOPASSWD: /usr/bin/id'
	run -0 as_user setsid -w prun --sudo id ::: -u </dev/null
	assert_output 0
	run -1 as_user setsid -w prun --sudo touch ::: ran </dev/null
	assert_output --partial 'a password is required'
	assert_file_not_exist ran
}

@test "sudo: a password that nobody wants is wiped at once" {
	real 'U ALL=(ALL) NOPASSWD: ALL'
	[ -z "${SAN:-}" ] || skip 'of plain builds'
	mkfifo gate
	as_user prun --sudo "${FILE[@]}" 'cat gate >/dev/null; true' ::: a &
	bg=$!
	exec 7>gate
	run grep -c '^VmLck:[^0-9]*0 kB' "/proc/$(user_prun)/status"
	exec 7>&-
	assert_output 1
	finish
	assert_equal "$status" 0
}

@test "sudo: programs that run before the question, and a /proc that hides others" {
	real 'Defaults:U pam_service=U' "$ALL"
	printf '%s\n' 'auth optional pam_exec.so /bin/sleep 0.2' '@include common-auth' \
		'@include common-account' >"/etc/pam.d/$PRUNT_USER"
	run -0 as_user prun --sudo "${FILE[@]}" 'id -u; true' ::: a
	assert_output 0
	rm "/etc/pam.d/$PRUNT_USER"
	real "$ALL"
	# Of a pid namespace of its own: the options of the others' /proc stay.
	as_user_hidden() { mount -t proc -o hidepid=2 proc /proc && as_user "$@"; }
	export -f as_user as_user_hidden
	export T
	run -0 unshare -m -p -f bash -c 'as_user_hidden "$@"' - prun --sudo "${FILE[@]}" 'id -u; true' ::: a
	assert_output 0
}

@test "sudo: 200 jobs, with and without tickets" {
	for policy in '# tickets' 'Defaults:U timestamp_timeout=0'; do
		real "$policy" "$ALL"
		as_user prun -k -j8 --tag --sudo "${FILE[@]}" 'echo e{} >&2; echo o{}' ::: $(seq 200) >out 2>err || { grep -v "e[0-9]*$" err | head -5; false; }
		seq 200 | sed 's/.*/&\to&/' | cmp - out
		seq 200 | sed 's/.*/&\te&/' | cmp - err
	done
}

@test "sudo: a job whose time is up is gone with its tree" {
	local limit=2
	[ -z "${SAN:-}" ] || limit=8 # which must be enough for it to begin
	for policy in '# tickets' 'Defaults:U timestamp_timeout=0'; do
		real "$policy" "$ALL"
		run -1 as_user prun --sudo "${FILE[@]}" --timeout "$limit" \
			'trap "" TERM; sleep 1000 & echo $! >pid.1; setsid sleep 1000 & echo $! >pid.2; echo $$ >pid.3; wait; sleep 1000; true' ::: a
		assert_output --partial 'timed out'
		for file in pid.1 pid.2 pid.3; do
			assert_file_not_empty "$file"
			wait_for gone "$(<$file)"
		done
	done
}

# Without parents, group and session of its job's; root's, so nobody sees its environment.
DAEMON='(setsid sh -c "echo \$\$ >pid.left; exec sleep 1000" &); until test -s pid.left; do sleep 0.1; done'

@test "sudo: a job whose time is up is gone with its daemon" {
	local limit=2
	[ -z "${SAN:-}" ] || limit=8
	for policy in '# tickets' 'Defaults:U timestamp_timeout=0'; do
		real "$policy" "$ALL"
		rm -f pid.*
		run -1 as_user prun -j1 --sudo "${FILE[@]}" --timeout "$limit" \
			"$DAEMON; sleep 1000; true" ::: a
		assert_output --partial 'timed out'
		refute_output --partial 'live on'
		assert_file_not_empty pid.left
		wait_for gone "$(<pid.left)"
	done
}

@test "sudo: a daemon that may be another job's is left alone, and told of" {
	local limit=4 late
	[ -z "${SAN:-}" ] || limit=12
	late=$((limit / 2)) # so that its own time is not up when that of a is
	real '# tickets' "$ALL"
	run -1 as_user prun -j2 --sudo "${FILE[@]}" --timeout "$limit" --joblog log '
		case {} in
		a) '"$DAEMON"'; echo $$ >pid.a; sleep 1000; true;;
		b) sleep '$late';;
		c) while kill -0 "$(cat pid.a)"; do sleep 0.1; done 2>/dev/null;;
		esac' ::: a b c
	assert_output --partial 'job 1: processes that are or may be its own live on'
	refute_output --partial 'job 2: '
	refute_output --partial 'job 3: '
	wait_for gone "$(<pid.a)"
	alive "$(<pid.left)"
	kill -KILL "$(<pid.left)"
	wait_for gone "$(<pid.left)"

	run -2 as_user prun -j2 --sudo "${FILE[@]}" --timeout "$((limit / 2))" 'sleep 1000; true' ::: a b
	refute_output --partial 'live on'
}

@test "sudo: a signal ends root's jobs" {
	real "$ALL"
	as_user prun -j2 --sudo "${FILE[@]}" 'echo $$ >pid.{}; sleep 1000; true' ::: 1 2 &
	bg=$!
	wait_for test -s pid.1
	wait_for test -s pid.2
	kill -TERM "$(user_prun)"
	finish
	assert_equal "$status" 143
	gone "$(<pid.1)"
	gone "$(<pid.2)"
}

@test "sudo: a signal ends what root's jobs have left on their own" {
	for policy in '# tickets' 'Defaults:U timestamp_timeout=0'; do
		real "$policy" "$ALL"
		rm -f pid.*
		as_user prun --sudo "${FILE[@]}" '(setsid sh -c "echo \$\$ >pid.left; exec sleep 1000" &); until test -s pid.left; do sleep 0.1; done; echo $$ >pid.{}; sleep 1000; true' ::: 1 &
		bg=$!
		wait_for test -s pid.1
		kill -TERM "$(user_prun)"
		finish
		assert_equal "$status" 143
		gone "$(<pid.1)"
		wait_for gone "$(<pid.left)"
	done
}

@test "sudo: processes that may not be killed are told of" {
	real 'Defaults:U !lecture,timestamp_timeout=0' 'U ALL=(root) /usr/bin/sleep'
	run -1 as_user prun --sudo "${FILE[@]}" --timeout 1 --term-seq KILL,50 sleep ::: 30.77
	assert_output --partial 'for want of rights'
	pgrep -f '^sleep 30.77' >pid.1
}

@test "sudo: exit status, joblog, -v and results show the command alone" {
	real "$ALL"
	run -2 as_user prun -j1 -v --joblog log --results res --sudo "${FILE[@]}" 'echo {}; exit {}' ::: 0 1 2
	refute_output --partial sudo
	run cut -f 7,9 log
	assert_output $'Exitval\tCommand\n0\techo 0; exit 0\n1\techo 1; exit 1\n2\techo 2; exit 2'
	assert_file_exist res/1/2/stdout
}

@test "sudo: --env asks for a variable to be kept" {
	real 'U ALL=(ALL) SETENV: ALL'
	run -0 as_user env FOO=kept BAR=lost prun --sudo --env FOO "${FILE[@]}" 'echo $FOO-$BAR #' ::: a
	assert_output kept-
}

@test "sudo: the password is nowhere but in locked memory" {
	real 'Defaults:U timestamp_timeout=0' "$ALL"
	mkfifo gate.1 gate.2
	as_user prun -j2 -v --joblog log --results res --sudo "${FILE[@]}" \
		'env >env.{}; cat gate.{} >/dev/null; echo $$ >pid.{}; sleep 1000; true' ::: 1 2 >out 2>err &
	bg=$!
	timeout 20 bash -c 'echo >gate.1; echo >gate.2'
	wait_for test -s pid.1
	wait_for test -s pid.2
	assert_no_secret /proc/[0-9]*/cmdline
	assert_no_secret /proc/[0-9]*/environ
	pid=$(user_prun)
	if [ -z "${SAN:-}" ]; then
		run awk '/^VmLck:/ { print ($2 >= 4) }' "/proc/$pid/status"
		assert_output 1
		run grep -c '^VmFlags:.* lo.* dc.* dd' "/proc/$pid/smaps"
		assert_output 1
	fi
	kill -TERM "$pid"
	finish
	assert_no_secret out err log env.1 env.2 $(find res "$T/home" "$T/tmp" -type f)
	[ ! -r /var/log/auth.log ] || assert_no_secret /var/log/auth.log
}

@test "sudo: a password file that is open to others, is another's, or is empty" {
	touch empty
	chmod 600 empty
	chmod 640 pw
	run -255 prun --sudo --sudo-password-file pw true ::: a
	assert_output --partial 'chmod 600'
	run -255 prun --sudo --sudo-password-file empty true ::: a
	assert_output --partial 'no password'
	run -255 prun --sudo --sudo-password-file no-such true ::: a
	assert_output --partial 'no-such'
	# Numbers that prun opens something under itself are no better.
	for fd in 3 4 5 6 77; do
		eval "run -255 timeout 20 prun --sudo --sudo-password-fd $fd true ::: a $fd<&-"
		assert_output --partial "--sudo-password-fd $fd: Bad file descriptor"
	done
	run -255 prun --sudo-password-file pw true ::: a
	assert_output --partial 'needs --sudo'
	run -255 prun --sudo= true ::: a
	assert_output --partial 'is no user'
	[ "$(id -u)" = 0 ] || return 0
	chmod 600 pw
	chown 65534 pw
	run -255 prun --sudo --sudo-password-file pw true ::: a
	assert_output --partial "another user's"
}

@test "sudo: it is not installed" {
	mkdir bin
	run -255 env PATH="$PWD/bin" "$PRUN" --sudo true ::: a
	assert_output --partial 'not installed'
}

# ---- a fake sudo ----

fake() { # MODE
	mkdir -p "$T/fake"
	ln -sf "$HELPER/fakesudo" "$T/fake/sudo"
	rm -f log
	PATH=$T/fake:$PATH
	export FAKE_SUDO=$1 FAKE_SECRET=$PWD/pw FAKE_LOG=$PWD/log
}

@test "fake sudo: it is told the password once for each time that it asks" {
	fake plain
	run -0 prun -k -j4 --sudo "${FILE[@]}" 'echo e >&2; echo' ::: a b c
	assert_output $'a\ne\nb\ne\nc\ne'
	assert_equal "$(sort log | uniq -c | tr -s ' ')" " 4 $PRUNT_SECRET"
	fake ticket
	run -0 prun -k -j4 --sudo "${FILE[@]}" echo ::: a b c
	assert_equal "$(wc -l <log)" 1
}

@test "fake sudo: every report tells of the command, and none of sudo or of the secret" {
	fake plain
	run -1 prun -j2 --junit r.xml --tap r.tap --summary r.md --events r.events --events-output --trace r.trace \
		--report r.html --ci=github --sudo "${FILE[@]}" 'echo {} says; exit {#}0 #' ::: ''
	assert_equal "$(grep -l 'says' r.*)" $'r.events\nr.html\nr.md\nr.tap\nr.trace\nr.xml'
	run grep -lF -e "$PRUNT_SECRET" -e 'sudo' r.*
	assert_output ''
}

@test "fake sudo: delays, a lecture, and a marker in pieces" {
	fake slow,lecture,split
	run -0 --separate-stderr prun --sudo "${FILE[@]}" 'printf "[prun" >&2; echo' ::: a
	assert_output a
	assert_equal "$(grep -c lecture <<<"$stderr")" 2
	assert_equal "${stderr: -5}" '[prun'
	refute grep -q '\[prun-[0-9a-f]' <<<"$stderr"
}

@test "fake sudo: a second prompt is a refusal" {
	fake plain
	mkdir "$T/fake/real"
	mv "$T/fake/sudo" "$T/fake/real/sudo"
	cat >"$T/fake/sudo" <<-END
		#!/bin/sh
		case " \$* " in *" -v "*|*" -n "*) FAKE_JOBS=plain ;; esac
		FAKE_SUDO=\$FAKE_JOBS exec "$T/fake/real/sudo" "\$@"
	END
	chmod 755 "$T/fake/sudo"
	for jobs in second endless; do
		rm -f log
		FAKE_JOBS=$jobs run -1 timeout 20 prun --sudo "${FILE[@]}" 'touch ran;' ::: a
		assert_output --partial 'job 1: sudo did not take the password'
		assert_equal "$(grep -c -- "$PRUNT_SECRET" log)" 2 # one of them the check's
		assert_file_not_exist ran
	done
}

@test "fake sudo: a question for something else is a refusal, also on the terminal" {
	fake other
	run -255 timeout 20 prun --sudo "${FILE[@]}" 'touch ran' ::: a
	assert_output --partial 'Something else: '
	assert_output --partial 'does not let you'
	need expect
	cat >talk <<-'END'
		set timeout 20
		spawn -noecho prun --sudo {touch ran} ::: a
		expect "password for sudo: " { send "$argv\r" } timeout { exit 9 }
		expect "is not its password" {} timeout { exit 8 } eof { exit 7 }
		expect eof
		exit [lindex [wait] 3]
	END
	run -255 expect talk "$PRUNT_SECRET"
	assert_file_not_exist ran
}

@test "fake sudo: a child of sudo's that works before the question" {
	fake helper,ticket
	run -0 prun --sudo "${FILE[@]}" 'echo' ::: a
	assert_output a
}

@test "fake sudo: who keeps a command's stdin does not get the password when it has ended" {
	fake free,late
	timeout 60 prun -N0 -j8 --sudo "${FILE[@]}" "$HELPER/steals_password" stolen ::: 1 2 3 4 5 6 7 8 || true
	wait_for eval '! pgrep -x steals_password'
	[ ! -e stolen ] || assert_no_secret stolen
}

@test "fake sudo: a command that shows the marker does not get the password" {
	for how in free free,exec; do
		fake "$how"
		cat >steal <<-'END'
			#!/bin/sh
			tr '\0' '\n' </proc/$$/cmdline >seen
			for pid in $$ $PPID; do tr '\0' '\n' </proc/$pid/cmdline; done |
				grep '^\[prun-' | head -n 1 >&2
			head -c 100 >stolen
		END
		chmod 755 steal
		run -0 timeout 20 prun --sudo "${FILE[@]}" ./steal ::: a
		assert_file_exist stolen
		assert_no_secret stolen
	done
}
