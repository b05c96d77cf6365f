/* SPDX-License-Identifier: ISC */

/* The job log's lines to text and back, and what is concluded from them. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "results/joblog_line.h"
#include "results/resume.h"
#include "t.h"

static const char header[] =
    "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand";

static const struct prun_result result = {
	.status = 3,
	.started = 1700000000.1234,
	.elapsed = 12.3456,
	.slot = 7,
	.usage = { .ru_utime = { 1, 500000 },
	    .ru_stime = { 0, 250000 },
	    .ru_maxrss = 4096 },
};

static struct joblog_entry
entry_of(const char *command)
{
	return (struct joblog_entry){ .seq = 12,
		.result = &result,
		.sent = 5,
		.received = 6,
		.tries = 2,
		.command = text_of(command) };
}

/* A line of the entry; the caller frees it. */
static struct bytes
line_of(const struct joblog_entry *entry, unsigned columns)
{
	struct bytes line = { 0 };

	CHECK_INT(joblog_line_add(&line, entry, columns), 0);
	CHECK(line.len > 0 && line.data[line.len - 1] == '\n');
	CHECK(memchr(line.data, '\n', line.len - 1) == NULL);
	line.len--;
	return line;
}

TEST(line)
{
	struct joblog_entry e = entry_of("echo a");
	struct bytes line = line_of(&e, 0);

	CHECK_INT(bytes_terminate(&line), 0);
	CHECK_STR(line.data,
	    "12\t:\t1700000000.123\t    12.346\t5\t6\t3\t0\techo a");
	bytes_fini(&line);
	e.key = text_of("k\te\ny\\");
	line = line_of(&e, JOBLOG_EXTRA | JOBLOG_KEY);
	CHECK_INT(bytes_terminate(&line), 0);
	CHECK_STR(line.data,
	    "12\t:\t1700000000.123\t    12.346\t5\t6\t3\t0\techo a"
	    "\t1.500\t0.250\t4096\t2\t7\tk\\te\\ny\\\\");
	bytes_fini(&line);
	e.flaky = true;
	line = line_of(&e, JOBLOG_EXTRA | JOBLOG_FLAKY);
	CHECK_INT(bytes_terminate(&line), 0);
	CHECK_STR(line.data,
	    "12\t:\t1700000000.123\t    12.346\t5\t6\t3\t0\techo a"
	    "\t1.500\t0.250\t4096\t2\t7\t1");
	bytes_fini(&line);
}

TEST(how_it_ended)
{
	struct prun_result r = { .status = 137, .signal = SIGKILL };

	CHECK_INT(joblog_exitval(&r), 137);
	CHECK_INT(joblog_signal(&r), SIGKILL);
	r.flags = PRUN_RESULT_TIMED_OUT;
	CHECK_INT(joblog_exitval(&r), -1);
	CHECK_INT(joblog_signal(&r), SIGKILL);
	/* It caught the signal and left with a status. */
	r = (struct prun_result){ .status = 2, .flags = PRUN_RESULT_TIMED_OUT };
	CHECK_INT(joblog_exitval(&r), -1);
	CHECK_INT(joblog_signal(&r), SIGTERM);
}

TEST(headers)
{
	for (unsigned columns = 0; columns < 8; columns++) {
		struct bytes line = { 0 };
		struct text text;
		unsigned found = 99;

		CHECK_INT(joblog_line_add_header(&line, columns), 0);
		text = (struct text){ line.data, line.len - 1 };
		CHECK(joblog_line_is_header(text, &found));
		CHECK_INT(found, columns);
		if (columns == 0)
			CHECK_MEM(text.data, text.len, header,
			    sizeof(header) - 1);
		for (size_t n = 0; n + 1 < sizeof(header); n++) {
			text.len = n;
			CHECK(!joblog_line_is_header(text, &found));
			CHECK(joblog_line_is_torn_header(text));
		}
		bytes_fini(&line);
	}
	CHECK(!joblog_line_is_header(text_of("Seq\tHost"), &(unsigned){ 0 }));
	CHECK(!joblog_line_is_torn_header(text_of("Seq\thost")));
	CHECK(!joblog_line_is_torn_header(text_of("root:x:0:0")));
}

TEST(header_and_more)
{
	struct bytes line = { 0 };
	unsigned columns;

	CHECK_INT(bytes_add_string(&line, header), 0);
	CHECK_INT(bytes_add_string(&line, "\tKey\tWhat"), 0);
	CHECK(!joblog_line_is_header(bytes_text(&line), &columns));
	bytes_fini(&line);
}

