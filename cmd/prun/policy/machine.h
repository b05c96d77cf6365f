/* SPDX-License-Identifier: ISC */

/*
 * What the kernel tells about this machine in files of /proc and /sys, which are lines with
 * names and numbers: its CPUs, and how many more processes and threads may be started.
 */
#ifndef POLICY_MACHINE_H
#define POLICY_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Gets a line without its newline, which is lent.  Returns true if it wants no more lines.
 */
typedef bool proc_line_fn(const char *line, void *arg);

/* Calls fn for each line until fn returns true.  Returns 0 or -errno. */
int proc_each_line(const char *path, proc_line_fn *fn, void *arg);

/*
 * Reads the number from a line such as "name   123 kB" or "name: 123".  Returns false if
 * the line has another name.
 */
bool proc_take_number(const char *line, const char *name, uint64_t *number);

/* Counts the cores or sockets of the CPUs that prun may use. */

enum cpu_unit {
	CPU_THREADS = 0,
	CPU_CORES, /* a core may have several threads */
	CPU_SOCKETS,
};

/*
 * Returns at least 1, and at most prun_cpu_count().  root is "", or the folder that holds a
 * copy of /sys.  If that does not tell, each thread counts as a core, and there is one
 * socket.
 */
unsigned cpu_topology_count(enum cpu_unit unit, const char *root);

/* How many more processes and threads may be started: */

/*
 * What pids.max of prun's cgroups leaves; UINT64_MAX if there is no limit.  The kernel's
 * files are looked for below root, which is "" except in tests.
 */
uint64_t process_room_of_cgroup(const char *root);

/* What RLIMIT_NPROC leaves this user; UINT64_MAX if there is no limit, or a high one. */
uint64_t process_room_of_user(void);

#endif
