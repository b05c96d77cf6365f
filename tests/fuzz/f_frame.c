/* SPDX-License-Identifier: ISC */

/* What comes through a connection from the other machine, whichever end that is. */
#include <errno.h>
#include <stdlib.h>

#include "fuzz.h"
#include "remote/job.h"

static void
read_fields(const struct frame *f)
{
	struct field_reader r = field_reader(f);
	struct job_spec job;
	struct job_setup setup = { 0 };
	struct prun_result result = { .size = sizeof(result) };
	int error = job_get_spec(&r, NULL, &job);

	PROMISE(error != 0 || job.spec.argv != NULL || job.spec.nrlimit <= 64);
	job_spec_fini(&job);
	r = field_reader(f);
	if (job_get_result(&r, &result) == 0)
		PROMISE(result.status >= 0 && result.status <= 255);
	r = field_reader(f);
	(void)job_get_setup(&r, &setup);
	job_setup_fini(&setup);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct frame_reader r = { 0 };
	struct frame f;
	unsigned version;
	int n;

	if (buf_add(&r.in, data, len) != 0)
		abort();
	n = frame_begin(&r, "token", &version);
	PROMISE(n >= -EPROTO && n <= 1);
	while (frame_next(&r, &f) == 1) {
		PROMISE(f.data + f.len <= r.in.data + r.in.len);
		read_fields(&f);
	}
	frame_reader_fini(&r);
	return 0;
}
