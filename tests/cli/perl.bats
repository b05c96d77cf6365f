# SPDX-License-Identifier: ISC
#
# Expressions in Perl: what is no s/// or tr/// alone goes to one perl process.

load setup

setup() {
	setup_prun
	need perl
}

# As a terminal would start it: what a script starts in the background has INT ignored.
start() { in_background env --default-signal=INT,TERM,HUP,TSTP prun "$@"; }

@test "an expression changes \$_; it may have a position or stand in --rpl" {
	run prun -k echo '{=1 $_ += 10 =}' '{=-1 $_ = uc =}' ::: 1 2 ::: a
	assert_output $'11 A\n12 A'
	run prun -k --rpl '{up} $_ = uc' echo {up} {2up} {} ::: a ::: b
	assert_output 'A B B a b'
}

@test "\$\$1 in --rpl is a variable, whatever stands in it" {
	run prun --rpl '{x(.+?)} $_ = "<$$1>"' --dry-run echo '{x$_"@a\}' ::: a
	assert_output "echo '<"'$_"@a\>'"'"
	run prun --rpl '{(.*?)/(.*?)} $_="$$2$_$$1"' echo {swap/these} ::: -middle-
	assert_output 'these-middle-swap'
	run prun --rpl '{x(.+?)} s/$$1/-/ if 1' echo '{x.b}' ::: abab
	assert_output '-ab'
	run prun --rpl '{x(.+?)} $n=::make_regexp_ungreedy($$1); s/^$n(.*)/$1/' echo '{xa.*b}' ::: aabab
	assert_output 'ab'
}

@test "the strings of GNU parallel's manual work as it defines them" {
	run prun --rpl '{#a} 1 $_=$job->seq()' --rpl '{%a} 1 $_=$job->slot()' \
		--rpl '{//a} $Global::use{"File::Basename"} ||= eval "use File::Basename; 1;"; $_ = dirname($_);' \
		--rpl '{0} $f=1+int("".(log(total_jobs())/log(10))); $_=sprintf("%0${f}d",seq())' \
		--rpl '{c} for $t (2..$#arg){ if($arg[$t-1] ge $arg[$t]) { skip() } }' \
		-k -j1 echo {#a} {%a} {1//a} {0} {1c} ::: b/a b/c ::: b/b b/d ::: 1 2 3
	assert_failure 12
	run prun --rpl '{0} $f=1+int("".(log(total_jobs())/log(10))); $_=sprintf("%0${f}d",seq())' \
		-k echo {0} ::: 1 2 3 4 5 6 7 8 9 10
	assert_output $'01\n02\n03\n04\n05\n06\n07\n08\n09\n10'
}

@test "the job is known: seq, slot, total_jobs, @arg" {
	run prun -k -j1 echo '{= $_ = join ":", seq(), slot(), total_jobs(), $job->seq, $job->slot, $#arg, "@arg[1,2]", $arg[-1] =}' \
		::: a b ::: x
	assert_output $'1:1:2:1:1:2:a x:x 1:1:2:1:1:2:a x:x\n2:1:2:2:1:2:b x:x 2:1:2:2:1:2:b x:x'
}

@test "Q, pQ, uq, hash and the time" {
	run prun echo '{= $_ = Q($_) . Q("a"); uq =}' ::: "a  'b"
	assert_output "a  'ba"
	run prun echo '{= $_ = pQ($_) . pQ("x") =}' ::: 'a$b@c"d\e'
	assert_output 'a\$b\@c\"d\\ex'
	run prun echo '{= $_ = hash($_) =}' ::: abc
	assert_output --regexp '^0x[0-9a-f]+$'
	run prun echo '{= $_ = join " ", yyyy_mm_dd_hh_mm_ss(), yyyy_mm_dd_hh_mm(), yyyy_mm_dd(), hh_mm_ss(), hh_mm(), yyyymmddhhmmss(), yyyymmddhhmm(), yyyymmdd(), hhmmss(), hhmm(); tr/0-9/d/ =}' ::: 1
	assert_output 'dddd-dd-ddTdd:dd:dd dddd-dd-ddTdd:dd dddd-dd-dd dd:dd:dd dd:dd dddddddddddddd dddddddddddd dddddddd dddddd dddd'
}

@test "variables live on, and an expression is evaluated once for each value of a job" {
	run prun -k --tagstring '{= $_ = ++$n =}' --joblog log echo '{= $_ = ++$n =}' '{= $_ = ++$n =}' ::: a b
	assert_output $'1\t1 1\n2\t2 2'
	run prun -k --results 'out.{= $_ = ++$n =}' 'echo {= $_ = ++$n =}; false' --retries 2 ::: a b
	assert_file_exist out.1
	assert_file_exist out.2
	run prun -k -N2 echo '{= $_ = ++$n =}' ::: a b c d
	assert_output $'1 2\n3 4'
	run prun -k echo '{= my $x = $y++; $_ = $x =}' ::: a b
	assert_output $'0\n1'
}

@test "options that were given are variables" {
	run prun -k -j3 --retries 1 --retry-delay 1 echo '{= $_ = "$opt::jobs $opt::keeporder $opt::keep_order $opt::retry_delay $Global::max_jobs_running" =}' ::: a
	assert_output '3 1 1 1 3'
}

@test "skip() leaves the job out, which counts as failed" {
	run prun --no-digest -k echo '{= skip() if $_ eq "b" =}' ::: a b c
	assert_failure 1
	assert_output $'a\nc'
	run prun --no-digest -k echo '{= $job->skip() if $_ > 2 =}' ::: 1 2 3 4
	assert_failure 2
	assert_output $'1\n2'
}

@test "--filter" {
	run prun --no-digest -k --filter '{1} < {2}' --filter '{1} > 1' echo {} {#} ::: 1 2 3 ::: 1 2 3
	assert_failure 8
	assert_output '2 3 6'
	run prun --no-digest -k --filter '"{1}" eq "a b" or seq() == 3' echo {} ::: x 'a b' c
	assert_failure 1
	assert_output $'a b\nc'
	run prun --no-digest -k --filter '{= $_ *= 2 =} < 5 && total_jobs() == 3' echo {} ::: 1 2 3
	assert_output $'1\n2'
}

@test "--filter says once where a condition is no Perl, and leaves those jobs out" {
	run --separate-stderr prun --no-digest -k --filter '{} > 1' echo ::: 1 '(' 2 ')'
	assert_failure 3
	assert_output 2
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ ${stderr_lines[0]} == "prun: --filter: '( > 1': "*"are left out)" ]]
}

