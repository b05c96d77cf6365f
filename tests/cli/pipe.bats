# SPDX-License-Identifier: ISC
#
# --pipe and its kin: a stream cut into blocks, each block read by a job.

load setup

@test "random streams, record ends, sizes and modes: the blocks are the input" {
	run "$REPO/tests/pipe-rounds" "$PRUN" "${PIPE_ROUNDS:-25}"
	assert_success
}

@test "--pipepart with --rrs; --resume-failed runs the blocks that failed again" {
	local job='cat; echo; [ {#} != 2 ] || [ -e mended ]'
	seq 20 >in
	run -1 --separate-stderr prun --pipepart -a in --block 10 --joblog log --rrs -k "$job"
	assert_line -n 0 12345
	assert_line -n 1 6789
	touch mended
	run -0 prun --pipepart -a in --block 10 --joblog log --resume-failed --rrs -k "$job"
	assert_output 6789
}

@test "a job that leaves input unread has not failed, and its output is whole" {
	seq 200000 >in
	run bash -c '"$1" --pipe -k -j4 --block 10k head -n1 <in' - "$PRUN"
	assert_success
	assert_line -n 0 1
	assert_equal "${#lines[@]}" 129
	run bash -c '"$1" --pipepart -a in -k --block 10k "exec <&-; echo {#}"' - "$PRUN"
	assert_success
	assert_line -n 99 100
}

@test "records of a slow producer start a job at once" {
	mkfifo stream
	in_background bash -c '"$1" --pipe -N1 "cat >got.{#}" <stream' - "$PRUN"
	exec 7>stream
	echo one >&7
	wait_for test -s got.1
	printf 'tw' >&7
	echo o >&7
	wait_for test -s got.2
	exec 7>&-
	finish
	assert_equal "$status" 0
	assert_equal "$(cat got.1 got.2)" $'one\ntwo'
}

@test "--retries feeds the whole block again: from a pipe, from a file, as a file" {
	seq 6 >in
	for mode in '--pipe -N3' '--pipepart -a in --block 6' '--pipe --cat -N3' \
		'--pipe --fifo -N3' '--pipepart -a in --fifo --block 6'; do
		rm -f try.*
		read='cat'
		[[ $mode != *--cat* && $mode != *--fifo* ]] || read='cat {}'
		# shellcheck disable=SC2086
		run bash -c '"$1" -k --retries 3 $2 "$3 >got.{#}; echo >>try.{#}; [ \$(wc -l <try.{#}) = 3 ]" <in' - "$PRUN" "$mode" "$read"
		assert_success
		assert_equal "$(cat got.1 got.2)" "$(seq 6)"
		assert_equal "$(cat try.1 | wc -l)" 3
	done
	# Tries that leave the FIFO unread, or read a part of it only.
	run bash -c 'seq 20000 | timeout 60 "$1" --fifo --retries 3 --header : --joblog log "echo >>try; case \$(wc -l <try) in 1) exit 3;; 2) head -c 9 {}; false;; *) md5sum <{};; esac"' - "$PRUN"
	assert_success
	assert_line "$(seq 20000 | md5sum)"
	assert_equal "$(awk 'NR == 2 { print $5 }' log)" "$(seq 20000 | wc -c)"
	assert_equal "$(ls "$TMPDIR")" ''
}

@test "--cat and --fifo append the file's name to a command without {}" {
	seq 6 >in
	for way in '--cat -N3' '--fifo -N3' '--pipepart -a in --block 5 --cat' \
		'--pipepart -a in --block 5 --fifo' '--cat -N3 -q'; do
		# shellcheck disable=SC2086
		run bash -c 'timeout 60 "$1" -k $2 wc -l <in' - "$PRUN" "$way"
		assert_success
		assert_line --index 0 --regexp "^3 $TMPDIR/par"
		assert_line --index 1 --regexp "^3 $TMPDIR/par"
	done
	run bash -c '"$1" --round-robin -j1 --cat wc -l <in' - "$PRUN"
	assert_output --regexp "^6 $TMPDIR/par"
	run bash -c '"$1" --cat -N6 "cat; echo" <in' - "$PRUN"
	assert_output --regexp "^$TMPDIR/par"
	run bash -c '"$1" --cat "cat; echo {#}" <in' - "$PRUN"
	assert_output 1
}

@test "--pipepart: a separator counts where it begins behind the size of the block" {
	seq 1000 >in
	run "$PRUN" --pipepart -a in -k --block 1k --recstart 9 wc -c
	assert_output $'1006\n1000\n1000\n887'
	printf 'ab--cd--ef--gh' >in
	# The second ends at byte 8, the first at 4.
	run "$PRUN" --pipepart -a in -k --block 3 --recend -- 'cat; echo'
	assert_output $'ab--cd--\nef--gh'
	run "$PRUN" --pipepart -a in -k --block 2 --recend -- 'cat; echo'
	assert_output $'ab--\ncd--\nef--\ngh'
	run "$PRUN" --pipepart -a in -k --block 2 --recstart -- 'cat; echo'
	assert_output $'ab\n--cd\n--ef\n--gh'
	run "$PRUN" --pipepart -a in -k --block 2 --recend - --recstart - 'cat; echo'
	assert_output $'ab-\n-cd-\n-ef-\n-gh'
	run "$PRUN" --pipepart -a in -k --block 5 --recend '' 'cat; echo'
	assert_output $'ab--c\nd--ef\n--gh'
}

@test "--pipe needs a command that is not empty" {
	for way in --pipe '--pipepart -a in' --cat; do
		# shellcheck disable=SC2086
		run bash -c 'seq 3 >in; "$1" $2 "" <in' - "$PRUN" "$way"
		assert_failure 255
		assert_output --partial 'must have a command'
	done
}

