/* SPDX-License-Identifier: ISC */

/*
 * --_parset, which the shell function parset of GNU parallel calls: the output of
 * the jobs becomes assignments to variables of the shell.
 */
#ifndef PARSET_H
#define PARSET_H

#include "options/settings.h"

/* Prints the assignments and "return STATUS"; returns that status. */
int parset_main(const struct options *o);

#endif
