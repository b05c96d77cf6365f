/* SPDX-License-Identifier: ISC */

/* Owns the syntax of --rlimit.  Sets no limit itself. */
#include <sys/resource.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rlimits.h"

static const struct {
	const char *name;
	int resource;
} names[] = {
	{ "as", RLIMIT_AS },
	{ "core", RLIMIT_CORE },
	{ "cpu", RLIMIT_CPU },
	{ "data", RLIMIT_DATA },
	{ "fsize", RLIMIT_FSIZE },
	{ "locks", RLIMIT_LOCKS },
	{ "memlock", RLIMIT_MEMLOCK },
	{ "msgqueue", RLIMIT_MSGQUEUE },
	{ "nice", RLIMIT_NICE },
	{ "nofile", RLIMIT_NOFILE },
	{ "nproc", RLIMIT_NPROC },
	{ "rss", RLIMIT_RSS },
	{ "rtprio", RLIMIT_RTPRIO },
	{ "rttime", RLIMIT_RTTIME },
	{ "sigpending", RLIMIT_SIGPENDING },
	{ "stack", RLIMIT_STACK },
};

_Static_assert(sizeof(names) / sizeof(names[0]) <= RLIMITS_MAX,
    "room for each");

static bool
find_resource(struct text name, int *resource)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!text_equals(name, names[i].name))
			continue;
		*resource = names[i].resource;
		return true;
	}
	return false;
}

/*
 * Returns the number that a unit stands for.  K is 1024, as for ulimit; k is the same,
 * since no limit is counted in thousands.
 */
static rlim_t
unit_of(char unit)
{
	switch (unit | 0x20) {
	case 'k':
		return (rlim_t)1 << 10;
	case 'm':
		return (rlim_t)1 << 20;
	case 'g':
		return (rlim_t)1 << 30;
	case 't':
		return (rlim_t)1 << 40;
	}
	return 0;
}

/*
 * Parses one number or "unlimited".  Returns the text after it, or NULL if there is no
 * number.
 */
static const char *
parse_number(const char *s, rlim_t *number)
{
	static const char unlimited[] = "unlimited";
	unsigned long long n;
	rlim_t unit;
	char *end;

	if (strncmp(s, unlimited, sizeof(unlimited) - 1) == 0) {
		*number = RLIM_INFINITY;
		return s + sizeof(unlimited) - 1;
	}
	if (*s < '0' || *s > '9')
		return NULL;
	errno = 0;
	n = strtoull(s, &end, 10);
	unit = unit_of(*end);
	if (unit != 0)
		end++;
	else
		unit = 1;
	if (errno != 0 || n > (RLIM_INFINITY - 1) / unit)
		return NULL;
	*number = n * unit;
	return end;
}

static const char *
parse_limit(const char *s, struct rlimit *limit)
{
	s = parse_number(s, &limit->rlim_cur);
	if (s == NULL)
		return NULL;
	limit->rlim_max = limit->rlim_cur;
	if (*s == ':')
		s = parse_number(s + 1, &limit->rlim_max);
	if (s == NULL || limit->rlim_cur > limit->rlim_max ||
	    (*s != ',' && *s != '\0'))
		return NULL;
	return s;
}

static void
rlimits_set(struct rlimits *rl, const struct prun_rlimit *limit)
{
	size_t i = 0;

	while (i < rl->n && rl->list[i].resource != limit->resource)
		i++;
	rl->list[i] = *limit;
	if (i == rl->n)
		rl->n++;
}

int
rlimits_parse(const char *value, struct rlimits *rl, struct message *m)
{
	struct prun_rlimit limit;
	const char *s = value, *end;
	size_t len;

	for (;; s = end + 1) {
		len = strcspn(s, "=,");
		if (!find_resource((struct text){ s, len }, &limit.resource))
			return message_set(m, -EINVAL,
			    "--rlimit %s: '%.*s' is no limit of setrlimit(2)",
			    value, (int)len, s);
		if (s[len] != '=' ||
		    (end = parse_limit(s + len + 1, &limit.limit)) == NULL)
			return message_set(m, -EINVAL,
			    "--rlimit %s: %.*s needs a number, NUMBER:NUMBER or unlimited",
			    value, (int)len, s);
		rlimits_set(rl, &limit);
		if (*end == '\0')
			return 0;
	}
}
