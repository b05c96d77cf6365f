/* SPDX-License-Identifier: ISC */

/* What comes through a connection from the other machine, whichever end that is. */
#include <errno.h>
#include <stdlib.h>

#include "fuzz.h"
#include "remote/file.h"
#include "remote/job.h"

/* Paths that can be made by nobody: what is asked is whether any other is tried. */
static const char *const nowhere[] = { "/proc/none/a", "/proc/none/b" };

static void
read_fields(const struct frame *f)
{
	static const char *const slotenv[] = { "SLOT=1", NULL };
	struct field_reader r = field_reader(f);
	struct job_place place;
	struct job_spec job;
	struct job_setup setup = { 0 };
	struct prun_result result = { .size = sizeof(result) };
	int error = job_get_spec(&r, NULL, &job);

	PROMISE(error != 0 || job.spec.argv != NULL || job.spec.nrlimit <= 64);
	if (error == 0)
		(void)job_set_slot(&job, slotenv, 1);
	job_spec_fini(&job);
	r = field_reader(f);
	job_get_place(&r, &place);
	if (job_get_spec(&r, NULL, &job) == 0)
		PROMISE(job_set_slot(&job, slotenv, place.slot) == 0 ||
		    place.slot == 0);
	job_spec_fini(&job);
	r = field_reader(f);
	if (job_get_result(&r, &result) == 0)
		PROMISE(result.status >= 0 && result.status <= 255);
	r = field_reader(f);
	(void)job_get_setup(&r, &setup);
	job_setup_fini(&setup);
}

static void
read_files(const struct frame *f, struct file_taker *t)
{
	struct field_reader r = field_reader(f);
	struct job_files files = { 0 };
	struct file_head head;

	if (job_get_files(&r, &files) == 0)
		PROMISE(files.send != NULL && files.fetch != NULL);
	free(files.send);
	free(files.fetch);
	if (file_head_get(f, &head) == 0)
		PROMISE(head.mode <= 0777 && head.mtime.tv_nsec < 1000000000);
	if (f->type == FRAME_FILE || f->type == FRAME_BYTES)
		(void)file_take(t, f);
	PROMISE(!file_taker_is_complete(t));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct frame_reader r = { 0 };
	struct file_taker taker = { .paths = nowhere,
		.n = 2,
		.distrust = true };
	struct frame f;
	unsigned version;
	size_t left;
	int n;

	if (buf_add(&r.in, data, len) != 0)
		abort();
	n = frame_begin(&r, "token", &version);
	PROMISE(n >= -EPROTO && n <= 1);
	while ((n = frame_next(&r, &f)) == 1) {
		PROMISE(f.data + f.len <= r.in.data + r.in.len);
		read_fields(&f);
		read_files(&f, &taker);
	}
	if (n == 0 && frame_next_begun(&r, &f, &left) == 1)
		PROMISE(f.data + f.len == r.in.data + r.in.len &&
		    left >= FRAME_LONG && f.len + left <= FRAME_MOST);
	file_taker_fini(&taker);
	frame_reader_fini(&r);
	return 0;
}
