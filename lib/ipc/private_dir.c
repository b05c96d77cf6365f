/* SPDX-License-Identifier: ISC */

/*
 * Owns the checks that a folder and its files belong to this user alone.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "ipc/private_dir.h"

#define OTHERS (S_IRWXG | S_IRWXO)

static int
check(int fd, mode_t type)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -errno;
	if (st.st_uid != geteuid() || (st.st_mode & S_IFMT) != type)
		return -EPERM;
	return (st.st_mode & OTHERS) != 0 ? -EACCES : 0;
}

static int
checked(int fd, mode_t type)
{
	int error;

	if (fd < 0)
		return fd;
	error = check(fd, type);
	if (error == 0)
		return fd;
	fd_close(&fd);
	return error;
}

int
private_dir_open(const char *path)
{
	char *plain = strdup(path);
	size_t len;
	int fd;

	if (plain == NULL)
		return -ENOMEM;
	/* If the path ended in a slash, O_NOFOLLOW would not stop at a link. */
	for (len = strlen(plain); len > 1 && plain[len - 1] == '/'; len--)
		plain[len - 1] = '\0';
	if (mkdir(plain, S_IRWXU) == -1 && errno != EEXIST)
		fd = -errno;
	else
		fd = fd_open(plain, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	free(plain);
	return checked(fd, S_IFDIR);
}

int
private_dir_open_file(int dir, const char *file, int flags)
{
	int fd;

	/* Without O_NONBLOCK, open(2) of a FIFO with this name could block. */
	do
		fd = openat(dir, file,
		    flags | O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		    S_IRUSR | S_IWUSR);
	while (fd == -1 && errno == EINTR);
	return checked(fd == -1 ? -errno : fd, S_IFREG);
}

static bool
is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

int
private_dir_file_name(const char *prefix, const char *name, char **file)
{
	static const char digits[] = "0123456789ABCDEF";
	char text[NAME_MAX + 1];
	size_t n = strlen(prefix);

	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(text, prefix, n);
	for (; *name != '\0'; name++) {
		unsigned char c = (unsigned char)*name;

		if (n + (is_plain(c) ? 1 : 3) > NAME_MAX)
			return -ENAMETOOLONG;
		if (is_plain(c)) {
			text[n++] = *name;
			continue;
		}
		text[n++] = '%';
		text[n++] = digits[c >> 4];
		text[n++] = digits[c & 15];
	}
	text[n] = '\0';
	*file = strdup(text);
	return *file == NULL ? -ENOMEM : 0;
}
