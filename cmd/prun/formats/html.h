/* SPDX-License-Identifier: ISC */

/* Makes the page of --report from a job log, without a run. */
#ifndef FORMATS_HTML_H
#define FORMATS_HTML_H

#include "report/report_options.h"
#include "text/text.h"

/*
 * Reads the log o->from_joblog and writes the page o->html.  0, -errno with a message, or 1
 * if the page could not be written and the user has been told so.
 */
int html_from_joblog(const struct report_options *o, struct message *message);

#endif
