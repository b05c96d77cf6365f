/* SPDX-License-Identifier: ISC */

/*
 * libprun: start, capture, schedule and kill processes.
 *
 * This header is the whole public interface and its manual; libprun(3) gives
 * the calling order and a complete example.  It is one file although it is
 * long: a program includes one header, and whoever wants to know what a call
 * promises reads on from here.  In this order:
 *
 *	struct prun_spec		what to run
 *	struct prun_result		what became of it
 *	struct prun_process		one process
 *	prun_call()			one process, from start to end
 *	struct prun_pool		many processes
 *	struct prun_workers		many calls of functions in some processes
 *	struct prun_timer		functions that are called later
 *	struct prun_sem, _event		what threads wait for
 *	struct prun_lock		what processes lock in shared memory
 *	struct prun_named_sem		what processes wait for
 *	struct prun_conn, _listener	messages between two processes
 *	struct prun_queue		messages that many processes share
 *	struct prun_sudo, _secret	how a process is run by sudo
 *	struct prun_host		other machines that run a pool's jobs
 *	prun_cpu_count()		how many processes are worth while
 *
 * Conventions.  Functions return 0 (or a count) on success and -errno on
 * failure; objects come back through the last argument.  The library copies what it must keep: strings
 * and arrays of a spec may be freed as soon as the call returns.  It never
 * prints, exits, reads the environment (save that a child without an
 * environment of its own inherits the caller's) or changes a signal
 * disposition of its host.  No call raises SIGPIPE; a program that itself writes to a
 * child's stdin should ignore it.  All descriptors that the library opens are close-on-exec.
 *
 * fork(2).  Processes, pools and timers are those of the process that made them.  In a
 * process that was forked from it _free() closes descriptors and frees memory, and
 * touches neither processes nor threads; all else returns -EPERM, or does nothing.
 *
 * Sizes.  A structure that begins with size grows at its end in later versions.  The
 * program sets size to its sizeof, always, and what it leaves zero is the default:
 *
 *	struct prun_spec spec = { .size = sizeof(spec), .argv = argv };
 *	struct prun_result result = { .size = sizeof(result) };
 *
 * -EINVAL: that size cannot be, say 0.  -E2BIG: what this library does not know is not
 * zero.  Nothing has happened then.  In structures that the library lends to a function
 * of the program it has set size itself.  Unknown bits of flags are -EINVAL.
 *
 * Threads.  Different objects may be used by different threads at once.  One
 * object belongs to one thread at a time, unless its functions say otherwise.
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

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define PRUN_VERSION "0.1.0"
#define PRUN_VERSION_MAJOR 0
#define PRUN_VERSION_MINOR 1
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

/*
 * What to run: struct prun_spec
 *
 * Either argv or command must be set.
 */

enum prun_stdio_kind {
	PRUN_STDIO_INHERIT = 0, /* the caller's own */
	PRUN_STDIO_NULL, /* /dev/null */
	PRUN_STDIO_PIPE, /* a pipe; the other end is the process object's */
	PRUN_STDIO_FD, /* fd, which stays the caller's; in a pool: open until the job runs */
	PRUN_STDIO_STDOUT, /* stderr only: wherever stdout goes */
	/*
	 * stdout and stderr only: a pipe that the child takes for a terminal, so that it
	 * keeps its colours and writes line by line.  A pseudo-terminal that changes no
	 * byte, is not the controlling one, and has the size that the terminal fd has at
	 * the start (0: stdin's; no terminal: 80 columns and 24 lines).  Both asked for:
	 * one each.  In a pool the output is captured as always.
	 */
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

/* Bits of prun_spec.flags. */
/* Lead a process group of its own (a pool always does). */
#define PRUN_SPEC_NEW_GROUP 0x1u
#define PRUN_SPEC_DIE_WITH_PARENT \
	0x2u /* SIGKILL when the starting thread ends */
/*
 * In a pool: stay in the caller's process group, so that the job may read from
 * the terminal and gets what is typed there (Ctrl-C, Ctrl-Z) as the caller does.
 */
#define PRUN_SPEC_KEEP_GROUP 0x4u
/*
 * Where the caller ignores SIGPIPE or SIGXFSZ the child does so, too.  Without this
 * they are at their default in the child, as for a program that was started by a shell.
 */
#define PRUN_SPEC_KEEP_IGNORED 0x8u
#define PRUN_SPEC_NEW_SESSION \
	0x10u /* lead a session of its own, and with it a group */
#define PRUN_SPEC_SET_UMASK 0x20u /* umask counts */
/*
 * Whatever the caller has open: the child has its stdio and what pass tells.  (What
 * this library opens it never has.)
 */
#define PRUN_SPEC_CLOSE_FDS 0x40u
/* The bytes of input are not copied: they must not change until done is called. */
#define PRUN_SPEC_INPUT_LENT 0x80u

struct prun_result;
struct prun_sudo;
struct prun_host;

/*
 * Told what an object does: a line for people, which is lent, and how important it is,
 * as syslog(3) has it (LOG_ERR ... LOG_DEBUG).  Threads of the object call it as well, at
 * the same time.  It may call nothing of the object but prun_pool_wake().
 */
typedef void prun_log_fn(int level, const char *line, void *arg);

/*
 * Asked by the owner's thread when a job has ended and nobody has dropped or
 * terminated the pool: shall it be tried again?  Negative: no.  Else after that
 * many seconds, in the same slot as before.  r is lent for the call and arg is
 * that of _apply_async().  It may call what a prun_done_fn may.
 */
typedef double prun_retry_fn(const struct prun_result *r, void *arg);

/*
 * A piece of what is written to a job's stdin: bytes in memory, and then, unless length
 * is 0, so many bytes of a file, from offset on.  The pages of the file are moved into
 * the pipe without a copy where the system can do that.
 */
struct prun_input {
	const void *data;
	size_t len;
	int fd; /* its own offset is not used */
	off_t offset;
	uint64_t length;
};

/*
 * Gives the next piece for a job's stdin: fills in a piece that is all zero and returns 1.
 * The piece is lent until the next call for that job, or the job's end.  0: there are no
 * more; -EAGAIN: there is none now, and the program calls prun_pool_feed() when there is;
 * another -errno: there are no more, and the job runs on without them.  The owner's thread
 * calls it in prun_pool_step() and prun_pool_feed(), when the job's pipe has room.
 */
typedef int prun_input_fn(struct prun_input *piece, void *arg);

struct prun_spec {
	size_t size; /* sizeof(struct prun_spec) */
	/*
	 * NULL-terminated.  argv[0] without a slash is looked up along PATH of
	 * the child's environment; a file that is no binary and has no #! line
	 * is given to /bin/sh, as execvp(3) does.
	 */
	const char *const *argv;
	const char *command; /* instead of argv: a line for the shell */
	const char *shell; /* runs command with -c; NULL: /bin/sh */
	/* What to execute instead of argv[0], not looked up. */
	const char *file;

	const char *cwd; /* NULL: the caller's */
	/* Whole environment; NULL: the caller's, in a pool as it is at the start. */
	const char *const *env;
	/*
	 * "NAME=value" on top of env, NULL-terminated; of two with one name the last
	 * counts.
	 */
	const char *const *setenv;

	/* In a pool: see prun_pool_opts.output. */
	struct prun_stdio in, out, err;

	const sigset_t *sigmask; /* the child's mask; NULL: the caller's */
	/*
	 * Set back to SIG_DFL; caught ones always are, SIGPIPE and SIGXFSZ without
	 * PRUN_SPEC_KEEP_IGNORED.
	 */
	const sigset_t *sigdefault;
	const struct prun_rlimit *rlimit;
	size_t nrlimit;
	int nice; /* added to the caller's nice value */
	mode_t umask; /* PRUN_SPEC_SET_UMASK only */
	/*
	 * Descriptors above 2 that the child has under the same numbers, close-on-exec
	 * or not; in a pool: open until the job runs.
	 */
	const int *pass;
	size_t npass;
	unsigned flags; /* PRUN_SPEC_NEW_GROUP | ... */
	const struct prun_sudo *sudo; /* NULL: as oneself */

