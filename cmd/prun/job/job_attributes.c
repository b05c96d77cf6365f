/* SPDX-License-Identifier: ISC */

/*
 * Owns what the options and the job say about a job's spec, except its command and its
 * output.  Starts nothing.
 */
#include <sys/resource.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/job_attributes.h"
#include "loop/mainloop.h"
#include "loop/resources.h"
#include "options/options.h"

#define TTY "/dev/tty"

/*
 * The number to add to prun's own nice value.  To lower the value takes privileges; without
 * them the jobs keep prun's value.
 */
static int
nice_to_add(const struct policy_options *o)
{
	int now;

	if (!o->nice_set)
		return 0;
	errno = 0;
	now = getpriority(PRIO_PROCESS, 0);
	return errno == 0 && o->nice > now ? o->nice - now : 0;
}

static int
join_rlimits(struct job_attributes *a, const struct resources *limits)
{
	const struct rlimits *wanted = &a->options->policy.rlimits;

	a->rlimits = calloc(limits->njobs + wanted->n + 1, sizeof(*a->rlimits));
	if (a->rlimits == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < limits->njobs; i++)
		a->rlimits[a->nrlimits++] = limits->jobs[i];
	for (size_t i = 0; i < wanted->n; i++)
		a->rlimits[a->nrlimits++] = wanted->list[i];
	return 0;
}

static int
open_templates(struct job_attributes *a, struct command *command,
    struct message *m)
{
	const struct policy_options *o = &a->options->policy;
	int error = workdir_open(&a->workdir, a->options, command, m);

	if (error == 0 && o->weight != NULL)
		error = template_new(command, o->weight, m, &a->weight);
	if (error == 0 && o->tries != NULL)
		error = template_new(command, o->tries, m, &a->tries);
	if (error == 0 && o->timeout != NULL)
		error = template_new(command, o->timeout, m, &a->timeout);
	if (error == 0 && o->delays != NULL)
		error = template_new(command, o->delays, m, &a->delay);
	a->files.cleanup = o->cleanup;
	if (error == 0)
		error = template_files_open(&a->files, o->templates,
		    o->ntemplates, command, m);
	return error;
}

static bool
wants_colors(const struct options *o)
{
	return o->output.color_jobs && isatty(STDOUT_FILENO) &&
	    get_variable("NO_COLOR") == NULL;
}

