/* SPDX-License-Identifier: ISC */

/*
 * Owns the setters of options that say when jobs start, are retried and given up,
 * and of the options of the semaphore, each of which implies --semaphore.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "options/set.h"

#define LEAST_NICE (-20)
#define MOST_NICE 19
#define MOST_TRIES 1000000000

SETTER(set_halt)
{
	return halt_parse(value, &o->policy.halt, m);
}

SETTER(set_retries)
{
	long long tries = 0;
	const bool template = strchr(value, '{') != NULL;
	int error = template ?
	    0 :
	    number_parse(name, value, 0, MOST_TRIES, &tries, m);

	if (error != 0)
		return error;
	o->policy.retry.set = true;
	o->policy.tries = template ? value : NULL;
	o->policy.retry.tries = (unsigned)tries;
	return 0;
}

/* A copy, owned by the store, of the value without its last len bytes. */
static char *
cut(struct options *o, const char *value, size_t len)
{
	return store_keep(o->store, strndup(value, strlen(value) - len));
}

static int
no_memory(const char *name, struct message *m)
{
	return message_errno(m, -ENOMEM, "%s", name);
}

/* Takes "1s", or "1s,x2": each pause is twice as long as the one before. */
SETTER(set_retry_delay)
{
	const char *comma = strchr(value, ','), *time = value;
	double factor = 1;
	char *end;

	if (comma != NULL) {
		if (comma[1] != 'x' || comma[2] < '0' || comma[2] > '9')
			goto bad;
		factor = strtod(comma + 2, &end);
		if (*end != '\0' ||
		    strspn(comma + 2, "0123456789.") != strlen(comma + 2) ||
		    factor < 1 || factor > 1000)
			goto bad;
		if ((time = cut(o, value, strlen(comma))) == NULL)
			return no_memory(name, m);
	}
	o->policy.retry.factor = factor;
	return duration_parse(name, time, &o->policy.retry.delay, m);
bad:
	return message_set(m, -EINVAL,
	    "%s: '%s' is neither a time nor a time with a factor (1s,x2)", name,
	    value);
}

SETTER(set_retry_on)
{
	return retry_parse_on(value, &o->policy.retry, m);
}

SETTER(set_delay)
{
	static const char automatic[] = "auto";
	const size_t len = sizeof(automatic) - 1;
	const char *time = value;

	o->policy.delay = 0;
	o->policy.delay_auto = false;
	o->policy.delays = strchr(value, '{') != NULL ? value : NULL;
	if (o->policy.delays != NULL)
		return 0;
	o->policy.delay_auto = strlen(value) >= len &&
	    strcmp(value + strlen(value) - len, automatic) == 0;
	if (o->policy.delay_auto) {
		if ((time = cut(o, value, len)) == NULL)
			return no_memory(name, m);
		if (*time == '\0')
			return 0;
	}
	return duration_parse(name, time, &o->policy.delay, m);
}

static int
set_bytes(const char *name, const char *value, double *bytes, struct message *m)
{
	size_t size;
	int error = size_parse(name, value, &size, m);

	if (error == 0)
		*bytes = (double)size;
	return error;
}

SETTER(set_memfree)
{
	return set_bytes(name, value, &o->policy.limits.free, m);
}

SETTER(set_memsuspend)
{
	return set_bytes(name, value, &o->policy.limits.suspend, m);
}

/* "io 50", "load 4" and "mem 1g" are checked by prun; other values are a command. */
SETTER(set_limit)
{
	const char *blank = strchr(value, ' ');
	long long percent;
	int error;

	if (blank != NULL && strncmp(value, "io ", 3) == 0) {
		error = number_parse(name, blank + 1, 1, 100, &percent, m);
		o->policy.limits.disk = (double)percent;
		return error;
	}
	if (blank != NULL && strncmp(value, "mem ", 4) == 0)
		return set_bytes(name, blank + 1, &o->policy.limits.free, m);
	if (blank != NULL && strncmp(value, "load ", 5) == 0)
		o->policy.load = blank + 1;
	else
		o->policy.limits.command = value;
	return 0;
}

SETTER(set_leak)
{
	static const char *const words[] = { "warn", "kill", "ignore", NULL };

	static const enum prun_leak leaks[] = { PRUN_LEAK_REPORT,
		PRUN_LEAK_KILL, PRUN_LEAK_IGNORE };

	int i = word_parse(name, value, words, m);

	if (i < 0)
		return i;
	o->policy.leak = leaks[i];
	return 0;
}

SETTER(set_rlimit)
{
	return rlimits_parse(value, &o->policy.rlimits, m);
}

SETTER(set_nice)
{
	long long nice;
	int error = number_parse(name, value, INT_MIN, INT_MAX, &nice, m);

	if (error != 0)
		return error;
	o->policy.nice_set = true;
	/* As with nice(1), more than the most is the most. */
	o->policy.nice = nice > MOST_NICE ? MOST_NICE :
	    nice < LEAST_NICE             ? LEAST_NICE :
					    (int)nice;
	return 0;
}

static bool
is_variable(const char *name)
{
	static const char
	    letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

	if (*name == '\0' || strchr(letters, *name) == NULL)
		return false;
	while (*name != '\0' &&
	    (strchr(letters, *name) != NULL || (*name >= '0' && *name <= '9')))
		name++;
	return *name == '\0';
}

SETTER(set_slot_variable)
{
	if (!is_variable(value))
		return message_set(m, -EINVAL,
		    "%s: '%s' is no name of a variable", name, value);
	o->policy.slot_variable = value;
	return 0;
}

SETTER(set_template)
{
	const char *equals = strchr(value, '=');

	if (equals == NULL || equals == value || equals[1] == '\0')
		return message_set(m, -EINVAL,
		    "%s: '%s' is not FILE=NAME: of both a file name is needed",
		    name, value);
	return words_add(&o->store->templates, value) != 0 ?
	    message_errno(m, -ENOMEM, "%s", name) :
	    0;
}

/* Files made from --template, copied to a host, or in a folder that prun made are removed. */
SETTER(set_cleanup)
{
	o->policy.cleanup = true;
	return 0;
}

/* finish() in options.c sets -j1 and -u, unless the user gives -j or a mode of output. */
SETTER(set_tty)
{
	o->policy.open_tty = true;
	o->store->tty = true;
	return 0;
}

SETTER(set_semaphore_name)
{
	o->semaphore.enabled = true;
	o->semaphore.name = value;
	return 0;
}

SETTER(set_semaphore_timeout)
{
	bool negative = value[0] == '-';
	double seconds;
	int error = duration_parse(name, value + negative, &seconds, m);

	if (error != 0)
		return error;
	o->semaphore.enabled = true;
	o->semaphore.timeout = negative ? -seconds : seconds;
	return 0;
}

SETTER(set_foreground)
{
	o->semaphore.enabled = true;
	o->semaphore.foreground = true;
	return 0;
}

SETTER(set_wait)
{
	o->semaphore.enabled = true;
	o->semaphore.wait = true;
	return 0;
}
