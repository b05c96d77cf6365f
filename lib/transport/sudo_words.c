/* SPDX-License-Identifier: ISC */

/*
 * Owns sudo's command line, and the search for the marker in what sudo writes.  Starts
 * nothing and reads nothing.
 */
#include <sys/random.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/sudo.h"

#define FIXED_WORDS 8

int
sudo_marker(char marker[SUDO_MARKER_SIZE])
{
	unsigned char random[16];
	int n;

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return errno != 0 ? -errno : -EIO;
	n = snprintf(marker, SUDO_MARKER_SIZE, "[prun-");
	for (size_t i = 0; i < sizeof(random); i++)
		n += snprintf(marker + n, SUDO_MARKER_SIZE - (size_t)n, "%02x",
		    random[i]);
	(void)snprintf(marker + n, SUDO_MARKER_SIZE - (size_t)n, "]");
	return 0;
}

/* Makes the word "--preserve-env=A,B". */
static int
sudo_preserve(const char *const *names, char **word)
{
	static const char option[] = "--preserve-env=";
	size_t size = sizeof(option), n = 0;

	for (size_t i = 0; names[i] != NULL; i++)
		size += strlen(names[i]) + 1;
	*word = malloc(size);
	if (*word == NULL)
		return -ENOMEM;
	n = (size_t)snprintf(*word, size, "%s", option);
	for (size_t i = 0; names[i] != NULL; i++)
		n += (size_t)snprintf(*word + n, size - n, "%s%s",
		    i > 0 ? "," : "", names[i]);
	return 0;
}

int
sudo_words(const struct prun_sudo *sudo, const char *marker, bool check,
    const char *const *argv, struct sudo_words *words)
{
	size_t n = 0, i;

	*words = (struct sudo_words){ 0 };
	for (i = 0; argv != NULL && argv[i] != NULL; i++)
		n++;
	words->argv = calloc(n + FIXED_WORDS + 2, sizeof(*words->argv));
	if (words->argv == NULL)
		return -ENOMEM;
	if (!check && sudo->preserve != NULL && sudo->preserve[0] != NULL &&
	    sudo_preserve(sudo->preserve, &words->preserve) != 0) {
		sudo_words_free(words);
		return -ENOMEM;
	}
	n = 0;
	words->argv[n++] = "sudo";
	words->argv[n++] = sudo->quiet ? "-n" : "-S";
	if (!sudo->quiet) {
		words->argv[n++] = "-p";
		words->argv[n++] = marker;
	}
	if (sudo->user != NULL) {
		words->argv[n++] = "-u";
		words->argv[n++] = sudo->user;
	}
	if (words->preserve != NULL)
		words->argv[n++] = words->preserve;
	words->argv[n++] = check ? "-v" : "--";
	for (i = 0; argv != NULL && argv[i] != NULL; i++)
		words->argv[n++] = argv[i];
	return 0;
}

void
sudo_words_free(struct sudo_words *words)
{
	free(words->argv);
	free(words->preserve);
	*words = (struct sudo_words){ 0 };
}

bool
sudo_filter_take(struct sudo_filter *f, const char *data, size_t n,
    size_t *used, char *out, size_t *out_len)
{
	size_t i, to = 0;
	bool found = false;

	for (i = 0; i < n && !found; i++) {
		if (data[i] == f->marker[f->held]) {
			found = f->marker[++f->held] == '\0';
			continue;
		}
		/*
		 * The marker's first byte is nowhere else in the marker, so no other
		 * marker can begin in the bytes that are held back.
		 */
		to += sudo_filter_flush(f, out + to);
		if (data[i] == f->marker[0])
			f->held = 1;
		else
			out[to++] = data[i];
	}
	if (found)
		f->held = 0;
	*used = i;
	*out_len = to;
	return found;
}

size_t
sudo_filter_flush(struct sudo_filter *f, char *out)
{
	size_t n = f->held;

	memcpy(out, f->marker, n);
	f->held = 0;
	return n;
}
