/* SPDX-License-Identifier: ISC */

/*
 * Owns the three ways in which tasks are given to workers that stay, and answered: a
 * line in and a status back, a line in and a line back, blocks of shell code in and a
 * status back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/framing.h"

/*
 * The size of a block.  bash reads that many bytes with one read(2), and looks at each
 * of them.  Most tasks fit into 64 bytes; with 128 bytes a task takes an eighth longer.
 */
#define BLOCK 64
#define BLOCK_TEXT "64"
#define STATUS_DIGITS 3

static int
put_line(struct buf *out, const char *task, size_t len)
{
	int error = memchr(task, '\n', len) != NULL ? -EILSEQ : 0;

	if (error == 0)
		error = buf_add(out, task, len);
	return error == 0 ? buf_add(out, "\n", 1) : error;
}

/*
 * bash counts characters where prun counts bytes, so a task that is not pure ASCII is
 * quoted.
 */
static bool
is_plain(const char *task, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)task[i] >= 0x80)
			return false;
	}
	/* A backslash at the end would join the task with what is sent after it. */
	return len == 0 || task[len - 1] != '\\';
}

/* Writes the task as eval $'...'. */
static int
put_quoted(struct buf *out, const char *task, size_t len)
{
	char octal[8];
	int error = buf_add(out, "eval $'", 7);

	for (size_t i = 0; i < len && error == 0; i++) {
		unsigned char c = (unsigned char)task[i];

		if (c >= 0x80 || c == '\n') {
			(void)snprintf(octal, sizeof(octal), "\\%03o", c);
			error = buf_add(out, octal, 4);
		} else {
			if (c == '\\' || c == '\'')
				error = buf_add(out, "\\", 1);
			if (error == 0)
				error = buf_add(out, task + i, 1);
		}
	}
	return error == 0 ? buf_add(out, "'", 1) : error;
}

/* Fills up the last block of the code that begins at begin. */
static int
put_padding(struct buf *out, size_t begin)
{
	char padding[BLOCK];

	memset(padding, ' ', sizeof(padding));
	padding[0] = '\n';
	return buf_add(out, padding, BLOCK - (out->len - begin));
}

/*
 * Turns the code that stands in out from begin on into one block; or, if it is longer
 * than a block, into a block with a # and the code's length, followed by the code.
 */
static int
put_blocks(struct buf *out, size_t begin)
{
	const size_t len = out->len - begin;
	char header[BLOCK + 1];
	int error;

	if (len < BLOCK && out->data[begin] != '#')
		return put_padding(out, begin);
	(void)snprintf(header, sizeof(header), "#%-*zu", BLOCK - 1, len);
	error = buf_reserve(out, BLOCK);
	if (error != 0)
		return error;
	memmove(out->data + begin + BLOCK, out->data + begin, len);
	memcpy(out->data + begin, header, BLOCK);
	out->len += BLOCK;
	return 0;
}

static int
put_shell(struct buf *out, const char *task, size_t len)
{
	const size_t begin = out->len;
	int error = is_plain(task, len) ? buf_add(out, task, len) :
					  put_quoted(out, task, len);

	if (error == 0 && len == 0)
		error = buf_add(out, ":", 1);
	return error == 0 ? put_blocks(out, begin) : error;
}

/*
 * The loop that a shell worker runs stands on one line, so that the shell's messages
 * name line 1 of the task.  The worker's descriptors: 195 is the stdin of tasks, 196
 * their stdout and 197 their stderr; the tasks come from 198, the statuses go to 199.
 * The shell's own stderr is /dev/null, or closed: what the shell says about a task that
 * a signal has ended is not part of the task's output.  A shared worker has its stdin
 * and stderr closed between tasks, since bash need not save a descriptor that is closed
 * before it redirects it: this saves a sixth of the time that a task costs.
 *
 * The user may have functions that are called read, echo or cd, so the builtins are
 * called by "builtin".  A redirection by exec lasts if exec is called by "command", but
 * not by "builtin".  A task may say "set -n", after which the shell takes each command
 * for a success: that ends an until loop, and a while loop would never end.  What an
 * EXIT trap of a shared worker writes is not taken for a status.
 *
 * The loop leaves IFS as the task has set it: "IFS= builtin read" would take a fifth of
 * a task's time, and read -N does not split words.  Before bash 5.0, read drops blanks
 * in front of the code, but these mean nothing.
 */
#define READ_TASK \
	"until ! builtin read -rN" BLOCK_TEXT " -u198 PRUN_TASK;do " \
	"case $PRUN_TASK in '#'*)builtin read \"-rN$((${PRUN_TASK#?}))\" " \
	"-u198 PRUN_TASK;;esac;"

static int
put_program(struct buf *out, const char *before, const char *init,
    const char *loop)
{
	int error = buf_add(out, before, strlen(before));

	/* init stands on the same line as the loop: see READ_TASK. */
	if (error == 0 && init != NULL)
		error = put_quoted(out, init, strlen(init));
	if (error == 0 && init != NULL)
		error = buf_add(out, ";", 1);
	return error == 0 ? buf_add_string(out, loop) : error;
}

static int
program_fork(struct buf *out, const char *init)
{
	return put_program(out, "command exec 198<&0 197>&2 </dev/null;", init,
	    "command exec 2>/dev/null;" READ_TASK
	    "(builtin eval \"$PRUN_TASK\")2>&197 197>&- 198<&- 199>&-;"
	    "builtin echo \"$?\" >&199;done");
}

