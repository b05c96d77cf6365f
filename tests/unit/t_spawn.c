/* SPDX-License-Identifier: ISC */

/*
 * spawn: what the child finds when its program begins, and which step failed
 * when it does not.
 */
#include <sys/prctl.h>

#include <linux/close_range.h>

#include "base/fd.h"
#include "process/plan.h"
#include "process/spawn.h"
#include "test_util.h"

static const int inherit[3] = { -1, -1, -1 };

static int
run(const struct prun_spec *spec, const int fds[3], struct spawned *s)
{
	struct plan_base base;
	struct plan plan = { 0 };
	void *stack = spawn_stack_new();
	int error;

	CHECK(stack != NULL);
	plan_base_init(&base);
	CHECK_INT(plan_set(&plan, spec, &base, NULL), 0);
	error = spawn(&plan, fds, stack, s);
	CHECK_INT(s->error, -error);
	spawn_stack_free(stack);
	plan_fini(&plan);
	return error;
}

static int
reap(struct spawned *s)
{
	int status;

	CHECK_INT(waitpid(s->pid, &status, 0), s->pid);
	close(s->pidfd);
	return status;
}

/* Its stdout, to be freed. */
static char *
output_of(const struct prun_spec *spec)
{
	struct spawned s;
	int pipe_fds[2], fds[3] = { -1, -1, -1 };
	char *text = calloc(1, 65536);
	size_t len = 0;
	ssize_t n;

	CHECK_INT(fd_pipe(pipe_fds), 0);
	fds[1] = pipe_fds[1];
	CHECK_INT(run(spec, fds, &s), 0);
	close(pipe_fds[1]);
	while ((n = read(pipe_fds[0], text + len, 65535 - len)) > 0)
		len += (size_t)n;
	close(pipe_fds[0]);
	CHECK_INT(reap(&s), 0);
	return text;
}

static char *
output_of_helper(const char *name, const struct prun_spec *like)
{
	const char *argv[] = { util_helper(name), NULL };
	struct prun_spec spec = like != NULL ? *like : (struct prun_spec){ 0 };

	spec.argv = argv;
	return output_of(&spec);
}

static void
check_failure(const struct prun_spec *spec, enum prun_step step, int error)
{
	struct spawned s;
	int before = util_open_fds();

	CHECK_INT(run(spec, inherit, &s), -error);
	CHECK_INT(s.step, step);
	CHECK_INT(s.pidfd, -1);
	CHECK_INT(util_open_fds(), before);
	/* Nothing is left to be reaped. */
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_INT(errno, ECHILD);
}

static void
write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "we");

	CHECK(file != NULL);
	fputs(text, file);
	fclose(file);
	CHECK_INT(chmod(path, mode), 0);
}

TEST(runs)
{
	const char *argv[] = { "sh", "-c", "exit 3", NULL };
	struct spawned s;

	CHECK_INT(run(&(struct prun_spec){ .argv = argv }, inherit, &s), 0);
	CHECK(s.pid > 0);
	CHECK_INT(fcntl(s.pidfd, F_GETFD), FD_CLOEXEC);
	CHECK_INT(WEXITSTATUS(reap(&s)), 3);
}

TEST(not_found)
{
	const char *argv[] = { "no-such-program", NULL };
	struct prun_spec spec = { .argv = argv };

	check_failure(&spec, PRUN_STEP_EXEC, ENOENT);
	argv[0] = "/proc/none/program";
	check_failure(&spec, PRUN_STEP_EXEC, ENOENT);
	argv[0] = "/etc/passwd/x";
	check_failure(&spec, PRUN_STEP_EXEC, ENOTDIR);
	argv[0] = "";
	check_failure(&spec, PRUN_STEP_EXEC, ENOENT);
}

