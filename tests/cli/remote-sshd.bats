# SPDX-License-Identifier: ISC
#
# Logins of a private sshd: other users, their shells and start-up files, hosts that have no
# prun, disks that are full or of no use.

load setup
load sshd

teardown() {
	sshd_down
	teardown_prun
}

SHELLS='bash dash csh tcsh fish'
found() { local program; for program; do command -v "$program" || true; done | sed 's|.*/||'; }

# No prun is on the PATH of logins, and this one may be sent.
bare() {
	[ ! -e /usr/bin/prun ] && [ ! -e /bin/prun ] || skip 'prun is on the PATH of every login'
	SSHD_PATH=/usr/bin:/bin
	export PRUN_STATIC=$B/prun
	HASH=$(sha256sum <"$PRUN_STATIC" | cut -d' ' -f1)
}

@test "ssh: prun is sent to users of any shell, and to root" {
	local shell shells
	shells=$(found $SHELLS)
	bare
	sshd_users $shells
	sshd_up
	for shell in $shells root; do
		user=u-$shell home=$T/home-$shell
		[ $shell != root ] || user=root
		run -0 --separate-stderr prun -S "$user@h1" -k --shell /bin/sh 'echo {}; id -un' ::: 'it'\''s "$x"' y
		assert_output $'it\'s "$x"\n'"$user"$'\ny\n'"$user"
		assert_regex "$stderr" "host $user@h1: .*; $PRUN_STATIC is sent there"
		cmp "$home/.cache/prun/$HASH/prun" "$PRUN_STATIC"
		[ "$(stat -c '%a %u' "$home/.cache/prun/$HASH" "$home/.cache/prun/$HASH/prun" | uniq)" = "700 $(stat -c %u "$home")" ]
	done
	assert_nothing_ssh
}

@test "ssh: a login whose disk is full, read-only or for no programs is told of, and runs nothing else" {
	bare
	sshd_users bash dash csh sh
	cat >"$T/mounts" <<-EOF
		mount -t tmpfs -o size=2m,mode=777 tmpfs "$T/home-bash"
		mount -t tmpfs -o ro tmpfs "$T/home-dash"
		mount -t tmpfs -o noexec,mode=777 tmpfs "$T/home-csh"
	EOF
	: >"$T/home-sh/.cache"
	sshd_up
	# What follows is no program: no line of it may be run by the shell there.
	{ cat "$PRUN_STATIC"; yes $'\n'"touch $T/home-bash/evil" | head -c 3000000; } >evil
	chmod +x evil
	local shell wanted
	while IFS='|' read -r shell wanted; do
		PRUN_STATIC=$PWD/evil run -255 --separate-stderr timeout "$DEADLINE" prun -S "u-$shell@h1" echo ::: x
		[ -z "$output" ]
		assert_regex "$stderr" "prun: host u-$shell@h1: .*$wanted"
		[ "$(wc -l <<<"$stderr")" = 3 ]
	done <<-'EOF'
		bash|prun could not be kept in ~/.cache/prun/[0-9a-f]* there: .*No space left on device
		dash|prun could not be kept in ~/.cache/prun/[0-9a-f]* there: .*Read-only file system
		csh|exec: .*/.cache/prun/[0-9a-f]*/prun: Permission denied
		sh|prun could not be kept in ~/.cache/prun/[0-9a-f]* there: .*Not a directory
	EOF
	run -0 nsenter -m -t "$(<"$T/sshd/pid")" find "$T/home-bash" "$T/home-sh" -type f
	assert_output "$T/home-sh/.cache"
	assert_nothing_ssh
}

@test "ssh: what start-up files print, and a banner, is in no output; those that end the login are told of" {
	local shell shells file
	shells=$(found $SHELLS)
	SSHD_LEVEL=''
	sshd_users $shells sh
	for file in bash/.bashrc csh/.cshrc tcsh/.tcshrc fish/.config/fish/config.fish; do
		mkdir -p "$(dirname "$T/home-$file")"
		printf 'echo Welcome\necho prun-agent\n' >"$T/home-$file"
	done
	echo 'echo of stderr >&2' >>"$T/home-bash/.bashrc"
	printf 'Authorized\nusers only\n' >"$T/banner"
	sshd_up "Banner $T/banner
PrintMotd yes
PermitTTY no
Match User u-sh
ForceCommand [ -e $T/refused ] && echo you may not || eval \"\$SSH_ORIGINAL_COMMAND\""
	sed -i /LogLevel/d "$T/sshd/client" # ssh shows the banner
	for shell in $shells sh; do
		# Of the jobs' shells, bash reads ~/.bashrc when it takes itself for that of a login.
		run -0 --separate-stderr prun -S "u-$shell@h1" -k --shell /bin/bash --tag 'echo {}; cat; :' ::: x y </dev/null
		[ "$output" = $'x\tx\ny\ty' ]
		[ -z "$stderr" ]
	done
	local rc wanted
	while IFS='|' read -r rc wanted; do
		printf '%s\n' "$rc" >"$T/home-bash/.bashrc"
		run -255 --separate-stderr prun -S u-bash@h1 echo ::: x
		[ "$stderr" = "prun: host u-bash@h1: $wanted"$'\nprun: no host is left' ]
	done <<-'EOF'
		exit 3|users only
		prun() { echo fake; }|users only, after: fake
	EOF
	# A banner is no reason for what happens later.
	rm "$T/home-bash/.bashrc"
	run -1 --separate-stderr prun -S u-bash@h1 --shell /bin/bash 'kill -KILL $PPID; sleep 1000' ::: x
	[[ $stderr == 'prun: host u-bash@h1: the connection was closed with status '* ]]
	echo '  LogLevel ERROR' >>"$T/sshd/client"
	while IFS='|' read -r rc wanted; do
		printf '%s\n' "$rc" >"$T/home-bash/.bashrc"
		run -255 --separate-stderr prun -S u-bash@h1 echo ::: x
		[ "$stderr" = "prun: host u-bash@h1: $wanted"$'\nprun: no host is left' ]
	done <<-'EOF'
		exit 3|the connection was closed with status 3 before prun was there
		echo Hello; exec true|the connection was closed with status 0 before prun was there, after: Hello
	EOF
	: >"$T/refused"
	run -255 --separate-stderr prun -S u-sh@h1 echo ::: x
	[ "$stderr" = $'prun: host u-sh@h1: the connection was closed with status 0 before prun was there, after: you may not\nprun: no host is left' ]
	assert_nothing_ssh
}

