/* SPDX-License-Identifier: ISC */

/*
 * Owns what the bytes of a semaphore's file mean, and the checks that the folder
 * and its files belong to this user alone.  No function here waits.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "ipc/sem_claim.h"

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
	/* If the path ended in a slash, O_NOFOLLOW would follow a symbolic link. */
	for (len = strlen(plain); len > 1 && plain[len - 1] == '/'; len--)
		plain[len - 1] = '\0';
	if (mkdir(plain, S_IRWXU) == -1 && errno != EEXIST)
		fd = -errno;
	else
		fd = fd_open(plain, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	free(plain);
	return checked(fd, S_IFDIR);
}

/*
 * Open a file in the folder dir; only its owner can read and write it.  flags:
 * O_CREAT or 0.  Returns a descriptor; -ELOOP: the file is a symbolic link; -EPERM:
 * it is no regular file, or belongs to another user; or another -errno.
 */
static int
private_dir_open_file(int dir, const char *file, int flags)
{
	int fd;

	/* If a FIFO had this name, open(2) without O_NONBLOCK could block. */
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

/*
 * Locks of single bytes of a file (open file description locks, fcntl(2)).
 *
 * A lock belongs to the open file description, not to a process.  A forked process
 * shares it.  The kernel drops it when the last descriptor is closed, no matter how
 * the processes end.  A description does not see its own locks.
 */
struct ofd_lock_census {
	unsigned count; /* how many bytes others have locked */
	off_t last; /* the last of these bytes; -1: none */
};

/* As l_len of a lock: all bytes, up to the largest offset. */
#define ALL 0

static int
set_lock(int fd, short type, off_t from, off_t len)
{
	struct flock lock = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = from,
		.l_len = len,
	};

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

static int
ofd_lock_take(int fd, off_t byte)
{
	return set_lock(fd, F_WRLCK, byte, 1);
}

static int
ofd_lock_take_all(int fd)
{
	return set_lock(fd, F_WRLCK, 0, ALL);
}

static void
ofd_lock_drop(int fd, off_t byte)
{
	(void)set_lock(fd, F_UNLCK, byte, 1);
}

static void
ofd_lock_drop_all(int fd)
{
	(void)set_lock(fd, F_UNLCK, 0, ALL);
}

/*
 * F_OFD_GETLK returns any lock in a range, in practice the oldest.  The recursion
 * counts the locks before that one, and the loop counts those behind it.
 */
static int
look(int fd, off_t from, off_t to, unsigned limit,
    struct ofd_lock_census *census)
{
	struct flock lock;
	int error;

	while (from < to && census->count < limit) {
		lock = (struct flock){
			.l_type = F_WRLCK,
			.l_whence = SEEK_SET,
			.l_start = from,
			.l_len = to - from,
		};
		if (fcntl(fd, F_OFD_GETLK, &lock) == -1)
			return -errno;
		if (lock.l_type == F_UNLCK)
			return 0;
		if (lock.l_len != 1)
			return -EBUSY;
		census->count++;
		if (lock.l_start > census->last)
			census->last = lock.l_start;
		error = look(fd, from, lock.l_start, limit, census);
		if (error != 0)
			return error;
		from = lock.l_start + 1;
	}
	return 0;
}

/*
 * Count the locked bytes in [from, to), and stop when there are limit of them.  0;
 * -EBUSY: another description has locked all bytes at once; or another -errno.  A
 * lock that is taken or dropped meanwhile may be missed.
 */
static int
ofd_lock_count(int fd, off_t from, off_t to, unsigned limit,
    struct ofd_lock_census *census)
{
	census->count = 0;
	census->last = -1;
	return look(fd, from, to, limit, census);
}

/* The bytes that are tickets: [TICKETS, TICKETS_END). */
#define TICKETS ((off_t)1 << 32)
#define TICKETS_END ((off_t)INT64_MAX)

/* How many bytes others may have locked between the count and take_byte(). */
#define RUSH 64

int
sem_claim_open(struct sem_claim *claim, int dir, const char *file, int flags)
{
	int fd = private_dir_open_file(dir, file, flags);

	*claim = (struct sem_claim){ .dir = dir, .file = file, .fd = -1 };
	if (fd < 0)
		return fd;
	claim->fd = fd;
	/* Programs that remove old files from /tmp must see that the file is in use. */
	(void)futimens(fd, NULL);
	return 0;
}

static int
check_removed(struct sem_claim *claim)
{
	struct stat st;

	if (fstat(claim->fd, &st) == -1)
		return -errno;
	return st.st_nlink == 0 ? -ESTALE : 0;
}

void
sem_claim_leave(struct sem_claim *claim)
{
	if (claim->fd == -1)
		return;
	ofd_lock_drop_all(claim->fd);
	/*
	 * Another process may have opened the file and have no lock yet.  It gets no
	 * lock while all bytes are locked here.  After that, its check_removed() tells
	 * it that the file is gone.
	 */
	if (ofd_lock_take_all(claim->fd) == 0 && check_removed(claim) == 0)
		(void)unlinkat(claim->dir, claim->file, 0);
	sem_claim_close(claim);
}

void
sem_claim_close(struct sem_claim *claim)
{
	fd_close(&claim->fd);
	claim->ticket = 0;
}

/* Lock the first free byte.  The count has shown that held bytes were locked. */
static int
take_byte(struct sem_claim *claim, unsigned held, unsigned value)
{
	unsigned end = held + RUSH < value ? held + RUSH : value;
	int error = -EAGAIN;

	for (unsigned byte = 0; byte < end && error == -EAGAIN; byte++)
		error = ofd_lock_take(claim->fd, byte);
	return error == -EAGAIN ? -EBUSY : error;
}

int
sem_claim_take(struct sem_claim *claim, unsigned value)
{
	struct ofd_lock_census census;
	int error = ofd_lock_count(claim->fd, 0, SEM_CLAIM_MAX, value, &census);

	if (error != 0)
		return error;
	if (census.count >= value)
		return -EAGAIN;
	error = take_byte(claim, census.count, value);
	return error != 0 ? error : check_removed(claim);
}

int
sem_claim_idle(struct sem_claim *claim)
{
	struct ofd_lock_census census;
	int error = ofd_lock_count(claim->fd, 0, TICKETS_END, 1, &census);

	if (error == 0 && census.count > 0)
		return -EAGAIN;
	/* -EBUSY: the last process is removing the file, so no other process has a lock. */
	return error == 0 || error == -EBUSY ? check_removed(claim) : error;
}

int
sem_claim_queue(struct sem_claim *claim)
{
	struct ofd_lock_census census;
	int error;

	do {
		error = ofd_lock_count(claim->fd, TICKETS, TICKETS_END,
		    UINT32_MAX, &census);
		if (error != 0)
			return error;
		claim->ticket = census.count > 0 ? census.last + 1 : TICKETS;
		error = ofd_lock_take(claim->fd, claim->ticket);
	} while (error == -EAGAIN);
	if (error != 0)
		claim->ticket = 0;
	return error != 0 ? error : check_removed(claim);
}

void
sem_claim_unqueue(struct sem_claim *claim)
{
	if (claim->ticket != 0)
		ofd_lock_drop(claim->fd, claim->ticket);
	claim->ticket = 0;
}

int
sem_claim_rank(struct sem_claim *claim, unsigned limit)
{
	struct ofd_lock_census census;
	int error = ofd_lock_count(claim->fd, TICKETS,
	    claim->ticket != 0 ? claim->ticket : TICKETS_END, limit, &census);

	return error != 0 ? error : (int)census.count;
}
