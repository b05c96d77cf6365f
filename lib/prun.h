/* SPDX-License-Identifier: ISC */

/*
 * libprun: start, capture, schedule and kill processes.
 *
 * Here stands one line of contract for each call; the manual is section 3, a page for
 * each object: libprun(3) has the calling order and a complete example.
 *
 * Functions return 0 or a count, or -errno; objects come through the last argument.
 * Times are in seconds; a negative timeout is for ever.  What is passed in is copied,
 * if nothing else is said, and descriptors stay whose they are.  The library never
 * prints, exits, reads the environment, raises SIGPIPE or changes a signal disposition.
 * Its descriptors are close-on-exec.
 *
 * Processes, pools and timers are those of the process that made them: after fork(2)
 * the child can only free them, and all else is -EPERM.  An object belongs to one thread
 * at a time, unless its functions say otherwise.
 *
 * A structure that begins with size may grow at its end.  The program sets size to its
 * sizeof, always; what is zero is the default:
 *
 * 	struct prun_spec spec = { .size = sizeof(spec), .argv = argv };
 * 	struct prun_result result = { .size = sizeof(result) };
 *
 * -EINVAL: size was not set, or flags has unknown bits.  -E2BIG: what this library does
 * not know is not zero.  Nothing has happened then.
 */
#ifndef PRUN_H
#define PRUN_H

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/select.h> /* sigset_t, where signal.h keeps to ISO C */

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun_host.h" /* other machines that run jobs of a pool */
#include "prun_ipc.h" /* timer, semaphore, event, lock, connection, queue */
#include "prun_sudo.h" /* commands as another user */
#include "prun_workers.h" /* C functions in worker processes */

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define PRUN_VERSION "0.2.0"
#define PRUN_VERSION_MAJOR 0
#define PRUN_VERSION_MINOR 2
#define PRUN_VERSION_PATCH 0
/* For comparing: #if PRUN_VERSION_NUMBER >= PRUN_VERSION_OF(0, 2, 0) */
#define PRUN_VERSION_NUMBER \
	PRUN_VERSION_OF(PRUN_VERSION_MAJOR, PRUN_VERSION_MINOR, \
	    PRUN_VERSION_PATCH)
#define PRUN_VERSION_OF(major, minor, patch) \
	((major)*1000000 + (minor)*1000 + (patch))

/* PRUN_VERSION of the library that is there at run time.  Any thread. */
const char *prun_version(void);
/* The same of PRUN_VERSION_NUMBER. */
int prun_version_number(void);

/* What to run: struct prun_spec.  Either argv or command must be set. */

enum prun_stdio_kind {
	PRUN_STDIO_INHERIT = 0, /* the caller's own */
	PRUN_STDIO_NULL, /* /dev/null */
	PRUN_STDIO_PIPE, /* a pipe; the other end is the process object's */
	PRUN_STDIO_FD, /* fd, which stays the caller's; in a pool: open until the job runs */
	PRUN_STDIO_STDOUT, /* stderr only: wherever stdout goes */
	/* Stdout, stderr: a pipe that the child takes for a terminal like fd. */
	PRUN_STDIO_PTY
};

struct prun_stdio {
	enum prun_stdio_kind kind;
	int fd; /* PRUN_STDIO_FD and PRUN_STDIO_PTY only */
};

/* One resource limit of the child, as setrlimit(2) takes it. */
struct prun_rlimit {
	int resource;
	struct rlimit limit;
};

/* A file, or a folder with all in it, that is taken to another machine, or fetched from there. */
struct prun_file {
	const char *here; /* relative: to the folder of this process */
	const char *there; /* relative: to the folder of the job */
};

/* Bits of prun_spec.flags. */
/* Lead a process group of its own (a pool always does). */
#define PRUN_SPEC_NEW_GROUP 0x1u
/* SIGKILL when the starting thread ends. */
#define PRUN_SPEC_DIE_WITH_PARENT 0x2u
/* In a pool: stay in the caller's process group, for the terminal's input and its keys. */
#define PRUN_SPEC_KEEP_GROUP 0x4u
/* SIGPIPE and SIGXFSZ stay ignored where the caller ignores them, and are not set back. */
#define PRUN_SPEC_KEEP_IGNORED 0x8u
#define PRUN_SPEC_NEW_SESSION 0x10u /* lead a session, and with it a group */
#define PRUN_SPEC_SET_UMASK 0x20u /* umask counts */
/* The child has its stdio and what pass tells, whatever the caller has open. */
#define PRUN_SPEC_CLOSE_FDS 0x40u
/* The bytes of input are not copied: they must not change until done is called. */
#define PRUN_SPEC_INPUT_LENT 0x80u
#define PRUN_SPEC_INPUT_FIFO 0x100u /* input_path is made as a FIFO */

