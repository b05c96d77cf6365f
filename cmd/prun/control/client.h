/* SPDX-License-Identifier: ISC */

/*
 * prunctl(1): a user or a program asks or tells something to a run that has --control.
 * client.c has the verbs, top.c the one that stays, connection.c what both need.
 */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#include "text/text.h"

/*
 * A client's connection to a run: requests go one way and answers the other, a line
 * each.
 */
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

/* Was this program called as prunctl, or with --ctl as its first argument? */
bool client_is_meant(int argc, char *const argv[]);

/* Does what prunctl(1) documents.  Returns the exit status. */
int client_main(int argc, char *argv[]);

/*
 * prunctl top: shows the jobs of a run on the terminal; keys control them.  Returns 0 when
 * the user presses q or the run ends; -errno with a message when something fails.
 */
int top_run(struct connection *c, struct message *m);

#endif
