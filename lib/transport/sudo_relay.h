/* SPDX-License-Identifier: ISC */

/*
 * The pipes between sudo and the world: one is its stdin and then the command's,
 * one its stderr.  Bytes are handed on; what they mean is decided elsewhere.
 */
#ifndef TRANSPORT_SUDO_RELAY_H
#define TRANSPORT_SUDO_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/stdio.h"
#include "prun.h"

#define SUDO_RELAY_WATCHED 3
#define SUDO_RELAY_PIECE ((size_t)4096) /* a writable pipe takes it whole */

struct sudo_relay {
	int in, err; /* our ends of the child's stdin and stderr; -1: closed */
	int source; /* the command's own stdin; -1: none, or at its end */
	int sink; /* where its stderr goes; -1: closed */
	bool unfinished; /* the last line that was passed */
	int64_t passed; /* clock_now() time of that */
	char fed[SUDO_RELAY_PIECE]; /* from source, not in the pipe yet */
	size_t fed_len;
};

/* All closed. */
void sudo_relay_init(struct sudo_relay *r);

/*
 * Put it between: of stdio, child[0] and child[2] become pipes of the relay's.
 * merge: the child's stderr goes where its stdout does.  0, or -errno and stdio is
 * as it was.
 */
int sudo_relay_open(struct sudo_relay *r, bool merge,
    const struct prun_stdio kinds[3], struct stdio *stdio);

void sudo_relay_close(struct sudo_relay *r);

/* The end of the child's stdin. */
void sudo_relay_close_in(struct sudo_relay *r);

/* Of what was said on stderr: to the sink, unless stop becomes readable first. */
void sudo_relay_pass(struct sudo_relay *r, int stop, const char *data,
    size_t len);

/*
 * What to poll for: from source to the child's stdin, when feeding, and the ends of
 * those.  Then do what can be done without waiting.
 */
void sudo_relay_watch(const struct sudo_relay *r, bool feeding,
    struct pollfd pfd[SUDO_RELAY_WATCHED]);
void sudo_relay_step(struct sudo_relay *r, bool feeding,
    const struct pollfd pfd[SUDO_RELAY_WATCHED]);

#endif
