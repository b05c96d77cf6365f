/* SPDX-License-Identifier: ISC */

/*
 * Owns the bytes that follow prun's own in a combined executable: see programs.h.  First
 * comes the program, then its arguments, each with a NUL, then a trailer of fixed size.
 * The program is executed from a file without a name, so nothing is left behind however
 * prun ends.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "programs.h"
#include "text/file.h"

#define OPTION "--combine-executable"
#define SELF "/proc/self/exe"

static const char magic[] = "prun+program 01";

struct trailer {
	uint64_t program, arguments; /* in bytes */
	uint64_t word; /* the number of the argument that names the program */
	char magic[sizeof(magic)];
};

static int
copy_file(const char *path, int out, uint64_t *len)
{
	int in = open(path, O_RDONLY | O_CLOEXEC), error;
	struct stat st;

	if (in == -1)
		return -errno;
	error = fstat(in, &st) == -1 ? -errno : 0;
	if (error == 0 && !S_ISREG(st.st_mode))
		error = -EINVAL;
	if (error == 0)
		error = put_range(out, in, 0, (uint64_t)st.st_size);
	*len = (uint64_t)st.st_size;
	(void)close(in);
	return error;
}

/* Reads the trailer at the end of the file into *t.  Returns false if the file has none. */
static bool
read_trailer(int fd, struct trailer *t, off_t *size)
{
	struct stat st;

	if (fstat(fd, &st) == -1 || st.st_size < (off_t)sizeof(*t) ||
	    pread(fd, t, sizeof(*t), st.st_size - (off_t)sizeof(*t)) !=
		(ssize_t)sizeof(*t) ||
	    memcmp(t->magic, magic, sizeof(magic)) != 0)
		return false;
	*size = st.st_size;
	return t->program < (uint64_t)st.st_size &&
	    t->arguments < (uint64_t)st.st_size - t->program - sizeof(*t);
}

/* Finds the program as a shell does: on PATH, unless there is a slash in its name. */
static bool
find_program(const char *name, char path[static PATH_MAX])
{
	const char *folder = getenv("PATH");
	size_t len;

	if (strchr(name, '/') != NULL || folder == NULL)
		return strlcpy(path, name, PATH_MAX) < PATH_MAX &&
		    access(path, X_OK) == 0;
	for (;; folder += len + 1) {
		len = strcspn(folder, ":");
		if (snprintf(path, PATH_MAX, "%.*s/%s", len > 0 ? (int)len : 1,
			len > 0 ? folder : ".", name) < PATH_MAX &&
		    access(path, X_OK) == 0)
			return true;
		if (folder[len] == '\0')
			return false;
	}
}

/*
 * How many words an option takes that begins with this word: 1, or 2 if its value is the
 * next word; 0 if it is another option than --combine-executable.
 */
static int
option_words(const char *word)
{
	static const char *const names[] = { "--combine-executable",
		"--combineexec", "--combine-exec" };
	size_t len;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		len = strlen(names[i]);
		if (strncmp(word, names[i], len) == 0 && word[len] == '=')
			return 1;
		if (strcmp(word, names[i]) == 0)
			return 2;
	}
	return 0;
}

/*
 * Puts the arguments without this option into *out, and into t->word the number of the one
 * that names the program.
 */
static int
gather(int argc, char *const argv[], const char *program, struct bytes *out,
    struct trailer *t)
{
	bool before = true, found = false;
	int error = 0;

	t->word = 0;
	for (int i = 1; i < argc && error == 0; i++) {
		const int skip = before ? option_words(argv[i]) : 0;

		if (skip > 0) {
			found = true;
			i += skip - 1;
			continue;
		}
		if (argv[i] == program)
			before = false;
		t->word += before;
		error = bytes_add_string(out, argv[i]);
		if (error == 0)
			error = bytes_add_char(out, '\0');
	}
	t->arguments = out->len;
	return error != 0 ? error : found && !before ? 0 : -EINVAL;
}

/*
 * Returns 0 or -errno; then *culprit is the file that cannot be read, or NULL if the new
 * file cannot be written.
 */
static int
write_all(int out, const char *program, const struct bytes *arguments,
    struct trailer *t, const char **culprit)
{
	uint64_t self;
	int error;

