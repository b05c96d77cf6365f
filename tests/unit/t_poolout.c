/* SPDX-License-Identifier: ISC */

/*
 * pool, its output: every byte once, in its order, through slow readers, full
 * disks and broken descriptors, with memory that stays small.
 */
#include <sys/mount.h>

#include <sched.h>
#include <termios.h>

#include "base/fd.h"
#include "pool_fixture.h"

/* Bytes of one job in four. */
#define FLOOD ((unsigned long long)t_times(256) * 1000000)

static char *
output_of(struct prun_pool_opts opts, const char *const *lines)
{
	struct prun_pool *pool;
	char *text;

	opts.out_fd = open("out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	opts.err_fd = opts.out_fd;
	pool = pool_of_plain(opts);
	for (; *lines != NULL; lines++)
		apply(pool, *lines, NULL);
	pool_end(pool);
	text = util_file("out", NULL);
	close(opts.out_fd);
	return text;
}

TEST(group)
{
	const char *lines[] = { "echo a1; echo e1 >&2; echo a2; echo e2 >&2",
		"printf x", NULL };
	char *text;

	util_folder();
	text = output_of((struct prun_pool_opts){ .slots = 1 }, lines);
	CHECK_STR(text, "a1\na2\ne1\ne2\nx");
	free(text);
}

/* The first is the last to end. */
TEST(keep)
{
	const char *lines[] = { "read x <fifo; echo one", "echo two",
		"echo three; : >fifo", NULL };
	char *text;

	util_folder();
	util_fifo("fifo");
	text = output_of((struct prun_pool_opts){ .slots = 3,
			     .flags = PRUN_POOL_KEEP_ORDER },
	    lines);
	CHECK_STR(text, "one\ntwo\nthree\n");
	free(text);
}

TEST(line_keep)
{
	const char *lines[] = { "echo a; read x <fifo; printf b",
		"echo c; printf d; echo d2; : >fifo", NULL };
	char *text;

	util_folder();
	util_fifo("fifo");
	text = output_of((struct prun_pool_opts){ .slots = 2,
			     .output = PRUN_OUTPUT_LINE,
			     .flags = PRUN_POOL_KEEP_ORDER },
	    lines);
	CHECK_STR(text, "a\nbc\ndd2\n");
	free(text);
}

/* Lines of a running job are out before it ends. */
TEST(line_is_live)
{
	struct prun_pool *pool;
	char got[64] = "";
	int fds[2];

	util_folder();
	util_fifo("fifo");
	CHECK_INT(fd_pipe(fds), 0);
	pool = pool_of_plain((struct prun_pool_opts){ .slots = 1,
	    .output = PRUN_OUTPUT_LINE,
	    .out_fd = fds[1] });
	apply(pool, "echo whole; printf half; read x <fifo; echo rest", NULL);
	while (util_read_now(fds[0], got, sizeof(got)) == 0)
		CHECK_INT(prun_pool_step(pool, 1), 0);
	CHECK_STR(got, "whole\n");
	util_release("fifo");
	pool_end(pool);
	memset(got, 0, sizeof(got));
	(void)util_read_now(fds[0], got, sizeof(got));
	CHECK_STR(got, "halfrest\n");
}

TEST(tag_and_heading)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "echo a; printf b; echo c >&2",
		.tag = "T\t",
		.heading = "run\n" };
	struct prun_pool *pool;
	char *text;
	int fd;

	util_folder();
	fd = open("out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	pool = pool_of_plain((struct prun_pool_opts){ .slots = 1,
	    .out_fd = fd,
	    .err_fd = fd });
	CHECK_INT(prun_pool_apply_async(pool, &spec, NULL, NULL), 0);
	pool_end(pool);
	text = util_file("out", NULL);
	CHECK_STR(text, "T\trun\nT\ta\nT\tbT\tc\n");
	free(text);
}

