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
/* To be filled in; the password ends at the NUL. */
char *prun_secret_text(struct prun_secret *s);
/* Nothing that was given it may run any more.  NULL is fine. */
void prun_secret_free(struct prun_secret *s);

/* How sudo(8) runs it; it is told the password once, when it asks with the library's marker. */
struct prun_sudo {
	size_t size; /* sizeof(struct prun_sudo) */
	const char *user; /* to run as; NULL: root */
	bool quiet; /* -n: it is known that nothing will be asked */
	/* Lent until the process has ended, or its pool is freed; NULL: refuse. */
	const struct prun_secret *secret;
	/* Variables to keep, NULL at its end; NULL: none. */
	const char *const *preserve;
};

/* Sudo asks, with 1 the first time: fill in the secret and return 0, or -errno to give up. */
typedef int prun_sudo_ask_fn(unsigned time, void *arg);

/* What prun_sudo_check() found. */
struct prun_sudo_answer {
	size_t size; /* sizeof(struct prun_sudo_answer) */
	bool asked; /* for the password */
	bool refused; /* the one it got was wrong, or there was none */
	bool puzzled; /* refused: it asked for something else as well */
	int status; /* of sudo */
};

/*
 * "sudo -v": may this user, and is the password right?  Yes: 0, and answer->status is 0.  It
 * blocks; what sudo says goes to err (-1: nowhere); ask NULL: the secret is given once.
 */
int prun_sudo_check(const struct prun_sudo *sudo, int err,
    prun_sudo_ask_fn *ask, void *arg, struct prun_sudo_answer *answer);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
