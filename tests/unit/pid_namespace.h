/* SPDX-License-Identifier: ISC */

/*
 * A PID namespace for a test that looks through /proc many times: there it sees the
 * processes that it has started itself, and not the hundreds of the machine, each of
 * which would cost some system calls at each look.
 */
#ifndef PID_NAMESPACE_H
#define PID_NAMESPACE_H

#include <sys/types.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include <sched.h>
#include <signal.h>
#include <stdbool.h>

#include "t.h"

/* The first process of the namespace: it reaps orphans until the test has ended. */
static inline _Noreturn void
pid_namespace_init(pid_t test)
{
	pid_t pid;
	int status;

	do
		pid = wait(&status);
	while (pid != test);
	/* With this one the kernel kills all others of the namespace. */
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* Returns true in the first process of a new namespace and waits for it here. */
static inline bool
pid_namespace_try(void)
{
	pid_t pid;
	int status;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS) == -1 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) == -1)
		return false;
	CHECK((pid = fork()) != -1);
	if (pid > 0) {
		CHECK_INT(waitpid(pid, &status, 0), pid);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("proc", "/proc", "proc", 0, NULL) == 0;
}

/*
 * Go on in a namespace of its own where the machine allows it, which is tried out by
 * a child first, and else here.  Before the test starts anything.
 */
static inline void
pid_namespace_enter(void)
{
	pid_t pid;
	int status;

	CHECK((pid = fork()) != -1);
	if (pid == 0)
		_exit(pid_namespace_try() ? 0 : 1);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	if (status != 0)
		return;
	CHECK(pid_namespace_try());
	CHECK((pid = fork()) != -1);
	if (pid > 0)
		pid_namespace_init(pid);
	CHECK(setsid() != -1);
}

#endif
