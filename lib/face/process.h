/* SPDX-License-Identifier: ISC */

/* What prun_process is made of. */
#ifndef FACE_PROCESS_H
#define FACE_PROCESS_H

#include <stdbool.h>

#include "base/buf.h"
#include "exec/child.h"
#include "exec/stdio.h"
#include "prun.h"

struct prun_process {
	struct child child;
	struct stdio stdio;
	struct prun_result result;
	bool talking; /* communicate() has taken its input */
	struct buf input;
	size_t fed; /* bytes of it that are written */
	struct buf output[2]; /* read so far */
};

#endif
