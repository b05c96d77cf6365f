/* SPDX-License-Identifier: ISC */

/* Owns the public functions of passwords and of sudo's check. */
#include "base/secret.h"
#include "prun.h"
#include "transport/sudo_run.h"

int
prun_secret_new(size_t size, struct prun_secret **sp)
{
	return secret_new(size, sp);
}

char *
prun_secret_text(struct prun_secret *s)
{
	return s->text;
}

void
prun_secret_free(struct prun_secret *s)
{
	secret_free(s);
}

int
prun_sudo_check(const struct prun_sudo *sudo, int err, prun_sudo_ask_fn *ask,
    void *arg, struct prun_sudo_answer *answer)
{
	return sudo_run(sudo, NULL, err, -1, ask, arg, answer);
}