	/*
	 * Seconds after which the whole tree of the process is killed by
	 * termseq; 0: the pool's, else none.  Honoured by pools and by
	 * prun_call() and its kin.
	 */
	double timeout;

	/* The rest is for pools only. */
	const char *tag; /* put before every line of output; NULL: none */
	/* Put behind it, ahead of its newline; NULL: none. */
	const char *tag_end;
	/* Instead of these two when the job failed; PRUN_POOL_HOLD only. */
	const char *failed_tag, *failed_tag_end;
	/* Delivered ahead of the job's stdout; NULL: none. */
	const char *heading;
	size_t heading_len; /* bytes of it, NULs and all; 0: up to its NUL */
	/*
	 * How many slots it counts for; 0: 1.  More than the pool has: all of
	 * them.
	 */
	unsigned weight;
	/*
	 * Seconds from each start of this job to the next start of any job; 0: see
	 * prun_pool_opts.delay.
	 */
	double delay;
	/*
	 * NULL: one try.  Of a job with more than one the last alone counts: done is
	 * called for that, and its output is delivered; for this it is not delivered
	 * before the job has ended (save in PRUN_OUTPUT_LINE and PRUN_OUTPUT_RAW,
	 * where all of it is, as it comes, before this is called).
	 */
	prun_retry_fn *retry;
	/*
	 * What is written to the job's stdin, if in.kind is PRUN_STDIO_PIPE: input or the
	 * pieces of input_fn; with neither, stdin is empty.  The bytes of input are copied:
	 * 64 MiB of a pool's jobs into memory, the rest into a file in the pool's tmpdir.
	 * The file of input must stay open until the job has ended.  Pieces of a function
	 * cannot be written twice: with retry that is -EINVAL.  A job that does not read
	 * all of its input is no failure.
	 */
	struct prun_input input;
	prun_input_fn *input_fn;
	void *input_arg;
	/* The pipe is made to hold so many bytes, a MiB at most, if the system allows it. */
	size_t input_pipe;
	/*
	 * Where it runs; NULL: on this machine.  There argv[0] is looked up along PATH, and a cwd that
	 * is relative or NULL counts from where the agent was started.  What is sent is the
	 * command with shell, cwd, setenv, rlimit, nice, umask and the input; the rest
	 * of the environment is that of the agent.  file and sigmask do not count; sudo, pass,
	 * PRUN_SPEC_KEEP_GROUP, PRUN_OUTPUT_NONE and descriptors as stdio are -EINVAL.
	 */
	struct prun_host *host;
	/*
	 * Instead of argv and command: task_len bytes that one of the pool's workers is
	 * given, see struct prun_worker_opts.  Then only timeout, tag and its kin, heading,
	 * weight, delay and retry count; all else is the worker's.
	 */
	const char *task;
	size_t task_len;

	/*
	 * For prun_process_start() and prun_call() with their kin; a pool has one of its
	 * own.  NULL: nobody wants to know.
	 */
	prun_log_fn *log;
	void *log_arg;
};

/* What became of it: struct prun_result */

/* Bits of prun_result.flags. */
#define PRUN_RESULT_TIMED_OUT 0x1u /* killed because its time was up */
#define PRUN_RESULT_TERMINATED \
	0x2u /* killed by prun_pool_terminate() or _kill() */
/*
 * Something that it left behind holds its pipes: what that writes is read and thrown
 * away as long as the pool is there.
 */
#define PRUN_RESULT_LEAKY 0x4u
#define PRUN_RESULT_NOT_STARTED 0x8u /* see step and error */
/* Some of its output could not be kept: see error. */
#define PRUN_RESULT_OUTPUT_LOST 0x10u
/* It exited and left processes behind: see prun_pool_opts.leak. */
#define PRUN_RESULT_LEFT_BEHIND 0x20u

/* sudo asked for a password in vain, and is told no more. */
#define PRUN_RESULT_SUDO_REFUSED 0x100u
/*
 * Some of its processes live on: there was no right to kill them.  Or, with sudo,
 * a daemon of another user's lives on that may be one of them: it cannot be told.
 */
#define PRUN_RESULT_NOT_KILLED 0x200u
/*
 * It has ended, and nobody can tell how: the program ignores SIGCHLD, or has waited for
 * it itself.  The status is 255.
 */
#define PRUN_RESULT_STATUS_UNKNOWN 0x400u
/* The job got less than its input: a file could not be read to the end.  See error. */
#define PRUN_RESULT_INPUT_LOST 0x800u
/* A worker has broken the rules while it had this task: see fault.  The status is 255. */
#define PRUN_RESULT_WORKER_FAULT 0x2000u
/*
 * Its output was to be held back until its end (PRUN_POOL_HOLD, or it could be tried
 * again), but there was no room: see error.  It was written as it came, and the job is
 * not tried again.
 */
#define PRUN_RESULT_NOT_HELD 0x1000u
/*
 * Its host was lost.  With PRUN_RESULT_NOT_STARTED: before it had the job.  Else the job
 * was killed there, and how far it had come is not known.  The status is 255.
 */
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
	/*
	 * As a shell tells it: 0-255; 128 + signal; 127 when the program was
	 * not found and 126 when it could not be executed.
	 */
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
	/*
	 * The last bytes that it wrote to either (see prun_pool_opts.tail), lent
	 * to the done callback; NULL elsewhere.
	 */
	const char *tail;
	size_t tail_len;
	/*
	 * PRUN_RESULT_WORKER_FAULT: which worker, what it did, and the bytes it did it with.  Lent
	 * to the done callback; NULL elsewhere.
	 */
	const char *fault;
};

/* "fork", "chdir", ...: for messages.  Any thread. */
const char *prun_step_name(enum prun_step step);

/*
 * A kill sequence: "TERM,200,TERM,100,TERM,50,KILL,25": signals, by name or
 * number, each followed by milliseconds to wait for the tree to end.
 */
#define PRUN_TERMSEQ "TERM,200,TERM,100,TERM,50,KILL,25"

/* 0 when termseq is well formed, else -EINVAL.  Any thread. */
int prun_termseq_check(const char *termseq);

/*
 * One process: struct prun_process (Python: subprocess.Popen)
 *
 *	prun_process_start(&spec, &p);
 *	prun_process_communicate(p, "in", 2, -1, &output);
 *	printf("%s", output.out); prun_output_free(&output);
 *	prun_process_free(p);
 */

struct prun_process;

/*
 * Start it.  When the child cannot execute its program the return value says
 * why (-ENOENT, -EACCES, ...) and no process exists.
 */
int prun_process_start(const struct prun_spec *spec, struct prun_process **pp);

/* The same, and *step is what failed: is it the folder or the program that is missing? */
int prun_process_start_step(const struct prun_spec *spec, enum prun_step *step,
    struct prun_process **pp);

/*
 * Start a function instead of a program (Python: Process(target=function)).  A process is
 * forked from the caller and calls fn(arg); what fn returns, from 0 to 255, is the status.
 * spec tells all else, and has no argv, command, file or sudo; NULL: the defaults.  ps(1)
 * shows up to 15 bytes of name; NULL: the caller's name.  The new process has only the
 * thread that calls: locks that other threads hold stay locked there.  -EINVAL: fn is NULL
 * or spec is not valid; another -errno: the process could not be started.
 */
typedef int prun_process_fn(void *arg);
int prun_process_start_fn(const struct prun_spec *spec, const char *name,
    prun_process_fn *fn, void *arg, struct prun_process **pp);

/* Release it.  A process that still runs is killed (SIGKILL) and reaped. */
void prun_process_free(struct prun_process *p);

