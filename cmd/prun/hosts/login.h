/* SPDX-License-Identifier: ISC */

/*
 * A host as -S names it: "[@GROUP+GROUP/][N/][COMMAND [OPTION]...] [USER@]HOST", or ":"
 * for this machine.
 */
#ifndef HOSTS_LOGIN_H
#define HOSTS_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "text/text.h"

struct login {
	/* Without groups and N: what people are told, and $PARALLEL_SSHLOGIN. */
	char *name;
	char *host; /* without the command, the user and the port */
	/* The same for the ssh that connects: the name without the port. */
	char *target;
	char *groups; /* "GROUP+GROUP", the name is the last of them */
	unsigned cpus; /* N; 0: as many as there are */
	unsigned port; /* behind an IPv6 address; 0: none */
	bool here; /* ":": this machine */
	const char *via; /* as --via, which counts more; NULL: ssh */
};

/*
 * plain: a host is reached by another program than ssh, so that its name means nothing
 * here.  -errno with a message that begins with option; then there is nothing to free.
 */
int login_parse(struct login *login, const char *option, struct text text,
    bool plain, struct message *m);
void login_fini(struct login *login);

/* "@GROUP+GROUP" alone: no host, but the groups that are wanted.  Or no data. */
struct text login_wanted(struct text text);

/* Have two lists of groups, separated by "+", one in common? */
bool login_groups_meet(struct text some, struct text others);

/*
 * Takes the next login of a list, which commas and newlines separate, into *word; "\,"
 * and ",," stand for a comma.  False: there is none.  -ENOMEM is told by *error.
 */
bool login_next(const char **list, struct bytes *word, int *error);

#endif
