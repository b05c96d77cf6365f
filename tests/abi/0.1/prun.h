/* SPDX-License-Identifier: ISC */

/*
 * prun.h of version 0.1 without its comments, as programs have been compiled with it.
 * tests/cli/abi.bats builds programs on it and runs them with the library of today, so
 * it never changes.
 */
#ifndef PRUN_H
#define PRUN_H
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/select.h>

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
const char *prun_version(void);

enum prun_stdio_kind {
	PRUN_STDIO_INHERIT = 0,
	PRUN_STDIO_NULL,
	PRUN_STDIO_PIPE,
	PRUN_STDIO_FD,
	PRUN_STDIO_STDOUT
};

struct prun_stdio {
	enum prun_stdio_kind kind;
	int fd;
};

struct prun_rlimit {
	int resource;
	struct rlimit limit;
};

#define PRUN_SPEC_NEW_GROUP 0x1u
#define PRUN_SPEC_DIE_WITH_PARENT 0x2u
#define PRUN_SPEC_KEEP_GROUP 0x4u
#define PRUN_SPEC_KEEP_IGNORED 0x8u
#define PRUN_SPEC_NEW_SESSION 0x10u
#define PRUN_SPEC_SET_UMASK 0x20u
#define PRUN_SPEC_CLOSE_FDS 0x40u
#define PRUN_SPEC_INPUT_LENT 0x80u
struct prun_result;
struct prun_sudo;
typedef double prun_retry_fn(const struct prun_result *r, void *arg);

struct prun_input {
	const void *data;
	size_t len;
	int fd;
	off_t offset;
	uint64_t length;
};

typedef int prun_input_fn(struct prun_input *piece, void *arg);

struct prun_spec {
	size_t size;
	const char *const *argv;
	const char *command;
	const char *shell;
	const char *file;
	const char *cwd;
	const char *const *env;
	const char *const *setenv;
	struct prun_stdio in, out, err;
	const sigset_t *sigmask;
	const sigset_t *sigdefault;
	const struct prun_rlimit *rlimit;
	size_t nrlimit;
	int nice;
	mode_t umask;
	const int *pass;
	size_t npass;
	unsigned flags;
	const struct prun_sudo *sudo;
	double timeout;
	const char *tag;
	const char *tag_end;
	const char *failed_tag, *failed_tag_end;
	const char *heading;
	size_t heading_len;
	unsigned weight;
	double delay;
	prun_retry_fn *retry;
	struct prun_input input;
	prun_input_fn *input_fn;
	void *input_arg;
	size_t input_pipe;
};

#define PRUN_RESULT_TIMED_OUT 0x1u
#define PRUN_RESULT_TERMINATED 0x2u
#define PRUN_RESULT_LEAKY 0x4u
#define PRUN_RESULT_NOT_STARTED 0x8u
#define PRUN_RESULT_OUTPUT_LOST 0x10u
#define PRUN_RESULT_LEFT_BEHIND 0x20u
#define PRUN_RESULT_SUDO_REFUSED 0x100u
#define PRUN_RESULT_NOT_KILLED 0x200u
#define PRUN_RESULT_STATUS_UNKNOWN 0x400u
#define PRUN_RESULT_INPUT_LOST 0x800u
#define PRUN_RESULT_NOT_HELD 0x1000u

enum prun_step {
	PRUN_STEP_NONE = 0,
	PRUN_STEP_PIPE,
	PRUN_STEP_FORK,
	PRUN_STEP_SETUP,
	PRUN_STEP_CHDIR,
	PRUN_STEP_EXEC
};

struct prun_result {
	size_t size;
	uint64_t id;
	unsigned slot;
	unsigned tries;
	pid_t pid;
	int status;
	int signal;
	unsigned flags;
	enum prun_step step;
	int error;
	double started;
	double elapsed;
	struct rusage usage;
	uint64_t in_bytes;
	uint64_t out_bytes, err_bytes;
	const char *tail;
	size_t tail_len;
};

const char *prun_step_name(enum prun_step step);
#define PRUN_TERMSEQ "TERM,200,TERM,100,TERM,50,KILL,25"
int prun_termseq_check(const char *termseq);
struct prun_process;
int prun_process_start(const struct prun_spec *spec, struct prun_process **pp);
int prun_process_start_step(const struct prun_spec *spec, enum prun_step *step,
    struct prun_process **pp);
typedef int prun_process_fn(void *arg);
int prun_process_start_fn(const struct prun_spec *spec, const char *name,
    prun_process_fn *fn, void *arg, struct prun_process **pp);
