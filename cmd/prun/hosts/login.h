/* SPDX-License-Identifier: ISC */

/*
 * A host as -S names it: "[@GROUP+GROUP/][N/][COMMAND [OPTION]...] [USER@]HOST", or ":"
 * for this machine.
 */
#ifndef HOSTS_LOGIN_H
#define HOSTS_LOGIN_H

#include <sys/stat.h>

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

/*
 * The hosts of all -S and --sshloginfile: what was given, which may be read again, and
 * the logins in it.
 */

/* Logins that were given at one place. */
struct login_source {
	const char *option; /* lent: for messages */
	char *path; /* a file that may change; NULL: it cannot be read again */
	struct stat st; /* of the file when it was read */
	struct bytes text; /* logins, one a line or separated by commas */
};

/* Text is a list of logins.  0, or -errno with a message, as all that follow. */
int login_source_list(struct login_source *s, const char *option,
    struct text text, struct message *m);

/*
 * Name is a file, which is looked for here and in ~/.parallel, or "-" for stdin, ".."
 * for the user's list, "." for that of the system, "pbs" or "lsf" for what these tell in
 * the environment.
 */
int login_source_file(struct login_source *s, const char *option,
    const char *name, struct message *m);
void login_source_fini(struct login_source *s);

/* Has its file changed?  Then it is read again: 1.  0, or -errno with a message. */
int login_source_again(struct login_source *s, struct message *m);

/* All zero is empty. */
struct login_list {
	struct login *logins;
	size_t n;
};

/*
 * Makes the list of sources[0] to sources[n - 1]: a host that is named twice is there
 * once, as it was named last; with "@GROUP" alone only the hosts of that group are.
 * plain: see login_parse().
 */
int login_list_make(struct login_list *list, const struct login_source *sources,
    size_t n, bool plain, struct message *m);

/*
 * The list takes the login, which replaces one of the same name.  0 or -ENOMEM, and it has
 * been freed.
 */
int login_list_add(struct login_list *list, struct login *login);
void login_list_fini(struct login_list *list);

#endif
