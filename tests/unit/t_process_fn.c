/* SPDX-License-Identifier: ISC */

/* prun_process_start_fn(): a function as a process. */
#include <sys/prctl.h>

#include <pthread.h>
#include <signal.h>

#include "prun.h"
#include "test_util.h"

static struct prun_process *
start_fn(const struct prun_spec *spec, prun_process_fn *fn, void *arg)
{
	struct prun_process *p;

	CHECK_INT(prun_process_start_fn(spec, "a function", fn, arg, &p), 0);
	CHECK(prun_process_pid(p) > 0);
	return p;
}

static int
echo(void *arg)
{
	char line[64], name[16];

	if (fgets(line, sizeof(line), stdin) == NULL)
		return 1;
	(void)prctl(PR_GET_NAME, name, 0, 0, 0);
	printf("%s, %s, %s, %s", name, (char *)arg, getenv("T_COLOUR"), line);
	return 7;
}

/* What it gets, what it says, how it ends; and the host's own text is not there twice. */
TEST(communicate)
{
	const char *const set[] = { "T_COLOUR=blue", NULL };
	struct prun_spec spec = { .size = sizeof(spec),
		.in.kind = PRUN_STDIO_PIPE,
		.out.kind = PRUN_STDIO_PIPE,
		.setenv = set };
	char word[] = "word";
	struct prun_process *p;
	struct prun_output o = { .size = sizeof(o) };
	int before = util_open_fds();

	printf("# not flushed");
	p = start_fn(&spec, echo, word);
	word[0] = 'W';
	CHECK_INT(prun_process_communicate(p, "line\n", 5, -1, &o), 0);
	CHECK_STR(o.out, "a function, word, blue, line\n");
	CHECK_INT(o.result.status, 7);
	CHECK_INT(o.result.flags, 0);
	prun_output_free(&o);
	prun_process_free(p);
	CHECK_INT(util_open_fds(), before);
	putchar('\n');
}

/* How many descriptors there are, and how many bytes come until the end. */
static int
drain(void *arg)
{
	int n = util_open_fds() - *(int *)arg;
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1)
		n += 10;
	return n;
}

/* It has no copy of our end of its stdin, nor anything else that was opened for it. */
TEST(end_of_input)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.in.kind = PRUN_STDIO_PIPE,
		.err.kind = PRUN_STDIO_NULL };
	int before = util_open_fds();
	struct prun_process *p = start_fn(&spec, drain, &before);
	struct prun_output o = { .size = sizeof(o) };

	CHECK_INT(prun_process_communicate(p, "12345", 5, -1, &o), 0);
	CHECK_INT(o.result.status, 50);
	prun_output_free(&o);
	prun_process_free(p);
	CHECK_INT(util_open_fds(), before);
}

static int
wait_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

static int
crash(void *arg)
{
	(void)arg;
	(void)raise(SIGKILL);
	return 0;
}

TEST(signals)
{
	struct prun_process *p = start_fn(NULL, wait_for_ever, NULL);
	struct prun_result r = { .size = sizeof(r) };

	CHECK_INT(prun_process_poll(p, &r), 0);
	CHECK_INT(prun_process_wait(p, 0, &r), -ETIMEDOUT);
	CHECK_INT(prun_process_terminate(p), 0);
	CHECK_INT(prun_process_wait(p, -1, &r), 0);
	CHECK_INT(r.signal, SIGTERM);
	prun_process_free(p);
	p = start_fn(NULL, crash, NULL);
	CHECK_INT(prun_process_wait(p, -1, &r), 0);
	CHECK_INT(r.signal, SIGKILL);
	CHECK_INT(r.status, 137);
	prun_process_free(p);
	/* It runs: it is killed and reaped. */
	p = start_fn(NULL, wait_for_ever, NULL);
	prun_process_free(p);
	CHECK_INT(waitpid(-1, NULL, 0), -1);
	CHECK_INT(errno, ECHILD);
}

static volatile sig_atomic_t caught;

static void
catch_signal(int sig)
{
	caught = sig;
}

/* A handler of the host does not run there, and the mask is the spec's. */
static int
dispositions(void *arg)
{
	struct sigaction action;
	sigset_t mask;

	(void)arg;
	CHECK_INT(sigaction(SIGUSR1, NULL, &action), 0);
	CHECK(action.sa_handler == SIG_DFL);
	CHECK_INT(sigaction(SIGPIPE, NULL, &action), 0);
	CHECK(action.sa_handler == SIG_DFL);
	CHECK_INT(sigprocmask(SIG_SETMASK, NULL, &mask), 0);
	CHECK_INT(sigismember(&mask, SIGUSR2), 1);
	CHECK_INT(sigismember(&mask, SIGTERM), 0);
	return 0;
}

