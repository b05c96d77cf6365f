/* SPDX-License-Identifier: ISC */

/* process: one child, its pipes, its end. */
#include "pid_namespace.h"
#include "prun.h"
#include "test_util.h"

static struct prun_process *
start(const struct prun_spec *spec)
{
	struct prun_process *p;

	CHECK_INT(prun_process_start(spec, &p), 0);
	CHECK(prun_process_pid(p) > 0);
	return p;
}

static const struct prun_stdio pipe_end = { .kind = PRUN_STDIO_PIPE };

TEST(wait_and_poll)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "read x; exit 7",
		.in = pipe_end };
	struct prun_process *p = start(&spec);
	struct pollfd pfd = { .fd = prun_process_fd(p), .events = POLLIN };
	struct prun_result r = { .size = sizeof(r) };

	CHECK_INT(prun_process_poll(p, &r), 0);
	CHECK_INT(prun_process_wait(p, 0, &r), -ETIMEDOUT);
	CHECK_INT(prun_process_wait(p, 0.05, &r), -ETIMEDOUT);
	CHECK_INT(poll(&pfd, 1, 0), 0);
	CHECK_INT(prun_process_stdout(p), -1);
	CHECK(prun_process_stdin(p) > 2);
	prun_process_close_stdin(p);
	prun_process_close_stdin(p);
	CHECK_INT(prun_process_stdin(p), -1);
	CHECK_INT(poll(&pfd, 1, 20000), 1);
	CHECK_INT(prun_process_wait(p, -1, &r), 0);
	CHECK_INT(r.status, 7);
	CHECK_INT(r.pid, prun_process_pid(p));
	CHECK_INT(prun_process_poll(p, NULL), 1);
	r.status = 0;
	CHECK_INT(prun_process_wait(p, 0, &r), 0);
	CHECK_INT(r.status, 7);
	CHECK_INT(prun_process_signal(p, SIGTERM), -ESRCH);
	/* Whoever watches it can still take it out of his list. */
	CHECK_INT(prun_process_fd(p), pfd.fd);
	CHECK_INT(poll(&pfd, 1, 0), 1);
	CHECK((pfd.revents & POLLNVAL) == 0);
	prun_process_free(p);
	prun_process_free(NULL);
}

TEST(one_reads_the_stdout_of_another)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "exec yes",
		.out = pipe_end };
	struct prun_process *first = start(&spec), *second;
	struct prun_result r = { .size = sizeof(r) };

	spec.command = "exec head -n1 >/dev/null";
	spec.in.kind = PRUN_STDIO_FD;
	spec.in.fd = prun_process_stdout(first);
	spec.out.kind = PRUN_STDIO_INHERIT;
	second = start(&spec);
	prun_process_close_stdout(first);
	prun_process_close_stderr(first);
	CHECK_INT(prun_process_stdout(first), -1);
	CHECK_INT(prun_process_wait(second, 60, NULL), 0);
	CHECK_INT(prun_process_wait(first, 60, &r), 0);
	CHECK_INT(r.signal, SIGPIPE);
	prun_process_free(first);
	prun_process_free(second);
}

/* A forked function holds the caller's end of a connection, unless it closes all others. */
static int
receive_all(void *arg)
{
	void *data;
	size_t len;

	while (prun_conn_recv(arg, 64, &data, &len, -1) == 0)
		free(data);
	return 7;
}

TEST(a_function_notices_the_end_of_a_connection)
{
	struct prun_conn *ours, *theirs;
	struct prun_spec spec = { .size = sizeof(spec),
		.flags = PRUN_SPEC_CLOSE_FDS,
		.npass = 1 };
	struct prun_result r = { .size = sizeof(r) };
	struct prun_process *p;
	int fd;

	CHECK_INT(prun_pipe(&ours, &theirs), 0);
	fd = prun_conn_fd(theirs);
	spec.pass = &fd;
	CHECK_INT(prun_process_start_fn(&spec, NULL, receive_all, theirs, &p),
	    0);
	prun_conn_free(theirs);
	CHECK_INT(prun_conn_send(ours, "x", 1, -1), 0);
	prun_conn_free(ours);
	CHECK_INT(prun_process_wait(p, 60, &r), 0);
	CHECK_INT(r.status, 7);
	prun_process_free(p);
}

