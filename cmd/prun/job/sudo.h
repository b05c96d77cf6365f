/* SPDX-License-Identifier: ISC */

/*
 * --sudo: gets the password, checks at the start that sudo takes it, and tells how the jobs
 * of this run are to call sudo.
 */
#ifndef JOB_SUDO_H
#define JOB_SUDO_H

#include <stdbool.h>
#include <stdint.h>

#include "prun.h"
#include "text/text.h"

struct sudo_options;

/* Where jobs may run: bits of `where`. */
#define SUDO_HERE 0x1u
#define SUDO_AWAY 0x2u /* on other machines */

/* All zero means that sudo is not used. */
struct sudo {
	const struct sudo_options *options;
	struct prun_secret *secret; /* the password; NULL if none was needed */
	const struct prun_secret
	    *away; /* the password for other machines; NULL if there is none */
	struct prun_sudo spec; /* how the jobs call sudo */
	bool terminal; /* the user may be asked */
	int error; /* -errno of the last attempt to ask the user */
	unsigned times; /* how often sudo wanted the password at the start */
	bool keeps; /* sudo's ticket must be renewed from time to time */
	bool lost; /* the ticket could not be renewed */
	struct prun_pool *pool; /* the pool whose timer renews the ticket */
	/* Times of clock_steady(): */
	double checked; /* when the ticket was last renewed */
	/* when sudo was last called, for a job or for the ticket */
	double used;
};

/*
 * Reads the password, or asks the user for it if sudo asks, and checks that sudo takes it.
 * What sudo says goes to stderr.  terminal says that the user can be asked, and pty that
 * each job has a terminal of its own.  where says where jobs may run: for other machines
 * the password is read in any case, as nobody knows yet what sudo asks there.  The function
 * waits for sudo and the user, so call it before any job starts.  Returns 0, or -errno with
 * a message.
 */
int sudo_open(struct sudo *s, const struct sudo_options *o, unsigned where,
    bool terminal, bool pty, struct message *m);

/* Call it before each try of a job: renews sudo's ticket when that is due. */
void sudo_keep(struct sudo *s);

/* From now on a timer of that pool renews the ticket while jobs run. */
void sudo_begin(struct sudo *s, struct prun_pool *pool);

/* What a job's spec needs to call sudo; NULL if sudo is not used. */
const struct prun_sudo *sudo_spec(const struct sudo *s);

/* Wipes the password.  No job may run any more. */
void sudo_close(struct sudo *s);

#endif
