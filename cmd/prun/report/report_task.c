/* SPDX-License-Identifier: ISC */

/* Owns what reports know of one task: its values, its files and their last bytes. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/report_task.h"
#include "template/command.h"

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
	/* A file that is open for appending goes on at its new end.  A FIFO cannot be cut. */
	for (int i = 0; i < 2; i++) {
		if (task->file[i].fd != -1)
			(void)ftruncate(task->file[i].fd, 0);
	}
}

static size_t
file_tail(int written, char *tail, size_t size, uint64_t *whole)
{
	char path[48];
	int fd;
	struct stat st;
	off_t from = 0;
	ssize_t n;

	/* The path of the file may name its compressed copy by now, so it is not used. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", written);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return 0;
	*whole = fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
	if (*whole > size)
		from = (off_t)(*whole - size);
	n = pread(fd, tail, size, from);
	(void)close(fd);
	return n > 0 ? (size_t)n : 0;
}

ssize_t
report_task_file_tail(const struct report_task *task, int i, char *buffer,
    size_t size, uint64_t *written)
{
	*written = 0;
	if (task->file[i].fd == -1)
		return -1;
	return (ssize_t)file_tail(task->file[i].fd, buffer, size, written);
}

/* Reads the last bytes of both files into tail, at most size; returns how many. */
static size_t
files_tail(const struct report_task *task, char *tail, size_t size)
{
	uint64_t whole;
	ssize_t n;
	size_t all = 0;

	for (int i = 0; i < 2; i++) {
		n = report_task_file_tail(task, i, tail + all, size / 2,
		    &whole);
		all += n > 0 ? (size_t)n : 0;
	}
	return all;
}

struct text
report_task_tail(const struct report_task *task, const struct prun_result *r,
    char *buffer, size_t size)
{
	size_t n = r->tail_len;

	/* The pool knows no last bytes of a job that wrote to files. */
	if (n == 0)
		return (struct text){ buffer, files_tail(task, buffer, size) };
	if (n > size)
		n = size;
	return (struct text){ r->tail + r->tail_len - n, n };
}

static int
keep_ends(struct report_task *task, const struct command_job *job)
{
	size_t *ends = task->ends;

	if (job->ntuples > task->nends)
		ends = reallocarray(ends, job->ntuples, sizeof(*ends));
	if (ends == NULL && job->ntuples > 0)
		return -ENOMEM;
	task->ends = ends;
	task->nends = job->ends != NULL ? job->ntuples : 0;
	if (task->nends > 0)
		memcpy(ends, job->ends, task->nends * sizeof(*ends));
	return 0;
}

int
report_task_keep_values(struct report_task *task, const struct command_job *job)
{
	const struct text *values = job->values;
	/* A job of --pipe without arguments has an empty value, which is not listed. */
	const size_t n = job->ntuples > 0 ? job->nvalues : 0;
	size_t at = 0;
	int error = keep_ends(task, job);

	task->value_bytes.len = task->values.n = 0;
	for (size_t i = 0; i < n && error == 0; i++)
		error = bytes_add_text(&task->value_bytes, values[i]);
	/* Adding may move the bytes, so the texts point to them only when all are added. */
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
