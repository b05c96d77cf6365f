/* SPDX-License-Identifier: ISC */

/* The same sources as CSV, with quoted fields that hold newlines. */
#define FUZZ_CSV 1
#include "f_input.c"
