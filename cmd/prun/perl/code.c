/* SPDX-License-Identifier: ISC */

/* Owns the copies of expressions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "perl/code.h"

static bool
is_same(const struct code *code, const struct perl_code *other)
{
	size_t i;

	if (code->nparameters != other->nparameters ||
	    strcmp(code->name, other->name) != 0 ||
	    code->text.len != other->text.len ||
	    memcmp(code->text.data, other->text.data, other->text.len) != 0)
		return false;
	for (i = 0; i < other->nparameters; i++)
		if (code->parameters[i].len != other->parameters[i].len ||
		    memcmp(code->parameters[i].data, other->parameters[i].data,
			other->parameters[i].len) != 0)
			return false;
	return true;
}

static int
copy_code(struct code *code, const struct perl_code *from)
{
	size_t i;
	int r;

	code->name = from->name;
	code->parameters = calloc(from->nparameters + 1,
	    sizeof *code->parameters);
	if (code->parameters == NULL)
		return -ENOMEM;
	code->nparameters = from->nparameters;
	/* bytes_terminate() sees to it that an empty text has memory, too. */
	if ((r = bytes_add_text(&code->text, from->text)) == 0)
		r = bytes_terminate(&code->text);
	for (i = 0; i < from->nparameters && r == 0; i++)
		if ((r = bytes_add_text(&code->parameters[i],
			 from->parameters[i])) == 0)
			r = bytes_terminate(&code->parameters[i]);
	return r;
}

int
codes_add(struct codes *codes, const struct perl_code *code, size_t *id)
{
	struct code *list;
	int r;

	for (*id = 0; *id < codes->n; ++*id)
		if (is_same(&codes->list[*id], code))
			return 0;
	list = reallocarray(codes->list, codes->n + 1, sizeof *list);
	if (list == NULL)
		return -ENOMEM;
	codes->list = list;
	list[codes->n] = (struct code){ 0 };
	r = copy_code(&list[codes->n++], code);
	return r < 0 ? r : 1;
}

void
codes_fini(struct codes *codes)
{
	size_t i, k;

	for (i = 0; i < codes->n; i++) {
		bytes_fini(&codes->list[i].text);
		for (k = 0; k < codes->list[i].nparameters; k++)
			bytes_fini(&codes->list[i].parameters[k]);
		free(codes->list[i].parameters);
	}
	free(codes->list);
}
