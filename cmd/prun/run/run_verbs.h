/* SPDX-License-Identifier: ISC */

/*
 * --control: what the verbs of prunctl(1) do to a run.
 */
#ifndef RUN_RUN_VERBS_H
#define RUN_RUN_VERBS_H

#include "text/text.h"

struct run;

/* Opens the socket of --control if there is to be one.  0, or -errno with a message. */
int run_verbs_open(struct run *run, struct message *m);

/* All jobs have ended, or the run is given up: clients get what they still wait for. */
void run_verbs_finish(struct run *run);

/* After the pool was freed. */
void run_verbs_close(struct run *run);

/* All jobs go on: those that are to stand still are stopped again. */
void run_verbs_stop_again(struct run *run);

#endif
