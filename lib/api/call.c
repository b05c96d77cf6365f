/* SPDX-License-Identifier: ISC */

/*
 * Owns prun_call(), prun_check_call() and prun_check_output(): each runs one command
 * from start to end in a pool with one slot, so that a timeout kills its whole tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

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

static int
call_run(const struct prun_pool_opts *opts, const struct prun_spec *spec,
    struct prun_result *r)
{
	struct prun_spec own = *spec;
	struct prun_pool *pool;
	int error = prun_pool_new(opts, &pool);

	if (error != 0)
		return error;
	if (!(own.flags & (PRUN_NEW_GROUP | PRUN_NEW_SESSION)))
		own.flags |= PRUN_KEEP_GROUP;
	error = prun_pool_apply(pool, &own, r);
	prun_pool_close(pool);
	if (error == 0)
		error = prun_pool_join(pool);
	prun_pool_free(pool);
	/* Only one command was asked for: that it cannot be started is an error. */
	if (error == 0 && r->flags & PRUN_NOT_STARTED)
		error = -r->error;
	return error;
}

static int
call_check(int error, const struct prun_result *r)
{
	if (error == 0 && r->flags & PRUN_STATUS_UNKNOWN)
		return -ENODATA;
	if (error == 0 && (r->status != 0 || r->flags & PRUN_TIMED_OUT))
		return -ECHILD;
	return error;
}

int
prun_call(const struct prun_spec *spec, struct prun_result *r)
{
	const struct prun_pool_opts opts = { .slots = 1,
		.output = PRUN_OUTPUT_NONE };
	struct prun_result own;

	return call_run(&opts, spec, r != NULL ? r : &own);
}

int
prun_check_call(const struct prun_spec *spec, struct prun_result *r)
{
	struct prun_result own;

	if (r == NULL)
		r = &own;
	return call_check(prun_call(spec, r), r);
}

int
prun_check_output(const struct prun_spec *spec, char **out, size_t *len,
    struct prun_result *r)
{
	struct buf kept = { 0 };
	const struct prun_pool_opts opts = {
		.slots = 1,
		.flags =
		    PRUN_POOL_KEEP_ORDER, /* passed on at once, not captured */
		.leak_timeout = -1, /* all of it, whoever writes it */
		.deliver = call_keep,
		.deliver_arg = &kept,
	};
	struct prun_spec own_spec = *spec;
	struct prun_result own;
	size_t own_len;
	int error;

	if (r == NULL)
		r = &own;
	*out = NULL;
	own_spec.out.kind = PRUN_STDIO_INHERIT; /* the pool captures that */
	if (own_spec.err.kind == PRUN_STDIO_INHERIT) {
		own_spec.err.kind = fcntl(STDERR_FILENO, F_GETFD) == -1 ?
		    PRUN_STDIO_NULL :
		    PRUN_STDIO_FD;
		own_spec.err.fd = STDERR_FILENO;
	}
	error = call_check(call_run(&opts, &own_spec, r), r);
	if (error == 0 || error == -ECHILD || error == -ENODATA) {
		*out = buf_take(&kept, len != NULL ? len : &own_len);
		if (*out == NULL)
			error = -ENOMEM;
	}
	buf_fini(&kept);
	return error;
}
