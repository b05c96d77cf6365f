/* SPDX-License-Identifier: ISC */

/*
 * libprun: start, capture, schedule and kill processes.
 *
 * Here is one line of contract for each function; the manual is section 3, a page for
 * each object: libprun(3) has the calling order and a complete example.
 *
 * Functions return 0 or a count, or -errno; objects come through the last argument.
 * Times are in seconds; a negative timeout is for ever.  What is passed in is copied,
 * if nothing else is said, and descriptors stay with their owner.  The library never
 * prints, exits, reads the environment, raises SIGPIPE or changes a signal disposition.
 * Its descriptors are close-on-exec.
 *
 * Processes, pools and timers belong to the process that made them: after fork(2)
 * the child can only free them, and all else is -EPERM.  An object belongs to one thread
 * at a time, unless its functions say otherwise.
 *
 * A structure that begins with size may grow at its end.  The program always sets size to
 * its sizeof; a member that is zero has its default:
 *
 * 	struct prun_spec spec = { .size = sizeof(spec), .argv = argv };
 * 	struct prun_result result = { .size = sizeof(result) };
 *
 * -EINVAL: size was not set, or flags has unknown bits.  -E2BIG: a member that this
 * library does not know is not zero.  Then nothing has happened.
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
/* For comparisons: #if PRUN_VERSION_NUMBER >= PRUN_VERSION_OF(0, 2, 0) */
#define PRUN_VERSION_NUMBER \
	PRUN_VERSION_OF(PRUN_VERSION_MAJOR, PRUN_VERSION_MINOR, \
	    PRUN_VERSION_PATCH)
#define PRUN_VERSION_OF(major, minor, patch) \
	((major)*1000000 + (minor)*1000 + (patch))

/* PRUN_VERSION of the library that is loaded at run time.  Any thread. */
const char *prun_version(void);
/* PRUN_VERSION_NUMBER of that library. */
int prun_version_number(void);

/* What to run: struct prun_spec.  Either argv or command must be set. */

enum prun_stdio_kind {
	PRUN_STDIO_INHERIT = 0, /* the caller's own */
	PRUN_STDIO_NULL, /* /dev/null */
	PRUN_STDIO_PIPE, /* a pipe; its other end belongs to the process object */
	PRUN_STDIO_FD, /* fd, which stays the caller's; in a pool: open until the job runs */
	PRUN_STDIO_STDOUT, /* only for stderr: the same as stdout */
	/* For stdout and stderr: a pipe that the child takes for a terminal like fd. */
	PRUN_STDIO_PTY
};

struct prun_stdio {
	enum prun_stdio_kind kind;
	int fd; /* PRUN_STDIO_FD and PRUN_STDIO_PTY only */
};

/* One resource limit of the child, as for setrlimit(2). */
struct prun_rlimit {
	int resource;
	struct rlimit limit;
};

/* A file, or a folder with all in it, that is taken to another machine or fetched from there. */
struct prun_file {
	const char *here; /* a relative path starts in this process's folder */
	const char *there; /* a relative path starts in the job's folder */
};

/* Bits of prun_spec.flags. */
/* Make the child lead a process group of its own (in a pool it always does). */
#define PRUN_SPEC_NEW_GROUP 0x1u
/* Send it SIGKILL when the thread that started it ends. */
#define PRUN_SPEC_DIE_WITH_PARENT 0x2u
/* In a pool: stay in the caller's process group, for the terminal's input and its keys. */
#define PRUN_SPEC_KEEP_GROUP 0x4u
/* SIGPIPE and SIGXFSZ stay ignored if the caller ignores them; else they are set to SIG_DFL. */
#define PRUN_SPEC_KEEP_IGNORED 0x8u
#define PRUN_SPEC_NEW_SESSION 0x10u /* lead a session, and so a group */
#define PRUN_SPEC_SET_UMASK 0x20u /* umask is used */
/* The child has only its stdio and the descriptors of pass, whatever the caller has open. */
#define PRUN_SPEC_CLOSE_FDS 0x40u
/* The bytes of input are not copied: they must not change until done is called. */
#define PRUN_SPEC_INPUT_LENT 0x80u
#define PRUN_SPEC_INPUT_FIFO 0x100u /* input_path is made as a FIFO */

