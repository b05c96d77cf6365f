/* SPDX-License-Identifier: ISC */

/*
 * What a job gets besides its command: its folder, variables, limits, niceness, terminal
 * and weight.  Also asks the user whether a job is to run at all (-p).
 */
#ifndef JOB_JOB_ATTRIBUTES_H
#define JOB_JOB_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"
#include "template/command.h"
#include "text/text.h"

/* The variables that prun sets for each job: its numbers, its slot, its folder. */

/* The variables of the job that is being started, as "NAME=value". */
struct job_environment {
	char seq[48], slot[48], threads[48], pid[48];
	/* the variable of --process-slot-var; NULL if there is none */
	char *slot_variable;
	size_t slot_variable_size;
	/* "OLDPWD=" and the folder of prun; NULL if OLDPWD is not set */
	char *old_folder;
	const char *slot_name;
	/* the variables of --hostgroups; NULL if they are not set */
	char *groups[2];
	const char **list;
	size_t n; /* how many variables the list has; PWD may follow them */
};

/*
 * slot_name is the variable of --process-slot-var, or NULL.  shell lists the variables that
 * a shell would have set.  moved says that jobs run in folders of their own, and colors
 * that jobs shall write in colours though their stdout is no terminal.  Returns 0 or
 * -errno; call _fini() in both cases.
 */
int job_environment_init(struct job_environment *e, const char *slot_name,
    const char *const *shell, bool moved, bool colors);
/*
 * Adds one more variable, which is lent, or none if it is NULL.  May be called once only.
 */
void job_environment_add(struct job_environment *e, const char *variable);

void job_environment_fini(struct job_environment *e);

/*
 * Returns the variables of this job, lent until the next call.  folder is "PWD=..."; NULL
 * if the job runs in prun's folder.
 */
const char *const *job_environment_set(struct job_environment *e,
    const struct command_job *job, const char *folder);

/*
 * --template FILE=OUT: the FILEs have replacement strings, and each job gets its own OUT
 * made from them.
 */

struct template_file;

/* All zero means that there are no templates. */
struct template_files {
	struct template_file *list;
	size_t n;
	bool cleanup; /* the files are removed when the job has ended */
	/*
	 * The names of the files that were written for the last job: a NUL behind each, and
	 * one more behind all.
	 */
	struct bytes names;
};

/*
 * Reads the files that specs names: n times "FILE=OUT".  Returns 0, or -errno with a
 * message.  The caller closes f in both cases.
 */
int template_files_open(struct template_files *f, const char *const *specs,
    size_t n, struct command *command, struct message *m);
void template_files_close(struct template_files *f);

/* Are the arguments of a job in the i-th file, or in its name? */
bool template_file_takes_values(const struct template_files *f, size_t i);

/*
 * Writes the job's files.  *remove lists those that are to be removed, for
 * template_files_remove(); NULL if there are none.  Returns 0, or -errno with a message.
 */
int template_files_write(struct template_files *f,
    const struct command_job *job, char **remove, struct message *m);

/* Removes the files, and frees names, which may be NULL. */
void template_files_remove(char *names);

/*
 * --workdir: the folder of each job.  On this machine prun makes the folder, on another one
 * the agent does.  There a path that does not begin with "/" begins in the folder in which
 * the login begins.
 */

struct options;

/* All zero means that no folder was given; such a struct may be closed. */
struct workdir {
	const char *given;
	/* the folder on this machine; NULL if jobs run in prun's folder */
	struct template *here;
	/* the folder on other machines; NULL if it is the same as here */
	struct template *away;
	/* the folder of all jobs on other machines; NULL if jobs have different ones */
	char *base;
	bool own; /* "--workdir ...": each job has a new folder of its own */
	bool cleans_up; /* such a folder is removed with all that is in it */
	unsigned flags; /* the flags of prun_spec for jobs on other machines */
	/* the absolute path of the folder of the job that is being started */
	struct bytes folder;
	struct bytes variable; /* "PWD=" and the same path */
};

/* Returns 0, or -errno with a message.  The caller closes w in both cases. */
int workdir_open(struct workdir *w, const struct options *options,
    struct command *command, struct message *m);
void workdir_close(struct workdir *w);

/*
 * Makes the folder of a job on this machine, and puts it into spec.  Returns 0, or -errno
 * with a message.
 */
int workdir_enter(struct workdir *w, const struct command_job *job,
    struct prun_spec *spec, struct message *m);

/*
 * Removes the job's own folder on this machine, if it is empty or its files are to be
 * removed too.
 */
void workdir_leave(const struct workdir *w, const char *folder);

/*
 * Puts the folder of a job on another machine into spec, lent until the next call.  shared
 * says that the machine has the same files as this one.  Returns 0, or -errno with a
 * message.
 */
int workdir_send(struct workdir *w, bool shared, const struct command_job *job,
    struct prun_spec *spec, struct message *m);

/*
 * The folder of all jobs on another machine, lent.  NULL if it is the one in which the
 * login begins, or if jobs have different ones.
 */
const char *workdir_base(const struct workdir *w, bool shared);

struct mainloop;
struct resources;
struct options;

/* All zero is a struct that may be closed. */
struct job_attributes {
	const struct options *options;
	struct mainloop *mainloop;
	/* Templates that each job expands; NULL if all jobs have the same value. */
	struct template *weight, *tries, *timeout, *delay;
	struct template_files files;
	struct workdir workdir;
	int tty; /* the terminal; -1 if it is not open */
	int nice; /* the number that is added to prun's nice value */
	struct prun_rlimit *rlimits;
	size_t nrlimits;
	struct job_environment environment;
};

/* Returns 0, or -errno with a message. */
int job_attributes_open(struct job_attributes *a, const struct options *options,
    struct mainloop *mainloop, struct command *command,
    const struct resources *limits, struct message *m);
void job_attributes_close(struct job_attributes *a);

/*
 * -p: asks the user whether this line shall run.  Returns 1 or 0, or -errno with a message.
 */
int job_attributes_ask(struct job_attributes *a, const char *line,
    struct message *m);

/*
 * Sets *weight to the number of slots that the job takes.  Returns 0, or -errno with a
 * message.
 */
int job_attributes_weight(struct job_attributes *a,
    const struct command_job *job, unsigned *weight, struct message *m);

/*
 * Sets *tries to how many tries the job may have; 0 means any number.  Returns 0, or -errno
 * with a message.
 */
int job_attributes_tries(struct job_attributes *a,
    const struct command_job *job, unsigned *tries, struct message *m);

/*
 * Puts setenv, nice, rlimit, timeout, delay, flags and stdio into spec, lent until the next
 * call.  For a job on this machine it also makes the folder of --workdir, and sets cwd to
 * it.  Returns 0, or -errno with a message.
 */
int job_attributes_dress(struct job_attributes *a,
    const struct command_job *job, bool here, struct prun_spec *spec,
    struct message *m);

/*
 * Does the same for a worker, which is no job: it gets only what does not depend on the
 * job.
 */
int job_attributes_dress_worker(struct job_attributes *a,
    const struct command_job *job, bool here, struct prun_spec *spec,
    struct message *m);

#endif
