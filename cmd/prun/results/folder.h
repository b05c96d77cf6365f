/* SPDX-License-Identifier: ISC */

/* Makes the folders for the files of a run. */
#ifndef RESULTS_FOLDER_H
#define RESULTS_FOLDER_H

/*
 * Makes the folders of the file at path, as mkdir -p does.  The function changes path while
 * it works, and restores it before it returns.  0 or -errno.
 */
int folder_make_parents(char *path);

#endif
