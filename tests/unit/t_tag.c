/* SPDX-License-Identifier: ISC */

/* tag: a text before each line, wherever the pieces are cut. */
#include "base/buf.h"
#include "output/task_output.h"
#include "t.h"

static void
check_tagged(const char *data, size_t len, const char *wanted)
{
	for (size_t piece = 1; piece <= len; piece++) {
		struct buf b = { 0 };
		bool midline = false;

		for (size_t at = 0; at < len; at += piece)
			CHECK_INT(tag_lines(&b, &(struct tag){ "t\t", NULL },
				      data + at,
				      len - at < piece ? len - at : piece,
				      &midline),
			    0);
		CHECK_MEM(b.data, b.len, wanted, strlen(wanted));
		buf_fini(&b);
	}
}

TEST(lines)
{
	check_tagged("a\nbc\n", 5, "t\ta\nt\tbc\n");
	check_tagged("\n\n", 2, "t\t\nt\t\n");
	check_tagged("no end", 6, "t\tno end");
	check_tagged("10%\r20%\r\n", 9, "t\t10%\rt\t20%\rt\t\n");
}

TEST(midline)
{
	struct buf b = { 0 };
	bool midline = true;

	CHECK_INT(tag_lines(&b, &(struct tag){ "t", NULL }, "x\ny", 3,
		      &midline),
	    0);
	CHECK(midline);
	CHECK_INT(tag_lines(&b, &(struct tag){ "t", NULL }, "\n", 1, &midline),
	    0);
	CHECK(!midline);
	CHECK_INT(tag_lines(&b, &(struct tag){ "t", NULL }, NULL, 0, &midline),
	    0);
	CHECK(!midline);
	CHECK_MEM(b.data, b.len, "x\nty\n", 5);
	buf_fini(&b);
}

TEST(nul_bytes)
{
	struct buf b = { 0 };
	bool midline = false;

	CHECK_INT(tag_lines(&b, &(struct tag){ "", NULL }, "a\0\nb", 4,
		      &midline),
	    0);
	CHECK_MEM(b.data, b.len, "a\0\nb", 4);
	buf_fini(&b);
}
