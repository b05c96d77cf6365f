/* SPDX-License-Identifier: ISC */

/* prun_workers: tasks, their order, their answers, and who runs them. */
#include <sys/prctl.h>

#include <pthread.h>

#include "fn_workers_fixture.h"
#include "workers/workers.h"

TEST(maps)
{
	const size_t chunks[] = { 0, 1, 7, 10000 };
	struct prun_workers *w;
	struct sum s;

	for (long i = 0; i < 5000; i++)
		numbers[i] = i;
	for (int i = 0; i < 4; i++) {
		w = workers_new((struct prun_workers_opts){ .workers = 3,
		    .chunk = chunks[i] });
		s = (struct sum){ .ordered = true };
		CHECK_INT(prun_workers_map(w, square, numbers, 5000,
			      sizeof(*numbers), add, &s),
		    0);
		CHECK_INT(s.count, 5000);
		CHECK_INT(s.sum, sum_of_squares(5000));
		s = (struct sum){ 0 };
		CHECK_INT(prun_workers_map_unordered(w, square, numbers, 1000,
			      sizeof(*numbers), add, &s),
		    0);
		CHECK_INT(s.count, 1000);
		CHECK_INT(s.sum, sum_of_squares(1000));
		CHECK_INT(prun_workers_map(w, square, NULL, 0, 8, add, &s), 0);
		workers_end(w);
	}
}

static int
next_number(const void **in, size_t *len, void *arg)
{
	long *n = arg;

	if (*n == 100)
		return -ENODATA;
	++*n;
	*in = n;
	*len = sizeof(*n);
	return 1;
}

TEST(map_from)
{
	struct prun_workers *w = workers_new((struct prun_workers_opts){
	    .workers = 2 });
	struct sum s = { .ordered = true };
	long n = 0;

	CHECK_INT(prun_workers_map_from(w, square, next_number, &n, true, add,
		      &s),
	    -ENODATA);
	CHECK_INT(s.sum, sum_of_squares(101));
	workers_end(w);
}

TEST(apply)
{
	struct prun_workers *w = workers_new((struct prun_workers_opts){
	    .workers = 1,
	    .name = "squares" });
	struct prun_task_result r = { .size = sizeof(r) };
	struct sum s = { 0 };

	for (long i = 0; i < 100; i++) {
		CHECK_INT(prun_workers_apply(w, square, &i, sizeof(i), &r), 0);
		CHECK_INT(*(const long *)r.data, i * i);
		CHECK_INT(r.id, i + 1);
	}
	for (long i = 0; i < 100; i++)
		CHECK_INT(prun_workers_apply_async(w, square, &i, sizeof(i),
			      add, &s),
		    0);
	CHECK_INT(prun_workers_pending(w), 100);
	prun_workers_close(w);
	CHECK_INT(prun_workers_apply_async(w, square, &r, 8, add, &s),
	    -ESHUTDOWN);
	CHECK_INT(prun_workers_join(w), 0);
	CHECK_INT(s.sum, sum_of_squares(100));
	CHECK_INT(prun_workers_step(w, -1), -EDEADLK);
	CHECK_INT(prun_workers_free(w), 0);
}

/* With no bytes, and with more than pipes and outboxes hold. */
static int
repeat(void *state, const void *in, size_t len, struct prun_reply *reply)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		CHECK_INT(prun_reply_add(reply, in, len), 0);
	return 5;
}

TEST(sizes)
{
	const size_t sizes[] = { 0, 1, 31, 32767, 32768, 65535, 65536,
		5000001 };
	struct prun_workers *w = workers_new((struct prun_workers_opts){
	    .workers = 1 });
	struct prun_task_result r = { .size = sizeof(r) };
	char *data = malloc(5000001);

	CHECK(data != NULL);
	for (size_t i = 0; i < 5000001; i++)
		data[i] = (char)(i * 7 >> 3);
	for (int i = 0; i < 8; i++) {
		CHECK_INT(prun_workers_apply(w, repeat, data, sizes[i], &r), 5);
		CHECK_INT(r.len, 2 * sizes[i]);
		if (sizes[i] == 0)
			continue;
		CHECK_INT(memcmp(r.data, data, sizes[i]), 0);
		CHECK_INT(memcmp((const char *)r.data + sizes[i], data,
			      sizes[i]),
		    0);
	}
	workers_end(w);
	free(data);
}

