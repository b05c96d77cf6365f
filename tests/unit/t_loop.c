/* SPDX-License-Identifier: ISC */

/* loop: who is called, and who is not any more. */
#include <sys/epoll.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/loop.h"
#include "test_util.h"

struct seat {
	struct watch watch;
	struct loop *loop;
	struct watch *remove; /* when called */
	int fds[2];
	int calls;
};

static void
seat_ready(struct watch *w, uint32_t events)
{
	struct seat *s = w->owner;

	CHECK(events != 0);
	s->calls++;
	if (s->remove != NULL)
		loop_remove(s->loop, s->remove);
}

static void
seat_add(struct seat *s, struct loop *loop)
{
	CHECK_INT(pipe(s->fds), 0);
	s->loop = loop;
	CHECK_INT(loop_add(loop, &s->watch, s->fds[0], EPOLLIN, seat_ready, s),
	    0);
}

TEST(turns)
{
	struct loop loop;
	struct seat a = { 0 }, b = { 0 };

	CHECK_INT(loop_init(&loop), 0);
	CHECK(loop.fd > 2);
	seat_add(&a, &loop);
	seat_add(&b, &loop);
	CHECK_INT(loop_turn(&loop, 0), 0);
	CHECK_INT(write(a.fds[1], "x", 1), 1);
	CHECK_INT(loop_turn(&loop, -1), 1);
	CHECK_INT(loop_turn(&loop, -1), 1); /* level-triggered */
	CHECK(a.calls == 2 && b.calls == 0);
	loop_pause(&loop, &a.watch);
	loop_pause(&loop, &a.watch);
	CHECK_INT(loop_turn(&loop, 0), 0);
	CHECK_INT(loop_resume(&loop, &a.watch), 0);
	CHECK_INT(loop_resume(&loop, &a.watch), 0);
	CHECK_INT(loop_turn(&loop, 0), 1);
	loop_remove(&loop, &a.watch);
	loop_remove(&loop, &a.watch);
	CHECK_INT(a.watch.fd, -1);
	CHECK_INT(loop_turn(&loop, 0), 0);
	loop_fini(&loop);
	loop_fini(&loop);
}

/* Not before its time, unless it is taken up; not at all when it is removed. */
TEST(snooze)
{
	struct loop loop;
	struct seat s[3] = { 0 };
	int64_t now = clock_now();

	CHECK_INT(loop_init(&loop), 0);
	for (int i = 0; i < 3; i++) {
		seat_add(&s[i], &loop);
		CHECK_INT(write(s[i].fds[1], "x", 1), 1);
		loop_snooze(&loop, &s[i].watch,
		    now + INT64_C(10000000000) * (i == 2));
	}
	CHECK(!s[0].watch.on);
	loop_remove(&loop, &s[0].watch);
	while (s[1].calls == 0)
		CHECK(loop_turn(&loop, -1) > 0);
	CHECK(clock_now() - now >= LOOP_SNOOZE_NS);
	CHECK_INT(s[0].calls, 0);
	CHECK(s[1].watch.on);
	loop_remove(&loop, &s[1].watch);
	while (loop_turn(&loop, 0) > 0)
		continue;
	CHECK(!s[2].watch.on);
	CHECK_INT(loop_resume(&loop, &s[2].watch), 0);
	CHECK_INT(loop_turn(&loop, -1), 1);
	CHECK_INT(s[2].calls, 1);
	loop_pause(&loop, &s[2].watch);
	CHECK_INT(loop_turn(&loop, 0), 0);
	loop_fini(&loop);
}

/* Removed by another in the same turn: not called. */
TEST(removed_in_the_turn)
{
	struct loop loop;
	struct seat s[2] = { 0 };

	CHECK_INT(loop_init(&loop), 0);
	seat_add(&s[0], &loop);
	seat_add(&s[1], &loop);
	s[0].remove = &s[1].watch;
	s[1].remove = &s[0].watch;
	CHECK_INT(write(s[0].fds[1], "x", 1), 1);
	CHECK_INT(write(s[1].fds[1], "x", 1), 1);
	CHECK_INT(loop_turn(&loop, 0), 1);
	CHECK_INT(s[0].calls + s[1].calls, 1);
	loop_fini(&loop);
}

/* A copy of the descriptor elsewhere brings no stale events. */
TEST(removed_with_a_copy)
{
	struct loop loop;
	struct seat s = { 0 };
	int copy;

	CHECK_INT(loop_init(&loop), 0);
	seat_add(&s, &loop);
	copy = dup(s.fds[0]);
	CHECK(copy != -1);
	loop_remove(&loop, &s.watch);
	close(s.fds[0]);
	CHECK_INT(write(s.fds[1], "x", 1), 1);
	CHECK_INT(loop_turn(&loop, 0), 0);
	loop_fini(&loop);
}