	*culprit = SELF;
	error = copy_file(SELF, out, &self);
	if (error == 0) {
		*culprit = program;
		error = copy_file(program, out, &t->program);
	}
	if (error != 0)
		return error;
	*culprit = NULL;
	memcpy(t->magic, magic, sizeof(magic));
	error = put_all(out, bytes_text(arguments));
	if (error == 0)
		error = put_all(out,
		    (struct text){ (const char *)t, sizeof(*t) });
	return error;
}

static int
make_file(const char *path, const char *program, const struct bytes *arguments,
    struct trailer *t, struct message *m)
{
	const char *culprit = NULL;
	int out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0777);
	int error;

	if (out == -1)
		return message_errno(m, -errno, OPTION ": %s", path);
	error = write_all(out, program, arguments, t, &culprit);
	if (close(out) == -1 && error == 0)
		error = -errno;
	if (error == 0)
		return 0;
	(void)unlink(path);
	return message_errno(m, error, OPTION ": %s",
	    culprit != NULL ? culprit : path);
}

int
combined_make(int argc, char *const argv[], const struct options *o,
    struct message *m)
{
	struct bytes arguments = { 0 };
	struct trailer t = { 0 };
	char path[PATH_MAX];
	const char *program;
	int error;

	if (o->command.nwords == 0)
		return message_set(m, -EINVAL,
		    OPTION ": the program is missing");
	program = o->command.words[0];
	if (!find_program(program, path))
		return message_set(m, -ENOENT, OPTION ": '%s' is no program",
		    program);
	error = gather(argc, argv, program, &arguments, &t);
	if (error == -EINVAL)
		error = message_set(m, error,
		    OPTION ": it must be written in full, before the program");
	else if (error != 0)
		(void)message_errno(m, error, OPTION);
	if (error == 0)
		error = make_file(o->action_argument, path, &arguments, &t, m);
	bytes_fini(&arguments);
	return error;
}

/*
 * Copies the program into a file without a name, and sets *path to a path by which it can
 * be executed.
 */
static int
unpack_program(int self, off_t at, uint64_t len, char **path)
{
	int fd = memfd_create("prun-program", MFD_CLOEXEC), error;

	if (fd == -1)
		return -errno;
	error = put_range(fd, self, at, len);
	if (error == 0 &&
	    asprintf(path, "/proc/%ld/fd/%d", (long)getpid(), fd) == -1)
		error = -ENOMEM;
	return error;
}

static int
expand_arguments(const struct trailer *t, struct combined *c, int *argc,
    char ***argv)
{
	const char *end = c->words + t->arguments;
	char *word = c->words;
	size_t n = 0, i = 1;

	for (const char *at = c->words; at < end; at++)
		n += *at == '\0';
	c->argv = calloc(n + (size_t)*argc + 1, sizeof(*c->argv));
	if (c->argv == NULL)
		return -ENOMEM;
	c->argv[0] = (*argv)[0];
	for (; i <= n; i++) {
		c->argv[i] = i - 1 == t->word ? c->path : word;
		word += strlen(word) + 1;
	}
	for (int j = 1; j < *argc; j++)
		c->argv[i++] = (*argv)[j];
	*argv = c->argv;
	*argc = (int)i;
	return 0;
}

static int
unpack(int self, const struct trailer *t, off_t size, struct combined *c)
{
	const off_t at = size - (off_t)(sizeof(*t) + t->arguments);

	if ((c->words = calloc(1, t->arguments + 1)) == NULL)
		return -ENOMEM;
	if (pread(self, c->words, t->arguments, at) != (ssize_t)t->arguments)
		return -EIO;
	return unpack_program(self, at - (off_t)t->program, t->program,
	    &c->path);
}

int
combined_expand(struct combined *c, int *argc, char ***argv, struct message *m)
{
	int self = open(SELF, O_RDONLY | O_CLOEXEC), error = 0;
	struct trailer t;
	off_t size;

	/*
	 * Without /proc prun cannot read its own file; a combined executable does not work
	 * there.
	 */
	if (self == -1)
		return 0;
	if (read_trailer(self, &t, &size)) {
		error = unpack(self, &t, size, c);
		if (error == 0)
			error = expand_arguments(&t, c, argc, argv);
	}
	(void)close(self);
	return error != 0 ? message_errno(m, error, SELF) : 0;
}

void
combined_fini(struct combined *c)
{
	free(c->argv);
	free(c->words);
	free(c->path);
}
