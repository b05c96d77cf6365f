/* SPDX-License-Identifier: ISC */

/*
 * Compiles the small part of Perl that prun understands itself into steps of a rewrite:
 * s/// and tr///, several of them separated by ; or ||, and uq().  The evaluator evaluates
 * all other Perl.
 */
#ifndef TEMPLATE_PERL_EXPRESSION_H
#define TEMPLATE_PERL_EXPRESSION_H

#include <stddef.h>

#include "template/perl_evaluator.h"
#include "template/rewrite.h"
#include "text/text.h"

/*
 * Appends the steps of code to r, which is all zero.  If prun does not understand the code,
 * or finds an error in a step, the code is left to perl.  If perl is NULL, the function
 * returns -errno with a message; -ENOTSUP: prun does not understand the code.
 */
int perl_expression_compile(struct rewrite *r, const struct perl_code *code,
    const struct perl_evaluator *perl, struct message *m);

#endif