struct prun_result;
struct prun_sudo;
struct prun_host;

/* Told in a line, which is lent, what an object does; any thread; level as in syslog(3). */
typedef void prun_log_fn(int level, const char *line, void *arg);
/* Again?  Negative: no; else after so many seconds.  Owner's thread; r is lent, arg is apply's. */
typedef double prun_retry_fn(const struct prun_result *r, void *arg);
/* May that job's next try start now?  Owner's thread; job_arg is apply's. */
typedef bool prun_may_try_fn(void *job_arg, void *arg);

/* A piece of stdin: bytes, and then, unless length is 0, so many of the file fd, from offset on. */
struct prun_input {
	const void *data;
	size_t len;
	int fd; /* its own offset is not used */
	off_t
	    offset; /* -1, in a prun_input_fn only: fd is a pipe that holds these bytes */
	uint64_t length;
};

/*
 * Fills in the next piece, lent until the next call, and returns 1; 0: there are no more;
 * -EAGAIN: none now, see prun_pool_feed(); another -errno: no more.
 */
typedef int prun_input_fn(struct prun_input *piece, void *arg);

struct prun_spec {
	size_t size; /* sizeof(struct prun_spec) */
	/* NULL at its end; without a slash argv[0] is looked up along the child's PATH. */
	const char *const *argv;
	const char *command; /* instead of argv: a line for the shell */
	const char *shell; /* runs command with -c; NULL: /bin/sh */
	/* What to execute instead of argv[0], not looked up. */
	const char *file;

	const char *cwd; /* NULL: the caller's */
	/* All of it, NULL at its end; NULL: the caller's. */
	const char *const *env;
	/* "NAME=value" on top of env; of two with one name the last counts. */
	const char *const *setenv;

	/* In a pool: see prun_pool_opts.output. */
	struct prun_stdio in, out, err;

	const sigset_t *sigmask; /* the child's mask; NULL: the caller's */
	/* Set back to SIG_DFL; caught ones always are. */
	const sigset_t *sigdefault;
	const struct prun_rlimit *rlimit;
	size_t nrlimit;
	int nice; /* added to the caller's nice value */
	mode_t umask; /* PRUN_SPEC_SET_UMASK only */
	/* Descriptors above 2 that the child has, too; in a pool: open until it runs. */
	const int *pass;
	size_t npass;
	unsigned flags; /* PRUN_SPEC_NEW_GROUP | ... */
	const struct prun_sudo *sudo; /* NULL: as oneself */

	/* Seconds until its tree is killed; 0: the pool's, else none; not for a process. */
	double timeout;

	/* The rest is for pools only. */
	const char *tag; /* put before every line of output; NULL: none */
	const char *tag_end; /* behind it, ahead of its newline; NULL: none */
	/* Instead of these two when the job failed; PRUN_POOL_HOLD only. */
	const char *failed_tag, *failed_tag_end;
	const char *heading; /* ahead of the job's stdout; NULL: none */
	size_t heading_len; /* bytes of it, NULs and all; 0: up to its NUL */
	/* Slots it counts for; 0: 1; more than there are: all. */
	unsigned weight;
	/* Seconds from its start to the next of any job; 0: the pool's. */
	double delay;
	/* NULL: one try.  Of several tries the last alone counts, for done and for the output. */
	prun_retry_fn *retry;
	/* Written to stdin, if in.kind is PRUN_STDIO_PIPE.  Bytes are copied, a file stays open. */
	struct prun_input input;
	prun_input_fn *input_fn; /* instead; not with retry */
	void *input_arg;
	size_t input_pipe; /* bytes that the pipe is to hold, a MiB at most */
	/* Where it runs, see prun_host(3); NULL: here. */
	struct prun_host *host;
	/* Instead of argv: bytes for one of the pool's workers. */
	const char *task;
	size_t task_len;

