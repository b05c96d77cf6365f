/* SPDX-License-Identifier: ISC */

/* Sources as lines and columns. */
#include "sources.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_sources(data, len, false);
	return 0;
}
