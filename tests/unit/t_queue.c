/* SPDX-License-Identifier: ISC */

/* queue: messages for several readers. */
#include <sys/socket.h>

#include <pthread.h>

#include "prun.h"
#include "test_util.h"

#define GETTERS 4
#define MESSAGES 2000

static char most[PRUN_QUEUE_MOST + 1];

static struct prun_queue *
queue(void)
{
	struct prun_queue *q;

	CHECK_INT(prun_queue_new(&q), 0);
	return q;
}

TEST(in_order_and_whole)
{
	int before = util_open_fds();
	struct prun_queue *q = queue();
	char data[8];

	CHECK(fcntl(prun_queue_put_fd(q), F_GETFD) & FD_CLOEXEC);
	CHECK(fcntl(prun_queue_get_fd(q), F_GETFD) & FD_CLOEXEC);
	CHECK_INT(prun_queue_get(q, data, sizeof(data), 0), -ETIMEDOUT);
	CHECK_INT(prun_queue_get(q, data, sizeof(data), 0.01), -ETIMEDOUT);
	CHECK_INT(prun_queue_put(q, "one", 3, -1), 0);
	CHECK_INT(prun_queue_put(q, "\0\n", 2, 0), 0);
	CHECK_INT(prun_queue_get(q, data, sizeof(data), -1), 3);
	CHECK_MEM(data, 3, "one", 3);
	CHECK_INT(prun_queue_get(q, data, sizeof(data), 0), 2);
	CHECK_MEM(data, 2, "\0\n", 2);
	prun_queue_free(q);
	prun_queue_free(NULL);
	CHECK_INT(util_open_fds(), before);
}

TEST(sizes)
{
	struct prun_queue *q = queue();
	char data[4];

	CHECK_INT(prun_queue_put(q, "", 0, -1), -EINVAL);
	CHECK_INT(prun_queue_put(q, most, sizeof(most), -1), -EMSGSIZE);
	memset(most, 'm', sizeof(most));
	CHECK_INT(prun_queue_put(q, most, PRUN_QUEUE_MOST, -1), 0);
	memset(most, 0, sizeof(most));
	CHECK_INT(prun_queue_get(q, most, sizeof(most), -1), PRUN_QUEUE_MOST);
	CHECK(most[0] == 'm' && most[PRUN_QUEUE_MOST - 1] == 'm');
	CHECK_INT(most[PRUN_QUEUE_MOST], 0);
	/* A message that is too long for the getter is an error; the next one is whole. */
	CHECK_INT(prun_queue_put(q, "12345", 5, -1), 0);
	CHECK_INT(prun_queue_put(q, "1234", 4, -1), 0);
	CHECK_INT(prun_queue_get(q, data, sizeof(data), -1), -EMSGSIZE);
	CHECK_INT(prun_queue_get(q, data, sizeof(data), -1), 4);
	prun_queue_free(q);
}

TEST(it_is_bounded)
{
	struct prun_queue *q = queue();
	int n = 0;

	while (prun_queue_put(q, most, PRUN_QUEUE_MOST, 0) == 0)
		n++;
	CHECK(n > 0);
	CHECK_INT(prun_queue_put(q, most, PRUN_QUEUE_MOST, 0.01), -ETIMEDOUT);
	CHECK_INT(prun_queue_get(q, most, sizeof(most), 0), PRUN_QUEUE_MOST);
	CHECK_INT(prun_queue_put(q, most, PRUN_QUEUE_MOST, 30), 0);
	for (; n > 0; n--)
		CHECK_INT(prun_queue_get(q, most, sizeof(most), 0),
		    PRUN_QUEUE_MOST);
	CHECK_INT(prun_queue_get(q, most, sizeof(most), 0), -ETIMEDOUT);
	prun_queue_free(q);
}

static void *
put_late(void *arg)
{
	static const char small[] = "late";

	CHECK_INT(prun_queue_put(arg, small, sizeof(small), 1), 0);
	return NULL;
}