struct prun_result;
struct prun_sudo;
struct prun_host;

/* Gets a line, which is lent, about what an object does.  Any thread; level is that of syslog(3). */
typedef void prun_log_fn(int level, const char *line, void *arg);
/* A further try? Negative: no; else in so many seconds.  Owner's thread; r is lent, arg is apply's. */
typedef double prun_retry_fn(const struct prun_result *r, void *arg);
/* May the job's next try start now? Owner's thread; job_arg is apply's arg. */
typedef bool prun_may_try_fn(void *job_arg, void *arg);

/* A piece of stdin: bytes, and then (unless length is 0) length bytes of the file fd, from offset on. */
struct prun_input {
	const void *data;
	size_t len;
	int fd; /* its file position is not used */
	off_t
	    offset; /* -1, only in a prun_input_fn: fd is a pipe that holds these bytes */
	uint64_t length;
};

/*
 * Fills in the next piece, which is lent until the next call, and returns 1.  0: there are no more;
 * -EAGAIN: none now, see prun_pool_feed(); another -errno: an error, and no more.
 */
typedef int prun_input_fn(struct prun_input *piece, void *arg);

struct prun_spec {
	size_t size; /* sizeof(struct prun_spec) */
	/* Ends with NULL.  If argv[0] has no slash, it is looked up along the child's PATH. */
	const char *const *argv;
	const char *command; /* instead of argv: a line for the shell */
	const char *shell; /* runs command with -c; NULL: /bin/sh */
	/* The file to execute instead of argv[0]; it is not looked up. */
	const char *file;

	const char *cwd; /* NULL: the caller's */
	/* The whole environment, ended by NULL; NULL: the caller's. */
	const char *const *env;
	/* "NAME=value", added to env; of two with the same name the last counts. */
	const char *const *setenv;

	/* In a pool they may have other meanings: see prun_pool_opts.output. */
	struct prun_stdio in, out, err;

	const sigset_t *sigmask; /* the child's mask; NULL: the caller's */
	/* Signals to set to SIG_DFL; those that the caller catches always are. */
	const sigset_t *sigdefault;
	const struct prun_rlimit *rlimit;
	size_t nrlimit;
	int nice; /* added to the caller's nice value */
	mode_t umask; /* only with PRUN_SPEC_SET_UMASK */
	/* Descriptors above 2 that the child gets, too; in a pool they must be open until it runs. */
	const int *pass;
	size_t npass;
	unsigned flags; /* PRUN_SPEC_NEW_GROUP | ... */
	const struct prun_sudo *sudo; /* NULL: as the caller's user */

	/* Seconds until its tree is killed; 0: as the pool says, else no limit.  Not for a prun_process. */
	double timeout;

	/* The members below are for pools only. */
	const char *tag; /* written before every line of output; NULL: none */
	const char *tag_end; /* written before every newline; NULL: none */
	/* Used instead of these two if the job has failed; only with PRUN_POOL_HOLD. */
	const char *failed_tag, *failed_tag_end;
	const char *heading; /* written before the job's stdout; NULL: none */
	size_t heading_len; /* its length; 0: it ends at its NUL */
	/* How many slots it takes; 0: 1; more than there are: all of them. */
	unsigned weight;
	/* Seconds from its start to the next start of any job; 0: as the pool says. */
	double delay;
	/* NULL: one try.  Of several tries only the last counts, for done and for the output. */
	prun_retry_fn *retry;
	/* Written to stdin if in.kind is PRUN_STDIO_PIPE.  The bytes are copied; the file must stay open. */
	struct prun_input input;
	prun_input_fn *input_fn; /* instead of input; each try begins again */
	void *input_arg;
	size_t input_pipe; /* size of the pipe, at most 1 MiB */
	/* Where it runs, see prun_host(3); NULL: here. */
	struct prun_host *host;
	/* Instead of argv: bytes that are given to one of the pool's workers. */
	const char *task;
	size_t task_len;

	/* Not in a pool, which has a log of its own.  NULL: no function is called. */
	prun_log_fn *log;
	void *log_arg;
	/*
	 * With a host: a file of that name is made there with the job's input before the job starts, and
	 * removed after its end; the job's stdin is empty.
	 */
	const char *input_path;
	/* With a host: what is taken there before the start, and what is fetched at the end. */
	const struct prun_file *send, *fetch;
	size_t nsend, nfetch;
	struct prun_output_group *output_group; /* NULL: none */
};