pid_t prun_process_pid(const struct prun_process *p);

/*
 * A descriptor that becomes readable when the process has died, for poll(2);
 * it stays the object's.
 */
int prun_process_fd(const struct prun_process *p);

/*
 * The caller's ends of what was asked for with PRUN_STDIO_PIPE or PRUN_STDIO_PTY, else -1.
 * At its end a read of a pseudo-terminal fails with EIO.
 * They stay the object's; _close_stdin() gives the child its end of file.  Where one process
 * reads the stdout of another (PRUN_STDIO_FD), the caller calls _close_stdout(), so that the
 * first gets SIGPIPE when the second has ended.
 */
int prun_process_stdin(const struct prun_process *p);
int prun_process_stdout(const struct prun_process *p);
int prun_process_stderr(const struct prun_process *p);
void prun_process_close_stdin(struct prun_process *p);
void prun_process_close_stdout(struct prun_process *p);
void prun_process_close_stderr(struct prun_process *p);

/* 1 and *r when it has ended, 0 when it still runs, or -errno.  r may be NULL. */
int prun_process_poll(struct prun_process *p, struct prun_result *r);

/*
 * Wait for the end.  timeout in seconds, negative: for ever.  -ETIMEDOUT when
 * it still runs then: it is left alone.  May be called again.
 */
int prun_process_wait(struct prun_process *p, double timeout,
    struct prun_result *r);

struct prun_output {
	size_t size; /* sizeof(struct prun_output) */
	/*
	 * NUL-terminated, to be freed by prun_output_free(); never NULL on
	 * success.
	 */
	char *out;
	size_t out_len;
	char *err;
	size_t err_len;
	struct prun_result result; /* its size is set by the library */
};

/*
 * Write input (len bytes, may be NULL) to its stdin and close that, read its
 * stdout and stderr to their ends (those that are pipes), and wait.  Neither
 * side can block the other.  -ETIMEDOUT: it still runs, nothing is lost, call
 * again with input NULL to go on.  A child that does not read its input is no
 * error.  Only the first call's input counts.
 */
int prun_process_communicate(struct prun_process *p, const void *input,
    size_t len, double timeout, struct prun_output *output);
void prun_output_free(struct prun_output *output);

/*
 * Send a signal: to its group when it leads one, else to the process.
 * -ESRCH when it has ended.  Never reaches a pid that is not ours.
 * Any thread, while no other frees p.
 */
int prun_process_signal(struct prun_process *p, int sig);
int prun_process_terminate(struct prun_process *p); /* SIGTERM */
int prun_process_kill(struct prun_process *p); /* SIGKILL */

/*
 * Run to the end (Python: call, check_call, check_output); r may be NULL.  Without
 * PRUN_SPEC_NEW_GROUP the command is in the caller's process group: it may read from the
 * terminal, and gets Ctrl-C as the caller does.
 * spec->timeout kills its tree and sets PRUN_RESULT_TIMED_OUT.  The check_ ones return
 * -ECHILD when the command did not exit with 0 in time, and -ENODATA with
 * PRUN_RESULT_STATUS_UNKNOWN; *r tells how it ended.
 * prun_check_output() captures stdout whatever spec->out says (PRUN_STDIO_PTY is
 * honoured), up to its end: until nobody holds it any more, or spec->timeout has
 * passed.  *out is to be
 * freed with free(3), is NUL-terminated and is set in these two cases as well.
 */
int prun_call(const struct prun_spec *spec, struct prun_result *r);
int prun_check_call(const struct prun_spec *spec, struct prun_result *r);
int prun_check_output(const struct prun_spec *spec, char **out, size_t *len,
    struct prun_result *r);

/*
 * Many processes: struct prun_pool (Python: multiprocessing.Pool)
 *
 * Nothing advances without _step(): things happen only while the owner is in that, or in
 * _apply(), _map(), _map_from() or _join(), which call it.  Only timeouts and kill
 * escalation go on by themselves.
 *
 *	prun_pool_new(&opts, &pool);
 *	for (...) prun_pool_apply_async(pool, &spec, done, arg);
 *	prun_pool_close(pool);
 *	prun_pool_join(pool);
 *	prun_pool_free(pool);
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
 * Takes what would have been written: a job's bytes for descriptor 1 or 2, and
 * at last, once for each job, stream 0 with no bytes: all of it has been
 * delivered.  r is complete when the job has ended (always with
 * PRUN_POOL_HOLD), else it has id, slot and pid; job is what was given to
 * prun_pool_apply_async() as arg.  r and data are lent for the call.
 * Returns 0, or -errno, which ends delivery to that stream (what is above 0 is taken
 * for -EINVAL).
 */
typedef int prun_deliver_fn(const struct prun_result *r, void *job, int stream,
    const char *data, size_t len, void *arg);

/*
 * Called before bytes are written to a terminal (begin), and after that with
 * what the last of them left: midline, when a line is unfinished.
 */
typedef void prun_writing_fn(bool begin, bool midline, void *arg);

/*
 * Called by the owner's thread, once for each job and after its done function,
 * when all of its output has been written, or it had none.  r->flags has
 * PRUN_RESULT_OUTPUT_LOST, and r->error says why, when some of it could not be written.
 * job is what was given to prun_pool_apply_async() as arg (NULL for the jobs of
 * _apply() and _map()): nobody uses it after this.  r is lent for the call.  It
 * may call what a prun_done_fn may.
 */
typedef void prun_delivered_fn(const struct prun_result *r, void *job,
    void *arg);

/* Bits of prun_pool_opts.flags. */
#define PRUN_POOL_KEEP_ORDER 0x1u /* deliver in the order of apply */
/*
 * Be a child subreaper (prctl(2)) until prun_pool_free(), so that no process of a job
 * can get away from a kill.  Meanwhile every child of this process that this library
 * did not start, and that no job of another pool left behind, is taken for what a job
 * left behind: it is reaped by the pool, and killed by prun_pool_terminate().  Not for
 * programs with children that they start themselves.
 */
#define PRUN_POOL_SUBREAPER 0x2u
/*
 * Jobs do not outlive this process, however it ends (a guard process sees to
 * it).
 */
#define PRUN_POOL_GUARD 0x4u
/* Deliver nothing of a job before it has ended. */
#define PRUN_POOL_HOLD 0x8u
/* Compress what goes to tmpdir (zstd); what stays in memory is not. */
#define PRUN_POOL_COMPRESS 0x10u
/* Drop the output of jobs that succeed; with PRUN_POOL_HOLD. */
#define PRUN_POOL_ERRORS_ONLY 0x20u
/*
 * What a job that is killed by _terminate or _kill wrote is dropped, unless it is being
 * delivered already: the job is the first in the order, or its lines come as they are.
 */
#define PRUN_POOL_DROP_TERMINATED 0x40u
/* deliver gets a copy of the output, which is written to out_fd and err_fd as well. */
#define PRUN_POOL_DELIVER_COPY 0x80u

/* What to do about processes that a job has left behind when it exits by itself. */
enum prun_leak {
	PRUN_LEAK_IGNORE = 0, /* leave them alone, do not even look */
	PRUN_LEAK_REPORT, /* PRUN_RESULT_LEFT_BEHIND */
	PRUN_LEAK_KILL /* and kill them by the kill sequence before it is done */
};

/*
 * Workers: processes that stay and are given one task (prun_spec.task) after the other, each
 * slot its own.  They are started when there is work for them.  What a worker writes to its
 * stdout and stderr until it has answered is the task's output, byte for byte.  A worker
 * that ends ends its task with its own status, and the next task gets a new one; one that
 * has ended before it has read its task is not counted: the task goes to the next, three
 * times in a row at most.  A timeout or a kill ends the worker's whole tree.
 */

/* Here a worker writes statuses, in decimal with a newline. */
#define PRUN_WORKER_FD 199

