/* SPDX-License-Identifier: ISC */

/*
 * halflines FIFO TEXT...: write each text (no newline is added), and after each
 * wait until the FIFO has been opened for writing and closed.  A text of the two
 * characters \n is a newline.
 */
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void
write_text(const char *text)
{
	if (strcmp(text, "\\n") == 0)
		text = "\n";
	if (write(1, text, strlen(text)) != (ssize_t)strlen(text))
		err(1, "write");
}

static void
wait_fifo(const char *path)
{
	int fd = open(path, O_RDONLY);
	char byte;

	if (fd == -1)
		err(1, "%s", path);
	while (read(fd, &byte, 1) > 0)
		continue;
	close(fd);
}

int
main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: halflines FIFO TEXT...");
	for (int i = 2; i < argc; i++) {
		write_text(argv[i]);
		wait_fifo(argv[1]);
	}
	return 0;
}
