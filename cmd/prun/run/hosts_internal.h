/* SPDX-License-Identifier: ISC */

/*
 * What the files about the hosts of a run share: hosts.c, hosts_again.c, hosts_choose.c and
 * hosts_connect.c.
 */
#ifndef RUN_HOSTS_INTERNAL_H
#define RUN_HOSTS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "hosts/login.h"
#include "hosts/ssh_masters.h"
#include "run/transfers.h"

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
	unsigned attempts; /* since it was there */
	bool sends; /* prun is sent there */
	/* --remote ssh: another host of the same login goes on where the sessions end. */
	unsigned master; /* its number */
	unsigned before; /* slots of that login that others have */
	bool divided; /* there is another one */
	double due; /* clock_steady() time: AWAY, and looked for then */
	bool leaving; /* its file names it no more: it gets no more jobs */
};

struct hosts {
	struct hosts_context *context; /* a copy */
	/* What was made of a job for this machine is of no use to another, nor the reverse. */
	bool apart;
	struct ssh_masters masters; /* --remote ssh */
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
