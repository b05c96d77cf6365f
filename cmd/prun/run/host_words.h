/* SPDX-License-Identifier: ISC */

/* The program that connects a host: ssh, what --ssh or the login names, or --via. */
#ifndef RUN_HOST_WORDS_H
#define RUN_HOST_WORDS_H

#include "hosts/login.h"
#include "options/profile.h"

struct options;

/* Its words in p, and a NULL behind them.  0, or -errno with a message. */
int host_words(struct profile *p, const struct options *o,
    const struct login *login, struct message *m);

#endif
