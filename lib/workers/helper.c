/* SPDX-License-Identifier: ISC */

/*
 * Owns the helper as its owner sees it: its start, the requests to it, and its end.
 * Knows nothing of what the helper does.
 */
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/proc.h"
#include "kill/tree.h"
#include "process/stdio.h"
#include "transport/start.h"
#include "transport/transport.h"
#include "workers/helper.h"

static int
helper_open(struct helper_shared *s)
{
	int error = fd_socketpair(SOCK_SEQPACKET, s->control);

	if (error != 0)
		return error;
	s->news = fd_lift(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	if (s->news < 0)
		return s->news;
	s->pids = calloc(s->opts.count, sizeof(*s->pids));
	s->numbers = calloc(s->opts.count, sizeof(*s->numbers));
	return s->pids == NULL || s->numbers == NULL ? -ENOMEM : 0;
}

/*
 * The helper gets a process group of its own, so that Ctrl-C reaches neither it nor the
 * workers.
 */
static int
helper_start(struct helper *h)
{
	const struct prun_spec spec = { .flags = PRUN_SPEC_NEW_GROUP,
		.in.kind = PRUN_STDIO_NULL };
	struct stdio stdio;
	struct prun_result result = { 0 };
	struct transport transport = { 0 };
	const struct start_function function = { helper_main, &h->shared,
		"prun-workers" };
	struct start_request start = { .transport = &transport,
		.child = &h->process,
		.stdio = &stdio,
		.result = &result };

	stdio_init(&stdio);
	h->since = proc_now();
	return start_spec(&start, &spec, &function);
}

int
helper_init(struct helper *h, const struct helper_opts *opts)
{
	struct helper_shared *s = &h->shared;
	int error;

	*h = (struct helper){ .shared = { .opts = *opts,
				  .control = { -1, -1 },
				  .news = -1,
				  .owner = getpid() } };
	child_init(&h->process);
	(void)snprintf(s->mark, sizeof(s->mark), "w%d-%llx", (int)s->owner,
	    (unsigned long long)clock_now());
	error = helper_open(s);
	if (error == 0)
		error = helper_start(h);
	fd_close(&s->control[1]);
	return error;
}

static int
helper_send(struct helper *h, enum helper_request request, unsigned index,
    const int *fds, size_t nfds)
{
	struct helper_message message = { .request = request, .index = index };
	struct iovec iov = { &message, sizeof(message) };

	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (nfds > 0) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
	}
	if (sendmsg(h->shared.control[0], &msg, MSG_NOSIGNAL | MSG_DONTWAIT) !=
	    -1)
		return 0;
	/* The kernel limits how many descriptors may be on their way through sockets. */
	return errno == ETOOMANYREFS ? -EAGAIN : -errno;
}

int
helper_fork(struct helper *h, unsigned index, int from, int to)
{
	const int fds[2] = { from, to };

	return helper_send(h, HELPER_FORK, index, fds, 2);
}

void
helper_kill(struct helper *h, unsigned index)
{
	(void)helper_send(h, HELPER_KILL, index, NULL, 0);
}

/*
 * close(2) alone is not enough: a process that the host program has forked may hold
 * this end of the socket too.
 */
void
helper_end(struct helper *h)
{
	if (h->shared.control[0] == -1)
		return;
	(void)shutdown(h->shared.control[0], SHUT_RDWR);
	fd_close(&h->shared.control[0]);
	/* The helper ends even if somebody has stopped it. */
	(void)child_signal(&h->process, SIGCONT);
}

void
helper_ended(struct helper *h)
{
	const struct tree_target target = { .job_mark = h->shared.mark,
		.started = h->since };
	struct prun_result result = { 0 };

	if (!h->process.alive)
		return;
	if (child_reap(&h->process, &result) == 1 &&
	    (result.status != 0 || result.flags & PRUN_RESULT_STATUS_UNKNOWN))
		(void)tree_signal(&target, SIGKILL);
}

void
helper_fini(struct helper *h)
{
	if (h->process.alive && h->shared.owner == getpid()) {
		helper_end(h);
		while (child_await(&h->process, INT64_MAX) != 1)
			continue;
		helper_ended(h);
	}
	fd_close(&h->shared.control[0]);
	fd_close(&h->shared.news);
	free(h->shared.pids);
	free(h->shared.numbers);
	child_fini(&h->process);
}
