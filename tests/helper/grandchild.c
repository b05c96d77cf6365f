/* SPDX-License-Identifier: ISC */

/*
 * grandchild PIDFILE [STATUS]: leave a child behind that stays in the group and
 * holds stdout and stderr open; once it is there (its pid stands in the file),
 * say "leaving" and exit with the status.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void
write_pid(const char *path, pid_t pid)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fprintf(file, "%d\n", (int)pid) < 0 ||
	    fclose(file) == EOF)
		err(1, "%s", path);
}

int
main(int argc, char **argv)
{
	pid_t pid;

	if (argc < 2)
		errx(2, "usage: grandchild PIDFILE [STATUS]");
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0)
		for (;;)
			pause();
	write_pid(argv[1], pid);
	puts("leaving");
	return argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;
}
