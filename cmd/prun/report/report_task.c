/* SPDX-License-Identifier: ISC */

/* Owns what can be said of one task without knowing any report. */
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include "report/report_task.h"

bool
report_task_is_flaky(const struct report_task *task,
    const struct prun_result *r)
{
	return *task->failure != '\0' && r->status == 0 &&
	    !(r->flags & (PRUN_TIMED_OUT | PRUN_OUTPUT_LOST | PRUN_INPUT_LOST));
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
file_tail(const char *path, char *tail, size_t size)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	off_t from = 0;
	ssize_t n;

	if (fd == -1)
		return 0;
	if (fstat(fd, &st) == 0 && st.st_size > (off_t)size)
		from = st.st_size - (off_t)size;
	n = pread(fd, tail, size, from);
	(void)close(fd);
	return n > 0 ? (size_t)n : 0;
}

size_t
report_task_file_tail(const struct report_task *task, char *tail, size_t size)
{
	size_t n = 0;

	for (int i = 0; i < 2; i++) {
		if (task->file[i].fd != -1)
			n += file_tail(task->file[i].path, tail + n, size / 2);
	}
	return n;
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
