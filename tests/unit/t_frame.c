/* SPDX-License-Identifier: ISC */

/* frame, job: what is put is got back, in pieces as well; what is wrong is refused. */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "base/fd.h"
#include "remote/job.h"
#include "test_util.h"

static const char token[] = "0123456789abcdef0123456789abcdef";

/* What is in out, by a pipe of n bytes at a time, into r. */
static void
carry(struct buf *out, struct frame_reader *r, size_t n)
{
	int fds[2];

	CHECK_INT(fd_pipe(fds), 0);
	if (n > out->len)
		n = out->len;
	CHECK_INT(write(fds[1], out->data, n), n);
	buf_drop(out, n);
	CHECK_INT(frame_read(r, fds[0]), n);
	fd_close(&fds[0]);
	fd_close(&fds[1]);
}

TEST(frames_come_whole_in_pieces)
{
	struct buf out = { 0 };
	struct frame_reader r = { 0 };
	struct frame f;
	int n = 0;

	CHECK_INT(frame_put(&out, FRAME_OUT, 7, "hello", 5), 0);
	CHECK_INT(frame_put(&out, FRAME_KILL, UINT64_MAX, NULL, 0), 0);
	CHECK_INT(frame_put_number(&out, FRAME_CREDIT, 8, 4711), 0);
	while (out.len > 0) {
		carry(&out, &r, 1);
		while (frame_next(&r, &f) == 1) {
			n++;
			if (n == 1) {
				CHECK_INT(f.type, FRAME_OUT);
				CHECK_INT(f.id, 7);
				CHECK_MEM(f.data, f.len, "hello", 5);
			} else if (n == 2) {
				CHECK_INT(f.type, FRAME_KILL);
				CHECK(f.id == UINT64_MAX && f.len == 0);
			} else {
				struct field_reader fields = field_reader(&f);

				CHECK_INT(field_number(&fields), 4711);
				CHECK_INT(fields_end(&fields), 0);
			}
		}
	}
	CHECK_INT(n, 3);
	frame_reader_fini(&r);
	buf_fini(&out);
}

/* A pipe with the bytes, whose end nobody writes to any more. */
static int
pipe_of(const struct buf *bytes)
{
	int fds[2];

	CHECK_INT(fd_pipe(fds), 0);
	CHECK_INT(fd_widen_pipe(fds[1], FD_PIPE_WIDE), 0);
	CHECK_INT(write(fds[1], bytes->data, bytes->len), bytes->len);
	fd_close(&fds[1]);
	return fds[0];
}

TEST(a_long_frame_is_got_in_parts)
{
	const size_t len = 5 * FRAME_LONG;
	char *data = calloc(1, len);
	struct buf out = { 0 };
	struct frame_reader r = { 0 };
	struct frame f;
	size_t left = 0;
	int fd;

	CHECK_INT(frame_put(&out, FRAME_KILL, 1, NULL, 0), 0);
	CHECK_INT(frame_put(&out, FRAME_ERR, 7, data, len), 0);
	CHECK_INT(frame_put(&out, FRAME_OUT, 8, data, len), 0);
	CHECK_INT(frame_put(&out, FRAME_KILL, 9, NULL, 0), 0);
	fd = pipe_of(&out);
	CHECK(frame_read(&r, fd) > 0);
	CHECK_INT(frame_next(&r, &f), 1);
	CHECK_INT(frame_next(&r, &f), 0);
	CHECK_INT(frame_next_begun(&r, &f, &left), 1);
	CHECK_INT(f.type, FRAME_ERR);
	CHECK_INT(f.id, 7);
	CHECK_INT(f.len + left, len);
	while (left > 0) {
		CHECK(frame_read_rest(&r, fd, left, &f) > 0);
		left -= f.len;
	}
	/* No more is read than the head, so the rest can be moved. */
	CHECK_INT(frame_read_head(&r, fd), FRAME_HEAD);
	CHECK_INT(frame_next(&r, &f), 0);
	CHECK_INT(frame_next_begun(&r, &f, &left), 1);
	CHECK_INT(f.id, 8);
	CHECK_INT(f.len, 0);
	CHECK_INT(left, len);
	while (left > 0) {
		CHECK(frame_read_rest(&r, fd, left, &f) > 0);
		left -= f.len;
	}
	CHECK_INT(frame_read_head(&r, fd), FRAME_HEAD);
	CHECK_INT(frame_next(&r, &f), 1);
	CHECK_INT(f.id, 9);
	CHECK_INT(frame_read_head(&r, fd), 0);
	fd_close(&fd);
	frame_reader_fini(&r);
	buf_fini(&out);
	free(data);
}

