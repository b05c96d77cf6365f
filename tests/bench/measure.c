/* SPDX-License-Identifier: ISC */

/*
 * measure FILE PROGRAM [ARGUMENT...]
 *
 * Run the program once and write to the file, in one line: seconds of wall time,
 * of user and of system time (with what it waited for), the greatest resident
 * size in KiB of any of these processes, and the exit status as a shell tells it.
 * Small itself, as a child's greatest size is never below its parent's at fork.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <err.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double
now(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) == -1)
		err(1, "clock_gettime");
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	struct rusage usage;
	double start, wall;
	int status;
	pid_t pid;
	FILE *file;

	if (argc < 3)
		errx(2, "usage: measure FILE PROGRAM [ARGUMENT...]");
	if ((file = fopen(argv[1], "we")) == NULL)
		err(1, "%s", argv[1]);
	start = now();
	if ((pid = vfork()) == -1)
		err(1, "vfork");
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &usage) == -1)
		err(1, "wait4");
	wall = now() - start;
	status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				       WEXITSTATUS(status);
	fprintf(file, "%.6f %.6f %.6f %ld %d\n", wall, seconds(usage.ru_utime),
	    seconds(usage.ru_stime), usage.ru_maxrss, status);
	if (fclose(file) == EOF)
		err(1, "%s", argv[1]);
	return status;
}
