# SPDX-License-Identifier: ISC
#
# A private sshd for tests, which comes and goes with the test.

# sshd_up [LINE]: hosts h1, h2 and dead; ssh on PATH knows them.  LINE goes into sshd's
# configuration.  SHLVL: bash does not read ~/.bashrc, which is not the test's own and may be
# slow.  SSHD_PATH is where logins look for programs; SSHD_LEVEL='' has bash read ~/.bashrc;
# SSHD_WRAP is a command that sshd is started by; SSHD_AT is where it listens, as h1 only.
sshd_up() {
	need ssh ssh-keygen
	[ -x /usr/sbin/sshd ] || skip 'sshd is not installed'
	local port
	mkdir -m 755 -p "$T/sshd" "$T/bin"
	ssh-keygen -q -t ed25519 -N '' -f "$T/sshd/hostkey"
	ssh-keygen -q -t ed25519 -N '' -f "$T/sshd/id"
	[ "$(id -u)" != 0 ] || mkdir -p -m 755 /run/sshd
	for port in $((20000 + BASHPID % 10000)) $((31000 + BASHPID % 1000)) $((32000 + RANDOM % 700)); do
		cat >"$T/sshd/config" <<-EOF
			Port $port
			ListenAddress ${SSHD_AT:-127.0.0.1}
			ListenAddress ${SSHD_AT:-127.0.0.2}
			HostKey $T/sshd/hostkey
			PidFile $T/sshd/pid
			AuthorizedKeysFile $T/sshd/id.pub
			StrictModes no
			UsePAM no
			PasswordAuthentication no
			KbdInteractiveAuthentication no
			PermitRootLogin prohibit-password
			LogLevel ERROR
			SetEnv PATH=${SSHD_PATH-$PATH} PRUN_TEST_MARK=$PRUN_TEST_MARK ${SSHD_LEVEL-SHLVL=2}
			$*
		EOF
		"${SSHD_WRAP[@]}" /usr/sbin/sshd -f "$T/sshd/config" -E "$T/sshd/log" && break
	done
	wait_for test -s "$T/sshd/pid"
	cat >"$T/sshd/client" <<-EOF
		Host h1
		  HostName ${SSHD_AT:-127.0.0.1}
		Host h2
		  HostName 127.0.0.2
		Host dead
		  HostName 127.0.0.9
		Host *
		  Port $port
		  IdentityFile $T/sshd/id
		  IdentitiesOnly yes
		  UserKnownHostsFile /dev/null
		  GlobalKnownHostsFile /dev/null
		  StrictHostKeyChecking no
		  LogLevel ERROR
	EOF
	printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$T/sshd/client" >"$T/bin/ssh"
	chmod +x "$T/bin/ssh"
	PATH=$T/bin:$PATH
}

# sshd_users SHELL...: for each a user of that name, with the home $T/home-SHELL, and root
# with the home $T/home-root; sshd_up's sshd knows them.  They are in a copy of /etc that this
# sshd alone sees, in a mount namespace of its own, where $T/mounts, if it is there, is run.
# (All of /etc: a file that is mounted upon another one is gone when useradd renames that.)
sshd_users() {
	local shell number=$((40000 + BASHPID % 2000 * 10))
	[ "$(id -u)" = 0 ] || skip 'other users, and mounts, are for root'
	unshare -m mount --bind "$T" "$T" 2>/dev/null || skip 'no mount namespace can be made here'
	cp -a /etc "$T/etc" 2>/dev/null || true # other tests make files there and remove them
	sed -i "s|^root:.*|root:x:0:0::$T/home-root:/bin/bash|" "$T/etc/passwd"
	for shell; do
		echo "u-$shell:x:$((++number)):$number::$T/home-$shell:$(command -v "$shell")" >>"$T/etc/passwd"
		echo "u-$shell:*:19000:0:99999:7:::" >>"$T/etc/shadow"
		install -d -o "$number" -g "$number" -m 755 "$T/home-$shell"
	done
	mkdir "$T/home-root"
	chmod 755 "$T"
	cat >"$T/in_namespace" <<-EOF
		#!/bin/sh
		mount --bind "$T/etc" /etc || exit
		[ ! -e "$T/mounts" ] || . "$T/mounts" || exit
		exec "\$@"
	EOF
	SSHD_WRAP=(unshare -m sh "$T/in_namespace")
}

sshd_down() {
	[ ! -s "$T/sshd/pid" ] || kill "$(<"$T/sshd/pid")" 2>/dev/null || true
}

# The pids of the agents.
agents() {
	local pid
	for pid in $(marked); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" = prun ] || continue
		! tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q '^prun --remote-agent' || echo "$pid"
	done
}

# No agent, and no connection, is there any more.  (sshd itself has the mark, too.)
nothing_ssh() {
	[ -z "$(agents)" ] && [ "$(pgrep -P "$(<"$T/sshd/pid")" | wc -l)" = 0 ]
}
assert_nothing_ssh() {
	wait_for nothing_ssh || { ps aux >&2; return 1; }
}
