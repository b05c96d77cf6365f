/* SPDX-License-Identifier: ISC */

/* How many cores and sockets the CPUs make up that prun may use. */
#ifndef POLICY_CPU_TOPOLOGY_H
#define POLICY_CPU_TOPOLOGY_H

enum cpu_unit {
	CPU_THREADS = 0,
	CPU_CORES, /* which may hold several threads */
	CPU_SOCKETS,
};

/*
 * At most prun_cpu_count(), and at least 1.  root: "", or the folder in which a
 * copy of /sys stands; where that does not tell, every thread is a core of one
 * socket.
 */
unsigned cpu_topology_count(enum cpu_unit unit, const char *root);

#endif
