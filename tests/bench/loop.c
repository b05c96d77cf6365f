/* SPDX-License-Identifier: ISC */

/*
 * loop [-j JOBS] [-n COUNT] [-p PROCESSES] PROGRAM [ARGUMENT...]
 *
 * What a runner is measured against: vfork, exec and wait, JOBS at a time, COUNT
 * in all, no capture, no report.  With -p that many processes share the work side
 * by side, which shows what the machine gives when one parent is not the limit.
 */
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void
start(char **argv)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execve(argv[0], argv, environ);
		_exit(127);
	}
	if (pid == -1)
		err(1, "vfork");
}

static void
finish(void)
{
	int status;

	if (wait(&status) == -1)
		err(1, "wait");
	if (status != 0)
		errx(1, "a job ended with wait status 0x%x", (unsigned)status);
}

static void
run(long jobs, long count, char **argv)
{
	long running = 0;

	for (; count > 0; count--) {
		if (running == jobs)
			finish(), running--;
		start(argv);
		running++;
	}
	for (; running > 0; running--)
		finish();
}

static void
share(long processes, long jobs, long count, char **argv)
{
	for (long i = 0; i < processes; i++) {
		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			run((jobs + i) / processes, (count + i) / processes,
			    argv);
			_exit(0);
		}
	}
	for (long i = 0; i < processes; i++)
		finish();
}

static long
number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end != '\0' || n < 1)
		errx(2, "%s: not a number of at least 1", text);
	return n;
}

int
main(int argc, char **argv)
{
	long jobs = 1, count = 1, processes = 1;
	int option;

	while ((option = getopt(argc, argv, "+j:n:p:")) != -1) {
		switch (option) {
		case 'j':
			jobs = number(optarg);
			break;
		case 'n':
			count = number(optarg);
			break;
		case 'p':
			processes = number(optarg);
			break;
		default:
			return 2;
		}
	}
	if (optind == argc)
		errx(2,
		    "usage: loop [-j JOBS] [-n COUNT] [-p PROCESSES] PROGRAM ...");
	if (processes > jobs)
		errx(2, "-p: more processes than jobs");
	if (processes == 1)
		run(jobs, count, argv + optind);
	else
		share(processes, jobs, count, argv + optind);
	return 0;
}
