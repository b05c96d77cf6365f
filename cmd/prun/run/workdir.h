/* SPDX-License-Identifier: ISC */

/*
 * --workdir: the folder of each job.  For a job here it is made; on another machine the agent
 * makes it, and a path that does not begin with "/" is looked for from where the login begins.
 */
#ifndef RUN_WORKDIR_H
#define RUN_WORKDIR_H

#include <stdbool.h>

#include "prun.h"
#include "template/command.h"
#include "text/text.h"

struct options;

/* All zero: none was given, and may be closed. */
struct workdir {
	const char *given;
	struct template *here; /* NULL: where prun is */
	struct template *away; /* on other machines; NULL: as here */
	char *base; /* of all jobs there; NULL: it is not the same for all */
	bool own; /* "...": each job has one that is new */
	bool cleans_up; /* what is in such a folder is removed with it */
	unsigned flags; /* of specs there */
	struct bytes folder; /* of the job at hand, absolute */
	struct bytes variable; /* "PWD=" and the same */
};

/* 0, or -errno with a message.  The caller closes it in both cases. */
int workdir_open(struct workdir *w, const struct options *options,
    struct command *command, struct message *m);
void workdir_close(struct workdir *w);

/* Makes the folder of a job here, as here tells, and puts it into spec.  -errno with a message. */
int workdir_enter(struct workdir *w, const struct command_job *job,
    struct prun_spec *spec, struct message *m);

/* Removes the job's own folder here.  What is in it stays, unless that is to be removed, too. */
void workdir_leave(const struct workdir *w, const char *folder);

/*
 * Puts the folder of a job on another machine into spec, lent until the next call.  shared:
 * that machine has the same files.  -errno with a message.
 */
int workdir_send(struct workdir *w, bool shared, const struct command_job *job,
    struct prun_spec *spec, struct message *m);

/* The one of all jobs there, lent; NULL: where the login begins, or it is not the same for all. */
const char *workdir_base(const struct workdir *w, bool shared);

#endif