/* What became of it: struct prun_result */

/* Bits of prun_result.flags. */
#define PRUN_RESULT_TIMED_OUT 0x1u /* killed because its time was up */
/* Killed by prun_pool_terminate() or _kill(). */
#define PRUN_RESULT_TERMINATED 0x2u
/* Processes that it left behind have its pipes open. */
#define PRUN_RESULT_LEAKY 0x4u
#define PRUN_RESULT_NOT_STARTED 0x8u /* see step and error */
/* Some of its output could not be kept: see error. */
#define PRUN_RESULT_OUTPUT_LOST 0x10u
/* It exited and left processes behind: see prun_pool_opts.leak. */
#define PRUN_RESULT_LEFT_BEHIND 0x20u

#define PRUN_RESULT_SUDO_REFUSED 0x100u /* sudo got no right password */
/* Processes that belong to it, or may belong to it, live on: there was no right to kill them. */
#define PRUN_RESULT_NOT_KILLED 0x200u
/* It has ended, but its status cannot be known: the status is 255. */
#define PRUN_RESULT_STATUS_UNKNOWN 0x400u
/* It did not get all of its input from a file: see error. */
#define PRUN_RESULT_INPUT_LOST 0x800u
/* Its worker broke the protocol: see fault.  The status is 255. */
#define PRUN_RESULT_WORKER_FAULT 0x2000u
/* No room to hold its output (see error): it was written as it came, and there is no further try. */
#define PRUN_RESULT_NOT_HELD 0x1000u
/* A file could not be taken to its host or fetched, or cwd not made: see fault.  The status is not 0. */
#define PRUN_RESULT_FILE_LOST 0x8000u
/* Its host was lost; with PRUN_RESULT_NOT_STARTED the host never had the job.  The status is 255. */
#define PRUN_RESULT_HOST_LOST 0x4000u

/* The step at which the start of a process failed. */
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
	uint64_t id; /* in a pool: number from 1, in the order of apply */
	unsigned slot; /* in a pool: from 1; elsewhere 0 */
	unsigned tries; /* in a pool: number of this try, from 1 */
	pid_t pid;
	/* As a shell sets it: 0-255; 128 + signal; 127: not found; 126: not executable. */
	int status;
	int signal; /* the signal that ended it; 0: none */
	unsigned flags; /* PRUN_RESULT_TIMED_OUT | ... */
	enum prun_step
	    step; /* what failed, if flags has PRUN_RESULT_NOT_STARTED */
	int error; /* errno value of that failure, or 0 */
	double started; /* seconds since the Epoch */
	double elapsed; /* seconds from start to death */
	struct rusage usage; /* of the process and the children it waited for */
	uint64_t in_bytes; /* bytes of input that the pipe took in this try */
	uint64_t out_bytes, err_bytes; /* captured */
	/* The last bytes that it wrote, lent to done; else NULL. */
	const char *tail;
	size_t tail_len;
	/* What its worker did wrong, or what is wrong with a file; lent to done; else NULL. */
	const char *fault;
};

/* "fork", "chdir", ...: for messages.  Any thread. */
const char *prun_step_name(enum prun_step step);

/* A kill sequence: signals, each followed by milliseconds to wait for the tree to end. */
#define PRUN_TERMSEQ "TERM,200,TERM,100,TERM,50,KILL,25"

/* 0 if termseq is well formed, else -EINVAL.  Any thread. */
int prun_termseq_check(const char *termseq);

/* One process: struct prun_process (Python: subprocess.Popen) */

struct prun_process;

/* Start a process.  -ENOENT, -EACCES, ...: its program cannot be executed, and no process exists. */
int prun_process_start(const struct prun_spec *spec, struct prun_process **pp);
/* The same; *step is the step that failed, which tells a missing folder from a missing program. */
int prun_process_start_step(const struct prun_spec *spec, enum prun_step *step,
    struct prun_process **pp);
