/* SPDX-License-Identifier: ISC */

/*
 * Owns what is prepared before a child is started: its arguments, its environment,
 * the files to try to execute, the signals to reset.  Starts nothing, and does not
 * know why the spec is as it is.  The file is long because each part is counted,
 * copied and pointed to, and these three must agree.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/plan.h"

#define DEFAULT_PATH "/bin:/usr/bin"
#define DEFAULT_SHELL "/bin/sh"
/* A plan that is used again keeps so many bytes for its strings. */
#define KEEP (64 * 1024)

void
plan_base_init(struct plan_base *base)
{
	struct sigaction sa;

	pthread_sigmask(SIG_SETMASK, NULL, &base->mask);
	base->unbatch = false;
	sigemptyset(&base->caught);
	for (int sig = 1; sig < NSIG; sig++) {
		if (sigaction(sig, NULL, &sa) == 0 &&
		    sa.sa_handler != SIG_DFL && sa.sa_handler != SIG_IGN)
			sigaddset(&base->caught, sig);
	}
}

/*
 * Do two strings "NAME=value" have the same name? This is called for each pair of
 * variables of each job, so it calls no other function: most names differ in the
 * first byte.
 */
static bool
same_name(const char *a, const char *b)
{
	for (; *a == *b && *a != '\0'; a++, b++) {
		if (*a == '=')
			return true;
	}
	return false;
}

static bool
is_set(const char *const *set, const char *extra, const char *variable)
{
	if (extra != NULL && same_name(extra, variable))
		return true;
	for (size_t i = 0; set != NULL && set[i] != NULL; i++) {
		if (same_name(set[i], variable))
			return true;
	}
	return false;
}

/*
 * A bit for the first byte of a name.  Most variables of an environment begin with none
 * of the bytes with which the few that are set begin, and need no other look.
 */
static uint64_t
initial(const char *name)
{
	return UINT64_C(1) << (*name & 63);
}

/*
 * The text may move in memory while strings are added to it.  So until the text is
 * complete, a pointer holds the string's offset plus one; then plan_point() makes a
 * real pointer of it.
 */
static int
plan_add(struct plan *plan, char **pointer, const char *s)
{
	*pointer = (char *)(uintptr_t)(plan->text.len + 1);
	return buf_add_string(&plan->text, s);
}

static int
plan_add_bytes(struct plan *plan, char **pointer, const void *data, size_t len)
{
	*pointer = (char *)(uintptr_t)(plan->text.len + 1);
	return buf_add(&plan->text, data, len);
}

static void
plan_point(struct plan *plan, char **pointer)
{
	if (*pointer != NULL)
		*pointer = plan->text.data + (uintptr_t)*pointer - 1;
}

const char *
plan_shell(const struct prun_spec *spec)
{
	return spec->shell != NULL ? spec->shell : DEFAULT_SHELL;
}

static int
plan_add_argv(struct plan *plan, const struct prun_spec *spec)
{
	int error = 0;
	size_t n;

	if (spec->command != NULL) {
		error = plan_add(plan, &plan->argv[0], plan_shell(spec));
		if (error == 0)
			error = plan_add(plan, &plan->argv[1], "-c");
		if (error == 0)
			error = plan_add(plan, &plan->argv[2], spec->command);
		plan->argv[3] = NULL;
		return error;
	}
	for (n = 0; spec->argv[n] != NULL && error == 0; n++)
		error = plan_add(plan, &plan->argv[n], spec->argv[n]);
	plan->argv[n] = NULL;
	return error;
}

/*
 * The first *owned pointers of envp point to strings of the caller's environment,
 * the others to copies in the text.
 */
static int
plan_add_env(struct plan *plan, const struct prun_spec *spec,
    const char *const *env, const char *extra, size_t *owned)
{
	uint64_t initials = extra != NULL ? initial(extra) : 0;
	size_t n = 0;
	int error = 0;

	for (size_t i = 0; spec->setenv != NULL && spec->setenv[i] != NULL; i++)
		initials |= initial(spec->setenv[i]);
	for (; env != NULL && *env != NULL; env++) {
		if (!(initials & initial(*env)) ||
		    !is_set(spec->setenv, extra, *env))
			plan->envp[n++] = (char *)(uintptr_t)*env;
	}
	*owned = n;
	if (spec->env != NULL) {
		*owned = 0;
		for (size_t i = 0; i < n && error == 0; i++)
			error = plan_add(plan, &plan->envp[i], plan->envp[i]);
	}
	for (const char *const *set = spec->setenv;
	     set != NULL && *set != NULL && error == 0; set++) {
		if (!is_set(set + 1, NULL, *set))
			error = plan_add(plan, &plan->envp[n++], *set);
	}
	/* If the caller wants an empty environment, extra is not added either. */
	if (spec->env != NULL && spec->env[0] == NULL)
		extra = NULL;
	if (extra != NULL && error == 0)
		error = plan_add(plan, &plan->envp[n++], extra);
	plan->envp[n] = NULL;
	return error;
}

