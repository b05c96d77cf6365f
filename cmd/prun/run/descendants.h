/* SPDX-License-Identifier: ISC */

/* Whether the processes that jobs start can be seen and killed. */
#ifndef DESCENDANTS_H
#define DESCENDANTS_H

/* What stands in the way, to be printed, or NULL. */
const char *descendants_obstacle(void);

#endif