/* 1,000 finished jobs behind a slow head, each larger than its memory. */
TEST(many_behind_the_head)
{
	enum {
		N = 1000
	};
	struct prun_pool *pool;
	struct tally t = { 0 };
	char line[64], *text, *at;
	int fd;

	util_folder();
	util_fifo("fifo");
	fd = open("out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	pool = pool_of_plain((struct prun_pool_opts){ .slots = 4,
	    .flags = PRUN_POOL_KEEP_ORDER,
	    .job_memory = 100,
	    .memory = 20000,
	    .out_fd = fd });
	apply(pool, "echo head; read x <fifo", &t);
	for (int i = 1; i <= N; i++) {
		(void)snprintf(line, sizeof(line), "seq %d %d", i * 100,
		    i * 100 + 99);
		apply(pool, line, &t);
	}
	while (t.n < N)
		CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK_INT(lseek(fd, 0, SEEK_CUR), 5);
	util_release("fifo");
	pool_end(pool);
	text = util_file("out", NULL);
	CHECK_INT(strncmp(text, "head\n", 5), 0);
	at = text + 5;
	for (long i = 100; i < N * 100 + 100; i++, at++)
		CHECK_INT(strtol(at, &at, 10), i);
	CHECK_INT(*at, '\0');
	free(text);
}

/* A gigabyte through little memory. */
static void
check_flood(unsigned flags, enum prun_output_mode mode, unsigned long long each)
{
	enum {
		JOBS = 4
	};
	struct prun_pool *pool;
	struct rusage before, after;
	unsigned long long left = JOBS * each;
	static char got[1 << 16];
	char line[PATH_MAX];
	int fds[2];
	pid_t reader;

	CHECK_INT(fd_pipe(fds), 0);
	reader = fork();
	CHECK(reader != -1);
	if (reader == 0) {
		ssize_t n;

		close(fds[1]);
		while ((n = read(fds[0], got, sizeof(got))) > 0)
			left -= (unsigned long long)n;
		_exit(left != 0);
	}
	close(fds[0]);
	getrusage(RUSAGE_SELF, &before);
	pool = pool_of_plain((struct prun_pool_opts){ .slots = 2,
	    .out_fd = fds[1],
	    .output = mode,
	    .flags = flags });
	(void)snprintf(line, sizeof(line), "exec %s %llu", util_helper("flood"),
	    each);
	for (int i = 0; i < JOBS; i++)
		apply(pool, line, NULL);
	pool_end(pool);
	close(fds[1]);
	getrusage(RUSAGE_SELF, &after);
	CHECK(SANITIZED || after.ru_maxrss - before.ru_maxrss < 30000);
	{
		int status;

		CHECK_INT(waitpid(reader, &status, 0), reader);
		CHECK_INT(status, 0);
	}
}

TEST(gigabyte_keep)
{
	check_flood(PRUN_POOL_KEEP_ORDER, PRUN_OUTPUT_GROUP, FLOOD);
}

TEST(gigabyte_lines)
{
	check_flood(0, PRUN_OUTPUT_LINE, FLOOD);
}

/* All of it waits on disk for the end of its job. */
TEST(flood_group)
{
	check_flood(0, PRUN_OUTPUT_GROUP, FLOOD / 4);
}

static void
count_delivered(const struct prun_result *r, void *job, void *arg)
{
	CHECK_INT(r->flags & PRUN_RESULT_OUTPUT_LOST, 0);
	CHECK(job != NULL);
	++*(int *)arg;
}

/*
 * The reader does not read: no CPU is used, a timeout fires on time, a job that has
 * ended is told of, but its delivery only when all has come.
 */
static void
check_slow_reader(int reader, int writer, size_t wanted)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "exec sleep 1000",
		.timeout = 0.3 };
	struct prun_pool *pool;
	struct tally busy = { 0 }, late = { 0 };
	int delivered = 0;
	struct rusage before, after;
	static char got[1 << 16];
	size_t total = 0;
	char line[PATH_MAX + 32];
	double end;

	pool = pool_of_plain((struct prun_pool_opts){ .slots = 2,
	    .out_fd = writer,
	    .delivered = count_delivered,
	    .delivered_arg = &delivered,
	    .err_fd = open("/dev/null", O_WRONLY | O_CLOEXEC) });
	(void)snprintf(line, sizeof(line), "exec %s %zu", util_helper("flood"),
	    wanted);
	CHECK_INT(prun_pool_apply_async(pool, &spec, tally_done, &late), 0);
	apply(pool, line, &busy);
	alarm(60);
	for (end = util_now() + 30; !prun_pool_stalled(pool);)
		CHECK_INT(prun_pool_step(pool, 0.05), util_now() > end);
	CHECK_INT(prun_pool_slot(pool), 0);
	getrusage(RUSAGE_SELF, &before);
	for (end = util_now() + 0.7; util_now() < end;)
		CHECK_INT(prun_pool_step(pool, end - util_now()), 0);
	getrusage(RUSAGE_SELF, &after);
	CHECK(after.ru_nvcsw - before.ru_nvcsw < 100);
	CHECK_INT(busy.n, 1);
	/* The one that was killed has written nothing. */
	CHECK_INT(delivered, 1);
	while (total < wanted) {
		total += util_read_now(reader, got, sizeof(got));
		CHECK_INT(prun_pool_step(pool, 0), 0);
	}
	CHECK_INT(total, wanted);
	pool_end(pool);
	CHECK_INT(util_read_now(reader, got, 1), 0);
	CHECK_INT(busy.n, 1);
	CHECK_INT(delivered, 2);
	CHECK_INT(late.last.flags, PRUN_RESULT_TIMED_OUT);
	CHECK(late.last.elapsed < 10);
}

