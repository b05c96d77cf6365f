/* SPDX-License-Identifier: ISC */

/* prunctl top: the jobs of a run on the terminal, and keys that steer them. */
#ifndef CONTROL_TOP_H
#define CONTROL_TOP_H

#include "control/connection.h"

/* Until q is pressed (0), the run ends, or something fails: -errno with a message. */
int top_run(struct connection *c, struct message *m);

#endif
