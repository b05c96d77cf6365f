/* SPDX-License-Identifier: ISC */

/*
 * Writes lines to a reader who may be slow or gone.  Lines wait for the reader in a queue of
 * limited size, and prun never waits.  Knows nothing of what the lines say.
 *
 *	event_stream_open(&stream, context, "--events", "unix:/tmp/s", &message);
 *	event_stream_begin(&stream, pool);
 *	event_stream_add(&stream, line);
 *	event_stream_finish(&stream);
 */
#ifndef FORMATS_EVENT_STREAM_H
#define FORMATS_EVENT_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "report/sink.h"
#include "text/text.h"

struct event_stream {
	struct sink *sink;
	const char *option, *target;
	int fd; /* -1: the reader has gone */
	bool regular, socket;
	/* O_NONBLOCK is set, and no other process shares fd */
	bool never_blocks;
	/* The reader is a client of --control: it may go, and prun's end does not wait for it. */
	bool client;
	struct bytes queue;
	size_t done; /* how many bytes of the queue have been written */
	uint64_t lost; /* lines that were lost since the queue became full */
	/* NULL: the pool is not made yet, or is freed */
	struct prun_pool *pool;
	struct prun_watch *watch;
	uint64_t timer; /* 0: none */
};

/*
 * Opens target: a file, "-" for stdout, "fd:N", or "unix:PATH" for a socket on which
 * another process listens.  0, or -errno with a message.
 */
int event_stream_open(struct event_stream *s, struct sink *sink,
    const struct sink_context *c, const char *option, const char *target,
    struct message *message);

/* Opens the stream for a client at the socket fd, which the stream owns from now on. */
void event_stream_open_client(struct event_stream *s, struct sink *sink,
    int fd);
void event_stream_begin(struct event_stream *s, struct prun_pool *pool);

/*
 * Adds a line, which ends with its newline, to the queue.  If the queue has no room, the
 * line is lost.  {"v":1,"event":"lost","count":N} then comes before the next line.
 */
void event_stream_add(struct event_stream *s, struct text line);

/* Writes the rest of the queue.  Waits at most a second for a reader who takes nothing. */
void event_stream_finish(struct event_stream *s);
void event_stream_close(struct event_stream *s);

#endif
