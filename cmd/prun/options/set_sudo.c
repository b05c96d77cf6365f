/* SPDX-License-Identifier: ISC */

/* Owns the setters of --sudo and of where its password comes from. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "options/set.h"

int
set_sudo(struct options *o, const struct option_row *row, const char *name,
    const char *value, struct message *m)
{
	(void)row;
	/* To sudo it would be an option, or nobody. */
	if (value != NULL && (*value == '\0' || *value == '-'))
		return message_set(m, -EINVAL, "%s: '%s' is no user", name,
		    value);
	o->sudo.enabled = true;
	o->sudo.user = value;
	return 0;
}

int
set_sudo_password_file(struct options *o, const struct option_row *row,
    const char *name, const char *value, struct message *m)
{
	(void)row, (void)name, (void)m;
	o->sudo.file = value;
	o->sudo.has_fd = false;
	return 0;
}

int
set_sudo_password_fd(struct options *o, const struct option_row *row,
    const char *name, const char *value, struct message *m)
{
	const char *problem;

	(void)row;
	o->sudo.fd = (int)strtonum(value, 0, INT_MAX, &problem);
	if (problem != NULL)
		return message_set(m, -EINVAL, "%s: '%s' is %s", name, value,
		    problem);
	o->sudo.has_fd = true;
	o->sudo.file = NULL;
	return 0;
}

/* --env NAME: what sudo is asked to keep. */
int
sudo_preserve(struct options *o, const char *name, struct message *m)
{
	struct options_store *s = o->store;
	const char **names = store_grow(s->preserve, s->npreserve,
	    sizeof *names);

	if (names == NULL)
		return message_errno(m, -ENOMEM, "--env");
	s->preserve = names;
	s->preserve[s->npreserve++] = name;
	return 0;
}

int
sudo_finish(struct options *o, struct message *m)
{
	struct options_store *s = o->store;

	if (!o->sudo.enabled && (o->sudo.file != NULL || o->sudo.has_fd))
		return message_set(m, -EINVAL, "%s needs --sudo",
		    o->sudo.file != NULL ? "--sudo-password-file" :
					   "--sudo-password-fd");
	if (!o->sudo.enabled || s->npreserve == 0)
		return 0;
	for (size_t i = 0; i < s->npreserve; i++) {
		if (strpbrk(s->preserve[i], ",") != NULL ||
		    strcmp(s->preserve[i], "_") == 0)
			return message_set(m, -EINVAL,
			    "--env %s does not go with --sudo", s->preserve[i]);
	}
	if (sudo_preserve(o, NULL, m) != 0)
		return -ENOMEM;
	o->sudo.preserve = s->preserve;
	return 0;
}
