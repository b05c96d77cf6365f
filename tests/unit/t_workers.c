/* SPDX-License-Identifier: ISC */

/*
 * Workers that stay: which bytes and which status are which task's, what becomes of tasks
 * whose workers die, hang or break the rules.
 */
#include <sched.h>

#include "engine/framing.h"
#include "pool_fixture.h"

/* What one task has come to. */
struct got {
	int n;
	struct prun_result r;
	char fault[400];
	char out[64], err[64]; /* what it wrote, cut */
	uint64_t out_len, err_len;
};

static void
got_done(const struct prun_result *r, void *arg)
{
	struct got *g = arg;

	g->n++;
	g->r = *r;
	*g->fault = '\0';
	if (r->fault != NULL)
		(void)snprintf(g->fault, sizeof(g->fault), "%s", r->fault);
}

static int
got_bytes(const struct prun_result *r, void *job, int stream, const char *data,
    size_t len, void *arg)
{
	struct got *g = job;
	char *text = stream == 1 ? g->out : g->err;
	uint64_t *have = stream == 1 ? &g->out_len : &g->err_len;

	(void)r, (void)arg;
	if (stream == 0)
		return 0;
	for (size_t i = 0; i < len; i++, ++*have) {
		if (*have < sizeof(g->out) - 1)
			text[*have] = data[i];
	}
	return 0;
}

static char pool_fault[400];

static void
note_fault(const char *fault, void *arg)
{
	(void)arg;
	(void)snprintf(pool_fault, sizeof(pool_fault), "%s", fault);
}

static struct prun_pool *
pool_of_workers(struct prun_worker_opts workers, struct prun_pool_opts opts,
    const char *const *argv)
{
	const struct prun_spec spec = { .size = sizeof(spec), .argv = argv };

	workers.size = sizeof(workers);
	workers.spec = &spec;
	workers.fault = note_fault;
	opts.worker = &workers;
	opts.deliver = got_bytes;
	if (opts.slots == 0)
		opts.slots = 1;
	return pool_of_plain(opts);
}

static void
task(struct prun_pool *pool, const char *text, struct got *g)
{
	const struct prun_spec spec = { .size = sizeof(spec),
		.task = text,
		.task_len = strlen(text) };

	*g = (struct got){ 0 };
	CHECK_INT(prun_pool_apply_async(pool, &spec, got_done, g), 0);
}

static void
await(struct prun_pool *pool, const struct got *g)
{
	while (g->n == 0)
		CHECK_INT(prun_pool_step(pool, -1), 0);
}

/* A worker that reads its tasks as shell code. */
#define STATUS_LOOP \
	"while IFS= read -r t; do eval \"$t\"; echo $? >/dev/fd/199; done"
static const char *const status_argv[] = { "sh", "-c", STATUS_LOOP, NULL };
static const char *const bash_argv[] = { "bash", NULL };

static const struct prun_worker_opts by_status = { .kind = PRUN_WORKER_STATUS };

TEST(status)
{
	struct prun_pool *pool = pool_of_workers(by_status,
	    (struct prun_pool_opts){ .size = sizeof(struct prun_pool_opts) },
	    status_argv);
	struct got g[3];

	task(pool, "echo a; echo b >&2", &g[0]);
	task(pool, "echo c; (exit 7)", &g[1]);
	task(pool, "echo $PRUN_WORKER $PRUN_WORKER_FD", &g[2]);
	pool_end(pool);
	CHECK_STR(g[0].out, "a\n");
	CHECK_STR(g[0].err, "b\n");
	CHECK_STR(g[1].out, "c\n");
	CHECK_STR(g[1].err, "");
	CHECK_STR(g[2].out, "1 199\n");
	CHECK_INT(g[0].r.status, 0);
	CHECK_INT(g[1].r.status, 7);
	CHECK_INT(g[1].r.out_bytes, 2);
	CHECK_INT(g[0].r.pid, g[2].r.pid);
}

