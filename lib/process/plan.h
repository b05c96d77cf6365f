/* SPDX-License-Identifier: ISC */

/*
 * A copy of a prun_spec in memory of its own, prepared so that the child has to
 * make only system calls.
 */
#ifndef PROCESS_PLAN_H
#define PROCESS_PLAN_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "prun.h"

struct plan {
	/* All pointers below point into text or vector, or to strings of the environment. */
	struct buf text;
	void *vector;
	size_t vector_size;

	char *
	    *argv; /* argv[-1] is free, for the shell of a script without #! */
	char **envp;
	/* The files to try to execute, one after the other; NULL-terminated. */
	char **file;
	/*
	 * The function to call instead of a program; NULL: none.  plan_set() does not
	 * set these.
	 */
	prun_process_fn *fn;
	void *fn_arg;
	/* Name of the new process; lent; NULL: the caller's. */
	const char *fn_name;
	char *cwd;
	char *tag, *tag_end, *failed_tag, *failed_tag_end, *heading;
	size_t heading_len;
	char *task; /* for a worker that stays; NULL: a program is executed */
	size_t task_len;

	/* What is written to stdin: see struct prun_spec. */
	struct prun_input input;
	char *input_copy; /* copy of the input's bytes; NULL: they are lent */
	prun_input_fn *input_fn;
	void *input_arg;
	size_t input_pipe;
	struct prun_rlimit *rlimit;
	size_t nrlimit;
	int *pass; /* in ascending order */
	size_t npass;
	mode_t umask;
	sigset_t mask; /* the child's signal mask */
	unsigned char reset[64]; /* signals to set to SIG_DFL */
	size_t nreset;
	struct prun_stdio stdio[3];
	int nice;
	bool unbatch; /* as in struct plan_base */
	int worker_fd; /* becomes PRUN_WORKER_FD of the child; 0: none */
	uint64_t rlimit_mark; /* from rlimit_mark_of(); 0: none */
	unsigned flags;
	unsigned weight;
	double delay;
	double timeout;
};

/* What is the same for all children of this process, and is read only once. */
struct plan_base {
	sigset_t mask; /* the caller's */
	sigset_t caught; /* signals that have a handler */
	bool unbatch; /* children do not inherit SCHED_BATCH */
};

void plan_base_init(struct plan_base *base);

/* Is the spec complete and without contradiction?  0 or -EINVAL. */
int plan_check(const struct prun_spec *spec);

/* The shell that executes spec->command. */
const char *plan_shell(const struct prun_spec *spec);

/*
 * plan_set(&plan, &spec, &base, "NAME=value");
 *
 * Fill in a plan.  It is all zero, or was used before; then its memory is used
 * again.  extra is one more variable; it may be NULL.  The strings of the caller's
 * environment are not copied.  0, -EINVAL or -ENOMEM.
 */
int plan_set(struct plan *plan, const struct prun_spec *spec,
    const struct plan_base *base, const char *extra);

/* The same for a prun_spec.task: no program will be executed. */
int plan_check_task(const struct prun_spec *spec);
int plan_set_task(struct plan *plan, const struct prun_spec *spec);

/* The input of the plan.  Its bytes are the copy, if there is one. */
struct prun_input plan_input(const struct plan *plan);

/* No program will be executed any more: free all but the texts. */
void plan_trim(struct plan *plan);
void plan_fini(struct plan *plan);

#endif
