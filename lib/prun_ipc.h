/* SPDX-License-Identifier: ISC */

/*
 * A part of prun.h, which has the rules for all calls: what threads and processes share or
 * send one another.
 */
#ifndef PRUN_IPC_H
#define PRUN_IPC_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* A thread that calls functions at given times: struct prun_timer (Python: threading.Timer) */

struct prun_timer;

typedef void prun_timer_fn(void *arg);
int prun_timer_new(struct prun_timer **tp);
/* Cancels what is pending and waits for a function that runs. */
void prun_timer_free(struct prun_timer *t);
/* Fn(arg) is called in the timer's thread.  *id (id may be NULL) is for cancelling.  Any thread. */
int prun_timer_start(struct prun_timer *t, double seconds, prun_timer_fn *fn,
    void *arg, uint64_t *id);
/* -ENOENT: it was called already, or is unknown.  In any case it runs no more.  Any thread. */
int prun_timer_cancel(struct prun_timer *t, uint64_t id);

/* A count that threads share: struct prun_sem (Python: BoundedSemaphore, Lock).  Any thread. */

struct prun_sem;

/* -EINVAL: value is 0. */
int prun_sem_new(unsigned value, struct prun_sem **sp);
/* No thread may wait for it any more. */
void prun_sem_free(struct prun_sem *s);
/* -ETIMEDOUT: nothing was acquired. */
int prun_sem_acquire(struct prun_sem *s, double timeout);
/* -EAGAIN: nothing is left. */
int prun_sem_try(struct prun_sem *s);
/* -EINVAL: released more often than acquired. */
int prun_sem_release(struct prun_sem *s);

/* A flag that threads or processes wait for: struct prun_event (Python: Event).  Any thread. */

struct prun_event;

/* Clear at first. */
int prun_event_new(struct prun_event **ep);
/* Forked processes share it, and programs that get its descriptor by prun_spec.pass. */
int prun_event_new_shared(struct prun_event **ep);
/* The descriptor is the event's from now on.  -EINVAL: it is none of a shared event. */
int prun_event_from_fd(int fd, struct prun_event **ep);
/* Readable while the event is set.  It stays the event's.  -1: the event is not shared. */
int prun_event_fd(const struct prun_event *e);
/* No thread may wait for it any more. */
void prun_event_free(struct prun_event *e);
/* Wakes all threads that wait.  It stays set until it is cleared. */
void prun_event_set(struct prun_event *e);
void prun_event_clear(struct prun_event *e);
bool prun_event_is_set(struct prun_event *e);
/* Wait until it is set.  0, even if another thread has cleared it again; -ETIMEDOUT. */
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
 * A count that the processes of a user share by a name: struct prun_named_sem.  Any thread.
 *
 * A holder that ends, in whatever way, gives it back.  Forked processes share what is held.
 */

struct prun_named_sem;

/*
 * In the private folder dir, which is made if it is missing; up to value may be held at a
 * time.  -EINVAL, -ENAMETOOLONG; -EPERM, -EACCES, -ENOTDIR, -ELOOP: the folder, or the file in
 * it, is not safe.
 */
int prun_named_sem_open(const char *dir, const char *name, unsigned value,
    struct prun_named_sem **sp);
/* What it still holds is given back, unless a forked process shares it. */
void prun_named_sem_free(struct prun_named_sem *s);
/* -ETIMEDOUT: nothing was acquired. */
int prun_named_sem_acquire(struct prun_named_sem *s, double timeout);
/* -EAGAIN: nothing is left. */
int prun_named_sem_try(struct prun_named_sem *s);
/* Even if nothing is left: until it is released there is one more. */
int prun_named_sem_force(struct prun_named_sem *s);
/* Holds the count acquired last (-1: none): see prun_pool_opts.guard_fd.  It stays the object's. */
int prun_named_sem_fd(struct prun_named_sem *s);
/* -EINVAL: this object holds none. */
int prun_named_sem_release(struct prun_named_sem *s);
/* Wait until no process holds or awaits one.  -ETIMEDOUT. */
int prun_named_sem_drain(struct prun_named_sem *s, double timeout);

/*
 * Messages between two processes: struct prun_conn (Python: Pipe(), whose format it is)
 *
 * They arrive whole and in order, in both directions.  One thread may send while another
 * receives.
 */

struct prun_conn;

/* Two ends; what is sent at one is received at the other. */
int prun_pipe(struct prun_conn **ap, struct prun_conn **bp);
/* A stream socket, the connection's from now on.  -ENOTSOCK, -EPROTOTYPE: it stays the caller's. */
int prun_conn_from_fd(int fd, struct prun_conn **cp);
/* The other end can still receive what was sent. */
void prun_conn_free(struct prun_conn *c);
/* Readable: a message has come, or a part of one.  It stays the connection's. */
int prun_conn_fd(const struct prun_conn *c);
/*
 * -EPIPE: the other end is closed.  -ETIMEDOUT: nothing was sent; or a part, then -EPIPE for
 * ever.
 */
