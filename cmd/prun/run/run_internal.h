/* SPDX-License-Identifier: ISC */

/*
 * What the files of one run share: run.c for its course, run_setup.c for what it
 * is made of, run_job.c for one of its jobs.
 */
#ifndef RUN_RUN_INTERNAL_H
#define RUN_RUN_INTERNAL_H

#include "input/batch.h"
#include "input/chunk.h"
#include "input/replay.h"
#include "options/options.h"
#include "perl/perl.h"
#include "policy/jobserver.h"
#include "report/outcome.h"
#include "report/report.h"
#include "run/added.h"
#include "run/admission.h"
#include "run/ahead.h"
#include "run/control.h"
#include "run/history.h"
#include "run/hosts.h"
#include "run/job_attributes.h"
#include "run/lane.h"
#include "run/mainloop.h"
#include "run/resources.h"
#include "run/shell_setup.h"
#include "run/signals.h"
#include "run/sudo.h"
#include "run/transfers.h"
#include "run/traps.h"
#include "run/waiters.h"
#include "text/text.h"

/* run_worker.c */
struct run_worker {
	bool on; /* jobs are given to workers */
	bool told; /* that one does not answer */
	struct prun_worker_opts opts, away; /* here, and on other machines */
	struct prun_spec spec, away_spec;
	const char *argv[5];
	const char **words; /* a program's own argv; NULL: none */
	struct bytes init, task, joined;
};

/* run_each.c */
struct each_host {
	/* The hosts, in the order of their names. */
	struct each_place {
		const struct login *login;
		struct host *host; /* NULL: not looked for yet */
		struct prun_output_group *group; /* NULL: it has ended */
		uint64_t next; /* of the kept jobs */
		bool begun, ended; /* its first job is given; all are */
		bool given_up; /* the run is over, and its jobs are told */
	} * places;

	size_t n, left; /* all; those that have not ended */
	struct each_place *now; /* of the next job; NULL: there are none */
	/* The jobs that not all have had. */
	uint64_t kept;
	struct replay values;
	struct bytes ends, batches;
	struct texts list; /* the values of the next job */
	bool all_read;
};

struct run {
	const struct options *options;
	struct signals *signals;
	struct mainloop mainloop;
	struct resources limits;
	unsigned slots;
	unsigned cpus; /* 0: not asked yet */
	unsigned cpus_most; /* that they can be; 0: not asked yet */
	struct input *input;
	struct batches *batches;
	struct perl *perl;
	struct command *command;
	struct traps traps;
	bool
	    terminal_told; /* or stdin is none, or something has come from it */
	struct shell_setup shell_setup;
	struct report_options report_options;
	struct report *report;
	struct counter *counter; /* NULL: nobody counts */
	struct prun_watch *counter_watch;
	struct template *tag; /* NULL: none */
	size_t tag_width; /* of those of --tag-color, so far */
	bool looks_ahead;
	struct ahead ahead;
	struct tally tally;
	struct control control;
	struct limit_rules limit_rules;
	struct jobserver jobserver; /* where limit_rules names it */
	int passed[2]; /* descriptors that jobs get of it */
	size_t npassed;
	struct admission admission;
	struct job_attributes job_attributes;
	struct sudo sudo;
	struct run_worker worker;
	/* --control */
	struct control_server *server; /* NULL: none */
	struct history history;
	struct added added;
	struct waiters waiters;
	uint64_t follow_timer; /* 0: nobody follows a job */
	uint64_t taken_back; /* ends of jobs that were run once more */
	struct transfers transfers; /* files that go with jobs */
	struct hosts *hosts; /* NULL: all jobs run here */
	struct host *host; /* of the next job */
	bool sends_ahead; /* hosts may get jobs before there is a slot */
	bool goes_ahead; /* the next job is one */
	struct each_host each; /* --onall, --nonall */
	/* --hostgroups: the values of the next job without "@GROUP", and the groups. */
	struct texts host_values;
	struct bytes host_groups;
	struct live_list live; /* jobs handed to the pool that have not ended */
	uint64_t seen; /* jobs of the input */
	uint64_t started; /* jobs handed to the pool */
	bool failed; /* a log or a result could not be written */

