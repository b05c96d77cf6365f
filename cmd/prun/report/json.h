/* SPDX-License-Identifier: ISC */

/* What all reports in JSON need: texts as JSON values, and values as bytes, by jansson. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include <jansson.h>

#include "text/text.h"

/* A string, with U+FFFD in place of bytes that are not UTF-8.  NULL: no memory. */
json_t *json_text(struct text t);

/*
 * Adds the value to out, without blanks, and frees it.  0, or -ENOMEM if value is NULL or
 * lacks a member for which there was no memory.
 */
int json_add(struct bytes *out, json_t *value);

/*
 * An object with the values.  Its keys are their names, or their numbers from 1 where a
 * value has no name.  Of two equal names the first counts; the second value has its
 * number as the key.
 */
json_t *json_values(const struct text *values, size_t n,
    const struct text *names, size_t nnames);

#endif
