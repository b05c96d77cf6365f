/* SPDX-License-Identifier: ISC */

/* proc_brand: by what a job's processes are known when they have thrown all away. */
#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "kill/rlimit_mark.h"
#include "t.h"

TEST(of_tokens)
{
	const char *tokens[] = { "a-1.1", "a-1.2", "a-2.1", "b-1.1",
		"a-1.4294967295" };

	for (size_t i = 0; i < 5; i++) {
		CHECK(proc_brand_is_ours(proc_brand_of(tokens[i])));
		CHECK(proc_brand_of(tokens[i]) < RLIM_INFINITY);
		for (size_t j = 0; j < i; j++)
			CHECK(proc_brand_of(tokens[i]) !=
			    proc_brand_of(tokens[j]));
	}
	CHECK(proc_brand_is_ours(RLIM_INFINITY));
	CHECK(!proc_brand_is_ours(0));
	CHECK(!proc_brand_is_ours(1000000));
}

TEST(match)
{
	struct proc_brand brand = { .limit = proc_brand_of("r.7") };

	CHECK(proc_brand_match(&brand, "r.7"));
	CHECK(proc_brand_match(&brand, "r"));
	CHECK(!proc_brand_match(&brand, "r.8"));
	CHECK(!proc_brand_match(&brand, "s"));
	CHECK(!proc_brand_match(&brand, ""));
	brand.limit = 0;
	CHECK(!proc_brand_match(&brand, "r.7"));
	CHECK(!proc_brand_match(&brand, "r"));
	(void)snprintf(brand.token, sizeof(brand.token), "o.1/r.7");
	CHECK(proc_brand_match(&brand, "r.7"));
	CHECK(proc_brand_match(&brand, "o"));
}

/* What a child has set is read, and what its own child inherits. */
TEST(read_it)
{
	const struct rlimit branded = { proc_brand_of("r.7"), RLIM_INFINITY };
	char name[] = "sleep", seconds[] = "1000";
	char *const argv[] = { name, seconds, NULL }, *none[] = { NULL };
	struct proc_brand brand;
	int ends[2];
	pid_t pid;
	char byte;

	proc_brand_read(getpid(), &brand);
	CHECK(!proc_brand_match(&brand, "r.7"));
	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)setrlimit(RLIMIT_LOCKS, &branded);
		(void)execve("/bin/sleep", argv, none);
		_exit(127);
	}
	(void)close(ends[1]);
	CHECK_INT(read(ends[0], &byte, 1), 0);
	proc_brand_read(pid, &brand);
	CHECK_STR(brand.token, "");
	CHECK(brand.limit == branded.rlim_cur);
	(void)kill(pid, SIGKILL);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	(void)close(ends[0]);
	/* It is nobody's any more. */
	proc_brand_read(pid, &brand);
	CHECK(brand.limit == 0);
}
