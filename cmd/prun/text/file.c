/* SPDX-License-Identifier: ISC */

/*
 * Owns the loops around read(2) and write(2), the copying of a range of a file, the folders
 * above a file, and the folder of the user's programs, which only this user may enter.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text/file.h"

/* Bytes that are read at a time. */
#define READ_SIZE 4096
/* Bytes of a file that are copied at a time. */
#define COPY_SIZE ((size_t)64 * 1024)

int
get_file(const char *path, struct bytes *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0;
	ssize_t n = 0;

	if (fd == -1)
		return -errno;
	do {
		if ((error = bytes_reserve(bytes, READ_SIZE)) != 0)
			break;
		n = read(fd, bytes->data + bytes->len, READ_SIZE);
		if (n == -1)
			error = -errno;
		else
			bytes->len += (size_t)n;
	} while (n > 0);
	(void)close(fd);
	return error;
}

int
put_all(int fd, struct text text)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	size_t done = 0;
	ssize_t n;

	while (done < text.len) {
		n = write(fd, text.data + done, text.len - done);
		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			(void)poll(&pfd, 1, -1);
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int
put_range(int fd, int in, off_t at, uint64_t len)
{
	char piece[COPY_SIZE];
	ssize_t n;
	int error = 0;

	while (len > 0 && error == 0) {
		n = pread(in, piece, len < COPY_SIZE ? (size_t)len : COPY_SIZE,
		    at);
		if (n <= 0)
			return n == 0 ? -EIO : -errno;
		error = put_all(fd, (struct text){ piece, (size_t)n });
		at += n;
		len -= (uint64_t)n;
	}
	return error;
}

/*
 * Some file systems have no O_TMPFILE: there the file gets a name, which is removed at
 * once.
 */
static int
open_named(const char *folder)
{
	char *name;
	int fd;

	if (asprintf(&name, "%s/prun.XXXXXX", folder) == -1)
		return -ENOMEM;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd == -1)
		fd = -errno;
	else
		(void)unlink(name);
	free(name);
	return fd;
}

const char *
temporary_folder(const char *folder)
{
	if (folder == NULL)
		folder = getenv("TMPDIR");
	return folder != NULL && *folder != '\0' ? folder : "/tmp";
}

int
temporary_file(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd == -1)
		fd = open_named(folder);
	return fd;
}

int
make_parents(char *path)
{
	int error = *path != '\0' ? 0 : -ENOENT;
	char *p = error == 0 ? strchr(path + 1, '/') : NULL;

	for (; p != NULL && error == 0; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(path, 0777) == -1 && errno != EEXIST)
			error = -errno;
		*p = '/';
	}
	return error;
}

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
	char *path;
	int n;

	if (is_ours(runtime))
		n = asprintf(&path, "%s/prun", runtime);
	else
		n = asprintf(&path, "%s/prun-%lu", temporary_folder(NULL),
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
