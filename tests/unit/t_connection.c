/* SPDX-License-Identifier: ISC */

/* connection and listener: messages over a stream. */
#include <sys/socket.h>
#include <sys/time.h>

#include <pthread.h>

#include "prun.h"
#include "test_util.h"

#define BIG ((size_t)3 * 1024 * 1024)

static void
receives(struct prun_conn *c, const void *want, size_t n)
{
	void *data;
	size_t len;

	CHECK_INT(prun_conn_recv(c, n, &data, &len, 30), 0);
	CHECK_MEM(data, len, want, n);
	CHECK_INT(((char *)data)[n], 0);
	free(data);
}

static int
fails(struct prun_conn *c, size_t most, double timeout)
{
	void *data = c;
	size_t len = 7;
	int error = prun_conn_recv(c, most, &data, &len, timeout);

	CHECK(data == (void *)c && len == 7);
	return error;
}

/* A connection, and the descriptor of its other end. */
static struct prun_conn *
bare(int *fd)
{
	struct prun_conn *c;
	int fds[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	CHECK_INT(prun_conn_from_fd(fds[0], &c), 0);
	*fd = fds[1];
	return c;
}

TEST(both_ways)
{
	struct prun_conn *a, *b;
	int before = util_open_fds();

	CHECK_INT(prun_pipe(&a, &b), 0);
	CHECK(fcntl(prun_conn_fd(a), F_GETFD) & FD_CLOEXEC);
	CHECK_INT(prun_conn_send(a, "one", 3, -1), 0);
	CHECK_INT(prun_conn_send(a, "", 0, -1), 0);
	CHECK_INT(prun_conn_send(b, "n\0ul\n", 5, 0), 0);
	CHECK_INT(prun_conn_send(a, "two", 3, -1), 0);
	receives(b, "one", 3);
	receives(b, "", 0);
	receives(a, "n\0ul\n", 5);
	receives(b, "two", 3);
	CHECK_INT(fails(a, 9, 0), -ETIMEDOUT);
	CHECK_INT(fails(a, 9, 0.01), -ETIMEDOUT);
	prun_conn_free(a);
	prun_conn_free(b);
	prun_conn_free(NULL);
	CHECK_INT(util_open_fds(), before);
}

TEST(the_other_end_closes)
{
	struct prun_conn *a, *b;

	CHECK_INT(prun_pipe(&a, &b), 0);
	CHECK_INT(prun_conn_send(b, "last", 4, -1), 0);
	CHECK_INT(prun_conn_send(a, "unread", 6, -1), 0);
	prun_conn_free(b);
	receives(a, "last", 4);
	CHECK_INT(fails(a, 9, -1), -EPIPE);
	CHECK_INT(fails(a, 9, -1), -EPIPE);
	CHECK_INT(prun_conn_send(a, "x", 1, -1), -EPIPE);
	prun_conn_free(a);
}

/* After a timeout at any byte, the bytes that have come are kept. */
TEST(in_bits)
{
	static const unsigned char bytes[] = { 0, 0, 0, 3, 'a', 'b', 'c', 255,
		255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 2, 'd', 'e' };
	int fd;
	struct prun_conn *c = bare(&fd);

	for (size_t i = 0; i < sizeof(bytes); i++) {
		CHECK_INT(fails(c, 9, 0), -ETIMEDOUT);
		CHECK_INT(write(fd, bytes + i, 1), 1);
		if (i == 6)
			receives(c, "abc", 3);
	}
	receives(c, "de", 2);
	close(fd);
	CHECK_INT(fails(c, 9, 0), -EPIPE);
	prun_conn_free(c);
}

TEST(too_long_is_not_lost)
{
	struct prun_conn *a, *b;

	CHECK_INT(prun_pipe(&a, &b), 0);
	CHECK_INT(prun_conn_send(a, "12345", 5, -1), 0);
	CHECK_INT(fails(b, 4, -1), -EMSGSIZE);
	CHECK_INT(fails(b, 0, -1), -EMSGSIZE);
	receives(b, "12345", 5);
	prun_conn_free(a);
	prun_conn_free(b);
}

TEST(no_message)
{
	static const char *const starts[] = { "\0\0\0\5abc", "\0\0", "",
		"\200\0\0\0", "\377\377\377\376", "\377\377\377\377\0\0" };
	static const size_t len[] = { 7, 2, 0, 4, 4, 6 };
	static const int error[] = { -EPROTO, -EPROTO, -EPIPE, -EPROTO, -EPROTO,
		-EPROTO };
	struct prun_conn *c;
	int fd;

	for (size_t i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		c = bare(&fd);
		CHECK_INT(write(fd, starts[i], len[i]), (ssize_t)len[i]);
		close(fd);
		CHECK_INT(fails(c, 9, -1), error[i]);
		prun_conn_free(c);
	}
	/* A length for which no machine has memory. */
	c = bare(&fd);
	CHECK_INT(write(fd, "\377\377\377\377\377\377\377\377\377\377\377\377",
		      12),
	    12);
	CHECK_INT(fails(c, SIZE_MAX, -1),
	    sizeof(size_t) > 4 ? -ENOMEM : -EMSGSIZE);
	CHECK_INT(fails(c, 9, -1), -EMSGSIZE);
	prun_conn_free(c);
	close(fd);
}

static char *
big_message(void)
{
	char *data = malloc(BIG);

	CHECK(data != NULL);
	for (size_t i = 0; i < BIG; i++)
		data[i] = (char)(i * 7 + (i >> 9));
	return data;
}

static void *
send_big(void *arg)
{
	char *data = big_message();

	CHECK_INT(prun_conn_send(arg, data, BIG, 30), 0);
	CHECK_INT(prun_conn_send(arg, "after", 5, 30), 0);
	free(data);
	return NULL;
}

TEST(a_big_one)
{
	char *data = big_message();
	struct prun_conn *a, *b;
	pthread_t thread;

	CHECK_INT(prun_pipe(&a, &b), 0);
	CHECK_INT(pthread_create(&thread, NULL, send_big, a), 0);
	receives(b, data, BIG);
	receives(b, "after", 5);
	CHECK_INT(pthread_join(thread, NULL), 0);
	prun_conn_free(a);
	prun_conn_free(b);
	free(data);
}

TEST(a_part_was_sent)
{
	char *data = big_message();
	struct prun_conn *a, *b;

	CHECK_INT(prun_pipe(&a, &b), 0);
	CHECK_INT(setsockopt(prun_conn_fd(a), SOL_SOCKET, SO_SNDBUF,
		      &(int){ 65536 }, sizeof(int)),
	    0);
	CHECK_INT(prun_conn_send(a, data, BIG, 0), -ETIMEDOUT);
	CHECK_INT(prun_conn_send(a, "x", 1, -1), -EPIPE);
	prun_conn_free(a);
	CHECK_INT(fails(b, BIG, -1), -EPROTO);
	prun_conn_free(b);
	free(data);
}

TEST(nothing_was_sent)
{
	struct prun_conn *a, *b;
	int sent = 0;

	CHECK_INT(prun_pipe(&a, &b), 0);
	/* The messages are so short that none is sent in part. */
	while (prun_conn_send(a, "", 0, 0) == 0)
		sent++;
	CHECK_INT(prun_conn_send(a, "", 0, 0.01), -ETIMEDOUT);
	for (int i = 0; i < sent; i++)
		receives(b, "", 0);
	CHECK_INT(fails(b, 9, 0), -ETIMEDOUT);
	CHECK_INT(prun_conn_send(a, "on", 2, 0), 0);
	receives(b, "on", 2);
	prun_conn_free(a);
	prun_conn_free(b);
}

TEST(not_a_stream)
{
	int before = util_open_fds(), fds[2];
	struct prun_conn *c;

	CHECK_INT(pipe(fds), 0);
	CHECK_INT(prun_conn_from_fd(fds[0], &c), -ENOTSOCK);
	close(fds[0]);
	close(fds[1]);
	CHECK_INT(prun_conn_from_fd(fds[0], &c), -EBADF);
	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	CHECK_INT(prun_conn_from_fd(fds[0], &c), -EPROTOTYPE);
	close(fds[0]);
	close(fds[1]);
	CHECK_INT(util_open_fds(), before);
}

TEST(python_at_the_other_end)
{
	const char *argv[] = { "python3", "-c",
		"from multiprocessing.connection import Connection\n"
		"c = Connection(0)\n"
		"while True:\n"
		"    m = c.recv_bytes()\n"
		"    if not m: break\n"
		"    c.send_bytes(m[::-1])\n",
		NULL };
	struct prun_spec spec = { .size = sizeof(spec), .argv = argv };
	struct prun_conn *ours, *theirs;
	struct prun_process *p;
	struct prun_result r = { .size = sizeof(r) };
	char *big = big_message(), *back;

	back = malloc(BIG);
	CHECK(back != NULL);
	for (size_t i = 0; i < BIG; i++)
		back[i] = big[BIG - 1 - i];
	CHECK_INT(prun_pipe(&ours, &theirs), 0);
	spec.in.kind = PRUN_STDIO_FD;
	spec.in.fd = prun_conn_fd(theirs);
	CHECK_INT(prun_process_start(&spec, &p), 0);
	prun_conn_free(theirs);
	CHECK_INT(prun_conn_send(ours, "abc", 3, 30), 0);
	receives(ours, "cba", 3);
	CHECK_INT(prun_conn_send(ours, big, BIG, 30), 0);
	receives(ours, back, BIG);
	CHECK_INT(prun_conn_send(ours, "", 0, 30), 0);
	CHECK_INT(prun_process_wait(p, 30, &r), 0);
	CHECK_INT(r.status, 0);
	CHECK_INT(fails(ours, 9, 30), -EPIPE);
	prun_process_free(p);
	prun_conn_free(ours);
	free(big);
	free(back);
}

static void *
knock(void *arg)
{
	socklen_t size = sizeof(struct timeval);
	struct timeval wait;
	struct prun_conn *c;

	(void)arg;
	CHECK_INT(prun_conn_connect("door", 30, &c), 0);
	CHECK_INT(getsockopt(prun_conn_fd(c), SOL_SOCKET, SO_SNDTIMEO, &wait,
		      &size),
	    0);
	CHECK(wait.tv_sec == 0 && wait.tv_usec == 0);
	CHECK_INT(prun_conn_send(c, "knock", 5, 30), 0);
	receives(c, "come in", 7);
	prun_conn_free(c);
	return NULL;
}

TEST(listener)
{
	int before = util_open_fds();
	struct prun_listener *l, *second;
	struct prun_conn *c;
	pthread_t thread;
	struct stat st;

	util_folder();
	CHECK_INT(prun_conn_connect("door", -1, &c), -ENOENT);
	(void)umask(0);
	CHECK_INT(prun_listener_new("door", &l), 0);
	CHECK_INT(stat("door", &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_INT(prun_listener_new("door", &second), -EADDRINUSE);
	CHECK_INT(prun_listener_accept(l, 0, &c), -ETIMEDOUT);
	CHECK_INT(prun_listener_accept(l, 0.01, &c), -ETIMEDOUT);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(pthread_create(&thread, NULL, knock, NULL), 0);
		CHECK_INT(prun_listener_accept(l, 30, &c), 0);
		CHECK(fcntl(prun_conn_fd(c), F_GETFD) & FD_CLOEXEC);
		receives(c, "knock", 5);
		CHECK_INT(prun_conn_send(c, "come in", 7, 30), 0);
		CHECK_INT(pthread_join(thread, NULL), 0);
		CHECK_INT(fails(c, 9, 30), -EPIPE);
		prun_conn_free(c);
	}
	prun_listener_free(l);
	prun_listener_free(NULL);
	CHECK_INT(access("door", F_OK), -1);
	CHECK_INT(util_open_fds(), before);
}

TEST(listener_errors)
{
	int before = util_open_fds();
	struct prun_listener *l;
	struct prun_conn *c;
	char path[200];

	util_folder();
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	CHECK_INT(prun_listener_new(path, &l), -ENAMETOOLONG);
	CHECK_INT(prun_conn_connect(path, -1, &c), -ENAMETOOLONG);
	CHECK_INT(prun_listener_new("", &l), -EINVAL);
	CHECK_INT(prun_listener_new("no/door", &l), -ENOENT);
	CHECK_INT(prun_listener_new("door", &l), 0);
	/* As after a SIGKILL. */
	CHECK_INT(rename("door", "old"), 0);
	prun_listener_free(l);
	CHECK_INT(prun_conn_connect("old", -1, &c), -ECONNREFUSED);
	CHECK_INT(util_open_fds(), before);
}

/* The name is removed even if the folder has moved, but not by a forked process. */
TEST(its_own_name_is_removed)
{
	struct prun_listener *l, *second;
	int before = util_open_fds(), status;
	struct stat st;
	pid_t pid;

	util_folder();
	CHECK_INT(mkdir("a", 0700), 0);
	CHECK_INT(mkdir("b", 0700), 0);
	CHECK_INT(prun_listener_new("a/door", &l), 0);
	pid = fork();
	if (pid == 0) {
		prun_listener_free(l);
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(stat("a/door", &st), 0);
	CHECK_INT(chdir("b"), 0);
	CHECK_INT(mkdir("a", 0700), 0);
	CHECK_INT(mknod("a/door", S_IFREG | 0600, 0), 0);
	prun_listener_free(l);
	CHECK_INT(access("../a/door", F_OK), -1);
	CHECK_INT(access("a/door", F_OK), 0);

	CHECK_INT(prun_listener_new("door", &l), 0);
	CHECK_INT(rename("door", "old"), 0);
	CHECK_INT(prun_listener_new("door", &second), 0);
	prun_listener_free(l);
	CHECK_INT(access("door", F_OK), 0);
	prun_listener_free(second);
	CHECK_INT(access("door", F_OK), -1);
	CHECK_INT(util_open_fds(), before);
}

static void
ring(int sig)
{
	(void)sig;
}

TEST(nobody_accepts)
{
	/* Signals come faster than the kernel's clock ticks. */
	const struct itimerspec often = { { 0, 500000 }, { 0, 500000 } };
	struct sigaction sa = { .sa_handler = ring };
	struct sigevent by = { .sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGUSR1 };
	struct prun_conn *c[3];
	struct prun_listener *l;
	int n = 0, error = 0;
	timer_t timer;

	util_folder();
	CHECK_INT(prun_listener_new("door", &l), 0);
	/* A queue for one connection only. */
	CHECK_INT(listen(prun_listener_fd(l), 0), 0);
	CHECK_INT(sigaction(SIGUSR1, &sa, NULL), 0);
	CHECK_INT(timer_create(CLOCK_MONOTONIC, &by, &timer), 0);
	CHECK_INT(timer_settime(timer, 0, &often, NULL), 0);
	while (n < 3 && (error = prun_conn_connect("door", 0.01, &c[n])) == 0)
		n++;
	CHECK_INT(timer_delete(timer), 0);
	CHECK_INT(error, -ETIMEDOUT);
	while (n > 0)
		prun_conn_free(c[--n]);
	prun_listener_free(l);
}

/* Its owner was killed: the name is there, and nobody listens. */
TEST(listener_left_behind)
{
	struct prun_listener *l;
	int status, fd;
	pid_t pid;

	util_folder();
	pid = fork();
	if (pid == 0) {
		CHECK_INT(prun_listener_new("door", &l), 0);
		raise(SIGKILL);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(access("door", F_OK), 0);
	CHECK_INT(prun_listener_new("door", &l), 0);
	CHECK_INT(prun_listener_new("door", &l), -EADDRINUSE);
	prun_listener_free(l);
	CHECK_INT(access("door", F_OK), -1);
	fd = open("door", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CHECK(fd != -1);
	CHECK_INT(prun_listener_new("door", &l), -EADDRINUSE);
	close(fd);
}
