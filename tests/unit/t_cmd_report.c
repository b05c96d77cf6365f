/* SPDX-License-Identifier: ISC */

/* What is told of jobs: fields and rows, the gauge, the digest, the count. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "live/digest.h"
#include "live/progress.h"
#include "report/color.h"
#include "report/outcome.h"
#include "report/report.h"
#include "results/rows.h"
#include "t.h"

/* The whole field, from pieces of that size; the caller frees it. */
static struct bytes
field_of(char separator, const char *data, size_t len, size_t piece)
{
	struct bytes out = { 0 };
	struct field f = { 0 };
	size_t n;

	field_begin(&f, separator);
	for (size_t i = 0; i < len; i += n) {
		n = len - i < piece ? len - i : piece;
		CHECK_INT(field_add(&f, &out, data + i, n), 0);
	}
	CHECK_INT(field_end(&f, &out), 0);
	field_fini(&f);
	return out;
}

static void
check_field(char separator, const char *data, const char *wanted)
{
	for (size_t piece = 1; piece <= strlen(data) + 1; piece++) {
		struct bytes out = field_of(separator, data, strlen(data),
		    piece);

		CHECK_INT(bytes_terminate(&out), 0);
		CHECK_STR(out.data, wanted);
		bytes_fini(&out);
	}
}

TEST(csv)
{
	check_field(',', "", "");
	check_field(',', "plain", "plain");
	check_field(',', "a\tb", "\"a\tb\"");
	check_field(',', "two words", "\"two words\"");
	check_field(',', "a,b", "\"a,b\"");
	check_field(',', "\"", "\"\"\"\"");
	check_field(',', "say \"x\"\n", "\"say \"\"x\"\"\n\"");
	check_field('\t', "a,b", "a,b");
	check_field('\t', "a\tb", "\"a\tb\"");
}

TEST(csv_large)
{
	static char data[100000];
	struct bytes out;

	memset(data, 'x', sizeof(data));
	out = field_of(',', data, sizeof(data), 4096);
	CHECK_INT(out.len, sizeof(data) + 2);
	CHECK(out.data[0] == '"' && out.data[out.len - 1] == '"');
	CHECK(memcmp(out.data + 1, data, sizeof(data)) == 0);
	bytes_fini(&out);
}

