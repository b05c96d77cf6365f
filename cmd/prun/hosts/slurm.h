/* SPDX-License-Identifier: ISC */

/*
 * The nodes of the Slurm allocation in which prun was called, as Slurm's variables tell
 * them.
 */
#ifndef HOSTS_SLURM_H
#define HOSTS_SLURM_H

#include "text/text.h"

/* The value of --via by which a node is reached. */
#define SLURM_VIA "srun --overlap --unbuffered -N1 -n1 -w {host}"

/* Gets a node, and how many jobs may run on it at a time.  0, or -errno with a message. */
typedef int slurm_node_fn(void *arg, struct text node, unsigned slots,
    struct message *m);

/*
 * Calls fn for each node, until fn returns another value than 0.  0, that value, or
 * -errno with a message.
 */
int slurm_each_node(slurm_node_fn *fn, void *arg, struct message *m);

#endif