static int
program_shared(struct buf *out, const char *init)
{
	return put_program(out,
	    "command exec 198<&0 195</dev/null 196>&1 197>&2;"
	    "command exec <&195;",
	    init,
	    "command exec >&199 <&- 2>&-;PRUN_FOLDER=$PWD;" READ_TASK
	    "builtin eval \"$PRUN_TASK\" <&195 >&196 2>&197;builtin echo \"$?\";"
	    "case $PWD in \"$PRUN_FOLDER\");;*)builtin cd -- \"$PRUN_FOLDER\";esac;"
	    "done;command exec >/dev/null");
}

static const struct framing framings[] = {
	[PRUN_WORKER_STATUS] = { "status", true, false, put_line, NULL },
	[PRUN_WORKER_LINE] = { "line", false, false, put_line, NULL },
	[PRUN_WORKER_FORK] = { "fork", true, true, put_shell, program_fork },
	[PRUN_WORKER_SHARED] = { "shared", true, true, put_shell,
	    program_shared },
};

const struct framing *
framing_of(enum prun_worker_kind kind)
{
	if ((unsigned)kind >= sizeof(framings) / sizeof(framings[0]) ||
	    framings[kind].name == NULL)
		return NULL;
	return &framings[kind];
}

static void
answer_refuse(struct answer *a, const char *wrong, const char *data, size_t len)
{
	if (a->wrong != NULL)
		return;
	a->wrong = wrong;
	a->len = len < ANSWER_SHOWN ? len : ANSWER_SHOWN;
	memcpy(a->bytes, data, a->len);
}

static void
answer_parse_status(struct answer *a)
{
	int status = 0;

	for (size_t i = 0; i + 1 < a->len; i++) {
		if (a->bytes[i] < '0' || a->bytes[i] > '9' ||
		    i >= STATUS_DIGITS)
			a->wrong =
			    "sent a status that is no number from 0 to 255";
		status = status * 10 + a->bytes[i] - '0';
	}
	if (a->len == 1 || status > 255)
		a->wrong = "sent a status that is no number from 0 to 255";
	a->status = status;
	a->complete = a->wrong == NULL;
}

void
answer_take_status(struct answer *a, const char *data, size_t len)
{
	for (size_t i = 0; i < len && a->wrong == NULL; i++) {
		if (a->complete) {
			answer_refuse(a, "sent more than one status", data + i,
			    len - i);
			return;
		}
		a->bytes[a->len++] = data[i];
		if (data[i] == '\n')
			answer_parse_status(a);
		else if (a->len > STATUS_DIGITS)
			a->wrong =
			    "sent a status that is no number from 0 to 255";
	}
}

/* The first newline ends the answer; all bytes before it are output. */
static int
answer_take_one(struct answer *a, const char *data, size_t len,
    answer_output_fn *output, void *arg)
{
	const char *newline = memchr(data, '\n', len);
	size_t n = newline == NULL ? len : (size_t)(newline - data) + 1;
	int error;

	if (n < len)
		answer_refuse(a, "answered more than one line", data + n,
		    len - n);
	error = output(arg, data, n);
	a->complete = newline != NULL;
	return error;
}

/*
 * Bytes of the present line that may still become the end line are held back.  They
 * need no memory, since they are equal to the beginning of end.
 */
static int
answer_take_piece(struct answer *a, const char *end, const char *data,
    size_t len, answer_output_fn *output, void *arg)
{
	const size_t size = strlen(end);
	const bool newline = data[len - 1] == '\n',
		   may = a->column == 0 || a->ends;
	const size_t text = len - newline;
	int error = 0;

	a->ends = may && a->column + text <= size &&
	    memcmp(end + a->column, data, text) == 0;
	if (a->ends && !newline) {
		a->column += text;
		return 0;
	}
	if (a->ends && a->column + text == size) {
		a->complete = true;
		return 0;
	}
	if (may && a->column > 0)
		error = output(arg, end, a->column);
	a->ends = false;
	a->column = newline ? 0 : a->column + text;
	return error == 0 ? output(arg, data, len) : error;
}

static int
answer_take_lines(struct answer *a, const char *end, const char *data,
    size_t len, answer_output_fn *output, void *arg)
{
	const char *newline;
	size_t n;
	int error = 0;

	while (len > 0 && error == 0 && !a->complete) {
		newline = memchr(data, '\n', len);
		n = newline == NULL ? len : (size_t)(newline - data) + 1;
		error = answer_take_piece(a, end, data, n, output, arg);
		data += n;
		len -= n;
	}
	if (len > 0 && error == 0)
		answer_refuse(a, "wrote more after the end of its answer", data,
		    len);
	return error;
}

int
answer_take_line(struct answer *a, const char *end, const char *data,
    size_t len, answer_output_fn *output, void *arg)
{
	if (len == 0)
		return 0;
	if (a->complete) {
		answer_refuse(a, "answered more than one line", data, len);
		return 0;
	}
	return end == NULL ? answer_take_one(a, data, len, output, arg) :
			     answer_take_lines(a, end, data, len, output, arg);
}

int
answer_take_death(struct answer *a, const char *end, answer_output_fn *output,
    void *arg)
{
	const size_t held = a->ends && !a->complete ? a->column : 0;

	a->ends = false;
	return held > 0 ? output(arg, end, held) : 0;
}