	/* Jobs that the run has not come to; known once run_unstarted() was called. */
	struct {
		bool known, more;
		uint64_t n;
	} rest;

	struct {
		bool on;
		unsigned n;
		STAILQ_HEAD(, held_job) jobs; /* in the order of the input */
	} held; /* run_held.c */

	/* run_missing.c */
	struct {
		bool checked;
		enum missing_policy policy;
		uint64_t n; /* jobs that have not found their command */
		bool ended; /* the run ends because of that */
	} missing;

	int status; /* of the last job, for run_options.single */

	unsigned weight; /* of the next job; 0: 1 */

	/* run_pipe.c; NULL: there is no stream. */
	struct block_options block_options;
	struct blocks *blocks;
	struct block_auto block_auto; /* --block auto */
	struct block *block; /* of the next job; run_job() takes its data */
	struct pipe_lanes *lanes;
	struct lane *lane; /* it feeds the next job */
	struct bytes pipe_file; /* --cat: the path */
	struct text pipe_name; /* the same, for {} */
	struct fifo_feed *pipe_fifo; /* --fifo: of that path; NULL: none */
	bool pipe_file_made; /* and no job has it yet */
	bool pipe_no_arguments; /* of ::: no more */
	bool unfed; /* the next job gets nothing, and its output is dropped */
	struct bytes tag_text, heading;
};

/* run_setup.c */

/*
 * Makes all parts from options and signals.  Ends the program when one cannot
 * be made.  report stays NULL when the run was ended while a FIFO was waited for
 * or the header of the input was read.
 */
void run_init(struct run *run, struct message *message);
void run_fini(struct run *run);

/* Kills and frees what runs: nothing of it outlives the run. */
void run_free_pool(struct run *run);

/* run_job.c */

/* Runs one job, or prints it with --dry-run. 0, or -errno with a message. */
int run_job(struct run *run, const struct command_job *job,
    struct message *message);

/* The same for a job of this run that has ended, whatever an earlier run has done. */
int run_job_anew(struct run *run, const struct command_job *job,
    struct message *message);

/* The same for all jobs that have been gathered. */
int run_gathered(struct run *run, struct message *message);

/* The same for a line as it stands in the log. */
int run_job_again(struct run *run, uint64_t seq, struct text line,
    unsigned slot, struct message *message);

/* run_missing.c */

/* Before the first job starts.  0, or -ENOENT with a message: no job could be run. */
int run_check_missing(struct run *run, struct message *message);

/* Does the command of that job end the run? Then the job is not tried again. */
bool run_is_missing(const struct run *run, const struct prun_result *r);

/* A job has ended, and the tally knows it. */
void run_look_missing(struct run *run, const struct report_task *job,
    const struct prun_result *r);

/* run_tag.c */

/* Makes the template of the tags, if there is one.  0, or -errno with a message. */
int run_init_tag(struct run *run, struct message *message);

/* The text before each line of a job, or NULL.  0, or -errno with a message. */
int run_tag(struct run *run, const struct command_job *job, const char **tag,
    struct message *m);

/* run_slot.c */

/* The slot that a job of that weight may have; 0: the run is to stop. */
unsigned run_slot(struct run *run, unsigned weight);

/* How many CPUs a job may use when all slots are taken. */
unsigned run_threads(struct run *run);

/* run_ahead.c: decides whether jobs are sent ahead; is there a host for one now? */
void run_ahead_init(struct run *run);
bool run_ahead_chooses(struct run *run);

/* Waits for a slot, or until a job may go ahead.  The slot; 0: the run is to stop. */
unsigned run_await_slot(struct run *run);

/* run.c: gets a slot for the job and starts it.  0, 1 when the run is to stop, or -errno. */
int run_batch_job(struct run *run, struct command_job *job,
    struct message *message);

