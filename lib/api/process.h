/* SPDX-License-Identifier: ISC */

/* The members of a prun_process, for the files that use them. */
#ifndef API_PROCESS_H
#define API_PROCESS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/sized.h"
#include "process/child.h"
#include "process/stdio.h"
#include "prun.h"
#include "stream/feed.h"
#include "transport/transport.h"

struct prun_process {
	pid_t owner; /* the process whose child it is */
	struct child child;
	struct stdio stdio;
	struct prun_result result;
	struct transport transport;
	struct log log;
	unsigned long long since; /* proc_now() before the child was started */
	bool exchanging; /* prun_process_communicate() has taken the input */
	struct buf input;
	struct feed feed; /* writes input to the child */
	struct buf output[2]; /* what was read so far */
};

/* false in a process that was forked from the owner: there p can only be freed. */
bool process_is_ours(const struct prun_process *p);

#endif
