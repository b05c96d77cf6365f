/* SPDX-License-Identifier: ISC */

/*
 * What the files about the hosts of a run share: hosts.c, hosts_list.c, hosts_ahead.c,
 * hosts_choose.c and hosts_connect.c.
 */
#ifndef MACHINES_HOSTS_INTERNAL_H
#define MACHINES_HOSTS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "hosts/login.h"
#include "hosts/ssh_masters.h"
#include "job/transfers.h"
#include "options/profile.h"
#include "policy/question.h"

/* The program that connects a host is ssh, or what --ssh or the login names, or --via. */

struct options;

/* What the program starts on the host. */
enum host_end {
	HOST_END_AGENT,
	/* a shell; other programs share its connection through a socket */
	HOST_END_MASTER,
	HOST_END_JOB /* a shell that runs one job over that shared connection */
};

/*
 * Puts the words of the program into p, with a NULL behind them.  socket is the socket of
 * the shared connection; NULL if there is none.  Returns 0, or -errno with a message.
 */
int host_words(struct profile *p, const struct options *o,
    const struct login *login, enum host_end end, const char *socket,
    struct message *m);

/* The variables that all jobs of a host get besides those of its login shell. */

struct options;

/*
 * Makes a NULL-terminated list of "NAME=value": the variables that describe the host, and
 * the variables and functions that --env names.  Returns NULL if there is no memory.
 */
char **host_variables_new(const struct options *o, const struct login *login);
void host_variables_free(char **list);

struct bytes;
struct hosts_context;
struct options;
struct prun_host;

enum host_state {
	HOST_WAITING, /* the host is to be connected */
	HOST_CONNECTING,
	HOST_UP,
	HOST_LEAVING, /* the host lets its jobs end, and is lost after that */
	HOST_AWAY, /* the host was lost, and will be connected again */
	HOST_GONE
};

/* hosts_limits.c: what is known of the limits of a host. */
struct host_limits {
	char question[QUESTION_SIZE]; /* about its machine */
	struct limit_rules rules;
	struct limit_context context;
	struct limits command; /* --limit COMMAND, which runs here */
	bool asked; /* the answer has not come yet */
	bool runs; /* the command has not ended yet, and a start waits for it */
	bool look; /* it is also asked what is to happen to the jobs that run */
	bool granted; /* one more job may start; host_take() uses that up */
	bool held; /* none may: the next look tells whether that has changed */
	bool waits; /* a timer will look */
};

struct host {
	const struct login *login;
	/* login points here if the host was added during the run */
	struct login own;
	struct hosts *hosts;
	/* the library's host; NULL if it was never connected */
	struct prun_host *pool_host;
	enum host_state state;
	char **variables; /* the variables that its jobs get */
	/* the files of --basefile, in the library's form */
	struct prun_spec files;
	unsigned slots, used;
	/* how many of `used` are places kept for jobs that have not come yet */
	unsigned kept;
	/* attempts to connect the host since it was last connected */
	unsigned attempts;
	bool sends; /* prun is sent to the host, which has none */
	/*
	 * --remote ssh: one connection carries a limited number of sessions, so a login
	 * with more slots has several hosts.  master is the number of this host's
	 * connection; 0 without --remote ssh.
	 */
	unsigned master;
	/* how many slots of the login belong to hosts before this one */
	unsigned before;
	bool divided; /* there is another host, with the rest of the slots */
	/* HOST_AWAY: the clock_steady() time at which the host is connected again */
	double due;
	bool failed; /* a job has failed on this host */
	/* the file does not name this host any more: it gets no more jobs */
	bool leaving;
	struct host_limits limits;
	/* it is up when it has told how many cores or sockets it has */
	bool asks_cpus;
};

struct hosts {
	struct hosts_context *context; /* copied by hosts_open() */
	/*
	 * A job that was made for this machine cannot run on another one, nor the other way
	 * round.
	 */
	bool apart;
	struct ssh_masters masters; /* --remote ssh */
	bool ahead; /* at least one job was sent ahead */
	bool drained; /* no new jobs will come */
	bool balancing; /* a timer will call hosts_balance() */
	char *slot_variables[3]; /* prun_host_opts.slotenv */
	struct transfer_list base; /* --basefile */
	/* the files of --basefile in the library's form, without the folder on the host */
	struct prun_spec files;
	struct host **list;
	size_t n;
	struct bytes groups; /* the groups of all hosts, separated by "+" */
	/* the clock_steady() time at which the last connection was begun */
	double connected;
	bool delayed; /* the next connection waits for --sshdelay */
	/* the clock_steady() time at which the files that name hosts were last looked at */
	double looked;
	struct answerer here; /* tells what those of this machine say */
};

/* How many slots a host with so many CPUs has: what its login says, else what -j gives. */
unsigned host_slots_of(const struct options *options, const struct login *login,
    unsigned cpus);

/* Adds a host with that login, which is lent.  Returns 0 or -ENOMEM. */
int hosts_add(struct hosts *hosts, const struct login *login);

/*
 * Connects the hosts that are to be connected, as many at the same time as an sshd accepts.
 */
void hosts_connect(struct hosts *hosts);

/* Tells the run how many slots all hosts have together, and if no host is left. */
void hosts_count_slots(struct hosts *hosts);

/*
 * hosts_limits.c.  host_limits_open() returns 0 or -ENOMEM; call host_limits_close() when
 * the pool has been freed.
 */
int host_limits_open(struct host *host);
void host_limits_close(struct host *host);

/* The host is up, or up again, and has so many CPUs. */
void host_limits_begin(struct host *host, unsigned cpus);

/*
 * -j counts cores or sockets: asks the host how many it has, so that it is up when it has
 * answered.  Returns false if there is nothing to ask.
 */
bool host_asks_cpus(struct host *host);

/* What the host has answered, when it was asked what its limits say. */
void host_limits_answer(struct host *host, const char *answer);

/*
 * May one more job start there, as far as the limits go?  If that is not known yet, the host
 * is asked: ask again after an event.
 */
bool host_limits_grant(struct host *host);

/* Closes the connection of a host that is leaving and has no more jobs. */
void host_leave(struct host *host);

#endif
