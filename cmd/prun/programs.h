/* SPDX-License-Identifier: ISC */

/*
 * What main.c can start instead of a run.  Each is a program of its own, chosen by an
 * option or by the name by which prun was called.
 */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include <stdio.h>

#include "options/settings.h"
#include "text/text.h"

/* --remote-agent: prun at the other end of a connection. */

/* Runs the jobs that are read from stdin, until stdin ends.  Returns the exit status. */
int agent_main(const char *token);

/* What this program was built from. */

/* Prints it for people: the commit, the compiler, the libraries. */
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
 * Prints its own errors.  Returns the exit status of prun; may also end prun by a signal.
 * In the background it returns in two processes: that of the caller shall exit with the 0
 * that it gets, the other one runs the job.  No thread may exist yet.
 */
int semaphore_main(const struct options *options);

/*
 * Code that tells a shell how to complete a command line of prun, sem or prunctl.  It is
 * made from the tables of options and of verbs.
 */

/*
 * Prints the code for "bash", "zsh" or "fish".  Returns 0, or -EINVAL with a message for
 * other shells.
 */
int shell_completion_print(FILE *out, const char *shell, struct message *m);

/*
 * The shell functions env_parallel, parset and parsort: --shell-functions prints
 * them, and --_env-request tells env_parallel what its options ask for.
 */

/*
 * Prints the functions in the language of that shell.  Returns 0, or -errno with a message
 * if there are none for it.
 */
int shell_functions_print(FILE *out, const char *shell, struct message *m);

/*
 * Prints what env_parallel is to do: "session", "end-session" or "record-env"; or which
 * variables and functions the jobs get: "all"; "names" and the names of --env, one in a
 * line; or "unlisted" and names, which means what --record-env has not listed, and these.
 */
void shell_functions_answer(FILE *out, const struct env_options *o);

/*
 * --combine-executable: a copy of prun that holds a program and arguments behind its
 * own bytes, and runs that program.
 */

/*
 * Writes the file that o asks for: the program is the first word of the command, and the
 * arguments are argv without this option.  Returns 0, or -errno with a message.
 */
int combined_make(int argc, char *const argv[], const struct options *o,
    struct message *m);

/*
 * What a combined executable holds, and the arguments that are made from it.  It stays all
 * zero if this program is not one.
 */
struct combined {
	char **argv;
	char *words; /* the words, each with a NUL behind it */
	char *path; /* the path of the unpacked program */
};

/*
 * If this program is a combined executable, puts the arguments that it holds before those
 * of *argv, which then belongs to *c.  Returns 0, or -errno with a message.
 */
int combined_expand(struct combined *c, int *argc, char ***argv,
    struct message *m);

void combined_fini(struct combined *c);

#endif
