/* SPDX-License-Identifier: ISC */

/*
 * The transport to another machine: the command travels there as data, and no process
 * is started here for this job alone (see engine/host.h).  On a host without an agent
 * each job has a process here, as transport/shell.h says.
 */
#ifndef TRANSPORT_REMOTE_H
#define TRANSPORT_REMOTE_H

#include "base/buf.h"
#include "remote/file.h"
#include "transport/transport.h"

struct shell_job;

struct remote_job {
	struct prun_host *host; /* where it is to run */
	struct buf spec; /* the job, as job_put_spec() writes it */
	/*
	 * The paths of its files on the other machine, as job_put_files() writes them;
	 * empty: none.
	 */
	struct buf files;
	/* Their paths on this machine; free(3) the lists. */
	struct buf send_bytes, fetch_bytes;
	const char **send, **fetch;
	size_t nsend, nfetch;
	bool clean_up;
	char fault[FILE_FAULT_SIZE]; /* what was wrong with the files */
	/* Only on a host without an agent; else NULL. */
	struct shell_job *shell;
	unsigned uses;
};

extern const struct transport_ops transport_remote;

/* The job of that transport, if it is the one to other machines; else NULL. */
struct remote_job *transport_remote_job(const struct transport *t);

#endif
