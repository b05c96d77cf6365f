/* SPDX-License-Identifier: ISC */

/* Templates become command lines and argument vectors. */
#include <errno.h>

#include "t.h"
#include "template/command.h"

static struct message message;

#define MAX_VALUES 20

/* The command of these words. */
static struct command *
compile(struct command_options o, const char *const *words)
{
	struct command *c;

	while (words[o.nwords] != NULL)
		o.nwords++;
	o.words = words;
	if (o.shell == NULL)
		o.shell = "/bin/bash";
	if (command_new(&o, NULL, 0, &message, &c) < 0)
		T_FAIL("%s", message.text);
	return c;
}

/* A job with these values, separated by |; NULL: no values. */
static struct command_job
job_of(const char *values)
{
	static struct text list[MAX_VALUES];
	static size_t ends[MAX_VALUES];
	struct command_job job = { .values = list,
		.ends = ends,
		.seq = 3,
		.slot = 2,
		.total = 120 };
	size_t len;

	while (values != NULL) {
		len = strcspn(values, "|");
		list[job.nvalues] = (struct text){ values, len };
		ends[job.nvalues] = job.nvalues + 1;
		job.nvalues++;
		values = values[len] ? values + len + 1 : NULL;
	}
	job.ntuples = job.nvalues;
	return job;
}

static const char *
line_of(struct command_options o, const char *const *words, const char *values)
{
	static char out[4096];
	struct command_job job = job_of(values);
	struct command_line line;
	struct command *c;

	o.execution = EXECUTION_SHELL;
	c = compile(o, words);
	if (command_expand(c, &job, true, &line, &message) < 0)
		T_FAIL("%s", message.text);
	CHECK(line.argv == NULL);
	snprintf(out, sizeof out, "%s", line.skip ? "(skipped)" : line.line);
	CHECK(line.skip || strlen(line.line) == line.line_len);
	command_free(c);
	return out;
}

/* argv, separated by |; "(shell)" if the line needs a shell. */
static const char *
argv_of(struct command_options o, const char *const *words, const char *values)
{
	static char out[4096];
	struct command_job job = job_of(values);
	struct command_line line;
	struct command *c = compile(o, words);
	size_t i, len = 0;

	if (command_expand(c, &job, false, &line, &message) < 0)
		T_FAIL("%s", message.text);
	strcpy(out, "(shell)");
	for (i = 0; line.argv != NULL && line.argv[i] != NULL; i++)
		len += (size_t)snprintf(out + len, sizeof out - len, "%s%s",
		    i ? "|" : "", line.argv[i]);
	CHECK(line.argv == NULL || line.file[0] == '/');
	command_free(c);
	return out;
}

#define W(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define O(...) ((struct command_options){ __VA_ARGS__ })
#define LINE(values, words, ...) line_of(O(__VA_ARGS__), words, values)
#define ARGV(values, words, ...) argv_of(O(__VA_ARGS__), words, values)

TEST(values_are_appended_or_put_in)
{
	CHECK_STR(LINE("a b", W("echo")), "echo 'a b'");
	CHECK_STR(LINE("a|b", W("echo", "x")), "echo x a b");
	CHECK_STR(LINE("a b", W("echo {} {}")), "echo 'a b' 'a b'");
	CHECK_STR(LINE("", W("echo", "{}")), "echo ''");
	CHECK_STR(LINE(NULL, W("echo")), "echo ");
	CHECK_STR(LINE("a", W("echo")), "echo a");
	CHECK_STR(LINE("x", W("echo {#} {%}")), "echo 3 2");
	CHECK_STR(LINE("x", W("echo"), .no_values = true), "echo");
}

TEST(values_as_commands_are_not_quoted)
{
	const char *const none[] = { NULL };

	CHECK_STR(line_of(O(.shell = NULL), none, "echo a; echo b"),
	    "echo a; echo b");
	CHECK_STR(LINE("a b", W("{}", "x {}")), "a b x a b");
	CHECK_STR(LINE("a b", W("{#} {}")), "3 a b");
	CHECK_STR(LINE("a b", W(" {}")), " 'a b'");
}

