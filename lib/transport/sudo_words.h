/* SPDX-License-Identifier: ISC */

/*
 * The words in front of a command that sudo runs, and the marker with which sudo asks
 * for the password.
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
 * "sudo -S -p MARKER -u USER --preserve-env=A,B -- argv...": a vector to be freed with
 * sudo_words_free(); it borrows the words.  check: "-v" and no command.
 */
struct sudo_words {
	const char **argv;
	char *preserve;
};

int sudo_words(const struct prun_sudo *sudo, const char *marker, bool check,
    const char *const *argv, struct sudo_words *words);
void sudo_words_free(struct sudo_words *words);

/* Finds the marker in what is read from sudo, even if it comes in pieces. */
struct sudo_filter {
	const char *marker; /* lent; its first byte is nowhere else in it */
	size_t held; /* how many bytes of the marker the last bytes are */
};

/*
 * Take bytes of data up to the end of the first marker; *used is how many.  Bytes that
 * do not belong to the marker go to out, which has room for n + SUDO_MARKER_SIZE.
 * Returns whether there was a marker.
 */
bool sudo_filter_take(struct sudo_filter *f, const char *data, size_t n,
    size_t *used, char *out, size_t *out_len);

/* The bytes that were held back are no marker: put them into out.  Returns how many. */
size_t sudo_filter_flush(struct sudo_filter *f, char *out);

#endif
