/* SPDX-License-Identifier: ISC */

/*
 * Owns what prun knows of shells, and chooses the shell of a run: see shell.h.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "template/shell.h"

static const char *const bash_words[] = { ".", ":", "[", "alias", "bg", "bind",
	"break", "builtin", "caller", "cd", "command", "compgen", "complete",
	"compopt", "continue", "declare", "dirs", "disown", "echo", "enable",
	"eval", "exec", "exit", "export", "false", "fc", "fg", "getopts",
	"hash", "help", "history", "jobs", "kill", "let", "local", "logout",
	"mapfile", "popd", "printf", "pushd", "pwd", "read", "readarray",
	"readonly", "return", "set", "shift", "shopt", "source", "suspend",
	"test", "times", "trap", "true", "type", "typeset", "ulimit", "umask",
	"unalias", "unset", "wait", "if", "then", "else", "elif", "fi", "case",
	"esac", "for", "select", "while", "until", "do", "done", "in",
	"function", "time", "{", "}", "!", "[[", "]]", "coproc", NULL };

static const char *const dash_words[] = { ".", ":", "[", "alias", "bg", "break",
	"builtin", "cd", "chdir", "command", "continue", "echo", "eval", "exec",
	"exit", "export", "false", "fc", "fg", "getopts", "hash", "jobs",
	"kill", "local", "printf", "pwd", "read", "readonly", "return", "set",
	"shift", "test", "times", "trap", "true", "type", "ulimit", "umask",
	"unalias", "unset", "wait", "if", "then", "else", "elif", "fi", "case",
	"esac", "for", "while", "until", "do", "done", "in", "{", "}", "!",
	NULL };

/* The shells that prun knows by the name of their file. */
static const struct shell {
	const char *name;
	enum shell_kind kind;
	bool pipefail; /* the shell has the option pipefail */
	/* This shell parses the whole text of -c before it runs the first line. */
	bool reads_ahead;
} shells[] = {
	{ "sh", SHELL_POSIX, false, false },
	{ "bash", SHELL_BASH, true, false },
	{ "dash", SHELL_DASH, false, false },
	{ "ash", SHELL_POSIX, false, false },
	{ "zsh", SHELL_POSIX, true, true },
	{ "ksh", SHELL_POSIX, true, false },
	{ "lksh", SHELL_POSIX, true, false },
	{ "mksh", SHELL_POSIX, true, false },
	{ "oksh", SHELL_POSIX, false, false },
	{ "pdksh", SHELL_POSIX, false, false },
	{ "posh", SHELL_POSIX, false, false },
	{ "yash", SHELL_POSIX, false, false },
	{ "fish", SHELL_FISH, false, false },
	{ "bsd-csh", SHELL_CSH, false, false },
	{ "csh", SHELL_CSH, false, false },
	{ "tcsh", SHELL_CSH, false, false },
};

/* Programs that are set as the login shell of users who may not have a shell. */
static const char *const no_shells[] = { "nologin", "false", "true", "sync",
	"halt", "shutdown", "git-shell", NULL };

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A version may follow the name: zsh-5.9, ksh93. */
static const struct shell *
shell_of_name(const char *name)
{
	size_t i, len;

	for (i = 0; i < sizeof(shells) / sizeof(*shells); i++) {
		len = strlen(shells[i].name);
		if (strncmp(name, shells[i].name, len) == 0 &&
		    (name[len] == '\0' || strchr("-0123456789", name[len])))
			return &shells[i];
	}
	return NULL;
}

/* The shell at path, by its name, or, if that is sh, by the name of the link's target. */
static const struct shell *
shell_of_path(const char *path)
{
	const struct shell *shell = shell_of_name(base_name(path)), *target;
	char *real;

	if (shell != NULL && strcmp(shell->name, "sh") != 0)
		return shell;
	/* The file does not exist and will not run, so any kind of sh will do. */
	if ((real = realpath(path, NULL)) == NULL)
		return shell != NULL && *path == '/' ? shell_of_name("dash") :
						       shell;
	target = shell_of_name(base_name(real));
	free(real);
	return target != NULL ? target : shell;
}

enum shell_kind
shell_kind_of(const char *path)
{
	const struct shell *shell = shell_of_path(path);

	/* Bash that is called sh is in its POSIX mode, where other rules hold. */
	if (shell == NULL ||
	    (shell->kind == SHELL_BASH &&
		shell_of_name(base_name(path)) != shell))
		return SHELL_POSIX;
	return shell->kind;
}

bool
shell_has_pipefail(const char *path)
{
	const struct shell *shell = shell_of_path(path);

	return shell != NULL && shell->pipefail;
}

bool
shell_reads_ahead(const char *path)
{
	const struct shell *shell = shell_of_path(path);

	return shell != NULL && shell->reads_ahead;
}

static bool
is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    access(path, X_OK) == 0;
}

/* Sets path to the program of that name in a folder of $PATH.  False: none has it. */
static bool
find_on_path(const char *name, char path[static PATH_MAX])
{
	const char *folders = getenv("PATH");
	size_t len;

	for (; folders != NULL; folders += len + 1) {
		len = strcspn(folders, ":");
		if (snprintf(path, PATH_MAX, "%.*s/%s", len > 0 ? (int)len : 1,
			len > 0 ? folders : ".", name) < PATH_MAX &&
		    is_program(path))
			return true;
		if (folders[len] == '\0')
			return false;
	}
	return false;
}

