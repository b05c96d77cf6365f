/* SPDX-License-Identifier: ISC */

/*
 * A part of prun.h, which has the rules for all calls: jobs of a pool on other machines.
 */
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
/* When all that is to be fetched is here, remove at the host what was taken there and fetched. */
#define PRUN_SPEC_CLEAN_UP 0x200u
/*
 * With a host: cwd is made there, with the folders above it, where it is missing, and PWD names
 * it.  With PRUN_SPEC_CLEAN_UP such folders are removed when the connection ends, if empty.
 */
#define PRUN_SPEC_MAKE_FOLDER 0x400u
/*
 * The same, and cwd is the job's own: it is removed at the job's end if it is empty, and with
 * PRUN_SPEC_CLEAN_UP with all in it, unless a file of it could not be fetched.
 */
#define PRUN_SPEC_OWN_FOLDER 0x800u
/* It may be sent to its host before it has a slot. */
#define PRUN_SPEC_AHEAD 0x1000u

struct prun_host;
struct prun_pool;
struct prun_result;
struct prun_rlimit;
struct prun_worker_opts;

enum prun_host_state {
	PRUN_HOST_CONNECTING = 0, /* jobs for it wait */
	PRUN_HOST_UP,
	PRUN_HOST_DOWN, /* for good */
	PRUN_HOST_LEAVING /* no job should be sent there: its agent was told to end, with its jobs */
};

/* What has become of a host; lent. */
struct prun_host_info {
	enum prun_host_state
	    state; /* UP, DOWN, or LEAVING, which DOWN follows */
	unsigned cpus; /* UP: prun_cpu_count() there */
	const char *why; /* DOWN: in words */
};

/* Called in prun_pool_step(); it may call what a prun_done_fn may. */
typedef void prun_host_fn(struct prun_host *host,
    const struct prun_host_info *info, void *arg);
/* The host was lost and cannot have started that job, or gave it back: where shall it run?  NULL: it has ended. */
typedef struct prun_host *prun_host_move_fn(struct prun_host *host,
    const struct prun_result *r, void *job);

struct prun_host_opts {
	size_t size; /* sizeof(struct prun_host_opts) */
	/* The program, which gets one more word, the token; NULL: jobs run here, but can move. */
	const char *const *argv;
	unsigned slots; /* jobs that may run there at a time; 0: 1024 */
	/*
	 * Seconds between signs of life; 0: 5.  Two missing end the jobs there, three the host
	 * here.
	 */
	double heartbeat;
	double connect_timeout; /* seconds; 0: 30 */
	/* Variables of all jobs there, instead of their own; lent as long as the host is there. */
	const char *const *setenv;
	prun_host_fn *fn; /* NULL: nobody wants to know */
	prun_host_move_fn *move; /* NULL: such jobs have ended */
	void *arg; /* of fn */
	const struct prun_worker_opts
	    *worker; /* of tasks there; lent; NULL: none */
	/* Sent there once, for jobs with sudo, whose own counts here alone; lent; NULL: none. */
	const struct prun_secret *secret;
	/*
	 * What is taken there once, before the first job: its send, nsend, cwd and
	 * PRUN_SPEC_CLEAN_UP count, which is for the end.  Lent until it has connected.  NULL:
	 * nothing is.
	 */
	const struct prun_spec *files;
	/*
	 * For a machine where no prun runs: a program that is started here for each job, and
	 * leads to PRUN_HOST_SHELL there, its last word.  argv then leads to "sh", for as long
	 * as the host is there, and gets no token.  Such jobs have no task, sudo, rlimit, files
	 * or pseudo-terminal.  NULL: there is an agent.
	 */
	const char *const *job_argv;
	/*
	 * Variables of all jobs there that tell the job's slot: "NAME=N", where N, 0 or 1, is
	 * the number of the first slot; lent.
	 */
	const char *const *slotenv;
};

/* What a login shell there is to do, whichever it is: run a line of stdin by sh(1). */
#define PRUN_HOST_SHELL "exec /bin/sh -c 'IFS= read -r s; eval \"$s\"'"

/* Start to connect; the pool owns the host.  -EINVAL, -ENOMEM, or why its program did not start. */
int prun_host_new(struct prun_pool *pool, const struct prun_host_opts *opts,
    struct prun_host **hp);
/* End the connection.  Jobs that are there are lost. */
void prun_host_close(struct prun_host *host);
/*
 * How many jobs with PRUN_SPEC_AHEAD, applied now, would go to that host though no slot is
 * free: each starts there in the place of a job that has ended.  Negative: so many are too
 * many there by now.
 */
int prun_host_ahead(const struct prun_pool *pool, const struct prun_host *host);
/* How many jobs were sent ahead and have no slot yet: they are none that run. */
unsigned prun_pool_ahead(const struct prun_pool *pool);
/*
 * Ask for the job back: when it has not started, prun_host_opts.move says where it runs.
 * -ESRCH: it was not sent ahead, or has its slot.
 */
int prun_pool_recall(struct prun_pool *pool, uint64_t id);
/*
 * From a prun_retry_fn or prun_may_try_fn: the next try is on that host; NULL: there is none
 * now, and the job holds back no others until it is asked about again in a moment.  -ESRCH:
 * the job does not wait for a try; -EINVAL: it has no host.
 */
int prun_pool_move(struct prun_pool *pool, uint64_t id, struct prun_host *host);

struct prun_agent_opts {
	size_t size; /* sizeof(struct prun_agent_opts) */
	int in, out; /* the connection */
	const char *token; /* the word that came with the command line */
	int stop; /* when this is readable it kills its jobs and ends; -1: none */
	/* Of all jobs, as in prun_spec; the limits of those that have none of their own. */
	const sigset_t *sigmask;
	const sigset_t *sigdefault;
	const struct prun_rlimit *rlimit;
	size_t nrlimit;
};

/*
 * Be the agent: run what comes until the connection ends, which kills it.  -EPROTO.  Meanwhile
 * the process is a child subreaper.
 */
int prun_agent_run(const struct prun_agent_opts *opts);

/* Jobs whose output stays together. */
struct prun_output_group;
/* For prun_spec.output_group; with PRUN_POOL_KEEP_ORDER groups come in the order of these calls. */
int prun_output_group_new(struct prun_pool *pool,
    struct prun_output_group **gp);
/* No more jobs of it come: it is freed when it is done, or with the pool.  NULL is fine. */
void prun_output_group_end(struct prun_output_group *group);
#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
