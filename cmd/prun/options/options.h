/* SPDX-License-Identifier: ISC */

/*
 * What the user asked for: one struct per noun that wants to know, filled from
 * the option table, the environment and the config files.  The face of this
 * room.  It knows all options and starts nothing.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "input/batch.h"
#include "input/input.h"
#include "policy/admit.h"
#include "policy/halt.h"
#include "policy/retry.h"
#include "policy/rlimits.h"
#include "prun.h"
#include "report/report.h"
#include "template/command.h"
#include "text/text.h"

/* The GNU parallel whose command line this is: what --minversion compares with. */
#define OPTIONS_GNU_VERSION "20221122"

/* Everything but ACTION_RUN is printed and prun is done. */
enum options_action {
	ACTION_RUN = 0,
	ACTION_HELP,
	ACTION_VERSION,
	ACTION_MIN_VERSION, /* options.min_version; 255 when ours is older */
	ACTION_LIST_OPTIONS, /* options_list() */
	ACTION_COMPLETION, /* help_completion() for options.completion */
	ACTION_LINE_LENGTH, /* --max-line-length-allowed */
	ACTION_CPUS, /* --number-of-threads and the like */
};

/* How many at a time, for how long. */
struct run_options {
	const char *jobs; /* -j as given, for jobs_from_spec(); NULL: "100%" */
	/* -S N/:, to count with instead of the machine's; 0: unset. */
	unsigned cpus;
	double timeout; /* seconds; 0: none */
	const char *termseq; /* NULL: PRUN_TERMSEQ */
	double leak_timeout; /* as prun_pool_opts has it */
	int guard_fd; /* as prun_pool_opts has it */
	bool single; /* one job, with prun's stdin; its status is prun's */
};

/* When to start, to try again, to give up; what the jobs are given and denied. */
struct policy_options {
	struct halt_rule halt;
	struct retry_rule retry;
	struct admit_rules admit; /* but for load */
	const char *load; /* for load_from_spec(); NULL: unset */
	double timeout_percent; /* --timeout N%; 0: unset */
	double delay; /* seconds */
	bool delay_auto;
	enum prun_leak leak;
	struct rlimits rlimits;
	const char *weight; /* a template; NULL: 1 */
	const char *workdir; /* a template, or "..."; NULL: where prun is */
	const char *slot_variable; /* --process-slot-var; NULL: none */
	bool nice_set;
	int nice;
	bool interactive; /* -p */
	bool open_tty; /* --tty as well: stdin is the terminal */
};

enum output_mode {
	OUTPUT_GROUP = 0,
	OUTPUT_LINE, /* --line-buffer */
	OUTPUT_UNGROUP, /* -u */
	OUTPUT_LATEST, /* --latest-line */
};

struct output_options {
	enum output_mode mode;
	bool keep_order; /* -k */
	bool tag; /* --tag, --tagstring */
	const char *tagstring; /* a template, "\t" in it is a tab; NULL: "{}" */
	bool dry_run;
	unsigned verbose; /* -v: the line on stdout; how often it was given */
	bool trace; /* -t: the line on stderr */
};

/* All zero: no semaphore. */
struct semaphore_options {
	/* Called as sem, --semaphore, or an option that implies it. */
	bool enabled;
	bool foreground; /* --fg: wait for the job, and end as it does */
	bool wait; /* --wait: run nothing, wait until nobody is left */
	const char *name; /* --id; NULL: the terminal on stdin */
	/* --semaphore-timeout, seconds; 0: none; below 0: give up after that. */
	double timeout;
};

/* All zero: no sudo. */
struct sudo_options {
	bool enabled;
	const char *user; /* NULL: root */
	const char *file; /* --sudo-password-file; NULL: none */
	int fd; /* --sudo-password-fd; has_fd */
	bool has_fd;
	const char *const *preserve; /* names of --env, NULL-terminated */
};

struct options {
	enum options_action action;
	const char *min_version;
	const char *completion; /* bash, zsh, fish */

	struct input_options input;
	struct batch_options batch;
	struct command_options command;
	struct run_options run;
	struct output_options output;
	struct report_options report;
	struct policy_options policy;
	struct semaphore_options semaphore;
	struct sudo_options sudo;

	struct options_store *store; /* what the fields above point into */
};

/*
 * r = options_parse(argc, argv, &options, &message);
 *
 * argv[0] may be any name; "sem" means --semaphore.  Options come, the later
 * winning, from the config files or profiles, $PARALLEL, $PRUN and argv.
 * argv and the environment are lent to *o.  0, or -errno with a message that
 * names the option.  options_fini() also after a failure.
 */
int options_parse(int argc, char *const argv[], struct options *o,
    struct message *m);
void options_fini(struct options *o);

/* One line per option for the tests: "name short argument state". */
int options_list(FILE *out);

/*
 * -j as the user gives it: "8", "0" (all of max), "50%", "+2", "-1", or a file
 * that holds one of these.  cpus: 0 is the machine's.  *slots is at least 1 and
 * at most max.  -errno with a message that names -j; 0 with one (otherwise m is
 * left alone) when max was less than what is wanted.
 */
int jobs_from_spec(const char *spec, unsigned cpus, unsigned max,
    unsigned *slots, struct message *m);

/*
 * --load: in the forms of -j, but it may be broken ("1.5"), and 0 is next to
 * none.  *load is above 0.  -EINVAL with a message.
 */
int load_from_spec(const char *spec, unsigned cpus, double *load,
    struct message *m);

/*
 * Numbers as the options take them: "2s", "1.5m", "1d12h" (seconds when bare);
 * "10", "1k", "1M" (1000 and 1024 to the ...); a whole one between bounds, which
 * may be negative; one as great as can be.  -EINVAL with a message that begins
 * with name.
 */
int duration_parse(const char *name, const char *value, double *seconds,
    struct message *m);
int size_parse(const char *name, const char *value, size_t *size,
    struct message *m);
int number_parse(const char *name, const char *value, long long least,
    long long most, long long *number, struct message *m);
int count_parse(const char *name, const char *value, uint64_t *count,
    struct message *m);

#endif
