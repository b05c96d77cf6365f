/* SPDX-License-Identifier: ISC */

/* Owns the public functions of passwords and of sudo's check. */
#include "base/secret.h"
#include "process/spec_copy.h"
#include "prun.h"
#include "transport/sudo.h"

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
	struct prun_sudo own;
	struct prun_sudo_answer own_answer = { 0 };
	int error = sized_in(&own, sizeof(own), sudo, sudo->size, SUDO_FIRST);

	if (error == 0)
		error = sized_check(answer->size, SUDO_ANSWER_FIRST);
	if (error == 0)
		error = sudo_run(&own, NULL, err, -1, ask, arg, &own_answer);
	if (error == 0)
		sized_out(answer, answer->size, &own_answer,
		    sizeof(own_answer));
	return error;
}