TEST(attributes)
{
	struct prun_spec spec = { .size = sizeof(spec) };
	struct prun_process *p;
	struct prun_result r = { .size = sizeof(r) };
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	spec.sigmask = &mask;
	(void)signal(SIGUSR1, catch_signal);
	(void)signal(SIGPIPE, SIG_IGN);
	p = start_fn(&spec, dispositions, NULL);
	CHECK_INT(prun_process_wait(p, -1, &r), 0);
	CHECK_INT(r.status, 0);
	prun_process_free(p);
}

static int
is_open(void *arg)
{
	const int *fds = arg;

	return (fcntl(fds[0], F_GETFD) != -1) |
	    (fcntl(fds[1], F_GETFD) != -1) << 1;
}

TEST(descriptors)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.flags = PRUN_SPEC_CLOSE_FDS };
	struct prun_process *p;
	struct prun_result r = { .size = sizeof(r) };
	int fds[2];

	CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
	spec.pass = fds;
	spec.npass = 1;
	p = start_fn(&spec, is_open, fds);
	CHECK_INT(prun_process_wait(p, -1, &r), 0);
	CHECK_INT(r.status, 1);
	prun_process_free(p);
	p = start_fn(NULL, is_open, fds);
	CHECK_INT(prun_process_wait(p, -1, &r), 0);
	CHECK_INT(r.status, 3);
	prun_process_free(p);
}

TEST(refused)
{
	struct prun_spec spec = { .size = sizeof(spec), .cwd = "/proc/none" };
	struct prun_process *p;
	int before = util_open_fds();

	CHECK_INT(prun_process_start_fn(&spec, NULL, crash, NULL, &p), -ENOENT);
	CHECK_INT(prun_process_start_fn(NULL, NULL, NULL, NULL, &p), -EINVAL);
	/* No such descriptor. */
	spec = (struct prun_spec){ .size = sizeof(struct prun_spec),
		.pass = &(int){ 1000 },
		.npass = 1 };
	CHECK_INT(prun_process_start_fn(&spec, NULL, crash, NULL, &p), -EBADF);
	spec = (struct prun_spec){ .size = sizeof(struct prun_spec),
		.command = "exit" };
	CHECK_INT(prun_process_start_fn(&spec, NULL, crash, NULL, &p), -EINVAL);
	CHECK_INT(util_open_fds(), before);
	CHECK_INT(waitpid(-1, NULL, 0), -1);
}

/* A daemon in Python's sense: it dies with the process that has started it. */
TEST(dies_with_parent)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.flags = PRUN_SPEC_DIE_WITH_PARENT };
	int fds[2], got;
	pid_t host, pid;

	CHECK_INT(pipe(fds), 0);
	CHECK((host = fork()) != -1);
	if (host == 0) {
		pid = prun_process_pid(start_fn(&spec, wait_for_ever, NULL));
		CHECK_INT(write(fds[1], &pid, sizeof(pid)), sizeof(pid));
		for (;;)
			pause();
	}
	got = (int)read(fds[0], &pid, sizeof(pid));
	CHECK_INT(got, sizeof(pid));
	CHECK(util_lives(pid));
	CHECK_INT(kill(host, SIGKILL), 0);
	CHECK_INT(waitpid(host, NULL, 0), host);
	AWAIT(!util_lives(pid));
}

static void *
start_many(void *arg)
{
	struct prun_process *p;
	struct prun_result r = { .size = sizeof(r) };
	int fds[2] = { 0, 1 };

	(void)arg;
	for (int i = 0; i < t_times(50); i++) {
		p = start_fn(NULL, is_open, fds);
		CHECK_INT(prun_process_wait(p, -1, &r), 0);
		CHECK_INT(r.status, 3);
		prun_process_free(p);
	}
	return NULL;
}

TEST(threads)
{
	pthread_t thread[4];

	for (int i = 0; i < 4; i++)
		CHECK_INT(pthread_create(&thread[i], NULL, start_many, NULL),
		    0);
	for (int i = 0; i < 4; i++)
		CHECK_INT(pthread_join(thread[i], NULL), 0);
}
