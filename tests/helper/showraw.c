/* SPDX-License-Identifier: ISC */

/*
 * showraw ...: every argument followed by a NUL byte: exactly what argv held,
 * for a program that compares.
 */
#include <stdio.h>
#include <string.h>

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		fwrite(argv[i], 1, strlen(argv[i]) + 1, stdout);
	return ferror(stdout) || fclose(stdout) != 0;
}
