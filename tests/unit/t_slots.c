/* SPDX-License-Identifier: ISC */

/* slots: the lowest free number. */
#include "pool/slots.h"
#include "t.h"

static void
check_all(unsigned n)
{
	struct slots s;

	CHECK_INT(slots_init(&s, n), 0);
	for (unsigned i = 1; i <= n; i++) {
		CHECK_INT(slots_peek(&s), i);
		CHECK_INT(slots_peek(&s), i);
		slots_take(&s, i);
	}
	CHECK_INT(slots_peek(&s), 0);
	for (unsigned i = n; i >= 1; i--) {
		slots_give(&s, i);
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

	CHECK_INT(slots_init(&s, 200), 0);
	for (unsigned i = 1; i <= 200; i++)
		slots_take(&s, i);
	slots_give(&s, 130);
	slots_give(&s, 7);
	CHECK_INT(slots_peek(&s), 7);
	slots_take(&s, 7);
	CHECK_INT(slots_peek(&s), 130);
	CHECK_INT(s.used, 199);
	slots_fini(&s);
}
