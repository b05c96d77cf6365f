/* SPDX-License-Identifier: ISC */

/*
 * What goes through the connection between prun and its agent on another machine: a
 * greeting line, and after it frames.  A frame begins with the length of the rest in
 * four bytes, its type in one, and the number of a job in eight; its fields follow.
 * Numbers are little-endian.  Neither side trusts the other: every length is
 * checked.
 */
#ifndef REMOTE_FRAME_H
#define REMOTE_FRAME_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* To be changed with every change of what frames mean. */
#define FRAME_VERSION 6

/*
 * The greeting is "\nprun-agent TOKEN VERSION\n".  Other programs have written what
 * comes before it.
 */
#define FRAME_GREETING "\nprun-agent "
#define FRAME_TOKEN_SIZE 33 /* with its NUL */

/* Bytes of a frame before its fields. */
#define FRAME_HEAD 13

/* A frame of output is long when so many bytes of it, or more, are still to come. */
#define FRAME_LONG ((size_t)64 * 1024)

/* The largest frame.  The command line of a job with its variables is the longest. */
#define FRAME_MOST ((size_t)16 * 1024 * 1024)

enum frame_type {
	FRAME_HELLO = 1, /* agent: how many CPUs it has */
	FRAME_SETUP, /* what the agent must know before the first job */
	FRAME_RUN, /* a job: see job.h */
	FRAME_STARTED, /* agent: the job runs */
	FRAME_INPUT, /* bytes for the job's stdin; no bytes: its end */
	FRAME_OUT, /* agent: bytes of the job's stdout */
	FRAME_ERR, /* agent: bytes of the job's stderr */
	FRAME_ENDED, /* agent: the job's result; no output of it follows */
	FRAME_KILL, /* kill the job with the kill sequence */
	FRAME_STOP, /* stop the job, as SIGSTOP does */
	FRAME_CONTINUE, /* let the stopped job go on */
	/* How many seconds the job may take from its start; 0: no limit. */
	FRAME_TIMEOUT,
	/* The other side may send so many more bytes of the job. */
	FRAME_CREDIT,
	/* prun is alive; with the number 1: it will send no more pings for a while. */
	FRAME_PING,
	FRAME_PONG, /* agent: the agent is alive, too */
	/*
	 * All is done, and processes that jobs have left behind may stay.  If the
	 * connection ends without it, they are killed.
	 */
	FRAME_BYE,
	/*
	 * agent: the worker of that number does not answer; if there is a text, it is
	 * the worker's fault.
	 */
	FRAME_WORKER,
	/* Before the setup: the password for sudo, without fields. */
	FRAME_SECRET,
	/*
	 * agent: it was told to end, perhaps because its machine shuts down: its jobs
	 * are killed.
	 */
	FRAME_LEAVING,
	/*
	 * The files of a job, or those that all jobs on the host need: see job.h and
	 * file.h.
	 */
	/* The names of the files; the first frame of a job that has files. */
	FRAME_FILES,
	FRAME_FILE, /* both sides: the next file, folder or link */
	/* Both sides: some bytes of that file; no bytes: its end. */
	FRAME_BYTES,
	/* Both sides: all files were sent; from the agent also: why they were not. */
	FRAME_FILES_END,
	FRAME_FILES_DONE, /* after ENDED; 1: remove the files; 0: they stay */
	FRAME_RECALL, /* give the job back, unless it has started */
	FRAME_BACK, /* agent: the job has not started, and will not be */
	FRAME_ASK, /* a text for the agent's program: see prun_host_ask() */
	FRAME_ANSWER, /* agent: what its program answers to the first open question */
	FRAME_TYPES
};

struct frame {
	enum frame_type type;
	uint64_t id;
	/* Lent until the next call with the same reader. */
	const char *data;
	size_t len;
};

/* Append a frame to out.  0; -ENOMEM; -E2BIG: it is too long. */
int frame_put(struct buf *out, enum frame_type type, uint64_t id,
    const void *data, size_t len);

/* Write only the head of a frame; the caller writes its len bytes after it. */
void frame_put_head(char head[static FRAME_HEAD], enum frame_type type,
    uint64_t id, size_t len);

/* Read type, number and length from a head.  0 or -EPROTO. */
int frame_get_head(const char head[static FRAME_HEAD], struct frame *f);

/* As frame_put(), for a frame with one number. */
int frame_put_number(struct buf *out, enum frame_type type, uint64_t id,
    uint64_t number);

/* Collects incoming bytes until they are whole frames.  All zero: empty. */
struct frame_reader {
	struct buf in;
	size_t at; /* where the next frame begins */
};

void frame_reader_fini(struct frame_reader *r);

/* Read once from fd.  Returns how many bytes; 0 at the end; or -errno. */
ssize_t frame_read(struct frame_reader *r, int fd);

/* The same, but read no further than to the end of the next frame's head. */
ssize_t frame_read_head(struct frame_reader *r, int fd);

/*
 * Look for the greeting with that token.  1: it has come, frames follow, and
 * *version is that of the other side; 0: it has not come yet; -EPROTO: too many
 * other bytes have come.
 */
int frame_begin(struct frame_reader *r, const char *token, unsigned *version);

/* Get the next frame.  1; 0: no whole frame has come yet; -EPROTO: it is no valid frame. */
int frame_next(struct frame_reader *r, struct frame *f);

/*
 * To be called when frame_next() has returned 0.  If a long frame of the job's output has
 * begun to come, get what is there of it, and set *left to how many bytes are still to
 * come: these need not be read, so that they can be moved.  1; 0: there is none.
 */
int frame_next_begun(struct frame_reader *r, struct frame *f, size_t *left);

/*
 * Read some of the bytes that are still to come of such a frame, at most `most`, into f.
 * Returns how many; 0 at the end; or -errno.
 */
ssize_t frame_read_rest(struct frame_reader *r, int fd, size_t most,
    struct frame *f);

/*
 * Fields.  After an error, which error keeps, writers add nothing more, and readers
 * return 0 or NULL.
 */
struct field_writer {
	struct buf *out;
	int error;
};

void field_put_number(struct field_writer *w, uint64_t number);
void field_put_seconds(struct field_writer *w, double seconds);
/* S may be NULL. */
void field_put_string(struct field_writer *w, const char *s);
void field_put_bytes(struct field_writer *w, const void *data, size_t len);
void field_put_strings(struct field_writer *w, const char *const *list);

struct field_reader {
	const char *data;
	size_t len;
	int error; /* -EPROTO: the bytes are not such a field; -ENOMEM */
};

struct field_reader field_reader(const struct frame *f);
uint64_t field_number(struct field_reader *r);

/* A number; -EPROTO if it is larger than most. */
uint64_t field_number_to(struct field_reader *r, uint64_t most);
double field_seconds(struct field_reader *r); /* not negative, finite */
const char *field_string(struct field_reader *r); /* in the frame's bytes */

/* The next bytes, in the frame itself; *len is how many. */
const char *field_bytes(struct field_reader *r, size_t *len);

/*
 * A list that ends with NULL, for free(3); its strings are in the frame's bytes.
 * NULL after an error.
 */
const char **field_strings(struct field_reader *r);

/* Were all fields read, and is nothing left? 0 or the error. */
int fields_end(const struct field_reader *r);

#endif
