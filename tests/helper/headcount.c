/* SPDX-License-Identifier: ISC */

/*
 * headcount FILE LOG MILLISECONDS: a job that counts how many of its kind live at the
 * moment when it begins, itself included, and appends "COUNT PID PARENT" to LOG.
 *
 * Each locks the byte of FILE that has its pid as offset, until it dies, however it does.
 * The first byte is locked meanwhile: nobody begins while somebody counts, so all that are
 * counted have lived at the same moment, although some may die.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int file;

static void
lock(off_t byte, short type)
{
	struct flock l = { .l_type = type,
		.l_whence = SEEK_SET,
		.l_start = byte,
		.l_len = 1 };

	while (fcntl(file, F_SETLKW, &l) == -1) {
		if (errno != EINTR)
			err(2, "lock");
	}
}

static int
others(void)
{
	struct flock l = { .l_start = 1 };
	int n = 0;

	for (;;) {
		l = (struct flock){ .l_type = F_WRLCK,
			.l_whence = SEEK_SET,
			.l_start = l.l_start };
		if (fcntl(file, F_GETLK, &l) == -1)
			err(2, "lock");
		if (l.l_type == F_UNLCK)
			return n;
		n++;
		l.l_start++;
	}
}

int
main(int argc, char **argv)
{
	char line[64];
	int log, n;

	if (argc < 4)
		errx(2, "usage: headcount file log milliseconds");
	file = open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	log = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (file == -1 || log == -1)
		err(2, "%s, %s", argv[1], argv[2]);
	lock(0, F_WRLCK);
	lock(getpid(), F_WRLCK);
	n = snprintf(line, sizeof(line), "%d %d %d\n", 1 + others(), getpid(),
	    getppid());
	if (write(log, line, (size_t)n) != n)
		err(2, "%s", argv[2]);
	lock(0, F_UNLCK);
	(void)usleep((useconds_t)strtoul(argv[3], NULL, 10) * 1000);
	return close(log) == -1;
}