/* epoll refuses a regular file: it is ready in every turn, and to a foreign loop. */
TEST(always_ready)
{
	struct loop loop;
	struct seat s[2] = { 0 };
	struct pollfd pfd = { .events = POLLIN };

	CHECK_INT(loop_init(&loop), 0);
	pfd.fd = loop.fd;
	for (int i = 0; i < 2; i++) {
		s[i].loop = &loop;
		s[i].fds[0] = open("/proc/self/exe", O_RDONLY);
		CHECK_INT(loop_add(&loop, &s[i].watch, s[i].fds[0], EPOLLIN,
			      seat_ready, &s[i]),
		    0);
	}
	CHECK_INT(poll(&pfd, 1, 0), 1);
	CHECK_INT(loop_turn(&loop, -1), 2);
	s[0].remove = &s[0].watch;
	CHECK_INT(loop_turn(&loop, -1), 2);
	CHECK_INT(loop_turn(&loop, -1), 1);
	CHECK(s[0].calls == 2 && s[1].calls == 3);
	loop_pause(&loop, &s[1].watch);
	CHECK_INT(loop_turn(&loop, 0), 0);
	CHECK_INT(loop_resume(&loop, &s[1].watch), 0);
	CHECK_INT(loop_turn(&loop, -1), 1);
	loop_remove(&loop, &s[1].watch);
	CHECK_INT(poll(&pfd, 1, 0), 0);
	loop_fini(&loop);
}

struct chime {
	struct loop *loop;
	struct loop_timer timer;
	int rings, again;
	int64_t at;
};

static void
chime_ring(void *arg)
{
	struct chime *c = arg;

	c->rings++;
	c->at = clock_now();
	if (c->again-- > 0)
		CHECK_INT(loop_timer_start(c->loop, &c->timer, 0, chime_ring,
			      c),
		    0);
}

/* In the order of their deadlines, not before; a moved one once; a stopped one never. */
TEST(timers)
{
	struct loop loop;
	struct chime c[4] = { 0 };
	struct pollfd pfd = { .events = POLLIN };
	int64_t now = clock_now();
	const int delay[] = { 30, 10, 1, 20 };

	CHECK_INT(loop_init(&loop), 0);
	for (int i = 0; i < 4; i++) {
		c[i].loop = &loop;
		CHECK_INT(loop_timer_start(&loop, &c[i].timer,
			      now + delay[i] * INT64_C(1000000), chime_ring,
			      &c[i]),
		    0);
	}
	CHECK_INT(loop_timer_start(&loop, &c[2].timer, now + INT64_C(40000000),
		      chime_ring, &c[2]),
	    0);
	loop_timer_stop(&loop, &c[3].timer);
	loop_timer_stop(&loop, &c[3].timer);
	CHECK(loop_timer_is_pending(&c[2].timer));
	pfd.fd = loop.fd;
	while (c[2].rings == 0) {
		CHECK_INT(poll(&pfd, 1, 10000), 1);
		CHECK(loop_turn(&loop, 0) >= 0);
	}
	CHECK(!loop_timer_is_pending(&c[2].timer));
	CHECK(c[0].rings == 1 && c[1].rings == 1 && c[3].rings == 0);
	CHECK(c[1].at <= c[0].at && c[0].at <= c[2].at);
	CHECK(c[2].at >= now + INT64_C(40000000));
	/* One that starts itself again does not keep the turn. */
	c[0].again = 5;
	CHECK_INT(loop_timer_start(&loop, &c[0].timer, 0, chime_ring, &c[0]),
	    0);
	CHECK(loop_turn(&loop, -1) > 0);
	CHECK_INT(c[0].rings, 2);
	while (c[0].rings < 7)
		CHECK(loop_turn(&loop, 10000) >= 0);
	loop_fini(&loop);
}

struct letter {
	struct mail mail;
	unsigned bits;
};

static void
letter_read(struct mail *mail, unsigned bits)
{
	struct letter *letter = mail->owner;

	letter->bits = bits;
}

TEST(mail)
{
	struct loop loop;
	struct letter a = { .mail = { .fn = letter_read, .owner = &a } };

	CHECK_INT(loop_init(&loop), 0);
	mailbox_post(&loop.mailbox, &a.mail, 1);
	mailbox_post(&loop.mailbox, &a.mail, 4);
	CHECK_INT(loop_turn(&loop, -1), 1);
	CHECK_INT(a.bits, 5);
	CHECK_INT(loop_turn(&loop, 0), 0);
	mailbox_wake(&loop.mailbox);
	CHECK_INT(loop_turn(&loop, -1), 1);
	CHECK_INT(loop_turn(&loop, 0), 0);
	loop_fini(&loop);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

TEST(errors)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	struct loop loop;
	struct watch w = { .fd = -1 };
	int fds[2];

	CHECK_INT(loop_init(&loop), 0);
	CHECK_INT(pipe(fds), 0);
	close(fds[0]);
	CHECK_INT(loop_add(&loop, &w, fds[0], EPOLLIN, seat_ready, NULL),
	    -EBADF);
	CHECK_INT(w.fd, -1);
	loop_remove(&loop, &w);
	sigaction(SIGALRM, &action, NULL);
	alarm(1);
	CHECK_INT(loop_turn(&loop, -1), -EINTR);
	loop_fini(&loop);
}
