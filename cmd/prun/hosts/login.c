/* SPDX-License-Identifier: ISC */

/* Owns how a host is written on the command line.  Knows no connection. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosts/login.h"

#define MOST_CPUS 100000
#define MOST_PORT 65535

/*
 * Takes "@GROUP+GROUP/" off *t, and returns the text before the slash; no data: there
 * is none.
 */
static struct text
take_groups(struct text *t)
{
	struct text groups = { NULL, 0 };
	const char *slash;

	if (t->len == 0 || *t->data != '@')
		return groups;
	slash = memchr(t->data, '/', t->len);
	groups = (struct text){ t->data + 1, t->len - 1 };
	if (slash != NULL)
		groups.len = (size_t)(slash - groups.data);
	t->len -= groups.len + 1;
	t->data += groups.len + 1;
	if (slash != NULL) {
		t->data++;
		t->len--;
	}
	return groups;
}

/*
 * Takes "N/" off the name.  "/" alone may stand before a command; a command of several
 * words that begins with a slash needs none.
 */
static struct text
take_cpus(struct text t, unsigned *cpus)
{
	size_t i = 0;
	unsigned n = 0;

	while (i < t.len && t.data[i] >= '0' && t.data[i] <= '9' &&
	    n <= MOST_CPUS)
		n = n * 10 + (unsigned)(t.data[i++] - '0');
	if (i == t.len || t.data[i] != '/' ||
	    (i == 0 && memchr(t.data, ' ', t.len) != NULL && t.data[1] != '/'))
		return t;
	*cpus = n;
	return (struct text){ t.data + i + 1, t.len - i - 1 };
}

/*
 * Where the port of an IPv6 address begins, in "[::1]:22", "::1p22" or "::1#22"; or
 * NULL.
 */
static char *
find_port(char *host)
{
	char *colon = strchr(host, ':'), *end;

	if (*host == '[') {
		end = strchr(host, ']');
		return end != NULL && end[1] == ':' ? end + 1 : NULL;
	}
	if (colon == NULL || strchr(colon + 1, ':') == NULL)
		return NULL;
	return colon + strcspn(colon, "p#") == colon + strlen(colon) ?
	    NULL :
	    colon + strcspn(colon, "p#");
}

static int
take_port(struct login *login)
{
	char *port = find_port(login->host), *end;
	unsigned long n;

	if (port == NULL)
		return 0;
	n = strtoul(port + 1, &end, 10);
	if (port[1] < '0' || port[1] > '9' || *end != '\0' || n == 0 ||
	    n > MOST_PORT)
		return -EINVAL;
	login->port = (unsigned)n;
	*port = '\0';
	return 0;
}

/* ssh wants an IPv6 address without the brackets. */
static void
drop_brackets(char *host)
{
	size_t len = strlen(host);

	if (*host != '[' || host[len - 1] != ']')
		return;
	memmove(host, host + 1, len - 2);
	host[len - 2] = '\0';
}

/* Splits the name, whose last word is [USER@]HOST. */
static int
split_name(struct login *login, const char *option, bool plain,
    struct message *m)
{
	char *word = strrchr(login->name, ' '), *at, *colon;
	size_t before;

	word = word != NULL ? word + 1 : login->name;
	at = strrchr(word, '@');
	colon = strchr(word, ':');
	if (!plain && at != NULL && colon != NULL && colon < at)
		return message_set(m, -ENOTSUP,
		    "%s %.*s:...%s: passwords are not taken, which everybody on the machine could read: let ssh use a key (see ssh-copy-id(1))",
		    option, (int)(colon - word), word, at);
	before = (size_t)((at != NULL ? at + 1 : word) - login->name);
	login->host = strdup(login->name + before);
	if (login->host == NULL)
		return message_errno(m, -ENOMEM, "%s", option);
	if (!plain && !login->here && take_port(login) != 0)
		return message_set(m, -EINVAL, "%s: '%s' has no valid port",
		    option, login->name);
	if (!plain)
		drop_brackets(login->host);
	if (asprintf(&login->target, "%.*s%s", (int)before, login->name,
		login->host) == -1) {
		login->target = NULL;
		return message_errno(m, -ENOMEM, "%s", option);
	}
	return 0;
}

/* A tab would end the host's column in a job log. */
static bool
has_control_bytes(struct text name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (iscntrl((unsigned char)name.data[i]))
			return true;
	}
	return false;
}

int
login_parse(struct login *login, const char *option, struct text text,
    bool plain, struct message *m)
{
	struct text name = text_trim_left(text_trim_right(text));
	struct text groups = take_groups(&name);
	int error;

	*login = (struct login){ 0 };
	name = take_cpus(name, &login->cpus);
	if (name.len == 0 || login->cpus > MOST_CPUS || *name.data == '-' ||
	    has_control_bytes(name))
		return message_set(m, -EINVAL, "%s: '%.*s' names no host",
		    option, (int)text.len, text.data);
	login->here = text_equals(name, ":");
	login->name = strndup(name.data, name.len);
	if (login->name == NULL ||
	    asprintf(&login->groups, "%.*s%s%s", (int)groups.len,
		groups.len > 0 ? groups.data : "", groups.len > 0 ? "+" : "",
		login->name) == -1) {
		login->groups = NULL;
		error = message_errno(m, -ENOMEM, "%s", option);
	} else {
		error = split_name(login, option, plain, m);
	}
	if (error != 0)
		login_fini(login);
	return error;
}

void
login_fini(struct login *login)
{
	free(login->name);
	free(login->host);
	free(login->target);
	free(login->groups);
	*login = (struct login){ 0 };
}

struct text
login_wanted(struct text text)
{
	struct text name = text_trim_left(text_trim_right(text));

	if (name.len < 2 || *name.data != '@' ||
	    memchr(name.data, '/', name.len) != NULL)
		return (struct text){ NULL, 0 };
	return (struct text){ name.data + 1, name.len - 1 };
}

/* Takes the first group off the list and returns it. */
static struct text
next_group(struct text *list)
{
	const char *plus = list->len > 0 ? memchr(list->data, '+', list->len) :
					   NULL;
	struct text group = { list->data,
		plus != NULL ? (size_t)(plus - list->data) : list->len };
	const size_t taken = group.len + (plus != NULL);

	list->data += taken;
	list->len -= taken;
	return group;
}

bool
login_groups_meet(struct text some, struct text others)
{
	while (some.len > 0) {
		struct text one = next_group(&some), rest = others;

		while (one.len > 0 && rest.len > 0) {
			struct text other = next_group(&rest);

			if (one.len == other.len &&
			    memcmp(one.data, other.data, one.len) == 0)
				return true;
		}
	}
	return false;
}

bool
login_next(const char **list, struct bytes *word, int *error)
{
	const char *p = *list;

	*error = 0;
	word->len = 0;
	while (*p == ',' || *p == '\n')
		p++;
	if (*p == '\0')
		return false;
	for (; *p != '\0' && *p != '\n' && *error == 0; p++) {
		if ((*p == '\\' || *p == ',') && p[1] == ',')
			p++;
		else if (*p == ',')
			break;
		*error = bytes_add_char(word, *p);
	}
	*list = p;
	return *error == 0;
}
