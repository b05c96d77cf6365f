/* SPDX-License-Identifier: ISC */

/* prunctl(1): what a user or a program tells a run that has --control. */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include <stdbool.h>

#include "control/connection.h"

/* Is this program called as prunctl, or is its first argument --ctl? */
bool client_is_meant(int argc, char *const argv[]);

/* The exit status. */
int client_main(int argc, char *argv[]);

/* prunctl top: the jobs of a run on the terminal, and keys that steer them. */

/* Until q is pressed (0), the run ends, or something fails: -errno with a message. */
int top_run(struct connection *c, struct message *m);

#endif
