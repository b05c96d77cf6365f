/* SPDX-License-Identifier: ISC */

/*
 * A heap of deadlines: the earliest is on top.  It has no lock of its own.
 */
#ifndef EVENT_DEADLINE_HEAP_H
#define EVENT_DEADLINE_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Embedded in the object that has the deadline.  All zero: in no heap. */
struct deadline {
	int64_t due; /* clock_now() time */
	size_t place; /* in the heap, from 1; 0: not in it */
};

/* All zero: empty. */
struct deadline_heap {
	struct deadline **at; /* at[1] is the earliest; at[0] is not used */
	size_t n, size;
};

void deadline_heap_fini(struct deadline_heap *heap);

/* Room for one more, so that the next _add() cannot fail.  0 or -ENOMEM. */
int deadline_heap_reserve(struct deadline_heap *heap);

/* The caller has reserved room; d is in no heap. */
void deadline_heap_add(struct deadline_heap *heap, struct deadline *d,
    int64_t due);

/* d must be in the heap. */
void deadline_heap_remove(struct deadline_heap *heap, struct deadline *d);

/* The earliest, which stays in the heap; NULL: the heap is empty. */
struct deadline *deadline_heap_first(const struct deadline_heap *heap);

#endif