@test "--retries where jobs share a stream: each try gets all that the job has had" {
	local how job read source=none times
	local -a values
	seq 30000 >in
	for how in '--round-robin --block 5k' '--round-robin --block 9k' '--round-robin -k -N100' '--round-robin --group-by 1 --block 5k' \
		'--shard 1' '--bin 1' '--round-robin --block 5k --cat' '--round-robin --block 5k --fifo' '--tee'; do
		read='cat' values=() times=1
		[[ $how != *--cat && $how != *--fifo ]] || read='cat {}'
		[[ $how != --tee ]] || values=(::: a b c) times=3
		job="echo >>try.{#}; case \$(wc -l <try.{#}) in 1) $read | head -c 90000 >lost; exit 3;; 2) exit 4;; *) $read; esac"
		rm -f try.*
		if [ "$source" = '<in' ]; then source='cat in |'; else source='<in'; fi
		# shellcheck disable=SC2086
		bash -c "$source \"\$@\" >out" - "$PRUN" --pipe $how -j3 --retries 3 --header 1 --joblog log "$job" "${values[@]}"
		assert_equal "$(grep -cx 1 out)" 3
		assert_equal "$(grep -vx 1 out | sort -n | uniq -c | awk '{ print $1 }' | uniq -c | xargs)" "29999 $times"
		assert_equal "$(wc -c <out)" "$(awk 'NR > 1 { sent += $5 } END { print sent }' log)"
		assert_equal "$(cat try.* | wc -l)" 9
	done
	assert_equal "$(ls "$TMPDIR")" ''
}

@test "--retries where jobs share a stream: what was had comes again, and then what comes" {
	local job='n=$(wc -l <tries); echo >>tries; head -n $((n + 1)) >got.$n; [ $n -gt 1 ]'
	mkfifo stream
	for how in --round-robin '--pipe --tee' '--shard 1' '--pipe -N0'; do
		rm -f got.*
		: >tries
		in_background bash -c '"$1" $2 -j1 --retries 3 --retry-delay 0.01 "$3" ::: x <stream' - "$PRUN" "$how" "$job"
		exec 7>stream
		echo one >&7
		wait_for test -s got.0
		echo two >&7
		wait_for test -s got.1
		echo three >&7
		wait_for test -s got.2
		exec 7>&-
		finish
		assert_equal "$status" 0
		assert_equal "$(cat got.2)" $'one\ntwo\nthree'
	done
}

@test "--retries where jobs share a stream: nobody gets the slot of a job that waits for its next try" {
	local job='[ -e try.{#} ] || { : >try.{#}; exit 1; }; echo {%} >slot.{#}; cat'
	seq 50000 >in
	for how in '--round-robin -k -N1000' '--round-robin -N1000' '--shard 1' '--tee'; do
		rm -f try.*
		# shellcheck disable=SC2086
		run -0 bash -c 'job=$2; timeout 60 "$1" --pipe "${@:3}" -j2 --retries 2 --retry-delay 0.2 "$job" ::: x y <in | sort -n | uniq | cmp - in' - "$PRUN" "$job" $how
		assert_equal "$(cat slot.1 slot.2)" $'1\n2'
	done
}

@test "--retries where jobs share a stream: what they leave, time limits, and no more tries" {
	seq 100000 >in
	# The last try leaves all: others get it.
	run -0 bash -c '"$1" --round-robin -j3 --block 1k --retries 2 "[ {#} != 1 ] || { [ -e try ]; n=\$?; : >try; exit \$n; }; cat" <in | wc -c' - "$PRUN"
	[ "$output" -gt $((588895 - 70000)) ]
	[ "$output" -le 588895 ]
	# A limit is for each try.
	run -0 bash -c 'cat in | "$1" --round-robin -j1 --timeout 1 --retries 20 "[ -e hung ] || { : >hung; exec sleep 1000; }; cat" | cmp - in' - "$PRUN"
	# After the last try the job has failed, once.
	run -4 --separate-stderr bash -c '"$1" --round-robin -j2 -k --retries 3 --halt soon,fail=1 --joblog log "echo >>n.{#}; cat; exit 4" <in' - "$PRUN"
	assert_equal "$(cat n.1 | wc -l)" 3
	assert_equal "$(awk '$7 == 4' log | wc -l)" "$(ls n.* | wc -l)"
	# --resume-failed runs the job that has failed.
	run bash -c '"$1" --pipe --tee --joblog tee "cat >{}; [ {} = a ]" ::: a b <in' - "$PRUN"
	assert_failure 1
	rm -f a b
	run -0 bash -c '"$1" --pipe --tee --joblog tee --resume-failed --retries 2 "cat >{}; [ -e again ] || { : >again; false; }" ::: a b <in' - "$PRUN"
	cmp b in
	[ ! -e a ]
}

@test "--retries where jobs share a stream: many bytes are kept in a file; without one nothing is lost" {
	local job='[ -e try.{#} ] || { : >try.{#}; cat >/dev/null; exit 1; }; cksum'
	seq 3500000 >in # more than stays in memory
	run -0 bash -c 'cat in | "$1" --pipe --tee --retries 2 "$2" ::: x y' - "$PRUN" "$job"
	assert_output "$(cksum <in)"$'\n'"$(cksum <in)"
	rm try.*
	for how in '--round-robin -j1' '--pipe -N0'; do
		run -0 bash -c 'cat in | "$1" $3 --retries 2 "$2"' - "$PRUN" "$job" "$how"
		assert_output "$(cksum <in)"
		assert_equal "$(ls "$TMPDIR")" ''
		rm try.*
		run -1 bash -c 'cat in | TMPDIR=/proc/none "$1" $3 --retries 2 "$2"' - "$PRUN" "$job" "$how"
		assert_output 'prun: job 1 is not tried again: what it has read cannot be kept in /proc/none: No such file or directory'
		run -0 bash -c 'cat in | TMPDIR=/proc/none "$1" $3 --retries 2 "$2"' - "$PRUN" "$job" "$how"
		assert_output "$(cksum <in)"
		rm try.*
	done
}

