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

/* All lent for the call. */
struct start_request {
	struct plan *plan;
	struct transport *transport;
	struct child *child;
	/* Our ends of its pipes are there once it runs.  Nothing is open before. */
	struct stdio *stdio;
	struct prun_stdio kinds[3]; /* what stdio is to be */
	int null; /* a descriptor of /dev/null */
	bool nonblock; /* our ends do not block */
	bool worker; /* it gets PRUN_WORKER_FD */
	/* The pipe of its stdin takes what it can of the plan's input; NULL: nothing. */
	size_t *fed;
	struct prun_result *result;
};

/*
 * 0: it runs; or -errno, nothing is left open or attached, and result tells the step
 * (PRUN_RESULT_NOT_STARTED).  stack as for spawn().  Any thread; a child that is to die
 * with its parent dies with this thread.
 */
int start_child(const struct start_request *s, void *stack);

/* The same for one who starts but one: s->null and the stack are made for it. */
int start_one(struct start_request *s);

/* A function instead of a program: see prun_process_start_fn(). */
struct start_function {
	prun_process_fn *fn;
	void *arg;
	const char *name;
};

/*
 * The same for a spec: the plan and the kinds are made for it.  function: NULL, or what
 * is started instead of the program, of which the spec has none.
 */
int start_spec(struct start_request *s, const struct prun_spec *spec,
    const struct start_function *function);

#endif
