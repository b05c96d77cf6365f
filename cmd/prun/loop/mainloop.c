/* SPDX-License-Identifier: ISC */

/*
 * Owns how the command waits, and what signals mean: HUP lets running jobs end, INT and
 * TERM kill them, a second INT or TERM kills them at once, and TSTP stops prun and all
 * jobs.  Knows neither templates nor options.
 */
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "loop/mainloop.h"
#include "loop/signals.h"
#include "text/clock.h"

#define FIFO_PAUSE_MS 50

void
mainloop_stop(struct mainloop *m)
{
	m->stop = true;
	if (m->pool != NULL)
		(void)prun_pool_cancel_queued(m->pool);
}

bool
mainloop_is_over(const struct mainloop *m)
{
	return m->kill || (m->stop && (m->until == NULL || *m->until));
}

/* Kills the jobs that run, and lets no more start. */
void
mainloop_kill(struct mainloop *m)
{
	m->stop = m->kill = true;
	if (m->pool != NULL)
		prun_pool_terminate(m->pool);
}

static void
mainloop_tell(struct mainloop *m, int sig)
{
	if (m->told != NULL)
		m->told(sig, m->told_arg);
}

/* On Ctrl-Z the terminal stops only prun's process group, and each job has another one. */
static void
mainloop_suspend(struct mainloop *m)
{
	if (m->pool != NULL)
		(void)prun_pool_suspend(m->pool, 0);
	mainloop_tell(m, SIGTSTP);
	signals_stop_here();
	if (m->pool != NULL && !m->suspended)
		(void)prun_pool_resume(m->pool, 0);
	mainloop_tell(m, SIGCONT);
}

void
mainloop_end_by(struct mainloop *m, int sig)
{
	if (m->signal == 0)
		m->signal = sig;
	if (!m->foretold)
		mainloop_kill(m);
	m->foretold = false;
}

void
mainloop_foretell(struct mainloop *m, int sig)
{
	if (m->signal != 0)
		return;
	mainloop_end_by(m, sig);
	m->foretold = true;
}

static void
mainloop_signal(struct mainloop *m, int sig)
{
	switch (sig) {
	case SIGTSTP:
		mainloop_suspend(m);
		return;
	case SIGHUP:
		/*
		 * Several jobs may send this signal to PARALLEL_PID; only the first one has
		 * an effect.
		 */
		mainloop_stop(m);
		break;
	case SIGUSR1:
		if (m->usr1_ends) {
			mainloop_end_by(m, sig);
			return;
		}
		break;
	case SIGUSR2:
		break;
	default:
		mainloop_end_by(m, sig);
		return;
	}
	mainloop_tell(m, sig);
}

static void
mainloop_signals(struct mainloop *m)
{
	int sig;

	while ((sig = signals_next(m->signals)) != 0)
		mainloop_signal(m, sig);
}

void
mainloop_fail(struct mainloop *m, int error)
{
	if (m->error == 0)
		m->error = error;
	mainloop_kill(m);
}

static void
mainloop_signals_ready(int fd, unsigned events, void *arg)
{
	(void)fd, (void)events;
	mainloop_signals(arg);
}

int
mainloop_open(struct mainloop *m, const struct prun_pool_opts *opts)
{
	int error = prun_pool_new(opts, &m->pool);

	if (error == 0)
		error = prun_pool_watch(m->pool, m->signals->fd, EPOLLIN,
		    mainloop_signals_ready, m, &m->signal_watch);
	return error;
}

void
mainloop_close(struct mainloop *m)
{
	prun_pool_free(m->pool);
	m->pool = NULL;
}

static void
mainloop_step(struct mainloop *m, double timeout)
{
	int error = prun_pool_step(m->pool, timeout);

	if (error != 0 && m->error == 0)
		mainloop_fail(m, error);
}

void
mainloop_wait(struct mainloop *m)
{
	mainloop_step(m, -1);
}

void
mainloop_wait_for(struct mainloop *m, double seconds)
{
	mainloop_step(m, seconds);
}

static void
mainloop_readable(int fd, unsigned events, void *arg)
{
	(void)fd, (void)events;
	((struct mainloop *)arg)->readable = true;
}

