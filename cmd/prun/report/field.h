/* SPDX-License-Identifier: ISC */

/*
 * One field of a row, whose bytes come in pieces: quoted as its format wants
 * it.  Pure.
 */
#ifndef REPORT_FIELD_H
#define REPORT_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "text/text.h"

/*
 * All zero: no field is open.  separator is ',' or a tab; 0: a JSON string.
 */
struct field {
	char separator;
	bool quoted; /* CSV: the quote is out */
	/* CSV: no reason to quote yet.  JSON: half a character. */
	struct bytes held;
};

void field_begin(struct field *f, char separator);

/* Add bytes, as they are written, to out.  0 or -ENOMEM. */
int field_add(struct field *f, struct bytes *out, const char *data, size_t len);
int field_end(struct field *f, struct bytes *out);

void field_fini(struct field *f);

#endif
