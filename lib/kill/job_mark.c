/* SPDX-License-Identifier: ISC */

/*
 * Finds a job's token in an environment of any size, piece by piece in a small
 * buffer.  Knows bytes only, no process.
 */
#include <sys/types.h>

#include <string.h>

#include "base/fd.h"
#include "kill/job_mark.h"

enum where {
	IN_NAME,
	IN_VALUE,
	IN_OTHER, /* variable */
	AT_END,
};

struct search {
	char *value;
	size_t size;
	size_t length; /* of the value so far */
	size_t at; /* in the name */
	enum where where;
};

static void
step(struct search *search, char byte)
{
	static const char name[] = PROC_TOKEN_NAME "=";

	if (byte == '\0') {
		search->where = search->where == IN_VALUE ? AT_END : IN_NAME;
		search->at = 0;
	} else if (search->where == IN_VALUE) {
		if (search->length < search->size - 1)
			search->value[search->length++] = byte;
	} else if (byte != name[search->at]) {
		search->where = IN_OTHER;
	} else if (name[++search->at] == '\0') {
		search->where = IN_VALUE;
	}
}

/* Most of an environment is other variables: skip over those at once. */
static void
step_all(struct search *search, const char *data, size_t length)
{
	const char *end = data + length;

	while (data < end && search->where != AT_END) {
		if (search->where == IN_OTHER) {
			data = memchr(data, '\0', (size_t)(end - data));
			if (data == NULL)
				return;
		}
		step(search, *data++);
	}
}

int
proc_token_read(int fd, char *value, size_t size)
{
	struct search search = { .value = value, .size = size };
	char data[PROC_TOKEN_SIZE];
	ssize_t n = 0;

	while (search.where != AT_END &&
	    (n = fd_read(fd, data, sizeof(data))) > 0)
		step_all(&search, data, (size_t)n);
	value[search.length] = '\0';
	return n < 0 ? (int)n : (int)search.length;
}

bool
proc_token_match(const char *value, const char *token)
{
	size_t length = strlen(token);

	while (length != 0) {
		if (strncmp(value, token, length) == 0 &&
		    strchr("/.", value[length]) != NULL) /* or its NUL */
			return true;
		value = strchr(value, '/');
		if (value == NULL)
			return false;
		value++;
	}
	return false;
}
