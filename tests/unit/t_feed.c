/* SPDX-License-Identifier: ISC */

/* feed: all bytes, in order, no more than the pipe takes; and pools that feed jobs. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "prun.h"
#include "stream/feed.h"
#include "test_util.h"

#define BIG ((size_t)300000)

static char big[BIG], got[BIG + 1];

static void
make_big(void)
{
	for (size_t i = 0; i < BIG; i++)
		big[i] = (char)(i * 7 + i / 251);
}

static void
make_pipe(int fds[2])
{
	CHECK_INT(fd_pipe(fds), 0);
	CHECK_INT(fd_nonblock(fds[0]), 0);
	CHECK_INT(fd_nonblock(fds[1]), 0);
}

/* Feed all of it through a pipe that is emptied when it is full: how many bytes. */
static size_t
pump(struct feed *f, int fds[2])
{
	size_t len = 0;
	ssize_t n, r;

	for (;;) {
		n = feed_write(f, fds[1]);
		if (n > 0)
			continue;
		CHECK(n == 0 || n == -EAGAIN);
		while ((r = read(fds[0], got + len, sizeof(got) - len)) > 0)
			len += (size_t)r;
		if (n == 0)
			return len;
	}
}

static int
big_file(void)
{
	char name[] = "/tmp/prun-test.XXXXXX";
	int fd = mkstemp(name);

	CHECK(fd != -1);
	CHECK_INT(unlink(name), 0);
	CHECK_INT(write(fd, big, BIG), BIG);
	return fd;
}

/* Writes the same once more. */
static void
again(struct feed *f)
{
	f->done = 0;
	f->read_at = f->read_len = 0;
}

TEST(bytes)
{
	struct feed f = { 0 };
	int fds[2];

	make_big();
	make_pipe(fds);
	CHECK_INT(feed_write(&f, fds[1]), 0);
	feed_bytes(&f, big, BIG);
	for (int i = 0; i < 2; i++) {
		CHECK_INT(pump(&f, fds), BIG);
		CHECK_INT(memcmp(got, big, BIG), 0);
		CHECK_INT(feed_write(&f, fds[1]), 0);
		again(&f);
	}
	feed_fini(&f);
	feed_bytes(&f, NULL, 0);
	CHECK_INT(feed_write(&f, fds[1]), 0);
}

/* Spliced, and read where splicing cannot be done; again after a rewind. */
TEST(file_range)
{
	struct feed f = { 0 };
	int fds[2], fd;

	make_big();
	make_pipe(fds);
	fd = big_file();
	feed_piece(&f,
	    &(struct prun_input){ .fd = fd,
		.offset = 1000,
		.length = BIG - 2000 });
	for (int i = 0; i < 3; i++) {
		CHECK_INT(pump(&f, fds), BIG - 2000);
		CHECK_INT(memcmp(got, big + 1000, BIG - 2000), 0);
		again(&f);
		f.no_splice = i == 1;
	}
	CHECK_INT(lseek(fd, 0, SEEK_CUR), BIG); /* it is nobody's offset */
	feed_fini(&f);
	/* A file that was cut meanwhile: no endless wait. */
	f = (struct feed){ 0 };
	feed_piece(&f, &(struct prun_input){ .fd = fd, .length = BIG });
	CHECK_INT(ftruncate(fd, 0), 0);
	CHECK_INT(feed_write(&f, fds[1]), -ENODATA);
	feed_fini(&f);
}

/* What is in a pipe is moved into the other, and it is no endless wait if bytes lack. */
TEST(pipe)
{
	struct feed f = { 0 };
	struct prun_input piece = { .offset = -1, .length = BIG };
	int from[2], fds[2];

	make_big();
	make_pipe(from);
	make_pipe(fds);
	CHECK_INT(fd_widen_pipe(from[1], FD_PIPE_WIDE), 0);
	CHECK_INT(write(from[1], big, BIG), BIG);
	CHECK_INT(close(from[1]), 0);
	piece.fd = from[0];
	feed_piece(&f, &piece);
	CHECK_INT(pump(&f, fds), BIG);
	CHECK_INT(memcmp(got, big, BIG), 0);
	feed_piece(&f, &piece);
	CHECK_INT(feed_write(&f, fds[1]), -ENODATA);
	feed_fini(&f);
	CHECK_INT(close(from[0]), 0);
	CHECK_INT(close(fds[0]), 0);
	CHECK_INT(close(fds[1]), 0);
}

