/* SPDX-License-Identifier: ISC */

/*
 * random_tree SEED FILE [exit]: become a random tree of processes that do not want to
 * end: they make sessions and groups, ignore signals, fork away from their
 * parents, keep or close stdout, and stop.  When all of it stands the file
 * is made; then the first process sleeps on, or exits with 0.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH 4
#define WIDTH 3

static unsigned seed;

/* One in n. */
static int
chance(int n)
{
	return rand_r(&seed) % n == 0;
}

static void
misbehave(void)
{
	static const int ignored[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };

	if (chance(3))
		(void)setsid();
	else if (chance(4))
		(void)setpgid(0, 0);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		if (chance(3))
			(void)signal(ignored[i], SIG_IGN);
	if (chance(2)) {
		(void)close(STDOUT_FILENO);
		(void)close(STDERR_FILENO);
	}
}

static void
stand(int standing)
{
	/* The pipe ends when everybody has let go of it. */
	(void)close(standing);
	if (chance(6))
		(void)raise(SIGSTOP);
	for (;;)
		(void)pause();
}

static void
grow(int depth, int standing)
{
	int children = depth == 0 ? 0 : rand_r(&seed) % (WIDTH + 1);

	for (int i = 0; i < children; i++) {
		unsigned next = (unsigned)rand_r(&seed);
		int twice = chance(3);

		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			seed = next;
			misbehave();
			/* An orphan, once its parent has gone. */
			if (twice && fork() != 0)
				_exit(0);
			grow(depth - 1, standing);
			stand(standing);
		}
	}
}

int
main(int argc, char **argv)
{
	int ends[2], file;
	char byte;

	if (argc < 3)
		errx(2, "usage: random_tree SEED FILE [exit]");
	seed = (unsigned)strtoul(argv[1], NULL, 10);
	if (pipe(ends) == -1)
		err(1, "pipe");
	for (int i = 0; i < WIDTH; i++) {
		unsigned next = (unsigned)rand_r(&seed);

		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			(void)close(ends[0]);
			seed = next;
			misbehave();
			grow(DEPTH - 1, ends[1]);
			stand(ends[1]);
		}
	}
	(void)close(ends[1]);
	while (read(ends[0], &byte, 1) > 0)
		continue;
	if ((file = open(argv[2], O_WRONLY | O_CREAT, 0666)) == -1)
		err(1, "%s", argv[2]);
	(void)close(file);
	if (argc < 4) {
		for (;;)
			(void)pause();
	}
	return 0;
}
