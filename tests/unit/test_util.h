/* SPDX-License-Identifier: ISC */

/*
 * What tests of running things share: a folder of their own, the helper
 * programs, waiting for something without hoping, and looks at the own process.
 * Not every test uses all of it.
 */
#ifndef TEST_UTIL_H
#define TEST_UTIL_H

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "t.h"

#define MAYBE_UNUSED __attribute__((unused)) static

MAYBE_UNUSED double
util_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Look again and again until it is true, for half a minute at most. */
#define AWAIT(x) \
	do { \
		double end_ = util_now() + 30; \
		while (!(x)) { \
			if (util_now() > end_) \
				T_FAIL("never true: %s", #x); \
			(void)usleep(1000); \
		} \
	} while (0)

/* A helper program; lent until eight others have been asked for. */
MAYBE_UNUSED const char *
util_helper(const char *name)
{
	static char paths[8][PATH_MAX + 64];
	static unsigned next;
	char exe[PATH_MAX], *path = paths[next++ % 8];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	CHECK(n > 0);
	exe[n] = '\0';
	*strrchr(exe, '/') = '\0';
	(void)snprintf(path, sizeof(paths[0]), "%s/../helper/%s", exe, name);
	CHECK_INT(access(path, X_OK), 0);
	return path;
}

static char util_folder_name[64];
static pid_t util_folder_owner;

MAYBE_UNUSED void
util_folder_remove(void)
{
	char line[sizeof(util_folder_name) + sizeof("rm -rf ''")];

	if (getpid() != util_folder_owner)
		return;
	(void)snprintf(line, sizeof(line), "rm -rf '%s'", util_folder_name);
	if (system(line) != 0)
		puts("# the folder is still there");
}

/* Go to a fresh folder, which is removed when the test ends well. */
MAYBE_UNUSED const char *
util_folder(void)
{
	(void)snprintf(util_folder_name, sizeof(util_folder_name),
	    "/tmp/prun-unit.XXXXXX");
	CHECK(mkdtemp(util_folder_name) != NULL);
	CHECK_INT(chdir(util_folder_name), 0);
	util_folder_owner = getpid();
	(void)atexit(util_folder_remove);
	return util_folder_name;
}

/* Let the reader of a FIFO go on, once it is there. */
MAYBE_UNUSED void
util_release(const char *fifo)
{
	int fd = open(fifo, O_WRONLY | O_CLOEXEC);

	CHECK(fd != -1);
	close(fd);
}

MAYBE_UNUSED void
util_fifo(const char *path)
{
	CHECK_INT(mkfifo(path, 0600), 0);
}

/* The number in a file, 0 while there is none. */
MAYBE_UNUSED pid_t
util_pid(const char *path)
{
	FILE *file = fopen(path, "re");
	int pid = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%d\n", &pid) != 1)
		pid = 0;
	fclose(file);
	return pid;
}

/* Neither running nor a zombie that nobody has reaped yet: really at work. */
MAYBE_UNUSED bool
util_lives(pid_t pid)
{
	char path[64], state = 'X';
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 'X';
	fclose(file);
	return state != 'Z' && state != 'X';
}

/* Set a soft limit; RLIM_INFINITY: back to what is allowed. */
MAYBE_UNUSED void
util_limit(int resource, rlim_t soft)
{
	struct rlimit limit;

	CHECK_INT(getrlimit(resource, &limit), 0);
	limit.rlim_cur = soft == RLIM_INFINITY ? limit.rlim_max : soft;
	CHECK_INT(setrlimit(resource, &limit), 0);
}

/* Be a user of whom there is no other process; nothing when not root. */
MAYBE_UNUSED void
util_be_alone(void)
{
	uid_t uid = 1000000 + (uid_t)getpid();

	if (getuid() == 0)
		CHECK_INT(setresuid(uid, uid, uid), 0);
}

/* How many descriptors this process has open. */
MAYBE_UNUSED int
util_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	CHECK(dir != NULL);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 3; /* ".", "..", and that of the folder itself */
}

/* Seconds of CPU that this process has used. */
MAYBE_UNUSED double
util_cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* All of a file, NUL-terminated; to be freed. */
MAYBE_UNUSED char *
util_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "re");
	char *data = NULL;
	size_t size = 0;
	ssize_t n;

	CHECK(file != NULL);
	n = getdelim(&data, &size, EOF, file);
	if (n <= 0) {
		free(data);
		data = calloc(1, 1);
		n = 0;
	}
	fclose(file);
	if (len != NULL)
		*len = (size_t)n;
	return data;
}

/* What is readable from fd now. */
MAYBE_UNUSED size_t
util_read_now(int fd, char *data, size_t size)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	while (len < size && poll(&pfd, 1, 0) == 1) {
		n = read(fd, data + len, size - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	return len;
}

#endif
