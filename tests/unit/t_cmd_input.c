/* SPDX-License-Identifier: ISC */

/* Sources, columns and their combinations, as tuples. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

#include "input/input.h"
#include "t.h"

static const char *const abc[] = { "a", "b", "c" };
static const char *const one_two[] = { "1", "2" };

#define WORDS(list) \
	{ \
		.kind = SOURCE_ARGUMENTS, .words = list, \
		.nwords = sizeof list / sizeof *list \
	}
#define LINKED(list) \
	{ \
		.kind = SOURCE_ARGUMENTS, .linked = true, .words = list, \
		.nwords = sizeof list / sizeof *list \
	}
#define PATH(name) \
	{ \
		.kind = SOURCE_FILE, .path = name \
	}

static struct message message;
static char warned[200];

static void
warn(void *arg, const char *text)
{
	(void)arg;
	snprintf(warned + strlen(warned), sizeof warned - strlen(warned), "%s;",
	    text);
}

/* All tuples of the input: a line for each, with | between its values. */
static const char *
tuples(const struct input_options *options)
{
	static char out[4096];
	struct input_options o = *options;
	struct input *in;
	struct tuple t;
	size_t len = 0, i;
	int r;

	o.warn = warn;
	if ((r = input_new(&o, &message, &in)) < 0)
		T_FAIL("input_new: %d %s", r, message.text);
	while ((r = input_next(in, &t, &message)) > 0) {
		for (i = 0; i < t.nvalues; i++)
			len += (size_t)snprintf(out + len, sizeof out - len,
			    "%s%.*s", i ? "|" : "", (int)t.values[i].len,
			    t.values[i].data);
		out[len++] = '\n';
	}
	if (r < 0)
		T_FAIL("input_next: %d %s", r, message.text);
	out[len] = '\0';
	CHECK_INT(input_next(in, &t, &message), 0);
	input_free(in);
	return out;
}

static const char *
file_with(const char *bytes, size_t len)
{
	static char paths[4][40];
	static int n;
	char *path = paths[n++ % 4];
	int fd;

	snprintf(path, sizeof paths[0], "/tmp/t_cmd_input.XXXXXX");
	CHECK((fd = mkstemp(path)) != -1);
	CHECK_INT(write(fd, bytes, len), len);
	close(fd);
	return path;
}

/* All tuples of a file with these bytes. */
static const char *
lines(struct input_options o, const char *bytes, size_t len)
{
	struct source_spec source = PATH(file_with(bytes, len));
	const char *out;

	o.sources = &source;
	o.nsources = 1;
	out = tuples(&o);
	unlink(source.path);
	return out;
}

#define LINES(bytes, ...) \
	lines((struct input_options){ __VA_ARGS__ }, bytes, sizeof bytes - 1)

static const char *
of(struct input_options o, size_t n, struct source_spec *sources)
{
	o.sources = sources;
	o.nsources = n;
	return tuples(&o);
}

#define OF(list, ...) \
	of((struct input_options){ __VA_ARGS__ }, sizeof list / sizeof *list, \
	    list)

/* An input_more_fn: gives the texts of a list, which ends with NULL, one after the other. */
static int
more(void *arg, struct text *record)
{
	const char *const **next = arg;

	if (**next == NULL)
		return 0;
	*record = text_of(*(*next)++);
	return 1;
}

TEST(more_comes)
{
	static const char *const list[] = { "x", "y,z", "", "q", NULL };
	static const struct source_spec words[] = { WORDS(abc),
		WORDS(one_two) };
	const char *const *next = list;
	struct input_options o = { .sources = words,
		.nsources = 1,
		.more = more,
		.more_arg = &next };

	CHECK_STR(tuples(&o), "a\nb\nc\nx\ny,z\n\nq\n");
	next = list;
	o.skip_blank = true;
	o.colsep = ",";
	CHECK_STR(tuples(&o), "a\nb\nc\nx\ny|z\nq\n");
	next = list;
	o.delimiter = ",";
	o.delimiter_len = 1;
	o.colsep = NULL;
	o.eof = "q";
	CHECK_STR(tuples(&o), "a\nb\nc\nx\ny\nz\n");
	/* Of two sources none has more. */
	next = list;
	o = (struct input_options){ .sources = words,
		.nsources = 2,
		.link = true,
		.more = more,
		.more_arg = &next };
	CHECK_STR(tuples(&o), "a|1\nb|2\nc|1\n");
	/* After an empty source. */
	next = list;
	o = (struct input_options){
		.sources = &(struct source_spec){ .kind = SOURCE_ARGUMENTS },
		.nsources = 1,
		.more = more,
		.more_arg = &next
	};
	CHECK_STR(tuples(&o), "x\ny,z\n\nq\n");
}