enum prun_worker_kind {
	PRUN_WORKER_NONE = 0,
	/*
	 * A task is a line on stdin.  The worker writes what it likes, and at last the task's
	 * status to PRUN_WORKER_FD.
	 */
	PRUN_WORKER_STATUS,
	/*
	 * A task is a line on stdin, and the answer a line on stdout, or all lines before one
	 * that is equal to end.  The status is 0.
	 */
	PRUN_WORKER_LINE,
	/* The worker is bash: each task is shell code, run in a subshell. */
	PRUN_WORKER_FORK,
	/* The same, run in the shell itself: variables and functions stay. */
	PRUN_WORKER_SHARED
};

typedef void prun_worker_fault_fn(const char *fault, void *arg);

struct prun_worker_opts {
	size_t size; /* sizeof(struct prun_worker_opts) */
	enum prun_worker_kind kind;
	unsigned
	    recycle; /* a worker is replaced after so many tasks; 0: never */
	/*
	 * The program: its argv, environment, folder and the like; copied.  Not sudo, not
	 * stdio.  For a shell argv is bash and its options, to which -c and a program are
	 * added.  In the environment PRUN_WORKER is the worker's slot, and PRUN_WORKER_FD the
	 * number of that descriptor.
	 */
	const struct prun_spec *spec;
	const char *end; /* PRUN_WORKER_LINE; NULL: one line */
	/*
	 * Once for each worker before its first task: shell code; or a line, whose answer
	 * must have the status 0 and is dropped.  NULL: nothing.
	 */
	const char *init;
	/*
	 * A worker has broken the rules while it had no task.  NULL: nobody wants to know.
	 * Called by the owner's thread in _step(); it may call what a prun_done_fn may.
	 */
	prun_worker_fault_fn *fault;
	void *fault_arg;
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
	/*
	 * For PRUN_POOL_GUARD: a descriptor above 2 that the guard holds open,
	 * too, until nothing is left of the jobs: see prun_named_sem_fd().  It
	 * stays the caller's.  0: none.
	 */
	int guard_fd;
	/*
	 * Seconds that pipes may stay open after the job's death because
	 * something it left behind holds them; 0: 0.1; negative: for ever, or, for a
	 * job with a timeout, until its time is up: then what holds them is killed.
	 */
	double leak_timeout;
	enum prun_leak leak;
	double delay; /* seconds from one start to the next, tries included */
	/*
	 * Threads that start jobs side by side, once there are many of them; no
	 * more than slots.  0: as many as the CPUs are good for, and the owner's
	 * thread helps them in prun_pool_step(); negative: none, it starts every
	 * job itself.
	 */
	int spawners;

	/* Bytes of one job's output kept in memory; 0: 256 KiB. */
	size_t job_memory;
	/* Of all jobs together; 0: 16 MiB.  More goes to tmpdir. */
	size_t memory;
	const char *tmpdir; /* NULL: /tmp */
	/*
	 * PRUN_OUTPUT_GROUP: a job that has written so many bytes to stdout and floods
	 * on, while nobody waits to be written, has the output from then on, and others
	 * come after it.  0: 16 MiB; SIZE_MAX: each job is kept until its end.
	 */
	size_t group_limit;
	/* Who is given prun_spec.task; NULL: nobody.  See there. */
	const struct prun_worker_opts *worker;
	prun_log_fn *log; /* NULL: nobody wants to know */
	void *log_arg;
};

/*
 * Called by the owner's thread, once for each job, as soon as it has ended (its
 * process is gone, its pipes are at their end, and no further try will come),
 * whatever its output waits for: see prun_delivered_fn.  r is lent for the call.  It may call prun_pool_apply_async(), _close() and
 * _terminate().
 */
typedef void prun_done_fn(const struct prun_result *r, void *arg);

int prun_pool_new(const struct prun_pool_opts *opts, struct prun_pool **pp);

/*
 * Kills (SIGKILL) what still runs, reaps it and drops output not delivered.
 * -EDEADLK: it was called by a function that the pool has called, and does nothing.
 */
int prun_pool_free(struct prun_pool *pool);

/*
 * Hand over a job; done may be NULL.  It starts at once when a slot is free,
 * else as soon as one is.  Returns 0, -EINVAL (spec), -ENOMEM, or -ESHUTDOWN
 * after _close() or _terminate().
 */
int prun_pool_apply_async(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg);

/* The same, and *id is the job's number: prun_result.id. */
int prun_pool_submit(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg, uint64_t *id);

/* The same and run until this job has ended. */
int prun_pool_apply(struct prun_pool *pool, const struct prun_spec *spec,
    struct prun_result *r);

/*
 * n jobs; results[i] tells of specs[i] (only the first of each needs its size).  Returns when all have ended.  After an error
 * those that were not started have PRUN_RESULT_NOT_STARTED, and in error why (ECANCELED: for
 * another's sake).
 */
int prun_pool_map(struct prun_pool *pool, const struct prun_spec *specs,
    size_t n, struct prun_result *results);

/*
 * Fills in the next spec, which is all zero but for its size, and returns 1; 0: there is none; or -errno.
 * What the spec points to is lent until the next call.
 */
typedef int prun_spec_fn(struct prun_spec *spec, void *arg);

/*
 * For jobs without number: next(spec, arg) is called when a slot is free, and the job
 * applied with done and arg.  Returns when it has no more and nothing is pending.
 */
int prun_pool_map_from(struct prun_pool *pool, prun_spec_fn *next,
    prun_done_fn *done, void *arg);

/*
 * The slot (from 1) that a job applied now would run in, 0 when it would have
 * to wait: for all slots are taken, earlier jobs wait, or output is stalled.
 * The number holds until the next call on this pool.
 */
unsigned prun_pool_slot(const struct prun_pool *pool);

/*
 * How much weight the slots can take now; a job of a greater weight, up to
 * that of the whole pool, would wait.
 */
unsigned prun_pool_room(const struct prun_pool *pool);

/*
 * Jobs that run, and jobs that are not finished altogether (waiting, running,
 * or to be delivered).
 */
unsigned prun_pool_running(const struct prun_pool *pool);
uint64_t prun_pool_pending(const struct prun_pool *pool);

/*
 * How many tasks in a row, up to the last, have ended with their worker.  Where most tasks do
 * that, a process for each is faster.
 */
unsigned prun_pool_worker_deaths(const struct prun_pool *pool);

/* Does output wait for a slow reader?  No job is started then. */
bool prun_pool_stalled(const struct prun_pool *pool);

/*
 * For a foreign event loop: when the descriptor of _fd() is readable, call
 * _step(pool, 0).  The descriptor stays the pool's.
 */
int prun_pool_fd(const struct prun_pool *pool);

/*
 * The pool's loop is open to the program: whatever it waits for besides jobs may
 * be waited for in prun_pool_step(), which returns after it has called one of
 * these functions, so that its caller can look at what has changed.
 *
 * _watch: fn is called while one of the events (EPOLLIN, EPOLLOUT, as epoll(7)
 * has them) is there.  fd stays the caller's and open until prun_watch_free().
 * What epoll(7) refuses, such as a regular file, is always ready.
 * prun_watch_set(): other events from now on; 0: none, for a while.
 * prun_watch_free() may be called by fn as well; NULL is fine.
 *
 * _after: fn is called once, after that many seconds.  *id, when id is not NULL,
 * is for _after_cancel(): -ENOENT, it has been called already, or is unknown.
 *
 * fn may call all functions of the pool but _step(), _apply(), _map(), _join() and
 * _free().
 *
 * _wake: the step that runs, or the next one, returns.  Any thread, and a signal
 * handler.
 */
struct prun_watch;
typedef void prun_watch_fn(int fd, unsigned events, void *arg);
typedef void prun_timer_fn(void *arg);

int prun_pool_watch(struct prun_pool *pool, int fd, unsigned events,
    prun_watch_fn *fn, void *arg, struct prun_watch **wp);
