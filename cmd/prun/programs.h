/* SPDX-License-Identifier: ISC */

/*
 * What main.c starts besides a run: each is a program of its own, which an option or the
 * name that prun was called by asks for.
 */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include <stdio.h>

#include "options/settings.h"
#include "text/text.h"

/* --remote-agent: prun at the other end of a connection. */

/* Runs the jobs that come on stdin until that ends.  Returns the exit status. */
int agent_main(const char *token);

/* What this program was made of. */

/* Prints lines for people: the commit, the compiler, the libraries. */
void built_print(void);

/*
 * --_parset, which the shell function parset of GNU parallel calls: the output of
 * the jobs becomes assignments to variables of the shell.
 */

/* Prints the assignments and "return STATUS"; returns that status. */
int parset_main(const struct options *o);

/*
 * sem, also known as prun --semaphore: one job that waits for its turn among
 * the jobs of all other processes that use the same name.
 */

struct options;

/*
 * Prints its own errors.  The exit status of prun; may end by a signal instead.
 * In the background it returns in two processes: the caller's is to exit with
 * the 0 that it gets, the other one runs the job.  No thread may exist yet.
 */
int semaphore_main(const struct options *options);

/*
 * What the Tab key of a shell makes of a command line of prun, sem or prunctl: code for the
 * shell, made from the tables of options and of verbs.
 */

/* Print the code for "bash", "zsh" or "fish"; -EINVAL and a message for others. */
int shell_completion_print(FILE *out, const char *shell, struct message *m);

/*
 * The shell functions env_parallel, parset and parsort: --shell-functions prints
 * them, and --_env-request tells env_parallel what its options ask for.
 */

/*
 * Print the functions in the language of that shell.  0, or -errno and a message:
 * there are none for it.
 */
int shell_functions_print(FILE *out, const char *shell, struct message *m);

/*
 * Print what env_parallel is to do: "session", "end-session" or "record-env"; or
 * what the jobs get: "all"; "names" and the names of --env, one a line; "unlisted",
 * what --record-env has not listed, and names.
 */
void shell_functions_answer(FILE *out, const struct env_options *o);

/*
 * --combine-executable: a copy of prun that holds a program and arguments behind its
 * own bytes, and runs that program.
 */

/*
 * Write the file that o asks for: the program is the first word of the command, and
 * the arguments are argv without this option.  0, or -errno and a message.
 */
int combined_make(int argc, char *const argv[], const struct options *o,
    struct message *m);

/*
 * What such a copy holds, and the arguments that are made of it.  It stays all zero if
 * this program is no such copy.
 */
struct combined {
	char **argv;
	char *words; /* each with a NUL behind it */
	char *path; /* of the unpacked program */
};

/*
 * If this program is such a copy: put the arguments that it holds before those of
 * *argv, which then belongs to *c.  0, or -errno and a message.
 */
int combined_expand(struct combined *c, int *argc, char ***argv,
    struct message *m);

void combined_fini(struct combined *c);

#endif
