/* SPDX-License-Identifier: ISC */

/* Owns the pipes of a job server, and what MAKEFLAGS says about it. */
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/jobserver.h"
#include "text/file.h"

/* The largest pipe, in bytes, that a user without privileges may make. */
#define MOST_BYTES (1024 * 1024)
/* Places of make's pipe that prun leaves free for programs that write tokens. */
#define SPARE_PLACES 10
/* make(1) never has more tokens. */
#define MOST_JOBS 32768

static bool
number_of(struct text t, unsigned *n)
{
	*n = 0;
	for (size_t i = 0; i < t.len; i++) {
		if (t.data[i] < '0' || t.data[i] > '9' || *n > MOST_JOBS)
			return false;
		*n = *n * 10 + (unsigned)(t.data[i] - '0');
	}
	return t.len > 0;
}

static bool
takes_value(struct text word, const char *option, struct text *value)
{
	const size_t len = strlen(option);

	if (!text_begins(word, option))
		return false;
	*value = (struct text){ word.data + len, word.len - len };
	return true;
}

bool
jobserver_parse(const char *makeflags, struct text *auth, unsigned *jobs)
{
	struct text word, value;
	unsigned n;

	*auth = (struct text){ 0 };
	*jobs = 0;
	for (; *makeflags != '\0'; makeflags += word.len) {
		makeflags += strspn(makeflags, " \t");
		word = (struct text){ makeflags, strcspn(makeflags, " \t") };
		/* The words after "--" in MAKEFLAGS are variables. */
		if (text_equals(word, "--"))
			break;
		if (takes_value(word, "--jobserver-auth=", &value) ||
		    takes_value(word, "--jobserver-fds=", &value))
			*auth = value;
		else if (takes_value(word, "-j", &value) &&
		    number_of(value, &n))
			*jobs = n;
	}
	return auth->data != NULL;
}

/*
 * Is fd the end of a pipe or FIFO that can be used in this mode?  *st describes its inode.
 */
static bool
is_end(int fd, int mode, struct stat *st)
{
	const int flags = fcntl(fd, F_GETFL);

	return flags != -1 && fstat(fd, st) == 0 && S_ISFIFO(st->st_mode) &&
	    ((flags & O_ACCMODE) == mode || (flags & O_ACCMODE) == O_RDWR);
}

static int
open_descriptors(struct jobserver *j, struct text auth)
{
	const char *comma = memchr(auth.data, ',', auth.len);
	struct stat in, out;
	unsigned r, w;
	size_t len;

	if (comma == NULL)
		return -EINVAL;
	len = (size_t)(comma - auth.data);
	if (!number_of((struct text){ auth.data, len }, &r) ||
	    !number_of((struct text){ comma + 1, auth.len - len - 1 }, &w))
		return -EBADF;
	/* These numbers may belong to other files that another program has opened. */
	if (!is_end((int)r, O_RDONLY, &in) || !is_end((int)w, O_WRONLY, &out) ||
	    in.st_dev != out.st_dev || in.st_ino != out.st_ino)
		return -EBADF;
	j->in = fcntl((int)r, F_DUPFD_CLOEXEC, 3);
	j->out = fcntl((int)w, F_DUPFD_CLOEXEC, 3);
	return j->in != -1 && j->out != -1 ? 0 : -errno;
}

static int
open_fifo(struct jobserver *j, struct text path)
{
	char name[PATH_MAX];
	struct stat st;

	if (path.len >= sizeof(name))
		return -ENAMETOOLONG;
	memcpy(name, path.data, path.len);
	name[path.len] = '\0';
	/* Both ends are open in this process, so neither open(2) has to wait. */
	j->in = open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (j->in == -1)
		return -errno;
	if (!is_end(j->in, O_RDWR, &st))
		return -EBADF;
	j->out = fcntl(j->in, F_DUPFD_CLOEXEC, 3);
	return j->out != -1 ? 0 : -errno;
}

/*
 * Makes the pipe that large, or as large as the user may have it, which depends on the
 * user's other pipes.  Returns how many places the pipe has; each place is a page.
 */
static unsigned
enlarge(int fd, int bytes)
{
	const int before = fcntl(fd, F_GETPIPE_SZ);

	for (int size = bytes; size > before; size /= 2)
		if (fcntl(fd, F_SETPIPE_SZ, size) != -1)
			break;
	bytes = fcntl(fd, F_GETPIPE_SZ);
	return bytes > 0 ? (unsigned)(bytes / sysconf(_SC_PAGESIZE)) : 1;
}

/*
 * Opens the pipe for the tokens that prun has.  Each token takes a place, which is a page.
 */
static int
open_held(struct jobserver *j)
{
	if (pipe2(j->held, O_CLOEXEC | O_NONBLOCK) == -1)
		return -errno;
	j->most = enlarge(j->held[0], MOST_BYTES);
	return 0;
}

/*
 * A token that is moved takes a whole place of make's pipe, which has 16 places.  Tokens
 * that are written share a place, but a token can be lost between read(2) and write(2).  So
 * the pipe gets a place for each token that there can be, up to 256.  If there are more
 * tokens, those without a place are written.
 */
static void
make_places(struct jobserver *j)
{
	const long page = sysconf(_SC_PAGESIZE);
	long wanted = j->jobs > 0 ? (long)j->jobs * page : MOST_BYTES;
	unsigned places;

	places = enlarge(j->out,
	    wanted < MOST_BYTES ? (int)wanted : MOST_BYTES);
	if (j->jobs > 0 && j->jobs <= places)
		j->few = places;
	else
		j->few = places > SPARE_PLACES ? places - SPARE_PLACES : 0;
}

