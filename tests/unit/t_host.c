/* SPDX-License-Identifier: ISC */

/* host: jobs at the other end of a byte stream, where this program is the agent. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "pool_fixture.h"
#include "remote/frame.h"

/*
 * Another end that takes a job and says nothing of it.  "leaves": it has told before that it
 * ends; "back": it gives the job back, though nobody asked; "cut": it ends in the middle of
 * a long frame of the job; "stray": the long frame is of a job that nobody knows; "early": the
 * job has not started.
 */
static void
send_part(const char *kind, uint64_t id)
{
	static char bytes[100000];
	struct buf out = { 0 };
	char head[FRAME_HEAD];

	if (strcmp(kind, "early") != 0)
		CHECK_INT(frame_put(&out, FRAME_STARTED, id, NULL, 0), 0);
	frame_put_head(head, FRAME_OUT,
	    strcmp(kind, "stray") == 0 ? id + 1 : id, 10 * sizeof(bytes));
	CHECK_INT(buf_add(&out, head, sizeof(head)), 0);
	memset(bytes, 'x', sizeof(bytes));
	CHECK_INT(buf_add(&out, bytes, sizeof(bytes)), 0);
	CHECK_INT(fd_write_all(1, out.data, out.len), 0);
	/* Until the connection is ended, unless it ends here. */
	if (strcmp(kind, "cut") != 0)
		CHECK_INT(read(0, bytes, 1), 0);
	buf_fini(&out);
}

static void
be_mute(const char *token, const char *kind)
{
	struct buf out = { 0 };
	struct frame_reader r = { 0 };
	struct frame f = { .type = FRAME_HELLO };

	CHECK(printf(FRAME_GREETING "%s %d\n", token, FRAME_VERSION) > 0);
	CHECK_INT(frame_put_number(&out, FRAME_HELLO, 0, 1), 0);
	if (strcmp(kind, "leaves") == 0)
		CHECK_INT(frame_put(&out, FRAME_LEAVING, 0, NULL, 0), 0);
	CHECK_INT(fwrite(out.data, 1, out.len, stdout), out.len);
	CHECK_INT(fflush(stdout), 0);
	while (f.type != FRAME_RUN && frame_read(&r, 0) > 0) {
		while (f.type != FRAME_RUN && frame_next(&r, &f) == 1)
			continue;
	}
	out.len = 0;
	if (strcmp(kind, "back") == 0) {
		CHECK_INT(frame_put(&out, FRAME_BACK, f.id, NULL, 0), 0);
		CHECK_INT(write(1, out.data, out.len), out.len);
		(void)frame_read(&r, 0);
	}
	if (strcmp(kind, "cut") == 0 || strcmp(kind, "stray") == 0 ||
	    strcmp(kind, "early") == 0)
		send_part(kind, f.id);
	_exit(f.type != FRAME_RUN);
}

/* A prun_agent_opts.answer. */
static void
answer(const char *question, char *to, size_t size, void *arg)
{
	CHECK_STR(to, "");
	(void)snprintf(to, size, "%s, %s", question, (const char *)arg);
}

/* The other end: called as "t_host agent [KIND] TOKEN", it is one; else this test is empty. */
TEST(agent)
{
	char line[4096];
	int fd = open("/proc/self/cmdline", O_RDONLY);
	ssize_t n = read(fd, line, sizeof(line) - 1);
	struct prun_agent_opts opts = { .size = sizeof(struct prun_agent_opts),
		.in = 0,
		.out = 1,
		.stop = -1,
		.answer = answer,
		.arg = (char[]){ "indeed" } };
	const char *words[4] = { NULL };
	size_t nwords = 0;

	CHECK(n > 0);
	line[n] = '\0';
	for (char *word = line; word < line + n; word += strlen(word) + 1) {
		if (nwords < 4)
			words[nwords++] = word;
	}
	(void)close(fd);
	if (nwords < 3)
		return;
	opts.token = words[nwords - 1];
	if (nwords > 3)
		be_mute(opts.token, words[2]);
	_exit(prun_agent_run(&opts) != 0);
}

struct seen {
	enum prun_host_state state;
	unsigned cpus;
	char why[256];
	struct prun_host *other; /* where jobs move to */
	int moved;
	char answers[256];
};

