/* SPDX-License-Identifier: ISC */

/* Owns the form in which hosts are named.  Knows no connection. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hosts/login.h"

#define MOST_CPUS 100000

/* "N/" before the name; "/" alone is for a command that begins with a slash. */
static struct text
take_cpus(struct text t, unsigned *cpus)
{
	size_t i = 0;
	unsigned n = 0;

	while (i < t.len && t.data[i] >= '0' && t.data[i] <= '9' &&
	    n <= MOST_CPUS)
		n = n * 10 + (unsigned)(t.data[i++] - '0');
	if (i == t.len || t.data[i] != '/')
		return t;
	*cpus = n;
	return (struct text){ t.data + i + 1, t.len - i - 1 };
}

int
login_parse(struct login *login, const char *option, struct text text,
    struct message *m)
{
	struct text name = text_trim_left(text_trim_right(text));
	const char *at;

	*login = (struct login){ 0 };
	if (name.len > 0 && *name.data == '@')
		return message_set(m, -ENOTSUP,
		    "%s %.*s: groups of hosts are not supported", option,
		    (int)name.len, name.data);
	name = take_cpus(name, &login->cpus);
	if (name.len == 0 || login->cpus > MOST_CPUS || *name.data == '-')
		return message_set(m, -EINVAL, "%s: '%.*s' names no host",
		    option, (int)text.len, text.data);
	login->here = text_equals(name, ":");
	login->name = strndup(name.data, name.len);
	if (login->name == NULL)
		return message_errno(m, -ENOMEM, "%s", option);
	login->host = strrchr(login->name, ' ');
	login->host = login->host != NULL ? login->host + 1 : login->name;
	at = strrchr(login->host, '@');
	if (at != NULL)
		login->host = at + 1;
	return 0;
}

void
login_fini(struct login *login)
{
	free(login->name);
	*login = (struct login){ 0 };
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