/* What is not output, or will soon be there, or is too long, comes whole or not at all. */
TEST(only_long_output_is_got_in_parts)
{
	static const struct {
		enum frame_type type;
		size_t len;
		int begun;
	} frames[] = {
		{ FRAME_OUT, FRAME_LONG + 2, 1 },
		{ FRAME_ERR, FRAME_MOST - FRAME_HEAD, 1 },
		{ FRAME_OUT, FRAME_LONG, 0 },
		{ FRAME_OUT, FRAME_MOST, 0 },
		{ FRAME_BYTES, FRAME_LONG * 2, 0 },
		{ FRAME_ENDED, FRAME_LONG * 2, 0 },
	};

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct frame_reader r = { 0 };
		struct frame f;
		char head[FRAME_HEAD];
		size_t left;

		frame_put_head(head, frames[i].type, 3, frames[i].len);
		CHECK_INT(buf_add(&r.in, head, sizeof(head)), 0);
		CHECK_INT(buf_add(&r.in, "x", 1), 0);
		CHECK_INT(frame_next_begun(&r, &f, &left), frames[i].begun);
		if (frames[i].begun)
			CHECK_INT(left, frames[i].len - 1);
		frame_reader_fini(&r);
	}
}

TEST(a_greeting_is_found_behind_noise)
{
	struct buf out = { 0 };
	struct frame_reader r = { 0 };
	struct frame f;
	unsigned version = 0;
	char line[128];
	int begun = 0;

	CHECK_INT(buf_add_string(&out,
		      "Last login: never\nprun-agent 0123 1\n"),
	    0);
	(void)snprintf(line, sizeof(line), FRAME_GREETING "%s 3\n", token);
	CHECK_INT(buf_add(&out, line, strlen(line)), 0);
	CHECK_INT(frame_put(&out, FRAME_PONG, 0, NULL, 0), 0);
	while (out.len > 0) {
		carry(&out, &r, 5);
		if (!begun)
			begun = frame_begin(&r, token, &version);
		CHECK(begun >= 0);
	}
	CHECK_INT(begun, 1);
	CHECK_INT(version, 3);
	CHECK_INT(frame_next(&r, &f), 1);
	CHECK_INT(f.type, FRAME_PONG);
	frame_reader_fini(&r);
	buf_fini(&out);
}

TEST(endless_noise_is_no_greeting)
{
	struct buf out = { 0 };
	struct frame_reader r = { 0 };
	unsigned version;
	int begun = 0;

	for (int i = 0; i < 100 && begun == 0; i++) {
		CHECK_INT(buf_reserve(&out, 60000), 0);
		memset(out.data, 'x', 60000);
		out.len = 60000;
		carry(&out, &r, 60000);
		begun = frame_begin(&r, token, &version);
	}
	CHECK_INT(begun, -EPROTO);
	frame_reader_fini(&r);
	buf_fini(&out);
}

TEST(lengths_and_types_are_checked)
{
	static const unsigned char bad[][13] = {
		{ 8, 0, 0, 0, FRAME_OUT }, /* too short for its head */
		{ 255, 255, 255, 255, FRAME_OUT },
		{ 9, 0, 0, 0, 0 },
		{ 9, 0, 0, 0, FRAME_TYPES },
	};
	struct frame f;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct frame_reader r = { 0 };
		struct buf out = { 0 };

		CHECK_INT(buf_add(&out, bad[i], sizeof(bad[i])), 0);
		carry(&out, &r, sizeof(bad[i]));
		CHECK_INT(frame_next(&r, &f), -EPROTO);
		frame_reader_fini(&r);
		buf_fini(&out);
	}
	CHECK_INT(frame_put(&(struct buf){ 0 }, FRAME_OUT, 1, "", FRAME_MOST),
	    -E2BIG);
}

