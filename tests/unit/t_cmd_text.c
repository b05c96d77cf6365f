/* SPDX-License-Identifier: ISC */

/* Text, growing bytes, messages and patterns. */
#include <sys/mman.h>

#include <errno.h>
#include <unistd.h>

#include "t.h"
#include "text/file.h"
#include "text/pattern.h"
#include "text/shown.h"
#include "text/text.h"

TEST(trim_takes_blanks_off_either_end)
{
	struct text t = text_of(" \t\r\n\v\fa b \n");

	CHECK(text_equals(text_trim_left(t), "a b \n"));
	CHECK(text_equals(text_trim_right(t), " \t\r\n\v\fa b"));
	CHECK_INT(text_trim_left(text_of(" \n ")).len, 0);
	CHECK_INT(text_trim_right((struct text){ NULL, 0 }).len, 0);
}

TEST(begins_and_equals_know_lengths)
{
	CHECK(text_begins(text_of("abc"), "ab"));
	CHECK(!text_begins(text_of("a"), "ab"));
	CHECK(text_begins((struct text){ NULL, 0 }, ""));
	CHECK(!text_equals(text_of("abc"), "ab"));
	CHECK(text_equals((struct text){ NULL, 0 }, ""));
}

TEST(bytes_grow_and_keep_nuls)
{
	struct bytes b = { 0 };
	size_t i;

	for (i = 0; i < 10000; i++)
		CHECK_INT(bytes_add_char(&b, (char)(i % 256)), 0);
	CHECK_INT(b.len, 10000);
	for (i = 0; i < 10000; i++)
		CHECK_INT((unsigned char)b.data[i], i % 256);
	b.len = 0;
	CHECK_INT(bytes_add_number(&b, 0), 0);
	CHECK_INT(bytes_add_number(&b, 18446744073709551615ull), 0);
	CHECK_INT(bytes_terminate(&b), 0);
	CHECK_STR(b.data, "018446744073709551615");
	CHECK_INT(bytes_reserve(&b, (size_t)-1), -ENOMEM);
	CHECK_INT(bytes_reserve(&b, (size_t)-1 / 2), -ENOMEM);
	CHECK_INT(b.len, 21);
	bytes_fini(&b);
}

TEST(a_range_of_a_file_is_copied)
{
	char got[8] = "";
	int in = memfd_create("in", MFD_CLOEXEC);
	int out = memfd_create("out", MFD_CLOEXEC);

	CHECK(in != -1 && out != -1);
	CHECK_INT(put_all(in, text_of("abcdef")), 0);
	CHECK_INT(put_range(out, in, 1, 4), 0);
	CHECK_INT(put_range(out, -1, 0, 0), 0);
	CHECK_INT(put_range(out, in, 5, 2), -EIO);
	CHECK_INT(pread(out, got, sizeof(got) - 1, 0), 5);
	CHECK_STR(got, "bcdef");
	CHECK_INT(put_range(out, -1, 0, 1), -EBADF);
	close(in);
	close(out);
}

TEST(messages_are_one_printable_line)
{
	struct message m;

	CHECK_INT(message_set(&m, -EINVAL, "%s: %d", "a\nb\033c", 3), -EINVAL);
	CHECK_STR(m.text, "a?b?c: 3");
	CHECK_INT(message_errno(&m, -ENOENT, "x"), -ENOENT);
	CHECK_STR(m.text, "x: No such file or directory");
	message_set(&m, 0, "%5000d", 1);
	CHECK_INT(strlen(m.text), sizeof m.text - 1);
}