TEST(lines_of_a_file)
{
	CHECK_STR(LINES("a\nb c\n\n"), "a\nb c\n\n");
	CHECK_STR(LINES("a\nno end"), "a\nno end\n");
	CHECK_STR(LINES(""), "");
	CHECK_STR(LINES("a\r\n"), "a\r\n");
}

TEST(delimiters)
{
	CHECK_STR(LINES("a\0b\n\0", .delimiter = "", .delimiter_len = 1),
	    "a\nb\n\n");
	CHECK_STR(LINES("a::b:c::", .delimiter = "::", .delimiter_len = 2),
	    "a\nb:c\n");
	CHECK_STR(LINES("a,,b\n", .delimiter = ",", .delimiter_len = 1),
	    "a\n\nb\n\n");
}

TEST(nuls_are_replaced_with_one_warning)
{
	CHECK_STR(LINES("a\0b\n\0\n"), "a\\0b\n\\0\n");
	CHECK(strstr(warned, "NUL") != NULL);
	CHECK(strchr(warned, ';') == warned + strlen(warned) - 1);
}

TEST(records_longer_than_the_buffer)
{
	size_t size = 3 * 1024 * 1024, i;
	char *bytes = malloc(size);
	struct source_spec source;
	struct input_options o = { .sources = &source, .nsources = 1 };
	struct input *in;
	struct tuple t;

	CHECK(bytes != NULL);
	for (i = 0; i < size; i++)
		bytes[i] = (char)('a' + i % 26);
	bytes[size / 2] = '\n';
	source = (struct source_spec)PATH(file_with(bytes, size));
	CHECK_INT(input_new(&o, &message, &in), 0);
	CHECK_INT(input_next(in, &t, &message), 1);
	CHECK_MEM(t.values[0].data, t.values[0].len, bytes, size / 2);
	CHECK_INT(input_next(in, &t, &message), 1);
	CHECK_MEM(t.values[0].data, t.values[0].len, bytes + size / 2 + 1,
	    size / 2 - 1);
	CHECK_INT(input_next(in, &t, &message), 0);
	input_free(in);
	unlink(source.path);
	free(bytes);
}

/* A reader that gives a few bytes at a time. */
struct drip {
	const char *bytes;
	size_t left;
	int reads;
};

static ssize_t
drip(void *arg, int fd, void *buf, size_t len)
{
	struct drip *d = arg;
	size_t n = d->left < 3 ? d->left : 3;

	(void)fd;
	CHECK(len >= n);
	memcpy(buf, d->bytes, n);
	d->bytes += n;
	d->left -= n;
	d->reads++;
	return (ssize_t)n;
}

TEST(complete_records_come_before_the_next_read)
{
	struct drip d = { "a\nb\nc\ndefg\n", 11, 0 };
	struct source_spec source = PATH("/dev/null");
	struct input_options o = { .sources = &source,
		.nsources = 1,
		.read = drip,
		.read_arg = &d };
	struct input *in;
	struct tuple t;

	CHECK_INT(input_new(&o, &message, &in), 0);
	CHECK_INT(d.reads, 0);
	CHECK_INT(input_next(in, &t, &message), 1);
	CHECK_INT(d.reads, 1);
	CHECK_INT(input_next(in, &t, &message), 1);
	CHECK_INT(d.reads, 2);
	CHECK_INT(input_next(in, &t, &message), 1);
	CHECK_INT(d.reads, 2);
	CHECK_INT(input_next(in, &t, &message), 1);
	CHECK(text_equals(t.values[0], "defg"));
	input_free(in);
}

TEST(delimiter_across_reads)
{
	struct drip d = { "aaENDbbEND", 10, 0 };
	struct source_spec source = PATH("/dev/null");
	struct input_options o = { .sources = &source,
		.nsources = 1,
		.read = drip,
		.read_arg = &d,
		.delimiter = "END",
		.delimiter_len = 3 };

	CHECK_STR(tuples(&o), "aa\nbb\n");
}

static ssize_t
cancel(void *arg, int fd, void *buf, size_t len)
{
	(void)arg, (void)fd, (void)buf, (void)len;
	return -ECANCELED;
}

static ssize_t
fail(void *arg, int fd, void *buf, size_t len)
{
	(void)arg, (void)fd, (void)buf, (void)len;
	return -EIO;
}