TEST(slow_pipe)
{
	int fds[2];

	CHECK_INT(fd_pipe(fds), 0);
	check_slow_reader(fds[0], fds[1], 3000000);
}

TEST(slow_fifo)
{
	int reader, writer;

	util_folder();
	util_fifo("fifo");
	reader = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	writer = open("fifo", O_WRONLY | O_CLOEXEC);
	CHECK(reader != -1 && writer != -1);
	check_slow_reader(reader, writer, 3000000);
}

TEST(slow_terminal)
{
	struct termios termios;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;

	CHECK_INT(grantpt(master) | unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK_INT(tcgetattr(slave, &termios), 0);
	termios.c_oflag &= (tcflag_t)~OPOST;
	CHECK_INT(tcsetattr(slave, TCSANOW, &termios), 0);
	check_slow_reader(master, slave, 300000);
}

static void
sum_lost(const struct prun_result *r, void *job, void *arg)
{
	struct tally *t = arg;

	(void)job;
	t->n++;
	t->failed += (r->flags & PRUN_RESULT_OUTPUT_LOST) != 0;
	t->last = *r;
}

/*
 * The last delivery fails: a step or the join says so, once for each stream, and the
 * delivery of each job whose bytes are lost does.
 */
TEST(broken_outputs)
{
	struct prun_pool *pool;
	int fds[2], full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct tally t = { 0 }, lost = { 0 };

	(void)signal(SIGPIPE, SIG_DFL); /* none comes */
	CHECK_INT(fd_pipe(fds), 0);
	close(fds[0]);
	pool = pool_of_plain((struct prun_pool_opts){ .slots = 1,
	    .out_fd = full,
	    .err_fd = fds[1],
	    .delivered = sum_lost,
	    .delivered_arg = &lost });
	apply(pool, "echo x; echo y >&2", &t);
	apply(pool, "true", &t);
	apply(pool, "echo x; echo y >&2; exit 1", &t);
	prun_pool_close(pool);
	CHECK_INT(prun_pool_join(pool), -ENOSPC);
	CHECK_INT(t.n, 3);
	CHECK_INT(t.failed, 1);
	CHECK_INT(t.flags, 0);
	CHECK_INT(lost.n, 3);
	CHECK_INT(lost.failed, 2);
	prun_pool_free(pool);
}

/* The reader goes away while output waits for it. */
TEST(reader_leaves_late)
{
	struct prun_pool *pool;
	struct tally t = { 0 }, lost = { 0 };
	int fds[2];

	(void)signal(SIGPIPE, SIG_DFL); /* none comes */
	CHECK_INT(fd_pipe(fds), 0);
	pool = pool_of_plain((struct prun_pool_opts){ .slots = 1,
	    .out_fd = fds[1],
	    .delivered = sum_lost,
	    .delivered_arg = &lost });
	apply(pool, "head -c 200000 /dev/zero", &t);
	prun_pool_close(pool);
	for (double end = util_now() + 5; !prun_pool_stalled(pool);)
		CHECK_INT(prun_pool_step(pool, 0.05), util_now() > end);
	close(fds[0]);
	alarm(20);
	CHECK_INT(lost.n, 0);
	CHECK_INT(prun_pool_join(pool), -EPIPE);
	CHECK_INT(t.n, 1);
	CHECK_INT(lost.last.error, EPIPE);
	prun_pool_free(pool);
}

static int
refuse(const struct prun_result *r, void *job, int stream, const char *data,
    size_t len, void *arg)
{
	(void)r, (void)job, (void)data, (void)len;
	++((int *)arg)[stream];
	return stream == 1 ? -EIO : 0;
}

TEST(writer_function)
{
	struct prun_pool *pool;
	int calls[3] = { 0 };

	pool = pool_of_plain((struct prun_pool_opts){ .slots = 1,
	    .deliver = refuse,
	    .deliver_arg = calls });
	apply(pool, "echo x; echo y >&2", NULL);
	apply(pool, "echo x; echo y >&2", NULL);
	prun_pool_close(pool);
	CHECK_INT(prun_pool_join(pool), -EIO);
	CHECK_INT(calls[1], 1);
	CHECK_INT(calls[2], 2);
	prun_pool_free(pool);
}

/* A disk of 1 MB for what does not fit in memory. */
static const char *
small_disk(void)
{
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == -1)
		return NULL;
	CHECK_INT(mkdir("disk", 0700), 0);
	CHECK_INT(mount("none", "disk", "tmpfs", 0, "size=1m"), 0);
	return "disk";
}

