/* SPDX-License-Identifier: ISC */

/* The rules of when to give up, to try again, to wait; and --rlimit. */
#include <sys/resource.h>

#include <errno.h>

#include "policy/admit.h"
#include "policy/halt.h"
#include "policy/pace.h"
#include "policy/retry.h"
#include "policy/rlimits.h"
#include "t.h"

static struct prun_result
ended(int status)
{
	return (struct prun_result){ .status = status, .tries = 1 };
}

static struct halt
halt_of(const char *value)
{
	struct halt h = { 0 };
	struct message m;

	CHECK_INT(halt_parse(value, &h.rule, &m), 0);
	return h;
}

static void
halt_feed(struct halt *h, int status, uint64_t total)
{
	struct prun_result r = ended(status);

	(void)halt_add(h, &r, total);
}

TEST(halt_grammar)
{
	static const char *const bad[] = { "", "sometimes", "now", "soon,",
		"now,fail", "now,fail=", "now,fail=x", "now,fail=-1",
		"now,what=1", "fail=1", "3", "-3", "%", "0.5%", "now,fail=1x",
		"now,fail=1%%", "soon,done=0", "0%", "now,,fail=1" };
	struct halt_rule rule;
	struct message m;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m.text[0] = '\0';
		if (halt_parse(bad[i], &rule, &m) != -EINVAL)
			T_FAIL("taken: %s", bad[i]);
		CHECK(strstr(m.text, "--halt") != NULL);
	}
	CHECK_INT(halt_of("never").rule.when, HALT_NEVER);
	CHECK_INT(halt_of("0").rule.when, HALT_NEVER);
	CHECK_INT(halt_of("-2").rule.when, HALT_NOW);
	CHECK_INT(halt_of("-2").rule.why, HALT_SUCCESS);
	CHECK_INT(halt_of("1").rule.when, HALT_SOON);
	CHECK(halt_of("30%").rule.percent);
	rule = halt_of("now,done=3%").rule;
	CHECK(halt_needs_total(&rule));
	rule = halt_of("now,done=3").rule;
	CHECK(!halt_needs_total(&rule));
}

TEST(halt_first_failure)
{
	struct halt h = halt_of("soon,fail=1");

	halt_feed(&h, 0, 0);
	CHECK(!h.tripped);
	CHECK_INT(halt_status(&h, 0, 0), 0);
	halt_feed(&h, 7, 0);
	CHECK(h.tripped);
	halt_feed(&h, 9, 0);
	CHECK_INT(halt_status(&h, 2, 0), 7);
	CHECK_STR(halt_verb(&h), "failed");
}

TEST(halt_timed_out)
{
	struct halt h = halt_of("now,fail=1");
	struct prun_result r = { .flags = PRUN_TIMED_OUT };

	CHECK(halt_add(&h, &r, 0));
	CHECK_INT(halt_status(&h, 1, 0), 255);
}

TEST(halt_counts)
{
	struct halt fail = halt_of("now,fail=2"),
		    won = halt_of("now,success=2");
	struct halt done = halt_of("now,done=2");

	halt_feed(&fail, 1, 0);
	halt_feed(&fail, 0, 0);
	CHECK(!fail.tripped);
	halt_feed(&fail, 1, 0);
	CHECK(fail.tripped);
	CHECK_INT(halt_status(&fail, 2, 0), 2);

	halt_feed(&won, 1, 0);
	halt_feed(&won, 0, 0);
	CHECK(!won.tripped);
	CHECK_INT(halt_status(&won, 1, 0), 1);
	halt_feed(&won, 0, 0);
	CHECK(won.tripped);
	CHECK_INT(halt_status(&won, 1, 0), 0);

	halt_feed(&done, 1, 0);
	CHECK(!done.tripped);
	halt_feed(&done, 0, 0);
	CHECK(done.tripped);
	CHECK_INT(halt_status(&done, 1, 0), 1);
}

TEST(halt_first_done)
{
	struct halt bad = halt_of("soon,done=1"), good = bad;

	halt_feed(&bad, 4, 0);
	CHECK(bad.tripped);
	CHECK_INT(halt_status(&bad, 1, 0), 4);
	halt_feed(&good, 0, 0);
	halt_feed(&good, 5, 0);
	CHECK_INT(halt_status(&good, 1, 0), 0);
}

