/* SPDX-License-Identifier: ISC */

/*
 * All sinks, a row each: its name, and the function that opens it.  They are told
 * of each event in this order.
 */
#ifndef REPORT_SINKS_H
#define REPORT_SINKS_H

#include "report/sink.h"

#define SINKS(ROW) \
	ROW(folder, folder_sink) \
	ROW(files, files_sink) \
	ROW(compress, compress_sink) \
	ROW(rows, rows_sink) \
	ROW(errors_only, errors_only_sink) \
	ROW(color, color_sink) \
	ROW(latest, latest_sink) \
	ROW(warnings, warnings_sink) \
	ROW(slow, slow_sink) \
	ROW(digest, digest_sink) \
	ROW(progress, progress_sink) \
	ROW(events, events_sink) \
	ROW(tap, tap_sink) \
	ROW(ci, ci_sink) \
	ROW(summary, summary_sink) \
	ROW(trace, trace_sink) \
	ROW(html, html_sink) \
	ROW(junit, junit_sink) \
	/* The last: what it says is done has been noted by all others. */ \
	ROW(joblog, joblog_sink)

#define SINK_PROTOTYPE(name, open) sink_open_fn open;
SINKS(SINK_PROTOTYPE)
#undef SINK_PROTOTYPE

#endif
