/* SPDX-License-Identifier: ISC */

/*
 * The sockets of ssh's masters, through which other calls of ssh share the masters'
 * connections: they are in a folder that nobody else may enter.
 */
#ifndef HOSTS_SSH_MASTERS_H
#define HOSTS_SSH_MASTERS_H

#include "text/text.h"

/*
 * So many sessions may use one connection: sshd's MaxSessions, less the master's own
 * session.
 */
#define SSH_MASTER_SESSIONS 9

/* All zero: there is no folder. */
struct ssh_masters {
	struct bytes path; /* of the folder, followed by the name of a socket */
	size_t folder; /* how many bytes the folder's path has */
	unsigned n;
};

/* Makes the folder below $XDG_RUNTIME_DIR, $TMPDIR or /tmp.  0, or -errno with a message. */
int ssh_masters_open(struct ssh_masters *s, struct message *m);

/* Adds a master.  Returns its number. */
unsigned ssh_masters_add(struct ssh_masters *s);

/* The path of that master's socket, lent until the next call; NULL: there is no memory. */
const char *ssh_masters_path(struct ssh_masters *s, unsigned number);

/* The masters have ended: removes their sockets and the folder. */
void ssh_masters_close(struct ssh_masters *s);

#endif
