/* SPDX-License-Identifier: ISC */

/* The variables that all jobs of a host have besides those of its login shell. */
#ifndef RUN_HOST_VARIABLES_H
#define RUN_HOST_VARIABLES_H

#include "hosts/login.h"

struct options;

/*
 * "NAME=value": what tells of the host, and the variables and functions of --env.
 * NULL-terminated.  NULL: no memory.
 */
char **host_variables_new(const struct options *o, const struct login *login);
void host_variables_free(char **list);

#endif