static void
check_disk_full(unsigned flags, enum prun_output_mode mode)
{
	enum {
		JOBS = 6
	};
	struct prun_pool *pool;
	struct tally t = { 0 };
	const char *disk;
	char line[64], *text, *at;
	int fd;

	util_folder();
	disk = small_disk();
	if (disk == NULL) {
		puts("# not root: no disk to fill");
		return;
	}
	fd = open("out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	pool = pool_of_plain((struct prun_pool_opts){ .slots = JOBS,
	    .flags = flags,
	    .output = mode,
	    .job_memory = 10000,
	    .memory = 50000,
	    .tmpdir = disk,
	    .out_fd = fd });
	alarm(60);
	for (int i = 1; i <= JOBS; i++) {
		(void)snprintf(line, sizeof(line), "seq %d00000 %d99999", i, i);
		apply(pool, line, &t);
	}
	pool_end(pool);
	CHECK_INT(t.n, JOBS);
	CHECK_INT(t.flags, flags & PRUN_POOL_HOLD ? PRUN_RESULT_NOT_HELD : 0);
	text = util_file("out", NULL);
	CHECK_INT(strlen(text), JOBS * 700000);
	at = text;
	/* Each job is whole, wherever it stands. */
	for (int i = 0; i < JOBS && mode == PRUN_OUTPUT_GROUP; i++) {
		long first = strtol(at, NULL, 10);

		CHECK_INT(first % 100000, 0);
		if (flags & PRUN_POOL_KEEP_ORDER)
			CHECK_INT(first, (i + 1) * 100000);
		for (long k = first; k < first + 100000; k++, at++)
			CHECK_INT(strtol(at, &at, 10), k);
	}
	free(text);
	CHECK_INT(umount("disk"), 0);
}

TEST(disk_full_group)
{
	check_disk_full(0, PRUN_OUTPUT_GROUP);
}

TEST(disk_full_keep)
{
	check_disk_full(PRUN_POOL_KEEP_ORDER, PRUN_OUTPUT_GROUP);
}

/* It cannot be held back: it is written as it comes, which is told. */
TEST(disk_full_hold)
{
	check_disk_full(PRUN_POOL_HOLD, PRUN_OUTPUT_GROUP);
}

TEST(disk_full_hold_keep)
{
	check_disk_full(PRUN_POOL_HOLD | PRUN_POOL_KEEP_ORDER,
	    PRUN_OUTPUT_GROUP);
}

TEST(disk_full_line_keep)
{
	check_disk_full(PRUN_POOL_KEEP_ORDER, PRUN_OUTPUT_LINE);
}

TEST(disk_full_line)
{
	check_disk_full(0, PRUN_OUTPUT_LINE);
}

/* While jobs wait for room on a full disk, nothing spins. */
TEST(disk_full_idle)
{
	struct prun_pool *pool;
	const char *disk;
	double cpu, end;

	util_folder();
	util_fifo("fifo");
	disk = small_disk();
	if (disk == NULL) {
		puts("# not root: no disk to fill");
		return;
	}
	pool = pool_of((struct prun_pool_opts){ .slots = 3,
	    .flags = PRUN_POOL_KEEP_ORDER,
	    .job_memory = 10000,
	    .memory = 50000,
	    .tmpdir = disk });
	apply(pool, "read x <fifo", NULL);
	apply(pool, "seq 1 1000000", NULL);
	apply(pool, "seq 1 1000000", NULL);
	for (end = util_now() + 1; util_now() < end;)
		CHECK_INT(prun_pool_step(pool, end - util_now()), 0);
	cpu = util_cpu();
	for (end = util_now() + 0.5; util_now() < end;)
		CHECK_INT(prun_pool_step(pool, end - util_now()), 0);
	CHECK(util_cpu() - cpu < 0.1);
	util_release("fifo");
	alarm(60);
	pool_end(pool);
	CHECK_INT(umount("disk"), 0);
}