	/* Not in a pool, which has its own.  NULL: nobody wants to know. */
	prun_log_fn *log;
	void *log_arg;
	/*
	 * With a host: its input is a file of that name there, which is made before it starts
	 * and removed after its end; its stdin is empty.
	 */
	const char *input_path;
	/* With a host: what is taken there before the start, and fetched at the end. */
	const struct prun_file *send, *fetch;
	size_t nsend, nfetch;
	struct prun_output_group *output_group; /* NULL: of none */
};

/* What became of it: struct prun_result */

/* Bits of prun_result.flags. */
#define PRUN_RESULT_TIMED_OUT 0x1u /* killed because its time was up */
/* Killed by prun_pool_terminate() or _kill(). */
#define PRUN_RESULT_TERMINATED 0x2u
/* Something that it left behind holds its pipes. */
#define PRUN_RESULT_LEAKY 0x4u
#define PRUN_RESULT_NOT_STARTED 0x8u /* see step and error */
/* Some of its output could not be kept: see error. */
#define PRUN_RESULT_OUTPUT_LOST 0x10u
/* It exited and left processes behind: see prun_pool_opts.leak. */
#define PRUN_RESULT_LEFT_BEHIND 0x20u

#define PRUN_RESULT_SUDO_REFUSED 0x100u /* sudo asked for a password in vain */
/* Processes that are its own, or may be, live on for want of rights. */
#define PRUN_RESULT_NOT_KILLED 0x200u
/* It has ended, and nobody can tell how: the status is 255. */
#define PRUN_RESULT_STATUS_UNKNOWN 0x400u
/* It got less than its input, of a file: see error. */
#define PRUN_RESULT_INPUT_LOST 0x800u
/* Its worker broke the rules: see fault.  The status is 255. */
#define PRUN_RESULT_WORKER_FAULT 0x2000u
/* No room to hold its output back (see error): it was written as it came, and no try follows. */
#define PRUN_RESULT_NOT_HELD 0x1000u
/* A file could not be taken to its host, or fetched, or cwd be made: see fault.  The status is not 0. */
#define PRUN_RESULT_FILE_LOST 0x8000u
/* Its host was lost; with PRUN_RESULT_NOT_STARTED it never had the job.  The status is 255. */
#define PRUN_RESULT_HOST_LOST 0x4000u

/* Where the start of a process failed. */
enum prun_step {
	PRUN_STEP_NONE = 0,
	PRUN_STEP_PIPE, /* no descriptor for its stdio */
	PRUN_STEP_FORK,
	PRUN_STEP_SETUP, /* group, limits, stdio */
	PRUN_STEP_CHDIR,
	PRUN_STEP_EXEC
};

struct prun_result {
	size_t size; /* sizeof(struct prun_result) */
	uint64_t id; /* pool: serial number from 1 in the order of apply */
	unsigned slot; /* pool: from 1; 0 elsewhere */
	unsigned tries; /* pool: which try this was, from 1 */
	pid_t pid;
	/* As a shell's: 0-255; 128 + signal; 127 not found, 126 not executable. */
	int status;
	int signal; /* that ended it, or 0 */
	unsigned flags; /* PRUN_RESULT_TIMED_OUT | ... */
	enum prun_step
	    step; /* what failed, when flags has PRUN_RESULT_NOT_STARTED */
	int error; /* errno value of that failure, or 0 */
	double started; /* seconds since the Epoch */
	double elapsed; /* seconds from start to death */
	struct rusage usage; /* of the process and the children it waited for */
	uint64_t in_bytes; /* of its input: what its pipe took in this try */
	uint64_t out_bytes, err_bytes; /* captured */
	/* The last bytes that it wrote, lent to done; else NULL. */
	const char *tail;
	size_t tail_len;
	/* What its worker did, or what was wrong with a file; lent to done; else NULL. */
	const char *fault;
};

/* "fork", "chdir", ...: for messages.  Any thread. */
const char *prun_step_name(enum prun_step step);

/* A kill sequence: signals, each followed by milliseconds to wait for the tree to end. */
#define PRUN_TERMSEQ "TERM,200,TERM,100,TERM,50,KILL,25"

