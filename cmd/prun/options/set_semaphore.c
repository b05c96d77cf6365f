/* SPDX-License-Identifier: ISC */

/* Owns the setters of the semaphore's options: each of them implies --semaphore. */
#include <errno.h>

#include "options/set.h"

int
set_semaphore(struct options *o, const struct option_row *row, const char *name,
    const char *value, struct message *m)
{
	(void)row, (void)name, (void)value, (void)m;
	o->semaphore.enabled = true;
	return 0;
}

int
set_semaphore_name(struct options *o, const struct option_row *row,
    const char *name, const char *value, struct message *m)
{
	(void)row, (void)name, (void)m;
	o->semaphore.enabled = true;
	o->semaphore.name = value;
	return 0;
}

int
set_semaphore_timeout(struct options *o, const struct option_row *row,
    const char *name, const char *value, struct message *m)
{
	bool negative = value[0] == '-';
	double seconds;
	int error = duration_parse(name, value + negative, &seconds, m);

	(void)row;
	if (error != 0)
		return error;
	o->semaphore.enabled = true;
	o->semaphore.timeout = negative ? -seconds : seconds;
	return 0;
}

int
set_foreground(struct options *o, const struct option_row *row,
    const char *name, const char *value, struct message *m)
{
	(void)row, (void)name, (void)value, (void)m;
	o->semaphore.enabled = true;
	o->semaphore.foreground = true;
	return 0;
}

int
set_wait(struct options *o, const struct option_row *row, const char *name,
    const char *value, struct message *m)
{
	(void)row, (void)name, (void)value, (void)m;
	o->semaphore.enabled = true;
	o->semaphore.wait = true;
	return 0;
}
