/* SPDX-License-Identifier: ISC */

/* Owns the setters of --sudo and of the options that say where its password is. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "options/set.h"

SETTER(set_sudo)
{
	UNUSED(row);
	/* sudo would take "-x" as an option, and knows no user without a name. */
	if (value != NULL && (*value == '\0' || *value == '-'))
		return message_set(m, -EINVAL, "%s: '%s' is no user", name,
		    value);
	o->sudo.enabled = true;
	o->sudo.user = value;
	return 0;
}

/* Of --sudo-password-file and --sudo-password-fd the last one counts. */
SETTER(set_sudo_password_file)
{
	UNUSED(row);
	if (path_check(name, value, m) != 0)
		return -EINVAL;
	o->sudo.file = value;
	o->sudo.has_fd = false;
	return 0;
}

SETTER(set_sudo_password_fd)
{
	long long fd;
	int error = number_parse(name, value, 0, INT_MAX, &fd, m);

	UNUSED(row);
	if (error != 0)
		return error;
	o->sudo.fd = (int)fd;
	o->sudo.has_fd = true;
	o->sudo.file = NULL;
	return 0;
}

int
sudo_finish(struct options *o, struct message *m)
{
	if (!o->sudo.enabled && (o->sudo.file != NULL || o->sudo.has_fd))
		return message_set(m, -EINVAL, "%s needs --sudo",
		    o->sudo.file != NULL ? "--sudo-password-file" :
					   "--sudo-password-fd");
	o->sudo.preserve = o->env.names;
	return 0;
}
