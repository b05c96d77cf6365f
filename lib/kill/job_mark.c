/* SPDX-License-Identifier: ISC */

/*
 * Finds a job's mark in what /proc tells of a process: in its environment, which may be
 * of any size and is read piece by piece into a small buffer, and in its limits.  Knows
 * no job.
 */
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "kill/job_mark.h"
#include "process/rlimit_mark.h"

#define PATH_BYTES 64
/*
 * Bytes that are read of /proc/PID/limits: the line of the rlimit mark stands in the
 * first half of the file.
 */
#define LIMITS_BYTES 2048

enum where {
	IN_NAME,
	IN_VALUE,
	IN_OTHER, /* in another variable */
	AT_END,
};

struct search {
	char *value;
	size_t size;
	size_t length; /* bytes of the value that are known so far */
	size_t at; /* how many bytes of the name have matched */
	enum where where;
};

static void
step(struct search *search, char byte)
{
	static const char name[] = JOB_MARK_NAME "=";

	if (byte == '\0') {
		search->where = search->where == IN_VALUE ? AT_END : IN_NAME;
		search->at = 0;
	} else if (search->where == IN_VALUE) {
		if (search->length < search->size - 1)
			search->value[search->length++] = byte;
	} else if (byte != name[search->at]) {
		search->where = IN_OTHER;
	} else if (name[++search->at] == '\0') {
		search->where = IN_VALUE;
	}
}

/* Most of an environment is other variables, so these are skipped as a whole. */
static void
step_all(struct search *search, const char *data, size_t length)
{
	const char *end = data + length;

	while (data < end && search->where != AT_END) {
		if (search->where == IN_OTHER) {
			data = memchr(data, '\0', (size_t)(end - data));
			if (data == NULL)
				return;
		}
		step(search, *data++);
	}
}

int
job_mark_find(int fd, char *value, size_t size)
{
	struct search search = { .value = value, .size = size };
	char data[JOB_MARK_SIZE];
	ssize_t n = 0;

	while (search.where != AT_END &&
	    (n = fd_read(fd, data, sizeof(data))) > 0)
		step_all(&search, data, (size_t)n);
	value[search.length] = '\0';
	return n < 0 ? (int)n : (int)search.length;
}

bool
job_mark_match(const char *value, const char *mark)
{
	size_t length = strlen(mark);

	while (length != 0) {
		if (strncmp(value, mark, length) == 0 &&
		    strchr("/.", value[length]) != NULL) /* or its NUL */
			return true;
		value = strchr(value, '/');
		if (value == NULL)
			return false;
		value++;
	}
	return false;
}

/* As job_mark_find(), in the environment that the process was executed with. */
static int
job_mark_read(pid_t pid, char *value, size_t size)
{
	char path[PATH_BYTES];
	char *end = proc_dir_put_number(proc_dir_put(path, "/proc/"),
	    (unsigned)pid);
	int fd, n;

	(void)proc_dir_put(end, "/environ");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	n = job_mark_find(fd, value, size);
	(void)close(fd);
	return n;
}

/* A limit may be the word "unlimited".  *at moves behind it. */
static rlim_t
next_limit(const char **at)
{
	const char *text = *at + strspn(*at, " ");
	char *end;
	rlim_t limit = RLIM_INFINITY;

	if (*text < '0' || *text > '9') {
		*at = text + strcspn(text, " ");
		return limit;
	}
	limit = strtoull(text, &end, 10);
	*at = end;
	return limit;
}

/* The line is "Max file locks  SOFT  HARD  locks". */
static void
find_limit(const char *text, struct rlimit *limit)
{
	static const char name[] = "Max file locks";
	const char *line = strstr(text, name);

	if (line == NULL)
		return;
	line += sizeof(name) - 1;
	limit->rlim_cur = next_limit(&line);
	limit->rlim_max = next_limit(&line);
}

static void
read_limit(pid_t pid, struct rlimit *limit)
{
	char text[LIMITS_BYTES];

	*limit = (struct rlimit){ 0, 0 };
	if (proc_read_file(pid, "limits", text, sizeof(text)) > 0)
		find_limit(text, limit);
}

void
job_marks_read(pid_t pid, struct job_marks *marks)
{
	if (job_mark_read(pid, marks->environment,
		sizeof(marks->environment)) <= 0)
		marks->environment[0] = '\0';
	read_limit(pid, &marks->limit);
	if (getrlimit(RLIMIT_LOCKS, &marks->runner) == -1)
		marks->runner = (struct rlimit){ 0, 0 };
}

bool
job_marks_match(const struct job_marks *marks, const char *mark)
{
	if (*mark == '\0')
		return false;
	return job_mark_match(marks->environment, mark) ||
	    rlimit_mark_match(&marks->limit, &marks->runner, mark);
}