static void
close_fd(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

static void
init(struct jobserver *j)
{
	*j = (struct jobserver){ .in = -1, .out = -1, .held = { -1, -1 } };
}

int
jobserver_join(struct jobserver *j, struct message *m)
{
	static const char *const names[] = { "MAKEFLAGS", "CARGO_MAKEFLAGS" };
	struct text auth = { 0 };
	const char *flags, *name = names[0];
	int error;

	init(j);
	for (size_t i = 0; i < 2 && auth.data == NULL; i++) {
		name = names[i];
		flags = getenv(name);
		if (flags != NULL)
			(void)jobserver_parse(flags, &auth, &j->jobs);
	}
	if (auth.data == NULL)
		return 0;
	if (text_begins(auth, "fifo:"))
		error = open_fifo(j,
		    (struct text){ auth.data + 5, auth.len - 5 });
	else
		error = open_descriptors(j, auth);
	if (error == 0)
		error = open_held(j);
	if (error == 0) {
		make_places(j);
		return 1;
	}
	jobserver_close(j);
	return message_set(m, error,
	    "the job server of $%s is not open here: put '+' in front of the rule's line, or give -j or --no-jobserver",
	    name);
}

static int
make_fifo(struct jobserver *j)
{
	if (asprintf(&j->path, "%s/prun-jobserver-%ld", temporary_folder(NULL),
		(long)getpid()) == -1) {
		j->path = NULL;
		return -ENOMEM;
	}
	/*
	 * A file of this name can only be left by a prun that had this process id and was
	 * killed.
	 */
	if (mkfifo(j->path, S_IRUSR | S_IWUSR) == -1) {
		if (errno != EEXIST || unlink(j->path) == -1 ||
		    mkfifo(j->path, S_IRUSR | S_IWUSR) == -1)
			return -errno;
	}
	return open_fifo(j, text_of(j->path));
}

int
jobserver_serve(struct jobserver *j, unsigned jobs, bool fifo,
    struct message *m)
{
	int fds[2] = { -1, -1 }, error = 0, n;

	init(j);
	j->jobs = jobs;
	j->serves = true;
	if (fifo)
		error = make_fifo(j);
	else if (pipe2(fds, O_CLOEXEC) == -1)
		error = -errno;
	if (!fifo && error == 0) {
		j->in = fds[0];
		j->out = fds[1];
	}
	if (error == 0)
		error = open_held(j);
	if (error == 0) {
		n = fifo ? asprintf(&j->makeflags,
			       "MAKEFLAGS= -j%u --jobserver-auth=fifo:%s", jobs,
			       j->path) :
			   asprintf(&j->makeflags,
			       "MAKEFLAGS= -j%u --jobserver-auth=%d,%d", jobs,
			       j->in, j->out);
		if (n == -1) {
			j->makeflags = NULL;
			error = -ENOMEM;
		}
	}
	if (error == 0) {
		make_places(j);
		jobserver_refill(j);
		return 0;
	}
	jobserver_close(j);
	return message_errno(m, error, "--jobserver-serve");
}

void
jobserver_close(struct jobserver *j)
{
	while (j->ntokens > 0) {
		const unsigned before = j->ntokens;

		jobserver_give(j);
		if (j->ntokens == before)
			break;
	}
	close_fd(&j->in);
	close_fd(&j->out);
	close_fd(&j->held[0]);
	close_fd(&j->held[1]);
	if (j->path != NULL)
		(void)unlink(j->path);
	free(j->path);
	free(j->makeflags);
	j->path = j->makeflags = NULL;
}

/*
 * Moves a token without waiting, even if another process has made the open file blocking.
 */
static bool
move_token(int from, int to)
{
	return splice(from, NULL, to, NULL, 1, SPLICE_F_NONBLOCK) == 1;
}

bool
jobserver_take(struct jobserver *j)
{
	if (!move_token(j->in, j->held[1]))
		return false;
	j->ntokens++;
	return true;
}

/*
 * If prun is killed between read(2) and write(2), the token is lost.  That is acceptable:
 * then there are many others.
 */
static bool
copy_token(struct jobserver *j)
{
	struct pollfd pfd = { .fd = j->out, .events = POLLOUT };
	char token;

	if (poll(&pfd, 1, 0) != 1 || read(j->held[0], &token, 1) != 1)
		return false;
	if (write(j->out, &token, 1) == 1)
		return true;
	/* A pipe that has just given a byte has room for it. */
	(void)!write(j->held[1], &token, 1);
	return false;
}

void
jobserver_give(struct jobserver *j)
{
	int waiting = 0;

	if (ioctl(j->in, FIONREAD, &waiting) == -1)
		waiting = (int)j->few;
	if ((waiting < (int)j->few && move_token(j->held[0], j->out)) ||
	    copy_token(j))
		j->ntokens--;
}

void
jobserver_refill(struct jobserver *j)
{
	struct pollfd pfd = { .fd = j->out, .events = POLLOUT };
	int waiting = 0;

	if (!j->serves || ioctl(j->in, FIONREAD, &waiting) == -1)
		return;
	for (unsigned n = (unsigned)waiting + 1;
	     n < j->jobs && poll(&pfd, 1, 0) == 1; n++)
		if (write(j->out, "+", 1) != 1)
			return;
}
