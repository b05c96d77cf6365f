/* SPDX-License-Identifier: ISC */

/*
 * Decides from names, owners and children whether sudo has started its command.
 * A command of another user that calls itself sudo is not taken for it: sudo is
 * root's, or the caller's own while it has not got its rights yet.  Nor is sudo
 * alone again when its command has ended: somebody else may hold its stdin.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "kill/proc.h"
#include "transport/sudo_state.h"

#define NAME "sudo"
#define DEEPEST 8 /* sudo, its monitor, and some more */
#define CHILDREN_SIZE 4096

/* A small file of a process.  Its length, or -errno. */
static ssize_t
look_read(pid_t pid, const char *file, char *data, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	n = fd_read(fd, data, size - 1);
	(void)close(fd);
	if (n >= 0)
		data[n] = '\0';
	return n;
}

/*
 * 1: it is sudo; 0: something else; 2: sudo as somebody else, which it is for
 * moments while it reads its policy; -errno.
 */
static int
look_is_sudo(pid_t pid)
{
	char path[32], name[32];
	struct stat st;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%ld", (long)pid);
	if (stat(path, &st) == -1)
		return -errno;
	n = look_read(pid, "comm", name, sizeof(name));
	if (n < 0)
		return (int)n;
	if (strcmp(name, NAME "\n") != 0)
		return 0;
	return st.st_uid == 0 || st.st_uid == geteuid() ? 1 : 2;
}

/* Its children, as numbers with blanks between.  Their length or -errno. */
static ssize_t
look_children(pid_t pid, char *data, size_t size)
{
	char file[48];
	struct proc_list list = { 0 };
	size_t n = 0;
	ssize_t r;

	(void)snprintf(file, sizeof(file), "task/%ld/children", (long)pid);
	r = look_read(pid, file, data, size);
	if (r != -ENOENT)
		return r;
	/* This kernel does not list them. */
	r = proc_scan(&list);
	data[0] = '\0';
	for (size_t i = 0; r == 0 && i < list.count && n + 16 < size; i++) {
		if (list.all[i].parent == pid)
			n += (size_t)snprintf(data + n, size - n, "%ld ",
			    (long)list.all[i].pid);
	}
	proc_list_fini(&list);
	return r != 0 ? r : (ssize_t)n;
}

static enum sudo_state
look_below(pid_t pid, int depth)
{
	char children[CHILDREN_SIZE], *at = children, *end;
	enum sudo_state state = SUDO_ALONE;
	struct proc proc;
	int is = look_is_sudo(pid);
	pid_t child;

	if (is <= 0)
		return is == 0 ? SUDO_STARTED : SUDO_UNSEEN;
	if (is == 2)
		return SUDO_BUSY;
	if (depth == DEEPEST ||
	    look_children(pid, children, sizeof(children)) < 0)
		return SUDO_UNSEEN;
	for (; (child = (pid_t)strtol(at, &end, 10)) > 0; at = end) {
		state = SUDO_BUSY;
		if (proc_read(child, &proc) != 0 || proc.dead)
			continue;
		if (look_below(child, depth + 1) == SUDO_STARTED)
			return SUDO_STARTED;
	}
	/* After its children: who was one of them before is parted from now. */
	if (proc_read(pid, &proc) != 0)
		return SUDO_UNSEEN;
	return proc.parted ? SUDO_BUSY : state;
}

enum sudo_state
sudo_state_of(pid_t pid)
{
	struct proc proc;

	if (proc_read(pid, &proc) != 0 || proc.dead)
		return SUDO_UNSEEN;
	return look_below(pid, 0);
}
