/* SPDX-License-Identifier: ISC */

/*
 * A client's connection to a run: requests go one way and answers the other, a line
 * each.
 */
#ifndef CONTROL_CONNECTION_H
#define CONTROL_CONNECTION_H

#include <jansson.h>

#include "text/text.h"

struct connection {
	struct prun_conn *conn;
	struct bytes in;
	size_t served; /* how many bytes of in were handed out */
};

/*
 * Connects to the run of that name; NULL: to the only run that there is.  0, or -errno
 * with a message.
 */
int connection_open(struct connection *c, const char *name, struct message *m);
void connection_close(struct connection *c);

/*
 * Waits for the next answer, which the caller frees.  1; 0: the run has ended; or
 * -errno with a message.
 */
int connection_receive(struct connection *c, json_t **answer,
    struct message *m);

/*
 * Sends a request, frees it, and waits for its answer.  0; -EREMOTEIO: the run has
 * refused it; or another -errno; with a message.
 */
int connection_ask(struct connection *c, json_t *request, json_t **answer,
    struct message *m);

#endif
