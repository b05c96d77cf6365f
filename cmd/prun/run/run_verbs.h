/* SPDX-License-Identifier: ISC */

/*
 * --control: what the verbs of prunctl(1) do to a run.  run_verbs.c has the verbs that
 * change the course of the run, run_clients.c those that ask about a job, wait, or add to
 * the input.  run_again.c runs the jobs and takes the records that clients have asked for.
 */
#ifndef RUN_RUN_VERBS_H
#define RUN_RUN_VERBS_H

#include "control/server.h"
#include "text/text.h"

struct prun_result;
struct report_task;
struct run;

/*
 * Opens the socket of --control, if that was given.  Returns 0, or -errno with a message.
 */
int run_verbs_open(struct run *run, struct message *m);

/*
 * Call it when all jobs have ended, or the run is given up: clients get the answers that
 * they still wait for.
 */
void run_verbs_finish(struct run *run, int status);

/* Call it after the pool was freed. */
void run_verbs_close(struct run *run);

/*
 * Call it when all jobs go on after a stop: those that a client or a limit has stopped are
 * stopped again.
 */
void run_verbs_stop_again(struct run *run);

/* Tell that a job has had its last try.  Its files are still open. */
void run_verbs_ended(struct run *run, const struct report_task *job,
    const struct prun_result *r);

/* An input_options.more; arg is the run.  Waits as long as clients may add a record. */
int run_more(void *arg, struct text *record);

/*
 * Starts the jobs that are to be run once more, as long as slots are free.  Returns 0, or
 * -errno with a message.
 */
int run_start_again(struct run *run, struct message *m);

/*
 * A mainloop.idle; arg is the run.  Starts the same jobs and those that are held; an error
 * ends the input.
 */
void run_idle(void *arg);

/* Call it at the end of the input: waits until no job is to be run once more. */
int run_linger(struct run *run, struct message *m);

/*
 * Finds the job of that number that has not ended yet.  Returns NULL with a message if
 * there is none.
 */
struct report_task *run_find_live(struct run *run, uint64_t seq,
    struct message *m);

/* Does what a verb asks for, as a control_act_fn. */
typedef int run_verb_fn(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m);

/* run_clients.c */
run_verb_fn verb_retry, verb_add, verb_close, verb_tail, verb_wait, verb_events;

#endif
