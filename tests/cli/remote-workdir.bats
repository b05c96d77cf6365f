# SPDX-License-Identifier: ISC
#
# --workdir for jobs on other machines.  A "host" is reached by a program that runs the agent
# beside prun, in a home of its own ($T/at-HOST), as in remote.bats.

load setup

setup() {
	setup_prun
	make_there
}

@test "--workdir there: absolute, below the login's folder, as here, a template" {
	local show='pwd; echo $PWD $OLDPWD; : {}'
	run -0 prun "${A[@]}" --wd "$T/new/folder" "$show" ::: x
	assert_output "$T/new/folder"$'\n'"$T/new/folder $T/at-a"
	run -0 prun "${A[@]}" --wd sub/folder "$show" ::: x
	assert_output "$T/at-a/sub/folder"$'\n'"$T/at-a/sub/folder $T/at-a"
	# Without a shell, which would set it.
	run -0 prun "${A[@]}" --wd sub/folder printenv ::: PWD
	assert_output "$T/at-a/sub/folder"
	run -0 prun "${A[@]}" -k --wd 'jobs/{}-{#}' pwd '; : {}' ::: x y
	assert_output "$T/at-a/jobs/x-1"$'\n'"$T/at-a/jobs/y-2"
	run -0 prun "${A[@]}" --wd . "$show" ::: x
	assert_output "$T/work"$'\n'"$T/work $T/at-a"
	mkdir -p "$HOME/pro {} ject"
	cd "$HOME/pro {} ject"
	run -0 prun "${A[@]}" --wd . pwd '; : {}' ::: x
	assert_output "$T/at-a/pro {} ject"
	cd "$HOME"
	run -0 prun "${A[@]}" --wd . pwd '; : {}' ::: x
	assert_output "$T/at-a"
	run -0 prun "${A[@]}" --dry-run --wd other/{} echo ::: x
	[ ! -e "$T/at-a/other" ]
	[ ! -e other ]
	run -255 prun "${A[@]}" --wd '{2}' echo ::: x
	assert_output --partial '--workdir {2}: the folder name of job 1 is empty'
}

