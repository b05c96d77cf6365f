/* SPDX-License-Identifier: ISC */

/*
 * transport: which functions of a table are called when, for a process and for a
 * job of a pool.  The linker puts our transport_of() before the library's (see the
 * Makefile), so that every spec gets the transport of this file.
 */
#include "kill/tree.h"
#include "pool_fixture.h"
#include "process/plan.h"
#include "process/stdio.h"
#include "transport/transport.h"

/* A bit that no result has by itself here. */
#define FLAG PRUN_RESULT_SUDO_REFUSED

const struct transport_ops *__real_transport_of(const struct prun_spec *spec);
const struct transport_ops *__wrap_transport_of(const struct prun_spec *spec);

static char calls[512]; /* names of functions, in order */
static int states; /* made and not freed */
static int attach_errors; /* so many attachments fail */
static int undrained; /* so often it is not drained */
static bool spares; /* its kill does not kill */
static pid_t started_pid;
static unsigned killed_with; /* bits of enum: by the kill of the transport */

enum {
	WITH_OTHERS = 1,
	WITH_KILL = 2,
};

static void
called(const char *name)
{
	CHECK(strlcat(calls, name, sizeof(calls)) < sizeof(calls));
	CHECK(strlcat(calls, " ", sizeof(calls)) < sizeof(calls));
}

static int
fake_plan(struct plan *plan, const struct prun_spec *spec,
    const struct plan_base *base, const char *extra, void **state)
{
	const char *argv[] = { "/bin/sh", "-c",
		"there=1; export there; exec /bin/sh -c \"$1\"", "sh",
		spec->command, NULL };
	struct prun_spec own = *spec;

	called("plan");
	own.argv = argv;
	own.command = NULL;
	states++;
	*state = &states;
	return plan_set(plan, &own, base, extra);
}

static int
fake_attach(void *state, const struct prun_stdio kinds[3], struct stdio *stdio)
{
	called("attach");
	CHECK(state == &states);
	CHECK_INT(kinds[1].kind, PRUN_STDIO_PIPE);
	CHECK(stdio->child[1] != -1 && stdio->parent[1] != -1);
	return attach_errors-- > 0 ? -EAGAIN : 0;
}

static void
fake_started(void *state, pid_t pid, int pidfd)
{
	called("started");
	CHECK(state == &states && pid > 0 && pidfd >= 0);
	started_pid = pid;
}

static bool
fake_drained(void *state)
{
	(void)state;
	return undrained-- <= 0;
}

static unsigned
fake_settle(void *state)
{
	(void)state;
	called("settle");
	return FLAG;
}

static void
fake_detach(void *state)
{
	(void)state;
	called("detach");
}

static int
fake_kill(void *state, struct tree_kill *tree, int sig)
{
	(void)state;
	/* In the Timer thread. */
	__atomic_fetch_or(&killed_with,
	    sig == SIGKILL ? WITH_KILL : WITH_OTHERS, __ATOMIC_RELAXED);
	return tree_kill(tree, spares ? 0 : sig);
}

static void
fake_share(void *state)
{
	(void)state;
	states++;
}

static void
fake_free(void *state)
{
	(void)state;
	states--;
}

static const struct transport_ops fake = {
	.name = "fake",
	.plan = fake_plan,
	.attach = fake_attach,
	.started = fake_started,
	.drained = fake_drained,
	.settle = fake_settle,
	.detach = fake_detach,
	.kill = fake_kill,
	.share = fake_share,
	.free = fake_free,
};

const struct transport_ops *
__wrap_transport_of(const struct prun_spec *spec)
{
	(void)spec;
	return &fake;
}

static const struct prun_spec spec = {
	.size = sizeof(spec),
	.command = "echo $there",
	.in = { .kind = PRUN_STDIO_NULL },
	.out = { .kind = PRUN_STDIO_PIPE },
};

TEST(a_process)
{
	struct prun_process *p;
	struct prun_output output = { .size = sizeof(output) };

	CHECK_INT(prun_process_start(&spec, &p), 0);
	CHECK_STR(calls, "plan attach started ");
	CHECK_INT(prun_process_pid(p), started_pid);
	CHECK_INT(prun_process_communicate(p, NULL, 0, -1, &output), 0);
	CHECK_STR(calls, "plan attach started settle ");
	CHECK_STR(output.out, "1\n");
	CHECK_INT(output.result.flags, FLAG);
	CHECK_INT(states, 1);
	prun_output_free(&output);
	prun_process_free(p);
	CHECK_STR(calls, "plan attach started settle detach ");
	CHECK_INT(states, 0);
}

TEST(a_process_that_is_killed)
{
	const struct prun_spec sleeps = { .size = sizeof(sleeps),
		.command = "exec sleep 1000",
		.in = { .kind = PRUN_STDIO_NULL },
		.out = { .kind = PRUN_STDIO_PIPE } };
	struct prun_process *p;
	struct prun_result r = { .size = sizeof(r) };

	CHECK_INT(prun_process_start(&sleeps, &p), 0);
	CHECK_INT(prun_process_kill(p), 0);
	CHECK_INT(prun_process_wait(p, -1, &r), 0);
	CHECK_INT(r.signal, SIGKILL);
	CHECK_INT(killed_with, WITH_KILL);
	prun_process_free(p);
}

