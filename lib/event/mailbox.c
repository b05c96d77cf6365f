/* SPDX-License-Identifier: ISC */

/* Owns the list of posted mail, and the eventfd(2) that is readable when there is some. */
#include <sys/eventfd.h>

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "base/fd.h"
#include "event/loop.h"

int
mailbox_init(struct mailbox *box)
{
	int fd = fd_lift(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));

	STAILQ_INIT(&box->posted);
	box->rung = false;
	box->fd = fd < 0 ? -1 : fd;
	if (fd < 0)
		return fd;
	pthread_mutex_init(&box->lock, NULL);
	return 0;
}

void
mailbox_fini(struct mailbox *box)
{
	if (box->fd == -1)
		return;
	fd_close(&box->fd);
	pthread_mutex_destroy(&box->lock);
}

/* write(2) can fail only with EINTR: the counter is far from its maximum. */
void
mailbox_wake(struct mailbox *box)
{
	const uint64_t one = 1;
	int saved = errno;

	while (write(box->fd, &one, sizeof(one)) == -1 && errno == EINTR)
		continue;
	errno = saved;
}

void
mailbox_post(struct mailbox *box, struct mail *mail, unsigned bits)
{
	pthread_mutex_lock(&box->lock);
	mail->bits |= bits;
	if (!mail->posted)
		STAILQ_INSERT_TAIL(&box->posted, mail, entry);
	mail->posted = true;
	if (!box->rung)
		mailbox_wake(box);
	box->rung = true;
	pthread_mutex_unlock(&box->lock);
}

void
mailbox_quiet(struct mailbox *box)
{
	uint64_t n;

	pthread_mutex_lock(&box->lock);
	while (read(box->fd, &n, sizeof(n)) == -1 && errno == EINTR)
		continue;
	box->rung = false;
	pthread_mutex_unlock(&box->lock);
}

struct mail *
mailbox_take(struct mailbox *box, unsigned *bits)
{
	struct mail *mail;

	pthread_mutex_lock(&box->lock);
	mail = STAILQ_FIRST(&box->posted);
	if (mail != NULL) {
		STAILQ_REMOVE_HEAD(&box->posted, entry);
		mail->posted = false;
		*bits = mail->bits;
		mail->bits = 0;
	}
	pthread_mutex_unlock(&box->lock);
	return mail;
}

void
mailbox_withdraw(struct mailbox *box, struct mail *mail)
{
	pthread_mutex_lock(&box->lock);
	if (mail->posted)
		STAILQ_REMOVE(&box->posted, mail, mail, entry);
	mail->posted = false;
	mail->bits = 0;
	pthread_mutex_unlock(&box->lock);
}
