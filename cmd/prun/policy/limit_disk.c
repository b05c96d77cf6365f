/* SPDX-License-Identifier: ISC */

/* Owns --limit "io N": no start while a disk is busy for N per cent of the time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/limit.h"
#include "policy/machine.h"

/* Ns between two looks at the disks. */
#define SPAN INT64_C(1000000000)
#define NS_PER_MS 1e6
#define DISKS 128

/* For each disk how long it has been busy. */
struct disks {
	struct {
		char name[32];
		uint64_t busy; /* ms */
	} disk[DISKS];

	unsigned n;
};

struct limit_disk {
	struct limit limit;
	int64_t seen_at; /* ns; 0: never */
	struct disks seen;
	bool known; /* there were two looks */
	double
	    percent; /* how busy the busiest was between the last two of them */
};

static bool
wanted(const struct limit_rules *rules)
{
	return rules->disk > 0;
}

/* See Documentation/admin-guide/iostats.rst: the tenth number behind the name. */
static bool
read_disk(const char *line, void *arg)
{
	struct disks *d = arg;
	unsigned long long n;
	char busy[24], *end;

	if (d->n == DISKS)
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

/* How long the busiest disk was busy from one look to the next, in ms. */
static uint64_t
busiest(const struct disks *before, const struct disks *after)
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

/* Until it is known the answer is no. */
static enum limit_answer
try(struct limit *l, int64_t now)
{
	struct limit_disk *d = (struct limit_disk *)l;
	const int64_t span = now - d->seen_at;
	struct disks disks = { .n = 0 };

	if (d->seen_at == 0 || span >= SPAN) {
		if (proc_each_line("/proc/diskstats", read_disk, &disks) != 0)
			return LIMIT_YES;
		d->known = d->seen_at != 0;
		d->percent = 100 * NS_PER_MS *
		    (double)busiest(&d->seen, &disks) / (double)span;
		d->seen = disks;
		d->seen_at = now;
	}
	return d->known && d->percent < l->context->rules->disk ? LIMIT_YES :
								  LIMIT_NO;
}

const struct limit_ops limit_disk = {
	.size = sizeof(struct limit_disk),
	.wanted = wanted,
	.try = try,
};
