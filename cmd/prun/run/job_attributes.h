/* SPDX-License-Identifier: ISC */

/*
 * What a job is given besides its command: its folder, its variables, its limits,
 * its niceness, the terminal, its weight, and the question whether it shall be run
 * at all.
 */
#ifndef RUN_JOB_ATTRIBUTES_H
#define RUN_JOB_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"
#include "template/command.h"
#include "text/text.h"

/* The variables that prun sets for each job: its numbers, its slot, its folder. */

/* The variables of the job at hand, as "NAME=value". */
struct job_environment {
	char seq[48], slot[48], threads[48], pid[48];
	char *slot_variable; /* NULL: none */
	size_t slot_variable_size;
	char *old_folder; /* "OLDPWD=" and prun's folder; NULL: unset */
	const char *slot_name;
	char *groups[2]; /* of --hostgroups; NULL: none */
	const char **list;
	size_t n; /* of the list; PWD may come behind it */
};

/*
 * slot_name is the variable of --process-slot-var; NULL: there is none.  shell lists the
 * variables that a shell would have set.  moved: jobs run in folders of their own.
 * colors: jobs are to write in colours though their stdout is no terminal.
 * -errno; what is there is freed by _fini() all the same.
 */
int job_environment_init(struct job_environment *e, const char *slot_name,
    const char *const *shell, bool moved, bool colors);
/* One more variable, which is lent; NULL: none.  Call it once at most. */
void job_environment_add(struct job_environment *e, const char *variable);

void job_environment_fini(struct job_environment *e);

/*
 * Returns the variables of this job, lent until the next call.  folder is "PWD=..."; NULL:
 * the job runs in prun's folder.
 */
const char *const *job_environment_set(struct job_environment *e,
    const struct command_job *job, const char *folder);

/*
 * --template FILE=OUT: texts with replacement strings, from which each job gets
 * files of its own.
 */

struct template_file;

/* All zero: there are none. */
struct template_files {
	struct template_file *list;
	size_t n;
	bool cleanup; /* they are removed when the job has ended */
	/* Those of the job that was written last: a NUL behind each, and one behind all. */
	struct bytes names;
};

/*
 * Read the files.  specs: n times "FILE=OUT".  0, or -errno and a message.  The
 * caller closes f in both cases.
 */
int template_files_open(struct template_files *f, const char *const *specs,
    size_t n, struct command *command, struct message *m);
void template_files_close(struct template_files *f);

/*
 * Write the job's files.  *remove are those that are to be removed, for
 * template_files_remove(); NULL: none.  0, or -errno and a message.
 */
int template_files_write(struct template_files *f,
    const struct command_job *job, char **remove, struct message *m);

/* Remove the files, and free names, which may be NULL. */
void template_files_remove(char *names);

/*
 * --workdir: the folder of each job.  For a job here it is made; on another machine the agent
 * makes it, and a path that does not begin with "/" is looked for from where the login begins.
 */

struct options;

/* All zero: none was given, and may be closed. */
struct workdir {
	const char *given;
	struct template *here; /* NULL: where prun is */
	struct template *away; /* on other machines; NULL: as here */
	char *base; /* of all jobs there; NULL: it is not the same for all */
	bool own; /* "...": each job has one that is new */
	bool cleans_up; /* what is in such a folder is removed with it */
	unsigned flags; /* of specs there */
	struct bytes folder; /* of the job at hand, absolute */
	struct bytes variable; /* "PWD=" and the same */
};

/* 0, or -errno with a message.  The caller closes it in both cases. */
int workdir_open(struct workdir *w, const struct options *options,
    struct command *command, struct message *m);
void workdir_close(struct workdir *w);

/* Makes the folder of a job here, as here tells, and puts it into spec.  -errno with a message. */
int workdir_enter(struct workdir *w, const struct command_job *job,
    struct prun_spec *spec, struct message *m);

/* Removes the job's own folder here.  What is in it stays, unless that is to be removed, too. */
void workdir_leave(const struct workdir *w, const char *folder);

/*
 * Puts the folder of a job on another machine into spec, lent until the next call.  shared:
 * that machine has the same files.  -errno with a message.
 */
int workdir_send(struct workdir *w, bool shared, const struct command_job *job,
    struct prun_spec *spec, struct message *m);

/* The one of all jobs there, lent; NULL: where the login begins, or it is not the same for all. */
const char *workdir_base(const struct workdir *w, bool shared);

struct mainloop;
struct resources;
struct options;

/* All zero may be closed. */
struct job_attributes {
	const struct options *options;
	struct mainloop *mainloop;
	/* NULL: unset */
	struct template *weight, *tries, *timeout, *delay;
	struct template_files files;
	struct workdir workdir;
	int tty; /* -1: not open */
	int nice; /* to be added */
	struct prun_rlimit *rlimits;
	size_t nrlimits;
	struct job_environment environment;
};

/* -errno with a message. */
int job_attributes_open(struct job_attributes *a, const struct options *options,
    struct mainloop *mainloop, struct command *command,
    const struct resources *limits, struct message *m);
void job_attributes_close(struct job_attributes *a);

/* -p: shall this line be run?  1, 0, or -errno with a message. */
int job_attributes_ask(struct job_attributes *a, const char *line,
    struct message *m);

/* How many slots it takes.  -errno with a message. */
int job_attributes_weight(struct job_attributes *a,
    const struct command_job *job, unsigned *weight, struct message *m);

/* The most tries that it may have, 0: any number.  -errno with a message. */
int job_attributes_tries(struct job_attributes *a,
    const struct command_job *job, unsigned *tries, struct message *m);

/*
 * Puts setenv, nice, rlimit, timeout, flags and stdio into spec, lent until the next call.
 * For a job on this machine it also makes the folder of --workdir, and sets cwd to it.
 * Returns 0, or -errno with a message.
 */
int job_attributes_dress(struct job_attributes *a,
    const struct command_job *job, bool here, struct prun_spec *spec,
    struct message *m);

/* The same for a worker, which is no job: what is the same for all jobs. */
int job_attributes_dress_worker(struct job_attributes *a,
    const struct command_job *job, bool here, struct prun_spec *spec,
    struct message *m);

#endif
