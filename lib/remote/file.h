/* SPDX-License-Identifier: ISC */

/*
 * Files and folders as frames.  file_send.c makes frames of what is here, file_take.c makes
 * files of frames, and a trail (file_trail.c) remembers what is to be removed there.  Who
 * takes names the files: of what comes, only paths below a folder are the other side's.
 */
#ifndef REMOTE_FILE_H
#define REMOTE_FILE_H

#include <fts.h>
#include <limits.h>
#include <stdbool.h>
#include <time.h>

#include "remote/frame.h"

/* What is said of a file that could not be sent or taken. */
#define FILE_FAULT_SIZE 512

/*
 * "cannot VERB 'PATH': REASON", or "cannot VERB 'PATH' there: REASON", for people; size bytes
 * at text.  _said(): what the other side says may go to a terminal.
 */
void file_fault(char *text, size_t size, bool there, const char *verb,
    const char *path, int error);
void file_said(char *text, size_t size, const char *what);

/* Paths that are to be removed, in the order in which they came. */
struct file_trail {
	struct buf paths; /* each with its NUL */
};

/* Is the path in use by others?  Then it stays. */
typedef bool file_used_fn(const char *path, void *arg);

int file_trail_add(struct file_trail *t, const char *path, const char *below);
/* Adds the folder and all that is in it.  0 or -errno. */
int file_trail_add_folder(struct file_trail *t, const char *path);
/* Removes all of them, the last one first.  What cannot be removed stays. */
void file_trail_remove(struct file_trail *t, file_used_fn *used, void *arg);
void file_trail_fini(struct file_trail *t);

/* Removes the folders of that path, the lowest first, while they are empty; base bytes stay. */
void file_remove_folders(const char *path, size_t base);

/* Makes the folders that path stands in.  0 or -errno. */
int file_make_folders(const char *path);

/* Sends files one after the other.  All zero, but for paths, n and trail. */
struct file_sender {
	const char *const *paths; /* lent */
	size_t n;
	struct file_trail *trail; /* gets what is sent; NULL: nothing does */
	bool lenient; /* a path that does not exist is left out */
	bool there; /* for faults: this is the other machine */

	size_t at; /* in paths */
	FTS *walk; /* of that path; NULL: it has not begun */
	int fd; /* of the file that is being sent; valid: reading */
	bool reading;
	FTSENT *entry; /* of that file; the walk's */
	off_t size; /* of it, when it was opened */
	uint64_t left; /* bytes of it */
	struct buf fields;
	char bytes[64 * 1024];
	struct frame part; /* lent until the next call; its id is not set */
	char fault[FILE_FAULT_SIZE];
};

/* Makes part the next frame.  1; 0: all is sent; -errno and a fault. */
int file_send_next(struct file_sender *s);
void file_sender_fini(struct file_sender *s);

/* Takes files.  All zero, but for paths, n, distrust and trail. */
struct file_taker {
	const char *const *paths; /* lent */
	size_t n;
	/* Symbolic links that lead out of a folder are refused. */
	bool distrust;
	bool there; /* for faults: this is the other machine */
	struct file_trail *trail; /* gets what is taken; NULL: nothing does */

	size_t begun; /* the path that came last, from 1 on */
	size_t came; /* how many paths have begun to come */
	bool writing; /* the file's bytes are due; the next five are valid */
	int fd,
	    folder; /* of the file, -1: it could not be opened; where it is to stand */
	mode_t mode;
	struct timespec mtime;
	char temporary[32]; /* in folder; empty: the file has no name yet */
	char name[NAME_MAX + 1]; /* in folder, when it is whole */
	struct buf made; /* for each folder whose end is due: was it made? */
	int error; /* the first that happened; then the rest is dropped */
	char fault[FILE_FAULT_SIZE];
};

/* FRAME_FILE or FRAME_BYTES.  0 , -EPROTO or -ENOMEM; what cannot be written is t->error. */
int file_take(struct file_taker *t, const struct frame *f);

/* Has each path come, and whole? */
bool file_taker_is_complete(const struct file_taker *t);

/* What has not come whole is removed. */
void file_taker_fini(struct file_taker *t);

/* The fields of FRAME_FILE, for both. */
enum file_kind {
	FILE_REGULAR = 1,
	FILE_FOLDER, /* it is to be made; what is in it follows */
	FILE_FOLDER_END,
	FILE_LINK
};

struct file_head {
	uint64_t index; /* of its path */
	enum file_kind kind;
	mode_t mode; /* the nine bits of permissions */
	struct timespec mtime;
	const char *below; /* of a file in a folder: where; else NULL */
	const char *target; /* of a link; else NULL */
};

int file_head_put(struct buf *out, const struct file_head *h);
/* The strings are in the frame's bytes.  0 or -EPROTO. */
int file_head_get(const struct frame *f, struct file_head *h);

#endif