TEST(a_process_that_cannot_be_attached)
{
	struct prun_process *p;
	int fds = util_open_fds();

	attach_errors = 1;
	CHECK_INT(prun_process_start(&spec, &p), -EAGAIN);
	CHECK(strstr(calls, "started") == NULL);
	CHECK_INT(states, 0);
	CHECK_INT(util_open_fds(), fds);
}

TEST(a_process_that_cannot_be_executed)
{
	struct prun_spec nowhere = spec;
	struct prun_process *p;

	nowhere.cwd = "/dev/null/nowhere";
	CHECK_INT(prun_process_start(&nowhere, &p), -ENOTDIR);
	CHECK(strstr(calls, "plan attach detach ") != NULL);
	CHECK(strstr(calls, "started") == NULL);
	CHECK_INT(states, 0);
}

TEST(a_spec_that_is_wrong)
{
	struct prun_process *p;

	CHECK_INT(prun_process_start(
		      &(struct prun_spec){ .size = sizeof(struct prun_spec) },
		      &p),
	    -EINVAL);
	CHECK_STR(calls, "");
}

TEST(a_job)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 1 });
	struct tally t = { 0 };

	for (int i = 0; i < 3; i++)
		apply(pool, "[ $there = 1 ]", &t);
	pool_end(pool);
	CHECK_INT(t.n, 3);
	CHECK_INT(t.failed, 0);
	CHECK_INT(t.flags, FLAG);
	CHECK(strstr(calls, "attach started settle detach ") != NULL);
	CHECK_INT(states, 0);
}

/* The transport still has something of it: its pipes are not closed before. */
TEST(a_job_that_is_not_drained)
{
	struct prun_pool *pool;
	struct tally t = { 0 };

	util_folder();
	util_fifo("fifo");
	pool = pool_of((struct prun_pool_opts){ .slots = 1,
	    .leak_timeout = 0.01 });
	undrained = 3;
	apply(pool, "read x <fifo &", &t);
	step_until(pool, &t);
	CHECK(undrained < 0);
	CHECK_INT(t.flags, FLAG | PRUN_RESULT_LEAKY);
	util_release("fifo");
	pool_end(pool);
}

/* Its child lives until we close its FIFO. */
static void
check_kill(const char *termseq, unsigned flags)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 1,
	    .termseq = termseq });
	struct tally t = { 0 };
	int fd;

	util_folder();
	util_fifo("own");
	util_fifo("of_child");
	fd = open("of_child", O_RDWR | O_CLOEXEC);
	apply(pool,
	    "{ read x <of_child; } >/dev/null 2>&1 & echo $$ >pid;"
	    "read x <own",
	    &t);
	AWAIT(util_pid("pid") != 0);
	CHECK_INT(prun_pool_step(pool, 0), 0);
	prun_pool_terminate(pool);
	/* It is held: that it ends before the kill does changes nothing. */
	if (spares)
		util_release("own");
	CHECK_INT(prun_pool_join(pool), 0);
	close(fd);
	CHECK_INT(t.n, 1);
	CHECK_INT(t.last.flags, (int)flags);
	prun_pool_free(pool);
	CHECK_INT(states, 0);
}

TEST(a_job_that_is_killed)
{
	check_kill("TERM,10000,KILL,1000", FLAG | PRUN_RESULT_TERMINATED);
	CHECK_INT(killed_with, WITH_OTHERS);
}

TEST(a_job_that_its_transport_spares)
{
	spares = true;
	check_kill("TERM,1,KILL,1",
	    FLAG | PRUN_RESULT_TERMINATED | PRUN_RESULT_NOT_KILLED);
	CHECK_INT(killed_with, WITH_OTHERS | WITH_KILL);
}

TEST(what_is_shared)
{
	struct transport a = { &fake, &states }, b = { 0 };

	states = 1;
	transport_share(&b, &a);
	transport_share(&b, &a);
	CHECK_INT(states, 2);
	transport_fini(&a);
	CHECK_INT(states, 1);
	CHECK(transport_is_foreign(&b) && !transport_is_foreign(&a));
	transport_fini(&b);
	CHECK_INT(states, 0);
}

TEST(local)
{
	struct transport t = { __real_transport_of(&spec), NULL };
	const struct prun_stdio kinds[3] = { spec.in, spec.out, spec.err };
	struct stdio stdio;

	CHECK_STR(t.ops->name, "local");
	stdio_init(&stdio);
	CHECK_INT(transport_attach(&t, kinds, &stdio), 0);
	transport_started(&t, 1, 0);
	CHECK(transport_drained(&t));
	CHECK_INT(transport_settle(&t), 0);
	transport_detach(&t);
	CHECK(!transport_is_foreign(&t));
	transport_fini(&t);
}

TEST(another_user)
{
	const struct prun_sudo root = { .size = sizeof(root) };
	const struct prun_spec asked = { .size = sizeof(asked),
		.command = "true",
		.sudo = &root };

	CHECK_STR(__real_transport_of(&asked)->name, "sudo");
}
