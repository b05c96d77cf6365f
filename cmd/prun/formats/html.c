/* SPDX-License-Identifier: ISC */

/*
 * Owns --report: the data of a page that shows the run.  The page lists each job while
 * it is small enough for a browser; after that it lists only the jobs that failed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "formats/html.h"
#include "report/job_name.h"
#include "report/json.h"
#include "report/sink.h"
#include "report/spool.h"
#include "results/joblog_file.h"
#include "text/clock.h"
#include "text/file.h"
#include "text/utf8.h"

/* clang-format off */
static const char html_page_head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\"><title>prun report</title>\n"
    "<style>\n"
    "body{font:14px/1.4 system-ui,sans-serif;margin:1.5em;color:#222;background:#fff}\n"
    "h1{font-size:1.3em}h2{font-size:1.1em;margin-top:1.5em}\n"
    "code,pre{font-family:ui-monospace,monospace}pre{background:#f4f4f4;padding:.6em;overflow:auto}\n"
    "svg{width:100%;background:#fafafa;border:1px solid #ddd}\n"
    "table{border-collapse:collapse}td,th{padding:.15em .6em;text-align:left;border-bottom:1px solid #eee}\n"
    "th{cursor:pointer}td.n{text-align:right}\n"
    ".passed{fill:#2a9d5c;color:#1d7a45}.flaky{fill:#e0a100;color:#9a6f00}\n"
    ".failed{fill:#d33;color:#b00}.timeout{fill:#a3a;color:#818}.signal{fill:#e60;color:#b40}\n"
    ".use{fill:#69c}text{font-size:11px}\n"
    "</style></head><body>\n"
    "<h1>prun: <code id=\"template\"></code></h1><p id=\"counts\"></p>\n"
    "<h2>Timeline</h2><svg id=\"timeline\"></svg>\n"
    "<h2>Use of the slots</h2><svg id=\"use\"></svg>\n"
    "<h2>Failed</h2><div id=\"failed\"></div>\n"
    "<h2>Slowest</h2><table id=\"slowest\"></table>\n"
    "<h2>All jobs</h2><p><input id=\"filter\" placeholder=\"filter\"> <span id=\"shown\"></span></p><table id=\"jobs\"></table>\n"
    "<script type=\"application/json\" id=\"data\">\n";

