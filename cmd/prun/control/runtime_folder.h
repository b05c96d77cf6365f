/* SPDX-License-Identifier: ISC */

/*
 * The folder for what the programs of one user share while they run: semaphores, and
 * the sockets of --control.  It belongs to the user, and nobody else may enter it.
 */
#ifndef CONTROL_RUNTIME_FOLDER_H
#define CONTROL_RUNTIME_FOLDER_H

/*
 * The folder's path, which the caller frees: $XDG_RUNTIME_DIR/prun, $TMPDIR/prun-UID or
 * /tmp/prun-UID.  NULL: there is no memory.
 */
char *runtime_folder(void);

/*
 * Makes the folder if it is missing.  0; -EPERM: it belongs to another user; -EACCES:
 * others may enter it; -ENOTDIR, -ELOOP: a file or a symbolic link is in its place.
 */
int runtime_folder_check(const char *path);

#endif
