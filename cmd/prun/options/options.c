/* SPDX-License-Identifier: ISC */

/*
 * Makes struct options from a command line: see options.h.  Decides in which order options
 * are read, which words are the command, and which words are sources.  The file is long
 * because what an option means may depend on those that come after it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options/option_row.h"
#include "options/options.h"
#include "options/parse.h"
#include "options/profile.h"
#include "options/set.h"

static int
add_command_word(struct options_store *s, const char *word, struct message *m)
{
	return words_add(&s->words, word) != 0 ?
	    message_errno(m, -ENOMEM, "command") :
	    0;
}

/* What a word such as :::+ means.  is_one is false if the word is no separator. */
struct separator {
	bool is_one;
	enum source_kind kind;
	bool linked;
};

static struct separator
separator_of(const struct options_store *s, const char *word)
{
	const char *arguments = s->argument_separator ? s->argument_separator :
							":::";
	const char *files = s->file_separator ? s->file_separator : "::::";
	const char *const names[] = { arguments, files };
	struct separator result = { false, SOURCE_ARGUMENTS, false };
	size_t i, len;

	for (i = 0; i < 2 && !result.is_one; i++) {
		len = strlen(names[i]);
		if (strncmp(word, names[i], len) != 0)
			continue;
		result.is_one = word[len] == '\0' ||
		    strcmp(word + len, "+") == 0;
		result.linked = word[len] == '+';
		result.kind = i == 0 ? SOURCE_ARGUMENTS : SOURCE_FILE;
	}
	return result;
}

static int
add_sources(struct options *o, struct separator separator,
    const char *const *words, size_t n, struct message *m)
{
	struct source_spec source = { .kind = separator.kind,
		.linked = separator.linked,
		.words = words,
		.nwords = n };
	size_t i;
	int r = 0;

	if (separator.kind == SOURCE_ARGUMENTS)
		return store_add_source(o, &source) < 0 ?
		    message_errno(m, -ENOMEM, "command") :
		    0;
	for (i = 0; i < n && r == 0; i++) {
		if (path_check("'::::'", words[i], m) != 0)
			return -EINVAL;
		source.path = words[i];
		r = store_add_source(o, &source);
	}
	return r < 0 ? message_errno(m, r, "command") : 0;
}

/* Takes the words of the command, and the sources behind them. */
static int
take_rest(struct options *o, struct words *w, struct message *m)
{
	struct separator separator = { false, SOURCE_ARGUMENTS, false };
	size_t from;
	int r = 0;

	for (; w->at < w->n && r == 0; w->at++) {
		separator = separator_of(o->store, w->list[w->at]);
		if (separator.is_one)
			break;
		r = add_command_word(o->store, w->list[w->at], m);
	}
	while (r == 0 && w->at < w->n) {
		struct separator next = { false, SOURCE_ARGUMENTS, false };

		for (from = ++w->at; w->at < w->n && !next.is_one;) {
			next = separator_of(o->store, w->list[w->at]);
			w->at += !next.is_one;
		}
		r = add_sources(o, separator, w->list + from, w->at - from, m);
		separator = next;
	}
	return r;
}

static int
name_origin(const char *origin, int error, struct message *m)
{
	const struct message what = *m;

	return message_set(m, error, "%s: %s", origin, what.text);
}

/*
 * Takes the words of a profile or a variable: first options, and then words that are put
 * before the words of the command.
 */
static int
take_defaults(struct options *o, struct profile *p, struct message *m)
{
	struct words w = { (const char *const *)p->words, p->nwords, 0 };
	size_t i;
	int r = 0;

	/* The store keeps the words, because struct options will point to them. */
	for (i = 0; i < p->nwords; i++) {
		char *word = p->words[i];

		p->words[i] = NULL;
		if ((p->words[i] = store_keep(o->store, word)) == NULL)
			r = message_errno(m, -ENOMEM, "options");
	}
	if (r == 0 && (r = options_parse_words(o, &w, m)) < 0 && w.at > 0)
		r = name_origin(p->origins[w.at - 1], r, m);
	for (; w.at < w.n && r == 0; w.at++)
		r = add_command_word(o->store, w.list[w.at], m);
	for (i = 0; i < p->nwords; i++)
		p->words[i] = NULL;
	profile_fini(p);
	return r;
}

static int
take_variable(struct options *o, const char *name, struct message *m)
{
	const char *value = getenv(name);
	struct profile p = { 0 };
	char label[32] = "$";
	int r;

	if (value == NULL)
		return 0;
	strlcat(label, name, sizeof label);
	if ((r = profile_split(&p, label, text_of(value), m)) < 0) {
		profile_fini(&p);
		return r;
	}
	return take_defaults(o, &p, m);
}

/* Takes the config files, or the profiles that argv names; then the variables. */
static int
take_all_defaults(struct options *o, const struct options_store *asked,
    struct message *m)
{
	struct profile p = { 0 };
	size_t i;
	int r = 0;

