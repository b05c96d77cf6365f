/* SPDX-License-Identifier: ISC */

/*
 * What f_input.c and f_csv.c share: records, columns and headers of a source that
 * comes in pieces of any size, with -d, -E, -r, -L, --trim, --colsep, --header and
 * --skip-first-line.
 */
#ifndef SOURCES_H
#define SOURCES_H

#include "fuzz.h"
#include "input/input.h"

static inline ssize_t
next_piece(void *arg, int fd, void *buf, size_t len)
{
	struct fuzz *f = arg;
	size_t n = 1 + fuzz_byte(f) % 64;

	(void)fd;
	if (n > len)
		n = len;
	if (n > f->len)
		n = f->len;
	if (n > 0)
		memcpy(buf, f->data, n);
	f->data += n;
	f->len -= n;
	return (ssize_t)n;
}

static inline void
run(const struct input_options *options)
{
	struct message m = { 0 };
	struct input *in;
	struct tuple t;
	size_t total = 0;
	int r = input_new(options, &m, &in);

	PROMISE((r < 0) == (m.text[0] != '\0'));
	if (r < 0)
		return;
	for (int n = 0; n < 1000; n++) {
		if ((r = input_next(in, &t, &m)) <= 0)
			break;
		for (size_t i = 0; i < t.nvalues; i++)
			for (size_t at = 0; at < t.values[i].len; at++)
				total += (unsigned char)t.values[i].data[at];
	}
	PROMISE((r < 0) == (m.text[0] != '\0'));
	PROMISE(total < SIZE_MAX);
	input_free(in);
}

static inline void
fuzz_sources(const uint8_t *data, size_t len, bool csv)
{
	struct fuzz f = { data, len };
	unsigned flags = fuzz_byte(&f), more = fuzz_byte(&f);
	struct source_spec source = { .kind = SOURCE_FILE,
		.path = "/dev/null" };
	struct input_options options = {
		.sources = &source,
		.nsources = 1,
		.skip_blank = flags & 1,
		.skip_first = flags & 2,
		.join_lines = flags & 4,
		.header = flags & 8,
		.csv = csv,
		.trim = (enum trim)(more % (TRIM_BOTH + 1)),
		.read = next_piece,
		.read_arg = &f,
	};
	char *delimiter = fuzz_word(&f), *eof = fuzz_word(&f);
	char *colsep = fuzz_word(&f);

	if (flags & 16) {
		options.delimiter = delimiter;
		options.delimiter_len = strlen(delimiter);
		if (options.delimiter_len == 0)
			options.delimiter_len = 1; /* -0 */
	}
	if (flags & 32)
		options.eof = eof;
	if (csv)
		colsep[colsep[0] != '\0'] = '\0';
	if ((flags & 64 || csv) && colsep[0] != '\0')
		options.colsep = colsep;
	else if (csv)
		options.colsep = ",";
	run(&options);
	free(delimiter);
	free(eof);
	free(colsep);
}

#endif
