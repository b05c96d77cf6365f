/* SPDX-License-Identifier: ISC */

/* Owns --load: how many processes run or wait for a disk. */
#include "policy/limit.h"
#include "policy/machine.h"

struct load {
	uint64_t running, blocked;
};

static bool
wanted(const struct limit_rules *rules)
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

/* A machine that does not tell its load is not held back by it. */
static enum limit_answer
try(struct limit *l, int64_t now)
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
	.wanted = wanted,
	.try = try,
};
