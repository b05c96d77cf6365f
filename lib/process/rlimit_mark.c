/* SPDX-License-Identifier: ISC */

/*
 * Owns the form of the number: a bit that no other limit has, 30 bits for the run and
 * 32 for the job.  Knows no process and no job.
 */
#include <sys/resource.h>

#include <string.h>

#include "process/rlimit_mark.h"

#define MARKED (UINT64_C(1) << 62)
#define RUN_SHIFT 32
#define RUN_MASK ((UINT64_C(1) << 30) - 1)
#define JOB_MASK UINT64_C(0xffffffff)

/* FNV-1a, folded. */
static uint64_t
run_number(const char *mark, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)mark[i]) *
		    UINT64_C(0x100000001b3);
	return (hash ^ (hash >> 30)) & RUN_MASK;
}

uint64_t
rlimit_mark_of(const char *mark)
{
	size_t len = strcspn(mark, ".");
	uint64_t job = 0;

	for (const char *s = mark + len; *s != '\0'; s++) {
		if (*s >= '0' && *s <= '9')
			job = job * 10 + (uint64_t)(*s - '0');
	}
	return MARKED | run_number(mark, len) << RUN_SHIFT | (job & JOB_MASK);
}

bool
rlimit_mark_is_free(uint64_t limit)
{
	return limit == RLIM_INFINITY || limit >> 62 == 1;
}

bool
rlimit_mark_match(uint64_t limit, const char *mark)
{
	uint64_t wanted = rlimit_mark_of(mark);

	if (limit >> 62 != 1)
		return false;
	if (strchr(mark, '.') == NULL)
		return limit >> RUN_SHIFT == wanted >> RUN_SHIFT;
	return limit == wanted;
}
