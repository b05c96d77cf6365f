/* SPDX-License-Identifier: ISC */

/* What the kernel tells of how busy the machine is. */
#ifndef POLICY_MACHINE_H
#define POLICY_MACHINE_H

#include <stdint.h>

#define MACHINE_DISKS 128

/* Processes that run or wait for a disk, without the caller.  0 or -errno. */
int machine_load(double *load);

/*
 * Bytes that a new process could have without swapping: of the machine, and of
 * the memory groups (v1 and v2) that this process is in, where these are limited.
 * 0 or -errno.
 */
int machine_memory(double *available);

/* Pages swapped since the machine was started.  0 or -errno. */
struct machine_swap {
	uint64_t in, out;
};

int machine_swap(struct machine_swap *swap);

/* For each disk how long it has been busy. */
struct machine_disks {
	struct {
		char name[32];
		uint64_t busy; /* ms */
	} disk[MACHINE_DISKS];

	unsigned n;
};

int machine_disks(struct machine_disks *disks);

/* How long that one was busy which was busiest from one look to the next, ms. */
uint64_t machine_disks_busy(const struct machine_disks *before,
    const struct machine_disks *after);

#endif
