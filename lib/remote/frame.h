/* SPDX-License-Identifier: ISC */

/*
 * What goes through the connection between prun and its agent on another machine: a
 * line that begins it, and frames after that.  A frame has the length of the rest in
 * four bytes, its type in one, the number of a job in eight, and its fields.  Numbers
 * are little-endian.  Neither side trusts the other: every length is checked.
 */
#ifndef REMOTE_FRAME_H
#define REMOTE_FRAME_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Changes with every change of what frames mean. */
#define FRAME_VERSION 5

/* "\nprun-agent TOKEN VERSION\n": what stands before it was written by others. */
#define FRAME_GREETING "\nprun-agent "
#define FRAME_TOKEN_SIZE 33 /* with its NUL */

/* Bytes ahead of a frame's fields. */
#define FRAME_HEAD 13

/* Bytes of a frame: the command line of a job with its variables is the longest. */
#define FRAME_MOST ((size_t)16 * 1024 * 1024)

enum frame_type {
	FRAME_HELLO = 1, /* agent: how many CPUs it has */
	FRAME_SETUP, /* what the agent must know before the first job */
	FRAME_RUN, /* a job: see job.h */
	FRAME_STARTED, /* agent: the job runs */
	FRAME_INPUT, /* bytes for the job's stdin; none: its end */
	FRAME_OUT, /* agent: bytes of the job's stdout */
	FRAME_ERR, /* agent: bytes of the job's stderr */
	FRAME_ENDED, /* agent: the job's result; nothing of it comes after that */
	FRAME_KILL, /* the job is to be killed by the kill sequence */
	FRAME_STOP, /* the job is to stand still */
	FRAME_CONTINUE, /* the job is to go on */
	FRAME_TIMEOUT, /* seconds that the job may take from its start on; 0: any */
	FRAME_CREDIT, /* so many bytes more of the job may be sent to me */
	FRAME_PING, /* I am there; 1: and shall be silent for a while */
	FRAME_PONG, /* agent: so am I */
	/* All is done: what jobs have left behind may stay.  Else it is killed at the end. */
	FRAME_BYE,
	/* agent: the worker of that number does not answer; with a text: its fault. */
	FRAME_WORKER,
	FRAME_SECRET, /* ahead of the setup: the password for sudo, without fields */
	FRAME_LEAVING, /* agent: it was told to end, as with its machine: jobs are killed */
	/* The files of a job, or those that all jobs of the host need: see job.h and file.h. */
	FRAME_FILES, /* before anything else of the job: which ones */
	FRAME_FILE, /* both: the next file, folder or link */
	FRAME_BYTES, /* both: some bytes of that file; none: its end */
	FRAME_FILES_END, /* both: that was all of them; agent: or why not */
	FRAME_FILES_DONE, /* after ENDED: 1: they are to be removed; 0: they stay */
	FRAME_RECALL, /* the job is to be given back, unless it has started */
	FRAME_BACK, /* agent: it has not, and will not be started */
	FRAME_TYPES
};

struct frame {
	enum frame_type type;
	uint64_t id;
	/* Lent until the next call for the reader. */
	const char *data;
	size_t len;
};

/* Adds a frame to the bytes of out.  0 or -ENOMEM; -E2BIG: it is too long. */
int frame_put(struct buf *out, enum frame_type type, uint64_t id,
    const void *data, size_t len);

/* The head alone, of a frame whose len bytes are written by themselves. */
void frame_put_head(char head[static FRAME_HEAD], enum frame_type type,
    uint64_t id, size_t len);

/* Type, number and length that a head tells.  0 or -EPROTO. */
int frame_get_head(const char head[static FRAME_HEAD], struct frame *f);

/* The same for a frame with one number. */
int frame_put_number(struct buf *out, enum frame_type type, uint64_t id,
    uint64_t number);

/* Bytes that come in, until they are frames.  All zero is empty. */
struct frame_reader {
	struct buf in;
	size_t at; /* where the next frame begins */
};

void frame_reader_fini(struct frame_reader *r);

/* Reads once from fd: bytes, 0 at the end, or -errno. */
ssize_t frame_read(struct frame_reader *r, int fd);

/*
 * Looks for the line that begins the frames, with that token.  1: the frames begin, and
 * *version is that of the other side; 0: it has not come yet; -EPROTO: too much else has.
 */
int frame_begin(struct frame_reader *r, const char *token, unsigned *version);

/* The next frame that is there whole.  1; 0: there is none; -EPROTO: it is no frame. */
int frame_next(struct frame_reader *r, struct frame *f);

/*
 * Fields.  An error stays in error: what is added after it is not, what is read after it
 * is 0 or NULL.
 */
struct field_writer {
	struct buf *out;
	int error;
};

void field_put_number(struct field_writer *w, uint64_t number);
void field_put_seconds(struct field_writer *w, double seconds);
void field_put_string(struct field_writer *w, const char *s); /* or NULL */
void field_put_bytes(struct field_writer *w, const void *data, size_t len);
void field_put_strings(struct field_writer *w, const char *const *list);

struct field_reader {
	const char *data;
	size_t len;
	int error; /* -EPROTO: they are not what was asked for; -ENOMEM */
};

struct field_reader field_reader(const struct frame *f);
uint64_t field_number(struct field_reader *r);

/* A number that is at most most. */
uint64_t field_number_to(struct field_reader *r, uint64_t most);
double field_seconds(struct field_reader *r); /* not negative, finite */
const char *field_string(struct field_reader *r); /* in the frame's bytes */

/* The next bytes of the frame, where they stand in it; *len: how many. */
const char *field_bytes(struct field_reader *r, size_t *len);

/* NULL-terminated; the strings are in the frame's bytes; free(3) the list.  Or NULL. */
const char **field_strings(struct field_reader *r);

/* All has been read, and nothing is left?  0 or the error. */
int fields_end(const struct field_reader *r);

#endif
