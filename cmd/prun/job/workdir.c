/* SPDX-License-Identifier: ISC */

/* Owns what --workdir means for jobs on this machine and on others.  Starts nothing. */
#include <sys/stat.h>

#include <errno.h>
#include <fts.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/job_attributes.h"
#include "options/options.h"
#include "text/file.h"

#define OWN_FOLDER "..."
#define HERE "."
#define NAME_SIZE 256

/*
 * Makes the template HOME/.parallel/tmp/HOST-PID-{#}.  If home is NULL, the path begins
 * where the login begins.
 */
static int
own_folder_template(const char *home, struct command *command,
    struct template **tp, struct message *m)
{
	char host[NAME_SIZE], *text;
	int error;

	if (home != NULL && *home == '\0')
		return message_set(m, -EINVAL,
		    "--workdir ...: HOME is not set");
	if (gethostname(host, sizeof(host)) == -1)
		return message_errno(m, -errno, "--workdir ...");
	host[sizeof(host) - 1] = '\0';
	host[strcspn(host, ".")] = '\0';
	if (asprintf(&text, "%s%s.parallel/tmp/%s-%ld-{#}",
		home != NULL ? home : "", home != NULL ? "/" : "", host,
		(long)getpid()) == -1)
		return message_errno(m, -ENOMEM, "--workdir ...");
	error = template_new(command, text, m, tp);
	free(text);
	return error;
}

/*
 * Returns the part of the path below the home folder, "." for that folder itself, or NULL
 * if the path is not below it.
 */
static const char *
below_home(const char *path, const char *home)
{
	size_t len = strlen(home);

	while (len > 1 && home[len - 1] == '/')
		len--;
	if (len < 2 || strncmp(path, home, len) != 0 ||
	    (path[len] != '/' && path[len] != '\0'))
		return NULL;
	path += len + strspn(path + len, "/");
	return *path != '\0' ? path : HERE;
}

/*
 * Finds the present folder as other machines have it: relative to the home folder, if it is
 * below that.
 */
static int
this_folder(char **folder)
{
	const char *home = getenv("HOME"), *below = NULL;
	char *here = get_current_dir_name(), *real = NULL;

	if (here != NULL && home != NULL && *home == '/') {
		below = below_home(here, home);
		real = realpath(home, NULL);
		if (below == NULL && real != NULL)
			below = below_home(here, real);
	}
	*folder = here == NULL ? NULL : strdup(below != NULL ? below : here);
	free(here);
	free(real);
	return *folder == NULL ? -errno : 0;
}

/* The name of the folder is not a template: "{" in it stands for itself. */
static int
open_this(struct workdir *w, struct message *m)
{
	int error = this_folder(&w->base);

	return error != 0 ? message_errno(m, error, "--workdir .") : 0;
}

/* Does the path depend on the folder in which a job runs there? */
static bool
is_relative(const char *path)
{
	return *path != '/' || strstr(path, "/./") != NULL;
}

/*
 * A file of --basefile is sent before the first job: so its path must not depend on a job's
 * folder.
 */
static int
check_base(const struct workdir *w, const struct host_options *o,
    struct message *m)
{
	for (size_t i = 0; i < o->nbase; i++) {
		if (w->base == NULL && is_relative(o->base[i]))
			return message_set(m, -EINVAL,
			    "--basefile %s: each job has its own --workdir: give an absolute path",
			    o->base[i]);
	}
	return 0;
}

static int
open_away(struct workdir *w, const struct options *o, struct command *command,
    struct message *m)
{
	int error = 0;

	w->flags = PRUN_SPEC_MAKE_FOLDER |
	    (w->cleans_up ? PRUN_SPEC_CLEAN_UP : 0);
	if (strcmp(w->given, HERE) == 0) {
		error = open_this(w, m);
	} else if (w->own) {
		w->flags |= PRUN_SPEC_OWN_FOLDER;
		error = own_folder_template(NULL, command, &w->away, m);
	} else if (template_is_constant(w->here)) {
		w->base = strdup(w->given);
		if (w->base == NULL)
			error = message_errno(m, -ENOMEM, "--workdir");
	}
	return error == 0 ? check_base(w, &o->hosts, m) : error;
}

int
workdir_open(struct workdir *w, const struct options *o,
    struct command *command, struct message *m)
{
	const char *home = getenv("HOME");
	int error = 0;

