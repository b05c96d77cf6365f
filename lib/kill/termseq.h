/* SPDX-License-Identifier: ISC */

/* A kill sequence, "TERM,200,KILL,25": signals and the waits behind them. */
#ifndef KILL_TERMSEQ_H
#define KILL_TERMSEQ_H

#include <stddef.h>
#include <stdint.h>

#define TERMSEQ_STEPS 32

struct termseq {
	size_t n;

	struct termseq_step {
		int sig;
		int64_t wait; /* nanoseconds */
	} step[TERMSEQ_STEPS];
};

/* 0 or -EINVAL.  A last signal without a wait is waited for as long as KILL. */
int termseq_parse(const char *text, struct termseq *seq);

#endif
