/* SPDX-License-Identifier: ISC */

/* Owns the reading of /sys/devices/system/cpu: see cpu_topology.h. */
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/cpu_topology.h"
#include "policy/proc_file.h"
#include "prun.h"

/* CPUs with higher numbers are not looked at. */
#define MOST_CPUS 8192

/* What makes a core or a socket one: its numbers in the machine. */
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

/* How many different places the CPUs of the mask have; 0: /sys does not tell. */
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
