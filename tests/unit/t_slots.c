/* SPDX-License-Identifier: ISC */

/* slots: the lowest free number. */
#include "pool/pool.h"
#include "t.h"

static void
check_all(unsigned n)
{
	struct slots s;

	CHECK_INT(slots_init(&s, n, 0), 0);
	for (unsigned i = 1; i <= n; i++) {
		CHECK_INT(slots_peek(&s), i);
		CHECK_INT(slots_peek(&s), i);
		slots_take(&s, i, 1);
	}
	CHECK_INT(slots_peek(&s), 0);
	for (unsigned i = n; i >= 1; i--) {
		slots_give(&s, i, 1);
		CHECK_INT(slots_peek(&s), i);
	}
	slots_fini(&s);
}

TEST(sizes)
{
	check_all(1);
	check_all(63);
	check_all(64);
	check_all(65);
	check_all(1000);
}

TEST(holes)
{
	struct slots s;

	CHECK_INT(slots_init(&s, 200, 200), 0);
	for (unsigned i = 1; i <= 200; i++)
		slots_take(&s, i, 1);
	slots_give(&s, 130, 1);
	slots_give(&s, 7, 1);
	CHECK_INT(slots_peek(&s), 7);
	slots_take(&s, 7, 1);
	CHECK_INT(slots_peek(&s), 130);
	CHECK_INT(s.used, 199);
	slots_fini(&s);
}

TEST(weights)
{
	struct slots s;

	CHECK_INT(slots_init(&s, 3, 5), 0);
	CHECK_INT(slots_weight(&s, 0), 1);
	CHECK_INT(slots_weight(&s, 2), 2);
	CHECK_INT(slots_weight(&s, 9), 3);
	slots_take(&s, 1, 2);
	CHECK_INT(slots_room(&s), 1);
	CHECK_INT(slots_peek(&s), 2);
	CHECK(!slots_is_free(&s, 1));
	CHECK(slots_is_free(&s, 2));
	slots_take(&s, 2, 1);
	CHECK_INT(slots_room(&s), 0);
	CHECK_INT(slots_peek(&s), 0);
	slots_give(&s, 1, 2);
	CHECK_INT(slots_room(&s), 2);
	CHECK_INT(slots_peek(&s), 1);
	slots_fini(&s);
}

/* More and fewer slots while some are taken. */
TEST(other_number)
{
	struct slots s;

	CHECK_INT(slots_init(&s, 1, 4), 0);
	slots_take(&s, 1, 1);
	s.n = 4;
	for (unsigned i = 2; i <= 4; i++) {
		CHECK_INT(slots_peek(&s), i);
		slots_take(&s, i, 1);
	}
	s.n = 2;
	CHECK_INT(slots_room(&s), 0);
	slots_give(&s, 1, 1);
	CHECK_INT(slots_peek(&s), 0);
	slots_give(&s, 2, 1);
	CHECK_INT(slots_peek(&s), 0);
	slots_give(&s, 4, 1);
	CHECK_INT(slots_peek(&s), 1);
	slots_fini(&s);
}