void prun_process_free(struct prun_process *p);
pid_t prun_process_pid(const struct prun_process *p);
int prun_process_fd(const struct prun_process *p);
int prun_process_stdin(const struct prun_process *p);
int prun_process_stdout(const struct prun_process *p);
int prun_process_stderr(const struct prun_process *p);
void prun_process_close_stdin(struct prun_process *p);
int prun_process_poll(struct prun_process *p, struct prun_result *r);
int prun_process_wait(struct prun_process *p, double timeout,
    struct prun_result *r);

struct prun_output {
	size_t size;
	char *out;
	size_t out_len;
	char *err;
	size_t err_len;
	struct prun_result result;
};

int prun_process_communicate(struct prun_process *p, const void *input,
    size_t len, double timeout, struct prun_output *output);
void prun_output_free(struct prun_output *output);
int prun_process_signal(struct prun_process *p, int sig);
int prun_process_terminate(struct prun_process *p);
int prun_process_kill(struct prun_process *p);
int prun_call(const struct prun_spec *spec, struct prun_result *r);
int prun_check_call(const struct prun_spec *spec, struct prun_result *r);
int prun_check_output(const struct prun_spec *spec, char **out, size_t *len,
    struct prun_result *r);
struct prun_pool;

enum prun_output_mode {
	PRUN_OUTPUT_GROUP = 0,
	PRUN_OUTPUT_LINE,
	PRUN_OUTPUT_RAW,
	PRUN_OUTPUT_NONE
};

typedef int prun_deliver_fn(const struct prun_result *r, void *job, int stream,
    const char *data, size_t len, void *arg);
typedef void prun_writing_fn(bool begin, bool midline, void *arg);
typedef void prun_delivered_fn(const struct prun_result *r, void *job,
    void *arg);
#define PRUN_POOL_KEEP_ORDER 0x1u
#define PRUN_POOL_SUBREAPER 0x2u
#define PRUN_POOL_GUARD 0x4u
#define PRUN_POOL_HOLD 0x8u
#define PRUN_POOL_COMPRESS 0x10u
#define PRUN_POOL_ERRORS_ONLY 0x20u
#define PRUN_POOL_DELIVER_COPY 0x80u

enum prun_leak {
	PRUN_LEAK_IGNORE = 0,
	PRUN_LEAK_REPORT,
	PRUN_LEAK_KILL
};

struct prun_pool_opts {
	size_t size;
	unsigned slots;
	unsigned slots_max;
	unsigned flags;
	enum prun_output_mode output;
	int out_fd;
	int err_fd;
	prun_deliver_fn *deliver;
	void *deliver_arg;
	prun_delivered_fn *delivered;
	void *delivered_arg;
	prun_writing_fn *writing;
	void *writing_arg;
	size_t tail;
	double timeout;
	const char *termseq;
	int guard_fd;
	double leak_timeout;
	enum prun_leak leak;
	double delay;
	int spawners;
	size_t job_memory;
	size_t memory;
	const char *tmpdir;
	size_t group_limit;
};

typedef void prun_done_fn(const struct prun_result *r, void *arg);
int prun_pool_new(const struct prun_pool_opts *opts, struct prun_pool **pp);
int prun_pool_free(struct prun_pool *pool);
int prun_pool_apply_async(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg);
int prun_pool_submit(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg, uint64_t *id);
int prun_pool_apply(struct prun_pool *pool, const struct prun_spec *spec,
    struct prun_result *r);
int prun_pool_map(struct prun_pool *pool, const struct prun_spec *specs,
    size_t n, struct prun_result *results);
typedef int prun_spec_fn(struct prun_spec *spec, void *arg);
int prun_pool_map_from(struct prun_pool *pool, prun_spec_fn *next,
    prun_done_fn *done, void *arg);
unsigned prun_pool_slot(const struct prun_pool *pool);
unsigned prun_pool_room(const struct prun_pool *pool);
unsigned prun_pool_running(const struct prun_pool *pool);
uint64_t prun_pool_pending(const struct prun_pool *pool);
bool prun_pool_stalled(const struct prun_pool *pool);
int prun_pool_fd(const struct prun_pool *pool);
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
int prun_pool_step(struct prun_pool *pool, double timeout);
void prun_pool_close(struct prun_pool *pool);
int prun_pool_join(struct prun_pool *pool);
int prun_pool_feed(struct prun_pool *pool, uint64_t id);
uint64_t prun_pool_cancel_queued(struct prun_pool *pool);
int prun_pool_cancel(struct prun_pool *pool, uint64_t id);
typedef void prun_each_fn(uint64_t id, pid_t pid, void *arg);
int prun_pool_each(struct prun_pool *pool, prun_each_fn *fn, void *arg);
int prun_pool_resize(struct prun_pool *pool, unsigned slots);
int prun_pool_set_timeout(struct prun_pool *pool, double seconds);
int prun_pool_set_delay(struct prun_pool *pool, double seconds);
void prun_pool_pause(struct prun_pool *pool, bool hold);
int prun_pool_suspend(struct prun_pool *pool, uint64_t id);
int prun_pool_resume(struct prun_pool *pool, uint64_t id);
int prun_pool_kill(struct prun_pool *pool, uint64_t id);
void prun_pool_terminate(struct prun_pool *pool);
struct prun_timer;
int prun_timer_new(struct prun_timer **tp);
void prun_timer_free(struct prun_timer *t);
int prun_timer_start(struct prun_timer *t, double seconds, prun_timer_fn *fn,
    void *arg, uint64_t *id);
