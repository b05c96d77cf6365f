/* SPDX-License-Identifier: ISC */

/* Calls of sudo that are no job: its check, and kills that need its rights. */
#ifndef TRANSPORT_SUDO_RUN_H
#define TRANSPORT_SUDO_RUN_H

#include "kill/proc_list.h"
#include "kill/tree.h"
#include "prun.h"
#include "transport/sudo.h"

/* See prun_sudo_check().  argv: NULL for -v. */
int sudo_run(const struct prun_sudo *sudo, const char *const *argv, int err,
    prun_sudo_ask_fn *ask, void *arg, struct prun_sudo_answer *answer);

/*
 * tree_hunt() for jobs of sudo's: who may not be signalled gets the signal by
 * "sudo kill".  Without a password first, then with the secret.  Returns how
 * many live ones were found; for SIGKILL: are left.  Or -errno.
 */
int sudo_hunt(const struct sudo_plan *plan, struct tree_hunt *hunt, int sig);

/* tree_signal_orphans() with SIGKILL; the thread is such as may call that. */
int sudo_kill_orphans(const struct sudo_plan *plan,
    struct tree_orphans *orphans);

/* The same for one tree, from SIGKILL to its end. */
int sudo_kill_tree(const struct sudo_plan *plan,
    const struct tree_target *target);

#endif
