/* SPDX-License-Identifier: ISC */

/*
 * What the files of one run share: run.c for its course, run_setup.c for what it is made
 * of, run_job.c for one of its jobs.  run_hosts_internal.h has what they share about hosts.
 * The file is long because a run is one structure, which all these files read.
 */
#ifndef RUN_RUN_INTERNAL_H
#define RUN_RUN_INTERNAL_H

#include "control/added.h"
#include "control/history.h"
#include "control/waiters.h"
#include "input/batch.h"
#include "input/chunk.h"
#include "input/replay.h"
#include "job/job_attributes.h"
#include "job/shell_setup.h"
#include "job/sudo.h"
#include "job/transfers.h"
#include "loop/admission.h"
#include "loop/control.h"
#include "loop/mainloop.h"
#include "loop/resources.h"
#include "loop/signals.h"
#include "machines/hosts.h"
#include "options/options.h"
#include "options/traps.h"
#include "perl/perl.h"
#include "policy/jobserver.h"
#include "report/outcome.h"
#include "report/report.h"
#include "run/run_hosts_internal.h"
#include "stream/lane.h"
#include "template/command.h"
#include "text/text.h"

/*
 * With --dry-run, jobs whose lines need Perl are gathered, so that the perl process is
 * asked once for many lines.
 */

/* At most so many jobs are gathered, with at most so many bytes of values. */
#define GATHERED_JOBS 256
#define GATHERED_BYTES ((size_t)256 * 1024)

/* All zero means that no job is gathered. */
struct gathered {
	struct replay values;
	/* an array of GATHERED_JOBS jobs; NULL if there is none yet */
	struct command_job *jobs;
	size_t n;
	struct text *list; /* the values of the job that is being handed out */
	size_t nlist;
	/*
	 * The error of an gathered_flush() whose caller could not report it: -errno, and its
	 * message.
	 */
	int error;
	struct message message;
};

/* Used by run_worker.c. */
struct run_worker {
	bool on; /* jobs are given to workers */
	bool told; /* the user was told that a worker does not answer */
	/* the workers on this machine, and those on other machines */
	struct prun_worker_opts opts, away;
	struct prun_spec spec, away_spec;
	const char *argv[5];
	/* the argv of a worker program; NULL if the workers are shells */
	const char **words;
	struct bytes init, task, joined;
};

struct run {
	const struct options *options;
	struct signals *signals;
	struct mainloop mainloop;
	struct resources limits;
	unsigned slots;
	unsigned cpus; /* the CPUs that jobs may use; 0 if not known yet */
	unsigned cpus_most; /* the most that cpus can be; 0 if not known yet */
	struct input *input;
	struct batches *batches;
	struct perl *perl;
	struct command *command;
	struct traps traps;
	/* the user was told that prun reads the terminal, or need not be told */
	bool terminal_told;
	struct shell_setup shell_setup;
	struct report_options report_options;
	struct report *report;
	struct counter *counter; /* NULL if the jobs are not counted */
	struct prun_watch *counter_watch;
	/* the template of the tags; NULL if there are none */
	struct template *tag;
	/* the width of the widest tag so far, with --tag-color */
	size_t tag_width;
	bool looks_ahead;
	struct gathered gathered;
	struct tally tally;
	struct control control;
	struct limit_rules limit_rules;
	/* used if limit_rules.jobserver points to it */
	struct jobserver jobserver;
	int passed[2]; /* the descriptors of the job server that jobs inherit */
	size_t npassed;
	struct admission admission;
	struct job_attributes job_attributes;
	struct sudo sudo;
	struct run_worker worker;
	/* What --control needs. */
	struct control_server *server; /* NULL without --control */
	struct history history;
	struct added added;
	struct waiters waiters;
	/* the timer for clients that follow a job; 0 if there are none */
	uint64_t follow_timer;
	/* how many jobs have ended, but were run once more by a client */
	uint64_t taken_back;
	/* the files that are copied to and from other hosts */
	struct transfers transfers;
	/* --retry-failed: something other than the line is made of a job's arguments */
	bool retry_values;
	struct hosts *hosts; /* NULL if all jobs run on this machine */
	struct host *host; /* the host of the next job */
	bool sends_ahead; /* hosts may get jobs before there is a slot */
	bool goes_ahead; /* the next job is sent ahead */
	struct each_host each; /* what --onall and --nonall need */
	/* --hostgroups: the values of the next job without "@GROUP", and its groups. */
	struct texts host_values;
	struct bytes host_groups;
	/* the jobs that the pool has got and that have not ended */
	struct live_list live;
	uint64_t seen; /* how many jobs were taken from the input */
	uint64_t started; /* how many jobs the pool has got */
	bool failed; /* a log or a result could not be written */

