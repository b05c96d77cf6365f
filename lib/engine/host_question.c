/* SPDX-License-Identifier: ISC */

/*
 * Owns the questions that go to the program at the other end of a host, and their answers.
 * Knows nothing of what they mean.
 */
#include <errno.h>
#include <string.h>

#include "engine/host.h"

int
host_ask(struct prun_host *host, const char *question)
{
	struct buf bytes = { 0 };
	struct field_writer w = { .out = &bytes };

	if (!host_has_agent(host) || host->answered == NULL)
		return -EINVAL;
	if (host->state != PRUN_HOST_UP)
		return -ENOTCONN;
	field_put_string(&w, question);
	if (w.error == 0) {
		host->open_questions++;
		host_send(host, FRAME_ASK, 0, bytes.data, bytes.len);
	}
	buf_fini(&bytes);
	return w.error;
}

int
host_take_answer(struct prun_host *host, const struct frame *f)
{
	struct field_reader r = field_reader(f);
	const char *answer = field_string(&r);

	if (fields_end(&r) != 0 || answer == NULL || host->open_questions == 0)
		return -EPROTO;
	host->open_questions--;
	host->answered(host, answer, host->arg);
	return 0;
}
