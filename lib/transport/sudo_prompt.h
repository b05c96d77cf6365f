/* SPDX-License-Identifier: ISC */

/*
 * The talk with a sudo that may ask for a password: between its stdin and
 * stderr and those that its command is to have.  The marker is taken out of
 * what it writes; the password goes in when it was asked for, and never
 * otherwise; then the command's own stdin follows, or its end.
 */
#ifndef TRANSPORT_SUDO_PROMPT_H
#define TRANSPORT_SUDO_PROMPT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "process/stdio.h"
#include "prun.h"
#include "transport/sudo.h"

struct sudo_talk;

/*
 * Put it between: of stdio, child[0] and child[2] become pipes of the talk's.
 * kinds as for stdio_open(), which made stdio.  0, or -errno and stdio is as
 * it was.
 */
int sudo_talk_new(const struct sudo_plan *plan,
    const struct prun_stdio kinds[3], struct stdio *stdio,
    struct sudo_talk **tp);

/*
 * How many times it may ask, and who is to fill in the secret before each answer;
 * NULL: once, and the secret is as it is.
 */
void sudo_talk_ask(struct sudo_talk *t, prun_sudo_ask_fn *ask, void *arg);

/* The child runs.  pidfd is copied.  0 or -errno.  A thread of its own does the rest. */
int sudo_talk_start(struct sudo_talk *t, pid_t pid, int pidfd);

/*
 * The same in this thread: until the child has died, or the deadline (to about a
 * second).  SIGPIPE must be blocked.
 */
int sudo_talk_run(struct sudo_talk *t, pid_t pid, int pidfd, int64_t deadline);

/*
 * The child has died: wait until what it wrote has been looked at.  Bits of
 * prun_result.flags, for what was refused.
 */
unsigned sudo_talk_verdict(struct sudo_talk *t);

/* The child has died: has all that it wrote until then been handed on? */
bool sudo_talk_drained(struct sudo_talk *t);

/* Has it asked?  For something that is not the password?  Once it has ended. */
bool sudo_talk_asked(const struct sudo_talk *t);
bool sudo_talk_puzzled(const struct sudo_talk *t);

/* Hand on what is there and end it.  NULL is fine. */
void sudo_talk_free(struct sudo_talk *t);

#endif