static const char html_page_end[] =
    "</script>\n"
    "<script>\n"
    "'use strict';\n"
    "const $ = id => document.getElementById(id);\n"
    "const data = JSON.parse($('data').textContent);\n"
    "const KEYS = ['seq', 'slot', 'start', 'time', 'outcome', 'tries', 'command', 'output'];\n"
    "const jobs = data.jobs.map(row => Object.fromEntries(KEYS.map((key, i) => [key, row[i]])));\n"
    "const SVG = 'http://www.w3.org/2000/svg', MOST_ROWS = 500, MOST_BARS = 2000;\n"
    "function add(parent, name, attributes, text) {\n"
    "\tconst e = parent.namespaceURI === SVG ? document.createElementNS(SVG, name) : document.createElement(name);\n"
    "\tfor (const [key, value] of Object.entries(attributes || {})) e.setAttribute(key, value);\n"
    "\tif (text !== undefined) e.textContent = text;\n"
    "\treturn parent.appendChild(e);\n"
    "}\n"
    "const kind = o => ['passed', 'flaky', 'timeout', 'signal'].includes(o) ? o : 'failed';\n"
    "const failed = jobs.filter(j => !['passed', 'flaky'].includes(j.outcome));\n"
    "const seconds = s => s.toFixed(3) + ' s';\n"
    "$('template').textContent = data.template;\n"
    "$('counts').textContent = Object.entries(data.counts).map(([key, n]) => n + ' ' + key).join(', ') +\n"
    "\t(data.omitted ? ', ' + data.omitted + ' of them not shown one by one' : '');\n"
    "/* A log without slots: the first lane that is free. */\n"
    "const lanes = [];\n"
    "for (const j of [...jobs].sort((a, b) => a.start - b.start)) {\n"
    "\tif (j.slot > 0) continue;\n"
    "\tlet i = lanes.findIndex(end => end <= j.start);\n"
    "\tif (i < 0) i = lanes.length;\n"
    "\tlanes[i] = j.start + j.time;\n"
    "\tj.slot = i + 1;\n"
    "}\n"
    "const slots = jobs.reduce((n, j) => Math.max(n, j.slot), 0);\n"
    "const end = jobs.reduce((n, j) => Math.max(n, j.start + j.time), 0.001);\n"
    "const W = 1000, H = Math.max(4, Math.min(18, 600 / Math.max(1, slots)));\n"
    "/* Many jobs: those of one lane that share a pixel are one bar, and a failure shows. */\n"
    "function bars() {\n"
    "\tconst each = jobs.map(j => ({ slot: j.slot, x: j.start / end * W, w: Math.max(0.5, j.time / end * W), kind: kind(j.outcome), job: j, n: 1 }));\n"
    "\tif (each.length <= MOST_BARS) return each;\n"
    "\tconst pixels = new Map(), rank = { passed: 0, flaky: 1, signal: 2, timeout: 3, failed: 4 };\n"
    "\tfor (const b of each) {\n"
    "\t\tfor (let x = Math.floor(b.x); x <= Math.min(W - 1, Math.floor(b.x + b.w)); x++) {\n"
    "\t\t\tconst key = b.slot * W + x, old = pixels.get(key);\n"
    "\t\t\tif (!old) pixels.set(key, { slot: b.slot, x, w: 1, kind: b.kind, job: b.job, n: 1 });\n"
    "\t\t\telse { old.n++; if (rank[b.kind] > rank[old.kind]) { old.kind = b.kind; old.job = b.job; } }\n"
    "\t\t}\n"
    "\t}\n"
    "\tconst merged = [];\n"
    "\tfor (const b of [...pixels.values()].sort((a, c) => a.slot - c.slot || a.x - c.x)) {\n"
    "\t\tconst last = merged[merged.length - 1];\n"
    "\t\tif (last && last.slot === b.slot && last.kind === b.kind && last.x + last.w === b.x) { last.w++; last.n += b.n; }\n"
    "\t\telse merged.push(b);\n"
    "\t}\n"
    "\treturn merged;\n"
    "}\n"
    "const svg = $('timeline');\n"
    "svg.setAttribute('viewBox', '0 0 ' + (W + 60) + ' ' + (slots * H + 20));\n"
    "for (const b of bars()) {\n"
    "\tconst r = add(svg, 'rect', { x: 50 + b.x, y: (b.slot - 1) * H, width: b.w, height: H - 1, class: b.kind });\n"
    "\tadd(r, 'title', {}, b.n > 1 ? b.n + ' jobs, among them job ' + b.job.seq + ': ' + b.job.outcome :\n"
    "\t\t'job ' + b.job.seq + ': ' + b.job.outcome + ', ' + seconds(b.job.time) + '\\n' + b.job.command);\n"
    "}\n"
    "for (let i = 0; i < slots && H > 10; i++) add(svg, 'text', { x: 2, y: i * H + 12 }, 'slot ' + (i + 1));\n"
    "for (let i = 0; i <= 5; i++) add(svg, 'text', { x: 50 + i * W / 5 - (i === 5 ? 40 : 0), y: slots * H + 14 }, seconds(end * i / 5));\n"
    "const busy = Array(slots + 1).fill(0);\n"
    "for (const j of jobs) busy[j.slot] += j.time;\n"
    "const use = $('use');\n"
    "use.setAttribute('viewBox', '0 0 ' + (W + 60) + ' ' + (slots * H + 2));\n"
    "for (let i = 1; i <= slots; i++) {\n"
    "\tconst share = Math.min(1, busy[i] / end);\n"
    "\tadd(add(use, 'rect', { x: 50, y: (i - 1) * H, width: share * W, height: H - 1, class: 'use' }), 'title', {}, 'slot ' + i + ': ' + Math.round(share * 100) + ' %');\n"
    "\tif (H > 10) add(use, 'text', { x: 2, y: i * H - 4 }, Math.round(share * 100) + ' %');\n"
    "}\n"
    "for (const j of failed.slice(0, MOST_ROWS)) {\n"
    "\tconst d = add($('failed'), 'details', {}), s = add(d, 'summary', { class: kind(j.outcome) });\n"
    "\ts.textContent = 'job ' + j.seq + ': ' + j.outcome + ' after ' + seconds(j.time) + ': ';\n"
    "\tadd(s, 'code', {}, j.command);\n"
    "\tadd(d, 'pre', {}, j.output || '(no output)');\n"
    "}\n"
    "if (!failed.length) $('failed').textContent = 'none';\n"
    "function fill(table, list) {\n"
    "\ttable.replaceChildren();\n"
    "\tconst head = add(table, 'tr');\n"
    "\tfor (const key of KEYS.slice(0, 7)) add(head, 'th', {}, key).onclick = () => sortBy(key);\n"
    "\tfor (const j of list) {\n"
    "\t\tconst tr = add(table, 'tr');\n"
    "\t\tfor (const key of KEYS.slice(0, 7)) add(tr, 'td', { class: key === 'outcome' ? kind(j.outcome) : key === 'command' ? '' : 'n' },\n"
    "\t\t\tkey === 'start' || key === 'time' ? seconds(j[key]) : j[key]);\n"
    "\t}\n"
    "}\n"
    "fill($('slowest'), [...jobs].sort((a, b) => b.time - a.time).slice(0, 20));\n"
    "let order = 'seq', down = false;\n"
    "function show() {\n"
    "\tconst word = $('filter').value;\n"
    "\tconst list = jobs.filter(j => (j.seq + ' ' + j.outcome + ' ' + j.command).includes(word));\n"
    "\tlist.sort((a, b) => (a[order] < b[order] ? -1 : a[order] > b[order] ? 1 : 0) * (down ? -1 : 1));\n"
    "\tfill($('jobs'), list.slice(0, MOST_ROWS));\n"
    "\t$('shown').textContent = Math.min(list.length, MOST_ROWS) + ' of ' + list.length;\n"
    "}\n"
    "function sortBy(key) { down = key === order && !down; order = key; show(); }\n"
    "$('filter').oninput = show;\n"
    "show();\n"
    "document.body.dataset.ready = jobs.length + ' ' + failed.length + ' ' + svg.querySelectorAll('rect').length;\n"
    "</script></body></html>\n";
