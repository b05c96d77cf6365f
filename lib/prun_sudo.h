/* SPDX-License-Identifier: ISC */

/*
 * A part of prun.h, which has the rules for all calls: commands as another user, by sudo(8).
 */
#ifndef PRUN_SUDO_H
#define PRUN_SUDO_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* A password, in memory that is locked, in no core dump, and wiped: struct prun_secret */
struct prun_secret;

/* Room for size bytes with the NUL, up to 64 KiB.  -EINVAL, -ENOMEM, -EPERM, -EAGAIN. */
int prun_secret_new(size_t size, struct prun_secret **sp);
/* The memory that the caller writes the password to; the password ends at the NUL. */
char *prun_secret_text(struct prun_secret *s);
/* To be called when no process runs any more that was given the secret.  NULL: nothing is done. */
void prun_secret_free(struct prun_secret *s);

/*
 * How sudo(8) runs the command.  The library gives sudo the password once, when sudo asks with
 * the library's own prompt.
 */
struct prun_sudo {
	size_t size; /* sizeof(struct prun_sudo) */
	const char *user; /* to run as; NULL: root */
	bool quiet; /* -n: the caller knows that sudo will ask nothing */
	/* Lent until the process has ended, or its pool is freed; NULL: if sudo asks, the job is refused. */
	const struct prun_secret *secret;
	/* Variables to keep, NULL at its end; NULL: none. */
	const char *const *preserve;
};

/*
 * Sudo asks for the password; time is 1 the first time.  Fill in the secret and return 0, or
 * -errno to give up.
 */
typedef int prun_sudo_ask_fn(unsigned time, void *arg);

/* What prun_sudo_check() found. */
struct prun_sudo_answer {
	size_t size; /* sizeof(struct prun_sudo_answer) */
	bool asked; /* sudo asked for the password */
	bool refused; /* the password was wrong, or there was none */
	/* Refused, because sudo asked for something else as well. */
	bool puzzled;
	int status; /* the exit status of sudo */
};

/*
 * Run "sudo -v": may this user run commands, and is the password right? If so, 0, and
 * answer->status is 0.  It blocks.  What sudo says is written to err (-1: it is thrown away).
 * ask NULL: the secret is given once.
 */
int prun_sudo_check(const struct prun_sudo *sudo, int err,
    prun_sudo_ask_fn *ask, void *arg, struct prun_sudo_answer *answer);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
