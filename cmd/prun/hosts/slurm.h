/* SPDX-License-Identifier: ISC */

/* The nodes of the Slurm allocation in which prun was called, as variables tell them. */
#ifndef HOSTS_SLURM_H
#define HOSTS_SLURM_H

#include "text/text.h"

/* How a node is reached: an argument of --via. */
#define SLURM_VIA "srun --overlap --unbuffered -N1 -n1 -w {host}"

/* So many jobs may run on the node at a time.  0, or -errno with a message. */
typedef int slurm_node_fn(void *arg, struct text node, unsigned slots,
    struct message *m);

/* Calls fn for each node.  0, what fn has returned, or -errno with a message. */
int slurm_each_node(slurm_node_fn *fn, void *arg, struct message *m);

/*
 * The next number of a list such as "4(x2),3", which stands for 4,4,3: *times is how often
 * the last one counts yet, 0 at the beginning.  0, or -EINVAL.
 */
int slurm_next_count(const char **list, unsigned *count, unsigned *times);

#endif
