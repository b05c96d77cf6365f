/* SPDX-License-Identifier: ISC */

/*
 * Brings prun to a host that has none.  The courier is a process between prun and the
 * program that is the connection.  It talks to a shell there until prun runs there as
 * the agent; from then on it only passes bytes on.
 */
#ifndef HOSTS_COURIER_H
#define HOSTS_COURIER_H

#include <stdbool.h>

#define COURIER_OPTION "--remote-courier"
/* Within so many seconds a host must answer, or take more bytes. */
#define COURIER_PATIENCE 30
/* All of it must be done within so many seconds. */
#define COURIER_SECONDS 600.0

/*
 * Did the connection fail because prun is missing there, or has another version of the
 * protocol?  why is the reason.
 */
bool courier_helps(const char *why);

/*
 * The path of a prun that can be sent to a host: $PRUN_STATIC; else this program, if it
 * needs no library; else prun-static, beside it or in libexec.  NULL: there is none.
 * The caller frees it.
 */
char *courier_program(void);

/*
 * The words of the courier, which is started instead of the connection's program.  All
 * zero: no courier.
 */
struct courier {
	const char **argv;
	char *self, *program;
};

/*
 * words are those of the connection's program, and end with "prun" and
 * "--remote-agent"; the caller still owns them.  0 or -errno.
 */
int courier_init(struct courier *c, const char *const *words);
void courier_fini(struct courier *c);

/*
 * argv is the program to be sent, the words of the connection's program, "sh", and a
 * token.
 */
int courier_main(int argc, char *argv[]);

#endif
