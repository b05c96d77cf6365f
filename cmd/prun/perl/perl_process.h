/* SPDX-License-Identifier: ISC */

/*
 * The perl process and the socket to it: a request of many fields is sent, and one
 * answer comes back.  Knows nothing of what the fields mean.
 */
#ifndef PERL_PERL_PROCESS_H
#define PERL_PERL_PROCESS_H

#include <sys/types.h>

#include <signal.h>

#include "prun.h"
#include "text/text.h"

/* All zero but for the caller's fields: perl is not started. */
struct perl_process {
	/* The caller sets these: as in perl_options. */
	const sigset_t *sigmask, *sigdefault;
	ssize_t (*read)(void *arg, int fd, void *buf, size_t len);
	void *arg;

	struct prun_process *process; /* NULL: not started, or ended */
	int fd; /* this process's end of the socket */
	bool broken; /* no more answers come */
	int error; /* -errno if a field could not be added to the request */
	struct bytes request, answer;
};

/* Add a field to the next request.  If this fails, perl_process_ask() tells the error. */
void perl_process_add(struct perl_process *p, struct text field);
void perl_process_add_number(struct perl_process *p, unsigned long long n);

/*
 * Send the request, and wait for the answer, which is lent until the next call.  The
 * process is started first if it does not run.  0; -ECANCELED when the run has to stop;
 * another -errno with a message.
 */
int perl_process_ask(struct perl_process *p, struct text *answer,
    struct message *m);

/* Take the first field from a text of fields.  False: there is none. */
bool perl_process_field(struct text *fields, struct text *field);

/* Kill perl, and all processes of its group that it has started. */
void perl_process_fini(struct perl_process *p);

#endif
