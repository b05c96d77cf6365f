/* SPDX-License-Identifier: ISC */

/*
 * Owns the answers to sudo's prompts, and the thread that gives them.  The command can
 * read the marker in sudo's arguments, and print it to get the password.  So a marker
 * that was read counts only if a look at the processes, made after the read, shows that
 * sudo has not started the command yet.  Knows no pool; the descriptors are the
 * relay's.
 */
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/secret.h"
#include "base/thread.h"
#include "prun.h"
#include "transport/sudo.h"

#define NS_PER_MS INT64_C(1000000)
#define FIRST_LOOK (2 * NS_PER_MS)
#define LONGEST_LOOK (1000 * NS_PER_MS)
/* When looks at /proc have shown nothing for so long, the command is assumed to run. */
#define UNSEEN_MAX (5000 * NS_PER_MS)
/*
 * When sudo began a line so long ago and has not ended it, it asks for something other
 * than a password.
 */
#define QUESTION_WAIT (5000 * NS_PER_MS)
/* Sudo is killed when it lives so long after the end of its stdin. */
#define REFUSED_GRACE (2000 * NS_PER_MS)
#define DRAIN_READS 32
#define VERDICT_WAIT 1.0 /* seconds */

struct sudo_prompt {
	struct sudo_relay relay;
	int stop; /* an eventfd that tells the thread to end */
	int pidfd; /* of sudo; -1: sudo has died */
	pid_t pid; /* of sudo; 0: it was not started */

	const struct sudo_asks *asks;
	struct sudo_filter filter;
	unsigned asked;
	bool puzzled; /* sudo asked for something else */
	bool settled; /* no password will be wanted any more */
	bool feeding; /* the command gets its own stdin */
	int64_t look; /* nanoseconds between two looks */
	int64_t due; /* clock_now() time of the next look */
	int64_t unseen; /* nanoseconds for which looks have shown nothing */

	bool threaded;
	pid_t owner; /* the process that has the thread */
	pthread_t thread;
	sem_t begun; /* pid and pidfd are set now, or never will be */
	/* All that sudo wrote before its death was handled. */
	struct prun_event *drained;
	atomic_uint flags;
};

/*
 * From now on the command's own stdin is copied to the pipe; if it has none, the pipe
 * ends.
 */
static void
prompt_feed(struct sudo_prompt *p)
{
	p->settled = p->feeding = true;
	if (p->relay.source == -1)
		sudo_relay_close_in(&p->relay);
}

static void
prompt_look_in(struct sudo_prompt *p, int64_t delay)
{
	p->look = delay;
	p->due = clock_now() + delay;
}

/*
 * Sudo gets no password any more: it ends when its stdin ends.  If it does not, the
 * next look kills it.
 */
static void
prompt_refuse(struct sudo_prompt *p)
{
	atomic_fetch_or(&p->flags, PRUN_RESULT_SUDO_REFUSED);
	sudo_relay_close_in(&p->relay);
	prompt_look_in(p, REFUSED_GRACE);
}

static void
prompt_answer(struct sudo_prompt *p)
{
	int error = 0;

	p->asked++;
	if (p->asks->ask != NULL)
		error = p->asks->ask(p->asked, p->asks->arg);
	else if (p->asked > 1 || p->asks->secret == NULL)
		error = -EACCES;
	if (error == 0 && p->relay.in != -1)
		error = secret_write(p->asks->secret, p->relay.in);
	if (error != 0) {
		/*
		 * There is no password to give, so the prompt and what sudo says about
		 * it are of no use to the user.
		 */
		if (p->asks->trusted)
			sudo_relay_close_sink(&p->relay);
		prompt_refuse(p);
		return;
	}
	p->relay.unfinished = false;
	prompt_look_in(p, FIRST_LOOK);
	/*
	 * The command has no stdin of its own, and no second password will be written:
	 * if sudo asks again, it should find the end of its stdin.
	 */
	if (p->relay.source == -1 && p->asks->ask == NULL)
		sudo_relay_close_in(&p->relay);
}

static enum sudo_state
prompt_state(const struct sudo_prompt *p)
{
	return p->asks->trusted ? SUDO_ALONE : sudo_state_of(p->pid);
}

