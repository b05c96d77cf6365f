# SPDX-License-Identifier: ISC
#
# The examples of the READMEs and of prun(1), run as they are shown: what comes out
# must be what is shown.

load setup

# run_examples FILE: all of them, one after the other in this folder; sets n.
run_examples() {
	local script name
	mkdir ../examples
	"$REPO/tests/doc/transcripts" -v folder=../examples "$1"
	n=0
	for script in ../examples/*.sh; do
		[ -e "$script" ] || continue
		name=${script%.sh}
		n=$((n + 1))
		timeout 60 bash "$script" >"$name.got" 2>&1 </dev/null
		diff -u "$name.want" "$name.got"
	done
}

@test "the examples of the README do what it says" {
	run_examples "$REPO/README.md"
	[ "$n" -ge 5 ]
}

@test "the examples of the other READMEs do what they say" {
	local readme
	for readme in "$REPO"/*/README.md "$REPO"/*/*/README.md; do
		run_examples "$readme"
		rm -r ../examples
	done
}

@test "the examples of prun.1 do what it says" {
	run_examples "$REPO/man/prun.1"
	[ "$n" -ge 13 ]
}

@test "an example that does something else is noticed" {
	printf '%s\n' '```console' '$ echo one' 'two' '```' >wrong.md
	run run_examples wrong.md
	assert_failure
	assert_line '-two'
	assert_line '+one'
}
