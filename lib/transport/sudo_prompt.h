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

/* The state of a transport, or what one begins with. */
struct sudo_asks {
	const char *marker; /* lent; NULL: sudo will not ask */
	const struct prun_secret *secret; /* lent; NULL: none */
	bool merge; /* stderr goes where stdout goes */
	bool trusted; /* the command cannot write the marker */
	bool here; /* no thread: the caller calls sudo_prompt_run() */
	/*
	 * Called at each prompt, to fill in the secret.  NULL: the secret is as it is,
	 * and written once.
	 */
	prun_sudo_ask_fn *ask;
	void *arg;

	struct sudo_prompt *prompt; /* NULL: not attached */
};

/* For struct transport_ops, with a struct sudo_asks. */
int sudo_prompt_attach(void *state, const struct prun_stdio kinds[3],
    struct stdio *stdio);
void sudo_prompt_started(void *state, pid_t pid, int pidfd);
bool sudo_prompt_drained(void *state);
unsigned sudo_prompt_settle(void *state);
void sudo_prompt_detach(void *state);

/*
 * Without a thread: answer until sudo has died, or until the deadline (clock_now()
 * time; to about a second).  SIGPIPE must be blocked.  Of *answer, all but the status.
 */
void sudo_prompt_run(struct sudo_asks *asks, int64_t deadline,
    struct prun_sudo_answer *answer);

#endif
