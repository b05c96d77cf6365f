/* SPDX-License-Identifier: ISC */

/* The structures of prun.h as a program gives them, brought to the library's size. */
#ifndef API_SPEC_IN_H
#define API_SPEC_IN_H

#include "base/sized.h"
#include "process/spec_copy.h"
#include "prun.h"

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
