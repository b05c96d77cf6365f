/* SPDX-License-Identifier: ISC */

/* mailbox: no mail is lost, and the descriptor is readable when there is mail. */
#include <pthread.h>
#include <stdatomic.h>

#include "event/loop.h"
#include "test_util.h"

static bool
is_readable(const struct mailbox *box)
{
	struct pollfd pfd = { .fd = box->fd, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1;
}

TEST(bits)
{
	struct mailbox box;
	struct mail a = { .owner = &a }, b = { .owner = &b };
	unsigned bits = 99;

	CHECK_INT(mailbox_init(&box), 0);
	CHECK(!is_readable(&box));
	CHECK(mailbox_take(&box, &bits) == NULL);
	mailbox_post(&box, &a, 1);
	mailbox_post(&box, &b, 2);
	mailbox_post(&box, &a, 4);
	CHECK(is_readable(&box));
	mailbox_quiet(&box);
	CHECK(!is_readable(&box));
	CHECK(mailbox_take(&box, &bits) == &a);
	CHECK_INT(bits, 5);
	CHECK(mailbox_take(&box, &bits) == &b);
	CHECK_INT(bits, 2);
	CHECK(mailbox_take(&box, &bits) == NULL);
	CHECK(!is_readable(&box));
	mailbox_post(&box, &a, 8);
	CHECK(mailbox_take(&box, &bits) == &a);
	CHECK_INT(bits, 8);
	mailbox_quiet(&box);
	mailbox_wake(&box);
	CHECK(is_readable(&box));
	CHECK(mailbox_take(&box, &bits) == NULL);
	mailbox_fini(&box);
	CHECK_INT(box.fd, -1);
	mailbox_fini(&box);
}

TEST(withdraw)
{
	struct mailbox box;
	struct mail a = { .owner = &a }, b = { .owner = &b };
	unsigned bits;

	CHECK_INT(mailbox_init(&box), 0);
	mailbox_withdraw(&box, &a);
	mailbox_post(&box, &a, 1);
	mailbox_post(&box, &b, 1);
	mailbox_withdraw(&box, &a);
	CHECK(mailbox_take(&box, &bits) == &b);
	mailbox_post(&box, &b, 1);
	mailbox_withdraw(&box, &b);
	mailbox_quiet(&box);
	CHECK(mailbox_take(&box, &bits) == NULL);
	CHECK(!is_readable(&box));
	mailbox_post(&box, &b, 2);
	CHECK(is_readable(&box));
	CHECK(mailbox_take(&box, &bits) == &b);
	CHECK_INT(bits, 2);
	mailbox_fini(&box);
}

TEST(out_of_the_way)
{
	struct mailbox box;

	close(1);
	CHECK_INT(mailbox_init(&box), 0);
	/* Output for a closed stdout must not be written to it. */
	if (box.fd <= 2)
		_exit(1);
	mailbox_fini(&box);
}

struct sender {
	struct mailbox *box;
	struct mail mail;
	atomic_int posted;
};

enum {
	ROUNDS = 20000
};

static void *
sender_run(void *arg)
{
	struct sender *s = arg;

	for (int i = 0; i < ROUNDS; i++) {
		s->posted++;
		mailbox_post(s->box, &s->mail, i == ROUNDS - 1 ? 3 : 1);
	}
	return NULL;
}

/* The last mail of each thread arrives: a loop that waits for fd always wakes up. */
TEST(threads)
{
	static struct sender s[3];
	struct mailbox box;
	pthread_t thread[3];
	struct mail *mail;
	unsigned bits;
	int ended = 0;

	CHECK_INT(mailbox_init(&box), 0);
	for (int i = 0; i < 3; i++) {
		s[i].box = &box;
		s[i].mail.owner = &s[i];
		CHECK_INT(pthread_create(&thread[i], NULL, sender_run, &s[i]),
		    0);
	}
	while (ended < 3) {
		struct pollfd pfd = { .fd = box.fd, .events = POLLIN };

		CHECK_INT(poll(&pfd, 1, 30000), 1);
		mailbox_quiet(&box);
		while ((mail = mailbox_take(&box, &bits)) != NULL) {
			struct sender *from = mail->owner;

			CHECK(bits & 1);
			if (bits & 2) {
				CHECK_INT(from->posted, ROUNDS);
				ended++;
			}
		}
	}
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	CHECK(!is_readable(&box));
	mailbox_fini(&box);
}
