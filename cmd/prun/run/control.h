/* SPDX-License-Identifier: ISC */

/*
 * What the results of jobs mean for the rest of the run: --halt, --retries,
 * --delay auto, --timeout N%, and -j FILE when the file has changed.
 */
#ifndef RUN_CONTROL_H
#define RUN_CONTROL_H

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
	uint64_t total; /* of all jobs; 0: not known */
	uint64_t ended; /* jobs that have had their last try */
	uint64_t started;
	unsigned slots;
	bool jobs_file; /* -j names a file */
	struct report *report; /* set by the owner before the first job */
	struct timespec jobs_changed;
};

/* slots are those of -j.  0 or -errno. */
int control_init(struct control *c, const struct options *options,
    struct mainloop *mainloop, unsigned slots);
void control_fini(struct control *c);

/*
 * Sets those options of the pool that follow from --delay, --leak and -j FILE.
 */
void control_pool(const struct control *c, struct prun_pool_opts *opts);

/*
 * Is a job that may have so many tries (0: any number) tried again, and after how
 * many seconds?  As prun_retry_fn has it.
 */
double control_retry(struct control *c, const struct prun_result *r,
    unsigned tries);

/*
 * A job has had its last try, whose result is r: says on stderr what --halt has
 * to say of it (line is its command), and stops or kills the other jobs when
 * the rule is reached.
 */
void control_done(struct control *c, const struct prun_result *r,
    const char *line);

/* A job that has ended so is run once more, by hand: --halt does not count that end. */
void control_again(struct control *c, const struct prun_result *r);

/* As control_done() for a job that has never run, which counts as one with r's status. */
void control_left_out(struct control *c, const struct prun_result *r,
    const char *line);

/* May there be more slots than at the beginning? */
bool control_may_resize(const struct control *c);

/* So many slots from now on, in the forms of -j.  0 or -EINVAL with a message. */
int control_resize(struct control *c, const char *jobs, struct message *m);

/* Instead of --timeout and --delay from now on.  0 or -EINVAL. */
int control_set_timeout(struct control *c, double seconds);
int control_set_delay(struct control *c, double seconds);

/* The exit status of the run. */
int control_status(const struct control *c, const struct tally *tally);

#endif
