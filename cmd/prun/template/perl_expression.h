/* SPDX-License-Identifier: ISC */

/*
 * The little of Perl that prun understands itself: s/// and tr///, several of
 * them separated by ; or ||, and uq().  It becomes steps of a rewrite.  Other Perl
 * is the evaluator's.
 */
#ifndef TEMPLATE_PERL_EXPRESSION_H
#define TEMPLATE_PERL_EXPRESSION_H

#include <stddef.h>

#include "template/perl_evaluator.h"
#include "template/rewrite.h"
#include "text/text.h"

/*
 * Append the steps of code to r, which is all zero.  -ENOTSUP: Perl that prun does
 * not understand.  Then, or when a step has an error, the code goes to perl, unless
 * perl is NULL.
 */
int perl_expression_compile(struct rewrite *r, const struct perl_code *code,
    const struct perl_evaluator *perl, struct message *m);

#endif
