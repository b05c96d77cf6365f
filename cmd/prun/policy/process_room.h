/* SPDX-License-Identifier: ISC */

/* How many more processes and threads may be started. */
#ifndef POLICY_PROCESS_ROOM_H
#define POLICY_PROCESS_ROOM_H

#include <stdint.h>

/*
 * What pids.max of the process's cgroups leaves; UINT64_MAX: there is no limit.  The
 * kernel's files stand below root, which is "" but in tests.
 */
uint64_t process_room_of_cgroup(const char *root);

/* What RLIMIT_NPROC leaves this user; UINT64_MAX: there is no limit, or a high one. */
uint64_t process_room_of_user(void);

#endif
