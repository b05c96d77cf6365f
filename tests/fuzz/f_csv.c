/* SPDX-License-Identifier: ISC */

/* Sources as CSV, with quoted fields that hold newlines. */
#include "sources.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_sources(data, len, true);
	return 0;
}
