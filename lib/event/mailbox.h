/* SPDX-License-Identifier: ISC */

/*
 * Word from other threads to the one that runs a loop: whose mail it is, and
 * bits that say what happened.  Posting never allocates and never waits long.
 */
#ifndef EVENT_MAILBOX_H
#define EVENT_MAILBOX_H

#include <sys/queue.h>

#include <pthread.h>
#include <stdbool.h>

struct mail;

/* Called by the thread that runs the loop. */
typedef void mail_fn(struct mail *mail, unsigned bits);

/* Embedded in its addressee; all zero but for fn and owner: nothing is posted. */
struct mail {
	STAILQ_ENTRY(mail) entry;
	mail_fn *fn;
	void *owner;
	unsigned bits;
	bool posted;
};

struct mailbox {
	pthread_mutex_t lock;
	STAILQ_HEAD(, mail) posted;
	bool rung; /* there is mail, and fd is readable */
	int fd; /* readable after mailbox_post() and mailbox_wake() */
};

int mailbox_init(struct mailbox *box);
void mailbox_fini(struct mailbox *box);

/* Any thread.  Bits posted before they are taken add up. */
void mailbox_post(struct mailbox *box, struct mail *mail, unsigned bits);

/* Make fd readable, without mail.  Any thread, and a signal handler. */
void mailbox_wake(struct mailbox *box);

/* From now on fd is readable only when something is posted again. */
void mailbox_quiet(struct mailbox *box);

/* After mailbox_quiet(): the next one and its bits; NULL: none. */
struct mail *mailbox_take(struct mailbox *box, unsigned *bits);

/* Take back what was posted: nobody posts it from now on. */
void mailbox_withdraw(struct mailbox *box, struct mail *mail);

#endif
