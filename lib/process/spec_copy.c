/* SPDX-License-Identifier: ISC */

/*
 * Owns how specs come into the library and results out of it, and the packing of a
 * spec.  A spec is packed twice: the first time nothing is written, to find out how
 * much room it takes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/sized.h"
#include "process/spec_copy.h"

struct pack {
	char *block; /* NULL: only count the bytes */
	size_t used;
};

/*
 * Reserve len bytes and copy data to them, unless data is NULL.  Returns where they
 * are, or NULL while bytes are only counted.
 */
static void *
pack_bytes(struct pack *p, const void *data, size_t len, size_t align)
{
	size_t at = (p->used + align - 1) / align * align;

	p->used = at + len;
	if (p->block != NULL && data != NULL && len > 0)
		memcpy(p->block + at, data, len);
	return p->block != NULL ? p->block + at : NULL;
}

static const char *
pack_string(struct pack *p, const char *s)
{
	return s != NULL ? pack_bytes(p, s, strlen(s) + 1, 1) : NULL;
}

static const char *const *
pack_vector(struct pack *p, const char *const *vector)
{
	const char **copy;
	const char *string;
	const size_t n = list_length(vector);

	if (vector == NULL)
		return NULL;
	copy = pack_bytes(p, NULL, (n + 1) * sizeof(*copy), sizeof(*copy));
	for (size_t i = 0; i <= n; i++) {
		string = pack_string(p, vector[i]);
		if (copy != NULL)
			copy[i] = string;
	}
	return copy;
}

static const sigset_t *
pack_signals(struct pack *p, const sigset_t *set)
{
	return set != NULL ?
	    pack_bytes(p, set, sizeof(*set), _Alignof(sigset_t)) :
	    NULL;
}

static const struct prun_sudo *
pack_sudo(struct pack *p, const struct prun_sudo *sudo)
{
	struct prun_sudo *copy;
	const char *user;
	const char *const *preserve;

	if (sudo == NULL)
		return NULL;
	copy = pack_bytes(p, sudo, sizeof(*sudo), _Alignof(struct prun_sudo));
	user = pack_string(p, sudo->user);
	preserve = pack_vector(p, sudo->preserve);
	if (copy != NULL) {
		copy->user = user;
		copy->preserve = preserve;
	}
	return copy;
}

/* How many bytes of the spec there are up to the last one that is not zero. */
static size_t
spec_used(const struct prun_spec *spec)
{
	const char *bytes = (const char *)spec;
	size_t n = sizeof(*spec);

	while (n > sizeof(spec->size) && bytes[n - 1] == 0)
		n--;
	return n;
}

static struct prun_spec *
pack_spec(struct pack *p, const struct prun_spec *spec)
{
	const size_t used = spec_used(spec);
	struct prun_spec s = *spec;
	struct prun_spec *copy = pack_bytes(p, NULL, used,
	    _Alignof(struct prun_spec));

	s.argv = pack_vector(p, spec->argv);
	s.env = pack_vector(p, spec->env);
	s.setenv = pack_vector(p, spec->setenv);
	s.sigmask = pack_signals(p, spec->sigmask);
	s.sigdefault = pack_signals(p, spec->sigdefault);
	s.sudo = pack_sudo(p, spec->sudo);
	if (spec->rlimit != NULL)
		s.rlimit = pack_bytes(p, spec->rlimit,
		    spec->nrlimit * sizeof(*spec->rlimit),
		    _Alignof(struct prun_rlimit));
	if (spec->npass > 0)
		s.pass = pack_bytes(p, spec->pass,
		    spec->npass * sizeof(*spec->pass), _Alignof(int));
	s.command = pack_string(p, spec->command);
	s.shell = pack_string(p, spec->shell);
	s.file = pack_string(p, spec->file);
	s.cwd = pack_string(p, spec->cwd);
	s.input_path = pack_string(p, spec->input_path);
	s.tag = pack_string(p, spec->tag);
	s.tag_end = pack_string(p, spec->tag_end);
	s.failed_tag = pack_string(p, spec->failed_tag);
	s.failed_tag_end = pack_string(p, spec->failed_tag_end);
	if (spec->heading != NULL && spec->heading_len == 0)
		s.heading = pack_string(p, spec->heading);
	else if (spec->heading != NULL)
		s.heading = pack_bytes(p, spec->heading, spec->heading_len, 1);
	if (spec->task != NULL)
		s.task = pack_bytes(p, spec->task, spec->task_len, 1);
	if (spec->input.len > 0 && !(spec->flags & PRUN_SPEC_INPUT_LENT))
		s.input.data = pack_bytes(p, spec->input.data, spec->input.len,
		    1);
	s.size = used;
	if (copy != NULL)
		memcpy(copy, &s, used);
	return copy;
}

void
spec_whole(struct prun_spec *whole, const struct prun_spec *copy)
{
	(void)sized_in(whole, sizeof(*whole), copy, copy->size,
	    sizeof(copy->size));
}

void *
spec_copy(const struct prun_spec *spec, size_t before, struct prun_spec **copy)
{
	struct pack pack = { .used = before };

	(void)pack_spec(&pack, spec);
	pack.block = malloc(pack.used);
	if (pack.block == NULL)
		return NULL;
	memset(pack.block, 0, before);
	pack.used = before;
	*copy = pack_spec(&pack, spec);
	return pack.block;
}

int
spec_in(struct spec_in *own, const struct prun_spec *from, size_t size)
{
	const struct prun_sudo *sudo;
	int error = sized_in(&own->spec, sizeof(own->spec), from, size,
	    SPEC_FIRST);

	if (error != 0 || own->spec.sudo == NULL)
		return error;
	sudo = own->spec.sudo;
	own->spec.sudo = &own->sudo;
	return sized_in(&own->sudo, sizeof(own->sudo), sudo, sudo->size,
	    SUDO_FIRST);
}

int
result_check(const struct prun_result *to)
{
	return to != NULL ? sized_check(to->size, RESULT_FIRST) : 0;
}

void
result_out(struct prun_result *to, const struct prun_result *own)
{
	if (to != NULL)
		sized_out(to, to->size, own, sizeof(*own));
}
