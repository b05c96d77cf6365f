/* SPDX-License-Identifier: ISC */

/*
 * Owns what sudo does at each step of a child's life, and its state from the plan to
 * the end.  The prompt and the kills are in files of their own.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "transport/sudo_prompt.h"
#include "transport/sudo_run.h"
#include "transport/sudo_words.h"
#include "transport/transport.h"

struct sudo_job {
	/* The first field, since the functions of the prompt get a pointer to it. */
	struct sudo_asks asks;
	char marker[SUDO_MARKER_SIZE];
	char *user; /* NULL: root */
	unsigned uses;
};

static void
sudo_free(void *state)
{
	struct sudo_job *s = state;

	if (--s->uses > 0)
		return;
	free(s->user);
	free(s);
}

static void
sudo_share(void *state)
{
	struct sudo_job *s = state;

	s->uses++;
}

static int
sudo_new(const struct prun_spec *spec, struct sudo_job **sp)
{
	const struct prun_sudo *sudo = spec->sudo;
	struct sudo_job *s = calloc(1, sizeof(*s));
	int error = 0;

	if (s == NULL)
		return -ENOMEM;
	s->uses = 1;
	s->asks.secret = sudo->secret;
	if (sudo->user != NULL) {
		s->user = strdup(sudo->user);
		error = s->user == NULL ? -ENOMEM : 0;
	}
	if (error == 0 && !sudo->quiet) {
		s->asks.marker = s->marker;
		s->asks.merge = spec->err.kind == PRUN_STDIO_STDOUT;
		error = sudo_marker(s->marker);
	}
	if (error != 0)
		sudo_free(s);
	else
		*sp = s;
	return error;
}

static int
sudo_plan(struct plan *plan, const struct prun_spec *spec,
    const struct plan_base *base, const char *extra, void **state)
{
	const char *const line[] = { plan_shell(spec), "-c", spec->command,
		NULL };
	struct prun_spec own = *spec;
	struct sudo_words words;
	struct sudo_job *s;
	int error = sudo_new(spec, &s);

	if (error != 0)
		return error;
	error = sudo_words(spec->sudo, s->marker, false,
	    spec->argv != NULL ? spec->argv : line, &words);
	if (error == 0) {
		own.argv = words.argv;
		own.command = own.file = NULL;
		if (s->asks.merge)
			own.err.kind = PRUN_STDIO_NULL;
		error = plan_set(plan, &own, base, extra);
		sudo_words_free(&words);
	}
	if (error != 0)
		sudo_free(s);
	else
		*state = s;
	return error;
}

static int
sudo_kill(void *state, struct tree_kill *tree, int sig)
{
	const struct sudo_job *s = state;

	return sudo_kill_tree(s->user, s->asks.secret, tree, sig);
}

const struct transport_ops transport_sudo = {
	.name = "sudo",
	.plan = sudo_plan,
	.attach = sudo_prompt_attach,
	.started = sudo_prompt_started,
	.drained = sudo_prompt_drained,
	.settle = sudo_prompt_settle,
	.detach = sudo_prompt_detach,
	.kill = sudo_kill,
	.share = sudo_share,
	.free = sudo_free,
};