/* A prun_host_answer_fn. */
static void
answered(struct prun_host *host, const char *text, void *arg)
{
	struct seen *seen = arg;
	const size_t len = strlen(seen->answers);

	(void)host;
	(void)snprintf(seen->answers + len, sizeof(seen->answers) - len, "%s;",
	    text);
}

static void
host_event(struct prun_host *host, const struct prun_host_info *info, void *arg)
{
	struct seen *seen = arg;

	(void)host;
	seen->state = info->state;
	if (info->state == PRUN_HOST_UP)
		seen->cpus = info->cpus;
	else
		(void)snprintf(seen->why, sizeof(seen->why), "%s", info->why);
}

static const char *const agent[] = { "/proc/self/exe", "agent", NULL };

static struct prun_host *
host_by(struct prun_pool *pool, const char *const *argv, struct seen *seen)
{
	static const char *const variables[] = { "HOST_IS=there", NULL };
	const struct prun_host_opts opts = {
		.size = sizeof(struct prun_host_opts),
		.argv = argv,
		.setenv = variables,
		.fn = seen != NULL ? host_event : NULL,
		.answered = seen != NULL ? answered : NULL,
		.arg = seen
	};
	struct prun_host *host;

	CHECK_INT(prun_host_new(pool, &opts, &host), 0);
	return host;
}

static void
apply_to(struct prun_pool *pool, struct prun_host *host, const char *line,
    struct tally *t)
{
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = line,
		.in.kind = PRUN_STDIO_NULL,
		.host = host };

	CHECK_INT(prun_pool_apply_async(pool, &spec, tally_done, t), 0);
}

static int
gather(const struct prun_result *r, void *job, int stream, const char *data,
    size_t len, void *arg)
{
	char *text = arg;

	(void)r, (void)job;
	if (stream == 1)
		strncat(text, data, len);
	return 0;
}

/* Nobody is the agent: a shell answers, and one runs each job. */
TEST(jobs_of_a_host_without_an_agent)
{
	static const char *const shell[] = { "sh", NULL };
	static const char *const job[] = { "sh", "-c", PRUN_HOST_SHELL, NULL };
	static const char *const variables[] = { "HOST_IS=there", NULL };
	static const char *const odd[] = { "/bin/echo", "it's\n\"$x\"", "",
		NULL };
	char text[256] = "";
	struct seen seen = { 0 };
	struct tally ok = { 0 }, bad = { 0 }, killed = { 0 };
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 4,
	    .flags = PRUN_POOL_KEEP_ORDER,
	    .deliver = gather,
	    .deliver_arg = text });
	struct prun_host_opts opts = { .size = sizeof(struct prun_host_opts),
		.job_argv = job,
		.setenv = variables,
		.fn = host_event,
		.arg = &seen };
	struct prun_host *host;
	struct prun_spec spec = { .size = sizeof(spec),
		.argv = odd,
		.in.kind = PRUN_STDIO_NULL };
	static const struct prun_rlimit limit = { 0, { 1, 2 } };

	CHECK_INT(prun_host_new(pool, &opts, &host), -EINVAL);
	opts.argv = shell;
	CHECK_INT(prun_host_new(pool, &opts, &host), 0);
	while (seen.state != PRUN_HOST_UP)
		CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK(seen.cpus > 0);
	spec.host = host;
	CHECK_INT(prun_pool_apply_async(pool, &spec, tally_done, &ok), 0);
	apply_to(pool, host, "cd /; echo $HOST_IS; pwd; exit 3", &bad);
	spec.argv = NULL;
	spec.command = "sleep 1000";
	spec.timeout = 0.05;
	CHECK_INT(prun_pool_apply_async(pool, &spec, tally_done, &killed), 0);
	spec.rlimit = &limit;
	spec.nrlimit = 1;
	CHECK_INT(prun_pool_apply_async(pool, &spec, tally_done, &ok), -EINVAL);
	prun_pool_close(pool);
	CHECK_INT(prun_pool_join(pool), 0);
	CHECK_INT(ok.last.status, 0);
	CHECK_INT(bad.last.status, 3);
	CHECK(killed.last.flags & PRUN_RESULT_TIMED_OUT);
	CHECK_STR(text, "it's\n\"$x\" \nthere\n/\n");
	CHECK_INT(prun_pool_free(pool), 0);
}