/* So little room does not wake poll(2), but it is used at the deadline. */
TEST(a_little_room)
{
	struct prun_queue *q = queue();
	pthread_t thread;
	int n = 0;

	while (prun_queue_put(q, most, PRUN_QUEUE_MOST, 0) == 0)
		n++;
	CHECK(n > 2);
	while (prun_queue_put(q, "x", 1, 0) == 0)
		continue;
	CHECK_INT(pthread_create(&thread, NULL, put_late, q), 0);
	(void)usleep(20000); /* the test holds even if it does not wait yet */
	CHECK_INT(prun_queue_get(q, most, sizeof(most), 0), PRUN_QUEUE_MOST);
	CHECK_INT(pthread_join(thread, NULL), 0);
	prun_queue_free(q);
}

TEST(the_end)
{
	struct prun_queue *q = queue(), *other;
	char data[4];
	int get;

	CHECK_INT(prun_queue_put(q, "last", 4, -1), 0);
	prun_queue_close_put(q);
	CHECK_INT(prun_queue_put_fd(q), -1);
	CHECK_INT(prun_queue_put(q, "x", 1, -1), -EBADF);
	CHECK_INT(prun_queue_get(q, data, sizeof(data), -1), 4);
	CHECK_INT(prun_queue_get(q, data, sizeof(data), -1), -EPIPE);
	prun_queue_free(q);

	q = queue();
	get = dup(prun_queue_get_fd(q));
	CHECK_INT(prun_queue_from_fd(-1, get, &other), 0);
	CHECK_INT(prun_queue_put(other, "x", 1, -1), -EBADF);
	CHECK_INT(prun_queue_put(q, "y", 1, -1), 0);
	prun_queue_free(q);
	CHECK_INT(prun_queue_get(other, data, sizeof(data), -1), 1);
	CHECK_INT(prun_queue_get(other, data, sizeof(data), -1), -EPIPE);
	prun_queue_free(other);
}

TEST(nobody_gets)
{
	struct prun_queue *q = queue(), *other;
	int put = dup(prun_queue_put_fd(q));

	CHECK_INT(prun_queue_from_fd(put, -1, &other), 0);
	CHECK_INT(prun_queue_put(q, "unread", 6, -1), 0);
	prun_queue_free(q);
	CHECK_INT(prun_queue_put(other, "x", 1, -1), -EPIPE);
	CHECK_INT(prun_queue_put(other, "x", 1, -1), -EPIPE);
	prun_queue_free(other);
}

static void *
put_and_close(void *arg)
{
	CHECK_INT(prun_queue_put(arg, "x", 1, -1), 0);
	prun_queue_close_put(arg);
	return NULL;
}

/* QUEUE_ROUNDS=300000: the race in the kernel occurs in one round of 30,000. */
TEST(the_end_is_behind_the_last)
{
	const char *wanted = getenv("QUEUE_ROUNDS");
	long rounds = wanted != NULL ? atol(wanted) : 2000;
	char data[4];

	for (; rounds > 0; rounds--) {
		struct prun_queue *q = queue(), *puts;
		pthread_t thread;
		ssize_t n;

		CHECK_INT(prun_queue_from_fd(dup(prun_queue_put_fd(q)), -1,
			      &puts),
		    0);
		prun_queue_close_put(q);
		CHECK_INT(pthread_create(&thread, NULL, put_and_close, puts),
		    0);
		while ((n = prun_queue_get(q, data, sizeof(data), 0)) ==
		    -ETIMEDOUT)
			continue;
		CHECK_INT(n, 1);
		CHECK_INT(pthread_join(thread, NULL), 0);
		CHECK_INT(prun_queue_get(q, data, sizeof(data), 0), -EPIPE);
		prun_queue_free(puts);
		prun_queue_free(q);
	}
}

TEST(not_a_queue)
{
	int before = util_open_fds(), fds[2];
	struct prun_queue *q;

	CHECK_INT(pipe(fds), 0);
	CHECK_INT(prun_queue_from_fd(-1, fds[0], &q), -ENOTSOCK);
	CHECK_INT(prun_queue_from_fd(fds[1], -1, &q), -ENOTSOCK);
	close(fds[0]);
	close(fds[1]);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	CHECK_INT(prun_queue_from_fd(fds[0], -1, &q), -EPROTOTYPE);
	CHECK_INT(prun_queue_from_fd(fds[0], fds[0], &q), -EINVAL);
	CHECK_INT(fcntl(fds[0], F_GETFD), 0);
	close(fds[0]);
	close(fds[1]);
	CHECK_INT(util_open_fds(), before);
}

