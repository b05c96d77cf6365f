/* SPDX-License-Identifier: ISC */

/* Owns the effect of results on the pool.  Knows neither input nor templates. */
#include <sys/stat.h>

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "options/options.h"
#include "report/tally.h"
#include "run/control.h"
#include "run/mainloop.h"
#include "run/resources.h"

static bool
is_file(const char *jobs, struct stat *st)
{
	return jobs != NULL && strspn(jobs, "+-0123456789.%") != strlen(jobs) &&
	    stat(jobs, st) == 0;
}

int
control_init(struct control *s, const struct options *options,
    struct mainloop *mainloop, unsigned slots)
{
	const struct policy_options *o = &options->policy;
	struct stat st;

	*s = (struct control){
		.options = options,
		.mainloop = mainloop,
		.halt = { .rule = o->halt },
		.pace = { .timeout_percent = o->timeout_percent,
		    .delay = o->delay,
		    .delay_auto = o->delay_auto },
		.total = options->report.total_jobs,
		.slots = slots,
	};
	s->jobs_file = is_file(options->run.jobs, &st);
	if (s->jobs_file)
		s->jobs_changed = st.st_mtim;
	return pace_init(&s->pace);
}

void
control_fini(struct control *s)
{
	pace_fini(&s->pace);
}

void
control_pool(const struct control *s, struct prun_pool_opts *opts)
{
	opts->delay = s->pace.delay;
	opts->leak = s->options->policy.leak;
	if (s->jobs_file)
		opts->slots_max = resources_max_jobs();
}

static void
control_pace(struct control *s, const struct prun_result *r)
{
	double delay = s->pace.delay, timeout = s->pace.timeout;

	pace_add(&s->pace, r);
	if (delay < s->pace.delay || delay > s->pace.delay)
		(void)prun_pool_set_delay(s->mainloop->pool, s->pace.delay);
	if (timeout < s->pace.timeout || timeout > s->pace.timeout)
		(void)prun_pool_set_timeout(s->mainloop->pool, s->pace.timeout);
}

double
control_retry(struct control *s, const struct prun_result *r)
{
	double after = retry_after(&s->options->policy.retry, r);

	if (after >= 0)
		control_pace(s, r);
	return after;
}

static void
control_warn(const struct control *s, const char *text)
{
	s->message(true, s->message_arg);
	warnx("Warning: %s", text);
	s->message(false, s->message_arg);
}

/* A file that makes no sense, or that is just being written, changes nothing. */
static void
control_jobs(struct control *s)
{
	const struct run_options *o = &s->options->run;
	struct message message = { "" };
	unsigned slots;
	struct stat st;

	if (!s->jobs_file || !is_file(o->jobs, &st) ||
	    (st.st_mtim.tv_sec == s->jobs_changed.tv_sec &&
		st.st_mtim.tv_nsec == s->jobs_changed.tv_nsec))
		return;
	s->jobs_changed = st.st_mtim;
	if (jobs_from_spec(o->jobs, o->cpus, resources_max_jobs(), &slots,
		&message) != 0)
		control_warn(s, message.text);
	else if (prun_pool_resize(s->mainloop->pool, slots) == 0)
		s->slots = slots;
}

/* As GNU parallel says it. */
static void
control_tell(const struct control *s, const char *line)
{
	uint64_t running = s->started - s->ended;

	s->message(true, s->message_arg);
	warnx("This job %s:", halt_verb(&s->halt));
	(void)fprintf(stderr, "%s\n", line);
	if (s->halt.tripped && s->halt.rule.when == HALT_SOON && running > 0)
		warnx("Starting no more jobs. Waiting for %llu jobs to finish.",
		    (unsigned long long)running);
	s->message(false, s->message_arg);
}

static void
control_halt(struct control *s, const struct prun_result *r, const char *line)
{
	const bool tripped = s->halt.tripped;

	/* What we have killed says nothing about the jobs. */
	if (tripped && r->flags & PRUN_TERMINATED)
		return;
	if (halt_add(&s->halt, r, s->total))
		control_tell(s, line);
	if (tripped || !s->halt.tripped)
		return;
	mainloop_stop(s->mainloop);
	if (s->halt.rule.when == HALT_NOW)
		prun_pool_terminate(s->mainloop->pool);
}

void
control_done(struct control *s, const struct prun_result *r, const char *line)
{
	s->ended++;
	control_pace(s, r);
	control_jobs(s);
	if (s->halt.rule.when != HALT_NEVER && s->mainloop->signal == 0)
		control_halt(s, r, line);
}

int
control_status(const struct control *s, const struct tally *tally)
{
	if (s->halt.rule.when == HALT_NEVER)
		return tally_status(tally);
	return halt_status(&s->halt,
	    tally_status_of(s->halt.failed + tally->skipped), s->total);
}
