/* SPDX-License-Identifier: ISC */

/*
 * Owns the perl process, its program, and the bytes of the protocol: see
 * perl_process.h.
 */
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "perl/perl_process.h"

/*
 * A request and an answer are 4 bytes of length, the least first, and so many bytes.
 * These are fields, each written the same way.  Those of a request are:
 *
 *	"O" NAME VALUE			an option that was given
 *	"S" N				so many slots there are
 *	"D" ID NAME CODE N PARAMETER...	an expression
 *	"J" SEQ SLOT TOTAL N VALUE...	the job that the next fields are about
 *	"E" ID AT			evaluate it for value number AT, from 0
 *	"F" CODE			is it true?
 *
 * An answer has a field for each "E" and "F" of the request: two bytes and a text.  "v"
 * and 0, plus 1 after uq(), plus 2 after skip(), and the value ("F": "1" or empty); or
 * "e0" and what perl says against it.
 */
/* clang-format off */
static const char perl_program[] =
/* Whatever PERL5OPT says: no strict, no warnings. */
"BEGIN { $^H &= ~0x602; $^W = 0 }\n"
"sub Prun::code { eval $_[0] }\n"
/* What expressions may call. */
"package Arg;\n"
"our ($job, @arg);\n"
"my (%about, $unquoted, $skipped);\n"
"$job = bless {}, 'CommandLine';\n"
"sub uq { $unquoted = 1 }\n"
"sub skip { $skipped = 1 }\n"
"sub seq { $about{seq} }\n"
"sub slot { $about{slot} }\n"
"sub total_jobs { $about{total} }\n"
"sub hash { require B; B::hash($_[0]) }\n"
"sub pQ { my @t = map { my $t = $_; $t =~ s/([\\\\\\$\\@\"])/\\\\$1/g; $t } @_;\n"
"	wantarray ? @t : $t[0] }\n"
"sub Q { my @t = map { my $t = $_;\n"
"	if ($t !~ m{\\A[-+./\\w]+\\z}a) { $t =~ s/'/'\"'\"'/g; $t = \"'$t'\" } $t } @_;\n"
"	wantarray ? @t : $t[0] }\n"
"sub CommandLine::seq { seq() }\n"
"sub CommandLine::slot { slot() }\n"
"sub CommandLine::skip { skip() }\n"
"sub CommandLine::total_jobs { total_jobs() }\n"
"sub now { my @t = localtime; sprintf shift, $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0] }\n"
"sub yyyy_mm_dd_hh_mm_ss { now '%04d-%02d-%02dT%02d:%02d:%02d' }\n"
"sub yyyy_mm_dd_hh_mm { now '%04d-%02d-%02dT%02d:%02d' }\n"
"sub yyyy_mm_dd { now '%04d-%02d-%02d' }\n"
"sub hh_mm_ss { now '%4$02d:%5$02d:%6$02d' }\n"
"sub hh_mm { now '%4$02d:%5$02d' }\n"
"sub yyyymmddhhmmss { now '%04d%02d%02d%02d%02d%02d' }\n"
"sub yyyymmddhhmm { now '%04d%02d%02d%02d%02d' }\n"
"sub yyyymmdd { now '%04d%02d%02d' }\n"
"sub hhmmss { now '%4$02d%5$02d%6$02d' }\n"
"sub hhmm { now '%4$02d%5$02d' }\n"
/*
 * Makes repetitions match as little as possible, except after a backslash and in
 * brackets.
 */
"sub main::make_regexp_ungreedy { my $r = shift;\n"
"	$r =~ s/(\\\\.|\\(\\?|\\[\\^?\\]?(?:\\\\.|[^\\]\\\\])*\\])|([*+?]|\\{\\d+(?:,\\d*)?\\})[?+]?/\n"
"	    defined $1 ? $1 : \"$2?\"/gsex;\n"
"	$r }\n"
/*
 * stdin is the socket.  It is opened under another name, so that expressions cannot
 * read from it.
 */
