/* SPDX-License-Identifier: ISC */

/* Owns the jobs that are gathered: see ahead.h. */
#include <errno.h>
#include <stdlib.h>

#include "run/ahead.h"

void
ahead_fini(struct ahead *a)
{
	replay_fini(&a->values);
	free(a->list);
	free(a->jobs);
}

int
ahead_add(struct ahead *a, struct command *command,
    const struct command_job *job, struct message *message)
{
	int error = command_expect(command, job, message);

	if (error != 0)
		return error;
	if (a->jobs == NULL)
		a->jobs = calloc(AHEAD_JOBS, sizeof(*a->jobs));
	if (a->jobs == NULL ||
	    replay_add(&a->values, job->values, job->nvalues) != 0)
		return message_errno(message, -ENOMEM, "input");
	a->jobs[a->n++] = *job;
	return a->n == AHEAD_JOBS || a->values.data.len >= AHEAD_BYTES;
}

/* Puts the values of job i into *job. */
static int
list_values(struct ahead *a, size_t i, struct command_job *job)
{
	size_t first, n = replay_list(&a->values, i, &first);
	struct text *list;

	if (n > a->nlist) {
		list = reallocarray(a->list, n, sizeof(*list));
		if (list == NULL)
			return -ENOMEM;
		a->list = list;
		a->nlist = n;
	}
	for (size_t v = 0; v < n; v++)
		a->list[v] = replay_value(&a->values, first + v);
	*job = a->jobs[i];
	job->values = a->list;
	job->ends = &job->nvalues;
	return 0;
}

int
ahead_flush(struct ahead *a, struct command *command,
    int (*each)(void *arg, const struct command_job *job,
	struct message *message),
    void *arg, struct message *message)
{
	struct command_job job;
	int error = 0;

	if (a->n > 0)
		error = command_collect(command, message);
	for (size_t i = 0; i < a->n && error == 0; i++) {
		if (list_values(a, i, &job) != 0)
			error = message_errno(message, -ENOMEM, "input");
		else
			error = each(arg, &job, message);
	}
	replay_clear(&a->values);
	a->n = 0;
	return error;
}
