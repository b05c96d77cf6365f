/* SPDX-License-Identifier: ISC */

/*
 * Owns the sending of files to a host: of any files, as far as there is credit; and of
 * those that all jobs of the host need, which are sent before the host is told of as
 * connected.  So it is this file that tells of it.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "engine/host.h"
#include "remote/file.h"
#include "remote/job.h"

/* No frame with a part of a file is longer. */
#define PART_MOST ((uint64_t)64 * 1024)

struct host_files {
	struct host_client client;
	struct prun_host *host;
	struct buf bytes; /* the paths on this machine */
	const char **paths;
	struct file_sender sender;
	uint64_t credit;
};

int
host_is_up(struct prun_host *host)
{
	int error = host_send_later(host);

	if (error != 0)
		return error;
	host->state = PRUN_HOST_UP;
	host_tell(host, host->state, host->cpus, NULL);
	return host->state == PRUN_HOST_DOWN || host->watch[0].on ?
	    0 :
	    loop_resume(&host->engine->loop, &host->watch[0]);
}

int
host_send_files(struct prun_host *host, uint64_t id, struct file_sender *s,
    uint64_t *credit)
{
	int n = 1;

	/* host_send() may find that the host is lost: then s has been freed. */
	while (host->state != PRUN_HOST_DOWN && *credit >= PART_MOST &&
	    (n = file_send_next(s)) > 0) {
		*credit -= s->part.len;
		host_send(host, s->part.type, id, s->part.data, s->part.len);
	}
	return n;
}

static int
files_send(struct host_files *files)
{
	int n = host_send_files(files->host, files->client.id, &files->sender,
	    &files->credit);

	if (n < 0) {
		host_lose(files->host, files->sender.fault);
		return 0;
	}
	if (n == 0) {
		files->credit = 0; /* all is sent, so no more may be */
		host_send(files->host, FRAME_FILES_END, files->client.id, NULL,
		    0);
	}
	return 0;
}

static int
files_credit(struct host_files *files, const struct frame *f)
{
	struct field_reader r = field_reader(f);
	uint64_t credit = field_number_to(&r, JOB_CREDIT);

	if (fields_end(&r) != 0 || credit > JOB_CREDIT - files->credit)
		return -EPROTO;
	/* All is sent, so the credit is not needed: files_ended() is what comes next. */
	if (files->sender.at == files->sender.n)
		return 0;
	files->credit += credit;
	return files_send(files);
}

static int
files_ended(struct host_files *files, const struct frame *f)
{
	struct field_reader r = field_reader(f);
	struct prun_host *host = files->host;
	const char *why = field_string(&r);
	char text[FILE_FAULT_SIZE];

	if (fields_end(&r) != 0)
		return -EPROTO;
	if (why == NULL && files->sender.at < files->sender.n)
		return -EPROTO;
	if (why != NULL) {
		file_said(text, sizeof(text), why);
		host_lose(host, text);
		return 0;
	}
	host_remove(host, &files->client);
	host_files_close(host);
	return host_is_up(host);
}

static struct host_files *
files_of(struct host_client *client)
{
	return (struct host_files *)((char *)client -
	    offsetof(struct host_files, client));
}

static int
files_take(struct host_client *client, const struct frame *f)
{
	switch (f->type) {
	case FRAME_CREDIT:
		return files_credit(files_of(client), f);
	case FRAME_FILES_END:
		return files_ended(files_of(client), f);
	default:
		return -EPROTO;
	}
}

static void
files_lose(struct host_client *client)
{
	host_files_close(files_of(client)->host);
}

static const struct host_client_ops files_ops = {
	.take = files_take,
	.lose = files_lose,
};

static int
files_fill(struct host_files *files, const struct prun_spec *spec,
    struct buf *fields)
{
	struct field_reader r = { 0 };
	int error = job_put_files(fields, spec);

	if (error == 0)
		error = job_put_paths(&files->bytes, spec->send, spec->nsend);
	if (error != 0)
		return error;
	r.data = files->bytes.data;
	r.len = files->bytes.len;
	files->paths = field_strings(&r);
	files->sender.paths = files->paths;
	files->sender.n = spec->nsend;
	return fields_end(&r);
}

int
host_files_open(struct prun_host *host, const struct prun_spec *spec)
{
	struct host_files *files = calloc(1, sizeof(*files));
	struct buf fields = { 0 };
	int error;

	if (files == NULL)
		return -ENOMEM;
	host->files = files;
	files->host = host;
	files->credit = JOB_CREDIT;
	files->client.id = HOST_FILES_ID;
	files->client.ops = &files_ops;
	error = files_fill(files, spec, &fields);
	if (error == 0) {
		host_add(host, &files->client);
		host_send(host, FRAME_FILES, HOST_FILES_ID, fields.data,
		    fields.len);
		error = files_send(files);
	}
	buf_fini(&fields);
	return error;
}

void
host_files_close(struct prun_host *host)
{
	struct host_files *files = host->files;

	if (files == NULL)
		return;
	file_sender_fini(&files->sender);
	buf_fini(&files->bytes);
	free(files->paths);
	free(files);
	host->files = NULL;
}