/*
 * A function instead of a program (Python: Process(target=function)), in a process forked from the
 * caller.  It returns the exit status.  spec has no program (NULL: the defaults).  name is for ps(1).
 */
typedef int prun_process_fn(void *arg);
int prun_process_start_fn(const struct prun_spec *spec, const char *name,
    prun_process_fn *fn, void *arg, struct prun_process **pp);
/* Free the object.  A process that still runs is killed (SIGKILL) and reaped. */
void prun_process_free(struct prun_process *p);
pid_t prun_process_pid(const struct prun_process *p);
/* Readable when the process has died; it stays the object's. */
int prun_process_fd(const struct prun_process *p);
/* The caller's ends of its pipes, or -1; they stay the object's.  The end of a pseudo-terminal is EIO. */
int prun_process_stdin(const struct prun_process *p);
int prun_process_stdout(const struct prun_process *p);
int prun_process_stderr(const struct prun_process *p);
/* After this, the child reads the end of its input. */
void prun_process_close_stdin(struct prun_process *p);
/* Close this end: the child gets SIGPIPE when no other process reads what it writes. */
void prun_process_close_stdout(struct prun_process *p);
void prun_process_close_stderr(struct prun_process *p);
/* 1: it has ended, and *r is filled in; 0: it still runs; or -errno.  r may be NULL. */
int prun_process_poll(struct prun_process *p, struct prun_result *r);
/* Wait until it has ended.  -ETIMEDOUT: it still runs, and may be waited for again. */
int prun_process_wait(struct prun_process *p, double timeout,
    struct prun_result *r);

struct prun_output {
	size_t size; /* sizeof(struct prun_output) */
	char *out; /* NUL-terminated, as err is; freed by prun_output_free() */
	size_t out_len;
	char *err;
	size_t err_len;
	struct prun_result result; /* its size is set by the library */
};

/*
 * Write input and close its stdin, read stdout and stderr to their ends, and wait, all at once.
 * -ETIMEDOUT: it still runs and nothing is lost; call again: input is then ignored.
 */
int prun_process_communicate(struct prun_process *p, const void *input,
    size_t len, double timeout, struct prun_output *output);
void prun_output_free(struct prun_output *output);
/* Send a signal to its group if it leads one, else to it alone.  -ESRCH: it has ended.  Any thread. */
int prun_process_signal(struct prun_process *p, int sig);
int prun_process_terminate(struct prun_process *p); /* SIGTERM */
int prun_process_kill(struct prun_process *p); /* SIGKILL */

/* Run it to its end, in the caller's process group without PRUN_SPEC_NEW_GROUP.  r may be NULL. */
int prun_call(const struct prun_spec *spec, struct prun_result *r);
/* The same.  -ECHILD: it did not exit with 0 in time; -ENODATA: its status cannot be known. */
int prun_check_call(const struct prun_spec *spec, struct prun_result *r);
/* The same; *out is its stdout, NUL-terminated, for free(3), also after these two errors. */
int prun_check_output(const struct prun_spec *spec, char **out, size_t *len,
    struct prun_result *r);

/*
 * Many processes: struct prun_pool (Python: multiprocessing.Pool)
 *
 * Nothing happens except in prun_pool_step(), which _apply(), _map(), _map_from() and _join() call;
 * only timeouts and kills go on by themselves.
 */

struct prun_pool;

enum prun_output_mode {
	/* The output of a job in one piece, stdout before stderr. */
	PRUN_OUTPUT_GROUP = 0,
	PRUN_OUTPUT_LINE, /* whole lines of all jobs as they come */
	PRUN_OUTPUT_RAW, /* the bytes of all jobs as they come: for a deliver function */
	PRUN_OUTPUT_NONE /* nothing is captured: spec.out and spec.err are used */
};

/*
 * Gets a job's bytes for stream 1 or 2 instead of a descriptor, and at the end stream 0 without
 * bytes.  All is lent; job is apply's arg.  0; or -errno, which ends delivery to that stream.
 */
typedef int prun_deliver_fn(const struct prun_result *r, void *job, int stream,
    const char *data, size_t len, void *arg);
/* Called before (begin) and after bytes are written to a terminal; midline: a line is unfinished. */
typedef void prun_writing_fn(bool begin, bool midline, void *arg);
/*
 * Called once for each job, after done, when its output was written or lost (see r, which is lent).
 * job is apply's arg, and not used after this.  It may call what a prun_done_fn may call.
 */
