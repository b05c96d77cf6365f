/* SPDX-License-Identifier: ISC */

/* What the files of one run share: run.c, and run_job.c for one of its jobs. */
#ifndef RUN_ROOM_H
#define RUN_ROOM_H

#include "options/options.h"
#include "report/books.h"
#include "report/tally.h"
#include "run/count.h"
#include "run/drive.h"
#include "run/gate.h"
#include "run/outfit.h"
#include "run/resources.h"
#include "run/signals.h"
#include "run/steer.h"
#include "run/sudo.h"

#define EXIT_OWN 255

struct run {
	const struct options *options;
	struct signals *signals;
	struct drive drive;
	struct resources limits;
	unsigned slots;
	struct source_spec no_source; /* --retry-failed: no words after ::: */
	struct input *input;
	struct batches *batches;
	struct command *command;
	struct books *books;
	struct counter *counter; /* NULL: nobody counts */
	struct template *tag; /* NULL: none */
	struct tally tally;
	struct steer steer;
	struct gate gate;
	struct outfit outfit;
	struct sudo sudo;
	struct live_list live; /* jobs handed to the pool and not done */
	uint64_t seen; /* jobs of the input */
	uint64_t started; /* jobs handed to the pool */
	bool failed; /* a book could not be written */
	int status; /* of the last job, for run_options.single */

	unsigned weight; /* of the next job; 0: 1 */
	/* "NAME=value" for the next job. */
	char seq[48], slot[48], pid[48];
	char *slot_variable; /* NULL: none */
	size_t slot_variable_size;
	const char **environment;
	size_t nenvironment; /* one more may come: PWD */
	struct bytes tag_text, heading;
};

/* Ends the program when error is one. */
void run_check(int error);

/* For drive.told. */
void run_told(int sig, void *run);

/* Run one job, or print it.  0, or -errno with a message. */
int run_job(struct run *run, const struct command_job *job,
    struct message *message);

/* The same for a line as it stands in the log. */
int run_job_again(struct run *run, uint64_t seq, struct text line,
    unsigned slot, struct message *message);

#endif
