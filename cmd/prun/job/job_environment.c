/* SPDX-License-Identifier: ISC */

/* Owns the list of variables that each job gets.  Knows neither specs nor options. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/job_attributes.h"

/*
 * How many entries of the list are not the shell's: prun's own, PWD, OLDPWD, the groups,
 * one more and NULL.
 */
#define OWN_VARIABLES 15
#define NUMBER_SIZE 24 /* "=", a number and a NUL */

static int
init_slot_variable(struct job_environment *e, const char *name)
{
	if (name == NULL)
		return 0;
	e->slot_name = name;
	e->slot_variable_size = strlen(name) + NUMBER_SIZE;
	e->slot_variable = calloc(1, e->slot_variable_size);
	return e->slot_variable == NULL ? -ENOMEM : 0;
}

/* Finds the folder in which prun was started, by the name that the shell uses for it. */
static int
init_old_folder(struct job_environment *e)
{
	char *here = get_current_dir_name();
	int n;

	if (here == NULL)
		return -errno;
	n = asprintf(&e->old_folder, "OLDPWD=%s", here);
	free(here);
	if (n == -1)
		e->old_folder = NULL;
	return n == -1 ? -ENOMEM : 0;
}

/* The list is made once; for each job only the numbers in it are written again. */
int
job_environment_init(struct job_environment *e, const char *slot_name,
    const char *const *shell, bool moved, bool colors)
{
	const size_t n = list_length(shell);
	size_t i = 0;
	int error;

	e->list = calloc(n + OWN_VARIABLES, sizeof(*e->list));
	if (e->list == NULL || init_slot_variable(e, slot_name) != 0)
		return -ENOMEM;
	(void)snprintf(e->pid, sizeof(e->pid), "PARALLEL_PID=%ld",
	    (long)getpid());
	e->list[i++] = e->seq;
	e->list[i++] = e->slot;
	e->list[i++] = e->threads;
	e->list[i++] = e->pid;
	/* GNU parallel names this machine ":". */
	e->list[i++] = "PARALLEL_SSHLOGIN=:";
	e->list[i++] = "PARALLEL_SSHHOST=:";
	if (colors) {
		e->list[i++] = "FORCE_COLOR=1";
		e->list[i++] = "CLICOLOR_FORCE=1";
	}
	if (e->slot_variable != NULL)
		e->list[i++] = e->slot_variable;
	for (size_t j = 0; j < n; j++) {
		if (!moved || strncmp(shell[j], "PWD=", 4) != 0)
			e->list[i++] = shell[j];
	}
	if (moved && (error = init_old_folder(e)) != 0)
		return error;
	if (moved)
		e->list[i++] = e->old_folder;
	e->n = i;
	return 0;
}

void
job_environment_add(struct job_environment *e, const char *variable)
{
	if (variable != NULL)
		e->list[e->n++] = variable;
}

void
job_environment_fini(struct job_environment *e)
{
	free(e->old_folder);
	free(e->groups[0]);
	free(e->groups[1]);
	free(e->slot_variable);
	free(e->list);
}

/*
 * Adds NAME=value to the list at i.  If there is no memory, the job runs without this
 * variable.
 */
static size_t
add_groups(struct job_environment *e, size_t i, char **variable,
    const char *name, const char *value)
{
	free(*variable);
	*variable = NULL;
	if (value == NULL || asprintf(variable, "%s=%s", name, value) == -1)
		return i;
	e->list[i] = *variable;
	return i + 1;
}

const char *const *
job_environment_set(struct job_environment *e, const struct command_job *job,
    const char *folder)
{
	size_t n = e->n;

	(void)snprintf(e->seq, sizeof(e->seq), "PARALLEL_SEQ=%llu",
	    (unsigned long long)job->seq);
	(void)snprintf(e->slot, sizeof(e->slot), "PARALLEL_JOBSLOT=%u",
	    job->slot);
	(void)snprintf(e->threads, sizeof(e->threads), "PRUN_THREADS=%u",
	    job->threads > 0 ? job->threads : 1);
	if (e->slot_variable != NULL)
		(void)snprintf(e->slot_variable, e->slot_variable_size, "%s=%u",
		    e->slot_name, job->slot - 1);
	n = add_groups(e, n, &e->groups[0], "PARALLEL_ARGHOSTGROUPS",
	    job->groups);
	n = add_groups(e, n, &e->groups[1], "PARALLEL_HOSTGROUPS",
	    job->host_groups);
	e->list[n] = folder;
	if (folder != NULL)
		e->list[++n] = NULL;
	return e->list;
}
