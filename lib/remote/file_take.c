/* SPDX-License-Identifier: ISC */

/*
 * Makes files and folders of the frames that another machine sends.  A file gets its
 * name only when all its bytes have come.  Below a named folder no symbolic link is
 * followed, and a path that would lead out of that folder is refused.
 */
#include <sys/random.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "remote/file.h"

#define PERMISSIONS 0777
#define NS_PER_S 1000000000

int
file_head_get(const struct frame *f, struct file_head *h)
{
	struct field_reader r = field_reader(f);

	h->index = field_number(&r);
	h->kind = (enum file_kind)field_number_to(&r, FILE_LINK);
	h->mode = (mode_t)field_number_to(&r, PERMISSIONS);
	h->mtime.tv_sec = (time_t)field_number(&r);
	h->mtime.tv_nsec = (long)field_number_to(&r, NS_PER_S - 1);
	h->below = field_string(&r);
	h->target = field_string(&r);
	if (r.error == 0 && (h->kind < FILE_REGULAR || h->kind > FILE_LINK))
		r.error = -EPROTO;
	return fields_end(&r);
}

/* Is path a list of names between slashes, none of them "", "." or ".."? */
static bool
is_below(const char *path)
{
	size_t len;

	if (strlen(path) >= PATH_MAX)
		return false;
	for (;;) {
		len = strcspn(path, "/");
		if (len == 0 || len > NAME_MAX ||
		    (*path == '.' &&
			(len == 1 || (len == 2 && path[1] == '.'))))
			return false;
		if (path[len] == '\0')
			return true;
		path += len + 1;
	}
}

/*
 * Does the target of a link stay in the folder? ".." is allowed only at its
 * beginning, and not more often than there are folders above the link.  After a
 * name, ".." could lead out of the folder through another link.
 */
static bool
stays_within(const char *below, const char *target)
{
	size_t depth = 0, len;
	bool named = false;

	for (const char *p = below; *p != '\0'; p++)
		depth += *p == '/';
	if (*target == '/')
		return false;
	for (; *target != '\0'; target += len + (target[len] == '/')) {
		len = strcspn(target, "/");
		if (len == 2 && memcmp(target, "..", 2) == 0) {
			if (named || depth-- == 0)
				return false;
		} else if (len > 1 || (len == 1 && *target != '.')) {
			named = true;
		}
	}
	return true;
}

/*
 * Open the folder of the path; name gets the last part of the path.  A descriptor or
 * -errno.
 */
