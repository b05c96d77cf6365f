/* SPDX-License-Identifier: ISC */

/* noread [STATUS]: close stdin without a look at it, and exit. */
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	close(0);
	return argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0;
}
