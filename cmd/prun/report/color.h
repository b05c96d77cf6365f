/* SPDX-License-Identifier: ISC */

/* The colours of --color and --color-failed.  Pure. */
#ifndef REPORT_COLOR_H
#define REPORT_COLOR_H

#include <stddef.h>
#include <stdint.h>

#define COLOR_SIZE 40
#define COLOR_END "\033[m"

/*
 * The sequence that begins a line of job seq: it sets a background, and a colour of
 * the text that can be read on it.
 */
void color_of_job(uint64_t seq, char text[COLOR_SIZE]);

/* White on red. */
void color_of_failure(char text[COLOR_SIZE]);

#endif