/* 0 when termseq is well formed, else -EINVAL.  Any thread. */
int prun_termseq_check(const char *termseq);

/* One process: struct prun_process (Python: subprocess.Popen) */

struct prun_process;

/* Start it.  -ENOENT, -EACCES, ...: its program cannot be executed, and no process exists. */
int prun_process_start(const struct prun_spec *spec, struct prun_process **pp);
/* The same, and *step is what failed: is it the folder or the program that is missing?. */
int prun_process_start_step(const struct prun_spec *spec, enum prun_step *step,
    struct prun_process **pp);
/*
 * A function instead of a program (Python: Process(target=function)), in a process forked from
 * the caller; it returns the status.  spec has no program, NULL: the defaults; name is for
 * ps(1).
 */
typedef int prun_process_fn(void *arg);
int prun_process_start_fn(const struct prun_spec *spec, const char *name,
    prun_process_fn *fn, void *arg, struct prun_process **pp);
/* Release it.  A process that still runs is killed (SIGKILL) and reaped. */
void prun_process_free(struct prun_process *p);
pid_t prun_process_pid(const struct prun_process *p);
/* Readable when the process has died; it stays the object's. */
int prun_process_fd(const struct prun_process *p);
/* The caller's ends of its pipes, else -1; they stay the object's.  A terminal's end is EIO. */
int prun_process_stdin(const struct prun_process *p);
int prun_process_stdout(const struct prun_process *p);
int prun_process_stderr(const struct prun_process *p);
/* The child reads the end of its input. */
void prun_process_close_stdin(struct prun_process *p);
/* This end is closed: the child gets SIGPIPE as soon as nobody else reads what it writes. */
void prun_process_close_stdout(struct prun_process *p);
void prun_process_close_stderr(struct prun_process *p);
/* 1 and *r when it has ended, 0 when it still runs, or -errno.  r may be NULL. */
int prun_process_poll(struct prun_process *p, struct prun_result *r);
/* -ETIMEDOUT: it still runs, and is left alone.  May be called again. */
int prun_process_wait(struct prun_process *p, double timeout,
    struct prun_result *r);

struct prun_output {
	size_t size; /* sizeof(struct prun_output) */
	char *out; /* NUL-terminated, as err; for prun_output_free() */
	size_t out_len;
	char *err;
	size_t err_len;
	struct prun_result result; /* its size is set by the library */
};

/*
 * Write input and close its stdin, read stdout and stderr to their ends, and wait, all at
 * once.  -ETIMEDOUT: it still runs and nothing is lost; call again, that input does not count.
 */
int prun_process_communicate(struct prun_process *p, const void *input,
    size_t len, double timeout, struct prun_output *output);
void prun_output_free(struct prun_output *output);
/* To its group when it leads one, else to it alone.  -ESRCH: it has ended.  Any thread. */
int prun_process_signal(struct prun_process *p, int sig);
int prun_process_terminate(struct prun_process *p); /* SIGTERM */
int prun_process_kill(struct prun_process *p); /* SIGKILL */

/* Run to the end, in the caller's process group without PRUN_SPEC_NEW_GROUP; r may be NULL. */
int prun_call(const struct prun_spec *spec, struct prun_result *r);
/* The same.  -ECHILD: it did not exit with 0 in time; -ENODATA: nobody can tell how it ended. */
int prun_check_call(const struct prun_spec *spec, struct prun_result *r);
/* The same; *out is its stdout, NUL-terminated, for free(3); also with these errors. */
int prun_check_output(const struct prun_spec *spec, char **out, size_t *len,
    struct prun_result *r);

/*
 * Many processes: struct prun_pool (Python: multiprocessing.Pool)
 *
 * Nothing advances without prun_pool_step(), which _apply(), _map(), _map_from() and
 * _join() call; only timeouts and kills go on by themselves.
 */

struct prun_pool;

enum prun_output_mode {
	/* A job's output in one piece, stdout then stderr. */
	PRUN_OUTPUT_GROUP = 0,
	PRUN_OUTPUT_LINE, /* whole lines of all jobs as they come */
	PRUN_OUTPUT_RAW, /* the bytes of all jobs as they come: for deliver */
	PRUN_OUTPUT_NONE /* nothing is captured: spec.out and spec.err count */
};

