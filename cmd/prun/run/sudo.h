/* SPDX-License-Identifier: ISC */

/*
 * --sudo: where the password comes from, the check at the start, and how the
 * jobs of this run are to call sudo.
 */
#ifndef SUDO_H
#define SUDO_H

#include <stdbool.h>
#include <stdint.h>

#include "prun.h"
#include "text/text.h"

struct sudo_options;

/* All zero: no sudo. */
struct sudo {
	const struct sudo_options *options;
	struct prun_secret *secret; /* NULL: none was needed yet */
	struct prun_sudo spec; /* of the jobs */
	bool terminal; /* the user may be asked */
	int error; /* of the last attempt to ask him */
	unsigned times; /* that sudo wanted the password at the start */
	bool keeps; /* what sudo remembers is to be renewed */
	bool lost; /* it could not be */
	struct prun_pool *pool; /* whose timer renews it */
	double
	    checked; /* the last time that it was; seconds of the monotonic clock */
	double
	    used; /* the last time that sudo was called, for a job or for that */
};

/*
 * Read the password, ask for it if sudo does, and see whether sudo takes it.
 * What sudo says goes to stderr.  terminal: whether the user can be asked.
 * Before any job, for it blocks.  0, or -errno with a message.
 */
int sudo_open(struct sudo *s, const struct sudo_options *o, bool terminal,
    struct message *m);

/* Before a job, and each of its tries: see to it that sudo still remembers us. */
void sudo_keep(struct sudo *s);

/* The same while jobs run, by a timer of that pool. */
void sudo_begin(struct sudo *s, struct prun_pool *pool);

/* For a job's spec; NULL: no sudo. */
const struct prun_sudo *sudo_spec(const struct sudo *s);

/* No job may run. */
void sudo_close(struct sudo *s);

#endif
