/* SPDX-License-Identifier: ISC */

/* A part of prun.h, which has the rules for all calls: jobs of a pool on other machines. */
#ifndef PRUN_HOST_H
#define PRUN_HOST_H

#include <sys/types.h>
#include <sys/select.h> /* sigset_t, where signal.h keeps to ISO C */

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Another machine that runs jobs of a pool, connected by a program, such as ssh: struct prun_host */

/* Bits of prun_spec.flags for jobs that have a host. */
/* When all files are fetched, remove at the host those that were taken there or fetched. */
#define PRUN_SPEC_CLEAN_UP 0x200u
/*
 * With a host: if cwd is missing there, it is made, with the folders above it, and PWD names
 * it.  With PRUN_SPEC_CLEAN_UP such folders are removed when the connection ends, if they are
 * empty.
 */
#define PRUN_SPEC_MAKE_FOLDER 0x400u
/*
 * The same, and cwd belongs to this job alone: it is removed at the job's end if it is empty.
 * With PRUN_SPEC_CLEAN_UP it is removed with all in it, unless a file of it could not be
 * fetched.
 */
#define PRUN_SPEC_OWN_FOLDER 0x800u
/* The job may be sent to its host before it has a slot. */
#define PRUN_SPEC_AHEAD 0x1000u

struct prun_host;
struct prun_pool;
struct prun_result;
struct prun_rlimit;
struct prun_worker_opts;

enum prun_host_state {
	PRUN_HOST_CONNECTING = 0, /* jobs for it wait */
	PRUN_HOST_UP,
	PRUN_HOST_DOWN, /* for ever */
	/* Its agent was told to end, with its jobs: send no job there. */
	PRUN_HOST_LEAVING
};

/* What has become of a host; it is lent to prun_host_fn. */
struct prun_host_info {
	enum prun_host_state
	    state; /* UP, DOWN, or LEAVING, after which DOWN comes */
	unsigned cpus; /* UP: prun_cpu_count() there */
	const char *why; /* DOWN: the reason, in words */
};

/* Called in prun_pool_step(); it may call what a prun_done_fn may call. */
typedef void prun_host_fn(struct prun_host *host,
    const struct prun_host_info *info, void *arg);
/*
 * The host was lost and cannot have started the job, or gave it back.  Returns where it shall
 * run; NULL: the job ends.
 */
typedef struct prun_host *prun_host_move_fn(struct prun_host *host,
    const struct prun_result *r, void *job);

/*
 * The answer to the first question of prun_host_ask() that has none yet; it is lent.  Called
 * in prun_pool_step(); it may call what a prun_done_fn may call.
 */
typedef void prun_host_answer_fn(struct prun_host *host, const char *answer,
    void *arg);

struct prun_host_opts {
	size_t size; /* sizeof(struct prun_host_opts) */
	/* The program, which gets one more argument, the token; NULL: jobs run here, but can move. */
	const char *const *argv;
	unsigned slots; /* how many jobs may run there at a time; 0: 1024 */
	/*
	 * Seconds between signs of life; 0: 5.  When two are missing, the host ends its jobs; when
	 * three are missing, the host counts as lost here.
	 */
	double heartbeat;
	double connect_timeout; /* seconds; 0: 30 */
	/* Variables of all jobs there, which count more than the jobs' own; lent as long as the host exists. */
	const char *const *setenv;
	prun_host_fn *fn; /* NULL: no function is called */
	prun_host_move_fn *move; /* NULL: such jobs end */
	void *arg; /* for fn */
	const struct prun_worker_opts
	    *worker; /* workers for tasks there; lent; NULL: none */
	/* Sent there once, for jobs with sudo.  A job's own secret counts only here.  Lent; NULL: none. */
	const struct prun_secret *secret;
	/*
	 * Files that are taken there once, before the first job: only send, nsend, cwd and
	 * PRUN_SPEC_CLEAN_UP count; the last removes them at the end.  Lent until the host is
	 * connected.  NULL: none.
	 */
	const struct prun_spec *files;
	/*
	 * For a machine where no prun runs: a program that is started here for each job and makes the
	 * machine run its last argument, PRUN_HOST_SHELL.  Then argv is a program that runs "sh" there
	 * as long as the host exists; it gets no token.  Such jobs have no task, sudo, rlimit, files
	 * or pseudo-terminal.  NULL: an agent runs there.
	 */
	const char *const *job_argv;
	/*
	 * Variables of all jobs there that name the job's slot: "NAME=N"; N is 0 or 1, the number of
	 * the first slot; lent.
	 */
	const char *const *slotenv;
	prun_host_answer_fn
	    *answered; /* gets arg; NULL: there are no questions */
	/* For the program, as in prun_spec. */
	const sigset_t *sigmask;
	const sigset_t *sigdefault;
};

