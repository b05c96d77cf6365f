/* SPDX-License-Identifier: ISC */

/*
 * What the kernel tells of this machine in files of /proc and /sys, which are lines with
 * names and numbers: its CPUs, and how many more processes and threads may be started.
 */
#ifndef POLICY_MACHINE_H
#define POLICY_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* line is without its newline, and lent.  True: no more lines are wanted. */
typedef bool proc_line_fn(const char *line, void *arg);

/* Calls fn for each line until it returns true.  0 or -errno. */
int proc_each_line(const char *path, proc_line_fn *fn, void *arg);

/* "name   123 kB", "name: 123": the number behind the name.  False: another line. */
bool proc_take_number(const char *line, const char *name, uint64_t *number);

/* How many cores and sockets the CPUs make up that prun may use. */

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

/* How many more processes and threads may be started. */

/*
 * What pids.max of the process's cgroups leaves; UINT64_MAX: there is no limit.  The
 * kernel's files stand below root, which is "" but in tests.
 */
uint64_t process_room_of_cgroup(const char *root);

/* What RLIMIT_NPROC leaves this user; UINT64_MAX: there is no limit, or a high one. */
uint64_t process_room_of_user(void);

#endif