TEST(failed_and_cancelled_reads)
{
	struct source_spec source = PATH("/dev/null");
	struct input_options o = { .sources = &source,
		.nsources = 1,
		.read = cancel };
	struct input *in;
	struct tuple t;

	CHECK_INT(input_new(&o, &message, &in), 0);
	CHECK_INT(input_next(in, &t, &message), -ECANCELED);
	input_free(in);
	o.read = fail;
	CHECK_INT(input_new(&o, &message, &in), 0);
	CHECK_INT(input_next(in, &t, &message), -EIO);
	CHECK_STR(message.text, "cannot read /dev/null: Input/output error");
	input_free(in);
	o.header = true;
	CHECK_INT(input_new(&o, &message, &in), -EIO);
}

TEST(files_that_cannot_be_read)
{
	struct source_spec source = PATH("/proc/none/file");
	struct input_options o = { .sources = &source, .nsources = 1 };
	struct input *in;

	CHECK_INT(input_new(&o, &message, &in), -ENOENT);
	CHECK_STR(message.text,
	    "cannot read /proc/none/file: No such file or directory");
	source.path = "/tmp";
	CHECK_INT(input_new(&o, &message, &in), -EISDIR);
	CHECK_STR(message.text, "cannot read /tmp: Is a directory");
}

