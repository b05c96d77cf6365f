/* SPDX-License-Identifier: ISC */

/*
 * Owns the waiting of the command and the meaning of signals: HUP lets running
 * jobs end, INT and TERM kill them, a second of these kills at once, TSTP stops all.
 * Knows neither templates nor options.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "run/drive.h"
#include "run/signals.h"

void
drive_stop(struct drive *d)
{
	d->stop = true;
	if (d->pool != NULL)
		(void)prun_pool_drop(d->pool);
}

void
drive_kill(struct drive *d)
{
	d->stop = d->kill = true;
	if (d->pool != NULL)
		prun_pool_terminate(d->pool);
}

static void
drive_tell(struct drive *d, int sig)
{
	if (d->told != NULL)
		d->told(sig, d->told_arg);
}

/* Ctrl-Z: the jobs have groups of their own, the terminal does not stop them. */
static void
drive_suspend(struct drive *d)
{
	if (d->pool != NULL)
		(void)prun_pool_suspend(d->pool, 0);
	drive_tell(d, SIGTSTP);
	signals_stop_here();
	drive_tell(d, SIGCONT);
	if (d->pool != NULL)
		(void)prun_pool_resume(d->pool, 0);
}

static void
drive_end_by(struct drive *d, int sig)
{
	if (d->signal == 0)
		d->signal = sig;
	drive_kill(d);
}

static void
drive_signal(struct drive *d, int sig)
{
	switch (sig) {
	case SIGTSTP:
		drive_suspend(d);
		return;
	case SIGHUP:
		/* Not only one job may send it: see PARALLEL_PID. */
		drive_stop(d);
		break;
	case SIGUSR1:
	case SIGUSR2:
		break;
	default:
		drive_end_by(d, sig);
		return;
	}
	drive_tell(d, sig);
}

static void
drive_signals(struct drive *d)
{
	int sig;

	while ((sig = signals_next(d->signals)) != 0)
		drive_signal(d, sig);
}

void
drive_fail(struct drive *d, int error)
{
	if (d->error == 0)
		d->error = error;
	drive_kill(d);
}

static void
drive_step(struct drive *d)
{
	int error = prun_pool_step(d->pool, 0);

	if (error != 0 && error != -EDEADLK && d->error == 0)
		drive_fail(d, error);
}

void
drive_wait_process(struct drive *d, struct prun_process *process,
    struct prun_result *r)
{
	struct pollfd pfd[3] = {
		{ .fd = d->signals->fd, .events = POLLIN },
		{ .fd = prun_pool_fd(d->pool), .events = POLLIN },
		{ .fd = prun_process_fd(process), .events = POLLIN },
	};

	prun_pool_spare(d->pool, prun_process_pid(process));
	while (!d->stop && prun_process_poll(process, r) == 0) {
		if (poll(pfd, 3, -1) <= 0)
			continue;
		if (pfd[0].revents != 0)
			drive_signals(d);
		if (pfd[1].revents != 0)
			drive_step(d);
	}
	prun_pool_spare(d->pool, 0);
}

bool
drive_wait(struct drive *d, int fd)
{
	struct pollfd pfd[3] = {
		{ .fd = d->signals->fd, .events = POLLIN },
		{ .fd = d->pool != NULL ? prun_pool_fd(d->pool) : -1,
		    .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};

	int timeout = d->tick != NULL ? d->tick(d->tick_arg) : -1;

	if (poll(pfd, 3, timeout) == -1)
		return false;
	if (pfd[0].revents != 0)
		drive_signals(d);
	if (pfd[1].revents != 0)
		drive_step(d);
	return pfd[2].revents != 0;
}

ssize_t
drive_read(void *arg, int fd, void *buf, size_t len)
{
	struct drive *d = arg;
	ssize_t n;

	for (;;) {
		while (!d->stop && !drive_wait(d, fd))
			;
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
drive_slot(struct drive *d)
{
	unsigned slot = 0;

	while (!d->stop && (slot = prun_pool_slot(d->pool)) == 0)
		(void)drive_wait(d, -1);
	return d->stop ? 0 : slot;
}

void
drive_finish(struct drive *d)
{
	if (d->stop)
		(void)prun_pool_drop(d->pool);
	prun_pool_close(d->pool);
	drive_step(d);
	while (prun_pool_pending(d->pool) > 0) {
		/* Nobody waits for a slow reader after Ctrl-C. */
		if (d->kill && prun_pool_running(d->pool) == 0 &&
		    prun_pool_stalled(d->pool))
			return;
		(void)drive_wait(d, -1);
	}
}
