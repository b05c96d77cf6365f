/* SPDX-License-Identifier: ISC */

/*
 * flood BYTES [DESCRIPTOR]: write that many bytes (0: for ever) of lines
 * "abc...xyz" to the descriptor (1), as fast as it takes them.
 */
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	static char block[27 * 2400];
	unsigned long long left, at = 0;
	int fd = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1, endless;

	if (argc < 2)
		errx(2, "usage: flood BYTES [DESCRIPTOR]");
	left = strtoull(argv[1], NULL, 10);
	endless = left == 0;
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = i % 27 == 26 ? '\n' : (char)('a' + i % 27);
	while (endless || left > 0) {
		size_t want = sizeof(block) - at;
		ssize_t n;

		if (!endless && want > left)
			want = (size_t)left;
		if ((n = write(fd, block + at, want)) == -1)
			err(1, "write");
		at = (at + (size_t)n) % sizeof(block);
		left -= endless ? 0 : (unsigned long long)n;
	}
	return 0;
}