	if (asked->plain)
		return 0;
	if (asked->nprofiles == 0)
		r = profile_read_config(&p, m);
	for (i = 0; i < asked->nprofiles && r == 0; i++) {
		if ((r = profile_read(&p, asked->profiles[i], m)) == 0 &&
		    i + 1 < asked->nprofiles)
			r = take_defaults(o, &p, m);
	}
	if (r < 0) {
		profile_fini(&p);
		return r;
	}
	if ((r = take_defaults(o, &p, m)) == 0 &&
	    (r = take_variable(o, "PARALLEL", m)) == 0)
		r = take_variable(o, "PRUN", m);
	return r;
}

static int
new_store(struct options *o, struct message *m)
{
	*o = (struct options){ 0 };
	o->report.slow_after = -1;
	if ((o->store = calloc(1, sizeof *o->store)) == NULL)
		return message_errno(m, -ENOMEM, "options");
	return 0;
}

/* --nonall means one job without values.  If there are sources, it means --onall. */
static void
prepare_nonall(struct options *o)
{
	static const char *const nothing[] = { "" };
	static const struct source_spec once = { .kind = SOURCE_ARGUMENTS,
		.words = nothing,
		.nwords = 1 };

	if (o->input.nsources > 0) {
		o->store->onall = true;
		o->store->nonall = false;
		return;
	}
	/* Options about the input are dropped: the only job must stay one job. */
	o->input = (struct input_options){ .sources = &once, .nsources = 1 };
	o->batch.max_args = 1;
	o->batch.fill = false;
	o->batch.no_values = o->command.no_values = true;
}

/* Checks that --queue has what it needs, and nothing that excludes it. */
static int
queue_finish(const struct options *o, struct message *m)
{
	if (!o->run.queue)
		return 0;
	if (o->run.control == NULL)
		return message_set(m, -EINVAL, "--queue needs --control");
	if (o->pipe.enabled || o->pipe.part ||
	    o->report.resume == RESUME_RETRY || o->input.nsources > 1)
		return message_set(m, -EINVAL,
		    "--queue cannot be combined with --pipe, --retry-failed or several input sources");
	return 0;
}

/*
 * If there is no log yet, no job of it has failed: --retry-failed runs all jobs that are
 * given, which makes the log.
 */
static void
retry_finish(struct options *o)
{
	const char *log = o->report.joblog;

	if (o->report.resume != RESUME_RETRY || log == NULL ||
	    o->command.nwords + o->input.nsources == 0)
		return;
	if (access(*log == '+' ? log + 1 : log, F_OK) == -1 && errno == ENOENT)
		o->report.resume = RESUME_NONE;
}

static int
one_way_of_output(const struct options_store *s, struct message *m)
{
	if (s->group + s->ungroup + s->line_buffer < 2)
		return 0;
	return message_set(m, -EINVAL, "%s cannot be combined with %s",
	    s->group ? "--group" : "--ungroup",
	    s->group && s->ungroup ? "--ungroup" : "--line-buffer");
}

static int
finish(struct options *o, struct message *m)
{
	struct options_store *s = o->store;
	int r;

	if ((r = one_way_of_output(s, m)) != 0)
		return r;
	if (o->policy.interactive && o->semaphore.enabled &&
	    !o->semaphore.foreground && !o->semaphore.wait)
		return message_set(m, -EINVAL,
		    "--interactive cannot be combined with --bg");
	/* --tty: one job at a time has the terminal, unless the user says otherwise. */
	if (s->tty && o->run.jobs == NULL)
		o->run.jobs = "1";
	if (s->tty && !s->group && o->output.mode == OUTPUT_GROUP)
		o->output.mode = OUTPUT_UNGROUP;
	if (o->cpu_unit != CPU_THREADS && o->run.cpus == 0)
		o->run.cpus = cpu_topology_count(o->cpu_unit, "");
	if (o->report.errors_only && o->output.mode != OUTPUT_GROUP)
		return message_set(m, -EINVAL,
		    "--errors-only cannot be combined with --ungroup, --tty, --line-buffer or --latest-line");
	if (o->output.pty && o->output.mode == OUTPUT_UNGROUP)
		return message_set(m, -EINVAL,
		    "--pty cannot be combined with --ungroup or --tty, where jobs write to prun's own stdout");
	o->report.latest_line = o->output.mode == OUTPUT_LATEST;
	if (o->report.from_joblog != NULL && o->report.html == NULL)
		return message_set(m, -EINVAL, "--from-joblog needs --report");
	if (o->report.from_joblog != NULL && o->action == ACTION_RUN)
		o->action = ACTION_REPORT;
	o->report.group = o->output.mode == OUTPUT_GROUP;
	o->report.ungroup = o->output.mode == OUTPUT_UNGROUP;
	o->report.keep_order = o->output.keep_order;
	o->input.sources = s->sources;
	o->input.nsources = s->nsources;
	o->command.words = s->words.list;
	o->command.nwords = s->words.n;
	o->command.rpl = s->rpl.list;
	o->command.nrpl = s->rpl.n;
	o->command.match = s->match.list;
	o->command.nmatch = s->match.n;
	o->command.filters = s->filters.list;
	o->command.nfilters = s->filters.n;
	o->policy.templates = s->templates.list;
	o->policy.ntemplates = s->templates.n;
	o->given = s->given;
	o->ngiven = s->ngiven;
	/*
	 * -L alone repeats the word around {}.  With -m or --xargs the word is not
	 * repeated, unless -X or -N is given too.
	 */
	if (o->batch.fill && !o->command.by_tuple && !s->replace_args)
		o->command.context = false;
	if (s->replace_args || o->input.join_lines)
		o->command.by_tuple = false;
	if (o->batch.max_chars == 0)
		o->batch.max_chars = command_limit();
	if (s->nonall)
		prepare_nonall(o);
	retry_finish(o);
	r = queue_finish(o, m);
	if (r == 0)
		r = worker_finish(o, m);
	if (r == 0)
		r = pipe_finish(o, m);
	if (r == 0)
		r = env_finish(o, m);
	if (r == 0)
		r = sudo_finish(o, m);
	return r != 0 ? r : hosts_finish(o, m);
}