TEST(deaths)
{
	struct prun_pool *pool = pool_of_workers(by_status,
	    (struct prun_pool_opts){ .size = sizeof(struct prun_pool_opts) },
	    status_argv);
	struct got g[4];

	task(pool, "echo a; exit 3", &g[0]);
	task(pool, "echo b; kill -9 $$", &g[1]);
	task(pool, "echo c; exit 0", &g[2]);
	task(pool, "echo d", &g[3]);
	pool_end(pool);
	CHECK_STR(g[0].out, "a\n");
	CHECK_INT(g[0].r.status, 3);
	CHECK_STR(g[1].out, "b\n");
	CHECK_INT(g[1].r.status, 137);
	CHECK_INT(g[1].r.signal, 9);
	CHECK_STR(g[2].out, "c\n");
	CHECK_INT(g[2].r.status, 255);
	CHECK(strstr(g[2].fault, "ended before it answered") != NULL);
	CHECK_STR(g[3].out, "d\n");
	CHECK_INT(g[3].r.status, 0);
}

TEST(line)
{
	const char *argv[] = { "sh", "-c",
		"while IFS= read -r t; do echo e >&2; echo \"[$t]\"; done",
		NULL };
	struct prun_pool *pool = pool_of_workers(
	    (struct prun_worker_opts){ .kind = PRUN_WORKER_LINE },
	    (struct prun_pool_opts){ .size = sizeof(struct prun_pool_opts),
		.slots = 2 },
	    argv);
	struct got g[20];
	char text[20][8], want[16];

	for (int i = 0; i < 20; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "t%d", i);
		task(pool, text[i], &g[i]);
	}
	pool_end(pool);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(want, sizeof(want), "[t%d]\n", i);
		CHECK_STR(g[i].out, want);
		CHECK_STR(g[i].err, "e\n");
		CHECK_INT(g[i].r.status, 0);
	}
}

TEST(line_end)
{
	const char *argv[] = { "sh", "-c",
		"while IFS= read -r t; do printf '%b' \"$t\"; echo '{ready}'; done",
		NULL };
	struct prun_pool *pool =
	    pool_of_workers((struct prun_worker_opts){ .kind = PRUN_WORKER_LINE,
				.end = "{ready}" },
		(struct prun_pool_opts){
		    .size = sizeof(struct prun_pool_opts) },
		argv);
	struct got g[3];

	task(pool, "one\\ntwo\\n", &g[0]);
	task(pool, "", &g[1]);
	task(pool, "{ready}x\\n{rea\\n\\n", &g[2]);
	pool_end(pool);
	CHECK_STR(g[0].out, "one\ntwo\n");
	CHECK_STR(g[1].out, "");
	CHECK_STR(g[2].out, "{ready}x\n{rea\n\n");
}

TEST(fork_and_shared)
{
	const enum prun_worker_kind kinds[] = { PRUN_WORKER_FORK,
		PRUN_WORKER_SHARED };
	struct prun_pool *pool;
	struct got g[9];
	char *large = malloc(200001);

	CHECK(large != NULL);
	for (int i = 0; i < 2; i++) {
		pool =
		    pool_of_workers((struct prun_worker_opts){ .kind = kinds[i],
					.init = "f() { echo \"f:$1\"; }" },
			(struct prun_pool_opts){
			    .size = sizeof(struct prun_pool_opts) },
			bash_argv);
		memset(large, 'x', 200000);
		large[0] = 'a';
		large[1] = '=';
		memcpy(large + 199985, ";echo ${#a}", 12);
		task(pool, "f 1; x=5; cd /; exec >/dev/null; set -- a", &g[0]);
		task(pool, "echo \"$x\"; pwd >&2", &g[1]);
		task(pool, "echo \303\251 'b\303\251' \\", &g[2]);
		task(pool, "(exit 7)", &g[3]);
		task(pool, "", &g[4]);
		task(pool, " echo blank; cat", &g[5]);
		task(pool, large, &g[6]);
		task(pool, "exit 9", &g[7]);
		task(pool, "f 2; kill -9 $$", &g[8]);
		pool_end(pool);
		CHECK_STR(g[0].out, "f:1\n");
		CHECK_STR(g[1].out, i == 0 ? "\n" : "5\n");
		CHECK(strcmp(g[1].err, "/\n") != 0 && g[1].err_len > 0);
		CHECK_STR(g[2].out, "\303\251 b\303\251 \\\n");
		CHECK_INT(g[3].r.status, 7);
		CHECK_INT(g[4].r.status, 0);
		CHECK_INT(g[4].out_len + g[4].err_len, 0);
		CHECK_STR(g[5].out, "blank\n");
		CHECK_STR(g[6].out, "199983\n");
		CHECK_INT(g[7].r.status, 9);
		CHECK_STR(g[8].out, "f:2\n");
		CHECK_INT(g[8].r.status, 137);
		CHECK_STR(g[8].err, "");
	}
	free(large);
}

