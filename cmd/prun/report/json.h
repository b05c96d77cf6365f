/* SPDX-License-Identifier: ISC */

/* What reports in JSON have in common, around jansson. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include <jansson.h>

#include "text/text.h"

/* A string, with U+FFFD in place of bytes that are not UTF-8.  NULL: no memory. */
json_t *json_text(struct text t);

/*
 * Adds the value without blanks, and frees it.  value NULL, or one of its members that
 * could not be made: -ENOMEM.
 */
int json_add(struct bytes *out, json_t *value);

/*
 * The values by their names, or by their numbers from 1 where there is none.  The same
 * name twice: the first counts, the other has its number.
 */
json_t *json_values(const struct text *values, size_t n,
    const struct text *names, size_t nnames);

#endif