	w->given = o->policy.workdir;
	if (w->given == NULL)
		return 0;
	w->own = strcmp(w->given, OWN_FOLDER) == 0;
	w->cleans_up = o->policy.cleanup;
	if (w->own)
		error = own_folder_template(home != NULL ? home : "", command,
		    &w->here, m);
	else if (strcmp(w->given, HERE) != 0)
		error = template_new(command, w->given, m, &w->here);
	return error == 0 && o->hosts.n > 0 ? open_away(w, o, command, m) :
					      error;
}

void
workdir_close(struct workdir *w)
{
	template_free(w->here);
	template_free(w->away);
	free(w->base);
	bytes_fini(&w->folder);
	bytes_fini(&w->variable);
}

static int
make_folder(char *path)
{
	int error = make_parents(path);

	if (error == 0 && mkdir(path, 0777) == -1 && errno != EEXIST)
		error = -errno;
	return error;
}

/*
 * Replaces the path of the job's folder by the path without symbolic links, as a shell
 * would name it, and sets PWD.
 */
static int
name_folder(struct workdir *w)
{
	char *real = realpath(w->folder.data, NULL);
	int error = real == NULL || access(real, X_OK) == -1 ? -errno : 0;

	w->folder.len = w->variable.len = 0;
	if (error == 0)
		error = bytes_add_string(&w->folder, real);
	if (error == 0)
		error = bytes_terminate(&w->folder);
	if (error == 0)
		error = bytes_add_string(&w->variable, "PWD=");
	if (error == 0)
		error = bytes_add_string(&w->variable, real);
	if (error == 0)
		error = bytes_terminate(&w->variable);
	free(real);
	return error;
}

static int
enter_folder(struct workdir *w, struct text folder)
{
	int error;

	w->folder.len = 0;
	error = bytes_add_text(&w->folder, folder);
	if (error == 0)
		error = bytes_terminate(&w->folder);
	if (error == 0 && access(w->folder.data, X_OK) == -1)
		error = make_folder(w->folder.data);
	return error != 0 ? error : name_folder(w);
}

/* Expands the name of the job's folder, which must not be empty. */
static int
expand_folder(struct workdir *w, struct template *t,
    const struct command_job *job, struct text *folder, struct message *m)
{
	int error = template_expand(t, job, folder, m);

	if (error == 0 && folder->len == 0)
		error = message_set(m, -EINVAL,
		    "--workdir %s: the folder name of job %llu is empty",
		    w->given, (unsigned long long)job->seq);
	return error;
}

int
workdir_enter(struct workdir *w, const struct command_job *job,
    struct prun_spec *spec, struct message *m)
{
	struct text folder;
	int error = expand_folder(w, w->here, job, &folder, m);

	if (error != 0)
		return error;
	error = enter_folder(w, folder);
	if (error != 0)
		return message_errno(m, error, "--workdir: %.*s",
		    (int)folder.len, folder.data);
	spec->cwd = w->folder.data;
	return 0;
}

void
workdir_leave(const struct workdir *w, const char *folder)
{
	char *const paths[] = { (char *)(uintptr_t)folder, NULL };
	FTS *walk;
	FTSENT *entry;

	if (!w->cleans_up) {
		(void)rmdir(folder);
		return;
	}
	/* cppcheck-suppress nullPointer */
	walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	while (walk != NULL && (entry = fts_read(walk)) != NULL) {
		if (entry->fts_info != FTS_D)
			(void)remove(entry->fts_path);
	}
	if (walk != NULL)
		(void)fts_close(walk);
}

int
workdir_send(struct workdir *w, bool shared, const struct command_job *job,
    struct prun_spec *spec, struct message *m)
{
	struct text folder;
	int error;

	spec->cwd = workdir_base(w, shared);
	if (w->given == NULL)
		return 0;
	spec->flags |= w->flags;
	if (w->base != NULL)
		return 0;
	error = expand_folder(w, w->away != NULL && !shared ? w->away : w->here,
	    job, &folder, m);
	spec->cwd = folder.data;
	return error;
}

const char *
workdir_base(const struct workdir *w, bool shared)
{
	/*
	 * A login on such a machine begins where prun was started, so no folder is needed.
	 */
	return w->base == NULL || (shared && strcmp(w->given, HERE) == 0) ?
	    NULL :
	    w->base;
}
