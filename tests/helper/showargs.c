/* SPDX-License-Identifier: ISC */

/*
 * showargs ...: tell every argument apart, byte by byte: a line "LENGTH:BYTES"
 * each, where all that is not printable ASCII, and the backslash, is \xHH.
 */
#include <stdio.h>
#include <string.h>

static void
show(const char *arg)
{
	printf("%zu:", strlen(arg));
	for (const unsigned char *p = (const unsigned char *)arg; *p; p++) {
		if (*p < ' ' || *p > '~' || *p == '\\')
			printf("\\x%02x", *p);
		else
			putchar(*p);
	}
	putchar('\n');
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		show(argv[i]);
	return ferror(stdout) || fclose(stdout) != 0;
}
