/* SPDX-License-Identifier: ISC */

/*
 * What the user asked for: one struct for each room that needs to know.
 */
#ifndef OPTIONS_SETTINGS_H
#define OPTIONS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "hosts/login.h"
#include "input/batch.h"
#include "input/block.h"
#include "input/input.h"
#include "perl/perl.h"
#include "policy/halt.h"
#include "policy/limit.h"
#include "policy/machine.h"
#include "policy/retry.h"
#include "policy/rlimits.h"
#include "prun.h"
#include "report/report_options.h"
#include "template/command.h"
#include "text/text.h"

/* With ACTION_RUN jobs are run; otherwise prun prints something and exits. */
enum options_action {
	ACTION_RUN = 0,
	ACTION_REPORT, /* --report of report.from_joblog */
	ACTION_HELP, /* options.help */
	ACTION_USAGE, /* -h */
	ACTION_VERSION,
	ACTION_CITATION, /* that nothing is asked */
	ACTION_MIN_VERSION, /* exits with 255 if ours is below options.min_version */
	ACTION_LIST_OPTIONS, /* options_list() */
	ACTION_COMPLETION, /* help_completion() for options.completion */
	ACTION_LINE_LENGTH, /* --max-line-length-allowed */
	ACTION_RECORD_ENV, /* --record-env */
	ACTION_ENV_REQUEST, /* what env_parallel is to do: options.env */
	ACTION_COMBINE, /* --combine-executable: options.combined */
	ACTION_SHELL_FUNCTIONS, /* options.shell_functions */
	ACTION_AGENT, /* --remote-agent: with options.agent_token */
	ACTION_THREADS, /* --number-of-threads */
	ACTION_CORES,
	ACTION_SOCKETS,
};

/* Does prun share the jobs of the make that it was started by? */
enum jobserver_use {
	JOBSERVER_AUTO = 0, /* unless -j is given */
	JOBSERVER_ON,
	JOBSERVER_OFF,
};

/* --jobserver-serve */
enum jobserver_kind {
	JOBSERVER_NONE = 0,
	JOBSERVER_PIPE,
	JOBSERVER_FIFO,
};

/* How many jobs run at a time, and how long. */
struct run_options {
	const char *jobs; /* -j as given, for jobs_from_spec(); NULL: "100%" */
	/* -S N/: -j 50% means half of this number of CPUs; 0: the CPUs of the machine. */
	unsigned cpus;
	double timeout; /* seconds; 0: none */
	/* --control: the name, "": the number of the process; NULL: none */
	const char *control;
	enum jobserver_use jobserver;
	enum jobserver_kind jobserver_serve;
	bool jobs_given; /* -j is on the command line */
	bool queue; /* --queue: the input ends when a client says so */
	const char *termseq; /* NULL: PRUN_TERMSEQ */
	double leak_timeout; /* as prun_pool_opts has it */
	int guard_fd; /* as prun_pool_opts has it */
	/* one job, which has prun's stdin and makes prun's exit status */
	bool single;
};

/* --pipe and its kin.  All zero: jobs get arguments. */
struct pipe_options {
	bool enabled;
	bool part; /* --pipepart */
	bool round_robin;
	bool tee;
	bool by_number; /* --bin: block.deal is dealt by number, not by hash */
	bool cat; /* the block is a file */
	bool fifo; /* the block is a FIFO */
	struct block_options block;
	double block_timeout; /* seconds; 0: none */
	const char **files; /* of the stream; nfiles is 0: stdin */
	size_t nfiles;
};

/* --stop-on-missing: does the run end when the command is not found? */
enum missing_policy {
	MISSING_AUTO = 0, /* on a terminal, when no job can find it */
	MISSING_STOP, /* as soon as one has not found it */
	MISSING_GO_ON,
};

/* When jobs start, are retried and given up; what jobs get and may not do. */
struct policy_options {
	struct halt_rule halt;
	struct retry_rule retry;
	const char
	    *tries; /* a template for retry.tries; NULL: the same for all */
	struct limit_rules limits; /* load is not set yet: see below */
	const char *load; /* for load_from_spec(); NULL: unset */
	const char *timeout; /* a template for run.timeout; NULL: none */
	double timeout_percent; /* --timeout N%; 0: unset */
	const char
	    *delays; /* a template of the delay of each job; NULL: delay */
	double delay; /* seconds */
	bool delay_auto;
	const char *const *templates; /* "FILE=OUT" of --template, ntemplates */
	size_t ntemplates;
	bool cleanup; /* remove the files that are made of them */
	enum prun_leak leak;
	struct rlimits rlimits;
	const char *weight; /* a template; NULL: 1 */
	const char *workdir; /* a template, or "..."; NULL: where prun is */
	const char *slot_variable; /* --process-slot-var; NULL: none */
	bool nice_set;
	int nice;
	bool interactive; /* -p */
	enum missing_policy missing;
	bool open_tty; /* -o, --tty: the stdin of jobs is the terminal */
};