TEST(timeout)
{
	struct prun_pool *pool = pool_of_workers(by_status,
	    (struct prun_pool_opts){ .size = sizeof(struct prun_pool_opts),
		.termseq = "KILL,1000" },
	    status_argv);
	struct got g[2];
	const struct prun_spec spec = { .size = sizeof(spec),
		.task = "echo a; exec sleep 60",
		.task_len = 21,
		.timeout = 0.3 };

	g[0] = (struct got){ 0 };
	CHECK_INT(prun_pool_apply_async(pool, &spec, got_done, &g[0]), 0);
	task(pool, "echo b", &g[1]);
	pool_end(pool);
	CHECK(g[0].r.flags & PRUN_RESULT_TIMED_OUT);
	/* It had not the time perhaps. */
	CHECK(strcmp(g[0].out, "a\n") == 0 || g[0].out_len == 0);
	CHECK_INT(g[0].r.signal, 9);
	CHECK_STR(g[1].out, "b\n");
	CHECK_INT(g[1].r.flags, 0);
}

TEST(faults)
{
	struct prun_pool *pool = pool_of_workers(by_status,
	    (struct prun_pool_opts){ .size = sizeof(struct prun_pool_opts) },
	    status_argv);
	struct got g[9];

	task(pool, "echo a; echo no >/dev/fd/199", &g[0]);
	task(pool, "echo b; echo 256 >/dev/fd/199", &g[1]);
	task(pool, "x\ny", &g[2]);
	task(pool, "echo d", &g[3]);
	task(pool, "echo c; echo 0 >/dev/fd/199", &g[4]);
	pool_end(pool);
	CHECK(strstr(g[0].fault, "worker 1 (pid ") != NULL);
	CHECK(strstr(g[0].fault, "'no\\n'") != NULL);
	CHECK_INT(g[0].r.status, 255);
	CHECK_STR(g[0].out, "a\n");
	CHECK(strstr(g[1].fault, "'256\\n'") != NULL);
	CHECK(strstr(g[2].fault, "newline") != NULL);
	CHECK_INT(g[2].r.status, 255);
	CHECK_STR(g[3].out, "d\n");
	CHECK_INT(g[3].r.status, 0);
	/* It was answered before the second status came, or not. */
	CHECK(strstr(g[4].fault, "more than one status") != NULL ||
	    strstr(pool_fault, "a status before it was asked") != NULL);
}

TEST(closed_status)
{
	const char *argv[] = { "bash", "-c", "read x; exec 199>&-; read y",
		NULL };
	struct prun_pool *pool = pool_of_workers(by_status,
	    (struct prun_pool_opts){ .size = sizeof(struct prun_pool_opts) },
	    argv);
	struct got g;

	task(pool, "a", &g);
	pool_end(pool);
	CHECK(strstr(g.fault, "closed its descriptor") != NULL);
	CHECK_INT(g.r.status, 255);
}

