/* SPDX-License-Identifier: ISC */

/* Owns the thread that writes to a FIFO.  Does not know which job reads the FIFO. */
#include <sys/types.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input/block.h"
#include "stream/lane.h"

#define PIECE ((size_t)64 * 1024)

struct fifo_feed {
	char *path;
	int place; /* the FIFO, by O_PATH: the job may remove or rename its name */
	struct block block;
	int stop; /* an eventfd: readable when the job has ended */
	pthread_t thread;
	bool running; /* there are a thread and a FIFO */
	/* the file had fewer bytes than the block; set by the thread */
	bool lost;
};

/* Waits until the FIFO takes more bytes.  Returns false if the job has ended. */
static bool
fifo_await(const struct fifo_feed *f, int fd)
{
	struct pollfd pfd[2] = { { .fd = f->stop, .events = POLLIN },
		{ .fd = fd, .events = POLLOUT } };

	while (poll(pfd, 2, -1) == -1 && errno == EINTR)
		continue;
	return pfd[0].revents == 0;
}

static bool
fifo_write(const struct fifo_feed *f, int fd, const char *data, size_t len)
{
	ssize_t n;

	for (; len > 0; data += n, len -= (size_t)n) {
		if (!fifo_await(f, fd))
			return false;
		n = write(fd, data, len);
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			return false;
		if (n == -1)
			n = 0;
	}
	return true;
}

static void
fifo_write_range(struct fifo_feed *f, int fd)
{
	const struct block *b = &f->block;
	char *piece = malloc(PIECE);
	size_t done = 0;
	ssize_t n = 1;

	while (piece != NULL && n > 0 && done < b->len) {
		n = pread(b->fd, piece,
		    b->len - done < PIECE ? b->len - done : PIECE,
		    b->offset + (off_t)done);
		if (n > 0 && !fifo_write(f, fd, piece, (size_t)n))
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	f->lost = piece == NULL || n <= 0;
	free(piece);
}

static void *
fifo_main(void *arg)
{
	struct fifo_feed *f = arg;
	const struct block *b = &f->block;
	int fd = open(f->path, O_WRONLY | O_CLOEXEC);

	if (fd == -1)
		return NULL;
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	if (b->data != NULL)
		(void)fifo_write(f, fd, b->data, b->len);
	else if (fifo_write(f, fd, b->header.data, b->header.len))
		fifo_write_range(f, fd);
	(void)close(fd);
	return NULL;
}

/* Make the FIFO and the thread.  -errno: there is neither. */
static int
fifo_start(struct fifo_feed *f)
{
	sigset_t all, old;
	int error;

	if (mkfifo(f->path, 0600) == -1)
		return -errno;
	f->place = open(f->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	error = f->place == -1 ? errno : 0;
	if (error == 0) {
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &old);
		error = pthread_create(&f->thread, NULL, fifo_main, f);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
		if (error != 0)
			(void)close(f->place);
	}
	if (error != 0)
		(void)unlink(f->path);
	return -error;
}

/* The job has ended: end the thread, and remove the FIFO. */
static void
fifo_end(struct fifo_feed *f)
{
	const uint64_t one = 1;
	char place[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	int reader;

	while (write(f->stop, &one, sizeof(one)) == -1 && errno == EINTR)
		continue;
	/*
	 * If no job has opened the FIFO, the thread still waits for a reader in open(2):
	 * this call is that reader.
	 */
	(void)snprintf(place, sizeof(place), "/proc/self/fd/%d", f->place);
	reader = open(place, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (reader == -1)
		reader = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	(void)pthread_join(f->thread, NULL);
	if (reader != -1)
		(void)close(reader);
	(void)close(f->place);
	(void)unlink(f->path);
}

int
fifo_feed_new(const char *path, struct block *block, struct message *m,
    struct fifo_feed **fp)
{
	struct fifo_feed *f = calloc(1, sizeof(*f));
	int error = -ENOMEM;

	if (f == NULL || (f->path = strdup(path)) == NULL)
		goto fail;
	f->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	error = f->stop == -1 ? -errno : 0;
	if (error == 0) {
		f->block = *block;
		error = fifo_start(f);
	}
	if (error == 0) {
		f->running = true;
		block->data = NULL;
		*fp = f;
		return 0;
	}
	if (f->stop != -1)
		(void)close(f->stop);
fail:
	if (f != NULL)
		free(f->path);
	free(f);
	return message_errno(m, error, "--fifo: %s", path);
}

int
fifo_feed_again(struct fifo_feed *f)
{
	uint64_t told;
	int error;

	fifo_end(f);
	while (read(f->stop, &told, sizeof(told)) == -1 && errno == EINTR)
		continue;
	f->lost = false;
	error = fifo_start(f);
	f->running = error == 0;
	return error;
}

bool
fifo_feed_free(struct fifo_feed *f)
{
	bool lost;

	if (f == NULL)
		return false;
	if (f->running)
		fifo_end(f);
	lost = f->lost;
	(void)close(f->stop);
	free(f->block.data);
	free(f->path);
	free(f);
	return lost;
}
