/* SPDX-License-Identifier: ISC */

/* --report from a job log, without a run. */
#ifndef FORMATS_HTML_H
#define FORMATS_HTML_H

#include "report/report_options.h"
#include "text/text.h"

/*
 * Reads o->from_joblog and writes o->html.  0, -errno with a message, or 1: the page could
 * not be written, which the user has been told.
 */
int html_from_joblog(const struct report_options *o, struct message *message);

#endif