struct getter {
	struct prun_queue *queue;
	pthread_t thread;
	long sum, n;
};

static void *
get_all(void *arg)
{
	struct getter *g = arg;
	int number;
	ssize_t n;

	while ((n = prun_queue_get(g->queue, &number, sizeof(number), 30)) >
	    0) {
		CHECK_INT(n, sizeof(number));
		g->sum += number;
		g->n++;
	}
	CHECK_INT(n, -EPIPE);
	return NULL;
}

TEST(each_is_got_once_by_threads)
{
	struct prun_queue *q = queue();
	struct getter getters[GETTERS];
	long sum = 0, n = 0;

	for (int i = 0; i < GETTERS; i++) {
		getters[i] = (struct getter){ .queue = q };
		CHECK_INT(pthread_create(&getters[i].thread, NULL, get_all,
			      &getters[i]),
		    0);
	}
	for (int i = 1; i <= MESSAGES; i++)
		CHECK_INT(prun_queue_put(q, &i, sizeof(i), 30), 0);
	prun_queue_close_put(q);
	for (int i = 0; i < GETTERS; i++) {
		CHECK_INT(pthread_join(getters[i].thread, NULL), 0);
		sum += getters[i].sum;
		n += getters[i].n;
	}
	CHECK_INT(n, MESSAGES);
	CHECK_INT(sum, (long)MESSAGES * (MESSAGES + 1) / 2);
	prun_queue_free(q);
}

/* Workers of a pool get one queue as stdin, and write their answers to another. */
static const char worker[] =
    "import socket\n"
    "tasks, answers = socket.socket(fileno=0), socket.socket(fileno=1)\n"
    "while True:\n"
    "    task = tasks.recv(65536)\n"
    "    if not task: break\n"
    "    answers.send(b'%d' % (int(task) ** 2))\n";

TEST(each_is_got_once_by_processes)
{
	const char *argv[] = { "python3", "-c", worker, NULL };
	struct prun_spec spec = { .size = sizeof(spec), .argv = argv };
	struct prun_queue *tasks = queue(), *answers = queue();
	struct prun_process *p[GETTERS];
	struct prun_result r = { .size = sizeof(r) };
	char text[24];
	long sum = 0;
	ssize_t n;

	spec.in.kind = spec.out.kind = PRUN_STDIO_FD;
	spec.in.fd = prun_queue_get_fd(tasks);
	spec.out.fd = prun_queue_put_fd(answers);
	for (int i = 0; i < GETTERS; i++)
		CHECK_INT(prun_process_start(&spec, &p[i]), 0);
	prun_queue_close_put(answers);
	/* A worker that is killed does not delay the others. */
	CHECK_INT(prun_process_kill(p[0]), 0);
	CHECK_INT(prun_process_wait(p[0], 30, &r), 0);
	for (int i = 1; i <= 100; i++) {
		n = snprintf(text, sizeof(text), "%d", i);
		CHECK_INT(prun_queue_put(tasks, text, (size_t)n, 30), 0);
		memset(text, 0, sizeof(text));
		CHECK(prun_queue_get(answers, text, sizeof(text) - 1, 30) > 0);
		sum += atol(text);
	}
	prun_queue_close_put(tasks);
	CHECK_INT(prun_queue_get(answers, text, sizeof(text), 30), -EPIPE);
	CHECK_INT(sum, 338350);
	for (int i = 1; i < GETTERS; i++) {
		CHECK_INT(prun_process_wait(p[i], 30, &r), 0);
		CHECK_INT(r.status, 0);
	}
	for (int i = 0; i < GETTERS; i++)
		prun_process_free(p[i]);
	prun_queue_free(tasks);
	prun_queue_free(answers);
}
