/* SPDX-License-Identifier: ISC */

/*
 * The socket of --control, in the pool's loop: it takes requests from clients and sends
 * answers, a line each.  It waits for no client: one who does not read is not read from,
 * and all clients together get a bounded part of the time.  What a verb does to the run
 * is the business of whoever opens the server.
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
 * Does what the request asks for.  0: *answer is an object for the client, or NULL when
 * there is nothing to tell; -errno: the message is for the client; CONTROL_LATER:
 * control_answer() is called later, and the client has to wait for it.  It may call what a
 * prun_watch_fn may.
 */
#define CONTROL_LATER 1
typedef int control_act_fn(void *arg, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m);

/* A client who waits for an answer has gone: control_answer() is not called any more. */
typedef void control_gone_fn(void *arg, struct control_client *client);

/*
 * Listens under that name; "": the number of this process.  0, or -errno with a message
 * that names --control.
 */
int control_server_open(const char *name, struct prun_pool *pool,
    control_act_fn *act, control_gone_fn *gone, void *arg,
    struct control_server **sp, struct message *m);

/* The pool is still there, or freed: then pool_freed is true.  NULL is fine. */
void control_server_close(struct control_server *s, bool pool_freed);

/* Tells it something before the answer that comes later. */
void control_tell(struct control_client *c, json_t *text);

/* It has not taken yet what it was told before. */
bool control_client_is_slow(const struct control_client *c);
int control_client_fd(const struct control_client *c);

/* Gives an answer that was to come later. */
void control_answer(struct control_client *c, json_t *answer);

/* Sends what is left, and waits for nobody. */
void control_server_finish(struct control_server *s);

/*
 * The path of the socket of that name in the folder, which the caller frees.  0 or
 * -errno with a message: the name is none.
 */
int control_path(const char *folder, const char *name, char **path,
    struct message *m);

#define CONTROL_PREFIX "control-"

#endif
