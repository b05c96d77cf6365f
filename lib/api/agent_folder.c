/* SPDX-License-Identifier: ISC */

/* Owns the folders that an agent makes for its jobs, and which of them it removes. */
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/agent.h"

/* A folder that is made for a job that cleans up is removed when the agent ends. */
static int
make_one(struct agent *a, const char *path, unsigned flags)
{
	if (mkdir(path, 0777) == -1)
		return -errno;
	return flags & PRUN_SPEC_CLEAN_UP ?
	    file_trail_add(&a->folders, path, NULL) :
	    0;
}

/*
 * It is no error if a folder above cannot be made: it may exist in a place where
 * this user may make none.  If it is missing, the last mkdir(2) fails, and the first
 * error says why.
 */
int
agent_folder_make(struct agent *a, const char *path, unsigned flags)
{
	const size_t len = strlen(path);
	char folder[PATH_MAX];
	struct stat st;
	int above = 0, error;

	if (len == 0 || len >= sizeof(folder))
		return len == 0 ? -ENOENT : -ENAMETOOLONG;
	memcpy(folder, path, len + 1);
	for (char *p = strchr(folder + 1, '/'); p != NULL;
	     p = strchr(p + 1, '/')) {
		*p = '\0';
		error = make_one(a, folder, flags);
		if (error != 0 && error != -EEXIST && above == 0)
			above = error;
		*p = '/';
	}
	error = make_one(a, folder, flags);
	/*
	 * If something of that name exists, its kind decides, and not the error of
	 * mkdir(2).
	 */
	if (error != 0 && stat(folder, &st) == 0)
		return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
	return error == -ENOENT && above != 0 ? above : error;
}

int
agent_folder_enter(struct agent_job *job, const struct prun_spec *spec)
{
	const unsigned either = PRUN_SPEC_MAKE_FOLDER | PRUN_SPEC_OWN_FOLDER;
	int error;

	if (spec->cwd == NULL || !(spec->flags & either))
		return 0;
	error = agent_folder_make(job->agent, spec->cwd, spec->flags);
	if (error == 0) {
		job->folder = realpath(spec->cwd, NULL);
		if (job->folder == NULL || access(job->folder, X_OK) == -1)
			error = -errno;
	}
	job->folder_flags = spec->flags;
	return error;
}

int
agent_place_set(struct agent_place *place, const char *folder,
    struct prun_spec *spec)
{
	char *here = getcwd(NULL, 0);
	size_t n = 0;

	while (spec->setenv != NULL && spec->setenv[n] != NULL)
		n++;
	place->setenv = calloc(n + 3, sizeof(*place->setenv));
	if (asprintf(&place->now, "PWD=%s", folder) == -1)
		place->now = NULL;
	if (here == NULL || asprintf(&place->before, "OLDPWD=%s", here) == -1)
		place->before = NULL;
	free(here);
	if (place->setenv == NULL || place->now == NULL)
		return -ENOMEM;
	if (n > 0)
		memcpy(place->setenv, spec->setenv, n * sizeof(*spec->setenv));
	place->setenv[n] = place->now;
	place->setenv[n + 1] = place->before;
	spec->setenv = place->setenv;
	spec->cwd = folder;
	return 0;
}

void
agent_place_fini(struct agent_place *place)
{
	free(place->setenv);
	free(place->now);
	free(place->before);
}

void
agent_folder_leave(struct agent_job *job)
{
	struct file_trail trail = { 0 };

	if (job->folder != NULL && job->folder_flags & PRUN_SPEC_OWN_FOLDER) {
		if (job->folder_flags & PRUN_SPEC_CLEAN_UP &&
		    !job->keeps_folder)
			(void)file_trail_add_folder(&trail, job->folder);
		file_trail_remove(&trail, NULL, NULL);
		file_trail_fini(&trail);
		/* rmdir(2) fails if something is in the folder, which then stays. */
		(void)rmdir(job->folder);
	}
	free(job->folder);
}
