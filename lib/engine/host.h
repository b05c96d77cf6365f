/* SPDX-License-Identifier: ISC */

/*
 * The connection to another machine, at whose end an agent (api/agent.c) starts and
 * watches jobs.  A process here (ssh, or what else the program names) is the byte
 * stream.  The connection ends once and for all: with it all jobs that run there have
 * ended, since the agent kills them.  One thread, the loop's.
 */
#ifndef ENGINE_HOST_H
#define ENGINE_HOST_H

#include <sys/queue.h>
#include <sys/tree.h>

#include <stdbool.h>
#include <stdint.h>

#include "event/loop.h"
#include "process/child.h"
#include "process/stdio.h"
#include "remote/frame.h"

#define HOST_SAID_SIZE 1024
/* The number in frames of files that are the host's, and no job's. */
#define HOST_FILES_ID UINT64_MAX

struct engine;
struct host_client;
struct host_files;
struct file_sender;

/* Who has a job there. */
struct host_client_ops {
	/* A frame for it.  0, or -errno: it is not what was due. */
	int (*take)(struct host_client *client, const struct frame *f);
	/* The connection has ended, and the host has forgotten the client. */
	void (*lose)(struct host_client *client);
};

struct host_client {
	RB_ENTRY(host_client) entry;
	uint64_t id; /* of its frames */
	const struct host_client_ops *ops;
	bool ahead; /* it was sent ahead, and has no place there yet */
	TAILQ_ENTRY(host_client) ahead_entry;
};

/* host_ahead.c: jobs that were sent ahead, and what tells how many of them are of use. */
struct host_ahead {
	TAILQ_HEAD(, host_client) clients; /* as they were sent */
	unsigned n;
	uint64_t nended; /* jobs whose end the host has told */
	/* ns: there and back; what jobs took there of late; 0: not known. */
	int64_t trip, length;
	int64_t last_end; /* clock_now() time */
};

struct prun_host {
	LIST_ENTRY(prun_host) entry; /* in engine.hosts */
	struct engine *engine;
	enum prun_host_state state;
	bool here; /* this machine: there is no connection */
	/* There is no agent: what leads to a shell there, for each job; NULL: an agent. */
	char **words;
	prun_host_fn *fn;
	prun_host_move_fn *move;
	void *arg;
	unsigned slots;
	double heartbeat; /* seconds */
	const char *const *setenv; /* lent */
	const struct prun_worker_opts *worker; /* lent; NULL: none */
	const struct prun_secret *secret; /* the same */
	char fault[HOST_SAID_SIZE]; /* of the last task whose worker had one */
	const struct prun_spec *base; /* the same: its files; NULL: none */
	struct host_files *files; /* these are being sent; else NULL */
	unsigned cpus;
	const char *const *slotenv; /* lent until it has connected */
	RB_HEAD(host_clients, host_client) clients; /* by id */
	unsigned nclients;
	struct host_ahead ahead;

	struct child child;
	struct stdio stdio;
	struct prun_result result; /* of the process */
	struct watch watch[3]; /* of its stdin, stdout and stderr */
	struct watch death;
	struct buf out; /* bytes to be sent, from sent on */
	size_t sent;
	struct buf later; /* frames of jobs, until it is up */
	/* How many bytes: what goes ahead of the first job; of jobs and after that; gone. */
	uint64_t early, put, left;
	struct frame_reader in;
	bool wide; /* its stdout is a pipe for many bytes */
	char token[FRAME_TOKEN_SIZE];
	bool greeted; /* frames have begun */
	bool leaving; /* its agent was told to end, and kills its jobs */
	bool resting; /* no sign of life is expected, nor given */
	int64_t heard; /* clock_now() time of its last bytes */
	int64_t deadline; /* the same: the end of the time to connect */
	struct loop_timer pulse; /* the next sign of life */
	struct loop_timer
	    ending; /* its process has closed stdout: time to die */
	struct loop_timer losing; /* clients came after its end */
	char said
	    [HOST_SAID_SIZE]; /* the last that the process wrote to stderr */
	size_t said_len;
};

