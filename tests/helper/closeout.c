/* SPDX-License-Identifier: ISC */

/*
 * closeout FIFO: say "closing", close stdout and stderr, and live on until the
 * FIFO has been opened for writing and closed.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	char byte;
	int fd;

	if (argc != 2)
		errx(2, "usage: closeout FIFO");
	if (puts("closing") == EOF || fclose(stdout) == EOF || close(2) == -1)
		return 1;
	if ((fd = open(argv[1], O_RDONLY)) == -1)
		return 1;
	while (read(fd, &byte, 1) > 0)
		continue;
	return 0;
}
