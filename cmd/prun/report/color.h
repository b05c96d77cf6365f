/* SPDX-License-Identifier: ISC */

/* The colours of --color, --color-failed and --tag-color, and prun's own. */
#ifndef REPORT_COLOR_H
#define REPORT_COLOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/report_options.h"

#define COLOR_SIZE 40
#define COLOR_END "\033[m"

/* Of prun's own. */
#define COLOR_RED "\033[31m"
#define COLOR_GREEN "\033[32m"
#define COLOR_YELLOW "\033[33m"

/*
 * May prun write colours of its own to fd?  --color=WHEN decides, then $NO_COLOR, then
 * $CLICOLOR_FORCE; else they are for terminals.
 */
bool color_is_wanted(enum report_when when, int fd);

/* May it colour the output of jobs, which the user has asked for? */
bool color_is_allowed(enum report_when when);

/*
 * The sequence that begins a line of job seq: it sets a background, and a colour of
 * the text that can be read on it.
 */
void color_of_job(uint64_t seq, char text[COLOR_SIZE]);

/* White on red. */
void color_of_failure(char text[COLOR_SIZE]);

#endif