TEST(not_executable)
{
	const char *argv[] = { "./plain", NULL };
	struct prun_spec spec = { .argv = argv };

	util_folder();
	write_file("plain", "exit 0\n", 0600);
	check_failure(&spec, PRUN_STEP_EXEC, EACCES);
	argv[0] = "/";
	check_failure(&spec, PRUN_STEP_EXEC, EACCES);
	/* One folder that denies it tells more than others that lack it. */
	argv[0] = "plain";
	spec.setenv = (const char *[]){ "PATH=.:/proc/none/folder:/bin", NULL };
	check_failure(&spec, PRUN_STEP_EXEC, EACCES);
}

TEST(found_in_a_later_folder)
{
	const char *argv[] = { "tool", NULL };
	struct prun_spec spec = { .argv = argv };
	struct spawned s;

	util_folder();
	CHECK_INT(mkdir("a", 0700) | mkdir("b", 0700), 0);
	write_file("a/tool", "#!/bin/sh\nexit 1\n", 0600);
	write_file("b/tool", "#!/bin/sh\nexit 7\n", 0700);
	spec.setenv = (const char *[]){ "PATH=/proc/none:a/tool:a:b", NULL };
	CHECK_INT(run(&spec, inherit, &s), 0);
	CHECK_INT(WEXITSTATUS(reap(&s)), 7);
}

TEST(script_without_interpreter)
{
	const char *argv[] = { "./script", "one", "t w o", NULL };
	struct prun_spec spec = { .argv = argv };
	char *text;

	util_folder();
	write_file("script", "echo \"$0|$1|$2|$#\"\n", 0700);
	text = output_of(&spec);
	CHECK_STR(text, "./script|one|t w o|2\n");
	free(text);
	write_file("script", "#!/proc/none/interpreter\n", 0700);
	check_failure(&spec, PRUN_STEP_EXEC, ENOENT);
}

TEST(too_long)
{
	char *word = malloc(256 * 1024);
	const char *argv[] = { "true", word, NULL };
	struct prun_spec spec = { .argv = argv };

	CHECK(word != NULL);
	memset(word, 'x', 256 * 1024 - 1);
	word[256 * 1024 - 1] = '\0';
	check_failure(&spec, PRUN_STEP_EXEC, E2BIG);
	free(word);
}

TEST(folder)
{
	const char *argv[] = { "pwd", NULL };
	struct prun_spec spec = { .argv = argv, .cwd = "/usr" };
	char *text = output_of(&spec);

	CHECK_STR(text, "/usr\n");
	free(text);
	spec.cwd = "/proc/none/folder";
	check_failure(&spec, PRUN_STEP_CHDIR, ENOENT);
	spec.cwd = "/etc/passwd";
	check_failure(&spec, PRUN_STEP_CHDIR, ENOTDIR);
}

TEST(limits_and_nice)
{
	const char *argv[] = { "sh", "-c", "ulimit -n; nice", NULL };
	struct prun_rlimit limit = { RLIMIT_NOFILE, { 77, 78 } };
	struct prun_spec spec = { .argv = argv,
		.rlimit = &limit,
		.nrlimit = 1,
		.nice = 3 };
	char *text = output_of(&spec), want[32];

	(void)snprintf(want, sizeof(want), "77\n%d\n",
	    getpriority(PRIO_PROCESS, 0) + 3);
	CHECK_STR(text, want);
	free(text);
	limit.limit.rlim_cur = 100;
	check_failure(&spec, PRUN_STEP_SETUP, EINVAL);
}

TEST(group)
{
	struct prun_spec spec = { .flags = PRUN_SPEC_NEW_GROUP };
	int pid, ppid, pgid, sid;
	char *text = output_of_helper("showgroup", &spec);

	CHECK_INT(sscanf(text, "pid %d ppid %d pgid %d sid %d", &pid, &ppid,
		      &pgid, &sid),
	    4);
	CHECK_INT(pgid, pid);
	CHECK_INT(ppid, getpid());
	CHECK_INT(sid, getsid(0));
	free(text);
	text = output_of_helper("showgroup", NULL);
	CHECK_INT(sscanf(text, "pid %d ppid %d pgid %d sid %d", &pid, &ppid,
		      &pgid, &sid),
	    4);
	CHECK_INT(pgid, getpgrp());
	free(text);
}

