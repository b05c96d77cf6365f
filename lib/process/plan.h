/* SPDX-License-Identifier: ISC */

/*
 * A copy of a prun_spec in memory of its own, made ready so that the child makes system
 * calls only.
 */
#ifndef PROCESS_PLAN_H
#define PROCESS_PLAN_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "prun.h"

struct plan {
	/* What follows points into these two, or to strings of the environment. */
	struct buf text;
	void *vector;
	size_t vector_size;

	char *
	    *argv; /* argv[-1] is free, for the shell of a script without #! */
	char **envp;
	char **file; /* what to try to execute, in turn; NULL-terminated */
	/* Called instead of a program; NULL: none.  plan_set() does not set these. */
	prun_process_fn *fn;
	void *fn_arg;
	const char *fn_name; /* of the new process; lent; NULL: the caller's */
	char *cwd;
	char *tag, *tag_end, *failed_tag, *failed_tag_end, *heading;
	size_t heading_len;
	char *task; /* for a worker that stays; NULL: it is executed */
	size_t task_len;

	/* What stdin is fed with: see struct prun_spec. */
	struct prun_input input;
	char *input_copy; /* of the bytes; NULL: they are lent */
	prun_input_fn *input_fn;
	void *input_arg;
	size_t input_pipe;
	struct prun_rlimit *rlimit;
	size_t nrlimit;
	int *pass; /* ascending */
	size_t npass;
	mode_t umask;
	sigset_t mask; /* of the child */
	unsigned char reset[64]; /* signals to set to SIG_DFL */
	size_t nreset;
	struct prun_stdio stdio[3];
	int nice;
	int worker_fd; /* what is to be PRUN_WORKER_FD of the child; 0: nothing */
	uint64_t rlimit_mark; /* of rlimit_mark_of(); 0: none */
	unsigned flags;
	unsigned weight;
	double delay;
	double timeout;
};

/* What is the same for all children of this process, and is asked for once. */
struct plan_base {
	sigset_t mask; /* the caller's */
	sigset_t caught; /* signals that have a handler */
};

void plan_base_init(struct plan_base *base);

/* Is the spec complete and without contradiction?  0 or -EINVAL. */
int plan_check(const struct prun_spec *spec);

/* The shell that executes spec->command. */
const char *plan_shell(const struct prun_spec *spec);

/*
 * plan_set(&plan, &spec, &base, "NAME=value"): an all-zero plan, or one that
 * was used before, whose memory is used again.  extra (may be NULL) is one more
 * variable.  The strings of the caller's environment are not copied.
 * 0, -EINVAL or -ENOMEM.
 */
int plan_set(struct plan *plan, const struct prun_spec *spec,
    const struct plan_base *base, const char *extra);

/* The same for prun_spec.task: nothing is to be executed. */
int plan_check_task(const struct prun_spec *spec);
int plan_set_task(struct plan *plan, const struct prun_spec *spec);

/* Its input: the bytes are the copy, where there is one. */
struct prun_input plan_input(const struct plan *plan);

/* Nothing will be executed any more: keep the texts alone. */
void plan_trim(struct plan *plan);
void plan_fini(struct plan *plan);

#endif
