/* SPDX-License-Identifier: ISC */

/* Owns the setters of options about other hosts. */
#include <errno.h>

#include "hosts/slurm.h"
#include "options/set.h"

static int
add_login(struct options *o, const char *name, struct text text,
    struct message *m)
{
	struct options_store *s = o->store;
	struct login login;
	struct login *logins;
	int error = login_parse(&login, name, text, m);

	if (error != 0)
		return error;
	logins = store_grow(s->logins, s->nlogins, sizeof(*logins));
	if (logins == NULL) {
		login_fini(&login);
		return message_errno(m, -ENOMEM, "%s", name);
	}
	s->logins = logins;
	s->logins[s->nlogins++] = login;
	return 0;
}

SETTER(set_sshlogin)
{
	struct bytes word = { 0 };
	int error;

	UNUSED(row);
	while (login_next(&value, &word, &error)) {
		error = add_login(o, name, bytes_text(&word), m);
		if (error != 0)
			break;
	}
	if (error == -ENOMEM && *m->text == '\0')
		(void)message_errno(m, error, "%s", name);
	bytes_fini(&word);
	return error;
}

/* A slurm_node_fn. */
static int
add_node(void *arg, struct text node, unsigned slots, struct message *m)
{
	struct options *o = arg;
	int error = add_login(o, "--slurm", node, m);

	if (error == 0) {
		o->store->logins[o->store->nlogins - 1].cpus = slots;
		o->store->logins[o->store->nlogins - 1].via = SLURM_VIA;
	}
	return error;
}

/* It asks for nothing that is missed where jobs run on this machine only. */
SETTER(set_only_hosts)
{
	UNUSED(name), UNUSED(value), UNUSED(m);
	o->store->only_hosts = row->name;
	return 0;
}

/* What is about this machine alone, or not there yet for others. */
static const char *
local_option(const struct options *o)
{
	const struct {
		const char *name;
		bool given;
	} list[] = {
		{ "semaphore", o->semaphore.enabled },
		{ "tty", o->store->tty },
		{ "open-tty", o->policy.open_tty },
		{ "workdir", o->policy.workdir != NULL },
		{ "template", o->policy.ntemplates > 0 },
		{ "nonall", o->store->nonall },
		{ "jobserver-serve", o->run.jobserver_serve != 0 },
		{ "pty", o->output.pty },
		{ "cleanup", o->policy.cleanup },
		{ "env", o->env.names != NULL || o->env.unlisted },
		{ o->ignored, o->ignored != NULL },
		{ o->store->only_hosts, o->store->only_hosts != NULL },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (list[i].given)
			return list[i].name;
	}
	return NULL;
}

int
hosts_finish(struct options *o, struct message *m)
{
	const struct options_store *s = o->store;
	const char *local;
	bool others = false;
	int error = o->hosts.slurm && o->action == ACTION_RUN ?
	    slurm_each_node(add_node, o, m) :
	    0;

	if (error != 0)
		return error;
	for (size_t i = 0; i < s->nlogins; i++)
		others |= !s->logins[i].here;
	/* This machine alone needs no connection. */
	if (!others && s->nlogins > 0 && s->logins[s->nlogins - 1].cpus > 0)
		o->run.cpus = s->logins[s->nlogins - 1].cpus;
	o->hosts.logins = s->logins;
	if (!others)
		return 0;
	o->hosts.n = s->nlogins;
	local = local_option(o);
	return local == NULL ?
	    0 :
	    message_set(m, -ENOTSUP, "--%s is not supported with other hosts",
		local);
}
