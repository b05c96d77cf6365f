/* SPDX-License-Identifier: ISC */

/*
 * Whether the machine has room for one more job: --load, --memfree, --noswap and
 * --limit; and whether it has too little for those that run: --memfree and
 * --memsuspend.  With none of these nothing is ever looked at.
 */
#ifndef POLICY_ADMIT_H
#define POLICY_ADMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/machine.h"

/* All zero: all are let in. */
struct admit_rules {
	double load; /* only below so many running processes; 0: unset */
	double free; /* bytes of memory that must be free; 0: unset */
	double suspend; /* --memsuspend, bytes; 0: unset */
	double disk; /* only when disks are busy for less, per cent; 0: unset */
	bool noswap;
	const char *command; /* --limit: asks a command; NULL: unset */
};

enum admit_verdict {
	ADMIT_YES = 0,
	ADMIT_NO, /* ask again later */
	ADMIT_TOO_MUCH, /* no, and the youngest job is to be killed */
};

/* What --memsuspend wants of the jobs. */
enum admit_crowd {
	CROWD_GROW = 0, /* resume one that stands still */
	CROWD_SHRINK, /* suspend one */
	CROWD_ONE, /* suspend all but one */
};

struct admit {
	struct admit_rules rules;
	int64_t swap_seen, disks_seen; /* ns; 0: never */
	/* What came out between the last two looks. */
	bool swap_known, disks_known;
	bool swaps;
	double disk_percent;
	struct machine_swap swap;
	struct machine_disks disks;
};

bool admit_any(const struct admit_rules *rules);

/* The rules but --limit, at the time now (ns, monotonic). */
enum admit_verdict admit_machine(struct admit *a, int64_t now);

/* What the exit status of the --limit command means. */
enum admit_verdict admit_command(int status);

/* For --memsuspend. */
enum admit_crowd admit_crowd(const struct admit *a);

#endif
