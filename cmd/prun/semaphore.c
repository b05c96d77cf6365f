/* SPDX-License-Identifier: ISC */

/*
 * Owns the way of one job through a semaphore.  The process that waits for the job holds
 * the count of the semaphore.  In the background that is a child of this process, which
 * inherits the count by fork(2).  The job is an ordinary run of one value, which the
 * command does not get.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/signals.h"
#include "options/options.h"
#include "programs.h"
#include "prun.h"
#include "run/run.h"
#include "template/shell.h"
#include "text/file.h"
#include "text/shown.h"

#define EXIT_GAVE_UP 1
/* The most bytes of a terminal's name. */
#define TTY_SIZE 256
/* The count of the semaphore for -j 0. */
#define MOST 1000000

/*
 * The name of the semaphore: that of --id, else the terminal as tty(1) names it, which is
 * put into tty.
 */
static const char *
name_of(const struct semaphore_options *o, char tty[static TTY_SIZE])
{
	if (o->name != NULL)
		return o->name;
	if (ttyname_r(STDIN_FILENO, tty, TTY_SIZE) != 0)
		return "not a tty";
	return tty;
}

static unsigned
value_of(const struct run_options *o)
{
	unsigned value;
	struct message message = { "" };

	if (jobs_from_spec(o->jobs != NULL ? o->jobs : "1", o->cpus, MOST,
		&value, &message) != 0)
		errx(EXIT_OWN, "%s", message.text);
	return value;
}

static struct prun_named_sem *
open_semaphore(const struct options *o)
{
	char tty[TTY_SIZE] = "";
	const char *name = name_of(&o->semaphore, tty);
	char *dir = runtime_folder();
	struct prun_named_sem *s = NULL;
	struct shown text;
	int error;

	if (dir == NULL)
		err(EXIT_OWN, NULL);
	error = prun_named_sem_open(dir, name, value_of(&o->run), &s);

	if (error == -EACCES || error == -EPERM)
		errx(EXIT_OWN,
		    "%s: must be a folder of your own that no other user may enter",
		    dir);
	if (error == -ENAMETOOLONG)
		errc(EXIT_OWN, -error, "semaphore %s in %s",
		    shown(&text, text_of(name)), dir);
	if (error != 0)
		errc(EXIT_OWN, -error, "%s", dir);
	free(dir);
	return s;
}

static double
patience(const struct semaphore_options *o)
{
	if (o->timeout == 0)
		return -1;
	return o->timeout < 0 ? -o->timeout : o->timeout;
}

static void
check(int error, const struct semaphore_options *o)
{
	char tty[TTY_SIZE] = "";
	struct shown text;

	if (error != 0)
		errc(EXIT_OWN, -error, "semaphore %s",
		    shown(&text, text_of(name_of(o, tty))));
}

/* Returns 0, or the status with which prun exits. */
static int
wait_for_all(struct prun_named_sem *s, const struct semaphore_options *o)
{
	int error = prun_named_sem_drain(s, patience(o));

	if (error != -ETIMEDOUT) {
		check(error, o);
		return 0;
	}
	warnx("Warning: Semaphore timed out. %s",
	    o->timeout < 0 ? "Exiting." : "Not waiting any longer.");
	return o->timeout < 0 ? EXIT_GAVE_UP : 0;
}

/* Returns 0, or the status with which prun exits. */
static int
acquire(struct prun_named_sem *s, const struct semaphore_options *o)
{
	int error = prun_named_sem_acquire(s, patience(o));

	if (error != -ETIMEDOUT) {
		check(error, o);
		return 0;
	}
	if (o->timeout < 0) {
		warnx("Warning: Semaphore timed out. Exiting.");
		return EXIT_GAVE_UP;
	}
	warnx("Warning: Semaphore timed out. Running the command anyway.");
	check(prun_named_sem_force(s), o);
	return 0;
}

/* -a FILE: the file becomes the job's stdin. */
static void
open_stdin(const struct options *o)
{
	const char *path = NULL;
	int fd;

	for (size_t i = 0; i < o->input.nsources; i++)
		if (o->input.sources[i].kind == SOURCE_FILE)
			path = o->input.sources[i].path;
	if (path == NULL || strcmp(path, "-") == 0)
		return;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 ||
	    dup2(fd, STDIN_FILENO) == -1)
		err(EXIT_OWN, "%s", path);
	(void)close(fd);
}

static int
run_job(const struct options *o, const char *shell, struct prun_named_sem *s)
{
	static const char *const words[] = { "" };
	struct source_spec source = {
		.kind = SOURCE_ARGUMENTS,
		.words = words,
		.nwords = 1,
	};
	struct options one = *o;
	struct signals signals;

	one.input = (struct input_options){ .sources = &source, .nsources = 1 };
	/* Replacement strings become nothing, and {} is not appended. */
	one.batch = (struct batch_options){ .no_values = true };
	one.command.no_values = true;
	one.command.shell = shell;
	one.run.jobs = "1";
	one.run.single = true;
	/* If prun is killed, the guard holds the count until the job is dead. */
	one.run.guard_fd = prun_named_sem_fd(s);
	signals_init(&signals);
	return run(&one, &signals);
}

int
semaphore_main(const struct options *o)
{
	struct prun_named_sem *s = open_semaphore(o);
	bool foreground = o->semaphore.foreground;
	/* After the fork it cannot be seen any more which shell has started prun. */
	char *shell = shell_choose(o->command.shell, false);
	int status;
	pid_t pid = 0;

	if (shell == NULL)
		err(EXIT_OWN, NULL);
	if (o->command.nwords == 0 && !o->semaphore.wait)
		errx(EXIT_OWN, "no command");
	if (o->semaphore.wait) {
		status = wait_for_all(s, &o->semaphore);
		goto out;
	}
	open_stdin(o);
	status = acquire(s, &o->semaphore);
	if (status != 0)
		goto out;
	if (!foreground && fflush(stdout) == EOF)
		err(EXIT_OWN, "stdout");
	if (!foreground)
		pid = fork();
	if (pid == -1)
		err(EXIT_OWN, "fork");
	if (pid == 0) {
		status = run_job(o, shell, s);
		(void)prun_named_sem_release(s);
	}
out:
	free(shell);
	prun_named_sem_free(s);
	return status;
}
