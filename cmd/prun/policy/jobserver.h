/* SPDX-License-Identifier: ISC */

/*
 * The job server of make: a pipe that holds a byte, a token, for each job that may run
 * besides those that do.  Each program that takes part runs one job without a token, and
 * takes one for each further job.
 *
 * The tokens that prun has are in a pipe of its own, and one splice(2) moves a token from
 * one pipe to the other: whenever prun is killed, each token is in one of the two.  The
 * guard of the jobs puts back what it finds in prun's pipe.
 */
#ifndef POLICY_JOBSERVER_H
#define POLICY_JOBSERVER_H

#include <stdbool.h>

#include "text/text.h"

struct jobserver {
	int in, out; /* make's pipe; -1: there is no job server */
	int held[2]; /* the pipe for the tokens that prun has */
	unsigned ntokens; /* in it */
	unsigned most; /* that it can hold */
	unsigned
	    few; /* while no more wait in make's pipe, one can be moved there */
	unsigned jobs; /* of all programs together; 0: not known */
	bool serves; /* prun has made it, and refills it */
	char *path; /* of the FIFO that prun has made; NULL: none */
	char *makeflags; /* for the jobs; NULL: what prun was given */
};

/*
 * What a value of MAKEFLAGS says: the last --jobserver-auth or --jobserver-fds, and the
 * number of -j.  False: there is no job server.
 */
bool jobserver_parse(const char *makeflags, struct text *auth, unsigned *jobs);

/*
 * Joins the job server that MAKEFLAGS or CARGO_MAKEFLAGS names.  1; 0: none is named; or
 * -errno with a message: what is named is not there.
 */
int jobserver_join(struct jobserver *j, struct message *m);

/* Makes one for so many jobs, as a FIFO or as a pipe.  0 or -errno with a message. */
int jobserver_serve(struct jobserver *j, unsigned jobs, bool fifo,
    struct message *m);

/* Gives all tokens back. */
void jobserver_close(struct jobserver *j);

bool jobserver_take(struct jobserver *j);
void jobserver_give(struct jobserver *j);

/* No job of prun's runs: tokens that jobs have not given back are made anew. */
void jobserver_refill(struct jobserver *j);

#endif
