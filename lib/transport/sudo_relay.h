/* SPDX-License-Identifier: ISC */

/*
 * This process's ends of two pipes: the stdin of sudo and then of its command, and the
 * stderr of both.  Bytes are copied here; the prompt decides what they mean.
 */
#ifndef TRANSPORT_SUDO_RELAY_H
#define TRANSPORT_SUDO_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fd.h"
#include "process/stdio.h"
#include "prun.h"

#define SUDO_RELAY_WATCHED 3
/* Bytes that are read or written at once. */
#define SUDO_RELAY_PIECE ((size_t)4096)

struct sudo_relay {
	/* This process's ends of sudo's stdin and stderr; -1: closed. */
	int in, err;
	/* The command's own stdin; -1: it has none, or it has ended. */
	int source;
	struct fd_sink sink; /* where sudo's stderr goes; fd -1: closed */
	bool unfinished; /* the line that was passed last has no newline yet */
	int64_t passed; /* clock_now() time at which bytes were passed last */
	char
	    fed[SUDO_RELAY_PIECE]; /* read from source, not written to in yet */
	size_t fed_len;
};

/* Sets all descriptors to closed. */
void sudo_relay_init(struct sudo_relay *r);

/*
 * Put the relay between sudo and its stdio: child[0] and child[2] of stdio become pipes
 * of the relay's.  kinds are as for stdio_open(), which has made stdio.  merge: sudo's
 * stderr goes where its stdout goes.  0, or -errno and stdio is as it was.
 */
int sudo_relay_open(struct sudo_relay *r, bool merge,
    const struct prun_stdio kinds[3], struct stdio *stdio);

void sudo_relay_close(struct sudo_relay *r);

/* What sudo writes to stderr is not passed on any more. */
void sudo_relay_close_sink(struct sudo_relay *r);

/* Close sudo's stdin. */
void sudo_relay_close_in(struct sudo_relay *r);

/* Write data to the sink.  Give up when the descriptor stop becomes readable. */
void sudo_relay_pass(struct sudo_relay *r, int stop, const char *data,
    size_t len);

/*
 * Fill in what to poll() for: the copy from source to sudo's stdin, if feeding is true,
 * and readers that may go away.  After the poll, sudo_relay_step() does what can be
 * done without waiting.
 */
void sudo_relay_watch(const struct sudo_relay *r, bool feeding,
    struct pollfd pfd[SUDO_RELAY_WATCHED]);
void sudo_relay_step(struct sudo_relay *r, bool feeding,
    const struct pollfd pfd[SUDO_RELAY_WATCHED]);

#endif
