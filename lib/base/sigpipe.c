/* SPDX-License-Identifier: ISC */

/* Owns the blocking of SIGPIPE around a write. */
#include <errno.h>
#include <time.h>

#include "base/sigpipe.h"

static bool
sigpipe_is_pending(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

void
sigpipe_block(struct sigpipe *s)
{
	sigset_t old;

	sigemptyset(&s->set);
	sigaddset(&s->set, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &s->set, &old);
	s->blocked = sigismember(&old, SIGPIPE) == 1;
	/* Only a blocked signal can be pending. */
	s->pending = s->blocked && sigpipe_is_pending();
}

void
sigpipe_forget(const struct sigpipe *s)
{
	const struct timespec now = { 0 };

	while (!s->pending && sigtimedwait(&s->set, NULL, &now) == -1 &&
	    errno == EINTR)
		continue;
}

void
sigpipe_restore(const struct sigpipe *s)
{
	if (!s->blocked)
		(void)pthread_sigmask(SIG_UNBLOCK, &s->set, NULL);
}
