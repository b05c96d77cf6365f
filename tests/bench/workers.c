/* SPDX-License-Identifier: ISC */

/*
 * workers [-w WORKERS] [-n COUNT] [-c CHUNK] [-r TASKS_PER_WORKER] map|apply|pipe
 *
 * COUNT calls of a function that does nothing, by a map or one after the other.  pipe: as
 * many round trips between two processes through bare pipes.
 */
#include <sys/wait.h>

#include <err.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prun.h"

static uint64_t sum;

static void
check(int error, const char *what)
{
	if (error != 0)
		errx(1, "%s: %s", what, strerror(-error));
}

static int
same(void *state, const void *in, size_t len, struct prun_reply *reply)
{
	(void)state;
	return prun_reply_add(reply, in, len);
}

static void
done(const struct prun_task_result *r, void *arg)
{
	uint64_t n;

	(void)arg;
	memcpy(&n, r->data, sizeof(n));
	sum += n;
}

static int
next(const void **in, size_t *len, void *arg)
{
	static uint64_t n;
	const long *count = arg;

	if (n == (uint64_t)*count)
		return 0;
	n++;
	*in = &n;
	*len = sizeof(n);
	return 1;
}

static void
apply(struct prun_workers *w, long count)
{
	struct prun_task_result r = { .size = sizeof(r) };

	for (uint64_t i = 1; i <= (uint64_t)count; i++) {
		check(prun_workers_apply(w, same, &i, sizeof(i), &r),
		    "prun_workers_apply");
		done(&r, NULL);
	}
}

static void
run(const struct prun_workers_opts *opts, long count, const char *mode)
{
	struct prun_workers *w;

	check(prun_workers_new(opts, &w), "prun_workers_new");
	if (strcmp(mode, "map") == 0)
		check(prun_workers_map_from(w, same, next, &count, true, done,
			  NULL),
		    "prun_workers_map_from");
	else
		apply(w, count);
	prun_workers_free(w);
	if (sum != (uint64_t)count * ((uint64_t)count + 1) / 2)
		errx(1, "the sum is wrong");
}

static void
echo(int from, int to)
{
	char data[64];
	ssize_t n;

	while ((n = read(from, data, sizeof(data))) > 0) {
		if (write(to, data, (size_t)n) != n)
			break;
	}
	_exit(0);
}

static void
run_pipe(long count)
{
	int to[2], from[2];
	char data[32] = { 0 };
	pid_t pid;

	if (pipe(to) == -1 || pipe(from) == -1 || (pid = fork()) == -1)
		err(1, "pipe or fork");
	if (pid == 0) {
		close(to[1]);
		echo(to[0], from[1]);
	}
	for (long i = 0; i < count; i++) {
		if (write(to[1], data, sizeof(data)) != sizeof(data) ||
		    read(from[0], data, sizeof(data)) != sizeof(data))
			err(1, "pipe");
	}
	close(to[1]);
	(void)waitpid(pid, NULL, 0);
}

static long
number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < 0 || n > INT_MAX)
		errx(2, "%s: not a number", text);
	return n;
}

int
main(int argc, char **argv)
{
	struct prun_workers_opts opts = { .size = sizeof(opts), .workers = 2 };
	long count = 1000;
	int option;

	while ((option = getopt(argc, argv, "w:n:c:r:")) != -1) {
		if (option == 'w')
			opts.workers = (unsigned)number(optarg);
		else if (option == 'n')
			count = number(optarg);
		else if (option == 'c')
			opts.chunk = (size_t)number(optarg);
		else if (option == 'r')
			opts.tasks_per_worker = (unsigned)number(optarg);
		else
			return 2;
	}
	if (optind + 1 != argc)
		errx(2, "usage: workers [-w WORKERS] [-n COUNT] ... MODE");
	if (strcmp(argv[optind], "pipe") == 0)
		run_pipe(count);
	else
		run(&opts, count, argv[optind]);
	return 0;
}
