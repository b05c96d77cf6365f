/* SPDX-License-Identifier: ISC */

/*
 * Owns the setters of the options about blocks of a stream, and adapts to --pipe the options
 * that mean something else for arguments: see set.h.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/set.h"
#include "options/value.h"

SETTER(set_block)
{
	struct block_options *block = &o->pipe.block;
	long long parts;
	int r;

	block->per_slot = 0;
	block->size_given = true;
	block->automatic = strcmp(value, "auto") == 0;
	if (block->automatic) {
		block->size = BLOCK_AUTO_FIRST;
		return 0;
	}
	if (*value == '-') {
		r = number_parse(name, value + 1, 1, INT32_MAX, &parts, m);
		block->per_slot = r == 0 ? (unsigned)parts : 0;
		return r;
	}
	r = size_parse(name, value, &block->size, m);
	/* The size 0 is allowed: each block grows until it holds a record. */
	return r;
}

SETTER(set_record_format)
{
	static const char *const words[] = { "csv", "fasta", "fastq", "json",
		NULL };

	int i = word_parse(name, value, words, m);

	if (i < 0)
		return i;
	o->store->records = words[i];
	return 0;
}

SETTER(set_shard)
{
	o->pipe.block.deal = value;
	o->pipe.by_number = false;
	return 0;
}

SETTER(set_bin)
{
	o->pipe.block.deal = value;
	o->pipe.by_number = true;
	return 0;
}

/* Resolves the escapes in the value, unless it is an expression: PCRE2 resolves those. */
static int
pipe_record_text(struct options *o, const char *name, const char *value,
    struct text *text, struct message *m)
{
	struct bytes bytes = { 0 };
	int r;

	if (value == NULL || *value == '\0')
		return 0;
	if (o->pipe.block.record.regexp) {
		*text = text_of(value);
		return 0;
	}
	r = delimiter_parse(name, value, &bytes, m);
	if (r < 0)
		return r;
	text->len = bytes.len;
	text->data = store_keep(o->store, bytes.data);
	return text->data == NULL ? message_errno(m, -ENOMEM, "%s", name) : 0;
}

/* Sets how the records of a format (--records, --csv) begin and end. */
static int
pipe_finish_format(struct options *o, const char *format, struct message *m)
{
	struct record_options *record = &o->pipe.block.record;
	const struct options_store *s = o->store;
	const char *other = s->recend != NULL ? "--recend" :
	    s->recstart != NULL               ? "--recstart" :
	    record->regexp                    ? "--regexp" :
	    record->remove                    ? "--remove-rec-sep" :
	    o->input.delimiter != NULL        ? "-d" :
	    o->input.csv && *format != 'c'    ? "--csv" :
						NULL;
	const char *colsep = o->input.colsep;

	if (other != NULL)
		return message_set(m, -EINVAL, "%s cannot be combined with %s",
		    s->records != NULL ? "--records" : "--csv", other);
	if (strcmp(format, "fasta") == 0) {
		record->end_given = true;
		record->end = text_of("\n");
		record->start = text_of(">");
		return 0;
	}
	record->format = *format == 'c' ? RECORD_CSV :
	    *format == 'j'              ? RECORD_JSON :
					  RECORD_FASTQ;
	record->csv_separator = colsep == NULL ? ',' :
	    strcmp(colsep, "\\t") == 0         ? '\t' :
						 *colsep;
	if (*format == 'c' && colsep != NULL && strlen(colsep) != 1 &&
	    strcmp(colsep, "\\t") != 0)
		return message_set(m, -EINVAL,
		    "--csv: --colsep '%s' is not one character", colsep);
	return 0;
}

static int
pipe_finish_records(struct options *o, struct message *m)
{
	struct record_options *record = &o->pipe.block.record;
	const struct options_store *s = o->store;
	int r;

	if (s->records != NULL || o->input.csv)
		return pipe_finish_format(o,
		    s->records != NULL ? s->records : "csv", m);
	record->end_given = s->recend != NULL;
	r = pipe_record_text(o, "--recstart", s->recstart, &record->start, m);
	if (r == 0)
		r = pipe_record_text(o, "--recend", s->recend, &record->end, m);
	/* With --pipe, -0 and -d mean what --recend means. */
	if (r == 0 && !record->end_given && o->input.delimiter != NULL) {
		record->end_given = true;
		record->end = (struct text){ o->input.delimiter,
			o->input.delimiter_len };
	}
	return r;
}

/* Makes the files (-a, ::::) the stream.  Arguments (:::) stay: one for each block. */
static int
pipe_finish_sources(struct options *o, struct message *m)
{
	static const struct source_spec nothing = { .kind = SOURCE_ARGUMENTS };
	struct options_store *s = o->store;
	size_t kept = 0;

	for (size_t i = 0; i < s->nsources; i++) {
		if (s->sources[i].kind != SOURCE_FILE)
			s->sources[kept++] = s->sources[i];
		else if (words_add(&s->files, s->sources[i].path) != 0)
			return message_errno(m, -ENOMEM, "-a");
	}
	o->pipe.files = s->files.list;
	o->pipe.nfiles = s->files.n;
	o->input.nsources = kept > 0 ? kept : 1;
	o->input.sources = kept > 0 ? s->sources : &nothing;
	if (o->pipe.part && o->pipe.nfiles == 0)
		return message_set(m, -EINVAL,
		    "--pipepart needs a file: -a FILE or :::: FILE");
	if (o->pipe.tee && kept == 0)
		return message_set(m, -EINVAL,
		    "--tee needs arguments (:::), one for each job");
	return 0;
}

