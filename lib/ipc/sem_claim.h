/* SPDX-License-Identifier: ISC */

/*
 * A named semaphore, and one count of it that this process wants, waits for, or holds.
 *
 * A semaphore is an empty file, to which nothing is ever written.  A process that
 * holds a count has locked one of the first bytes.  A process that waits has locked
 * a byte far behind these, its ticket; the process with the lowest ticket is first
 * in the queue.  The last process that leaves locks all bytes and removes the file.
 */
#ifndef IPC_SEM_CLAIM_H
#define IPC_SEM_CLAIM_H

#include <sys/types.h>

#include <pthread.h>
#include <stddef.h>

/*
 * The private folder of the files that the processes of one user share, and the
 * names of these files.
 */

/*
 * Open the folder.  If it is missing, it is made with mode 0700 in a parent that
 * exists.  Returns a descriptor; -EPERM: the folder is another user's; -EACCES:
 * other users may enter it; -ENOTDIR: it is no folder, or a symbolic link; or
 * another -errno.
 */
int private_dir_open(const char *path);

/*
 * Make a file name of any name: prefix and the name, in which every byte except
 * letters, digits, '_', '.' and '-' becomes %XX.  The caller frees it.  0;
 * -ENAMETOOLONG: the result is longer than a file name can be; or -ENOMEM.
 */
int private_dir_file_name(const char *prefix, const char *name, char **file);

/* At most so many counts can be held at a time. */
#define SEM_CLAIM_MAX (1u << 20)

struct sem_claim {
	int dir; /* lent */
	const char *file; /* lent */
	int fd; /* of the file; -1: closed */
	off_t ticket; /* 0: none */
};

/* The functions are in prun_ipc.h. */
struct prun_named_sem {
	char *file;
	int dir;
	unsigned value; /* how many counts all processes together may hold */
	pthread_mutex_t lock; /* protects held, nheld and size */
	struct sem_claim *held; /* the counts that this object holds */
	size_t nheld, size;
};

/*
 * Open the file.  flags: O_CREAT or 0; with 0, -ENOENT if nobody uses the semaphore.
 * 0; or -errno: do not call sem_claim_leave().
 */
int sem_claim_open(struct sem_claim *claim, int dir, const char *file,
    int flags);

/* Give back the count and the ticket, and remove the file if nobody uses it. */
void sem_claim_leave(struct sem_claim *claim);

/* Close the descriptor only.  If a forked process shares it, that process keeps the count. */
void sem_claim_close(struct sem_claim *claim);

/*
 * The functions below return 0; -EAGAIN: not possible now; -EBUSY: try again very
 * soon; -ESTALE: the file has been removed, open it again; or another -errno.
 */

/* Take a count, if fewer than value are held. */
int sem_claim_take(struct sem_claim *claim, unsigned value);

/* Check that no other process holds a count or waits: 0 if so. */
int sem_claim_idle(struct sem_claim *claim);

/* Take a ticket.  sem_claim_unqueue() and sem_claim_leave() give it back. */
int sem_claim_queue(struct sem_claim *claim);
void sem_claim_unqueue(struct sem_claim *claim);

/*
 * How many other processes have a lower ticket than ours (or any ticket, if we have
 * none).  At most limit are counted.
 */
int sem_claim_rank(struct sem_claim *claim, unsigned limit);

#endif
