/* SPDX-License-Identifier: ISC */

/* What the perl process evaluates when it has read it. */
#ifndef PERL_PERL_PROGRAM_H
#define PERL_PERL_PROGRAM_H

/*
 * A request and an answer are 4 bytes of length, the least first, and so many bytes.
 * These are fields, each written the same way.  Those of a request are:
 *
 *	"O" NAME VALUE			an option that was given
 *	"S" N				so many slots there are
 *	"D" ID NAME CODE N PARAMETER...	an expression
 *	"J" SEQ SLOT TOTAL N VALUE...	the job that the next fields are about
 *	"E" ID AT			evaluate it for value number AT, from 0
 *	"F" CODE			is it true?
 *
 * An answer has a field for each "E" and "F" of the request: two bytes and a text.  "v"
 * and 0, plus 1 after uq(), plus 2 after skip(), and the value ("F": "1" or empty); or
 * "e0" and what perl says against it.
 */
extern const char perl_program[];

#endif