TEST(two_lines)
{
	const char *argv[] = { "sh", "-c", "read x; printf 'a\\nb\\n'; read y",
		NULL };
	struct prun_pool *pool = pool_of_workers(
	    (struct prun_worker_opts){ .kind = PRUN_WORKER_LINE },
	    (struct prun_pool_opts){ .size = sizeof(struct prun_pool_opts) },
	    argv);
	struct got g;

	task(pool, "a", &g);
	pool_end(pool);
	CHECK(strstr(g.fault, "more than one line: 'b\\n'") != NULL);
	CHECK_STR(g.out, "a\n");
	CHECK_INT(g.r.status, 255);
}

/* Three of them, and then the next task gets its own. */
TEST(cannot_start)
{
	const char *ends[] = { "sh", "-c", "echo no >&2; exit 5", NULL };
	const char *missing[] = { "/proc/none", NULL };
	struct prun_pool *pool = pool_of_workers(by_status,
	    (struct prun_pool_opts){ .size = sizeof(struct prun_pool_opts) },
	    ends);
	struct got g[2];

	task(pool, "a", &g[0]);
	task(pool, "b", &g[1]);
	pool_end(pool);
	CHECK_INT(g[0].r.status, 5);
	CHECK_STR(g[0].err, "no\nno\nno\n");
	CHECK_INT(g[1].r.status, 5);
	CHECK_STR(g[1].err, "no\n");
	pool = pool_of_workers(by_status,
	    (struct prun_pool_opts){ .size = sizeof(struct prun_pool_opts) },
	    missing);
	task(pool, "a", &g[0]);
	pool_end(pool);
	CHECK(g[0].r.flags & PRUN_RESULT_NOT_STARTED);
	CHECK_INT(g[0].r.status, 127);
	CHECK_INT(g[0].r.step, PRUN_STEP_EXEC);
}

/* A worker that dies between tasks costs no task. */
TEST(dies_between)
{
	const char *argv[] = { "sh", "-c",
		"read x; echo $$; echo 0 >/dev/fd/199", NULL };
	struct prun_pool *pool = pool_of_workers(by_status,
	    (struct prun_pool_opts){ .size = sizeof(struct prun_pool_opts) },
	    argv);
	struct got g[20];

	for (int i = 0; i < 20; i++) {
		task(pool, "a", &g[i]);
		await(pool, &g[i]);
		CHECK_INT(g[i].r.status, 0);
		CHECK_INT(atoi(g[i].out), g[i].r.pid);
	}
	pool_end(pool);
}

TEST(recycle)
{
	struct prun_pool *pool =
	    pool_of_workers((struct prun_worker_opts){ .kind = PRUN_WORKER_FORK,
				.recycle = 2 },
		(struct prun_pool_opts){
		    .size = sizeof(struct prun_pool_opts) },
		bash_argv);
	struct got g[6];

	for (int i = 0; i < 6; i++)
		task(pool, ":", &g[i]);
	pool_end(pool);
	for (int i = 0; i < 6; i += 2) {
		CHECK_INT(g[i].r.status, 0);
		CHECK_INT(g[i].r.pid, g[i + 1].r.pid);
		CHECK(i == 0 || g[i].r.pid != g[i - 1].r.pid);
	}
}

TEST(init)
{
	const char *argv[] = { "sh", "-c",
		"n=0; while IFS= read -r t; do echo \"$t $n\"; n=$((n + 1)); done",
		NULL };
	struct prun_pool *pool =
	    pool_of_workers((struct prun_worker_opts){ .kind = PRUN_WORKER_LINE,
				.init = "model" },
		(struct prun_pool_opts){
		    .size = sizeof(struct prun_pool_opts) },
		argv);
	struct got g[2];

	task(pool, "a", &g[0]);
	task(pool, "b", &g[1]);
	pool_end(pool);
	CHECK_STR(g[0].out, "a 1\n");
	CHECK_STR(g[1].out, "b 2\n");
	pool = pool_of_workers(
	    (struct prun_worker_opts){ .kind = PRUN_WORKER_STATUS,
		.init = "(exit 4)" },
	    (struct prun_pool_opts){ .size = sizeof(struct prun_pool_opts) },
	    status_argv);
	task(pool, "echo a", &g[0]);
	pool_end(pool);
	CHECK(strstr(g[0].fault, "initialized with the status: '4'") != NULL);
	CHECK_INT(g[0].r.status, 255);
}

