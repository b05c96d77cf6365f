/* SPDX-License-Identifier: ISC */

/*
 * The words in front of a command that sudo is to run, and the marker that sudo asks
 * for the password with.
 */
#ifndef TRANSPORT_SUDO_WORDS_H
#define TRANSPORT_SUDO_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "prun.h"

#define SUDO_MARKER_SIZE 48

/* Make a marker that nobody can guess.  0 or -errno. */
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

/* Finds the marker in what is read from sudo, though it may come in pieces. */
struct sudo_filter {
	const char *marker; /* lent; its first byte is nowhere else in it */
	size_t held; /* so many bytes of the marker were read last */
};

/*
 * Take from data up to the end of the first marker, *used bytes.  What does not
 * belong to the marker goes to out, which has room for n + SUDO_MARKER_SIZE.  Was
 * there a marker?
 */
bool sudo_filter_take(struct sudo_filter *f, const char *data, size_t n,
    size_t *used, char *out, size_t *out_len);

/* What was held back does not become a marker: put it into out.  Its length. */
size_t sudo_filter_flush(struct sudo_filter *f, char *out);

#endif