TEST(path_parts_and_positions)
{
	CHECK_STR(LINE("d/e.f", W("echo {.} {/} {//} {/.}")),
	    "echo d/e e.f d e");
	CHECK_STR(LINE("d/e.f|g", W("echo {1.} {2} {-1} {-2/} {3}.")),
	    "echo d/e g g e.f .");
	CHECK_STR(LINE("a|b", W("echo {0}|{+1}|{1a}|{ 1}")),
	    "echo a b|{+1}|{1a}|{ 1}");
	CHECK_STR(LINE("a", W("echo {foo} {{}} {a,b}")),
	    "echo {foo} {a} {a,b}");
}

TEST(placeholders_with_other_names)
{
	CHECK_STR(LINE("a.b", W("echo @ {} {1} {.} {1.}"), .replace = "@"),
	    "echo a.b {} {1} a a");
	CHECK_STR(LINE("a.b", W("echo @ {.} {1.} {}"),
		      .replace_extension = "@"),
	    "echo a {.} {1.} a.b");
	CHECK_STR(LINE("d/a.b", W("echo B D S"), .replace_basename = "B",
		      .replace_dirname = "D",
		      .replace_basename_extension = "S"),
	    "echo a.b d a");
	CHECK_STR(LINE("a", W("echo Q T"), .replace_sequence = "Q",
		      .replace_slot = "T"),
	    "echo 3 2");
}

TEST(plus)
{
	CHECK_STR(LINE("p/a.b.c", W("echo {..} {/..} {+/} {+.} {+..}"),
		      .plus = true),
	    "echo p/a a p c b.c");
	CHECK_STR(LINE("x", W("echo {##} {0#} {0%}"), .plus = true,
		      .slots = 10),
	    "echo 120 003 02");
	CHECK_STR(LINE("abcdef", W("echo {:2} {:1:2} {:-z} {:9}x"),
		      .plus = true),
	    "echo cdef bc abcdef ''x");
	CHECK_STR(LINE("", W("echo {:-z}"), .plus = true), "echo z");
	CHECK_STR(LINE("abcabf", W("echo {#a.*c} {##a.*b} {%b.*} {%%b.*}"),
		      .plus = true),
	    "echo abf f abca a");
	CHECK_STR(LINE("banana", W("echo {/an/x} {//an/x} {//an/}"),
		      .plus = true),
	    "echo bxana bxxa ba");
	CHECK_STR(LINE("abAB", W("echo {^a} {^^[ab]} {,A} {,,[AB]} {^b}"),
		      .plus = true),
	    "echo AbAB ABAB abAB abab abAB");
	CHECK_STR(LINE("ab|cd", W("echo {1:1} {2#c} {-1/c/x}"), .plus = true),
	    "echo b d xd");
	CHECK_STR(LINE("a", W("echo {slot}"), .plus = true),
	    "echo ${PARALLEL_JOBSLOT}");
	CHECK_STR(LINE("a.b", W("echo {..} {:1}")), "echo {..} {:1} a.b");
}

TEST(uniq_and_choose_skip)
{
	CHECK_STR(LINE("a|a", W("echo {uniq}"), .plus = true), "(skipped)");
	CHECK_STR(LINE("a|b", W("echo {uniq}"), .plus = true), "echo a b");
	CHECK_STR(LINE("b|a", W("echo {choose_k}"), .plus = true), "(skipped)");
	CHECK_STR(LINE("a|a", W("echo {choose_k}"), .plus = true), "(skipped)");
	CHECK_STR(LINE("a|ab", W("echo {choose_k}"), .plus = true),
	    "echo a ab");
}

TEST(rpl)
{
	const char *const rpl[] = { "{x} s/a/b/", "{r(.)(.)} s/$$1/$$2/g",
		", tr/a/z/", "{.} s/^/q/", "{same}" };
	struct command_options o = { .rpl = rpl, .nrpl = 5 };

	CHECK_STR(line_of(o, W("echo {x} {2x} {rab} {2rax} , {.} {1.} {same}"),
		      "aa|ab"),
	    "echo ba bb bb bb bb xb zz zb qaa qab qaa aa ab");
}

TEST(expressions)
{
	CHECK_STR(LINE("aa|b",
		      W("echo", "{= s/a/b/ =}", "{=2 s/b/c/ =}",
			  "{=-1 s/b/d/=}")),
	    "echo ba b c d");
	CHECK_STR(LINE("a", W("echo <s/a/x y/>"), .parens = "<>"),
	    "echo 'x y'");
	CHECK_STR(LINE("a", W("echo {= s/a/x y/; uq() =}")), "echo x y");
	CHECK_STR(LINE("a", W("echo {= s/a/b/")), "echo {= s/a/b/ a");
}

