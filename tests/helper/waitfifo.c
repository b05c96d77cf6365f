/* SPDX-License-Identifier: ISC */

/*
 * waitfifo FIFO [STATUS [TEXT]]: wait until the FIFO has been opened for writing
 * and closed, write the text with a newline, and exit with the status.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	char byte;
	int fd;

	if (argc < 2)
		errx(2, "usage: waitfifo FIFO [STATUS [TEXT]]");
	if ((fd = open(argv[1], O_RDONLY)) == -1)
		err(1, "%s", argv[1]);
	while (read(fd, &byte, 1) > 0)
		continue;
	if (argc > 3 && (puts(argv[3]) == EOF || fflush(stdout) == EOF))
		err(1, "stdout");
	return argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;
}
