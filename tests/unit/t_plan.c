/* SPDX-License-Identifier: ISC */

/* plan: a spec copied, looked up and made ready. */
#include <math.h>

#include "process/plan.h"
#include "test_util.h"

static struct plan_base base;

static struct plan
plan_of(const struct prun_spec *spec, const char *extra)
{
	struct plan plan = { 0 };

	plan_base_init(&base);
	CHECK_INT(plan_set(&plan, spec, &base, extra), 0);
	return plan;
}

static void
check_vector(char *const *v, const char *const *wanted)
{
	for (; *wanted != NULL; v++, wanted++)
		CHECK_STR(*v, *wanted);
	CHECK(*v == NULL);
}

TEST(argv_is_copied)
{
	char name[] = "/bin/echo", word[] = "a b\n";
	const char *argv[] = { name, word, "", NULL };
	struct prun_spec spec = { .size = sizeof(spec),
		.argv = argv,
		.tag = word,
		.heading = name,
		.cwd = "/" };
	struct plan plan = plan_of(&spec, NULL);

	memset(name, 'x', 3);
	word[0] = 'X';
	argv[0] = NULL;
	check_vector(plan.argv,
	    (const char *[]){ "/bin/echo", "a b\n", "", NULL });
	check_vector(plan.file, (const char *[]){ "/bin/echo", NULL });
	CHECK_STR(plan.tag, "a b\n");
	CHECK_MEM(plan.heading, plan.heading_len, "/bin/echo", 9);
	CHECK_STR(plan.cwd, "/");
	plan_fini(&plan);
}

TEST(command)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "echo; exit 3" };
	struct plan plan = plan_of(&spec, NULL);

	check_vector(plan.argv,
	    (const char *[]){ "/bin/sh", "-c", "echo; exit 3", NULL });
	check_vector(plan.file, (const char *[]){ "/bin/sh", NULL });
	spec.shell = "/bin/bash";
	CHECK_INT(plan_set(&plan, &spec, &base, NULL), 0);
	CHECK_STR(plan.argv[0], "/bin/bash");
	CHECK_STR(plan.file[0], "/bin/bash");
	plan_fini(&plan);
}

TEST(path)
{
	const char *argv[] = { "prog", NULL };
	const char *env[] = { "A=1", "PATH=/x:/y/z::rel", NULL };
	struct prun_spec spec = { .size = sizeof(spec),
		.argv = argv,
		.env = env };
	struct plan plan = plan_of(&spec, NULL);

	check_vector(plan.file,
	    (const char *[]){ "/x/prog", "/y/z/prog", "prog", "rel/prog",
		NULL });
	spec.setenv = (const char *[]){ "PATH=/q", NULL };
	CHECK_INT(plan_set(&plan, &spec, &base, NULL), 0);
	check_vector(plan.file, (const char *[]){ "/q/prog", NULL });
	spec.file = "/bin/other";
	CHECK_INT(plan_set(&plan, &spec, &base, NULL), 0);
	check_vector(plan.file, (const char *[]){ "/bin/other", NULL });
	CHECK_STR(plan.argv[0], "prog");
	env[1] = NULL;
	spec.file = NULL;
	spec.setenv = NULL;
	CHECK_INT(plan_set(&plan, &spec, &base, NULL), 0);
	check_vector(plan.file,
	    (const char *[]){ "/bin/prog", "/usr/bin/prog", NULL });
	argv[0] = "";
	CHECK_INT(plan_set(&plan, &spec, &base, NULL), 0);
	check_vector(plan.file, (const char *[]){ "", NULL });
	plan_fini(&plan);
}

TEST(environment)
{
	const char *argv[] = { "/x", NULL };
	char a[] = "A=1";
	const char *env[] = { a, "AB=2", "B=3", "J=old", "odd", NULL };
	const char *set[] = { "A=new", "C=4", NULL };
	struct prun_spec spec = { .size = sizeof(spec),
		.argv = argv,
		.env = env,
		.setenv = set };
	struct plan plan = plan_of(&spec, "J=1");

	a[2] = 'x';
	check_vector(plan.envp,
	    (const char *[]){ "AB=2", "B=3", "odd", "A=new", "C=4", "J=1",
		NULL });
	spec.setenv = NULL;
	CHECK_INT(plan_set(&plan, &spec, &base, NULL), 0);
	check_vector(plan.envp,
	    (const char *[]){ "A=x", "AB=2", "B=3", "J=old", "odd", NULL });
	plan_fini(&plan);
}

TEST(callers_environment)
{
	const char *argv[] = { "/x", NULL };
	struct prun_spec spec = { .size = sizeof(spec), .argv = argv };
	struct plan plan;
	int n = 0, found = 0;

	CHECK_INT(setenv("T_PLAN", "here", 1), 0);
	plan = plan_of(&spec, "J=1");
	for (char **e = plan.envp; *e != NULL; e++, n++)
		found += strcmp(*e, "T_PLAN=here") == 0;
	CHECK_INT(found, 1);
	CHECK_STR(plan.envp[n - 1], "J=1");
	environ = NULL;
	CHECK_INT(plan_set(&plan, &spec, &base, NULL), 0);
	CHECK(plan.envp[0] == NULL);
	plan_fini(&plan);
}

static void
handler(int sig)
{
	(void)sig;
}

