/* SPDX-License-Identifier: ISC */

/*
 * Structures of prun.h that a program gives, converted to the library's size; and a
 * copy of a spec for a job that waits: all that it points to is packed behind it,
 * except what only the start of a job needs.
 */
#ifndef PROCESS_SPEC_COPY_H
#define PROCESS_SPEC_COPY_H

#include <stddef.h>

#include "base/sized.h"
#include "prun.h"

/* The size of a spec when it was first published. */
#define SPEC_FIRST SIZED_UP_TO(struct prun_spec, input_pipe)

/*
 * Copy a spec.  The result is one block, for free(3): first `before` bytes for the
 * caller, all zero, then the copy at *copy.  NULL: no memory.  The password, and the
 * data of functions, are not copied: they stay the caller's.  Zeros at the end of
 * the copy are left out, and its size is less by that: spec_whole() makes a whole
 * spec of it again.
 */
void *spec_copy(const struct prun_spec *spec, size_t before,
    struct prun_spec **copy);

/* Make a whole spec of a copy.  It points to the same strings as the copy. */
void spec_whole(struct prun_spec *whole, const struct prun_spec *copy);

/* The conversion of structures between the program's size and the library's. */

/* The size of each structure when it was first published. */
#define RESULT_FIRST SIZED_UP_TO(struct prun_result, tail_len)
#define OUTPUT_FIRST SIZED_UP_TO(struct prun_output, result.tail_len)
#define SUDO_FIRST SIZED_UP_TO(struct prun_sudo, preserve)
#define SUDO_ANSWER_FIRST SIZED_UP_TO(struct prun_sudo_answer, status)

/* A spec, and the structure that it points to and that has a size of its own. */
struct spec_in {
	struct prun_spec spec;
	struct prun_sudo sudo;
};

/*
 * Convert the program's spec, which has size bytes.  0; or -EINVAL or -E2BIG as
 * sized_in().
 */
int spec_in(struct spec_in *own, const struct prun_spec *from, size_t size);

/* Is the size of the program's result valid? NULL is valid, too. */
int result_check(const struct prun_result *to);

/* Fill in the program's result, which was checked.  NULL: nothing is done. */
void result_out(struct prun_result *to, const struct prun_result *own);

#endif