@test "-q, -X, -N, --workdir and --weight take expressions" {
	run prun -q echo 'a {= $_ = "$_  $_" =}' ::: b
	assert_output 'a b  b'
	run prun -j1 -X echo '{= $_ .= "-" =}x' ::: a b c
	assert_output 'a-x b-x c-x'
	run prun -k -N2 echo '{=1 $_ .= 1 =} {=2 $_ .= 2 =}' ::: a b c d
	assert_output $'a1 b2\nc1 d2'
	mkdir ab
	run prun --workdir '{= $_ = lc =}' --weight '{= $_ = length =}' 'basename "$PWD"' ::: AB
	assert_output ab
}

@test "--retries takes replacement strings and expressions" {
	run prun -j1 --retries '{= $_ = $_ + 1 =}' 'echo {} >>tries; false' ::: 1 2
	assert_failure 2
	assert_equal "$(cat tries)" $'1\n1\n2\n2\n2'
	run prun -j1 --retries {2} 'echo {1} >>again; false' ::: a b :::+ 1 2
	assert_equal "$(cat again)" $'a\nb\nb'
	run prun --retries {} echo ::: x
	assert_failure 255
	assert_output "prun: --retries: 'x' is no number of tries"
}

@test "a NUL that an expression makes ends the command line, as elsewhere" {
	run prun --shell /bin/sh echo '{= $_ = "a\0b" =}' x ::: q
	assert_failure
	run prun echo '{= $_ = "a\0b"; uq =}' x ::: q
	assert_output a
}

@test "any bytes, and long values" {
	run prun echo '{= $_ = join ",", map ord, split // =}' ::: $'\xff\xc3\xa9\n'
	assert_output 255,195,169,10
	run prun --dry-run echo '{= $_ = chr(0x263a) =}' ::: a
	assert_output "echo '☺'"
	head -c 1000000 /dev/zero | tr '\0' a >long
	run prun -a long echo '{= $_ = length =}'
	assert_output 1000000
	run prun -a long --shell /bin/sh --results 'o{= $_ = length =}' echo x '{= $_ = "" =}'
	assert_file_exist o1000000
}

@test "what is printed goes where prun's output goes, stdin is empty" {
	echo line >in
	run --separate-stderr bash -c 'prun -k --dry-run echo "{= print STDERR q(err); print q(out,); \$_ = <STDIN> . q(x) =}" ::: a <in'
	assert_output 'out,echo x'
	[ "$stderr" = err ]
}