TEST(jobs_run_and_tell_how_they_ended)
{
	static const char *const shared[] = { "HOST_IS=here", NULL };
	char text[256] = "";
	struct seen seen = { 0 };
	struct tally ok = { 0 }, bad = { 0 }, killed = { 0 }, none = { 0 };
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 4,
	    .flags = PRUN_POOL_KEEP_ORDER,
	    .deliver = gather,
	    .deliver_arg = text });
	struct prun_host *host = host_by(pool, agent, &seen);
	static const char *const missing[] = { "/proc/none/program", NULL };
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "echo $HOST_IS",
		.setenv = shared,
		.host = host };

	CHECK_INT(prun_pool_apply_async(pool, &spec, tally_done, &ok), 0);
	apply_to(pool, host, "echo out; echo err >&2; exit 3", &bad);
	apply_to(pool, host, "kill -9 $$", &killed);
	spec = (struct prun_spec){ .size = sizeof(struct prun_spec),
		.argv = missing,
		.host = host };
	CHECK_INT(prun_pool_apply_async(pool, &spec, tally_done, &none), 0);
	pool_end(pool);
	CHECK_STR(text, "there\nout\n");
	CHECK_INT(seen.cpus, prun_cpu_count());
	CHECK_INT(ok.last.status, 0);
	CHECK(ok.last.started > 1e9 && ok.last.elapsed >= 0);
	CHECK_INT(ok.last.out_bytes, 6);
	CHECK_INT(bad.last.status, 3);
	CHECK_INT(bad.last.err_bytes, 4);
	CHECK_INT(killed.last.status, 137);
	CHECK_INT(killed.last.signal, SIGKILL);
	CHECK_INT(none.last.status, 127);
	CHECK_INT(none.last.flags, PRUN_RESULT_NOT_STARTED);
	CHECK_INT(none.last.error, ENOENT);
}

/* More than the credit, in both directions, by jobs beside each other. */
TEST(much_goes_there_and_back)
{
	const size_t len = (size_t)5 * 1024 * 1024;
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 3 });
	struct prun_host *host = host_by(pool, agent, NULL);
	struct tally t = { 0 };
	char *data = malloc(len);

	memset(data, 'x', len);
	for (int i = 0; i < 3; i++) {
		const struct prun_spec spec = { .size = sizeof(spec),
			.command = "cat",
			.in.kind = PRUN_STDIO_PIPE,
			.input = { .data = data, .len = len },
			.flags = PRUN_SPEC_INPUT_LENT,
			.host = host };

		CHECK_INT(prun_pool_apply_async(pool, &spec, tally_done, &t),
		    0);
	}
	pool_end(pool);
	free(data);
	CHECK_INT(t.n, 3);
	CHECK_INT(t.failed, 0);
	CHECK_INT(t.last.out_bytes, len);
	CHECK_INT(t.last.in_bytes, len);
}

TEST(a_timeout_and_a_kill_reach_the_job)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 2,
	    .termseq = "KILL,1000" });
	struct prun_host *host = host_by(pool, agent, NULL);
	struct tally late = { 0 }, killed = { 0 };
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = "sleep 1000",
		.timeout = 0.05,
		.host = host };

	CHECK_INT(prun_pool_apply_async(pool, &spec, tally_done, &late), 0);
	apply_to(pool, host, "sleep 1000", &killed);
	step_until(pool, &late);
	CHECK(late.last.flags & PRUN_RESULT_TIMED_OUT);
	while (prun_pool_kill(pool, 2) == -ESRCH)
		CHECK_INT(prun_pool_step(pool, -1), 0);
	step_until(pool, &killed);
	CHECK(killed.last.flags & PRUN_RESULT_TERMINATED);
	CHECK_INT(killed.last.signal, SIGKILL);
	pool_end(pool);
}

/* Until it can be said that the process is there no more. */
static void
await_death(pid_t pid)
{
	while (util_lives(pid))
		(void)usleep(1000);
}

