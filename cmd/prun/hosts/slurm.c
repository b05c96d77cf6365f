/* SPDX-License-Identifier: ISC */

/*
 * Owns the reading of Slurm's variables and of what scontrol(1) prints.  Knows no
 * connection.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosts/slurm.h"
#include "prun.h"

#define MOST 100000

/* Reads digits at *s; 0: there are none, or too many. */
static unsigned
take_number(const char **s)
{
	unsigned n = 0;

	while (**s >= '0' && **s <= '9' && n <= MOST)
		n = n * 10 + (unsigned)(*(*s)++ - '0');
	return n <= MOST ? n : 0;
}

/*
 * The next number of a list such as "4(x2),3", which stands for 4,4,3.  *times, 0 at
 * the beginning, is how often the last number still counts.  0, or -EINVAL.
 */
static int
slurm_next_count(const char **list, unsigned *count, unsigned *times)
{
	const char *s = *list;

	if (*times > 0) {
		--*times;
		return 0;
	}
	*count = take_number(&s);
	*times = 1;
	if (strncmp(s, "(x", 2) == 0) {
		s += 2;
		*times = take_number(&s);
		if (*s++ != ')')
			return -EINVAL;
	}
	if (*count == 0 || *times == 0 || (*s != '\0' && *s != ','))
		return -EINVAL;
	--*times;
	*list = s + (*s == ',');
	return 0;
}

/*
 * A user who has asked Slurm for tasks gets that many slots on a node; others get its
 * CPUs.
 */
static const char *
counts_name(void)
{
	return getenv("SLURM_NTASKS") != NULL ||
		getenv("SLURM_CPUS_PER_TASK") != NULL ?
	    "SLURM_TASKS_PER_NODE" :
	    "SLURM_JOB_CPUS_PER_NODE";
}

/* Expands the list: scontrol prints the names, one a line. */
static int
read_names(const char *list, struct prun_output *output, struct message *m)
{
	const char *const argv[] = { "scontrol", "show", "hostnames", list,
		NULL };
	const struct prun_spec spec = { .size = sizeof(spec),
		.argv = argv,
		.in = { .kind = PRUN_STDIO_NULL },
		.out = { .kind = PRUN_STDIO_PIPE },
		.err = { .kind = PRUN_STDIO_PIPE } };
	struct prun_process *process;
	int error = prun_process_start(&spec, &process);

	if (error != 0)
		return message_errno(m, error, "--slurm: scontrol");
	error = prun_process_communicate(process, NULL, 0, -1, output);
	prun_process_free(process);
	if (error != 0)
		return message_errno(m, error, "--slurm: scontrol");
	if (output->result.status != 0)
		return message_set(m, -EINVAL,
		    "--slurm: scontrol show hostnames %s: %.*s", list,
		    (int)strcspn(output->err, "\n"), output->err);
	return 0;
}

static int
each_name(const char *names, slurm_node_fn *fn, void *arg, struct message *m)
{
	const char *variable = counts_name(), *counts = getenv(variable);
	unsigned count = 0, times = 0;
	int error = 0;

	for (; *names != '\0' && error == 0; names += *names == '\n') {
		struct text node = { names, strcspn(names, "\n") };

		names += node.len;
		if (node.len == 0)
			continue;
		if (counts == NULL ||
		    slurm_next_count(&counts, &count, &times) != 0)
			return message_set(m, -EINVAL,
			    "--slurm: %s says nothing of node %.*s", variable,
			    (int)node.len, node.data);
		error = fn(arg, node, count, m);
	}
	return error;
}

int
slurm_each_node(slurm_node_fn *fn, void *arg, struct message *m)
{
	const char *list = getenv("SLURM_JOB_NODELIST");
	struct prun_output output = { .size = sizeof(output) };
	int error;

	if (getenv("SLURM_JOB_ID") == NULL || list == NULL)
		return message_set(m, -EINVAL,
		    "--slurm: this is no Slurm job, as SLURM_JOB_ID is not set: use it within sbatch or salloc");
	error = read_names(list, &output, m);
	if (error == 0 && output.out != NULL)
		error = each_name(output.out, fn, arg, m);
	prun_output_free(&output);
	return error;
}
