/* SPDX-License-Identifier: ISC */

/*
 * The little of Perl that prun understands: s/// and tr///, several of them
 * separated by ; or ||, and uq().  It becomes steps of a rewrite.
 */
#ifndef TEMPLATE_PERL_EXPRESSION_H
#define TEMPLATE_PERL_EXPRESSION_H

#include <stddef.h>

#include "template/rewrite.h"
#include "text/text.h"

/*
 * Append the steps of code to r.  parameters take the places of $$1, $$2, ...
 * in it.  name ("--rpl", "{= =}") is for messages, and outlives r.  -ENOTSUP:
 * Perl that prun does not understand.
 */
int perl_expression_compile(struct rewrite *r, const char *name,
    struct text code, const struct text *parameters, size_t nparameters,
    struct message *m);

#endif
