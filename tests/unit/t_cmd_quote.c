/* SPDX-License-Identifier: ISC */

/*
 * Quoting: what it looks like, and that every shell gives every byte back.  The
 * tests run real shells; a shell that is not installed is left out.
 */
#include <errno.h>
#include <spawn.h>
#include <stdint.h>

#include "t.h"
#include "template/shell.h"

#define VALUES 60 /* in each round, on one command line */
#define ROUNDS 12

static const char *
quoted(const char *s, enum shell_kind kind)
{
	static struct bytes out;

	out.len = 0;
	CHECK_INT(quote_add(&out, text_of(s), kind), 0);
	CHECK_INT(quote_length(text_of(s), kind), out.len);
	CHECK_INT(bytes_terminate(&out), 0);
	return out.data;
}

TEST(only_where_needed)
{
	CHECK_STR(quoted("", SHELL_BASH), "''");
	CHECK_STR(quoted("aZ09_+-./", SHELL_BASH), "aZ09_+-./");
	CHECK_STR(quoted("a=b", SHELL_BASH), "'a=b'");
	CHECK_STR(quoted("a,b", SHELL_BASH), "'a,b'");
	CHECK_STR(quoted("a b\nc", SHELL_BASH), "'a b\nc'");
	CHECK_STR(quoted("\xc3\xa9", SHELL_BASH), "'\xc3\xa9'");
}

TEST(apostrophes_as_gnu_parallel_writes_them)
{
	CHECK_STR(quoted("'", SHELL_BASH), "\"'\"");
	CHECK_STR(quoted("''", SHELL_BASH), "\"'\"''\"'\"");
	CHECK_STR(quoted("a'b", SHELL_BASH), "'a'\"'\"'b'");
	CHECK_STR(quoted("'a'", SHELL_POSIX), "\"'\"'a'\"'\"");
	CHECK_STR(quoted("a''b", SHELL_DASH), "'a'\"'\"''\"'\"'b'");
}

TEST(csh_and_fish_have_their_own_ways)
{
	CHECK_STR(quoted("a b!c", SHELL_CSH), "a\\ b\\!c");
	CHECK_STR(quoted("a\nb", SHELL_CSH), "a\"\\\n\"b");
	CHECK_STR(quoted("", SHELL_CSH), "''");
	CHECK_STR(quoted("a b", SHELL_FISH), "'a b'");
	CHECK_STR(quoted("a\\'b", SHELL_FISH), "'a\\\\\\'b'");
}

/* Reproducible random values, with more special bytes than usual. */
static uint64_t state = 88172645463325252u;

static unsigned
noise(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

static void
make_value(struct bytes *value)
{
	static const char evil[] =
	    "'\"\\$`!*?[]{}()<>|&;#~=^% \t\n\r-+:,@\001\033\177\200\377aZ";
	unsigned len = noise(10) == 0 ? noise(400) : noise(12), i;

	value->len = 0;
	for (i = 0; i < len; i++)
		CHECK_INT(bytes_add_char(value,
			      (char)(noise(3) == 0 ?
				      (int)(1 + noise(255)) :
				      evil[noise(sizeof evil - 1)])),
		    0);
}

/* Returns what the shell prints; its exit status must be 0. */
static void
run_shell(const char *shell, const char *line, struct bytes *out)
{
	char *argv[] = { (char *)(uintptr_t)shell, (char *)(uintptr_t) "-c",
		(char *)(uintptr_t)line, NULL };
	posix_spawn_file_actions_t actions;
	char piece[4096];
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	CHECK_INT(pipe(ends), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	CHECK_INT(posix_spawn(&pid, shell, &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	while ((n = read(ends[0], piece, sizeof piece)) > 0)
		CHECK_INT(bytes_add(out, piece, (size_t)n), 0);
	close(ends[0]);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}

/* The shell runs printf '%s\0' with random values: the same bytes come back. */
static void
round_trip(const char *shell)
{
	struct bytes line = { 0 }, wanted = { 0 }, got = { 0 }, value = { 0 };
	enum shell_kind kind = shell_kind_of(shell);
	int i;

	CHECK_INT(bytes_add_string(&line, "/usr/bin/printf "), 0);
	CHECK_INT(quote_add(&line, text_of("%s\\0"), kind), 0);
	for (i = 0; i < VALUES; i++) {
		make_value(&value);
		CHECK_INT(bytes_add_char(&line, ' '), 0);
		CHECK_INT(quote_add(&line, bytes_text(&value), kind), 0);
		CHECK_INT(bytes_add_text(&wanted, bytes_text(&value)), 0);
		CHECK_INT(bytes_add_char(&wanted, '\0'), 0);
	}
	CHECK_INT(bytes_terminate(&line), 0);
	run_shell(shell, line.data, &got);
	if (got.len != wanted.len ||
	    memcmp(got.data, wanted.data, got.len) != 0)
		T_FAIL("%s got other bytes from: %s", shell, line.data);
	bytes_fini(&line);
	bytes_fini(&wanted);
	bytes_fini(&got);
	bytes_fini(&value);
}

static void
round_trips(const char *shell, const char *locale)
{
	char home[] = "/tmp/t_cmd_quote.XXXXXX", remove[64];
	int i;

	/* Some shells write files to their home when they first start. */
	CHECK(mkdtemp(home) != NULL);
	CHECK_INT(setenv("LC_ALL", locale, 1), 0);
	CHECK_INT(setenv("HOME", home, 1), 0);
	for (i = 0; access(shell, X_OK) == 0 && i < ROUNDS; i++)
		round_trip(shell);
	snprintf(remove, sizeof remove, "rm -rf %s", home);
	CHECK_INT(system(remove), 0);
}

TEST(sh_gives_back_what_it_gets)
{
	round_trips("/bin/sh", "C.UTF-8");
}

TEST(dash_gives_back_what_it_gets)
{
	round_trips("/bin/dash", "C.UTF-8");
}

TEST(bash_gives_back_what_it_gets)
{
	round_trips("/bin/bash", "C.UTF-8");
	round_trips("/bin/bash", "C");
}

TEST(ksh_gives_back_what_it_gets)
{
	round_trips("/bin/ksh", "C.UTF-8");
}

TEST(mksh_gives_back_what_it_gets)
{
	round_trips("/bin/mksh", "C.UTF-8");
}

TEST(zsh_gives_back_what_it_gets)
{
	round_trips("/bin/zsh", "C.UTF-8");
}

TEST(fish_gives_back_what_it_gets)
{
	round_trips("/usr/bin/fish", "C.UTF-8");
}

TEST(csh_gives_back_what_it_gets)
{
	round_trips("/bin/csh", "C");
	round_trips("/bin/csh", "C.UTF-8");
}

TEST(tcsh_gives_back_what_it_gets)
{
	round_trips("/bin/tcsh", "C");
	round_trips("/bin/tcsh", "C.UTF-8");
}
