/* SPDX-License-Identifier: ISC */

/*
 * The socket of --control, in the pool's loop: it takes requests from clients and sends
 * them answers, a line each.  It waits for no client: nothing is read from a client
 * that does not read its answers, and all clients together get only a part of the time.
 * Whoever opens the server decides what a verb does to the run.
 */
#ifndef CONTROL_SERVER_H
#define CONTROL_SERVER_H

#include <jansson.h>
#include <stdbool.h>

#include "control/request.h"
#include "prun.h"
#include "text/text.h"

struct control_server;
struct control_client;

/*
 * Does what the request asks for.  0: *answer is an object for the client, or NULL if
 * there is nothing to tell.  -errno: the message is sent to the client.  CONTROL_LATER:
 * control_answer() is called later, and the client waits until then.  It may call the
 * same functions as a prun_watch_fn.
 */
#define CONTROL_LATER 1
typedef int control_act_fn(void *arg, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m);

/*
 * A client that waits for an answer has gone: do not call control_answer() for it any
 * more.
 */
typedef void control_gone_fn(void *arg, struct control_client *client);

/*
 * Listens on the socket of that name; "": the name is the number of this process.  0,
 * or -errno with a message that names --control.
 */
int control_server_open(const char *name, struct prun_pool *pool,
    control_act_fn *act, control_gone_fn *gone, void *arg,
    struct control_server **sp, struct message *m);

/* pool_freed tells whether the pool was freed before.  s may be NULL. */
void control_server_close(struct control_server *s, bool pool_freed);

/* Sends a client something before the answer for which it waits. */
void control_tell(struct control_client *c, json_t *text);

/* Has the client not yet read all that it was sent? */
bool control_client_is_slow(const struct control_client *c);
int control_client_fd(const struct control_client *c);

/* Sends a client the answer for which it waits. */
void control_answer(struct control_client *c, json_t *answer);

/* Sends what the clients take at once of what is left, and waits for none of them. */
void control_server_finish(struct control_server *s);

/*
 * Makes the path of the socket of that name in the folder; the caller frees it.  0, or
 * -errno with a message if the name is not allowed.
 */
int control_path(const char *folder, const char *name, char **path,
    struct message *m);

#define CONTROL_PREFIX "control-"

#endif
