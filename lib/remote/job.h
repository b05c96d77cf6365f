/* SPDX-License-Identifier: ISC */

/* A job and its result as the fields of a frame. */
#ifndef REMOTE_JOB_H
#define REMOTE_JOB_H

#include <sys/ioctl.h>

#include "prun.h"
#include "remote/frame.h"

/* Bytes of a job that may be on their way, in each direction. */
#define JOB_CREDIT ((uint64_t)1024 * 1024)

/*
 * Adds what of a spec matters on another machine: the command, its folder, its variables
 * (spec.setenv alone), limits, niceness, whose rights, how it has input, and terminals.
 * 0 or -errno.
 */
int job_put_spec(struct buf *out, const struct prun_spec *spec);

/*
 * What stands ahead of a spec when it goes there: the number of its slot, or 0 when it is
 * sent ahead, and how many jobs have ended there as far as the sender knows.
 */
struct job_place {
	unsigned slot;
	uint64_t ended;
};

int job_put_place(struct buf *out, const struct job_place *place);
void job_get_place(struct field_reader *r, struct job_place *place);

/* A spec that has come in a frame, whose bytes it points into. */
struct job_spec {
	struct prun_spec spec;
	const char **argv, **setenv;
	struct prun_rlimit *rlimit;
	struct prun_sudo sudo; /* its secret is the agent's business */
	const char **preserve;
	struct buf slot; /* the texts of the variables with its slot */
	struct winsize terminal; /* of PRUN_STDIO_PTY, whose fd is -1 */
};

/* variables count more than those of the job.  0, -EPROTO or -ENOMEM; then _fini(). */
int job_get_spec(struct field_reader *r, const char *const *variables,
    struct job_spec *job);
void job_spec_fini(struct job_spec *job);

/*
 * The job is in that slot: sets variables, of which "NAME=N" says that the first slot is N.
 * They are lent, and may be NULL.  0, -EPROTO or -ENOMEM.
 */
int job_set_slot(struct job_spec *job, const char *const *variables,
    unsigned slot);

/*
 * Which files go with a job: the paths at the agent of those that come before it starts, and
 * of those that it is to send when it has ended.
 */
struct job_files {
	const char *
	    cwd; /* what relative paths are relative to; NULL: where the agent is */
	bool clean_up;
	const char **send, **fetch; /* free(3) both */
};

int job_put_files(struct buf *out, const struct prun_spec *spec);
int job_get_files(struct field_reader *r, struct job_files *files);

/* The paths here of files, as field_put_strings() writes them. */
int job_put_paths(struct buf *out, const struct prun_file *files, size_t n);

int job_put_result(struct buf *out, const struct prun_result *result);

/* Of *result sets what the agent knows, and adds to its flags.  fault is in the frame. */
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
	const struct prun_worker_opts *worker; /* of tasks; NULL: none */
	/* job_get_setup() has put here what worker points to. */
	struct prun_worker_opts worker_opts;
	struct job_spec worker_job;
};

int job_put_setup(struct buf *out, const struct job_setup *setup);

/* The strings are in the frame's bytes.  *setup must stay where it is; then _fini(). */
int job_get_setup(struct field_reader *r, struct job_setup *setup);
void job_setup_fini(struct job_setup *setup);

#endif
