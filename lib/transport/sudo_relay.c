/* SPDX-License-Identifier: ISC */

/*
 * Owns the descriptors between sudo and the stdio that its command will have, and
 * copies bytes from one to the other.  Knows neither passwords nor prompts, and starts
 * nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "process/stdio.h"
#include "transport/sudo.h"

void
sudo_relay_init(struct sudo_relay *r)
{
	r->in = r->err = r->source = -1;
	r->sink = (struct fd_sink){ .fd = -1 };
	r->fed_len = 0;
	r->unfinished = false;
}

/*
 * Keeps a copy of the descriptor that would have become the child's descriptor i: the
 * one in stdio, or else this process's own i, which the child would inherit.
 */
static int
relay_take(const struct stdio *stdio, int i, int *fd)
{
	int from = stdio->child[i] != -1 ? stdio->child[i] : i;

	*fd = fcntl(from, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return *fd == -1 ? -errno : 0;
}

static void
relay_replace(struct stdio *stdio, int i, int fd)
{
	if (stdio->owned[i])
		fd_close(&stdio->child[i]);
	stdio->child[i] = fd;
	stdio->owned[i] = true;
}

int
sudo_relay_open(struct sudo_relay *r, bool merge,
    const struct prun_stdio kinds[3], struct stdio *stdio)
{
	const int from = merge ? STDOUT_FILENO : STDERR_FILENO;
	int in[2] = { -1, -1 }, err[2] = { -1, -1 }, sink = -1;
	int error = 0;

	if (kinds[0].kind != PRUN_STDIO_NULL)
		error = relay_take(stdio, STDIN_FILENO, &r->source);
	if (error == 0)
		error = relay_take(stdio, from, &sink);
	if (error == 0)
		fd_sink_init(&r->sink, sink);
	if (error == 0)
		error = fd_pipe(in);
	if (error == 0 && kinds[from].kind == PRUN_STDIO_PTY)
		error = pty_open(err, sink);
	else if (error == 0)
		error = fd_pipe(err);
	r->in = in[1];
	r->err = err[0];
	if (error == 0)
		error = fd_nonblock(r->in);
	if (error == 0)
		error = fd_nonblock(r->err);
	if (error != 0) {
		fd_close(&in[0]);
		fd_close(&err[1]);
		return error;
	}
	relay_replace(stdio, STDIN_FILENO, in[0]);
	relay_replace(stdio, STDERR_FILENO, err[1]);
	return 0;
}

void
sudo_relay_close(struct sudo_relay *r)
{
	sudo_relay_close_in(r);
	fd_close(&r->err);
	sudo_relay_close_sink(r);
}

void
sudo_relay_close_sink(struct sudo_relay *r)
{
	if (r->sink.fd == -1)
		return;
	fd_sink_fini(&r->sink);
	fd_close(&r->sink.fd);
}

void
sudo_relay_close_in(struct sudo_relay *r)
{
	fd_close(&r->in);
	fd_close(&r->source);
	r->fed_len = 0;
}

/* No write blocks, so the stop is noticed between two of them. */
void
sudo_relay_pass(struct sudo_relay *r, int stop, const char *data, size_t len)
{
	struct pollfd pfd[2] = { { .fd = r->sink.fd, .events = POLLOUT },
		{ .fd = stop, .events = POLLIN } };
	struct iovec piece;
	ssize_t n;

	if (len > 0) {
		r->unfinished = data[len - 1] != '\n';
		r->passed = clock_now();
	}
	while (len > 0 && r->sink.fd != -1) {
		if (poll(pfd, 2, -1) == -1)
			continue;
		n = 0;
		piece = (struct iovec){ (void *)(uintptr_t)data,
			len < SUDO_RELAY_PIECE ? len : SUDO_RELAY_PIECE };
		if (pfd[0].revents != 0)
			n = fd_write(&r->sink, &piece, 1);
		if (n < 0 && n != -EAGAIN)
			sudo_relay_close_sink(r);
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
		if (pfd[1].revents != 0 && n <= 0)
			return; /* the stop is set, and the sink takes nothing */
	}
}

enum {
	IN,
	SOURCE,
	SINK,
};

void
sudo_relay_watch(const struct sudo_relay *r, bool feeding,
    struct pollfd pfd[SUDO_RELAY_WATCHED])
{
	const bool hungry = feeding && r->in != -1 && r->fed_len == 0;

	pfd[IN] = (struct pollfd){ .fd = r->in,
		.events = r->fed_len > 0 ? POLLOUT : 0 };
	pfd[SOURCE] = (struct pollfd){ .fd = hungry ? r->source : -1,
		.events = POLLIN };
	pfd[SINK] = (struct pollfd){ .fd = r->sink.fd };
}

/* Copies bytes from the command's own stdin to the pipe that the command reads. */
static void
relay_feed(struct sudo_relay *r, bool readable, bool writable)
{
	ssize_t n;

	if (readable && r->fed_len == 0) {
		n = fd_read(r->source, r->fed, sizeof(r->fed));
		if (n == -EAGAIN)
			return;
		if (n <= 0)
			sudo_relay_close_in(r);
		else
			r->fed_len = (size_t)n;
		return;
	}
	if (!writable || r->fed_len == 0)
		return;
	n = write(r->in, r->fed, r->fed_len);
	if (n == -1 && errno != EAGAIN && errno != EINTR)
		sudo_relay_close_in(r);
	if (n <= 0)
		return;
	r->fed_len -= (size_t)n;
	memmove(r->fed, r->fed + n, r->fed_len);
}

void
sudo_relay_step(struct sudo_relay *r, bool feeding,
    const struct pollfd pfd[SUDO_RELAY_WATCHED])
{
	if (pfd[IN].revents & (POLLERR | POLLNVAL))
		sudo_relay_close_in(r);
	else if (r->in != -1 && feeding)
		relay_feed(r, pfd[SOURCE].revents != 0, pfd[IN].revents != 0);
	/*
	 * The reader of the sink has gone, so the command gets SIGPIPE when it next
	 * writes.
	 */
	if (pfd[SINK].revents != 0 && r->sink.fd != -1) {
		sudo_relay_close_sink(r);
		fd_close(&r->err);
	}
}
