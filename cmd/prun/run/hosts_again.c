/* SPDX-License-Identifier: ISC */

/* Owns what happens when a file that names hosts has changed.  Knows no job. */
#include <err.h>
#include <errno.h>
#include <string.h>

#include "options/options.h"
#include "report/report.h"
#include "run/hosts.h"
#include "run/hosts_internal.h"
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
