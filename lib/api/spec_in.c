/* SPDX-License-Identifier: ISC */

/* Owns the way of specs into the library and of results out of it. */
#include "api/spec_in.h"

int
spec_in(struct spec_in *own, const struct prun_spec *from, size_t size)
{
	const struct prun_sudo *sudo;
	int error = sized_in(&own->spec, sizeof(own->spec), from, size,
	    SPEC_FIRST);

	if (error != 0 || own->spec.sudo == NULL)
		return error;
	sudo = own->spec.sudo;
	own->spec.sudo = &own->sudo;
	return sized_in(&own->sudo, sizeof(own->sudo), sudo, sudo->size,
	    SUDO_FIRST);
}

int
result_check(const struct prun_result *to)
{
	return to != NULL ? sized_check(to->size, RESULT_FIRST) : 0;
}

void
result_out(struct prun_result *to, const struct prun_result *own)
{
	if (to != NULL)
		sized_out(to, to->size, own, sizeof(*own));
}