/* clang-format on */

#define OUTPUT_TAIL ((size_t)2048)
#define COMMAND_MOST ((size_t)200)
/*
 * The page lists all jobs until it has JOBS_LIMIT bytes, and then only jobs that failed until
 * it has FAILED_LIMIT bytes.
 */
#define JOBS_LIMIT ((uint64_t)3500000)
#define FAILED_LIMIT ((uint64_t)4800000)

struct html {
	struct sink sink;
	struct spool spool;
	double began; /* seconds since the Epoch */
	uint64_t shown, omitted;
	struct bytes text, json;
};

struct html_job {
	uint64_t seq;
	unsigned slot; /* 0: not known */
	double started, elapsed;
	const char *outcome;
	unsigned tries;
	const char *host; /* NULL: this machine */
	struct text command, output;
};

/* Adds the value with each "<" escaped: "</script" would end the element it stands in. */
static int
add_json(struct html *h, struct bytes *out, json_t *value)
{
	const char *p, *end;
	size_t n;
	int error;

	h->json.len = 0;
	error = json_add(&h->json, value);
	for (size_t i = 0; i < h->json.len && error == 0; i += n) {
		p = h->json.data + i;
		end = memchr(p, '<', h->json.len - i);
		n = end != NULL ? (size_t)(end - p) : h->json.len - i;
		error = bytes_add(out, p, n);
		if (error == 0 && end != NULL) {
			error = bytes_add_string(out, "\\u003c");
			n++;
		}
	}
	return error;
}

static int
add_job(struct html *h, const struct html_job *j)
{
	struct bytes *out = &h->spool.kept.memory;
	int error = bytes_add_format(out, "%s\n[%" PRIu64 ",%u,%.6f,%.6f,",
	    h->shown > 0 ? "," : "", j->seq, j->slot,
	    j->started > h->began ? j->started - h->began : 0, j->elapsed);

	h->text.len = 0;
	if (error == 0 && j->host != NULL)
		error = bytes_add_format(&h->text, "%.100s: ", j->host);
	if (error == 0)
		error = job_name_add_cut(&h->text, j->command, COMMAND_MOST);
	if (error == 0)
		error = bytes_add_format(out, "\"%s\",%u,", j->outcome,
		    j->tries);
	if (error == 0)
		error = add_json(h, out, json_text(bytes_text(&h->text)));
	if (error == 0 && j->output.len > 0) {
		error = bytes_add_char(out, ',');
		if (error == 0)
			error = add_json(h, out,
			    json_text(utf8_trim(j->output)));
	}
	return error != 0 ? error : bytes_add_char(out, ']');
}

static void
html_add(struct html *h, const struct html_job *j, bool passed)
{
	if (spool_length(&h->spool) > (passed ? JOBS_LIMIT : FAILED_LIMIT)) {
		h->omitted++;
		return;
	}
	spool_add(&h->spool, add_job(h, j));
	h->shown++;
}

static void
ended(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	char tail[OUTPUT_TAIL];
	const bool passed = outcome_of(r) == OUTCOME_PASSED;
	struct html_job job = {
		.seq = task->seq,
		.slot = r->slot,
		.started = r->started,
		.elapsed = r->elapsed,
		.outcome = report_task_is_flaky(task, r) ?
		    "flaky" :
		    outcome_name(outcome_of(r)),
		.tries = r->tries,
		.host = task->host_name,
		.command = bytes_text(&task->line),
	};

	if (!passed)
		job.output = report_task_tail(task, r, tail, sizeof(tail));
	html_add((struct html *)s, &job, passed);
}