typedef void prun_delivered_fn(const struct prun_result *r, void *job,
    void *arg);

#define PRUN_POOL_KEEP_ORDER 0x1u /* deliver in the order of apply */
/* Be a child subreaper, so that no process gets away from a kill.  Not for programs with other children. */
#define PRUN_POOL_SUBREAPER 0x2u
/* Jobs do not outlive this process, however it ends. */
#define PRUN_POOL_GUARD 0x4u
#define PRUN_POOL_HOLD 0x8u /* deliver nothing of a job before its end */
#define PRUN_POOL_COMPRESS 0x10u /* compress what goes to tmpdir (zstd) */
/* Drop the output of jobs that succeed; with PRUN_POOL_HOLD. */
#define PRUN_POOL_ERRORS_ONLY 0x20u
/* Drop the output of a job that prun_pool_terminate() ends, if none of it was written yet. */
#define PRUN_POOL_DROP_TERMINATED 0x40u
/* Output is written to out_fd and err_fd as well as given to deliver. */
#define PRUN_POOL_DELIVER_COPY 0x80u
/* Output that there is no room to keep is lost: for jobs that must not wait for each other. */
#define PRUN_POOL_NEVER_PAUSE 0x100u
#define PRUN_POOL_BATCH 0x200u /* SCHED_BATCH for the calling thread alone */

/* What to do about processes that a job has left behind when it exits by itself. */
enum prun_leak {
	PRUN_LEAK_IGNORE = 0, /* leave them alone, and do not look for them */
	PRUN_LEAK_REPORT, /* PRUN_RESULT_LEFT_BEHIND */
	PRUN_LEAK_KILL /* and kill them with the kill sequence before the job counts as ended */
};

/* Workers of a pool: processes that stay, and get one prun_spec.task after the other. */

/* The descriptor to which a worker writes statuses, in decimal with a newline. */
#define PRUN_WORKER_FD 199

enum prun_worker_kind {
	PRUN_WORKER_NONE = 0,
	/* A task is a line on stdin; its status comes on PRUN_WORKER_FD. */
	PRUN_WORKER_STATUS,
	/* A task is a line on stdin; its answer is a line on stdout, or all lines up to end. */
	PRUN_WORKER_LINE,
	PRUN_WORKER_FORK, /* bash: a task is shell code, which a subshell runs */
	PRUN_WORKER_SHARED /* the same, but the shell itself runs it */
};

typedef void prun_worker_fault_fn(const char *fault, void *arg);

struct prun_worker_opts {
	size_t size; /* sizeof(struct prun_worker_opts) */
	enum prun_worker_kind kind;
	unsigned recycle; /* each is replaced after so many tasks; 0: never */
	/* The program, its environment, folder, limits and so on; copied. */
	const struct prun_spec *spec;
	const char *end; /* ends an answer (_LINE); NULL: a newline */
	/* What each worker gets before its first task: code, or a line; NULL: nothing. */
	const char *init;
	/* Called when a worker that has no task breaks the protocol; NULL: no function is called. */
	prun_worker_fault_fn *fault;
	void *fault_arg;
	/*
	 * PRUN_WORKER_LINE: called when that worker has read its first task and then, without an answer, has
	 * waited for another for a second: its stdout may be buffered.  NULL: no function is called.
	 */
	void (*silent)(unsigned number, void *arg);
};

struct prun_pool_opts {
	size_t size; /* sizeof(struct prun_pool_opts) */
	unsigned slots; /* how many jobs run at a time; 0: prun_cpu_count() */
	unsigned slots_max; /* for prun_pool_resize(); 0: slots */
	unsigned flags; /* PRUN_POOL_KEEP_ORDER | ... */
	enum prun_output_mode output;
	int out_fd; /* for output; 0: 1 (stdout); it stays the caller's */
	int err_fd; /* 0: 2 (stderr) */
	prun_deliver_fn *deliver; /* replaces out_fd and err_fd */
	void *deliver_arg;
	prun_delivered_fn *delivered; /* NULL: no function is called */
	void *delivered_arg;
	prun_writing_fn *writing; /* NULL: no function is called */
	void *writing_arg;
	size_t tail; /* how many bytes prun_result.tail keeps; 0: none */

