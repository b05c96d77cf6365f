/* SPDX-License-Identifier: ISC */

/*
 * Reads /proc: one process, all of them, the caller's children; and signals a
 * process by its identity.  It knows nothing of jobs.
 */
#include <sys/types.h>
#include <sys/syscall.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "kill/proc.h"
#include "kill/proc_dir.h"

enum {
	PATH_BYTES = 64,
	STAT_BYTES = 1024,
	CHILDREN_BYTES = 4096, /* as much as the kernel gives at once */
};

/* Positions in /proc/PID/stat, counted from the first after the name. */
enum stat_field {
	STAT_PARENT = 1,
	STAT_GROUP = 2,
	STAT_SESSION = 3,
	STAT_CHILDREN_FAULTS =
	    8, /* of those waited for: none lives without any */
	STAT_THREADS = 17,
	STAT_STARTED = 19,
	STAT_FIELDS,
};

unsigned long long
proc_now(void)
{
	struct timespec now;
	unsigned long long hertz;

	hertz = (unsigned long long)sysconf(_SC_CLK_TCK);
	/* The clock that /proc/PID/stat counts by, time namespaces included. */
	if (clock_gettime(CLOCK_BOOTTIME, &now) == -1)
		return 0;
	return (unsigned long long)now.tv_sec * hertz +
	    (unsigned long long)now.tv_nsec / (1000000000 / hertz);
}

/* What a small file of /proc holds, cut at size, NUL-terminated. */
static ssize_t
read_at(int dir, const char *path, char *data, size_t size)
{
	ssize_t n;
	size_t length = 0;
	int fd;

	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	do {
		n = fd_read(fd, data + length, size - 1 - length);
		if (n > 0)
			length += (size_t)n;
	} while (n > 0);
	(void)close(fd);
	data[length] = '\0';
	return n < 0 ? n : (ssize_t)length;
}

/* The name of a process may hold anything, so count from its last ')'. */
static int
parse_stat(const char *data, size_t length, struct proc *proc)
{
	const char *at;
	char *end;
	long long field[STAT_FIELDS] = { 0 };
	char state;
	int i;

	at = memrchr(data, ')', length);
	if (at == NULL || at[1] != ' ' || at[2] == '\0')
		return -EPROTO;
	state = at[2];
	at += 3;
	for (i = 1; i < STAT_FIELDS; i++) {
		field[i] = strtoll(at, &end, 10);
		if (end == at)
			return -EPROTO;
		at = end;
	}
	proc->parent = (pid_t)field[STAT_PARENT];
	proc->group = (pid_t)field[STAT_GROUP];
	proc->session = (pid_t)field[STAT_SESSION];
	proc->started = (unsigned long long)field[STAT_STARTED];
	/* A process whose first thread alone has ended shows as Z and lives. */
	proc->dead = state == 'X' || state == 'x' ||
	    (state == 'Z' && field[STAT_THREADS] <= 1);
	proc->had_children = field[STAT_CHILDREN_FAULTS] > 0;
	proc->role = 0;
	return 0;
}

/* name: of the process's directory below dir. */
static int
read_stat(int dir, const char *name, pid_t pid, struct proc *proc)
{
	char path[PATH_BYTES], data[STAT_BYTES];
	ssize_t n;

	(void)proc_dir_put(proc_dir_put(path, name), "/stat");
	n = read_at(dir, path, data, sizeof(data));
	if (n == -ENOENT)
		return -ESRCH;
	if (n < 0)
		return (int)n;
	proc->pid = pid;
	return parse_stat(data, (size_t)n, proc);
}

int
proc_read(pid_t pid, struct proc *proc)
{
	char name[PATH_BYTES / 2];

	(void)proc_dir_put_pid(proc_dir_put(name, "/proc/"), pid);
	return read_stat(AT_FDCWD, name, pid, proc);
}

/* /proc lists by number already; that is a habit, not a promise. */
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
	pid_t newer; /* what is not has been read already */
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
	error = read_stat(dir, name, pid, &proc);
	if (error == -ESRCH || error == -EACCES || error == -EPERM)
		return 0;
	if (error == 0)
		error = proc_list_add(scan->list, &proc);
	if (error == 0)
		sort_last(scan->list);
	return error;
}

/*
 * The kernel deems the directory read when it has given the last name.  Who
 * bore that name may have forked and died since, so what has come after is read
 * as well, until there is nothing newer.
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

/* In another pid namespace the numbers would be somebody else's. */
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

static int
signal_by_number(const struct proc *proc, int sig)
{
	struct proc now;
	int error;

	error = proc_read(proc->pid, &now);
	if (error != 0)
		return error;
	if (now.started != proc->started)
		return -ESRCH;
	return kill(proc->pid, sig) == -1 ? -errno : 0;
}

int
proc_signal(const struct proc *proc, int sig)
{
	struct proc now;
	int fd, error;

	fd = (int)syscall(SYS_pidfd_open, proc->pid, 0);
	if (fd == -1 && errno != ENOSYS && errno != EPERM)
		return errno == EINVAL ? -ESRCH : -errno;
	if (fd == -1)
		return signal_by_number(proc, sig);
	/* The number cannot change hands between this look and the signal. */
	error = proc_read(proc->pid, &now);
	if (error == 0 && now.started != proc->started)
		error = -ESRCH;
	if (error == 0 &&
	    syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0) == -1)
		error = -errno;
	(void)close(fd);
	return error;
}

struct children {
	proc_child_fn *fn;
	void *arg;
	bool listed; /* this kernel lists the children of a thread */
};

/* fd: a file of numbers, each with a space behind it. */
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
	/* Threads end as they please. */
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