@test "ssh: the real sudo there, with its password, and files that go and come back" {
	need sudo openssl
	sshd_users bash
	echo "$PRUN_TEST_MARK" >pw
	chmod 600 pw
	sed -i "s|^u-bash:[^:]*|u-bash:$(openssl passwd -6 -stdin <pw)|" "$T/etc/shadow"
	printf 'Defaults !lecture\nu-bash ALL=(ALL) ALL\n' >"$T/etc/sudoers"
	sshd_up
	local sudo=(--sudo --sudo-password-file pw)
	mkdir in
	echo one >$'in/a \n b'
	touch -d '2001-02-03 04:05:06' in/*
	chmod 640 in/*
	run -0 --separate-stderr prun -S u-bash@h1 "${sudo[@]}" --trc {}.out 'id -u; stat -c "%a %Y %U" {}; cp -p {} {}.out; chmod 644 {}.out' ::: in/*
	assert_output $'0\n640 981173106 u-bash'
	[ -z "$stderr" ]
	[ "$(stat -c '%a %Y' in/*.out)" = '644 981173106' ]
	cmp in/*b in/*b.out
	[ -z "$(find "$T/home-bash" -mindepth 1 -not -name '.*')" ]
	# What root alone may read cannot be fetched, and nothing is removed.
	run -1 --separate-stderr prun -S u-bash@h1 "${sudo[@]}" --trc {}.out 'umask 077; cp {} {}.out' ::: in/*b
	assert_regex "$stderr" "cannot read 'in/a .* b.out' there: Permission denied"
	[ -e "$T/home-bash/in/"*b.out ]
	assert_nothing_ssh
}

# near COMMAND...: where a line leads to sshd, which can be cut.
near() { nsenter -n -t "$near" "$@"; }
two_networks() {
	need ip unshare nsenter
	unshare -n true 2>/dev/null || skip 'no network namespace can be made here'
	local far
	unshare -n sleep 1000 3>&- &
	near=$!
	unshare -n sleep 1000 3>&- &
	far=$!
	wait_for own_network "$near"
	wait_for own_network "$far"
	near ip link add line type veth peer name line netns "$far" 2>/dev/null || skip 'no veth can be made here'
	near ip address add 10.9.9.1/24 dev line
	near ip link set line up
	nsenter -n -t "$far" ip address add 10.9.9.2/24 dev line
	nsenter -n -t "$far" ip link set line up
	SSHD_WRAP=(nsenter -n -t "$far") SSHD_AT=10.9.9.2
}
own_network() { [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }

@test "ssh: the line is cut: its jobs are gone after two heartbeats, and told of after three" {
	two_networks
	sshd_up
	in_background nsenter -n -t "$near" "$PRUN" -S h1,: --heartbeat "${HEARTBEAT:-1}" -j1 --joblog log \
		"if [ \"\$PARALLEL_SSHHOST\" = h1 ]; then setsid sleep 1000 & echo \$! >$PWD/left; echo \$\$ >$PWD/runs; sleep 1000; fi; until [ -s $PWD/runs ]; do sleep 0.02; done; : {}" ::: 1 2 3 2>err
	wait_for test -s runs
	near ip link set line down
	local cut=$(date +%s%N)
	wait_for gone "$(<runs)"
	wait_for gone "$(<left)"
	wait_for agents_gone
	local went=$(date +%s%N)
	finish
	echo "gone after $(((went - cut) / 1000000)) ms, told after $((($(date +%s%N) - cut) / 1000000)) ms"
	[ "$status" = 1 ]
	assert_regex "$(<err)" '^prun: host h1: no sign of life for [0-9]+ s'
	[ "$(awk 'NR > 1 {print $2, $7}' log | sort | xargs)" = ': 0 : 0 h1 255' ]
}
agents_gone() { [ -z "$(agents)" ]; }
