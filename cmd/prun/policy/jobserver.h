/* SPDX-License-Identifier: ISC */

/*
 * The job server of make is a pipe that holds a byte, called a token, for each job that may
 * still be started.  Each program that takes part runs one job without a token, and takes
 * one token for each further job.
 *
 * The tokens that prun has are in a pipe of its own, and one splice(2) moves a token from
 * one pipe to the other.  So even if prun is killed, each token is in one of the two pipes,
 * and the guard of the jobs puts those that are in prun's pipe back.
 */
#ifndef POLICY_JOBSERVER_H
#define POLICY_JOBSERVER_H

#include <stdbool.h>

#include "text/text.h"

struct jobserver {
	int in, out; /* the ends of make's pipe; -1 if there is no job server */
	int held[2]; /* the pipe for the tokens that prun has */
	unsigned ntokens; /* how many tokens are in that pipe */
	unsigned most; /* how many tokens that pipe can hold */
	/* if make's pipe holds fewer tokens than this, one can be moved there */
	unsigned few;
	unsigned jobs; /* the jobs of all programs together; 0 if not known */
	/* prun has made the job server, and makes lost tokens again */
	bool serves;
	/* the path of the FIFO that prun has made; NULL if there is none */
	char *path;
	/* MAKEFLAGS for the jobs; NULL if they get the value that prun has */
	char *makeflags;
};

/*
 * Finds in a value of MAKEFLAGS the last --jobserver-auth or --jobserver-fds, and the
 * number of -j.  Returns false if there is no job server.
 */
bool jobserver_parse(const char *makeflags, struct text *auth, unsigned *jobs);

/*
 * Joins the job server that MAKEFLAGS or CARGO_MAKEFLAGS names.  Returns 1; 0 if they name
 * none; or -errno with a message if it does not exist.
 */
int jobserver_join(struct jobserver *j, struct message *m);

/*
 * Makes a job server for so many jobs, as a FIFO or as a pipe.  Returns 0, or -errno with a
 * message.
 */
int jobserver_serve(struct jobserver *j, unsigned jobs, bool fifo,
    struct message *m);

/* Gives all tokens back. */
void jobserver_close(struct jobserver *j);

bool jobserver_take(struct jobserver *j);
void jobserver_give(struct jobserver *j);

/* Call it when no job of prun runs: tokens that jobs have not given back are made again. */
void jobserver_refill(struct jobserver *j);

#endif
