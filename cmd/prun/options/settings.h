/* SPDX-License-Identifier: ISC */

/*
 * What the user has asked for: a struct of options for each room that needs some.
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
	ACTION_HELP, /* the argument is a topic or an option; NULL: all */
	ACTION_USAGE, /* -h */
	ACTION_VERSION,
	ACTION_CITATION, /* says that prun asks for no citation */
	/* exits with 255 if ours is below the argument */
	ACTION_MIN_VERSION,
	ACTION_LIST_OPTIONS, /* options_list() */
	ACTION_COMPLETION, /* for the shell that the argument names */
	ACTION_LINE_LENGTH, /* --max-line-length-allowed */
	ACTION_RECORD_ENV, /* --record-env */
	ACTION_ENV_REQUEST, /* tells env_parallel what to do: options.env */
	ACTION_COMBINE, /* makes the file that the argument names */
	ACTION_SHELL_FUNCTIONS, /* for the shell that the argument names */
	ACTION_AGENT, /* the argument is the token */
	ACTION_THREADS, /* --number-of-threads */
	ACTION_CORES,
	ACTION_SOCKETS,
};

/* Does prun take slots from the jobserver of the make that has started it? */
enum jobserver_use {
	JOBSERVER_AUTO = 0, /* yes, unless -j is given */
	JOBSERVER_ON,
	JOBSERVER_OFF,
};

/* --jobserver-serve: how prun serves as a jobserver for the jobs. */
enum jobserver_kind {
	JOBSERVER_NONE = 0,
	JOBSERVER_PIPE,
	JOBSERVER_FIFO,
};

/* How many jobs run at a time, how long they may run, and who may control them. */
struct run_options {
	const char *jobs; /* -j as given, for jobs_from_spec(); NULL: "100%" */
	/* -S N/: the number of CPUs of which -j 50% means half; 0: those of the machine. */
	unsigned cpus;
	double timeout; /* seconds; 0: none */
	/* --control: its name; "": the number of the process is the name; NULL: not given */
	const char *control;
	enum jobserver_use jobserver;
	enum jobserver_kind jobserver_serve;
	bool jobs_given; /* -j is on the command line */
	bool queue; /* --queue: the input ends when a client says so */
	const char *termseq; /* NULL: PRUN_TERMSEQ */
	double leak_timeout; /* prun_pool_opts.leak_timeout */
	int guard_fd; /* prun_pool_opts.guard_fd */
	/* there is one job, which gets the stdin of prun, and whose status prun exits with */
	bool single;
};

/* --pipe and its kin.  All zero: jobs get arguments. */
struct pipe_options {
	bool enabled;
	bool part; /* --pipepart */
	bool round_robin;
	bool tee;
	/* --bin: block.deal chooses the job by number, not by hash */
	bool by_number;
	bool cat; /* --cat: a job gets its block as a file */
	bool fifo; /* --fifo: a job gets its block through a FIFO */
	struct block_options block;
	double block_timeout; /* seconds; 0: none */
	const char **files; /* the files of the stream; nfiles is 0: stdin */
	size_t nfiles;
};

/* --stop-on-missing: does the run end when the command is not found? */
enum missing_policy {
	/* on a terminal it does, if no job can find the command */
	MISSING_AUTO = 0,
	MISSING_STOP, /* it does as soon as one job has not found the command */
	MISSING_GO_ON,
};

/* When jobs start, are retried and given up; what jobs are given and what they may use. */
struct policy_options {
	struct halt_rule halt;
	struct retry_rule retry;
	const char
	    *tries; /* a template of the tries of each job; NULL: retry.tries */
	struct limit_rules limits; /* limits.load is set later, from load */
	const char *load; /* for load_from_spec(); NULL: not given */
	/* a template of each job's timeout; NULL: run.timeout */
	const char *timeout;
	double timeout_percent; /* --timeout N%; 0: not given */
	const char
	    *delays; /* a template of the delay of each job; NULL: delay */
	double delay; /* seconds */
	bool delay_auto;
	const char *const *templates; /* the values of --template: "FILE=OUT" */
	size_t ntemplates;
	/* --cleanup: remove files and folders that prun made for jobs */
	bool cleanup;
	enum prun_leak leak;
	struct rlimits rlimits;
	const char *weight; /* a template of the weight of each job; NULL: 1 */
	const char *workdir; /* a template, or "..."; NULL: where prun is */
	const char *slot_variable; /* --process-slot-var; NULL: none */
	bool nice_set;
	int nice;
	bool interactive; /* -p */
	enum missing_policy missing;
	bool open_tty; /* -o, --tty: jobs get the terminal as stdin */
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
	const char *tagstring; /* a template of the tag; NULL: "{}" */
	bool dry_run;
	unsigned verbose; /* how often -v was given: print the line on stdout */
	bool trace; /* -t: print the line on stderr */
	bool pty; /* the stdout and stderr of jobs are terminals */
	/* jobs are told to write colours, if stdout is a terminal */
	bool color_jobs;
};