@test "--round-robin: a job that ends early does not end the run, others get what it left" {
	seq 100000 >in
	run bash -c '"$1" --pipe --round-robin -j3 --block 1k "[ {%} != 1 ] || { head -c 500 >first; exit; }; cat >>rest.{%}" <in' - "$PRUN"
	assert_success
	assert_equal "$(stat -c %s first)" 500
	# Only what the first job's pipe had taken is gone.
	[ "$(cat rest.2 rest.3 | wc -c)" -gt $((588895 - 70000)) ]
	run bash -c 'seq 10 | "$1" --pipe --round-robin -j2 -N1 true' - "$PRUN"
	assert_success
}

@test "--tee: every job gets all, and may end early" {
	seq 100000 >in
	run bash -c '"$1" -k --pipe --tee "{}" ::: md5sum "head -n1" "wc -l" <in' - "$PRUN"
	assert_success
	assert_output "$(md5sum <in)"$'\n1\n100000'
	run bash -c 'cat in | "$1" -k --pipe --tee "{}" ::: md5sum "head -n1" "wc -l"' - "$PRUN"
	assert_output "$(md5sum <in)"$'\n1\n100000'
	run bash -c '"$1" --pipe --tee cat <in' - "$PRUN"
	assert_failure 255
	assert_output --partial :::
	run -255 --separate-stderr with_open_files 50 "$PRUN" --pipe --tee 'cat; echo {}' ::: {1..20} <in
	assert_output ''
	assert_equal "$stderr" 'prun: --tee: its jobs run all at once, and no more than 5 can for want of open files (ulimit -n)'
	# A client of --control adds nothing to these values, so the run does not wait for one.
	run -0 "$PRUN" --control --pipe --tee -k 'wc -l; echo {}' ::: a b <in
	assert_output $'100000\na\n100000\nb'
}

@test "--fifo: one that nobody opens, and a halt, end at once; no file is left" {
	run bash -c 'seq 100000 | "$1" --pipe --fifo --block 1k -j4 "echo {#}" | wc -l' - "$PRUN"
	[ "$output" -gt 500 ]
	run bash -c 'yes | "$1" --pipe --fifo --block 1k -j4 --halt now,fail=1 "cat {} >/dev/null; exit 3" 2>/dev/null' - "$PRUN"
	assert_failure 3
	run bash -c 'yes | "$1" --pipe --cat --block 1k -j4 --halt now,fail=1 "cat {} >/dev/null; exit 3" 2>/dev/null' - "$PRUN"
	assert_failure 3
	assert_equal "$(ls "$TMPDIR")" ''
	# The job removes it, or gives it another name, before anybody has opened it.
	for job in 'rm {}' 'mv {} moved'; do
		run bash -c 'seq 3 | timeout 60 "$1" --fifo --retries 2 "$2; echo ran >>ran; false"' - "$PRUN" "$job"
		assert_failure 1
	done
	assert_equal "$(wc -l <ran)" 4
}

@test "a stream and --halt, --timeout, --joblog, --resume, --results, --tag, -X'd arguments" {
	run bash -c 'yes | timeout 20 "$1" --pipe --block 1k --halt now,fail=1 "exit 7" 2>/dev/null' - "$PRUN"
	assert_failure 7
	run bash -c 'seq 3 | "$1" --pipe -N1 --timeout 0.1 "exec sleep 1000" 2>/dev/null' - "$PRUN"
	assert_failure 3
	seq 6 >in
	bash -c '"$1" -k --pipe -N2 --joblog log "cat; exit \$(({#} == 2))" <in' - "$PRUN" >one || true
	assert_equal "$(cat one)" "$(seq 6)"
	run bash -c '"$1" -k --pipe -N2 --joblog log --resume-failed cat <in 2>/dev/null' - "$PRUN"
	assert_output $'3\n4'
	run bash -c '"$1" -k --pipe -N2 --tag "cat; echo {}" ::: a b <in' - "$PRUN"
	assert_output $'a b\t1\na b\t2\na b\ta b\n\t3\n\t4\n\t\n\t5\n\t6\n\t'
	run bash -c '"$1" -k --pipe -N3 --results "out.{#}" cat <in >/dev/null; cat out.1 out.2' - "$PRUN"
	assert_output "$(seq 6)"
	# A folder for each block, which has no argument to be named by.
	run bash -c '"$1" --pipe -k -N2 --results out "cat; echo e >&2" <in' - "$PRUN"
	assert_success
	assert_equal "$(cd out && find . -type f | sort | tr '\n' ' ')" './1/seq ./1/stderr ./1/stdout ./2/seq ./2/stderr ./2/stdout ./3/seq ./3/stderr ./3/stdout '
	assert_equal "$(cat out/2/stdout out/2/stderr)" $'3\n4\ne'
	run bash -c '"$1" --round-robin -j2 -k -N1 --results round/ cat <in >/dev/null; cat round/1/stdout round/2/stdout | sort' - "$PRUN"
	assert_output "$(seq 6)"
}

@test "--round-robin with --cat and --fifo: each job has one file of all its blocks" {
	mkdir tmp
	seq 1000 >in
	for way in --cat --fifo; do
		for source in in <(cat in); do
			TMPDIR=$PWD/tmp run "$PRUN" -j3 -k --round-robin $way --header 1 --block 100 \
				'cat {} >{#}; cat; wc -l <{#}' <"$source"
			assert_success
			assert_equal "${#lines[@]}" 3
			assert_equal "$(cat 1 2 3 | sort -n | uniq)" "$(cat in)"
			assert_equal "$(cat 1 2 3 | wc -l)" 1002
			assert_equal "$(head -n 1 3)" 1
			assert_equal "$(ls tmp)" ''
		done
	done
	run "$PRUN" -j3 --round-robin --cat 'cat {} >x; exit 3' </dev/null
	assert_success
	run "$PRUN" -j2 --round-robin --cat --block 1k --halt now,fail=1 'false {}' <in
	assert_failure 1
	TMPDIR=$PWD/none run "$PRUN" -j2 --round-robin --cat 'cat {}' <in
	assert_failure 255
	assert_output --partial "--round-robin: $PWD/none: No such file"
}