	/*
	 * The jobs that will not start, because the run ends; known once run_unstarted()
	 * was called.
	 */
	struct {
		bool known, more;
		uint64_t n;
	} rest;

	struct {
		bool on;
		unsigned n;
		STAILQ_HEAD(, held_job) jobs; /* in the order of the input */
	} held; /* used by run_held.c */

	/* Used by run_missing.c. */
	struct {
		bool checked;
		enum missing_policy policy;
		uint64_t n; /* how many jobs did not find their command */
		bool ended; /* the run ends because of that */
	} missing;

	int status; /* the status of the last job, for run_options.single */

	unsigned weight; /* the weight of the next job; 0 means 1 */

	/* Used by run_pipe.c and run_lanes.c.  blocks is NULL if there is no stream. */
	struct block_options block_options;
	struct blocks *blocks;
	struct block_auto block_auto; /* what --block auto needs */
	/* the block of the next job; run_job() takes its data */
	struct block *block;
	struct pipe_lanes *lanes;
	struct lane *lane; /* the lane that feeds the next job */
	/* --cat and --fifo: the path of the next job's file */
	struct bytes pipe_file;
	struct text pipe_name; /* the same path, as the value of {} */
	/* --fifo: the FIFO at that path; NULL if there is none */
	struct fifo_feed *pipe_fifo;
	bool pipe_file_made; /* the file exists, and no job owns it yet */
	bool pipe_no_arguments; /* ::: has no arguments left */
	/* the next job gets no input, and its output is thrown away */
	bool unfed;
	struct bytes tag_text, heading;
};

/*
 * run_setup.c: makes all parts of the run from its options and signals.  Ends the program
 * if a part cannot be made.  report stays NULL if the run was ended while it waited for a
 * FIFO or read the header of the input.
 */
void run_init(struct run *run, struct message *message);
void run_fini(struct run *run);

/*
 * run_source.c: makes the input of the run, its batches, and its blocks if jobs read a
 * stream.  run_init_input() returns false if the run was ended while it read the headers.
 */
bool run_init_input(struct run *run, struct message *message);
void run_init_batches(struct run *run);
void run_init_blocks(struct run *run, struct message *message);

/*
 * Gets the names of the input, and returns an array of as many elements of that size, which
 * the caller frees.
 */
void *run_names(const struct run *run, size_t size,
    const struct input_name **names, size_t *n);

/* An input_read_fn and an input_options.warn; arg is the run, whose report may be NULL. */
ssize_t run_read(void *arg, int fd, void *buf, size_t len);
void run_warn(void *arg, const char *text);

/*
 * run_pool.c: makes the pool; the watches and timers of its loop need the other parts of the
 * run.
 */
void run_init_pool(struct run *run, struct message *message);
void run_init_watches(struct run *run);

/* Warns if prun cannot find the descendants of jobs on this machine. */
void run_warn_of_descendants(struct run *run);

/* Frees the pool, which kills the jobs: no process of the run lives on. */
void run_free_pool(struct run *run);

/*
 * run_job.c: runs one job, or prints it with --dry-run.  Returns 0, or -errno with a
 * message.
 */
int run_job(struct run *run, const struct command_job *job,
    struct message *message);

/*
 * Runs a job of this run once more that has ended.  What an earlier run has logged does not
 * matter here.
 */
int run_job_anew(struct run *run, const struct command_job *job,
    struct message *message);

/* Runs or prints all jobs that were gathered in run.gathered. */
int run_gathered(struct run *run, struct message *message);

/* Starts or prints the job with that line.  Returns 0, or -errno with a message. */
int run_given_line(struct run *run, const struct command_job *job,
    const struct command_line *line, struct message *message);

/*
 * run_retry.c: --retry-failed.  Does the run read the input, which may hold the arguments of
 * the jobs?  Yes without that option.
 */
bool run_retry_reads_input(const struct options *options);

/*
 * Finds out whether the jobs need arguments besides the lines of the log.  Returns 0, or
 * -EINVAL with a message if they cannot be known.
 */
int run_retry_open(struct run *run, struct message *message);

/*
 * run_retries() runs the jobs of the log, and run_job_again() one of them.  Both return 0, or
 * -errno with a message.
 */
int run_retries(struct run *run, struct message *message);
int run_job_again(struct run *run, uint64_t seq, struct text line,
    unsigned slot, struct message *message);

/*
 * run_missing.c: call it before the first job starts.  Returns 0, or -ENOENT with a message
 * if the command of all jobs does not exist.
 */
int run_check_missing(struct run *run, struct message *message);

