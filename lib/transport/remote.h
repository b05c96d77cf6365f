/* SPDX-License-Identifier: ISC */

/*
 * Another machine: the command travels there as data, and nothing is started here for
 * this job alone; or, to a host without an agent, as transport/shell.h says.  See
 * engine/host.h.
 */
#ifndef TRANSPORT_REMOTE_H
#define TRANSPORT_REMOTE_H

#include "base/buf.h"
#include "remote/file.h"
#include "transport/transport.h"

struct shell_job;

struct remote_job {
	struct prun_host *host; /* where it is to run */
	struct buf spec; /* as job_put_spec() writes it */
	/* The paths of its files at the agent, as job_put_files() writes them; empty: none. */
	struct buf files;
	/* And here; free(3) the lists. */
	struct buf send_bytes, fetch_bytes;
	const char **send, **fetch;
	size_t nsend, nfetch;
	bool clean_up;
	char fault[FILE_FAULT_SIZE]; /* what was wrong with them */
	struct shell_job *shell; /* of a host without an agent; else NULL */
	unsigned uses;
};

extern const struct transport_ops transport_remote;

/* The job of a transport that is remote; else NULL. */
struct remote_job *transport_remote_job(const struct transport *t);

#endif
