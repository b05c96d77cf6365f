/* SPDX-License-Identifier: ISC */

/*
 * Owns the bytes that go to a host, and knows how many of them have left this process.
 * Knows nothing of what they mean.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/secret.h"
#include "engine/engine.h"
#include "engine/host.h"

void
host_flush(struct prun_host *host)
{
	ssize_t n;

	while (host->sent < host->out.len) {
		n = fd_put(host->stdio.parent[0], host->out.data + host->sent,
		    host->out.len - host->sent);
		if (n <= 0)
			break;
		host->sent += (size_t)n;
		host->left += (uint64_t)n;
	}
	if (host->sent == host->out.len) {
		buf_clear(&host->out, (size_t)1024 * 1024);
		host->sent = 0;
	}
}

void
host_writable(struct watch *watch, uint32_t events)
{
	struct prun_host *host = watch->owner;

	(void)events;
	host_flush(host);
	/*
	 * If nobody reads the pipe any more, nothing is done here: the end of stdout
	 * tells that the connection has ended.
	 */
	if (host->out.len == 0 || events & EPOLLERR)
		loop_pause(&host->engine->loop, watch);
}

/* Adds a frame to the bytes that wait to be sent. */
static int
outbox_add(struct prun_host *host, enum frame_type type, uint64_t id,
    const void *data, size_t len)
{
	const bool connecting = host->state == PRUN_HOST_CONNECTING;
	/* Frames of jobs wait until the files that all jobs need are there. */
	const bool later = connecting && id != 0 && id != HOST_FILES_ID;
	int error = frame_put(later ? &host->later : &host->out, type, id, data,
	    len);

	if (error != 0)
		return error;
	if (connecting && !later)
		host->early += FRAME_HEAD + len;
	else
		host->put += FRAME_HEAD + len;
	return 0;
}

void
host_send(struct prun_host *host, enum frame_type type, uint64_t id,
    const void *data, size_t len)
{
	int error;

	if (host->state == PRUN_HOST_DOWN)
		return;
	if (host->sent > 0 && host->sent > host->out.len / 2) {
		buf_drop(&host->out, host->sent);
		host->sent = 0;
	}
	error = outbox_add(host, type, id, data, len);
	/* Nothing is sent before the agent has greeted. */
	if (error == 0 && host->greeted && host->watch[0].fd != -1 &&
	    !host->watch[0].on)
		error = loop_resume(&host->engine->loop, &host->watch[0]);
	if (error != 0)
		host_fail(host, error);
}

int
host_send_later(struct prun_host *host)
{
	int error = buf_add(&host->out, host->later.data, host->later.len);

	buf_fini(&host->later);
	return error;
}

uint64_t
host_place(const struct prun_host *host)
{
	return host->put;
}

bool
host_has_left(const struct prun_host *host, uint64_t place)
{
	return host->left > host->early + place;
}

void
host_send_number(struct prun_host *host, enum frame_type type, uint64_t id,
    uint64_t number)
{
	struct buf field = { 0 };
	struct field_writer w = { .out = &field };

	field_put_number(&w, number);
	if (w.error == 0)
		host_send(host, type, id, field.data, field.len);
	else
		host_fail(host, w.error);
	buf_fini(&field);
}

/*
 * The password goes from its locked memory straight into the pipe.  The pipe is new and
 * empty, so it takes these few bytes at once.
 */
int
host_send_secret(const struct prun_host *host)
{
	const struct prun_secret *s = host->secret;
	const int fd = host->stdio.parent[0];
	char head[FRAME_HEAD];
	ssize_t n;
	size_t len;

	if (s == NULL)
		return 0;
	len = strnlen(s->text, s->size);
	frame_put_head(head, FRAME_SECRET, 0, len);
	n = fd_put(fd, head, sizeof(head));
	if (n == (ssize_t)sizeof(head) &&
	    fd_put(fd, s->text, len) == (ssize_t)len)
		return 0;
	return n < 0 ? (int)n : -EIO;
}
