/* SPDX-License-Identifier: ISC */

/* Owns the folders around files, and the list of what is to be removed in the end. */
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "remote/file.h"

void
file_said(char *text, size_t size, const char *what)
{
	(void)snprintf(text, size, "%s", what);
	for (char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	}
}

void
file_fault(char *text, size_t size, bool there, const char *verb,
    const char *path, int error)
{
	char whole[FILE_FAULT_SIZE];

	(void)snprintf(whole, sizeof(whole), "cannot %s '%.300s'%s: %s", verb,
	    path, there ? " there" : "", strerrordesc_np(error));
	file_said(text, size, whole);
}

int
file_trail_add(struct file_trail *t, const char *path, const char *below)
{
	size_t len = strlen(path), more = below != NULL ? strlen(below) : 0;
	int error = buf_reserve(&t->paths, len + more + 2);

	/* These additions cannot fail, because room was reserved. */
	if (error == 0)
		(void)buf_add(&t->paths, path, len);
	if (error == 0 && below != NULL) {
		(void)buf_add(&t->paths, "/", 1);
		(void)buf_add(&t->paths, below, more);
	}
	return error != 0 ? error : buf_add(&t->paths, "", 1);
}

int
file_trail_add_folder(struct file_trail *t, const char *path)
{
	char *const paths[] = { (char *)(uintptr_t)path, NULL };
	/* cppcheck-suppress nullPointer */
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	int error = walk == NULL ? -errno : 0;

	while (error == 0 && (entry = fts_read(walk)) != NULL) {
		if (entry->fts_info != FTS_DP)
			error = file_trail_add(t, entry->fts_path, NULL);
	}
	if (walk != NULL)
		(void)fts_close(walk);
	return error;
}

/* A folder may have come with a mode that allows no change in it. */
static void
trail_remove(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	if (remove(path) == 0 || errno != EACCES || slash == NULL ||
	    (size_t)(slash - path) >= sizeof(folder))
		return;
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	if (chmod(folder, S_IRWXU) == 0)
		(void)remove(path);
}

void
file_trail_remove(struct file_trail *t, file_used_fn *used, void *arg)
{
	const char *path;

	while (t->paths.len > 0) {
		path = memrchr(t->paths.data, '\0', t->paths.len - 1);
		path = path != NULL ? path + 1 : t->paths.data;
		if (used == NULL || !used(path, arg))
			trail_remove(path);
		t->paths.len = (size_t)(path - t->paths.data);
	}
}

void
file_trail_fini(struct file_trail *t)
{
	buf_fini(&t->paths);
}

void
file_remove_folders(const char *path, size_t base)
{
	const size_t len = strlen(path);
	char folder[PATH_MAX], *slash;

	if (len >= sizeof(folder))
		return;
	memcpy(folder, path, len + 1);
	while ((slash = strrchr(folder, '/')) != NULL &&
	    (size_t)(slash - folder) > base) {
		*slash = '\0';
		if (slash[1] != '\0' && rmdir(folder) == -1)
			break;
	}
}

int
file_make_folders(const char *path)
{
	const size_t len = strlen(path);
	char folder[PATH_MAX];
	int error = 0;

	if (len >= sizeof(folder))
		return -ENAMETOOLONG;
	if (len == 0)
		return -ENOENT;
	memcpy(folder, path, len + 1);
	for (char *p = strchr(folder + 1, '/'); p != NULL && error == 0;
	     p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(folder, 0777) == -1 && errno != EEXIST)
			error = -errno;
		*p = '/';
	}
	/*
	 * A parent that exists already may be in a place where this user may make no
	 * folder.
	 */
	return error == -EROFS || error == -EACCES || error == -EPERM ? 0 :
									error;
}