static int
make_state(void **state, void *arg)
{
	(void)atomic_fetch_add(&shared->inits, 1);
	*state = arg;
	return 0;
}

static void
free_state(void *state)
{
	CHECK_STR((char *)state, "state");
	(void)atomic_fetch_add(&shared->finis, 1);
}

static int
check_state(void *state, const void *in, size_t len, struct prun_reply *reply)
{
	char name[16];

	(void)in;
	(void)len;
	(void)reply;
	(void)prctl(PR_GET_NAME, name, 0, 0, 0);
	CHECK_STR(name, "a long name for");
	return strcmp(state, "state");
}

struct pids {
	pid_t pid[500];
	int tasks[500], n;
};

static void
count_pid(const struct prun_task_result *r, void *arg)
{
	struct pids *p = arg;
	int i = 0;

	CHECK_INT(r->error, 0);
	while (i < p->n && p->pid[i] != r->pid)
		i++;
	if (i == p->n)
		p->n++;
	p->pid[i] = r->pid;
	p->tasks[i]++;
}

TEST(recycling)
{
	char state[] = "state";
	struct pids p = { 0 };
	struct prun_workers *w;

	share();
	w = workers_new((struct prun_workers_opts){ .workers = 3,
	    .tasks_per_worker = 10,
	    .init = make_state,
	    .fini = free_state,
	    .arg = state,
	    .name = "a long name for workers" });
	CHECK_INT(prun_workers_map_unordered(w, check_state, numbers, 300, 8,
		      count_pid, &p),
	    0);
	CHECK(p.n >= 30);
	for (int i = 0; i < p.n; i++)
		CHECK(p.tasks[i] <= 10);
	workers_end(w);
	CHECK(shared->inits >= 30);
	CHECK_INT(shared->inits, shared->finis);
}

static int
refuse(void **state, void *arg)
{
	(void)state;
	(void)arg;
	return -EACCES;
}

static int
die(void **state, void *arg)
{
	(void)state;
	(void)arg;
	_exit(1);
}

static void
check_not_run(const struct prun_task_result *r, void *arg)
{
	int *error = arg;

	CHECK_INT(r->flags, PRUN_TASK_NOT_RUN);
	*error = r->error;
}

TEST(init_fails)
{
	struct prun_workers *w = workers_new((struct prun_workers_opts){
	    .workers = 2,
	    .init = refuse });
	int error = 0;

	CHECK_INT(prun_workers_apply_async(w, square, "12345678", 8,
		      check_not_run, &error),
	    0);
	while (prun_workers_pending(w) > 0)
		CHECK_INT(prun_workers_step(w, -1), 0);
	CHECK_INT(error, -EACCES);
	CHECK_INT(prun_workers_map(w, square, numbers, 10, 8, NULL, NULL),
	    -EACCES);
	workers_end(w);
	w = workers_new((struct prun_workers_opts){ .workers = 2,
	    .init = die });
	CHECK_INT(prun_workers_map(w, square, numbers, 10, 8, check_not_run,
		      &error),
	    -ECHILD);
	CHECK_INT(error, -ECHILD);
	CHECK_INT(prun_workers_free(w), 0);
}

/* The first waits for all others, though they were sent in one message with it. */
static int
wait_for_others(void *state, const void *in, size_t len,
    struct prun_reply *reply)
{
	(void)state;
	(void)len;
	(void)reply;
	if (*(const long *)in != 0)
		return 0;
	while (shared->flag < 99)
		(void)usleep(1000);
	return 0;
}

static void
count_others(const struct prun_task_result *r, void *arg)
{
	int *told = arg;

	CHECK_INT(r->error, 0);
	CHECK_INT(r->flags, 0);
	shared->flag++;
	++*told;
}

