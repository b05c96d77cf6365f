/* SPDX-License-Identifier: ISC */

/*
 * Owns prun_call(), prun_check_call() and prun_check_output(): each runs one command
 * from start to end in a pool with one slot, so that a timeout kills its whole tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/spec_in.h"
#include "base/buf.h"
#include "prun.h"

static int
call_keep(const struct prun_result *r, void *job, int stream, const char *data,
    size_t len, void *arg)
{
	(void)r;
	(void)job;
	return stream == 1 ? buf_add(arg, data, len) : 0;
}

/* Run it, and say how it ended if it did. */
static int
call_run(struct prun_pool_opts *opts, struct prun_spec *spec,
    struct prun_result *r)
{
	struct prun_pool *pool;
	int error;

	*r = (struct prun_result){ .size = sizeof(*r) };
	opts->size = sizeof(*opts);
	opts->slots = 1;
	opts->log = spec->log;
	opts->log_arg = spec->log_arg;
	spec->log = NULL;
	error = prun_pool_new(opts, &pool);
	if (error != 0)
		return error;
	if (!(spec->flags & (PRUN_SPEC_NEW_GROUP | PRUN_SPEC_NEW_SESSION)))
		spec->flags |= PRUN_SPEC_KEEP_GROUP;
	error = prun_pool_apply(pool, spec, r);
	prun_pool_close(pool);
	if (error == 0)
		error = prun_pool_join(pool);
	prun_pool_free(pool);
	/* Only one command was asked for: that it cannot be started is an error. */
	if (error == 0 && r->flags & PRUN_RESULT_NOT_STARTED)
		error = -r->error;
	return error;
}

static int
call_check(int error, const struct prun_result *r)
{
	if (error == 0 && r->flags & PRUN_RESULT_STATUS_UNKNOWN)
		return -ENODATA;
	if (error == 0 && (r->status != 0 || r->flags & PRUN_RESULT_TIMED_OUT))
		return -ECHILD;
	return error;
}

static int
call(const struct prun_spec *spec, struct prun_result *r, bool check)
{
	struct prun_pool_opts opts = { .output = PRUN_OUTPUT_NONE };
	struct spec_in in;
	struct prun_result own;
	int error = result_check(r);

	if (error == 0)
		error = spec_in(&in, spec, spec->size);
	if (error != 0)
		return error;
	error = call_run(&opts, &in.spec, &own);
	result_out(r, &own);
	return check ? call_check(error, &own) : error;
}

int
prun_call(const struct prun_spec *spec, struct prun_result *r)
{
	return call(spec, r, false);
}

int
prun_check_call(const struct prun_spec *spec, struct prun_result *r)
{
	return call(spec, r, true);
}

/* stdout is captured by the pool; what stderr is, the spec says. */
static void
output_streams(struct prun_spec *spec)
{
	if (spec->out.kind != PRUN_STDIO_PTY)
		spec->out.kind = PRUN_STDIO_INHERIT;
	if (spec->err.kind != PRUN_STDIO_INHERIT)
		return;
	spec->err.kind = fcntl(STDERR_FILENO, F_GETFD) == -1 ? PRUN_STDIO_NULL :
							       PRUN_STDIO_FD;
	spec->err.fd = STDERR_FILENO;
}

int
prun_check_output(const struct prun_spec *spec, char **out, size_t *len,
    struct prun_result *r)
{
	struct buf kept = { 0 };
	struct prun_pool_opts opts = {
		.flags =
		    PRUN_POOL_KEEP_ORDER, /* passed on at once, not captured */
		.leak_timeout = -1, /* all of it, whoever writes it */
		.deliver = call_keep,
		.deliver_arg = &kept,
	};
	struct spec_in in;
	struct prun_result own;
	size_t own_len;
	int error = result_check(r);

	*out = NULL;
	if (error == 0)
		error = spec_in(&in, spec, spec->size);
	if (error != 0)
		return error;
	output_streams(&in.spec);
	error = call_check(call_run(&opts, &in.spec, &own), &own);
	result_out(r, &own);
	if (error == 0 || error == -ECHILD || error == -ENODATA) {
		*out = buf_take(&kept, len != NULL ? len : &own_len);
		if (*out == NULL)
			error = -ENOMEM;
	}
	buf_fini(&kept);
	return error;
}
