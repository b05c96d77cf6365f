/* SPDX-License-Identifier: ISC */

/*
 * The way to a machine where no prun runs: for each job a program here, such as ssh,
 * which leads to a shell there.  That shell reads the job from its stdin, as one line.
 */
#ifndef TRANSPORT_SHELL_H
#define TRANSPORT_SHELL_H

#include "base/buf.h"
#include "process/plan.h"
#include "process/stdio.h"

/* One job, for one try. */
struct shell_job {
	struct plan plan; /* of the program that runs here */
	struct buf line; /* what the shell there reads */
	/*
	 * The writing end of the shell's stdin: the job is wanted while it is open; -1:
	 * none, or stdin is the job's own.
	 */
	int hold;
};

/*
 * Makes a job for the host that argv leads to.  bytes is the job as job_put_spec()
 * writes it; variables come after the job's own and replace those; plan is what would
 * be executed here.  0, or -errno; -ENOTSUP when the job asks for something that a
 * shell cannot do.
 */
int shell_job_new(struct shell_job **sp, const struct buf *bytes,
    const char *const *argv, const char *const *variables,
    const struct plan *plan);
void shell_job_free(struct shell_job *s);

/* The transport to other machines calls these in its own attach and detach. */
int shell_job_attach(struct shell_job *s, const struct prun_stdio kinds[3],
    struct stdio *stdio);
void shell_job_detach(struct shell_job *s);

#endif
