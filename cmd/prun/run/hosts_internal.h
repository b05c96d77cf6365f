/* SPDX-License-Identifier: ISC */

/*
 * What the files about the hosts of a run share: hosts.c, hosts_again.c, hosts_ahead.c,
 * hosts_choose.c and hosts_connect.c.
 */
#ifndef RUN_HOSTS_INTERNAL_H
#define RUN_HOSTS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "hosts/login.h"
#include "hosts/ssh_masters.h"
#include "options/profile.h"
#include "run/transfers.h"

/* The program that connects a host: ssh, what --ssh or the login names, or --via. */

struct options;

/* What its words lead to. */
enum host_end {
	HOST_END_AGENT,
	HOST_END_MASTER, /* a shell; and others use its connection, at a socket */
	HOST_END_JOB /* a shell that runs one job, through that connection */
};

/*
 * Its words in p, and a NULL behind them; socket: of the master, else NULL.  0, or -errno
 * with a message.
 */
int host_words(struct profile *p, const struct options *o,
    const struct login *login, enum host_end end, const char *socket,
    struct message *m);

/* The variables that all jobs of a host have besides those of its login shell. */

struct options;

/*
 * "NAME=value": what tells of the host, and the variables and functions of --env.
 * NULL-terminated.  NULL: no memory.
 */
char **host_variables_new(const struct options *o, const struct login *login);
void host_variables_free(char **list);

struct bytes;
struct hosts_context;
struct options;
struct prun_host;

enum host_state {
	HOST_WAITING, /* to be connected */
	HOST_CONNECTING,
	HOST_UP,
	HOST_LEAVING, /* it ends its jobs, and is lost then */
	HOST_AWAY, /* for a while */
	HOST_GONE
};

struct host {
	const struct login *login;
	struct login own; /* the same, if it came later */
	struct hosts *hosts;
	struct prun_host *pool_host; /* NULL: it was never connected */
	enum host_state state;
	char **variables; /* of its jobs */
	struct prun_spec files; /* of --basefile, for the library */
	unsigned slots, used;
	unsigned kept; /* of those used: places of jobs that have not come */
	unsigned attempts; /* since it was there */
	bool sends; /* prun is sent there */
	/* --remote ssh: another host of the same login goes on where the sessions end. */
	unsigned master; /* its number */
	unsigned before; /* slots of that login that others have */
	bool divided; /* there is another one */
	double due; /* clock_steady() time: AWAY, and looked for then */
	bool failed; /* a job has failed there */
	bool leaving; /* its file names it no more: it gets no more jobs */
};

struct hosts {
	struct hosts_context *context; /* a copy */
	/* What was made of a job for this machine is of no use to another, nor the reverse. */
	bool apart;
	struct ssh_masters masters; /* --remote ssh */
	bool ahead; /* a job was sent ahead */
	bool drained; /* no new jobs come */
	bool balancing; /* hosts_balance() is called in a while */
	char *slot_variables[3]; /* prun_host_opts.slotenv */
	struct transfer_list base; /* --basefile */
	struct prun_spec
	    files; /* the same, for the library, without their folder */
	struct host **list;
	size_t n;
	struct bytes groups; /* of all, separated by "+" */
	double
	    connected; /* clock_steady() time at which the last connection was begun */
	bool delayed; /* the next one waits for --sshdelay */
	double
	    looked; /* clock_steady() time at which the files were looked at */
};

/* How many slots -j gives to a host that has so many CPUs, where its login says nothing else. */
unsigned host_slots_of(const struct options *options, const struct login *login,
    unsigned cpus);

/* Adds a host with that login, which is lent.  0 or -ENOMEM. */
int hosts_add(struct hosts *hosts, const struct login *login);

/* Connects those that wait for it, as many at a time as an sshd takes. */
void hosts_connect(struct hosts *hosts);

/* Tells how many slots all have, and whether any host may still come. */
void hosts_count_slots(struct hosts *hosts);

/* Closes the connection of a host that is leaving and has no job. */
void host_leave(struct host *host);

#endif
