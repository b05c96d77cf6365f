/* SPDX-License-Identifier: ISC */

/*
 * The hosts that jobs run on: connects them, knows how many jobs each has, and chooses
 * one for each job.  With no host in the options there are none, and all jobs run here.
 */
#ifndef RUN_HOSTS_H
#define RUN_HOSTS_H

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
	const struct prun_worker_opts
	    *worker; /* on other machines; NULL: none */
	const struct workdir *workdir;
	const struct prun_secret *secret; /* for sudo there; NULL: none */
	const bool
	    *killed; /* all is being ended: nobody wants to know of hosts */
	/* All together have so many slots now. */
	void (*resized)(unsigned slots, void *arg);
	/* No host is left: nothing can run any more. */
	void (*lost)(void *arg);
	/* The allocation to which hosts belong is being ended. */
	void (*ended)(void *arg);
	void *arg;
	const struct live_list *live; /* the jobs of the run */
};

/*
 * How many slots there would be if all hosts had this machine's CPUs; 0: there are no
 * hosts.
 */
unsigned hosts_slots(const struct options *options, unsigned slots);

/* Starts to connect.  *hp is NULL without hosts.  -errno with a message. */
int hosts_open(const struct hosts_context *context, struct hosts **hp,
    struct message *m);

/* The pool has been freed. */
void hosts_close(struct hosts *hosts);

/*
 * A host that has room for a job of that weight and is in one of the groups (NULL: any);
 * NULL: none has now.  Groups that no host is in are any.
 */
struct host *hosts_choose(struct hosts *hosts, unsigned weight,
    const char *groups);

/*
 * The job has failed on its host: another keeps a place for its next try, one that it has not
 * failed on if there is any; its own, where no other may run it.  May the try begin there now?
 * False: ask again.  The place is not needed any more, or not kept.
 */
void hosts_try_again(struct hosts *hosts, struct report_task *task);
bool hosts_let_in(struct hosts *hosts, struct report_task *task);
void host_let_go(struct report_task *task);

/*
 * hosts_ahead.c: a host that is full and may get a job more, or NULL; jobs ahead that others
 * have too many of are asked for, for hosts with room; no new jobs come.  hosts may be NULL
 * but for the first.
 */
struct host *hosts_ahead(struct hosts *hosts);
void hosts_balance(struct hosts *hosts);
void hosts_drain(struct hosts *hosts);

/* --onall, --nonall: the host of that login; NULL: there is none, and the run ends. */
struct host *hosts_find(struct hosts *hosts, const struct login *login);

/* It has no job, and may get one; one that is lost may, which has failed then. */
bool host_may_start(struct host *host);
bool host_is_busy(const struct host *host);
bool host_is_gone(const struct host *host);

/* A job has failed there; how many hosts have such jobs. */
void host_failed(struct host *host);
uint64_t hosts_failed(const struct hosts *hosts);

/* The groups of all, and of one: separated by "+". */
const char *hosts_groups(const struct hosts *hosts);
const char *host_groups(const struct host *host);

/*
 * Have the files changed that name the hosts?  Then new ones are connected, and those that
 * are no longer named get no more jobs.  Looks once in a second at most; hosts may be
 * NULL.
 */
void hosts_look_again(struct hosts *hosts);

/* Is it known of each whether it is there?  hosts may be NULL. */
bool hosts_are_known(const struct hosts *hosts);

/* Where the host runs jobs, for the spec. */
struct prun_host *host_of_pool(const struct host *host);
bool host_is_here(const struct host *host);

/* Is it a node of Slurm, which has the files of this machine? */
bool host_shares_files(const struct host *host);
const char *host_name(const struct host *host);
const struct login *host_login(const struct host *host);

/* Seconds until the host is looked for again, so long as it is away; else 0. */
double host_wait(const struct host *host);

/* A job of that weight is the host's from now on, or no longer. */
void host_take(struct host *host, unsigned weight);
void host_give(struct host *host, unsigned weight);

/* Where a job runs that its host has not started: on another one, if there is one with room. */
struct host *hosts_other(struct hosts *hosts, struct host *host,
    unsigned weight, const char *groups);

#endif