/*
 * run_held.c: has the next job to wait for a host of its groups?  Then it is copied.  Starts
 * one of those that wait if it may: 1, 0 or -errno with a message; all of them, as hosts get
 * free; the run stops, and they are among its rest.
 */
void run_held_init(struct run *run);
void run_held_free(struct run *run);
bool run_held_is_full(const struct run *run);
bool run_held_takes(const struct run *run);
void run_held_add(struct run *run, const struct command_job *job);
int run_held_start(struct run *run, struct message *message);
int run_held_finish(struct run *run, struct message *message);
void run_held_rest(struct run *run);

/* run_worker.c */

/* Tell the pool what its workers are, if there are any.  -errno with a message. */
int run_worker_open(struct run *run, struct prun_pool_opts *opts,
    struct message *m);
void run_worker_close(struct run *run);

/* The job's spec becomes that of a task, which a worker is given. */
void run_worker_task(struct run *run, const struct command_job *job,
    const struct command_line *line, struct prun_spec *spec);

/* The line of a job that is a process though there are workers. */
const char *run_worker_line(struct run *run, const char *line);

/* run_jobserver.c */

/*
 * Inside of make the jobs of make and those of prun share the number of make -j.
 * Returns what is to be taken for -j, or NULL.
 */
const char *run_join_jobserver(struct run *run, char number[static 16]);

/*
 * Jobs that are make share the slots; inside of make they share its number already.  0, or
 * -errno with a message.
 */
int run_serve_jobs(struct run *run, struct message *message);

/* run_hosts.c */

/* Starts to connect the hosts, if there are any.  -errno with a message. */
int run_hosts_open(struct run *run, struct message *message);

/* Is the host of the next job another machine? */
bool run_host_is_away(const struct run *run);

/* Takes out of a spec what is about this machine alone. */
void run_strip_own(const struct run *run, struct prun_spec *spec);

/*
 * --hostgroups: takes the groups off the values of the next job.  Else it does nothing.
 * 0 or -ENOMEM.
 */
int run_host_groups(struct run *run, struct command_job *job);

/* Puts the host of the next job into its spec; the job has it from then on. */
int run_host_address(struct run *run, const struct command_job *job,
    struct prun_spec *spec, struct message *message);
void run_host_take(struct run *run, struct report_task *record);

/* The job is told of the groups of its host. */
void run_host_tell(const struct run *run, struct command_job *job);

/*
 * The job's next try is on another host, where there is one.  The seconds that it has to
 * wait for the host; may it begin there?
 */
double run_host_move(struct run *run, struct report_task *job);
bool run_host_may_try(struct run *run, struct report_task *job);

/* run.c: gives hosts the jobs that are kept for them, without waiting; arg is the run. */
void run_each_idle(void *arg);

/* run_each.c */

/* So many jobs there are when so many come from the input. */
uint64_t run_all_jobs(const struct run *run, uint64_t input);

/* --hostgroups: the next job is not for the host whose turn it is. */
bool run_each_is_elsewhere(const struct run *run);

/* With --onall and --nonall, before the first job, and at the end.  Else they do nothing. */
void run_each_open(struct run *run);
void run_each_close(struct run *run);

/*
 * Waits until a host may get a job, and takes its next one, which may be read first.  1 and
 * the job, lent until the next call; 0: all have had all; or -errno with a message.
 */
int run_each_next(struct run *run, struct batch *batch, struct message *m);

/* The same without waiting: false where no host may get one of those that are kept. */
bool run_each_kept(struct run *run, struct batch *batch);

/* --retry-failed: the same for the failed jobs of the log.  1 or 0. */
int run_each_retry(struct run *run, uint64_t *seq, struct text *line);

/* No more jobs start: what has been written need not wait for them. */
void run_each_end(struct run *run);

/* Then: as run_each_next() for the jobs that will never start. */
int run_each_rest(struct run *run, struct batch *batch, struct message *m);

/* run_input.c */

/* When jobs read a stream: put the lane or the block of the next job into its spec. */
void run_set_input(const struct run *run, struct prun_spec *spec);

