/* SPDX-License-Identifier: ISC */

/*
 * One field of a row: its bytes come in pieces, and go out quoted as the format of
 * the row wants them.  Pure.
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
	bool quoted; /* CSV: the opening quote has been written */
	/* CSV: bytes that need no quotes so far.  JSON: the first bytes of a character. */
	struct bytes held;
};

void field_begin(struct field *f, char separator);

/* Add bytes of the field to out, quoted.  0 or -ENOMEM. */
int field_add(struct field *f, struct bytes *out, const char *data, size_t len);
int field_end(struct field *f, struct bytes *out);

void field_fini(struct field *f);

#endif