TEST(a_lost_host_loses_jobs_that_it_had_and_kills_them)
{
	char text[256] = "";
	struct seen seen = { 0 };
	struct tally t = { 0 };
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 2,
	    .output = PRUN_OUTPUT_RAW,
	    .deliver = gather,
	    .deliver_arg = text });
	struct prun_host *host = host_by(pool, agent, &seen);
	pid_t pid;

	apply_to(pool, host, "echo $$; exec sleep 1000", &t);
	while (strchr(text, '\n') == NULL)
		CHECK_INT(prun_pool_step(pool, -1), 0);
	pid = (pid_t)strtol(text, NULL, 10);
	prun_host_close(host);
	step_until(pool, &t);
	CHECK_INT(t.last.flags, PRUN_RESULT_HOST_LOST);
	CHECK_INT(t.last.status, 255);
	CHECK_INT(seen.state, PRUN_HOST_DOWN);
	await_death(pid);
	/* It takes no more jobs. */
	t.n = 0;
	apply_to(pool, host, "true", &t);
	step_until(pool, &t);
	CHECK_INT(t.last.flags,
	    PRUN_RESULT_HOST_LOST | PRUN_RESULT_NOT_STARTED);
	pool_end(pool);
}

static struct prun_host *
host_move(struct prun_host *host, const struct prun_result *r, void *job)
{
	static struct prun_host *to;

	(void)r;
	if (job == NULL) {
		to = host;
		return NULL;
	}
	return to;
}

/* A job of a host that cannot be reached, which another is there for. */
static struct tally
moved(struct seen *seen, bool killed)
{
	static const char *const refuses[] = { "/bin/sh", "-c",
		"echo 'no such host' >&2; exit 255", NULL };
	struct tally t = { 0 };
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 1 });
	const struct prun_host_opts opts = {
		.size = sizeof(struct prun_host_opts),
		.argv = refuses,
		.fn = host_event,
		.move = host_move,
		.arg = seen
	};
	struct prun_host *host;

	CHECK_INT(prun_host_new(pool, &opts, &host), 0);
	(void)host_move(host_by(pool, agent, NULL), NULL, NULL);
	apply_to(pool, host, "exit 7", &t);
	if (killed)
		CHECK_INT(prun_pool_kill(pool, 1), 0);
	pool_end(pool);
	return t;
}

TEST(what_a_host_never_had_goes_to_another)
{
	struct seen seen = { 0 };
	const struct tally t = moved(&seen, false);

	CHECK_INT(seen.state, PRUN_HOST_DOWN);
	CHECK_STR(seen.why, "no such host");
	CHECK_INT(t.last.status, 7);
	CHECK_INT(t.last.tries, 1);
	CHECK_INT(t.last.flags, 0);
}

TEST(what_is_to_be_killed_goes_nowhere)
{
	struct seen seen = { 0 };
	const struct tally t = moved(&seen, true);

	CHECK_INT(t.n, 1);
	CHECK_INT(t.last.status, 126);
	CHECK(t.last.flags & PRUN_RESULT_HOST_LOST);
}

/* What becomes of a job whose host ends without an answer. */
static struct tally
without_answer(const char *kind)
{
	const char *const argv[] = { "/proc/self/exe", "agent", kind, NULL };
	struct tally t = { 0 };
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 1 });
	const struct prun_host_opts opts = {
		.size = sizeof(struct prun_host_opts),
		.argv = argv,
		.move = host_move,
	};
	struct prun_host *host;

	CHECK_INT(prun_host_new(pool, &opts, &host), 0);
	(void)host_move(host_by(pool, agent, NULL), NULL, NULL);
	apply_to(pool, host, "exit 7", &t);
	pool_end(pool);
	return t;
}

TEST(what_a_host_may_have_started_is_lost)
{
	const struct tally t = without_answer("mute");

	CHECK_INT(t.last.flags, PRUN_RESULT_HOST_LOST);
	CHECK_INT(t.last.status, 255);
	CHECK_INT(t.last.tries, 1);
}

/* It was told to end ahead of that: what it has not answered it has not started. */
TEST(what_a_host_that_ends_has_not_started_goes_to_another)
{
	const struct tally t = without_answer("leaves");

	CHECK_INT(t.last.flags, 0);
	CHECK_INT(t.last.status, 7);
	CHECK_INT(t.last.tries, 1);
}

TEST(what_was_not_asked_for_is_not_taken_back)
{
	const struct tally t = without_answer("back");

	CHECK_INT(t.last.flags, PRUN_RESULT_HOST_LOST);
	CHECK_INT(t.last.status, 255);
}