/* All zero: no semaphore. */
struct semaphore_options {
	/* prun was called as sem, or with --semaphore or an option that implies it. */
	bool enabled;
	bool foreground; /* --fg: wait for the job, and exit with its status */
	/* --wait: run no job, and wait until nobody holds the semaphore or waits for it. */
	bool wait;
	/* --id; NULL: the name of the terminal on stdin is used */
	const char *name;
	/*
	 * --semaphore-timeout, in seconds; 0: not given.  After that time the job runs
	 * without the semaphore, or, if the number is negative, prun gives up.
	 */
	double timeout;
};

/* The line of --worker-init must have fewer bytes than this. */
#define WORKER_INIT_MOST 60000

/* All zero: each job is a process. */
struct worker_options {
	enum prun_worker_kind kind;
	bool shell; /* the workers are shells */
	bool stream; /* --pipe: each record of the stream is a job */
	const char *end, *init; /* NULL: none */
	unsigned recycle; /* tasks after which a worker is replaced; 0: never */
	/* the words of the program; none for a shell */
	const char *const *words;
	size_t nwords;
};

/* All zero: no sudo. */
struct sudo_options {
	bool enabled;
	const char *user; /* NULL: root */
	const char *file; /* --sudo-password-file; NULL: none */
	int fd; /* --sudo-password-fd, if has_fd */
	bool has_fd;
	/* the variables that sudo keeps: env_options.names */
	const char *const *preserve;
};

/* What --env asks for, and what the shell function env_parallel is to do. */
struct env_options {
	/* those of --env, NULL-terminated; NULL: none */
	const char *const *names;
	/* --env _: also all names that --record-env has not listed */
	bool unlisted;
	/* What env_parallel does: "session", "end-session", "record-env"; NULL: runs jobs. */
	const char *verb;
};

/* Other machines.  All zero: all jobs run on this machine. */
struct host_options {
	const struct login *logins; /* the n hosts; NULL: no host was named */
	size_t n;
	/* The lists and files from which the logins come; they are read again later. */
	struct login_source *sources;
	size_t nsources;
	bool groups; /* --hostgroups: arguments may end in "@GROUP" */
	bool filter; /* --filter-hosts: hosts that do not answer are left out */
	bool each; /* --onall, --nonall: every host gets every job */
	double delay; /* --sshdelay: seconds from one connection to the next */
	/* the command that connects, with {host} in it; NULL: ssh */
	const char *via;
	const char *ssh; /* --ssh; NULL: $PARALLEL_SSH, or ssh */
	double heartbeat; /* seconds; 0: the default of the library */
	/* --remote ssh: an ssh for each job, instead of an agent */
	bool by_shell;
	bool slurm; /* the logins include the nodes of the Slurm allocation */
	/* The templates of --transferfile and --return, and the paths of --basefile. */
	const char *const *send, *const *fetch, *const *base;
	size_t nsend, nfetch, nbase;
};

struct options {
	enum options_action action;
	bool as_parallel; /* prun was called by the name parallel */
	/* the argument of the action's option; NULL: it has none */
	const char *action_argument;
	enum cpu_unit cpu_unit; /* what -j counts */
	bool show_limits;
	const char *parset; /* the value of --_parset; NULL: not given */
	/* an option that was given and has no effect without other hosts; NULL: none */
	const char *ignored;
	/* an option that took ":::" or the like as its argument; NULL: none */
	const char *swallowed;
	bool no_warn; /* --no-warn: say nothing of traps: see traps.h */

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

	/* all options given, for Perl expressions */
	const struct perl_given *given;
	size_t ngiven;
	/* how many of these come from profiles and variables */
	size_t ndefaults;

	struct options_store *store; /* keeps what the fields above point to */
};

#endif
