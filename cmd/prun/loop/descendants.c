/* SPDX-License-Identifier: ISC */

/*
 * Owns the question whether this host lets prun find the descendants of jobs.  Knows
 * neither jobs nor how they are killed.
 */
#include <sys/resource.h>
#include <sys/syscall.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "loop/descendants.h"

/* In another PID namespace than prun's, /proc would show the processes of others. */
static bool
proc_is_ours(void)
{
	char name[32];
	ssize_t n = readlink("/proc/self", name, sizeof(name) - 1);

	if (n <= 0)
		return false;
	name[n] = '\0';
	return strtol(name, NULL, 10) == getpid();
}

static bool
has_pidfd(void)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (fd == -1)
		return errno != ENOSYS && errno != EPERM;
	(void)close(fd);
	return true;
}

/*
 * A job's mark is one of its resource limits: it stays even if a process clears its
 * environment.
 */
static bool
has_prlimit(void)
{
	struct rlimit limit;

	return prlimit(0, RLIMIT_LOCKS, NULL, &limit) == 0;
}

const char *
descendants_obstacle(void)
{
	if (!proc_is_ours())
		return "there is no /proc of this PID namespace";
	if (!has_pidfd())
		return "the kernel refuses pidfd_open(2)";
	if (!has_prlimit())
		return "the kernel refuses prlimit(2)";
	return NULL;
}