/* Adds what comes before the jobs.  The title is the command, or the name of the log. */
static int
add_header(struct html *h, const struct tally *t, uint64_t unstarted,
    struct text title, struct bytes *out)
{
	int error = bytes_add_string(out, html_page_head);

	if (error == 0)
		error = bytes_add_string(out, "{\"template\":");
	h->text.len = 0;
	if (error == 0)
		error = job_name_add_cut(&h->text, title, COMMAND_MOST);
	if (error == 0)
		error = add_json(h, out, json_text(bytes_text(&h->text)));
	return error != 0 ?
	    error :
	    bytes_add_format(out,
		",\"counts\":{\"passed\":%" PRIu64 ",\"flaky\":%" PRIu64
		",\"failed\":%" PRIu64 ",\"stopped\":%" PRIu64
		",\"left out\":%" PRIu64 ",\"never started\":%" PRIu64
		"},\"omitted\":%" PRIu64 ",\"jobs\":[",
		t->succeeded, t->flaky, t->failed, t->stopped, t->skipped,
		unstarted, h->omitted);
}

static void
html_finish(struct html *h, const struct tally *t, uint64_t unstarted,
    struct text title)
{
	struct bytes header = { 0 }, footer = { 0 };

	spool_add(&h->spool, add_header(h, t, unstarted, title, &header));
	spool_add(&h->spool,
	    bytes_add_format(&footer, "\n]}\n%s", html_page_end));
	spool_finish(&h->spool, &h->sink, bytes_text(&header),
	    bytes_text(&footer));
	bytes_fini(&header);
	bytes_fini(&footer);
}

static void
finished(struct sink *s, const struct report_end *end)
{
	struct html *h = (struct html *)s;
	struct bytes template = { 0 };
	bool more;

	spool_add(&h->spool,
	    report_add_template(s->context->options, &template));
	html_finish(h, end->tally, end->unstarted(end->arg, &more),
	    bytes_text(&template));
	bytes_fini(&template);
}

static void
html_fini(struct html *h)
{
	spool_close(&h->spool);
	bytes_fini(&h->text);
	bytes_fini(&h->json);
}

static void
html_close(struct sink *s)
{
	html_fini((struct html *)s);
	free(s);
}

static const struct sink_ops ops = {
	.ended = ended,
	.finished = finished,
	.close = html_close,
};

int
html_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	struct html *h;
	int error;

	if (c->options->html == NULL || c->dry_run)
		return 0;
	error = sink_new(sizeof(*h), &ops, "--report", sp, message);
	if (error != 0)
		return error;
	h = (struct html *)*sp;
	h->began = clock_date();
	sink_want_tail(c, OUTPUT_TAIL);
	return spool_open(&h->spool, c, "--report", c->options->html, message);
}

/* The log is read twice: the first time only to find the earliest start. */
struct html_log {
	struct html *html;
	struct tally tally;
};

static int
look_at_row(const struct joblog_row *row, void *arg)
{
	struct html_log *log = arg;

	if (log->html->began <= 0 || row->started < log->html->began)
		log->html->began = row->started;
	return 0;
}

static int
add_row(const struct joblog_row *row, void *arg)
{
	struct html_log *log = arg;
	struct prun_result r = { .status = row->exitval & 0xff,
		.signal = (int)row->signal,
		.flags = row->exitval == JOBLOG_TIMED_OUT ?
		    PRUN_RESULT_TIMED_OUT :
		    0 };
	const struct html_job job = {
		.seq = row->seq,
		.slot = row->slot > 0 ? (unsigned)row->slot : 0,
		.started = row->started,
		.elapsed = row->elapsed,
		.outcome = outcome_name(outcome_of(&r)),
		.tries = 1,
		.command = row->command,
	};

	if (row->exitval == JOBLOG_LEFT_OUT) {
		log->tally.skipped++;
		return 0;
	}
	tally_add(&log->tally, &r, false);
	html_add(log->html, &job, outcome_of(&r) == OUTCOME_PASSED);
	return 0;
}

int
html_from_joblog(const struct report_options *o, struct message *message)
{
	struct sink_context context = { .options = o,
		.tmpdir = temporary_folder(o->tmpdir) };
	struct html html = { .sink = { .ops = &ops, .context = &context } };
	struct html_log log = { .html = &html };
	int error = joblog_file_read(o->from_joblog, "--from-joblog",
	    look_at_row, &log, message);

	if (error != 0)
		return error;
	error = spool_open(&html.spool, &context, "--report", o->html, message);
	if (error == 0)
		error = joblog_file_read(o->from_joblog, "--from-joblog",
		    add_row, &log, message);
	if (error == 0)
		html_finish(&html, &log.tally, 0, text_of(o->from_joblog));
	html_fini(&html);
	return error == 0 && context.failed ? 1 : error;
}