@test "--workdir ... there: each job has a folder of its own, which is removed" {
	run -0 prun "${A[@]}" -k --wd ... pwd '; : {}' ::: x y
	assert_line --index 0 --regexp "^$T/at-a/.parallel/tmp/.*-[0-9]+-1\$"
	assert_line --index 1 --regexp "^$T/at-a/.parallel/tmp/.*-[0-9]+-2\$"
	[ -z "$(ls "$T/at-a/.parallel/tmp")" ]
	# What a job has left there stays, unless it is to be cleaned up.
	run -0 prun "${A[@]}" --wd ... 'touch left; : {}' ::: x
	[ -e "$T"/at-a/.parallel/tmp/*-1/left ]
	rm -r "$T/at-a/.parallel"
	run -0 prun "${A[@]}" --wd ... --cleanup 'mkdir -p a/b; touch a/b/c; chmod 500 a/b; ln -s / root; : {}' ::: x y
	[ -z "$(ls -A "$T/at-a")" ]
	run -1 --separate-stderr prun "${A[@]}" --wd ... --cleanup --timeout 0.3 'touch a; sleep 1000; : {}' ::: x
	[ -z "$(ls -A "$T/at-a")" ]
	echo of x >x
	run -0 prun "${AB[@]}" -j1 --wd ... --trc {}.out 'ls | wc -l; cp x {}.out' ::: x
	assert_output 1
	cmp x x.out
	[ -z "$(ls -A "$T/at-a")" ]
	# A result that could not be fetched is not lost.
	run -1 --separate-stderr prun "${A[@]}" --wd ... --trc {}.out 'touch result; : {}' ::: x
	assert_regex "$stderr" "^prun: job 1: cannot read '.parallel/tmp/.*/x.out' there: No such file"
	[ -e "$T"/at-a/.parallel/tmp/*-1/result ]
	rm -r "$T/at-a/.parallel"
	in_background prun "${A[@]}" --wd ... --cleanup 'touch a '"$PWD"'/runs; sleep 1000; : {}' ::: x
	wait_for test -e runs
	kill -TERM "$bg"
	finish
	[ "$status" = 143 ]
	wait_for sh -c '[ -z "$(ls -A "$1")" ]' - "$T/at-a"
}

@test "--workdir there: the files of jobs and of hosts are in it" {
	mkdir in
	echo one >x
	echo two >in/y
	run -0 prun "${AB[@]}" --wd w --tf {} --return {}.out 'cp {} {}.out; ls' ::: x in/y
	cmp x x.out
	cmp in/y in/y.out
	[ "$(cat "$T"/at-?/w/x "$T"/at-?/w/in/y | sort)" = $'one\ntwo' ]
	rm -r "$T"/at-?/w x.out
	run -0 prun "${AB[@]}" --wd w/{} --trc {}.out 'cp {} {}.out' ::: x in/y
	cmp x x.out
	[ -z "$(ls -A "$T/at-a" "$T/at-b" | grep -v :)" ]
	run -0 prun "${AB[@]}" -j1 --wd w --bf x --cleanup 'cat x; : {}' ::: 1 2 3
	assert_output $'one\none\none'
	[ -z "$(ls -A "$T/at-a" "$T/at-b" | grep -v :)" ]
	for folder in ... 'w{}'; do
		run -255 prun "${A[@]}" --wd "$folder" --bf in/./y echo ::: 1
		assert_output 'prun: --basefile in/./y: each job has its own --workdir: give an absolute path'
	done
	run -0 prun "${A[@]}" --wd ... --bf "$PWD/x" 'cat '"$PWD"'/x; : {}' ::: 1
	assert_output one
}

@test "--workdir there: one that cannot be made fails its job, with status 1" {
	: >in-the-way
	run -2 --separate-stderr prun "${A[@]}" -k --joblog log --wd "$PWD/{}" echo ::: in-the-way/a fine in-the-way
	assert_output fine
	[ "$stderr" = "prun: job 1: cannot make the folder '$PWD/in-the-way/a' there: Not a directory: echo in-the-way/a
prun: job 3: cannot make the folder '$PWD/in-the-way' there: Not a directory: echo in-the-way" ]
	[ "$(awk 'NR > 1 {print $1, $7}' log | sort | xargs)" = '1 1 2 0 3 1' ]
	# The first folder that could not be made says why.
	if [ -d /sys/kernel ]; then
		run -1 prun "${A[@]}" --wd /sys/none/below echo ::: x
		refute_output --partial 'No such file'
		assert_output --partial "cannot make the folder '/sys/none/below' there: "
	fi
	# Tried again where it can be made.
	: >"$T/at-a/w"
	run -0 --separate-stderr prun "${AB[@]}" -j1 --filter-hosts --retries 2 --wd w --joblog log 'pwd; : {}' ::: 1
	assert_output "$T/at-b/w"
	# The jobs of this machine stay here.
	mkdir here
	run -0 prun --via "$T/there {host}" -S 1/b,1/: --wd here 'pwd; until [ -e '"$PWD"'/both ]; do sleep 0.02; [ {} = 1 ] || touch '"$PWD"'/both; done' ::: 1 2
	[ "$(sort <<<"$output")" = "$T/at-b/here"$'\n'"$PWD/here" ]
}

@test "--workdir there with workers, --nonall, --cat and sudo" {
	for kind in --worker --worker=shared; do
		run -0 prun "${A[@]}" -k $kind --wd w 'pwd; cd /; : {}' ::: 1 2 3
		assert_output "$T/at-a/w"$'\n'"$T/at-a/w"$'\n'"$T/at-a/w"
	done
	[ ! -e w ]
	printf '#!/bin/sh\nwhile read -r n; do echo "$n $PWD"; done\n' >line
	chmod +x line
	run -0 prun "${A[@]}" -k --wd w --worker-line "$PWD/line" ::: 1 2
	assert_output "1 $T/at-a/w"$'\n'"2 $T/at-a/w"
	run -0 prun "${AB[@]}" -k --nonall --wd w pwd
	assert_output "$T/at-a/w"$'\n'"$T/at-b/w"
	run -0 prun "${A[@]}" --tmpdir "$T/tmp" --pipe --cat --wd ... 'pwd >&2; cat {}' <<<x
	assert_line x
	assert_line --regexp "^$T/at-a/.parallel/tmp/"
	ln -s "$HELPER/fakesudo" sudo
	PATH=$PWD:$PATH FAKE_SUDO=free run -0 prun "${A[@]}" --sudo --wd by/sudo 'pwd; : {}' ::: 1
	assert_output "$T/at-a/by/sudo"
}
