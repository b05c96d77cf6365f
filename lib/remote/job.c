/* SPDX-License-Identifier: ISC */

/* Owns which fields a job has in a frame, and their order. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote/job.h"

#define SLOTS_MOST 1000000
#define RLIMITS_MOST 64
#define NICE_OFFSET 128

/* Bits of the first number of a spec. */
#define HAS_INPUT 0x1u
#define HAS_UMASK 0x2u
#define ERR_TO_OUT 0x4u
#define INPUT_FIFO 0x8u
#define IS_TASK 0x10u
#define HAS_SUDO 0x20u
#define HAS_TERMINAL 0x40u
#define MAKE_FOLDER 0x80u
#define OWN_FOLDER 0x100u
#define CLEAN_UP 0x200u
#define ALL_BITS 0x3ffu

/*
 * stdout and stderr of the job are terminals, as large as the one that spec names,
 * if there is one.
 */
static void
put_terminal(struct field_writer *w, const struct prun_spec *spec)
{
	struct winsize size;

	if (ioctl(spec->out.fd, TIOCGWINSZ, &size) == -1)
		size = (struct winsize){ 0 };

	field_put_number(w, size.ws_row);
	field_put_number(w, size.ws_col);
}

int
job_put_spec(struct buf *out, const struct prun_spec *spec)
{
	const bool terminal = spec->out.kind == PRUN_STDIO_PTY;
	struct field_writer w = { .out = out };

	field_put_number(&w,
	    (spec->in.kind == PRUN_STDIO_PIPE ? HAS_INPUT : 0) |
		(spec->flags & PRUN_SPEC_SET_UMASK ? HAS_UMASK : 0) |
		(spec->err.kind == PRUN_STDIO_STDOUT ? ERR_TO_OUT : 0) |
		(spec->flags & PRUN_SPEC_INPUT_FIFO ? INPUT_FIFO : 0) |
		(spec->task != NULL ? IS_TASK : 0) |
		(spec->sudo != NULL ? HAS_SUDO : 0) |
		(terminal ? HAS_TERMINAL : 0) |
		(spec->flags & PRUN_SPEC_MAKE_FOLDER ? MAKE_FOLDER : 0) |
		(spec->flags & PRUN_SPEC_OWN_FOLDER ? OWN_FOLDER : 0) |
		(spec->flags & PRUN_SPEC_CLEAN_UP ? CLEAN_UP : 0));
	if (spec->task != NULL) {
		field_put_bytes(&w, spec->task, spec->task_len);
		return w.error;
	}
	field_put_strings(&w, spec->argv);
	field_put_string(&w, spec->argv == NULL ? spec->command : NULL);
	field_put_string(&w, spec->shell);
	field_put_string(&w, spec->cwd);
	field_put_string(&w, spec->input_path);
	field_put_strings(&w, spec->setenv);
	field_put_number(&w, (uint64_t)((int64_t)spec->nice + NICE_OFFSET));
	field_put_number(&w, spec->umask);
	field_put_number(&w, spec->nrlimit);
	for (size_t i = 0; i < spec->nrlimit; i++) {
		field_put_number(&w, (uint64_t)spec->rlimit[i].resource);
		field_put_number(&w, spec->rlimit[i].limit.rlim_cur);
		field_put_number(&w, spec->rlimit[i].limit.rlim_max);
	}
	if (spec->sudo != NULL) {
		field_put_string(&w, spec->sudo->user);
		field_put_strings(&w, spec->sudo->preserve);
	}
	if (terminal)
		put_terminal(&w, spec);
	return w.error;
}

int
job_put_place(struct buf *out, const struct job_place *place)
{
	struct field_writer w = { .out = out };

	field_put_number(&w, place->slot);
	field_put_number(&w, place->ended);
	return w.error;
}

void
job_get_place(struct field_reader *r, struct job_place *place)
{
	place->slot = (unsigned)field_number_to(r, SLOTS_MOST);
	place->ended = field_number(r);
}