TEST(halt_percent)
{
	struct halt h = halt_of("soon,fail=40%");

	halt_feed(&h, 1, 5);
	CHECK(!h.tripped);
	halt_feed(&h, 1, 5);
	CHECK(h.tripped);
	CHECK_INT(halt_status(&h, 2, 5), 40);
	/* Rounded up, tripped or not. */
	h = halt_of("soon,fail=50%");
	halt_feed(&h, 1, 6);
	halt_feed(&h, 1, 6);
	CHECK(!h.tripped);
	CHECK_INT(halt_status(&h, 2, 6), 34);
	/* Nobody knows how many there are. */
	h = halt_of("soon,fail=1%");
	halt_feed(&h, 1, 0);
	CHECK(!h.tripped);
	CHECK_INT(halt_status(&h, 1, 0), 1);
}

static double
after(const struct retry_rule *rule, int status, unsigned tries, unsigned flags)
{
	struct prun_result r = ended(status);

	r.tries = tries;
	r.flags = flags;
	return retry_after(rule, &r);
}

TEST(retry_number)
{
	struct retry_rule none = { 0 }, three = { .set = true, .tries = 3 },
			  ever = { .set = true };

	CHECK(after(&none, 1, 1, 0) < 0);
	CHECK(after(&three, 0, 1, 0) < 0);
	CHECK(after(&three, 1, 1, 0) == 0);
	CHECK(after(&three, 1, 2, 0) == 0);
	CHECK(after(&three, 1, 3, 0) < 0);
	CHECK(after(&three, 0, 1, PRUN_TIMED_OUT) == 0);
	CHECK(after(&ever, 1, 1000000, 0) == 0);
}

TEST(retry_delay)
{
	struct retry_rule rule = { .set = true, .delay = 2 };

	CHECK(after(&rule, 1, 5, 0) == 2);
	rule.factor = 2;
	CHECK(after(&rule, 1, 1, 0) == 2);
	CHECK(after(&rule, 1, 2, 0) == 4);
	CHECK(after(&rule, 1, 4, 0) == 16);
	CHECK(after(&rule, 1, 4000000, 0) == 3600);
}

TEST(retry_on)
{
	struct retry_rule rule = { .set = true };
	struct prun_result r = ended(137);
	struct message m;

	CHECK_INT(retry_parse_on("timeout,status=75,status=255", &rule, &m), 0);
	CHECK(after(&rule, 75, 1, 0) == 0);
	CHECK(after(&rule, 255, 1, 0) == 0);
	CHECK(after(&rule, 76, 1, 0) < 0);
	CHECK(after(&rule, 143, 1, PRUN_TIMED_OUT) == 0);
	r.signal = 9;
	CHECK(retry_after(&rule, &r) < 0);
	/* Killed to make room. */
	r.flags = PRUN_TERMINATED;
	CHECK(retry_after(&rule, &r) == 0);
	CHECK_INT(retry_parse_on("signal", &rule, &m), 0);
	r.flags = 0;
	CHECK(retry_after(&rule, &r) == 0);
	CHECK_INT(retry_parse_on("fail", &rule, &m), 0);
	CHECK(after(&rule, 76, 1, 0) == 0);
}

TEST(retry_on_grammar)
{
	static const char *const bad[] = { "", "fail,", "status",
		"status=", "status=0", "status=256", "status=7x", "Fail",
		"status=0075" };
	struct retry_rule rule = { 0 };
	struct message m;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (retry_parse_on(bad[i], &rule, &m) != -EINVAL)
			T_FAIL("taken: %s", bad[i]);
	}
}

TEST(pace_median)
{
	struct pace p = { .timeout_percent = 200 };
	struct prun_result r = { .elapsed = 10 };

	CHECK_INT(pace_init(&p), 0);
	pace_add(&p, &r);
	pace_add(&p, &r);
	CHECK(p.timeout == 0);
	pace_add(&p, &r);
	CHECK(p.timeout >= 20 && p.timeout < 20.5);
	/* Failures do not count. */
	r = (struct prun_result){ .elapsed = 1000, .status = 1 };
	for (int i = 0; i < 100; i++)
		pace_add(&p, &r);
	CHECK(p.timeout < 20.5);
	r = (struct prun_result){ .elapsed = 0.001 };
	for (int i = 0; i < 4; i++)
		pace_add(&p, &r);
	CHECK(p.timeout >= 0.002 && p.timeout < 0.0021);
	/* Whatever a clock may say. */
	r.elapsed = 1e300;
	pace_add(&p, &r);
	r.elapsed = 0;
	pace_add(&p, &r);
	pace_fini(&p);
}

