/* SPDX-License-Identifier: ISC */

/*
 * daemon PIDFILE [hold]: leave a process behind that has got away as daemons do
 * (two forks and a session of its own) and ignores TERM, HUP and INT.  Its pid
 * stands in the file before daemon ends.  With "hold" it keeps stdout and
 * stderr open, without it closes them; with "stay" the first process lives on.
 */
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
live(const char *path, int hold)
{
	FILE *file;
	int null;

	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	if (!hold && (null = open("/dev/null", O_RDWR)) != -1) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		close(null);
	}
	file = fopen(path, "w");
	if (file == NULL || fprintf(file, "%d\n", (int)getpid()) < 0 ||
	    fclose(file) == EOF)
		_exit(1);
}

/* The pipe ends when the daemon has written its pid and closed its end. */
static void
detach(const char *path, int hold, int done)
{
	if (setsid() == -1)
		err(1, "setsid");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		live(path, hold);
		close(done);
		for (;;)
			pause();
	}
	_exit(0);
}

int
main(int argc, char **argv)
{
	int ends[2], hold = argc > 2 && strcmp(argv[2], "hold") == 0;
	int stay = argc > 2 && strcmp(argv[2], "stay") == 0;
	char byte;
	pid_t pid;

	if (argc < 2)
		errx(2, "usage: daemon PIDFILE [hold | stay]");
	if (pipe(ends) == -1 || (pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		close(ends[0]);
		detach(argv[1], hold, ends[1]);
	}
	close(ends[1]);
	while (read(ends[0], &byte, 1) > 0)
		continue;
	waitpid(pid, NULL, 0);
	if (stay)
		for (;;)
			pause();
	return 0;
}