TEST(taken_back)
{
	const size_t chunks[] = { 0, 1, 100 };
	struct prun_workers *w;
	int told;

	share();
	for (long i = 0; i < 100; i++)
		numbers[i] = i;
	for (int i = 0; i < 3; i++) {
		shared->flag = told = 0;
		w = workers_new((struct prun_workers_opts){ .workers = 2,
		    .chunk = chunks[i] });
		/* It knows by then that tasks are short. */
		CHECK_INT(prun_workers_map(w, square, numbers, 100, 8, NULL,
			      NULL),
		    0);
		CHECK_INT(prun_workers_map_unordered(w, wait_for_others,
			      numbers, 100, 8, count_others, &told),
		    0);
		CHECK_INT(told, 100);
		workers_end(w);
	}
}

TEST(foreign_loop)
{
	struct prun_workers *w = workers_new((struct prun_workers_opts){
	    .workers = 2 });
	struct pollfd pfd = { .fd = prun_workers_fd(w), .events = POLLIN };
	struct sum s = { 0 };

	for (long i = 0; i < 1000; i++)
		CHECK_INT(prun_workers_apply_async(w, square, &i, sizeof(i),
			      add, &s),
		    0);
	while (prun_workers_pending(w) > 0) {
		CHECK_INT(poll(&pfd, 1, 60000), 1);
		CHECK_INT(prun_workers_step(w, 0), 0);
	}
	CHECK_INT(s.sum, sum_of_squares(1000));
	workers_end(w);
}

/* A worker has what the host has open, its two ends, and nothing of other workers. */
static int
count_fds(void *state, const void *in, size_t len, struct prun_reply *reply)
{
	int n = util_open_fds();

	(void)state;
	(void)in;
	(void)len;
	return prun_reply_add(reply, &n, sizeof(n));
}

static void
check_fds(const struct prun_task_result *r, void *arg)
{
	CHECK_INT(*(const int *)r->data, *(int *)arg + 2);
}

TEST(descriptors)
{
	int before = util_open_fds();
	struct prun_workers *w = workers_new((struct prun_workers_opts){
	    .workers = 3,
	    .tasks_per_worker = 2,
	    .chunk = 1,
	    .timeout = 100 });

	CHECK_INT(prun_workers_map(w, count_fds, numbers, 20, 8, check_fds,
		      &before),
	    0);
	workers_end(w);
	CHECK_INT(util_open_fds(), before);
}