/* In memory, in a file, and in a file that has no space: the same, again and again. */
TEST(kept)
{
	static const char *const folders[] = { "/tmp", "/proc/none" };
	struct feed f = { 0 };
	int fds[2];

	make_big();
	make_pipe(fds);
	for (int i = 0; i < 3; i++) {
		struct spill spill;
		struct capture_store store = { .spill = &spill,
			.each = i == 0 ? BIG : 1000,
			.all = BIG };
		struct capture kept = { 0 };

		CHECK_INT(spill_init(&spill, folders[i / 2]), 0);
		CHECK_INT(capture_add(&kept, &store, big, 500), 0);
		CHECK_INT(capture_add(&kept, &store, big + 500, BIG - 500) == 0,
		    i < 2);
		CHECK_INT(capture_is_spilled(&kept), i == 1);
		feed_kept(&f, &kept, &spill);
		for (int j = 0; j < 2; j++) {
			CHECK_INT(pump(&f, fds), BIG);
			CHECK_INT(memcmp(got, big, BIG), 0);
			again(&f);
		}
		feed_fini(&f);
		capture_fini(&kept, &store);
		CHECK_INT(store.used, 0);
		spill_fini(&spill);
	}
}

struct source {
	size_t at, dry; /* bytes given; calls that have none */
	int fd; /* the same bytes */
	int error;
};

static int
give(struct prun_input *piece, void *arg)
{
	struct source *s = arg;
	size_t n = BIG - s->at < 776 ? BIG - s->at : 776;

	if (s->dry > 0 && s->dry-- > 0)
		return -EAGAIN;
	if (s->error != 0)
		return s->error;
	if (n == 0)
		return 0;
	/* In turn from memory, from a file, and both. */
	if (s->at % 3 != 1) {
		piece->data = big + s->at;
		piece->len = s->at % 3 == 0 ? n : n / 2;
	}
	piece->fd = s->fd;
	piece->offset = (off_t)(s->at + piece->len);
	piece->length = n - piece->len;
	s->at += n;
	return 1;
}

TEST(function)
{
	struct source s = { .dry = 1 };
	struct feed f = { 0 };
	int fds[2];

	make_big();
	make_pipe(fds);
	s.fd = big_file();
	feed_function(&f, give, &s);
	CHECK_INT(feed_write(&f, fds[1]), -ENOMSG);
	CHECK_INT(pump(&f, fds), BIG);
	CHECK_INT(memcmp(got, big, BIG), 0);
	CHECK_INT(feed_write(&f, fds[1]), 0);
	feed_fini(&f);
	CHECK_INT(close(s.fd), 0);
	s = (struct source){ .error = -EBADF };
	feed_function(&f, give, &s);
	CHECK_INT(feed_write(&f, fds[1]), -EBADF);
	feed_fini(&f);
}

/* Nobody reads: an error and no signal, be SIGPIPE default, blocked or pending. */
TEST(no_reader_no_signal)
{
	struct feed f = { 0 };
	sigset_t pipe, pending;
	int fds[2];

	(void)signal(SIGPIPE, SIG_DFL);
	make_pipe(fds);
	close(fds[0]);
	feed_bytes(&f, "x", 1);
	CHECK_INT(feed_write(&f, fds[1]), -EPIPE);
	make_big();
	feed_piece(&f, &(struct prun_input){ .fd = big_file(), .length = BIG });
	CHECK_INT(feed_write(&f, fds[1]), -EPIPE);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigprocmask(SIG_BLOCK, &pipe, NULL);
	CHECK_INT(feed_write(&f, fds[1]), -EPIPE);
	CHECK_INT(sigpending(&pending), 0);
	CHECK_INT(sigismember(&pending, SIGPIPE), 0);
	CHECK_INT(raise(SIGPIPE), 0);
	CHECK_INT(feed_write(&f, fds[1]), -EPIPE);
	CHECK_INT(sigpending(&pending), 0);
	CHECK_INT(sigismember(&pending, SIGPIPE),
	    1); /* that one is the host's */
}