TEST(pace_delay)
{
	struct pace p = { .delay = 1, .delay_auto = true };
	struct prun_result r = ended(0);

	pace_add(&p, &r);
	CHECK(p.delay > 0.89 && p.delay < 0.91);
	r.status = 1;
	pace_add(&p, &r);
	CHECK(p.delay > 1.16 && p.delay < 1.18);
	p = (struct pace){ .delay_auto = true };
	pace_add(&p, &r);
	pace_add(&p, &r);
	CHECK(p.delay > 0.012 && p.delay < 0.014);
	p = (struct pace){ .delay = 1 };
	pace_add(&p, &r);
	CHECK(p.delay == 1);
}

TEST(rlimit_values)
{
	struct rlimits rl = { 0 };
	struct message m;

	CHECK_INT(rlimits_parse("cpu=10,as=2G,nofile=64:128,core=unlimited",
		      &rl, &m),
	    0);
	CHECK_INT(rl.n, 4);
	CHECK_INT(rl.list[0].resource, RLIMIT_CPU);
	CHECK_INT(rl.list[0].limit.rlim_cur, 10);
	CHECK_INT(rl.list[0].limit.rlim_max, 10);
	CHECK(rl.list[1].limit.rlim_cur == (rlim_t)2 << 30);
	CHECK_INT(rl.list[2].limit.rlim_cur, 64);
	CHECK_INT(rl.list[2].limit.rlim_max, 128);
	CHECK(rl.list[3].limit.rlim_max == RLIM_INFINITY);
	CHECK_INT(rlimits_parse("cpu=20", &rl, &m), 0);
	CHECK_INT(rl.n, 4);
	CHECK_INT(rl.list[0].limit.rlim_cur, 20);
}

TEST(rlimit_grammar)
{
	static const char *const bad[] = { "", "cpu", "cpu=", "cpu=-1", "cpu=x",
		"what=1", "cpu=1,", "nofile=3:2", "as=1GG", "cpu=1;as=1",
		"as=99999999999999999999", "as=18446744073709551615T" };
	struct rlimits rl = { 0 };
	struct message m;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (rlimits_parse(bad[i], &rl, &m) != -EINVAL)
			T_FAIL("taken: %s", bad[i]);
	}
}

TEST(admit_nothing_set)
{
	struct admit a = { 0 };

	CHECK(!admit_any(&a.rules));
	CHECK_INT(admit_machine(&a, 1), ADMIT_YES);
}

TEST(admit_memory)
{
	struct admit a = { .rules = { .free = 1 } };

	CHECK(admit_any(&a.rules));
	CHECK_INT(admit_machine(&a, 1), ADMIT_YES);
	a.rules.free = 1e18;
	CHECK_INT(admit_machine(&a, 1), ADMIT_TOO_MUCH);
	a = (struct admit){ .rules = { .suspend = 1 } };
	CHECK_INT(admit_crowd(&a), CROWD_GROW);
	a.rules.suspend = 1e18;
	CHECK_INT(admit_crowd(&a), CROWD_ONE);
	CHECK_INT(admit_machine(&a, 1), ADMIT_NO);
}

TEST(admit_load)
{
	struct admit a = { .rules = { .load = 1e9 } };

	CHECK_INT(admit_machine(&a, 1), ADMIT_YES);
}

/* What takes time to know is no until it is known. */
TEST(admit_over_time)
{
	struct admit a = { .rules = { .noswap = true } };

	CHECK_INT(admit_machine(&a, 1), ADMIT_NO);
	CHECK_INT(admit_machine(&a, 500000000), ADMIT_NO);
	a.swap = (struct machine_swap){ UINT64_MAX, UINT64_MAX };
	CHECK_INT(admit_machine(&a, 1000000001), ADMIT_YES);
	a.swap = (struct machine_swap){ 0 };
	a = (struct admit){ .rules = { .disk = 101 } };
	CHECK_INT(admit_machine(&a, 1), ADMIT_NO);
	CHECK_INT(admit_machine(&a, 3000000001), ADMIT_YES);
}

TEST(admit_status)
{
	CHECK_INT(admit_command(0), ADMIT_YES);
	CHECK_INT(admit_command(1), ADMIT_NO);
	CHECK_INT(admit_command(2), ADMIT_TOO_MUCH);
}
