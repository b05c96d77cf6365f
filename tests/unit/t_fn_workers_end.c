/* SPDX-License-Identifier: ISC */

/* prun_workers: crashes, timeouts, and the death of everybody who takes part. */
#include <sys/time.h>

#include "fn_workers_fixture.h"

static void
note_pid(void)
{
	shared->pids[atomic_fetch_add(&shared->npids, 1)] = getpid();
}

/* What each task does is the first letter of what it gets. */
static int
misbehave(void *state, const void *in, size_t len, struct prun_reply *reply)
{
	const char *what = in;

	(void)state;
	(void)len;
	(void)prun_reply_add(reply, what, 1);
	switch (*what) {
	case 'e':
		return -ENOENT;
	case 'k':
		(void)raise(SIGKILL);
		break;
	case 'x':
		_exit(3);
	case 'w':
		for (;;)
			(void)pause();
	}
	return 0;
}

struct tally {
	int of[256]; /* by letter: so many have ended as that is meant to */
};

static void
check_end(const struct prun_task_result *r, void *arg)
{
	struct tally *t = arg;
	const char letter = "okxeokxeok"[r->id];

	t->of[(int)letter]++;
	CHECK_INT(r->error,
	    letter == 'o'     ? 0 :
		letter == 'e' ? -ENOENT :
				-ECHILD);
	CHECK_INT(r->flags,
	    letter == 'k' || letter == 'x' ? PRUN_TASK_DIED : 0);
	CHECK_INT(r->signal, letter == 'k' ? SIGKILL : 0);
	CHECK_INT(r->status, letter == 'k' ? 137 : letter == 'x' ? 3 : 0);
	CHECK_INT(r->len, letter == 'o' || letter == 'e' ? 1 : 0);
}

/* A crash fails its task alone, whatever else was in the same message. */
TEST(crash)
{
	const size_t chunks[] = { 0, 1, 10 };
	struct prun_workers *w;
	struct tally t;

	for (int i = 0; i < 3; i++) {
		w = workers_new((struct prun_workers_opts){ .workers = 2,
		    .chunk = chunks[i] });
		t = (struct tally){ 0 };
		CHECK_INT(prun_workers_map(w, misbehave, "okxeokxeok", 10, 1,
			      check_end, &t),
		    -ECHILD);
		CHECK_INT(t.of['o'], 3);
		CHECK_INT(t.of['k'], 3);
		CHECK_INT(t.of['x'], 2);
		CHECK_INT(t.of['e'], 2);
		workers_end(w);
	}
}

/* It leaves a child in its group, and one that has left it and its parent. */
static int
grow_tree(void *state, const void *in, size_t len, struct prun_reply *reply)
{
	(void)state;
	(void)len;
	(void)reply;
	if (*(const char *)in != 't')
		return 0;
	note_pid();
	if (fork() == 0) {
		note_pid();
		if (fork() == 0) {
			(void)setsid();
			note_pid();
		} else if (fork() == 0) {
			(void)setsid();
			if (fork() != 0)
				_exit(0);
			note_pid();
		}
		for (;;)
			(void)pause();
	}
	while (shared->npids < 4)
		(void)usleep(1000);
	shared->flag = 1;
	for (;;)
		(void)pause();
	return 0;
}

static bool
any_lives(void)
{
	for (int i = 0; i < shared->npids; i++) {
		if (util_lives(shared->pids[i]))
			return true;
	}
	return false;
}

static void
check_timeout(const struct prun_task_result *r, void *arg)
{
	int *count = arg;

	++*count;
	if (r->id == 3) {
		CHECK_INT(r->error, -ETIMEDOUT);
		CHECK_INT(r->flags, PRUN_TASK_DIED | PRUN_TASK_TIMED_OUT);
		CHECK_INT(r->signal, SIGKILL);
	} else {
		CHECK_INT(r->error, 0);
	}
}

