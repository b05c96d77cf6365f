/* SPDX-License-Identifier: ISC */

/*
 * What command.c, which takes the command of a run apart, and command_line.c, which
 * makes a job's line of it, share.
 */
#ifndef TEMPLATE_COMMAND_INTERNAL_H
#define TEMPLATE_COMMAND_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "template/command_options.h"
#include "template/direct.h"
#include "template/placeholders.h"
#include "template/shell.h"
#include "template/template.h"

/* MAX_ARG_STRLEN: the longest string that execve(2) takes, with its NUL. */
#define MAX_ARGUMENT (128u * 1024)

struct command {
	struct command_options options;
	enum shell_kind kind;
	char *shell;
	struct placeholders *placeholders;
	struct template line;
	struct template **filters; /* one for each of options.filters */
	struct direct direct;
	bool is_direct;
	bool needs_total; /* the line or another template needs it */
	size_t limit; /* bytes of the longest line, with its NUL */
	/* bytes for argv: the words with their NULs, and the pointers */
	size_t room;

	/* Of the job last expanded. */
	struct bytes out, arguments, argv, quoted;
};

#endif
