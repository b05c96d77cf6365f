/* SPDX-License-Identifier: ISC */

/*
 * Reads directories of numbers by the bare system call.  Knows no process.
 */
#include <sys/types.h>
#include <sys/syscall.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "base/proc_dir.h"

/*
 * Small on purpose.  Names are read shortly before the processes are, so that a process is
 * found that keeps replacing itself by a child with a higher number.
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
proc_dir_put_pid(char *to, pid_t pid)
{
	char digits[16];
	size_t i = sizeof(digits);
	unsigned number = (unsigned)pid;

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
		/* An entry tells where the one after it stands. */
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
