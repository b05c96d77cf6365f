/* SPDX-License-Identifier: ISC */

/* Owns the tags of jobs: their text and, with --tag-color, their width. */
#include <string.h>

#include "input/batch.h"
#include "input/input.h"
#include "run/run_internal.h"
#include "terminal/width.h"

/* how many tags are made before the run to find the widest */
#define MEASURED 1000
#define SEPARATOR " | " /* follows a tag that is padded */

static const char *
tag_template(const struct output_options *o)
{
	return o->tagstring != NULL ? o->tagstring : "{}";
}

static void
measure(struct run *run, struct batches *batches)
{
	struct message message = { "" };
	struct batch batch;
	struct text text;

	for (int i = 0; i < MEASURED; i++) {
		if (batches_next(batches, &batch, &message) <= 0)
			break;
		struct command_job job = { .seq = batch.seq,
			.slot = run->slots };

		run_lend_values(&job, &batch);
		if (template_expand(run->tag, &job, &text, &message) != 0)
			break;
		if (width_of(text) > run->tag_width)
			run->tag_width = width_of(text);
	}
}

/*
 * May the values be read a second time?  And does it have no effect to make their tags
 * twice?
 */
static bool
may_measure(const struct options *o)
{
	if (o->batch.fill || o->report.resume == RESUME_RETRY ||
	    o->hosts.each || o->input.nsources == 0 || o->pipe.enabled ||
	    o->pipe.part || strstr(tag_template(&o->output), "{=") != NULL)
		return false;
	for (size_t i = 0; i < o->input.nsources; i++)
		if (o->input.sources[i].kind != SOURCE_ARGUMENTS)
			return false;
	return true;
}

/* A tag that is found to be wider later makes only the tags after it wider. */
static void
measure_tags(struct run *run)
{
	struct input_options input = run->options->input;
	struct batches *batches = NULL;
	struct message message = { "" };
	struct input *in = NULL;

	if (!may_measure(run->options))
		return;
	input.shuffle = false;
	input.more = NULL;
	input.warn = NULL;
	if (input_new(&input, &message, &in) == 0 &&
	    batches_new(&run->options->batch, NULL, in, &batches) == 0)
		measure(run, batches);
	batches_free(batches);
	input_free(in);
}

int
run_init_tag(struct run *run, struct message *message)
{
	const struct output_options *o = &run->options->output;
	int error;

	if (!o->tag || o->mode == OUTPUT_UNGROUP)
		return 0;
	error = template_new(run->command, tag_template(o), message, &run->tag);
	if (error == 0 && run->options->report.color_tag)
		measure_tags(run);
	return error;
}

static int
pad(struct run *run, struct text tag)
{
	size_t width = width_of(tag);
	int error = 0;

	if (width > run->tag_width)
		run->tag_width = width;
	for (; width < run->tag_width && error == 0; width++)
		error = bytes_add_char(&run->tag_text, ' ');
	return error == 0 ? bytes_add_string(&run->tag_text, SEPARATOR) : error;
}

int
run_tag(struct run *run, const struct command_job *job, const char **tag,
    struct message *message)
{
	struct text text;
	int error = 0;

	*tag = NULL;
	if (run->tag == NULL)
		return 0;
	if (run->each.now != NULL && run->options->output.tagstring == NULL)
		text = text_of(run->each.now->login->name);
	else
		error = template_expand(run->tag, job, &text, message);
	if (error != 0)
		return error;
	run->tag_text.len = 0;
	run_check(bytes_add_text(&run->tag_text, text));
	run_check(run->options->report.color_tag ?
		pad(run, text) :
		bytes_add_char(&run->tag_text, '\t'));
	run_check(bytes_terminate(&run->tag_text));
	*tag = run->tag_text.data;
	return 0;
}
