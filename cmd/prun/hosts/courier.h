/* SPDX-License-Identifier: ISC */

/*
 * Brings prun to a host that has none: a process between prun and the program that is the
 * connection.  It speaks to a shell there until prun runs as the agent; from then on it
 * passes on bytes.
 */
#ifndef HOSTS_COURIER_H
#define HOSTS_COURIER_H

#include <stdbool.h>

#define COURIER_OPTION "--remote-courier"
/* Seconds in which a host must answer, or take more bytes. */
#define COURIER_PATIENCE 30
/* The whole must be done in this time. */
#define COURIER_SECONDS 600.0

/* Has the connection ended for want of prun there, or of this protocol? */
bool courier_helps(const char *why);

/*
 * The path of a prun that can be sent to a host: $PRUN_STATIC; else this program, if it
 * needs no library; else prun-static beside it or in libexec.  NULL: there is none.  The
 * caller frees it.
 */
char *courier_program(void);

/* What is started instead of a connection's program; zeros: nothing. */
struct courier {
	const char **argv;
	char *self, *program;
};

/* words end with "prun" and "--remote-agent", and stay the caller's.  0 or -errno. */
int courier_init(struct courier *c, const char *const *words);
void courier_fini(struct courier *c);

/* argv: the program to be sent, the words of the connection's program, "sh", a token. */
int courier_main(int argc, char *argv[]);

#endif
