/* SPDX-License-Identifier: ISC */

/* Owns the reading of /proc and of memory groups.  Decides nothing. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/machine.h"

#define GROUP_NAME 4096

/* Call for each line until it returns true.  0 or -errno. */
typedef bool line_fn(const char *line, void *arg);

static int
each_line(const char *path, line_fn *fn, void *arg)
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

/* "name   123 kB": the number behind the name. */
static bool
take_number(const char *line, const char *name, uint64_t *number)
{
	size_t len = strlen(name);
	char *end;

	if (strncmp(line, name, len) != 0 ||
	    (line[len] != ' ' && line[len] != ':'))
		return false;
	*number = strtoull(line + len + strspn(line + len, ": "), &end, 10);
	return true;
}

struct load {
	uint64_t running, blocked;
};

static bool
read_load(const char *line, void *arg)
{
	struct load *load = arg;

	(void)take_number(line, "procs_running", &load->running);
	return take_number(line, "procs_blocked", &load->blocked);
}

int
machine_load(double *load)
{
	struct load seen = { 0 };
	int error = each_line("/proc/stat", read_load, &seen);

	/* Whoever asks is running. */
	if (seen.running > 0)
		seen.running--;
	*load = (double)(seen.running + seen.blocked);
	return error;
}

static bool
read_available(const char *line, void *arg)
{
	return take_number(line, "MemAvailable", arg);
}

/* The files of memory groups, which the two versions of them name differently. */
struct hierarchy {
	const char *root;
	const char *controller; /* in /proc/self/cgroup */
	const char *max, *used;
	const char *cache; /* in memory.stat: what can be had back */
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

/* "4:memory:/path", "5:cpu,cpuacct:/path", "0::/path" */
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
		*number = UINT64_MAX; /* "max" */
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

	return take_number(line, cache->name, &cache->bytes);
}

/* What that group may still have; UINT64_MAX: it is not limited. */
static uint64_t
source_set_room(const struct hierarchy *h, const char *group)
{
	struct cache cache = { h->cache, 0 };
	uint64_t max = UINT64_MAX, used = 0;
	char path[GROUP_NAME + 64];

	(void)snprintf(path, sizeof(path), "%s%s/%s", h->root, group, h->max);
	if (each_line(path, read_first, &max) != 0 || max == UINT64_MAX)
		return UINT64_MAX;
	(void)snprintf(path, sizeof(path), "%s%s/%s", h->root, group, h->used);
	if (each_line(path, read_first, &used) != 0)
		return UINT64_MAX;
	(void)snprintf(path, sizeof(path), "%s%s/memory.stat", h->root, group);
	(void)each_line(path, read_cache, &cache);
	used -= cache.bytes < used ? cache.bytes : used;
	return used < max ? max - used : 0;
}

/* The least room that our group, or one that it is in, leaves. */
static uint64_t
hierarchy_room(const struct hierarchy *h)
{
	struct own_group own = { .controller = h->controller };
	uint64_t least = UINT64_MAX, room;
	char *slash;

	if (each_line("/proc/self/cgroup", read_own_group, &own) != 0)
		return least;
	for (;;) {
		room = source_set_room(h, own.path);
		if (room < least)
			least = room;
		slash = strrchr(own.path, '/');
		if (slash == NULL)
			return least;
		*slash = '\0';
	}
}

int
machine_memory(double *available)
{
	uint64_t kilobytes = 0, room;
	int error = each_line("/proc/meminfo", read_available, &kilobytes);

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
read_swap(const char *line, void *arg)
{
	struct machine_swap *swap = arg;

	(void)take_number(line, "pswpin", &swap->in);
	return take_number(line, "pswpout", &swap->out);
}

int
machine_swap(struct machine_swap *swap)
{
	*swap = (struct machine_swap){ 0 };
	return each_line("/proc/vmstat", read_swap, swap);
}

/* See Documentation/admin-guide/iostats.rst: the tenth number behind the name. */
static bool
read_disk(const char *line, void *arg)
{
	struct machine_disks *d = arg;
	unsigned long long n;
	char busy[24], *end;

	if (d->n == MACHINE_DISKS)
		return true;
	if (sscanf(line,
		"%*s %*s %31s %*s %*s %*s %*s %*s %*s %*s %*s %*s %23s",
		d->disk[d->n].name, busy) != 2)
		return false;
	n = strtoull(busy, &end, 10);
	if (*end == '\0')
		d->disk[d->n++].busy = n;
	return false;
}

int
machine_disks(struct machine_disks *disks)
{
	disks->n = 0;
	return each_line("/proc/diskstats", read_disk, disks);
}

uint64_t
machine_disks_busy(const struct machine_disks *before,
    const struct machine_disks *after)
{
	uint64_t most = 0, busy;

	for (unsigned i = 0; i < after->n; i++) {
		for (unsigned j = 0; j < before->n; j++) {
			if (strcmp(after->disk[i].name, before->disk[j].name) !=
			    0)
				continue;
			busy = after->disk[i].busy - before->disk[j].busy;
			if (after->disk[i].busy > before->disk[j].busy &&
			    busy > most)
				most = busy;
		}
	}
	return most;
}
