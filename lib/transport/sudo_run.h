/* SPDX-License-Identifier: ISC */

/* A sudo that is no job: it is called and waited for. */
#ifndef TRANSPORT_SUDO_RUN_H
#define TRANSPORT_SUDO_RUN_H

#include "prun.h"

/*
 * See prun_sudo_check().  argv: what sudo is to execute; NULL: -v.  timeout: seconds
 * until sudo is killed; negative: none.
 */
int sudo_run(const struct prun_sudo *sudo, const char *const *argv, int err,
    double timeout, prun_sudo_ask_fn *ask, void *arg,
    struct prun_sudo_answer *answer);

#endif
