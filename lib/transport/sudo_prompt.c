/* SPDX-License-Identifier: ISC */

/*
 * Owns what is said between sudo and the rest of the world, and the thread for it.
 * A marker counts only while sudo is alone: it came in before that look, so it
 * cannot be from the command, which may have read it in sudo's arguments.  Knows
 * no pool, and leaves descriptors to the relay.
 */
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/secret.h"
#include "ipc/event.h"
#include "transport/sudo_prompt.h"
#include "transport/sudo_relay.h"
#include "transport/sudo_state.h"

#define NS_PER_MS INT64_C(1000000)
#define FIRST_LOOK (2 * NS_PER_MS)
#define LONGEST_LOOK (1000 * NS_PER_MS)
/* Nobody can see how far it is: from then on the command is taken to run. */
#define UNSEEN_MAX (5000 * NS_PER_MS)
/* A line that it began so long ago, and did not end, asks for something. */
#define QUESTION_WAIT (5000 * NS_PER_MS)
/* After its end of file, before it is killed. */
#define REFUSED_GRACE (2000 * NS_PER_MS)
#define DRAIN_READS 32
#define VERDICT_WAIT (1000 * NS_PER_MS)

struct sudo_talk {
	struct sudo_relay relay;
	int stop; /* eventfd */
	int pidfd; /* -1: it has died */
	pid_t pid;

	const struct prun_secret *secret;
	prun_sudo_ask_fn *ask;
	void *arg;
	char marker[SUDO_MARKER_SIZE];
	struct sudo_filter filter;
	unsigned asked;
	bool trusted; /* a marker is always sudo's */
	bool puzzled; /* it asked for something else */
	bool settled; /* no password will be wanted any more */
	bool feeding; /* the command gets its own stdin */
	int64_t look, due; /* between two looks; clock_now() time of the next */
	int64_t unseen; /* nothing was seen for so long */

	bool running;
	pthread_t thread;
	struct event drained; /* what was written before its death is handled */
	atomic_uint flags;
};

/* Nothing more is between the command and its stdin. */
static void
talk_feed(struct sudo_talk *t)
{
	t->settled = t->feeding = true;
	if (t->relay.source == -1)
		sudo_relay_close_in(&t->relay);
}

static void
talk_look_in(struct sudo_talk *t, int64_t delay)
{
	t->look = delay;
	t->due = clock_now() + delay;
}

/* No more tries: its end of file ends it, and if not, a signal. */
static void
talk_refuse(struct sudo_talk *t)
{
	atomic_fetch_or(&t->flags, PRUN_SUDO_REFUSED);
	sudo_relay_close_in(&t->relay);
	talk_look_in(t, REFUSED_GRACE);
}

static void
talk_answer(struct sudo_talk *t)
{
	int error = 0;

	t->asked++;
	if (t->ask != NULL)
		error = t->ask(t->asked, t->arg);
	else if (t->asked > 1 || t->secret == NULL)
		error = -EACCES;
	if (error == 0 && t->relay.in != -1)
		error = secret_write(t->secret, t->relay.in);
	if (error != 0) {
		/* What sudo says about a password that nobody had is no news. */
		if (t->trusted)
			fd_close(&t->relay.sink);
		talk_refuse(t);
		return;
	}
	t->relay.unfinished = false;
	talk_look_in(t, FIRST_LOOK);
	/* What is not to be read by a second prompt waits for the command. */
	if (t->relay.source == -1 && t->ask == NULL)
		sudo_relay_close_in(&t->relay);
}

static enum sudo_state
talk_state(const struct sudo_talk *t)
{
	return t->trusted ? SUDO_ALONE : sudo_look(t->pid);
}

static void
talk_marker(struct sudo_talk *t)
{
	enum sudo_state state;

	if (t->settled || atomic_load(&t->flags) & PRUN_SUDO_REFUSED)
		return;
	/* Busy for a moment only, when it is sudo that asks. */
	for (int i = 0; (state = talk_state(t)) == SUDO_BUSY && i < 20; i++)
		(void)poll(NULL, 0, 5);
	if (state == SUDO_ALONE)
		talk_answer(t);
	else if (state == SUDO_STARTED)
		talk_feed(t);
	else
		talk_refuse(
		    t); /* gone, or not to be told from a command that asks */
}

/* One read of its stderr.  False: there is nothing now, or ever. */
static bool
talk_hear(struct sudo_talk *t)
{
	char data[SUDO_RELAY_PIECE], out[SUDO_RELAY_PIECE + SUDO_MARKER_SIZE];
	size_t used, out_len, at = 0;
	ssize_t n = fd_read(t->relay.err, data, sizeof(data));
	bool marker;

	if (n == -EAGAIN)
		return false;
	if (n <= 0) {
		out_len = sudo_filter_flush(&t->filter, out);
		sudo_relay_pass(&t->relay, t->stop, out, out_len);
		fd_close(&t->relay.err);
		fd_close(&t->relay.sink);
		return false;
	}
	while (at < (size_t)n) {
		marker = sudo_filter_take(&t->filter, data + at, (size_t)n - at,
		    &used, out, &out_len);
		at += used;
		sudo_relay_pass(&t->relay, t->stop, out, out_len);
		if (marker)
			talk_marker(t);
	}
	/* Half a marker is kept back for sudo alone. */
	if (t->settled)
		sudo_relay_pass(&t->relay, t->stop, out,
		    sudo_filter_flush(&t->filter, out));
	return true;
}