int prun_conn_send(struct prun_conn *c, const void *data, size_t len,
    double timeout);
/*
 * *data is for free(3), and has a NUL behind it.  -EPIPE: closed, and all was received.
 * -ETIMEDOUT; -EMSGSIZE: it has more than most bytes, and can still be received; -EPROTO: it
 * is no message.
 */
int prun_conn_recv(struct prun_conn *c, size_t most, void **data, size_t *len,
    double timeout);

/* Connections to a path, for its owner alone: struct prun_listener (Python: Listener, Client) */

struct prun_listener;

/* -EADDRINUSE: somebody listens, or it is no socket; what a killed process left is replaced. */
int prun_listener_new(const char *path, struct prun_listener **lp);
/* Removes the name, if it is still its own and this process has made it. */
void prun_listener_free(struct prun_listener *l);
/* Readable when somebody connects.  It stays the listener's. */
int prun_listener_fd(const struct prun_listener *l);
/* -ETIMEDOUT: nobody came. */
int prun_listener_accept(struct prun_listener *l, double timeout,
    struct prun_conn **cp);
/* -ENOENT, -ECONNREFUSED: nobody listens there.  -ETIMEDOUT: too many wait to be accepted. */
int prun_conn_connect(const char *path, double timeout, struct prun_conn **cp);

/*
 * Messages that many share: struct prun_queue (Python: Queue, JoinableQueue).  Any thread.
 *
 * Each is got by one, whole and in order; who is killed holds up nobody.
 */

struct prun_queue;

#define PRUN_QUEUE_MOST 65536 /* bytes of a message */

int prun_queue_new(struct prun_queue **qp);
/* The ends of another's queue (-1: not here), this one's now.  -EINVAL, -ENOTSOCK, -EPROTOTYPE. */
int prun_queue_from_fd(int put, int get, struct prun_queue **qp);
/*
 * One that counts: at most maxsize messages wait to be got (0: as many as the kernel takes),
 * and who has got one says prun_queue_task_done().  All users are in one PID namespace.
 */
int prun_queue_new_joinable(size_t maxsize, struct prun_queue **qp);

/*
 * The descriptors that a child needs (prun_spec.pass), in the order in which _from_fds()
 * takes them.  A process that only gets needs the first three, one that only puts the last
 * three; -1 stands for the others.
 */
#define PRUN_QUEUE_GET 0
#define PRUN_QUEUE_STATE 1 /* -1, as the next: the queue is not joinable */
#define PRUN_QUEUE_CHANGED 2
#define PRUN_QUEUE_PUT 3
#define PRUN_QUEUE_FDS 4
void prun_queue_fds(const struct prun_queue *q, int fds[PRUN_QUEUE_FDS]);
/* As _from_fd().  -EINVAL: STATE or CHANGED are not those of a joinable queue. */
int prun_queue_from_fds(const int fds[PRUN_QUEUE_FDS], struct prun_queue **qp);
/* Closes both ends here. */
void prun_queue_free(struct prun_queue *q);
/* -1: it has none.  Readable: there is a message.  They stay the queue's. */
int prun_queue_put_fd(const struct prun_queue *q);
int prun_queue_get_fd(const struct prun_queue *q);
/* Nothing more is put from here, by no thread. */
void prun_queue_close_put(struct prun_queue *q);
/* Nothing more is got from here: who puts in vain is told when nobody else gets. */
void prun_queue_close_get(struct prun_queue *q);
/* -EPIPE: nobody can get it; -EINVAL: empty; -EMSGSIZE: above PRUN_QUEUE_MOST; -ETIMEDOUT: full. */
int prun_queue_put(struct prun_queue *q, const void *data, size_t len,
    double timeout);
/*
 * Returns its length.  -EPIPE: there is none, nor will be; -ETIMEDOUT; -EMSGSIZE: longer, and
 * lost.
 */
ssize_t prun_queue_get(struct prun_queue *q, void *data, size_t size,
    double timeout);
/*
 * One of the messages that this process has got is done.  -EINVAL: none is left;
 * -ENOTSUP: the queue is not joinable.
 */
int prun_queue_task_done(struct prun_queue *q);
/*
 * Wait until all that was put is done or lost; returns how many are lost.  -ETIMEDOUT, -EBADF,
 * -ENOTSUP.
 */
ssize_t prun_queue_join(struct prun_queue *q, double timeout);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