int prun_watch_set(struct prun_watch *watch, unsigned events);
void prun_watch_free(struct prun_watch *watch);
int prun_pool_after(struct prun_pool *pool, double seconds, prun_timer_fn *fn,
    void *arg, uint64_t *id);
int prun_pool_after_cancel(struct prun_pool *pool, uint64_t id);
void prun_pool_wake(struct prun_pool *pool);

/*
 * Wait up to timeout seconds (negative: for ever) for something to happen, and
 * handle it; or start a job that waits for a thread, which may take as long as
 * its exec does.  Returns 0, or -errno of a failed delivery (-EPIPE, -ENOSPC),
 * once for each of the two streams: what is left for that stream is dropped,
 * and the jobs go on.  -EDEADLK: negative timeout, but nothing is pending, and
 * nothing is watched; or a function that the pool has called is the caller, as
 * with _apply(), _map() and _join().
 */
int prun_pool_step(struct prun_pool *pool, double timeout);

/* No more jobs will come. */
void prun_pool_close(struct prun_pool *pool);

/*
 * Step until all has ended and is delivered.  -EINVAL unless closed or
 * terminated.
 */
int prun_pool_join(struct prun_pool *pool);

/*
 * Tell that the input_fn of that job has a piece now.  It is called at once if the job's
 * pipe has room.  -ESRCH: the job does not run.
 */
int prun_pool_feed(struct prun_pool *pool, uint64_t id);

/*
 * Drop the jobs that have not started: they get no done call.  One that waits
 * for its next try has had its last.  Closes.  Returns how many were dropped.
 */
uint64_t prun_pool_cancel_queued(struct prun_pool *pool);

/*
 * Drop that job, if it has not started: it gets no done call.  One that waits for its
 * next try has had its last.  -ESRCH: it runs (see _kill), has ended, or is unknown.
 */
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

/*
 * Steer it while it runs.
 *
 * _resize: so many slots from now on, -EINVAL beyond slots_max; jobs that are too
 * many are left to end.  _set_timeout: for the jobs whose spec says none, those that
 * run included; 0: none.  _set_delay: see prun_pool_opts.delay; it counts from the last
 * start.  _pause: start nothing, new jobs and further tries alike, until told otherwise.
 */
int prun_pool_resize(struct prun_pool *pool, unsigned slots);
int prun_pool_set_timeout(struct prun_pool *pool, double seconds);
int prun_pool_set_delay(struct prun_pool *pool, double seconds);
void prun_pool_pause(struct prun_pool *pool, bool hold);

/*
 * Stop what runs, and let it go on: job id, or all of them when id is 0; then
 * nothing is started in between either.  That time does not count for timeouts.
 * -ESRCH: that job does not run.
 */
int prun_pool_suspend(struct prun_pool *pool, uint64_t id);
int prun_pool_resume(struct prun_pool *pool, uint64_t id);

/*
 * Kill one job by the kill sequence, now or, when it is just being started, as soon
 * as it runs; its result has PRUN_RESULT_TERMINATED.  -ESRCH: it does not run.
 */
int prun_pool_kill(struct prun_pool *pool, uint64_t id);

/*
 * Drop, and kill by the kill sequence what runs, with all its descendants.
 * Returns at once: _join() waits for the end.  A second call kills at once.
 */
void prun_pool_terminate(struct prun_pool *pool);

/*
 * Functions in processes: struct prun_workers (Python: multiprocessing.Pool)
 *
 * Workers are forked once and call one function after the other.  As with a pool nothing
 * advances without _step(), which _apply(), _map() and _join() call; only timeouts do.
 *
 *	prun_workers_new(&opts, &workers);
 *	prun_workers_map(workers, square, numbers, n, sizeof(*numbers), done, NULL);
 *	prun_workers_free(workers);
 */

struct prun_workers;
struct prun_reply;

/*
 * Called in a worker, with what init has made and the bytes of the task, which are lent
 * and may be any C structure.  Returns 0 or -errno, which is prun_task_result.error.  It is
 * called at the address that it has in the host, so it must have been there at _new().
 */
typedef int prun_task_fn(void *state, const void *in, size_t len,
    struct prun_reply *reply);

/* Add bytes to the task's answer.  -ENOMEM: it becomes the error of the task, too. */
int prun_reply_add(struct prun_reply *reply, const void *data, size_t len);

struct prun_workers_opts {
	size_t size; /* sizeof(struct prun_workers_opts) */
	unsigned workers; /* 0: prun_cpu_count() */
	unsigned tasks_per_worker; /* then another takes its place; 0: no end */
	/*
	 * Tasks that are sent in one message, and whose answers come in one; 0: so many as
	 * take half a millisecond, by what tasks took so far.
	 */
	size_t chunk;
	double timeout; /* seconds a task may take; 0: for ever */
	/* Called in each worker before its first task: 0, or -errno and no task is run. */
	int (*init)(void **state, void *arg);
	/* Called in each worker after its last task, unless it is killed. */
	void (*fini)(void *state);
	void *arg; /* of init */
	const char *name; /* of the workers, for ps(1); NULL: the host's */
};

/* Bits of prun_task_result.flags. */
#define PRUN_TASK_DIED 0x1u /* its worker ended in it: see status and signal */
#define PRUN_TASK_TIMED_OUT 0x2u /* because its time was up */
#define PRUN_TASK_NOT_RUN 0x4u /* it was not begun: error says why */

struct prun_task_result {
	size_t size; /* sizeof(struct prun_task_result) */
	/* From 1 in the order of apply; in a map from 0, by its place. */
	uint64_t id;
	/*
	 * What the function has returned; -ECHILD: its worker ended; -ETIMEDOUT;
	 * -ECANCELED: terminated; what init has returned.
	 */
	int error;
	unsigned flags; /* PRUN_TASK_DIED | ... */
	/* Of a worker that ended: as in struct prun_result. */
	int status, signal;
	pid_t pid; /* of the worker; 0: none */
	const void *data; /* the answer, as well aligned as malloc(3)'s */
	size_t len;
};

/*
 * Called by the owner's thread, once for each task.  r and its data are lent for the
 * call.  It may call _apply_async(), _close() and _terminate().
 */
typedef void prun_task_done_fn(const struct prun_task_result *r, void *arg);

/* Forks a helper process, which forks the workers: see fork(2) in prun_workers(3). */
int prun_workers_new(const struct prun_workers_opts *opts,
    struct prun_workers **wp);

/*
 * Kills the workers and all that they have started.  Tasks that have not ended get no
 * done call.  -EDEADLK: it was called by a done function, and does nothing.
 */
int prun_workers_free(struct prun_workers *w);

/*
 * Hand over a task; in is copied, done may be NULL.  -EINVAL, -ENOMEM; -ESHUTDOWN after
 * _close() or _terminate(); what init has returned: there are no workers.
 */
int prun_workers_apply_async(struct prun_workers *w, prun_task_fn *fn,
    const void *in, size_t len, prun_task_done_fn *done, void *arg);

/* The same, until it has ended.  r->data is lent until the next call; r may be NULL. */
int prun_workers_apply(struct prun_workers *w, prun_task_fn *fn, const void *in,
    size_t len, struct prun_task_result *r);

/*
 * n tasks, each with size bytes of base as its in.  done is called in their order, or as
 * they end.  Returns when all have ended: 0, or the error that was told first.
 */
int prun_workers_map(struct prun_workers *w, prun_task_fn *fn, const void *base,
    size_t n, size_t size, prun_task_done_fn *done, void *arg);
int prun_workers_map_unordered(struct prun_workers *w, prun_task_fn *fn,
    const void *base, size_t n, size_t size, prun_task_done_fn *done,
    void *arg);

/*
 * The same for tasks without number, in order if ordered: next sets *in and *len, which
 * it lends until the next call, and returns 1; 0: there are no more; or -errno.
 */