/* Whatever the login shell there is, this makes it run a line of stdin with sh(1). */
#define PRUN_HOST_SHELL "exec /bin/sh -c 'IFS= read -r s; eval \"$s\"'"

/* Start to connect; the pool owns the host.  -EINVAL, -ENOMEM, or why its program did not start. */
int prun_host_new(struct prun_pool *pool, const struct prun_host_opts *opts,
    struct prun_host **hp);
/* End the connection.  Jobs that are there are lost. */
void prun_host_close(struct prun_host *host);
/*
 * Send a question to the agent.  The agent calls its prun_agent_opts.answer with it, and the
 * answer is given to prun_host_opts.answered here.  Answers come in the order of the questions;
 * after the host is down none comes.  -ENOTCONN: the host is not up; -EINVAL: the host has no
 * agent, or prun_host_opts.answered is NULL.
 */
int prun_host_ask(struct prun_host *host, const char *question);
/*
 * How many jobs with PRUN_SPEC_AHEAD, submitted now, would be sent to that host though no
 * slot is free: each starts there when a job has ended.  Negative: so many too many were sent
 * there.
 */
int prun_host_ahead(const struct prun_pool *pool, const struct prun_host *host);
/* How many jobs were sent ahead and have no slot yet: they do not run. */
unsigned prun_pool_ahead(const struct prun_pool *pool);
/*
 * Ask for the job back: if it has not started, prun_host_opts.move says where it runs.
 * -ESRCH: it was not sent ahead, or it has a slot.
 */
int prun_pool_recall(struct prun_pool *pool, uint64_t id);
/*
 * From a prun_retry_fn or prun_may_try_fn: the next try is on that host.  NULL: no host can
 * run it now; the job holds up no others, and the pool asks about it again in a moment.
 * -ESRCH: the job does not wait for a try; -EINVAL: it has no host.
 */
int prun_pool_move(struct prun_pool *pool, uint64_t id, struct prun_host *host);

struct prun_agent_opts {
	size_t size; /* sizeof(struct prun_agent_opts) */
	int in, out; /* the connection */
	const char *token; /* the token: the last word of the command line */
	/* When it is readable, the agent kills its jobs and ends; -1: none. */
	int stop;
	/* For all jobs, as in prun_spec.  The limits are for jobs that have none of their own. */
	const sigset_t *sigmask;
	const sigset_t *sigdefault;
	const struct prun_rlimit *rlimit;
	size_t nrlimit;
	/*
	 * Write the answer to a question of prun_host_ask(), with its NUL, into size bytes, which hold
	 * "" before.  It may not wait.  NULL: each answer is "".
	 */
	void (*answer)(const char *question, char *answer, size_t size,
	    void *arg);
	void *arg; /* for answer */
};

/*
 * Be the agent: run the jobs that come until the connection ends; then kill those that run.
 * -EPROTO.  During the call the process is a child subreaper.
 */
int prun_agent_run(const struct prun_agent_opts *opts);

/* A group of jobs whose output stays together. */
struct prun_output_group;
/*
 * Make a group for prun_spec.output_group.  With PRUN_POOL_KEEP_ORDER groups come in the order
 * of these calls.
 */
int prun_output_group_new(struct prun_pool *pool,
    struct prun_output_group **gp);
/*
 * The group gets no more jobs: it is freed when its output is written, or with the pool.
 * NULL: nothing is done.
 */
void prun_output_group_end(struct prun_output_group *group);
#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
