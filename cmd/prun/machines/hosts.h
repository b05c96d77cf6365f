/* SPDX-License-Identifier: ISC */

/*
 * The hosts that jobs run on: these functions connect them, count the jobs of each, and
 * choose one for each job.  If the options name no host, there is no struct hosts, and all
 * jobs run here.
 */
#ifndef MACHINES_HOSTS_H
#define MACHINES_HOSTS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"
#include "text/text.h"

struct host;
struct hosts;
struct live_list;
struct login;
struct options;
struct report;
struct report_task;
struct workdir;

struct hosts_context {
	const struct options *options;
	struct prun_pool *pool;
	struct report *report;
	/* for the programs that connect hosts, and the command of --limit */
	const sigset_t *sigmask, *sigdefault;
	const char *shell; /* runs the command of --limit */
	const struct prun_worker_opts
	    *worker; /* the workers on other machines; NULL if there are none */
	const struct workdir *workdir;
	/* the password for sudo on other machines; NULL if there is none */
	const struct prun_secret *secret;
	/* the run is being killed: nothing is said about lost hosts any more */
	const bool *killed;
	const bool *stopped; /* no more jobs start */
	/* Tells how many slots all hosts have together now. */
	void (*resized)(unsigned slots, void *arg);
	/* Tells that no host is left: no job can run any more. */
	void (*lost)(void *arg);
	/* Tells that the Slurm allocation to which hosts belong is being ended. */
	void (*ended)(void *arg);
	void *arg;
	const struct live_list *live; /* the jobs of the run */
};

/*
 * How many slots there would be if each host had as many CPUs as this machine; 0 if there
 * are no hosts.
 */
unsigned hosts_slots(const struct options *options, unsigned slots);

/*
 * Starts to connect the hosts.  *hp becomes NULL if there are none.  Returns 0, or -errno
 * with a message.
 */
int hosts_open(const struct hosts_context *context, struct hosts **hp,
    struct message *m);

/* Call it when the pool has been freed. */
void hosts_close(struct hosts *hosts);

/*
 * Chooses a host that has room for a job of that weight and is in one of the groups.  NULL
 * as groups means any host; so do groups that no host is in.  Returns NULL if no host has
 * room now.
 */
struct host *hosts_choose(struct hosts *hosts, unsigned weight,
    const char *groups);

/*
 * hosts_try_again(): the job has failed on its host, and a place for its next try is kept
 * on another host, if possible on one where it has not failed yet; or on the same, if no
 * other may run it. hosts_let_in(): may the try begin on that host now?  If not, ask again
 * later.  host_let_go(): the place is not needed any more; does nothing if none is kept.
 */
void hosts_try_again(struct hosts *hosts, struct report_task *task);
bool hosts_let_in(struct hosts *hosts, struct report_task *task);
void host_let_go(struct report_task *task);

/*
 * hosts_ahead() returns a host that has no free slot but may get one more job ahead, or
 * NULL. hosts_balance() takes jobs back that wait on busy hosts, for hosts with room.
 * hosts_drain() tells that no new jobs will come.  hosts may be NULL in all but the first.
 */
struct host *hosts_ahead(struct hosts *hosts);
void hosts_balance(struct hosts *hosts);
void hosts_drain(struct hosts *hosts);

/*
 * With --onall and --nonall: finds the host of that login.  If there is none, it ends the
 * run and returns NULL.
 */
struct host *hosts_find(struct hosts *hosts, const struct login *login);

/*
 * May the host get a job, when it has none?  True also for a host that is lost: the job
 * fails then.
 */
bool host_may_start(struct host *host);
bool host_is_busy(const struct host *host);
bool host_is_gone(const struct host *host);

/* Notes that a job has failed on this host; counts the hosts on which jobs have failed. */
void host_failed(struct host *host);
uint64_t hosts_failed(const struct hosts *hosts);

/*
 * Does each host obey limits of its own?  Then a job there starts only when they say yes.
 * host_limits_shut(): a job of the host was killed to free memory, so no job starts there
 * until its limits say yes again.
 */
bool hosts_have_limits(const struct hosts *hosts);
void host_limits_shut(struct host *host);

/* The groups of all hosts, and those of one host, separated by "+". */
const char *hosts_groups(const struct hosts *hosts);
const char *host_groups(const struct host *host);

/*
 * If a file that names hosts has changed, connects the new hosts, and gives no more jobs to
 * those that the file does not name any more.  Looks at most once a second.  hosts may be
 * NULL.
 */
void hosts_look_again(struct hosts *hosts);

/* Is it known for each host whether it can be reached?  hosts may be NULL. */
bool hosts_are_known(const struct hosts *hosts);

/* The library's host, for prun_spec. */
struct prun_host *host_of_pool(const struct host *host);
bool host_is_here(const struct host *host);

/* Is it a node of Slurm, which sees the same files as this machine? */
bool host_shares_files(const struct host *host);
const char *host_name(const struct host *host);
const struct login *host_login(const struct host *host);

/* Seconds until prun tries to connect a lost host again; 0 if the host is not lost. */
double host_wait(const struct host *host);

/* host_take() counts a job of that weight as running on the host; host_give() ends that. */
void host_take(struct host *host, unsigned weight);
void host_give(struct host *host, unsigned weight);

/*
 * Chooses a host for a job that its host has not started: another one, if one can take it.
 */
struct host *hosts_other(struct hosts *hosts, struct host *host,
    unsigned weight, const char *groups);

#endif