/*
 * host.c, for host_life.c: watch what the process writes, with 0 or -errno; or let go of
 * all of it.
 */
int host_watch(struct prun_host *host);
void host_say_bye(struct prun_host *host);
void host_shut(struct prun_host *host);

/* For host_files.c: ends the connection, and tells why; all is there that jobs need. */
void host_lose(struct prun_host *host, const char *why);
int host_is_up(struct prun_host *host);

/*
 * host_files.c: begins to take files there, and calls host_is_up() at the end.  0 or -errno;
 * the host may be down then.
 */
int host_files_open(struct prun_host *host, const struct prun_spec *spec);
void host_files_close(struct prun_host *host);

/*
 * Sends what the credit allows.  0: all is sent; 1: more credit is needed, or the host is
 * down and *s is gone; -errno and a fault.
 */
int host_send_files(struct prun_host *host, uint64_t id, struct file_sender *s,
    uint64_t *credit);

/*
 * host_outbox.c: writes what the pipe takes; ends the connection without memory; what jobs
 * wait for is there; the password goes straight from its locked memory.
 */
void host_flush(struct prun_host *host);
void host_writable(struct watch *watch, uint32_t events);
void host_fail(struct prun_host *host, int error);
int host_send_later(struct prun_host *host);
int host_send_secret(const struct prun_host *host);

/*
 * The place of the next frame of a job among the bytes that go there.  Has its first byte
 * left this process?  Then the agent may have the frame.
 */
uint64_t host_place(const struct prun_host *host);
bool host_has_left(const struct prun_host *host, uint64_t place);

/* Do its jobs go through the connection, to an agent? */
bool host_has_agent(const struct prun_host *host);

/* host_ahead.c: a job's start was told so much after it was sent; a job has ended there. */
void host_trip(struct prun_host *host, int64_t ns);
void host_job_ended(struct prun_host *host, double seconds);

/* How many jobs there should be ahead. */
unsigned host_wants_ahead(const struct prun_host *host);

/*
 * The client was sent ahead; it is no longer; the one that has waited longest gets the place
 * of a job that has ended: it is no longer ahead.  NULL: there is none.
 */
void host_ahead_add(struct prun_host *host, struct host_client *client);
void host_ahead_remove(struct prun_host *host, struct host_client *client);
struct host_client *host_ahead_next(struct prun_host *host);

/* host_life.c: starts to connect.  0 or -errno. */
int host_open(struct engine *engine, const struct prun_host_opts *opts,
    struct prun_host **hp);

/* Ends the connection: its jobs are lost.  Its memory stays until hosts_free(). */
void host_close(struct prun_host *host);

/*
 * Ends all connections, without telling of them, and frees them.  done: nothing was
 * ended by force, and what jobs have left behind there may stay.
 */
void hosts_free(struct engine *engine, bool done);

/* Forget them in a forked process. */
void hosts_forget(struct engine *engine);

/* The same as host_close() for all that are there; jobs are told of as lost. */
void hosts_drop(struct engine *engine);

/* Is there a connection of which something may be heard? */
bool hosts_may_tell(const struct engine *engine);

/* This process is about to stand still, or goes on. */
void hosts_rest(struct engine *engine, bool rest);

/* Keeps the text of a worker's fault, for a result. */
const char *host_fault(struct prun_host *host, const char *fault);

/* Frames with its number come to the client from now on, or until then. */
void host_add(struct prun_host *host, struct host_client *client);
void host_remove(struct prun_host *host, struct host_client *client);

/* Sends a frame, soon.  Without memory the connection ends. */
void host_send(struct prun_host *host, enum frame_type type, uint64_t id,
    const void *data, size_t len);
void host_send_number(struct prun_host *host, enum frame_type type, uint64_t id,
    uint64_t number);

#endif
