/* SPDX-License-Identifier: ISC */

/* The rules of when to give up, to try again, to wait; and --rlimit. */
#include <sys/ioctl.h>
#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "policy/halt.h"
#include "policy/jobserver.h"
#include "policy/limit.h"
#include "policy/machine.h"
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

/* CPU cpu, where it may be read: core `core` of socket `socket`. */
static void
write_topology(const char *root, int cpu, int socket, int core)
{
	char command[512];

	(void)snprintf(command, sizeof(command),
	    "d=%s/sys/devices/system/cpu/cpu%d/topology && mkdir -p $d && echo %d >$d/physical_package_id && echo %d >$d/core_id",
	    root, cpu, socket, core);
	CHECK_INT(system(command), 0);
}

TEST(cores_and_sockets_are_counted)
{
	char root[] = "/tmp/t_topology.XXXXXX", command[64];
	unsigned threads = cpu_topology_count(CPU_THREADS, "");

	CHECK(mkdtemp(root) != NULL);
	/* Nothing tells: each thread is a core. */
	CHECK_INT(cpu_topology_count(CPU_CORES, root), threads);
	CHECK_INT(cpu_topology_count(CPU_SOCKETS, root), 1);
	for (int cpu = 0; cpu < 64; cpu++)
		write_topology(root, cpu, cpu % 2, 0);
	CHECK_INT(cpu_topology_count(CPU_THREADS, root), threads);
	CHECK_INT(cpu_topology_count(CPU_CORES, root),
	    threads < 2 ? threads : 2);
	CHECK_INT(cpu_topology_count(CPU_SOCKETS, root),
	    threads < 2 ? threads : 2);
	for (int cpu = 0; cpu < 64; cpu++)
		write_topology(root, cpu, 0, 7);
	CHECK_INT(cpu_topology_count(CPU_CORES, root), 1);
	CHECK_INT(cpu_topology_count(CPU_SOCKETS, root), 1);
	(void)snprintf(command, sizeof(command), "rm -rf %s", root);
	CHECK_INT(system(command), 0);
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
	struct prun_result r = { .flags = PRUN_RESULT_TIMED_OUT };

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
	CHECK(after(&three, 0, 1, PRUN_RESULT_TIMED_OUT) == 0);
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
	CHECK(after(&rule, 143, 1, PRUN_RESULT_TIMED_OUT) == 0);
	r.signal = 9;
	CHECK(retry_after(&rule, &r) < 0);
	/* Killed to make room. */
	r.flags = PRUN_RESULT_TERMINATED;
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

/* The limits that these rules want. */
struct opened {
	struct limit_rules rules;
	struct limit_context context;
	struct limits limits;
	unsigned woken;
};

static void
open_limits(struct opened *o)
{
	o->context.rules = &o->rules;
	CHECK_INT(limits_open(&o->limits, limit_table, LIMIT_TABLE_SIZE,
		      &o->context),
	    0);
}

/* What they say at that time, once. */
static enum limit_answer
answer_of(struct limit_rules rules)
{
	struct opened o = { .rules = rules };
	enum limit_answer answer;

	open_limits(&o);
	CHECK_INT(o.limits.n, 1);
	answer = limits_try(&o.limits, 1);
	limits_close(&o.limits);
	return answer;
}

static enum limit_relief
relief_of(struct limit_rules rules)
{
	struct opened o = { .rules = rules };
	enum limit_relief relief;

	open_limits(&o);
	CHECK_INT(o.limits.n, 1);
	relief = limits_relieve(&o.limits, 0);
	limits_close(&o.limits);
	return relief;
}

TEST(limit_none)
{
	struct opened o = { 0 };

	open_limits(&o);
	CHECK_INT(o.limits.n, 0);
	CHECK_INT(limits_try(&o.limits, 1), LIMIT_YES);
	limits_close(&o.limits);
}

TEST(limit_memory)
{
	CHECK_INT(answer_of((struct limit_rules){ .free = 1 }), LIMIT_YES);
	CHECK_INT(answer_of((struct limit_rules){ .free = 1e18 }), LIMIT_KILL);
	CHECK_INT(relief_of((struct limit_rules){ .free = 1 }), RELIEF_NONE);
	CHECK_INT(relief_of((struct limit_rules){ .free = 1e18 }), RELIEF_KILL);
	CHECK_INT(answer_of((struct limit_rules){ .suspend = 1 }), LIMIT_YES);
	CHECK_INT(answer_of((struct limit_rules){ .suspend = 1e18 }), LIMIT_NO);
	CHECK_INT(relief_of((struct limit_rules){ .suspend = 1 }),
	    RELIEF_RESUME);
	CHECK_INT(relief_of((struct limit_rules){ .suspend = 1e18 }),
	    RELIEF_SUSPEND_ALL);
}

TEST(limit_load)
{
	CHECK_INT(answer_of((struct limit_rules){ .load = 1e9 }), LIMIT_YES);
	CHECK_INT(relief_of((struct limit_rules){ .load = 1e9 }), RELIEF_NONE);
}

/* What takes time to know is no until it is known. */
TEST(limit_over_time)
{
	struct opened o = { .rules = { .noswap = true } };

	open_limits(&o);
	CHECK_INT(limits_try(&o.limits, 1), LIMIT_NO);
	CHECK_INT(limits_try(&o.limits, 500000000), LIMIT_NO);
	CHECK_INT(limits_try(&o.limits, 1000000001), LIMIT_YES);
	limits_close(&o.limits);
	o.rules = (struct limit_rules){ .disk = 1e9 };
	open_limits(&o);
	CHECK_INT(limits_try(&o.limits, 1), LIMIT_NO);
	CHECK_INT(limits_try(&o.limits, 3000000001), LIMIT_YES);
	limits_close(&o.limits);
}

static void
woken(void *arg)
{
	struct opened *o = arg;

	o->woken++;
}

/* The answer comes while the pool steps, and is taken when it comes. */
static void
take_answer(void *arg)
{
	struct opened *o = arg;

	o->woken = (unsigned)limits_try(&o->limits, 1);
}

static enum limit_answer
answer_of_command(const char *command)
{
	struct opened o = { .rules = { .command = command }, .woken = 99 };

	CHECK_INT(prun_pool_new(
		      &(struct prun_pool_opts){
			  .size = sizeof(struct prun_pool_opts),
			  .slots = 1 },
		      &o.context.pool),
	    0);
	o.context.shell = "/bin/sh";
	o.context.wake = take_answer;
	o.context.arg = &o;
	open_limits(&o);
	CHECK_INT(limits_try(&o.limits, 1), LIMIT_LATER);
	CHECK_INT(limits_try(&o.limits, 1), LIMIT_LATER);
	while (o.woken == 99)
		CHECK_INT(prun_pool_step(o.context.pool, -1), 0);
	/* The next start is asked for anew. */
	CHECK_INT(limits_try(&o.limits, 1), LIMIT_LATER);
	prun_pool_free(o.context.pool);
	limits_close(&o.limits);
	return (enum limit_answer)o.woken;
}

TEST(limit_command)
{
	CHECK_INT(answer_of_command("exit 0"), LIMIT_YES);
	CHECK_INT(answer_of_command("exit 1"), LIMIT_NO);
	CHECK_INT(answer_of_command("exit 2"), LIMIT_KILL);
	CHECK_INT(answer_of_command("kill $$"), LIMIT_YES);
	CHECK_INT(answer_of_command("exit 127"), LIMIT_YES);
}

/* A limit that counts: it has two starts to give. */
static unsigned taken;

static bool
counter_wanted(const struct limit_rules *rules)
{
	return rules->noswap;
}

static enum limit_answer
counter_try(struct limit *l, int64_t now)
{
	(void)now;
	if (taken == 2) {
		l->context->wake(l->context->arg);
		return LIMIT_NO;
	}
	taken++;
	return LIMIT_YES;
}

static void
counter_release(struct limit *l)
{
	(void)l;
	taken--;
}

static const struct limit_ops counter = {
	.size = sizeof(struct limit),
	.wanted = counter_wanted,
	.try = counter_try,
	.release = counter_release,
};

/* What one limit has given is given back when another one says no. */
TEST(limit_release)
{
	static const struct limit_ops *const table[] = { &counter, &counter,
		&limit_memfree };
	struct opened o = { .rules = { .noswap = true } };

	o.context = (struct limit_context){ .rules = &o.rules,
		.wake = woken,
		.arg = &o };
	CHECK_INT(limits_open(&o.limits, table, 3, &o.context), 0);
	CHECK_INT(o.limits.n, 2);
	CHECK_INT(limits_try(&o.limits, 1), LIMIT_YES);
	CHECK_INT(taken, 2);
	CHECK_INT(limits_try(&o.limits, 1), LIMIT_NO);
	CHECK_INT(o.woken, 1);
	CHECK_INT(taken, 2);
	limits_release(&o.limits);
	CHECK_INT(taken, 0);
	taken = 1;
	CHECK_INT(limits_try(&o.limits, 1), LIMIT_NO);
	CHECK_INT(taken, 1);
	limits_close(&o.limits);
}

static void
check_makeflags(const char *flags, const char *auth, unsigned jobs)
{
	struct text got;
	unsigned n;

	CHECK(jobserver_parse(flags, &got, &n) == (auth != NULL));
	if (auth != NULL)
		CHECK(text_equals(got, auth));
	CHECK_INT(n, jobs);
}

TEST(makeflags)
{
	check_makeflags("", NULL, 0);
	check_makeflags("ks", NULL, 0);
	check_makeflags(" -j8 --jobserver-auth=3,4", "3,4", 8);
	check_makeflags("k -j8 --jobserver-fds=3,4 --jobserver-auth=5,6", "5,6",
	    8);
	check_makeflags("--jobserver-auth=fifo:/tmp/a\t-j 2", "fifo:/tmp/a", 0);
	check_makeflags(" -j --jobserver-auth=", "", 0);
	check_makeflags(" -j4x -j99999999999 -- --jobserver-auth=3,4", NULL, 0);
	check_makeflags("jobserver-auth=3,4 --jobserver-auth", NULL, 0);
}

/* However many tokens are free, one that is given back is moved and never in memory alone. */
TEST(make_s_pipe_has_a_place_for_each_token)
{
	enum {
		TOKENS = 40
	};
	struct jobserver j;
	struct message m;
	char flags[64];
	int fds[2], waiting = 0;

	CHECK_INT(pipe(fds), 0);
	for (int i = 0; i < TOKENS; i++)
		CHECK_INT(write(fds[1], "+", 1), 1);
	(void)snprintf(flags, sizeof(flags), "-j%d --jobserver-auth=%d,%d",
	    TOKENS + 1, fds[0], fds[1]);
	CHECK_INT(setenv("MAKEFLAGS", flags, 1), 0);
	CHECK_INT(jobserver_join(&j, &m), 1);
	/* A user who has many large pipes already may make none. */
	if (fcntl(fds[1], F_GETPIPE_SZ) > TOKENS * sysconf(_SC_PAGESIZE) &&
	    j.most >= TOKENS) {
		CHECK(j.few > TOKENS);
		while (jobserver_take(&j))
			continue;
		CHECK_INT(j.ntokens, TOKENS);
	}
	jobserver_close(&j);
	CHECK_INT(ioctl(fds[0], FIONREAD, &waiting), 0);
	CHECK_INT(waiting, TOKENS);
	/* Others can write still. */
	CHECK_INT(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	CHECK_INT(write(fds[1], "+", 1), 1);
	CHECK_INT(unsetenv("MAKEFLAGS"), 0);
	CHECK_INT(close(fds[0]), 0);
	CHECK_INT(close(fds[1]), 0);
}
