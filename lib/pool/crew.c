/* SPDX-License-Identifier: ISC */

/*
 * Owns which worker that stays has which slot.  Knows no bytes: lib/engine/server.c
 * knows what a worker is told.  This is one file although it is long: a worker is
 * started, given a slot, recycled and replaced by the same lists.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/sized.h"
#include "pool/pool.h"
#include "process/rlimit_mark.h"
#include "process/spec_copy.h"

/* A task is given up when so many workers in a row have ended before they read theirs. */
#define UNREAD_MOST 3
/* A slot's next worker is started when the present one may serve so many more tasks. */
#define AHEAD 200u
/* The request that carries init must fit into a new pipe. */
#define INIT_MOST ((size_t)60000)

/* The size that the structure had when it was published. */
#define OPTS_FIRST SIZED_UP_TO(struct prun_worker_opts, fault_arg)

/* The workers of one slot. */
struct crew_post {
	struct worker *now; /* NULL: none */
	struct worker *next; /* started ahead; NULL: none */
};

struct crew {
	const struct framing *framing;
	void *block; /* holds spec */
	struct prun_spec *spec; /* the spec of a worker; points to whole */
	struct prun_spec whole;
	const char **argv; /* the spec's words, with the program of a shell */
	struct buf program; /* what a shell is started with */
	/* Those of the spec, with room for PRUN_WORKER. */
	const char **variables;
	size_t nvariables;
	int *pass;
	char *end, *init;
	struct prun_worker_opts
	    opts; /* no pointer of these is used but fault_arg */

	struct crew_post *post; /* index: slot - 1 */
	unsigned nposts;
	LIST_HEAD(, worker) alive; /* all workers that have not ended */
	LIST_HEAD(, worker) gone; /* workers that are to be freed */
	uint32_t hired; /* how many workers were started so far */
	/* How many tasks in a row ended because their worker ended. */
	unsigned deaths;
	unsigned
	    unread; /* workers in a row that ended before they read a task */
};

#define TEXT_OF(number) TEXT(number)
#define TEXT(x) #x
#define WORKER_FD_VARIABLE "PRUN_WORKER_FD=" TEXT_OF(PRUN_WORKER_FD)

static int
crew_copy_init(struct crew *crew, const struct prun_worker_opts *opts)
{
	if (opts->end != NULL && (crew->end = strdup(opts->end)) == NULL)
		return -ENOMEM;
	if (opts->init != NULL && (crew->init = strdup(opts->init)) == NULL)
		return -ENOMEM;
	return 0;
}

/* The words are bash, its options, -c and the program. */
static int
crew_make_argv(struct crew *crew)
{
	const size_t n = list_length(crew->spec->argv);
	int error;

	if (crew->framing->program == NULL)
		return 0;
	error = crew->framing->program(&crew->program, crew->init);
	if (error != 0)
		return error;
	crew->argv = calloc(n + 3, sizeof(*crew->argv));
	if (crew->argv == NULL)
		return -ENOMEM;
	memcpy(crew->argv, crew->spec->argv, n * sizeof(*crew->argv));
	crew->argv[n] = "-c";
	crew->argv[n + 1] = crew->program.data;
	crew->spec->argv = crew->argv;
	return 0;
}

static int
crew_make_spec(struct crew *crew, const struct prun_spec *spec)
{
	const struct prun_stdio pipe = { .kind = PRUN_STDIO_PIPE };

	struct prun_spec *copy;

	crew->block = spec_copy(spec, sizeof(max_align_t), &copy);
	if (crew->block == NULL)
		return -ENOMEM;
	spec_whole(&crew->whole, copy);
	crew->spec = &crew->whole;
	crew->spec->in = pipe;
	crew->spec->tag = crew->spec->heading = NULL;
	crew->nvariables = list_length(crew->spec->setenv);
	crew->variables = calloc(crew->nvariables + 3,
	    sizeof(*crew->variables));
	crew->pass = calloc(spec->npass + 1, sizeof(*crew->pass));
	if (crew->variables == NULL || crew->pass == NULL)
		return -ENOMEM;
	if (crew->nvariables > 0)
		memcpy(crew->variables, crew->spec->setenv,
		    crew->nvariables * sizeof(*crew->variables));
	crew->variables[crew->nvariables++] = WORKER_FD_VARIABLE;
	crew->spec->setenv = crew->variables;
	if (spec->npass > 0)
		memcpy(crew->pass, spec->pass, spec->npass * sizeof(int));
	crew->pass[crew->spec->npass++] = PRUN_WORKER_FD;
	crew->spec->pass = crew->pass;
	return crew_make_argv(crew);
}

