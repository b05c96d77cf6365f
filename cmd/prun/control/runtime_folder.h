/* SPDX-License-Identifier: ISC */

/*
 * The folder for what this user's programs share while they run: semaphores, and the
 * sockets of --control.  It belongs to the user, and nobody else may enter it.
 */
#ifndef CONTROL_RUNTIME_FOLDER_H
#define CONTROL_RUNTIME_FOLDER_H

/*
 * Its path, $XDG_RUNTIME_DIR/prun, $TMPDIR/prun-UID or /tmp/prun-UID, which the caller
 * frees.  NULL: no memory.
 */
char *runtime_folder(void);

/*
 * Makes the folder if it is missing.  -EPERM: it is another user's; -EACCES: others may
 * enter it; -ENOTDIR, -ELOOP: in its place is a file or a symbolic link.
 */
int runtime_folder_check(const char *path);

#endif
