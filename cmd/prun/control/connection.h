/* SPDX-License-Identifier: ISC */

/* A client's connection to a run: requests one way, answers the other, a line each. */
#ifndef CONTROL_CONNECTION_H
#define CONTROL_CONNECTION_H

#include <jansson.h>

#include "text/text.h"

struct connection {
	struct prun_conn *conn;
	struct bytes in;
	size_t served; /* bytes of in that have been handed out */
};

/*
 * Connects to the run of that name; NULL: to the only one that there is.  0, or -errno
 * with a message.
 */
int connection_open(struct connection *c, const char *name, struct message *m);
void connection_close(struct connection *c);

/*
 * The next answer, which the caller frees.  1; 0: the run has ended; or -errno with a
 * message.
 */
int connection_receive(struct connection *c, json_t **answer,
    struct message *m);

/*
 * Sends a request and receives its answer.  0; -EREMOTEIO: the run has refused it; or
 * another -errno; with a message.
 */
int connection_ask(struct connection *c, json_t *request, json_t **answer,
    struct message *m);

#endif
