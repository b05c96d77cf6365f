/* SPDX-License-Identifier: ISC */

/*
 * Owns what the kernel tells about this machine: its files, read line by line; the cores
 * and sockets of its CPUs; and how many processes can still be started: what cgroups and
 * RLIMIT_NPROC allow, minus the processes that exist.  Knows no jobs.
 */
#include <sys/resource.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/machine.h"
#include "prun.h"

int
proc_each_line(const char *path, proc_line_fn *fn, void *arg)
{
	FILE *file = fopen(path, "re");
	char line[4096];
	int error = 0;

	if (file == NULL)
		return -errno;
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (fn(line, arg))
			break;
	}
	if (ferror(file))
		error = -EIO;
	(void)fclose(file);
	return error;
}

bool
proc_take_number(const char *line, const char *name, uint64_t *number)
{
	size_t len = strlen(name);

	if (strncmp(line, name, len) != 0 ||
	    (line[len] != ' ' && line[len] != ':'))
		return false;
	*number = strtoull(line + len + strspn(line + len, ": "), NULL, 10);
	return true;
}

/* CPUs with higher numbers are ignored. */
#define MOST_CPUS 8192

/* The numbers that the machine gives to a socket and its cores. */
struct place {
	long socket, core;
};

static bool
take_number(const char *line, void *number)
{
	*(long *)number = strtol(line, NULL, 10);
	return true;
}

static bool
read_place(const char *root, size_t cpu, enum cpu_unit unit,
    struct place *place)
{
	char path[PATH_MAX];
	int n;

	n = snprintf(path, sizeof(path),
	    "%s/sys/devices/system/cpu/cpu%zu/topology/physical_package_id",
	    root, cpu);
	if (n >= (int)sizeof(path) ||
	    proc_each_line(path, take_number, &place->socket) != 0)
		return false;
	if (unit == CPU_SOCKETS)
		return true;
	(void)snprintf(path, sizeof(path),
	    "%s/sys/devices/system/cpu/cpu%zu/topology/core_id", root, cpu);
	return proc_each_line(path, take_number, &place->core) == 0;
}

static bool
is_known(const struct place *places, unsigned n, struct place place)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (places[i].socket == place.socket &&
		    places[i].core == place.core)
			return true;
	return false;
}

/*
 * Counts the different cores or sockets to which the CPUs of the mask belong.  Returns 0 if
 * /sys does not tell.
 */
static unsigned
count_places(const char *root, enum cpu_unit unit, const cpu_set_t *mask,
    size_t size)
{
	struct place *places = calloc(MOST_CPUS, sizeof(*places));
	unsigned n = 0;
	size_t cpu;

	for (cpu = 0; places != NULL && cpu < MOST_CPUS; cpu++) {
		struct place place = { 0 };

		if (CPU_ISSET_S(cpu, size, mask) &&
		    read_place(root, cpu, unit, &place) &&
		    !is_known(places, n, place))
			places[n++] = place;
	}
	free(places);
	return n;
}

unsigned
cpu_topology_count(enum cpu_unit unit, const char *root)
{
	unsigned threads = (unsigned)prun_cpu_count(), n = 0;
	size_t size = CPU_ALLOC_SIZE(MOST_CPUS);
	cpu_set_t *mask = CPU_ALLOC(MOST_CPUS);

	if (unit != CPU_THREADS && mask != NULL &&
	    sched_getaffinity(0, size, mask) == 0)
		n = count_places(root, unit, mask, size);
	if (mask != NULL)
		CPU_FREE(mask);
	if (n == 0)
		n = unit == CPU_SOCKETS ? 1 : threads;
	return n < threads ? n : threads;
}

/* If the limit is higher, it is not worth counting all processes. */
#define LOW_LIMIT 4096

/* If the file says "max", there is no limit. */
static bool
take_value(const char *line, void *arg)
{
	char *end;
	uint64_t value = strtoull(line, &end, 10);

	if (end != line)
		*(uint64_t *)arg = value;
	return true;
}

