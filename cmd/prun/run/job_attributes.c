/* SPDX-License-Identifier: ISC */

/* Owns the making of a job's surroundings.  Starts nothing. */
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options/options.h"
#include "report/folder.h"
#include "run/job_attributes.h"
#include "run/mainloop.h"
#include "run/resources.h"

#define OWN_FOLDER "..."
#define HERE "."
#define TTY "/dev/tty"
#define NAME_SIZE 256

/* Nobody may set himself below what he has: then the jobs stay as they are. */
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
join_rlimits(struct job_attributes *f, const struct resources *limits)
{
	const struct rlimits *wanted = &f->options->policy.rlimits;

	f->rlimits = calloc(limits->njobs + wanted->n + 1, sizeof(*f->rlimits));
	if (f->rlimits == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < limits->njobs; i++)
		f->rlimits[f->nrlimits++] = limits->jobs[i];
	for (size_t i = 0; i < wanted->n; i++)
		f->rlimits[f->nrlimits++] = wanted->list[i];
	return 0;
}

/* HOME/.parallel/tmp/HOST-PID-{#} */
static int
own_folder_template(struct command *command, struct template **tp,
    struct message *m)
{
	const char *home = getenv("HOME");
	char host[NAME_SIZE], *text;
	int error;

	if (home == NULL || *home == '\0')
		return message_set(m, -EINVAL,
		    "--workdir ...: HOME is not set");
	if (gethostname(host, sizeof(host)) == -1)
		return message_errno(m, -errno, "--workdir ...");
	host[sizeof(host) - 1] = '\0';
	host[strcspn(host, ".")] = '\0';
	if (asprintf(&text, "%s/.parallel/tmp/%s-%ld-{#}", home, host,
		(long)getpid()) == -1)
		return message_errno(m, -ENOMEM, "--workdir ...");
	error = template_new(command, text, m, tp);
	free(text);
	return error;
}

static int
open_templates(struct job_attributes *f, struct command *command,
    struct message *m)
{
	const struct policy_options *o = &f->options->policy;
	int error = 0;

	if (o->workdir != NULL && strcmp(o->workdir, OWN_FOLDER) == 0) {
		f->own_folder = true;
		error = own_folder_template(command, &f->workdir, m);
	} else if (o->workdir != NULL && strcmp(o->workdir, HERE) != 0) {
		error = template_new(command, o->workdir, m, &f->workdir);
	}
	if (error == 0 && o->weight != NULL)
		error = template_new(command, o->weight, m, &f->weight);
	return error;
}

int
job_attributes_open(struct job_attributes *f, const struct options *options,
    struct mainloop *mainloop, struct command *command,
    const struct resources *limits, struct message *m)
{
	const struct policy_options *o = &options->policy;

	*f = (struct job_attributes){
		.options = options,
		.mainloop = mainloop,
		.tty = -1,
		.nice = nice_to_add(o),
	};
	if (join_rlimits(f, limits) != 0)
		return message_errno(m, -ENOMEM, "--rlimit");
	if ((o->open_tty || o->interactive) && !options->output.dry_run) {
		f->tty = open(TTY, O_RDWR | O_CLOEXEC | O_NOCTTY);
		if (f->tty == -1)
			return message_errno(m, -errno, "%s: " TTY,
			    o->interactive ? "--interactive" : "--tty");
	}
	return open_templates(f, command, m);
}

void
job_attributes_close(struct job_attributes *f)
{
	template_free(f->workdir);
	template_free(f->weight);
	free(f->rlimits);
	bytes_fini(&f->folder);
	bytes_fini(&f->variable);
	if (f->options != NULL && f->tty != -1)
		(void)close(f->tty);
}

/* The rest of the line that was typed is nobody's. */
static int
read_answer(struct job_attributes *f, bool *yes)
{
	bool first = true;
	ssize_t n;
	char c;

	*yes = false;
	for (;;) {
		n = mainloop_read(f->mainloop, f->tty, &c, 1);
		if (n <= 0 || c == '\n')
			return n < 0 ? (int)n : 0;
		if (first)
			*yes = c == 'y' || c == 'Y';
		first = false;
	}
}

int
job_attributes_ask(struct job_attributes *f, const char *line,
    struct message *m)
{
	bool yes;
	int error;

	if (dprintf(f->tty, "%s ?...", line) < 0)
		return message_errno(m, -errno, "--interactive: " TTY);
	error = read_answer(f, &yes);
	if (error == -ECANCELED)
		return 0;
	if (error != 0)
		return message_errno(m, error, "--interactive: " TTY);
	return yes;
}

int
job_attributes_weight(struct job_attributes *f, const struct command_job *job,
    unsigned *weight, struct message *m)
{
	struct text text;
	unsigned long n;
	char *end;

	*weight = 1;
	if (f->weight == NULL)
		return 0;
	if (template_expand(f->weight, job, &text) != 0)
		return message_errno(m, -ENOMEM, "--weight");
	errno = 0;
	n = strtoul(text.data, &end, 10);
	if (*text.data < '0' || *text.data > '9' || *end != '\0' || n == 0 ||
	    n > UINT_MAX || errno != 0)
		return message_set(m, -EINVAL,
		    "--weight: '%s' is no number of slots", text.data);
	*weight = (unsigned)n;
	return 0;
}

/* As mkdir -p. */
static int
make_folder(char *path)
{
	int error = folder_make_parents(path);

	if (error == 0 && mkdir(path, 0777) == -1 && errno != EEXIST)
		error = -errno;
	return error;
}

/* The job's folder without links, as a shell in it would name it. */
static int
name_folder(struct job_attributes *f)
{
	char *real = realpath(f->folder.data, NULL);
	int error = real == NULL || access(real, X_OK) == -1 ? -errno : 0;

	f->folder.len = f->variable.len = 0;
	if (error == 0)
		error = bytes_add_string(&f->folder, real);
	if (error == 0)
		error = bytes_terminate(&f->folder);
	if (error == 0)
		error = bytes_add_string(&f->variable, "PWD=");
	if (error == 0)
		error = bytes_add_string(&f->variable, real);
	if (error == 0)
		error = bytes_terminate(&f->variable);
	free(real);
	return error;
}

static int
enter_folder(struct job_attributes *f, struct text folder)
{
	int error;

	f->folder.len = 0;
	error = bytes_add_text(&f->folder, folder);
	if (error == 0)
		error = bytes_terminate(&f->folder);
	if (error == 0 && access(f->folder.data, X_OK) == -1)
		error = make_folder(f->folder.data);
	return error != 0 ? error : name_folder(f);
}

int
job_attributes_dress(struct job_attributes *f, const struct command_job *job,
    struct prun_spec *spec, const char **variable, struct message *m)
{
	const struct policy_options *o = &f->options->policy;
	struct text folder;
	int error;

	*variable = NULL;
	spec->nice = f->nice;
	spec->rlimit = f->rlimits;
	spec->nrlimit = f->nrlimits;
	if (o->open_tty) {
		spec->flags |= PRUN_KEEP_GROUP;
		spec->in = (struct prun_stdio){ PRUN_STDIO_FD, f->tty };
	}
	if (f->workdir == NULL)
		return 0;
	if (template_expand(f->workdir, job, &folder) != 0)
		return message_errno(m, -ENOMEM, "--workdir");
	error = enter_folder(f, folder);
	if (error != 0)
		return message_errno(m, error, "--workdir: %.*s",
		    (int)folder.len, folder.data);
	spec->cwd = f->folder.data;
	*variable = f->variable.data;
	return 0;
}
