/* SPDX-License-Identifier: ISC */

/* Owns the way from the texts of jobs to jansson and back. */
#include <errno.h>
#include <stdio.h>

#include "report/json.h"
#include "text/utf8.h"

/*
 * Numbers have 15 digits.  A time in seconds since the Epoch then shows ten microseconds;
 * further digits of a double would be wrong.
 */
#define FORMAT (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

json_t *
json_text(struct text t)
{
	struct bytes whole = { 0 };
	json_t *value = json_stringn(t.len > 0 ? t.data : "", t.len);

	/* json_stringn() refuses bytes that are not UTF-8. */
	if (value == NULL && utf8_add(&whole, t) == 0)
		value = json_stringn(whole.data, whole.len);
	bytes_fini(&whole);
	return value;
}

static int
add_piece(const char *data, size_t len, void *arg)
{
	return bytes_add(arg, data, len) == 0 ? 0 : -1;
}

int
json_add(struct bytes *out, json_t *value)
{
	int error = value != NULL ?
	    json_dump_callback(value, add_piece, out, FORMAT) :
	    -1;

	json_decref(value);
	return error == 0 ? 0 : -ENOMEM;
}

/*
 * Sets the member called name, or called by the number i + 1 if name is empty or in use.
 * 0, or -1 if there is no memory.
 */
static int
set_value(json_t *object, struct bytes *key, size_t i, struct text value,
    struct text name)
{
	char number[24];

	key->len = 0;
	if (utf8_add(key, name) != 0 || bytes_terminate(key) != 0)
		return -1;
	if (key->len > 0 && json_object_get(object, key->data) == NULL)
		return json_object_set_new(object, key->data, json_text(value));
	(void)snprintf(number, sizeof(number), "%zu", i + 1);
	return json_object_set_new(object, number, json_text(value));
}

json_t *
json_values(const struct text *values, size_t n, const struct text *names,
    size_t nnames)
{
	json_t *object = json_object();
	struct bytes key = { 0 };
	int error = object == NULL ? -1 : 0;

	for (size_t i = 0; i < n && error == 0; i++)
		error = set_value(object, &key, i, values[i],
		    i < nnames ? names[i] : (struct text){ 0 });
	bytes_fini(&key);
	if (error == 0)
		return object;
	json_decref(object);
	return NULL;
}
