/* SPDX-License-Identifier: ISC */

/* Folders for files that the run makes. */
#ifndef RESULTS_FOLDER_H
#define RESULTS_FOLDER_H

/*
 * mkdir -p of what stands before the last slash; path is given back as it was.
 * 0 or -errno.
 */
int folder_make_parents(char *path);

#endif
