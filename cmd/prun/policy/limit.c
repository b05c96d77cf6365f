/* SPDX-License-Identifier: ISC */

/* Owns the list of the limits of a run.  Does not know what a limit looks at. */
#include <errno.h>
#include <stdlib.h>

#include "policy/limit.h"

const struct limit_ops *const limit_table[LIMIT_TABLE_SIZE] = {
#define LIMIT_ROW(name) &(name),
	LIMITS(LIMIT_ROW)
#undef LIMIT_ROW
};

static int
limits_add(struct limits *limits, const struct limit_ops *ops,
    const struct limit_context *context)
{
	struct limit *l = calloc(1, ops->size);

	if (l == NULL)
		return -ENOMEM;
	l->ops = ops;
	l->context = context;
	limits->list[limits->n++] = l;
	return 0;
}

int
limits_open(struct limits *limits, const struct limit_ops *const *table,
    size_t n, const struct limit_context *context)
{
	int error = 0;

	*limits = (struct limits){ 0 };
	for (size_t i = 0; i < n && error == 0; i++) {
		if (table[i]->wanted(context->rules))
			error = limits_add(limits, table[i], context);
	}
	if (error != 0)
		limits_close(limits);
	return error;
}

void
limits_close(struct limits *limits)
{
	struct limit *l;

	for (size_t i = 0; i < limits->n; i++) {
		l = limits->list[i];
		if (l->ops->fini != NULL)
			l->ops->fini(l);
		free(l);
	}
	limits->n = 0;
}

static void
limits_release_first(struct limits *limits, size_t n)
{
	struct limit *l;

	for (size_t i = 0; i < n; i++) {
		l = limits->list[i];
		if (l->ops->release != NULL)
			l->ops->release(l);
	}
}

enum limit_answer
limits_try(struct limits *limits, int64_t now)
{
	enum limit_answer answer = LIMIT_YES;
	size_t i;

	for (i = 0; i < limits->n && answer == LIMIT_YES; i++)
		answer = limits->list[i]->ops->try(limits->list[i], now);
	if (answer != LIMIT_YES)
		limits_release_first(limits, i - 1);
	return answer;
}

enum limit_answer
limits_try_again(struct limits *limits, int64_t now)
{
	enum limit_answer answer = LIMIT_YES;
	size_t i;

	for (i = 0; i < limits->n && answer == LIMIT_YES; i++) {
		struct limit *l = limits->list[i];

		if (l->ops->release != NULL)
			answer = l->ops->try(l, now);
	}
	if (answer != LIMIT_YES)
		limits_release_first(limits, i - 1);
	return answer;
}

void
limits_release(struct limits *limits)
{
	limits_release_first(limits, limits->n);
}

enum limit_relief
limits_relieve(struct limits *limits, size_t i)
{
	struct limit *l = limits->list[i];

	return l->ops->relieve != NULL ? l->ops->relieve(l) : RELIEF_NONE;
}