static struct prun_spec
full_spec(void)
{
	static const char *const argv[] = { "echo", "", "a b\n\"", NULL };
	static const char *const variables[] = { "A=1", "B=", NULL };
	static const struct prun_rlimit limit = { RLIMIT_CORE, { 1, 2 } };

	return (struct prun_spec){ .size = sizeof(struct prun_spec),
		.argv = argv,
		.cwd = "/tmp",
		.setenv = variables,
		.in = { .kind = PRUN_STDIO_PIPE },
		.out = { PRUN_STDIO_PTY, -1 },
		.err = { PRUN_STDIO_PTY, -1 },
		.nice = -5,
		.rlimit = &limit,
		.nrlimit = 1 };
}

TEST(a_spec_is_what_it_was)
{
	static const char *const host[] = { "B=2", NULL };
	struct prun_spec spec = full_spec();
	struct buf out = { 0 };
	struct job_spec job;
	struct field_reader r;

	CHECK_INT(job_put_spec(&out, &spec), 0);
	r = (struct field_reader){ .data = out.data, .len = out.len };
	CHECK_INT(job_get_spec(&r, host, &job), 0);
	CHECK_STR(job.spec.argv[0], "echo");
	CHECK_STR(job.spec.argv[1], "");
	CHECK_STR(job.spec.argv[2], "a b\n\"");
	CHECK(job.spec.argv[3] == NULL && job.spec.command == NULL);
	CHECK_STR(job.spec.cwd, "/tmp");
	CHECK_STR(job.spec.setenv[0], "A=1");
	CHECK_STR(job.spec.setenv[2], "B=2");
	CHECK(job.spec.setenv[3] == NULL);
	CHECK_INT(job.spec.in.kind, PRUN_STDIO_PIPE);
	CHECK_INT(job.spec.out.kind, PRUN_STDIO_PTY);
	CHECK_INT(job.spec.err.kind, PRUN_STDIO_PTY);
	CHECK_INT(job.spec.out.fd, -1);
	CHECK_INT(job.terminal.ws_col, 0);
	CHECK_INT(job.spec.nice, -5);
	CHECK_INT(job.spec.nrlimit, 1);
	CHECK_INT(job.spec.rlimit[0].limit.rlim_max, 2);
	job_spec_fini(&job);
	buf_fini(&out);
}

/* Each prefix of a spec, and a spec with any byte changed: refused or read, no more. */
TEST(a_broken_spec_is_refused)
{
	struct prun_spec spec = full_spec();
	struct buf out = { 0 };
	struct job_spec job;
	struct field_reader r;

	CHECK_INT(job_put_spec(&out, &spec), 0);
	for (size_t len = 0; len < out.len; len++) {
		char *copy = malloc(len + 1);

		memcpy(copy, out.data, len);
		r = (struct field_reader){ .data = copy, .len = len };
		CHECK_INT(job_get_spec(&r, NULL, &job), -EPROTO);
		job_spec_fini(&job);
		free(copy);
	}
	for (size_t i = 0; i < out.len; i++) {
		char was = out.data[i];

		out.data[i] = (char)(was ^ 0x55);
		r = (struct field_reader){ .data = out.data, .len = out.len };
		(void)job_get_spec(&r, NULL, &job);
		job_spec_fini(&job);
		out.data[i] = was;
	}
	buf_fini(&out);
}

TEST(a_result_is_what_it_was)
{
	struct prun_result result = { .status = 137,
		.signal = 9,
		.flags = PRUN_RESULT_TIMED_OUT,
		.elapsed = 1.5,
		.usage.ru_utime = { 3, 4 },
		.usage.ru_maxrss = 5 };
	struct prun_result got = { .id = 3, .flags = PRUN_RESULT_OUTPUT_LOST };
	struct buf out = { 0 };
	struct field_reader r;

	CHECK_INT(job_put_result(&out, &result), 0);
	r = (struct field_reader){ .data = out.data, .len = out.len - 1 };
	CHECK_INT(job_get_result(&r, &got), -EPROTO);
	CHECK_INT(got.status, 0);
	r = (struct field_reader){ .data = out.data, .len = out.len };
	CHECK_INT(job_get_result(&r, &got), 0);
	CHECK_INT(got.id, 3);
	CHECK_INT(got.status, 137);
	CHECK_INT(got.signal, 9);
	CHECK_INT(got.flags, PRUN_RESULT_TIMED_OUT | PRUN_RESULT_OUTPUT_LOST);
	CHECK(got.elapsed > 1.4 && got.elapsed < 1.6);
	CHECK_INT(got.usage.ru_utime.tv_usec, 4);
	CHECK_INT(got.usage.ru_maxrss, 5);
	buf_fini(&out);
}