TEST(unknown_perl_is_an_error)
{
	struct command_options o = { .words = W("echo {= $_++ =}"),
		.nwords = 1 };
	struct command *c;

	CHECK(command_new(&o, NULL, 0, &message, &c) < 0);
	CHECK(strstr(message.text, "$_++") != NULL);
	o.rpl = W("{x} $_ = uc");
	o.nrpl = 1;
	o.words = W("echo");
	CHECK(command_new(&o, NULL, 0, &message, &c) < 0);
	CHECK(strstr(message.text, "--rpl: ") == message.text);
}

TEST(header_names)
{
	const struct command_name names[] = { { text_of("a b"), 2 },
		{ text_of("a"), 1 }, { text_of("c.d"), 3 } };
	struct command_options o = {
		.words = W("echo {a b} {a.} {c.d/} {c} {=a s/x/y/ =}"),
		.nwords = 1,
		.execution = EXECUTION_SHELL,
		.shell = "/bin/sh"
	};
	struct command_job job = job_of("x.1|y|z/w");
	struct command_line line;
	struct command *c;

	CHECK_INT(command_new(&o, names, 3, &message, &c), 0);
	CHECK_INT(command_expand(c, &job, true, &line, &message), 0);
	CHECK_STR(line.line, "echo y x w {c} y.1");
	command_free(c);
}

TEST(match)
{
	const char *const one[] = { "(.)-(.)" },
			  *const two[] = { "", "(x)", "+2" };

	CHECK_STR(LINE("a-b", W("echo {1.2} {1.1} {1.}"), .match = one,
		      .nmatch = 1),
	    "echo b a a-b");
	CHECK_STR(LINE("a|bxc|xx", W("echo {2.1} {3.1} {1}"), .match = two,
		      .nmatch = 3),
	    "echo x x a");
	CHECK_STR(LINE("ab", W("echo {1.1}"), .match = one, .nmatch = 1),
	    "(skipped)");
}

TEST(quoted_words)
{
	CHECK_STR(LINE("x  y", W("echo", "a  b", "", "$HOME {}", "{}"),
		      .quote = true),
	    "echo 'a  b' '' '$HOME x  y' 'x  y'");
	CHECK_STR(LINE("c'd|e", W("p", "x {}"), .quote = true),
	    "p 'x c'\"'\"'d' e");
	CHECK_STR(LINE("a", W("p", " ", "{} ", " {}", "x"), .quote = true),
	    "p ' ' 'a ' ' a' x");
	CHECK_STR(LINE("", W("echo", "{}", "{2}"), .quote = true),
	    "echo '' ''");
}

TEST(context_repeats_words)
{
	CHECK_STR(LINE("a|b c", W("echo x{}y {/}-z"), .context = true),
	    "echo xay x'b c'y a-z 'b c'-z");
	CHECK_STR(LINE("a|b", W("echo {}{.} {#}{}"), .context = true),
	    "echo aa bb 3a 3b");
	CHECK_STR(LINE("a|b", W("echo {1}-{2} {}"), .context = true),
	    "echo a-b a b");
	CHECK_STR(LINE("a|b", W("echo \"in {} out\""), .context = true),
	    "echo \"in a b out\"");
	CHECK_STR(LINE("a|b", W("x {} y", "z{}"), .context = true,
		      .quote = true),
	    "'x a' 'b y' za zb");
}

/* -X with several sources: {1} and {2} are of the same tuple. */
TEST(context_by_tuple)
{
	const struct text values[] = { text_of("a"), text_of("1"), text_of("b"),
		text_of("2") };
	const size_t ends[] = { 2, 4 };
	const struct command_job job = { .values = values,
		.nvalues = 4,
		.ends = ends,
		.ntuples = 2,
		.seq = 1 };
	struct command_options o = { .context = true, .by_tuple = true };
	struct command_line line;
	struct command *c = compile(o, W("echo {1}={2} {-1}{3} {}"));

	CHECK_INT(command_expand(c, &job, true, &line, &message), 0);
	CHECK_STR(line.line, "echo a=1 b=2 1 2 a 1 b 2");
	command_free(c);
}