/*
 * Does the run end because this job did not find its command?  Then the job is not tried
 * again.
 */
bool run_is_missing(const struct run *run, const struct prun_result *r);

/*
 * Call it when a job has ended and was added to the tally.  Ends the run if
 * --stop-on-missing asks for it.
 */
void run_look_missing(struct run *run, const struct report_task *job,
    const struct prun_result *r);

/*
 * run_tag.c: makes the template of the tags, if jobs have tags.  Returns 0, or -errno with
 * a message.
 */
int run_init_tag(struct run *run, struct message *message);

/*
 * Makes the text that stands before each line of the job's output, or NULL.  Returns 0, or
 * -errno with a message.
 */
int run_tag(struct run *run, const struct command_job *job, const char **tag,
    struct message *m);

/*
 * run_slot.c: waits until a job of that weight may start, and returns its slot; 0 if the
 * run is to stop.  A job that is heavier than the pool gets all of the pool.
 */
unsigned run_slot(struct run *run, unsigned weight);

/*
 * Waits for a slot and starts the job.  Returns 0, 1 if the run is to stop, or
 * -errno with a message.
 */
int run_batch_job(struct run *run, struct command_job *job,
    struct message *message);

/* Tell that the run has taken this job from the input, and cannot start it. */
void run_rest_add(struct run *run, const struct command_job *job);

/*
 * run_batch.c: takes the next batch of the input, or with --onall the next one of a host.
 * Returns 1, 0 at the end, or -errno with a message.
 */
int run_next(struct run *run, struct batch *batch, struct message *message);

/*
 * Makes a job of the batch, which waits for a slot or is held for a host.  Returns 0, 1 if
 * the run is to stop, or -errno with a message.
 */
int run_batch(struct run *run, const struct batch *batch,
    struct message *message);

/*
 * Gives jobs to hosts that have not had them yet, without waiting; arg is the run.
 */
void run_each_idle(void *arg);

/* The values of the batch become those of the job. */
static inline void
run_lend_values(struct command_job *job, const struct batch *batch)
{
	job->values = batch->values;
	job->nvalues = batch->nvalues;
	job->ends = batch->ends;
	job->ntuples = batch->ntuples;
}

/* How many CPUs each job may use if all slots are taken. */
unsigned run_threads(struct run *run);

/*
 * run_worker.c: tells the pool what its workers are, if there are any.  Returns 0, or
 * -errno with a message.
 */
int run_worker_open(struct run *run, struct prun_pool_opts *opts,
    struct message *m);
void run_worker_close(struct run *run);

/* Changes the job's spec into a task for a worker. */
void run_worker_task(struct run *run, const struct command_job *job,
    const struct command_line *line, struct prun_spec *spec);

/* Makes the line of a job that runs as a process of its own though there are workers. */
const char *run_worker_line(struct run *run, const char *line);

/*
 * Inside make, the jobs of make and those of prun share the number of make
 * -j.  Returns the value for -j that follows from it, or NULL.
 */
const char *run_join_jobserver(struct run *run, char number[static 16]);

/*
 * Makes a job server, so that jobs that are make share prun's slots.  Inside make there is
 * one already.  Returns 0, or -errno with a message.
 */
int run_serve_jobs(struct run *run, struct message *message);

/*
 * run_input.c: if jobs read a stream, puts the lane or the block of the next job into its
 * spec.
 */
void run_set_input(const struct run *run, struct prun_spec *spec);

/* Makes the job the owner of the lane, the block and the files of its input. */
void run_take_input(struct run *run, const struct prun_spec *spec,
    struct report_task *record);

/* The job has ended, and its pipe took so many bytes: ends and frees what it read. */
void run_end_input(struct run *run, struct report_task *job, uint64_t taken);

/* Frees the block of the job, and removes its file of --cat or its FIFO. */
void run_free_input(struct report_task *record);

/*
 * Has the next job, which may be tried so often, only one try?  Bytes of a stream that are
 * not kept cannot be given to a job again.
 */
bool run_has_one_try(struct run *run, unsigned tries);

/*
 * Sees to it that the next try of the job gets all of its input again.  Returns false, and
 * has told the user why, if that cannot be.
 */
bool run_feed_again(struct run *run, const struct report_task *job);

/*
 * A report_end.unstarted; arg is the run.  The first call reads the rest of the
 * input, and tells the report about each job, if the report wants to know.
 */
uint64_t run_unstarted(void *arg, bool *more);

/* run_print.c */
void gathered_fini(struct gathered *g);

/* Copies a job.  Returns 1 if the array is full now, 0 if not, or -errno with a message. */
int gathered_add(struct gathered *g, struct command *command,
    const struct command_job *job, struct message *message);

