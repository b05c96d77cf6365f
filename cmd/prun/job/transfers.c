/* SPDX-License-Identifier: ISC */

/*
 * Owns what the paths in options mean: where a file is on this machine, and where it is on
 * a host.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/transfers.h"
#include "options/options.h"

static void
list_clear(struct transfer_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free((void *)(uintptr_t)list->list[i].here);
	list->n = 0;
}

void
transfer_list_fini(struct transfer_list *list)
{
	list_clear(list);
	free(list->list);
	*list = (struct transfer_list){ 0 };
}

/* The part of the path after "/./" is the path on the host. */
static int
list_add(struct transfer_list *list, struct text path)
{
	struct prun_file *files, *file;
	char *copy, *there;

	if (list->n == list->size) {
		files = reallocarray(list->list, list->size + 8,
		    sizeof(*files));
		if (files == NULL)
			return -ENOMEM;
		list->list = files;
		list->size += 8;
	}
	copy = strndup(path.data, path.len);
	if (copy == NULL)
		return -ENOMEM;
	there = strstr(copy, "/./");
	there = there != NULL ? there + strlen("/./") : copy;
	there += there != copy ? strspn(there, "/") : 0;
	file = &list->list[list->n++];
	file->here = copy;
	file->there = *there != '\0' ? there : ".";
	return 0;
}

/* Does the template name single values, such as {2}? */
static bool
has_position(const char *text)
{
	while ((text = strchr(text, '{')) != NULL) {
		text++;
		if ((*text >= '0' && *text <= '9') || *text == '-')
			return true;
	}
	return false;
}

static int
templates_open(struct transfer_templates *t, const char *option,
    const char *const *texts, size_t n, struct command *command,
    struct message *m)
{
	int error = 0;

	t->option = option;
	t->list = calloc(n + 1, sizeof(*t->list));
	t->whole = calloc(n + 1, sizeof(*t->whole));
	if (t->list == NULL || t->whole == NULL)
		return message_errno(m, -ENOMEM, "%s", option);
	for (size_t i = 0; i < n && error == 0; i++) {
		t->whole[i] = has_position(texts[i]);
		error = template_new(command, texts[i], m, &t->list[i]);
		t->n += error == 0;
	}
	return error;
}

static void
templates_close(struct transfer_templates *t)
{
	for (size_t i = 0; i < t->n; i++)
		template_free(t->list[i]);
	free(t->list);
	free(t->whole);
	*t = (struct transfer_templates){ 0 };
}

int
transfers_open(struct transfers *t, const struct options *o,
    struct command *command, struct message *m)
{
	const struct host_options *h = &o->hosts;
	int error;

	if (h->n == 0)
		return 0;
	t->flags = o->policy.cleanup ? PRUN_SPEC_CLEAN_UP : 0;
	error = templates_open(&t->send, "--transferfile", h->send, h->nsend,
	    command, m);
	if (error == 0)
		error = templates_open(&t->fetch, "--return", h->fetch,
		    h->nfetch, command, m);
	return error;
}

bool
transfers_are_any(const struct transfers *t)
{
	return t->send.n + t->fetch.n > 0;
}

void
transfers_close(struct transfers *t)
{
	templates_close(&t->send);
	templates_close(&t->fetch);
	transfer_list_fini(&t->sent);
	transfer_list_fini(&t->fetched);
}

static int
expand_one(const struct transfer_templates *t, size_t i,
    const struct command_job *job, struct transfer_list *list,
    struct message *m)
{
	struct text path;
	int error = template_expand(t->list[i], job, &path, m);

	if (error != 0)
		return error;
	error = list_add(list, path);
	return error != 0 ? message_errno(m, error, "%s", t->option) : 0;
}

/*
 * A job of many values has a file for each value, unless the template names some of them.
 */
static int
expand_each(const struct transfer_templates *t, size_t i,
    const struct command_job *job, struct transfer_list *list,
    struct message *m)
{
	struct command_job one = *job;
	size_t from = 0;
	int error = 0;

	if (t->whole[i] || job->ends == NULL || job->ntuples < 2)
		return expand_one(t, i, job, list, m);
	one.ends = NULL;
	one.ntuples = 1;
	for (size_t k = 0; k < job->ntuples && error == 0; k++) {
		one.values = job->values + from;
		one.nvalues = job->ends[k] - from;
		from = job->ends[k];
		error = expand_one(t, i, &one, list, m);
	}
	return error;
}

static int
fill(const struct transfer_templates *t, const struct command_job *job,
    struct transfer_list *list, struct message *m)
{
	int error = 0;

	list_clear(list);
	for (size_t i = 0; i < t->n && error == 0; i++)
		error = expand_each(t, i, job, list, m);
	return error;
}

/* Adds the files that --template has made for the job. */
static int
add_made(struct transfer_list *list, const struct bytes *made,
    struct message *m)
{
	const char *name = made->data;
	int error = 0;

	while (made->len > 0 && *name != '\0' && error == 0) {
		error = list_add(list, text_of(name));
		name += strlen(name) + 1;
	}
	return error != 0 ? message_errno(m, error, "--template") : 0;
}

int
transfers_apply(struct transfers *t, const struct command_job *job,
    const struct bytes *made, struct prun_spec *spec, struct message *m)
{
	int error = fill(&t->send, job, &t->sent, m);

	if (error == 0)
		error = add_made(&t->sent, made, m);
	if (error == 0)
		error = fill(&t->fetch, job, &t->fetched, m);
	spec->send = t->sent.list;
	spec->nsend = t->sent.n;
	spec->fetch = t->fetched.list;
	spec->nfetch = t->fetched.n;
	if (spec->nsend + spec->nfetch > 0)
		spec->flags |= t->flags;
	return error;
}

int
transfers_base(const struct options *o, struct transfer_list *list,
    struct prun_spec *files, struct message *m)
{
	const struct host_options *h = &o->hosts;
	int error = 0;

	for (size_t i = 0; i < h->nbase && error == 0; i++) {
		if (access(h->base[i], R_OK) == -1)
			error = -errno;
		if (error == 0)
			error = list_add(list, text_of(h->base[i]));
		if (error != 0)
			error = message_errno(m, error, "--basefile %s",
			    h->base[i]);
	}
	*files = (struct prun_spec){ .size = sizeof(*files),
		.send = list->list,
		.nsend = list->n,
		.flags = o->policy.cleanup ? PRUN_SPEC_CLEAN_UP : 0 };
	return error;
}
