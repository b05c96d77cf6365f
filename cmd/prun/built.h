/* SPDX-License-Identifier: ISC */

/* What this program was made of. */
#ifndef BUILT_H
#define BUILT_H

/* Prints lines for people: the commit, the compiler, the libraries. */
void built_print(void);

#endif