static volatile sig_atomic_t caught;

static void
handler(int sig)
{
	caught = sig;
}

TEST(signals)
{
	sigset_t set, all;
	struct prun_spec spec = { .flags = PRUN_SPEC_KEEP_IGNORED };
	char *text;

	(void)signal(SIGUSR1, handler);
	(void)signal(SIGUSR2, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_SETMASK, &set, NULL);
	text = output_of_helper("showsignals", &spec);
	CHECK_STR(text, "blocked HUP\nignored USR2\nignored PIPE\n");
	free(text);
	spec.flags = 0;
	text = output_of_helper("showsignals", &spec);
	CHECK_STR(text, "blocked HUP\nignored USR2\n");
	free(text);
	sigemptyset(&set);
	sigemptyset(&all);
	sigaddset(&all, SIGUSR2);
	sigaddset(&all, SIGPIPE);
	spec.sigmask = &set;
	spec.sigdefault = &all;
	text = output_of_helper("showsignals", &spec);
	CHECK_STR(text, "");
	free(text);
	/* Ours are as they were. */
	sigprocmask(SIG_SETMASK, NULL, &set);
	CHECK_INT(sigismember(&set, SIGHUP), 1);
	CHECK_INT(sigismember(&set, SIGTERM), 0);
	(void)raise(SIGUSR1);
	CHECK_INT(caught, SIGUSR1);
	(void)raise(SIGPIPE);
}

/* A failed start leaves the mask alone as well. */
TEST(mask_after_failure)
{
	const char *argv[] = { "/proc/none/program", NULL };
	sigset_t set;

	check_failure(&(struct prun_spec){ .argv = argv }, PRUN_STEP_EXEC,
	    ENOENT);
	sigprocmask(SIG_SETMASK, NULL, &set);
	CHECK(sigisemptyset(&set));
}

TEST(no_descriptor_leaks)
{
	int a = fd_open("/dev/null", O_RDWR, 0), fds[2];
	char *text;

	/* Not those of whoever runs us. */
	CHECK_INT(close_range(3, ~0U, CLOSE_RANGE_CLOEXEC), 0);
	CHECK(a > 2);
	CHECK_INT(fd_pipe(fds), 0);
	text = output_of_helper("showfds", NULL);
	CHECK_INT(strncmp(text, "0 ", 2), 0);
	CHECK(strstr(text, "\n1 pipe:") != NULL);
	CHECK(strstr(text, "\n2 ") != NULL);
	for (const char *line = strstr(text, "\n2 ") + 1;
	     (line = strchr(line, '\n')) != NULL; line++)
		CHECK_STR(line, "\n");
	free(text);
}

static void
check_three(const int fds[3], const char *wanted)
{
	const char *argv[] = { "/bin/sh", "-c",
		"(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2 >&9)",
		NULL };
	struct prun_spec spec = { .argv = argv };
	struct spawned s;
	char text[300] = "";
	int pipe_fds[2];
	ssize_t n;

	CHECK_INT(fd_pipe(pipe_fds), 0);
	CHECK_INT(dup2(pipe_fds[1], 9), 9); /* not close-on-exec */
	close(pipe_fds[1]);
	CHECK_INT(run(&spec, fds, &s), 0);
	close(9);
	n = read(pipe_fds[0], text, sizeof(text) - 1);
	CHECK(n > 0);
	close(pipe_fds[0]);
	(void)reap(&s);
	CHECK_STR(text, wanted);
}

