/* SPDX-License-Identifier: ISC */

/*
 * A copy of a spec for a job that waits: all that it points to, packed behind it, and
 * nothing that only its start needs.
 */
#ifndef PROCESS_SPEC_COPY_H
#define PROCESS_SPEC_COPY_H

#include <stddef.h>

#include "base/sized.h"
#include "prun.h"

/* What a spec had when it was published. */
#define SPEC_FIRST SIZED_UP_TO(struct prun_spec, input_pipe)

/*
 * In one block: before bytes of the caller's, all zero, then the copy at *copy.  To be
 * freed with free(3).  NULL: no memory.  What a password or a function's argument points
 * to stays the caller's.  The zeros at the copy's end are left out, and its size says
 * so: spec_whole() has to make a spec of it again.
 */
void *spec_copy(const struct prun_spec *spec, size_t before,
    struct prun_spec **copy);

/* What the copy points to stays there. */
void spec_whole(struct prun_spec *whole, const struct prun_spec *copy);

#endif