"package Prun;\n"
"my ($buffer, $answers, @values, @codes) = ('', '');\n"
"open(my $socket, '+<&', \\*STDIN) && open(STDIN, '<', '/dev/null') or die $!;\n"
"$| = 1;\n"
"sub answer { $answers .= pack 'V/a*', join '', @_ }\n"
"sub send_answers { my $out = pack 'V/a*', $answers;\n"
"	$answers = '';\n"
"	for (my $at = 0; $at < length $out;) {\n"
"		my $n = syswrite $socket, $out, length($out) - $at, $at;\n"
"		defined $n or exit 1;\n"
"		$at += $n } }\n"
"sub bytes { my $t = shift;\n"
"	return '' if !defined $t;\n"
"	utf8::downgrade($t, 1) or utf8::encode($t);\n"
"	$t }\n"
"sub define { my ($id, $name, $text, @parameters) = @_;\n"
"	$text =~ s/\\$\\$(\\d)/\\${_parameter_$1}/g if @parameters;\n"
"	my $sub = code(\"package Arg;\\n#line 1 \\\"$name\\\"\\nsub {$text\\n}\");\n"
"	$codes[$id] = [$sub, $@, @parameters] }\n"
"sub evaluate { my ($sub, $error, @parameters) = @{$codes[$_[0]]};\n"
"	${\"Arg::_parameter_$_\"} = $parameters[$_ - 1] for 1 .. @parameters;\n"
"	$unquoted = $skipped = 0;\n"
"	$_ = $values[$_[1]];\n"
"	return answer('e0', bytes($error)) if !$sub;\n"
"	eval { $sub->(); 1 } or return answer('e0', bytes($@ || 'died'));\n"
"	answer('v', $unquoted + 2 * $skipped, bytes($_)) }\n"
"sub holds { $skipped = 0;\n"
"	$_ = '';\n"
"	my $true = code(\"package Arg; use strict 'subs';\\n#line 1 \\\"--filter\\\"\\n$_[0]\\n\");\n"
"	return answer('e0', bytes($@)) if $@ ne '';\n"
"	answer('v0', $true && !$skipped ? 1 : '') }\n"
"while () {\n"
"	my $length = length $buffer < 4 ? 4 : 4 + unpack 'V', $buffer;\n"
"	if (length $buffer < $length) {\n"
"		sysread $socket, $buffer, 65536 > $length ? 65536 : $length - length $buffer, length $buffer\n"
"		    or exit 0;\n"
"		next }\n"
"	my @field = unpack '(V/a*)*', substr $buffer, 4;\n"
"	$buffer = '';\n"
"	while (@field) {\n"
"		my $kind = shift @field;\n"
"		if ($kind eq 'E') { evaluate(splice @field, 0, 2) }\n"
"		elsif ($kind eq 'J') {\n"
"			@about{qw(seq slot total)} = splice @field, 0, 3;\n"
"			@values = splice @field, 0, shift @field;\n"
"			@Arg::arg = (undef, @values) }\n"
"		elsif ($kind eq 'F') { holds(shift @field) }\n"
"		elsif ($kind eq 'D') {\n"
"			my @code = splice @field, 0, 3;\n"
"			define(@code, splice @field, 0, shift @field) }\n"
"		elsif ($kind eq 'S') { $Global::max_jobs_running = shift @field }\n"
"		else {\n"
"			my ($name, $value) = splice @field, 0, 2;\n"
"			${'opt::' . $name =~ tr/-/_/r} = ${'opt::' . $name =~ tr/-//dr} = $value } }\n"
"	send_answers() }\n";
/* clang-format on */

/*
 * Most answers come within microseconds, and one recv(2) waits for them.  After so long
 * the run's own loop waits instead, which obeys signals.
 */
#define PATIENCE_US 20000

/* An answer that is longer is an error. */
#define ANSWER_MAX ((size_t)256 * 1024 * 1024)

#define HEADER ((size_t)4)

/*
 * perl's -e has only these lines, which read the program from the socket: so a list of
 * processes shows no more.  The numbers are the program's length.
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
	/*
	 * The length of the request is written into these first bytes when the request
	 * is sent.
	 */
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

/* Starts perl.  0 or -errno. */
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

/* perl has closed the socket: sets a message that says why. */
static int
tell_end(struct perl_process *p, struct message *m)
{
	struct prun_result r = { .size = sizeof(r) };

	/* perl may have closed the socket and live on. */
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

/* Receives bytes: how many, 0 at the end, or -errno. */
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

/* Receives a whole answer.  0; -ECANCELED without a message; another -errno with one. */
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
