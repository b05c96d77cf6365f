/* SPDX-License-Identifier: ISC */

/*
 * The sockets of ssh's masters, through which other calls of ssh share their connections: a
 * folder that nobody else may enter.
 */
#ifndef HOSTS_SSH_MASTERS_H
#define HOSTS_SSH_MASTERS_H

#include "text/text.h"

/* Sessions that one connection may have: sshd's MaxSessions, less that of the master itself. */
#define SSH_MASTER_SESSIONS 9

/* All zero: no folder. */
struct ssh_masters {
	struct bytes path; /* of the folder, and behind it that of a socket */
	size_t folder; /* bytes of the folder's */
	unsigned n;
};

/* Makes the folder below $XDG_RUNTIME_DIR, $TMPDIR or /tmp.  0, or -errno with a message. */
int ssh_masters_open(struct ssh_masters *s, struct message *m);

/* One more, whose number is s->n then. */
unsigned ssh_masters_add(struct ssh_masters *s);

/* The socket's path, lent until the next call; NULL: no memory. */
const char *ssh_masters_path(struct ssh_masters *s, unsigned number);

/* The masters have ended: their sockets go, and the folder. */
void ssh_masters_close(struct ssh_masters *s);

#endif
