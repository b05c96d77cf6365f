/* SPDX-License-Identifier: ISC */

/* A host as -S names it: "[N/][COMMAND [OPTION]...] [USER@]HOST", or ":". */
#ifndef HOSTS_LOGIN_H
#define HOSTS_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "text/text.h"

struct login {
	char
	    *name; /* without N: what people are told, and $PARALLEL_SSHLOGIN */
	const char *host; /* in name: without the command and the user */
	unsigned cpus; /* N; 0: as many as there are */
	bool here; /* ":": this machine */
	const char *via; /* as --via, which counts more; NULL: ssh */
};

/* -errno with a message that begins with option; then there is nothing to free. */
int login_parse(struct login *login, const char *option, struct text text,
    struct message *m);
void login_fini(struct login *login);

/*
 * Takes the next login of a list, which commas and newlines separate, into *word; "\,"
 * and ",," stand for a comma.  False: there is none.  -ENOMEM is told by *error.
 */
bool login_next(const char **list, struct bytes *word, int *error);

#endif