/*
 * The variables of this job come first, then those of all jobs: of two with one
 * name the last counts.
 */
static int
join_variables(struct job_spec *job, const char *const *variables)
{
	size_t n = list_length(variables), own = list_length(job->setenv);
	const char **list;

	if (n == 0)
		return 0;
	list = calloc(n + own + 1, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	if (own > 0)
		memcpy(list, job->setenv, own * sizeof(*list));
	memcpy(list + own, variables, n * sizeof(*list));
	free(job->setenv);
	job->setenv = list;
	return 0;
}

static void
get_rlimits(struct field_reader *r, struct job_spec *job)
{
	size_t n = (size_t)field_number_to(r, RLIMITS_MOST);

	job->rlimit = n > 0 ? calloc(n, sizeof(*job->rlimit)) : NULL;
	if (n > 0 && job->rlimit == NULL)
		r->error = -ENOMEM;
	for (size_t i = 0; i < n && r->error == 0; i++) {
		job->rlimit[i].resource = (int)field_number_to(r, INT_MAX);
		job->rlimit[i].limit.rlim_cur = field_number(r);
		job->rlimit[i].limit.rlim_max = field_number(r);
	}
	job->spec.nrlimit = n;
}

static void
get_sudo(struct field_reader *r, struct job_spec *job)
{
	job->sudo.size = sizeof(job->sudo);
	job->sudo.user = field_string(r);
	job->preserve = field_strings(r);
	job->sudo.preserve = job->preserve;
	job->spec.sudo = &job->sudo;
}

static void
get_terminal(struct field_reader *r, struct job_spec *job)
{
	struct prun_spec *spec = &job->spec;

	job->terminal.ws_row = (unsigned short)field_number_to(r, USHRT_MAX);
	job->terminal.ws_col = (unsigned short)field_number_to(r, USHRT_MAX);
	spec->out = (struct prun_stdio){ PRUN_STDIO_PTY, -1 };
	if (spec->err.kind != PRUN_STDIO_STDOUT)
		spec->err = spec->out;
}

int
job_get_spec(struct field_reader *r, const char *const *variables,
    struct job_spec *job)
{
	struct prun_spec *spec = &job->spec;
	unsigned bits = (unsigned)field_number_to(r, ALL_BITS);
	int error;

	*job = (struct job_spec){ .spec.size = sizeof(*spec) };
	spec->in.kind = bits & HAS_INPUT ? PRUN_STDIO_PIPE : PRUN_STDIO_NULL;
	spec->err.kind = bits & ERR_TO_OUT ? PRUN_STDIO_STDOUT :
					     PRUN_STDIO_INHERIT;
	spec->flags = (bits & HAS_UMASK ? PRUN_SPEC_SET_UMASK : 0) |
	    (bits & INPUT_FIFO ? PRUN_SPEC_INPUT_FIFO : 0) |
	    (bits & MAKE_FOLDER ? PRUN_SPEC_MAKE_FOLDER : 0) |
	    (bits & OWN_FOLDER ? PRUN_SPEC_OWN_FOLDER : 0) |
	    (bits & CLEAN_UP ? PRUN_SPEC_CLEAN_UP : 0);
	if (bits & IS_TASK) {
		*spec = (struct prun_spec){ .size = sizeof(*spec) };
		spec->task = field_bytes(r, &spec->task_len);
		return fields_end(r);
	}
	job->argv = field_strings(r);
	spec->command = field_string(r);
	spec->shell = field_string(r);
	spec->cwd = field_string(r);
	spec->input_path = field_string(r);
	job->setenv = field_strings(r);
	spec->nice = (int)field_number_to(r, 2 * NICE_OFFSET) - NICE_OFFSET;
	spec->umask = (mode_t)field_number_to(r, 07777);
	get_rlimits(r, job);
	if (bits & HAS_SUDO)
		get_sudo(r, job);
	if (bits & HAS_TERMINAL)
		get_terminal(r, job);
	error = fields_end(r);
	if (error == 0)
		error = join_variables(job, variables);
	spec->argv = job->argv;
	spec->setenv = job->setenv;
	spec->rlimit = job->rlimit;
	return error;
}

void
job_spec_fini(struct job_spec *job)
{
	free(job->argv);
	free(job->setenv);
	free(job->rlimit);
	free(job->preserve);
	buf_fini(&job->slot);
}

/* Append "NAME=number" with its NUL to the texts.  Returns the same as job_set_slot(). */
static int
add_slot_text(struct buf *texts, const char *variable, unsigned slot)
{
	const char *equals = strchr(variable, '=');
	char number[24];
	int error;

	if (equals == NULL || slot == 0)
		return -EPROTO;
	(void)snprintf(number, sizeof(number), "%u",
	    slot - 1 + (equals[1] != '0'));
	error = buf_add(texts, variable, (size_t)(equals + 1 - variable));
	return error != 0 ? error : buf_add(texts, number, strlen(number) + 1);
}

int
job_set_slot(struct job_spec *job, const char *const *variables, unsigned slot)
{
	const size_t n = list_length(variables), own = list_length(job->setenv);
	const char **list, *text;
	int error = 0;

	for (size_t i = 0; i < n && error == 0; i++)
		error = add_slot_text(&job->slot, variables[i], slot);
	if (n == 0 || error != 0)
		return error;
	list = reallocarray(job->setenv, own + n + 1, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	list[own + n] = NULL;
	text = job->slot.data;
	for (size_t i = 0; i < n; i++, text += strlen(text) + 1)
		list[own + i] = text;
	job->setenv = list;
	job->spec.setenv = list;
	return 0;
}

/* Fields are made of NULL-terminated lists, so make such a list of the paths. */
static void
put_paths(struct field_writer *w, const struct prun_file *files, size_t n,
    bool here)
{
	field_put_number(w, n + 1);
	for (size_t i = 0; i < n; i++)
		field_put_string(w, here ? files[i].here : files[i].there);
}

int
job_put_paths(struct buf *out, const struct prun_file *files, size_t n)
{
	struct field_writer w = { .out = out };

	put_paths(&w, files, n, true);
	return w.error;
}

int
job_put_files(struct buf *out, const struct prun_spec *spec)
{
	struct field_writer w = { .out = out };

	field_put_string(&w, spec->cwd);
	field_put_number(&w, (spec->flags & PRUN_SPEC_CLEAN_UP) != 0);
	put_paths(&w, spec->send, spec->nsend, false);
	put_paths(&w, spec->fetch, spec->nfetch, false);
	return w.error;
}

int
job_get_files(struct field_reader *r, struct job_files *files)
{
	int error;

	files->cwd = field_string(r);
	files->clean_up = field_number_to(r, 1) != 0;
	files->send = field_strings(r);
	files->fetch = field_strings(r);
	error = fields_end(r);
	return error == 0 && (files->send == NULL || files->fetch == NULL) ?
	    -EPROTO :
	    error;
}

static void
put_time(struct field_writer *w, const struct timeval *t)
{
	field_put_number(w, (uint64_t)t->tv_sec);
	field_put_number(w, (uint64_t)t->tv_usec);
}

int
job_put_result(struct buf *out, const struct prun_result *result)
{
	struct field_writer w = { .out = out };

	field_put_number(&w, (uint64_t)result->status);
	field_put_number(&w, (uint64_t)result->signal);
	field_put_number(&w, result->flags);
	field_put_number(&w, (uint64_t)result->step);
	field_put_number(&w, (uint64_t)result->error);
	field_put_seconds(&w, result->elapsed);
	put_time(&w, &result->usage.ru_utime);
	put_time(&w, &result->usage.ru_stime);
	field_put_number(&w, (uint64_t)result->usage.ru_maxrss);
	field_put_string(&w, result->fault);
	return w.error;
}

static struct timeval
get_time(struct field_reader *r)
{
	struct timeval t;

	t.tv_sec = (time_t)field_number_to(r, INT_MAX);
	t.tv_usec = (suseconds_t)field_number_to(r, 999999);
	return t;
}

int
job_get_result(struct field_reader *r, struct prun_result *result)
{
	struct prun_result own = *result;

	own.status = (int)field_number_to(r, 255);
	own.signal = (int)field_number_to(r, 127);
	own.flags |= (unsigned)field_number_to(r, UINT_MAX);
	own.step = (enum prun_step)field_number_to(r, PRUN_STEP_EXEC);
	own.error = (int)field_number_to(r, 4095);
	own.elapsed = field_seconds(r);
	own.usage.ru_utime = get_time(r);
	own.usage.ru_stime = get_time(r);
	own.usage.ru_maxrss = (long)field_number_to(r, LONG_MAX);
	own.fault = field_string(r);
	if (fields_end(r) == 0)
		*result = own;
	return fields_end(r);
}

int
job_put_setup(struct buf *out, const struct job_setup *setup)
{
	const struct prun_worker_opts *worker = setup->worker;
	struct field_writer w = { .out = out };

	field_put_number(&w, setup->slots);
	field_put_seconds(&w, setup->heartbeat);
	field_put_string(&w, setup->termseq);
	field_put_number(&w, setup->leak_timeout < 0);
	field_put_seconds(&w,
	    setup->leak_timeout < 0 ? 0 : setup->leak_timeout);
	field_put_number(&w, setup->leak);
	field_put_strings(&w, setup->setenv);
	field_put_strings(&w, setup->slotenv);
	field_put_number(&w, worker != NULL ? worker->kind : PRUN_WORKER_NONE);
	if (worker == NULL)
		return w.error;
	field_put_number(&w, worker->recycle);
	field_put_string(&w, worker->end);
	field_put_string(&w, worker->init);
	return w.error == 0 ? job_put_spec(out, worker->spec) : w.error;
}

static int
get_worker(struct field_reader *r, struct job_setup *setup)
{
	struct prun_worker_opts *worker = &setup->worker_opts;

	worker->size = sizeof(*worker);
	worker->kind = (enum prun_worker_kind)field_number_to(r, INT_MAX);
	if (worker->kind == PRUN_WORKER_NONE)
		return fields_end(r);
	worker->recycle = (unsigned)field_number_to(r, UINT_MAX);
	worker->end = field_string(r);
	worker->init = field_string(r);
	worker->spec = &setup->worker_job.spec;
	setup->worker = worker;
	if (r->error == 0)
		r->error = job_get_spec(r, setup->setenv, &setup->worker_job);
	setup->worker_job.spec.in.kind = PRUN_STDIO_INHERIT;
	return r->error;
}

void
job_setup_fini(struct job_setup *setup)
{
	job_spec_fini(&setup->worker_job);
	free((void *)(uintptr_t)setup->setenv);
	free((void *)(uintptr_t)setup->slotenv);
}

int
job_get_setup(struct field_reader *r, struct job_setup *setup)
{
	bool forever;
	double leak_timeout;

	setup->slots = (unsigned)field_number_to(r, SLOTS_MOST);
	setup->heartbeat = field_seconds(r);
	setup->termseq = field_string(r);
	forever = field_number_to(r, 1) != 0;
	leak_timeout = field_seconds(r);
	setup->leak_timeout = forever ? -1 : leak_timeout;
	setup->leak = (enum prun_leak)field_number_to(r, PRUN_LEAK_KILL);
	setup->setenv = field_strings(r);
	setup->slotenv = field_strings(r);
	return get_worker(r, setup);
}
