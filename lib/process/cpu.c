/* SPDX-License-Identifier: ISC */

/*
 * Counts the CPUs that this process may use.  Knows affinity masks, and where a
 * cgroup has its CPU quota.  A quota that is missing or makes no sense counts as no
 * limit.
 */
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "process/cpu.h"

enum {
	TEXT_SIZE = 16 * 1024, /* the first size */
	TEXT_MAX = 64 * 1024 * 1024,
	NUMBER_SIZE = 64,
	MASK_CPUS = 1024, /* the first size */
	MASK_MAX = 1024 * 1024,
};

/* The paths of the process's cgroups in both hierarchies; NULL: it has none there. */
struct cgroup_paths {
	const char *v1; /* in the hierarchy that has the cpu controller */
	const char *v2;
};

struct mount {
	char *root; /* the directory of the hierarchy that is mounted */
	char *point;
	char *type;
	char *options;
};

static int
open_under(const char *root, const char *path)
{
	char name[PATH_MAX];
	int n;

	n = snprintf(name, sizeof(name), "%s%s", root, path);
	if (n < 0 || (size_t)n >= sizeof(name))
		return -1;
	return open(name, O_RDONLY | O_CLOEXEC);
}

/*
 * Read a whole file.  Returns its NUL-terminated text, for free(3), or NULL on any
 * failure.
 */
static char *
read_text(const char *root, const char *path)
{
	char *text = NULL, *more;
	size_t length = 0, size;
	ssize_t n = 0;
	int fd;

	fd = open_under(root, path);
	if (fd == -1)
		return NULL;
	for (size = TEXT_SIZE; size <= TEXT_MAX; size *= 2) {
		more = realloc(text, size);
		if (more == NULL)
			break;
		text = more;
		do {
			n = fd_read(fd, text + length, size - 1 - length);
			length += n > 0 ? (size_t)n : 0;
		} while (n > 0 && length < size - 1);
		if (n <= 0)
			break;
	}
	fd_close(&fd);
	if (n != 0 || text == NULL) {
		free(text);
		return NULL;
	}
	text[length] = '\0';
	return text;
}

/* Is name one of the words in list, which are separated by ','? */
static bool
has_word(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (;;) {
		if (strncmp(list, name, length) == 0 &&
		    (list[length] == ',' || list[length] == '\0'))
			return true;
		list = strchr(list, ',');
		if (list == NULL)
			return false;
		list++;
	}
}

/*
 * Lines are ID:CONTROLLERS:PATH; for v2 the controllers are empty.  The paths point
 * into text.
 */
static void
find_paths(char *text, struct cgroup_paths *paths)
{
	char *line, *controllers;

	while ((line = strsep(&text, "\n")) != NULL) {
		(void)strsep(&line, ":");
		controllers = strsep(&line, ":");
		if (line == NULL || line[0] != '/')
			continue;
		if (controllers[0] == '\0')
			paths->v2 = line;
		else if (has_word(controllers, "cpu"))
			paths->v1 = line;
	}
}

/* The kernel writes blanks and backslashes in names as \ooo. */
static void
unescape(char *name)
{
	char *to = name;

	while (*name != '\0') {
		if (name[0] == '\\' && name[1] >= '0' && name[1] <= '3' &&
		    name[2] >= '0' && name[2] <= '7' && name[3] >= '0' &&
		    name[3] <= '7') {
			*to++ = (char)((name[1] - '0') << 6 |
			    (name[2] - '0') << 3 | (name[3] - '0'));
			name += 4;
		} else {
			*to++ = *name++;
		}
	}
	*to = '\0';
}

/* A line is: ID PARENT DEVICE ROOT POINT OPTIONS [TAG...] - TYPE SOURCE SUPEROPTIONS */
static bool
parse_mount(char *line, struct mount *mount)
{
	char *word;
	int i;

	for (i = 0; i < 3; i++)
		(void)strsep(&line, " ");
	mount->root = strsep(&line, " ");
	mount->point = strsep(&line, " ");
	do
		word = strsep(&line, " ");
	while (word != NULL && strcmp(word, "-") != 0);
	mount->type = strsep(&line, " ");
	(void)strsep(&line, " ");
	mount->options = strsep(&line, " ");
	if (mount->options == NULL || strncmp(mount->type, "cgroup", 6) != 0)
		return false;
	unescape(mount->root);
	unescape(mount->point);
	return true;
}

/*
 * Read a number of microseconds, and move *at behind it.  false: there is no number,
 * or it is too big.
 */
static bool
parse_number(const char **at, long long *number)
{
	const char *from = *at;

	*number = 0;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		if (*number > (LLONG_MAX - 9) / 10)
			return false;
		*number = *number * 10 + (**at - '0');
	}
	return *at != from;
}

/* A quota of "-1" or "max" means no limit: it is no number here. */
static int
quota_to_cpus(const char *quota, const char *period)
{
	long long used, all, cpus;

	if (!parse_number(&quota, &used) || !parse_number(&period, &all) ||
	    used == 0 || all == 0)
		return INT_MAX;
	if ((*quota != '\0' && *quota != ' ') || *period != '\0')
		return INT_MAX;
	cpus = used / all + (used % all != 0);
	return cpus < INT_MAX ? (int)cpus : INT_MAX;
}

/* Read a file of one short line, without its newline. */
static bool
read_line(const char *root, const char *directory, const char *name,
    char line[NUMBER_SIZE])
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	n = snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return false;
	fd = open_under(root, path);
	if (fd == -1)
		return false;
	n = fd_read(fd, line, NUMBER_SIZE - 1);
	fd_close(&fd);
	if (n <= 0)
		return false;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return true;
}

