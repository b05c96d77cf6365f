/* SPDX-License-Identifier: ISC */

/*
 * --template FILE=OUT: texts with replacement strings, from which each job gets
 * files of its own.
 */
#ifndef RUN_TEMPLATE_FILES_H
#define RUN_TEMPLATE_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "template/command.h"
#include "text/text.h"

struct template_file;

/* All zero: there are none. */
struct template_files {
	struct template_file *list;
	size_t n;
	bool cleanup; /* they are removed when the job has ended */
	/* Those of the job that was written last: a NUL behind each, and one behind all. */
	struct bytes names;
};

/*
 * Read the files.  specs: n times "FILE=OUT".  0, or -errno and a message.  The
 * caller closes f in both cases.
 */
int template_files_open(struct template_files *f, const char *const *specs,
    size_t n, struct command *command, struct message *m);
void template_files_close(struct template_files *f);

/*
 * Write the job's files.  *remove are those that are to be removed, for
 * template_files_remove(); NULL: none.  0, or -errno and a message.
 */
int template_files_write(struct template_files *f,
    const struct command_job *job, char **remove, struct message *m);

/* Remove the files, and free names, which may be NULL. */
void template_files_remove(char *names);

#endif