TEST(signals)
{
	const char *argv[] = { "/x", NULL };
	struct prun_spec spec = { .size = sizeof(spec), .argv = argv };
	sigset_t set, wanted;
	struct plan plan;

	(void)signal(SIGUSR1, handler);
	(void)signal(SIGUSR2, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_SETMASK, &set, NULL);
	plan = plan_of(&spec, NULL);
	/* A sanitizer has handlers of its own. */
	CHECK(SANITIZED || plan.nreset == 3);
	CHECK(memchr(plan.reset, SIGPIPE, plan.nreset) != NULL);
	CHECK(memchr(plan.reset, SIGXFSZ, plan.nreset) != NULL);
	CHECK(memchr(plan.reset, SIGUSR1, plan.nreset) != NULL);
	CHECK(memchr(plan.reset, SIGUSR2, plan.nreset) == NULL);
	CHECK(memchr(plan.reset, SIGHUP, plan.nreset) == NULL);
	CHECK_INT(sigismember(&plan.mask, SIGHUP), 1);
	sigemptyset(&set);
	sigfillset(&wanted);
	spec.sigmask = &set;
	spec.sigdefault = &wanted;
	CHECK_INT(plan_set(&plan, &spec, &base, NULL), 0);
	CHECK_INT(sigismember(&plan.mask, SIGHUP), 0);
	CHECK(plan.nreset >= 60);
	plan_fini(&plan);
}

TEST(limits)
{
	const char *argv[] = { "/x", NULL };
	struct prun_rlimit limits[3] = {
		{ RLIMIT_CORE, { 1, 2 } },
		{ RLIMIT_NOFILE, { 3, 4 } },
		{ RLIMIT_STACK, { 5, 6 } },
	};
	struct prun_spec spec = { .size = sizeof(spec),
		.argv = argv,
		.rlimit = limits,
		.nrlimit = 3 };
	struct plan plan = plan_of(&spec, NULL);

	memset(limits, 0, sizeof(limits));
	CHECK_INT(plan.nrlimit, 3);
	CHECK_INT(plan.rlimit[2].resource, RLIMIT_STACK);
	CHECK_INT(plan.rlimit[2].limit.rlim_max, 6);
	CHECK_STR(plan.argv[0], "/x");
	plan_fini(&plan);
}

/* A small plan after a large one, and the other way round. */
TEST(reused)
{
	enum {
		N = 3000
	};

	static const char *many[N + 1];
	const char *few[] = { "/x", NULL };
	struct prun_spec spec = { .size = sizeof(spec), .argv = few };
	struct plan plan = plan_of(&spec, NULL);

	for (int i = 0; i < N; i++)
		many[i] = i % 2 ? "" : "/a-word-of-some-length";
	for (int i = 0; i < 3; i++) {
		spec.argv = many;
		spec.cwd = "/tmp";
		CHECK_INT(plan_set(&plan, &spec, &base, "J=1"), 0);
		check_vector(plan.argv, many);
		CHECK_STR(plan.cwd, "/tmp");
		spec.argv = few;
		spec.cwd = NULL;
		CHECK_INT(plan_set(&plan, &spec, &base, NULL), 0);
		check_vector(plan.argv, few);
		CHECK(plan.cwd == NULL);
	}
	plan_fini(&plan);
}

static void
check_invalid(const struct prun_spec *spec)
{
	struct plan plan = { 0 };

	plan_base_init(&base);
	CHECK_INT(plan_set(&plan, spec, &base, NULL), -EINVAL);
	plan_fini(&plan);
}

TEST(invalid)
{
	const char *argv[] = { "/x", NULL }, *none[] = { NULL };

	check_invalid(&(struct prun_spec){ .size = sizeof(struct prun_spec) });
	/* An array that is counted must be there. */
	check_invalid(&(struct prun_spec){ .size = sizeof(struct prun_spec),
	    .argv = argv,
	    .npass = 1 });
	check_invalid(&(struct prun_spec){ .size = sizeof(struct prun_spec),
	    .argv = argv,
	    .nrlimit = 1 });
	check_invalid(&(struct prun_spec){ .size = sizeof(struct prun_spec),
	    .argv = argv,
	    .input.len = 1 });
	check_invalid(&(struct prun_spec){ .size = sizeof(struct prun_spec),
	    .argv = argv,
	    .command = "x" });
	check_invalid(&(struct prun_spec){ .size = sizeof(struct prun_spec),
	    .argv = none });
	check_invalid(&(struct prun_spec){ .size = sizeof(struct prun_spec),
	    .argv = argv,
	    .in.kind = PRUN_STDIO_STDOUT });
	check_invalid(&(struct prun_spec){ .size = sizeof(struct prun_spec),
	    .argv = argv,
	    .out.kind = PRUN_STDIO_STDOUT });
	check_invalid(&(struct prun_spec){ .size = sizeof(struct prun_spec),
	    .argv = argv,
	    .in.kind = PRUN_STDIO_PTY });
	check_invalid(&(struct prun_spec){ .size = sizeof(struct prun_spec),
	    .argv = argv,
	    .err = { PRUN_STDIO_FD, -1 } });
	check_invalid(&(struct prun_spec){ .size = sizeof(struct prun_spec),
	    .argv = argv,
	    .in.kind = (enum prun_stdio_kind)77 });
	check_invalid(&(struct prun_spec){ .size = sizeof(struct prun_spec),
	    .argv = argv,
	    .timeout = -1 });
	check_invalid(&(struct prun_spec){ .size = sizeof(struct prun_spec),
	    .argv = argv,
	    .timeout = NAN });
	check_invalid(&(struct prun_spec){ .size = sizeof(struct prun_spec),
	    .argv = argv,
	    .delay = -1 });
	check_invalid(&(struct prun_spec){ .size = sizeof(struct prun_spec),
	    .argv = argv,
	    .delay = NAN });
}
