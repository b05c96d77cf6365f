/* SPDX-License-Identifier: ISC */

/* Owns how a pseudo-terminal is made and set up.  Knows no child. */
#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "process/pty.h"

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

/* By the master, as the path of the slave may lead elsewhere here. */
static int
open_slave(int master)
{
	int fd;

	if (grantpt(master) == -1 || unlockpt(master) == -1)
		return -errno;
	fd = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return fd == -1 ? -errno : fd_lift(fd);
}

/* No carriage return ahead of a newline, and no echo. */
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
		fd_close(&fds[0]);
		fd_close(&fds[1]);
	}
	return error;
}
