/* SPDX-License-Identifier: ISC */

/* Owns the memory of tasks.  Knows no worker. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "workers/fn_worker.h"

#define SMALL \
	((size_t)64) /* each task of the store has room for so many bytes */
#define KEEP 10000

void
fn_task_store_init(struct fn_task_store *store)
{
	TAILQ_INIT(&store->unused);
	store->n = 0;
}

void
fn_task_store_fini(struct fn_task_store *store)
{
	struct fn_task *task;

	while ((task = TAILQ_FIRST(&store->unused)) != NULL) {
		TAILQ_REMOVE(&store->unused, task, entry);
		free(task);
	}
	store->n = 0;
}

static struct fn_task *
allocate(struct fn_task_store *store, size_t padded)
{
	struct fn_task *task = TAILQ_FIRST(&store->unused);

	if (padded > SMALL || task == NULL)
		return malloc(sizeof(*task) +
		    (padded > SMALL ? padded : SMALL));
	TAILQ_REMOVE(&store->unused, task, entry);
	store->n--;
	return task;
}

struct fn_task *
fn_task_new(struct fn_task_store *store, prun_task_fn *fn, const void *in,
    size_t len)
{
	struct fn_task *task;
	size_t padded;
	char *data;

	if (len > SIZE_MAX / 4)
		return NULL;
	padded = fn_frame_padded(len);
	task = allocate(store, padded);
	if (task == NULL)
		return NULL;
	*task = (struct fn_task){
		.frame = { .length = len, .fn = fn, .kind = FN_FRAME_TASK }
	};
	data = (char *)(task + 1);
	if (len > 0)
		memcpy(data, in, len);
	memset(data + len, 0, padded - len);
	return task;
}

void
fn_task_free(struct fn_task_store *store, struct fn_task *task)
{
	if (task->frame.length > SMALL || store->n >= KEEP) {
		free(task);
		return;
	}
	TAILQ_INSERT_HEAD(&store->unused, task, entry);
	store->n++;
}

size_t
fn_task_size(const struct fn_task *task)
{
	return sizeof(task->frame) + fn_frame_padded(task->frame.length);
}
