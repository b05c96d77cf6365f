/* SPDX-License-Identifier: ISC */

/*
 * Owns the suspicion that a worker of the line kind keeps its answer in a buffer: the
 * worker has read its first task, waits for the next one, and has not answered.
 */
#include <sys/syscall.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "engine/worker.h"

#define SILENT_NS INT64_C(1000000000)

/*
 * Does the process wait in read(2) for its stdin?  Where this process may not see that,
 * the answer is no.
 */
static bool
reads_stdin(pid_t pid)
{
	char path[40], text[64], want[16];
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/syscall", (long)pid);
	fd = fd_open(path, O_RDONLY, 0);
	if (fd < 0)
		return false;
	n = fd_read(fd, text, sizeof(text) - 1);
	fd_close(&fd);
	text[n > 0 ? n : 0] = '\0';
	n = snprintf(want, sizeof(want), "%d 0x0 ", SYS_read);
	return strncmp(text, want, (size_t)n) == 0;
}

static void server_silent_due(void *arg);

void
server_expect(struct worker *w)
{
	struct server *s = w->server;

	/* If there is no memory for the timer, nobody is told of a silent worker. */
	if (!s->framing->has_status && s->served == 0)
		(void)loop_timer_start(&w->engine->loop, &s->grace,
		    clock_now() + SILENT_NS, server_silent_due, w);
}

static void
server_silent_due(void *arg)
{
	struct worker *w = arg;
	const struct server *s = w->server;

	if (w->state != WORKER_RUNNING || s->answer.complete ||
	    w->stdio.parent[0] == -1)
		return;
	/*
	 * The answer may have come after the loop looked at the pipe, so the pipe is
	 * looked at again.
	 */
	if (fd_pending(w->stdio.parent[0]) == 0 && reads_stdin(w->child.pid) &&
	    fd_pending(w->stdio.parent[1]) == 0)
		w->engine->ops->silent(w);
	else
		server_expect(w);
}