TEST(a_long_frame_may_not_come_to_its_end_or_be_nobodys)
{
	struct tally t = without_answer("cut");

	CHECK_INT(t.last.flags, PRUN_RESULT_HOST_LOST);
	CHECK_INT(t.last.status, 255);
	/* The program that runs the tests has added a line. */
	CHECK(t.last.out_bytes >= 100000 && t.last.out_bytes < 101000);
	t = without_answer("stray");
	CHECK_INT(t.last.flags, PRUN_RESULT_HOST_LOST);
	CHECK_INT(t.last.out_bytes, 0);
	t = without_answer("early");
	CHECK_INT(t.last.flags, PRUN_RESULT_HOST_LOST);
	CHECK_INT(t.last.out_bytes, 0);
}

/* Jobs that were sent ahead over a long line, and what they wrote. */
struct far {
	struct prun_pool *pool;
	struct prun_host *host;
	struct tally tally;
	char text[4096];
	int applied, moved;
	bool closed;
	char delay[PATH_MAX], self[PATH_MAX];
};

static struct prun_host *
far_moves(struct prun_host *host, const struct prun_result *r, void *job)
{
	struct far *far = (struct far *)((char *)job -
	    offsetof(struct far, tally));

	(void)r;
	far->moved++;
	return far->closed ? NULL : host;
}

static int
far_text(const struct prun_result *r, void *job, int stream, const char *data,
    size_t len, void *arg)
{
	struct far *far = arg;

	(void)r, (void)job, (void)stream;
	if (len > 0)
		strncat(far->text, data, len);
	return 0;
}

static void
far_open(struct far *far)
{
	static const char *const slots[] = { "SLOT=1", "PLACE=0", NULL };
	const char *const argv[] = { far->delay, "50", far->self, "agent",
		NULL };
	const struct prun_host_opts opts = {
		.size = sizeof(struct prun_host_opts),
		.argv = argv,
		.slotenv = slots,
		.move = far_moves,
	};
	ssize_t n = readlink("/proc/self/exe", far->self, PATH_MAX - 1);
	char *end;

	CHECK(n > 0);
	end = strrchr(far->self, '/');
	(void)snprintf(far->delay, PATH_MAX, "%.*s/../helper/delay",
	    (int)(end - far->self), far->self);
	far->pool = pool_of((struct prun_pool_opts){ .slots = 2,
	    .output = PRUN_OUTPUT_RAW,
	    .deliver = far_text,
	    .deliver_arg = far });
	CHECK_INT(prun_host_new(far->pool, &opts, &far->host), 0);
}

static void
far_apply(struct far *far)
{
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = "echo $SLOT$PLACE",
		.in.kind = PRUN_STDIO_NULL,
		.flags = PRUN_SPEC_AHEAD,
		.host = far->host };

	CHECK_INT(prun_pool_apply_async(far->pool, &spec, tally_done,
		      &far->tally),
	    0);
	far->applied++;
}

/* Until so many wait there. */
static void
far_fill(struct far *far, unsigned ahead)
{
	while (prun_pool_ahead(far->pool) < ahead) {
		if (prun_pool_slot(far->pool) > 0 ||
		    prun_host_ahead(far->pool, far->host) > 0)
			far_apply(far);
		else
			CHECK_INT(prun_pool_step(far->pool, -1), 0);
	}
}

TEST(jobs_go_ahead_and_are_taken_back)
{
	struct far far = { 0 };
	unsigned ahead;

	far_open(&far);
	far_fill(&far, 3);
	CHECK(prun_pool_running(far.pool) <= 2);
	ahead = prun_pool_ahead(far.pool);
	/* Nothing starts any more: what has not started comes back, and waits. */
	prun_pool_pause(far.pool, true);
	while (prun_pool_ahead(far.pool) > 0)
		CHECK_INT(prun_pool_step(far.pool, -1), 0);
	CHECK(far.moved <= (int)ahead);
	CHECK_INT(prun_pool_recall(far.pool, 1), -ESRCH);
	prun_pool_pause(far.pool, false);
	pool_end(far.pool);
	CHECK_INT(far.tally.n, far.applied);
	CHECK_INT(far.tally.failed, 0);
	/* Each wrote the number of a slot that there is. */
	CHECK_INT(strlen(far.text), 3 * far.applied);
	CHECK_INT(strspn(far.text, "102\n"), 3 * far.applied);
	CHECK(strstr(far.text, "20") == NULL && strstr(far.text, "11") == NULL);
}

