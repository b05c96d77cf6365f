/* SPDX-License-Identifier: ISC */

/*
 * A private folder for the files that processes of one user share, and the names
 * of these files.
 */
#ifndef IPC_PRIVATE_DIR_H
#define IPC_PRIVATE_DIR_H

/*
 * A descriptor of the folder.  A missing folder is made with mode 0700, in a
 * parent that exists.  -EPERM: it is another user's; -EACCES: other users may
 * enter it; -ENOTDIR: it is no folder, or a symbolic link.
 */
int private_dir_open(const char *path);

/*
 * A descriptor of a file in the folder dir; only its owner can read and write it.
 * flags: O_CREAT or 0.  -ELOOP: it is a symbolic link; -EPERM: it is no plain
 * file, or another user's.
 */
int private_dir_open_file(int dir, const char *file, int flags);

/*
 * The file name for a name of any bytes: prefix and the name, in which every byte
 * except letters, digits, '_', '.' and '-' becomes %XX.  The caller frees it.
 * -ENAMETOOLONG: it would be longer than a file name can be.
 */
int private_dir_file_name(const char *prefix, const char *name, char **file);

#endif
