/* SPDX-License-Identifier: ISC */

/* Owns the thread that counts the jobs by reading the input a second time. */
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/admission.h"
#include "options/options.h"

struct counter {
	struct input_options input;
	struct batch_options batch;
	/* the offset of stdin, which the run reads at the same time */
	off_t offset;
	atomic_bool stop;
	_Atomic uint64_t total;
	int fd; /* an eventfd, which is readable once total is set */
	pthread_t thread;
};

static ssize_t
count_read(void *arg, int fd, void *buf, size_t len)
{
	struct counter *c = arg;
	ssize_t n;

	do {
		if (atomic_load(&c->stop))
			return -ECANCELED;
		n = fd == STDIN_FILENO ? pread(fd, buf, len, c->offset) :
					 read(fd, buf, len);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return -errno;
	if (fd == STDIN_FILENO)
		c->offset += n;
	return n;
}

static bool
is_file(const char *path)
{
	struct stat st;

	if (path == NULL || strcmp(path, "-") == 0)
		return fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Only input that gives the same records at a second reading can be counted. */
static bool
is_countable(const struct options *o)
{
	const struct input_options *input = &o->input;

	if (o->batch.fill || o->report.resume == RESUME_RETRY)
		return false;
	for (size_t i = 0; i < input->nsources; i++) {
		if (input->sources[i].kind == SOURCE_FILE &&
		    !is_file(input->sources[i].path))
			return false;
	}
	return input->nsources > 0 || is_file(NULL);
}

static void *
count_run(void *arg)
{
	struct counter *c = arg;
	struct batches *batches = NULL;
	struct input *input = NULL;
	struct message message = { "" };
	struct batch batch;
	uint64_t total = 0;
	int n = input_new(&c->input, &message, &input);

	if (n == 0)
		n = batches_new(&c->batch, NULL, input, &batches);
	while (n >= 0 && (n = batches_next(batches, &batch, &message)) > 0)
		total++;
	if (n == 0) {
		atomic_store(&c->total, total);
		(void)eventfd_write(c->fd, 1);
	}
	batches_free(batches);
	input_free(input);
	return NULL;
}

struct counter *
count_start(const struct options *o)
{
	struct counter *c;

	if (!is_countable(o))
		return NULL;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->input = o->input;
	c->input.shuffle = false;
	c->input.read = count_read;
	c->input.read_arg = c;
	c->input.warn = NULL;
	c->batch = o->batch;
	c->offset = lseek(STDIN_FILENO, 0, SEEK_CUR);
	if (c->offset == -1)
		c->offset = 0;
	c->fd = eventfd(0, EFD_CLOEXEC);
	if (c->fd != -1 && pthread_create(&c->thread, NULL, count_run, c) == 0)
		return c;
	if (c->fd != -1)
		(void)close(c->fd);
	free(c);
	return NULL;
}

void
count_stop(struct counter *c)
{
	if (c == NULL)
		return;
	atomic_store(&c->stop, true);
	(void)pthread_join(c->thread, NULL);
	(void)close(c->fd);
	free(c);
}

int
count_fd(const struct counter *c)
{
	return c->fd;
}

uint64_t
count_result(const struct counter *c)
{
	return atomic_load(&c->total);
}
