/* SPDX-License-Identifier: ISC */

/*
 * Owns the pipes of jobs that have ended, and throws away what still comes through
 * them.
 */
#include <sys/epoll.h>
#include <sys/resource.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/fd.h"
#include "engine/engine.h"
#include "event/loop.h"

/* The pipes may use a quarter of the descriptors that this process may have. */
#define SHARE 4
#define PIECE 65536

struct leftover {
	struct watch watch;
	struct leftovers *all;
	TAILQ_ENTRY(leftover) entry;
};

void
leftovers_init(struct leftovers *l, struct loop *loop)
{
	struct rlimit limit;

	*l = (struct leftovers){ .loop = loop };
	TAILQ_INIT(&l->all);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		l->most = limit.rlim_cur / SHARE > UINT32_MAX ?
		    UINT32_MAX :
		    (unsigned)(limit.rlim_cur / SHARE);
}

static void
leftover_close(struct leftover *x)
{
	int fd = x->watch.fd;

	TAILQ_REMOVE(&x->all->all, x, entry);
	x->all->n--;
	loop_remove(x->all->loop, &x->watch);
	fd_close(&fd);
	free(x);
}

bool
leftovers_drop(struct leftovers *l)
{
	struct leftover *first = TAILQ_FIRST(&l->all);

	if (first == NULL)
		return false;
	/* leftover_close() removes it from the list. */
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	leftover_close(first);
	return true;
}

void
leftovers_fini(struct leftovers *l)
{
	while (l->loop != NULL && leftovers_drop(l))
		continue;
}

/* Only one read in a turn, so that a writer that never stops holds up nobody. */
static void
leftover_ready(struct watch *w, uint32_t events)
{
	char piece[PIECE];
	ssize_t n = fd_read(w->fd, piece, sizeof(piece));

	(void)events;
	if (n == 0 || (n < 0 && n != -EAGAIN))
		leftover_close(w->owner);
}

void
leftovers_add(struct leftovers *l, int fd)
{
	struct leftover *x = calloc(1, sizeof(*x));

	while (l->n > 0 && l->n >= l->most)
		(void)leftovers_drop(l);
	if (x == NULL || l->most == 0 ||
	    loop_add(l->loop, &x->watch, fd, EPOLLIN, leftover_ready, x) != 0) {
		fd_close(&fd);
		free(x);
		return;
	}
	x->all = l;
	TAILQ_INSERT_TAIL(&l->all, x, entry);
	l->n++;
}