@test "--header, --group-by a name, --rrs, bytes, -d" {
	run bash -c 'printf "%s\n" k,v a,1 a,2 b,3 a,4 | "$1" --pipe -k --header : --colsep , --group-by k -N1 "cat; echo -"' - "$PRUN"
	assert_output $'k,v\na,1\na,2\n-\nk,v\nb,3\n-\nk,v\na,4\n-'
	run bash -c 'printf "%s\n" k,v a,1 | "$1" --pipe --header : --colsep , --group-by none cat' - "$PRUN"
	assert_failure 255
	assert_output --partial "no column 'none'"
	run bash -c 'echo a 1 | "$1" --pipe --group-by "2 \$_%=100" cat' - "$PRUN"
	assert_failure 255
	assert_output --partial 'no Perl expression'
	run bash -c 'printf a1b22c | "$1" --pipe -k --regexp --rrs --recend "[0-9]+" -N1 "cat; echo"' - "$PRUN"
	assert_output $'a\nb\nc'
	run bash -c 'printf abcde | "$1" --pipe -k --recend "" --block 2 "cat; echo"' - "$PRUN"
	assert_output $'ab\ncd\ne'
	run bash -c 'printf "a b c" | "$1" --pipe -k -d " " -N1 "cat; echo -"' - "$PRUN"
	assert_output $'a -\nb -\nc-'
}

@test "--records: CSV, FASTA, FASTQ and JSON, from pipes and files" {
	local how
	# Where the data comes from; a slow producer gives it byte by byte.
	cat >slow <<-'EOF'
		while IFS= read -r -n1 -d '' c; do printf %s "$c"; done
	EOF
	check() { # FORMAT WANT
		for how in '--pipe <in' '--pipe < <(bash slow <in)' '--pipepart -a in'; do
			run bash -c "\"\$1\" -k -n1 --records $1 ${how%%<*} 'cat; echo -' ${how#"${how%%<*}"}" - "$PRUN"
			assert_output "$2"
		done
	}
	printf '%s\n' 'a,"x' '""y"' 'b,5" disk' 'c,"d"' >in
	check csv $'a,"x\n""y"\n-\nb,5" disk\n-\nc,"d"\n-'
	printf '%s\n' '>a b' ACGT '>c' AC 'GT>' >in
	check fasta $'>a b\nACGT\n-\n>c\nAC\nGT>\n-'
	printf '%s\n' @r1 ACGT + @@@@ @r2 AC GT +r2 @+ '@@' @r3 '' + '' >in
	check fastq $'@r1\nACGT\n+\n@@@@\n-\n@r2\nAC\nGT\n+r2\n@+\n@@\n-\n@r3\n\n+\n\n-'
	printf '%s\n' '{"a":"}\""}' '[1,' '{"b":2}]  ' '"x y" 7' null >in
	check json $'{"a":"}\\""}\n-\n[1,\n{"b":2}]  \n-\n"x y" -\n7\n-\nnull\n-'
}

@test "--round-robin: each argument has a job, and nobody sees those without a block" {
	run bash -c 'seq 3 | "$1" --round-robin -j3 "touch {}; cat; echo {}" ::: a b c d' - "$PRUN"
	assert_output $'1\n2\n3\na'
	[ -e b ]
	[ -e c ]
	[ ! -e d ]
	# The first job leaves its blocks to others, which are seen.
	run bash -c 'seq 100000 | "$1" --round-robin -j2 --block 10k "[ {} = one ] || wc -l" ::: one two three' - "$PRUN"
	[ "$output" -gt 50000 ]
	# GNU parallel's sorter reads a FIFO from each of its jobs.
	need parsort
	ln -s "$PRUN" parallel
	seq 1000 | sort -R >in
	run bash -c 'PATH=$PWD:$PATH timeout 60 parsort -n <in | cmp - <(seq 1000)'
	assert_success
}

@test "--round-robin -N: many short blocks, of which nothing is lost" {
	seq 300000 >in
	for how in '<in' '< <(cat in)'; do
		run bash -c "\"\$1\" --round-robin -j3 -N10 $how 'cat >part.{#}'" - "$PRUN"
		assert_success
		sort -n part.1 part.2 part.3 | cmp - in
		for part in part.?; do
			# Records stay whole and in order.
			sort -n "$part" | cmp - "$part"
		done
	done
}

@test "--bar and --halt N% know the size of files" {
	seq -w 40 >in
	for how in '--pipe' '--pipepart -a in' '--round-robin --block 10'; do
		mkfifo err
		cat err >said &
		reader=$!
		# The job goes on when the bar has shown what comes before it.
		cat >command <<-'EOF'
			cat >/dev/null
			[ "$PARALLEL_SEQ" != 3 ] || until grep -q '[^0-9]50' said; do sleep 0.02; done
		EOF
		run bash -c "timeout 60 \"\$1\" -j1 $how --block 30 --bar 'bash command' <in 2>err" - "$PRUN"
		assert_success
		wait "$reader"
		run tail -c 9 said
		assert_output --partial 100
		rm err
	done
	for how in '--pipe <in' '--pipepart -a in' '--pipe -N 10 <in' '--pipe --cat <in'; do
		run bash -c "\"\$1\" -j1 --block 30 --halt soon,fail=50% ${how%<*} 'cat >/dev/null; echo {#}; false' ${how#"${how% <*}"} 2>/dev/null" - "$PRUN"
		assert_equal "${#lines[@]}" 2
	done
	run bash -c '"$1" -j4 --round-robin --halt now,fail=50% "cat >/dev/null; exit {#}" <in 2>/dev/null' - "$PRUN"
	assert_failure
}

