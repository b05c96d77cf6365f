/* SPDX-License-Identifier: ISC */

/* Owns the resource limits of the command's own process. */
#include <sys/types.h>
#include <sys/resource.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "run/exit.h"
#include "run/resources.h"

/* Two pipes and a pidfd, and for a moment the other ends of the pipes. */
#define PER_JOB 3
#define OWN_DESCRIPTORS 32
#define MOST_JOBS 100000

static rlim_t
least(rlim_t a, rlim_t b)
{
	return a < b ? a : b;
}

unsigned
resources_max_jobs(void)
{
	rlim_t most = MOST_JOBS;
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_max != RLIM_INFINITY)
		most = rl.rlim_max > OWN_DESCRIPTORS + PER_JOB ?
		    least(most, (rl.rlim_max - OWN_DESCRIPTORS) / PER_JOB) :
		    1;
	if (getrlimit(RLIMIT_NPROC, &rl) == 0 && rl.rlim_cur != RLIM_INFINITY)
		most = least(most, rl.rlim_cur > 1 ? rl.rlim_cur : 1);
	return (unsigned)most;
}

void
resources_raise(struct resources *l, unsigned slots)
{
	rlim_t need = (rlim_t)slots * PER_JOB + OWN_DESCRIPTORS;
	struct rlimit rl, raised;

	l->njobs = 0;
	if (getrlimit(RLIMIT_NOFILE, &rl) == -1 ||
	    rl.rlim_cur == RLIM_INFINITY || rl.rlim_cur >= need)
		return;
	raised = rl;
	raised.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &raised) == -1)
		return;
	l->jobs[0] = (struct prun_rlimit){ .resource = RLIMIT_NOFILE,
		.limit = rl };
	l->njobs = 1;
}

void
resources_hold_stdio(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
			continue;
		/* open(2) takes the lowest free number, which is this one. */
		if (open("/dev/null",
			fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			err(EXIT_OWN, "/dev/null");
	}
}
