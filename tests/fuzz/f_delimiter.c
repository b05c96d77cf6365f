/* SPDX-License-Identifier: ISC */

/* The escapes of -d. */
#include <errno.h>

#include "fuzz.h"
#include "options/value.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz f = { data, len };
	struct bytes out = { 0 };
	struct message m = { 0 };
	char *word = fuzz_word(&f);
	int r = delimiter_parse("-d", word, &out, &m);

	PROMISE(r == 0 || r == -EINVAL);
	PROMISE((r < 0) == (m.text[0] != '\0'));
	PROMISE(out.len <= strlen(word));
	bytes_fini(&out);
	free(word);
	return 0;
}