/*
 * Takes a job's bytes for stream 1 or 2 instead of a descriptor, and at last stream 0 with
 * none; all is lent, job is apply's arg.  0, or -errno, which ends delivery to that stream.
 */
typedef int prun_deliver_fn(const struct prun_result *r, void *job, int stream,
    const char *data, size_t len, void *arg);
/* Before bytes are written to a terminal (begin) and after; midline: a line is unfinished. */
typedef void prun_writing_fn(bool begin, bool midline, void *arg);
/*
 * Once for each job, after done, when its output was written or lost (see r, which is lent).
 * job is apply's arg, and not used after this.  It may call what a prun_done_fn may.
 */
typedef void prun_delivered_fn(const struct prun_result *r, void *job,
    void *arg);

#define PRUN_POOL_KEEP_ORDER 0x1u /* deliver in the order of apply */
/* Be a child subreaper: nothing gets away from a kill.  Not for programs with other children. */
#define PRUN_POOL_SUBREAPER 0x2u
/* Jobs do not outlive this process, however it ends. */
#define PRUN_POOL_GUARD 0x4u
#define PRUN_POOL_HOLD 0x8u /* deliver nothing of a job before its end */
#define PRUN_POOL_COMPRESS 0x10u /* compress what goes to tmpdir (zstd) */
/* Drop the output of jobs that succeed; with PRUN_POOL_HOLD. */
#define PRUN_POOL_ERRORS_ONLY 0x20u
/* Drop what a job wrote that _terminate ends, if its delivery has not begun. */
#define PRUN_POOL_DROP_TERMINATED 0x40u
/* Output is written to out_fd and err_fd as well as given to deliver. */
#define PRUN_POOL_DELIVER_COPY 0x80u
/* Output that there is no room to keep is lost: for jobs that must not wait for one another. */
#define PRUN_POOL_NEVER_PAUSE 0x100u

/* What to do about processes that a job has left behind when it exits by itself. */
enum prun_leak {
	PRUN_LEAK_IGNORE = 0, /* leave them alone, do not even look */
	PRUN_LEAK_REPORT, /* PRUN_RESULT_LEFT_BEHIND */
	PRUN_LEAK_KILL /* and kill them by the kill sequence before it is done */
};

/* Workers of a pool: processes that stay, and are given one prun_spec.task after the other. */

/* Here a worker writes statuses, in decimal with a newline. */
#define PRUN_WORKER_FD 199

enum prun_worker_kind {
	PRUN_WORKER_NONE = 0,
	/* A task is a line on stdin; the status comes on PRUN_WORKER_FD. */
	PRUN_WORKER_STATUS,
	/* A line on stdin; the answer is a line on stdout, or all up to end. */
	PRUN_WORKER_LINE,
	PRUN_WORKER_FORK, /* bash: a task is shell code, run in a subshell */
	PRUN_WORKER_SHARED /* the same, in the shell itself */
};

typedef void prun_worker_fault_fn(const char *fault, void *arg);

struct prun_worker_opts {
	size_t size; /* sizeof(struct prun_worker_opts) */
	enum prun_worker_kind kind;
	unsigned recycle; /* replaced after so many tasks; 0: never */
	/* The program, its environment, folder, limits and the like; copied. */
	const struct prun_spec *spec;
	const char *end; /* PRUN_WORKER_LINE; NULL: one line */
	/* For each worker before its first task: code, or a line; NULL: nothing. */
	const char *init;
	/* A worker without a task broke the rules; NULL: nobody wants to know. */
	prun_worker_fault_fn *fault;
	void *fault_arg;
	/*
	 * PRUN_WORKER_LINE: that worker has read its first task, and has waited for the next for a
	 * second without having answered: its stdout may have a buffer.  As fault.
	 */
	void (*silent)(unsigned number, void *arg);
};

