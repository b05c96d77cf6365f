/* SPDX-License-Identifier: ISC */

/*
 * How many CPUs this process may keep busy.
 */
#ifndef PROCESS_CPU_H
#define PROCESS_CPU_H

/*
 * n = cpu_count();
 *
 * The smallest of the calling thread's affinity mask (which holds online CPUs
 * only) and the CPU quotas of its cgroup and of every visible ancestor of that,
 * v1 and v2, rounded up.  At least 1; never fails.  Reads a handful of small
 * files: call it once.  Any thread.
 */
int cpu_count(void);

/*
 * The quotas alone, read from the tree under root ("" is the real one):
 * ROOT/proc/self/cgroup, ROOT/proc/self/mountinfo and what they lead to.
 * At least 1; INT_MAX when there is no quota or none can be read.
 */
int cpu_quota(const char *root);

#endif