@test "--block-timeout: what is whole of a block is passed on in time" {
	cat >producer <<-'EOF'
		printf 'a\nb\nc'
		# Without the timeout the first block would end with the stream.
		until [ -e done1 ]; do sleep 0.02; done
		echo d
		until [ -e done2 ]; do sleep 0.02; done
		echo e
	EOF
	for how in '"cat' '-N5 "cat' '--cat "cat {}' '--rrs --recend "" "cat'; do
		rm -f done*
		run bash -c "bash producer | timeout 60 \"\$1\" -k --pipe --block-timeout 0.05 $how; echo -; : >done{#}\"" - "$PRUN"
		case $how in
		--rrs*) assert_output $'a\nb\nc-\nd\n-\ne\n-' ;;
		*) assert_output $'a\nb\n-\ncd\n-\ne\n-' ;;
		esac
	done
}

@test "--skip-first-line: of stdin and of the first file, before the header" {
	printf '%s\n' gone head 1 2 >in
	for how in '--pipe cat <in' '--pipe cat < <(cat in)' '--pipe -a in cat' '--pipepart -a in cat' \
		'--pipepart -a in --group-by 1 cat' '--round-robin cat <in' '--shard 1 -j1 cat <in'; do
		run -0 bash -c "\"\$1\" -k --skip-first-line --header : --block 9 $how" - "$PRUN"
		assert_output $'head\n1\n2'
	done
	run -0 prun --pipe -k -a in -a in --skip-first-line -N9 'cat; echo .'
	assert_output $'head\n1\n2\n.\ngone\nhead\n1\n2\n.'
	printf gone >short
	run -0 prun --pipe -a short --skip-first-line 'cat; echo .'
	assert_output ''
	run -0 bash -c '"$1" --pipe --tee --skip-first-line cat ::: none a <in' - "$PRUN"
	assert_output $'head\n1\n2'
}

@test "empty stdin: no job, but one for each argument of --tee and --round-robin" {
	touch empty
	local how
	for how in --pipe --round-robin --cat --fifo '--shard 1' '--bin 1' '--group-by 1' '--pipepart -a empty' \
		'--pipe --header :' '--round-robin --header :' '--shard 1 --header :' '--group-by 1 --header :' \
		'--pipe -N1' '--pipe -N0' '--round-robin -N1' '--pipe -r' '--cat -k' '--fifo -k' '--round-robin --cat'; do
		# shellcheck disable=SC2086
		run -0 timeout 60 "$PRUN" $how 'touch {#}; cat' <empty
		assert_output ''
		[ ! -e 1 ]
		[[ $how != *round-robin* || $how == *cat* ]] || continue
		# shellcheck disable=SC2086
		run -0 timeout 60 "$PRUN" -j4 $how 'touch {#}; cat' ::: x y z <empty
		assert_output ''
		[ ! -e 1 ]
	done
	run -0 "$PRUN" -k --pipe --tee 'echo {}; cat' ::: x y <empty
	assert_output $'x\ny'
	run -0 "$PRUN" --round-robin 'touch {}; echo {}' ::: x y <empty
	assert_output ''
	[ -e x ]
	[ -e y ]
}

@test "--group-by implies --pipe" {
	run -0 bash -c 'printf "%s\n" a a b | "$1" -k --group-by 1 -N1 "cat; echo -"' - "$PRUN"
	assert_output $'a\na\n-\nb\n-'
	run -0 bash -c 'printf "%s\n" a a b | "$1" -k --group-by 1 -N1 "echo {}; cat" ::: x y' - "$PRUN"
	assert_output $'x\na\na\ny\nb'
}

@test "-L counts lines of the stream, not arguments" {
	seq 5 >in
	for option in '-L2' '-l 2' '-L1 -N2 --colsep ,'; do
		# shellcheck disable=SC2086
		run -0 prun --pipe -a in -k $option --block 4 'echo $(cat) {}' ::: a b c d
		assert_line -n 0 "1 2 $([[ $option == *-N* ]] && echo a b || echo a)"
	done
	run -0 prun --pipe -a in -k --tee -L2 'echo $(cat) {}' ::: a b
	assert_output $'1 2 3 4 5 a\n1 2 3 4 5 b'
}

@test "--rrs takes the ends of a block away, as texts and as expressions" {
	printf 'B1\nE\nB2 x\nE\nB3\nE\n' >in
	for how in '--recstart B --recend E\n' '--regexp --recstart [B] --recend E\n'; do
		# shellcheck disable=SC2086
		run -0 prun --pipe -a in -k --rrs $how -N2 'cat; echo .'
		assert_output $'1\n2 x\n.\n3\n.'
	done
}

@test "--pipepart: the size of blocks depends on all files; {} is nothing, and no value" {
	printf 'abc\n%.0s' {1..7} >a
	seq 40 >b
	run -0 prun --pipepart -j3 -k -a a -a a -a b --block -2 'wc -c'
	assert_output $'28\n28\n30\n30\n30\n21'
	run -0 prun --pipepart -j1 -k -a b 'wc -c'
	assert_output $'14\n13\n15\n15\n15\n15\n15\n9'
	run -0 prun --pipepart -a a --block 1k --dry-run 'cat {} "{}" x{}y{.}'
	assert_output 'cat  "" xy'
	for way in '--pipepart -a a' '--pipe -a a'; do
		# shellcheck disable=SC2086
		prun $way --block 1k --results rows.csv 'wc -c'
		assert_equal "$(head -n1 rows.csv)" \
			Seq,Host,Starttime,JobRuntime,Send,Receive,Exitval,Signal,Command,Stdout,Stderr
		# shellcheck disable=SC2086
		prun $way --block 1k --results rows.json 'wc -c'
		grep -q '"V": \[ *\]' rows.json
		rm rows.*
	done
}

@test "--csv: fields are keys, a header may have several lines" {
	printf '%s\n' '"the' 'key",v' '"a",1' 'a,"2' '2"' '"a""b",3' '"a""b",4' >in
	for how in '--pipe <in' '--pipe < <(cat in)' '--pipepart -a in'; do
		run bash -c "\"\$1\" -k -n1 --csv --header : --group-by \$'the\nkey' ${how%%<*} 'tail -n +3; echo -' ${how#"${how%%<*}"}" - "$PRUN"
		assert_output $'"a",1\na,"2\n2"\n-\n"a""b",3\n"a""b",4\n-'
	done
	run bash -c 'printf "%s\n" "\"a\";1" "a;2" | "$1" --shard 1 --csv --colsep ";" -j3 -k "wc -l"' - "$PRUN"
	assert_output $'0\n0\n2'
}

