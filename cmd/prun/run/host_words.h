/* SPDX-License-Identifier: ISC */

/* The program that connects a host: ssh, what --ssh or the login names, or --via. */
#ifndef RUN_HOST_WORDS_H
#define RUN_HOST_WORDS_H

#include "hosts/login.h"
#include "options/profile.h"

struct options;

/* What its words lead to. */
enum host_end {
	HOST_END_AGENT,
	HOST_END_MASTER, /* a shell; and others use its connection, at a socket */
	HOST_END_JOB /* a shell that runs one job, through that connection */
};

/*
 * Its words in p, and a NULL behind them; socket: of the master, else NULL.  0, or -errno
 * with a message.
 */
int host_words(struct profile *p, const struct options *o,
    const struct login *login, enum host_end end, const char *socket,
    struct message *m);

#endif