static const char *
plan_path(const struct prun_spec *spec, const char *const *env)
{
	const char *path = NULL;

	for (; env != NULL && *env != NULL && path == NULL; env++) {
		if (same_name(*env, "PATH="))
			path = *env + 5;
	}
	for (size_t i = 0; spec->setenv != NULL && spec->setenv[i] != NULL;
	     i++) {
		if (same_name(spec->setenv[i], "PATH="))
			path = spec->setenv[i] + 5;
	}
	return path != NULL ? path : DEFAULT_PATH;
}

static size_t
path_entries(const char *path)
{
	size_t n = 1;

	for (; *path != '\0'; path++)
		n += *path == ':';
	return n;
}

/* One file for each folder of path.  An empty name in path stands for the current folder. */
static int
plan_add_candidates(struct plan *plan, const char *path, const char *name)
{
	size_t len, n = 0;
	int error = 0;

	for (;; path += len + 1) {
		len = strcspn(path, ":");
		plan->file[n++] = (char *)(uintptr_t)(plan->text.len + 1);
		error = buf_add(&plan->text, path, len);
		if (error == 0 && len > 0)
			error = buf_add(&plan->text, "/", 1);
		if (error == 0)
			error = buf_add_string(&plan->text, name);
		if (error != 0 || path[len] == '\0')
			break;
	}
	plan->file[n] = NULL;
	return error;
}

static int
plan_add_files(struct plan *plan, const struct prun_spec *spec,
    const char *path, const char *name)
{
	plan->file[1] = NULL;
	if (spec->file != NULL)
		return plan_add(plan, &plan->file[0], spec->file);
	if (path == NULL)
		return plan_add(plan, &plan->file[0], name);
	return plan_add_candidates(plan, path, name);
}

/* Make room for all vectors in one block. */
static int
plan_reserve(struct plan *plan, size_t nargv, size_t nenv, size_t nfile,
    const struct prun_spec *spec)
{
	const size_t nrlimit = spec->nrlimit;
	size_t size = (nargv + nenv + nfile) * sizeof(char *) +
	    nrlimit * sizeof(struct prun_rlimit) + spec->npass * sizeof(int);
	void *vector = plan->vector;

	if (size > plan->vector_size) {
		vector = realloc(vector, size);
		if (vector == NULL)
			return -ENOMEM;
		plan->vector = vector;
		plan->vector_size = size;
	}
	plan->rlimit = vector;
	plan->argv = (char **)(void *)(plan->rlimit + nrlimit) + 1;
	plan->envp = plan->argv - 1 + nargv;
	plan->file = plan->envp + nenv;
	plan->pass = (int *)(void *)(plan->file + nfile);
	return 0;
}

static void
plan_set_signals(struct plan *plan, const struct prun_spec *spec,
    const struct plan_base *base)
{
	sigset_t reset = base->caught;

	plan->unbatch = base->unbatch;
	plan->mask = spec->sigmask != NULL ? *spec->sigmask : base->mask;
	plan->nreset = 0;
	if (spec->sigdefault != NULL)
		sigorset(&reset, &reset, spec->sigdefault);
	if (!(spec->flags & PRUN_SPEC_KEEP_IGNORED)) {
		sigaddset(&reset, SIGPIPE);
		sigaddset(&reset, SIGXFSZ);
	}
	if (sigisemptyset(&reset))
		return;
	for (int sig = 1; sig < NSIG && sig <= (int)sizeof(plan->reset);
	     sig++) {
		if (sigismember(&reset, sig) == 1)
			plan->reset[plan->nreset++] = (unsigned char)sig;
	}
}

/* The strings of a plan that are those of the spec, and where each of them stands. */
#define STRING(name) \
	offsetof(struct plan, name), offsetof(struct prun_spec, name)

static const struct {
	size_t to, from;
} strings[] = {
	{ STRING(cwd) },
	{ STRING(tag) },
	{ STRING(tag_end) },
	{ STRING(failed_tag) },
	{ STRING(failed_tag_end) },
};

