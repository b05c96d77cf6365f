/* SPDX-License-Identifier: ISC */

/* Owns what can be said of one task without knowing any report. */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "report/report_task.h"

bool
report_task_is_flaky(const struct report_task *task,
    const struct prun_result *r)
{
	return *task->failure != '\0' && r->status == 0 &&
	    !(r->flags &
		(PRUN_RESULT_TIMED_OUT | PRUN_RESULT_OUTPUT_LOST |
		    PRUN_RESULT_INPUT_LOST));
}

void
report_task_empty_files(struct report_task *task)
{
	/* They are opened for appending; what cannot be cut stays. */
	for (int i = 0; i < 2; i++) {
		if (task->file[i].fd != -1)
			(void)ftruncate(task->file[i].fd, 0);
	}
}

static size_t
file_tail(int written, char *tail, size_t size)
{
	char path[48];
	int fd;
	struct stat st;
	off_t from = 0;
	ssize_t n;

	/* Another file may be there by its name now, with the bytes compressed. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", written);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return 0;
	if (fstat(fd, &st) == 0 && st.st_size > (off_t)size)
		from = st.st_size - (off_t)size;
	n = pread(fd, tail, size, from);
	(void)close(fd);
	return n > 0 ? (size_t)n : 0;
}

/* The last bytes of its files: how many, at most size. */
static size_t
files_tail(const struct report_task *task, char *tail, size_t size)
{
	size_t n = 0;

	for (int i = 0; i < 2; i++) {
		if (task->file[i].fd != -1)
			n += file_tail(task->file[i].fd, tail + n, size / 2);
	}
	return n;
}

struct text
report_task_tail(const struct report_task *task, const struct prun_result *r,
    char *buffer, size_t size)
{
	size_t n = r->tail_len;

	/* The pool has no tail of a job that wrote to files. */
	if (n == 0)
		return (struct text){ buffer, files_tail(task, buffer, size) };
	if (n > size)
		n = size;
	return (struct text){ r->tail + r->tail_len - n, n };
}

int
report_task_keep_values(struct report_task *task, const struct text *values,
    size_t n)
{
	size_t at = 0;
	int error = 0;

	task->value_bytes.len = task->values.n = 0;
	for (size_t i = 0; i < n && error == 0; i++)
		error = bytes_add_text(&task->value_bytes, values[i]);
	/* Adding moves the bytes: only now can texts point to them. */
	for (size_t i = 0; i < n && error == 0; i++) {
		error = texts_add(&task->values,
		    (struct text){ task->value_bytes.data + at,
			values[i].len });
		at += values[i].len;
	}
	return error;
}

void
report_task_close_files(struct report_task *task)
{
	struct stat st;

	if (task->file[0].fd != -1 && fstat(task->file[0].fd, &st) == 0)
		task->received = (uint64_t)st.st_size;
	for (int i = 0; i < 2; i++) {
		if (task->file[i].fd != -1)
			(void)close(task->file[i].fd);
		task->file[i].fd = -1;
	}
}
