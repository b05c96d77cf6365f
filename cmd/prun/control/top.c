/* SPDX-License-Identifier: ISC */

/*
 * Owns the terminal while top shows the jobs of a run.  Asks the run in the same way as
 * any other client.
 */
#include <sys/ioctl.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "control/client.h"
#include "control/request.h"
#include "terminal/width.h"

#define REFRESH_MS 500
#define CTRL_C '\003'

struct top {
	struct connection *connection;
	struct termios before;
	size_t rows, columns;
	json_t *list; /* the run's last answer */
	size_t selected; /* which of its jobs is selected, from 0 */
	struct bytes screen;
	struct message told; /* what the run has refused last; "": nothing */
};

static long long
integer(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

static const json_t *
jobs_of(const struct top *t)
{
	return json_object_get(t->list, "jobs");
}

/* Adds a line to the screen, cut to the screen's width.  0 or -ENOMEM. */
static int
add_line(struct top *t, struct text text, bool inverse)
{
	size_t column = 0;
	int error = bytes_add_string(&t->screen, inverse ? "\033[7m" : "");

	if (error == 0)
		error = width_cut(&t->screen, text, t->columns, WIDTH_NAME,
		    &column);
	return error == 0 ? bytes_add_string(&t->screen, "\033[0m\033[K\r\n") :
			    error;
}

static int
ask(struct top *t, const char *verb, const char *member, json_t *value,
    json_t **answer, struct message *m)
{
	json_t *request = json_pack("{s:s}", "verb", verb);

	if (member != NULL)
		(void)json_object_set_new(request, member, value);
	return connection_ask(t->connection, request, answer, m);
}

/* Gets the last line of the job's output that is not empty.  0 or -errno. */
static int
last_line(struct top *t, long long job, struct bytes *line, struct message *m)
{
	struct bytes tail = { 0 };
	struct text text;
	json_t *answer = NULL;
	const char *newline;
	int error = ask(t, "tail", "job", json_integer(job), &answer, m);

	/* The job has ended meanwhile, or prun does not see what its jobs write. */
	if (error == -EREMOTEIO)
		return 0;
	if (error == 0)
		error = request_add_bytes(&tail,
		    json_object_get(answer, "data"));
	json_decref(answer);
	text = text_trim_right(bytes_text(&tail));
	newline = text.len > 0 ? memrchr(text.data, '\n', text.len) : NULL;
	if (newline != NULL)
		text = (struct text){ newline + 1,
			text.len - (size_t)(newline + 1 - text.data) };
	if (error == 0)
		error = bytes_add_text(line, text);
	bytes_fini(&tail);
	return error;
}

static int
draw_job(struct top *t, size_t i, struct message *m)
{
	const json_t *job = json_array_get(jobs_of(t), i);
	const char *command = json_string_value(json_object_get(job,
	    "command"));
	const char *host = json_string_value(json_object_get(job, "host"));
	struct bytes line = { 0 };
	int error = bytes_add_format(&line, "%6lld %4lld %-9s %8.1f  %s%s%s",
	    integer(job, "job"), integer(job, "slot"),
	    json_string_value(json_object_get(job, "state")),
	    json_number_value(json_object_get(job, "elapsed")),
	    host != NULL ? host : "", host != NULL ? ": " : "",
	    command != NULL ? command : "");

	if (error == 0)
		error = add_line(t, bytes_text(&line), i == t->selected);
	line.len = 0;
	if (error == 0)
		error = bytes_add_string(&line, "            ");
	if (error == 0)
		error = last_line(t, integer(job, "job"), &line, m);
	if (error == 0)
		error = add_line(t, bytes_text(&line), false);
	bytes_fini(&line);
	return error;
}

static int
draw_head(struct top *t)
{
	struct bytes line = { 0 };
	int error = bytes_add_format(&line,
	    "%lld running in %lld slots, %lld succeeded, %lld failed%s%s",
	    integer(t->list, "running"), integer(t->list, "slots"),
	    integer(t->list, "succeeded"), integer(t->list, "failed"),
	    json_is_true(json_object_get(t->list, "paused")) ? ", paused" : "",
	    json_is_true(json_object_get(t->list, "draining")) ?
		", starts no more" :
		"");

	if (error == 0)
		error = add_line(t, bytes_text(&line), false);
	bytes_fini(&line);
	if (error == 0)
		error = add_line(t,
		    text_of(*t->told.text != '\0' ?
			    t->told.text :
			    "p pause  r resume  k kill  + - slots  arrows choose  q quit"),
		    false);
	return error == 0 ?
	    add_line(t, text_of("   JOB SLOT STATE      ELAPSED  COMMAND"),
		false) :
	    error;
}

/*
 * Draws two lines for each job, as many jobs as there is room for, with the selected
 * one among them.
 */
static int
draw(struct top *t, struct message *m)
{
	const size_t n = json_array_size(jobs_of(t));
	const size_t room = t->rows > 5 ? (t->rows - 4) / 2 : 1;
	size_t from;
	int error;

	if (t->selected >= n)
		t->selected = n > 0 ? n - 1 : 0;
	from = t->selected >= room ? t->selected - room + 1 : 0;
	t->screen.len = 0;
	error = bytes_add_string(&t->screen, "\033[H");
	if (error == 0)
		error = draw_head(t);
	for (size_t i = from; i < n && i < from + room && error == 0; i++)
		error = draw_job(t, i, m);
	if (error == 0)
		error = bytes_add_string(&t->screen, "\033[J");
	if (error == 0) {
		(void)fwrite(t->screen.data, 1, t->screen.len, stdout);
		if (fflush(stdout) == EOF)
			error = -errno;
	}
	return error;
}

static void
measure(struct top *t)
{
	struct winsize size;

	t->rows = 24;
	t->columns = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_col == 0)
		return;
	t->rows = size.ws_row;
	t->columns = size.ws_col;
}

