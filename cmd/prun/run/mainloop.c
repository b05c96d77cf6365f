/* SPDX-License-Identifier: ISC */

/*
 * Owns the waiting of the command and the meaning of signals: HUP lets running
 * jobs end, INT and TERM kill them, a second of these kills at once, TSTP stops all.
 * Knows neither templates nor options.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "run/mainloop.h"
#include "run/signals.h"

void
mainloop_stop(struct mainloop *d)
{
	d->stop = true;
	if (d->pool != NULL)
		(void)prun_pool_drop(d->pool);
}

void
mainloop_kill(struct mainloop *d)
{
	d->stop = d->kill = true;
	if (d->pool != NULL)
		prun_pool_terminate(d->pool);
}

static void
mainloop_tell(struct mainloop *d, int sig)
{
	if (d->told != NULL)
		d->told(sig, d->told_arg);
}

/* Ctrl-Z: the jobs have groups of their own, the terminal does not stop them. */
static void
mainloop_suspend(struct mainloop *d)
{
	if (d->pool != NULL)
		(void)prun_pool_suspend(d->pool, 0);
	mainloop_tell(d, SIGTSTP);
	signals_stop_here();
	mainloop_tell(d, SIGCONT);
	if (d->pool != NULL)
		(void)prun_pool_resume(d->pool, 0);
}

static void
mainloop_end_by(struct mainloop *d, int sig)
{
	if (d->signal == 0)
		d->signal = sig;
	mainloop_kill(d);
}

static void
mainloop_signal(struct mainloop *d, int sig)
{
	switch (sig) {
	case SIGTSTP:
		mainloop_suspend(d);
		return;
	case SIGHUP:
		/* Not only one job may send it: see PARALLEL_PID. */
		mainloop_stop(d);
		break;
	case SIGUSR1:
	case SIGUSR2:
		break;
	default:
		mainloop_end_by(d, sig);
		return;
	}
	mainloop_tell(d, sig);
}

static void
mainloop_signals(struct mainloop *d)
{
	int sig;

	while ((sig = signals_next(d->signals)) != 0)
		mainloop_signal(d, sig);
}

void
mainloop_fail(struct mainloop *d, int error)
{
	if (d->error == 0)
		d->error = error;
	mainloop_kill(d);
}

static void
mainloop_signals_ready(int fd, unsigned events, void *arg)
{
	(void)fd, (void)events;
	mainloop_signals(arg);
}

int
mainloop_open(struct mainloop *d, const struct prun_pool_opts *opts)
{
	int error = prun_pool_new(opts, &d->pool);

	if (error == 0)
		error = prun_pool_watch(d->pool, d->signals->fd, EPOLLIN,
		    mainloop_signals_ready, d, &d->signal_watch);
	return error;
}

void
mainloop_close(struct mainloop *d)
{
	prun_pool_free(d->pool);
	d->pool = NULL;
}

static void
mainloop_step(struct mainloop *d, double timeout)
{
	int error = prun_pool_step(d->pool, timeout);

	if (error != 0 && d->error == 0)
		mainloop_fail(d, error);
}

void
mainloop_wait(struct mainloop *d)
{
	mainloop_step(d, -1);
}

static void
mainloop_readable(int fd, unsigned events, void *arg)
{
	(void)fd, (void)events;
	((struct mainloop *)arg)->readable = true;
}

/* Without a pool there is nothing else to wait for. */
static int
mainloop_await_alone(struct mainloop *d, int fd)
{
	struct pollfd pfd[2] = {
		{ .fd = d->signals->fd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};

	while (!d->stop && pfd[1].revents == 0) {
		if (poll(pfd, 2, -1) == -1)
			pfd[0].revents = pfd[1].revents = 0;
		if (pfd[0].revents != 0)
			mainloop_signals(d);
	}
	return 0;
}

/* Until fd can be read, or the run is to stop. */
static int
mainloop_await(struct mainloop *d, int fd)
{
	struct prun_watch *watch;
	int error;

	if (d->pool == NULL)
		return mainloop_await_alone(d, fd);
	d->readable = false;
	error = prun_pool_watch(d->pool, fd, EPOLLIN, mainloop_readable, d,
	    &watch);
	if (error != 0)
		return error;
	while (!d->stop && !d->readable)
		mainloop_wait(d);
	prun_watch_free(watch);
	return 0;
}

ssize_t
mainloop_read(void *arg, int fd, void *buf, size_t len)
{
	struct mainloop *d = arg;
	ssize_t n;
	int error;

	for (;;) {
		error = d->stop ? 0 : mainloop_await(d, fd);
		if (error != 0)
			return error;
		if (d->stop)
			return -ECANCELED;
		n = read(fd, buf, len);
		if (n >= 0)
			return n;
		/* Somebody else may have made it non-blocking. */
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
}

unsigned
mainloop_slot(struct mainloop *d)
{
	unsigned slot = 0;

	while (!d->stop && (slot = prun_pool_slot(d->pool)) == 0)
		mainloop_wait(d);
	return d->stop ? 0 : slot;
}

void
mainloop_finish(struct mainloop *d)
{
	if (d->stop)
		(void)prun_pool_drop(d->pool);
	prun_pool_close(d->pool);
	mainloop_step(d, 0);
	while (prun_pool_pending(d->pool) > 0) {
		/* Nobody waits for a slow reader after Ctrl-C. */
		if (d->kill && prun_pool_running(d->pool) == 0 &&
		    prun_pool_stalled(d->pool))
			return;
		mainloop_wait(d);
	}
}
