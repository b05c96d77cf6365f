/* SPDX-License-Identifier: ISC */

/* prun_event: the flag that processes share. */
#include "prun.h"
#include "test_util.h"

#define WAITERS 4

static struct prun_event *
event(void)
{
	struct prun_event *e;

	CHECK_INT(prun_event_new_shared(&e), 0);
	return e;
}

TEST(stays_set_until_cleared)
{
	int before = util_open_fds();
	struct prun_event *e = event();

	CHECK(prun_event_fd(e) > 2);
	CHECK(fcntl(prun_event_fd(e), F_GETFD) & FD_CLOEXEC);
	CHECK(!prun_event_is_set(e));
	CHECK_INT(prun_event_wait(e, 0), -ETIMEDOUT);
	prun_event_set(e);
	prun_event_set(e);
	CHECK(prun_event_is_set(e));
	CHECK_INT(prun_event_wait(e, -1), 0);
	CHECK_INT(prun_event_wait(e, 0), 0);
	prun_event_clear(e);
	CHECK(!prun_event_is_set(e));
	prun_event_clear(e);
	CHECK_INT(prun_event_wait(e, 0.01), -ETIMEDOUT);
	prun_event_free(e);
	CHECK_INT(util_open_fds(), before);
}

static int
wait_and_tell(void *arg)
{
	return prun_event_wait(arg, 60) == 0 ? 0 : 1;
}

/* Does it sleep in poll(2)?  Not known where the kernel does not tell. */
static bool
sleeps(pid_t pid)
{
	char path[64], state = 0;
	FILE *stat;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	stat = fopen(path, "re");
	CHECK(stat != NULL);
	CHECK_INT(fscanf(stat, "%*d %*s %c", &state), 1);
	fclose(stat);
	return state == 'S';
}

/* Half of those that wait are killed; the others are woken all the same. */
TEST(wakes_all_but_the_killed)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.flags = PRUN_SPEC_DIE_WITH_PARENT };
	struct prun_event *e = event();
	struct prun_process *p[WAITERS];
	struct prun_result r = { .size = sizeof(r) };

	for (int i = 0; i < WAITERS; i++)
		CHECK_INT(prun_process_start_fn(&spec, "waiter", wait_and_tell,
			      e, &p[i]),
		    0);
	for (int i = 0; i < WAITERS; i++)
		AWAIT(sleeps(prun_process_pid(p[i])));
	for (int i = 0; i < WAITERS; i += 2)
		CHECK_INT(prun_process_kill(p[i]), 0);
	prun_event_set(e);
	for (int i = 0; i < WAITERS; i++) {
		CHECK_INT(prun_process_wait(p[i], 60, &r), 0);
		CHECK_INT(r.signal, i % 2 == 0 ? SIGKILL : 0);
		CHECK(r.signal != 0 || r.status == 0);
		prun_process_free(p[i]);
	}
	CHECK(prun_event_is_set(e));
	prun_event_free(e);
}

/* A program in another language sets and clears it. */
TEST(is_passed_to_a_program)
{
	static const char
	    code[] = "import os, select, sys\n"
		     "done, go = int(sys.argv[1]), int(sys.argv[2])\n"
		     "select.select([go], [], [])\n"
		     "os.read(go, 8)\n"
		     "os.write(done, (1).to_bytes(8, sys.byteorder))\n";
	struct prun_event *done = event(), *go = event();
	int pass[] = { prun_event_fd(done), prun_event_fd(go) };
	char first[16], second[16];
	const char *argv[] = { "python3", "-c", code, first, second, NULL };
	struct prun_spec spec = { .size = sizeof(spec),
		.argv = argv,
		.pass = pass,
		.npass = 2 };
	struct prun_process *p;

	(void)snprintf(first, sizeof(first), "%d", pass[0]);
	(void)snprintf(second, sizeof(second), "%d", pass[1]);
	CHECK_INT(prun_process_start(&spec, &p), 0);
	prun_event_set(go);
	CHECK_INT(prun_event_wait(done, 60), 0);
	CHECK(!prun_event_is_set(go));
	CHECK_INT(prun_process_wait(p, 60, NULL), 0);
	prun_process_free(p);
	prun_event_free(done);
	prun_event_free(go);
}

TEST(not_a_shared_event)
{
	struct prun_event *e;
	int before = util_open_fds(), fds[2];

	CHECK_INT(prun_event_new(&e), 0);
	CHECK_INT(prun_event_fd(e), -1);
	prun_event_free(e);
	CHECK_INT(prun_event_from_fd(-1, &e), -EBADF);
	CHECK_INT(pipe(fds), 0);
	CHECK_INT(prun_event_from_fd(fds[0], &e), -EINVAL);
	CHECK_INT(prun_event_from_fd(fds[1], &e), -EINVAL);
	CHECK_INT(close(fds[0]), 0);
	CHECK_INT(close(fds[1]), 0);
	CHECK_INT(util_open_fds(), before);
}