/* A long value does not hide what is said about it, and no character is cut. */
TEST(messages_shorten_what_is_too_long)
{
	char value[5000], want[SHOWN_MOST + 64];
	struct message m;

	memset(value, 'v', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	value[SHOWN_MOST - 1] = '\xc3';
	value[SHOWN_MOST] = '\xa9';
	message_set(&m, 0, "%d%%: '%s' %.3f %5llu: %.*s: %s", 7, value, 1.5,
	    12ULL, 2, "abc", "why");
	(void)snprintf(want, sizeof(want),
	    "7%%: '%.*s...' 1.500    12: ab: why", (int)SHOWN_MOST - 1, value);
	CHECK_STR(m.text, want);
	message_errno(&m, -ENOENT, "-a %s", value);
	CHECK(strstr(m.text, "...: No such file or directory") != NULL);
	/* A precision counts, too: the string may have no NUL behind it. */
	(void)snprintf(want, sizeof(want), "at 9: '%.*s...' x",
	    (int)SHOWN_MOST - 1, value);
	message_set(&m, 0, "at %zu: '%.*s' %s", (size_t)9,
	    (int)sizeof(value) - 1, value, "x");
	CHECK_STR(m.text, want);
	memset(value, 'v', sizeof(value));
	message_set(&m, 0, "%.*s: %d", (int)sizeof(value), value, 1);
	CHECK(strcmp(m.text + SHOWN_MOST, "...: 1") == 0);
	value[500] = '\0';
	message_set(&m, 0, "%s", value);
	CHECK_INT(strlen(m.text), 500);
}

TEST(what_messages_quote_is_short_and_printable)
{
	char value[SHOWN_MOST * 3];
	struct shown s;

	CHECK_STR(shown(&s, (struct text){ 0 }), "");
	CHECK_STR(shown(&s, text_of("a\tb\n\033[1m\x7f")), "a\tb^J^[[1m^?");
	CHECK_STR(shown(&s, (struct text){ "a\0b", 3 }), "a^@b");
	CHECK_STR(shown(&s, text_of("\xc3\xa9\xff\xc2\x9b\xc3")),
	    "\xc3\xa9???");
	memset(value, 'v', sizeof(value));
	CHECK_INT(strlen(shown(&s, (struct text){ value, SHOWN_MOST })),
	    SHOWN_MOST);
	CHECK_INT(strlen(shown(&s, (struct text){ value, SHOWN_MOST + 1 })),
	    SHOWN_MOST + 3);
	value[SHOWN_MOST - 1] = '\xc3';
	value[SHOWN_MOST] = '\xa9';
	CHECK_INT(strlen(shown(&s, (struct text){ value, sizeof(value) })),
	    SHOWN_MOST - 1 + 3);
	memset(value, '\n', sizeof(value));
	CHECK_INT(strlen(shown(&s, (struct text){ value, sizeof(value) })),
	    SHOWN_MOST + 3);
}

TEST(patterns_match_bytes)
{
	struct pattern *p;
	struct message m;
	struct text subject = { "a\377b\0c", 5 };

	CHECK_INT(pattern_new("-x", text_of("(.)b(?:(z)|\\x00)"), 0, &m, &p),
	    0);
	CHECK_INT(pattern_match(p, subject, 0, false, &m), 1);
	CHECK_INT(pattern_begin(p), 1);
	CHECK_INT(pattern_end(p), 4);
	CHECK_INT(pattern_groups(p), 2);
	CHECK_MEM(pattern_group(p, subject, 1).data,
	    pattern_group(p, subject, 1).len, "\377", 1);
	CHECK(pattern_group(p, subject, 2).data == NULL);
	CHECK(pattern_group(p, subject, 9).data == NULL);
	CHECK_INT(pattern_match(p, subject, 2, false, &m), 0);
	pattern_free(p);
}

TEST(patterns_pass_over_an_empty_match)
{
	struct pattern *p;
	struct message m;

	CHECK_INT(pattern_new("-x", text_of("x*"), 0, &m, &p), 0);
	CHECK_INT(pattern_match(p, text_of("ab"), 0, false, &m), 1);
	CHECK_INT(pattern_end(p), 0);
	CHECK_INT(pattern_match(p, text_of("ab"), 0, true, &m), 1);
	CHECK_INT(pattern_begin(p), 1);
	pattern_free(p);
}

TEST(bad_pattern_says_where)
{
	struct pattern *p;
	struct message m;

	CHECK_INT(pattern_new("--colsep", text_of("a(b"), 0, &m, &p), -EINVAL);
	CHECK(strstr(m.text, "--colsep: ") == m.text);
	CHECK(strstr(m.text, "at character 3 of 'a(b'") != NULL);
}

TEST(endless_backtracking_is_an_error)
{
	struct pattern *p;
	struct message m;
	char subject[64];

	memset(subject, 'a', sizeof subject);
	CHECK_INT(pattern_new("--rpl", text_of("^(a+)+(?<!a)$"), 0, &m, &p), 0);
	CHECK_INT(pattern_match(p, (struct text){ subject, sizeof subject }, 0,
		      false, &m),
	    -EINVAL);
	CHECK(strstr(m.text, "--rpl: ") == m.text);
	pattern_free(p);
}

TEST(format)
{
	struct bytes b = { 0 };
	char wide[300];

	(void)memset(wide, 'x', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	CHECK_INT(bytes_add_format(&b, "%d-", 7), 0);
	CHECK_INT(bytes_add_format(&b, "%s.", wide), 0); /* whole, not cut */
	CHECK_INT(b.len, 2 + 299 + 1);
	CHECK(memcmp(b.data, "7-xx", 4) == 0 && b.data[b.len - 1] == '.');
	bytes_fini(&b);
}