struct fed {
	struct prun_pool *pool;
	size_t len;
	int done, status;
	unsigned tries, flags;
	uint64_t in_bytes;
	unsigned *at; /* for retry_from_first() */
};

static int
take(const struct prun_result *r, void *job, int stream, const char *data,
    size_t len, void *arg)
{
	struct fed *fed = arg;

	(void)r;
	(void)job;
	if (stream != 1)
		return 0;
	CHECK(fed->len + len <= sizeof(got));
	memcpy(got + fed->len, data, len);
	fed->len += len;
	return 0;
}

static void
ended(const struct prun_result *r, void *arg)
{
	struct fed *fed = arg;

	fed->done++;
	fed->status = r->status;
	fed->tries = r->tries;
	fed->flags = r->flags;
	fed->in_bytes = r->in_bytes;
}

static void
fed_start(struct fed *fed)
{
	*fed = (struct fed){ 0 };
	CHECK_INT(prun_pool_new(
		      &(struct prun_pool_opts){
			  .size = sizeof(struct prun_pool_opts),
			  .slots = 2,
			  .deliver = take,
			  .deliver_arg = fed },
		      &fed->pool),
	    0);
}

static void
fed_run(struct fed *fed, const struct prun_spec *spec)
{
	fed_start(fed);
	CHECK_INT(prun_pool_apply_async(fed->pool, spec, ended, fed), 0);
	prun_pool_close(fed->pool);
	CHECK_INT(prun_pool_join(fed->pool), 0);
	CHECK_INT(fed->done, 1);
	prun_pool_free(fed->pool);
}

TEST(pool_bytes)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "cat",
		.in.kind = PRUN_STDIO_PIPE,
		.input = { big, BIG, 0, 0, 0 } };
	struct fed fed;

	make_big();
	fed_run(&fed, &spec);
	CHECK_INT(fed.len, BIG);
	CHECK_INT(memcmp(got, big, BIG), 0);
	spec.input.len = 0;
	fed_run(&fed, &spec);
	CHECK_INT(fed.len, 0);
}

/* Lent bytes are in the pipe before the job starts: what it holds has gone there. */
TEST(pool_bytes_before_the_start)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "cat",
		.in.kind = PRUN_STDIO_PIPE,
		.input = { big, 1000, 0, 10, 500 },
		.flags = PRUN_SPEC_INPUT_LENT };
	struct fed fed;

	make_big();
	spec.input.fd = big_file();
	fed_run(&fed, &spec);
	CHECK_INT(fed.len, 1500);
	CHECK_INT(memcmp(got, big, 1000), 0);
	CHECK_INT(memcmp(got + 1000, big + 10, 500), 0);
	CHECK_INT(fed.in_bytes, 1500);
	spec.input.len = BIG;
	spec.input.length = 0;
	fed_run(&fed, &spec);
	CHECK_INT(fed.len, BIG);
	CHECK_INT(memcmp(got, big, BIG), 0);
	CHECK_INT(fed.in_bytes, BIG);
	/* Nobody reads it. */
	spec.command = "exit 3";
	spec.input.len = 1000;
	fed_run(&fed, &spec);
	CHECK_INT(fed.status, 3);
	CHECK_INT(fed.in_bytes, 1000);
	spec.command = NULL;
	spec.argv = (const char *const[]){ "/proc/none/program", NULL };
	fed_run(&fed, &spec);
	CHECK_INT(fed.status, 127);
	CHECK_INT(fed.in_bytes, 0);
}

TEST(pool_file_range)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "cat",
		.in.kind = PRUN_STDIO_PIPE,
		.input = { "", 0, 0, 10, BIG - 10 } };
	struct fed fed;

	make_big();
	spec.input.fd = big_file();
	fed_run(&fed, &spec);
	CHECK_INT(fed.len, BIG - 10);
	CHECK_INT(memcmp(got, big + 10, BIG - 10), 0);
}

