/* SPDX-License-Identifier: ISC */

/*
 * A rewrite is what a placeholder makes of a value: a few steps, such as removing the folder
 * or s/a/b/, which are compiled once.  A rewrite knows one value and the numbers of the job,
 * but no template and no quoting.
 */
#ifndef TEMPLATE_REWRITE_H
#define TEMPLATE_REWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "template/perl_evaluator.h"
#include "text/text.h"

/* These functions return a part of a path, which is a slice of it and no copy. */

struct text path_basename(struct text t); /* what is behind the last slash */
struct text path_dirname(struct text t); /* as dirname(1) prints it */
struct text path_directory(struct text t); /* what is before it, or empty */

/* The path without its last n extensions, each of which may be empty; t if it has fewer. */
struct text path_drop_extensions(struct text t, size_t n);

/* The last n extensions of the path without their first dot; empty if it has fewer. */
struct text path_take_extensions(struct text t, size_t n);

struct pattern;
struct transliteration;
struct substitution;

/* What replaces the placeholder: the value, or a number or text of the job. */
enum rewrite_origin {
	REWRITE_VALUE = 0,
	REWRITE_SEQUENCE, /* {#} */
	REWRITE_SLOT, /* {%} */
	REWRITE_TOTAL, /* {##} */
	REWRITE_PADDED_SEQUENCE, /* {0#} */
	REWRITE_PADDED_SLOT, /* {0%} */
	REWRITE_THREADS, /* {threads} */
	/* a text that is never quoted: {slot} is ${PARALLEL_JOBSLOT} */
	REWRITE_FIXED,
};

/* Which jobs the placeholder leaves out. */
enum rewrite_filter {
	REWRITE_ALL = 0, /* none: all jobs run */
	REWRITE_UNIQUE, /* {uniq}: jobs with equal values */
	REWRITE_CHOOSE, /* {choose_k}: jobs whose values do not ascend */
};

enum rewrite_kind {
	STEP_BASENAME,
	STEP_DIRNAME,
	STEP_DIRECTORY, /* {+/}: like dirname, empty when there is none */
	STEP_DROP_EXTENSIONS, /* drops the last `count` extensions */
	STEP_TAKE_EXTENSIONS, /* {+.}: the last `count` extensions */
	STEP_DEFAULT, /* {:-text} */
	STEP_SLICE, /* {:from:count} */
	STEP_CASE, /* {^^x}: changes what matches to upper or lower case */
	STEP_GROUP, /* --match: the group with number `count` of the match */
	STEP_SUBSTITUTE, /* s/// */
	STEP_TRANSLITERATE, /* tr/// */
};

struct rewrite_step {
	enum rewrite_kind kind;
	/* behind "||": applied only if the step before changed nothing */
	bool unless;
	size_t from, count;
	bool upper, all;
	struct bytes text;
	struct pattern *pattern;
	struct substitution *substitution;
	struct transliteration *transliteration;
};

/* All zero: the value is put in as it is. */
struct rewrite {
	enum rewrite_origin origin;
	enum rewrite_filter filter;
	bool unquoted; /* uq() was called, or perl may call it: no quotes */
	bool total; /* it needs the number of all jobs */
	/* the number, from 1, of code that perl evaluates; 0: none */
	size_t perl;
	struct rewrite_step *steps;
	size_t nsteps;
	const char *fixed; /* the text of REWRITE_FIXED; static, never freed */
	struct bytes scratch[2];
};

void rewrite_fini(struct rewrite *r);

/* Append a step that is all zero except for its kind.  0 or -ENOMEM. */
int rewrite_add(struct rewrite *r, enum rewrite_kind kind,
    struct rewrite_step **step);

/*
 * Apply all steps to value.  *result points into value or into memory of r, and is valid
 * until the next call.  0; 1 if a --match does not match; -errno and a message.
 */
int rewrite_apply(struct rewrite *r, struct text value, struct text *result,
    struct message *m);

/* Must the job with these n values be left out because of r->filter? */
bool rewrite_leaves_out(const struct rewrite *r, const struct text *values,
    size_t n);

/*
 * Compiles the small part of Perl that prun understands itself into steps of a rewrite:
 * s/// and tr///, several of them separated by ; or ||, and uq().  The evaluator evaluates
 * all other Perl.
 *
 * Appends the steps of code to r, which is all zero.  If prun does not understand the code,
 * or finds an error in a step, the code is left to perl.  If perl is NULL, the function
 * returns -errno with a message; -ENOTSUP: prun does not understand the code.
 */
int perl_expression_compile(struct rewrite *r, const struct perl_code *code,
    const struct perl_evaluator *perl, struct message *m);

#endif
