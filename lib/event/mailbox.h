/* SPDX-License-Identifier: ISC */

/*
 * Messages from other threads to the thread that runs a loop.  A mail belongs to
 * one receiver and has bits that say what happened.  Posting allocates nothing and
 * waits only for the lock.
 */
#ifndef EVENT_MAILBOX_H
#define EVENT_MAILBOX_H

#include <sys/queue.h>

#include <pthread.h>
#include <stdbool.h>

struct mail;

/* Called by the thread that runs the loop. */
typedef void mail_fn(struct mail *mail, unsigned bits);

/* Embedded in its receiver.  All zero except fn and owner: not posted. */
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
	bool rung; /* mailbox_post() has made fd readable */
	int fd; /* readable after mailbox_post() and mailbox_wake() */
};

int mailbox_init(struct mailbox *box);
void mailbox_fini(struct mailbox *box);

/* Any thread.  Bits of a mail that has not been taken yet are added up. */
void mailbox_post(struct mailbox *box, struct mail *mail, unsigned bits);

/* Make fd readable, without mail.  Any thread, and a signal handler may call it. */
void mailbox_wake(struct mailbox *box);

/* Make fd not readable, until something is posted again. */
void mailbox_quiet(struct mailbox *box);

/* Call it after mailbox_quiet().  The next mail and its bits; NULL: none. */
struct mail *mailbox_take(struct mailbox *box, unsigned *bits);

/* Take a mail back.  The caller ensures that nobody posts it afterwards. */
void mailbox_withdraw(struct mailbox *box, struct mail *mail);

#endif