static bool
is_there(const char *shell)
{
	char path[PATH_MAX];

	if (strchr(shell, '/') != NULL)
		return is_program(shell);
	/* Without PATH the C library searches its default folders: assume success. */
	return getenv("PATH") == NULL || find_on_path(shell, path);
}

static bool
is_no_shell(const char *path)
{
	size_t i;

	for (i = 0; no_shells[i] != NULL; i++)
		if (strcmp(base_name(path), no_shells[i]) == 0)
			return true;
	return false;
}

static bool
is_usable(const char *shell)
{
	return shell != NULL && *shell != '\0' && !is_no_shell(shell) &&
	    is_there(shell);
}

int
shell_check(const char *shell, struct message *m)
{
	if (is_no_shell(shell))
		return message_set(m, -ENOEXEC,
		    "Error: Shell '%s' runs no commands: see --shell.", shell);
	if (!is_there(shell))
		return message_set(m, -ENOENT, "Error: Shell '%s' not found.",
		    shell);
	return 0;
}

static bool
has_exported_function(void)
{
	char **entry;

	for (entry = environ; *entry != NULL; entry++)
		if (strncmp(*entry, "BASH_FUNC_", 10) == 0)
			return true;
	return false;
}

static bool
is_same_file(const char *one, const char *other)
{
	struct stat a, b;

	return stat(one, &a) == 0 && stat(other, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Reads the begin of /proc/PID/NAME.  False: the process has ended, or is hidden. */
static bool
read_of_process(pid_t pid, const char *name, char *text, size_t size)
{
	char file[64];
	int fd;
	ssize_t n;

	(void)snprintf(file, sizeof(file), "/proc/%ld/%s", (long)pid, name);
	if ((fd = open(file, O_RDONLY | O_CLOEXEC)) == -1)
		return false;
	n = read(fd, text, size - 1);
	(void)close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* 0: there is none, or it is not known. */
static pid_t
parent_of(pid_t pid)
{
	static const char gap[] = ") S "; /* between the name and the parent */
	char text[256];
	const char *end;

	if (!read_of_process(pid, "stat", text, sizeof(text)) ||
	    (end = strrchr(text, ')')) == NULL || strlen(end) < sizeof(gap))
		return 0;
	return (pid_t)strtol(end + strlen(gap), NULL, 10);
}

/*
 * Sets path to the shell that a process runs.  It is the file that $PATH has for the name
 * by which the process was called, so that a script of sh gets sh.  False: the process is
 * no shell.
 */
static bool
find_shell_of(pid_t pid, char path[static PATH_MAX])
{
	char exe[48], name[PATH_MAX], called[PATH_MAX];
	ssize_t n;

	(void)snprintf(exe, sizeof(exe), "/proc/%ld/exe", (long)pid);
	/* exe is the link: NOLINTNEXTLINE(readability-suspicious-call-argument) */
	if ((n = readlink(exe, path, PATH_MAX - 1)) <= 0)
		return false;
	path[n] = '\0';
	/* The name of a login shell has a dash in front: -bash. */
	if (read_of_process(pid, "cmdline", name, sizeof(name)) &&
	    shell_of_name(base_name(name + (*name == '-'))) != NULL &&
	    find_on_path(base_name(name + (*name == '-')), called) &&
	    is_same_file(called, path)) {
		(void)strlcpy(path, called, PATH_MAX);
		return true;
	}
	return shell_of_name(base_name(path)) != NULL && is_program(path);
}

/*
 * Sets path to the shell from which prun was called, be it through other programs, as
 * `timeout 9 prun`.  False: no shell is known.
 */
static bool
find_caller(char path[static PATH_MAX])
{
	for (pid_t pid = getppid(); pid > 0; pid = parent_of(pid))
		if (find_shell_of(pid, path))
			return true;
	return false;
}

const char *
shell_caller(void)
{
	char path[PATH_MAX];

	return find_caller(path) ? shell_of_path(path)->name : "";
}

static const char *
choose(const char *wanted, bool for_caller, char caller[static PATH_MAX])
{
	const char *shell = get_variable("PARALLEL_SHELL");
	const char *login = getenv("SHELL");
	bool has_caller;

	if (wanted != NULL && *wanted != '\0')
		return wanted;
	if (shell != NULL)
		return shell;
	has_caller = find_caller(caller);
	/*
	 * The functions in BASH_FUNC_ variables belong to the shell that has
	 * exported them.
	 */
	if (has_caller && (for_caller || get_variable("PARALLEL_ENV") != NULL))
		return caller;
	if (has_exported_function() &&
	    (!has_caller || shell_kind_of(caller) != SHELL_BASH)) {
		if (is_usable(login) && shell_kind_of(login) == SHELL_BASH)
			return login;
		if (is_there("bash"))
			return "bash";
	}
	if (has_caller)
		return caller;
	return is_usable(login) ? login : "/bin/sh";
}

char *
shell_choose(const char *wanted, bool for_caller)
{
	char caller[PATH_MAX];

	return strdup(choose(wanted, for_caller, caller));
}

bool
shell_has_word(enum shell_kind kind, const char *word)
{
	const char *const *words = kind == SHELL_DASH ? dash_words : bash_words;

	for (; *words != NULL; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

bool
shell_is_plain(struct text t)
{
	size_t i;

	for (i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') ||
			strchr(" \t%+,-./:@_", c) != NULL) ||
		    c == '\0')
			return false;
	}
	return true;
}
