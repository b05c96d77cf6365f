/* SPDX-License-Identifier: ISC */

/* --fifo: the thread that writes to a FIFO ends whatever the job does with the FIFO. */
#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream/lane.h"
#include "t.h"

static char path[64];

static struct fifo_feed *
feed_new(const char *data)
{
	struct block block = { .data = strdup(data),
		.len = strlen(data),
		.fd = -1,
		.begins = true,
		.ends = true };
	struct fifo_feed *f = NULL;
	struct message m = { "" };

	(void)snprintf(path, sizeof(path), "/tmp/t_fifo_feed.%ld",
	    (long)getpid());
	CHECK_INT(fifo_feed_new(path, &block, &m, &f), 0);
	CHECK(block.data == NULL);
	return f;
}

/* No descriptor can be opened from now on (those of stdio are), or again. */
static void
set_short(bool on)
{
	static struct rlimit old;
	struct rlimit none;

	if (on)
		CHECK_INT(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = on ? 3 : old.rlim_cur;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
}

/* Returns how many bytes the FIFO gave until its end. */
static size_t
read_all(void)
{
	char got[4096];
	size_t len = 0;
	ssize_t n;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	CHECK(fd != -1);
	while ((n = read(fd, got, sizeof(got))) > 0)
		len += (size_t)n;
	(void)close(fd);
	return len;
}

/* The thread may wait in open(2), or be on its way there: a hundred times each. */
TEST(nobody_opens_it_and_no_descriptor_is_left)
{
	for (int i = 0; i < 100; i++) {
		struct fifo_feed *f = feed_new("block\n");

		if (i % 2 == 0)
			(void)usleep(500);
		set_short(true);
		CHECK(!fifo_feed_free(f));
		set_short(false);
		CHECK(access(path, F_OK) == -1);
	}
}

TEST(each_try_gets_all)
{
	struct fifo_feed *f = feed_new("block\n");

	CHECK_INT(read_all(), 6);
	CHECK_INT(fifo_feed_again(f), 0);
	/* This try does not open it. */
	CHECK_INT(fifo_feed_again(f), 0);
	CHECK_INT(read_all(), 6);
	CHECK(!fifo_feed_free(f));
}

/* The thread is late: what the job has put in the FIFO's place is left as it is. */
TEST(another_file_in_its_place)
{
	for (int i = 0; i < 20; i++) {
		struct fifo_feed *f = feed_new("block\n");
		struct stat st;
		int fd;

		CHECK_INT(unlink(path), 0);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		CHECK(fd != -1);
		CHECK(!fifo_feed_free(f));
		CHECK_INT(fstat(fd, &st), 0);
		CHECK_INT(st.st_size, 0);
		CHECK_INT(close(fd), 0);
	}
}

/* A reader that reads nothing, and one that goes before the block is written. */
TEST(it_is_left_unread)
{
	static char data[300000];
	struct fifo_feed *f;
	int fd;

	memset(data, 'x', sizeof(data) - 1);
	f = feed_new(data);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd != -1);
	CHECK(!fifo_feed_free(f));
	CHECK_INT(close(fd), 0);
	f = feed_new(data);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK_INT(close(fd), 0);
	CHECK(!fifo_feed_free(f));
}
