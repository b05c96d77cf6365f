/* SPDX-License-Identifier: ISC */

/* How many CPUs this process can keep busy. */
#ifndef PROCESS_CPU_H
#define PROCESS_CPU_H

/*
 * n = cpu_count();
 *
 * The smallest of these, rounded up: the number of CPUs in the calling thread's
 * affinity mask (which has only CPUs that are online), and the CPU quotas (v1 and
 * v2) of its cgroup and of all ancestors of that cgroup that are visible.  At least
 * 1; it never fails.  It reads several small files, so call it once.  Any thread.
 */
int cpu_count(void);

/*
 * The quotas alone, read from the tree under root ("" is the real one):
 * ROOT/proc/self/cgroup, ROOT/proc/self/mountinfo and the files that they name.  At
 * least 1; INT_MAX: there is no quota, or none can be read.
 */
int cpu_quota(const char *root);

#endif