#define STRINGS (sizeof(strings) / sizeof(strings[0]))

static char **
plan_string(struct plan *plan, size_t i)
{
	return (char **)(void *)((char *)plan + strings[i].to);
}

static int
plan_add_strings(struct plan *plan, const struct prun_spec *spec)
{
	const char *from;
	int error = 0;

	for (size_t i = 0; i < STRINGS; i++) {
		from = *(const char *const *)(const void *)((const char *)spec +
		    strings[i].from);
		*plan_string(plan, i) = NULL;
		if (from != NULL && error == 0)
			error = plan_add(plan, plan_string(plan, i), from);
	}
	plan->heading = plan->input_copy = plan->task = NULL;
	plan->heading_len = 0;
	if (spec->heading != NULL && error == 0) {
		plan->heading_len = spec->heading_len != 0 ?
		    spec->heading_len :
		    strlen(spec->heading);
		error = plan_add_bytes(plan, &plan->heading, spec->heading,
		    plan->heading_len);
	}
	plan->task_len = spec->task_len;
	if (spec->task != NULL && error == 0) {
		error = plan_add_bytes(plan, &plan->task, spec->task,
		    spec->task_len);
		if (error == 0)
			error = buf_add(&plan->text, "", 1);
	}
	if (spec->input.len > 0 && error == 0 &&
	    !(spec->flags & PRUN_SPEC_INPUT_LENT))
		error = plan_add_bytes(plan, &plan->input_copy,
		    spec->input.data, spec->input.len);
	return error;
}

struct prun_input
plan_input(const struct plan *plan)
{
	struct prun_input input = plan->input;

	if (plan->input_copy != NULL)
		input.data = plan->input_copy;
	return input;
}

static void
plan_point_vectors(struct plan *plan, size_t owned)
{
	for (char **s = plan->argv; *s != NULL; s++)
		plan_point(plan, s);
	for (char **s = plan->envp + owned; *s != NULL; s++)
		plan_point(plan, s);
	for (char **s = plan->file; *s != NULL; s++)
		plan_point(plan, s);
}

static void
plan_point_strings(struct plan *plan)
{
	for (size_t i = 0; i < STRINGS; i++)
		plan_point(plan, plan_string(plan, i));
	plan_point(plan, &plan->heading);
	plan_point(plan, &plan->input_copy);
	plan_point(plan, &plan->task);
}

static bool
stdio_valid(const struct prun_stdio *s)
{
	return (unsigned)s->kind <= PRUN_STDIO_PTY &&
	    (s->kind != PRUN_STDIO_FD || s->fd >= 0);
}

/* Has each variable a name? */
static bool
variables_valid(const char *const *variable)
{
	for (; variable != NULL && *variable != NULL; variable++) {
		if (**variable == '=' || strchr(*variable, '=') == NULL)
			return false;
	}
	return true;
}

/* Has each array that is counted its elements? */
static bool
arrays_valid(const struct prun_spec *spec)
{
	return (spec->npass == 0 || spec->pass != NULL) &&
	    (spec->nrlimit == 0 || spec->rlimit != NULL) &&
	    (spec->input.len == 0 || spec->input.data != NULL) &&
	    (spec->nsend == 0 || spec->send != NULL) &&
	    (spec->nfetch == 0 || spec->fetch != NULL);
}

int
plan_check(const struct prun_spec *spec)
{
	const unsigned flags = PRUN_SPEC_NEW_GROUP | PRUN_SPEC_DIE_WITH_PARENT |
	    PRUN_SPEC_KEEP_GROUP | PRUN_SPEC_KEEP_IGNORED |
	    PRUN_SPEC_NEW_SESSION | PRUN_SPEC_SET_UMASK | PRUN_SPEC_CLOSE_FDS |
	    PRUN_SPEC_INPUT_LENT | PRUN_SPEC_INPUT_FIFO | PRUN_SPEC_CLEAN_UP |
	    PRUN_SPEC_MAKE_FOLDER | PRUN_SPEC_OWN_FOLDER | PRUN_SPEC_AHEAD;

	if ((spec->argv == NULL) == (spec->command == NULL) ||
	    spec->task != NULL)
		return -EINVAL;
	if (spec->argv != NULL && spec->argv[0] == NULL)
		return -EINVAL;
	if (spec->in.kind == PRUN_STDIO_STDOUT ||
	    spec->in.kind == PRUN_STDIO_PTY ||
	    spec->out.kind == PRUN_STDIO_STDOUT)
		return -EINVAL;
	if (!stdio_valid(&spec->in) || !stdio_valid(&spec->out) ||
	    !stdio_valid(&spec->err))
		return -EINVAL;
	if (!(spec->timeout >= 0) || !(spec->delay >= 0) ||
	    (spec->flags & ~flags) != 0 || !variables_valid(spec->setenv) ||
	    !arrays_valid(spec))
		return -EINVAL;
	for (size_t i = 0; i < spec->npass; i++) {
		if (spec->pass[i] <= STDERR_FILENO)
			return -EINVAL;
	}
	return 0;
}

