/* SPDX-License-Identifier: ISC */

/*
 * Templates: words with replacement strings and expressions, rules of --rpl,
 * and values of any bytes that are put into them, quoted.
 */
#include "fuzz.h"
#include "template/command.h"

#define WORDS 3
#define VALUES 4

static void
expand(struct command *c, const struct text *values, size_t n)
{
	size_t ends[VALUES];
	struct command_job job = {
		.values = values,
		.nvalues = n,
		.ends = ends,
		.ntuples = n,
		.seq = 7,
		.total = 9,
		.slot = 2,
	};
	struct command_line line;
	struct message m = { 0 };
	int r;

	for (size_t i = 0; i < n; i++)
		ends[i] = i + 1;
	for (int want_line = 0; want_line < 2; want_line++) {
		r = command_expand(c, &job, want_line, &line, &m);
		PROMISE((r < 0) == (m.text[0] != '\0'));
		if (r < 0 || line.skip)
			return;
		PROMISE(!want_line || line.line[line.line_len] == '\0');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const shells[] = { "/bin/sh", "/bin/bash",
		"/bin/zsh", "/usr/bin/fish", "/bin/csh", "/bin/ksh" };
	struct fuzz f = { data, len };
	unsigned flags = fuzz_byte(&f), shape = fuzz_byte(&f);
	char *words[WORDS], *rule = fuzz_word(&f), *values[VALUES];
	struct text texts[VALUES];
	const char *rules[] = { rule };
	struct command_options options = {
		.words = (const char *const *)words,
		.nwords = shape % (WORDS + 1),
		.quote = flags & 1,
		.shell_quote = flags & 2 ? 1 : 0,
		.shell = shells[flags / 32 % 6],
		.plus = flags & 4,
		.rpl = rules,
		.nrpl = flags & 8 ? 1 : 0,
		.context = flags & 16,
		.slots = 4,
	};
	struct message m = { 0 };
	struct command *c;
	int r;

	for (size_t i = 0; i < WORDS; i++)
		words[i] = fuzz_word(&f);
	for (size_t i = 0; i < VALUES; i++) {
		values[i] = fuzz_word(&f);
		texts[i] = (struct text){ values[i], strlen(values[i]) };
	}
	r = command_new(&options, NULL, 0, &m, &c);
	PROMISE((r < 0) == (m.text[0] != '\0'));
	if (r == 0) {
		expand(c, texts, shape / 8 % (VALUES + 1));
		command_free(c);
	}
	for (size_t i = 0; i < WORDS; i++)
		free(words[i]);
	for (size_t i = 0; i < VALUES; i++)
		free(values[i]);
	free(rule);
	return 0;
}
