/* SPDX-License-Identifier: ISC */

/*
 * Owns the choice of a child's descriptors 0, 1 and 2, which ends of pipes are
 * ours, and how a pseudo-terminal is made.
 */
#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "process/stdio.h"

#define COLUMNS 80
#define LINES 24

static int
open_master(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd == -1)
		return errno == ENOSPC ? -EAGAIN : -errno;
	return fd_lift(fd);
}

/*
 * The slave is opened through the master: its path may name another terminal in
 * this mount namespace.
 */
static int
open_slave(int master)
{
	int fd;

	if (grantpt(master) == -1 || unlockpt(master) == -1)
		return -errno;
	fd = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return fd_lift(fd);
}

/* The terminal writes no carriage return before a newline, and does not echo. */
static int
set_up(int fd, int like)
{
	struct winsize size;
	struct termios modes;

	if (ioctl(like, TIOCGWINSZ, &size) == -1 || size.ws_col == 0 ||
	    size.ws_row == 0)
		size = (struct winsize){ .ws_row = LINES, .ws_col = COLUMNS };
	if (tcgetattr(fd, &modes) == -1)
		return -errno;
	modes.c_oflag &= ~(tcflag_t)OPOST;
	modes.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	if (tcsetattr(fd, TCSANOW, &modes) == -1 ||
	    ioctl(fd, TIOCSWINSZ, &size) == -1)
		return -errno;
	return 0;
}

int
pty_open(int fds[2], int like)
{
	int error = 0;

	fds[0] = open_master();
	if (fds[0] < 0) {
		error = fds[0];
		fds[0] = fds[1] = -1;
		return error;
	}
	fds[1] = open_slave(fds[0]);
	if (fds[1] < 0) {
		error = fds[1];
		fds[1] = -1;
	}
	if (error == 0)
		error = set_up(fds[1], like);
	if (error != 0) {
		fd_close_pair(fds);
	}
	return error;
}

void
stdio_init(struct stdio *s)
{
	for (int i = 0; i < 3; i++) {
		s->child[i] = s->parent[i] = -1;
		s->owned[i] = false;
	}
	s->status[0] = s->status[1] = -1;
}

static int
stdio_open_pipe(struct stdio *s, int i, bool nonblock)
{
	int fds[2];
	int error = fd_pipe(fds);

	if (error != 0)
		return error;
	s->owned[i] = true;
	s->child[i] = fds[i == STDIN_FILENO ? 0 : 1];
	s->parent[i] = fds[i == STDIN_FILENO ? 1 : 0];
	return nonblock ? fd_nonblock(s->parent[i]) : 0;
}

static int
stdio_open_pty(struct stdio *s, int i, int like, bool nonblock)
{
	int fds[2];
	int error = pty_open(fds, like);

	if (error != 0)
		return error;
	s->owned[i] = true;
	s->child[i] = fds[1];
	s->parent[i] = fds[0];
	return nonblock ? fd_nonblock(s->parent[i]) : 0;
}

int
stdio_open(struct stdio *s, const struct prun_stdio kinds[3], int null,
    bool nonblock)
{
	int error = 0;

	stdio_init(s);
	for (int i = 0; i < 3 && error == 0; i++) {
		switch (kinds[i].kind) {
		case PRUN_STDIO_NULL:
			s->child[i] = null;
			break;
		case PRUN_STDIO_PIPE:
			error = stdio_open_pipe(s, i, nonblock);
			break;
		case PRUN_STDIO_PTY:
			error = stdio_open_pty(s, i, kinds[i].fd, nonblock);
			break;
		case PRUN_STDIO_FD:
			s->child[i] = kinds[i].fd;
			if (kinds[i].fd < 0)
				error = -EBADF;
			break;
		case PRUN_STDIO_INHERIT:
		case PRUN_STDIO_STDOUT:
		default:
			break;
		}
	}
	if (error != 0)
		stdio_close(s);
	return error;
}

int
stdio_open_status(struct stdio *s)
{
	int error = fd_pipe(s->status);

	return error == 0 ? fd_nonblock(s->status[0]) : error;
}

void
stdio_close_child(struct stdio *s)
{
	fd_close(&s->status[1]);
	for (int i = 0; i < 3; i++) {
		if (s->owned[i])
			fd_close(&s->child[i]);
		s->child[i] = -1;
		s->owned[i] = false;
	}
}

void
stdio_close(struct stdio *s)
{
	stdio_close_child(s);
	for (int i = 0; i < 3; i++)
		fd_close(&s->parent[i]);
	fd_close(&s->status[0]);
}
