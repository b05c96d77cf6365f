/* SPDX-License-Identifier: ISC */

/*
 * What a placeholder makes of a value: a few steps such as "without its
 * directory" or s/a/b/, compiled once.  A rewrite knows one value and the numbers
 * of the job, but no template and no quoting.
 */
#ifndef TEMPLATE_REWRITE_H
#define TEMPLATE_REWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

/* Parts of a path: slices of it, never copies. */

struct text path_basename(struct text t); /* behind the last slash */
struct text path_dirname(struct text t); /* as dirname(1) prints it */
struct text path_directory(struct text t); /* before the last slash, or empty */

/* Without its last n extensions, each of which may be empty; t if it has fewer. */
struct text path_drop_extensions(struct text t, size_t n);

/* The last n extensions without the first dot; empty when it has fewer. */
struct text path_take_extensions(struct text t, size_t n);

struct pattern;
struct transliteration;
struct substitution;

/* What is put in place of the placeholder: the value, or something of the job. */
enum rewrite_origin {
	REWRITE_VALUE = 0,
	REWRITE_SEQUENCE, /* {#} */
	REWRITE_SLOT, /* {%} */
	REWRITE_TOTAL, /* {##} */
	REWRITE_PADDED_SEQUENCE, /* {0#} */
	REWRITE_PADDED_SLOT, /* {0%} */
	REWRITE_THREADS, /* {threads} */
	REWRITE_FIXED, /* a text that is never quoted: {slot} is ${PARALLEL_JOBSLOT} */
};

/* Which jobs are left out. */
enum rewrite_filter {
	REWRITE_ALL = 0,
	REWRITE_UNIQUE, /* {uniq}: jobs with equal values */
	REWRITE_CHOOSE, /* {choose_k}: jobs whose values do not ascend */
};

enum rewrite_kind {
	STEP_BASENAME,
	STEP_DIRNAME,
	STEP_DIRECTORY, /* {+/}: like dirname, empty when there is none */
	STEP_DROP_EXTENSIONS, /* count of them */
	STEP_TAKE_EXTENSIONS, /* {+.}: count of them */
	STEP_DEFAULT, /* {:-text} */
	STEP_SLICE, /* {:from:count} */
	STEP_CASE, /* {^^x}: upper or lower case of what matches */
	STEP_GROUP, /* --match: group count of the match */
	STEP_SUBSTITUTE, /* s/// */
	STEP_TRANSLITERATE, /* tr/// */
};

struct rewrite_step {
	enum rewrite_kind kind;
	bool unless; /* ||: done only if the step before changed nothing */
	size_t from, count;
	bool upper, all;
	struct bytes text;
	struct pattern *pattern;
	struct substitution *substitution;
	struct transliteration *transliteration;
};

/* All zero: the value as it is. */
struct rewrite {
	enum rewrite_origin origin;
	enum rewrite_filter filter;
	bool unquoted; /* uq(); of code that perl evaluates: maybe */
	bool total; /* the number of all jobs must be known */
	size_t perl; /* from 1: the code that perl evaluates; 0: steps do it */
	struct rewrite_step *steps;
	size_t nsteps;
	const char *fixed; /* REWRITE_FIXED: of static storage */
	struct bytes scratch[2];
};

void rewrite_fini(struct rewrite *r);

/* Append a step, all zero but kind; -ENOMEM. */
int rewrite_add(struct rewrite *r, enum rewrite_kind kind,
    struct rewrite_step **step);

/*
 * Apply all steps to value.  *result is a part of value or of r's memory, good
 * until the next call.  0; 1 when --match does not match; -errno and a message.
 */
int rewrite_apply(struct rewrite *r, struct text value, struct text *result,
    struct message *m);

/* Does r->filter leave out the job that has these n values? */
bool rewrite_leaves_out(const struct rewrite *r, const struct text *values,
    size_t n);

#endif
