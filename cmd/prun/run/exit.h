/* SPDX-License-Identifier: ISC */

/* What prun exits with for reasons of its own: EXIT STATUS in prun(1). */
#ifndef RUN_EXIT_H
#define RUN_EXIT_H

/* prun itself failed, not a job. */
#define EXIT_OWN 255

/* --stop-on-missing: the command was not found. */
#define EXIT_MISSING 127

/* Ends the program when error is negative. */
void run_check(int error);

#endif
