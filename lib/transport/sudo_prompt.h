/* SPDX-License-Identifier: ISC */

/*
 * What stands between a sudo that may ask for a password and the stdin and stderr
 * that its command is to have.  It takes the marker out of what sudo writes, writes
 * the password when sudo has asked for it and never otherwise, and then passes the
 * command's own stdin on, or its end.
 */
#ifndef TRANSPORT_SUDO_PROMPT_H
#define TRANSPORT_SUDO_PROMPT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "process/stdio.h"
#include "prun.h"

struct sudo_prompt;

/* Lent until it is freed. */
struct sudo_prompt_opts {
	const char *marker;
	const struct prun_secret *secret; /* NULL: none */
	bool merge; /* stderr goes where stdout goes */
	bool trusted; /* the command cannot write the marker */
	bool here; /* no thread: the caller calls sudo_prompt_run() */
	/*
	 * Called at each prompt, to fill in the secret.  NULL: the secret is as it is,
	 * and written once.
	 */
	prun_sudo_ask_fn *ask;
	void *arg;
};

/*
 * Put it between: child[0] and child[2] of stdio become pipes of the prompt's.  kinds
 * as for stdio_open(), which made stdio.  0, or -errno and stdio is as it was.
 */
int sudo_prompt_new(const struct sudo_prompt_opts *opts,
    const struct prun_stdio kinds[3], struct stdio *stdio,
    struct sudo_prompt **pp);

/* Sudo runs.  pidfd is copied. */
void sudo_prompt_started(struct sudo_prompt *p, pid_t pid, int pidfd);

/*
 * Without a thread: answer until sudo has died, or until the deadline (clock_now()
 * time; to about a second).  SIGPIPE must be blocked.
 */
void sudo_prompt_run(struct sudo_prompt *p, int64_t deadline);

/*
 * Sudo has died: wait until what it wrote has been looked at.  Bits of
 * prun_result.flags, for what was refused.
 */
unsigned sudo_prompt_verdict(struct sudo_prompt *p);

/* Sudo has died: has all that it wrote until then been handed on? */
bool sudo_prompt_drained(struct sudo_prompt *p);

/* Did sudo ask for the password?  For something else?  Known once it has died. */
bool sudo_prompt_asked(const struct sudo_prompt *p);
bool sudo_prompt_puzzled(const struct sudo_prompt *p);

/* Hand on what is there, and end it.  NULL is fine. */
void sudo_prompt_free(struct sudo_prompt *p);

#endif
