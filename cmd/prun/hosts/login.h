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
	/* Without groups and N: shown to users, and the value of $PARALLEL_SSHLOGIN. */
	char *name;
	char *host; /* without the command, the user and the port */
	/* What the ssh that connects is given: the name without the port. */
	char *target;
	char *groups; /* "GROUP+GROUP"; the last group is the name */
	unsigned cpus; /* N; 0: as many jobs as the host has CPUs */
	unsigned port; /* after an IPv6 address; 0: none */
	bool here; /* ":": this machine */
	/* This host's own --via, which replaces the option's; NULL: ssh. */
	const char *via;
};

/*
 * plain: hosts are reached by another program than ssh, so the parts of a name mean
 * nothing to prun.  -errno, with a message that begins with option: then there is
 * nothing to free.
 */
int login_parse(struct login *login, const char *option, struct text text,
    bool plain, struct message *m);
void login_fini(struct login *login);

/*
 * If the text is "@GROUP+GROUP" alone, which names no host but the groups that are
 * wanted: the groups.  Else no data.
 */
struct text login_wanted(struct text text);

/* Do two lists of groups, separated by "+", have a group in common? */
bool login_groups_meet(struct text some, struct text others);

/*
 * Copies the next login of a list into *word.  Commas and newlines separate the logins;
 * "\," and ",," stand for a comma.  False: there is none; *error is -ENOMEM if memory
 * is short.
 */
bool login_next(const char **list, struct bytes *word, int *error);

/*
 * The hosts of all -S and --sshloginfile: their sources, which may be read again, and
 * the logins in these.
 */

/* The logins of one option. */
struct login_source {
	const char *option; /* lent; named in messages */
	/* A file that may change; NULL: the source is not read again. */
	char *path;
	struct stat st; /* of that file, when it was read */
	struct bytes text; /* logins, one a line or separated by commas */
};

/*
 * Sets the source to a list of logins.  0, or -errno with a message, as all that
 * follow.
 */
int login_source_list(struct login_source *s, const char *option,
    struct text text, struct message *m);

/*
 * Sets the source to what a file says.  name is the file's name, which is looked for
 * here and in ~/.parallel; or "-" for stdin, ".." for the user's list, "." for the
 * system's list, "pbs" or "lsf" for what the variables of these schedulers say.
 */
int login_source_file(struct login_source *s, const char *option,
    const char *name, struct message *m);
void login_source_fini(struct login_source *s);

/*
 * If the source's file has changed, reads it again and returns 1.  0, or -errno with a
 * message.
 */
int login_source_again(struct login_source *s, struct message *m);

/* A list of hosts.  All zero is empty. */
struct login_list {
	struct login *logins;
	size_t n;
};

/*
 * Makes the list of hosts from sources[0] to sources[n - 1].  A host that is named more
 * than once is in it once, as it was named last.  If a source has "@GROUP" alone, only
 * hosts of that group are in it.  plain: see login_parse().
 */
int login_list_make(struct login_list *list, const struct login_source *sources,
    size_t n, bool plain, struct message *m);

/*
 * Puts the login into the list, which owns it then, in place of one with the same name.
 * 0, or -ENOMEM and the login has been freed.
 */
int login_list_add(struct login_list *list, struct login *login);
void login_list_fini(struct login_list *list);

#endif
