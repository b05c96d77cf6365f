/* SPDX-License-Identifier: ISC */

/* rlimit_mark: by what a job's processes are known when they have thrown all away. */
#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "kill/job_mark.h"
#include "process/rlimit_mark.h"
#include "t.h"

static const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

static struct rlimit
limit_of(struct rlimit runner, const char *mark)
{
	rlimit_mark_set(&runner, rlimit_mark_of(mark));
	CHECK(runner.rlim_cur <= runner.rlim_max);
	return runner;
}

/* Each job of a runner with that limit, and its run, matches itself alone. */
static void
check_apart(const struct rlimit *runner)
{
	const char *marks[] = { "a-1.1", "a-1.2", "a-2.1", "b-1.1", "a-1.32766",
		"a-1.32767" };

	for (size_t i = 0; i < 6; i++) {
		struct rlimit limit = limit_of(*runner, marks[i]);

		CHECK(limit.rlim_max <= runner->rlim_max);
		CHECK(!rlimit_mark_match(runner, runner, marks[i]));
		for (size_t j = 0; j < 6; j++)
			CHECK(rlimit_mark_match(&limit, runner, marks[j]) ==
			    (i == j));
		CHECK(rlimit_mark_match(&limit, runner, "a-1") ==
		    (strncmp(marks[i], "a-1", 3) == 0));
		CHECK(!rlimit_mark_match(&unlimited, runner, marks[i]));
	}
}

/* A run in a job of a run in a job of a run: all three know what is theirs. */
TEST(three_deep)
{
	struct rlimit first, second, third, fourth;

	check_apart(&unlimited);
	first = limit_of(unlimited, "a.7");
	check_apart(&first);
	second = limit_of(first, "b.7");
	check_apart(&second);
	third = limit_of(second, "c.7");
	CHECK(rlimit_mark_match(&third, &unlimited, "a.7"));
	CHECK(rlimit_mark_match(&third, &unlimited, "a"));
	CHECK(!rlimit_mark_match(&third, &unlimited, "a.8"));
	CHECK(!rlimit_mark_match(&third, &unlimited, "b.7"));
	CHECK(rlimit_mark_match(&third, &first, "b.7"));
	CHECK(rlimit_mark_match(&third, &first, "b"));
	CHECK(!rlimit_mark_match(&third, &first, "c.7"));
	CHECK(rlimit_mark_match(&third, &second, "c.7"));
	/* There is no room for a fourth: it marks nobody, and knows nobody by marks. */
	fourth = limit_of(third, "d.7");
	CHECK(fourth.rlim_cur == third.rlim_cur &&
	    fourth.rlim_max == third.rlim_max);
	CHECK(!rlimit_mark_match(&fourth, &third, "d.7"));
	CHECK(!rlimit_mark_match(&fourth, &third, "d"));
}

/* The same job of two runs, each in another job of the same run. */
TEST(beside)
{
	const struct rlimit one = limit_of(unlimited, "a.1"),
			    two = limit_of(unlimited, "a.2");
	const struct rlimit limit = limit_of(two, "b.1");

	CHECK(!rlimit_mark_match(&limit, &one, "b.1"));
	CHECK(!rlimit_mark_match(&limit, &one, "b"));
	CHECK(rlimit_mark_match(&limit, &two, "b.1"));
}

TEST(of_the_user)
{
	const struct rlimit users[] = { { 0, 0 }, { 1000000, RLIM_INFINITY },
		{ 7, 9 }, { 1000000, 1000000 } };

	for (size_t i = 0; i < 4; i++) {
		struct rlimit limit = limit_of(users[i], "a.1");

		CHECK(limit.rlim_cur == users[i].rlim_cur &&
		    limit.rlim_max == users[i].rlim_max);
		CHECK(!rlimit_mark_match(&limit, &users[i], "a.1"));
		CHECK(!rlimit_mark_match(&limit, &unlimited, "a.1"));
	}
}

TEST(match)
{
	struct job_marks marks = { .limit = limit_of(unlimited, "r.7"),
		.runner = unlimited };

	CHECK(job_marks_match(&marks, "r.7"));
	CHECK(job_marks_match(&marks, "r"));
	CHECK(!job_marks_match(&marks, "r.8"));
	CHECK(!job_marks_match(&marks, "s"));
	CHECK(!job_marks_match(&marks, ""));
	marks.limit = (struct rlimit){ 0, 0 };
	CHECK(!job_marks_match(&marks, "r.7"));
	CHECK(!job_marks_match(&marks, "r"));
	(void)snprintf(marks.environment, sizeof(marks.environment), "o.1/r.7");
	CHECK(job_marks_match(&marks, "r.7"));
	CHECK(job_marks_match(&marks, "o"));
}

/* What a child has set is read, and what its own child inherits. */
TEST(read_it)
{
	struct rlimit limited;
	char name[] = "sleep", seconds[] = "1000";
	char *const argv[] = { name, seconds, NULL }, *none[] = { NULL };
	struct job_marks marks;
	int ends[2];
	pid_t pid;
	char byte;

	CHECK_INT(getrlimit(RLIMIT_LOCKS, &limited), 0);
	rlimit_mark_set(&limited, rlimit_mark_of("r.7"));
	job_marks_read(getpid(), &marks);
	CHECK(!job_marks_match(&marks, "r.7"));
	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)setrlimit(RLIMIT_LOCKS, &limited);
		(void)execve("/bin/sleep", argv, none);
		_exit(127);
	}
	(void)close(ends[1]);
	CHECK_INT(read(ends[0], &byte, 1), 0);
	job_marks_read(pid, &marks);
	CHECK_STR(marks.environment, "");
	CHECK(marks.limit.rlim_cur == limited.rlim_cur);
	CHECK(marks.limit.rlim_max == limited.rlim_max);
	CHECK(job_marks_match(&marks, "r.7"));
	(void)kill(pid, SIGKILL);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	(void)close(ends[0]);
	/* It is nobody's any more. */
	job_marks_read(pid, &marks);
	CHECK(marks.limit.rlim_cur == 0);
}