struct prun_pool_opts {
	size_t size; /* sizeof(struct prun_pool_opts) */
	unsigned slots; /* jobs at a time; 0: prun_cpu_count() */
	unsigned slots_max; /* for prun_pool_resize(); 0: slots */
	unsigned flags; /* PRUN_POOL_KEEP_ORDER | ... */
	enum prun_output_mode output;
	int out_fd; /* where output goes; 0: 1 (stdout).  Stays the caller's */
	int err_fd; /* 0: 2 (stderr) */
	prun_deliver_fn *deliver; /* instead of out_fd and err_fd */
	void *deliver_arg;
	prun_delivered_fn *delivered; /* NULL: nobody wants to know */
	void *delivered_arg;
	prun_writing_fn *writing; /* NULL: nobody wants to know */
	void *writing_arg;
	size_t tail; /* bytes of prun_result.tail; 0: none are kept */

	double timeout; /* seconds, for jobs whose spec says none; 0: none */
	const char *termseq; /* NULL: PRUN_TERMSEQ */
	/* PRUN_POOL_GUARD: it holds this open until nothing is left of the jobs; 0: none. */
	int guard_fd;
	/* Seconds that pipes may stay open after the job; 0: 0.1; negative: until its timeout. */
	double leak_timeout;
	enum prun_leak leak;
	double delay; /* seconds from one start to the next, tries included */
	/* Threads that start jobs; 0: what the CPUs are good for; negative: none. */
	int spawners;

	/* Bytes of one job's output kept in memory; 0: 256 KiB. */
	size_t job_memory;
	/* Of all jobs together; 0: 16 MiB.  More goes to tmpdir. */
	size_t memory;
	const char *tmpdir; /* NULL: /tmp */
	/* PRUN_OUTPUT_GROUP: who floods on after so many bytes is passed through; 0: 16 MiB. */
	size_t group_limit;
	/* Who is given prun_spec.task; NULL: nobody. */
	const struct prun_worker_opts *worker;
	prun_log_fn *log; /* NULL: nobody wants to know */
	void *log_arg;
	/*
	 * With guard_fd: a non-blocking pipe above 2, too.  When this process has been
	 * killed and nothing is left of the jobs, the guard writes the bytes that are in it
	 * to guard_fd.  0: none.
	 */
	int guard_pipe;
	int reserved; /* 0; no structure ends in padding */
	/* Asked, and after a no whenever the pool goes on, before a further try; NULL: it may. */
	prun_may_try_fn *may_try;
	void *may_try_arg;
};

/* Once for each job, when it has ended for good.  r is lent; it may apply, close and terminate. */
typedef void prun_done_fn(const struct prun_result *r, void *arg);
/* Opts NULL: the defaults. */
int prun_pool_new(const struct prun_pool_opts *opts, struct prun_pool **pp);
/* Kills what runs and drops what is not delivered.  -EDEADLK: the pool has called the caller. */
int prun_pool_free(struct prun_pool *pool);
/* Hand over a job; done may be NULL.  -EINVAL, -ENOMEM; -ESHUTDOWN: the pool is closed. */
int prun_pool_apply_async(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg);
/* The same, and *id is the job's number: prun_result.id. */
int prun_pool_submit(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg, uint64_t *id);
/* The same and run until this job has ended. */
int prun_pool_apply(struct prun_pool *pool, const struct prun_spec *spec,
    struct prun_result *r);
/*
 * N jobs; results[i] tells of specs[i].  Of each array the first needs its size.  Returns when
 * all have ended; after an error the others have PRUN_RESULT_NOT_STARTED, and in error why.
 */
int prun_pool_map(struct prun_pool *pool, const struct prun_spec *specs,
    size_t n, struct prun_result *results);
/* Fills in the next spec, zero but for its size, and returns 1; 0: there is none; or -errno. */
typedef int prun_spec_fn(struct prun_spec *spec, void *arg);
/* For jobs without number: next is called when a slot is free.  Returns when nothing is pending. */
int prun_pool_map_from(struct prun_pool *pool, prun_spec_fn *next,
    prun_done_fn *done, void *arg);
/* The slot, from 1, of a job applied now; 0: it would wait.  Valid until the next call. */
unsigned prun_pool_slot(const struct prun_pool *pool);
/* How much weight the slots can take now. */
unsigned prun_pool_room(const struct prun_pool *pool);
/* Jobs that run; and those that wait, run, or are to be delivered. */
unsigned prun_pool_running(const struct prun_pool *pool);
uint64_t prun_pool_pending(const struct prun_pool *pool);
/* How many tasks in a row, up to the last, have ended with their worker. */
unsigned prun_pool_worker_deaths(const struct prun_pool *pool);
/* Does output wait for a slow reader?  No job is started then. */
bool prun_pool_stalled(const struct prun_pool *pool);
/* For a foreign loop: when it is readable, call prun_pool_step(pool, 0).  It stays the pool's. */
int prun_pool_fd(const struct prun_pool *pool);