TEST(what_was_sent_ahead_and_dropped_never_runs)
{
	struct far far = { 0 };
	uint64_t left;

	far_open(&far);
	far_fill(&far, 2);
	(void)prun_pool_cancel_queued(far.pool);
	left = prun_pool_pending(far.pool);
	pool_end(far.pool);
	CHECK(left > 0);
	CHECK_INT(far.moved, 0);
	CHECK_INT(strlen(far.text), 3 * far.tally.n);
	CHECK_INT(far.tally.failed, 0);
}

/* With what was sent ahead, too: it may have started. */
TEST(what_was_sent_ahead_is_lost_with_its_host)
{
	struct far far = { 0 };

	far_open(&far);
	far_fill(&far, 2);
	far.closed = true;
	prun_host_close(far.host);
	pool_end(far.pool);
	CHECK_INT(far.tally.n, far.applied);
	CHECK(far.tally.last.flags & PRUN_RESULT_HOST_LOST);
}

struct retried {
	struct prun_pool *pool;
	struct prun_host *to;
	struct tally tally, other;
	int asked;
};

static double
retry_there(const struct prun_result *r, void *arg)
{
	struct retried *x = arg;

	if (r->status == 0 || r->tries > 2)
		return -1;
	CHECK_INT(prun_pool_move(x->pool, r->id, x->to), 0);
	return 0;
}

static void
retried_done(const struct prun_result *r, void *arg)
{
	tally_done(r, &((struct retried *)arg)->tally);
}

TEST(a_retry_may_be_on_another_host)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 1 });
	struct prun_host *here = host_by(pool, NULL, NULL);
	struct retried x = { .pool = pool, .to = host_by(pool, agent, NULL) };
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = "test -n \"$HOST_IS\"",
		.retry = retry_there,
		.host = here };

	CHECK_INT(prun_pool_apply_async(pool, &spec, retried_done, &x), 0);
	pool_end(pool);
	CHECK_INT(x.tally.last.status, 0);
	CHECK_INT(x.tally.last.tries, 2);
}

/* Until the job that came later has ended no host will do. */
static bool
may_retry(void *job, void *arg)
{
	struct retried *x = arg;
	const uint64_t id = 1;

	CHECK(job == &x->tally);
	x->asked++;
	CHECK_INT(prun_pool_move(x->pool, id, x->other.n > 0 ? x->to : NULL),
	    0);
	return x->other.n > 0;
}

static double
retry_once(const struct prun_result *r, void *arg)
{
	(void)arg;
	return r->tries > 1 ? -1 : 0;
}

TEST(a_retry_that_no_host_has_room_for_holds_back_no_other)
{
	struct retried x = { 0 };
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "test -n \"$HOST_IS\"",
		.retry = retry_once };

	x.pool = pool_of((struct prun_pool_opts){ .slots = 1,
	    .may_try = may_retry,
	    .may_try_arg = &x });
	spec.host = host_by(x.pool, NULL, NULL);
	x.to = host_by(x.pool, agent, NULL);
	CHECK_INT(prun_pool_apply_async(x.pool, &spec, tally_done, &x.tally),
	    0);
	spec.retry = NULL;
	spec.host = x.to;
	CHECK_INT(prun_pool_apply_async(x.pool, &spec, tally_done, &x.other),
	    0);
	pool_end(x.pool);
	CHECK_INT(x.tally.last.status, 0);
	CHECK_INT(x.tally.last.tries, 2);
	CHECK(x.asked > 1);
}

#define QUOTED(number) QUOTE(number)
#define QUOTE(x) #x
#define VERSION QUOTED(FRAME_VERSION)