/* A file that is shorter than it was: the job has what there is, and that is told. */
TEST(pool_file_that_shrinks)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "cat",
		.in.kind = PRUN_STDIO_PIPE,
		.input = { "", 0, 0, 0, BIG } };
	struct fed fed;

	make_big();
	spec.input.fd = big_file();
	CHECK_INT(ftruncate(spec.input.fd, 1000), 0);
	fed_run(&fed, &spec);
	CHECK_INT(fed.len, 1000);
	CHECK_INT(fed.status, 0);
	CHECK_INT(fed.in_bytes, 1000);
	CHECK_INT(fed.flags, PRUN_RESULT_INPUT_LOST);
}

/* What a job leaves unread is no failure, and its output is whole. */
static int
give_all(struct prun_input *piece, void *arg)
{
	bool *given = arg;

	if (*given)
		return 0;
	*given = true;
	*piece = (struct prun_input){ .data = big, .len = BIG };
	return 1;
}

/* The pipe is so wide that it takes all the input before the job, which reads one byte, ends. */
TEST(pool_wide_pipe)
{
	bool given = false;
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "head -c1 >/dev/null",
		.in.kind = PRUN_STDIO_PIPE,
		.input_fn = give_all,
		.input_arg = &given,
		.input_pipe = FD_PIPE_WIDE };
	struct fed fed;
	int fds[2];

	make_pipe(fds);
	if (fd_widen_pipe(fds[1], FD_PIPE_WIDE) != 0)
		return; /* the system grants none */
	fed_run(&fed, &spec);
	CHECK_INT(fed.status, 0);
	CHECK_INT(fed.in_bytes, BIG);
}

TEST(pool_unread)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "echo done",
		.in.kind = PRUN_STDIO_PIPE,
		.input = { big, BIG, 0, 0, 0 } };
	struct fed fed;

	(void)signal(SIGPIPE, SIG_DFL);
	fed_run(&fed, &spec);
	CHECK_INT(fed.status, 0);
	CHECK_INT(fed.len, 5);
}

static double
retry_twice(const struct prun_result *r, void *arg)
{
	(void)arg;
	return r->tries < 3 ? 0 : -1;
}

/* Each try gets the same. */
TEST(pool_retries)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "head -c 3; wc -c",
		.in.kind = PRUN_STDIO_PIPE,
		.input = { "abcdef", 6, 0, 0, 0 },
		.retry = retry_twice };
	struct fed fed;

	fed_run(&fed, &spec);
	CHECK_INT(fed.tries, 3);
	CHECK_INT(fed.len, 5);
	CHECK_INT(memcmp(got, "abc", 3), 0);
}

TEST(pool_function)
{
	struct source s = { .dry = 1 };
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "cat",
		.in.kind = PRUN_STDIO_PIPE,
		.input_fn = give,
		.input_arg = &s };
	struct fed fed;

	make_big();
	s.fd = big_file();
	fed_start(&fed);
	CHECK_INT(prun_pool_apply_async(fed.pool, &spec, ended, &fed), 0);
	/* It has none at first: nothing is asked again before that is told. */
	CHECK_INT(s.dry, 0);
	CHECK_INT(prun_pool_step(fed.pool, 0.05), 0);
	CHECK_INT(s.at, 0);
	CHECK_INT(prun_pool_feed(fed.pool, 2), -ESRCH);
	CHECK_INT(prun_pool_feed(fed.pool, 1), 0);
	prun_pool_close(fed.pool);
	CHECK_INT(prun_pool_join(fed.pool), 0);
	CHECK_INT(fed.len, BIG);
	CHECK_INT(memcmp(got, big, BIG), 0);
	prun_pool_free(fed.pool);
	CHECK_INT(close(s.fd), 0);
}