/* The pool's loop is open to the program: _step() calls these functions, and returns then. */
struct prun_watch;
typedef void prun_watch_fn(int fd, unsigned events, void *arg);
/* Fn is called while one of events (EPOLLIN, EPOLLOUT) is there; fd stays open until _free(). */
int prun_pool_watch(struct prun_pool *pool, int fd, unsigned events,
    prun_watch_fn *fn, void *arg, struct prun_watch **wp);
/* 0: none, for a while. */
int prun_watch_set(struct prun_watch *watch, unsigned events);
/* Fn may call it.  NULL is fine. */
void prun_watch_free(struct prun_watch *watch);
/* Fn is called once.  *id, if id is not NULL, is for _after_cancel(); -ENOENT: it is not pending. */
int prun_pool_after(struct prun_pool *pool, double seconds, prun_timer_fn *fn,
    void *arg, uint64_t *id);
int prun_pool_after_cancel(struct prun_pool *pool, uint64_t id);
/* The step that runs, or the next one, returns.  Any thread, and a signal handler. */
void prun_pool_wake(struct prun_pool *pool);
/*
 * Wait for something to happen and handle it.  -errno of a failed delivery, once for each
 * stream.  -EDEADLK: for ever, and nothing is pending or watched; or the pool has called the
 * caller.
 */
int prun_pool_step(struct prun_pool *pool, double timeout);
/* No more jobs will come. */
void prun_pool_close(struct prun_pool *pool);
/* Step until all has ended and is delivered.  -EINVAL: it is not closed. */
int prun_pool_join(struct prun_pool *pool);
/* The input_fn of that job has a piece now.  -ESRCH: the job does not run. */
int prun_pool_feed(struct prun_pool *pool, uint64_t id);
/* Close, and drop the jobs that have not started: they get no done call.  Returns how many. */
uint64_t prun_pool_cancel_queued(struct prun_pool *pool);
/* The same of one job.  -ESRCH: it runs (see _kill), has ended, or is unknown. */
int prun_pool_cancel(struct prun_pool *pool, uint64_t id);
/* fn is called for each job that runs, with its number and pid. */
typedef void prun_each_fn(uint64_t id, pid_t pid, void *arg);
int prun_pool_each(struct prun_pool *pool, prun_each_fn *fn, void *arg);
/*
 * Copy the last bytes that a job which runs has written to stdout and stderr: at most
 * size of them, and no more than prun_pool_opts.tail.  *written: how many it has written
 * in all.  Returns how many were copied; -ESRCH: that job does not run.
 */
ssize_t prun_pool_tail(struct prun_pool *pool, uint64_t id, void *buf,
    size_t size, uint64_t *written);
/* So many slots from now on, up to slots_max. */
int prun_pool_resize(struct prun_pool *pool, unsigned slots);
/* For the jobs whose spec says none, those that run included; 0: none. */
int prun_pool_set_timeout(struct prun_pool *pool, double seconds);
/* See prun_pool_opts.delay; it counts from the last start. */
int prun_pool_set_delay(struct prun_pool *pool, double seconds);
/* Start nothing, nor try again, until told otherwise. */
void prun_pool_pause(struct prun_pool *pool, bool hold);
/* Stop a job and its descendants, or all when id is 0; timeouts stand still.  As _kill(). */
int prun_pool_suspend(struct prun_pool *pool, uint64_t id);
int prun_pool_resume(struct prun_pool *pool, uint64_t id);
/* Kill one by the kill sequence: PRUN_RESULT_TERMINATED.  -ESRCH: it does not run. */
int prun_pool_kill(struct prun_pool *pool, uint64_t id);
/* Cancel what waits and kill what runs by the kill sequence.  A second call kills at once. */
void prun_pool_terminate(struct prun_pool *pool);

/* How many CPUs it may keep busy, by affinity, cgroup quotas and what is online: 1 or more. */
int prun_cpu_count(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
