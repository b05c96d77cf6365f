/* SPDX-License-Identifier: ISC */

/*
 * Owns what a run reads: its input, the batches and the blocks that are made of it, and what
 * goes on while it waits for bytes.
 */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/run_internal.h"
#include "run/run_verbs.h"

/*
 * With at most so many values a job, the length of lines is not measured: see
 * run_measures_lines().
 */
#define FEW_VALUES 64

#define TERMINAL_WAIT 1.0 /* seconds until the user is told what prun reads */

/* An input_options.warn; arg is the run, whose report may be NULL yet. */
void
run_warn(void *arg, const char *text)
{
	struct run *run = arg;

	if (run->report != NULL)
		report_message(run->report, true);
	warnx("%s", text);
	if (run->report != NULL)
		report_message(run->report, false);
}

/* Without a message, a user who has forgotten the values would wait for ever. */
static int
run_wait_for_terminal(struct run *run, int fd)
{
	int r;

	if (run->terminal_told || fd != STDIN_FILENO)
		return 0;
	run->terminal_told = true;
	if (run->options->no_warn || isatty(fd) != 1)
		return 0;
	r = mainloop_wait_readable(&run->mainloop, fd, TERMINAL_WAIT);
	if (r == 0)
		traps_terminal(&run->traps);
	return r < 0 ? r : 0;
}

ssize_t
run_read(void *arg, int fd, void *buf, size_t len)
{
	struct run *run = arg;
	int error = run_wait_for_terminal(run, fd);

	return error != 0 ? error : mainloop_read(&run->mainloop, fd, buf, len);
}

/* --block-timeout counts from the first byte of a block. */
static void
run_read_within(void *arg, bool begun)
{
	struct run *run = arg;

	mainloop_read_within(&run->mainloop,
	    begun ? run->options->pipe.block_timeout : 0);
}

/* Before prun waits for more input, the jobs that it has gathered so far run. */
static ssize_t
run_read_input(void *arg, int fd, void *buf, size_t len)
{
	struct run *run = arg;
	int error = run_gathered(run, &run->gathered.message);
	ssize_t n;

	if (error != 0) {
		run->gathered.error = error;
		return -ECANCELED;
	}
	run->mainloop.idle = run->each.n > 0    ? run_each_idle :
	    run->server != NULL || run->held.on ? run_idle :
						  NULL;
	run->mainloop.idle_arg = run;
	n = run_read(run, fd, buf, len);
	run->mainloop.idle = NULL;
	return n;
}

/* Returns false if the run was ended while it read the headers. */
bool
run_init_input(struct run *run, struct message *message)
{
	static const struct source_spec nothing = { .kind = SOURCE_ARGUMENTS };
	struct input_options options = run->options->input;
	int error;

	/* With --retry-failed the log is the input; with --queue there is no input yet. */
	if (!run_retry_reads_input(run->options) ||
	    (run->options->run.queue && options.nsources == 0)) {
		options.sources = &nothing;
		options.nsources = 1;
	}
	/* Clients add to a list of values, but not to those that jobs of a stream have. */
	if (run->options->run.control != NULL && !run->options->pipe.enabled) {
		options.more = run_more;
		options.more_arg = run;
	}
	options.read = run_read_input;
	options.read_arg = run;
	options.warn = run_warn;
	options.warn_arg = run;
	error = input_new(&options, message, &run->input);
	if (error == -ECANCELED)
		return false;
	run_require(error, message);
	return true;
}

/*
 * Gets the names of the input, and returns an array of as many elements of that size, which
 * the caller frees.
 */
void *
run_names(const struct run *run, size_t size, const struct input_name **names,
    size_t *n)
{
	void *list;

	input_names(run->input, names, n);
	list = calloc(*n + 1, size);
	if (list == NULL)
		err(EXIT_OWN, NULL);
	return list;
}

/*
 * To measure a line, code in Perl must be evaluated once more, which the code can notice by
 * its variables.  A few values rarely make a line too long; if they do, it is an error when
 * the job starts.
 */
static bool
run_measures_lines(const struct run *run)
{
	const struct options *o = run->options;

	return !command_needs_perl(run->command) || o->batch.fill ||
	    o->batch.max_args > FEW_VALUES || o->command.max_chars > 0;
}

void
run_init_batches(struct run *run)
{
	struct batch_options options = run->options->batch;
	const struct batch_cost cost = {
		.base = command_base_cost(run->command),
		.tuple = run_measures_lines(run) ? command_tuple_cost : NULL,
		.arg = run->command,
	};

	options.slots = run->slots;
	run_check(batches_new(&options, &cost, run->input, &run->batches));
}

void
run_init_blocks(struct run *run, struct message *message)
{
	const struct pipe_options *o = &run->options->pipe;

	if (!o->enabled)
		return;
	run->block_options = o->block;
	run->block_options.read = run_read;
	run->block_options.begun = o->block_timeout > 0 ? run_read_within :
							  NULL;
	run->block_options.read_arg = run;
	run->block_options.warn = run_warn;
	run->block_options.warn_arg = run;
	run_require(blocks_new(&run->block_options, o->files, o->nfiles,
			o->part, run->slots, message, &run->blocks),
	    message);
}
