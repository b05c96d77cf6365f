/* SPDX-License-Identifier: ISC */

/* Tells whether prun can see and kill the processes that jobs start. */
#ifndef LOOP_DESCENDANTS_H
#define LOOP_DESCENDANTS_H

/* Returns why prun cannot, as a text for the user; NULL if it can. */
const char *descendants_obstacle(void);

#endif