/* Descriptors that are given for each other's numbers. */
TEST(crossed_stdio)
{
	int saved = fcntl(1, F_DUPFD_CLOEXEC, 50), fd[3];

	fd[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fd[1] = open("/dev/zero", O_WRONLY | O_CLOEXEC);
	fd[2] = open("/dev/full", O_WRONLY | O_CLOEXEC);
	for (int i = 0; i < 3; i++)
		CHECK_INT(dup2(fd[i], i), i);
	check_three((int[3]){ 0, 1, 2 }, "/dev/null\n/dev/zero\n/dev/full\n");
	check_three((int[3]){ 1, 2, 0 }, "/dev/zero\n/dev/full\n/dev/null\n");
	check_three((int[3]){ 2, 0, 1 }, "/dev/full\n/dev/null\n/dev/zero\n");
	check_three((int[3]){ 2, 2, 2 }, "/dev/full\n/dev/full\n/dev/full\n");
	check_three((int[3]){ -1, 0, 0 }, "/dev/null\n/dev/null\n/dev/null\n");
	check_three((int[3]){ 1, -1, 1 }, "/dev/zero\n/dev/zero\n/dev/zero\n");
	CHECK_INT(dup2(saved, 1), 1);
}

/* One that is close-on-exec and has the right number already. */
TEST(in_place)
{
	const char *argv[] = { "sh", "-c", "echo here", NULL };
	struct prun_spec spec = { .argv = argv };
	struct spawned s;
	int fds[2], stdio[3] = { -1, 1, -1 }, saved = dup(1);
	char text[16] = "";

	CHECK_INT(fd_pipe(fds), 0);
	CHECK_INT(dup3(fds[1], 1, O_CLOEXEC), 1);
	CHECK_INT(run(&spec, stdio, &s), 0);
	CHECK_INT(fcntl(1, F_GETFD), FD_CLOEXEC);
	CHECK_INT(dup2(saved, 1), 1);
	CHECK_INT(read(fds[0], text, sizeof(text) - 1), 5);
	CHECK_STR(text, "here\n");
	CHECK_INT(reap(&s), 0);
}

TEST(stderr_to_stdout)
{
	struct prun_spec spec = { .command = "echo out; echo err >&2",
		.err.kind = PRUN_STDIO_STDOUT };
	char *text = output_of(&spec);

	CHECK_STR(text, "out\nerr\n");
	free(text);
}

TEST(bad_descriptor)
{
	const char *argv[] = { "true", NULL };
	struct prun_spec spec = { .argv = argv };
	int fds[3] = { -1, 500, -1 };
	struct spawned s;

	CHECK_INT(run(&spec, fds, &s), -EBADF);
	CHECK_INT(s.step, PRUN_STEP_SETUP);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
}

/* As a user who may have no more processes. */
TEST(no_processes)
{
	const char *argv[] = { "true", NULL };

	util_be_alone();
	util_limit(RLIMIT_NPROC, 0);
	check_failure(&(struct prun_spec){ .argv = argv }, PRUN_STEP_FORK,
	    EAGAIN);
	util_limit(RLIMIT_NPROC, RLIM_INFINITY);
}

/* The leader dies with the thread that started it. */
TEST(dies_with_parent)
{
	const char *argv[] = { "sleep", "1000", NULL };
	struct prun_spec spec = { .argv = argv,
		.flags = PRUN_SPEC_DIE_WITH_PARENT };
	struct spawned s;
	int fds[2];
	pid_t parent, pid;

	CHECK_INT(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	CHECK_INT(pipe(fds), 0);
	parent = fork();
	CHECK(parent != -1);
	if (parent == 0) {
		CHECK_INT(run(&spec, inherit, &s), 0);
		CHECK_INT(write(fds[1], &s.pid, sizeof(s.pid)), sizeof(s.pid));
		for (;;)
			pause();
	}
	CHECK_INT(read(fds[0], &pid, sizeof(pid)), sizeof(pid));
	CHECK(util_lives(pid));
	CHECK_INT(kill(parent, SIGKILL), 0);
	CHECK_INT(waitpid(parent, NULL, 0), parent);
	AWAIT(!util_lives(pid));
}
