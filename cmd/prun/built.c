/* SPDX-License-Identifier: ISC */

/*
 * Owns what --version prints after the version.  When the commit has changed, the Makefile
 * compiles this file again, and no other one.
 */
#include <csv.h>
#include <gnu/libc-version.h>
#include <jansson.h>
#include <pcre2.h>
#include <stdio.h>
#include <zstd.h>

#include "programs.h"

#ifndef BUILT_COMMIT
#define BUILT_COMMIT "unknown"
#endif

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

void
built_print(void)
{
	char pcre2[64] = "?";

	(void)pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
	(void)printf(
	    "commit: %s\n"
	    "compiler: %s\n"
	    "libraries: pcre2 %s, jansson %s, zstd %s, libcsv %d.%d, glibc %s\n",
	    BUILT_COMMIT, COMPILER, pcre2, jansson_version_str(),
	    ZSTD_versionString(), CSV_MAJOR, CSV_MINOR, gnu_get_libc_version());
}