typedef int prun_task_next_fn(const void **in, size_t *len, void *arg);
int prun_workers_map_from(struct prun_workers *w, prun_task_fn *fn,
    prun_task_next_fn *next, void *next_arg, bool ordered,
    prun_task_done_fn *done, void *arg);

/* Tasks that have not ended. */
uint64_t prun_workers_pending(const struct prun_workers *w);

/* As prun_pool_fd(), prun_pool_step() (-EDEADLK likewise) and prun_pool_close(). */
int prun_workers_fd(const struct prun_workers *w);
int prun_workers_step(struct prun_workers *w, double timeout);
void prun_workers_close(struct prun_workers *w);

/* Step until all tasks have ended and all workers, too.  -EINVAL unless closed. */
int prun_workers_join(struct prun_workers *w);

/*
 * Kill the workers and all that they have started.  Tasks that have not ended get
 * -ECANCELED in the next _step() or _join().
 */
void prun_workers_terminate(struct prun_workers *w);

/*
 * A thread that calls functions when their time has come: struct prun_timer
 * (Python: threading.Timer, one thread for many of them)
 */

struct prun_timer;

int prun_timer_new(struct prun_timer **tp);

/* Cancels what is pending and waits for a function that runs. */
void prun_timer_free(struct prun_timer *t);

/*
 * Call fn(arg) in the timer's thread after that many seconds (not negative,
 * finite).  *id, when id is not NULL, is for cancelling and never 0.  fn must
 * not block for long, as others wait behind it; it may start and cancel.
 * Any thread.
 */
int prun_timer_start(struct prun_timer *t, double seconds, prun_timer_fn *fn,
    void *arg, uint64_t *id);

/*
 * 0: fn will not be called.  -ENOENT: it has been called already, or is
 * unknown.  In both cases fn is not running any more when this returns,
 * except when fn itself is the caller.  Any thread.
 */
int prun_timer_cancel(struct prun_timer *t, uint64_t id);

/*
 * A count that threads of one process share: struct prun_sem (Python:
 * threading.BoundedSemaphore; with a value of 1: threading.Lock)
 *
 *	prun_sem_new(4, &sem);
 *	prun_sem_acquire(sem, -1);
 *	... at most four threads are here ...
 *	prun_sem_release(sem);
 *
 * All functions but _free(): any thread.  The thread that releases need not be
 * the one that acquired.
 */

struct prun_sem;

/* -EINVAL for a value of 0. */
int prun_sem_new(unsigned value, struct prun_sem **sp);

/* No thread may wait for it any more. */
void prun_sem_free(struct prun_sem *s);

/* timeout in seconds, negative: for ever.  -ETIMEDOUT: nothing was acquired. */
int prun_sem_acquire(struct prun_sem *s, double timeout);

/* -EAGAIN: nothing is left. */
int prun_sem_try(struct prun_sem *s);

/* -EINVAL: released more often than acquired. */
int prun_sem_release(struct prun_sem *s);

/*
 * A flag that threads, or processes, wait for: struct prun_event (Python: threading.Event,
 * multiprocessing.Event)
 *
 * It is clear at first.  All functions but _free(): any thread.
 */

struct prun_event;

int prun_event_new(struct prun_event **ep);

/*
 * One that forked processes share, and programs that get its descriptor in prun_spec.pass
 * and make an event of that.  Who is killed while waiting disturbs nobody.
 */
int prun_event_new_shared(struct prun_event **ep);

/*
 * For the descriptor of a shared event, which is this one's from now on, and close-on-exec.
 * -EINVAL: it is none, and stays the caller's.
 */
int prun_event_from_fd(int fd, struct prun_event **ep);

/* Readable while the event is set.  It stays the event's.  -1: the event is not shared. */
int prun_event_fd(const struct prun_event *e);

/* No thread may wait for it any more. */
void prun_event_free(struct prun_event *e);

/* Wakes all threads that wait.  It stays set until it is cleared. */
void prun_event_set(struct prun_event *e);
void prun_event_clear(struct prun_event *e);
bool prun_event_is_set(struct prun_event *e);

/*
 * Wait until it is set; 0 also when it was cleared again before this thread
 * ran, but a set of a shared event that is cleared at once may be missed.
 * timeout in seconds, negative: for ever.  -ETIMEDOUT: it was not set.
 */
int prun_event_wait(struct prun_event *e, double timeout);

/*
 * A lock in memory that processes share: struct prun_lock (Python: RLock)
 *
 * The caller provides the memory (mmap(2) with MAP_SHARED).  The thread that
 * holds it may acquire it again.  All who use it are in one PID namespace.
 */

struct prun_lock {
	uint64_t opaque[8];
};

/* Before anybody uses it, once. */
int prun_lock_init(struct prun_lock *l);

/*
 * timeout in seconds, negative: for ever.  -EOWNERDEAD: the caller holds the
 * lock, but the holder before died.  -ETIMEDOUT; -EINVAL: without _init().
 */
int prun_lock_acquire(struct prun_lock *l, double timeout);

/* -EAGAIN: another thread or process holds it. */
int prun_lock_try(struct prun_lock *l);

/* -EPERM: the calling thread does not hold it. */
int prun_lock_release(struct prun_lock *l);

/*
 * A count that the processes of one user share by a name, on one machine:
 * struct prun_named_sem
 *
 *	prun_named_sem_open("/run/user/1000/myprogram", "disk", 2, &sem);
 *	prun_named_sem_acquire(sem, -1);
 *	... at most two processes are here ...
 *	prun_named_sem_release(sem);
 *	prun_named_sem_free(sem);
 *
 * A count is a lock of the kernel's on a file in a private folder: when its
 * holder ends, in whatever way, it is free at once.  An object may hold several
 * counts.  All functions but _free(): any thread.
 *
 * fork(2): the child shares the counts that the object holds.  They are free as
 * soon as one of the two releases them, or when both have freed the object or
 * ended.  So a parent can acquire, fork, and leave the count to its child with
 * prun_named_sem_free().  A program that is executed holds nothing.
 */

struct prun_named_sem;

/*
 * dir is made with mode 0700 where it is missing; its parent must exist, and be
 * safe: no other user may rename what is in it (/tmp is fine).  name is any
 * string.  value is how many counts there are; all who share the name should
 * say the same, else each may acquire while fewer are held than he says.
 *
 * -EINVAL: value is 0 or above 1,048,576.  -ENAMETOOLONG: dir or name.  -EPERM:
 * dir or the file in it is another user's; -EACCES: others may enter dir;
 * -ENOTDIR, -ELOOP: in place of dir or the file is a symbolic link.
 */
int prun_named_sem_open(const char *dir, const char *name, unsigned value,
    struct prun_named_sem **sp);

/* What it still holds is given back, unless a forked process shares it. */
void prun_named_sem_free(struct prun_named_sem *s);

/*
 * timeout in seconds, negative: for ever.  -ETIMEDOUT: nothing was acquired.
 * Those who wait are served in the order in which they came, as a rule.
 */
int prun_named_sem_acquire(struct prun_named_sem *s, double timeout);

/* -EAGAIN: nothing is left. */
int prun_named_sem_try(struct prun_named_sem *s);

/* Acquire even if nothing is left: until it is released there is one more. */
int prun_named_sem_force(struct prun_named_sem *s);

/*
 * The descriptor that holds the count acquired last, -1: none.  It stays the
 * object's.  Whoever inherits it shares the count as after fork(2): as
 * prun_pool_opts.guard_fd it keeps the count until no job is left, though the
 * pool's process be killed.
 */
int prun_named_sem_fd(struct prun_named_sem *s);

/* -EINVAL: this object holds none. */
int prun_named_sem_release(struct prun_named_sem *s);

/*
 * Wait until no process holds a count of that name or waits for one; never
 * with a count of one's own.  -ETIMEDOUT: some still do.
 */
