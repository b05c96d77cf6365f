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

/* Embedded in its addressee; all-zero but for owner: nothing posted. */
struct mail {
	STAILQ_ENTRY(mail) entry;
	void *owner;
	unsigned bits;
	bool posted;
};

struct mailbox {
	pthread_mutex_t lock;
	STAILQ_HEAD(, mail) posted;
	bool rung; /* fd is readable */
	int fd; /* readable while there is mail */
};

int mailbox_init(struct mailbox *box);
void mailbox_fini(struct mailbox *box);

/* Any thread.  Bits posted before they are taken add up. */
void mailbox_post(struct mailbox *box, struct mail *mail, unsigned bits);

/* The next one and its bits; NULL: none, and fd is not readable any more. */
struct mail *mailbox_take(struct mailbox *box, unsigned *bits);

/* Take back what was posted: nobody posts it from now on. */
void mailbox_withdraw(struct mailbox *box, struct mail *mail);

#endif