/* Whatever stands in a command or key: it comes back. */
TEST(there_and_back)
{
	static const char *const texts[] = { "", "echo a", "\t", "a\tb\t",
		"two\nlines\n", "\\", "\\n", "\\\\t", "\xff\xfe", "1\t2\t3",
		"trailing\\" };
	const size_t n = sizeof(texts) / sizeof(texts[0]);

	for (unsigned columns = 0; columns < 4; columns++) {
		for (size_t i = 0; i < n * n; i++) {
			struct joblog_entry e = entry_of(texts[i / n]);
			struct joblog_row row;
			struct bytes line;

			e.key = text_of(texts[i % n]);
			line = line_of(&e, columns);
			CHECK_INT(bytes_terminate(&line), 0);
			CHECK(joblog_line_parse(line.data, line.len, columns,
			    &row));
			CHECK_INT(row.seq, 12);
			CHECK_INT(row.exitval, 3);
			CHECK_INT(row.signal, 0);
			CHECK_MEM(row.command.data, row.command.len,
			    e.command.data, e.command.len);
			if (columns & JOBLOG_KEY)
				CHECK_MEM(row.key.data, row.key.len, e.key.data,
				    e.key.len);
			else
				CHECK(row.key.data == NULL);
			bytes_fini(&line);
		}
	}
}

/* GNU parallel's own lines: a host may have a name, an exit value a sign. */
TEST(lines_of_others)
{
	char line[] = "3\tserver\t1700000000.000\t     0.002\t0\t0\t-1\t15\tx";
	struct joblog_row row;

	CHECK(joblog_line_parse(line, sizeof(line) - 1, 0, &row));
	CHECK_INT(row.seq, 3);
	CHECK_INT(row.exitval, -1);
	CHECK_INT(row.signal, 15);
	CHECK_MEM(row.command.data, row.command.len, "x", 1);
}

TEST(no_lines)
{
	static const char *const bad[] = { "", "\t", "1", "1\t:\t1\t1\t0\t0\t0",
		"1\t:\t1\t1\t0\t0\t0\t0", "0\t:\t1\t1\t0\t0\t0\t0\tx",
		"-1\t:\t1\t1\t0\t0\t0\t0\tx", "a\t:\t1\t1\t0\t0\t0\t0\tx",
		"1\t:\tsoon\t1\t0\t0\t0\t0\tx", "1\t:\t1\t \t0\t0\t0\t0\tx",
		"1\t:\t1\t1\t0\t0\t\t0\tx", "1\t:\t1\t1\t0\t0\t0x\t0\tx",
		"99999999999999999999\t:\t1\t1\t0\t0\t0\t0\tx",
		"root:x:0:0:root:/root:/bin/bash" };
	struct joblog_row row;
	char line[128];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)strlcpy(line, bad[i], sizeof(line));
		if (joblog_line_parse(line, strlen(line), 0, &row))
			T_FAIL("taken: %s", bad[i]);
	}
	(void)strlcpy(line, "1\t:\t1\t1\t0\t0\t0\t0\tcommand", sizeof(line));
	CHECK(!joblog_line_parse(line, strlen(line), JOBLOG_KEY, &row));
	CHECK(!joblog_line_parse(line, strlen(line), JOBLOG_EXTRA, &row));
}

/* No prefix of a line reads beyond its end. */
TEST(torn_lines)
{
	struct joblog_entry e = entry_of("echo a\nb");
	struct joblog_row row;
	struct bytes line;
	char *copy;

	e.key = text_of("key");
	line = line_of(&e, JOBLOG_EXTRA | JOBLOG_KEY);
	for (size_t n = 0; n < line.len; n++) {
		copy = malloc(n + 1); /* the NUL is what strtod() stops at */
		CHECK(copy != NULL);
		memcpy(copy, line.data, n);
		copy[n] = '\0';
		(void)joblog_line_parse(copy, n, JOBLOG_EXTRA | JOBLOG_KEY,
		    &row);
		free(copy);
	}
	bytes_fini(&line);
}

static void
tell(struct resume *r, uint64_t seq, long exitval, const char *command,
    const char *key)
{
	const struct joblog_row row = { .seq = seq,
		.exitval = exitval,
		.command = text_of(command),
		.key = key != NULL ? text_of(key) : (struct text){ 0 } };

	CHECK_INT(resume_add(&row, r), 0);
}

static bool
has(struct resume *r, uint64_t seq, const char *command, const char *key)
{
	return resume_has(r, text_of(""), seq, text_of(command), text_of(key));
}

