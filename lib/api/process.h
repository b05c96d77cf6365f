/* SPDX-License-Identifier: ISC */

/* What prun_process is made of. */
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
	pid_t owner; /* whose child it is */
	struct child child;
	struct stdio stdio;
	struct prun_result result;
	struct transport transport;
	struct log log;
	unsigned long long since; /* proc_now() from before its start */
	bool exchanging; /* communicate() has taken its input */
	struct buf input;
	struct feed feed; /* of input */
	struct buf output[2]; /* read so far */
};

/* Not in a process that was forked from the owner: then it can only be freed. */
bool process_is_ours(const struct prun_process *p);

#endif
