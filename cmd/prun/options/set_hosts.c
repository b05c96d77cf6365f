/* SPDX-License-Identifier: ISC */

/* Owns the setters of options about other hosts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hosts/slurm.h"
#include "options/set.h"

#define LIST "--sshlogin"
#define FILE_OPTION "--sshloginfile"

/* Seconds that prun_host_new() takes. */
#define HEARTBEAT_LEAST 0.05
#define HEARTBEAT_MOST 100000.0

static int
add_given(struct options *o, const char *option, const char *value,
    struct message *m)
{
	struct options_store *s = o->store;
	int error = words_add(&s->hosts, option);

	if (error == 0)
		error = words_add(&s->hosts, value);
	return error == 0 ? 0 : message_errno(m, error, "%s", option);
}

SETTER(set_sshlogin)
{
	return add_given(o, LIST, value, m);
}

SETTER(set_remote)
{
	o->hosts.by_shell = strcmp(value, "ssh") == 0;
	return o->hosts.by_shell || strcmp(value, "agent") == 0 ?
	    0 :
	    message_set(m, -EINVAL, "%s: '%s' is none of agent, ssh", name,
		value);
}

/* Refuses an empty command: what stands behind it would be called instead. */
SETTER(set_connector)
{
	if (text_trim_left(text_of(value)).len == 0)
		return message_set(m, -EINVAL, "%s: '%s' is no command", name,
		    value);
	return set_string(o, row, name, value, m);
}

/* The heartbeat cannot be switched off. */
SETTER(set_heartbeat)
{
	if (set_seconds(o, row, name, value, m) != 0)
		return -EINVAL;
	return o->hosts.heartbeat >= HEARTBEAT_LEAST &&
		o->hosts.heartbeat <= HEARTBEAT_MOST ?
	    0 :
	    message_set(m, -EINVAL, "%s %s: between %g and %g seconds", name,
		value, HEARTBEAT_LEAST, HEARTBEAT_MOST);
}

SETTER(set_sshloginfile)
{
	return add_given(o, FILE_OPTION, value, m);
}

/* Adds a source of hosts: the file `value`, or else the list `value` of hosts. */
static int
add_source(struct options_store *s, const char *option, struct text value,
    bool file, struct message *m)
{
	struct login_source *sources = store_grow(s->host_sources,
	    s->nhost_sources, sizeof(*sources));
	int error;

	if (sources == NULL)
		return message_errno(m, -ENOMEM, "%s", option);
	s->host_sources = sources;
	sources += s->nhost_sources;
	error = file ? login_source_file(sources, option, value.data, m) :
		       login_source_list(sources, option, value, m);
	s->nhost_sources += error == 0;
	return error;
}

static int
add_list(struct options_store *s, const char *list, struct message *m)
{
	const char *rest = list;
	struct bytes word = { 0 };
	bool file = false;
	int error;

	while (!file && login_next(&rest, &word, &error))
		file = text_equals(bytes_text(&word), "-") ||
		    text_equals(bytes_text(&word), "..");
	error = 0;
	if (!file)
		error = add_source(s, LIST, text_of(list), false, m);
	while (file && error == 0 && login_next(&list, &word, &error)) {
		if (text_equals(bytes_text(&word), "-"))
			error = add_source(s, LIST, text_of("-"), true, m);
		else if (text_equals(bytes_text(&word), ".."))
			error = add_source(s, LIST, text_of(".."), true, m);
		else
			error = add_source(s, LIST, bytes_text(&word), false,
			    m);
	}
	bytes_fini(&word);
	return error;
}

/* Adds a node of the Slurm allocation to the hosts: a slurm_node_fn. */
static int
add_node(void *arg, struct text node, unsigned slots, struct message *m)
{
	struct options *o = arg;
	struct login login;
	int error = login_parse(&login, "--slurm", node, true, m);

	if (error != 0)
		return error;
	login.cpus = slots;
	login.via = SLURM_VIA;
	error = login_list_add(&o->store->logins, &login);
	return error == 0 ? 0 : message_errno(m, error, "--slurm");
}

/* The option is noted as ignored: it has no effect if all jobs run on this machine. */
static int
add_file(struct options *o, const struct option_row *row,
    struct word_list *list, const char *file, struct message *m)
{
	o->ignored = row->name;
	if (*file == '\0')
		return message_set(m, -EINVAL, "--%s: '' is no file name",
		    row->name);
	return words_add(list, file) != 0 ?
	    message_errno(m, -ENOMEM, "--%s", row->name) :
	    0;
}

SETTER(set_basefile)
{
	return add_file(o, row, &o->store->base, value, m);
}

SETTER(set_transferfile)
{
	return add_file(o, row, &o->store->send, value, m);
}

SETTER(set_transfer)
{
	return add_file(o, row, &o->store->send, "{}", m);
}

SETTER(set_return)
{
	return add_file(o, row, &o->store->fetch, value, m);
}

SETTER(set_trc)
{
	int error = set_transfer(o, row, name, value, m);

	o->policy.cleanup = true;
	return error != 0 ? error : set_return(o, row, name, value, m);
}

/* Reads stdin and the files of hosts after all options, because options are parsed twice. */
static int
read_hosts(struct options *o, struct message *m)
{
	struct options_store *s = o->store;
	int error = 0;

	for (size_t i = 0; i < s->hosts.n && error == 0; i += 2)
		error = strcmp(s->hosts.list[i], LIST) == 0 ?
		    add_list(s, s->hosts.list[i + 1], m) :
		    add_source(s, FILE_OPTION, text_of(s->hosts.list[i + 1]),
			true, m);
	if (error == 0)
		error = login_list_make(&s->logins, s->host_sources,
		    s->nhost_sources, o->hosts.via != NULL, m);
	if (error == 0 && o->hosts.slurm)
		error = slurm_each_node(add_node, o, m);
	o->hosts.sources = s->host_sources;
	o->hosts.nsources = s->nhost_sources;
	return error;
}

