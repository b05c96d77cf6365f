/* SPDX-License-Identifier: ISC */

/* The start of a child: its stdio, its transport, its process, in that order. */
#ifndef TRANSPORT_START_H
#define TRANSPORT_START_H

#include <stdbool.h>

#include "prun.h"

struct child;
struct plan;
struct stdio;
struct transport;
struct transport_ops;

/* The caller lends all of this for the call. */
struct start_request {
	struct plan *plan;
	struct transport *transport;
	/* for start_spec(): what the transport is made of; NULL: it is local */
	const struct transport_ops *ops;
	struct child *child;
	/*
	 * Nothing is open before the call.  When the child runs, this holds the
	 * caller's ends of its pipes.
	 */
	struct stdio *stdio;
	struct prun_stdio kinds[3]; /* what stdio is to be */
	int null; /* a descriptor of /dev/null */
	bool nonblock; /* the caller's ends are made non-blocking */
	bool worker; /* the child gets PRUN_WORKER_FD */
	/*
	 * If this is not NULL, as much of the plan's input as the pipe takes is written
	 * before the start, and *fed is how much.
	 */
	size_t *fed;
	struct prun_result *result;
};

/*
 * Returns 0 when the child runs.  When it returns -errno it has left nothing open or
 * attached, and the result tells which step failed (PRUN_RESULT_NOT_STARTED).  stack is
 * as for spawn().  Any thread; a child that is to die with its parent dies with this
 * thread.
 */
int start_child(const struct start_request *s, void *stack);

/*
 * As start_child(), for a caller that starts only one child: this makes s->null and the
 * stack.
 */
int start_one(struct start_request *s);

/* A function that runs in the child instead of a program: see prun_process_start_fn(). */
struct start_function {
	prun_process_fn *fn;
	void *arg;
	const char *name;
};

/*
 * As start_one(), for a spec: this makes the plan and the kinds.  function is started
 * instead of a program, and the spec has none then; NULL: the spec has a program.
 */
int start_spec(struct start_request *s, const struct prun_spec *spec,
    const struct start_function *function);

#endif
