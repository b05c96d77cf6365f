/* SPDX-License-Identifier: ISC */

/*
 * The colours that --color, --color-failed and --tag-color give to the output of jobs, and
 * the colours of what prun itself prints.
 */
#ifndef REPORT_COLOR_H
#define REPORT_COLOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/report_options.h"

#define COLOR_SIZE 40
#define COLOR_END "\033[m"

/* What prun itself prints is red or green. */
#define COLOR_RED "\033[31m"
#define COLOR_GREEN "\033[32m"
#define COLOR_YELLOW "\033[33m"

/*
 * Does prun colour what it prints itself to fd?  --color=WHEN decides if it was given, else
 * $NO_COLOR, else $CLICOLOR_FORCE.  Without all three prun does so if fd is a terminal.
 */
bool color_is_wanted(enum report_when when, int fd);

/* May prun colour the output of jobs, if the user has asked for that? */
bool color_is_allowed(enum report_when when);

/*
 * The sequence that begins a line of job seq: it sets a background, and a colour of
 * the text that can be read on it.
 */
void color_of_job(uint64_t seq, char text[COLOR_SIZE]);

/* The sequence that begins a line of a job that failed: white text on red. */
void color_of_failure(char text[COLOR_SIZE]);

#endif
