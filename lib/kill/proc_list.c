/* SPDX-License-Identifier: ISC */

/*
 * Owns the memory of a list of processes, which comes from mmap(2): the heap
 * is out of bounds in the child of a multi-threaded process.
 */
#include <sys/types.h>
#include <sys/mman.h>

#include <errno.h>

#include "kill/proc_list.h"

#define FIRST_ROOM ((size_t)64 * 1024)

static int
grow(struct proc_list *list)
{
	size_t room = list->room == 0 ? FIRST_ROOM : list->room * 2;
	void *all;

	if (list->room == 0)
		all = mmap(NULL, room, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	else
		all = mremap(list->all, list->room, room, MREMAP_MAYMOVE);
	if (all == MAP_FAILED)
		return -errno;
	list->all = all;
	list->room = room;
	return 0;
}

int
proc_list_add(struct proc_list *list, const struct proc *proc)
{
	int error;

	if ((list->count + 1) * sizeof(*list->all) > list->room) {
		error = grow(list);
		if (error != 0)
			return error;
	}
	list->all[list->count++] = *proc;
	return 0;
}

void
proc_list_fini(struct proc_list *list)
{
	if (list->room != 0)
		(void)munmap(list->all, list->room);
	*list = (struct proc_list){ 0 };
}

struct proc *
proc_find(const struct proc_list *list, pid_t pid)
{
	size_t low = 0, high = list->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (list->all[middle].pid == pid)
			return list->all + middle;
		if (list->all[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
