/* SPDX-License-Identifier: ISC */

/*
 * The setters of the option table, and the store, which owns what struct options points to.
 */
#ifndef OPTIONS_SET_H
#define OPTIONS_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "options/option_row.h"
#include "options/profile.h"
#include "options/settings.h"
#include "options/value.h"

/* A list of strings, which are lent. */
struct word_list {
	const char **list;
	size_t n;
};

/*
 * Owns the lists and strings to which struct options points, and keeps what the setters must
 * remember until all options are read.
 */
struct options_store {
	char **strings;
	size_t nstrings;
	/* those of -a, then those behind the command */
	struct source_spec *sources;
	size_t nsources;
	struct word_list words; /* the command */
	struct word_list rpl;
	struct word_list match;
	char **profiles;
	size_t nprofiles;
	struct word_list filters;
	struct perl_given *given;
	size_t ngiven;
	const char *recstart, *recend; /* the values given; NULL: not given */
	const char *records; /* the format of --records; NULL: not given */
	const char *header; /* the value of --header; NULL: not given */
	struct word_list templates;
	struct word_list env; /* the names of --env */
	bool env_request; /* --_env-request */
	/* The words that replace argv: those of a script, or of env_parallel for csh. */
	struct profile arguments;
	bool plain;
	bool group, ungroup, line_buffer; /* giving two of them is an error */
	bool nonall, onall;
	bool tty; /* --tty */
	bool no_keep_order;
	bool silent; /* --silent was given: -v has no effect */
	bool replace_args; /* -N was given: -n and -L have no effect */
	bool max_args; /* -n was given: -L has no effect */
	/* pairs of words: the option, -S or --sshloginfile, and its value */
	struct word_list hosts;
	struct login_source *host_sources;
	size_t nhost_sources;
	struct login_list logins;
	/* the values of --transferfile, --return and --basefile */
	struct word_list send, fetch, base;
	struct word_list files; /* those that --pipe reads */
	const char *argument_separator; /* NULL: ":::" */
	const char *file_separator; /* NULL: "::::" */
};

/*
 * SETTER(set_x) { ... } defines a setter: an option_set_fn with the parameters o, row, name,
 * value and m, which it need not use.
 */
#define SETTER(id) \
	int id(MAY_USE struct options *o, \
	    MAY_USE const struct option_row *row, MAY_USE const char *name, \
	    MAY_USE const char *value, MAY_USE struct message *m)
#define MAY_USE __attribute__((unused))

/*
 * Make room for one more element in list, which has n elements of width bytes.  Returns the
 * list, which may have moved; NULL: no memory.
 */
void *store_grow(void *list, size_t n, size_t width);

/* The store owns the string from now on.  NULL: no memory; the string has been freed. */
char *store_keep(struct options_store *s, char *string);
int store_add_source(struct options *o, const struct source_spec *source);

/* Note that an option was given.  value is lent, or NULL.  0 or -ENOMEM. */
int store_add_given(struct options_store *s, const char *name,
    const char *value);

/* Append a string, which is lent.  0 or -ENOMEM. */
int words_add(struct word_list *w, const char *string);

/*
 * The number of the value among the words, which end with NULL; -EINVAL with a message that
 * lists them if it is none of them.
 */
int word_parse(const char *name, const char *value, const char *const *words,
    struct message *m);

option_set_fn set_true, set_constant, set_string, set_path, set_seconds,
    set_nothing;
/* These set a field of the store: a row names it by STORED(). */
option_set_fn set_given, set_given_string, set_listed;
/* Sets options.action to the row's constant, and keeps the argument for it. */
option_set_fn set_action;
option_set_fn set_min_version, set_shebang, set_remote_agent, set_refused,
    set_combine;
option_set_fn set_arg_file, set_arg_sep, set_arg_file_sep, set_null,
    set_delimiter;
option_set_fn set_eof, set_trim, set_header, set_seed;
option_set_fn set_max_args, set_max_replace_args, set_max_lines,
    set_max_lines_optional, set_max_chars;
option_set_fn set_many, set_context, set_xargs;
option_set_fn set_shell_quote, set_exec;
option_set_fn set_control, set_ctl, set_jobserver_serve;
option_set_fn set_timeout, set_termseq;
option_set_fn set_group, set_group_limit, set_ungroup, set_line_buffer,
    set_tagstring;
option_set_fn set_keep_order, set_no_keep_order, set_verbose, set_silent,
    set_profile;

/* set_pipe.c */
option_set_fn set_block, set_record_format, set_shard, set_bin;

/* Call it after all options: it adapts the other options to --pipe.  0 or -errno. */
int pipe_finish(struct options *o, struct message *m);

/* set_policy.c */
option_set_fn set_halt, set_retries, set_retry_delay, set_retry_on, set_delay;
option_set_fn set_limit, set_memfree, set_memsuspend, set_leak, set_rlimit;
option_set_fn set_nice, set_slot_variable, set_tty, set_template, set_cleanup;

/* set_env.c */
option_set_fn set_env, set_session, set_record_env;

/*
 * Call it after all options: it replaces "_" among the names of --env by the names for which
 * "_" stands.  0, or -errno and a message.
 */
int env_finish(struct options *o, struct message *m);

/* set_policy.c: the semaphore */
option_set_fn set_semaphore_name, set_semaphore_timeout;
option_set_fn set_foreground, set_wait;

/* set_worker.c */
option_set_fn set_worker, set_worker_recycle;

/*
 * Call it after all options, and before pipe_finish(): it adapts the other options to the
 * workers.  0 or -errno.
 */
int worker_finish(struct options *o, struct message *m);

/* set_run.c: reports */
option_set_fn set_compress_program, set_joblog, set_files_nul, set_color,
    set_tag_color, set_color_tag, set_color_tagstring;
option_set_fn set_ci, set_digest;
option_set_fn set_total_jobs;

/* set_run.c: --sudo */
option_set_fn set_sudo, set_sudo_password_file, set_sudo_password_fd;
int sudo_finish(struct options *o, struct message *m);

/* set_hosts.c */
option_set_fn set_remote, set_connector, set_heartbeat, set_sshlogin,
    set_sshloginfile, set_basefile, set_transfer, set_transferfile, set_return,
    set_trc;
int hosts_finish(struct options *o, struct message *m);

#endif