/* More than the pipe takes, and it is read at last; then one that is never read. */
TEST(large_task)
{
	const char *argv[] = { "sh", "-c",
		"read x; echo ${#x}; echo 0 >/dev/fd/199; exec sleep 60",
		NULL };
	struct prun_pool *pool = pool_of_workers(by_status,
	    (struct prun_pool_opts){ .size = sizeof(struct prun_pool_opts),
		.termseq = "KILL,1000" },
	    argv);
	const size_t size = 1000000;
	char *text = malloc(size + 1);
	struct got g[2];
	struct prun_spec spec = { .size = sizeof(spec),
		.task = text,
		.task_len = size,
		.timeout = 0.3 };

	CHECK(text != NULL);
	memset(text, 'x', size);
	text[size] = '\0';
	task(pool, text, &g[0]);
	await(pool, &g[0]);
	CHECK_STR(g[0].out, "1000000\n");
	g[1] = (struct got){ 0 };
	CHECK_INT(prun_pool_apply_async(pool, &spec, got_done, &g[1]), 0);
	await(pool, &g[1]);
	CHECK(g[1].r.flags & PRUN_RESULT_TIMED_OUT);
	pool_end(pool);
	free(text);
}

TEST(terminate_idle)
{
	struct prun_pool *pool = pool_of_workers(by_status,
	    (struct prun_pool_opts){ .size = sizeof(struct prun_pool_opts),
		.slots = 3 },
	    status_argv);
	struct got g[3];

	for (int i = 0; i < 3; i++)
		task(pool, "echo a", &g[i]);
	for (int i = 0; i < 3; i++)
		await(pool, &g[i]);
	prun_pool_terminate(pool);
	CHECK_INT(prun_pool_join(pool), 0);
	for (int i = 0; i < 3; i++)
		CHECK(kill(g[i].r.pid, 0) == -1 && errno == ESRCH);
	prun_pool_free(pool);
}

/* Freed while it works. */
TEST(free_busy)
{
	struct prun_pool *pool = pool_of_workers(by_status,
	    (struct prun_pool_opts){ .size = sizeof(struct prun_pool_opts),
		.slots = 2 },
	    status_argv);
	struct got g[2];

	task(pool, "echo a; sleep 60", &g[0]);
	task(pool, "echo b", &g[1]);
	await(pool, &g[1]);
	prun_pool_free(pool);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
}

TEST(stray_output)
{
	const char *argv[] = { "sh", "-c",
		"while read x; do echo $x; echo 0 >/dev/fd/199; read y <go; echo stray; : >gone; done",
		NULL };
	struct prun_pool *pool;
	struct got g[2];

	util_folder();
	util_fifo("go");
	pool = pool_of_workers(by_status,
	    (struct prun_pool_opts){ .size = sizeof(struct prun_pool_opts) },
	    argv);
	task(pool, "a", &g[0]);
	await(pool, &g[0]);
	close(open("go", O_WRONLY));
	while (access("gone", F_OK) == -1)
		CHECK_INT(prun_pool_step(pool, 0.01), 0);
	CHECK_INT(prun_pool_step(pool, 0), 0);
	task(pool, "b", &g[1]);
	await(pool, &g[1]);
	CHECK_STR(g[1].out, "b\n");
	CHECK(g[0].r.pid != g[1].r.pid);
	prun_pool_free(pool);
}

