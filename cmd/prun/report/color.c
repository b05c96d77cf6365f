/* SPDX-License-Identifier: ISC */

/*
 * Owns the choice of colours among the 216 of a terminal's cube, and the sink that
 * gives the output of each job its colour.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/color.h"
#include "report/sink.h"

#define CUBE 16 /* the first of 6*6*6 colours */
#define CUBE_SIZE 216
#define BLACK 0
#define WHITE 231
#define RED 196
/*
 * From the colour of one job to that of the next.  It has no common divisor with 216, so
 * that all colours are used, and jobs that follow each other look different.
 */
#define STEP 139

static void
color_text(char text[COLOR_SIZE], unsigned background, unsigned foreground)
{
	(void)snprintf(text, COLOR_SIZE, "\033[48;5;%03u;38;5;%03um\033[K",
	    background, foreground);
}

void
color_of_job(uint64_t seq, char text[COLOR_SIZE])
{
	unsigned n = (unsigned)(seq % CUBE_SIZE) * STEP % CUBE_SIZE;
	unsigned red = n / 36, green = n / 6 % 6, blue = n % 6;
	/* The eye sees green as brighter than red, and red as brighter than blue. */
	unsigned light = 3 * red + 6 * green + blue;

	color_text(text, CUBE + n, light >= 25 ? BLACK : WHITE);
}

void
color_of_failure(char text[COLOR_SIZE])
{
	color_text(text, RED, WHITE);
}

/* The sequence that begins the tag of job seq. */
static const char *
color_of_tag(uint64_t seq)
{
	static const char *const colors[] = { "\033[36m", "\033[33m",
		"\033[32m", "\033[35m", "\033[34m", "\033[96m", "\033[93m",
		"\033[92m", "\033[95m", "\033[94m" };

	return colors[(seq - 1) % (sizeof(colors) / sizeof(colors[0]))];
}

bool
color_is_allowed(enum report_when when)
{
	return when == REPORT_ALWAYS ||
	    (when == REPORT_AUTO && get_variable("NO_COLOR") == NULL);
}

bool
color_is_wanted(enum report_when when, int fd)
{
	const char *force = get_variable("CLICOLOR_FORCE");

	if (when == REPORT_ALWAYS || !color_is_allowed(when))
		return when == REPORT_ALWAYS;
	return (force != NULL && strcmp(force, "0") != 0) ||
	    screen_is_possible(fd);
}

struct color_task {
	struct bytes tag, failed_tag;
};

static void
pool(struct sink *s, struct prun_pool_opts *opts)
{
	struct sink_context *c = s->context;

	/* The jobs write to the terminal themselves, and nobody can colour that. */
	if (opts->output == PRUN_OUTPUT_NONE)
		c->color = c->color_failed = false;
	/* The output waits until its job has ended: only then is it known if it failed. */
	if (c->color_failed && opts->output == PRUN_OUTPUT_GROUP)
		opts->flags |= PRUN_POOL_HOLD;
}

/*
 * Makes what stands before each line of a job.  end is the sequence that ends the colour
 * behind the tag; with NULL the whole line has the colour.
 */
static int
make_tag(struct bytes *out, const char *color, const char *tag, const char *end)
{
	int error;

	out->len = 0;
	error = bytes_add_string(out, color);
	if (error == 0 && tag != NULL)
		error = bytes_add_string(out, tag);
	if (error == 0 && end != NULL)
		error = bytes_add_string(out, end);
	return error != 0 ? error : bytes_terminate(out);
}

static int
started(struct sink *s, struct report_task *task,
    const struct command_job *values, struct prun_spec *spec,
    struct message *message)
{
	struct color_task *own = sink_task_memory(s, task);
	const char *tag = spec->tag;
	char color[COLOR_SIZE];
	int error = 0;

	(void)values;
	if (s->context->color_tag && tag != NULL) {
		error = make_tag(&own->tag, color_of_tag(task->seq), tag,
		    COLOR_END);
		spec->tag = own->tag.data;
	}
	if (s->context->color) {
		color_of_job(task->seq, color);
		error = make_tag(&own->tag, color, tag, NULL);
		spec->tag = own->tag.data;
		spec->tag_end = COLOR_END;
	}
	if (s->context->color_failed && error == 0) {
		color_of_failure(color);
		error = make_tag(&own->failed_tag, color, tag, NULL);
		spec->failed_tag = own->failed_tag.data;
		spec->failed_tag_end = COLOR_END;
	}
	return error == 0 ? 0 : message_errno(message, error, "--color");
}

static void
task_fini(void *memory)
{
	struct color_task *own = memory;

	bytes_fini(&own->tag);
	bytes_fini(&own->failed_tag);
}

static const struct sink_ops ops = {
	.task_size = sizeof(struct color_task),
	.task_fini = task_fini,
	.pool = pool,
	.started = started,
};

/*
 * There is no sink where the output goes into rows of --results, which programs read, or
 * where --latest-line colours whole lines itself.
 */
int
color_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	const bool whole = c->color || c->color_failed;

	if (report_results(c->options) > RESULTS_FILES ||
	    (c->options->latest_line ? !c->color_tag || whole :
				       !c->color_tag && !whole))
		return 0;
	return sink_new(sizeof(**sp), &ops, "--color", sp, message);
}
