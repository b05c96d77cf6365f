/* SPDX-License-Identifier: ISC */

/* Owns what the results of jobs change in the pool.  Knows neither input nor templates. */
#include <sys/stat.h>

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "loop/control.h"
#include "loop/mainloop.h"
#include "loop/resources.h"
#include "options/options.h"
#include "report/outcome.h"
#include "report/report.h"
#include "text/shown.h"

static bool
is_file(const char *jobs, struct stat *st)
{
	return jobs != NULL && strspn(jobs, "+-0123456789.%") != strlen(jobs) &&
	    stat(jobs, st) == 0 && S_ISREG(st->st_mode);
}

int
control_init(struct control *c, const struct options *options,
    struct mainloop *mainloop, unsigned slots)
{
	const struct policy_options *o = &options->policy;
	struct stat st;

	*c = (struct control){
		.options = options,
		.mainloop = mainloop,
		.halt = { .rule = o->halt },
		.pace = { .timeout_percent = o->timeout_percent,
		    .delay = o->delay,
		    .delay_auto = o->delay_auto },
		.total = options->report.total_jobs,
		.slots = slots,
	};
	c->jobs_file = is_file(options->run.jobs, &st);
	if (c->jobs_file)
		c->jobs_changed = st.st_mtim;
	return pace_init(&c->pace);
}

void
control_fini(struct control *c)
{
	pace_fini(&c->pace);
}

void
control_pool(const struct control *c, struct prun_pool_opts *opts)
{
	opts->delay = c->pace.delay;
	opts->leak = c->options->policy.leak;
	if (control_may_resize(c))
		opts->slots_max = resources_max_jobs();
}

bool
control_may_resize(const struct control *c)
{
	return c->jobs_file || c->options->run.control != NULL;
}

int
control_resize(struct control *c, const char *jobs, struct message *m)
{
	unsigned slots;
	int error = jobs_from_spec(jobs, c->options->run.cpus,
	    resources_max_jobs(), &slots, m);

	if (error == 0)
		error = prun_pool_resize(c->mainloop->pool, slots);
	if (error == 0)
		c->slots = slots;
	return error;
}

int
control_set_timeout(struct control *c, double seconds)
{
	int error = prun_pool_set_timeout(c->mainloop->pool, seconds);

	if (error == 0) {
		c->pace.timeout = seconds;
		c->pace.timeout_percent = 0;
	}
	return error;
}

int
control_set_delay(struct control *c, double seconds)
{
	int error = prun_pool_set_delay(c->mainloop->pool, seconds);

	if (error == 0) {
		c->pace.delay = seconds;
		c->pace.delay_auto = false;
	}
	return error;
}

static void
control_pace(struct control *c, const struct prun_result *r)
{
	double delay = c->pace.delay, timeout = c->pace.timeout;

	pace_add(&c->pace, r);
	if (delay < c->pace.delay || delay > c->pace.delay)
		(void)prun_pool_set_delay(c->mainloop->pool, c->pace.delay);
	if (timeout < c->pace.timeout || timeout > c->pace.timeout)
		(void)prun_pool_set_timeout(c->mainloop->pool, c->pace.timeout);
}

double
control_retry(struct control *c, const struct prun_result *r, unsigned tries)
{
	struct retry_rule rule = c->options->policy.retry;
	double after;

	rule.tries = tries;
	after = retry_after(&rule, r);
	if (after >= 0)
		control_pace(c, r);
	return after;
}

static void
control_warn(const struct control *c, const char *text)
{
	report_message(c->report, true);
	warnx("Warning: %s", text);
	report_message(c->report, false);
}

/*
 * Reads the file of -j again if it has changed.  If the file holds no number, nothing
 * changes: somebody may be writing it just now.
 */
static void
control_jobs(struct control *c)
{
	const struct run_options *o = &c->options->run;
	struct message message = { "" };
	struct stat st;

	if (!c->jobs_file || !is_file(o->jobs, &st) ||
	    (st.st_mtim.tv_sec == c->jobs_changed.tv_sec &&
		st.st_mtim.tv_nsec == c->jobs_changed.tv_nsec))
		return;
	c->jobs_changed = st.st_mtim;
	if (control_resize(c, o->jobs, &message) != 0)
		control_warn(c, message.text);
}

void
control_tell_halt(const struct control *c, const char *line)
{
	uint64_t running = c->started - c->ended -
	    prun_pool_ahead(c->mainloop->pool);
	struct shown text;

	report_message(c->report, true);
	warnx("This job %s:", halt_verb(&c->halt));
	(void)fprintf(stderr, "%s\n", shown(&text, text_of(line)));
	if (c->halt.tripped && c->halt.rule.when == HALT_SOON && running > 0)
		warnx("Starting no more jobs. Waiting for %llu jobs to finish.",
		    (unsigned long long)running);
	report_message(c->report, false);
}

static bool
control_halt(struct control *c, const struct prun_result *r)
{
	const bool tripped = c->halt.tripped;
	bool counts;

	if (c->halt.rule.when == HALT_NEVER || c->mainloop->signal != 0)
		return false;
	/* Jobs that prun has killed because of the --halt rule do not count. */
	if (tripped && r->flags & PRUN_RESULT_TERMINATED)
		return false;
	counts = halt_add(&c->halt, r, c->total);
	if (tripped || !c->halt.tripped)
		return counts;
	mainloop_stop(c->mainloop);
	if (c->halt.rule.when == HALT_NOW && c->mainloop->pool != NULL)
		prun_pool_terminate(c->mainloop->pool);
	return counts;
}

bool
control_done(struct control *c, const struct prun_result *r)
{
	c->ended++;
	control_pace(c, r);
	control_jobs(c);
	return control_halt(c, r);
}

void
control_again(struct control *c, const struct prun_result *r)
{
	if (c->halt.rule.when != HALT_NEVER)
		halt_take_back(&c->halt, r);
}

void
control_left_out(struct control *c, const struct prun_result *r,
    const char *line)
{
	if (control_halt(c, r))
		control_tell_halt(c, line);
}

int
control_status(const struct control *c, const struct tally *tally)
{
	if (c->halt.rule.when == HALT_NEVER)
		return tally_status(tally);
	return halt_status(&c->halt, tally_status_of(c->halt.failed), c->total);
}