TEST(bad_options)
{
	const struct prun_spec spec = { .size = sizeof(spec),
		.argv = status_argv };
	struct prun_worker_opts w = { .size = sizeof(w),
		.kind = PRUN_WORKER_LINE,
		.spec = &spec };
	struct prun_pool_opts opts = { .size = sizeof(opts),
		.worker = &w,
		.output = PRUN_OUTPUT_NONE };
	struct prun_pool *pool;
	const struct prun_spec task = { .size = sizeof(task),
		.task = "",
		.task_len = 0 };

	CHECK_INT(prun_pool_new(&opts, &pool), -EINVAL);
	opts.output = PRUN_OUTPUT_GROUP;
	w.kind = PRUN_WORKER_STATUS;
	w.end = "x";
	CHECK_INT(prun_pool_new(&opts, &pool), -EINVAL);
	w.kind = 17;
	CHECK_INT(prun_pool_new(&opts, &pool), -EINVAL);
	opts.worker = NULL;
	CHECK_INT(prun_pool_new(&opts, &pool), 0);
	CHECK_INT(prun_pool_apply_async(pool, &task, NULL, NULL), -EINVAL);
	prun_pool_free(pool);
}

/* Pieces of any size: the same answer. */
static int
keep_output(void *arg, const char *data, size_t len)
{
	return buf_add(arg, data, len);
}

TEST(pieces)
{
	const char text[] = "{re\n{ready} \n\n{ready\n{ready}\n";

	for (size_t piece = 1; piece < sizeof(text); piece++) {
		struct answer a = { 0 };
		struct buf out = { 0 };

		for (size_t at = 0; at + 1 < sizeof(text); at += piece) {
			size_t n = sizeof(text) - 1 - at;

			CHECK_INT(answer_take_line(&a, "{ready}", text + at,
				      n < piece ? n : piece, keep_output, &out),
			    0);
		}
		CHECK(a.complete && a.wrong == NULL);
		CHECK_MEM(out.data, out.len, text, sizeof(text) - 9);
		buf_fini(&out);
	}
}

/*
 * Random output on both streams, random ends: each task has its own bytes and its own
 * status.  Only who hangs has a timeout.  TASKS=100000 for a long run by hand.
 */
enum end {
	END_RETURN,
	END_EXIT,
	END_KILL,
	END_HANG,
	ENDS
};

struct random_task {
	struct got g;
	unsigned out, err, id;
	enum end end;
	char last[2][9];
};

static int
random_bytes(const struct prun_result *r, void *job, int stream,
    const char *data, size_t len, void *arg)
{
	struct random_task *t = job;
	unsigned *order = arg;

	(void)got_bytes(r, &t->g, stream, data, len, NULL);
	if (stream == 0 && order != NULL)
		CHECK_INT(t->id, (*order)++);
	for (size_t i = len > 8 ? len - 8 : 0; stream > 0 && i < len; i++) {
		memmove(t->last[stream - 1], t->last[stream - 1] + 1, 7);
		t->last[stream - 1][7] = data[i];
	}
	return 0;
}

static void
random_done(const struct prun_result *r, void *arg)
{
	got_done(r, &((struct random_task *)arg)->g);
}

static void
random_check(const struct random_task *t)
{
	const int status[END_HANG] = { (int)(t->id % 200), (int)(t->id % 200),
		137 };
	char want[24];

	CHECK_INT(t->g.n, 1);
	if (t->end == END_HANG) {
		/* It had not the time to write all of it perhaps. */
		CHECK_INT(t->g.r.flags, PRUN_RESULT_TIMED_OUT);
		CHECK(t->g.out_len <= t->out && t->g.err_len <= t->err);
		return;
	}
	CHECK_INT(t->g.out_len, t->out);
	CHECK_INT(t->g.err_len, t->err);
	CHECK_INT(t->g.r.status, status[t->end]);
	CHECK_INT(t->g.r.flags, 0);
	(void)snprintf(want, sizeof(want), "%08u", t->id);
	CHECK_STR(t->last[0], want);
	(void)snprintf(want, sizeof(want), "%08u", t->id + 1);
	CHECK_STR(t->last[1], want);
}