TEST(signals)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "exec sleep 1000" };
	struct prun_process *p = start(&spec);
	struct prun_result r = { .size = sizeof(r) };

	CHECK_INT(prun_process_signal(p, 0), 0);
	CHECK_INT(prun_process_terminate(p), 0);
	CHECK_INT(prun_process_wait(p, -1, &r), 0);
	CHECK_INT(r.signal, SIGTERM);
	CHECK_INT(r.status, 143);
	prun_process_free(p);
	p = start(&spec);
	CHECK_INT(prun_process_kill(p), 0);
	CHECK_INT(prun_process_wait(p, -1, &r), 0);
	CHECK_INT(r.signal, SIGKILL);
	prun_process_free(p);
}

TEST(start_errors)
{
	const char *argv[] = { "/proc/none/program", NULL };
	struct prun_spec spec = { .size = sizeof(spec),
		.argv = argv,
		.in = pipe_end,
		.out = pipe_end };
	int before = util_open_fds();
	struct prun_process *p;
	enum prun_step step;

	CHECK_INT(prun_process_start(&spec, &p), -ENOENT);
	argv[0] = "/";
	CHECK_INT(prun_process_start_step(&spec, &step, &p), -EACCES);
	CHECK_INT(step, PRUN_STEP_EXEC);
	argv[0] = "true";
	spec.cwd = "/proc/none/folder";
	CHECK_INT(prun_process_start_step(&spec, &step, &p), -ENOENT);
	CHECK_INT(step, PRUN_STEP_CHDIR);
	spec.argv = NULL;
	CHECK_INT(prun_process_start(&spec, &p), -EINVAL);
	CHECK_INT(util_open_fds(), before);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
}

/* The group goes, too, when it leads one. */
TEST(free_kills)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "sleep 1000 & echo $! >p; mv p pid; wait",
		.flags = PRUN_SPEC_NEW_GROUP,
		.out = pipe_end };
	int before = util_open_fds();
	struct prun_process *p;
	pid_t pid;

	util_folder();
	p = start(&spec);
	AWAIT((pid = util_pid("pid")) != 0);
	prun_process_free(p);
	AWAIT(!util_lives(pid));
	CHECK_INT(util_open_fds(), before);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
}

TEST(communicate)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "cat; echo err >&2; exit 3",
		.in = pipe_end,
		.out = pipe_end,
		.err = pipe_end };
	struct prun_process *p = start(&spec);
	struct prun_output o = { .size = sizeof(o) };

	CHECK_INT(prun_process_communicate(p, "a\0b", 3, -1, &o), 0);
	CHECK_MEM(o.out, o.out_len, "a\0b", 3);
	CHECK_INT(o.out[3], '\0');
	CHECK_STR(o.err, "err\n");
	CHECK_INT(o.err_len, 4);
	CHECK_INT(o.result.status, 3);
	CHECK_INT(o.result.out_bytes, 3);
	prun_output_free(&o);
	CHECK(o.out == NULL);
	prun_process_free(p);
}

/* Both ways at once, more than any pipe holds; the time is linear in it. */
TEST(communicate_much)
{
	const size_t len = SANITIZED ? 10000000 : 60000000;
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "tee /dev/stderr",
		.in = pipe_end,
		.out = pipe_end,
		.err = pipe_end };
	struct prun_process *p = start(&spec);
	struct prun_output o = { .size = sizeof(o) };
	char *data = malloc(len);
	double cpu = util_cpu();

	CHECK(data != NULL);
	for (size_t i = 0; i < len; i++)
		data[i] = (char)(i * 2654435761u >> 24);
	CHECK_INT(prun_process_communicate(p, data, len, -1, &o), 0);
	CHECK(SANITIZED || util_cpu() - cpu < 2);
	CHECK_MEM(o.out, o.out_len, data, len);
	CHECK_MEM(o.err, o.err_len, data, len);
	CHECK_INT(o.result.status, 0);
	prun_output_free(&o);
	prun_process_free(p);
	free(data);
}

/* A timeout loses nothing: go on later. */
TEST(communicate_in_parts)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "read a; echo \"$a\"; cat; "
			   "read x <fifo; echo end",
		.in = pipe_end,
		.out = pipe_end };
	struct prun_process *p;
	struct prun_output o = { .size = sizeof(o) };

	util_folder();
	util_fifo("fifo");
	p = start(&spec);
	CHECK_INT(prun_process_communicate(p, "one\ntwo\n", 8, 0.2, &o),
	    -ETIMEDOUT);
	CHECK(o.out == NULL);
	CHECK_INT(prun_process_communicate(p, "ignored", 7, 0, &o), -ETIMEDOUT);
	util_release("fifo");
	CHECK_INT(prun_process_communicate(p, NULL, 0, -1, &o), 0);
	CHECK_STR(o.out, "one\ntwo\nend\n");
	CHECK_STR(o.err, "");
	prun_output_free(&o);
	prun_process_free(p);
}