TEST(questions_are_answered_in_their_order)
{
	const struct prun_host_opts here = { .size = sizeof(here) };
	struct prun_pool *pool;
	struct prun_host *host, *other;
	struct seen seen = { 0 };

	CHECK_INT(prun_pool_new(NULL, &pool), 0);
	host = host_by(pool, agent, &seen);
	CHECK_INT(prun_host_ask(host, "early"), -ENOTCONN);
	while (seen.state == PRUN_HOST_CONNECTING)
		CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK_INT(prun_host_ask(host, "one"), 0);
	CHECK_INT(prun_host_ask(host, "two"), 0);
	while (strlen(seen.answers) < strlen("one, indeed;two, indeed;"))
		CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK_STR(seen.answers, "one, indeed;two, indeed;");
	CHECK_INT(prun_host_new(pool, &here, &other), 0);
	CHECK_INT(prun_host_ask(other, "nobody"), -EINVAL);
	prun_host_close(host);
	CHECK_INT(prun_host_ask(host, "late"), -ENOTCONN);
	CHECK_INT(prun_pool_free(pool), 0);
}

TEST(silence_and_nonsense_end_a_connection)
{
	static const char *const silent[] = { "/bin/sh", "-c",
		"exec sleep 1000", NULL };
	static const char *const nonsense[] = { "/bin/sh", "-c",
		"printf '\\nprun-agent %s " VERSION
		"\\n\\377\\377\\377\\377xxxxxxxxx' $0; exec sleep 1000",
		NULL };
	static const char *const other[] = { "/bin/sh", "-c",
		"printf '\\nprun-agent %s 999\\n' $0; exec sleep 1000", NULL };
	struct seen seen[3] = { 0 };
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 1 });
	const struct prun_host_opts opts = {
		.size = sizeof(struct prun_host_opts),
		.argv = silent,
		.connect_timeout = 0.02,
		.fn = host_event,
		.arg = &seen[0]
	};
	struct prun_host *host;

	CHECK_INT(prun_host_new(pool, &opts, &host), 0);
	(void)host_by(pool, nonsense, &seen[1]);
	(void)host_by(pool, other, &seen[2]);
	while (seen[0].state + seen[1].state + seen[2].state !=
	    3 * PRUN_HOST_DOWN)
		CHECK_INT(prun_pool_step(pool, 0.1), 0);
	CHECK_STR(seen[0].why, "it did not answer in time");
	CHECK_STR(seen[1].why, "what it sends is not of this protocol");
	CHECK_STR(seen[2].why,
	    "the prun there has version 999 of the protocol, not " VERSION);
	prun_pool_free(pool);
}

/* The agent hears nothing any more, and neither do we. */
TEST(a_dead_line_is_told_and_its_jobs_end)
{
	char text[256] = "";
	struct seen seen = { 0 };
	struct tally t = { 0 };
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 1,
	    .output = PRUN_OUTPUT_RAW,
	    .deliver = gather,
	    .deliver_arg = text });
	const struct prun_host_opts opts = {
		.size = sizeof(struct prun_host_opts),
		.argv = agent,
		.heartbeat = 0.5,
		.fn = host_event,
		.arg = &seen
	};
	struct prun_host *host;
	pid_t pid;

	CHECK_INT(prun_host_new(pool, &opts, &host), 0);
	apply_to(pool, host, "echo $PPID; exec sleep 1000", &t);
	while (strchr(text, '\n') == NULL)
		CHECK_INT(prun_pool_step(pool, -1), 0);
	pid = (pid_t)strtol(text, NULL, 10);
	CHECK_INT(kill(pid, SIGSTOP), 0);
	step_until(pool, &t);
	CHECK(strstr(seen.why, "no sign of life") != NULL);
	CHECK_INT(t.last.flags, PRUN_RESULT_HOST_LOST);
	(void)kill(pid, SIGCONT); /* it may have been killed already */
	await_death(pid);
	pool_end(pool);
}

TEST(what_cannot_travel_is_refused)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 1 });
	struct prun_host *host = host_by(pool, agent, NULL);
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "true",
		.host = host,
		.input_path = "/tmp/without-a-pipe" };
	const struct prun_host_opts odd = {
		.size = sizeof(struct prun_host_opts),
		.heartbeat = -1
	};

	CHECK_INT(prun_pool_apply_async(pool, &spec, NULL, NULL), -EINVAL);
	spec.input_path = NULL;
	spec.in = (struct prun_stdio){ PRUN_STDIO_FD, 0 };
	CHECK_INT(prun_pool_apply_async(pool, &spec, NULL, NULL), -EINVAL);
	CHECK_INT(prun_host_new(pool, &odd, &host), -EINVAL);
	pool_end(pool);
}
