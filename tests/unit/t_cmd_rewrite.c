/* SPDX-License-Identifier: ISC */

/* What placeholders make of a value: paths, s///, tr///. */
#include <errno.h>

#include "t.h"
#include "template/rewrite.h"

static struct message message;

static int
compile(struct rewrite *r, const char *name, const char *code,
    const struct text *parameters, size_t n)
{
	const struct perl_code perl = { name, text_of(code), parameters, n };

	return perl_expression_compile(r, &perl, NULL, &message);
}

/* The value after code. */
static const char *
rewritten(const char *code, const char *value)
{
	static char out[1024];
	struct rewrite r = { 0 };
	struct text t;

	if (compile(&r, "{= =}", code, NULL, 0) < 0)
		T_FAIL("%s: %s", code, message.text);
	CHECK_INT(rewrite_apply(&r, text_of(value), &t, &message), 0);
	snprintf(out, sizeof out, "%.*s", (int)t.len, t.data);
	rewrite_fini(&r);
	return out;
}

static void
check_refused(const char *code)
{
	struct rewrite r = { 0 };

	message.text[0] = '\0';
	if (compile(&r, "{= =}", code, NULL, 0) >= 0)
		T_FAIL("%s is not refused", code);
	CHECK(strstr(message.text, "{= =}: ") == message.text);
	rewrite_fini(&r);
}

TEST(substitutions)
{
	CHECK_STR(rewritten("s/a/b/", "aa"), "ba");
	CHECK_STR(rewritten(" s/a/b/g ; ", "aa"), "bb");
	CHECK_STR(rewritten("s/A/b/i", "aa"), "ba");
	CHECK_STR(rewritten("s/a/b/; s/b/c/", "ab"), "cb");
	CHECK_STR(rewritten("s,/,_,g", "a/b/c"), "a_b_c");
	CHECK_STR(rewritten("s{a}{b}", "aa"), "ba");
	CHECK_STR(rewritten("s{a{2}} (x)", "baab"), "bxb");
	CHECK_STR(rewritten("s/\\//|/", "a/b"), "a|b");
	CHECK_STR(rewritten("s:\\.[^/.]*$::", "a.b/c"), "a.b/c");
	CHECK_STR(rewritten("s/x$/y/", "xx"), "xy");
	CHECK_STR(rewritten("", "a"), "a");
}

TEST(replacements)
{
	CHECK_STR(rewritten("s/(.*)-(.*)/$2-$1/", "a-b"), "b-a");
	CHECK_STR(rewritten("s/(a)/${1}1/", "a"), "a1");
	CHECK_STR(rewritten("s/b/[$&]/", "abc"), "a[b]c");
	CHECK_STR(rewritten("s/(b)/\\1\\1/", "abc"), "abbc");
	CHECK_STR(rewritten("s/b/\\t\\n\\x41\\x{42}\\\\\\$\\@/", "b"),
	    "\t\nAB\\$@");
	CHECK_STR(rewritten("s/(x)?b/<$1>/", "b"), "<>");
	CHECK_STR(rewritten("s/b/x y z/", "abc"), "ax y zc");
	CHECK_STR(rewritten("s/(\\w+) (\\w+)/\\U$1\\E \\u$2/", "ab cd"),
	    "AB Cd");
	CHECK_STR(rewritten("s/(\\w+) (\\w+)/\\u\\L$1 \\l$2/", "AB CD"),
	    "Ab cd");
	CHECK_STR(rewritten("s/a/user@/", "a"), "user@");
}

TEST(empty_matches)
{
	CHECK_STR(rewritten("s/x*/-/g", "abc"), "-a-b-c-");
	CHECK_STR(rewritten("s/x*/-/g", "xb"), "--b-");
	CHECK_STR(rewritten("s/^/> /", "a"), "> a");
	CHECK_STR(rewritten("s/$/!/", "a"), "a!");
	CHECK_STR(rewritten("s/b*//g", ""), "");
}

TEST(or_goes_on_only_when_nothing_matched)
{
	CHECK_STR(rewritten("s/a/1/ || s/b/2/", "ab"), "1b");
	CHECK_STR(rewritten("s/x/1/ || s/b/2/", "ab"), "a2");
	CHECK_STR(rewritten("s/x/1/ || s/y/2/ || s/b/3/; s/a/4/", "ab"), "43");
}

