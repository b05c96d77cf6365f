# SPDX-License-Identifier: ISC
#
# The commands of GNU parallel's tutorial give what that program gives: see tutorial-answers.

load setup

@test "the examples of GNU parallel's tutorial give what the program gives" {
	need perl
	"$BATS_TEST_DIRNAME/tutorial-answers" "$B/prun" "$B/sem" >answers
	diff "$BATS_TEST_DIRNAME/tutorial.answers" answers
	[ "$(grep -c '^parallel\|| parallel\|^sem' answers)" -ge 100 ]
}