int prun_named_sem_drain(struct prun_named_sem *s, double timeout);

/*
 * Messages between two processes: struct prun_conn (Python: multiprocessing.Pipe()
 * and multiprocessing.connection, whose format it is: a Python program may be at
 * the other end)
 *
 *	prun_pipe(&ours, &theirs);
 *	spec.in.kind = PRUN_STDIO_FD;
 *	spec.in.fd = prun_conn_fd(theirs);
 *	prun_process_start(&spec, &process);
 *	prun_conn_free(theirs);
 *	prun_conn_send(ours, "4711", 4, -1);
 *	prun_conn_recv(ours, 4096, &answer, &len, -1);
 *
 * and in the program that was started:
 *
 *	prun_conn_from_fd(0, &conn);
 *	prun_conn_recv(conn, 4096, &question, &len, -1);
 *
 * Messages arrive whole, in order, and in both directions.  One thread may send
 * while another receives.  Timeouts are in seconds, negative: for ever.
 */

struct prun_conn;

/* Two ends; what is sent at one is received at the other. */
int prun_pipe(struct prun_conn **ap, struct prun_conn **bp);

/*
 * For a socket of type SOCK_STREAM, be it of TCP, which is the connection's from
 * now on, and close-on-exec.  -ENOTSOCK, -EPROTOTYPE: it is none; it stays the
 * caller's.
 */
int prun_conn_from_fd(int fd, struct prun_conn **cp);

/* Closes its descriptor.  What the other end has not received yet it still can. */
void prun_conn_free(struct prun_conn *c);

/*
 * Stays the connection's.  When it is readable there may be a message, or a part
 * of one: _recv() with a timeout of 0 tells.
 */
int prun_conn_fd(const struct prun_conn *c);

/*
 * -EPIPE: the other end is closed; no signal comes.  -ETIMEDOUT: nothing of it
 * was sent; or a part, and then every further call says -EPIPE.
 */
int prun_conn_send(struct prun_conn *c, const void *data, size_t len,
    double timeout);

/*
 * *data is the caller's to free(3), and has a NUL behind it.  -EPIPE: the other
 * end is closed and all was received.  -ETIMEDOUT: what has come of a message is
 * kept for the next call.  -EMSGSIZE: the next message has more than most bytes;
 * it can still be received.  -EPROTO: what comes is no message, or was cut off.
 */
int prun_conn_recv(struct prun_conn *c, size_t most, void **data, size_t *len,
    double timeout);

/*
 * Connections to a name in the file system: struct prun_listener (Python:
 * multiprocessing.connection.Listener and Client, with an address that is a path
 * and no key)
 *
 * The socket is readable and writable by its owner alone, so that nobody else can
 * connect.
 */

struct prun_listener;

/*
 * -EADDRINUSE: somebody listens there, or something else has that name.  A socket that
 * was left there by a killed process is replaced.  -ENAMETOOLONG: a socket's path
 * has less than 108 bytes.
 */
int prun_listener_new(const char *path, struct prun_listener **lp);

/* Removes the name, if it is still its own and this process has made it. */
void prun_listener_free(struct prun_listener *l);

/* Readable when somebody connects.  It stays the listener's. */
int prun_listener_fd(const struct prun_listener *l);

/* -ETIMEDOUT: nobody came. */
int prun_listener_accept(struct prun_listener *l, double timeout,
    struct prun_conn **cp);

/*
 * -ENOENT, -ECONNREFUSED: nobody listens there.  -ETIMEDOUT: too many wait to be
 * accepted.
 */
int prun_conn_connect(const char *path, double timeout, struct prun_conn **cp);

/*
 * Messages that many share: struct prun_queue (Python: multiprocessing.Queue,
 * JoinableQueue)
 *
 *	prun_queue_new(&queue);
 *	spec.in.kind = PRUN_STDIO_FD;
 *	spec.in.fd = prun_queue_get_fd(queue);
 *	... start some workers with that spec ...
 *	prun_queue_put(queue, "4711", 4, -1);
 *
 * and in a worker:
 *
 *	prun_queue_from_fd(-1, 0, &queue);
 *	n = prun_queue_get(queue, data, sizeof(data), -1);
 *
 * Each message is got by one, thread or process, whole and in the order of
 * putting; nobody who is killed holds up the others.  It is bounded by the memory that
 * the kernel lends (net.core.wmem_max; by default some hundred short messages, or some
 * hundred kilobytes of long ones); then putting waits until most of that was got.  Any
 * thread may put and get.
 */

struct prun_queue;

#define PRUN_QUEUE_MOST 65536 /* bytes of a message */

int prun_queue_new(struct prun_queue **qp);

/*
 * For the ends of another's queue, which are this one's from now on, and
 * close-on-exec.  -1: that is not done here.  -EINVAL: both are the same;
 * -ENOTSOCK, -EPROTOTYPE: they are none; they stay the caller's.
 */
int prun_queue_from_fd(int put, int get, struct prun_queue **qp);

/*
 * A queue whose messages are counted (Python: multiprocessing.JoinableQueue(maxsize)).  At
 * most maxsize messages wait to be got; 0: as many as the kernel has memory for, which is a
 * bound in any case.  Whoever gets a message says prun_queue_task_done() when it is done.
 * All who use it are in one PID namespace.  A process that is stopped while it puts or gets
 * holds up the others; one that is killed does not.
 */
int prun_queue_new_joinable(size_t maxsize, struct prun_queue **qp);

/*
 * The descriptors of a queue: what prun_spec.pass must have, and what the program that is
 * started makes its queue of.  One that only gets needs the first three, one that only puts
 * the last three; -1 for what it does not have.
 */
#define PRUN_QUEUE_GET 0
#define PRUN_QUEUE_STATE 1 /* -1, as the next: the queue is not joinable */
#define PRUN_QUEUE_CHANGED 2
#define PRUN_QUEUE_PUT 3
#define PRUN_QUEUE_FDS 4
void prun_queue_fds(const struct prun_queue *q, int fds[PRUN_QUEUE_FDS]);

/* As _from_fd().  -EINVAL: STATE or CHANGED are not those of a joinable queue. */
int prun_queue_from_fds(const int fds[PRUN_QUEUE_FDS], struct prun_queue **qp);

/* Closes both ends here.  What was put can be got where the other end is open. */
void prun_queue_free(struct prun_queue *q);

/* They stay the queue's.  -1: it has none.  Readable: there is a message. */
int prun_queue_put_fd(const struct prun_queue *q);
int prun_queue_get_fd(const struct prun_queue *q);

/* Nothing more is put from here; no other thread may be about to. */
void prun_queue_close_put(struct prun_queue *q);

/* Nothing more is got from here: who puts in vain is told when nobody else gets. */
void prun_queue_close_get(struct prun_queue *q);

/*
 * -EPIPE: nobody can get it any more; no signal comes.  -EINVAL: it is empty.
 * -EMSGSIZE: it is longer than PRUN_QUEUE_MOST, or than the system allows.
 * -ETIMEDOUT: there was no room.
 */
int prun_queue_put(struct prun_queue *q, const void *data, size_t len,
    double timeout);

/*
 * How many bytes it has.  -EPIPE: there is none, and nobody can put any more.
 * -ETIMEDOUT: there was none.  -EMSGSIZE: it was longer than size and is lost.
 */
ssize_t prun_queue_get(struct prun_queue *q, void *data, size_t size,
    double timeout);

/*
 * One of the messages that this process has got is done.  -EINVAL: none is left;
 * -ENOTSUP: the queue is not joinable.
 */
int prun_queue_task_done(struct prun_queue *q);

/*
 * Wait until all that was put so far, and all that is put meanwhile, is done or lost.
 * Returns how many messages of this queue were lost since it was made: those that a process
 * had got, and not done, when it ended; those that a process was putting or getting when it
 * was killed; those that nobody can get any more; and those that were longer than their
 * getter wanted.  -ETIMEDOUT; -EBADF: this process has neither end; -ENOTSUP.
 */