/*
 * There is only one path at a time, because each page of the stack that is touched costs
 * each run a page fault.
 */
struct cgroup_room {
	char path[PATH_MAX];
	size_t root; /* how long the prefix is that tests put before the path */
	uint64_t room;
};

/* Reads the file name, which is put after the first so many bytes of the path. */
static void
take_limit(struct cgroup_room *c, size_t length, const char *name,
    uint64_t *number)
{
	if (strlcpy(c->path + length, name, sizeof(c->path) - length) <
	    sizeof(c->path) - length)
		(void)proc_each_line(c->path, take_value, number);
}

static uint64_t
room_of_folder(struct cgroup_room *c, size_t length)
{
	uint64_t most = UINT64_MAX, now = 0;

	take_limit(c, length, "/pids.max", &most);
	if (most == UINT64_MAX)
		return most;
	take_limit(c, length, "/pids.current", &now);
	return most > now ? most - now : 0;
}

/* The limits of all cgroups above this one hold as well. */
static void
look_upwards(struct cgroup_room *c, const char *mount, const char *path)
{
	const size_t top = c->root + strlen(mount);
	uint64_t room;
	size_t length;
	int n = snprintf(c->path + c->root, sizeof(c->path) - c->root, "%s%s",
	    mount, strcmp(path, "/") != 0 ? path : "");

	if (n < 0 || (size_t)n >= sizeof(c->path) - c->root)
		return;
	for (length = c->root + (size_t)n; length >= top; length--) {
		if (length > top && c->path[length] != '/' &&
		    c->path[length] != '\0')
			continue;
		room = room_of_folder(c, length);
		c->path[length] = '\0';
		if (room < c->room)
			c->room = room;
	}
}

/*
 * "8:pids:/path" names the group of version 1.  If there is none, the limits are in
 * "0::/path", the group of version 2, which comes last.
 */
static bool
look_at_cgroup(const char *line, void *arg)
{
	const char *controllers = strchr(line, ':'), *path;

	if (controllers == NULL)
		return false;
	controllers++;
	path = strchr(controllers, ':');
	if (path == controllers)
		look_upwards(arg, "/sys/fs/cgroup", path + 1);
	else if (path == NULL || strncmp(controllers, "pids:", 5) != 0)
		return false;
	else
		look_upwards(arg, "/sys/fs/cgroup/pids", path + 1);
	return true;
}

uint64_t
process_room_of_cgroup(const char *root)
{
	struct cgroup_room c;

	c.room = UINT64_MAX;
	c.root = strlcpy(c.path, root, sizeof(c.path));
	if (strlcat(c.path, "/proc/self/cgroup", sizeof(c.path)) <
	    sizeof(c.path))
		(void)proc_each_line(c.path, look_at_cgroup, &c);
	return c.room;
}

/*
 * The folder of a process belongs to the user of the process.  Its number of links is that
 * of its threads and two more.
 */
static uint64_t
count_threads_of(uid_t user)
{
	struct dirent *entry;
	uint64_t count = 0;
	char path[PATH_MAX];
	DIR *proc = opendir("/proc");
	struct stat st;

	if (proc == NULL)
		return 0;
	while ((entry = readdir(proc)) != NULL) {
		if (*entry->d_name < '1' || *entry->d_name > '9')
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%s/task",
		    entry->d_name);
		if (stat(path, &st) == 0 && st.st_uid == user &&
		    st.st_nlink > 2)
			count += st.st_nlink - 2;
	}
	(void)closedir(proc);
	return count;
}

uint64_t
process_room_of_user(void)
{
	struct rlimit limit;
	uint64_t now;

	/* For root the kernel does not check this limit. */
	if (getuid() == 0 || getrlimit(RLIMIT_NPROC, &limit) == -1 ||
	    limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > LOW_LIMIT)
		return UINT64_MAX;
	now = count_threads_of(getuid());
	return limit.rlim_cur > now ? limit.rlim_cur - now : 0;
}