/* Sends a verb for the selected job, or for all jobs if there is none. */
static int
tell_job(struct top *t, const char *verb, struct message *m)
{
	const json_t *job = json_array_get(jobs_of(t), t->selected);
	json_t *answer = NULL;
	int error = ask(t, verb, job != NULL ? "job" : NULL,
	    job != NULL ? json_integer(integer(job, "job")) : NULL, &answer, m);

	json_decref(answer);
	return error;
}

static int
tell_slots(struct top *t, long long by, struct message *m)
{
	const long long slots = integer(t->list, "slots") + by;
	json_t *answer = NULL;
	int error = slots < 1 ?
	    0 :
	    ask(t, "jobs", "value", json_sprintf("%lld", slots), &answer, m);

	json_decref(answer);
	return error;
}

/* Does what one key asks for.  1: the user wants to quit; 0; or -errno with a message. */
static int
press(struct top *t, char key, struct message *m)
{
	switch (key) {
	case 'q':
	case CTRL_C:
		return 1;
	case 'p':
		return tell_job(t, "pause", m);
	case 'r':
		return tell_job(t, "resume", m);
	case 'k':
		return tell_job(t, "kill", m);
	case '+':
		return tell_slots(t, 1, m);
	case '-':
		return tell_slots(t, -1, m);
	default:
		return 0;
	}
}

/* An arrow key sends three bytes, ESC [ LETTER. */
static void
press_arrow(struct top *t, char letter)
{
	if (letter == 'A' && t->selected > 0)
		t->selected--;
	if (letter == 'B' && t->selected + 1 < json_array_size(jobs_of(t)))
		t->selected++;
}

/* One read(2) may return several keys.  The result is that of press(). */
static int
press_all(struct top *t, const char *keys, size_t len, struct message *m)
{
	int r = 0;

	for (size_t i = 0; i < len && r == 0; i++) {
		if (len - i >= 3 && keys[i] == '\033' && keys[i + 1] == '[') {
			press_arrow(t, keys[i + 2]);
			i += 2;
		} else {
			r = press(t, keys[i], m);
		}
	}
	return r;
}

static int
wait_for_key(struct top *t, struct message *m)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	char keys[64];
	ssize_t n;
	int r;

	if (poll(&pfd, 1, REFRESH_MS) != 1)
		return 0;
	n = read(STDIN_FILENO, keys, sizeof(keys));
	if (n <= 0)
		return n == -1 && errno == EINTR ? 0 : 1;
	t->told = (struct message){ "" };
	r = press_all(t, keys, (size_t)n, m);
	if (r != -EREMOTEIO)
		return r;
	t->told = *m;
	return 0;
}

static int
top_loop(struct top *t, struct message *m)
{
	int r = 0;

	while (r == 0) {
		json_decref(t->list);
		t->list = NULL;
		r = ask(t, "list", NULL, NULL, &t->list, m);
		if (r != 0)
			break;
		measure(t);
		r = draw(t, m);
		if (r == -ENOMEM)
			return message_errno(m, r, "top");
		if (r == 0)
			r = wait_for_key(t, m);
	}
	/* -EPIPE means that the run has ended. */
	return r > 0 || r == -EPIPE ? 0 : r;
}

int
top_run(struct connection *c, struct message *m)
{
	struct top t = { .connection = c };
	struct termios raw;
	int r;

	if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &t.before) == -1)
		return message_set(m, -ENOTTY, "top: this is no terminal");
	raw = t.before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == -1)
		return message_errno(m, -errno, "top");
	(void)fputs("\033[?1049h\033[?25l", stdout);
	r = top_loop(&t, m);
	(void)fputs("\033[?25h\033[?1049l", stdout);
	(void)fflush(stdout);
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &t.before);
	json_decref(t.list);
	bytes_fini(&t.screen);
	return r;
}
