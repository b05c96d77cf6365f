/* SPDX-License-Identifier: ISC */

/*
 * A part of prun.h, which has the rules for all calls: what threads and processes share or
 * send to each other.
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
/* Cancels pending events, and waits until a running function has returned. */
void prun_timer_free(struct prun_timer *t);
/* Call fn(arg) in the timer's thread.  *id (id may be NULL) is for cancelling.  Any thread. */
int prun_timer_start(struct prun_timer *t, double seconds, prun_timer_fn *fn,
    void *arg, uint64_t *id);
/* -ENOENT: fn was called already, or id is unknown.  In any case fn does not run any more.  Any thread. */
int prun_timer_cancel(struct prun_timer *t, uint64_t id);

/* A count that threads share: struct prun_sem (Python: BoundedSemaphore, Lock).  Any thread. */

struct prun_sem;

/* value counts are free.  -EINVAL: value is 0. */
int prun_sem_new(unsigned value, struct prun_sem **sp);
/* To be called when no thread waits for it any more. */
void prun_sem_free(struct prun_sem *s);
/* Take a count.  -ETIMEDOUT: none was acquired. */
int prun_sem_acquire(struct prun_sem *s, double timeout);
/* The same without waiting.  -EAGAIN: no count is free. */
int prun_sem_try(struct prun_sem *s);
/* Give a count back.  -EINVAL: released more often than acquired. */
int prun_sem_release(struct prun_sem *s);

/* A flag that threads or processes wait for: struct prun_event (Python: Event).  Any thread. */

struct prun_event;

/* A new event is clear. */
int prun_event_new(struct prun_event **ep);
/* For several processes: forked ones, and programs that get its descriptor by prun_spec.pass. */
int prun_event_new_shared(struct prun_event **ep);
/* The descriptor belongs to the event from now on.  -EINVAL: it is not that of a shared event. */
int prun_event_from_fd(int fd, struct prun_event **ep);
/* Readable while the event is set; it stays the event's.  -1: the event is not shared. */
int prun_event_fd(const struct prun_event *e);
/* To be called when no thread waits for it any more. */
void prun_event_free(struct prun_event *e);
/* Wakes all threads that wait.  The event stays set until it is cleared. */
void prun_event_set(struct prun_event *e);
void prun_event_clear(struct prun_event *e);
bool prun_event_is_set(struct prun_event *e);
/* Wait until the event is set.  0, even if another thread has cleared it again; -ETIMEDOUT. */
int prun_event_wait(struct prun_event *e, double timeout);

/*
 * A lock in memory that processes share: struct prun_lock (Python: RLock)
 *
 * The caller provides the memory (mmap(2) with MAP_SHARED).  The thread that holds the lock
 * may acquire it again.  All processes that use it must be in one PID namespace.
 */

struct prun_lock {
	uint64_t opaque[8];
};

/* To be called once, before any process uses the lock. */
int prun_lock_init(struct prun_lock *l);
/*
 * timeout in seconds; negative: for ever.  -EOWNERDEAD: the caller holds the lock, and the
 * previous holder has died.  -ETIMEDOUT; -EINVAL: prun_lock_init() was not called.
 */
int prun_lock_acquire(struct prun_lock *l, double timeout);
/* -EAGAIN: another thread or process holds it. */
int prun_lock_try(struct prun_lock *l);
/* -EPERM: the calling thread does not hold it. */
int prun_lock_release(struct prun_lock *l);

/*
 * A count that the processes of a user share by a name: struct prun_named_sem.  Any thread.
 *
 * When a holder ends, in whatever way, its count is given back.  Forked processes share what
 * is held.
 */

struct prun_named_sem;

/*
 * Open a semaphore in the private folder dir, which is made if it is missing.  Up to value
 * counts may be held at a time.  -EINVAL, -ENAMETOOLONG; -EPERM, -EACCES, -ENOTDIR, -ELOOP:
 * the folder, or the file in it, is not safe.
 */
int prun_named_sem_open(const char *dir, const char *name, unsigned value,
    struct prun_named_sem **sp);
/* Counts that it still holds are given back, unless a forked process shares them. */
void prun_named_sem_free(struct prun_named_sem *s);
/* Take a count.  -ETIMEDOUT: none was acquired. */
int prun_named_sem_acquire(struct prun_named_sem *s, double timeout);
/* The same without waiting.  -EAGAIN: no count is free. */
int prun_named_sem_try(struct prun_named_sem *s);
/* Take a count even if none is free: until it is released there is one more than value. */
int prun_named_sem_force(struct prun_named_sem *s);
/* The descriptor that holds the newest count (-1: none): see prun_pool_opts.guard_fd.  It stays the object's. */
int prun_named_sem_fd(struct prun_named_sem *s);
/* Give the newest count back.  -EINVAL: this object holds none. */
int prun_named_sem_release(struct prun_named_sem *s);
/* Wait until no process holds a count or waits for one.  -ETIMEDOUT. */
int prun_named_sem_drain(struct prun_named_sem *s, double timeout);

/*
 * Messages between two processes: struct prun_conn (Python: Pipe(), whose format it is)
 *
 * Messages arrive whole and in order, in both directions.  One thread may send while another
 * receives.
 */

struct prun_conn;

