/* SPDX-License-Identifier: ISC */

/*
 * Owns the file of the log: locks it, removes an incomplete last line, and writes whole
 * lines.  Knows nothing of what a line says.
 */
#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "report/report_options.h"
#include "results/joblog_file.h"
#include "text/file.h"

/*
 * The lock of a prun that was killed a moment ago may still be held: a child that it
 * was just starting holds the descriptor until the child executes its program.
 */
#define LOCK_TRIES 50
#define LOCK_WAIT_NS 10000000L

struct joblog_file {
	int fd;
	bool regular;
	unsigned columns;
	struct bytes line;
};

/* The state of reading the log. */
struct joblog_scan {
	const char *option; /* the option that messages name */
	FILE *file;
	char *line;
	size_t size;
	uint64_t number; /* the number of the line, from 1 */
	off_t whole; /* how many bytes the whole lines have */
	unsigned columns;
};

static int
open_locked(const char *path)
{
	const struct timespec wait = { .tv_nsec = LOCK_WAIT_NS };
	int fd;

	for (int i = 0; i < LOCK_TRIES; i++) {
		fd = flopen(path,
		    O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666);
		if (fd != -1 || errno != EWOULDBLOCK)
			break;
		(void)nanosleep(&wait, NULL);
	}
	return fd == -1 ? -errno : fd;
}

static int
open_file(struct joblog_file *log, const struct joblog_options *options,
    struct message *message)
{
	const char *path = options->path;
	struct stat st;
	int fd;

	/* A terminal, a pipe or /dev/null may have several writers: no lock. */
	log->regular = strcmp(path, "-") != 0 &&
	    (stat(path, &st) == -1 || S_ISREG(st.st_mode));
	fd = log->regular ?
	    open_locked(path) :
	    report_open_output(options->report, path, O_WRONLY | O_APPEND);
	if (fd >= 0) {
		log->fd = fd;
		return 0;
	}
	if (fd == -EWOULDBLOCK)
		return message_set(message, -EWOULDBLOCK,
		    "--joblog: %s is being written by another prun", path);
	return message_errno(message, fd, "--joblog: %s", path);
}

static int
foreign(const char *path, const struct joblog_scan *scan,
    struct message *message)
{
	return message_set(message, -EINVAL,
	    "%s: %s: line %llu is not of a job log; the file is left as it is",
	    scan->option, path, (unsigned long long)scan->number);
}

/* Can this line, which has no newline, be one that a killed prun was writing? */
static bool
is_torn(const struct joblog_scan *scan, struct text line)
{
	if (scan->number > 1)
		return true;
	return joblog_line_is_torn_header(line) ||
	    (line.len > 0 && line.data[0] >= '1' && line.data[0] <= '9' &&
		memchr(line.data, '\t', line.len) != NULL);
}

static int
scan_line(struct joblog_scan *scan, size_t len, joblog_row_fn *each, void *arg)
{
	struct joblog_row row;
	struct text line = { scan->line, len };

	if (scan->number == 1 && joblog_line_is_header(line, &scan->columns))
		return 0;
	if (!joblog_line_parse(scan->line, len, scan->columns, &row))
		return -EINVAL;
	return each != NULL ? each(&row, arg) : 0;
}

static int
scan_lines(struct joblog_scan *scan, const char *path, joblog_row_fn *each,
    void *arg, struct message *message)
{
	ssize_t n;
	int error;

	while ((n = getline(&scan->line, &scan->size, scan->file)) > 0) {
		scan->number++;
		if (scan->line[n - 1] != '\n') {
			if (is_torn(scan,
				(struct text){ scan->line, (size_t)n }))
				break;
			return foreign(path, scan, message);
		}
		error = scan_line(scan, (size_t)n - 1, each, arg);
		if (error == -EINVAL)
			return foreign(path, scan, message);
		if (error != 0)
			return message_errno(message, error, "%s: %s",
			    scan->option, path);
		scan->whole += n;
	}
	if (ferror(scan->file))
		return message_errno(message, -EIO, "%s: %s", scan->option,
		    path);
	return 0;
}

/* Read all lines.  The file is not changed before all of them have been found good. */
static int
joblog_scan(struct joblog_file *log, const char *path, joblog_row_fn *each,
    void *arg, off_t *whole, struct message *message)
{
	struct joblog_scan scan = { .option = "--joblog" };
	int fd = fcntl(log->fd, F_DUPFD_CLOEXEC, 0);
	int error;

	scan.file = fd != -1 ? fdopen(fd, "r") : NULL;
	if (scan.file == NULL) {
		error = message_errno(message, -errno, "--joblog: %s", path);
		if (fd != -1)
			(void)close(fd);
		return error;
	}
	error = scan_lines(&scan, path, each, arg, message);
	if (error == 0 && scan.whole > 0)
		log->columns = scan.columns;
	*whole = scan.whole;
	free(scan.line);
	(void)fclose(scan.file);
	return error;
}

int
joblog_file_read(const char *path, const char *option, joblog_row_fn *each,
    void *arg, struct message *message)
{
	struct joblog_scan scan = { .option = option };
	int error;

	scan.file = fopen(path, "re");
	if (scan.file == NULL)
		return message_errno(message, -errno, "%s: %s", option, path);
	error = scan_lines(&scan, path, each, arg, message);
	free(scan.line);
	(void)fclose(scan.file);
	return error;
}

static int
write_whole(struct joblog_file *log)
{
	const off_t end = log->regular ? lseek(log->fd, 0, SEEK_END) : -1;
	const int error = put_all(log->fd, bytes_text(&log->line));

	/* A part of the line may have been written: remove that part. */
	if (error != 0 && end != -1)
		(void)ftruncate(log->fd, end);
	return error;
}

static int
joblog_prepare(struct joblog_file *log, const struct joblog_options *options,
    joblog_row_fn *each, void *arg, struct message *message)
{
	off_t whole = 0;
	int error = 0;

	if (options->append && log->regular)
		error = joblog_scan(log, options->path, each, arg, &whole,
		    message);
	if (error != 0)
		return error;
	if (log->regular && ftruncate(log->fd, whole) == -1)
		return message_errno(message, -errno, "--joblog: %s",
		    options->path);
	if (whole > 0 || (options->no_header && log->columns == 0))
		return 0;
	error = joblog_line_add_header(&log->line, log->columns);
	if (error == 0)
		error = write_whole(log);
	if (error != 0)
		return message_errno(message, error, "--joblog: %s",
		    options->path);
	return 0;
}

int
joblog_file_open(const struct joblog_options *options, joblog_row_fn *each,
    void *arg, struct joblog_file **lp, struct message *message)
{
	struct joblog_file *log = calloc(1, sizeof(*log));
	int error;

	if (log == NULL)
		return message_errno(message, -ENOMEM, "--joblog");
	log->fd = -1;
	log->columns = options->columns;
	error = open_file(log, options, message);
	if (error == 0)
		error = joblog_prepare(log, options, each, arg, message);
	if (error != 0) {
		joblog_file_close(log);
		return error;
	}
	*lp = log;
	return 0;
}

int
joblog_file_write(struct joblog_file *log, const struct joblog_entry *entry)
{
	int error;

	log->line.len = 0;
	error = joblog_line_add(&log->line, entry, log->columns);
	return error != 0 ? error : write_whole(log);
}

void
joblog_file_close(struct joblog_file *log)
{
	if (log == NULL)
		return;
	if (log->fd != -1)
		(void)close(log->fd);
	bytes_fini(&log->line);
	free(log);
}
