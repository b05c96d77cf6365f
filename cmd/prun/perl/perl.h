/* SPDX-License-Identifier: ISC */

/*
 * Evaluates Perl expressions for templates, in one perl process that is started at the
 * first expression and serves all of them: so a variable that one expression sets is
 * there for the next.  Knows no template and no task.
 */
#ifndef PERL_PERL_H
#define PERL_PERL_H

#include <sys/types.h>

#include <signal.h>
#include <stddef.h>

#include "template/perl_evaluator.h"

struct perl;

/*
 * An option that the user has given.  Expressions read it as $opt::keep_order or
 * $opt::keeporder.
 */
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
	 * Reads from a descriptor while signals are obeyed and jobs go on.  Returns how
	 * many bytes, 0 at the end, -ECANCELED if the run has to stop, or another
	 * -errno.
	 */
	ssize_t (*read)(void *arg, int fd, void *buf, size_t len);
	/* Writes a warning to stderr. */
	void (*warn)(void *arg, const char *text);
	void *arg; /* for read and warn */
};

/* 0 or -ENOMEM.  The process is not started yet. */
int perl_new(const struct perl_options *options, struct perl **pp);

/* Kills the process if there is one. */
void perl_free(struct perl *p);

/* Lent until perl_free(). */
const struct perl_evaluator *perl_evaluator(struct perl *p);

#endif
