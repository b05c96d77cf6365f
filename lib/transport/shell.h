/* SPDX-License-Identifier: ISC */

/*
 * A machine where no prun runs: a program here, such as ssh, for each job, which leads to a
 * shell there.  That shell reads the job from its stdin, as one line.
 */
#ifndef TRANSPORT_SHELL_H
#define TRANSPORT_SHELL_H

#include "base/buf.h"
#include "process/plan.h"
#include "process/stdio.h"

/* Of one job, for one try. */
struct shell_job {
	struct plan plan; /* of the program here */
	struct buf line; /* what the shell is to read */
	int hold; /* while it is open the job is wanted; -1: its stdin tells, or none */
};

/*
 * A job on its way to the host that argv leads to; variables count more than its own.
 * bytes: as job_put_spec() writes them; plan: what would be executed here.  0, or -errno:
 * -ENOTSUP when it asks for what a shell cannot do.
 */
int shell_job_new(struct shell_job **sp, const struct buf *bytes,
    const char *const *argv, const char *const *variables,
    const struct plan *plan);
void shell_job_free(struct shell_job *s);

/* The transport of other machines calls these for its own attach and detach. */
int shell_job_attach(struct shell_job *s, const struct prun_stdio kinds[3],
    struct stdio *stdio);
void shell_job_detach(struct shell_job *s);

#endif