TEST(no_tmpdir)
{
	const char *lines[] = { "seq 1 50000", "seq 50001 100000",
		"seq 100001 150000", NULL };
	char *text, *at;

	util_folder();
	alarm(30);
	text = output_of((struct prun_pool_opts){ .slots = 3,
			     .flags = PRUN_POOL_KEEP_ORDER,
			     .job_memory = 1000,
			     .memory = 1000,
			     .tmpdir = "/proc/none/folder" },
	    lines);
	at = text;
	for (long i = 1; i <= 150000; i++, at++)
		CHECK_INT(strtol(at, &at, 10), i);
	free(text);
}

TEST(bytes_are_counted)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 1 });
	struct tally t = { 0 };

	apply(pool, "head -c 300000 /dev/zero; head -c 7 /dev/zero >&2", &t);
	pool_end(pool);
	CHECK_INT(t.last.out_bytes, 300000);
	CHECK_INT(t.last.err_bytes, 7);
}

TEST(spec_decides)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "echo out; echo err >&2" };
	struct prun_pool *pool;
	char *text;
	int fd, out;

	util_folder();
	fd = open("direct", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	out = open("out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	pool = pool_of_plain((struct prun_pool_opts){ .slots = 1,
	    .out_fd = out,
	    .err_fd = out });
	spec.out = (struct prun_stdio){ PRUN_STDIO_FD, fd };
	CHECK_INT(prun_pool_apply(pool, &spec, NULL), 0);
	spec.out = (struct prun_stdio){ 0 };
	spec.err.kind = PRUN_STDIO_STDOUT;
	CHECK_INT(prun_pool_apply(pool, &spec, NULL), 0);
	spec.err.kind = PRUN_STDIO_NULL;
	CHECK_INT(prun_pool_apply(pool, &spec, NULL), 0);
	pool_end(pool);
	text = util_file("direct", NULL);
	CHECK_STR(text, "out\n");
	free(text);
	text = util_file("out", NULL);
	CHECK_STR(text, "err\nout\nerr\nout\n");
	free(text);
}

/* More than a terminal holds at a time, from each job on two of them. */
static void
check_pty(unsigned flags, enum prun_output_mode mode)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command =
		    "test -t 1 && test -t 2 && seq 50000 && seq 50000 >&2",
		.out.kind = PRUN_STDIO_PTY,
		.err.kind = PRUN_STDIO_PTY };
	struct prun_pool *pool;
	struct tally t = { 0 };
	char *text;
	int out;

	util_folder();
	out = open("out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	pool = pool_of_plain((struct prun_pool_opts){ .slots = 2,
	    .flags = flags,
	    .output = mode,
	    .out_fd = out,
	    .err_fd = out });
	for (int i = 0; i < 3; i++)
		CHECK_INT(prun_pool_apply_async(pool, &spec, tally_done, &t),
		    0);
	pool_end(pool);
	CHECK_INT(t.n, 3);
	CHECK_INT(t.flags, 0);
	CHECK_INT(t.last.status, 0);
	CHECK_INT(t.last.out_bytes, 288894);
	CHECK_INT(t.last.err_bytes, 288894);
	text = util_file("out", NULL);
	CHECK_INT(strlen(text), 6 * 288894);
	CHECK(strchr(text, '\r') == NULL);
	free(text);
	close(out);
}

TEST(pty)
{
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = "exit 0",
		.out.kind = PRUN_STDIO_PTY };
	struct prun_pool *pool;

	check_pty(0, PRUN_OUTPUT_GROUP);
	check_pty(PRUN_POOL_KEEP_ORDER, PRUN_OUTPUT_GROUP);
	check_pty(0, PRUN_OUTPUT_LINE);
	check_pty(0, PRUN_OUTPUT_RAW);
	/* Nobody would read it. */
	pool = pool_of((struct prun_pool_opts){ .slots = 1,
	    .output = PRUN_OUTPUT_NONE });
	CHECK_INT(prun_pool_apply(pool, &spec, NULL), -EINVAL);
	pool_end(pool);
}