@test "errors are named, and nothing more is run" {
	for code in 'die "no reason"' '$_ = $_ +' 'nosuch()'; do
		run prun -j1 touch '{= '"$code"' =}' ::: a b
		assert_failure 255
		assert_output --partial "prun: {= =}: '$code': "
		assert_equal "${#lines[@]}" 1
	done
	run prun --rpl '{x} die "oh\n"' --tagstring {x} echo ::: a
	assert_failure 255
	assert_output "prun: --rpl: 'die \"oh\\n\"': oh"
	run prun --workdir '{= die "oh\n" =}' echo ::: a
	assert_failure 255
	assert_output "prun: {= =}: 'die \"oh\\n\"': oh"
}

@test "--dry-run asks perl for many jobs at once, and it cannot be seen" {
	run bash -c 'seq 1000 | prun --dry-run echo "{= \$_ .= q(-) . ++\$n =}" "{= \$_ = \$n . seq() . \$arg[1] =}" {.}'
	assert_equal "$output" "$(seq 1000 | awk '{ print "echo " $1 "-" $1, $1 $1 $1, $1 }')"
	run --separate-stderr prun --dry-run echo '{=-1 die "oh\n" if $_ == 3; skip() if $_ == 2 =}' '{=5 $_ = 1 =}' ::: a ::: 1 2 3 4
	assert_failure 255
	assert_output "echo 1 "
	assert_equal "$stderr" "prun: {= =}: 'die \"oh\\n\" if \$_ == 3; skip() if \$_ == 2': oh"
	head -c 700000 /dev/zero | tr '\0' 'a' | fold -w 70000 >long
	run prun -a long --dry-run echo '{= $_ = length . seq() =}'
	assert_equal "$output" "$(seq 10 | sed 's/^/echo 70000/')"
}

@test "--dry-run does not wait for input to evaluate what it has" {
	mkfifo slow
	start --dry-run -a slow echo '{= open F, ">seen.$_"; $_ = 1 =}'
	exec 7>slow
	echo a >&7
	wait_for test -e seen.a
	echo b >&7
	wait_for test -e seen.b
	exec 7>&-
	finish
	assert_equal "$status" 0
}

@test "a perl that ends is told of" {
	run prun echo '{= exit 3 =}' ::: a
	assert_failure 255
	assert_output "prun: {= =}: 'exit 3': perl exited with status 3"
	run prun echo '{= kill KILL => $$ if $_ eq "b" =}' ::: a b
	assert_failure 255
	assert_output --partial 'perl was ended by signal 9'
}

@test "without perl only what prun does itself works" {
	mkdir bin
	ln -s "$(command -v echo)" bin
	run env PATH="$PWD/bin" "$B/prun" -k echo '{= s/a/b/; tr/c/d/ =}' ::: ac
	assert_output bd
	run env PATH="$PWD/bin" "$B/prun" --rpl '{x} $_++' echo {} ::: a
	assert_output a
	run env PATH="$PWD/bin" "$B/prun" echo '{= $_++ =}' ::: 1
	assert_failure 255
	assert_output "prun: {= =}: '\$_++': perl is needed, and not on PATH"
}

@test "Ctrl-C ends an expression that loops, and what it has started" {
	for mode in --dry-run -k -X; do
		rm -f here
		start $mode echo '{= open F, ">here"; close F; 1 while 1 =}' ::: a
		wait_for test -e here
		kill -INT "$bg"
		finish
		assert_equal "$status" 130
	done
	start echo '{= system("touch there; sleep 1000") =}' ::: a
	wait_for test -e there
	kill -TERM "$bg"
	finish
	assert_equal "$status" 143
	assert_nothing_left
}

@test "jobs go on while an expression takes its time" {
	start -j2 -k 'touch done.{=2 select undef, undef, undef, 0.05 until $_ eq "a" || -e "done.a" =}' ::: x ::: a b
	finish
	assert_equal "$status" 0
	assert_file_exist done.b
}

@test "one perl serves all expressions, and none is started for nothing" {
	run prun -k --tagstring '{= $_ = $$ =}' --filter '$main::p = $$' echo '{= $_ = $$ ; =}' '{= $_ = $main::p =}' ::: a b
	assert_equal "$(tr '\t ' '\n\n' <<<"$output" | sort -u | wc -l)" 1
	run prun -r echo '{= open F, ">here" =}' </dev/null
	assert_file_not_exist here
}
