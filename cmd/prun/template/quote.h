/* SPDX-License-Identifier: ISC */

/*
 * Quotes a value as one word of a shell's language, so that the command gets
 * exactly its bytes.
 */
#ifndef TEMPLATE_QUOTE_H
#define TEMPLATE_QUOTE_H

#include <stddef.h>

#include "template/shell.h"
#include "text/text.h"

/* Append t to out, in quotes if it needs them.  0 or -ENOMEM. */
int quote_add(struct bytes *out, struct text t, enum shell_kind kind);

/* How many bytes quote_add() would append. */
size_t quote_length(struct text t, enum shell_kind kind);

#endif
