/* SPDX-License-Identifier: ISC */

/* A job and its result as the fields of a frame. */
#ifndef REMOTE_JOB_H
#define REMOTE_JOB_H

#include <sys/ioctl.h>

#include "prun.h"
#include "remote/frame.h"

/* So many bytes of a job may be on their way at a time, in each direction. */
#define JOB_CREDIT ((uint64_t)1024 * 1024)

/*
 * The agent may hold back the news of jobs so long (in nanoseconds) while it has more
 * jobs to start.
 */
#define JOB_HOLD_NS INT64_C(10000000)

/*
 * Append what another machine needs of a spec: the command, its folder, its
 * variables (only spec.setenv), limits, niceness, the user to run as, how its input
 * comes, and terminals.  0 or -errno.
 */
int job_put_spec(struct buf *out, const struct prun_spec *spec);

/*
 * What comes before a spec in the frame: the number of its slot, or 0 if the job is
 * sent before it has a slot; and how many jobs have ended there as far as the
 * sender knows.
 */
struct job_place {
	unsigned slot;
	uint64_t ended;
};

int job_put_place(struct buf *out, const struct job_place *place);
void job_get_place(struct field_reader *r, struct job_place *place);

/* A spec that came in a frame.  It points into the frame's bytes. */
struct job_spec {
	struct prun_spec spec;
	const char **argv, **setenv;
	struct prun_rlimit *rlimit;
	struct prun_sudo sudo; /* without the password, which the agent has */
	const char **preserve;
	struct buf slot; /* the texts of the variables that name its slot */
	struct winsize terminal; /* for PRUN_STDIO_PTY, whose fd is -1 here */
};

/*
 * Read a spec.  variables count more than those of the job.  0; or -EPROTO or
 * -ENOMEM: then, too, call job_spec_fini().
 */
int job_get_spec(struct field_reader *r, const char *const *variables,
    struct job_spec *job);
void job_spec_fini(struct job_spec *job);

/*
 * The job has got that slot: set the variables that name it.  Of each, "NAME=N" says
 * that the number of the first slot is N.  They are lent, and may be NULL.  0,
 * -EPROTO or -ENOMEM.
 */
int job_set_slot(struct job_spec *job, const char *const *variables,
    unsigned slot);

/*
 * Which files a job has: the paths at the agent of the files that come before it
 * starts, and of those that the agent sends when it has ended.
 */
struct job_files {
	const char *
	    cwd; /* relative paths are relative to it; NULL: to the agent's folder */
	bool clean_up;
	const char **send, **fetch; /* each list is for free(3) */
};

int job_put_files(struct buf *out, const struct prun_spec *spec);
int job_get_files(struct field_reader *r, struct job_files *files);

/* Append the local paths of files, as field_put_strings() does. */
int job_put_paths(struct buf *out, const struct prun_file *files, size_t n);

int job_put_result(struct buf *out, const struct prun_result *result);

/*
 * Set those members of *result that the agent knows, and add to its flags.  fault is
 * in the frame's bytes.
 */
int job_get_result(struct field_reader *r, struct prun_result *result);

/* What the agent must know before the first job. */
struct job_setup {
	unsigned slots;
	double heartbeat; /* seconds */
	const char *termseq; /* NULL: PRUN_TERMSEQ */
	double leak_timeout; /* negative: for ever */
	enum prun_leak leak;
	const char *const *setenv; /* variables of all jobs; NULL: none */
	const char *const *slotenv; /* for job_set_slot() */
	/* Workers for tasks; NULL: none. */
	const struct prun_worker_opts *worker;
	/* job_get_setup() stores here what worker points to. */
	struct prun_worker_opts worker_opts;
	struct job_spec worker_job;
};

int job_put_setup(struct buf *out, const struct job_setup *setup);

/*
 * Read a setup.  Its strings are in the frame's bytes, and *setup must not move.  0
 * or -errno; in both cases call job_setup_fini().
 */
int job_get_setup(struct field_reader *r, struct job_setup *setup);
void job_setup_fini(struct job_setup *setup);

#endif
