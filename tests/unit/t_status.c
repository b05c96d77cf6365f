/* SPDX-License-Identifier: ISC */

/* status: exit statuses are those that a shell would report. */
#include <sys/wait.h>

#include <errno.h>

#include "base/proc.h"
#include "t.h"

static int
status_of_child(int code, int kill_by, int *sig)
{
	siginfo_t info;
	pid_t pid = fork();

	CHECK(pid != -1);
	if (pid == 0) {
		if (kill_by != 0)
			(void)raise(kill_by);
		_exit(code);
	}
	CHECK_INT(waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	return status_of(&info, sig);
}

TEST(exited)
{
	int sig = -1;

	CHECK_INT(status_of_child(0, 0, &sig), 0);
	CHECK_INT(sig, 0);
	CHECK_INT(status_of_child(255, 0, &sig), 255);
	CHECK_INT(sig, 0);
}

TEST(killed)
{
	int sig = -1;

	CHECK_INT(status_of_child(0, SIGKILL, &sig), 128 + SIGKILL);
	CHECK_INT(sig, SIGKILL);
	CHECK_INT(status_of_child(0, SIGABRT, &sig), 128 + SIGABRT);
	CHECK_INT(sig, SIGABRT);
}

TEST(exec_error)
{
	CHECK_INT(status_of_exec_error(ENOENT), 127);
	CHECK_INT(status_of_exec_error(ENOTDIR), 127);
	CHECK_INT(status_of_exec_error(EACCES), 126);
	CHECK_INT(status_of_exec_error(ENOEXEC), 126);
	CHECK_INT(status_of_exec_error(E2BIG), 126);
}

TEST(names)
{
	CHECK_INT(status_signal("TERM", 4), SIGTERM);
	CHECK_INT(status_signal("term,x", 4), SIGTERM);
	CHECK_INT(status_signal("SIGkill", 7), SIGKILL);
	CHECK_INT(status_signal("15", 2), 15);
	CHECK_INT(status_signal("64", 2), 64);
	CHECK_INT(status_signal("65", 2), 0);
	CHECK_INT(status_signal("0", 1), 0);
	CHECK_INT(status_signal("", 0), 0);
	CHECK_INT(status_signal("SIG", 3), 0);
	CHECK_INT(status_signal("TER", 3), 0);
	CHECK_INT(status_signal("-1", 2), 0);
	CHECK_INT(status_signal("1x", 2), 0);
	CHECK_INT(status_signal("100", 3), 0);
}
