/* SPDX-License-Identifier: ISC */

/*
 * Reads all processes of /proc, or the caller's children, into a list.  The memory of a
 * list comes from mmap(2), because the child of a multi-threaded process must not use
 * the heap.
 */
#include <sys/types.h>
#include <sys/mman.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "kill/proc_list.h"

#define PATH_BYTES 64
#define CHILDREN_BYTES 4096 /* as much as the kernel gives at once */
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

/*
 * The kernel lists /proc in the order of the pids, but does not promise to, so each new
 * process is moved to its place.
 */
static void
sort_last(struct proc_list *list)
{
	struct proc *last = list->all + list->count - 1, swap;

	for (; last > list->all && last[-1].pid > last->pid; last--) {
		swap = *last;
		*last = last[-1];
		last[-1] = swap;
	}
}

struct scan {
	struct proc_list *list;
	/* Only processes with a higher pid are added: all others have been read. */
	pid_t newer;
};

static int
scan_one(int dir, const char *name, void *arg)
{
	struct scan *scan = arg;
	struct proc proc;
	pid_t pid = proc_dir_number(name);
	int error;

	if (pid <= scan->newer)
		return 0;
	error = proc_read_at(dir, name, pid, &proc);
	if (error == -ESRCH || error == -EACCES || error == -EPERM)
		return 0;
	if (error == 0)
		error = proc_list_add(scan->list, &proc);
	if (error == 0)
		sort_last(scan->list);
	return error;
}

/*
 * The process with the highest pid may have forked and died after the kernel listed it.
 * So the directory is read again from that pid on, until no new process is found.
 */
static int
scan_all(int dir, struct proc_list *list)
{
	struct scan scan = { .list = list };
	struct proc_dir_place last = { 0 };
	int error;

	do {
		scan.newer = last.number;
		error = proc_dir_each(dir, scan_one, &scan, &last);
	} while (error == 0 && last.number > scan.newer &&
	    lseek(dir, last.next, SEEK_SET) != -1);
	return error;
}

/* If /proc belongs to another pid namespace, its pids are those of other processes. */
static bool
is_ours(int dir)
{
	char name[PATH_BYTES];
	ssize_t n;

	n = readlinkat(dir, "self", name, sizeof(name) - 1);
	if (n <= 0)
		return false;
	name[n] = '\0';
	return proc_dir_number(name) == getpid();
}

int
proc_scan(struct proc_list *list)
{
	int dir, error = -ENOENT;

	list->count = 0;
	dir = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return -errno;
	if (is_ours(dir))
		error = scan_all(dir, list);
	(void)close(dir);
	return error;
}

struct children {
	proc_child_fn *fn;
	void *arg;
	bool listed; /* this kernel lists the children of a thread */
};

/* fd is a file of pids, each followed by a space. */
static int
read_children(int fd, const struct children *children)
{
	char data[CHILDREN_BYTES];
	ssize_t n, i;
	pid_t pid = 0;
	int error;

	while ((n = fd_read(fd, data, sizeof(data))) > 0) {
		for (i = 0; i < n; i++) {
			if (isdigit((unsigned char)data[i])) {
				pid = pid * 10 + (data[i] - '0');
				continue;
			}
			error = pid != 0 ? children->fn(pid, children->arg) : 0;
			if (error != 0)
				return error;
			pid = 0;
		}
	}
	return (int)n;
}

static int
children_of_thread(int dir, const char *thread, void *arg)
{
	struct children *children = arg;
	char path[PATH_BYTES];
	int fd, error;

	(void)proc_dir_put(proc_dir_put(path, thread), "/children");
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	/* The thread may have ended since its name was read. */
	if (fd == -1)
		return errno == ENOENT || errno == ESRCH ? 0 : -errno;
	children->listed = true;
	error = read_children(fd, children);
	(void)close(fd);
	return error == -ESRCH ? 0 : error;
}

static int
children_by_scan(proc_child_fn *fn, void *arg)
{
	struct proc_list list = { 0 };
	pid_t self = getpid();
	int error;
	size_t i;

	error = proc_scan(&list);
	for (i = 0; i < list.count && error == 0; i++) {
		if (list.all[i].parent == self)
			error = fn(list.all[i].pid, arg);
	}
	proc_list_fini(&list);
	return error;
}

int
proc_children(proc_child_fn *fn, void *arg)
{
	struct children children = { .fn = fn, .arg = arg };
	int dir, error;

	dir = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return -errno;
	error = proc_dir_each(dir, children_of_thread, &children, NULL);
	(void)close(dir);
	if (error == 0 && !children.listed)
		error = children_by_scan(fn, arg);
	return error;
}