TEST(costs_are_lengths)
{
	const char *const templates[] = { "echo", "echo {}", "echo a{}b",
		"echo {}{.} {/}c {1}x", "echo {2}{} \"{}\"" };
	struct command_job job, none = job_of(NULL);
	struct command_line line;
	struct command *c;
	size_t cost, i, context;

	for (i = 0; i < 5; i++) {
		for (context = 0; context < 2; context++) {
			c = compile(O(.context = context != 0,
					.execution = EXECUTION_SHELL),
			    (const char *const[]){ templates[i], NULL });
			cost = command_base_cost(c);
			CHECK_INT(command_expand(c, &none, true, &line,
				      &message),
			    0);
			CHECK_INT(line.line_len, cost);
			job = job_of("a.b|c d|it's|x/y");
			cost += command_tuple_cost(c, job.values, 1, 0);
			cost += command_tuple_cost(c, job.values + 1, 3, 1);
			CHECK_INT(command_expand(c, &job, true, &line,
				      &message),
			    0);
			CHECK_INT(line.line_len, cost);
			command_free(c);
		}
	}
}

TEST(line_too_long)
{
	struct command_job job = job_of("aaaaaa");
	struct command *c = compile(O(.max_chars = 11), W("/bin/cat"));
	struct command_line line;

	CHECK_INT(command_expand(c, &job, false, &line, &message), -E2BIG);
	CHECK_STR(message.text,
	    "command line too long (15 >= 11) at input 3: aaaaaa");
	command_free(c);
	CHECK(command_limit() > 60000);
	CHECK(command_limit() <= 128 * 1024);
}

TEST(shell_quote)
{
	CHECK_STR(LINE("a b", W("echo"), .shell_quote = 1),
	    "'echo '\"'\"'a b'\"'\"");
	CHECK_STR(line_of(O(.shell_quote = 1), (const char *const[]){ NULL },
		      ""),
	    "''");
}

static void
plain_environment(void)
{
	clearenv();
	CHECK_INT(setenv("PATH", "/usr/bin:/bin", 1), 0);
	CHECK_INT(setenv("SHLVL", "1", 1), 0);
}

TEST(direct_execution)
{
	plain_environment();
	CHECK_STR(ARGV("a b|c", W("cat", "{}")), "cat|a b|c");
	CHECK_STR(ARGV("a b", W("cat -x{}y {}")), "cat|-xa by|a b");
	CHECK_STR(ARGV("", W("cat")), "cat|");
	CHECK_STR(ARGV("a", W("cat {2}")), "cat");
	CHECK_STR(ARGV("a", W("cat x{2}")), "cat|x");
	CHECK_STR(ARGV(NULL, W("cat")), "cat");
	CHECK_STR(ARGV("a|b", W("cat x{}"), .context = true), "cat|xa|xb");
	CHECK_STR(ARGV("a|b", W("cat x{}")), "cat|xa|b");
	CHECK_STR(ARGV("a", W("/bin/cat {#}")), "/bin/cat|3");
	CHECK_STR(ARGV("$x", W("cat", "a  b", "$HOME", "", "{}"),
		      .quote = true),
	    "cat|a  b|$HOME||$x");
	CHECK_STR(ARGV("a|b", W("cat", "x {} y"), .quote = true,
		      .context = true),
	    "cat|x a|b y");
	CHECK_STR(ARGV("a", W("cat"), .shell = "/bin/dash"), "cat|a");
}

