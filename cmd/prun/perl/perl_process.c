/* SPDX-License-Identifier: ISC */

/* Owns the perl process: see perl_process.h. */
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "perl/perl_process.h"
#include "perl/perl_program.h"

/*
 * Most answers come within microseconds: one recv(2) waits for them.  After so long
 * the run's own loop waits, which obeys signals.
 */
#define PATIENCE_US 20000

/* An answer that is longer is an error. */
#define ANSWER_MAX ((size_t)256 * 1024 * 1024)

#define HEADER ((size_t)4)

/*
 * The process reads its program first, so that lists of processes show this.  The
 * numbers are the program's length.
 */
#define BOOT \
	"$_ = q(); sysread STDIN, $_, %zu - length, length or exit while length() < %zu; " \
	"eval; die $@"

#define READ_SIZE ((size_t)64 * 1024)

static void
put_length(char *at, size_t length)
{
	for (size_t i = 0; i < HEADER; i++)
		at[i] = (char)(length >> (8 * i) & 0xff);
}

static size_t
get_length(const char *at)
{
	size_t length = 0;

	for (size_t i = 0; i < HEADER; i++)
		length |= (size_t)(unsigned char)at[i] << (8 * i);
	return length;
}

bool
perl_process_field(struct text *fields, struct text *field)
{
	size_t length;

	if (fields->len < HEADER)
		return false;
	length = get_length(fields->data);
	if (length > fields->len - HEADER)
		return false;
	*field = (struct text){ fields->data + HEADER, length };
	*fields = (struct text){ field->data + length,
		fields->len - HEADER - length };
	return true;
}

void
perl_process_add(struct perl_process *p, struct text field)
{
	char length[HEADER];

	put_length(length, field.len);
	/* The request's own length stands there in the end. */
	if (p->request.len == 0 && p->error == 0)
		p->error = bytes_add(&p->request, length, HEADER);
	if (field.len > UINT32_MAX)
		p->error = -E2BIG;
	if (p->error == 0)
		p->error = bytes_add(&p->request, length, HEADER);
	if (p->error == 0)
		p->error = bytes_add_text(&p->request, field);
}

void
perl_process_add_number(struct perl_process *p, unsigned long long n)
{
	char digits[24];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	perl_process_add(p, (struct text){ digits + at, sizeof(digits) - at });
}

/* 0 or -errno. */
static int
start_process(struct perl_process *p)
{
	const struct timeval patience = { .tv_usec = PATIENCE_US };
	char boot[sizeof(BOOT) + 64];
	const char *argv[] = { "perl", "-e", boot, NULL };
	struct prun_spec spec = {
		.size = sizeof(spec),
		.argv = argv,
		.flags = PRUN_SPEC_NEW_GROUP | PRUN_SPEC_DIE_WITH_PARENT,
		.sigmask = p->sigmask,
		.sigdefault = p->sigdefault,
	};
	int fds[2], error;

	(void)snprintf(boot, sizeof(boot), BOOT, strlen(perl_program),
	    strlen(perl_program));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1)
		return -errno;
	spec.in = (struct prun_stdio){ PRUN_STDIO_FD, fds[1] };
	error = setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &patience,
		    sizeof(patience)) == -1 ?
	    -errno :
	    prun_process_start(&spec, &p->process);
	(void)close(fds[1]);
	if (error != 0)
		(void)close(fds[0]);
	else
		p->fd = fds[0];
	return error;
}

/* perl has closed the socket.  Says why. */
static int
tell_end(struct perl_process *p, struct message *m)
{
	struct prun_result r = { .size = sizeof(r) };

	/* It may have closed it and live on. */
	if (prun_process_wait(p->process, 1, &r) != 0)
		return message_set(m, -EPIPE, "perl does not answer any more");
	if (r.signal != 0)
		return message_set(m, -EPIPE, "perl was ended by signal %d",
		    r.signal);
	return message_set(m, -EPIPE, "perl exited with status %d", r.status);
}

static int
send_all(struct perl_process *p, struct text rest, struct message *m)
{
	ssize_t n;

	while (rest.len > 0) {
		n = send(p->fd, rest.data, rest.len, MSG_NOSIGNAL);
		if (n == -1 && errno == EPIPE)
			return tell_end(p, m);
		if (n == -1 && errno != EINTR)
			return message_errno(m, -errno, "perl");
		if (n > 0)
			rest = (struct text){ rest.data + n,
				rest.len - (size_t)n };
	}
	return 0;
}

static int
start(struct perl_process *p, struct message *m)
{
	int error = start_process(p);

	if (error == -ENOENT)
		return message_set(m, error, "perl is needed, and not on PATH");
	if (error != 0)
		return message_errno(m, error, "perl cannot be started");
	return send_all(p, text_of(perl_program), m);
}

/* Bytes, 0 at the end, or -errno. */
static ssize_t
receive(struct perl_process *p, char *data, size_t size)
{
	ssize_t n = recv(p->fd, data, size, 0);

	if (n >= 0)
		return n;
	if (errno == ECONNRESET)
		return 0;
	if (errno != EAGAIN && errno != EINTR)
		return -errno;
	return p->read(p->arg, p->fd, data, size);
}

/* -ECANCELED has no message. */
static int
receive_answer(struct perl_process *p, struct message *m)
{
	struct bytes *in = &p->answer;
	size_t length = 0;
	ssize_t n;

	in->len = 0;
	while (in->len < HEADER + length) {
		n = length > READ_SIZE ? (ssize_t)length : (ssize_t)READ_SIZE;
		if (bytes_reserve(in, (size_t)n) != 0)
			return message_errno(m, -ENOMEM, "perl");
		n = receive(p, in->data + in->len, (size_t)n);
		if (n == -ECANCELED)
			return -ECANCELED;
		if (n < 0)
			return message_errno(m, (int)n, "perl");
		if (n == 0)
			return tell_end(p, m);
		in->len += (size_t)n;
		if (in->len >= HEADER)
			length = get_length(in->data);
		if (length > ANSWER_MAX)
			return message_set(m, -E2BIG,
			    "the value has more than %zu bytes", ANSWER_MAX);
	}
	return 0;
}

int
perl_process_ask(struct perl_process *p, struct text *answer, struct message *m)
{
	int error = p->error;

	if (p->broken)
		return -ECANCELED;
	if (error != 0)
		message_errno(m, error, "perl");
	else if (p->process == NULL)
		error = start(p, m);
	if (error == 0) {
		put_length(p->request.data, p->request.len - HEADER);
		error = send_all(p, bytes_text(&p->request), m);
	}
	if (error == 0)
		error = receive_answer(p, m);
	p->request.len = 0;
	p->broken = error != 0;
	if (error == 0)
		*answer = (struct text){ p->answer.data + HEADER,
			p->answer.len - HEADER };
	return error;
}

void
perl_process_fini(struct perl_process *p)
{
	if (p->process != NULL) {
		(void)close(p->fd);
		prun_process_free(p->process);
	}
	p->process = NULL;
	bytes_fini(&p->request);
	bytes_fini(&p->answer);
}
