/* SPDX-License-Identifier: ISC */

/*
 * What hosts mean for a run and its jobs: which host the next job gets (run_hosts.c), the
 * jobs that are sent before there is a slot (run_slot.c), those that wait for a host of
 * their groups (run_held.c), and the order of --onall and --nonall (run_each.c).
 */
#ifndef RUN_RUN_HOSTS_INTERNAL_H
#define RUN_RUN_HOSTS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input/batch.h"
#include "input/replay.h"
#include "machines/hosts.h"
#include "template/command.h"
#include "text/text.h"

struct prun_spec;
struct report_task;
struct run;

/* --onall and --nonall: used by run_each.c. */
struct each_host {
	/* The hosts, sorted by name. */
	struct each_place {
		const struct login *login;
		/* NULL if run_each.c has not looked for it yet */
		struct host *host;
		/* the jobs of this host; NULL once it has had its last job */
		struct prun_output_group *group;
		/* the number of the next kept batch that this host gets */
		uint64_t next;
		/* begun: the host has got its first job; ended: it has got its last one */
		bool begun, ended;
		/* the run is over, and the host's jobs that did not start were reported */
		bool given_up;
	} * places;

	/* how many hosts there are, and how many have not got their last job */
	size_t n, left;
	/* the host of the next job; NULL without --onall and --nonall */
	struct each_place *now;
	/*
	 * The batches that some host has not had yet: how many there are, and their values
	 * and ends.
	 */
	uint64_t kept;
	struct replay values;
	struct bytes ends, batches;
	struct texts list; /* the values of the next job */
	bool all_read;
};

/* run_slot.c: decides whether the run sends jobs ahead. */
void run_ahead_init(struct run *run);

/*
 * Waits for a free slot, or for a host that takes a job ahead.  Returns the slot; 0 if the
 * run is to stop.
 */
unsigned run_await_slot(struct run *run);

/*
 * run_held.c: with --hostgroups, jobs wait here for a host of their groups.
 * run_held_takes() says whether the next job must wait, and run_held_add() copies it.
 * run_held_start() starts one of them if it may start now: 1, 0 or -errno with a message.
 * run_held_finish() starts all of them, as hosts get free.  run_held_rest() counts them as
 * jobs that will not start.
 */
void run_held_init(struct run *run);
void run_held_free(struct run *run);
bool run_held_is_full(const struct run *run);
bool run_held_takes(const struct run *run);
void run_held_add(struct run *run, const struct command_job *job);
int run_held_start(struct run *run, struct message *message);
int run_held_finish(struct run *run, struct message *message);
void run_held_rest(struct run *run);

/*
 * run_hosts.c: starts to connect the hosts, if there are any.  Returns 0, or -errno with a
 * message.
 */
int run_hosts_open(struct run *run, struct message *message);

/* Will the next job run on another machine? */
bool run_host_is_away(const struct run *run);

/* Removes from a spec what holds for this machine only. */
void run_strip_own(const struct run *run, struct prun_spec *spec);

/*
 * --hostgroups: takes the groups off the values of the next job; without that option it
 * does nothing.  Returns 0 or -ENOMEM.
 */
int run_host_groups(struct run *run, struct command_job *job);

/*
 * run_slot.c: chooses the host of the next job, of that weight.  Returns false if no host has
 * room for it now.
 */
bool run_choose_host(struct run *run, unsigned weight);

/*
 * Puts the host of the next job into its spec.  run_host_take() then counts the job as the
 * host's.
 */
int run_host_address(struct run *run, const struct command_job *job,
    struct prun_spec *spec, struct message *message);
void run_host_take(struct run *run, struct report_task *record);

/* Tells the job the name and the groups of its host, for its replacement strings. */
void run_host_tell(const struct run *run, struct command_job *job);

/*
 * run_host_move() gives the job another host for its next try, if there is one, and returns
 * for how many seconds the try must wait for that host.  run_host_may_try(): may the try
 * begin there now?
 */
double run_host_move(struct run *run, struct report_task *job);
bool run_host_may_try(struct run *run, struct report_task *job);

/*
 * run_each.c: how many jobs there are if the input has so many: with --onall each host gets
 * them all.
 */
uint64_t run_all_jobs(const struct run *run, uint64_t input);

/* Do the --hostgroups of the next job exclude the host whose turn it is? */
bool run_each_is_elsewhere(const struct run *run);

/*
 * Call run_each_open() before the first job, and run_each_close() at the end.  Without
 * --onall and --nonall they do nothing.
 */
void run_each_open(struct run *run);
void run_each_close(struct run *run);

/*
 * Waits until a host may get a job, and takes its next job, which may be read from the
 * input first.  Returns 1 and the job, which is lent until the next call; 0 if all hosts
 * have had all jobs; or -errno with a message.
 */
int run_each_next(struct run *run, struct batch *batch, struct message *m);

/*
 * The same without waiting, and without reading input.  Returns false if no host may get a
 * kept job now.
 */
bool run_each_kept(struct run *run, struct batch *batch);

/* The same for --retry-failed, which takes the jobs from the log.  Returns 1 or 0. */
int run_each_retry(struct run *run, uint64_t *seq, struct text *line);

/*
 * --retry-failed, if the names of files need the arguments of a job: run_each_keep() reads all
 * of the input before the first job, and run_each_input() puts the arguments with the job's
 * number into the job.  Both return 0, or -errno with a message.
 */
int run_each_keep(struct run *run, struct message *m);
int run_each_input(struct run *run, struct command_job *job, struct message *m);

/* No more jobs will start: the output of the hosts need not wait for them. */
void run_each_end(struct run *run);

/*
 * Takes, after run_each_end(), the jobs that will never start; returns the same as
 * run_each_next().
 */
int run_each_rest(struct run *run, struct batch *batch, struct message *m);

#endif
