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

/* Bits: where jobs may run. */
#define SUDO_HERE 0x1u
#define SUDO_AWAY 0x2u /* on other machines */

/* All zero: no sudo. */
struct sudo {
	const struct sudo_options *options;
	struct prun_secret *secret; /* NULL: none was needed yet */
	const struct prun_secret
	    *away; /* the same for other machines; NULL: none */
	struct prun_sudo spec; /* of the jobs */
	bool terminal; /* the user may be asked */
	int error; /* of the last attempt to ask the user */
	unsigned times; /* that sudo wanted the password at the start */
	bool keeps; /* sudo's ticket is to be renewed */
	bool lost; /* it could not be */
	struct prun_pool *pool; /* whose timer renews the ticket */
	/* Seconds of the monotonic clock. */
	double checked; /* the ticket was renewed last */
	double used; /* sudo was called last, for a job or for the ticket */
};

/*
 * Reads the password, or asks the user for it if sudo asks, and checks that
 * sudo takes it.  What sudo says goes to stderr.  terminal says that the user can be
 * asked, and pty that each job has a terminal of its own.  What sudo asks on other machines
 * (where) nobody knows yet: there the password is asked for in any case.  The function waits for sudo
 * and the user: call it before any job starts.  0, or -errno with a message.
 */
int sudo_open(struct sudo *s, const struct sudo_options *o, unsigned where,
    bool terminal, bool pty, struct message *m);

/* Before each try of a job: renews sudo's ticket when that is due. */
void sudo_keep(struct sudo *s);

/* From now on a timer of that pool does the same while jobs run. */
void sudo_begin(struct sudo *s, struct prun_pool *pool);

/* For a job's spec; NULL: no sudo. */
const struct prun_sudo *sudo_spec(const struct sudo *s);

/* No job may run any more. Wipes the password. */
void sudo_close(struct sudo *s);

#endif
