/* SPDX-License-Identifier: ISC */

/*
 * Owns which text is printed for which shell: see programs.h.  The texts are the files in
 * cmd/prun/functions.
 */
#include <errno.h>
#include <string.h>

#include "file_text.h"
#include "programs.h"
#include "template/shell.h"

FILE_TEXT(bash);
FILE_TEXT(dash);
FILE_TEXT(env_parallel);
FILE_TEXT(fish);
FILE_TEXT(ksh);
FILE_TEXT(parsort);
FILE_TEXT(zsh);

static const struct shell_functions {
	const char *shell;
	const char *own;
	const char *shared; /* printed after own */
	enum shell_kind kind;
} shells[] = {
	{ "bash", functions_bash, functions_env_parallel, SHELL_POSIX },
	{ "zsh", functions_zsh, functions_env_parallel, SHELL_POSIX },
	{ "fish", functions_fish, "", SHELL_FISH },
	{ "ksh", functions_ksh, functions_env_parallel, SHELL_POSIX },
	{ "ksh93", functions_ksh, functions_env_parallel, SHELL_POSIX },
	{ "mksh", functions_ksh, functions_env_parallel, SHELL_POSIX },
	{ "dash", functions_dash, functions_env_parallel, SHELL_POSIX },
	{ "sh", functions_dash, functions_env_parallel, SHELL_POSIX },
};

static const struct shell_functions *
find_shell(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(shells) / sizeof(*shells); i++)
		if (strcmp(shells[i].shell, name) == 0)
			return &shells[i];
	return NULL;
}

/* parsort needs nothing of the shell that calls it: one script of sh serves all shells. */
static int
print_parsort(FILE *out, enum shell_kind kind)
{
	struct bytes quoted = { 0 };
	int error = quote_add(&quoted, text_of(functions_parsort), kind);

	(void)fprintf(out,
	    kind == SHELL_FISH ?
		"\nfunction parsort\n\tcommand sh -c %.*s parsort $argv\nend\n" :
		"\nparsort() {\n\tcommand sh -c %.*s parsort \"$@\"\n}\n",
	    (int)quoted.len, quoted.data);
	bytes_fini(&quoted);
	return error;
}

int
shell_functions_print(FILE *out, const char *shell, struct message *m)
{
	const struct shell_functions *s = find_shell(shell);
	int error;

	if (s == NULL)
		return message_set(m, -EINVAL,
		    "--shell-functions: '%s' is none of bash, zsh, fish, ksh, mksh, dash, sh",
		    shell);
	(void)fprintf(out, "%s%s", s->own, s->shared);
	if ((error = print_parsort(out, s->kind)) != 0)
		return message_errno(m, error, "--shell-functions");
	return 0;
}

void
shell_functions_answer(FILE *out, const struct env_options *o)
{
	const char *const *name;

	if (o->verb != NULL) {
		(void)fprintf(out, "%s\n", o->verb);
		return;
	}
	(void)fprintf(out, "%s\n",
	    o->unlisted          ? "unlisted" :
		o->names != NULL ? "names" :
				   "all");
	for (name = o->names; name != NULL && *name != NULL; name++)
		(void)fprintf(out, "%s\n", *name);
}
