/* SPDX-License-Identifier: ISC */

/*
 * What the user wants to be told of a run, and where: the options of the rooms report,
 * live, results and formats.
 */
#ifndef REPORT_REPORT_OPTIONS_H
#define REPORT_REPORT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "text/text.h"

/* Which jobs of an earlier run are left out. */
enum resume_kind {
	RESUME_NONE = 0,
	RESUME_ENDED, /* --resume: what has ended is done */
	RESUME_FAILED, /* --resume-failed: what has succeeded is done */
	/* --retry-failed: the commands of the log that failed are run */
	RESUME_RETRY,
};

enum report_when {
	REPORT_AUTO = 0, /* when stderr is a terminal, or $CI is set */
	REPORT_ALWAYS,
	REPORT_NEVER,
};

/* --ci: the CI system in whose log the output of prun is shown. */
enum ci_system {
	CI_NONE = 0,
	CI_AUTO, /* the one that the environment names, if any */
	CI_GITHUB,
	CI_GITLAB,
	CI_BUILDKITE,
	CI_AZURE,
	CI_TEAMCITY,
};

/*
 * Opens a file for writing, as open(2), and may wait for the reader of a FIFO.  A
 * descriptor, or -errno; -ECANCELED means that the run is to stop.
 */
typedef int report_open_fn(void *arg, const char *path, int flags);

/* The number of last bytes of a job's output that clients can be shown. */
#define REPORT_CONTROL_TAIL ((size_t)16 * 1024)

struct report_options {
	report_open_fn *open; /* NULL: open(2) */
	void *open_arg;

	const char *joblog; /* "+FILE" appends; NULL: none */
	bool joblog_extra;
	enum resume_kind resume;
	const char *resume_key; /* a template; NULL: by sequence number */

	/* each host runs every job, so numbers occur once a host */
	bool each_host;
	const char *results; /* a folder, template or file; NULL: none */
	bool files; /* --files: output into temporary files */
	bool files_nul; /* --files0 */
	const char *tmpdir; /* NULL: $TMPDIR, else /tmp */
	bool compress; /* what spills into tmpdir, and files that stay */
	const char *compress_program; /* compresses files; NULL: zstd */
	const char *decompress_program; /* undoes that; NULL: none was given */

	/* The words of the command, for titles; set by the caller of report_open(). */
	const char *const *words;
	size_t nwords;
	/* --control: clients may ask for events and for the last bytes of outputs. */
	bool control;
	const char *events; /* FILE, fd:N, unix:PATH; NULL: none */
	bool events_output; /* the events have the output of jobs as well */
	const char *tap; /* NULL: none; "-" is stdout */
	const char *summary; /* NULL: none */
	enum ci_system ci;
	const char *trace; /* NULL: none */
	const char *html; /* --report; NULL: none */
	const char
	    *from_joblog; /* html shows the run of that log; NULL: this run */
	const char *junit; /* NULL: none */

	bool errors_only; /* --errors-only */
	bool color, color_failed; /* the output of jobs is coloured */
	bool color_tag; /* their tags are coloured, and padded to one width */
	/* see color_is_wanted() and color_is_allowed() */
	enum report_when colors;
	bool latest_line;
	bool ungroup; /* -u */
	bool group; /* the output of a job is printed in one piece */
	/* --latest-line: lines are in the order of the input */
	bool keep_order;

	/* --slow-after, seconds; 0: never, negative: not given */
	double slow_after;
	enum report_when digest;
	/* it has all failed jobs; the slowest jobs */
	bool digest_all, digest_slow;
	bool progress, bar, eta;
	double progress_interval; /* seconds; 0: 30 */
	uint64_t total_jobs; /* 0: count them */
};

/* The system of --ci; for CI_AUTO the one that the environment names, or CI_NONE. */
enum ci_system report_ci(const struct report_options *o);

/* Adds the words of the command with blanks between them.  0 or -ENOMEM. */
int report_add_template(const struct report_options *o, struct bytes *out);

/* What --results names. */
enum results_kind {
	RESULTS_NONE = 0,
	RESULTS_FILES, /* a folder, or a template: files for each job */
	RESULTS_CSV, /* FILE.csv: a row for each job */
	RESULTS_TSV, /* FILE.tsv */
	RESULTS_JSON, /* FILE.json: an object a line */
};

enum results_kind report_results(const struct report_options *o);

/* Do jobs write to files that stay, as with --files, and --results with a folder? */
bool report_keeps_files(const struct report_options *o);

/*
 * Opens a file of a report as the options say; o NULL: without waiting.  A
 * descriptor or -errno.
 */
int report_open_file(const struct report_options *o, const char *path,
    int flags);

/* The same, but "-" is a new descriptor of stdout. */
int report_open_output(const struct report_options *o, const char *path,
    int flags);

/* Does a sink want to know how many jobs there are? */
bool report_wants_total(const struct report_options *o);

/* Is $CI set?  Then stderr is a log that people read later. */
bool report_is_log(void);

#endif
