/* SPDX-License-Identifier: ISC */

/*
 * ignoreterm PIDFILE: ignore TERM, INT, HUP and QUIT, then write the own pid to
 * the file, then live until something stronger comes.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	static const int ignored[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	FILE *file;

	if (argc != 2)
		errx(2, "usage: ignoreterm PIDFILE");
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		if (signal(ignored[i], SIG_IGN) == SIG_ERR)
			err(1, "signal");
	if ((file = fopen(argv[1], "w")) == NULL)
		err(1, "%s", argv[1]);
	if (fprintf(file, "%d\n", (int)getpid()) < 0 || fclose(file) == EOF)
		err(1, "%s", argv[1]);
	for (;;)
		pause();
}
