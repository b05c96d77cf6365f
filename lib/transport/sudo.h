/* SPDX-License-Identifier: ISC */

/*
 * What makes a command one of sudo's: the words before it, and the marker that
 * sudo asks for the password with.
 */
#ifndef TRANSPORT_SUDO_H
#define TRANSPORT_SUDO_H

#include <stdbool.h>
#include <stddef.h>

#include "prun.h"

#define SUDO_MARKER_SIZE 48

/* Of a plan.  All zero: no sudo. */
struct sudo_plan {
	bool on;
	bool asks; /* -S: stdin and stderr are for a sudo_talk */
	bool merge; /* its stderr goes where its stdout goes */
	bool trusted; /* its command is none that could show the marker */
	const struct prun_secret *secret; /* lent; NULL: none */
	char *user; /* NULL: root */
	char marker[SUDO_MARKER_SIZE];
};

/* 0 or -errno: a marker that nobody can guess. */
int sudo_marker(char marker[SUDO_MARKER_SIZE]);

/*
 * "sudo -S -p MARKER -u USER --preserve-env=A,B -- argv...": a vector to be
 * freed with sudo_words_free(); the words are lent.  check: -v, no command.
 */
struct sudo_words {
	const char **argv;
	char *preserve;
};

int sudo_words(const struct prun_sudo *sudo, const char *marker, bool check,
    const char *const *argv, struct sudo_words *words);
void sudo_words_free(struct sudo_words *words);

/* Finds the marker in what a job writes, though it come in pieces. */
struct sudo_filter {
	const char *marker; /* lent; its first byte is nowhere else in it */
	size_t held; /* bytes of it that were seen last */
};

/*
 * Take from data up to the end of the first marker, *used bytes; what is none
 * of it goes to out, which has room for n + SUDO_MARKER_SIZE.  Was there one?
 */
bool sudo_filter_take(struct sudo_filter *f, const char *data, size_t n,
    size_t *used, char *out, size_t *out_len);

/* No more will come: what was held back is no marker. */
size_t sudo_filter_flush(struct sudo_filter *f, char *out);

#endif