TEST(timeout)
{
	struct prun_workers *w;
	int count = 0;

	share();
	w = workers_new((struct prun_workers_opts){ .workers = 2,
	    .timeout = 2,
	    .chunk = 4 });
	CHECK_INT(prun_workers_map(w, grow_tree, "oootoooooo", 10, 1,
		      check_timeout, &count),
	    -ETIMEDOUT);
	CHECK_INT(count, 10);
	/* On a slow machine the tree may not be there when its time is up. */
	AWAIT(!any_lives());
	workers_end(w);
}

/* The helper acts though the owner does nothing. */
TEST(timeout_without_step)
{
	struct prun_workers *w;
	int count = 3;

	share();
	w = workers_new((struct prun_workers_opts){ .workers = 1,
	    .timeout = 0.5 });
	while (prun_workers_apply(w, misbehave, "o", 1, NULL) != 0)
		continue;
	/* It is idle, so this is sent at once. */
	CHECK_INT(prun_workers_apply_async(w, grow_tree, "t", 1, check_timeout,
		      &count),
	    0);
	AWAIT(shared->npids > 0 && !any_lives());
	CHECK_INT(prun_workers_free(w), 0);
}

/* T_KILLS=1000: by hand. */
static int
kills(int usual)
{
	const char *wanted = getenv("T_KILLS");

	return wanted != NULL ? atoi(wanted) : t_times(usual);
}

/*
 * Every worker dies at a random moment after its first task has begun, whatever it does
 * then, and one of eight even before.
 */
static int
will_die(void **state, void *arg)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	srandom((unsigned)now.tv_nsec ^ (unsigned)getpid());
	(void)atomic_fetch_add(&shared->inits, 1);
	if (random() % 8 == 0)
		(void)raise(SIGALRM);
	*state = arg;
	return 0;
}

/* most: microseconds; 0 when it has been done. */
static void
die_soon(unsigned *most)
{
	struct itimerval when = { 0 };

	if (*most == 0)
		return;
	when.it_value.tv_usec = 1 + random() % *most;
	(void)setitimer(ITIMER_REAL, &when, NULL);
	*most = 0;
}

static int
count_task(void *state, const void *in, size_t len, struct prun_reply *reply)
{
	static const char big[100000];
	const long n = *(const long *)in;

	if (state != NULL)
		die_soon(state);
	(void)atomic_fetch_add(&shared->begun[n], 1);
	CHECK_INT(prun_reply_add(reply, in, len), 0);
	if (n % 100 == 0)
		CHECK_INT(prun_reply_add(reply, big, sizeof(big)), 0);
	(void)atomic_fetch_add(&shared->ended[n], 1);
	return 0;
}

struct outcome {
	long next, died, good;
};

static void
check_once(const struct prun_task_result *r, void *arg)
{
	struct outcome *o = arg;
	const long n = (long)r->id;

	CHECK_INT(n, o->next);
	o->next++;
	if (r->error == 0) {
		CHECK_INT(shared->begun[n], 1);
		CHECK_INT(shared->ended[n], 1);
		CHECK_INT(*(const long *)r->data, n);
		CHECK_INT(r->len, n % 100 == 0 ? 100000 + 8 : 8);
		o->good++;
		return;
	}
	/* Claimed, and perhaps begun. */
	CHECK(shared->begun[n] <= 1);
	CHECK_INT(r->error, -ECHILD);
	CHECK_INT(r->flags, PRUN_TASK_DIED);
	CHECK_INT(r->signal, SIGALRM);
	o->died++;
}

/* Until so many workers were killed: no task is lost, doubled, or told wrongly. */
TEST(random_kills)
{
	const int most = kills(100);
	const size_t chunks[] = { 0, 1, 50 };
	unsigned soon = SANITIZED ? 50000 : 3000;
	struct prun_workers *w;
	struct outcome o, all = { 0 };
	static long many[20000];
	int rounds = 0;

	share();
	for (long i = 0; i < 20000; i++)
		many[i] = i;
	for (int killed = 0; killed < most; killed += shared->inits) {
		memset(shared, 0, sizeof(*shared));
		w = workers_new((struct prun_workers_opts){ .workers = 2,
		    .chunk = chunks[rounds++ % 3],
		    .tasks_per_worker = rounds % 2 ? 500 : 0,
		    .init = will_die,
		    .arg = &soon });
		o = (struct outcome){ 0 };
		(void)prun_workers_map(w, count_task, many, 20000,
		    sizeof(*many), check_once, &o);
		CHECK_INT(o.next, 20000);
		CHECK_INT(prun_workers_free(w), 0);
		all.died += o.died;
		all.good += o.good;
		printf("# %d workers, %ld tasks died with them\n",
		    shared->inits, o.died);
	}
	CHECK(all.good > all.died);
}

