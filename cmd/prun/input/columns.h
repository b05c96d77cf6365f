/* SPDX-License-Identifier: ISC */

/*
 * A record cut into its values (by --colsep, as CSV, or not at all), which are
 * then trimmed.  The source is needed because a quoted CSV field may go on in
 * the next record.
 */
#ifndef INPUT_COLUMNS_H
#define INPUT_COLUMNS_H

#include <csv.h>
#include <stdbool.h>
#include <stddef.h>

#include "input/input_options.h"
#include "input/source.h"
#include "text/text.h"

struct pattern;

struct columns {
	const struct input_options *options; /* lent */
	struct pattern *separator; /* --colsep, when it is an expression */
	char separator_byte; /* --colsep, when it is one plain byte; else 0 */
	bool trim_left, trim_right;

	struct texts values; /* of the last record */

	struct csv_parser csv;
	bool csv_ready;
	bool csv_row; /* libcsv has seen the end of the row */
	int csv_error;
	struct bytes csv_bytes; /* the fields' bytes, one after the other */
};

/* options outlives it. */
int columns_init(struct columns *c, const struct input_options *options,
    struct message *m);
void columns_fini(struct columns *c);

/*
 * The next record of source as values in c->values, good until the next call.
 * 1, 0 at the end, -errno.
 */
int columns_next(struct columns *c, struct source *source, struct message *m);

#endif
