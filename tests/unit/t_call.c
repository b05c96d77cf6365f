/* SPDX-License-Identifier: ISC */

/* call: one command, what it said and how it ended. */
#include "prun.h"
#include "test_util.h"

TEST(call)
{
	struct prun_spec spec = { .size = sizeof(spec), .command = "exit 3" };
	int before = util_open_fds();
	struct prun_result r = { .size = sizeof(r) };

	CHECK_INT(prun_call(&spec, &r), 0);
	CHECK_INT(r.status, 3);
	CHECK_INT(prun_call(&spec, NULL), 0);
	CHECK_INT(prun_check_call(&spec, NULL), -ECHILD);
	spec.command = "exit 0";
	CHECK_INT(prun_check_call(&spec, &r), 0);
	CHECK_INT(r.status, 0);
	spec.command = "kill -KILL $$";
	CHECK_INT(prun_check_call(&spec, &r), -ECHILD);
	CHECK_INT(r.signal, SIGKILL);
	CHECK_INT(util_open_fds(), before);
}

TEST(not_started)
{
	const char *argv[] = { "no-such-program", NULL };
	struct prun_spec spec = { .size = sizeof(spec), .argv = argv };
	struct prun_result r = { .size = sizeof(r) };
	char *out;
	size_t len;

	CHECK_INT(prun_call(&spec, &r), -ENOENT);
	CHECK_INT(r.flags, PRUN_RESULT_NOT_STARTED);
	CHECK_INT(r.status, 127);
	CHECK_INT(prun_check_call(&spec, NULL), -ENOENT);
	CHECK_INT(prun_check_output(&spec, &out, &len, NULL), -ENOENT);
	CHECK(out == NULL);
	CHECK_INT(prun_call(&(struct prun_spec){ .size =
						     sizeof(struct prun_spec) },
		      &r),
	    -EINVAL);
}

TEST(check_output)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "printf 'a\\0b'" };
	struct prun_result r = { .size = sizeof(r) };
	char *out;
	size_t len;

	CHECK_INT(prun_check_output(&spec, &out, &len, &r), 0);
	CHECK_MEM(out, len, "a\0b", 3);
	CHECK_INT(out[3], '\0');
	CHECK_INT(r.out_bytes, 3);
	free(out);
	spec.command = "echo why; exit 9";
	spec.out.kind = PRUN_STDIO_NULL; /* is of no account */
	CHECK_INT(prun_check_output(&spec, &out, &len, &r), -ECHILD);
	CHECK_STR(out, "why\n");
	CHECK_INT(r.status, 9);
	free(out);
	spec.command = ":";
	CHECK_INT(prun_check_output(&spec, &out, NULL, NULL), 0);
	CHECK_STR(out, "");
	free(out);
	spec.command = "echo out; echo err >&2";
	spec.err.kind = PRUN_STDIO_STDOUT;
	CHECK_INT(prun_check_output(&spec, &out, NULL, NULL), 0);
	CHECK_STR(out, "out\nerr\n");
	free(out);
	spec.command = "test -t 1 && echo terminal";
	spec.out.kind = PRUN_STDIO_PTY;
	CHECK_INT(prun_check_output(&spec, &out, NULL, NULL), 0);
	CHECK_STR(out, "terminal\n");
	free(out);
	/* Nobody would read it. */
	CHECK_INT(prun_call(&spec, &r), -EINVAL);
}

/* stderr is the caller's, not captured, not in out. */
TEST(check_output_stderr)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "echo out; echo err >&2" };
	char *out, got[16] = "";
	int fds[2];

	CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
	CHECK_INT(dup2(fds[1], 2), 2);
	CHECK_INT(prun_check_output(&spec, &out, NULL, NULL), 0);
	CHECK_STR(out, "out\n");
	CHECK_INT(util_read_now(fds[0], got, sizeof(got) - 1), 4);
	CHECK_STR(got, "err\n");
	free(out);
	close(2);
	CHECK_INT(prun_check_output(&spec, &out, NULL, NULL), 0);
	CHECK_STR(out, "out\n");
	free(out);
}

TEST(check_output_much)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "seq 1 1000000" };
	char *out, *at;
	size_t len;

	CHECK_INT(prun_check_output(&spec, &out, &len, NULL), 0);
	CHECK_INT(len, 6888896);
	at = out;
	for (long i = 1; i <= 1000000; i++, at++)
		CHECK_INT(strtol(at, &at, 10), i);
	free(out);
}

TEST(timeout)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.timeout = 0.2,
		.command = "echo before; (trap '' TERM; echo $$ >pid;"
			   " exec sleep 1000)" };
	struct prun_result r = { .size = sizeof(r) };
	char *out;

	util_folder();
	CHECK_INT(prun_check_output(&spec, &out, NULL, &r), -ECHILD);
	CHECK_STR(out, "before\n");
	CHECK_INT(r.flags, PRUN_RESULT_TIMED_OUT);
	CHECK(!util_lives(r.pid));
	free(out);
	spec.out.kind = PRUN_STDIO_NULL;
	CHECK_INT(prun_call(&spec, &r), 0);
	CHECK_INT(r.flags, PRUN_RESULT_TIMED_OUT);
	CHECK(r.status > 128);
}

