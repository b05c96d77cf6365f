/* SPDX-License-Identifier: ISC */

/*
 * Owns the thread that writes to a FIFO.  Does not know which job reads the FIFO.  The
 * thread waits in open(2) until there is a reader.  A signal ends that wait if no reader
 * comes: unlike a reader, a signal needs no descriptor, of which there may be none.
 */
#include <sys/types.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "input/block.h"
#include "stream/lane.h"

#define PIECE ((size_t)64 * 1024)
/* By default this signal does nothing, so it may come to any process. */
#define WAKE SIGURG
/* For so many milliseconds the thread waits for a descriptor before it tries again. */
#define AGAIN 10
/* For so many nanoseconds fifo_end() waits for the thread before it wakes it again. */
#define PATIENCE 100000L

struct fifo_feed {
	char *path;
	struct block block;
	int spare; /* keeps a descriptor for the thread, which closes it */
	int stop; /* an eventfd: readable when the job has ended */
	pthread_t thread;
	bool running; /* there are a thread and a FIFO */
	/* the file had fewer bytes than the block; set by the thread */
	bool lost;
};

static void
fifo_wake(int sig)
{
	(void)sig;
}

/* Has the job ended?  Waits for that at most so many milliseconds. */
static bool
fifo_is_over(const struct fifo_feed *f, int milliseconds)
{
	struct pollfd pfd = { .fd = f->stop, .events = POLLIN };

	return poll(&pfd, 1, milliseconds) == 1;
}

/* Waits for a reader.  Returns -1 if none came, or if the path is no FIFO any more. */
static int
fifo_open(const struct fifo_feed *f)
{
	struct stat st;
	int fd;

	(void)close(f->spare);
	for (;;) {
		fd = open(f->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd != -1 ||
		    (errno != EINTR && errno != EMFILE && errno != ENFILE) ||
		    fifo_is_over(f, errno == EINTR ? 0 : AGAIN))
			break;
	}
	if (fd != -1 && (fstat(fd, &st) == -1 || !S_ISFIFO(st.st_mode))) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

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
	sigset_t all;
	int fd = fifo_open(f);

	if (fd == -1)
		return NULL;
	/* From now on the thread waits in poll(2) only, which `stop` ends. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
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
	const struct sigaction wake = { .sa_handler = fifo_wake };
	sigset_t others, old;
	int error;

	if (mkfifo(f->path, 0600) == -1)
		return -errno;
	f->spare = fcntl(f->stop, F_DUPFD_CLOEXEC, 0);
	error = f->spare == -1 || sigaction(WAKE, &wake, NULL) == -1 ? errno :
								       0;
	if (error == 0) {
		sigfillset(&others);
		sigdelset(&others, WAKE);
		pthread_sigmask(SIG_SETMASK, &others, &old);
		error = pthread_create(&f->thread, NULL, fifo_main, f);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	if (error != 0 && f->spare != -1)
		(void)close(f->spare);
	if (error != 0)
		(void)unlink(f->path);
	return -error;
}

/*
 * The job has ended: end the thread, and remove the FIFO.  The signal comes again and again,
 * because it has no effect if the thread is just about to call open(2).
 */
static void
fifo_end(struct fifo_feed *f)
{
	const uint64_t one = 1;
	const struct timespec while_it_ends = { .tv_nsec = PATIENCE };

	while (write(f->stop, &one, sizeof(one)) == -1 && errno == EINTR)
		continue;
	while (pthread_tryjoin_np(f->thread, NULL) == EBUSY) {
		(void)pthread_kill(f->thread, WAKE);
		(void)nanosleep(&while_it_ends, NULL);
	}
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
