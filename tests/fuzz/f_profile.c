/* SPDX-License-Identifier: ISC */

/* The words of config files, profiles and option variables. */
#include "fuzz.h"
#include "options/profile.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct text text = { (const char *)data, len };
	struct profile p = { 0 };
	struct message m = { 0 };
	size_t total = 0;
	int r = profile_split(&p, "fuzz", text, &m);

	PROMISE((r < 0) == (m.text[0] != '\0'));
	for (size_t i = 0; i < p.nwords; i++)
		total += strlen(p.words[i]);
	PROMISE(total <= len);
	profile_fini(&p);
	return 0;
}