static void
random_apply(struct prun_pool *pool, struct random_task *t, unsigned id)
{
	char text[96];
	static unsigned seed = 1;
	const unsigned chance = (unsigned)rand_r(&seed) % 100;
	struct prun_spec spec = { .size = sizeof(spec), .task = text };

	*t = (struct random_task){ .id = id,
		.out = 8 +
		    (unsigned)rand_r(&seed) % (chance < 5 ? 200000 : 100),
		.err = 8 +
		    (unsigned)rand_r(&seed) % (chance > 95 ? 200000 : 100),
		.end = chance < 80 ? END_RETURN :
		    chance < 90    ? END_EXIT :
		    chance < 98    ? END_KILL :
				     END_HANG };
	if (t->end == END_HANG)
		spec.timeout = 0.3;
	spec.task_len = (size_t)snprintf(text, sizeof(text), "t %u %u %u %d %u",
	    t->id, t->out, t->err, (int)t->end, t->id % 200);
	CHECK_INT(prun_pool_apply_async(pool, &spec, random_done, t), 0);
}

static void
random_tasks(enum prun_worker_kind kind, unsigned flags)
{
	const char *tasks = getenv("TASKS");
	const unsigned n = tasks != NULL ? (unsigned)atoi(tasks) :
					   (unsigned)t_times(200);
	struct random_task *t = calloc(n, sizeof(*t));
	const struct prun_spec bash = { .size = sizeof(bash),
		.argv = bash_argv };
	const struct prun_worker_opts workers = { .size = sizeof(workers),
		.kind = kind,
		.spec = &bash,
		.recycle = 40,
		.init =
		    "t() { local s; printf -v s %0$2d $1; printf %s $s;"
		    "printf -v s %0$3d $(($1 + 1)); printf %s $s >&2;"
		    "case $4 in 0) return $5;; 1) exit $5;; 2) kill -9 $BASHPID;; esac;"
		    "exec sleep 1000; }" };
	unsigned order = 0;
	struct prun_pool *pool = pool_of_plain((struct prun_pool_opts){
	    .slots = 4,
	    .flags = flags,
	    .termseq = "KILL,1000",
	    .deliver = random_bytes,
	    .deliver_arg = flags != 0 ? &order : NULL,
	    .worker = &workers });

	CHECK(t != NULL);
	for (unsigned i = 0; i < n; i++) {
		random_apply(pool, &t[i], i);
		while (prun_pool_pending(pool) > 8)
			CHECK_INT(prun_pool_step(pool, -1), 0);
	}
	pool_end(pool);
	for (unsigned i = 0; i < n; i++)
		random_check(&t[i]);
	free(t);
}

TEST(batch)
{
	struct prun_pool *pool;
	struct got g;

	CHECK_INT(sched_setscheduler(0, SCHED_OTHER,
		      &(struct sched_param){ .sched_priority = 0 }),
	    0);
	pool = pool_of_workers(by_status,
	    (struct prun_pool_opts){ .flags = PRUN_POOL_BATCH }, status_argv);
	CHECK_INT(sched_getscheduler(0), SCHED_BATCH);
	task(pool,
	    "read -r s </proc/$$/stat; set -- ${s##*) }; shift 38; echo $1",
	    &g);
	pool_end(pool);
	CHECK_STR(g.out, "0\n");
	CHECK_INT(sched_getscheduler(0), SCHED_OTHER);
}

TEST(random_fork)
{
	srand((unsigned)getpid());
	random_tasks(PRUN_WORKER_FORK, 0);
}

TEST(random_shared)
{
	srand((unsigned)getpid());
	random_tasks(PRUN_WORKER_SHARED, PRUN_POOL_KEEP_ORDER);
}