static int
open_parent(const char *path, char name[NAME_MAX + 1])
{
	char folder[PATH_MAX];
	size_t len = strlen(path);
	const char *last;
	int error;

	while (len > 1 && path[len - 1] == '/')
		len--;
	if (len == 0 || len >= sizeof(folder))
		return len == 0 ? -ENOENT : -ENAMETOOLONG;
	memcpy(folder, path, len);
	folder[len] = '\0';
	last = strrchr(folder, '/');
	last = last != NULL ? last + 1 : folder;
	if (strlen(last) > NAME_MAX)
		return -ENAMETOOLONG;
	(void)snprintf(name, NAME_MAX + 1, "%s", *last != '\0' ? last : ".");
	error = file_make_folders(folder);
	if (error != 0)
		return error;
	if (last == folder)
		return fd_open(".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	folder[last - folder] = '\0';
	return fd_open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

/* The same for a path below a named folder. */
static int
open_below(const char *root, const char *below, char name[NAME_MAX + 1])
{
	int folder = fd_open(root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0), next;
	const char *slash;

	while (folder >= 0 && (slash = strchr(below, '/')) != NULL) {
		memcpy(name, below, (size_t)(slash - below));
		name[slash - below] = '\0';
		next = openat(folder, name,
		    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		next = fd_lift(next);
		(void)close(folder);
		folder = next;
		below = slash + 1;
	}
	if (folder >= 0)
		(void)snprintf(name, NAME_MAX + 1, "%s", below);
	return folder;
}

static void
take_fault(struct file_taker *t, const char *below, int error)
{
	char path[PATH_MAX];

	if (t->error != 0)
		return;
	t->error = error;
	(void)snprintf(path, sizeof(path), "%s%s%s", t->paths[t->begun - 1],
	    below != NULL ? "/" : "", below != NULL ? below : "");
	file_fault(t->fault, sizeof(t->fault), t->there, "write", path, -error);
}

/* Nobody can guess the name, so nobody can make a file of that name first. */
static int
choose_temporary(struct file_taker *t)
{
	unsigned long long random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return errno != 0 ? -errno : -EIO;
	(void)snprintf(t->temporary, sizeof(t->temporary), ".prun-%016llx",
	    random);
	return 0;
}

/* The path in /proc through which linkat(2) gives a name to a file without one. */
static void
nameless_path(const struct file_taker *t, char path[static 32])
{
	(void)snprintf(path, 32, "/proc/self/fd/%d", t->fd);
}

/* A file without a name is removed when its writer ends, even if that is killed. */
static bool
open_nameless(struct file_taker *t)
{
	char path[32];

	t->temporary[0] = '\0';
	t->fd = openat(t->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	nameless_path(t, path);
	if (t->fd != -1 && access(path, F_OK) == -1)
		fd_close(&t->fd);
	return t->fd != -1;
}

/* Some file systems have no files without a name. */
static int
open_temporary(struct file_taker *t)
{
	int error;

	if (open_nameless(t))
		return 0;
	error = choose_temporary(t);
	if (error != 0)
		return error;
	t->fd = openat(t->folder, t->temporary,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return t->fd == -1 ? -errno : 0;
}

static int
take_folder(struct file_taker *t, int folder, const char *name)
{
	struct stat st;

	if (mkdirat(folder, name, 0700) == 0) {
		t->made.data[t->made.len - 1] = 1;
		return 0;
	}
	if (errno != EEXIST)
		return -errno;
	/*
	 * A named folder may be a symbolic link to a folder; below it, links were not
	 * followed.
	 */
	if (fstatat(folder, name, &st, 0) == -1)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

static int
take_folder_end(int folder, const char *name, const struct file_head *h)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		h->mtime };
	int fd = openat(folder, name,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC |
		(h->below != NULL ? O_NOFOLLOW : 0));

	if (fd == -1)
		return -errno;
	/* Some file systems keep neither mode nor time. */
	(void)fchmod(fd, h->mode);
	(void)futimens(fd, times);
	(void)close(fd);
	return 0;
}

static int
take_link(struct file_taker *t, int folder, const char *name,
    const struct file_head *h)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		h->mtime };

	if (t->distrust && !stays_within(h->below, h->target))
		return -EXDEV;
	if (symlinkat(h->target, folder, name) == -1) {
		if (errno != EEXIST || unlinkat(folder, name, 0) == -1 ||
		    symlinkat(h->target, folder, name) == -1)
			return -errno;
	}
	(void)utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

static int
take_open(struct file_taker *t, const struct file_head *h)
{
	t->mode = h->mode;
	t->mtime = h->mtime;
	return open_temporary(t);
}

/*
 * Make the entry in folder.  The caller closes folder, except for a regular file,
 * which keeps it.
 */
static int
take_entry(struct file_taker *t, int folder, const char *name,
    const struct file_head *h)
{
	switch (h->kind) {
	case FILE_FOLDER:
		return take_folder(t, folder, name);
	case FILE_FOLDER_END:
		return t->made.data[t->made.len] != 0 ?
		    take_folder_end(folder, name, h) :
		    0;
	case FILE_LINK:
		return take_link(t, folder, name, h);
	default:
		t->folder = folder;
		(void)snprintf(t->name, sizeof(t->name), "%s", name);
		return take_open(t, h);
	}
}

/* Does the entry come in the right order? */
static bool
is_due(const struct file_taker *t, const struct file_head *h)
{
	bool root = h->below == NULL;

	if (t->writing || h->index >= t->n ||
	    (h->kind == FILE_LINK) != (h->target != NULL) ||
	    (root && h->kind == FILE_LINK) || (!root && !is_below(h->below)))
		return false;
	if (root && h->kind != FILE_FOLDER_END)
		return t->made.len == 0 && h->index >= t->begun;
	return t->made.len > 0 && h->index + 1 == t->begun &&
	    (h->kind != FILE_FOLDER_END || root == (t->made.len == 1));
}

/* Is it to be removed at the end? Not a folder that was there before. */
static bool
is_new(const struct file_taker *t, enum file_kind kind)
{
	return kind == FILE_FOLDER ? t->made.data[t->made.len - 1] != 0 :
				     kind != FILE_FOLDER_END;
}

static int
take_head(struct file_taker *t, const struct frame *f)
{
	struct file_head h;
	char name[NAME_MAX + 1];
	int error = file_head_get(f, &h), folder;

	if (error != 0 || !is_due(t, &h))
		return -EPROTO;
	t->begun = (size_t)h.index + 1;
	t->came += h.below == NULL && h.kind != FILE_FOLDER_END;
	if (h.kind == FILE_FOLDER && buf_add(&t->made, "", 1) != 0)
		return -ENOMEM;
	t->made.len -= h.kind == FILE_FOLDER_END;
	t->writing = h.kind == FILE_REGULAR;
	t->fd = t->folder = -1;
	if (t->error != 0)
		return 0;
	folder = h.below != NULL ?
	    open_below(t->paths[h.index], h.below, name) :
	    open_parent(t->paths[h.index], name);
	error = folder < 0 ? folder : take_entry(t, folder, name, &h);
	if (error == 0 && t->trail != NULL && is_new(t, h.kind))
		error = file_trail_add(t->trail, t->paths[h.index], h.below);
	if (error != 0)
		take_fault(t, h.below, error);
	if (folder >= 0 && folder != t->folder)
		(void)close(folder);
	return 0;
}

/* Remove a file that has not got its name yet. */
static void
take_drop(struct file_taker *t)
{
	if (t->fd != -1 && t->temporary[0] != '\0')
		(void)unlinkat(t->folder, t->temporary, 0);
	fd_close(&t->fd);
	fd_close(&t->folder);
}

/*
 * The file gets its temporary name only for a moment: link(2) cannot replace a
 * file, but rename(2) can.
 */
static int
give_name(struct file_taker *t)
{
	char path[32];
	int error;

	if (t->temporary[0] != '\0')
		return 0;
	error = choose_temporary(t);
	nameless_path(t, path);
	if (error == 0 &&
	    linkat(AT_FDCWD, path, t->folder, t->temporary,
		AT_SYMLINK_FOLLOW) == -1)
		error = -errno;
	if (error != 0)
		t->temporary[0] = '\0';
	return error;
}

static int
take_end(struct file_taker *t)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		t->mtime };
	int fd = t->fd, error;

	(void)fchmod(fd, t->mode);
	(void)futimens(fd, times);
	error = give_name(t);
	if (error != 0)
		return error;
	/*
	 * On a network file system, close(2) may be the first call that reports a
	 * full disk.
	 */
	t->fd = -1;
	if (close(fd) == -1 ||
	    renameat(t->folder, t->temporary, t->folder, t->name) == -1) {
		error = -errno;
		(void)unlinkat(t->folder, t->temporary, 0);
		return error;
	}
	return 0;
}

static int
take_bytes(struct file_taker *t, const struct frame *f)
{
	int error = 0;

	if (!t->writing)
		return -EPROTO;
	t->writing = f->len > 0;
	if (t->error == 0)
		error = f->len > 0 ? fd_write_all(t->fd, f->data, f->len) :
				     take_end(t);
	if (error != 0)
		take_fault(t, t->made.len > 0 ? t->name : NULL, error);
	if (f->len == 0 || t->error != 0)
		take_drop(t);
	return 0;
}

int
file_take(struct file_taker *t, const struct frame *f)
{
	return f->type == FRAME_BYTES ? take_bytes(t, f) : take_head(t, f);
}

bool
file_taker_is_complete(const struct file_taker *t)
{
	return t->came == t->n && !t->writing && t->made.len == 0 &&
	    t->error == 0;
}

void
file_taker_fini(struct file_taker *t)
{
	if (t->writing)
		take_drop(t);
	t->writing = false;
	buf_fini(&t->made);
}