/* A function that gives three bytes, one by one. */
static int
give_three(struct prun_input *piece, void *arg)
{
	unsigned *at = arg;

	if (*at == 3)
		return 0;
	*piece = (struct prun_input){ .data = "abc" + (*at)++, .len = 1 };
	return 1;
}

static double
retry_from_first(const struct prun_result *r, void *arg)
{
	*((struct fed *)arg)->at = 0;
	return r->tries < 3 ? 0.05 : -1;
}

/*
 * The function begins again for each try.  Meanwhile no other job gets the slot: the second
 * one starts when the first one has had its last try.
 */
TEST(pool_retries_function)
{
	unsigned at = 0;
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "cat; exit 1",
		.in.kind = PRUN_STDIO_PIPE,
		.input_fn = give_three,
		.input_arg = &at,
		.retry = retry_from_first };
	struct fed fed;

	fed_start(&fed);
	fed.at = &at;
	CHECK_INT(prun_pool_resize(fed.pool, 1), 0);
	CHECK_INT(prun_pool_apply_async(fed.pool, &spec, ended, &fed), 0);
	spec = (struct prun_spec){ .size = sizeof(spec),
		.command = "echo second",
		.in.kind = PRUN_STDIO_PIPE };
	CHECK_INT(prun_pool_apply_async(fed.pool, &spec, NULL, NULL), 0);
	prun_pool_close(fed.pool);
	CHECK_INT(prun_pool_join(fed.pool), 0);
	CHECK_INT(fed.tries, 3);
	CHECK_INT(fed.in_bytes, 3);
	CHECK_INT(fed.len, 10);
	CHECK_INT(memcmp(got, "abcsecond\n", 10), 0);
	prun_pool_free(fed.pool);
}

/*
 * The input of the jobs of pool_retries_starve, which has no bytes.  A job that asks for
 * some sets hungry; over: the job is told that its input has ended.
 */
struct starved {
	struct fed fed;
	bool hungry, over;
};

static int
give_none(struct prun_input *piece, void *arg)
{
	struct starved *s = arg;

	(void)piece;
	s->hungry = !s->over;
	return s->over ? 0 : -EAGAIN;
}

static double
retry_starving(const struct prun_result *r, void *arg)
{
	((struct starved *)arg)->over = false;
	return r->tries < 3 ? 0 : -1;
}

static void
starved_ended(const struct prun_result *r, void *arg)
{
	ended(r, &((struct starved *)arg)->fed);
}

/* A step returns when a further try, which it has started, has asked for input in vain. */
TEST(pool_retries_starve)
{
	struct starved s = { 0 };
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = "exec cat /proc/none -",
		.in.kind = PRUN_STDIO_PIPE,
		.input_fn = give_none,
		.input_arg = &s,
		.retry = retry_starving };

	fed_start(&s.fed);
	CHECK_INT(prun_pool_apply_async(s.fed.pool, &spec, starved_ended, &s),
	    0);
	while (s.fed.done == 0) {
		if (s.hungry) {
			s.hungry = false;
			s.over = true;
			CHECK_INT(prun_pool_feed(s.fed.pool, 1), 0);
		}
		CHECK_INT(prun_pool_step(s.fed.pool, -1), 0);
	}
	CHECK_INT(s.fed.tries, 3);
	prun_pool_free(s.fed.pool);
}

TEST(pool_refuses)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "cat",
		.input = { "x", 1, 0, 0, 0 } };
	struct fed fed;

	fed_start(&fed);
	CHECK_INT(prun_pool_apply_async(fed.pool, &spec, NULL, NULL), -EINVAL);
	/* Killed while it is fed. */
	spec = (struct prun_spec){ .size = sizeof(struct prun_spec),
		.command = "exec sleep 1000",
		.in.kind = PRUN_STDIO_PIPE,
		.input = { big, BIG, 0, 0, 0 },
		.timeout = 0.05 };
	CHECK_INT(prun_pool_apply_async(fed.pool, &spec, ended, &fed), 0);
	prun_pool_close(fed.pool);
	CHECK_INT(prun_pool_join(fed.pool), 0);
	CHECK_INT(fed.done, 1);
	prun_pool_free(fed.pool);
}
