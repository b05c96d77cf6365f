/* SPDX-License-Identifier: ISC */

/*
 * The unit tests' frame: TEST(name) { ... } registers itself, runs in a process
 * of its own and ends at its first CHECK that fails.  A test file is a program:
 * it prints TAP, takes one test's name, and times out.
 */
#ifndef T_H
#define T_H

#include <sys/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct t_case {
	const char *name;
	void (*run)(void);
};

extern const struct t_case __start_t_cases[], __stop_t_cases[];
/* clang-format off */
#define TEST(id) static void test_##id(void); \
	static const struct t_case case_##id \
	    __attribute__((used, section("t_cases"))) = { #id, test_##id }; \
	static void test_##id(void)
#define T_FAIL(...) (printf("# %s:%d: ", __FILE__, __LINE__), \
	printf(__VA_ARGS__), putchar('\n'), fflush(stdout), _exit(1))
#define CHECK(x) do { if (!(x)) T_FAIL("%s", #x); } while (0)
#define CHECK_INT(a, b) do { long long a_ = (a), b_ = (b); \
	if (a_ != b_) T_FAIL("%s is %lld, not %lld", #a, a_, b_); } while (0)
#define CHECK_STR(a, b) do { const char *a_ = (a), *b_ = (b); if (!a_ || strcmp(a_, b_) != 0) \
	T_FAIL("%s is \"%s\", not \"%s\"", #a, a_ ? a_ : "(null)", b_); } while (0)
#define CHECK_MEM(a, alen, b, blen) \
	do { CHECK_INT(alen, blen); CHECK(memcmp(a, b, blen) == 0); } while (0)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif
/* clang-format on */

/* How often to do what is meant to be done n times; under a sanitizer it costs a lot. */
__attribute__((unused)) static int
t_times(int n)
{
	return SANITIZED || getenv("TEST_FAST") != NULL ? (n + 9) / 10 : n;
}

int
main(int argc, char **argv)
{
	const struct t_case *c;
	int bad = 0, n = 0, status, failed;

	/* A test finds the same numbers free, whoever has started it. */
	closefrom(3);
	for (c = __start_t_cases; c < __stop_t_cases; c++) {
		if (argc > 1 && strcmp(c->name, argv[1]) != 0)
			continue;
		pid_t pid = fork();
		if (pid == 0)
			alarm(120), c->run(), exit(0);
		failed = pid == -1 || waitpid(pid, &status, 0) == -1 || status;
		printf("%sok %d - %s\n", failed ? "not " : "", ++n, c->name);
		bad += failed, fflush(stdout);
	}
	printf("1..%d\n", n);
	return bad != 0 || n == 0;
}
#endif
