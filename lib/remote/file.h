/* SPDX-License-Identifier: ISC */

/*
 * Files and folders as frames.  file_send.c makes frames of files, file_take.c makes
 * files of frames, and a trail (file_trail.c) remembers which paths are to be
 * removed later.  The side that takes files has the list of their names; only paths
 * below a folder come from the other side.
 */
#ifndef REMOTE_FILE_H
#define REMOTE_FILE_H

#include <fts.h>
#include <limits.h>
#include <stdbool.h>
#include <time.h>

#include "remote/frame.h"

/* Room for the text of what is wrong with a file. */
#define FILE_FAULT_SIZE 512

/*
 * Write "cannot VERB 'PATH': REASON" or "cannot VERB 'PATH' there: REASON" to text,
 * which has size bytes.  file_said() copies a text from the other side so that a
 * terminal can show it safely.
 */
void file_fault(char *text, size_t size, bool there, const char *verb,
    const char *path, int error);
void file_said(char *text, size_t size, const char *what);

/* Paths that are to be removed, in the order in which they were added. */
struct file_trail {
	struct buf paths; /* each ends with a NUL */
};

/* Does another job use the path? Then it is not removed. */
typedef bool file_used_fn(const char *path, void *arg);

int file_trail_add(struct file_trail *t, const char *path, const char *below);
/* Add a folder and all that is in it.  0 or -errno. */
int file_trail_add_folder(struct file_trail *t, const char *path);
/* Remove all paths, the last one first.  A path that cannot be removed stays. */
void file_trail_remove(struct file_trail *t, file_used_fn *used, void *arg);
void file_trail_fini(struct file_trail *t);

/*
 * Remove the folders of that path, the lowest first, while they are empty.  The
 * first base bytes of the path stay.
 */
void file_remove_folders(const char *path, size_t base);

/* Make all folders above path.  0 or -errno. */
int file_make_folders(const char *path);

/*
 * Sends files one after the other.  The caller sets paths, n, trail, lenient and
 * there; all else is zero.
 */
struct file_sender {
	const char *const *paths; /* lent */
	size_t n;
	/* What is sent is added to it; NULL: nothing is. */
	struct file_trail *trail;
	bool lenient; /* a path that does not exist is left out */
	bool there; /* for the texts of faults: this is the remote machine */

	size_t at; /* which of paths is being sent */
	FTS *walk; /* over that path; NULL: it has not begun */
	int fd; /* the file that is being sent, if reading is set */
	bool reading;
	FTSENT *entry; /* that file, in the walk */
	off_t size; /* of the file, when it was opened */
	uint64_t left; /* bytes of the file that are not sent yet */
	struct buf fields;
	char bytes[64 * 1024];
	struct frame part; /* lent until the next call; its id is not set */
	char fault[FILE_FAULT_SIZE];
};

/* Make part the next frame.  1; 0: all is sent; -errno: fault has the text. */
int file_send_next(struct file_sender *s);
void file_sender_fini(struct file_sender *s);

/* Takes files.  The caller sets paths, n, distrust, there and trail; all else is zero. */
struct file_taker {
	const char *const *paths; /* lent */
	size_t n;
	/* Symbolic links that lead out of a folder are refused. */
	bool distrust;
	bool there; /* for the texts of faults: this is the remote machine */
	/* What is taken is added to it; NULL: nothing is. */
	struct file_trail *trail;

	size_t begun; /* number of the path that began to come last, from 1 */
	size_t came; /* how many paths have begun to come */
	/* The bytes of a file come next; the next five members are valid. */
	bool writing;
	int fd,
	    folder; /* the file, or -1 if it could not be opened; its folder */
	mode_t mode;
	struct timespec mtime;
	char temporary[32]; /* in folder; empty: the file has no name yet */
	char name[NAME_MAX + 1]; /* in folder, when all bytes have come */
	/* One byte for each folder that has not ended: was it made here? */
	struct buf made;
	int error; /* the first error; after it all frames are dropped */
	char fault[FILE_FAULT_SIZE];
};

/*
 * Take a FRAME_FILE or FRAME_BYTES.  0, -EPROTO or -ENOMEM.  If a file cannot be
 * written, the result is 0, and t->error says why.
 */
int file_take(struct file_taker *t, const struct frame *f);

/* Has each path come completely? */
bool file_taker_is_complete(const struct file_taker *t);

/* Free the memory, and remove a file that has not come completely. */
void file_taker_fini(struct file_taker *t);

/* The fields of FRAME_FILE, for both sides. */
enum file_kind {
	FILE_REGULAR = 1,
	FILE_FOLDER, /* is to be made; what is in it follows */
	FILE_FOLDER_END,
	FILE_LINK
};

struct file_head {
	uint64_t index; /* number of its path */
	enum file_kind kind;
	mode_t mode; /* the nine bits of permissions */
	struct timespec mtime;
	/* For a file in a folder: its path there; else NULL. */
	const char *below;
	const char *target; /* of a symbolic link; else NULL */
};

int file_head_put(struct buf *out, const struct file_head *h);
/* Read the fields.  The strings are in the frame's bytes.  0 or -EPROTO. */
int file_head_get(const struct frame *f, struct file_head *h);

#endif
