/* SPDX-License-Identifier: ISC */

/*
 * Owns the word of a slot and the order in which it is stored: what the slot says must
 * be true at whatever moment the worker is killed.  Knows no process and no queue.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "workers/fn_frame.h"
#include "workers/slot.h"

enum {
	RUNNING = 1,
	RETURNED = 2,
	CONDEMNED = 4, /* its time was up while it was running */
	CLOSED = 8, /* no task can be claimed */
	BITS = 4,
};

void
slot_reset(struct slot *slot)
{
	atomic_store(&slot->word, 0);
	atomic_store(&slot->since, 0);
	atomic_store(&slot->busy, 0);
	atomic_store(&slot->base, 0);
	atomic_store(&slot->committed, 0);
	atomic_store(&slot->pid, 0);
	slot->status = slot->signal = slot->error = 0;
	atomic_store(&slot->ended, false);
}

bool
slot_claim(struct slot *slot, uint64_t number)
{
	uint64_t word = atomic_load(&slot->word);

	while (!(word & CLOSED)) {
		if (atomic_compare_exchange_weak(&slot->word, &word,
			number << BITS | RUNNING))
			return true;
	}
	return false;
}

bool
slot_return(struct slot *slot)
{
	/* RUNNING becomes RETURNED, and the other bits stay as they are. */
	return !(atomic_fetch_add(&slot->word, RETURNED - RUNNING) & CONDEMNED);
}

void
slot_idle(struct slot *slot)
{
	(void)atomic_fetch_and(&slot->word, ~(uint64_t)RETURNED);
}

void
slot_reopen(struct slot *slot)
{
	(void)atomic_fetch_and(&slot->word, ~(uint64_t)CLOSED);
}

bool
slot_condemn(struct slot *slot, int64_t before)
{
	uint64_t word = atomic_load(&slot->word);

	/*
	 * If since were that of another task than word's, word would have changed, and
	 * the exchange would fail.
	 */
	while (word & RUNNING && !(word & CONDEMNED) &&
	    atomic_load(&slot->since) <= before) {
		if (atomic_compare_exchange_weak(&slot->word, &word,
			word | CONDEMNED))
			return true;
	}
	return false;
}

int64_t
slot_running_since(struct slot *slot)
{
	const uint64_t word = atomic_load(&slot->word);

	return word & RUNNING && !(word & CONDEMNED) ?
	    atomic_load(&slot->since) :
	    INT64_MAX;
}

uint64_t
slot_close(struct slot *slot)
{
	return atomic_fetch_or(&slot->word, CLOSED) >> BITS;
}

uint64_t
slot_number(const struct slot *slot)
{
	return atomic_load(&slot->word) >> BITS;
}

bool
slot_is_condemned(const struct slot *slot)
{
	return (atomic_load(&slot->word) & CONDEMNED) != 0;
}

int
outbox_flush(struct outbox *o)
{
	int error = fd_write_all(o->fd, o->slot->out, o->used);

	if (error != 0)
		return error;
	atomic_store_explicit(&o->slot->base,
	    atomic_load_explicit(&o->slot->base, memory_order_relaxed) +
		o->used,
	    memory_order_release);
	o->used = 0;
	return 0;
}

/*
 * Writes an answer that is longer than the outbox straight into the pipe.  It counts as
 * given when all of it is there.
 */
static int
outbox_pass(struct outbox *o, const struct fn_frame *frame, const void *data)
{
	static const char pad[FN_FRAME_ALIGN];
	const size_t padding = fn_frame_padded(frame->length) - frame->length;
	uint64_t end = atomic_load(&o->slot->base) + sizeof(*frame) +
	    fn_frame_padded(frame->length);
	int error = fd_write_all(o->fd, frame, sizeof(*frame));

	if (error == 0)
		error = fd_write_all(o->fd, data, frame->length);
	if (error == 0)
		error = fd_write_all(o->fd, pad, padding);
	if (error != 0)
		return error;
	atomic_store(&o->slot->base, end);
	atomic_store(&o->slot->committed, end);
	return 0;
}

int
outbox_put(struct outbox *o, const struct fn_frame *frame, const void *data)
{
	const size_t padded = fn_frame_padded(frame->length);
	char *to;
	int error = 0;

	if (padded > OUTBOX_SIZE - sizeof(*frame) ||
	    sizeof(*frame) + padded > OUTBOX_SIZE - o->used)
		error = outbox_flush(o);
	if (error != 0)
		return error;
	if (padded > OUTBOX_SIZE - sizeof(*frame))
		return outbox_pass(o, frame, data);
	to = o->slot->out + o->used;
	memcpy(to, frame, sizeof(*frame));
	if (frame->length > 0)
		memcpy(to + sizeof(*frame), data, frame->length);
	memset(to + sizeof(*frame) + frame->length, 0, padded - frame->length);
	o->used += sizeof(*frame) + padded;
	atomic_store_explicit(&o->slot->committed,
	    atomic_load_explicit(&o->slot->base, memory_order_relaxed) +
		o->used,
	    memory_order_release);
	return 0;
}

size_t
outbox_rest(const struct slot *slot, uint64_t received, const char **data)
{
	const uint64_t base = atomic_load(&slot->base);
	const uint64_t committed = atomic_load(&slot->committed);

	/* The slot is memory that a task's function may have overwritten. */
	if (received >= committed || received < base ||
	    committed - base > OUTBOX_SIZE)
		return 0;
	*data = slot->out + (received - base);
	return committed - received;
}
