/* SPDX-License-Identifier: ISC */

/*
 * What stands between a sudo that may ask for a password and the stdin and stderr that
 * its command will have.  It takes the marker out of what sudo writes; it writes the
 * password when sudo has asked for it, and never otherwise; then it passes the
 * command's own stdin on, or ends sudo's stdin if there is none.
 */
#ifndef TRANSPORT_SUDO_PROMPT_H
#define TRANSPORT_SUDO_PROMPT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "process/stdio.h"
#include "prun.h"

struct sudo_prompt;

/* What the prompt is told, and its state.  A transport's own state may begin with one. */
struct sudo_asks {
	const char *marker; /* lent; NULL: sudo will not ask */
	const struct prun_secret *secret; /* lent; NULL: none */
	bool merge; /* stderr goes where stdout goes */
	bool trusted; /* the command is known not to write the marker */
	bool here; /* there is no thread: the caller calls sudo_prompt_run() */
	/*
	 * Called at each prompt, to fill in the secret.  NULL: the secret is written as
	 * it is, and only once.
	 */
	prun_sudo_ask_fn *ask;
	void *arg;

	struct sudo_prompt *prompt; /* NULL: not attached */
};

/* Entries for struct transport_ops; state is a struct sudo_asks. */
int sudo_prompt_attach(void *state, const struct prun_stdio kinds[3],
    struct stdio *stdio);
void sudo_prompt_started(void *state, pid_t pid, int pidfd);
bool sudo_prompt_drained(void *state);
unsigned sudo_prompt_settle(void *state);
void sudo_prompt_detach(void *state);

/*
 * Without a thread: answer prompts until sudo has died, or until the deadline
 * (clock_now() time; it is kept to about a second).  SIGPIPE must be blocked.  Sets all
 * of *answer but the status.
 */
void sudo_prompt_run(struct sudo_asks *asks, int64_t deadline,
    struct prun_sudo_answer *answer);

#endif