/* A child that does not want its input is no error. */
TEST(communicate_unread)
{
	const char *argv[] = { util_helper("noread"), "4", NULL };
	struct prun_spec spec = { .size = sizeof(spec),
		.argv = argv,
		.in = pipe_end,
		.out = pipe_end };
	char *data = calloc(1, 1000000);
	struct prun_process *p;
	struct prun_output o = { .size = sizeof(o) };

	(void)signal(SIGPIPE, SIG_IGN);
	p = start(&spec);
	CHECK_INT(prun_process_communicate(p, data, 1000000, -1, &o), 0);
	CHECK_INT(o.result.status, 4);
	CHECK_STR(o.out, "");
	prun_output_free(&o);
	prun_process_free(p);
	free(data);
}

/* Without pipes it only waits; after the end it says the same again. */
TEST(communicate_without_pipes)
{
	struct prun_spec spec = { .size = sizeof(spec), .command = "exit 5" };
	struct prun_process *p = start(&spec);
	struct prun_output o = { .size = sizeof(o) };

	CHECK_INT(prun_process_communicate(p, "x", 1, -1, &o), 0);
	CHECK_STR(o.out, "");
	CHECK_INT(o.result.status, 5);
	prun_output_free(&o);
	CHECK_INT(prun_process_communicate(p, NULL, 0, -1, &o), 0);
	CHECK_INT(o.result.status, 5);
	prun_output_free(&o);
	prun_process_free(p);
}

TEST(stdio_kinds)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "echo out; echo err >&2",
		.out = pipe_end,
		.err.kind = PRUN_STDIO_STDOUT };
	struct prun_process *p = start(&spec);
	struct prun_output o = { .size = sizeof(o) };
	char *text;
	int fd;

	CHECK_INT(prun_process_stderr(p), -1);
	CHECK_INT(prun_process_communicate(p, NULL, 0, -1, &o), 0);
	CHECK_STR(o.out, "out\nerr\n");
	prun_output_free(&o);
	prun_process_free(p);

	util_folder();
	fd = open("out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	spec.command = "cat; echo x; readlink /proc/self/fd/0";
	spec.in.kind = PRUN_STDIO_NULL;
	spec.out = (struct prun_stdio){ PRUN_STDIO_FD, fd };
	p = start(&spec);
	CHECK_INT(prun_process_wait(p, -1, NULL), 0);
	prun_process_free(p);
	text = util_file("out", NULL);
	CHECK_STR(text, "x\n/dev/null\n");
	free(text);
	CHECK(fcntl(fd, F_GETFD) != -1);
}

TEST(pty)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "test -t 1 && test -t 2 && echo yes; echo err >&2",
		.out.kind = PRUN_STDIO_PTY,
		.err.kind = PRUN_STDIO_PTY };
	struct prun_process *p = start(&spec);
	struct prun_output o = { .size = sizeof(o) };

	CHECK_INT(prun_process_communicate(p, NULL, 0, -1, &o), 0);
	CHECK_STR(o.out, "yes\n");
	CHECK_STR(o.err, "err\n");
	prun_output_free(&o);
	prun_process_free(p);
	spec.err.kind = PRUN_STDIO_STDOUT;
	p = start(&spec);
	CHECK_INT(prun_process_stderr(p), -1);
	CHECK_INT(prun_process_communicate(p, NULL, 0, -1, &o), 0);
	CHECK_STR(o.out, "yes\nerr\n");
	prun_output_free(&o);
	prun_process_free(p);
}

TEST(closed_stdio)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "cat; echo e >&2; exit 3",
		.in = pipe_end,
		.out = pipe_end,
		.err = pipe_end };
	struct prun_process *p;
	struct prun_output o = { .size = sizeof(o) };

	close(0);
	close(1);
	close(2);
	if (prun_process_start(&spec, &p) != 0)
		_exit(1);
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			_exit(2);
	if (prun_process_communicate(p, "in", 2, -1, &o) != 0 ||
	    strcmp(o.out, "in") != 0 || strcmp(o.err, "e\n") != 0 ||
	    o.result.status != 3)
		_exit(3);
	prun_output_free(&o);
	prun_process_free(p);
}

/* The child does not read: neither an error nor a signal for the host. */
TEST(communicate_without_a_reader)
{
	static char input[300000];
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = "exec <&-; echo x",
		.in.kind = PRUN_STDIO_PIPE,
		.out.kind = PRUN_STDIO_PIPE };
	struct prun_process *p;
	struct prun_output output = { .size = sizeof(output) };

	(void)signal(SIGPIPE, SIG_DFL);
	CHECK_INT(prun_process_start(&spec, &p), 0);
	CHECK_INT(prun_process_communicate(p, input, sizeof(input), 10,
		      &output),
	    0);
	CHECK_INT(output.result.status, 0);
	CHECK_INT(output.out_len, 2);
	prun_output_free(&output);
	prun_process_free(p);
}

