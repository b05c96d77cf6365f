/* SPDX-License-Identifier: ISC */

/*
 * Evaluates Perl for templates, in one perl process that is started at the first
 * expression and serves all of them, so that variables live on from one to the next.
 * Knows no template and no task.
 */
#ifndef PERL_PERL_H
#define PERL_PERL_H

#include <sys/types.h>

#include <signal.h>
#include <stddef.h>

#include "template/perl_evaluator.h"

struct perl;

/* An option that was given.  Expressions read it as $opt::keep_order or keeporder. */
struct perl_given {
	const char *name; /* "keep-order" */
	const char *value;
};

/* Everything is lent until perl_free(). */
struct perl_options {
	const sigset_t *sigmask, *sigdefault; /* as prun_spec has them */
	const struct perl_given *given;
	size_t ngiven;
	unsigned slots; /* $Global::max_jobs_running */
	/*
	 * Reads from a descriptor while signals are obeyed and jobs go on: bytes, 0
	 * at the end, -ECANCELED when the run is to stop, another -errno.
	 */
	ssize_t (*read)(void *arg, int fd, void *buf, size_t len);
	/* Says something on stderr. */
	void (*warn)(void *arg, const char *text);
	void *arg; /* of both */
};

/* 0 or -ENOMEM.  The process is not started yet. */
int perl_new(const struct perl_options *options, struct perl **pp);

/* Kills the process if there is one. */
void perl_free(struct perl *p);

/* Lent until perl_free(). */
const struct perl_evaluator *perl_evaluator(struct perl *p);

#endif