/*
 * Calls each(arg, job, message) for all gathered jobs in their order, until one call does
 * not return 0, and then forgets all jobs.  Returns what the last call returned, or -errno
 * with a message.
 */
int gathered_flush(struct gathered *g, struct command *command,
    int (*each)(void *arg, const struct command_job *job,
	struct message *message),
    void *arg, struct message *message);

/*
 * For --dry-run: prints the job's line; with -vv and --pipe-part also how its
 * part of the file is read.  Returns 0, or -errno with a message.
 */
int run_print(struct run *run, const struct command_job *job,
    const struct command_line *line, struct message *m);

/*
 * run_stream.c: gives the stream to jobs until the stream and the jobs end.  Returns 0, or
 * -errno with a message.
 */
int run_pipe(struct run *run, struct message *m);

/*
 * run_pipe.c: makes the next job of a stream.  Its arguments are the path with --cat and --fifo, else
 * those of :::, else one empty argument.
 */
int pipe_job(struct run *run, struct command_job *job, struct message *m);

/* Tells reports and --halt N% how many jobs there are, or probably will be. */
void pipe_total(struct run *run, uint64_t jobs);

/* The jobs that run until the stream ends. */
struct pipe_lanes {
	struct lane **lane;
	size_t n, size;
	/* the number of the lane that is asked first to take the next block */
	size_t turn;
	/*
	 * The lane that gets the other pieces of the present block; NULL if no block is
	 * begun.
	 */
	struct lane *middle;
	/* blocks that jobs have left unread when they ended */
	struct lane_queue unread;
	bool from_unread; /* the present block comes from `unread` */
	uint64_t given; /* how many bytes the jobs have got, */
	uint64_t blocks; /* and how many blocks of -N */
	uint64_t joined; /* so many blocks are given to a job as one */
	struct keep keep; /* --retries: what the jobs have read */
	/* --shard, --bin: the memory for the records of each job */
	struct chunk_store chunks;
	/*
	 * --round-robin with --cat or --fifo: the blocks of each job are kept in a file; no
	 * lane is used.
	 */
	struct block *files;
	size_t nfiles;
};

/*
 * run_lanes.c: makes run->lanes, with no lane.  Returns 0, or -errno with a message.
 */
int pipe_lanes_new(struct run *run, struct message *m);

/* Starts this job with a new lane, which is added at the end of the list. */
int pipe_lanes_start(struct run *run, const struct command_job *job,
    struct message *m);

/* The stream has ended: the jobs read the end of their stdin. */
void pipe_lanes_end(struct run *run);

/*
 * Ways to share a stream among jobs that run until it ends.  Each returns 0, or -errno with
 * a message.
 */
int pipe_round(struct run *run, struct message *m); /* --round-robin */
/* --round-robin with --cat or --fifo */
int pipe_round_files(struct run *run, struct message *m);
int pipe_tee(struct run *run, struct message *m); /* --tee */
/* run_deal.c: --shard, --bin */
int pipe_deal(struct run *run, struct message *m);

/* run_pipe.c: does the job that reads a block need it as a whole? */
bool pipe_wants_whole(const struct run *run);

/*
 * Gets the next piece of the stream: a whole block if the jobs need whole blocks.  Returns
 * 1, 0 at the end, or -errno with a message.
 */
int pipe_next(struct run *run, struct block *piece, struct message *m);

/*
 * Adds a piece for the job of that lane, see lane_add(), and waits if the job reads fast or
 * is about to start.  Without that wait prun would read ahead into memory that is not in
 * the CPU's cache.  Returns 0, or -errno with a message.
 */
int pipe_give(struct run *run, struct lane *lane, struct lane_queue *unread,
    struct block *piece, struct message *m);

/* May a job of the stream be tried again? */
bool pipe_may_retry(const struct run *run);

/*
 * Starts a job and makes a lane for it.  If the job is left out, the lane is marked as
 * ended.  Returns 0, or -errno with a message.
 */
int pipe_lane_start(struct run *run, const struct command_job *job,
    struct lane **lp, struct message *m);

void pipe_lanes_free(struct run *run);

/* --cat and --fifo: {} is the name of a file, and the job's stdin is empty. */
bool pipe_is_file(const struct run *run);

/* Starts a job for a block, which is whole.  Returns 0, or -errno with a message. */
int pipe_run_block(struct run *run, struct block *block, unsigned slot,
    struct message *m);

/* A prun_may_try_fn; arg is the run. */
bool run_may_try(void *job, void *arg);

/* A prun_delivered_fn; arg is the run. */
void run_delivered(const struct prun_result *r, void *job, void *arg);

#endif