TEST(descriptors_are_closed_and_not_inherited)
{
	struct source_spec source = PATH("/dev/null");
	struct input_options o = { .sources = &source, .nsources = 1 };
	struct input *in;
	int fd = dup(0), next;

	close(fd);
	CHECK_INT(input_new(&o, &message, &in), 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK(!(fcntl(fd, F_GETFL) & O_NONBLOCK));
	input_free(in);
	next = dup(0);
	CHECK_INT(next, fd);
	close(next);
}

TEST(fifo_without_a_writer_is_waited_for)
{
	struct source_spec source = PATH(file_with("", 0));
	struct input_options o = { .sources = &source, .nsources = 1 };
	struct input *in;
	struct tuple t;
	int fd;

	unlink(source.path);
	CHECK_INT(mkfifo(source.path, 0600), 0);
	CHECK_INT(input_new(&o, &message, &in), 0);
	if (fork() == 0) {
		fd = open(source.path, O_WRONLY);
		_exit(write(fd, "x\n", 2) != 2);
	}
	CHECK_INT(input_next(in, &t, &message), 1);
	CHECK(text_equals(t.values[0], "x"));
	CHECK_INT(input_next(in, &t, &message), 0);
	input_free(in);
	unlink(source.path);
}

TEST(cross_product_turns_the_last_source_fastest)
{
	static const char *const x[] = { "x" };
	struct source_spec list[] = { WORDS(abc), WORDS(one_two), WORDS(x) };

	CHECK_STR(OF(list), "a|1|x\na|2|x\nb|1|x\nb|2|x\nc|1|x\nc|2|x\n");
}

TEST(linked_sources_repeat_the_short_ones)
{
	static const char *const x[] = { "x" };
	struct source_spec list[] = { WORDS(one_two), WORDS(abc), WORDS(x) };

	CHECK_STR(OF(list, .link = true), "1|a|x\n2|b|x\n1|c|x\n");
}

TEST(plus_sources_end_with_the_shortest)
{
	struct source_spec list[] = { WORDS(abc), LINKED(one_two),
		WORDS(one_two), LINKED(abc) };

	CHECK_STR(OF(list), "a|1|1|a\na|1|2|b\nb|2|1|a\nb|2|2|b\n");
}

TEST(empty_sources_count_as_an_empty_value)
{
	struct source_spec none[] = { { .kind = SOURCE_ARGUMENTS },
		WORDS(one_two) };
	struct source_spec last[] = { WORDS(one_two),
		{ .kind = SOURCE_ARGUMENTS } };
	struct source_spec plus[] = { WORDS(one_two),
		{ .kind = SOURCE_ARGUMENTS, .linked = true } };
	struct source_spec all[] = { { .kind = SOURCE_ARGUMENTS },
		{ .kind = SOURCE_ARGUMENTS } };

	CHECK_STR(OF(none), "|1\n|2\n");
	CHECK_STR(OF(last), "1|\n2|\n");
	CHECK_STR(OF(plus), "1|\n");
	CHECK_STR(OF(last, .link = true), "1|\n2|\n");
	CHECK_STR(OF(all), "");
	CHECK_STR(OF(all, .link = true), "");
}

TEST(words_keep_newlines_but_not_delimiters)
{
	static const char *const words[] = { "a\nb", "c,d,", "" };
	struct source_spec list[] = { WORDS(words) };

	CHECK_STR(OF(list), "a\nb\nc,d,\n\n");
	CHECK_STR(OF(list, .delimiter = ",", .delimiter_len = 1),
	    "a\nb\nc\nd\n\n\n");
}

TEST(end_of_file_string_ends_its_source_only)
{
	struct source_spec list[] = { WORDS(abc), WORDS(abc) };

	CHECK_STR(OF(list, .eof = "b"), "a|a\n");
	CHECK_STR(LINES("1\nEOF \nEOF\n2\n", .eof = "EOF"), "1\nEOF \n");
}

TEST(blank_records_and_first_lines_are_skipped)
{
	CHECK_STR(LINES("\na\n \t\nb\n", .skip_blank = true), "a\nb\n");
	CHECK_STR(LINES("a\nb\n", .skip_first = true), "b\n");
	CHECK_STR(LINES("", .skip_first = true), "");
}

TEST(trailing_blanks_join_lines)
{
	CHECK_STR(LINES("a \nb\t\nc\nd \n", .join_lines = true),
	    "a b\tc\nd \n");
}

TEST(columns_by_byte_and_by_pattern)
{
	CHECK_STR(LINES("a,,b,\n,\n\n", .colsep = ","), "a||b|\n|\n\n");
	CHECK_STR(LINES(" a , b \n", .colsep = ","), "a|b\n");
	CHECK_STR(LINES(" a , b \n", .colsep = ",", .trim = TRIM_NONE),
	    " a | b \n");
	CHECK_STR(LINES("a1b22c\n", .colsep = "\\d+"), "a|b|c\n");
	CHECK_STR(LINES("a.b\n", .colsep = "."), "|||\n");
	CHECK_STR(LINES("a.b\n", .colsep = "\\."), "a|b\n");
	CHECK_STR(LINES("a\tb\n", .colsep = "\\t"), "a|b\n");
	CHECK_STR(LINES("xaxb\n", .colsep = "(x)"), "|x|a|x|b\n");
	CHECK_STR(LINES("abc\n", .colsep = "x*"), "a|b|c|\n");
	CHECK_STR(LINES("a\n", .colsep = "$"), "a|\n");
}

TEST(trims)
{
	CHECK_STR(LINES(" a \n", .trim = TRIM_LEFT), "a \n");
	CHECK_STR(LINES(" a \n", .trim = TRIM_RIGHT), " a\n");
	CHECK_STR(LINES(" a \n", .trim = TRIM_BOTH), "a\n");
	CHECK_STR(LINES(" a \n"), " a \n");
}

TEST(lines_of_dos_are_told_once)
{
	*warned = '\0';
	CHECK_STR(LINES("a\r\nb\r\nc\r\nd\r\n"), "a\r\nb\r\nc\r\nd\r\n");
	CHECK(strstr(warned, "-d '\\r\\n'") != NULL);
	CHECK(strchr(warned, ';') != NULL);
	*warned = '\0';
	LINES("a\r\nb\nc\r\nd\r\n");
	CHECK_STR(warned, "");
	LINES("a\r\nb\r\n");
	CHECK_STR(warned, "");
	LINES("a\r\nb\r\nc\r\n", .delimiter = "\r\n", .delimiter_len = 2);
	CHECK_STR(warned, "");
	LINES("a\r\nb\r\nc\r\n", .csv = true);
	CHECK_STR(warned, "");
}

TEST(a_byte_order_mark_is_no_input)
{
	CHECK_STR(LINES("\357\273\277a\n\357\273\277b\n"),
	    "a\n\357\273\277b\n");
	CHECK_STR(LINES("\357\273\277\"a\",b\n", .csv = true), "a|b\n");
	CHECK_STR(LINES("\357\273\n"), "\357\273\n");
}

TEST(csv_quotes_and_newlines)
{
	CHECK_STR(LINES("\"1 big, 2 small\",\"2\"\"x4\"\"\",12\n", .csv = true),
	    "1 big, 2 small|2\"x4\"|12\n");
	CHECK_STR(LINES("\"a\nb\n\nc\";d\ne;f\n", .csv = true, .colsep = ";"),
	    "a\nb\n\nc|d\ne|f\n");
	CHECK_STR(LINES("a,,\n,\n\n", .csv = true), "a||\n|\n\n");
	CHECK_STR(LINES("a , b\n", .csv = true), "a | b\n");
	CHECK_STR(LINES("a , b\n", .csv = true, .trim = TRIM_NONE), "a | b\n");
	CHECK_STR(LINES("a , b\n", .csv = true, .trim = TRIM_BOTH), "a|b\n");
	CHECK_STR(LINES("  \n\"  \", \n", .csv = true), "  \n  | \n");
	CHECK_STR(LINES("a\r\n\r\nb\r\n", .csv = true), "a\n\nb\n");
	CHECK_STR(LINES("\"not closed\nb", .csv = true), "not closed\nb\n");
	CHECK_STR(LINES("a\tb\n", .csv = true, .colsep = "\\t"), "a|b\n");
}

TEST(csv_wants_one_byte)
{
	struct source_spec source = PATH("/dev/null");
	struct input_options o = { .sources = &source,
		.nsources = 1,
		.csv = true,
		.colsep = ";;" };
	struct input *in;

	CHECK_INT(input_new(&o, &message, &in), -EINVAL);
	CHECK_STR(message.text, "--csv: --colsep ';;' is not one character");
}

TEST(headers_name_positions)
{
	struct source_spec list[] = { PATH(file_with("x,y\n1,2\n", 8)),
		PATH(file_with("z\n3\n4\n", 6)) };
	struct input_options o = { .sources = list,
		.nsources = 2,
		.header = true,
		.colsep = "," };
	const struct input_name *names;
	struct input *in;
	size_t n;

	CHECK_INT(input_new(&o, &message, &in), 0);
	input_names(in, &names, &n);
	CHECK_INT(n, 3);
	CHECK(text_equals(names[0].name, "x") && names[0].position == 1);
	CHECK(text_equals(names[1].name, "y") && names[1].position == 2);
	CHECK(text_equals(names[2].name, "z") && names[2].position == 3);
	input_free(in);
	CHECK_STR(tuples(&o), "1|2|3\n1|2|4\n");
	o.header = false;
	o.header_paths = true;
	CHECK_INT(input_new(&o, &message, &in), 0);
	input_names(in, &names, &n);
	CHECK_INT(n, 2);
	CHECK(text_equals(names[1].name, list[1].path) &&
	    names[1].position == 2);
	input_free(in);
	unlink(list[0].path);
	unlink(list[1].path);
}

TEST(header_without_colsep_has_tabs)
{
	CHECK_STR(LINES("a\tb\n1\t2\n", .header = true), "1|2\n");
}

/* Every tuple comes once, in an order that depends on the seed. */
TEST(shuffle)
{
	struct source_spec list[] = { WORDS(abc), WORDS(one_two), WORDS(abc) };
	char plain[512], once[512], twice[512], other[512], *line, *save;
	size_t count = 0;

	snprintf(plain, sizeof plain, "%s", OF(list));
	snprintf(once, sizeof once, "%s",
	    OF(list, .shuffle = true, .seeded = true, .seed = 7));
	snprintf(twice, sizeof twice, "%s",
	    OF(list, .shuffle = true, .seeded = true, .seed = 7));
	snprintf(other, sizeof other, "%s",
	    OF(list, .shuffle = true, .seeded = true, .seed = 8));
	CHECK_STR(once, twice);
	CHECK(strcmp(once, plain) != 0);
	CHECK(strcmp(once, other) != 0);
	CHECK_INT(strlen(once), strlen(plain));
	for (line = strtok_r(once, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		CHECK(strstr(plain, line) != NULL);
		CHECK(strstr(other, line) != NULL);
		count++;
	}
	CHECK_INT(count, 18);
	CHECK_INT(strlen(OF(list, .shuffle = true)), strlen(plain));
}

/* Reads an empty file, and remembers the descriptor. */
static ssize_t
note_descriptor(void *arg, int fd, void *buf, size_t len)
{
	(void)buf, (void)len;
	*(int *)arg = fd;
	return 0;
}

TEST(stdin_is_the_default_source)
{
	int fd = -1;
	struct input_options o = { .read = note_descriptor, .read_arg = &fd };
	struct source_spec word = WORDS(abc);
	struct tuple tuple;
	struct input *in;

	CHECK_INT(input_new(&o, &message, &in), 0);
	CHECK_INT(input_next(in, &tuple, &message), 0);
	CHECK_INT(fd, 0);
	input_free(in);
	fd = -1;
	o.sources = &word;
	o.nsources = 1;
	CHECK_INT(input_new(&o, &message, &in), 0);
	CHECK_INT(input_next(in, &tuple, &message), 1);
	CHECK_INT(fd, -1);
	input_free(in);
}