/* Without a pool there are no other events to wait for. */
static int
mainloop_await_alone(struct mainloop *m, int fd, int timeout)
{
	struct pollfd pfd[2] = {
		{ .fd = m->signals->fd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	int n = 1;

	while (!m->stop && pfd[1].revents == 0 && n != 0) {
		n = poll(pfd, 2, timeout);
		if (n == -1)
			pfd[0].revents = pfd[1].revents = 0;
		if (pfd[0].revents != 0)
			mainloop_signals(m);
	}
	return n != 0;
}

static void
mainloop_late(void *arg)
{
	((struct mainloop *)arg)->late = true;
}

/*
 * The idle function may itself wait for input with this mainloop.  So it is not called
 * again from there, and m->readable, which may be about the other input then, is cleared:
 * the loop will set it again.
 */
static void
mainloop_idle(struct mainloop *m)
{
	void (*idle)(void *arg) = m->idle;

	if (idle == NULL)
		return;
	m->idle = NULL;
	idle(m->idle_arg);
	m->idle = idle;
	m->readable = false;
}

int
mainloop_wait_readable(struct mainloop *m, int fd, double seconds)
{
	struct prun_watch *watch;
	uint64_t timer = 0;
	int error = 0;

	if (m->pool == NULL)
		return mainloop_await_alone(m, fd,
		    seconds < 0 ? -1 : (int)(seconds * 1000));
	m->readable = m->late = false;
	if (seconds >= 0)
		error = prun_pool_after(m->pool, seconds, mainloop_late, m,
		    &timer);
	if (error == 0)
		error = prun_pool_watch(m->pool, fd, EPOLLIN, mainloop_readable,
		    m, &watch);
	if (error != 0)
		return error;
	mainloop_idle(m);
	while (!mainloop_is_over(m) && !m->readable && !m->late) {
		mainloop_wait(m);
		if (!m->readable)
			mainloop_idle(m);
	}
	prun_watch_free(watch);
	if (seconds >= 0 && !m->late)
		(void)prun_pool_after_cancel(m->pool, timer);
	return m->readable || mainloop_is_over(m);
}

/*
 * Reads without waiting.  Returns -1 also if nobody can tell whether the read would wait.
 * Many kernels cannot read a pipe so: then poll(2) says whether there is something.
 */
static ssize_t
mainloop_read_now(int fd, void *buf, size_t len)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct iovec iov = { buf, len };
	/* cppcheck-suppress invalidFunctionArg */
	ssize_t n = preadv2(fd, &iov, 1, -1, RWF_NOWAIT);

	if (n == -1 && errno == EOPNOTSUPP && poll(&pfd, 1, 0) == 1)
		n = read(fd, buf, len);
	return n;
}

void
mainloop_read_within(struct mainloop *m, double seconds)
{
	m->read_until = seconds > 0 ? clock_steady() + seconds : 0;
}

/* For how many seconds input may still be waited for; 0: no longer; negative: for ever. */
static double
mainloop_read_left(const struct mainloop *m)
{
	double left = m->read_until > 0 ? m->read_until - clock_steady() : -1;

	return m->read_until > 0 && left < 0 ? 0 : left;
}

ssize_t
mainloop_read(void *arg, int fd, void *buf, size_t len)
{
	struct mainloop *m = arg;
	double left;
	ssize_t n;
	int error;

	/* The jobs come first: a fast producer may always have more to read. */
	if (m->pool != NULL && !mainloop_is_over(m))
		mainloop_step(m, 0);
	for (;;) {
		if (mainloop_is_over(m))
			return -ECANCELED;
		left = mainloop_read_left(m);
		if (left == 0)
			return -ETIMEDOUT;
		n = mainloop_read_now(fd, buf, len);
		if (n >= 0)
			return n;
		error = mainloop_wait_readable(m, fd, left);
		if (error <= 0)
			return error < 0 ? error : -ETIMEDOUT;
		if (mainloop_is_over(m))
			return -ECANCELED;
		n = read(fd, buf, len);
		if (n >= 0)
			return n;
		/* EAGAIN: another process may have made the open file non-blocking. */
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
}

/* No event tells when a FIFO gets a reader, so prun tries again after a while. */
static void
mainloop_pause(struct mainloop *m)
{
	struct pollfd pfd = { .fd = m->signals->fd, .events = POLLIN };

	if (m->pool != NULL)
		mainloop_step(m, FIFO_PAUSE_MS / 1000.0);
	else if (poll(&pfd, 1, FIFO_PAUSE_MS) > 0)
		mainloop_signals(m);
}

static bool
is_fifo(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

int
mainloop_open_file(void *arg, const char *path, int flags)
{
	struct mainloop *m = arg;
	int fd, error;

	for (;;) {
		fd = open(path, flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY,
		    0666);
		if (fd != -1)
			break;
		error = -errno;
		if (error != -ENXIO || !is_fifo(path))
			return error;
		mainloop_pause(m);
		if (m->stop)
			return -ECANCELED;
	}
	/* No other process shares this open file, so the flag can be cleared. */
	if (fcntl(fd, F_SETFL, flags & O_APPEND) == 0)
		return fd;
	error = -errno;
	(void)close(fd);
	return error;
}

unsigned
mainloop_slot(struct mainloop *m)
{
	unsigned slot = 0;

	while (!m->stop && (slot = prun_pool_slot(m->pool)) == 0)
		mainloop_wait(m);
	return m->stop ? 0 : slot;
}

void
mainloop_finish(struct mainloop *m)
{
	if (m->stop)
		(void)prun_pool_cancel_queued(m->pool);
	prun_pool_close(m->pool);
	mainloop_step(m, 0);
	while (prun_pool_pending(m->pool) > 0) {
		/* After Ctrl-C prun does not wait for a slow reader of its output. */
		if (m->kill && prun_pool_running(m->pool) == 0 &&
		    prun_pool_stalled(m->pool))
			return;
		mainloop_wait(m);
	}
}
