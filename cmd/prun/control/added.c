/* SPDX-License-Identifier: ISC */

/* Owns the records that clients add, in memory and in the file of --queue. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/added.h"
#include "text/file.h"

struct added_record {
	STAILQ_ENTRY(added_record) entry;
	size_t len;
	char data[];
};

static struct added_record *
record_new(struct text t)
{
	struct added_record *r = malloc(sizeof(*r) + t.len + 1);

	if (r == NULL)
		return NULL;
	r->len = t.len;
	memcpy(r->data, t.data, t.len);
	r->data[t.len] = '\0';
	return r;
}

static int
put(struct added *a, struct text t)
{
	struct added_record *r = record_new(t);

	if (r == NULL)
		return -ENOMEM;
	STAILQ_INSERT_TAIL(&a->records, r, entry);
	a->n++;
	return 0;
}

/*
 * Reads the records that an earlier run left in the file.  If the last record is
 * incomplete, it is cut off.
 */
static int
take_file(struct added *a)
{
	struct bytes bytes = { 0 };
	const char *end;
	size_t at = 0, len;
	int error = get_file(a->path, &bytes);

	while (error == 0 && at < bytes.len) {
		end = memchr(bytes.data + at, '\0', bytes.len - at);
		if (end == NULL)
			break;
		len = (size_t)(end - (bytes.data + at));
		error = put(a, (struct text){ bytes.data + at, len });
		at += len + 1;
	}
	if (error == 0 && at < bytes.len && ftruncate(a->fd, (off_t)at) == -1)
		error = -errno;
	bytes_fini(&bytes);
	return error;
}

static int
open_file(struct added *a, const char *log, bool resume, struct message *m)
{
	int error = 0;

	if (asprintf(&a->path, "%s.queue", log + (*log == '+')) == -1)
		return message_errno(m, -ENOMEM, "--queue");
	a->fd = open(a->path,
	    O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (resume ? 0 : O_TRUNC),
	    0666);
	if (a->fd == -1)
		error = -errno;
	else if (resume)
		error = take_file(a);
	return error == 0 ? 0 : message_errno(m, error, "--queue: %s", a->path);
}

int
added_open(struct added *a, bool queue, const char *joblog, bool resume,
    struct message *m)
{
	*a = (struct added){ .open = queue, .fd = -1 };
	STAILQ_INIT(&a->records);
	if (!queue || joblog == NULL || strcmp(joblog, "-") == 0)
		return 0;
	return open_file(a, joblog, resume, m);
}

static void
drop(struct added *a, size_t left)
{
	struct added_record *r, *next;
	size_t i = 0;

	STAILQ_FOREACH_SAFE(r, &a->records, entry, next) {
		if (i++ < left)
			continue;
		STAILQ_REMOVE(&a->records, r, added_record, entry);
		free(r);
		a->n--;
	}
}

void
added_close(struct added *a)
{
	if (a->path == NULL && a->n == 0 && a->last == NULL)
		return;
	drop(a, 0);
	free(a->last);
	if (a->path != NULL && a->fd != -1)
		(void)close(a->fd);
	free(a->path);
	*a = (struct added){ .fd = -1 };
}

/* Writes all records together, so that the file gets all of them or none. */
static int
write_file(const struct added *a, const struct texts *list)
{
	struct bytes all = { 0 };
	struct stat st;
	int error = fstat(a->fd, &st) == -1 ? -errno : 0;

	for (size_t i = 0; i < list->n && error == 0; i++) {
		error = bytes_add_text(&all, list->list[i]);
		if (error == 0)
			error = bytes_add_char(&all, '\0');
	}
	if (error == 0) {
		error = put_all(a->fd, bytes_text(&all));
		if (error != 0 && ftruncate(a->fd, st.st_size) == -1)
			error = -errno;
	}
	bytes_fini(&all);
	return error;
}

int
added_add(struct added *a, const struct texts *list, struct message *m)
{
	const size_t before = a->n;
	int error = 0;

	for (size_t i = 0; i < list->n && error == 0; i++)
		error = put(a, list->list[i]);
	if (error == 0 && a->fd != -1)
		error = write_file(a, list);
	if (error == 0)
		return 0;
	drop(a, before);
	return message_errno(m, error, "%s", a->path != NULL ? a->path : "add");
}

bool
added_next(struct added *a, struct text *record)
{
	free(a->last);
	a->last = STAILQ_FIRST(&a->records);
	if (a->last == NULL)
		return false;
	STAILQ_REMOVE_HEAD(&a->records, entry);
	a->n--;
	*record = (struct text){ a->last->data, a->last->len };
	return true;
}
