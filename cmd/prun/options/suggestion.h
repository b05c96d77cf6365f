/* SPDX-License-Identifier: ISC */

/*
 * What a user may have meant by a name that no option has.
 */
#ifndef OPTIONS_SUGGESTION_H
#define OPTIONS_SUGGESTION_H

#include <stdbool.h>
#include <stddef.h>

#include "text/text.h"

/*
 * The long name, without "--", that is most like name: one that differs in hyphens
 * only, else one that a few typing errors make of it.  NULL: none is like it.
 */
const char *suggestion_for(const char *name, size_t len);

/* Is one name the other but for hyphens, small and large letters, or a typing error? */
bool suggestion_is_like(struct text a, struct text b);

#endif
