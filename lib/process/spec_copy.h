/* SPDX-License-Identifier: ISC */

/*
 * The structures of prun.h as a program gives them, brought to the library's size; and a
 * copy of a spec for a job that waits: all that it points to, packed behind it, and
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

/* The structures of prun.h as a program gives them, brought to the library's size. */

/* What each had when it was published; SPEC_FIRST is in process/spec_copy.h. */
#define RESULT_FIRST SIZED_UP_TO(struct prun_result, tail_len)
#define OUTPUT_FIRST SIZED_UP_TO(struct prun_output, result.tail_len)
#define SUDO_FIRST SIZED_UP_TO(struct prun_sudo, preserve)
#define SUDO_ANSWER_FIRST SIZED_UP_TO(struct prun_sudo_answer, status)

/* A spec and what it points to that has a size of its own. */
struct spec_in {
	struct prun_spec spec;
	struct prun_sudo sudo;
};

/* from has size bytes.  0, or -EINVAL or -E2BIG as sized_in(). */
int spec_in(struct spec_in *own, const struct prun_spec *from, size_t size);

/* May it be filled in?  NULL is fine. */
int result_check(const struct prun_result *to);

/* sized_out() for what was checked.  NULL is fine. */
void result_out(struct prun_result *to, const struct prun_result *own);

#endif