static bool
crew_opts_valid(const struct prun_worker_opts *opts)
{
	const struct framing *framing = framing_of(opts->kind);
	const struct prun_spec *spec = opts->spec;

	return framing != NULL && plan_check(spec) == 0 && spec->sudo == NULL &&
	    spec->host == NULL && spec->retry == NULL &&
	    spec->input_fn == NULL && spec->input.len == 0 &&
	    spec->in.kind == PRUN_STDIO_INHERIT &&
	    spec->out.kind == PRUN_STDIO_INHERIT &&
	    spec->err.kind == PRUN_STDIO_INHERIT &&
	    (framing->program == NULL || spec->argv != NULL) &&
	    (opts->end == NULL || opts->kind == PRUN_WORKER_LINE) &&
	    (opts->init == NULL || framing->program != NULL ||
		(strlen(opts->init) < INIT_MOST &&
		    strchr(opts->init, '\n') == NULL));
}

int
crew_new(const struct prun_worker_opts *from, unsigned slots, struct crew **cp)
{
	struct prun_worker_opts own, *opts = &own;
	struct prun_spec spec;
	struct crew *crew;
	int error = sized_in(&own, sizeof(own), from, from->size, OPTS_FIRST);

	if (error == 0 && own.spec == NULL)
		error = -EINVAL;
	if (error == 0)
		error = sized_in(&spec, sizeof(spec), own.spec, own.spec->size,
		    SPEC_FIRST);
	if (error != 0)
		return error;
	own.spec = &spec;
	if (!crew_opts_valid(opts))
		return -EINVAL;
	crew = calloc(1, sizeof(*crew));
	if (crew == NULL)
		return -ENOMEM;
	LIST_INIT(&crew->alive);
	LIST_INIT(&crew->gone);
	crew->opts = *opts;
	crew->framing = framing_of(opts->kind);
	crew->nposts = slots;
	crew->post = calloc(slots, sizeof(*crew->post));
	error = crew->post == NULL ? -ENOMEM : crew_copy_init(crew, opts);
	if (error == 0)
		error = crew_make_spec(crew, opts->spec);
	if (error != 0) {
		crew_free(crew);
		return error;
	}
	*cp = crew;
	return 0;
}

static void
crew_free_worker(struct worker *w)
{
	server_free(w->server);
	worker_fini(w);
	free(w);
}

void
crew_trim(struct crew *crew)
{
	struct worker *w;

	while (crew != NULL && (w = LIST_FIRST(&crew->gone)) != NULL) {
		LIST_REMOVE(w, crew);
		crew_free_worker(w);
	}
}

void
crew_free(struct crew *crew)
{
	if (crew == NULL)
		return;
	crew_trim(crew);
	free(crew->block);
	free(crew->argv);
	buf_fini(&crew->program);
	free(crew->variables);
	free(crew->pass);
	free(crew->end);
	free(crew->init);
	free(crew->post);
	free(crew);
}

void
crew_destroy(struct crew *crew)
{
	struct worker *w;

	while (crew != NULL && (w = LIST_FIRST(&crew->alive)) != NULL) {
		worker_destroy(w);
		LIST_REMOVE(w, crew);
		LIST_INSERT_HEAD(&crew->gone, w, crew);
	}
}

/*
 * The numbers in the marks of workers count down from the highest, since those of jobs
 * count up.  0 or -errno.
 */
static int
crew_plan(struct prun_pool *pool, struct server *s, char *mark)
{
	struct crew *crew = pool->crew;
	struct prun_spec own = *crew->spec;
	char number[32];
	int error = orphans_mark(pool, UINT32_MAX - crew->hired++, mark);

	(void)snprintf(number, sizeof(number), "PRUN_WORKER=%u", s->number);
	crew->variables[crew->nvariables] = number;
	if (error == 0)
		error = transport_plan(&s->transport, transport_of(&own),
		    &s->plan, &own, &pool->base, pool->variable.data);
	crew->variables[crew->nvariables] = NULL;
	if (error != 0)
		return error;
	orphans_mark_plan(pool, &s->plan, &own, mark);
	return 0;
}

/* Start a worker for that slot; job may be NULL.  0 or -errno. */
static int
crew_hire(struct prun_pool *pool, unsigned slot, const struct worker_job *job,
    struct task *task, struct worker **wp)
{
	struct crew *crew = pool->crew;
	struct worker *w = calloc(1, sizeof(*w));
	struct server *s = calloc(1, sizeof(*s));
	char mark[WORKER_MARK_SIZE];
	int error = w == NULL || s == NULL ? -ENOMEM : 0;

	if (error == 0) {
		s->framing = crew->framing;
		s->end = crew->end;
		s->init = crew->init;
		s->number = slot;
		s->background = !LIST_EMPTY(&crew->alive);
		error = crew_plan(pool, s, mark);
	}
	if (error != 0) {
		server_free(s);
		free(w);
		return error;
	}
	worker_init(w, &pool->engine);
	w->server = s;
	w->owner = task;
	w->pool = pool;
	if (task != NULL)
		task->worker = w;
	LIST_INSERT_HEAD(&crew->alive, w, crew);
	*wp = w;
	server_start(w, job, mark);
	return 0;
}

/* The worker belongs to no slot any more. */
static void
crew_leave_post(struct crew *crew, const struct worker *w)
{
	struct crew_post *post = &crew->post[w->server->number - 1];

	if (post->now == w)
		post->now = NULL;
	if (post->next == w)
		post->next = NULL;
}

