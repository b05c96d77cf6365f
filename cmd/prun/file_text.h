/* SPDX-License-Identifier: ISC */

/*
 * Puts the text of a file of cmd/prun/functions into the program.
 */
#ifndef FILE_TEXT_H
#define FILE_TEXT_H

/* Defines functions_NAME: the assembler reads its text from the file. */
#define FILE_TEXT(name) \
	extern const char functions_##name[]; \
	__asm__(".pushsection .rodata\n" \
		"functions_" #name ":\n" \
		".incbin \"cmd/prun/functions/" #name "\"\n" \
		".byte 0\n" \
		".popsection\n")

#endif
