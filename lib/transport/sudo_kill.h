/* SPDX-License-Identifier: ISC */

/* The signals that need sudo's rights. */
#ifndef TRANSPORT_SUDO_KILL_H
#define TRANSPORT_SUDO_KILL_H

#include "kill/tree.h"
#include "prun.h"

/*
 * tree_hunt(); and whom this process may not signal gets the signal by "sudo kill",
 * run as root or, where that is not allowed, as user (NULL: only root).  Sudo gets no
 * password first, then the secret (NULL: none).  Returns how many live ones were found;
 * for SIGKILL: are left.  Or -errno.  Any thread.
 */
int sudo_kill_hunt(const char *user, const struct prun_secret *secret,
    struct tree_hunt *hunt, int sig);

#endif