int prun_timer_cancel(struct prun_timer *t, uint64_t id);
struct prun_sem;
int prun_sem_new(unsigned value, struct prun_sem **sp);
void prun_sem_free(struct prun_sem *s);
int prun_sem_acquire(struct prun_sem *s, double timeout);
int prun_sem_try(struct prun_sem *s);
int prun_sem_release(struct prun_sem *s);
struct prun_event;
int prun_event_new(struct prun_event **ep);
int prun_event_new_shared(struct prun_event **ep);
int prun_event_from_fd(int fd, struct prun_event **ep);
int prun_event_fd(const struct prun_event *e);
void prun_event_free(struct prun_event *e);
void prun_event_set(struct prun_event *e);
void prun_event_clear(struct prun_event *e);
bool prun_event_is_set(struct prun_event *e);
int prun_event_wait(struct prun_event *e, double timeout);

struct prun_lock {
	uint64_t opaque[8];
};

int prun_lock_init(struct prun_lock *l);
int prun_lock_acquire(struct prun_lock *l, double timeout);
int prun_lock_try(struct prun_lock *l);
int prun_lock_release(struct prun_lock *l);
struct prun_named_sem;
int prun_named_sem_open(const char *dir, const char *name, unsigned value,
    struct prun_named_sem **sp);
void prun_named_sem_free(struct prun_named_sem *s);
int prun_named_sem_acquire(struct prun_named_sem *s, double timeout);
int prun_named_sem_try(struct prun_named_sem *s);
int prun_named_sem_force(struct prun_named_sem *s);
int prun_named_sem_fd(struct prun_named_sem *s);
int prun_named_sem_release(struct prun_named_sem *s);
int prun_named_sem_drain(struct prun_named_sem *s, double timeout);
struct prun_conn;
int prun_pipe(struct prun_conn **ap, struct prun_conn **bp);
int prun_conn_from_fd(int fd, struct prun_conn **cp);
void prun_conn_free(struct prun_conn *c);
int prun_conn_fd(const struct prun_conn *c);
int prun_conn_send(struct prun_conn *c, const void *data, size_t len,
    double timeout);
int prun_conn_recv(struct prun_conn *c, size_t most, void **data, size_t *len,
    double timeout);
struct prun_listener;
int prun_listener_new(const char *path, struct prun_listener **lp);
void prun_listener_free(struct prun_listener *l);
int prun_listener_fd(const struct prun_listener *l);
int prun_listener_accept(struct prun_listener *l, double timeout,
    struct prun_conn **cp);
int prun_conn_connect(const char *path, double timeout, struct prun_conn **cp);
struct prun_queue;
#define PRUN_QUEUE_MOST 65536
int prun_queue_new(struct prun_queue **qp);
int prun_queue_from_fd(int put, int get, struct prun_queue **qp);
void prun_queue_free(struct prun_queue *q);
int prun_queue_put_fd(const struct prun_queue *q);
int prun_queue_get_fd(const struct prun_queue *q);
void prun_queue_close_put(struct prun_queue *q);
int prun_queue_put(struct prun_queue *q, const void *data, size_t len,
    double timeout);
ssize_t prun_queue_get(struct prun_queue *q, void *data, size_t size,
    double timeout);
struct prun_secret;
int prun_secret_new(size_t size, struct prun_secret **sp);
char *prun_secret_text(struct prun_secret *s);
void prun_secret_free(struct prun_secret *s);

struct prun_sudo {
	size_t size;
	const char *user;
	bool quiet;
	const struct prun_secret *secret;
	const char *const *preserve;
};

typedef int prun_sudo_ask_fn(unsigned time, void *arg);

struct prun_sudo_answer {
	size_t size;
	bool asked;
	bool refused;
	bool puzzled;
	int status;
};

int prun_sudo_check(const struct prun_sudo *sudo, int err,
    prun_sudo_ask_fn *ask, void *arg, struct prun_sudo_answer *answer);
int prun_cpu_count(void);
#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
