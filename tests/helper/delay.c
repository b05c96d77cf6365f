/* SPDX-License-Identifier: ISC */

/*
 * delay MILLISECONDS PROGRAM [ARGUMENT...]: a long line to the program.  What comes on stdin
 * reaches it so much later, and so does what it writes reach stdout.  When the file $CUT is
 * there nothing more passes, and the line breaks.
 */
#include <sys/queue.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PIECE 65536
#define LOOK_MS 20

struct piece {
	STAILQ_ENTRY(piece) entry;
	int64_t due; /* ms */
	size_t len, sent; /* no bytes: the end */
	char data[];
};

struct line {
	int in, out; /* -1: closed */
	STAILQ_HEAD(, piece) pieces;
};

static int64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
take(struct line *l, int64_t delay)
{
	struct piece *p = malloc(sizeof(*p) + PIECE);
	ssize_t n;

	if (p == NULL)
		err(1, NULL);
	n = read(l->in, p->data, PIECE);
	if (n <= 0)
		l->in = -1;
	*p = (struct piece){ .due = now_ms() + delay,
		.len = n > 0 ? (size_t)n : 0 };
	STAILQ_INSERT_TAIL(&l->pieces, p, entry);
}

/* What is due.  False: nobody reads it. */
static bool
pass(struct line *l)
{
	struct piece *p;
	ssize_t n;

	while ((p = STAILQ_FIRST(&l->pieces)) != NULL && p->due <= now_ms()) {
		n = p->len == 0 ?
		    0 :
		    write(l->out, p->data + p->sent, p->len - p->sent);
		if (n < 0)
			return false;
		p->sent += (size_t)n;
		if (p->sent < p->len)
			continue;
		if (p->len == 0) {
			(void)close(l->out);
			l->out = -1;
		}
		STAILQ_REMOVE_HEAD(&l->pieces, entry);
		free(p);
	}
	return true;
}

/* Until the first is due, and no longer than until the next look for the cut. */
static int
wait_ms(const struct line *lines, const char *cut)
{
	int64_t least = cut != NULL ? LOOK_MS : INT32_MAX, left;

	for (int i = 0; i < 2; i++) {
		const struct piece *p = STAILQ_FIRST(&lines[i].pieces);

		left = p != NULL ? p->due - now_ms() : least;
		if (left < least)
			least = left > 0 ? left : 0;
	}
	return least == INT32_MAX ? -1 : (int)least;
}

static void
relay(struct line *lines, int64_t delay, const char *cut)
{
	struct pollfd fds[2];

	while (lines[1].out != -1) {
		for (int i = 0; i < 2; i++)
			fds[i] = (struct pollfd){ .fd = lines[i].in,
				.events = POLLIN };
		if (poll(fds, 2, wait_ms(lines, cut)) == -1 && errno != EINTR)
			err(1, "poll");
		if (cut != NULL && access(cut, F_OK) == 0)
			return;
		for (int i = 0; i < 2; i++) {
			if (fds[i].revents != 0)
				take(&lines[i], delay);
			if (!pass(&lines[i]))
				return;
		}
	}
}

int
main(int argc, char **argv)
{
	struct line lines[2] = { { .in = STDIN_FILENO },
		{ .out = STDOUT_FILENO } };
	const char *cut = getenv("CUT");
	int to[2], from[2], status = 0;
	pid_t pid;

	if (argc < 3)
		errx(1, "usage: delay MILLISECONDS PROGRAM [ARGUMENT...]");
	if (pipe(to) == -1 || pipe(from) == -1 || (pid = fork()) == -1)
		err(1, NULL);
	if (pid == 0) {
		(void)dup2(to[0], STDIN_FILENO);
		(void)dup2(from[1], STDOUT_FILENO);
		(void)close(to[0]);
		(void)close(to[1]);
		(void)close(from[0]);
		(void)close(from[1]);
		(void)execvp(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	(void)close(to[0]);
	(void)close(from[1]);
	(void)signal(SIGPIPE, SIG_IGN);
	lines[0].out = to[1];
	lines[1].in = from[0];
	STAILQ_INIT(&lines[0].pieces);
	STAILQ_INIT(&lines[1].pieces);
	relay(lines, strtol(argv[1], NULL, 10), cut);
	if (lines[0].out != -1)
		(void)close(lines[0].out);
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