static int
quota_v1(const char *root, const char *directory)
{
	char quota[NUMBER_SIZE], period[NUMBER_SIZE];

	if (!read_line(root, directory, "cpu.cfs_quota_us", quota) ||
	    *quota == '-' ||
	    !read_line(root, directory, "cpu.cfs_period_us", period))
		return INT_MAX;
	return quota_to_cpus(quota, period);
}

static int
quota_v2(const char *root, const char *directory)
{
	char line[NUMBER_SIZE];
	const char *period;

	if (!read_line(root, directory, "cpu.max", line))
		return INT_MAX;
	period = strchr(line, ' ');
	return period != NULL ? quota_to_cpus(line, period + 1) : INT_MAX;
}

/* The part of path that is below directory; NULL: path is not below it. */
static const char *
path_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	if (length == 1)
		return path;
	if (strncmp(path, directory, length) != 0 ||
	    (path[length] != '/' && path[length] != '\0'))
		return NULL;
	return path + length;
}

typedef int quota_fn(const char *root, const char *directory);

/* The smallest quota of the cgroup at path and of its ancestors that the mount shows. */
static int
quota_along(const char *root, const struct mount *mount, const char *path,
    quota_fn *fn)
{
	char directory[PATH_MAX];
	const char *below;
	size_t top = strlen(mount->point), length;
	int n, least = INT_MAX;

	below = path_below(path, mount->root);
	if (below == NULL)
		return INT_MAX;
	n = snprintf(directory, sizeof(directory), "%s%s", mount->point, below);
	if (n < 0 || (size_t)n >= sizeof(directory))
		return INT_MAX;
	for (length = (size_t)n;; length--) {
		if (length > top && directory[length] != '/' &&
		    directory[length] != '\0')
			continue;
		directory[length] = '\0';
		if (length > 0 && directory[length - 1] == '/')
			continue;
		n = fn(root, directory);
		least = n < least ? n : least;
		if (length <= top)
			return least;
	}
}

static int
quota_of_mount(const char *root, char *line, const struct cgroup_paths *paths)
{
	struct mount mount;

	if (!parse_mount(line, &mount))
		return INT_MAX;
	if (strcmp(mount.type, "cgroup2") == 0 && paths->v2 != NULL)
		return quota_along(root, &mount, paths->v2, quota_v2);
	if (strcmp(mount.type, "cgroup") == 0 && paths->v1 != NULL &&
	    has_word(mount.options, "cpu"))
		return quota_along(root, &mount, paths->v1, quota_v1);
	return INT_MAX;
}

/* Is there a directory of a mounted cgroup hierarchy of that kind at this path? */
static bool
is_cgroup(const char *root, const char *point, const char *path, long kind)
{
	char name[PATH_MAX];
	struct statfs fs;
	int n;

	n = snprintf(name, sizeof(name), "%s%s%s", root, point, path);
	return n >= 0 && (size_t)n < sizeof(name) && statfs(name, &fs) == 0 &&
	    (long)fs.f_type == kind;
}

/*
 * Nearly all machines mount the whole hierarchy that has the cpu controller at the same
 * place.  If the process's cgroup is found there, nobody need read mountinfo: the kernel
 * takes longer to write that than prun takes for all else here.  false: it is not found.
 */
static bool
quota_at_usual_place(const char *root, const struct cgroup_paths *paths,
    int *quota)
{
	const bool v1 = paths->v1 != NULL;
	const char *path = v1 ? paths->v1 : paths->v2;
	char whole[] = "/", v1_point[] = "/sys/fs/cgroup/cpu",
	     v2_point[] = "/sys/fs/cgroup";
	const struct mount mount = { .root = whole,
		.point = v1 ? v1_point : v2_point };

	if (path == NULL ||
	    !is_cgroup(root, mount.point, path,
		v1 ? CGROUP_SUPER_MAGIC : CGROUP2_SUPER_MAGIC))
		return false;
	*quota = quota_along(root, &mount, path, v1 ? quota_v1 : quota_v2);
	return true;
}

static int
quota_of_mounts(const char *root, const struct cgroup_paths *paths)
{
	char *mounts = read_text(root, "/proc/self/mountinfo"), *at = mounts,
	     *line;
	int n, least = INT_MAX;

	while ((line = strsep(&at, "\n")) != NULL) {
		n = quota_of_mount(root, line, paths);
		least = n < least ? n : least;
	}
	free(mounts);
	return least;
}

int
cpu_quota(const char *root)
{
	struct cgroup_paths paths = { NULL, NULL };
	char *groups = read_text(root, "/proc/self/cgroup");
	int quota;

	if (groups == NULL)
		return INT_MAX;
	find_paths(groups, &paths);
	if (!quota_at_usual_place(root, &paths, &quota))
		quota = quota_of_mounts(root, &paths);
	free(groups);
	return quota;
}

/* The kernel refuses a mask that is shorter than its own. */
static int
affinity(void)
{
	cpu_set_t *mask;
	size_t cpus;
	int count = 0, error = EINVAL;

	for (cpus = MASK_CPUS; error == EINVAL && cpus <= MASK_MAX; cpus *= 2) {
		mask = CPU_ALLOC(cpus);
		if (mask == NULL)
			break;
		error = 0;
		if (sched_getaffinity(0, CPU_ALLOC_SIZE(cpus), mask) == -1)
			error = errno;
		else
			count = CPU_COUNT_S(CPU_ALLOC_SIZE(cpus), mask);
		CPU_FREE(mask);
	}
	return count > 0 ? count : (int)sysconf(_SC_NPROCESSORS_ONLN);
}

int
cpu_count(void)
{
	int count, quota;

	count = affinity();
	if (count <= 1)
		return 1;
	quota = cpu_quota("");
	return quota < count ? quota : count;
}
