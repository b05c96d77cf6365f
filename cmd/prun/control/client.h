/* SPDX-License-Identifier: ISC */

/* prunctl(1): a user or a program asks or tells something to a run that has --control. */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include <stdbool.h>

#include "control/connection.h"

/* Was this program called as prunctl, or with --ctl as its first argument? */
bool client_is_meant(int argc, char *const argv[]);

/* Does what prunctl(1) documents.  Returns the exit status. */
int client_main(int argc, char *argv[]);

/* prunctl top: shows the jobs of a run on the terminal; keys control them. */

/*
 * Returns 0 when the user presses q or the run ends; -errno with a message when
 * something fails.
 */
int top_run(struct connection *c, struct message *m);

#endif
