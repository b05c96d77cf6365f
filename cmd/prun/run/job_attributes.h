/* SPDX-License-Identifier: ISC */

/*
 * What a job is given besides its command: its folder, its variables, its limits,
 * its niceness, the terminal, its weight, and the question whether it shall be run
 * at all.
 */
#ifndef RUN_JOB_ATTRIBUTES_H
#define RUN_JOB_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"
#include "run/job_environment.h"
#include "run/template_files.h"
#include "run/workdir.h"
#include "template/command.h"
#include "text/text.h"

struct mainloop;
struct resources;
struct options;

/* All zero may be closed. */
struct job_attributes {
	const struct options *options;
	struct mainloop *mainloop;
	/* NULL: unset */
	struct template *weight, *tries, *timeout, *delay;
	struct template_files files;
	struct workdir workdir;
	int tty; /* -1: not open */
	int nice; /* to be added */
	struct prun_rlimit *rlimits;
	size_t nrlimits;
	struct job_environment environment;
};

/* -errno with a message. */
int job_attributes_open(struct job_attributes *a, const struct options *options,
    struct mainloop *mainloop, struct command *command,
    const struct resources *limits, struct message *m);
void job_attributes_close(struct job_attributes *a);

/* -p: shall this line be run?  1, 0, or -errno with a message. */
int job_attributes_ask(struct job_attributes *a, const char *line,
    struct message *m);

/* How many slots it takes.  -errno with a message. */
int job_attributes_weight(struct job_attributes *a,
    const struct command_job *job, unsigned *weight, struct message *m);

/* The most tries that it may have, 0: any number.  -errno with a message. */
int job_attributes_tries(struct job_attributes *a,
    const struct command_job *job, unsigned *tries, struct message *m);

/*
 * Puts setenv, nice, rlimit, timeout, flags and stdio into spec, lent until the next call.
 * For a job on this machine it also makes the folder of --workdir, and sets cwd to it.
 * Returns 0, or -errno with a message.
 */
int job_attributes_dress(struct job_attributes *a,
    const struct command_job *job, bool here, struct prun_spec *spec,
    struct message *m);

/* The same for a worker, which is no job: what is the same for all jobs. */
int job_attributes_dress_worker(struct job_attributes *a,
    const struct command_job *job, bool here, struct prun_spec *spec,
    struct message *m);

#endif
