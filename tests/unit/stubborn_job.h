/* SPDX-License-Identifier: ISC */

/*
 * Jobs that make it hard to kill them all: this very program, executed again
 * in a role.  Every process of a job reports its pid and then keeps the report
 * pipe open as long as it lives, so the pipe's end proves that all are dead.
 * All end when the test that started them does.
 */
#ifndef STUBBORN_JOB_H
#define STUBBORN_JOB_H

#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "t.h"

enum {
	STUBBORN_REPORT = 100, /* descriptors of a job */
	STUBBORN_LIFE = 101,
};

struct stubborn_job {
	pid_t leader;
	int report[2]; /* ends that are closed are -1 */
	int life[2];
	bool die_with_parent;
};

static inline void
stubborn_report(void)
{
	pid_t pid = getpid();

	if (write(STUBBORN_REPORT, &pid, sizeof(pid)) != sizeof(pid))
		_exit(99);
}

static inline void
stubborn_live(void)
{
	char c;

	while (read(STUBBORN_LIFE, &c, 1) == -1)
		continue;
	_exit(0);
}

/* Fork; the child reports and goes on, the parent too. */
static inline pid_t
stubborn_fork(void)
{
	pid_t pid = fork();

	if (pid == -1)
		_exit(98);
	if (pid == 0)
		stubborn_report();
	return pid;
}

static inline void
stubborn_child_lives(void)
{
	if (stubborn_fork() == 0)
		stubborn_live();
}

/* Three children in the group, one with a child. */
static inline void
stubborn_group(void)
{
	stubborn_child_lives();
	stubborn_child_lives();
	if (stubborn_fork() == 0) {
		stubborn_child_lives();
		stubborn_live();
	}
}

/* A child in a session of its own that ignores what is polite. */
static inline void
stubborn_setsid(void)
{
	if (fork() == 0) {
		(void)setsid();
		(void)signal(SIGTERM, SIG_IGN);
		(void)signal(SIGHUP, SIG_IGN);
		stubborn_report();
		stubborn_child_lives();
		stubborn_live();
	}
}

/* A daemon by the book: its parent is dead when it reports. */
static inline void
stubborn_daemon(void)
{
	int fds[2];
	char c;
	pid_t pid = fork();

	if (pid != 0) {
		(void)waitpid(pid, NULL, 0);
		return;
	}
	(void)setsid();
	if (pipe(fds) == -1 || fork() != 0)
		_exit(0);
	(void)close(fds[1]);
	(void)read(fds[0], &c, 1); /* ends with the parent */
	(void)signal(SIGTERM, SIG_IGN);
	stubborn_report();
	stubborn_live();
}

/* One stopped in the group, one in a session of its own. */
static inline void
stubborn_stopped(void)
{
	pid_t pids[2];
	char c;

	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			if (i == 1)
				(void)setsid();
			(void)raise(SIGSTOP);
			stubborn_live();
		}
		(void)waitpid(pids[i], NULL, WUNTRACED);
		if (write(STUBBORN_REPORT, &pids[i], sizeof(*pids)) !=
		    sizeof(*pids))
			_exit(99);
	}
	while (read(STUBBORN_LIFE, &c, 1) == -1)
		continue;
	/* They cannot see the end of the test by themselves. */
	(void)kill(pids[0], SIGKILL);
	(void)kill(pids[1], SIGKILL);
}

/* 30 deep, every one in its own session, with a name that confuses. */
static inline void
stubborn_chain(void)
{
	for (int i = 0; i < 30; i++) {
		if (fork() != 0)
			break;
		(void)setsid();
		(void)prctl(PR_SET_NAME, ") R 1 1 ) (", 0, 0, 0);
		stubborn_report();
	}
	stubborn_live();
}

/* Forks while it is being killed, in a session of its own. */
static inline void
stubborn_forker(void)
{
	if (fork() == 0) {
		(void)setsid();
		stubborn_report();
		for (int i = 0; i < t_times(400); i++) {
			if (fork() == 0)
				stubborn_live();
		}
		stubborn_live();
	}
}

/* Keeps replacing itself by a child, with a cleared environment. */
static inline void
stubborn_hopper(void)
{
	if (fork() == 0) {
		(void)setsid();
		stubborn_report();
		if (fork() != 0)
			stubborn_live();
		for (int i = 0; i < 20000; i++) {
			if (fork() != 0)
				_exit(0);
		}
		stubborn_live();
	}
}

static inline void
stubborn_exec(const char *role, const char *mark)
{
	char role_variable[64], mark_variable[128];
	char *argv[] = { (char[]){ "stubborn" }, NULL };
	char *env[] = { role_variable, mark_variable, NULL };

	(void)snprintf(role_variable, sizeof(role_variable), "STUBBORN_ROLE=%s",
	    role);
	if (mark != NULL)
		(void)snprintf(mark_variable, sizeof(mark_variable),
		    "PRUN_JOB_ID=%s", mark);
	else
		env[1] = NULL;
	(void)execve("/proc/self/exe", argv, env);
	_exit(97);
}