/* The job becomes the owner of the lane, the block and the files of its input. */
void run_take_input(struct run *run, const struct prun_spec *spec,
    struct report_task *record);

/* Tell that a job with a lane has ended, and how many bytes its pipe took. */
void pipe_lane_ended(struct run *run, struct report_task *job, uint64_t taken);

/* Frees the block of the job, and removes its file of --cat or its FIFO. */
void run_free_input(struct report_task *record);

/* run_rest.c */

/*
 * A report_end.unstarted; arg is the run.  The first call reads the rest of the input,
 * and tells the report of each job where that wants to know.
 */
uint64_t run_unstarted(void *arg, bool *more);

/* The run has taken this job from the input, and cannot start it. */
void run_rest_add(struct run *run, const struct command_job *job);

/* run_print.c */

/*
 * --dry-run: print the job's line; with -vv and --pipe-part also how its part of the
 * file is read.  0, or -errno with a message.
 */
int run_print(struct run *run, const struct command_job *job,
    const struct command_line *line, struct message *m);

/* run_pipe.c */

/* Give the stream to jobs until both end.  0, or -errno with a message. */
int run_pipe(struct run *run, struct message *m);

/* The arguments of the next job: those of :::, or an empty one. */
int pipe_job(struct run *run, struct command_job *job, struct message *m);

/* So many jobs there are, or seem to be, for reports and --halt N%. */
void pipe_total(struct run *run, uint64_t jobs);

/* run_lanes.c: the same for --round-robin, --tee, --shard and --bin. */
int run_lanes(struct run *run, struct message *m);

/* The jobs that run until the stream ends. */
struct pipe_lanes {
	struct lane **lane;
	size_t n, size;
	size_t turn; /* the lane that is asked first for the next block */
	/* It gets the other pieces of a block that is begun; NULL: none is. */
	struct lane *middle;
	struct lane_queue unread; /* blocks that ended jobs have left */
	bool from_unread; /* the block that is begun comes from unread */
	uint64_t given; /* bytes that jobs have got, */
	uint64_t blocks; /* and blocks of -N */
	uint64_t joined; /* so many blocks are given as one */
	struct chunk_store chunks; /* --shard, --bin: the records of each job */
	/* --round-robin with --cat or --fifo: the blocks of each job; no lane is used. */
	struct block *files;
	size_t nfiles;
};

/* Start this job with a new lane, which becomes the last one. */
int pipe_lanes_start(struct run *run, const struct command_job *job,
    struct message *m);

/* The stream has ended: the jobs see the end of their stdin. */
void pipe_lanes_end(struct run *run);

/* run_deal.c: --shard and --bin, of which run_lanes() knows the jobs. */
int pipe_deal(struct run *run, struct message *m);

/*
 * Get the next piece of the stream: a whole block if the jobs need whole blocks.  1, 0 at
 * the end, or -errno with a message.
 */
int pipe_next(struct run *run, struct block *piece, struct message *m);

/*
 * Add a piece for the job of that lane: see lane_add().  Then wait for the job if it
 * reads fast or is about to start.  Without that wait prun would read ahead into memory
 * that is not in the CPU's cache.  0, or -errno with a message.
 */
int pipe_give(struct run *run, struct lane *lane, struct lane_queue *unread,
    struct block *piece, struct message *m);

/*
 * Start a job and make a lane for it.  When the job is left out, the lane says that its
 * job has ended.  0, or -errno with a message.
 */
int pipe_lane_start(struct run *run, const struct command_job *job,
    struct lane **lp, struct message *m);

void pipe_lanes_free(struct run *run);

/* --cat and --fifo: {} is the name of a file, and stdin carries nothing. */
bool pipe_is_file(const struct run *run);

/* Start a job for a block, which is whole.  -errno with a message. */
int pipe_run_block(struct run *run, struct block *block, unsigned slot,
    struct message *m);

/* A prun_may_try_fn; arg is the run. */
bool run_may_try(void *job, void *arg);

/* A prun_delivered_fn; arg is the run. */
void run_delivered(const struct prun_result *r, void *job, void *arg);

#endif