TEST(resume_by_number)
{
	for (int kind = RESUME_ENDED; kind <= RESUME_FAILED; kind++) {
		struct resume *r;

		CHECK_INT(resume_new((enum resume_kind)kind, false, false, &r),
		    0);
		tell(r, 2, 0, "b", NULL);
		tell(r, 1000, 0, "m", NULL);
		tell(r, 4, 1, "d", NULL);
		CHECK(!has(r, 1, "a", ""));
		CHECK(has(r, 2, "b", ""));
		CHECK(!has(r, 3, "c", ""));
		CHECK_INT(has(r, 4, "d", ""), kind == RESUME_ENDED);
		CHECK(has(r, 1000, "m", ""));
		CHECK(!has(r, 1001, "n", ""));
		CHECK_INT(resume_differing(r), 0);
		CHECK(has(r, 2, "B", ""));
		CHECK_INT(resume_differing(r), 1);
		resume_free(r);
	}
}

/* A line of a log. */
struct line {
	uint64_t seq;
	long exitval;
	const char *command; /* NULL: behind the last line */
};

/* A job of the run that resumes. */
struct wanted {
	uint64_t seq;
	const char *command, *key; /* NULL: behind the last job */
	bool done;
};

/* --resume-failed: which of the jobs that log says are done. */
static void
check_resume_failed(bool by_content, const struct line *line,
    const struct wanted *job)
{
	struct resume *r;

	CHECK_INT(resume_new(RESUME_FAILED, by_content, false, &r), 0);
	for (; line->command != NULL; line++)
		tell(r, line->seq, line->exitval, line->command, NULL);
	for (; job->command != NULL; job++)
		CHECK_INT(has(r, job->seq, job->command, job->key), job->done);
	resume_free(r);
}

/* A job that was run again has several lines: the last one counts. */
TEST(resume_last_line)
{
	const struct line log[] = { { 1, 1, "a" }, { 1, 0, "a" }, { 2, 0, "b" },
		{ 2, 1, "b" }, { 0 } };
	const struct wanted jobs[] = { { 1, "a", "", true },
		{ 2, "b", "", false }, { 0 } };

	check_resume_failed(false, log, jobs);
}

TEST(resume_signal_is_failure)
{
	const struct joblog_row row = { .seq = 1,
		.signal = 9,
		.command = text_of("a") };
	struct resume *r;

	CHECK_INT(resume_new(RESUME_FAILED, false, false, &r), 0);
	CHECK_INT(resume_add(&row, r), 0);
	CHECK(!has(r, 1, "a", ""));
	resume_free(r);
}

/* Memory follows the numbers: one that no run has written is refused. */
TEST(resume_wild_number)
{
	const struct joblog_row row = { .seq = UINT64_MAX,
		.command = text_of("a") };
	struct resume *r;

	CHECK_INT(resume_new(RESUME_ENDED, false, false, &r), 0);
	CHECK_INT(resume_add(&row, r), -EINVAL);
	CHECK(!has(r, 1, "a", ""));
	resume_free(r);
}

TEST(resume_by_content)
{
	char key[16];
	struct resume *r;

	CHECK_INT(resume_new(RESUME_ENDED, true, false, &r), 0);
	CHECK(!has(r, 1, "x", "x"));
	for (unsigned i = 1; i <= 1000; i++) {
		(void)snprintf(key, sizeof(key), "key %u", i);
		tell(r, i, i % 2, "same", key);
	}
	tell(r, 1001, 0, "same", "key 1");
	for (unsigned i = 1000; i >= 1; i--) {
		(void)snprintf(key, sizeof(key), "key %u", i);
		CHECK(has(r, 1, "other", key));
		CHECK_INT(has(r, 1, "other", key), i == 1);
	}
	CHECK(!has(r, 1, "same", "key 1001"));
	resume_free(r);
}

/* --resume-failed by content; and a log without keys is known by commands. */
TEST(resume_by_command)
{
	const struct line log[] = { { 1, 0, "good" }, { 2, 1, "bad" }, { 0 } };
	const struct wanted jobs[] = { { 7, "good", "whatever", true },
		{ 1, "good", "whatever", false }, { 2, "bad", "good", false },
		{ 0 } };

	check_resume_failed(true, log, jobs);
}

TEST(retry_failed)
{
	struct text command;
	struct resume *r;
	uint64_t seq;

	CHECK_INT(resume_new(RESUME_RETRY, false, false, &r), 0);
	tell(r, 9, 1, "nine", NULL);
	tell(r, 3, 1, "three", NULL);
	tell(r, 4, 0, "four", NULL);
	tell(r, 5, 1, "five", NULL);
	tell(r, 5, 0, "five", NULL);
	CHECK_INT(resume_failed(r), 2);
	CHECK(resume_next_failed(r, text_of(""), &seq, &command));
	CHECK_INT(seq, 3);
	CHECK(text_equals(command, "three"));
	CHECK(resume_next_failed(r, text_of(""), &seq, &command));
	CHECK_INT(seq, 9);
	CHECK(text_equals(command, "nine"));
	CHECK(!resume_next_failed(r, text_of(""), &seq, &command));
	resume_free(r);
}