static int
compare_fds(const void *a, const void *b)
{
	const int x = *(const int *)a, y = *(const int *)b;

	return x < y ? -1 : x > y;
}

static void
plan_set_plain(struct plan *plan, const struct prun_spec *spec)
{
	plan->nrlimit = spec->nrlimit;
	for (size_t i = 0; i < spec->nrlimit; i++)
		plan->rlimit[i] = spec->rlimit[i];
	plan->npass = spec->npass;
	if (spec->npass > 0) {
		memcpy(plan->pass, spec->pass, spec->npass * sizeof(int));
		qsort(plan->pass, spec->npass, sizeof(int), compare_fds);
	}
	plan->umask = spec->umask;
	plan->stdio[0] = spec->in;
	plan->stdio[1] = spec->out;
	plan->stdio[2] = spec->err;
	plan->input = spec->input;
	plan->input_fn = spec->input_fn;
	plan->input_arg = spec->input_arg;
	plan->input_pipe = spec->input_pipe;
	plan->nice = spec->nice;
	plan->flags = spec->flags;
	plan->weight = spec->weight;
	plan->delay = spec->delay;
	plan->timeout = spec->timeout;
}

static int
plan_fill(struct plan *plan, const struct prun_spec *spec,
    const struct plan_base *base, const char *extra)
{
	const char *const *env = spec->env;
	const char *name, *path = NULL;
	size_t owned = 0;
	int error;

	if (env == NULL)
		env = (const char *const *)(uintptr_t)environ;
	name = spec->command == NULL ? spec->argv[0] : plan_shell(spec);
	if (spec->file == NULL && strchr(name, '/') == NULL && *name != '\0')
		path = plan_path(spec, env);

	buf_clear(&plan->text, KEEP);
	error = plan_reserve(plan, list_length(spec->argv) + 5,
	    list_length(env) + list_length(spec->setenv) + 2,
	    path != NULL ? path_entries(path) + 1 : 2, spec);
	if (error != 0)
		return error;
	plan_set_plain(plan, spec);
	plan_set_signals(plan, spec, base);
	error = plan_add_argv(plan, spec);
	if (error == 0)
		error = plan_add_env(plan, spec, env, extra, &owned);
	if (error == 0)
		error = plan_add_files(plan, spec, path, name);
	if (error == 0)
		error = plan_add_strings(plan, spec);
	if (error != 0)
		return error;
	plan_point_vectors(plan, owned);
	plan_point_strings(plan);
	return 0;
}

int
plan_check_task(const struct prun_spec *spec)
{
	struct prun_spec own = *spec;

	if (spec->argv != NULL || spec->command != NULL || spec->sudo != NULL ||
	    spec->in.kind != PRUN_STDIO_INHERIT ||
	    spec->out.kind == PRUN_STDIO_PTY ||
	    spec->err.kind == PRUN_STDIO_PTY ||
	    spec->err.kind == PRUN_STDIO_STDOUT)
		return -EINVAL;
	own.command = own.task;
	own.task = NULL;
	return plan_check(&own);
}

int
plan_set_task(struct plan *plan, const struct prun_spec *spec)
{
	struct prun_spec own = *spec;
	int error;

	own.nrlimit = own.npass = 0;
	buf_clear(&plan->text, KEEP);
	plan_set_plain(plan, &own);
	error = plan_add_strings(plan, &own);
	if (error == 0)
		plan_point_strings(plan);
	return error;
}

int
plan_set(struct plan *plan, const struct prun_spec *spec,
    const struct plan_base *base, const char *extra)
{
	int error = plan_check(spec);

	return error == 0 ? plan_fill(plan, spec, base, extra) : error;
}

void
plan_trim(struct plan *plan)
{
	free(plan->vector);
	plan->vector = NULL;
	plan->vector_size = 0;
}

void
plan_fini(struct plan *plan)
{
	buf_fini(&plan->text);
	plan_trim(plan);
}
