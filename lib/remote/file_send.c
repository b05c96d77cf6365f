/* SPDX-License-Identifier: ISC */

/*
 * Owns how local files and folders become frames.  If a named path is a symbolic
 * link, it is followed; links within a folder are sent as links.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "remote/file.h"

#define PERMISSIONS 0777

int
file_head_put(struct buf *out, const struct file_head *h)
{
	struct field_writer w = { .out = out };

	field_put_number(&w, h->index);
	field_put_number(&w, h->kind);
	field_put_number(&w, h->mode);
	field_put_number(&w, (uint64_t)h->mtime.tv_sec);
	field_put_number(&w, (uint64_t)h->mtime.tv_nsec);
	field_put_string(&w, h->below);
	field_put_string(&w, h->target);
	return w.error;
}

static int
send_fault(struct file_sender *s, const char *path, int error)
{
	file_fault(s->fault, sizeof(s->fault), s->there, "read", path, error);
	return -error;
}

/* Report a fault that has no errno: what says what is wrong with the path. */
static int
send_refuse(struct file_sender *s, const char *path, const char *what)
{
	char whole[FILE_FAULT_SIZE];

	(void)snprintf(whole, sizeof(whole), "'%.300s'%s %s", path,
	    s->there ? " there" : "", what);
	file_said(s->fault, sizeof(s->fault), whole);
	return -EINVAL;
}

static int
send_special(struct file_sender *s, const char *path)
{
	return send_refuse(s, path, "is neither a file nor a folder");
}

/* Make the FRAME_FILE of the entry that the walk has reached. */
static int
send_head(struct file_sender *s, FTSENT *e, enum file_kind kind,
    const struct stat *st, const char *target)
{
	const size_t root = strlen(s->paths[s->at]);
	const char *below = e->fts_path + root;
	const struct file_head head = { .index = s->at,
		.kind = kind,
		.mode = st->st_mode & PERMISSIONS,
		.mtime = st->st_mtim,
		.below = e->fts_level > 0 ? below + strspn(below, "/") : NULL,
		.target = target };
	int error;

	s->fields.len = 0;
	error = file_head_put(&s->fields, &head);
	if (error == 0 && s->trail != NULL && kind != FILE_FOLDER_END)
		error = file_trail_add(s->trail, s->paths[s->at], head.below);
	if (error != 0)
		return send_fault(s, e->fts_path, -error);
	s->part = (struct frame){ .type = FRAME_FILE,
		.data = s->fields.data,
		.len = s->fields.len };
	return 1;
}

static int
send_file(struct file_sender *s, FTSENT *e)
{
	struct stat st;

	/* If a FIFO has replaced the file meanwhile, open(2) must not wait for its writer. */
	s->fd = fd_open(e->fts_accpath,
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY |
		(e->fts_level > 0 ? O_NOFOLLOW : 0),
	    0);
	if (s->fd < 0)
		return send_fault(s, e->fts_path, -s->fd);
	s->reading = true;
	if (fstat(s->fd, &st) == -1)
		return send_fault(s, e->fts_path, errno);
	if (!S_ISREG(st.st_mode))
		return send_special(s, e->fts_path);
	/* Some file systems have files whose size is 0 though they can be read. */
	s->size = st.st_size;
	s->left = st.st_size > 0 ? (uint64_t)st.st_size : UINT64_MAX;
	s->entry = e;
	return send_head(s, e, FILE_REGULAR, &st, NULL);
}

static int
send_link(struct file_sender *s, FTSENT *e)
{
	char target[PATH_MAX];
	ssize_t n = readlink(e->fts_accpath, target, sizeof(target) - 1);

	if (n == -1)
		return send_fault(s, e->fts_path, errno);
	target[n] = '\0';
	return send_head(s, e, FILE_LINK, e->fts_statp, target);
}

static int
send_entry(struct file_sender *s, FTSENT *e)
{
	switch (e->fts_info) {
	case FTS_F:
		return send_file(s, e);
	case FTS_D:
		return send_head(s, e, FILE_FOLDER, e->fts_statp, NULL);
	case FTS_DP:
		return send_head(s, e, FILE_FOLDER_END, e->fts_statp, NULL);
	case FTS_SL:
		return send_link(s, e);
	case FTS_SLNONE:
		return send_fault(s, e->fts_path, ENOENT);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return send_fault(s, e->fts_path, e->fts_errno);
	case FTS_DC:
		return send_fault(s, e->fts_path, ELOOP);
	default:
		return send_special(s, e->fts_path);
	}
}

/* A file may be shorter than its size says (sysfs), but it must not become shorter. */
static int
send_check_end(struct file_sender *s)
{
	struct stat st;

	if (s->left == 0)
		return 0;
	if (fstat(s->fd, &st) == -1)
		return send_fault(s, s->entry->fts_path, errno);
	if (st.st_size >= s->size)
		return 0;
	return send_refuse(s, s->entry->fts_path,
	    "became shorter while it was sent");
}

/*
 * Make a frame of the next bytes; one without bytes means the end of the file.  1 or
 * -errno.
 */
static int
send_bytes(struct file_sender *s)
{
	int error;
	size_t most = s->left < sizeof(s->bytes) ? (size_t)s->left :
						   sizeof(s->bytes);
	ssize_t n = most > 0 ? fd_read(s->fd, s->bytes, most) : 0;

	if (n < 0)
		return send_fault(s, s->entry->fts_path, (int)-n);
	if (n == 0) {
		error = send_check_end(s);
		if (error != 0)
			return error;
		s->reading = false;
		fd_close(&s->fd);
	}
	s->left -= (uint64_t)n;
	s->part = (struct frame){ .type = FRAME_BYTES,
		.data = s->bytes,
		.len = (size_t)n };
	return 1;
}

static int
send_begin(struct file_sender *s)
{
	const int how = FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR;
	char *const one[] = { (char *)(uintptr_t)s->paths[s->at], NULL };

	/* cppcheck-suppress nullPointer */
	s->walk = fts_open(one, how, NULL);
	return s->walk == NULL ? send_fault(s, s->paths[s->at], errno) : 0;
}

static bool
send_may_leave_out(const struct file_sender *s, const FTSENT *e)
{
	return s->lenient && e->fts_level == 0 && e->fts_info == FTS_NS &&
	    (e->fts_errno == ENOENT || e->fts_errno == ENOTDIR);
}

int
file_send_next(struct file_sender *s)
{
	FTSENT *e;
	int error;

	if (s->reading)
		return send_bytes(s);
	while (s->at < s->n) {
		error = s->walk == NULL ? send_begin(s) : 0;
		if (error != 0)
			return error;
		errno = 0;
		e = fts_read(s->walk);
		if (e == NULL && errno != 0)
			return send_fault(s, s->paths[s->at], errno);
		if (e != NULL && !send_may_leave_out(s, e))
			return send_entry(s, e);
		(void)fts_close(s->walk);
		s->walk = NULL;
		s->at++;
	}
	return 0;
}

void
file_sender_fini(struct file_sender *s)
{
	if (s->walk != NULL)
		(void)fts_close(s->walk);
	if (s->reading)
		fd_close(&s->fd);
	buf_fini(&s->fields);
	s->walk = NULL;
	s->reading = false;
}