/* Refuses options that work only on this machine: -ENOTSUP with a message. */
static int
refuse_local(const struct options *o, struct message *m)
{
	static const char tty[] = "jobs there have no way to this terminal";

	const struct {
		const char *name, *why;
		bool given;
	} list[] = {
		{ "semaphore", "it counts commands of this machine",
		    o->semaphore.enabled },
		{ "tty", tty, o->store->tty },
		{ "open-tty", tty, o->policy.open_tty },
		{ "workdir", "each worker stays in one folder",
		    o->policy.workdir != NULL &&
			o->worker.kind != PRUN_WORKER_NONE &&
			(strchr(o->policy.workdir, '{') != NULL ||
			    strcmp(o->policy.workdir, "...") == 0) },
		{ "jobserver-serve",
		    "make's tokens are in a pipe of this machine",
		    o->run.jobserver_serve != 0 },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (list[i].given)
			return message_set(m, -ENOTSUP,
			    "--%s cannot be used with other hosts: %s",
			    list[i].name, list[i].why);
	}
	return 0;
}

/*
 * Refuses options that a plain shell on the host cannot obey: -ENOTSUP with a
 * message.
 */
static int
refuse_without_agent(const struct options *o, struct message *m)
{
	const struct options_store *s = o->store;
	const struct limit_rules *l = &o->policy.limits;

	const struct {
		const char *name;
		bool given;
	} list[] = {
		{ "load", o->policy.load != NULL },
		{ "memfree", l->free > 0 },
		{ "memsuspend", l->suspend > 0 },
		{ "noswap", l->noswap },
		{ "limit io", l->disk > 0 },
		{ "use-cores-instead-of-threads", o->cpu_unit == CPU_CORES },
		{ "use-sockets-instead-of-threads",
		    o->cpu_unit == CPU_SOCKETS },
		{ "via", o->hosts.via != NULL },
		{ "slurm", o->hosts.slurm },
		{ "worker", o->worker.kind != PRUN_WORKER_NONE },
		{ "sudo", o->sudo.enabled },
		{ "rlimit", o->policy.rlimits.n > 0 },
		{ "transferfile", s->send.n > 0 },
		{ "return", s->fetch.n > 0 },
		{ "basefile", s->base.n > 0 },
		{ "template", o->policy.ntemplates > 0 },
		{ "workdir", o->policy.workdir != NULL },
		{ "cat", o->pipe.cat },
		{ "fifo", o->pipe.fifo },
		{ "pty", o->output.pty },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (list[i].given)
			return message_set(m, -ENOTSUP,
			    "--%s cannot be used with --remote ssh",
			    list[i].name);
	}
	return 0;
}

/* --onall and --nonall with other hosts: each host runs every job. */
static int
each_finish(struct options *o, struct message *m)
{
	const char *option = o->store->onall ? "--onall" : "--nonall";
	const char *results = o->report.results;

	if (!o->store->onall && !o->store->nonall)
		return 0;
	if (o->pipe.enabled || o->pipe.part || o->run.control != NULL)
		return message_set(m, -EINVAL,
		    "%s with other hosts cannot be combined with --pipe, --pipe-part, --control",
		    option);
	if (report_results(&o->report) == RESULTS_FILES &&
	    strchr(results, '{') != NULL && strstr(results, "{host}") == NULL &&
	    strstr(results, "{sshlogin}") == NULL)
		return message_set(m, -EINVAL,
		    "--results %s: with %s the name needs --plus and {host}, which tells the files of two hosts apart",
		    results, option);
	o->batch.spread = false;
	o->hosts.each = o->report.each_host = true;
	return 0;
}

/* --onall and --nonall if this machine is the only host. */
static void
each_here(struct options *o)
{
	if (!o->store->onall && !o->store->nonall)
		return;
	if (o->output.tagstring == NULL)
		o->output.tagstring = ":";
	o->run.jobs = "1";
}

int
hosts_finish(struct options *o, struct message *m)
{
	const struct login_list *list = &o->store->logins;
	bool others = false;
	int error = o->action == ACTION_RUN ? read_hosts(o, m) : 0;

	if (error != 0)
		return error;
	for (size_t i = 0; i < list->n; i++)
		others |= !list->logins[i].here;
	/* If only this machine is named, its jobs run without a connection. */
	if (!others && list->n > 0 && list->logins[0].cpus > 0)
		o->run.cpus = list->logins[0].cpus;
	o->hosts.logins = list->logins;
	if (!others && !o->hosts.groups) {
		each_here(o);
		return 0;
	}
	o->hosts.n = list->n;
	o->hosts.send = o->store->send.list;
	o->hosts.nsend = o->store->send.n;
	o->hosts.fetch = o->store->fetch.list;
	o->hosts.nfetch = o->store->fetch.n;
	o->hosts.base = o->store->base.list;
	o->hosts.nbase = o->store->base.n;
	if (others)
		o->ignored = NULL;
	error = each_finish(o, m);
	if (error != 0)
		return error;
	if (others)
		error = refuse_local(o, m);
	return error == 0 && o->hosts.by_shell ? refuse_without_agent(o, m) :
						 error;
}