enum output_mode {
	OUTPUT_GROUP = 0,
	OUTPUT_LINE, /* --line-buffer */
	OUTPUT_UNGROUP, /* -u */
	OUTPUT_LATEST, /* --latest-line */
};

struct output_options {
	enum output_mode mode;
	bool keep_order; /* -k */
	size_t group_limit; /* bytes; 0: the library's, SIZE_MAX: none */
	bool tag; /* --tag, --tagstring */
	const char *tagstring; /* a template, "\t" in it is a tab; NULL: "{}" */
	bool dry_run;
	unsigned verbose; /* how often -v was given: print the line on stdout */
	bool trace; /* -t: print the line on stderr */
	bool pty; /* the stdout and stderr of jobs are terminals */
	bool color_jobs; /* on a terminal jobs are told to keep their colours */
};

/* All zero: no semaphore. */
struct semaphore_options {
	/* prun was called as sem, or has --semaphore or an option that implies it. */
	bool enabled;
	bool foreground; /* --fg: wait for the job, and exit with its status */
	/* --wait: run nothing, wait until nobody holds the semaphore or waits. */
	bool wait;
	const char *name; /* --id; NULL: named after the terminal on stdin */
	/* --semaphore-timeout in seconds; 0: none; negative: then give up. */
	double timeout;
};

/* A line of --worker-init has fewer bytes. */
#define WORKER_INIT_MOST 60000

/* All zero: each job is a process. */
struct worker_options {
	enum prun_worker_kind kind;
	bool shell; /* of a kind that is a shell */
	bool stream; /* --pipe: each record of the stream is a job */
	const char *end, *init; /* NULL: none */
	unsigned recycle; /* 0: never */
	const char *const *words; /* the program; of a shell: none */
	size_t nwords;
};

/* All zero: no sudo. */
struct sudo_options {
	bool enabled;
	const char *user; /* NULL: root */
	const char *file; /* --sudo-password-file; NULL: none */
	int fd; /* --sudo-password-fd; has_fd */
	bool has_fd;
	const char *const *preserve; /* as env_options.names */
};

/* What --env asks for, and what the shell function env_parallel is to do. */
struct env_options {
	const char *const *names; /* of --env, NULL-terminated; NULL: none */
	bool unlisted; /* --env _: and all that --record-env has not listed */
	/* "session", "end-session" or "record-env"; NULL: env_parallel runs jobs. */
	const char *verb;
};

/* Other machines.  All zero: all jobs run here. */
struct host_options {
	const struct login *logins; /* n; NULL: no host was named */
	size_t n;
	/* Where the logins come from, to be read again. */
	struct login_source *sources;
	size_t nsources;
	bool groups; /* --hostgroups: arguments may end in "@GROUP" */
	bool filter; /* --filter-hosts: a host that is not there is left out */
	bool each; /* --onall, --nonall: every host gets every job */
	double delay; /* --sshdelay: seconds from one connection to the next */
	const char *via; /* words that lead to a host, with {host}; NULL: ssh */
	const char *ssh; /* --ssh; NULL: $PARALLEL_SSH, or ssh */
	double heartbeat; /* seconds; 0: the library's */
	bool by_shell; /* --remote ssh: no agent, but an ssh for each job */
	bool slurm; /* the nodes of the allocation are among logins */
	/* Files: templates of --transferfile and --return, and paths of --basefile. */
	const char *const *send, *const *fetch, *const *base;
	size_t nsend, nfetch, nbase;
};

struct options {
	enum options_action action;
	bool as_parallel; /* prun was called by that name */
	const char *help; /* a topic or an option; NULL: all */
	const char *min_version;
	const char *completion; /* bash, zsh, fish */
	const char *combined; /* --combine-executable: the file to make */
	const char *shell_functions; /* the shell whose functions are printed */
	const char *agent_token; /* --remote-agent */
	enum cpu_unit cpu_unit; /* what -j counts */
	bool show_limits;
	const char *parset; /* --_parset: "var," and names; NULL: none */
	const char *
	    ignored; /* an option about other hosts, of which there are none; NULL */
	const char
	    *swallowed; /* an option whose argument is ":::" or the like */
	bool no_warn; /* --no-warn: say nothing of traps: see run/traps.h */

	struct input_options input;
	struct batch_options batch;
	struct command_options command;
	struct run_options run;
	struct pipe_options pipe;
	struct output_options output;
	struct report_options report;
	struct policy_options policy;
	struct semaphore_options semaphore;
	struct env_options env;
	struct sudo_options sudo;
	struct worker_options worker;
	struct host_options hosts;

	const struct perl_given *given; /* every option, for expressions */
	size_t ngiven;
	size_t ndefaults; /* how many of them profiles and variables gave */

	struct options_store *store; /* keeps what the fields above point to */
};

#endif
