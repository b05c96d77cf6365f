/* SPDX-License-Identifier: ISC */

/*
 * Decides what the results of jobs mean for the rest of the run: --halt, --retries, --delay
 * auto, --timeout N%.  Also follows changes of the file that -j FILE names.
 */
#ifndef LOOP_CONTROL_H
#define LOOP_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "policy/halt.h"
#include "policy/retry.h"
#include "prun.h"
#include "text/text.h"

struct mainloop;
struct options;
struct report;
struct tally;

struct control {
	const struct options *options;
	struct mainloop *mainloop;
	struct halt halt;
	struct pace pace;
	uint64_t total; /* the number of all jobs; 0 if it is not known */
	uint64_t ended; /* how many jobs have had their last try */
	uint64_t started;
	unsigned slots;
	bool jobs_file; /* the argument of -j is the name of a file */
	struct report *report; /* set by the owner before the first job */
	struct timespec jobs_changed;
};

/* slots is the number of slots that -j gives.  Returns 0 or -errno. */
int control_init(struct control *c, const struct options *options,
    struct mainloop *mainloop, unsigned slots);
void control_fini(struct control *c);

/* Sets those options of the pool that follow from --delay, --leak and -j FILE. */
void control_pool(const struct control *c, struct prun_pool_opts *opts);

/*
 * Decides whether a job is tried again: returns what a prun_retry_fn returns.  tries is how
 * many tries the job may have; 0 means any number.
 */
double control_retry(struct control *c, const struct prun_result *r,
    unsigned tries);

/*
 * Tell that a job has had its last try, with the result r.  When the limit of --halt is
 * reached, the other jobs are stopped or killed.  Returns whether --halt counts this job:
 * then control_tell_halt() is to be called, once its output was written.
 */
bool control_done(struct control *c, const struct prun_result *r);

/*
 * Says on stderr that --halt counts a job, and what --halt does, in the words that GNU
 * parallel uses.  line is the job's command.
 */
void control_tell_halt(const struct control *c, const char *line);

/*
 * Tell that a client runs a job once more that has ended with the result r: --halt does not
 * count r any more.
 */
void control_again(struct control *c, const struct prun_result *r);

/*
 * The same as control_done() and control_tell_halt(), for a job that was left out: it counts as
 * a job with r's status.
 */
void control_left_out(struct control *c, const struct prun_result *r,
    const char *line);

/* May the number of slots grow during the run? */
bool control_may_resize(const struct control *c);

/*
 * Sets the number of slots, in the forms that -j takes.  Returns 0, or -EINVAL with a
 * message.
 */
int control_resize(struct control *c, const char *jobs, struct message *m);

/* Change --timeout and --delay for the rest of the run.  Return 0 or -EINVAL. */
int control_set_timeout(struct control *c, double seconds);
int control_set_delay(struct control *c, double seconds);

/* Returns the exit status of the run. */
int control_status(const struct control *c, const struct tally *tally);

#endif
