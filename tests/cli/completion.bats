# SPDX-License-Identifier: ISC
#
# What the Tab key makes of command lines, in shells on a terminal.

load setup

# A line that is typed, a tab, and what Tab makes of it; the cursor is at "|".
lines() {
	sed 's/  \+/\t/' <<-'END'
		prun --keep-o                    prun --keep-order |
		prun gzip --kee                  prun gzip --keep |
		prun gzi                         prun gzip |
		prun --jobs 2 gzi                prun --jobs 2 gzip |
		prun --jobs=2 -k gzip --kee      prun --jobs=2 -k gzip --keep |
		prun -kj 2 gzip --kee            prun -kj 2 gzip --keep |
		prun -kj2 -- gzip --kee          prun -kj2 -- gzip --keep |
		prun --sudo gzip --kee           prun --sudo gzip --keep |
		prun --tagstring a:b gzip --kee  prun --tagstring a:b gzip --keep |
		prun --jl jobs.log gzip --kee    prun --jl jobs.log gzip --keep |
		prun --halt ne                   prun --halt never |
		prun --halt=now,suc              prun --halt=now,success=1 |
		prun --leak ki                   prun --leak kill |
		prun --color=ne                  prun --color=never |
		prun --rlimit nofile=5,npr       prun --rlimit nofile=5,nproc=|
		prun --worker=sh                 prun --worker=shared |
		prun --shell-completion fi       prun --shell-completion fish |
		prun --workdir work              prun --workdir work-folder/|
		prun --joblog work-fi            prun --joblog work-file |
		prun -a work-fi                  prun -a work-file |
		prun gzip ::: work-fi            prun gzip ::: work-file |
		prun gzip -k {} ::: x work-fo    prun gzip -k {} ::: x work-folder/|
		prun --compress-program zstdca   prun --compress-program zstdcat |
		sem --fg --id x gzip --kee       sem --fg --id x gzip --keep |
		parallel --jobs 2 gzip --kee     parallel --jobs 2 gzip --keep |
		prunctl dra                      prunctl drain |
		prunctl a-bu                     prunctl a-build |
		prunctl a-build kil              prunctl a-build kill |
		prunctl a-build kill 1234        prunctl a-build kill 12345 |
		prun --ctl a-build kill 1234     prun --ctl a-build kill 12345 |
	END
}

# Of a run with a job 12345 the name and the job complete: a program tells of it.
press_in() { # SHELL
	need "$1" gzip zstdcat
	mkdir -p run/prun bin work-folder
	touch work-file
	export XDG_RUNTIME_DIR=$PWD/run
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("run/prun/control-a-build")'
	cat >bin/prunctl <<-'END'
		#!/bin/sh
		[ "$1" != --ctl ] || shift
		[ "$*" = 'a-build list' ] || exit
		echo '1 running in 2 slots, 7 succeeded, 0 failed'
		echo '   JOB SLOT      PID STATE      ELAPSED COMMAND'
		echo ' 12345    1     4711 running        0.1 sleep 2'
	END
	chmod +x bin/prunctl
	ln -s prunctl bin/prun
	ln -s "$B/parallel" "$B/sem" bin
	"$PRUN" --shell-completion "$1" >code
	PATH=$PWD/bin:$PATH
	lines | cut -f1 | "$REPO/tests/press-tab" "$1" code >pressed
	lines | cut -f2 | diff - pressed
}

@test "Tab in bash" {
	[ -e /usr/share/bash-completion/bash_completion ] || skip 'bash-completion is not installed'
	press_in bash
}

@test "Tab in zsh" { press_in zsh; }

@test "Tab in fish" { press_in fish; }

@test "bash without bash-completion: options, commands and files" {
	"$PRUN" --shell-completion bash >code
	touch work-file
	complete_in_bash() { # WORD...
		bash --norc -c '. ./code
			COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
			_prun
			printf "%s\n" "${COMPREPLY[@]}" | sort -u' bash "$@"
	}
	run complete_in_bash prun --keep
	assert_output -- --keep-order
	run complete_in_bash prun -k basenam
	assert_output basename
	run complete_in_bash prun -k basename work-f
	assert_output work-file
}

@test "every word that completes an option is one that the option takes" {
	"$PRUN" --shell-completion bash >code
	sed -n -E "s/^\t(-. \| )?(--[a-z-]*).*REPLY='[a-z]* (words|list) (.*)' ;;/\2 \4/p" code | tr -s ' ' >words
	[ "$(wc -l <words)" -ge 15 ]
	local option value list
	while read -r option list; do
		for value in $list; do
			case $option=$value in
			--shell-*=auto) continue ;; # no shell has started this one
			*=) value=${value}1 ;;
			esac
			"$PRUN" "$option=$value" --dry-run --pipe cat </dev/null >out 2>err || {
				# With this command it may be refused, but not for its value.
				! grep -e "'${value%%=*}" -e 'is none of' -e 'is neither' -e 'Error' -e unknown err
			}
		done
	done <words
}

@test "--shell-completion names what it can" {
	run -255 "$PRUN" --shell-completion rc
	assert_output --partial "'rc' is none of bash, zsh, fish"
}