static int
open_tty(struct job_attributes *a, struct message *m)
{
	const struct policy_options *o = &a->options->policy;

	int pty;

	if (!o->open_tty && !o->interactive && !a->options->output.pty)
		return 0;
	if (a->options->output.pty) {
		pty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (pty == -1 || unlockpt(pty) == -1)
			return message_errno(m, -errno,
			    "--pty: there are no pseudo-terminals");
		(void)close(pty);
	}
	a->tty = open(TTY, O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (a->tty == -1 && o->interactive)
		return message_errno(m, -errno, "--interactive: " TTY);
	if (a->tty == -1 && o->open_tty)
		warn("Warning: the jobs get no terminal: " TTY);
	return 0;
}

int
job_attributes_open(struct job_attributes *a, const struct options *options,
    struct mainloop *mainloop, struct command *command,
    const struct resources *limits, struct message *m)
{
	const struct policy_options *o = &options->policy;
	int error;

	*a = (struct job_attributes){
		.options = options,
		.mainloop = mainloop,
		.tty = -1,
		.nice = nice_to_add(o),
	};
	if (join_rlimits(a, limits) != 0)
		return message_errno(m, -ENOMEM, "--rlimit");
	error = open_templates(a, command, m);
	if (error != 0)
		return error;
	error = job_environment_init(&a->environment, o->slot_variable,
	    options->hosts.n == 0 ? command_environment(command) : NULL,
	    a->workdir.here != NULL, wants_colors(options));
	if (error != 0)
		return message_errno(m, error, "--workdir");
	return options->output.dry_run ? 0 : open_tty(a, m);
}

void
job_attributes_close(struct job_attributes *a)
{
	workdir_close(&a->workdir);
	template_free(a->weight);
	template_free(a->tries);
	template_free(a->timeout);
	template_free(a->delay);
	template_files_close(&a->files);
	free(a->rlimits);
	job_environment_fini(&a->environment);
	if (a->options != NULL && a->tty != -1)
		(void)close(a->tty);
}

/* The first character is the answer; the rest of the line is read and dropped. */
static int
read_answer(struct job_attributes *a, bool *yes)
{
	bool first = true;
	ssize_t n;
	char c;

	*yes = false;
	for (;;) {
		n = mainloop_read(a->mainloop, a->tty, &c, 1);
		/* After Ctrl-D the cursor still stands behind the question. */
		if (n == 0)
			(void)dprintf(a->tty, "\n");
		if (n <= 0 || c == '\n')
			return n < 0 ? (int)n : 0;
		if (first)
			*yes = c == 'y' || c == 'Y';
		first = false;
	}
}

int
job_attributes_ask(struct job_attributes *a, const char *line,
    struct message *m)
{
	bool yes;
	int error;

	if (dprintf(a->tty, "%s ?...", line) < 0)
		return message_errno(m, -errno, "--interactive: " TTY);
	error = read_answer(a, &yes);
	if (error == -ECANCELED)
		return 0;
	if (error != 0)
		return message_errno(m, error, "--interactive: " TTY);
	return yes;
}

/*
 * Expands a template that must give a number; `what` names in messages what is counted.
 * Returns 0, or -errno with a message.
 */
static int
template_number(struct template *t, const struct command_job *job,
    const char *option, const char *what, unsigned *number, struct message *m)
{
	struct text text;
	unsigned long n;
	char *end;
	int error = template_expand(t, job, &text, m);

	if (error != 0)
		return error;
	errno = 0;
	n = strtoul(text.data, &end, 10);
	if (*text.data < '0' || *text.data > '9' || *end != '\0' ||
	    n > UINT_MAX || errno != 0)
		return message_set(m, -EINVAL, "%s: '%s' is no number of %s",
		    option, text.data, what);
	*number = (unsigned)n;
	return 0;
}

int
job_attributes_weight(struct job_attributes *a, const struct command_job *job,
    unsigned *weight, struct message *m)
{
	int error;

	*weight = 1;
	if (a->weight == NULL)
		return 0;
	error = template_number(a->weight, job, "--weight", "slots", weight, m);
	if (error == 0 && *weight == 0)
		error = message_set(m, -EINVAL,
		    "--weight: '0' is no number of slots");
	return error;
}

int
job_attributes_tries(struct job_attributes *a, const struct command_job *job,
    unsigned *tries, struct message *m)
{
	const struct retry_rule *rule = &a->options->policy.retry;

	*tries = rule->set ? rule->tries : 1;
	if (a->tries == NULL)
		return 0;
	return template_number(a->tries, job, "--retries", "tries", tries, m);
}

/*
 * Expands a template that must give a duration.  If t is NULL, the durations of jobs do not
 * differ, and *seconds stays as it is.
 */
static int
template_duration(struct template *t, const struct command_job *job,
    const char *option, double *seconds, struct message *m)
{
	struct text text;
	int error;

	if (t == NULL)
		return 0;
	error = template_expand(t, job, &text, m);
	if (error != 0)
		return error;
	return duration_parse(option, text.data, seconds, m);
}

int
job_attributes_dress_worker(struct job_attributes *a,
    const struct command_job *job, bool here, struct prun_spec *spec,
    struct message *m)
{
	int error = 0;

	spec->nice = a->nice;
	spec->rlimit = a->rlimits;
	spec->nrlimit = a->nrlimits;
	if (here && a->workdir.here != NULL &&
	    template_is_constant(a->workdir.here))
		error = workdir_enter(&a->workdir, job, spec, m);
	spec->setenv = job_environment_set(&a->environment, job,
	    spec->cwd != NULL ? a->workdir.variable.data : NULL);
	return error;
}

int
job_attributes_dress(struct job_attributes *a, const struct command_job *job,
    bool here, struct prun_spec *spec, struct message *m)
{
	int error = 0;

	spec->nice = a->nice;
	spec->rlimit = a->rlimits;
	spec->nrlimit = a->nrlimits;
	if (a->options->policy.open_tty && a->tty != -1) {
		spec->flags |= PRUN_SPEC_KEEP_GROUP;
		spec->in = (struct prun_stdio){ PRUN_STDIO_FD, a->tty };
	}
	/* The job's terminal gets the size of prun's terminal. */
	if (a->options->output.pty)
		spec->out = spec->err = (struct prun_stdio){ PRUN_STDIO_PTY,
			a->tty != -1 ? a->tty : STDOUT_FILENO };
	error = template_duration(a->timeout, job, "--timeout", &spec->timeout,
	    m);
	if (error == 0)
		error = template_duration(a->delay, job, "--delay",
		    &spec->delay, m);
	if (error == 0 && here && a->workdir.here != NULL)
		error = workdir_enter(&a->workdir, job, spec, m);
	spec->setenv = job_environment_set(&a->environment, job,
	    spec->cwd != NULL ? a->workdir.variable.data : NULL);
	return error;
}