ssize_t prun_queue_join(struct prun_queue *q, double timeout);

/*
 * A password: struct prun_secret
 *
 *	prun_secret_new(1024, &secret);
 *	readpassphrase("Password: ", prun_secret_text(secret), 1024, 0);
 *
 * Its memory is locked, is left out of core dumps, is not there in processes
 * that are forked, and is wiped when it is freed.
 */
struct prun_secret;

/*
 * Room for size bytes with the NUL, all zero: up to 64 KiB.  -EINVAL; -ENOMEM,
 * -EPERM, -EAGAIN: it cannot be locked (RLIMIT_MEMLOCK).
 */
int prun_secret_new(size_t size, struct prun_secret **sp);

/* To be filled in by the caller; the password ends at the NUL. */
char *prun_secret_text(struct prun_secret *s);

/* Nothing that was given it may run any more.  NULL is fine. */
void prun_secret_free(struct prun_secret *s);

/*
 * Run it by sudo(8), which is looked up along PATH.  What is started is
 * "sudo -S -p MARKER ... -- argv" with a marker that nobody can guess: when sudo
 * asks for the password with it, the secret is written to its stdin, once; else
 * nothing is.  The marker is taken out of stderr.  Behind the password the
 * command reads the stdin that the spec says.  When sudo asks again, its stdin
 * ends and the result has PRUN_RESULT_SUDO_REFUSED.
 *
 * The library sits between sudo and the job's stdin and stderr for that, with a
 * thread for each such process.  Nothing of this is needed with quiet.
 *
 * The environment follows sudo's policy; spec.file does not count.  A kill that
 * this process has no right to is done with sudo as well.
 */
struct prun_sudo {
	size_t size; /* sizeof(struct prun_sudo) */
	const char *user; /* to run as; NULL: root */
	bool quiet; /* -n: it is known that nothing will be asked */
	/*
	 * Lent until the process has ended, in a pool until that is freed;
	 * NULL: none, so a prompt is a refusal.
	 */
	const struct prun_secret *secret;
	/* Variables to keep, NULL-terminated; NULL: none. */
	const char *const *preserve;
};

/*
 * Called when sudo asks, with 1 the first time: fill in the secret and return 0,
 * or -errno to give up.
 */
typedef int prun_sudo_ask_fn(unsigned time, void *arg);

/* What prun_sudo_check() found. */
struct prun_sudo_answer {
	size_t size; /* sizeof(struct prun_sudo_answer) */
	bool asked; /* for the password */
	bool refused; /* the one it got was wrong, or there was none */
	bool puzzled; /* refused: it asked for something else as well */
	int status; /* of sudo */
};

/*
 * "sudo -v": may this user use sudo, and is the password right?  ask is called
 * for each prompt; NULL: the secret is given once.  What sudo has to say
 * otherwise goes to the descriptor err (-1: nowhere).  0 and *answer: all is
 * well when status is 0; it is not known yet whether the next sudo asks again.
 * -errno: sudo could not be run.  It blocks until sudo has ended, and while it does
 * no pool of this thread makes a step.
 */
int prun_sudo_check(const struct prun_sudo *sudo, int err,
    prun_sudo_ask_fn *ask, void *arg, struct prun_sudo_answer *answer);

/*
 * Another machine that runs jobs of a pool: struct prun_host
 *
 *	opts.argv = (const char *[]){ "ssh", "-T", "web1", "prun", "--remote-agent", NULL };
 *	opts.slots = 8;
 *	prun_host_new(pool, &opts, &host);
 *	spec.host = host;
 *	prun_pool_apply_async(pool, &spec, done, arg);
 *
 * A program on this machine is the connection: what it writes and reads goes to an
 * agent, which is prun_agent_run() in a process at its other end.  Jobs that are there
 * are jobs of the pool as others are: they take slots, and their output, retries,
 * timeouts and kills are the pool's.  When the connection ends, for whatever reason, the
 * agent kills them all at once (SIGKILL) and ends.  Both ends tell each other again and
 * again that they are there; who hears nothing for a while takes the connection for lost.
 */

enum prun_host_state {
	PRUN_HOST_CONNECTING = 0, /* jobs for it wait */
	PRUN_HOST_UP,
	PRUN_HOST_DOWN /* for good */
};

/* What has become of a host.  Lent for the call. */
struct prun_host_info {
	enum prun_host_state state; /* UP or DOWN */
	unsigned cpus; /* UP: prun_cpu_count() there */
	const char *
	    why; /* DOWN: in words, such as the last line of the program's stderr */
};

/* Called by the owner's thread in prun_pool_step(); it may call what a prun_done_fn may. */
typedef void prun_host_fn(struct prun_host *host,
    const struct prun_host_info *info, void *arg);

/*
 * The host was lost before it had the job with that result.id, whose arg of
 * _apply_async() is job.  Returns where the job is to run instead, which counts as no
 * try; NULL: it has ended, with PRUN_RESULT_HOST_LOST and PRUN_RESULT_NOT_STARTED.
 */
typedef struct prun_host *prun_host_move_fn(struct prun_host *host,
    const struct prun_result *r, void *job);

struct prun_host_opts {
	size_t size; /* sizeof(struct prun_host_opts) */
	/*
	 * The program; it gets one more word, which prun_agent_run() must be told.  NULL:
	 * there is none, and jobs of this host run on this machine: so a job can move to it
	 * and from it.
	 */
	const char *const *argv;
	unsigned slots; /* jobs that may run there at a time; 0: 1024 */
	/*
	 * Seconds from one sign of life to the next; 0: 5.  After two that are missing the
	 * agent kills its jobs, after three the host is lost here.
	 */
	double heartbeat;
	double connect_timeout; /* seconds; 0: 30 */
	/* Variables of all jobs there, instead of their own; lent as long as the host is there. */
	const char *const *setenv;
	prun_host_fn *fn; /* NULL: nobody wants to know */
	prun_host_move_fn *move; /* NULL: such jobs have ended */
	void *arg; /* of fn */
};

/*
 * Start to connect.  0, -EINVAL, -ENOMEM, or -errno: the program could not be started.  The
 * pool owns the host, and frees it with itself.
 */
int prun_host_new(struct prun_pool *pool, const struct prun_host_opts *opts,
    struct prun_host **hp);

/* End the connection.  Jobs that are there are lost. */
void prun_host_close(struct prun_host *host);

/*
 * Let a job that has a host have its next try on that host.  For a prun_retry_fn, which
 * is asked about the job.  -ESRCH: it is not; -EINVAL: the job has no host.
 */
int prun_pool_move(struct prun_pool *pool, uint64_t id, struct prun_host *host);

struct prun_agent_opts {
	size_t size; /* sizeof(struct prun_agent_opts) */
	int in, out; /* the connection */
	const char *token; /* the word that came with the command line */
	int stop; /* a descriptor; when it is readable it is over; -1: none */
	/* Of all jobs, as in prun_spec; the limits of those that have none of their own. */
	const sigset_t *sigmask;
	const sigset_t *sigdefault;
	const struct prun_rlimit *rlimit;
	size_t nrlimit;
};

/*
 * Be the agent: run the jobs that come from the other end until the connection ends,
 * which kills them.  0; -EPROTO: what came was not of this protocol; or another -errno.
 * The process is a child subreaper meanwhile (see PRUN_POOL_SUBREAPER).
 */
int prun_agent_run(const struct prun_agent_opts *opts);

/*
 * n = prun_cpu_count();
 *
 * The number of CPUs that this process may keep busy: the smallest of its
 * affinity mask, the CPU quota of its cgroup and of every ancestor of that
 * (v1 and v2, rounded up), and the online CPUs.  At least 1; never fails.  Any
 * thread.
 */
int prun_cpu_count(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