TEST(transliterations)
{
	CHECK_STR(rewritten("tr/a-c/A-C/", "abcd"), "ABCd");
	CHECK_STR(rewritten("y/a-z/b-za/", "xyz"), "yza");
	CHECK_STR(rewritten("tr/a-z//d", "a1b"), "1");
	CHECK_STR(rewritten("tr/a-z//cd", "a1b"), "ab");
	CHECK_STR(rewritten("tr/a-z/*/", "ab1"), "**1");
	CHECK_STR(rewritten("tr/a//", "aba"), "aba");
	CHECK_STR(rewritten("tr/a-b/x/s", "aabbc"), "xc");
	CHECK_STR(rewritten("tr{/}{\\n}", "a/b"), "a\nb");
	CHECK_STR(rewritten("tr/a-c-/1-4/", "a-c"), "143");
}

TEST(other_perl_is_refused_by_name)
{
	check_refused("$_ += 10");
	CHECK(strstr(message.text, "'$_ += 10'") != NULL);
	check_refused("s/a/b/e");
	check_refused("s/a/b/r");
	check_refused("s/a/$x/");
	check_refused("s/$x/b/");
	check_refused("s/a/@x/");
	check_refused("s/a/b");
	check_refused("s/a");
	check_refused("s");
	check_refused("tr/a/b/r");
	check_refused("tr/z-a/b/");
	check_refused("s/a/b/ and s/c/d/");
	check_refused("s/a/b/ ||");
	check_refused("sprintf('%d')");
	check_refused("uc");
	check_refused("s/(/b/");
	check_refused("system('rm')");
}

TEST(uq_asks_for_no_quotes)
{
	struct rewrite r = { 0 };

	CHECK_INT(compile(&r, "-", "s/a/b/; uq()", NULL, 0), 0);
	CHECK(r.unquoted);
	rewrite_fini(&r);
	CHECK_INT(compile(&r, "-", "uq; s/a/b/", NULL, 0), 0);
	CHECK(r.unquoted);
	rewrite_fini(&r);
}

TEST(parameters)
{
	const struct text p[] = { text_of("[ab]"), text_of("$1") };
	struct rewrite r = { 0 };
	struct text t;

	CHECK_INT(compile(&r, "--rpl", "s/$$1+/<$$2>/", p, 2), 0);
	CHECK_INT(rewrite_apply(&r, text_of("xabac"), &t, &message), 0);
	CHECK(text_equals(t, "x<$1>c"));
	rewrite_fini(&r);
	CHECK(compile(&r, "--rpl", "s/$$3/x/", p, 2) < 0);
	rewrite_fini(&r);
	CHECK(compile(&r, "--rpl", "s/a/$$3/", p, 2) < 0);
	rewrite_fini(&r);
}

TEST(bytes_stay_bytes)
{
	struct rewrite r = { 0 };
	struct text t;

	CHECK_INT(compile(&r, "-", "s/./<$&>/g", NULL, 0), 0);
	CHECK_INT(rewrite_apply(&r, (struct text){ "\377\0", 2 }, &t, &message),
	    0);
	CHECK_MEM(t.data, t.len, "<\377><\0>", 6);
	rewrite_fini(&r);
}

static void
check_path(struct text got, const char *wanted)
{
	if (!text_equals(got, wanted))
		T_FAIL("%.*s is not %s", (int)got.len, got.data, wanted);
}

TEST(directory_parts)
{
	check_path(path_basename(text_of("a/b")), "b");
	check_path(path_basename(text_of("a/")), "");
	check_path(path_basename(text_of("a")), "a");
	check_path(path_dirname(text_of("a/b/")), "a");
	check_path(path_dirname(text_of("a//b")), "a");
	check_path(path_dirname(text_of("a")), ".");
	check_path(path_dirname(text_of("")), ".");
	check_path(path_dirname(text_of("/a")), "/");
	check_path(path_dirname(text_of("///")), "/");
	check_path(path_directory(text_of("a/b/c")), "a/b");
	check_path(path_directory(text_of("a")), "");
}

TEST(extensions)
{
	check_path(path_drop_extensions(text_of("a.b.c"), 1), "a.b");
	check_path(path_drop_extensions(text_of("a.b.c"), 2), "a");
	check_path(path_drop_extensions(text_of("a.b.c"), 3), "a.b.c");
	check_path(path_drop_extensions(text_of("a.b/c"), 1), "a.b/c");
	check_path(path_drop_extensions(text_of("a."), 1), "a");
	check_path(path_drop_extensions(text_of(".a"), 1), "");
	check_path(path_drop_extensions(text_of(""), 1), "");
	check_path(path_take_extensions(text_of("a.b.c"), 1), "c");
	check_path(path_take_extensions(text_of("a.b.c"), 2), "b.c");
	check_path(path_take_extensions(text_of("a.b"), 2), "");
	check_path(path_take_extensions(text_of("a"), 1), "");
}