TEST(json)
{
	check_field('\0', "", "\"\"");
	check_field('\0', "plain", "\"plain\"");
	check_field('\0', "\"\\/\n\x01", "\"\\\"\\\\/\\u000a\\u0001\"");
	/* Characters of two, three and four bytes stay what they are. */
	check_field('\0', "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
	    "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
	check_field('\0', "\xff", "\"\\udcff\"");
	/* Half a character, before others and at the end. */
	check_field('\0', "\xe2\x82x", "\"\\udce2\\udc82x\"");
	check_field('\0', "\xf0\x9f\x98", "\"\\udcf0\\udc9f\\udc98\"");
	/* Too long, a surrogate, beyond the last character: no UTF-8. */
	check_field('\0', "\xc0\x80", "\"\\udcc0\\udc80\"");
	check_field('\0', "\xed\xa0\x80", "\"\\udced\\udca0\\udc80\"");
	check_field('\0', "\xf4\x90\x80\x80",
	    "\"\\udcf4\\udc90\\udc80\\udc80\"");
}

static unsigned
hex_of(const char *digits)
{
	char text[5] = { digits[0], digits[1], digits[2], digits[3], '\0' };

	return (unsigned)strtoul(text, NULL, 16);
}

/* A JSON string to bytes, as Python's surrogateescape does it. */
static size_t
json_decode(const struct bytes *in, char *data)
{
	const char *p = in->data + 1, *end = in->data + in->len - 1;
	size_t n = 0;

	CHECK(in->len >= 2 && in->data[0] == '"' && *end == '"');
	while (p < end) {
		if (*p != '\\') {
			CHECK((unsigned char)*p >= ' ' && *p != '"');
			data[n++] = *p++;
		} else if (p[1] == 'u') {
			data[n++] = (char)(hex_of(p + 2) & 0xff);
			p += 6;
		} else {
			data[n++] = p[1];
			p += 2;
		}
	}
	return n;
}

/* Any bytes in any pieces: none is lost, and the pieces make no difference. */
TEST(json_random)
{
	char data[64], back[64];
	unsigned seed = 3;

	for (int round = 0; round < 20000; round++) {
		size_t len = (size_t)rand_r(&seed) % sizeof(data);
		struct bytes whole, pieces;

		for (size_t i = 0; i < len; i++)
			data[i] = (char)(rand_r(&seed) % 3 == 0 ?
				"\xe2\x82\xac\xf0\x9f\x98\x80\"\\\n"
				    [rand_r(&seed) % 10] :
				rand_r(&seed));
		whole = field_of('\0', data, len, sizeof(data));
		pieces = field_of('\0', data, len,
		    1 + (size_t)rand_r(&seed) % 5);
		CHECK_MEM(whole.data, whole.len, pieces.data, pieces.len);
		CHECK_MEM(back, json_decode(&whole, back), data, len);
		bytes_fini(&whole);
		bytes_fini(&pieces);
	}
}

static const struct text values[] = { { "a b", 3 }, { "c", 1 } };
static const struct prun_result ran = { .status = 1,
	.started = 1700000000,
	.elapsed = 0.25,
	.out_bytes = 4 };

/* Two jobs, of which the second writes nothing and has one value; what is in the file then. */
static void
check_rows(struct rows_options options, const char *wanted)
{
	struct rows_job job = { .seq = 1,
		.sent = 2,
		.command = text_of("echo"),
		.values = values,
		.nvalues = 2 };
	char text[2048];
	struct rows *r;
	int fds[2];
	ssize_t n;

	CHECK_INT(pipe(fds), 0);
	CHECK_INT(rows_new(&options, fds[1], &r), 0);
	CHECK_INT(rows_begin(r, &job, &ran), 0);
	CHECK_INT(rows_add(r, 1, "x\n", 2), 0);
	CHECK_INT(rows_add(r, 1, "y\n", 2), 0);
	CHECK_INT(rows_add(r, 2, "e", 1), 0);
	CHECK_INT(rows_end(r), 0);
	job.seq = 2;
	job.nvalues = 1;
	CHECK_INT(rows_begin(r, &job,
		      &(struct prun_result){
			  .size = sizeof(struct prun_result) }),
	    0);
	CHECK_INT(rows_end(r), 0);
	rows_free(r);
	n = read(fds[0], text, sizeof(text) - 1);
	CHECK(n > 0);
	text[n] = '\0';
	CHECK_STR(text, wanted);
	CHECK_INT(close(fds[0]), 0);
	CHECK_INT(close(fds[1]), 0);
}

TEST(rows)
{
	const struct text name = text_of("name");

	check_rows((struct rows_options){ .format = ROWS_CSV,
		       .names = &name,
		       .nnames = 1 },
	    "Seq,Host,Starttime,JobRuntime,Send,Receive,Exitval,Signal,Command,"
	    "name,V2,Stdout,Stderr\n"
	    "1,:,1700000000.000,0.250,2,4,1,0,echo,\"a b\",c,\"x\ny\n\",e\n"
	    "2,:,0.000,0.000,2,0,0,0,echo,\"a b\",,,\n");
	check_rows((struct rows_options){ .format = ROWS_TSV,
		       .no_header = true },
	    "1\t:\t1700000000.000\t0.250\t2\t4\t1\t0\techo\t\"a b\"\tc\t"
	    "\"x\ny\n\"\te\n"
	    "2\t:\t0.000\t0.000\t2\t0\t0\t0\techo\t\"a b\"\t\t\n");
	check_rows((struct rows_options){ .format = ROWS_JSON },
	    "{ \"Seq\": 1, \"Host\": \":\", \"Starttime\": 1700000000.000, "
	    "\"JobRuntime\": 0.250, \"Send\": 2, \"Receive\": 4, "
	    "\"Exitval\": 1, \"Signal\": 0, \"Command\": \"echo\", "
	    "\"V\": [ \"a b\",\"c\" ], \"Stdout\": \"x\\u000ay\\u000a\", "
	    "\"Stderr\": \"e\" }\n"
	    "{ \"Seq\": 2, \"Host\": \":\", \"Starttime\": 0.000, "
	    "\"JobRuntime\": 0.000, \"Send\": 2, \"Receive\": 0, "
	    "\"Exitval\": 0, \"Signal\": 0, \"Command\": \"echo\", "
	    "\"V\": [ \"a b\" ], \"Stdout\": \"\", \"Stderr\": \"\" }\n");
}

TEST(rows_names_and_extra)
{
	const struct text names[] = { text_of("name"), text_of("name") };
	struct rows_options options = { .format = ROWS_TSV,
		.names = names,
		.nnames = 2,
		.extra = true };

	check_rows(options,
	    "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\t"
	    "Command\tUser\tSystem\tMaxRSS\tTries\tSlot\tFlaky\tname\tname\t"
	    "Stdout\tStderr\n"
	    "1\t:\t1700000000.000\t0.250\t2\t4\t1\t0\techo\t"
	    "0.000\t0.000\t0\t0\t0\t0\t\"a b\"\tc\t\"x\ny\n\"\te\n"
	    "2\t:\t0.000\t0.000\t2\t0\t0\t0\techo\t"
	    "0.000\t0.000\t0\t0\t0\t0\t\"a b\"\t\t\t\n");
	options.format = ROWS_JSON;
	check_rows(options,
	    "{ \"Seq\": 1, \"Host\": \":\", \"Starttime\": 1700000000.000, "
	    "\"JobRuntime\": 0.250, \"Send\": 2, \"Receive\": 4, "
	    "\"Exitval\": 1, \"Signal\": 0, \"Command\": \"echo\", "
	    "\"User\": 0.000, \"System\": 0.000, \"MaxRSS\": 0, \"Tries\": 0, "
	    "\"Slot\": 0, \"Flaky\": 0, \"V\": [ \"a b\",\"c\" ], "
	    "\"Columns\": { \"name\": \"a b\" }, "
	    "\"Stdout\": \"x\\u000ay\\u000a\", \"Stderr\": \"e\" }\n"
	    "{ \"Seq\": 2, \"Host\": \":\", \"Starttime\": 0.000, "
	    "\"JobRuntime\": 0.000, \"Send\": 2, \"Receive\": 0, "
	    "\"Exitval\": 0, \"Signal\": 0, \"Command\": \"echo\", "
	    "\"User\": 0.000, \"System\": 0.000, \"MaxRSS\": 0, \"Tries\": 0, "
	    "\"Slot\": 0, \"Flaky\": 0, \"V\": [ \"a b\" ], "
	    "\"Columns\": { \"name\": \"a b\" }, "
	    "\"Stdout\": \"\", \"Stderr\": \"\" }\n");
	CHECK(rows_header_is_extra(ROWS_CSV,
	    text_of("Seq,Host,Starttime,JobRuntime,Send,Receive,Exitval,Signal,"
		    "Command,User,System,MaxRSS,Tries,Slot,Flaky,a,Stdout")));
	CHECK(!rows_header_is_extra(ROWS_CSV,
	    text_of("Seq,Host,Starttime,JobRuntime,Send,Receive,Exitval,Signal,"
		    "Command,a,Stdout,Stderr")));
}

TEST(rows_no_space)
{
	const struct rows_job job = { .seq = 1, .command = text_of("x") };
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct rows *r;

	CHECK(full != -1);
	CHECK_INT(rows_new(&(struct rows_options){ .format = ROWS_CSV }, full,
		      &r),
	    0);
	CHECK_INT(rows_begin(r, &job, &ran), 0);
	CHECK_INT(rows_end(r), -ENOSPC);
	rows_free(r);
	CHECK_INT(close(full), 0);
}

TEST(progress_text_numbers)
{
	struct progress_text g = { .elapsed = 10 };

	CHECK(progress_text_left(&g) < 0);
	CHECK_INT(progress_text_percent(&g), 0);
	g.total = 200;
	CHECK(progress_text_left(&g) < 0);
	g.ended = 50;
	CHECK_INT(progress_text_left(&g), 30);
	CHECK_INT(progress_text_percent(&g), 25);
	g.ended = 199;
	CHECK_INT(progress_text_percent(&g), 99);
	g.ended = 201; /* --total-jobs was too few */
	CHECK_INT(progress_text_left(&g), 0);
	CHECK_INT(progress_text_percent(&g), 100);
}

static void
check_text(struct bytes *out, const char *wanted)
{
	CHECK_INT(bytes_terminate(out), 0);
	CHECK_STR(out->data, wanted);
}

TEST(progress_text_texts)
{
	struct progress_text g = { .started = 60,
		.ended = 50,
		.failed = 2,
		.total = 200,
		.elapsed = 10,
		.last = text_of("file\n\033[2Jname") };
	struct bytes out = { 0 };

	CHECK_INT(progress_text_plain(&g, &out), 0);
	check_text(&out,
	    "prun: 50 of 200 jobs ended, 2 failed, 10 running, 10 s so far, "
	    "about 30 s left");
	CHECK_INT(progress_text_line(&g, true, 200, &out), 0);
	check_text(&out,
	    "ETA: 30s Left: 150 AVG: 0.20s  local:10/50/100%/0.2s");
	CHECK_INT(progress_text_line(&g, false, 5, &out), 0);
	check_text(&out, "local");
	CHECK_INT(progress_text_zenity(&g, &out), 0);
	check_text(&out, "\r#  30 sec file??[2Jname\r25\r");
	CHECK_INT(progress_text_bar(&g, 40, &out), 0);
	check_text(&out,
	    "\033[7m50/200 ok \033[0m48 failed 2 running 10 ETA 30s\033[0m");
	g.utf8 = g.color = true;
	CHECK_INT(progress_text_bar(&g, 44, &out), 0);
	check_text(&out,
	    "\033[7;31m50/200 \342\234\22348\033[0m \342\234\2272 \342\226\26610 ETA 30s file??[2Jname   \033[0m");
	g.stopped = 10;
	g.failed = 0;
	CHECK_INT(progress_text_bar(&g, 40, &out), 0);
	check_text(&out,
	    "\033[7m50/200 \342\234\2235\033[0m0 ETA 30s file??[2Jname       \033[0m");
	g.stopped = 0;
	g.failed = 2;
	g.total = 0;
	CHECK_INT(progress_text_plain(&g, &out), 0);
	check_text(&out,
	    "prun: 50 jobs ended, 2 failed, 10 running, 10 s so far");
	CHECK_INT(progress_text_line(&g, true, 200, &out), 0);
	check_text(&out, "ETA: ? Left: ? AVG: 0.20s  local:10/50/100%/0.2s");
	bytes_fini(&out);
}

/* A bar is never wider than the terminal, whatever is in it and whatever its width. */
TEST(progress_text_widths)
{
	struct progress_text g = { .total = 10,
		.elapsed = 1,
		.last = text_of("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 end") };
	struct bytes out = { 0 };
	size_t columns;

	for (size_t width = 0; width < 60; width++) {
		g.ended = width % 12;
		CHECK_INT(progress_text_bar(&g, width, &out), 0);
		columns = 0;
		for (size_t i = 0; i < out.len; i++) {
			if (out.data[i] == '\033') {
				while (out.data[i] != 'm')
					i++;
				continue;
			}
			/* The euro counts for two here: less is fine. */
			columns += ((unsigned char)out.data[i] & 0xc0) != 0x80;
			columns += (unsigned char)out.data[i] >= 0xf0;
		}
		CHECK(columns <= width);
		CHECK_INT(progress_text_line(&g, true, width, &out), 0);
		CHECK(out.len <= width);
	}
	bytes_fini(&out);
}

TEST(tally)
{
	struct tally t = { 0 };
	const struct prun_result results[] = {
		{ .status = 0 },
		{ .status = 0, .flags = PRUN_RESULT_LEAKY },
		{ .status = 0, .flags = PRUN_RESULT_TIMED_OUT },
		{ .status = 0, .flags = PRUN_RESULT_OUTPUT_LOST },
		{ .status = 127, .flags = PRUN_RESULT_NOT_STARTED },
		{ .status = 3 },
	};

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		tally_add(&t, &results[i], false);
	tally_add(&t, &results[0], true);
	CHECK_INT(t.stopped, 1);
	CHECK_INT(t.succeeded, 2);
	CHECK_INT(t.failed, 4);
	CHECK_INT(t.timed_out, 1);
	CHECK_INT(t.not_started, 1);
	t.skipped = 96;
	CHECK_INT(tally_status(&t), 100);
	t.skipped = 97;
	CHECK_INT(tally_status(&t), 101);
	t.skipped = 5000;
	CHECK_INT(tally_status(&t), 101);
}

static void
check_outcome(const struct prun_result *r, const char *wanted)
{
	char text[256];

	outcome_text(r, text, sizeof(text));
	CHECK_STR(text, wanted);
}

TEST(outcomes)
{
	check_outcome(&(struct prun_result){ .status = 3 }, "exit status 3");
	check_outcome(&(struct prun_result){ .status = 137, .signal = SIGKILL },
	    "killed by SIGKILL");
	check_outcome(&(struct prun_result){ .status = 168, .signal = 40 },
	    "killed by signal 40");
	check_outcome(&(struct prun_result){ .signal = SIGTERM,
			  .flags = PRUN_RESULT_TIMED_OUT },
	    "timed out");
	check_outcome(&(struct prun_result){ .status = 127,
			  .flags = PRUN_RESULT_NOT_STARTED,
			  .step = PRUN_STEP_EXEC,
			  .error = ENOENT },
	    "could not be started (exec): No such file or directory");
	check_outcome(&(struct prun_result){ .status = 126,
			  .flags = PRUN_RESULT_NOT_STARTED |
			      PRUN_RESULT_HOST_LOST,
			  .error = EHOSTDOWN },
	    "not started: its host was lost");
	check_outcome(&(struct prun_result){ .status = 255,
			  .flags = PRUN_RESULT_HOST_LOST },
	    "lost with its host");
}

/* What the digest says of that end. */
static void
write_digest(const struct digest *d, const struct digest_end *end,
    struct bytes *out)
{
	out->len = 0;
	CHECK_INT(digest_write(d, end, out), 0);
	CHECK_INT(bytes_terminate(out), 0);
}

TEST(digest)
{
	static const char tail[] =
	    "0\n1\n2\n3\n4\n5\n6\n7\n8\n\033[1;31mred\033[m\033[2Jend\r\nlast";
	const struct prun_result r = { .status = 2,
		.elapsed = 1.5,
		.tail = tail,
		.tail_len = sizeof(tail) - 1 };
	const struct digest_options options = { .all = false };
	struct tally t = { .succeeded = 7, .work = 20 };
	struct digest_end end = { .tally = &t, .elapsed = 12.34 };
	struct bytes out = { 0 };
	struct digest *d;

	CHECK_INT(digest_new(&options, &d), 0);
	write_digest(d, &end, &out);
	CHECK_STR(out.data, "");
	CHECK_INT(digest_add(d, 4, "h", text_of("echo a\nb"), &r), 0);
	t.failed = 1;
	end.unstarted = 3;
	end.more = true;
	write_digest(d, &end, &out);
	CHECK_STR(out.data,
	    "prun: 7 ok, 1 failed, at least 3 never started in 12.3 s (20.0 s of work)\n"
	    "  job 4 on h: exit status 2 after 1.500 s: echo a^Jb\n"
	    "    | 1\n    | 2\n    | 3\n    | 4\n    | 5\n    | 6\n    | 7\n"
	    "    | 8\n    | red^[[2Jend^M\n    | last\n");
	end.interrupted = end.brief = true;
	t.stopped = 1;
	write_digest(d, &end, &out);
	CHECK_STR(out.data,
	    "prun: interrupted: 1 job stopped, at least 3 never started, 8 done\n");
	bytes_fini(&out);
	digest_free(d);
}

/* On a terminal, only what has left the screen is told again. */
TEST(digest_where_output_was_seen)
{
	const struct prun_result loud = { .out_bytes = 40 * 20 };
	const struct prun_result r = { .status = 1,
		.tail = "x",
		.tail_len = 1 };
	const struct digest_options options = { .rows = 20, .joblog = "a log" };
	const struct tally t = { .failed = 2 };
	const struct digest_end end = { .tally = &t };
	struct bytes out = { 0 };
	struct digest *d;

	CHECK_INT(digest_new(&options, &d), 0);
	CHECK_INT(digest_add(d, 1, NULL, text_of("one"), &r), 0);
	CHECK_INT(digest_count(d, 1, text_of("one"), &r), 0);
	CHECK_INT(digest_count(d, 2, text_of("loud"), &loud), 0);
	CHECK_INT(digest_add(d, 3, NULL, text_of("three"), &r), 0);
	CHECK_INT(digest_count(d, 3, text_of("three"), &r), 0);
	write_digest(d, &end, &out);
	CHECK_STR(out.data,
	    "prun: 0 ok, 2 failed in 0.0 s (0.0 s of work)\n"
	    "  job 1: exit status 1 after 0.000 s: one\n    | x\n"
	    "  job 3: exit status 1 after 0.000 s: three\n"
	    "run the failed ones again: prun --retry-failed --joblog 'a log'\n");
	bytes_fini(&out);
	digest_free(d);
}

TEST(digest_of_flaky_jobs)
{
	const struct prun_result r = { .tries = 3 };
	const struct digest_options options = { .all = false };
	struct tally t = { .succeeded = 2, .flaky = 1 };
	const struct digest_end end = { .tally = &t };
	struct bytes out = { 0 };
	struct digest *d;

	CHECK_INT(digest_new(&options, &d), 0);
	CHECK_INT(digest_add_flaky(d, 2, "web", text_of("x\t"), "timed out",
		      &r),
	    0);
	write_digest(d, &end, &out);
	CHECK_STR(out.data,
	    "prun: 2 ok, 0 failed, 1 flaky in 0.0 s (0.0 s of work)\n"
	    "  job 2 on web: flaky (timed out), succeeded in try 3: x\t\n");
	bytes_fini(&out);
	digest_free(d);
}

/* Adds jobs 1 to n, which failed. */
static struct digest *
digest_of(uint64_t n, bool all)
{
	const struct digest_options options = { .all = all };
	const struct prun_result r = { .status = 1 };
	struct digest *d;

	CHECK_INT(digest_new(&options, &d), 0);
	for (uint64_t i = 1; i <= n; i++)
		CHECK_INT(digest_add(d, i, NULL, text_of("x"), &r), 0);
	return d;
}

TEST(digest_of_many)
{
	struct tally t = { .failed = 1500,
		.timed_out = 4,
		.not_started = 2,
		.stopped = 3,
		.skipped = 1 };
	const struct digest_end end = { .tally = &t, .more = true };
	struct bytes out = { 0 };
	struct digest *d = digest_of(1500, false);

	write_digest(d, &end, &out);
	CHECK(text_begins(bytes_text(&out),
	    "prun: 0 ok, 1500 failed (4 timed out, 2 could not be started), "
	    "3 stopped, 1 left out, the rest never started in 0.0 s (0.0 s of work)\n  job 1: "));
	CHECK(strstr(out.data, "  job 10: ") != NULL);
	CHECK(strstr(out.data, "  job 11: ") == NULL);
	CHECK(
	    strstr(out.data,
		"\n  and 1490 more: --digest=all tells of all, --joblog logs them\n") !=
	    NULL);
	digest_free(d);
	d = digest_of(1500, true);
	write_digest(d, &end, &out);
	CHECK(strstr(out.data, "  job 1500: ") != NULL);
	CHECK(strstr(out.data, " more: ") == NULL);
	bytes_fini(&out);
	digest_free(d);
}

TEST(digest_of_the_slowest)
{
	static const double elapsed[] = { 3, 1, 4, 1, 5, 9, 2, 6 };
	const struct digest_options options = { .slow = true };
	const struct tally t = { .succeeded = 8 };
	const struct digest_end end = { .tally = &t };
	struct bytes out = { 0 };
	struct digest *d;

	CHECK_INT(digest_new(&options, &d), 0);
	for (uint64_t i = 0; i < 8; i++)
		CHECK_INT(digest_count(d, i + 1, text_of("x"),
			      &(struct prun_result){ .elapsed = elapsed[i] }),
		    0);
	write_digest(d, &end, &out);
	CHECK_STR(out.data,
	    "prun: 8 ok, 0 failed in 0.0 s (0.0 s of work)\nslowest:\n"
	    "  job 6: 9.000 s: x\n  job 8: 6.000 s: x\n  job 5: 5.000 s: x\n"
	    "  job 3: 4.000 s: x\n  job 1: 3.000 s: x\n");
	bytes_fini(&out);
	digest_free(d);
}

/* Neighbours look different, and no job looks like another of its 216. */
TEST(colors)
{
	static char seen[216][COLOR_SIZE];
	char text[COLOR_SIZE];

	for (uint64_t i = 0; i < 216; i++) {
		color_of_job(i, seen[i]);
		for (uint64_t k = 0; k < i; k++)
			CHECK(strcmp(seen[i], seen[k]) != 0);
		color_of_job(i + 216, text);
		CHECK_STR(text, seen[i]);
	}
	color_of_failure(text);
	CHECK_STR(text, "\033[48;5;196;38;5;231m\033[K");
}

/* The command of the tasks below. */
static const struct text line = { "x", 1 };

static struct report_task *
start(struct report *report, uint64_t seq)
{
	const struct command_job job = { .seq = seq };
	struct prun_spec spec = { .size = sizeof(spec), .argv = NULL };
	struct report_task *task;
	struct message message;

	CHECK_INT(report_start(report, &job, line, NULL, &spec, &task,
		      &message),
	    0);
	return task;
}

/* A row of the log wants both the end and the delivery, and that nothing is lost. */
TEST(logged_when_delivered)
{
	char path[] = "/tmp/t_cmd_report.XXXXXX", text[4096] = "";
	const int fd = mkstemp(path);
	const struct report_options options = { .joblog = path,
		.digest = REPORT_NEVER };
	struct prun_result r = { .tries = 1 };
	struct report_task *task[4];
	struct report *report;
	struct message message;

	CHECK_INT(report_open(&options, false, NULL, NULL, 0, &report,
		      &message),
	    0);
	for (uint64_t i = 0; i < 4; i++)
		task[i] = start(report, i + 1);
	for (int i = 0; i < 3; i++)
		report_ended(report, task[i], &r, i == 2);
	CHECK(pread(fd, text, sizeof(text) - 1, 0) > 0);
	CHECK_STR(strchr(text, '\n'), "\n");
	CHECK_INT(report_delivered(report, task[1], &r), 0);
	CHECK_INT(report_delivered(report, task[2], &r), 0);
	r.flags = PRUN_RESULT_OUTPUT_LOST;
	r.error = EPIPE;
	CHECK_INT(report_delivered(report, task[0], &r), 0);
	memset(text, 0, sizeof(text));
	CHECK(pread(fd, text, sizeof(text) - 1, 0) > 0);
	CHECK_INT(strncmp(strchr(text, '\n'), "\n2\t", 3), 0);
	CHECK(strchr(strchr(text, '\n') + 1, '\n')[1] == '\0');
	/* The fourth never ends. */
	report_close(report);
	CHECK_INT(unlink(path), 0);
	close(fd);
}

static uint64_t
nothing_unstarted(void *arg, bool *more)
{
	*more = arg != NULL;
	return 0;
}

/* GitLab takes no more than 30 MB. */
TEST(junit_is_not_too_long)
{
	char path[] = "/tmp/t_cmd_report.XXXXXX", footer[200] = "";
	static char tail[4096];
	const int fd = mkstemp(path);
	const struct report_options options = { .junit = path,
		.digest = REPORT_NEVER };
	const struct tally tally = { 0 };
	const struct report_end end = { .tally = &tally,
		.unstarted = nothing_unstarted };
	struct prun_result r = { .tries = 1,
		.status = 1,
		.tail = tail,
		.tail_len = sizeof(tail) };
	struct report_task *task;
	struct report *report;
	struct message message;
	off_t len;

	memset(tail, '&', sizeof(tail));
	CHECK_INT(report_open(&options, false, NULL, NULL, 0, &report,
		      &message),
	    0);
	for (uint64_t i = 0; i < 60000; i++) {
		task = start(report, i + 1);
		report_ended(report, task, &r, false);
		CHECK_INT(report_delivered(report, task, &r), 0);
	}
	report_finish(report, &end);
	CHECK(!report_failed(report));
	report_close(report);
	len = lseek(fd, 0, SEEK_END);
	CHECK(len > 29000000 && len < 30000000);
	CHECK(pread(fd, footer, sizeof(footer) - 1,
		  len - (off_t)sizeof(footer) + 1) > 0);
	CHECK(strstr(footer, " test cases are left out: ") != NULL);
	CHECK_INT(unlink(path), 0);
	close(fd);
}