@test "--pipepart with -n, --group-by, --rrs, --shard and --round-robin; --tee with files" {
	seq 1000 | awk '{ print int($1 / 300), $1 }' >in
	run bash -c '"$1" --pipepart -a in -a in -k -n 600 "wc -l"' - "$PRUN"
	assert_output $'600\n400\n600\n400'
	run bash -c '"$1" --pipepart -a in -k --group-by 1 --block -1 -j2 "cut -d\" \" -f1 | uniq -c"' - "$PRUN"
	assert_output "$(cut -d' ' -f1 in | uniq -c)"
	run bash -c '"$1" --pipepart -a in -k --rrs --block -2 -j2 "wc -l" | sort | uniq -c' - "$PRUN"
	assert_output $'      4 0'
	run bash -c '"$1" --pipepart -a in -k --shard 1 -j2 cat | sort | cmp - <(sort in)' - "$PRUN"
	assert_success
	run bash -c '"$1" --pipepart -a in -k --round-robin -j2 cat | sort | cmp - <(sort in)' - "$PRUN"
	assert_success
	run bash -c '"$1" --pipe --tee -N1 --header : -a in -a in -k "cat >{}" ::: one two && cat in in | cmp - one && cmp one two' - "$PRUN"
	assert_success
}

@test "--cat and --fifo with --resume: the names of files, which differ, are no other commands" {
	seq 6 >in
	for way in --cat --fifo; do
		rm -f log got.*
		run -1 --separate-stderr "$PRUN" $way -N2 --joblog log 'cat {} >got.{#}; [ {#} != 2 ]' <in
		rm got.*
		run -0 --separate-stderr "$PRUN" $way -N2 --joblog log --resume 'cat {} >got.{#}; [ {#} != 2 ]' <in
		assert_equal "$stderr" ''
		run -1 --separate-stderr "$PRUN" $way -N2 --joblog log --resume-failed 'cat {} >got.{#}; [ {#} != 2 ]' <in
		assert_equal "$stderr" ''
		assert_equal "$(cat got.*)" $'3\n4'
		# Another command is one.
		run -0 --separate-stderr "$PRUN" $way -N2 --joblog log --resume 'cat {} >>got.{#}' <in
		[[ $stderr == *'3 of the logged commands in log differ'* ]]
	done
	# The name is the key.
	run -0 --separate-stderr "$PRUN" --cat -N2 --joblog key --resume --resume-key {} 'cat {} >new.{#}' <in
	rm new.*
	run -0 --separate-stderr "$PRUN" --cat -N2 --joblog key --resume --resume-key {} 'cat {} >new.{#}' <in
	assert_equal "$stderr$(ls new.* 2>/dev/null)" ''
}