	double timeout; /* seconds, for jobs whose spec has none; 0: no limit */
	const char *termseq; /* NULL: PRUN_TERMSEQ */
	/* With PRUN_POOL_GUARD: the guard holds this open until no process of the jobs is left; 0: none. */
	int guard_fd;
	/* Seconds that pipes may stay open after a job's end; 0: 0.1; negative: until its timeout. */
	double leak_timeout;
	enum prun_leak leak;
	double delay; /* seconds between two starts, tries included */
	/* How many threads start jobs; 0: as many as suit the CPUs; negative: none. */
	int spawners;

	/* How many bytes of each stream of one job are kept in memory; 0: 256 KiB. */
	size_t job_memory;
	/* The same for all jobs together; 0: 16 MiB.  More is written to a file in tmpdir. */
	size_t memory;
	const char *tmpdir; /* NULL: /tmp */
	/* PRUN_OUTPUT_GROUP: a job that has written so many bytes and floods on is not kept; 0: 16 MiB. */
	size_t group_limit;
	/* The workers that get prun_spec.task; NULL: there are none. */
	const struct prun_worker_opts *worker;
	prun_log_fn *log; /* NULL: no function is called */
	void *log_arg;
	/*
	 * With guard_fd: a non-blocking pipe, whose number is above 2, too.  If this process is killed, the
	 * guard waits until no process of the jobs is left, and then writes the bytes that are in the pipe
	 * to guard_fd.  0: none.
	 */
	int guard_pipe;
	int reserved; /* 0; it is here so that the structure has no padding */
	/* Called before a further try; after a no, again whenever the pool goes on.  NULL: it may start. */
	prun_may_try_fn *may_try;
	void *may_try_arg;
};

/* Called once for each job, when it has ended for good.  r is lent.  It may apply, close and terminate. */
typedef void prun_done_fn(const struct prun_result *r, void *arg);
/* opts may be NULL: the defaults. */
int prun_pool_new(const struct prun_pool_opts *opts, struct prun_pool **pp);
/* Kills what runs and drops what is not delivered.  -EDEADLK: it was called by a callback of the pool. */
int prun_pool_free(struct prun_pool *pool);
/* Submit a job; done may be NULL.  -EINVAL, -ENOMEM; -ESHUTDOWN: the pool is closed. */
int prun_pool_apply_async(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg);
/* The same; *id is the job's number: prun_result.id. */
int prun_pool_submit(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg, uint64_t *id);
/* The same, and wait until this job has ended. */
int prun_pool_apply(struct prun_pool *pool, const struct prun_spec *spec,
    struct prun_result *r);
/*
 * Run n jobs; results[i] is that of specs[i].  Only the first of each array needs its size.  Returns
 * when all have ended; after an error the others have PRUN_RESULT_NOT_STARTED, and error says why.
 */
int prun_pool_map(struct prun_pool *pool, const struct prun_spec *specs,
    size_t n, struct prun_result *results);
/* Fills in the next spec, zero except its size, and returns 1; 0: there are no more; or -errno. */
typedef int prun_spec_fn(struct prun_spec *spec, void *arg);
/* Run any number of jobs: next is called when a slot is free.  Returns when nothing is pending. */
int prun_pool_map_from(struct prun_pool *pool, prun_spec_fn *next,
    prun_done_fn *done, void *arg);
/* The slot, from 1, that a job submitted now would get; 0: it would wait.  Valid until the next call. */
unsigned prun_pool_slot(const struct prun_pool *pool);
/* How much more weight the slots can take now. */
unsigned prun_pool_room(const struct prun_pool *pool);
/* How many jobs run; and how many wait, run, or are not delivered yet. */
unsigned prun_pool_running(const struct prun_pool *pool);
uint64_t prun_pool_pending(const struct prun_pool *pool);
/* How many of the last tasks, one after the other, have ended because their worker died. */
unsigned prun_pool_worker_deaths(const struct prun_pool *pool);
/* Does output wait for a slow reader? Then no job is started. */
bool prun_pool_stalled(const struct prun_pool *pool);
/* For the program's own loop: when it is readable, call prun_pool_step(pool, 0).  It stays the pool's. */
int prun_pool_fd(const struct prun_pool *pool);