/* All processes that the owner starts hold the pipe. */
static void
await_nobody(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char c;

	CHECK_INT(poll(&pfd, 1, 60000), 1);
	CHECK_INT(read(fd, &c, 1), 0);
}

static int
leave_daemon(void *state, const void *in, size_t len, struct prun_reply *reply)
{
	if (*(const long *)in % 10 == 0 && fork() == 0) {
		(void)setsid();
		if (fork() != 0)
			_exit(0);
		shared->flag = 1;
		for (;;)
			(void)pause();
	}
	return count_task(state, in, len, reply);
}

static int
next_long(const void **in, size_t *len, void *arg)
{
	long *n = arg;

	++*n;
	if (*n == 20000)
		return 0;
	*in = n;
	*len = sizeof(*n);
	return 1;
}

static _Noreturn void
be_owner(void)
{
	struct prun_workers *w = workers_new((struct prun_workers_opts){
	    .workers = 3,
	    .tasks_per_worker = 20 });
	long n = -1;

	(void)prun_workers_map_from(w, leave_daemon, next_long, &n, false, NULL,
	    NULL);
	_exit(0);
}

TEST(owner_killed)
{
	const int rounds = kills(20);
	int fds[2];
	pid_t owner;

	share();
	srandom((unsigned)getpid());
	for (int i = 0; i < rounds; i++) {
		memset(shared, 0, sizeof(*shared));
		CHECK_INT(pipe(fds), 0);
		CHECK((owner = fork()) != -1);
		if (owner == 0)
			be_owner();
		(void)close(fds[1]);
		/* At first when it works, later at any time. */
		if (i % 4 == 0)
			AWAIT(shared->flag != 0);
		(void)usleep((unsigned)random() % 8000);
		(void)kill(owner, SIGKILL);
		CHECK_INT(waitpid(owner, NULL, 0), owner);
		await_nobody(fds[0]);
		(void)close(fds[0]);
		for (int n = 0; n < 20000; n++)
			CHECK(shared->begun[n] <= 1);
	}
}

/* And when the owner frees them while they work. */
TEST(free_kills)
{
	struct prun_workers *w;
	int fds[2], before;
	long n = 10;

	share();
	before = util_open_fds();
	CHECK_INT(pipe(fds), 0);
	w = workers_new((struct prun_workers_opts){ .workers = 2 });
	(void)close(fds[1]);
	CHECK_INT(prun_workers_apply(w, leave_daemon, &n, sizeof(n), NULL), 0);
	CHECK_INT(prun_workers_apply_async(w, misbehave, "w", 1, NULL, NULL),
	    0);
	CHECK_INT(prun_workers_free(w), 0);
	await_nobody(fds[0]);
	(void)close(fds[0]);
	CHECK_INT(util_open_fds(), before);
	CHECK_INT(waitpid(-1, NULL, 0), -1);
}

static int
who_is_parent(void *state, const void *in, size_t len, struct prun_reply *reply)
{
	pid_t parent = getppid();

	(void)state;
	(void)in;
	(void)len;
	if (in != NULL && *(const char *)in == 'k')
		(void)kill(parent, SIGKILL);
	return prun_reply_add(reply, &parent, sizeof(parent));
}

static void
count_told(const struct prun_task_result *r, void *arg)
{
	int *told = arg;

	CHECK(r->error == -ECHILD || r->error == 0);
	++*told;
}