TEST(what_needs_the_shell)
{
	plain_environment();
	CHECK_STR(ARGV("a", W("printf")), "(shell)");
	CHECK_STR(ARGV("-n", W("echo")), "(shell)");
	CHECK_STR(ARGV("a\\n", W("echo")), "(shell)");
	CHECK_STR(ARGV("a", W("echo")), "echo|a");
	CHECK_STR(ARGV("a", W("echo"), .shell = "/bin/dash"), "(shell)");
	CHECK_STR(ARGV("a", W("true"), .shell = "/bin/dash"), "(shell)");
	CHECK_STR(ARGV("a", W("cat {} | cat")), "(shell)");
	CHECK_STR(ARGV("a", W("cat *")), "(shell)");
	CHECK_STR(ARGV("a", W("cat '{}'")), "(shell)");
	CHECK_STR(ARGV("a", W("A=b cat")), "(shell)");
	CHECK_STR(ARGV("a", W("cat {a,b}")), "(shell)");
	CHECK_STR(ARGV("a", W("cat\n{}")), "(shell)");
	CHECK_STR(ARGV("a", W("{} cat")), "(shell)");
	CHECK_STR(ARGV("a", W("no-such-program-here")), "(shell)");
	CHECK_STR(ARGV("a", W("/etc/passwd")), "(shell)");
	CHECK_STR(ARGV("a", W("c{}")), "(shell)");
	CHECK_STR(ARGV("a", W("cat {slot}"), .plus = true), "(shell)");
	CHECK_STR(ARGV("a", W("cat {= uq() =}")), "(shell)");
	CHECK_STR(ARGV("a", W("cat"), .shell = "/bin/zsh"), "(shell)");
	CHECK_STR(ARGV("a", W("cat"), .shell = "/usr/bin/fish"), "(shell)");
	CHECK_STR(ARGV("--help", W("true")), "(shell)");
	CHECK_STR(ARGV("a", W("true")), "true|a");
	CHECK_STR(ARGV("a", W("cat"), .execution = EXECUTION_SHELL), "(shell)");
}

TEST(environments_that_need_the_shell)
{
	static const char *const entries[] = { "BASH_ENV=x", "ENV=x", "IFS=x",
		"SHELLOPTS=x", "BASH_FUNC_cat%%=() { :; }", "SHLVL=x",
		"OLDPWD=/proc/none", "PS4=x", "=x" };
	char *list[4];
	size_t i;

	plain_environment();
	for (i = 0; i < sizeof entries / sizeof *entries; i++) {
		list[0] = strdup("PATH=/usr/bin:/bin");
		list[1] = strdup(entries[i]);
		list[2] = NULL;
		environ = list;
		if (strcmp(ARGV("a", W("cat")), "(shell)") != 0)
			T_FAIL("%s is not heeded", entries[i]);
		free(list[0]);
		free(list[1]);
	}
}

TEST(environment_of_direct_execution)
{
	struct command *c;
	const char *const *e;

	clearenv();
	CHECK_INT(setenv("PATH", "/usr/bin:/bin", 1), 0);
	CHECK_INT(chdir("/tmp"), 0);
	c = compile(O(.shell = "/bin/bash"), W("cat"));
	e = command_environment(c);
	CHECK_STR(e[0], "PWD=/tmp");
	CHECK_STR(e[1], "_=/usr/bin/cat");
	CHECK_STR(e[2], "SHLVL=0");
	CHECK(e[3] == NULL);
	command_free(c);
}

/* What is chosen without these two depends on who has called the test: see options.bats. */
TEST(shell_is_chosen)
{
	struct command *c;

	plain_environment();
	CHECK_INT(setenv("PARALLEL_SHELL", "/bin/y", 1), 0);
	c = compile(O(.shell = ""), W("cat"));
	CHECK_STR(command_shell(c), "/bin/y");
	command_free(c);
	c = compile(O(.shell = "/bin/x"), W("cat"));
	CHECK_STR(command_shell(c), "/bin/x");
	command_free(c);
}

TEST(other_templates)
{
	struct command *c = compile(O(.shell = NULL), W("echo"));
	struct command_job job = job_of("a b|c.d");
	struct template *t;
	struct text text;

	CHECK_INT(template_new(c, "{1}-{2.}-{#} x", &message, &t), 0);
	CHECK(!template_is_constant(t));
	CHECK_INT(template_expand(t, &job, &text, &message), 0);
	CHECK_STR(text.data, "a b-c-3 x");
	template_free(t);
	CHECK(!command_needs_total(c));
	CHECK_INT(template_new(c, "{0#}", &message, &t), 0);
	CHECK(command_needs_total(c));
	CHECK_INT(template_expand(t, &job, &text, &message), 0);
	CHECK_STR(text.data, "003");
	template_free(t);
	CHECK_INT(template_new(c, "plain", &message, &t), 0);
	CHECK(template_is_constant(t));
	template_free(t);
	CHECK(template_new(c, "{= $_++ =}", &message, &t) < 0);
	command_free(c);
}
