/* SPDX-License-Identifier: ISC */

/* Owns the order of deadlines in a binary heap.  It knows no clock and no thread. */
#include <errno.h>
#include <stdlib.h>

#include "event/deadline_heap.h"

#define FIRST_SIZE 32

void
deadline_heap_fini(struct deadline_heap *heap)
{
	free(heap->at);
	*heap = (struct deadline_heap){ 0 };
}

int
deadline_heap_reserve(struct deadline_heap *heap)
{
	size_t size = heap->size != 0 ? heap->size * 2 : FIRST_SIZE;
	struct deadline **at;

	if (heap->n + 1 < heap->size)
		return 0;
	at = reallocarray(heap->at, size, sizeof(*at));
	if (at == NULL)
		return -ENOMEM;
	heap->at = at;
	heap->size = size;
	return 0;
}

static void
heap_put(struct deadline_heap *heap, size_t i, struct deadline *d)
{
	heap->at[i] = d;
	d->place = i;
}

static void
heap_up(struct deadline_heap *heap, size_t i, struct deadline *d)
{
	for (; i > 1 && heap->at[i / 2]->due > d->due; i /= 2)
		heap_put(heap, i, heap->at[i / 2]);
	heap_put(heap, i, d);
}

static void
heap_down(struct deadline_heap *heap, size_t i, struct deadline *d)
{
	size_t child;

	for (; (child = 2 * i) <= heap->n; i = child) {
		if (child < heap->n &&
		    heap->at[child + 1]->due < heap->at[child]->due)
			child++;
		if (heap->at[child]->due >= d->due)
			break;
		heap_put(heap, i, heap->at[child]);
	}
	heap_put(heap, i, d);
}

void
deadline_heap_add(struct deadline_heap *heap, struct deadline *d, int64_t due)
{
	d->due = due;
	heap_up(heap, ++heap->n, d);
}

void
deadline_heap_remove(struct deadline_heap *heap, struct deadline *d)
{
	size_t i = d->place;
	struct deadline *last = heap->at[heap->n--];

	d->place = 0;
	if (last == d)
		return;
	if (i > 1 && heap->at[i / 2]->due > last->due)
		heap_up(heap, i, last);
	else
		heap_down(heap, i, last);
}

struct deadline *
deadline_heap_first(const struct deadline_heap *heap)
{
	return heap->n > 0 ? heap->at[1] : NULL;
}
