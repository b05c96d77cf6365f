/* SPDX-License-Identifier: ISC */

/* Tuples are gathered to the input of jobs. */
#include <errno.h>

#include "input/batch.h"
#include "input/input.h"
#include "t.h"

static struct message message;

/* Like "echo v1 v2": a blank and the bytes. */
static size_t
cost_of(void *arg, const struct text *values, size_t n, size_t first)
{
	size_t i, cost = 0;

	(void)arg, (void)first;
	for (i = 0; i < n; i++)
		cost += values[i].len + 1;
	return cost;
}

/* The numbers 1 to n as jobs: blanks between values, a slash behind each job. */
static const char *
jobs_of(size_t n, struct batch_options options)
{
	static char out[8192];
	static char digits[1000][8];
	static const char *words[1000];
	struct source_spec source = { .kind = SOURCE_ARGUMENTS,
		.words = words,
		.nwords = n };
	struct input_options io = { .sources = &source, .nsources = 1 };
	struct batch_cost cost = { .base = 4, .tuple = cost_of };
	struct batches *batches;
	struct input *in;
	struct batch b;
	size_t i, len = 0;
	uint64_t seq = 0;
	int r;

	for (i = 0; i < n; i++) {
		snprintf(digits[i], sizeof digits[i], "%zu", i + 1);
		words[i] = digits[i];
	}
	CHECK_INT(input_new(&io, &message, &in), 0);
	CHECK_INT(batches_new(&options, &cost, in, &batches), 0);
	out[0] = '\0';
	while ((r = batches_next(batches, &b, &message)) > 0) {
		CHECK_INT(b.seq, ++seq);
		for (i = 0; i < b.nvalues; i++)
			len += (size_t)snprintf(out + len, sizeof out - len,
			    "%s%.*s", i ? " " : "", (int)b.values[i].len,
			    b.values[i].data);
		CHECK(b.ntuples == 0 || b.ends[b.ntuples - 1] == b.nvalues);
		len += (size_t)snprintf(out + len, sizeof out - len, "/");
	}
	CHECK_INT(r, 0);
	CHECK_INT(batches_next(batches, &b, &message), 0);
	batches_free(batches);
	input_free(in);
	return out;
}

#define JOBS(n, ...) jobs_of(n, (struct batch_options){ __VA_ARGS__ })

TEST(one_each)
{
	CHECK_STR(JOBS(3), "1/2/3/");
	CHECK_STR(JOBS(3, .max_args = 1), "1/2/3/");
	CHECK_STR(JOBS(0), "");
}

TEST(max_args)
{
	CHECK_STR(JOBS(7, .max_args = 3), "1 2 3/4 5 6/7/");
	CHECK_STR(JOBS(6, .max_args = 3), "1 2 3/4 5 6/");
	CHECK_STR(JOBS(7, .max_args = 3, .slots = 4), "1 2 3/4 5 6/7/");
}

TEST(no_values)
{
	CHECK_STR(JOBS(2, .no_values = true, .max_args = 1), "//");
}

TEST(fill)
{
	CHECK_STR(JOBS(9, .fill = true), "1 2 3 4 5 6 7 8 9/");
	CHECK_STR(JOBS(0, .fill = true), "");
	CHECK_STR(JOBS(5, .fill = true, .max_args = 2), "1 2/3 4/5/");
}

TEST(spread_evenly_at_the_end)
{
	CHECK_STR(JOBS(10, .fill = true, .spread = true, .slots = 4),
	    "1 2 3/4 5 6/7 8 9/10/");
	CHECK_STR(JOBS(3, .fill = true, .spread = true, .slots = 5), "1/2/3/");
	CHECK_STR(JOBS(7, .fill = true, .spread = true, .slots = 4,
		      .max_args = 5),
	    "1 2 3 4 5/6/7/");
	CHECK_STR(JOBS(8, .fill = true, .spread = true, .slots = 4,
		      .max_args = 4),
	    "1 2 3 4/5/6/7/8/");
	CHECK_STR(JOBS(4, .fill = true, .spread = true), "1 2 3 4/");
}

/* "echo" and blanks and digits, and a NUL. */
TEST(length_limit)
{
	CHECK_STR(JOBS(9, .fill = true, .max_chars = 11), "1 2 3/4 5 6/7 8 9/");
	CHECK_STR(JOBS(9, .fill = true, .max_chars = 12), "1 2 3/4 5 6/7 8 9/");
	CHECK_STR(JOBS(9, .fill = true, .max_chars = 13), "1 2 3 4/5 6 7 8/9/");
	CHECK_STR(JOBS(4, .max_args = 3, .max_chars = 9), "1 2/3 4/");
	CHECK_STR(JOBS(9, .fill = true, .spread = true, .slots = 2,
		      .max_chars = 13),
	    "1 2 3 4/5 6 7 8/9/");
}

/* A value that is too long is a job of its own; the command reports the error. */
TEST(too_long_alone)
{
	CHECK_STR(JOBS(3, .fill = true, .max_chars = 5), "1/2/3/");
}

TEST(total_is_known_beforehand)
{
	static const char *const words[] = { "a", "b", "c" };
	struct source_spec source = { .kind = SOURCE_ARGUMENTS,
		.words = words,
		.nwords = 3 };
	struct input_options io = { .sources = &source, .nsources = 1 };
	struct batch_options options = { .max_args = 2 };
	struct batches *batches;
	struct input *in;
	struct batch b;

	CHECK_INT(input_new(&io, &message, &in), 0);
	CHECK_INT(batches_new(&options, NULL, in, &batches), 0);
	batches_need_total(batches);
	CHECK_INT(batches_next(batches, &b, &message), 1);
	CHECK_INT(b.total, 2);
	CHECK_INT(b.nvalues, 2);
	CHECK_INT(batches_next(batches, &b, &message), 1);
	CHECK_INT(b.total, 2);
	CHECK_INT(b.nvalues, 1);
	CHECK_INT(batches_next(batches, &b, &message), 0);
	batches_free(batches);
	input_free(in);
}

static void
check_ends(bool need_total)
{
	static const char *const words[] = { "a,b", "c", "d,e,f", "g,h" };
	static const size_t ends[] = { 2, 3, 6 };
	const struct source_spec source = { .kind = SOURCE_ARGUMENTS,
		.words = words,
		.nwords = 4 };
	struct input_options io = { .sources = &source,
		.nsources = 1,
		.colsep = "," };
	struct batch_options options = { .max_args = 3 };
	struct batches *batches;
	struct input *in;
	struct batch b;
	size_t i;

	CHECK_INT(input_new(&io, &message, &in), 0);
	CHECK_INT(batches_new(&options, NULL, in, &batches), 0);
	if (need_total)
		batches_need_total(batches);
	CHECK_INT(batches_next(batches, &b, &message), 1);
	CHECK_INT(b.ntuples, 3);
	for (i = 0; i < 3; i++)
		CHECK_INT(b.ends[i], ends[i]);
	CHECK(text_equals(b.values[5], "f"));
	CHECK_INT(batches_next(batches, &b, &message), 1);
	CHECK_INT(b.ntuples, 1);
	CHECK_INT(b.ends[0], 2);
	CHECK(text_equals(b.values[1], "h"));
	batches_free(batches);
	input_free(in);
}

TEST(tuples_end_where_they_say)
{
	check_ends(false);
	check_ends(true);
}
