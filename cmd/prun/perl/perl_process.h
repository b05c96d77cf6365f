/* SPDX-License-Identifier: ISC */

/*
 * The perl process and the socket to it: a request of many fields goes there, one
 * answer comes back.  Knows nothing of what they mean.
 */
#ifndef PERL_PERL_PROCESS_H
#define PERL_PERL_PROCESS_H

#include <sys/types.h>

#include <signal.h>

#include "prun.h"
#include "text/text.h"

/* All zero but for what the caller sets: not started. */
struct perl_process {
	/* Set by the caller: as perl_options has them. */
	const sigset_t *sigmask, *sigdefault;
	ssize_t (*read)(void *arg, int fd, void *buf, size_t len);
	void *arg;

	struct prun_process *process; /* NULL: not started, or ended */
	int fd; /* our end of the socket */
	bool broken; /* there will be no more answers */
	int error; /* a field of the request could not be added */
	struct bytes request, answer;
};

/* Add a field to the next request.  What fails is told by perl_process_ask(). */
void perl_process_add(struct perl_process *p, struct text field);
void perl_process_add_number(struct perl_process *p, unsigned long long n);

/*
 * Send the request, starting the process first if need be, and wait for the answer,
 * which is lent until the next call.  0; -ECANCELED when the run is to stop;
 * another -errno with a message.
 */
int perl_process_ask(struct perl_process *p, struct text *answer,
    struct message *m);

/* Take the first field from a text of fields.  False: there is none. */
bool perl_process_field(struct text *fields, struct text *field);

/* Kill it, and all that it has started in its group. */
void perl_process_fini(struct perl_process *p);

#endif