static void
prompt_marker(struct sudo_prompt *p)
{
	enum sudo_state state;

	if (p->settled || atomic_load(&p->flags) & PRUN_RESULT_SUDO_REFUSED)
		return;
	/*
	 * A sudo that asks may be busy with its helper processes, but only for a
	 * moment.
	 */
	for (int i = 0; (state = prompt_state(p)) == SUDO_BUSY && i < 20; i++)
		(void)poll(NULL, 0, 5);
	if (state == SUDO_ALONE)
		prompt_answer(p);
	else if (state == SUDO_STARTED)
		prompt_feed(p);
	else /* it has ended, or the command may have printed the marker */
		prompt_refuse(p);
}

/* Reads sudo's stderr once.  False: there is nothing to read now, or it has ended. */
static bool
prompt_read(struct sudo_prompt *p)
{
	char data[SUDO_RELAY_PIECE], out[SUDO_RELAY_PIECE + SUDO_MARKER_SIZE];
	size_t used, out_len, at = 0;
	ssize_t n = fd_read(p->relay.err, data, sizeof(data));
	bool marker;

	if (n == -EAGAIN)
		return false;
	if (n <= 0) {
		out_len = sudo_filter_flush(&p->filter, out);
		sudo_relay_pass(&p->relay, p->stop, out, out_len);
		fd_close(&p->relay.err);
		sudo_relay_close_sink(&p->relay);
		return false;
	}
	while (at < (size_t)n) {
		marker = sudo_filter_take(&p->filter, data + at, (size_t)n - at,
		    &used, out, &out_len);
		at += used;
		sudo_relay_pass(&p->relay, p->stop, out, out_len);
		if (marker)
			prompt_marker(p);
	}
	/*
	 * Once sudo does not ask any more, bytes that may begin a marker need not be
	 * held back.
	 */
	if (p->settled)
		sudo_relay_pass(&p->relay, p->stop, out,
		    sudo_filter_flush(&p->filter, out));
	return true;
}

static void
prompt_look(struct sudo_prompt *p)
{
	enum sudo_state state;

	if (atomic_load(&p->flags) & PRUN_RESULT_SUDO_REFUSED) {
		if (p->pidfd != -1)
			(void)syscall(SYS_pidfd_send_signal, p->pidfd, SIGKILL,
			    NULL, 0);
		p->settled = true;
		return;
	}
	state = prompt_state(p);
	p->puzzled = state == SUDO_ALONE && p->relay.unfinished &&
	    clock_now() - p->relay.passed > QUESTION_WAIT;
	if (p->puzzled) {
		prompt_refuse(p);
		return;
	}
	if (state == SUDO_UNSEEN)
		p->unseen += p->look;
	if (state == SUDO_STARTED || p->unseen > UNSEEN_MAX) {
		prompt_feed(p);
		return;
	}
	p->look += p->look / 2;
	prompt_look_in(p, p->look < LONGEST_LOOK ? p->look : LONGEST_LOOK);
}

static void
prompt_died(struct sudo_prompt *p)
{
	for (int i = 0; i < DRAIN_READS && p->relay.err != -1 && prompt_read(p);
	     i++)
		;
	fd_close(&p->pidfd);
	p->settled = true;
	sudo_relay_close_in(&p->relay);
	prun_event_set(p->drained);
}

enum {
	ERR,
	STOP,
	DEATH,
	RELAY,
	WATCHED = RELAY + SUDO_RELAY_WATCHED
};

/*
 * Waits for one event and handles it.  False: the stop is set, or nothing is left to
 * do.
 */
static bool
prompt_turn(struct sudo_prompt *p)
{
	struct pollfd pfd[WATCHED] = {
		[ERR] = { .fd = p->relay.err, .events = POLLIN },
		[STOP] = { .fd = p->stop, .events = POLLIN },
		[DEATH] = { .fd = p->pidfd, .events = POLLIN },
	};
	int timeout = p->settled ? -1 : clock_poll_timeout(p->due);
	int n;

	if (p->relay.err == -1 && p->pidfd == -1)
		return false;
	sudo_relay_watch(&p->relay, p->feeding, pfd + RELAY);
	n = poll(pfd, WATCHED, timeout);
	if (n == -1)
		return true;
	/* The look comes before the read, since sudo may write without a pause. */
	if (!p->settled && clock_now() >= p->due)
		prompt_look(p);
	if (pfd[ERR].revents != 0)
		(void)prompt_read(p);
	if (pfd[DEATH].revents != 0)
		prompt_died(p);
	sudo_relay_step(&p->relay, p->feeding, pfd + RELAY);
	return pfd[STOP].revents == 0;
}

