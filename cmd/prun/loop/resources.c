/* SPDX-License-Identifier: ISC */

/* Owns the resource limits of prun's own process. */
#include <sys/types.h>
#include <sys/resource.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "loop/resources.h"
#include "loop/signals.h"
#include "policy/machine.h"

/*
 * Descriptors that a job needs: two pipes and a pidfd; while it is started also the other
 * ends of the pipes.
 */
#define PER_JOB 3
/* prun's own, besides those that it was started with */
#define OWN_DESCRIPTORS 29
#define MOST_JOBS 100000

/* Processes of a job: a shell, and the two programs of a pipeline. */
#define PROCESSES_PER_JOB 3
/*
 * Processes and threads of prun itself: the guard, the threads that start jobs, the Timer
 * thread, and two to spare.
 */
#define OWN_PROCESSES 8

/* The number of descriptors that prun was started with matters only up to this limit. */
#define LOW_LIMIT 4096

/*
 * Descriptors to run one job at a time: six ends of pipes, a pidfd, a file for output that
 * is too much for memory, two to look at the job's descendants; and, at the start, those of
 * the pool.
 */
#define LEAST_FOR_JOB 10
#define LEAST_AT_START 16
#define PLENTY 1024 /* the usual limit */

static rlim_t
least(rlim_t a, rlim_t b)
{
	return a < b ? a : b;
}

/*
 * The descriptors that prun was started with.  They are counted once, before prun opens
 * any.
 */
static rlim_t
inherited_descriptors(rlim_t limit)
{
	static rlim_t inherited;

	if (inherited > 0 || limit > LOW_LIMIT)
		return inherited;
	for (int fd = 0; fd < (int)limit; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			inherited++;
	}
	return inherited;
}

/*
 * A job is a shell that starts processes.  If shells alone used up the limit, none of them
 * could go on.  The number is found once: later prun's own jobs would count as well.
 */
static rlim_t
jobs_of_processes(void)
{
	static rlim_t most;
	uint64_t room, other;

	if (most > 0)
		return most;
	room = process_room_of_user();
	other = process_room_of_cgroup("");
	if (other < room)
		room = other;
	most = room > OWN_PROCESSES + PROCESSES_PER_JOB ?
	    (rlim_t)((room - OWN_PROCESSES) / PROCESSES_PER_JOB) :
	    1;
	return most;
}

unsigned
resources_max_jobs(void)
{
	rlim_t most = MOST_JOBS, own;
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0 &&
	    rl.rlim_max != RLIM_INFINITY) {
		own = inherited_descriptors(rl.rlim_max) + OWN_DESCRIPTORS;
		most = rl.rlim_max > own + PER_JOB ?
		    least(most, (rl.rlim_max - own) / PER_JOB) :
		    1;
	}
	return (unsigned)least(most, jobs_of_processes());
}

const char *
resources_cause(void)
{
	struct rlimit rl;

	/* The lower of the two limits counts: is it that of processes? */
	if (resources_max_jobs() == jobs_of_processes())
		return "for want of processes (ulimit -u, pids.max)";
	if (getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_cur < rl.rlim_max)
		return "for want of open files (ulimit -Hn)";
	return "for want of open files (ulimit -n)";
}

void
resources_raise(struct resources *l, unsigned slots)
{
	rlim_t need = (rlim_t)slots * PER_JOB + OWN_DESCRIPTORS;
	struct rlimit rl, raised;

	/* A worker that stays has a descriptor of this number from its start. */
	if (need <= PRUN_WORKER_FD)
		need = PRUN_WORKER_FD + 1;
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

/* If the limit is high and the lowest free descriptor is low, there is no need to count. */
static bool
has_plenty(void)
{
	const int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	struct rlimit rl;

	if (fd == -1)
		return false;
	(void)close(fd);
	return fd < PLENTY / 4 && getrlimit(RLIMIT_NOFILE, &rl) == 0 &&
	    rl.rlim_cur >= PLENTY;
}

/* Exits if fewer than so many descriptors can be opened now. */
static void
require_descriptors(int needed)
{
	int fds[LEAST_AT_START] = { 0 }, n = 0, error = 0;
	struct rlimit rl = { 0 };

	if (has_plenty())
		return;
	while (n < needed && error == 0) {
		fds[n] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
		if (fds[n] == -1)
			error = errno;
		else
			n++;
	}
	for (int i = 0; i < n; i++)
		(void)close(fds[i]);
	if (error == 0)
		return;
	if (error != EMFILE || getrlimit(RLIMIT_NOFILE, &rl) == -1)
		errc(EXIT_OWN, error, "cannot open what a job needs");
	errx(EXIT_OWN,
	    "no job can be run: the limit of open files is %llu, and at least "
	    "%llu are needed (ulimit -n)",
	    (unsigned long long)rl.rlim_cur,
	    (unsigned long long)rl.rlim_cur + (unsigned)(needed - n));
}

void
resources_require_start(void)
{
	require_descriptors(LEAST_AT_START);
}

void
resources_require_job(void)
{
	require_descriptors(LEAST_FOR_JOB);
}

void
resources_hold_stdio(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
			continue;
		/* open(2) takes the lowest free number, which is fd. */
		if (open("/dev/null",
			fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			err(EXIT_OWN, "/dev/null");
	}
}
