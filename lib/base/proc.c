/* SPDX-License-Identifier: ISC */

/*
 * Reads what /proc tells about one process, and signals a process by its identity.
 * Knows no jobs.
 */
#include <sys/types.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "base/proc_dir.h"

enum {
	PATH_BYTES = 64,
	STAT_BYTES = 1024,
};

/* Positions in /proc/PID/stat, counted from the first after the name. */
enum stat_field {
	STAT_PARENT = 1,
	STAT_GROUP = 2,
	STAT_SESSION = 3,
	/* Page faults of the children that were waited for.  Every child has some. */
	STAT_CHILDREN_FAULTS = 8,
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

/* Read a small file of /proc: cut at size, NUL-terminated. */
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

int
proc_read_at(int dir, const char *name, pid_t pid, struct proc *proc)
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
	return proc_read_at(AT_FDCWD, name, pid, proc);
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
