/* SPDX-License-Identifier: ISC */

/* termseq: the grammar of kill sequences. */
#include <errno.h>
#include <signal.h>

#include "kill/terminate.h"
#include "prun.h"
#include "t.h"

#define MS INT64_C(1000000)

TEST(default_one)
{
	struct termseq s;

	CHECK_INT(termseq_parse(PRUN_TERMSEQ, &s), 0);
	CHECK_INT(s.n, 4);
	CHECK_INT(s.step[0].sig, SIGTERM);
	CHECK_INT(s.step[0].wait, 200 * MS);
	CHECK_INT(s.step[2].wait, 50 * MS);
	CHECK_INT(s.step[3].sig, SIGKILL);
	CHECK_INT(s.step[3].wait, 25 * MS);
}

TEST(forms)
{
	struct termseq s;

	CHECK_INT(termseq_parse("KILL", &s), 0);
	CHECK_INT(s.n, 1);
	CHECK(s.step[0].wait > 0);
	CHECK_INT(termseq_parse("sigint,0,9,86400000", &s), 0);
	CHECK_INT(s.n, 2);
	CHECK_INT(s.step[0].sig, SIGINT);
	CHECK_INT(s.step[0].wait, 0);
	CHECK_INT(s.step[1].sig, SIGKILL);
	CHECK_INT(termseq_parse("INT,10,TERM", &s), 0);
	CHECK_INT(s.n, 2);
	CHECK_INT(s.step[1].sig, SIGTERM);
}

TEST(bad)
{
	static const char *const bad[] = { "", ",", "TERM,", "TERM,,KILL",
		"TERM,x", "TERM,-1", "TERM,1.5", "TERM,86400001",
		"TERM,99999999999999999999", "FOO", "TERM,200,", ",200",
		"TERM,200,FOO,1", " TERM", "0", "65", "200,TERM" };
	struct termseq s;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (termseq_parse(bad[i], &s) != -EINVAL)
			T_FAIL("\"%s\" was accepted", bad[i]);
		CHECK_INT(prun_termseq_check(bad[i]), -EINVAL);
	}
	CHECK_INT(prun_termseq_check(PRUN_TERMSEQ), 0);
}

TEST(too_long)
{
	char text[TERMSEQ_STEPS * 8 + 16] = "";
	struct termseq s;

	for (int i = 0; i < TERMSEQ_STEPS; i++)
		(void)strlcat(text, i == 0 ? "TERM,1" : ",TERM,1",
		    sizeof(text));
	CHECK_INT(termseq_parse(text, &s), 0);
	CHECK_INT(s.n, TERMSEQ_STEPS);
	(void)strlcat(text, ",KILL", sizeof(text));
	CHECK_INT(termseq_parse(text, &s), -EINVAL);
}