/* A forked process can free them, and that is all; the parent does not notice. */
TEST(fork_in_host)
{
	struct prun_workers *w = workers_new((struct prun_workers_opts){
	    .workers = 2 });
	struct sum s = { 0 };
	int status;
	pid_t pid;

	CHECK_INT(prun_workers_map(w, square, numbers, 100, 8, NULL, NULL), 0);
	CHECK_INT(prun_workers_apply_async(w, square, numbers, 8, add, &s), 0);
	CHECK((pid = fork()) != -1);
	if (pid == 0) {
		CHECK_INT(prun_workers_step(w, 0), -EPERM);
		CHECK_INT(prun_workers_apply_async(w, square, numbers, 8, add,
			      &s),
		    -EPERM);
		CHECK_INT(prun_workers_map(w, square, numbers, 1, 8, add, &s),
		    -EPERM);
		prun_workers_terminate(w);
		CHECK_INT(prun_workers_free(w), 0);
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	CHECK_INT(prun_workers_map(w, square, numbers, 100, 8, add, &s), 0);
	CHECK_INT(s.count, 101);
	/* And one that lives on holds copies of all ends. */
	CHECK((pid = fork()) != -1);
	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	workers_end(w);
	CHECK_INT(kill(pid, SIGKILL), 0);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
}

static const struct prun_workers_opts own = { .workers = 2,
	.tasks_per_worker = 50 };

/* arg: made already; or NULL. */
static void *
use_own(void *arg)
{
	struct prun_workers *w = arg != NULL ? arg : workers_new(own);
	struct sum s = { 0 };

	CHECK_INT(prun_workers_map(w, square, numbers, 500, 8, add, &s), 0);
	CHECK_INT(s.sum, sum_of_squares(500));
	workers_end(w);
	return NULL;
}

/*
 * Workers are replaced while the host has threads that use the heap.  The heap of the
 * sanitizers does not stand a fork in one of several threads, as that of libc does.
 */
TEST(threads)
{
	struct prun_workers *w[4] = { NULL };
	pthread_t thread[4];

	for (long i = 0; i < 500; i++)
		numbers[i] = i;
	for (int i = 0; i < 4 && SANITIZED; i++)
		w[i] = workers_new(own);
	for (int i = 0; i < 4; i++)
		CHECK_INT(pthread_create(&thread[i], NULL, use_own, w[i]), 0);
	for (int i = 0; i < 4; i++)
		CHECK_INT(pthread_join(thread[i], NULL), 0);
}

static int
take_long(void *state, const void *in, size_t len, struct prun_reply *reply)
{
	(void)state;
	(void)in;
	(void)len;
	(void)reply;
	(void)usleep(5000);
	return 0;
}

/* Without a chunk of the caller's: many when tasks are short, and one at a time else. */
TEST(chosen_chunk)
{
	struct prun_workers *w = workers_new((struct prun_workers_opts){
	    .workers = 2 });

	CHECK_INT(workers_hunger(w), 8);
	/* On a machine with much else to do they seem long at times. */
	AWAIT(prun_workers_map(w, square, numbers, 2000, 8, NULL, NULL) == 0 &&
	    workers_hunger(w) > 80);
	CHECK_INT(prun_workers_map(w, take_long, numbers, 30, 8, NULL, NULL),
	    0);
	CHECK_INT(workers_hunger(w), 8);
	workers_end(w);
}

/* What is printed does not get among the answers. */
static int
print(void *state, const void *in, size_t len, struct prun_reply *reply)
{
	(void)state;
	(void)printf("text\n");
	(void)fflush(stdout);
	return prun_reply_add(reply, in, len);
}

TEST(closed_stdio)
{
	struct prun_task_result r = { .size = sizeof(r) };
	struct prun_workers *w;

	for (int fd = 0; fd < 3; fd++)
		(void)close(fd);
	w = workers_new((struct prun_workers_opts){ .workers = 2 });
	for (int i = 0; i < 10; i++) {
		CHECK_INT(prun_workers_apply(w, print, "abc", 3, &r), 0);
		CHECK_MEM((const char *)r.data, r.len, "abc", 3);
	}
	workers_end(w);
}

TEST(refused)
{
	struct prun_workers_opts opts = { .workers = 1 };
	struct prun_task_result r = { 0 };
	struct prun_workers *w;
	int before = util_open_fds();

	CHECK_INT(prun_workers_new(&opts, &w), -EINVAL);
	opts.size = sizeof(opts);
	opts.timeout = -1;
	CHECK_INT(prun_workers_new(&opts, &w), -EINVAL);
	opts.timeout = 0;
	opts.workers = 1000000;
	CHECK_INT(prun_workers_new(&opts, &w), -EINVAL);
	CHECK_INT(util_open_fds(), before);
	CHECK_INT(prun_workers_new(NULL, &w), 0);
	CHECK_INT(prun_workers_apply_async(w, NULL, NULL, 0, NULL, NULL),
	    -EINVAL);
	CHECK_INT(prun_workers_apply_async(w, square, NULL, 8, NULL, NULL),
	    -EINVAL);
	CHECK_INT(prun_workers_apply(w, square, numbers, 8, &r), -EINVAL);
	CHECK_INT(prun_workers_join(w), -EINVAL);
	CHECK_INT(prun_workers_step(w, -1), -EDEADLK);
	CHECK_INT(prun_workers_free(w), 0);
	CHECK_INT(prun_workers_free(NULL), 0);
	CHECK_INT(util_open_fds(), before);
}

/* With few descriptors there are fewer workers, or none: then it says so. */
TEST(shortage)
{
	const struct prun_workers_opts opts = { .size = sizeof(opts),
		.workers = 8 };
	struct prun_workers *w;
	int error, most = 32, before = util_open_fds();

	for (int more = 0; more < most; more++) {
		util_limit(RLIMIT_NOFILE, (rlim_t)before + (rlim_t)more);
		error = prun_workers_new(&opts, &w);
		if (error == 0) {
			error = prun_workers_map(w, square, numbers, 10, 8,
			    NULL, NULL);
			CHECK_INT(prun_workers_free(w), 0);
		}
		CHECK(error == 0 || error == -EMFILE);
	}
	CHECK_INT(error, 0);
	util_limit(RLIMIT_NOFILE, RLIM_INFINITY);
	CHECK_INT(util_open_fds(), before);
}