/* The host ignores SIGCHLD: nobody can tell how the command ended. */
TEST(status_unknown)
{
	struct prun_spec spec = { .size = sizeof(spec), .command = "echo x" };
	struct prun_result r = { .size = sizeof(r) };
	char *out;

	(void)signal(SIGCHLD, SIG_IGN);
	CHECK_INT(prun_check_output(&spec, &out, NULL, NULL), -ENODATA);
	CHECK_STR(out, "x\n");
	free(out);
	spec.command = "exit 0";
	CHECK_INT(prun_call(&spec, &r), 0);
	CHECK_INT(r.flags, PRUN_RESULT_STATUS_UNKNOWN);
	CHECK_INT(r.status, 255);
	CHECK_INT(prun_check_call(&spec, NULL), -ENODATA);
}

/* The command is where the terminal's keys reach it, unless the spec says otherwise. */
TEST(group)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "test $(ps -o pgid= -p $$) = $PARENT" };
	struct prun_result r = { .size = sizeof(r) };
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", (int)getpgrp());
	CHECK_INT(setenv("PARENT", number, 1), 0);
	CHECK_INT(prun_check_call(&spec, NULL), 0);
	spec.flags = PRUN_SPEC_NEW_GROUP;
	CHECK_INT(prun_check_call(&spec, &r), -ECHILD);
	CHECK_INT(r.status, 1);
}

/* What a child of the command writes belongs to the output, however late. */
TEST(check_output_of_a_child)
{
	struct prun_spec spec = {
		.size = sizeof(spec),
		.command = "(read x <fifo; echo late) & echo now; exec 3>fifo"
	};
	char *out;

	util_folder();
	util_fifo("fifo");
	CHECK_INT(prun_check_output(&spec, &out, NULL, NULL), 0);
	CHECK_STR(out, "now\nlate\n");
	free(out);
}

/* The command is gone, and its child holds the pipe: the time is up for it, too. */
TEST(check_output_of_a_child_in_time)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.timeout = 0.3,
		.command = "sleep 1000 & echo $! >pid; echo x" };
	struct prun_result r = { .size = sizeof(r) };
	char *out;

	util_folder();
	CHECK_INT(prun_check_output(&spec, &out, NULL, &r), -ECHILD);
	CHECK_STR(out, "x\n");
	CHECK_INT(r.status, 0);
	CHECK_INT(r.flags & PRUN_RESULT_TIMED_OUT, PRUN_RESULT_TIMED_OUT);
	AWAIT(!util_lives(util_pid("pid")));
	free(out);
}

TEST(session_and_umask)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.flags = PRUN_SPEC_NEW_SESSION | PRUN_SPEC_SET_UMASK,
		.umask = 027,
		.command = "umask; test $(ps -o sid= -p $$) = $$ && echo own" };
	char *out;

	CHECK_INT(prun_check_output(&spec, &out, NULL, NULL), 0);
	CHECK_STR(out, "0027\nown\n");
	free(out);
}

/* By their numbers; all others are closed.  (The shell opens the folder itself.) */
TEST(passed_descriptors)
{
	int fds[3], pass[2];
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "for i in /proc/$$/fd/[0-9]*; do "
			   "test ${i##*/} -gt 20 && "
			   "echo ${i##*/}; done; true",
		.pass = pass,
		.npass = 2,
		.flags = PRUN_SPEC_CLOSE_FDS };
	char *out, want[32];

	for (int i = 0; i < 3; i++)
		fds[i] = fcntl(2, i == 1 ? F_DUPFD : F_DUPFD_CLOEXEC, 40 + i);
	CHECK(fds[2] != -1);
	pass[0] = fds[2];
	pass[1] = fds[0];
	CHECK_INT(prun_check_output(&spec, &out, NULL, NULL), 0);
	(void)snprintf(want, sizeof(want), "%d\n%d\n", fds[0], fds[2]);
	CHECK_STR(out, want);
	free(out);
	CHECK_INT(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	pass[1] = 77;
	CHECK_INT(prun_call(&spec, NULL), -EBADF);
	pass[1] = 2;
	CHECK_INT(prun_call(&spec, NULL), -EINVAL);
}

TEST(check_output_with_input)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "cat",
		.in.kind = PRUN_STDIO_PIPE,
		.input = { "abc", 3, 0, 0, 0 } };
	char *out;

	CHECK_INT(prun_check_output(&spec, &out, NULL, NULL), 0);
	CHECK_STR(out, "abc");
	free(out);
}