/* The program can use the pool's loop: prun_pool_step() calls these functions, and then returns. */
struct prun_watch;
typedef void prun_watch_fn(int fd, unsigned events, void *arg);
/* Call fn while fd has one of events (EPOLLIN, EPOLLOUT); fd must stay open until prun_watch_free(). */
int prun_pool_watch(struct prun_pool *pool, int fd, unsigned events,
    prun_watch_fn *fn, void *arg, struct prun_watch **wp);
/* Watch for other events; 0: for none, for a while. */
int prun_watch_set(struct prun_watch *watch, unsigned events);
/* fn itself may call it.  NULL: nothing is done. */
void prun_watch_free(struct prun_watch *watch);
/* Call fn once.  *id (id may be NULL) is for _after_cancel(), which returns -ENOENT if it is not pending. */
int prun_pool_after(struct prun_pool *pool, double seconds, prun_timer_fn *fn,
    void *arg, uint64_t *id);
int prun_pool_after_cancel(struct prun_pool *pool, uint64_t id);
/* Makes the step that runs, or the next one, return.  Any thread and a signal handler may call it. */
void prun_pool_wake(struct prun_pool *pool);
/*
 * Wait for something to happen and handle it.  -errno of a failed delivery, once for each stream.
 * -EDEADLK: it would wait for ever, as nothing is pending or watched; or a callback of the pool
 * called it.
 */
int prun_pool_step(struct prun_pool *pool, double timeout);
/* No more jobs will come. */
void prun_pool_close(struct prun_pool *pool);
/* Call prun_pool_step() until all jobs have ended and are delivered.  -EINVAL: it is not closed. */
int prun_pool_join(struct prun_pool *pool);
/* Tell the pool that the input_fn of that job has a piece now.  -ESRCH: the job does not run. */
int prun_pool_feed(struct prun_pool *pool, uint64_t id);
/* Close the pool, and drop the jobs that have not started: their done is not called.  Returns how many. */
uint64_t prun_pool_cancel_queued(struct prun_pool *pool);
/* Drop one job that has not started.  -ESRCH: it runs (see prun_pool_kill()), has ended, or is unknown. */
int prun_pool_cancel(struct prun_pool *pool, uint64_t id);
/* fn is called for each job that runs, with its number and pid. */
typedef void prun_each_fn(uint64_t id, pid_t pid, void *arg);
int prun_pool_each(struct prun_pool *pool, prun_each_fn *fn, void *arg);
/*
 * Copy the last bytes that a running job has written to stdout and stderr: at most size, and at most
 * prun_pool_opts.tail.  *written is how many bytes it has written in all.  Returns how many were
 * copied; -ESRCH: that job does not run.
 */
ssize_t prun_pool_tail(struct prun_pool *pool, uint64_t id, void *buf,
    size_t size, uint64_t *written);
/* Use so many slots from now on, up to slots_max. */
int prun_pool_resize(struct prun_pool *pool, unsigned slots);
/* Set the timeout of the jobs whose spec has none, also of those that run; 0: no limit. */
int prun_pool_set_timeout(struct prun_pool *pool, double seconds);
/* Set prun_pool_opts.delay, counted from the last start. */
int prun_pool_set_delay(struct prun_pool *pool, double seconds);
/* hold: start no job and no further try until this is called with false. */
void prun_pool_pause(struct prun_pool *pool, bool hold);
/* Stop a job and its descendants (id 0: all jobs), also their timeouts.  Errors as of prun_pool_kill(). */
int prun_pool_suspend(struct prun_pool *pool, uint64_t id);
int prun_pool_resume(struct prun_pool *pool, uint64_t id);
/* Kill a job with the kill sequence: PRUN_RESULT_TERMINATED.  -ESRCH: it does not run. */
int prun_pool_kill(struct prun_pool *pool, uint64_t id);
/* Cancel the jobs that wait, and kill the others with the kill sequence.  A second call kills at once. */
void prun_pool_terminate(struct prun_pool *pool);

/* How many CPUs the process may use, by affinity, cgroup quotas and what is online: at least 1. */
int prun_cpu_count(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
