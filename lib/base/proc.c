/* SPDX-License-Identifier: ISC */

/*
 * Reads what /proc tells about processes, reads its directories of numbers by the bare
 * system call, signals a process by its identity, and translates wait results, exec
 * errors and names of signals.  Knows no jobs.
 */
#include <sys/types.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <ctype.h>
#include <dirent.h>
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

/*
 * The buffer is small on purpose: few names are read at a time, and their processes
 * are looked at soon afterwards.  So a process is found even if it keeps replacing
 * itself by a child with a higher number.
 */
#define NAMES_SIZE 1024

char *
proc_dir_put(char *to, const char *text)
{
	while (*text != '\0')
		*to++ = *text++;
	*to = '\0';
	return to;
}

char *
proc_dir_put_number(char *to, uint64_t number)
{
	char digits[24];
	size_t i = sizeof(digits);

	digits[--i] = '\0';
	do {
		digits[--i] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	return proc_dir_put(to, digits + i);
}

pid_t
proc_dir_number(const char *name)
{
	long pid = 0;

	for (; isdigit((unsigned char)*name); name++) {
		pid = pid * 10 + (*name - '0');
		if (pid > INT32_MAX)
			return 0;
	}
	return *name == '\0' ? (pid_t)pid : 0;
}

/* The offset of a process in /proc is its number plus a constant. */
static void
note_place(struct proc_dir_place *last, pid_t number, off_t at)
{
	if (number < last->number)
		return;
	last->number = number;
	last->next = at + 1;
}

int
proc_dir_each(int dir, proc_dir_fn *fn, void *arg, struct proc_dir_place *last)
{
	_Alignas(struct dirent64) char data[NAMES_SIZE];
	const struct dirent64 *entry;
	off_t place;
	long n, at;
	pid_t number;
	int error;

	for (;;) {
		/* Each entry tells the offset of the entry after it. */
		place = lseek(dir, 0, SEEK_CUR);
		n = syscall(SYS_getdents64, dir, data, sizeof(data));
		if (n <= 0)
			return n == 0 ? 0 : -errno;
		for (at = 0; at < n; at += entry->d_reclen) {
			entry = (const struct dirent64 *)(const void *)(data +
			    at);
			number = proc_dir_number(entry->d_name);
			if (number != 0 && last != NULL)
				note_place(last, number, place);
			place = (off_t)entry->d_off;
			error = number != 0 ? fn(dir, entry->d_name, arg) : 0;
			if (error != 0)
				return error;
		}
	}
}

int
status_of(const siginfo_t *info, int *sig)
{
	if (info->si_code == CLD_EXITED) {
		*sig = 0;
		return info->si_status;
	}
	*sig = info->si_status;
	return 128 + info->si_status;
}

int
status_of_exec_error(int error)
{
	return error == ENOENT || error == ENOTDIR ? 127 : 126;
}

static int
status_signal_number(const char *name, size_t len)
{
	int n = 0;

	if (len == 0 || len > 2)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return 0;
		n = n * 10 + (name[i] - '0');
	}
	return n < NSIG ? n : 0;
}

int
status_signal(const char *name, size_t len)
{
	const char *abbrev;

	if (len > 3 && strncasecmp(name, "SIG", 3) == 0) {
		name += 3;
		len -= 3;
	}
	for (int sig = 1; sig < NSIG; sig++) {
		abbrev = sigabbrev_np(sig);
		if (abbrev != NULL && strlen(abbrev) == len &&
		    strncasecmp(abbrev, name, len) == 0)
			return sig;
	}
	return status_signal_number(name, len);
}

enum {
	PATH_BYTES = 64,
	STAT_BYTES = 1024,
};

/* Fields of /proc/PID/stat, counted from the first one after the name. */
enum stat_field {
	STAT_PARENT = 1,
	STAT_GROUP = 2,
	STAT_SESSION = 3,
	/* Page faults of children that the process has waited for.  Every child has some. */
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
	/* The start times in /proc/PID/stat are in this clock, also in a time namespace. */
	if (clock_gettime(CLOCK_BOOTTIME, &now) == -1)
		return 0;
	return (unsigned long long)now.tv_sec * hertz +
	    (unsigned long long)now.tv_nsec / (1000000000 / hertz);
}

/*
 * Read a small file of /proc.  What does not fit in data is cut; the text is
 * NUL-terminated.
 */
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

/*
 * The name of a process may contain any character, so the fields are counted from
 * the last ')'.
 */
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
	/*
	 * A process whose first thread has ended is shown as Z although its other
	 * threads live.
	 */
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

	(void)proc_dir_put_number(proc_dir_put(name, "/proc/"), (unsigned)pid);
	return proc_read_at(AT_FDCWD, name, pid, proc);
}

ssize_t
proc_read_file(pid_t pid, const char *file, char *data, size_t size)
{
	char path[PATH_BYTES];
	char *end = proc_dir_put_number(proc_dir_put(path, "/proc/"),
	    (unsigned)pid);

	(void)proc_dir_put(proc_dir_put(end, "/"), file);
	return read_at(AT_FDCWD, path, data, size);
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
	/*
	 * The pidfd holds the process: its number cannot be given to another between
	 * this check and the signal.
	 */
	error = proc_read(proc->pid, &now);
	if (error == 0 && now.started != proc->started)
		error = -ESRCH;
	if (error == 0 &&
	    syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0) == -1)
		error = -errno;
	(void)close(fd);
	return error;
}
