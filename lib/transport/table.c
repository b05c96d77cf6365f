/* SPDX-License-Identifier: ISC */

/* Owns the choice of a transport.  A new transport gets its line here. */
#include <stddef.h>

#include "transport/remote.h"
#include "transport/transport.h"

static const struct transport_ops local = { .name = "local" };

const struct transport_ops *
transport_of(const struct prun_spec *spec)
{
	if (spec->host != NULL)
		return &transport_remote;
	return spec->sudo != NULL ? &transport_sudo : &local;
}
