/* SPDX-License-Identifier: ISC */

/*
 * A private folder for files by which the processes of one user meet, and the
 * names of files in it.
 */
#ifndef IPC_PRIVATE_DIR_H
#define IPC_PRIVATE_DIR_H

/*
 * A descriptor of the folder, which is made (mode 0700) where it is missing; its
 * parent must be there.  -EPERM: it is another user's; -EACCES: others may
 * enter it; -ENOTDIR: it is no folder, or a symbolic link.
 */
int private_dir_open(const char *path);

/*
 * A file of the folder dir, read and written by its owner alone.  flags: O_CREAT
 * or 0.  -ELOOP: it is a symbolic link; -EPERM: no plain file of ours.
 */
int private_dir_open_file(int dir, const char *file, int flags);

/*
 * A file name for a name of any bytes, different for different names: prefix
 * and the name, with %XX for all but letters, digits, '_', '.' and '-'.  To be
 * freed.  -ENAMETOOLONG: it would be longer than file names can be.
 */
int private_dir_file_name(const char *prefix, const char *name, char **file);

#endif
