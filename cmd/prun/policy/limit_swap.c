/* SPDX-License-Identifier: ISC */

/* Owns --noswap: no start while pages are swapped both in and out. */
#include "policy/limit.h"
#include "policy/machine.h"

/* Ns between two looks at the counters. */
#define SPAN INT64_C(1000000000)

struct swap {
	uint64_t in, out; /* pages since the machine was started */
};

struct limit_swap {
	struct limit limit;
	int64_t seen_at; /* ns; 0: never */
	struct swap seen;
	bool known; /* there were two looks */
	bool swaps; /* between the last two of them */
};

static bool
wanted(const struct limit_rules *rules)
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

/* Until it is known the answer is no. */
static enum limit_answer
try(struct limit *l, int64_t now)
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
	.wanted = wanted,
	.try = try,
};
