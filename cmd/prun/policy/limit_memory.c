/* SPDX-License-Identifier: ISC */

/*
 * Owns --memfree and --memsuspend: how much memory is free, on the machine and in
 * the memory groups (cgroup v1 and v2) that prun is in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/limit.h"
#include "policy/machine.h"

#define GROUP_NAME 4096

static bool
read_available(const char *line, void *arg)
{
	return proc_take_number(line, "MemAvailable", arg);
}

/* The files of memory groups.  The two versions of cgroups give them different names. */
struct hierarchy {
	const char *root;
	const char *controller; /* the name in /proc/self/cgroup */
	const char *max, *used;
	/* the name in memory.stat of memory that the kernel can free at once */
	const char *cache;
};

static const struct hierarchy hierarchies[] = {
	{ "/sys/fs/cgroup", "", "memory.max", "memory.current",
	    "inactive_file" },
	{ "/sys/fs/cgroup/memory", "memory", "memory.limit_in_bytes",
	    "memory.usage_in_bytes", "total_inactive_file" },
};

struct own_group {
	const char *controller;
	char path[GROUP_NAME];
};

/* Reads a line such as "4:memory:/path", "5:cpu,cpuacct:/path" or "0::/path". */
static bool
read_own_group(const char *line, void *arg)
{
	struct own_group *own = arg;
	const char *list = strchr(line, ':');
	size_t len;

	while (list != NULL && *list++ != '\0') {
		len = strcspn(list, ",:");
		if (len == strlen(own->controller) &&
		    strncmp(list, own->controller, len) == 0)
			break;
		list = list[len] == ',' ? list + len : NULL;
	}
	if (list == NULL || (list = strchr(list, ':')) == NULL)
		return false;
	(void)snprintf(own->path, sizeof(own->path), "%s", list + 1);
	return true;
}

static bool
read_first(const char *line, void *arg)
{
	uint64_t *number = arg;
	char *end;

	*number = strtoull(line, &end, 10);
	if (end == line)
		*number = UINT64_MAX; /* the file says "max" */
	return true;
}

struct cache {
	const char *name;
	uint64_t bytes;
};

static bool
read_cache(const char *line, void *arg)
{
	struct cache *cache = arg;

	return proc_take_number(line, cache->name, &cache->bytes);
}

/* How much memory that group may still take; UINT64_MAX if it has no limit. */
static uint64_t
group_room(const struct hierarchy *h, const char *group)
{
	struct cache cache = { h->cache, 0 };
	uint64_t max = UINT64_MAX, used = 0;
	char path[GROUP_NAME + 64];

	(void)snprintf(path, sizeof(path), "%s%s/%s", h->root, group, h->max);
	if (proc_each_line(path, read_first, &max) != 0 || max == UINT64_MAX)
		return UINT64_MAX;
	(void)snprintf(path, sizeof(path), "%s%s/%s", h->root, group, h->used);
	if (proc_each_line(path, read_first, &used) != 0)
		return UINT64_MAX;
	(void)snprintf(path, sizeof(path), "%s%s/memory.stat", h->root, group);
	(void)proc_each_line(path, read_cache, &cache);
	used -= cache.bytes < used ? cache.bytes : used;
	return used < max ? max - used : 0;
}

/* The least room that prun's group, or a group that it is in, leaves. */
static uint64_t
hierarchy_room(const struct hierarchy *h)
{
	struct own_group own = { .controller = h->controller };
	uint64_t least = UINT64_MAX, room;
	char *slash;

	if (proc_each_line("/proc/self/cgroup", read_own_group, &own) != 0)
		return least;
	for (;;) {
		room = group_room(h, own.path);
		if (room < least)
			least = room;
		slash = strrchr(own.path, '/');
		if (slash == NULL)
			return least;
		*slash = '\0';
	}
}

/*
 * Finds how many bytes a new process could have without swapping: on the machine, and in
 * the memory groups that this process is in, if these are limited.
 */
static int
memory_available(double *available)
{
	uint64_t kilobytes = 0, room;
	int error = proc_each_line("/proc/meminfo", read_available, &kilobytes);

	*available = (double)kilobytes * 1024;
	for (size_t i = 0; i < sizeof(hierarchies) / sizeof(hierarchies[0]);
	     i++) {
		room = hierarchy_room(&hierarchies[i]);
		if (room != UINT64_MAX && (double)room < *available)
			*available = (double)room;
	}
	return error;
}

static bool
memfree_wanted(const struct limit_rules *rules)
{
	return rules->free > 0;
}

static enum limit_answer
memfree_try(struct limit *l, int64_t now)
{
	const double wanted = l->context->rules->free;
	double available;

	(void)now;
	if (memory_available(&available) != 0 || available >= wanted)
		return LIMIT_YES;
	return available < wanted / 2 ? LIMIT_KILL : LIMIT_NO;
}

static enum limit_relief
memfree_relieve(struct limit *l)
{
	return memfree_try(l, 0) == LIMIT_KILL ? RELIEF_KILL : RELIEF_NONE;
}

const struct limit_ops limit_memfree = {
	.size = sizeof(struct limit),
	.wanted = memfree_wanted,
	.try = memfree_try,
	.relieve = memfree_relieve,
};

static bool
memsuspend_wanted(const struct limit_rules *rules)
{
	return rules->suspend > 0;
}

static enum limit_relief
memsuspend_relieve(struct limit *l)
{
	const double wanted = l->context->rules->suspend;
	double available;

	if (memory_available(&available) != 0 || available >= 2 * wanted)
		return RELIEF_RESUME;
	return available < wanted ? RELIEF_SUSPEND_ALL : RELIEF_SUSPEND;
}

/* A job that would have to be suspended at once is not started. */
static enum limit_answer
memsuspend_try(struct limit *l, int64_t now)
{
	(void)now;
	return memsuspend_relieve(l) == RELIEF_RESUME ? LIMIT_YES : LIMIT_NO;
}

const struct limit_ops limit_memsuspend = {
	.size = sizeof(struct limit),
	.wanted = memsuspend_wanted,
	.try = memsuspend_try,
	.relieve = memsuspend_relieve,
};
