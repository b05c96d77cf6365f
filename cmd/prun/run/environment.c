/* SPDX-License-Identifier: ISC */

/*
 * Owns the variables of a job.  The list is made once; for each job only the
 * numbers in it are written anew.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/environment.h"

/* Ours, PWD and the NULL. */
#define OWN 8
/* "=", a number and a NUL. */
#define NUMBER_SIZE 24

static int
init_slot_variable(struct environment *e, const char *name)
{
	if (name == NULL)
		return 0;
	e->slot_name = name;
	e->slot_variable_size = strlen(name) + NUMBER_SIZE;
	e->slot_variable = calloc(1, e->slot_variable_size);
	return e->slot_variable == NULL ? -ENOMEM : 0;
}

int
environment_init(struct environment *e, const char *slot_name,
    const char *const *direct, bool moved)
{
	size_t n = 0, i = 0;

	*e = (struct environment){ 0 };
	while (direct != NULL && direct[n] != NULL)
		n++;
	e->list = calloc(n + OWN, sizeof(*e->list));
	if (e->list == NULL || init_slot_variable(e, slot_name) != 0)
		return -ENOMEM;
	(void)snprintf(e->pid, sizeof(e->pid), "PARALLEL_PID=%ld",
	    (long)getpid());
	e->list[i++] = e->seq;
	e->list[i++] = e->slot;
	e->list[i++] = e->pid;
	/* No other host: what GNU parallel calls ":". */
	e->list[i++] = "PARALLEL_SSHLOGIN=:";
	e->list[i++] = "PARALLEL_SSHHOST=:";
	if (e->slot_variable != NULL)
		e->list[i++] = e->slot_variable;
	for (size_t j = 0; j < n; j++) {
		if (!moved || strncmp(direct[j], "PWD=", 4) != 0)
			e->list[i++] = direct[j];
	}
	e->n = i;
	return 0;
}

void
environment_fini(struct environment *e)
{
	free(e->slot_variable);
	free(e->list);
	*e = (struct environment){ 0 };
}

const char *const *
environment_of_job(struct environment *e, const struct command_job *job,
    const char *folder)
{
	(void)snprintf(e->seq, sizeof(e->seq), "PARALLEL_SEQ=%llu",
	    (unsigned long long)job->seq);
	(void)snprintf(e->slot, sizeof(e->slot), "PARALLEL_JOBSLOT=%u",
	    job->slot);
	if (e->slot_variable != NULL)
		(void)snprintf(e->slot_variable, e->slot_variable_size, "%s=%u",
		    e->slot_name, job->slot - 1);
	e->list[e->n] = folder;
	return e->list;
}