static void *
prompt_main(void *arg)
{
	struct sudo_prompt *p = arg;

	while (sem_wait(&p->begun) == -1)
		;
	while (p->pid != 0 && prompt_turn(p))
		;
	if (p->relay.err != -1)
		prompt_died(p);
	sudo_relay_close(&p->relay);
	prun_event_set(p->drained);
	return NULL;
}

static int
prompt_start_thread(struct sudo_prompt *p)
{
	int error = thread_start(&p->thread, prompt_main, p);

	p->threaded = error == 0;
	return error;
}

static void
prompt_free(struct sudo_prompt *p)
{
	uint64_t one = 1;

	if (p->threaded && p->owner == getpid()) {
		if (p->pid == 0)
			sem_post(&p->begun);
		while (write(p->stop, &one, sizeof(one)) == -1 &&
		    errno == EINTR)
			;
		(void)pthread_join(p->thread, NULL);
	}
	sudo_relay_close(&p->relay);
	fd_close(&p->stop);
	fd_close(&p->pidfd);
	sem_destroy(&p->begun);
	prun_event_free(p->drained);
	free(p);
}

static struct sudo_prompt *
prompt_new(const struct sudo_asks *asks)
{
	struct sudo_prompt *p = calloc(1, sizeof(*p));

	if (p == NULL || prun_event_new(&p->drained) != 0) {
		free(p);
		return NULL;
	}
	sem_init(&p->begun, 0, 0);
	p->owner = getpid();
	p->asks = asks;
	p->filter.marker = asks->marker;
	p->stop = p->pidfd = -1;
	sudo_relay_init(&p->relay);
	return p;
}

/*
 * Makes everything but the relay.  The relay comes last, since it changes the child's
 * stdio.
 */
static int
prompt_provide(struct sudo_prompt *p)
{
	p->stop = eventfd(0, EFD_CLOEXEC);
	if (p->stop == -1)
		return -errno;
	p->pidfd = fcntl(p->stop, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (p->pidfd == -1)
		return -errno;
	return p->asks->here ? 0 : prompt_start_thread(p);
}

int
sudo_prompt_attach(void *state, const struct prun_stdio kinds[3],
    struct stdio *stdio)
{
	struct sudo_asks *asks = state;
	struct sudo_prompt *p;
	int error;

	if (asks->marker == NULL)
		return 0;
	p = prompt_new(asks);
	if (p == NULL)
		return -ENOMEM;
	error = prompt_provide(p);
	if (error == 0)
		error = sudo_relay_open(&p->relay, asks->merge, kinds, stdio);
	if (error != 0)
		prompt_free(p);
	else
		asks->prompt = p;
	return error;
}

void
sudo_prompt_started(void *state, pid_t pid, int pidfd)
{
	struct sudo_prompt *p = ((struct sudo_asks *)state)->prompt;

	if (p == NULL)
		return;
	/*
	 * p->pidfd holds a descriptor already, which dup3() replaces: so this cannot
	 * fail.
	 */
	while (dup3(pidfd, p->pidfd, O_CLOEXEC) == -1 && errno == EINTR)
		;
	p->pid = pid;
	prompt_look_in(p, FIRST_LOOK);
	sem_post(&p->begun);
}

bool
sudo_prompt_drained(void *state)
{
	struct sudo_prompt *p = ((struct sudo_asks *)state)->prompt;

	return p == NULL || prun_event_is_set(p->drained);
}

unsigned
sudo_prompt_settle(void *state)
{
	struct sudo_prompt *p = ((struct sudo_asks *)state)->prompt;

	if (p == NULL)
		return 0;
	(void)prun_event_wait(p->drained, VERDICT_WAIT);
	return atomic_load(&p->flags);
}

void
sudo_prompt_detach(void *state)
{
	struct sudo_asks *asks = state;

	if (asks->prompt != NULL)
		prompt_free(asks->prompt);
	asks->prompt = NULL;
}

void
sudo_prompt_run(struct sudo_asks *asks, int64_t deadline,
    struct prun_sudo_answer *answer)
{
	struct sudo_prompt *p = asks->prompt;

	while (p->pidfd != -1 && clock_now() < deadline && prompt_turn(p))
		;
	answer->asked = p->asked > 0;
	answer->puzzled = p->puzzled;
	answer->refused = atomic_load(&p->flags) != 0;
}
