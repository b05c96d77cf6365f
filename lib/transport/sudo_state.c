/* SPDX-License-Identifier: ISC */

/*
 * Decides from names, owners and children of processes whether sudo has started its
 * command.  A command can call itself sudo: so a process of that name counts as sudo
 * only if root owns it, or the caller does, as before sudo has got its rights.  A sudo
 * that has ever had a child does not count as alone again, since what the child left
 * behind may still hold sudo's stdin and stderr.
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
#include "kill/proc_list.h"
#include "transport/sudo.h"

#define NAME "sudo"
#define DEEPEST 8 /* generations; sudo, its monitor and the command are three */
#define CHILDREN_SIZE 4096

/*
 * 1: the process is sudo; 0: it is something else; 2: it has sudo's name but a third
 * user owns it, as happens for moments while sudo reads its policy; -errno.
 */
static int
state_is_sudo(pid_t pid)
{
	char path[32], name[32];
	struct stat st;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%ld", (long)pid);
	if (stat(path, &st) == -1)
		return -errno;
	n = proc_read_file(pid, "comm", name, sizeof(name));
	if (n < 0)
		return (int)n;
	if (strcmp(name, NAME "\n") != 0)
		return 0;
	return st.st_uid == 0 || st.st_uid == geteuid() ? 1 : 2;
}

/*
 * Writes the pids of the process's children, with blanks between them.  Returns the
 * length of the text, or -errno.
 */
static ssize_t
state_children(pid_t pid, char *data, size_t size)
{
	char file[48];
	struct proc_list list = { 0 };
	size_t n = 0;
	ssize_t r;

	(void)snprintf(file, sizeof(file), "task/%ld/children", (long)pid);
	r = proc_read_file(pid, file, data, size);
	if (r != -ENOENT)
		return r;
	/* This kernel has no such file, so all processes are looked at. */
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
state_below(pid_t pid, int depth)
{
	char children[CHILDREN_SIZE], *at = children, *end;
	enum sudo_state state = SUDO_ALONE;
	struct proc proc;
	int is = state_is_sudo(pid);
	pid_t child;

	if (is <= 0)
		return is == 0 ? SUDO_STARTED : SUDO_UNSEEN;
	if (is == 2)
		return SUDO_BUSY;
	if (depth == DEEPEST ||
	    state_children(pid, children, sizeof(children)) < 0)
		return SUDO_UNSEEN;
	for (; (child = (pid_t)strtol(at, &end, 10)) > 0; at = end) {
		state = SUDO_BUSY;
		if (proc_read(child, &proc) != 0 || proc.dead)
			continue;
		if (state_below(child, depth + 1) == SUDO_STARTED)
			return SUDO_STARTED;
	}
	/*
	 * Now see whether the process has ever lost a child.  This comes after the look
	 * at its children, so that a child that ends between the two looks is not
	 * missed.
	 */
	if (proc_read(pid, &proc) != 0)
		return SUDO_UNSEEN;
	return proc.had_children ? SUDO_BUSY : state;
}

enum sudo_state
sudo_state_of(pid_t pid)
{
	struct proc proc;

	if (proc_read(pid, &proc) != 0 || proc.dead)
		return SUDO_UNSEEN;
	return state_below(pid, 0);
}