static bool
set_last_pid(pid_t pid)
{
	FILE *file = fopen("/proc/sys/kernel/ns_last_pid", "we");
	bool set;

	if (file == NULL)
		return false;
	set = fprintf(file, "%d", (int)pid) > 0;
	return fclose(file) == 0 && set;
}

/* A process of that number, as soon as it is free; -1: no right to choose one. */
static pid_t
stranger_of(pid_t number)
{
	pid_t pid = -1;

	while (pid != number) {
		if (pid != -1)
			CHECK_INT(kill(pid, SIGKILL), 0);
		if (!set_last_pid(number - 1))
			return -1;
		pid = fork();
		CHECK(pid != -1);
		if (pid == 0) {
			for (;;)
				pause();
		}
	}
	CHECK_INT(setpgid(pid, 0), 0);
	return pid;
}

/* The host ignores SIGCHLD: the number of a dead child is somebody else's at once. */
static void
spare_stranger(unsigned flags)
{
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = "exit 0",
		.flags = flags };
	struct prun_process *p = start(&spec);
	struct pollfd pfd = { .fd = prun_process_fd(p), .events = POLLIN };
	pid_t pid = prun_process_pid(p), stranger;

	CHECK_INT(poll(&pfd, 1, 20000), 1);
	stranger = stranger_of(pid);
	if (stranger == -1) {
		prun_process_free(p);
		return;
	}
	CHECK_INT(prun_process_terminate(p), -ESRCH);
	CHECK_INT(prun_process_kill(p), -ESRCH);
	prun_process_free(p);
	CHECK(util_lives(stranger));
	CHECK_INT(kill(stranger, SIGKILL), 0);
}

TEST(no_signal_for_strangers)
{
	pid_namespace_enter();
	(void)signal(SIGCHLD, SIG_IGN);
	spare_stranger(0);
	spare_stranger(PRUN_SPEC_NEW_GROUP);
}

/* How it ended is not known: that is told, and the same each time. */
TEST(status_unknown)
{
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = "exit 0",
		.out = pipe_end };
	struct prun_process *p;
	struct prun_result r = { .size = sizeof(r) };
	struct prun_output o = { .size = sizeof(o) };

	(void)signal(SIGCHLD, SIG_IGN);
	p = start(&spec);
	CHECK_INT(prun_process_communicate(p, NULL, 0, -1, &o), 0);
	CHECK_INT(o.result.flags, PRUN_RESULT_STATUS_UNKNOWN);
	CHECK_INT(o.result.status, 255);
	prun_output_free(&o);
	for (int i = 0; i < 2; i++) {
		r.flags = 0;
		CHECK_INT(prun_process_wait(p, -1, &r), 0);
		CHECK_INT(r.flags, PRUN_RESULT_STATUS_UNKNOWN);
		CHECK_INT(prun_process_poll(p, &r), 1);
		CHECK_INT(r.status, 255);
	}
	prun_process_free(p);
}

/* What a forked process frees is its parent's: nothing is killed. */
TEST(fork)
{
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = "read x; exit 7",
		.in = pipe_end,
		.out = pipe_end };
	struct prun_process *p = start(&spec);
	struct prun_output o = { .size = sizeof(o) };
	struct prun_result r = { .size = sizeof(r) };
	int before = util_open_fds(), status;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(20);
		CHECK_INT(prun_process_kill(p), -EPERM);
		CHECK_INT(prun_process_signal(p, 0), -EPERM);
		CHECK_INT(prun_process_poll(p, NULL), -EPERM);
		CHECK_INT(prun_process_wait(p, 0, NULL), -EPERM);
		CHECK_INT(prun_process_communicate(p, NULL, 0, 0, &o), -EPERM);
		prun_process_free(p);
		CHECK_INT(util_open_fds(), before - 3);
		/* Its own are its own. */
		CHECK_INT(prun_call(&(struct prun_spec){ .size = sizeof(
							     struct prun_spec),
					.command = "exit 5" },
			      &r),
		    0);
		CHECK_INT(r.status, 5);
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	CHECK_INT(prun_process_poll(p, NULL), 0);
	prun_process_close_stdin(p);
	CHECK_INT(prun_process_wait(p, -1, &r), 0);
	CHECK_INT(r.status, 7);
	prun_process_free(p);
}
