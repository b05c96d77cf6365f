/* SPDX-License-Identifier: ISC */

/* Owns the setters of the semaphore's options: each of them implies --semaphore. */
#include "options/set.h"

SETTER(set_semaphore_name)
{
	UNUSED(row), UNUSED(name), UNUSED(m);
	o->semaphore.enabled = true;
	o->semaphore.name = value;
	return 0;
}

SETTER(set_semaphore_timeout)
{
	bool negative = value[0] == '-';
	double seconds;
	int error = duration_parse(name, value + negative, &seconds, m);

	UNUSED(row);
	if (error != 0)
		return error;
	o->semaphore.enabled = true;
	o->semaphore.timeout = negative ? -seconds : seconds;
	return 0;
}

SETTER(set_foreground)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->semaphore.enabled = true;
	o->semaphore.foreground = true;
	return 0;
}

SETTER(set_wait)
{
	UNUSED(row), UNUSED(name), UNUSED(value), UNUSED(m);
	o->semaphore.enabled = true;
	o->semaphore.wait = true;
	return 0;
}