/*
 * Parses argv twice: first to know which profiles it names, and again after the profiles,
 * so that the options of argv win.
 */
static int
parse_arguments(struct options *o, const struct words *arguments,
    struct message *m)
{
	struct options first;
	struct words w = *arguments;
	const char *jobs;
	int r;

	if ((r = new_store(&first, m)) == 0) {
		first.semaphore = o->semaphore;
		r = options_parse_words(&first, &w, m);
	}
	if (r == 0)
		r = take_all_defaults(o, first.store, m);
	options_fini(&first);
	if (r < 0)
		return r;
	w = *arguments;
	jobs = o->run.jobs;
	o->run.jobs = NULL;
	o->ndefaults = o->store->ngiven;
	if ((r = options_parse_words(o, &w, m)) == 0)
		r = take_rest(o, &w, m);
	o->run.jobs_given = o->run.jobs != NULL;
	if (!o->run.jobs_given)
		o->run.jobs = jobs;
	return r;
}

/* Replaces the arguments by the words that the command line of a script stands for. */
static int
take_shebang(struct options_store *s, struct words *arguments,
    struct message *m)
{
	int r = shebang_expand(&s->arguments, arguments->list, arguments->n, m);

	*arguments = (struct words){ (const char *const *)s->arguments.words,
		s->arguments.nwords, 0 };
	return r;
}

/*
 * The env_parallel of csh passes all arguments in $PARALLEL_CSH.  The variable is unset, so
 * that a prun in a job does not take the arguments again.
 */
static int
take_csh(struct options_store *s, struct words *arguments, struct message *m)
{
	const char *value = getenv("PARALLEL_CSH");
	int r;

	if (value == NULL || arguments->n > 0)
		return 0;
	r = profile_split(&s->arguments, "$PARALLEL_CSH", text_of(value), m);
	if (r < 0)
		return r;
	*arguments = (struct words){ (const char *const *)s->arguments.words,
		s->arguments.nwords, 0 };
	(void)unsetenv("PARALLEL_CSH");
	return 0;
}

int
options_parse(int argc, char *const argv[], struct options *o,
    struct message *m)
{
	struct words arguments = { (const char *const *)argv + 1,
		argc > 0 ? (size_t)argc - 1 : 0, 0 };
	const char *name = argc > 0 ? argv[0] : "prun";
	int r;

	if ((r = new_store(o, m)) < 0)
		return r;
	if (strrchr(name, '/') != NULL)
		name = strrchr(name, '/') + 1;
	o->semaphore.enabled = strcmp(name, "sem") == 0;
	o->as_parallel = strcmp(name, "parallel") == 0;
	if (arguments.n > 0 && shebang_is_one(arguments.list[0]))
		r = take_shebang(o->store, &arguments, m);
	else
		r = take_csh(o->store, &arguments, m);
	if (r < 0)
		return r;
	if ((r = parse_arguments(o, &arguments, m)) < 0)
		return r;
	return finish(o, m);
}

void
options_fini(struct options *o)
{
	struct options_store *s = o->store;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->nstrings; i++)
		free(s->strings[i]);
	free(s->strings);
	profile_fini(&s->arguments);
	free(s->sources);
	free(s->words.list);
	for (i = 0; i < s->nhost_sources; i++)
		login_source_fini(&s->host_sources[i]);
	free(s->host_sources);
	free(s->hosts.list);
	login_list_fini(&s->logins);
	free(s->send.list);
	free(s->fetch.list);
	free(s->base.list);
	free(s->rpl.list);
	free(s->match.list);
	free(s->files.list);
	free(s->filters.list);
	free(s->given);
	free(s->profiles);
	free(s->templates.list);
	free(s->env.list);
	free(s);
	*o = (struct options){ 0 };
}

int
options_list(FILE *out)
{
	static const char *const states[] = { "ready", "ready", "not-yet",
		"hidden" };
	const struct option_row *row;

	for (row = options_rows; row < options_rows + options_nrows; row++)
		if (row->state != OPTION_HEADING &&
		    fprintf(out, "%s %c %s %s\n", row->name ? row->name : "-",
			row->letter ? row->letter : '-',
			row->value ? row->value : "-", states[row->state]) < 0)
			return -EIO;
	return 0;
}
