/* SPDX-License-Identifier: ISC */

/* rlimit_mark: by what a job's processes are known when they have thrown all away. */
#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "kill/job_mark.h"
#include "process/rlimit_mark.h"
#include "t.h"

TEST(of_marks)
{
	const char *marks[] = { "a-1.1", "a-1.2", "a-2.1", "b-1.1",
		"a-1.4294967295" };

	for (size_t i = 0; i < 5; i++) {
		CHECK(rlimit_mark_is_free(rlimit_mark_of(marks[i])));
		CHECK(rlimit_mark_of(marks[i]) < RLIM_INFINITY);
		for (size_t j = 0; j < i; j++)
			CHECK(rlimit_mark_of(marks[i]) !=
			    rlimit_mark_of(marks[j]));
	}
	CHECK(rlimit_mark_is_free(RLIM_INFINITY));
	CHECK(!rlimit_mark_is_free(0));
	CHECK(!rlimit_mark_is_free(1000000));
}

TEST(match)
{
	struct job_marks marks = { .limit = rlimit_mark_of("r.7") };

	CHECK(job_marks_match(&marks, "r.7"));
	CHECK(job_marks_match(&marks, "r"));
	CHECK(!job_marks_match(&marks, "r.8"));
	CHECK(!job_marks_match(&marks, "s"));
	CHECK(!job_marks_match(&marks, ""));
	marks.limit = 0;
	CHECK(!job_marks_match(&marks, "r.7"));
	CHECK(!job_marks_match(&marks, "r"));
	(void)snprintf(marks.environment, sizeof(marks.environment), "o.1/r.7");
	CHECK(job_marks_match(&marks, "r.7"));
	CHECK(job_marks_match(&marks, "o"));
}

/* What a child has set is read, and what its own child inherits. */
TEST(read_it)
{
	const struct rlimit limited = { rlimit_mark_of("r.7"), RLIM_INFINITY };
	char name[] = "sleep", seconds[] = "1000";
	char *const argv[] = { name, seconds, NULL }, *none[] = { NULL };
	struct job_marks marks;
	int ends[2];
	pid_t pid;
	char byte;

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
	CHECK(marks.limit == limited.rlim_cur);
	(void)kill(pid, SIGKILL);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	(void)close(ends[0]);
	/* It is nobody's any more. */
	job_marks_read(pid, &marks);
	CHECK(marks.limit == 0);
}
