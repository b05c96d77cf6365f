/* SPDX-License-Identifier: ISC */

/* --remote-agent: prun at the other end of a connection. */
#ifndef AGENT_H
#define AGENT_H

/* Runs the jobs that come on stdin until that ends.  Returns the exit status. */
int agent_main(const char *token);

#endif