/*
 * What nothing but the memory of a tree can link to its job: an orphan in the
 * runner's session and in a group of its own, without an environment.
 */
static inline void
stubborn_hidden(void)
{
	if (fork() == 0) {
		(void)setpgid(0, 0);
		(void)signal(SIGTERM, SIG_IGN);
		stubborn_exec("lives", NULL);
	}
}

static inline void *
stubborn_thread(void *arg)
{
	stubborn_report();
	stubborn_live();
	return arg;
}

/* A child in its own session whose first thread is dead: it looks like a zombie. */
static inline void
stubborn_headless(void)
{
	pthread_t thread;

	if (fork() == 0) {
		(void)setsid();
		if (pthread_create(&thread, NULL, stubborn_thread, NULL) != 0)
			_exit(96);
		/* Not pthread_exit(3), which would unwind out of a constructor. */
		(void)syscall(SYS_exit, 0);
	}
}

/* The leader dies at once and leaves these. */
static inline void
stubborn_leaves(void)
{
	stubborn_child_lives();
	stubborn_setsid();
	_exit(0);
}

static inline void
stubborn_lives(void)
{
}

static const struct stubborn_role {
	const char *name;
	void (*run)(void);
	int reports; /* besides the leader's */
} stubborn_roles[] = {
	{ "lives", stubborn_lives, 0 },
	{ "group", stubborn_group, 4 },
	{ "setsid", stubborn_setsid, 2 },
	{ "daemon", stubborn_daemon, 1 },
	{ "stopped", stubborn_stopped, 2 },
	{ "chain", stubborn_chain, 30 },
	{ "forker", stubborn_forker, 1 },
	{ "hopper", stubborn_hopper, 1 },
	{ "hidden", stubborn_hidden, 1 },
	{ "headless", stubborn_headless, 1 },
	{ "leaves", stubborn_leaves, 3 },
};

static const struct stubborn_role *
stubborn_role(const char *name)
{
	for (size_t i = 0; i < sizeof(stubborn_roles) / sizeof(*stubborn_roles);
	     i++) {
		if (strcmp(stubborn_roles[i].name, name) == 0)
			return &stubborn_roles[i];
	}
	T_FAIL("no role %s", name);
}

/* The second life of this program. */
__attribute__((constructor)) static void
stubborn_main(void)
{
	const char *name = getenv("STUBBORN_ROLE");

	if (name == NULL)
		return;
	/* If it outlives a test that fails, let it not hold that one's output. */
	for (int fd = 0; fd < 3; fd++)
		(void)close(fd);
	stubborn_report();
	stubborn_role(name)->run();
	stubborn_live();
}

/* From here on this process and its children have a kernel from before 2019. */
static inline void
stubborn_old_kernel(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_send_signal, 1,
		    0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(filter) / sizeof(*filter),
		.filter = filter };

	CHECK_INT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_INT(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
	CHECK(syscall(SYS_pidfd_open, getpid(), 0) == -1 && errno == ENOSYS);
}

/* In three steps, for when one process starts the job and another looks after it. */
static inline void
stubborn_pipes(struct stubborn_job *m)
{
	*m = (struct stubborn_job){ 0 };
	CHECK(pipe2(m->report, O_CLOEXEC) == 0 &&
	    pipe2(m->life, O_CLOEXEC) == 0);
}

static inline void
stubborn_launch(struct stubborn_job *m, const char *role, const char *mark)
{
	m->leader = fork();
	CHECK(m->leader != -1);
	if (m->leader == 0) {
		(void)setpgid(0, 0);
		if (m->die_with_parent)
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(m->report[1], STUBBORN_REPORT);
		(void)dup2(m->life[0], STUBBORN_LIFE);
		stubborn_exec(role, mark);
	}
	(void)setpgid(m->leader, m->leader);
}

/* Returns when all that the role forks have reported; to pids, if not NULL. */
static inline void
stubborn_await_start(struct stubborn_job *m, const char *role, pid_t *pids)
{
	pid_t pid;

	(void)close(m->report[1]);
	(void)close(m->life[0]);
	for (int i = 0; i <= stubborn_role(role)->reports; i++) {
		CHECK_INT(read(m->report[0], &pid, sizeof(pid)), sizeof(pid));
		if (i == 0)
			m->leader = pid;
		if (pids != NULL)
			pids[i] = pid;
	}
}

static inline void
stubborn_start(struct stubborn_job *m, const char *role, const char *mark,
    pid_t *pids)
{
	stubborn_pipes(m);
	stubborn_launch(m, role, mark);
	stubborn_await_start(m, role, pids);
}

/* Wait until every process of it is dead; the test times out if one is not. */
static inline void
stubborn_await_end(struct stubborn_job *m)
{
	pid_t pid;

	while (read(m->report[0], &pid, sizeof(pid)) > 0)
		continue;
	(void)close(m->report[0]);
	(void)close(m->life[1]);
}

/* Let it end by itself. */
static inline void
stubborn_release(struct stubborn_job *m)
{
	(void)close(m->life[1]);
	m->life[1] = -1;
	stubborn_await_end(m);
}

#endif