static void
crew_dismiss(struct crew *crew, struct worker *w)
{
	crew_leave_post(crew, w);
	server_let_go(w);
}

/* The worker that may have the next task of that slot; NULL: none. */
static struct worker *
crew_of_slot(struct crew *crew, struct crew_post *post)
{
	for (int i = 0; i < 2; i++) {
		if (post->now == NULL) {
			post->now = post->next;
			post->next = NULL;
		}
		if (post->now == NULL)
			return NULL;
		if (server_is_fit(post->now))
			return post->now;
		crew_dismiss(crew, post->now);
	}
	return NULL;
}

int
crew_start(struct prun_pool *pool, struct task *task)
{
	struct crew_post *post = &pool->crew->post[task->slot - 1];
	const struct worker_job job = { .task = &task->plan,
		.result = &task->result,
		.output = &task->output };
	struct worker *w = crew_of_slot(pool->crew, post);

	if (w == NULL)
		return crew_hire(pool, task->slot, &job, task, &post->now);
	w->owner = task;
	task->worker = w;
	server_give(w, &job);
	if (w->state == WORKER_RUNNING)
		pool->engine.ops->started(w, 0);
	return 0;
}

/*
 * The worker has served one more task: does it need a successor, or has it served
 * enough?
 */
static void
crew_recycle(struct prun_pool *pool, struct worker *w)
{
	struct crew *crew = pool->crew;
	struct crew_post *post = &crew->post[w->server->number - 1];
	const unsigned most = crew->opts.recycle, served = w->server->served;

	if (most == 0 ||
	    (pool->closed &&
		pool->nwaiting + pool->tasks.count[TASK_QUEUED] == 0))
		return;
	if (post->next == NULL && served < most &&
	    served + (most < 2 * AHEAD ? most / 2 : AHEAD) >= most)
		(void)crew_hire(pool, w->server->number, NULL, NULL,
		    &post->next);
	if (served >= most)
		crew_dismiss(crew, w);
}

void
crew_served(struct prun_pool *pool, struct worker *w)
{
	w->owner = NULL;
	pool->crew->deaths = pool->crew->unread = 0;
	crew_recycle(pool, w);
}

void
crew_died(struct prun_pool *pool, struct worker *w)
{
	crew_leave_post(pool->crew, w);
}

void
crew_silent(struct worker *w)
{
	const struct prun_pool *pool = w->pool;
	const struct prun_worker_opts *opts = &pool->crew->opts;

	if (opts->silent != NULL)
		opts->silent(w->server->number, opts->fault_arg);
}

static void
crew_bury(struct crew *crew, struct worker *w)
{
	w->owner = NULL;
	crew_leave_post(crew, w);
	LIST_REMOVE(w, crew);
	LIST_INSERT_HEAD(&crew->gone, w, crew);
}

void
crew_drop(struct prun_pool *pool, struct worker *w)
{
	crew_bury(pool->crew, w);
}

void
crew_started(struct prun_pool *pool, struct worker *w, int error)
{
	if (error != 0)
		crew_drop(pool, w);
	else if (pool->terminating)
		worker_kill(w);
}

bool
crew_ended(struct prun_pool *pool, struct worker *w, bool had_task)
{
	struct crew *crew = pool->crew;
	const struct prun_result *r = w->job.result;
	const struct server *s = w->server;
	const bool killed = r->flags &
	    (PRUN_RESULT_TIMED_OUT | PRUN_RESULT_TERMINATED);
	bool again = false;

	if (had_task && !killed) {
		crew->unread += s->unread;
		crew->deaths++;
		again = s->unread && !pool->dropped &&
		    crew->unread < UNREAD_MOST;
	}
	if (!had_task && *s->fault != '\0' && crew->opts.fault != NULL)
		crew->opts.fault(s->fault, crew->opts.fault_arg);
	crew_bury(crew, w);
	return again;
}

int64_t
crew_cpu_time(const struct crew *crew)
{
	const struct worker *w;
	int64_t sum = 0;

	if (crew == NULL)
		return 0;
	LIST_FOREACH(w, &crew->alive, crew) {
		if (worker_lives(w))
			sum += clock_of_process(w->child.pid);
	}
	return sum;
}

bool
crew_is_alive(const struct crew *crew)
{
	return crew != NULL && !LIST_EMPTY(&crew->alive);
}

void
crew_let_go(struct crew *crew, unsigned n)
{
	for (unsigned i = n; crew != NULL && i < crew->nposts; i++) {
		struct crew_post *post = &crew->post[i];

		if (post->now != NULL && post->now->owner == NULL)
			crew_dismiss(crew, post->now);
		if (post->next != NULL)
			crew_dismiss(crew, post->next);
	}
}

void
crew_kill(struct crew *crew)
{
	struct worker *w;

	if (crew == NULL)
		return;
	LIST_FOREACH(w, &crew->alive, crew) {
		if (w->owner == NULL)
			worker_kill(w);
	}
}

unsigned
prun_pool_worker_deaths(const struct prun_pool *pool)
{
	return pool->crew != NULL ? pool->crew->deaths : 0;
}
