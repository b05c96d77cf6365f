#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What prun does where descriptors, processes or room on the disk are short.

load setup

# few LIMIT OPTION...: three jobs run; or with 255 one line says what is missing, and none has.
few()
{
	local limit=$1
	shift
	rm -f ran
	status=0
	with_open_files "$limit" "$PRUN" -j6 -k "$@" 'echo {} >>ran; echo {}; echo {} >&2' ::: 1 2 3 >out 2>err || status=$?
	case $status in
	0) [ "$(wc -l <ran)" -eq 3 ] ;;
	255)
		[ ! -s out ]
		[ ! -e ran ]
		[ "$(wc -l <err)" -eq 1 ]
		grep -Eqx 'prun: no job can be run: the limit of open files is [0-9]+, and at least [0-9]+ are needed \(ulimit -n\)' err
		;;
	*) false ;;
	esac
}

@test "under each limit of open files all jobs run, or one line says what is missing" {
	local limit plain=0 files=0
	for limit in {5..40}; do
		few "$limit"
		if [ "$status" -eq 0 ]; then
			[ "$(cat out err | grep -c '^[1-3]$')" -eq 6 ]
			plain=$((plain + 1))
		fi
		few "$limit" --joblog "log$limit" --results "out$limit"
		if [ "$status" -eq 0 ]; then
			[ "$(cat "out$limit"/1/*/std* | wc -l)" -eq 6 ]
			[ "$(grep -c $'\t0\t0\techo' "log$limit")" -eq 3 ]
			files=$((files + 1))
		fi
	done
	[ "$plain" -ge 15 ]
	[ "$plain" -lt 36 ]
	[ "$files" -ge 12 ]
}

@test "as few open files as prun asks for are enough, also for much output" {
	local least=10
	while run with_open_files "$least" "$PRUN" true ::: a && [ "$status" -eq 255 ]; do
		[[ $output =~ at\ least\ ([0-9]+) ]]
		[ "${BASH_REMATCH[1]}" -gt "$least" ]
		least=${BASH_REMATCH[1]}
	done
	assert_success
	with_open_files "$least" "$PRUN" -k --timeout 60 'yes | head -c 3000000; yes | head -c 2000000  >&2 #' ::: a b >out 2>err
	[ "$(wc -c <out)" -eq 6000000 ]
	[ "$(wc -c <err)" -eq 4000000 ]
}
