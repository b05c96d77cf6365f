/* SPDX-License-Identifier: ISC */

/* A sudo that is no job: it is called and waited for. */
#ifndef TRANSPORT_SUDO_RUN_H
#define TRANSPORT_SUDO_RUN_H

#include "kill/tree.h"
#include "prun.h"

/* Signals to processes for which this process needs sudo's rights. */

/*
 * Does what tree_kill() does; processes that this process has no right to signal get
 * the signal by "sudo kill", which runs as root or, where that is not allowed, as user
 * (NULL: only as root).  Sudo is tried without a password first, then with the secret
 * (NULL: none).  Returns how many live members were found; for SIGKILL, how many are
 * left.  Or -errno.  Any thread.
 */
int sudo_kill_tree(const char *user, const struct prun_secret *secret,
    struct tree_kill *tree, int sig);

/*
 * See prun_sudo_check().  argv is what sudo executes; NULL: sudo -v.  timeout: seconds
 * until sudo is killed; negative: none.
 */
int sudo_run(const struct prun_sudo *sudo, const char *const *argv, int err,
    double timeout, prun_sudo_ask_fn *ask, void *arg,
    struct prun_sudo_answer *answer);

#endif