/* --shard and --bin give records to running jobs one by one: refuses options of blocks. */
static int
pipe_check_deal(const struct options *o, struct message *m)
{
	const struct pipe_options *p = &o->pipe;
	const char *other = p->cat ? "--cat" :
	    p->fifo                ? "--fifo" :
	    p->tee                 ? "--tee" :
	    p->round_robin         ? "--round-robin" :
	    p->block.group != NULL ? "--group-by" :
	    p->block.records > 0   ? "-N" :
	    p->block.lines > 0     ? "-L" :
	    p->block.record.remove ? "--remove-rec-sep" :
				     NULL;

	if (p->block.deal == NULL || other == NULL)
		return 0;
	return message_set(m, -EINVAL, "%s cannot be combined with %s",
	    p->by_number ? "--bin" : "--shard", other);
}

static int
pipe_check(const struct options *o, struct message *m)
{
	const struct pipe_options *p = &o->pipe;

	if (o->command.nwords == 0 ||
	    (o->command.nwords == 1 && *o->command.words[0] == '\0'))
		return message_set(m, -EINVAL,
		    "Error: --pipe/--pipepart must have a command to pipe into (e.g. 'cat').");
	if (p->part && (o->store->replace_args || p->block.lines > 0))
		return message_set(m, -EINVAL,
		    "--pipepart cannot be combined with %s: -n counts records",
		    p->block.lines > 0 ? "-L" : "-N");
	if (!p->part && p->block.per_slot > 0)
		return message_set(m, -EINVAL,
		    "--block: a negative number is for --pipepart");
	if (p->cat && p->fifo)
		return message_set(m, -EINVAL,
		    "--cat cannot be combined with --fifo");
	if (p->tee && (p->cat || p->fifo))
		return message_set(m, -EINVAL,
		    "--tee cannot be combined with %s",
		    p->cat ? "--cat" : "--fifo");
	if (p->round_robin && p->tee)
		return message_set(m, -EINVAL,
		    "--tee cannot be combined with --round-robin");
	return 0;
}

/*
 * With --results the folder of a job is named by its arguments.  Blocks have none, and each
 * job would overwrite the files of the last.  So the folders get the numbers of the jobs.
 */
static int
pipe_finish_results(struct options *o, struct message *m)
{
	char *numbered;

	const char *results = o->report.results;
	const char *suffix = results != NULL ? strrchr(results, '.') : NULL;

	if (results == NULL || strchr(results, '{') != NULL ||
	    o->input.sources->nwords > 0 ||
	    (suffix != NULL &&
		(strcmp(suffix, ".csv") == 0 || strcmp(suffix, ".tsv") == 0 ||
		    strcmp(suffix, ".json") == 0)))
		return 0;
	if (asprintf(&numbered, "%s/%s/", results,
		o->command.replace_sequence != NULL ?
		    o->command.replace_sequence :
		    "{#}") == -1)
		numbered = NULL;
	o->report.results = numbered != NULL ? store_keep(o->store, numbered) :
					       NULL;
	return o->report.results != NULL ?
	    0 :
	    message_errno(m, -ENOMEM, "--results");
}

int
pipe_finish(struct options *o, struct message *m)
{
	struct pipe_options *p = &o->pipe;
	int r;

	/* The only job of a semaphore has the stdin of prun, so --pipe means nothing. */
	if (o->semaphore.enabled)
		p->enabled = false;
	p->enabled |= p->part || p->round_robin || p->cat || p->fifo ||
	    p->block.group != NULL || p->block.deal != NULL;
	if (!p->enabled)
		return 0;
	r = pipe_check(o, m);
	if (r == 0)
		r = pipe_check_deal(o, m);
	if (r == 0)
		r = pipe_finish_records(o, m);
	if (r == 0)
		r = pipe_finish_sources(o, m);
	if (r == 0)
		r = pipe_finish_results(o, m);
	if (r != 0)
		return r;
	p->block.header = o->store->header;
	p->block.skip_blank = o->input.skip_blank;
	p->block.skip_first = o->input.skip_first;
	p->block.colsep = o->input.colsep;
	o->input.header = o->input.header_paths = o->input.join_lines = false;
	o->input.csv = false;
	if (p->block.group != NULL || p->block.deal != NULL)
		o->input.colsep = NULL;
	o->batch.no_values = false;
	/* -L counts lines of the stream and no arguments; -N counts both. */
	if (p->block.lines > 0)
		o->batch.max_args = p->block.records == 0 ||
			p->block.records == SIZE_MAX ?
		    1 :
		    p->block.records;
	/* The name of the file is a value: it is appended where the command has no {}. */
	o->command.no_values = !p->cat && !p->fifo;
	o->command.context = false;
	/*
	 * All these jobs start at once.  "-j0" would start as many as files may be open,
	 * which is too many.
	 */
	if (p->block.deal != NULL && o->run.jobs != NULL &&
	    strcmp(o->run.jobs, "0") == 0)
		o->run.jobs = NULL;
	/* The jobs of --tee all run at once, and each gets all bytes, not cut into records. */
	if (p->tee) {
		o->run.jobs = "0";
		p->block = (struct block_options){ .size = SIZE_MAX / 2,
			.size_given = true,
			.skip_first = o->input.skip_first,
			.record.end_given = true };
	}
	return 0;
}
