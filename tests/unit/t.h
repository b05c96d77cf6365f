/* SPDX-License-Identifier: ISC */

/*
 * The unit tests' frame: TEST(name) { ... } registers itself, runs in a process
 * of its own and fails at its first CHECK that does not hold.  A test file is a
 * program: it prints TAP; arguments are names of the tests to run.
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

extern const struct t_case *const __start_t_cases[], *const __stop_t_cases[];

#define TEST(id)                                                               \
	static void test_##id(void);                                           \
	static const struct t_case case_##id = { #id, test_##id };             \
	static const struct t_case *const ref_##id                             \
	    __attribute__((used, section("t_cases"))) = &case_##id;            \
	static void test_##id(void)

#define T_FAIL(...)                                                            \
	(printf("# %s:%d: ", __FILE__, __LINE__), printf(__VA_ARGS__),         \
	    printf("\n"), fflush(stdout), _exit(1))
#define CHECK(x) ((x) ? (void)0 : T_FAIL("%s", #x))
#define CHECK_INT(a, b) t_int(__FILE__, __LINE__, #a, (long long)(a), (long long)(b))
#define CHECK_STR(a, b) t_str(__FILE__, __LINE__, #a, (a), (b))
/* The same bytes: CHECK_MEM(buf.data, buf.len, "a\0b", 3) */
#define CHECK_MEM(a, alen, b, blen)                                            \
	(CHECK_INT(alen, blen), CHECK(memcmp((a), (b), (blen)) == 0))

static inline void
t_int(const char *file, int line, const char *what, long long got, long long want)
{
	if (got == want)
		return;
	printf("# %s:%d: %s is %lld, not %lld\n", file, line, what, got, want);
	fflush(stdout);
	_exit(1);
}

static inline void
t_str(const char *file, int line, const char *what, const char *got, const char *want)
{
	if (got && strcmp(got, want) == 0)
		return;
	printf("# %s:%d: %s is \"%s\", not \"%s\"\n", file, line, what,
	    got ? got : "(null)", want);
	fflush(stdout);
	_exit(1);
}

/* A test that can not hang: SIGALRM ends it. exit(3), for the leak checker. */
static inline int
t_run(const struct t_case *c)
{
	pid_t pid;
	int status;

	fflush(NULL);
	if ((pid = fork()) == -1)
		return -1;
	if (pid == 0) {
		alarm(120);
		c->run();
		exit(0);
	}
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static inline int
t_wanted(const struct t_case *c, char *const *names)
{
	if (*names == NULL)
		return 1;
	for (; *names; names++)
		if (strcmp(c->name, *names) == 0)
			return 1;
	return 0;
}

int
main(int argc, char **argv)
{
	int n = 0, bad = 0, status;

	(void)argc;
	for (const struct t_case *const *c = __start_t_cases; c < __stop_t_cases; c++) {
		if (!t_wanted(*c, argv + 1))
			continue;
		status = t_run(*c);
		if (status != 0)
			bad++, printf("# wait status 0x%x\n", (unsigned)status);
		printf("%s %d - %s\n", status ? "not ok" : "ok", ++n, (*c)->name);
	}
	printf("1..%d\n", n);
	return bad != 0 || n == 0;
}

#endif
