/* SPDX-License-Identifier: ISC */

/* buf: it returns the bytes that were added, and its sizes do not overflow. */
#include <errno.h>
#include <stdint.h>

#include "base/buf.h"
#include "t.h"

TEST(add)
{
	struct buf b = { 0 };

	CHECK_INT(buf_add(&b, NULL, 0), 0);
	CHECK_INT(b.len, 0);
	for (int i = 0; i < 10000; i++)
		CHECK_INT(buf_add(&b, "ab\0", 3), 0);
	CHECK_INT(b.len, 30000);
	CHECK(b.size >= b.len);
	for (int i = 0; i < 10000; i++)
		CHECK(memcmp(b.data + 3 * i, "ab\0", 3) == 0);
	buf_fini(&b);
	CHECK(b.data == NULL && b.len == 0 && b.size == 0);
}

TEST(add_string)
{
	struct buf b = { 0 };

	CHECK_INT(buf_add_string(&b, "one"), 0);
	CHECK_INT(buf_add_string(&b, ""), 0);
	CHECK_MEM(b.data, b.len, "one\0", 5);
	buf_fini(&b);
}

TEST(reserve)
{
	struct buf b = { 0 };

	CHECK_INT(buf_reserve(&b, 1000), 0);
	CHECK(b.size - b.len >= 1000);
	CHECK_INT(b.len, 0);
	CHECK_INT(buf_reserve(&b, SIZE_MAX), -ENOMEM);
	CHECK_INT(buf_reserve(&b, SIZE_MAX / 2 + 1), -ENOMEM);
	CHECK_INT(buf_add(&b, "x", 1), 0);
	CHECK_INT(buf_reserve(&b, SIZE_MAX / 2), -ENOMEM);
	CHECK_MEM(b.data, b.len, "x", 1);
	buf_fini(&b);
}

TEST(drop)
{
	struct buf b = { 0 };

	buf_drop(&b, 0);
	CHECK_INT(buf_add(&b, "abcdef", 6), 0);
	buf_drop(&b, 0);
	buf_drop(&b, 2);
	CHECK_MEM(b.data, b.len, "cdef", 4);
	buf_drop(&b, 99);
	CHECK_INT(b.len, 0);
	buf_fini(&b);
}

TEST(clear)
{
	struct buf b = { 0 };
	size_t size;

	CHECK_INT(buf_add(&b, "abc", 3), 0);
	size = b.size;
	buf_clear(&b, size);
	CHECK_INT(b.len, 0);
	CHECK_INT(b.size, size);
	buf_clear(&b, size - 1);
	CHECK(b.data == NULL);
	CHECK_INT(b.size, 0);
}

TEST(take)
{
	struct buf b = { 0 };
	size_t len = 99;
	char *s = buf_take(&b, &len);

	CHECK_STR(s, "");
	CHECK_INT(len, 0);
	free(s);
	for (int i = 0; i < 256; i++)
		CHECK_INT(buf_add(&b, "x", 1), 0);
	s = buf_take(&b, &len);
	CHECK_INT(len, 256);
	CHECK_INT(strlen(s), 256);
	CHECK(b.data == NULL);
	free(s);
}
