/* SPDX-License-Identifier: ISC */

/*
 * Owns what a worker that stays has done wrong, in words, and that it serves no other
 * task after that.
 */
#include <stdio.h>

#include "engine/worker.h"

/* Writes the bytes in a printable form, as far as there is room. */
static void
show_bytes(char *out, size_t size, const char *data, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 5 < size; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c == '\n')
			n += (size_t)snprintf(out + n, size - n, "\\n");
		else if (c < ' ' || c >= 0x7f || c == '\\')
			n += (size_t)snprintf(out + n, size - n, "\\x%02x", c);
		else
			out[n++] = (char)c;
	}
	out[n] = '\0';
}

void
server_note(struct worker *w, const char *wrong, const char *data, size_t len)
{
	struct server *s = w->server;
	char shown[ANSWER_SHOWN * 4 + 8];

	if (*s->fault != '\0')
		return;
	show_bytes(shown, sizeof(shown), data, len);
	(void)snprintf(s->fault, sizeof(s->fault),
	    "worker %u (pid %ld) %s%s%s%s", s->number, (long)w->child.pid,
	    wrong, len > 0 ? ": '" : "", shown, len > 0 ? "'" : "");
}

void
server_fault(struct worker *w, const char *wrong, const char *data, size_t len)
{
	server_note(w, wrong, data, len);
	w->server->spoiled = true;
	if (worker_lives(w))
		worker_abort(w);
}