@test "-0 and -d with --pipe: they say where records end, as --recend does" {
	local how
	printf 'a\nb\0c\0d\n' >zero
	printf 'a\nb;c;d\n' >semicolon
	for how in '-0 zero' '--null zero' '-d \0 zero' '--recend \0 zero' '-d ; semicolon' '--delimiter ; semicolon'; do
		# shellcheck disable=SC2086
		set -- ${how% *}
		rm -f got.*
		for way in --pipe '--pipepart -a' --round-robin --cat; do
			rm -f got.*
			if [ "$way" = '--pipepart -a' ]; then
				"$PRUN" --pipepart -a "${how##* }" "$@" --block 1 'cat >got.{#}' 2>/dev/null
			elif [ "$way" = --cat ]; then
				"$PRUN" --cat -N1 "$@" 'cat {} >got.{#}' <"${how##* }"
			else
				"$PRUN" "$way" -j3 -k -N1 "$@" 'cat >got.{#}' <"${how##* }"
			fi
			assert_equal "$(cat got.1 got.2 got.3 | od -c)" "$(od -c <"${how##* }")"
			assert_equal "$(wc -c <got.1) $(wc -c <got.2) $(wc -c <got.3)" '4 2 2'
		done
	done
	# --recend says it better, whichever comes first.
	assert_equal "$("$PRUN" --pipe -k -0 --recend ';' -N1 --tagstring {#} cat <semicolon)" $'1\ta\n1\tb;2\tc;3\td'
	assert_equal "$("$PRUN" --pipe -k --recend ';' -d , -N1 wc -c <semicolon)" $'4\n2\n2'
	# --rrs takes them away.
	assert_equal "$("$PRUN" --pipe -k -0 --rrs -N1 wc -c <zero)" $'3\n1\n2'
}

@test "what cannot be is refused" {
	seq 3 >in
	mkfifo stream
	for bad in '--pipe' '--pipepart cat' '--pipepart -a none cat' '--pipepart -a stream cat' \
		'--pipe --cat --fifo cat' '--pipe --block x cat' \
		'--pipe --block -2 cat' '--pipepart -a in -N 2 cat' '--pipepart -a in -L 2 cat' '--pipe --regexp --recend ( cat' \
		'--pipe --records xml cat' '--pipe --records csv --recend x cat' '--pipe --csv --colsep ,, cat' '--bin 1 --tee cat ::: a' '--shard 1 -N2 cat' \
		'--shard 1 --bin 2 --group-by 1 cat' '--shard name cat' '--pipe --block-timeout x cat'; do
		# shellcheck disable=SC2086
		run "$PRUN" $bad <in
		assert_failure 255
		assert_equal "${#lines[@]}" 1
	done
	run "$PRUN" --pipe cat </dev/null
	assert_success
	assert_output ''
}

@test "--dry-run prints the commands, and makes no file" {
	run bash -c 'seq 4 | "$1" --dry-run --pipe -N2 cat' - "$PRUN"
	assert_output $'cat\ncat'
	run bash -c 'seq 4 | "$1" --dry-run --cat -N2 "cat {}" | wc -l' - "$PRUN"
	assert_output 2
	assert_equal "$(ls "$TMPDIR")" ''
}

@test "--halt soon and HUP: a job that runs gets all of its block" {
	mkfifo stream go
	for how in halt hup; do
		in_background bash -c '"$1" --pipe -N6 -j2 --halt soon,fail=1 --joblog log "$2" <stream 2>err' - "$PRUN" \
			'if [ {#} = 1 ]; then read -r x <go; exit "$x"; fi; cat >got.{#}'
		exec 7>stream
		seq 9 >&7
		wait_for grep -qx 9 got.2
		if [ "$how" = halt ]; then
			echo 3 >go
			wait_for grep -q 'no more jobs' err
		else
			pkill -HUP -P "$bg" prun
			wait_for grep -q . err
			echo 0 >go
		fi
		seq 10 99 >&7
		exec 7>&-
		finish
		assert_equal "$(cat got.2)" "$(seq 7 12)"
		[ ! -e got.3 ]
		rm got.2
	done
}

@test "a signal in the middle of a stream" {
	in_background bash -c 'yes | "$1" --pipe --block 1k -j2 "echo >started; exec sleep 1000"' - "$PRUN"
	wait_for test -e started
	pkill -TERM -P "$bg" prun
	finish
	assert_nothing_left
}

@test "memory is bounded, whatever comes" {
	need_no_sanitizer
	for how in '-j2 --recend \0 --block 1M' '-N0 --retries 2'; do
		peak bash -c 'head -c 300000000 /dev/zero | "$1" --pipe $2 "cat >/dev/null"' - "$PRUN" "$how"
		[ "$(cat peak)" -lt 32768 ]
	done
}

@test "a file on stdin: from its offset on, as long as it is, and its offset is at its end" {
	seq 100000 >in
	run bash -c '{ head -n 1 >/dev/null; printf "" ; } <in; { read -r first; "$1" --pipe -k --block 10k cat; cat; } <in | md5sum' - "$PRUN"
	assert_output "$(tail -n +2 in | md5sum)"
	run bash -c '"$1" --pipe -k --header : --block 1k "head -n 2 | tail -n 1" <in | head -n 3' - "$PRUN"
	assert_output "$(bash -c 'tail -n +2 in | "$1" --pipe -k --block 1k "head -n 1" | head -n 3' - "$PRUN")"
	# Blocks are cut as those of a pipe are.
	run bash -c '"$1" --pipe -k --block 777 wc -c <in | md5sum' - "$PRUN"
	assert_output "$(bash -c 'cat in | "$1" --pipe -k --block 777 wc -c | md5sum' - "$PRUN")"
	# /proc tells no sizes.
	run bash -c '"$1" --pipe cat </proc/self/status' - "$PRUN"
	assert_success
	assert_line -n 0 --partial Name:
}

@test "a file that is cut while it is read: a job whose block is gone has failed" {
	mkfifo go
	head -c 9000000 /dev/zero >in
	in_background bash -c '"$1" --pipe -j1 --recend "" --block 8M --joblog log "echo >started; read -r line <go; cat >got" <in 2>said' - "$PRUN"
	wait_for test -s started
	: >in
	echo >go
	finish
	assert_equal "$status" 1
	grep 'job 1: its input is shorter than it was' said
	assert_equal "$(wc -l <log)" 1
	grep 'a file has become shorter' said
	# The same with a FIFO, whose reader would see an end only.
	seq 1000 >in
	run bash -c '"$1" --pipe --fifo -j1 --block 2k --joblog log "[ {#} != 2 ] || : >in; cat {} >/dev/null" <in 2>said' - "$PRUN"
	assert_equal "$status" 1
	grep 'job 2: its input is shorter than it was' said
}

@test "a header for each file, and jobs of the first still read theirs" {
	printf 'first\na\nb\n' >one
	printf 'second\nc\nd\n' >two
	run "$PRUN" --pipepart -k -j4 --header : --block 1 -a one -a two 'sleep 0.2; cat'
	assert_output $'first\na\nfirst\nb\nsecond\nc\nsecond\nd'
	run "$PRUN" --pipe -k -j4 --header : --block 2 -a one -a two cat
	assert_output $'first\na\nfirst\nb\nsecond\nc\nsecond\nd'
}

@test "expressions of records: groups in them, and halves of one" {
	run bash -c 'printf xaybz | "$1" --pipe -k -N1 --regexp --recend "(a|b)" "cat; echo"' - "$PRUN"
	assert_output $'xa\nyb\nz'
	run bash -c 'printf xaybz | "$1" --pipe --regexp --recend "[a" --recstart "b]" cat' - "$PRUN"
	assert_failure 255
	assert_output --partial "missing terminating"
}

@test "long records and headers, NULs and invalid UTF-8: nothing is lost" {
	{ head -c 3000000 /dev/zero; printf '\n\377\376\300x\0y\n'; head -c 100000 /dev/zero; } >in
	run bash -c '"$1" --pipe -k --block 1k cat <in 2>said | cmp - in' - "$PRUN"
	assert_success
	assert_equal "$(grep -c 'longer than 1000' said)" 1
	run bash -c 'cat in | "$1" --pipe -k --block 1k cat 2>said | cmp - in' - "$PRUN"
	assert_success
	assert_equal "$(wc -l <said)" 1
	# The header is longer than a block.
	run bash -c '{ cat in; printf "\n1\n2\n"; } | "$1" --pipe -k --block 1k --header 3 -N1 wc -c' - "$PRUN"
	assert_output $'3100011\n3100011'
}

@test "a producer that dies: what it wrote is handled, and no more" {
	run bash -c '{ seq 1000; kill -9 $BASHPID; } | "$1" --pipe -k -N300 "wc -l"' - "$PRUN"
	assert_success
	assert_output $'300\n300\n300\n100'
}

@test "a record without an end takes memory only where it must be kept" {
	need_no_sanitizer
	truncate -s 300M in
	for how in '--pipe' '--pipepart -a in'; do
		# shellcheck disable=SC2086
		peak bash -c '"$1" $2 -j2 --block 1M "cat >/dev/null" <in 2>/dev/null' - "$PRUN" "$how"
		[ "$(cat peak)" -lt 32768 ]
	done
	for how in '--recend=' '--recend=x'; do
		peak bash -c 'cat in | "$1" --pipe -j2 "$2" -N0 "cat >/dev/null"' - "$PRUN" "$how"
		[ "$(cat peak)" -lt 32768 ]
	done
	# A long header is not searched again after each read: that took 40 s.
	run -0 bash -c 'ulimit -t 12; "$1" --pipe --header : "wc -c" <in' - "$PRUN"
	assert_output ''
}

@test "--block auto: blocks grow, and are the input" {
	seq 1000000 >in
	for how in '--pipe' '--pipepart -a in'; do
		# shellcheck disable=SC2086
		run bash -c '"$1" $2 -k --block auto --joblog log cat <in | cmp - in' - "$PRUN" "$how"
		assert_success
		assert_output ''
		# The first 128 KiB, and none that is smaller but the last.
		assert_equal "$(awk 'NR == 2 { print ($5 > 130000 && $5 < 132000) }' log)" 1
		assert_equal "$(awk 'NR > 1 && $5 > most { most = $5 + 0 } END { print (most > 250000) }' log)" 1
	done
}

@test "no space for --cat ends the run, and for blocks that are kept memory is taken" {
	seq 200000 >in
	run --separate-stderr bash -c 'ulimit -f 100; trap "" XFSZ; "$1" --cat --block 500k "wc -c {}" <in' - "$PRUN"
	assert_equal "$status" 255
	[[ $stderr == 'prun: --cat: '*': File too large' ]]
	assert_equal "$(ls "$TMPDIR")" ''
	run bash -c 'cat in | TMPDIR=/proc/none "$1" --pipe -k --retries 2 --block 100k "[ -e {#} ] || { : >{#}; exit 1; }; cat" | cmp - in' - "$PRUN"
	assert_success
}

@test "-N0 of a stream without an end: it is over when its job is, and the next file follows" {
	run bash -c 'yes | timeout 20 "$1" --pipe -N0 "head -n1"' - "$PRUN"
	assert_success
	assert_output y
	seq 100000 >one
	seq 3 >two
	run "$PRUN" --pipe -k -N0 -a one -a two 'head -n2 | tail -n1'
	assert_output $'2\n2'
}

@test "--pipepart --dry-run -vv prints lines that read the parts" {
	(echo "head'er"; seq 5000) >"a file's"
	run -0 "$PRUN" -k --pipepart -a "a file's" --block -4 -j2 --dry-run -vv 'wc -l; : {#}'
	[ "${#lines[@]}" -ge 4 ]
	bash -c "$output" | awk '{ n += $1 } END { print n }' >lines
	assert_equal "$(cat lines)" 5001
	run -0 "$PRUN" -k --pipepart -a "a file's" --header : --block -2 -j1 --dry-run -vv cat
	assert_equal "$(bash -c "$output" | grep -vx "head'er")" "$(seq 5000)"
	assert_equal "$(bash -c "$output" | grep -cx "head'er")" 2
}

@test "--bin: records go to jobs by a number, and all jobs run" {
	run bash -c 'printf "%s\n" 1 2 3 4 0 -1 +5 | "$1" --bin 1 -j3 -k --tagstring "{#}" cat' - "$PRUN"
	assert_output $'1\t1\n1\t4\n2\t2\n2\t-1\n2\t+5\n3\t3\n3\t0'
	run --separate-stderr bash -c 'printf "%s\n" "a 2" none "b 18446744073709551618" | "$1" --bin 2 -j2 -k "cat; echo -"' - "$PRUN"
	assert_output $'-\na 2\nnone\nb 18446744073709551618\n-'
	assert_equal "$stderr" 'prun: Warning: a record lacks the column of the key.'
	run bash -c 'echo 1 | "$1" --bin 1 -j4 -k "wc -l"' - "$PRUN"
	assert_output $'1\n0\n0\n0'
	run bash -c 'echo 1 | "$1" --bin 1 -j0 -k "wc -l" | wc -l' - "$PRUN"
	assert_output "$("$PRUN" --number-of-cpus)"
	run bash -c '"$1" --bin 1 -j4 "wc -l" </dev/null' - "$PRUN"
	assert_success
	assert_output ''
}

@test "--shard: the hash is the one of the manual, and nothing is lost" {
	run bash -c 'printf "%s\n" "" a b apple 1 | "$1" --shard 1 -j8 -k --tagstring "{#}" cat' - "$PRUN"
	assert_output $'1\t1\n2\tapple\n3\t\n5\tb\n6\ta'
	seq 100000 | awk '{ print $1 % 100 "," $1 }' >in
	for how in '<in' '< <(cat in)' '-a in'; do
		run bash -c "\"\$1\" --shard 1 --colsep , -j3 -k $how 'tee part.{#}' | sort | cmp - <(sort in)" - "$PRUN"
		assert_success
		assert_output ''
	done
	# No value is in two parts.
	assert_equal "$(for i in 1 2 3; do cut -d, -f1 part.$i | sort -u; done | wc -l)" 100
}

@test "--shard: a header for each job, names of columns, jobs that end early, --halt, --joblog" {
	run bash -c 'printf "%s\n" k,v a,1 b,2 a,3 | "$1" --shard k --colsep , --header : -j3 -k "cat; echo -"' - "$PRUN"
	assert_output $'k,v\n-\nk,v\nb,2\n-\nk,v\na,1\na,3\n-'
	run bash -c 'seq 300000 | "$1" --shard 1 -j3 --joblog log "head -n1 >/dev/null"' - "$PRUN"
	assert_success
	assert_equal "$(wc -l <log)" 4
	run bash -c 'yes | timeout 60 "$1" --shard 1 -j3 --halt now,fail=1 "head -n1 >/dev/null; exit 4" 2>/dev/null' - "$PRUN"
	assert_failure 4
}
