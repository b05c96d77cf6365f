/* SPDX-License-Identifier: ISC */

/*
 * Lists about shells: see shell.h.
 */
#include <sys/stat.h>

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

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static enum shell_kind
kind_of_name(const char *name)
{
	if (strcmp(name, "bash") == 0)
		return SHELL_BASH;
	if (strcmp(name, "dash") == 0)
		return SHELL_DASH;
	if (strcmp(name, "fish") == 0)
		return SHELL_FISH;
	if (strcmp(name, "csh") == 0 || strcmp(name, "tcsh") == 0)
		return SHELL_CSH;
	return SHELL_POSIX;
}

enum shell_kind
shell_kind_of(const char *path)
{
	enum shell_kind kind = kind_of_name(base_name(path));
	char *real;

	if (kind != SHELL_POSIX || (real = realpath(path, NULL)) == NULL)
		return kind;
	kind = kind_of_name(base_name(real));
	free(real);
	/* Bash that is called sh is in its POSIX mode, where other rules hold. */
	return kind == SHELL_BASH ? SHELL_POSIX : kind;
}

const char *
shell_choose(const char *wanted)
{
	const char *shell = wanted;

	if (shell == NULL || *shell == '\0')
		shell = getenv("PARALLEL_SHELL");
	if (shell == NULL || *shell == '\0')
		shell = getenv("SHELL");
	if (shell == NULL || *shell == '\0')
		shell = "/bin/sh";
	return shell;
}

static bool
is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    access(path, X_OK) == 0;
}

bool
shell_is_there(const char *shell)
{
	const char *folders = getenv("PATH");
	char path[PATH_MAX];
	size_t len;

	if (strchr(shell, '/') != NULL)
		return is_program(shell);
	/* Without PATH the C library searches its default folders: assume success. */
	for (; folders != NULL; folders += len + 1) {
		len = strcspn(folders, ":");
		if (snprintf(path, sizeof(path), "%.*s/%s",
			len > 0 ? (int)len : 1, len > 0 ? folders : ".",
			shell) < (int)sizeof(path) &&
		    is_program(path))
			return true;
		if (folders[len] == '\0')
			return false;
	}
	return true;
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