static void
talk_look(struct sudo_talk *t)
{
	enum sudo_state state;

	if (atomic_load(&t->flags) & PRUN_SUDO_REFUSED) {
		if (t->pidfd != -1)
			(void)syscall(SYS_pidfd_send_signal, t->pidfd, SIGKILL,
			    NULL, 0);
		t->settled = true;
		return;
	}
	state = talk_state(t);
	t->puzzled = state == SUDO_ALONE && t->relay.unfinished &&
	    clock_now() - t->relay.passed > QUESTION_WAIT;
	if (t->puzzled) {
		talk_refuse(t);
		return;
	}
	if (state == SUDO_UNSEEN)
		t->unseen += t->look;
	if (state == SUDO_STARTED || t->unseen > UNSEEN_MAX) {
		talk_feed(t);
		return;
	}
	t->look += t->look / 2;
	talk_look_in(t, t->look < LONGEST_LOOK ? t->look : LONGEST_LOOK);
}

static void
talk_died(struct sudo_talk *t)
{
	for (int i = 0; i < DRAIN_READS && t->relay.err != -1 && talk_hear(t);
	     i++)
		;
	fd_close(&t->pidfd);
	t->settled = true;
	sudo_relay_close_in(&t->relay);
	event_set(&t->drained);
}

enum {
	ERR,
	STOP,
	DEATH,
	RELAY,
	WATCHED = RELAY + SUDO_RELAY_WATCHED
};

/* False: it is told to end, or there is nothing left to talk about. */
static bool
talk_turn(struct sudo_talk *t)
{
	struct pollfd pfd[WATCHED] = {
		[ERR] = { .fd = t->relay.err, .events = POLLIN },
		[STOP] = { .fd = t->stop, .events = POLLIN },
		[DEATH] = { .fd = t->pidfd, .events = POLLIN },
	};
	int timeout = t->settled ? -1 : clock_poll_timeout(t->due);
	int n;

	if (t->relay.err == -1 && t->pidfd == -1)
		return false;
	sudo_relay_watch(&t->relay, t->feeding, pfd + RELAY);
	n = poll(pfd, WATCHED, timeout);
	if (n == -1)
		return true;
	/* However much it writes. */
	if (!t->settled && clock_now() >= t->due)
		talk_look(t);
	if (pfd[ERR].revents != 0)
		(void)talk_hear(t);
	if (pfd[DEATH].revents != 0)
		talk_died(t);
	sudo_relay_step(&t->relay, t->feeding, pfd + RELAY);
	return pfd[STOP].revents == 0;
}

static void *
talk_main(void *arg)
{
	struct sudo_talk *t = arg;

	while (talk_turn(t))
		;
	if (t->relay.err != -1)
		talk_died(t);
	sudo_relay_close(&t->relay);
	event_set(&t->drained);
	return NULL;
}

static int
talk_begin(struct sudo_talk *t, pid_t pid, int pidfd)
{
	t->pid = pid;
	t->pidfd = fcntl(pidfd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return t->pidfd == -1 ? -errno : 0;
}

int
sudo_talk_start(struct sudo_talk *t, pid_t pid, int pidfd)
{
	sigset_t all, old;
	int error = talk_begin(t, pid, pidfd);

	if (error != 0)
		return error;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = -pthread_create(&t->thread, NULL, talk_main, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	t->running = error == 0;
	return error;
}

int
sudo_talk_run(struct sudo_talk *t, pid_t pid, int pidfd, int64_t deadline)
{
	int error = talk_begin(t, pid, pidfd);

	while (error == 0 && t->pidfd != -1 && clock_now() < deadline &&
	    talk_turn(t))
		;
	return error;
}

void
sudo_talk_ask(struct sudo_talk *t, prun_sudo_ask_fn *ask, void *arg)
{
	t->ask = ask;
	t->arg = arg;
}

unsigned
sudo_talk_verdict(struct sudo_talk *t)
{
	if (t->running)
		(void)event_wait(&t->drained, clock_now() + VERDICT_WAIT);
	return atomic_load(&t->flags);
}

bool
sudo_talk_drained(struct sudo_talk *t)
{
	return !t->running || event_is_set(&t->drained);
}

bool
sudo_talk_asked(const struct sudo_talk *t)
{
	return t->asked > 0;
}

bool
sudo_talk_puzzled(const struct sudo_talk *t)
{
	return t->puzzled;
}

void
sudo_talk_free(struct sudo_talk *t)
{
	uint64_t one = 1;

	if (t == NULL)
		return;
	if (t->running) {
		while (write(t->stop, &one, sizeof(one)) == -1 &&
		    errno == EINTR)
			;
		(void)pthread_join(t->thread, NULL);
	}
	sudo_relay_close(&t->relay);
	fd_close(&t->stop);
	fd_close(&t->pidfd);
	event_fini(&t->drained);
	free(t);
}

int
sudo_talk_new(const struct sudo_plan *plan, const struct prun_stdio kinds[3],
    struct stdio *stdio, struct sudo_talk **tp)
{
	struct sudo_talk *t = calloc(1, sizeof(*t));
	int error;

	if (t == NULL)
		return -ENOMEM;
	error = event_init(&t->drained);
	if (error != 0) {
		free(t);
		return error;
	}
	t->stop = t->pidfd = -1;
	sudo_relay_init(&t->relay);
	t->secret = plan->secret;
	t->trusted = plan->trusted;
	talk_look_in(t, FIRST_LOOK);
	for (size_t i = 0; i < sizeof(t->marker); i++)
		t->marker[i] = plan->marker[i];
	t->filter.marker = t->marker;
	t->stop = eventfd(0, EFD_CLOEXEC);
	error = t->stop == -1 ?
	    -errno :
	    sudo_relay_open(&t->relay, plan->merge, kinds, stdio);
	if (error != 0) {
		sudo_talk_free(t);
		return error;
	}
	*tp = t;
	return 0;
}
