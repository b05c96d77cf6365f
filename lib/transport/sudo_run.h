/* SPDX-License-Identifier: ISC */

/* A sudo that is no job: it is called and waited for. */
#ifndef TRANSPORT_SUDO_RUN_H
#define TRANSPORT_SUDO_RUN_H

#include "kill/tree.h"
#include "prun.h"

/* The signals that need sudo's rights. */

/*
 * tree_kill(); and whom this process may not signal gets the signal by "sudo kill",
 * run as root or, where that is not allowed, as user (NULL: only root).  Sudo gets no
 * password first, then the secret (NULL: none).  Returns how many live ones were found;
 * for SIGKILL: are left.  Or -errno.  Any thread.
 */
int sudo_kill_tree(const char *user, const struct prun_secret *secret,
    struct tree_kill *tree, int sig);

/*
 * See prun_sudo_check().  argv: what sudo is to execute; NULL: -v.  timeout: seconds
 * until sudo is killed; negative: none.
 */
int sudo_run(const struct prun_sudo *sudo, const char *const *argv, int err,
    double timeout, prun_sudo_ask_fn *ask, void *arg,
    struct prun_sudo_answer *answer);

#endif
