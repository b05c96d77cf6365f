/* SPDX-License-Identifier: ISC */

/* deliver: all bytes, in order, without waiting and without growing. */
#include "base/fd.h"
#include "output/writer.h"
#include "test_util.h"

static void
init(struct writer *d, int out_fd, int err_fd)
{
	const struct prun_pool_opts opts = { .out_fd = out_fd,
		.err_fd = err_fd };

	writer_init(d, &opts);
}

static const struct prun_result nobody;
static const struct writer_task job = { &nobody, NULL };

static void
put_all(struct writer *d, int stream, const char *data, size_t len)
{
	CHECK_INT(writer_put(d, &job, stream, data, len), 0);
}

TEST(file)
{
	struct writer d;
	char *text, big[40000];
	size_t len;
	int fd;

	util_folder();
	fd = open("out", O_WRONLY | O_CREAT, 0600);
	memset(big, 'b', sizeof(big));
	init(&d, fd, fd);
	put_all(&d, 1, "one ", 4);
	put_all(&d, 2, "two ", 4);
	put_all(&d, 1, big, sizeof(big));
	put_all(&d, 2, "three", 5);
	CHECK_INT(writer_flush(&d), 0);
	CHECK_INT(writer_waits_for(&d), -1);
	text = util_file("out", &len);
	CHECK_INT(len, 40013);
	CHECK(memcmp(text, "one two b", 9) == 0);
	CHECK(memcmp(text + 40007, "bthree", 6) == 0);
	CHECK_INT(writer_take_error(&d), 0);
	writer_fini(&d);
	CHECK(fcntl(fd, F_GETFD) != -1);
	free(text);
}

/* A reader that takes a little at a time, and never all. */
static void
check_slow(size_t piece)
{
	static char data[1 << 17], got[1 << 17];
	unsigned long long in = 0, out = 0;
	struct writer d;
	size_t n;
	int fds[2], stalls = 0;

	CHECK_INT(fd_pipe(fds), 0);
	init(&d, fds[1], fds[1]);
	while (in < (SANITIZED ? 3000000 : 20000000)) {
		for (size_t i = 0; i < piece; i++)
			data[i] = (char)((in + i) % 251);
		if (writer_put(&d, &job, 1, data, piece) == 0) {
			in += piece;
		} else {
			stalls++;
			CHECK_INT(writer_waits_for(&d), fds[1]);
			n = (size_t)read(fds[0], got, 4096);
			for (size_t i = 0; i < n; i++, out++)
				CHECK_INT((unsigned char)got[i], out % 251);
		}
		(void)writer_flush(&d);
		CHECK(d.sink[0].pending.len <= 400000);
	}
	CHECK(stalls > 100);
	while (out < in) {
		(void)writer_flush(&d);
		n = util_read_now(fds[0], got, sizeof(got));
		for (size_t i = 0; i < n; i++, out++)
			CHECK_INT((unsigned char)got[i], out % 251);
	}
	CHECK_INT(writer_flush(&d), 0);
	writer_fini(&d);
	close(fds[0]);
	close(fds[1]);
}

TEST(slow_reader)
{
	check_slow(1000);
	check_slow(15000);
	check_slow(16384);
	check_slow(100000);
}

/* Never overtake: the two may be the same file. */
TEST(no_overtaking)
{
	static char big[1 << 17];
	struct writer d;
	int a[2], b[2];

	CHECK_INT(fd_pipe(a), 0);
	CHECK_INT(fd_pipe(b), 0);
	init(&d, a[1], b[1]);
	put_all(&d, 1, big, sizeof(big));
	CHECK_INT(writer_put(&d, &job, 2, "x", 1), -EAGAIN);
	CHECK_INT(writer_waits_for(&d), a[1]);
	(void)util_read_now(a[0], big, sizeof(big));
	put_all(&d, 2, "x", 1);
	CHECK_INT(writer_flush(&d), 0);
	CHECK_INT(util_read_now(b[0], big, 10), 1);
	writer_fini(&d);
}

TEST(errors)
{
	static char big[1 << 17];
	struct writer d;
	int full = open("/dev/full", O_WRONLY), fds[2];

	(void)signal(SIGPIPE, SIG_DFL); /* none comes */
	CHECK_INT(fd_pipe(fds), 0);
	close(fds[0]);
	init(&d, full, fds[1]);
	put_all(&d, 1, "x", 1);
	put_all(&d, 2, big, sizeof(big));
	CHECK_INT(writer_flush(&d), 0);
	CHECK_INT(writer_take_error(&d), -ENOSPC);
	CHECK_INT(writer_take_error(&d), -EPIPE);
	CHECK_INT(writer_take_error(&d), 0);
	put_all(&d, 1, big, sizeof(big));
	put_all(&d, 2, big, sizeof(big));
	CHECK_INT(writer_flush(&d), 0);
	CHECK_INT(writer_take_error(&d), 0);
	CHECK_INT(writer_waits_for(&d), -1);
	writer_fini(&d);
}

struct kept {
	char data[64];
	size_t len;
	int fail;
};

static int
keep(const struct prun_result *r, void *own, int stream, const char *data,
    size_t len, void *arg)
{
	struct kept *k = arg;

	CHECK(own != NULL);
	if (k->fail != 0)
		return k->fail;
	k->len += (size_t)snprintf(k->data + k->len, sizeof(k->data) - k->len,
	    "%d/%d:%.*s ", (int)r->id, stream, (int)len, data);
	return 0;
}

TEST(function)
{
	struct kept k = { .len = 0 };
	struct writer d;
	const struct prun_pool_opts opts = { .deliver = keep,
		.deliver_arg = &k };
	const struct prun_result r[] = { { .id = 7 }, { .id = 8 },
		{ .id = 9 } };
	const struct writer_task jobs[] = { { &r[0], &d }, { &r[1], &d },
		{ &r[2], &d } };

	writer_init(&d, &opts);
	CHECK_INT(writer_put(&d, &jobs[0], 1, "a", 1), 0);
	CHECK_INT(writer_put(&d, &jobs[1], 2, "b", 1), 0);
	k.fail = -ECANCELED;
	CHECK_INT(writer_put(&d, &jobs[2], 1, "c", 1), 0);
	k.fail = 0;
	CHECK_INT(writer_put(&d, &jobs[2], 1, "d", 1), 0);
	CHECK_INT(writer_put(&d, &jobs[2], 2, "e", 1), 0);
	writer_end(&d, &jobs[2]);
	CHECK_STR(k.data, "7/1:a 8/2:b 9/2:e 9/0: ");
	CHECK_INT(writer_take_error(&d), -ECANCELED);
	CHECK_INT(writer_flush(&d), 0);
	writer_fini(&d);
}
