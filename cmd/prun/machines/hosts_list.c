/* SPDX-License-Identifier: ISC */

/*
 * Owns which hosts a run has: those of its options, and those that the files name when they
 * have changed.  Knows no job.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/transfers.h"
#include "machines/hosts.h"
#include "machines/hosts_internal.h"
#include "options/options.h"
#include "report/report.h"
#include "text/clock.h"

/* Seconds: the files are looked at no more often than that. */
#define LOOK_AFTER 1.0

/*
 * Keeps the host that the file still names.  Returns false if there is no host of that
 * name.
 */
static bool
host_stays(struct hosts *hosts, const struct login *login)
{
	bool found = false;

	for (size_t i = 0; i < hosts->n; i++) {
		struct host *host = hosts->list[i];

		if (strcmp(host->login->name, login->name) != 0)
			continue;
		/*
		 * The host was dropped or lost before.  Somebody has written it into the
		 * file again, so it is connected again.
		 */
		if (host->state == HOST_GONE) {
			host->state = HOST_WAITING;
			host->attempts = 0;
		}
		host->leaving = false;
		found = true;
	}
	return found;
}

static int
take_list(struct hosts *hosts, struct login_list *list)
{
	int error = 0;

	for (size_t i = 0; i < hosts->n; i++)
		hosts->list[i]->leaving = hosts->list[i]->login->via == NULL;
	for (size_t i = 0; i < list->n && error == 0; i++) {
		if (host_stays(hosts, &list->logins[i]))
			continue;
		error = hosts_add(hosts, &list->logins[i]);
		if (error != 0)
			break;
		/* The host owns the login from now on. */
		hosts->list[hosts->n - 1]->own = list->logins[i];
		hosts->list[hosts->n - 1]->login = &hosts->list[hosts->n - 1]
							->own;
		list->logins[i] = (struct login){ 0 };
	}
	for (size_t i = 0; i < hosts->n; i++)
		host_leave(hosts->list[i]);
	return error;
}

void
hosts_look_again(struct hosts *hosts)
{
	const struct host_options *o;
	struct login_list list = { 0 };
	struct message m = { "" };
	const double now = clock_steady();
	int r = 0;

	if (hosts == NULL || now < hosts->looked + LOOK_AFTER)
		return;
	o = &hosts->context->options->hosts;
	hosts->looked = now;
	/*
	 * With --onall and --nonall the number of jobs follows from the hosts, which cannot
	 * change any more.
	 */
	if (o->each)
		return;
	for (size_t i = 0; i < o->nsources && r >= 0; i++) {
		int one = login_source_again(&o->sources[i], &m);

		r = one != 0 ? one : r;
	}
	if (r > 0)
		r = login_list_make(&list, o->sources, o->nsources,
			o->via != NULL, &m) == 0 ?
		    1 :
		    -1;
	if (r > 0 && take_list(hosts, &list) != 0)
		r = message_errno(&m, -ENOMEM, "--sshloginfile");
	login_list_fini(&list);
	if (r < 0) {
		report_message(hosts->context->report, true);
		warnx("%s: the hosts stay as they are", m.text);
		report_message(hosts->context->report, false);
	}
	if (r > 0) {
		hosts_connect(hosts);
		hosts_count_slots(hosts);
	}
}

/*
 * The agent on the host sets these variables: only there a job that was sent ahead gets its
 * slot.
 */
static int
slot_variables(struct hosts *hosts)
{
	const char *own = hosts->context->options->policy.slot_variable;

	hosts->slot_variables[0] = strdup("PARALLEL_JOBSLOT=1");
	if (hosts->slot_variables[0] == NULL)
		return -ENOMEM;
	if (own != NULL &&
	    asprintf(&hosts->slot_variables[1], "%s=0", own) == -1) {
		hosts->slot_variables[1] = NULL;
		return -ENOMEM;
	}
	return 0;
}

int
hosts_open(const struct hosts_context *context, struct hosts **hp,
    struct message *m)
{
	const size_t n = context->options->hosts.n;
	struct hosts *hosts;
	int error = 0;

	*hp = NULL;
	if (n == 0)
		return 0;
	hosts = calloc(1, sizeof(*hosts));
	if (hosts == NULL ||
	    (hosts->context = malloc(sizeof(*context))) == NULL) {
		free(hosts);
		return message_errno(m, -ENOMEM, "--sshlogin");
	}
	*hosts->context = *context;
	hosts->apart = context->options->pipe.cat ||
	    context->options->pipe.fifo || context->worker != NULL ||
	    context->options->sudo.enabled ||
	    context->options->policy.workdir != NULL;
	if (slot_variables(hosts) != 0) {
		hosts_close(hosts);
		return message_errno(m, -ENOMEM, "--sshlogin");
	}
	error = context->options->hosts.by_shell ?
	    ssh_masters_open(&hosts->masters, m) :
	    transfers_base(context->options, &hosts->base, &hosts->files, m);
	for (size_t i = 0; i < n && error == 0; i++)
		error = hosts_add(hosts, &context->options->hosts.logins[i]);
	if (error != 0) {
		hosts_close(hosts);
		return *m->text != '\0' ? error :
					  message_errno(m, error, "--sshlogin");
	}
	*hp = hosts;
	hosts_connect(hosts);
	hosts_count_slots(hosts);
	return 0;
}
