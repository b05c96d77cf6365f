/* SPDX-License-Identifier: ISC */

/* Owns the choice of the folder, and the check that only this user can enter it. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "control/runtime_folder.h"

/* After su or sudo, XDG_RUNTIME_DIR may belong to another user.  Then it is not used. */
static bool
is_ours(const char *dir)
{
	struct stat st;

	return dir != NULL && dir[0] == '/' && stat(dir, &st) == 0 &&
	    S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

char *
runtime_folder(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	const char *tmp = getenv("TMPDIR");
	char *path;
	int n;

	if (tmp == NULL || tmp[0] == '\0')
		tmp = "/tmp";
	if (is_ours(runtime))
		n = asprintf(&path, "%s/prun", runtime);
	else
		n = asprintf(&path, "%s/prun-%lu", tmp,
		    (unsigned long)geteuid());
	return n == -1 ? NULL : path;
}

int
runtime_folder_check(const char *path)
{
	struct stat st;
	int fd, error = 0;

	if (mkdir(path, S_IRWXU) == -1 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	if (fstat(fd, &st) == -1)
		error = -errno;
	else if (st.st_uid != geteuid())
		error = -EPERM;
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		error = -EACCES;
	(void)close(fd);
	return error;
}