/* Without its helper it tells so, and what was left behind ends. */
TEST(helper_killed)
{
	struct prun_workers *w;
	int fds[2], told = 0;
	long n = 10;

	share();
	CHECK_INT(pipe(fds), 0);
	w = workers_new((struct prun_workers_opts){ .workers = 2 });
	(void)close(fds[1]);
	CHECK_INT(prun_workers_apply(w, leave_daemon, &n, sizeof(n), NULL), 0);
	AWAIT(shared->flag != 0);
	for (int i = 0; i < 10; i++)
		CHECK_INT(prun_workers_apply_async(w, who_is_parent,
			      i == 3 ? "k" : "o", 1, count_told, &told),
		    0);
	while (prun_workers_pending(w) > 0)
		CHECK_INT(prun_workers_step(w, -1), 0);
	CHECK_INT(told, 10);
	AWAIT(prun_workers_step(w, 0) == 0 &&
	    prun_workers_apply(w, square, &n, sizeof(n), NULL) == -ECHILD);
	await_nobody(fds[0]);
	prun_workers_close(w);
	CHECK_INT(prun_workers_join(w), 0);
	CHECK_INT(prun_workers_free(w), 0);
}

struct inside {
	struct prun_workers *w;
	int cancelled, good, more;
};

static void
act_inside(const struct prun_task_result *r, void *arg)
{
	struct inside *in = arg;

	CHECK_INT(prun_workers_step(in->w, 0), -EDEADLK);
	CHECK_INT(prun_workers_free(in->w), -EDEADLK);
	CHECK_INT(prun_workers_apply(in->w, square, "", 0, NULL), -EDEADLK);
	if (r->error == -ECANCELED)
		in->cancelled++;
	else
		in->good++;
	if (r->error == 0 && in->more-- > 0)
		CHECK_INT(prun_workers_apply_async(in->w, square, numbers, 8,
			      act_inside, in),
		    0);
	if (in->good == 5)
		prun_workers_terminate(in->w);
}

TEST(terminate)
{
	struct inside in = { .more = 3 };

	in.w = workers_new((struct prun_workers_opts){ .workers = 1,
	    .chunk = 1 });
	for (int i = 0; i < 2; i++)
		CHECK_INT(prun_workers_apply_async(in.w, square, numbers, 8,
			      act_inside, &in),
		    0);
	for (int i = 0; i < 4; i++)
		CHECK_INT(prun_workers_apply_async(in.w, misbehave, "w", 1,
			      act_inside, &in),
		    0);
	prun_workers_terminate(in.w);
	CHECK_INT(prun_workers_apply_async(in.w, square, numbers, 8, act_inside,
		      &in),
	    -ESHUTDOWN);
	in.more = 0;
	CHECK_INT(prun_workers_join(in.w), 0);
	CHECK_INT(in.cancelled + in.good, 6);
	CHECK(in.cancelled >= 4);
	CHECK_INT(prun_workers_free(in.w), 0);
	/* From within. */
	in = (struct inside){ .more = 100 };
	in.w = workers_new((struct prun_workers_opts){ .workers = 2 });
	CHECK_INT(prun_workers_apply_async(in.w, square, numbers, 8, act_inside,
		      &in),
	    0);
	while (!in.cancelled && in.good < 5)
		CHECK_INT(prun_workers_step(in.w, -1), 0);
	CHECK_INT(prun_workers_join(in.w), 0);
	CHECK_INT(prun_workers_free(in.w), 0);
}

static void
stop_at_ten(const struct prun_task_result *r, void *arg)
{
	struct inside *in = arg;

	if (r->error == 0 && ++in->good == 10)
		prun_workers_terminate(in->w);
	if (r->error != 0) {
		CHECK_INT(r->error, -ECANCELED);
		in->cancelled++;
	}
}

/* A map that is ended by its own done function returns, and has told of each task. */
TEST(terminated_map)
{
	struct inside in = { 0 };
	long n = -1;

	share();
	in.w = workers_new((struct prun_workers_opts){ .workers = 2,
	    .chunk = 1 });
	CHECK(prun_workers_map_from(in.w, count_task, next_long, &n, true,
		  stop_at_ten, &in) < 0);
	CHECK(in.good >= 10);
	CHECK_INT(in.good + in.cancelled, n + 1);
	CHECK_INT(prun_workers_join(in.w), 0);
	CHECK_INT(prun_workers_free(in.w), 0);
}
