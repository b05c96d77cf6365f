/* SPDX-License-Identifier: ISC */

/*
 * Owns the limits that look at the machine.  --load: how many processes run or wait for a
 * disk.  --noswap: no job starts while pages are swapped both in and out.  --limit "io N":
 * no job starts while a disk is busy for N per cent of the time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/limit.h"
#include "policy/machine.h"

struct load {
	uint64_t running, blocked;
};

static bool
load_wanted(const struct limit_rules *rules)
{
	return rules->load > 0;
}

static bool
read_load(const char *line, void *arg)
{
	struct load *load = arg;

	(void)proc_take_number(line, "procs_running", &load->running);
	return proc_take_number(line, "procs_blocked", &load->blocked);
}

/* If the machine does not tell its load, the answer is yes. */
static enum limit_answer
load_try(struct limit *l, int64_t now)
{
	struct load seen = { 0 };

	(void)now;
	if (proc_each_line("/proc/stat", read_load, &seen) != 0)
		return LIMIT_YES;
	/* prun itself runs while it asks. */
	if (seen.running > 0)
		seen.running--;
	return (double)(seen.running + seen.blocked) < l->context->rules->load ?
	    LIMIT_YES :
	    LIMIT_NO;
}

const struct limit_ops limit_load = {
	.size = sizeof(struct limit),
	.wanted = load_wanted,
	.try = load_try,
};

/* Nanoseconds between two looks at the counters or the disks. */
#define SPAN INT64_C(1000000000)

struct swap {
	/* how many pages were swapped since the machine was started */
	uint64_t in, out;
};

struct limit_swap {
	struct limit limit;
	int64_t seen_at; /* in nanoseconds; 0 if there was no look yet */
	struct swap seen;
	bool known; /* there were two looks */
	/* pages were swapped in and out between the last two looks */
	bool swaps;
};

static bool
swap_wanted(const struct limit_rules *rules)
{
	return rules->noswap;
}

static bool
read_swap(const char *line, void *arg)
{
	struct swap *swap = arg;

	(void)proc_take_number(line, "pswpin", &swap->in);
	return proc_take_number(line, "pswpout", &swap->out);
}

/* Until it is known, the answer is no. */
static enum limit_answer
swap_try(struct limit *l, int64_t now)
{
	struct limit_swap *s = (struct limit_swap *)l;
	struct swap swap = { 0 };

	if (s->seen_at == 0 || now - s->seen_at >= SPAN) {
		if (proc_each_line("/proc/vmstat", read_swap, &swap) != 0)
			return LIMIT_YES;
		s->known = s->seen_at != 0;
		s->swaps = swap.in > s->seen.in && swap.out > s->seen.out;
		s->seen = swap;
		s->seen_at = now;
	}
	return s->known && !s->swaps ? LIMIT_YES : LIMIT_NO;
}

const struct limit_ops limit_swap = {
	.size = sizeof(struct limit_swap),
	.wanted = swap_wanted,
	.try = swap_try,
};

#define NS_PER_MS 1e6
#define DISKS 128

/* How long each disk has been busy. */
struct disks {
	struct {
		char name[32];
		uint64_t busy; /* in milliseconds */
	} disk[DISKS];

	unsigned n;
};

struct limit_disk {
	struct limit limit;
	int64_t seen_at; /* in nanoseconds; 0 if there was no look yet */
	struct disks seen;
	bool known; /* there were two looks */
	/* how busy the busiest disk was between the last two looks */
	double percent;
};

static bool
disk_wanted(const struct limit_rules *rules)
{
	return rules->disk > 0;
}

/* The tenth number after the name: see Documentation/admin-guide/iostats.rst. */
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

/* How many milliseconds the busiest disk was busy between two looks. */
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

/* Until it is known, the answer is no. */
static enum limit_answer
disk_try(struct limit *l, int64_t now)
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
	.wanted = disk_wanted,
	.try = disk_try,
};