/* Make two connected ends: what is sent at one is received at the other. */
int prun_pipe(struct prun_conn **ap, struct prun_conn **bp);
/* fd, a stream socket, belongs to the connection from now on.  -ENOTSOCK, -EPROTOTYPE: it stays the caller's. */
int prun_conn_from_fd(int fd, struct prun_conn **cp);
/* The other end can still receive what was sent before. */
void prun_conn_free(struct prun_conn *c);
/* Readable when a message, or a part of one, has come.  It stays the connection's. */
int prun_conn_fd(const struct prun_conn *c);
/*
 * -EPIPE: the other end is closed.  -ETIMEDOUT: nothing was sent; or only a part was, and all
 * further calls return -EPIPE.
 */
int prun_conn_send(struct prun_conn *c, const void *data, size_t len,
    double timeout);
/*
 * *data is for free(3), and a NUL follows it.  -EPIPE: the other end is closed, and all was
 * received.  -ETIMEDOUT; -EMSGSIZE: the message has more than most bytes, and can still be
 * received; -EPROTO: the bytes are no message.
 */
int prun_conn_recv(struct prun_conn *c, size_t most, void **data, size_t *len,
    double timeout);

/* Connections to a path, for its owner alone: struct prun_listener (Python: Listener, Client) */

struct prun_listener;

/*
 * -EADDRINUSE: another process listens there, or path is no socket.  A socket that a killed
 * process has left is replaced.
 */
int prun_listener_new(const char *path, struct prun_listener **lp);
/* Removes the name, if it is still that of this listener and this process has made it. */
void prun_listener_free(struct prun_listener *l);
/* Readable when a process connects.  It stays the listener's. */
int prun_listener_fd(const struct prun_listener *l);
/* -ETIMEDOUT: no process has connected. */
int prun_listener_accept(struct prun_listener *l, double timeout,
    struct prun_conn **cp);
/* -ENOENT, -ECONNREFUSED: no process listens there.  -ETIMEDOUT: too many connections wait to be accepted. */
int prun_conn_connect(const char *path, double timeout, struct prun_conn **cp);

/*
 * Messages that many processes share: struct prun_queue (Python: Queue, JoinableQueue).  Any
 * thread.
 *
 * One process gets each message, whole and in order.  A process that is killed holds up no
 * other.
 */

struct prun_queue;

#define PRUN_QUEUE_MOST 65536 /* bytes of a message */

int prun_queue_new(struct prun_queue **qp);
/*
 * Use the ends of another process's queue (-1: not here), which belong to this queue from now
 * on.  -EINVAL, -ENOTSOCK, -EPROTOTYPE.
 */
int prun_queue_from_fd(int put, int get, struct prun_queue **qp);
/*
 * A queue that counts: at most maxsize messages wait to be got (0: as many as the kernel
 * takes), and whoever has got a message calls prun_queue_task_done() for it.  All its users
 * must be in one PID namespace.
 */
int prun_queue_new_joinable(size_t maxsize, struct prun_queue **qp);

/*
 * The descriptors that a child needs (prun_spec.pass), in the order in which
 * prun_queue_from_fds() takes them.  A process that only gets needs the first three, and one
 * that only puts needs the last three; -1 stands for the others.
 */
#define PRUN_QUEUE_GET 0
#define PRUN_QUEUE_STATE 1 /* -1, as the next one: the queue is not joinable */
#define PRUN_QUEUE_CHANGED 2
#define PRUN_QUEUE_PUT 3
#define PRUN_QUEUE_FDS 4
void prun_queue_fds(const struct prun_queue *q, int fds[PRUN_QUEUE_FDS]);
/* As prun_queue_from_fd().  -EINVAL: STATE or CHANGED is not that of a joinable queue. */
int prun_queue_from_fds(const int fds[PRUN_QUEUE_FDS], struct prun_queue **qp);
/* Closes both ends in this process. */
void prun_queue_free(struct prun_queue *q);
/* -1: it has no such end.  Readable (get_fd): there is a message.  They stay the queue's. */
int prun_queue_put_fd(const struct prun_queue *q);
int prun_queue_get_fd(const struct prun_queue *q);
/* Close the putting end here, for all threads. */
void prun_queue_close_put(struct prun_queue *q);
/* Close the getting end here.  When no process has it any more, prun_queue_put() returns -EPIPE. */
void prun_queue_close_get(struct prun_queue *q);
/*
 * -EPIPE: no process can get it; -EINVAL: it is empty; -EMSGSIZE: it is above
 * PRUN_QUEUE_MOST; -ETIMEDOUT: the queue is full.
 */
int prun_queue_put(struct prun_queue *q, const void *data, size_t len,
    double timeout);
/*
 * Returns the message's length.  -EPIPE: there is none, and none can come; -ETIMEDOUT;
 * -EMSGSIZE: it is longer than size, and is lost.
 */
ssize_t prun_queue_get(struct prun_queue *q, void *data, size_t size,
    double timeout);
/*
 * One of the messages that this process has got is done.  -EINVAL: all of them are done
 * already; -ENOTSUP: the queue is not joinable.
 */
int prun_queue_task_done(struct prun_queue *q);
/*
 * Wait until all messages that were put are done or lost.  Returns how many are lost.
 * -ETIMEDOUT, -EBADF, -ENOTSUP.
 */
ssize_t prun_queue_join(struct prun_queue *q, double timeout);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
