/* SPDX-License-Identifier: ISC */

/* The folder of semaphores: names of any bytes, and no access for other users. */
#include "base/clock.h"
#include "ipc/named_sem.h"
#include "test_util.h"

#define SOON clock_deadline(60)

static void
open_named(struct named_sem *n, const char *name, unsigned value)
{
	CHECK_INT(named_sem_init(n, "d", name, value), 0);
}

TEST(any_name)
{
	static const char *const names[] = { "", ".", "..", "/", "a/b", "a%2Fb",
		"../x", "\n", "\xff\x01", "tty /dev/pts/1", "-x", "A", "a" };
	struct named_sem n[sizeof(names) / sizeof(names[0])];
	char longest[400];

	util_folder();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		open_named(&n[i], names[i], 1);
		/* Each name has a file of its own. */
		CHECK_INT(named_sem_try(&n[i]), 0);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		named_sem_fini(&n[i]);
	memset(longest, 'n', sizeof(longest));
	longest[251] = '\0';
	open_named(&n[0], longest, 1);
	CHECK_INT(named_sem_try(&n[0]), 0);
	named_sem_fini(&n[0]);
	longest[251] = 'n', longest[252] = '\0';
	CHECK_INT(named_sem_init(&n[0], "d", longest, 1), -ENAMETOOLONG);
	longest[249] = '/', longest[250] = '\0';
	CHECK_INT(named_sem_init(&n[0], "d", longest, 1), -ENAMETOOLONG);
}

TEST(the_folder_is_private)
{
	struct named_sem n;
	struct stat st;

	util_folder();
	umask(0);
	open_named(&n, "x", 1);
	CHECK_INT(named_sem_try(&n), 0);
	CHECK_INT(stat("d", &st), 0);
	CHECK_INT(st.st_mode & 07777, 0700);
	CHECK_INT(stat("d/sem-x", &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	named_sem_fini(&n);
	CHECK_INT(chmod("d", 0750), 0);
	CHECK_INT(named_sem_init(&n, "d", "x", 1), -EACCES);
	CHECK_INT(named_sem_init(&n, "missing/d", "x", 1), -ENOENT);
	CHECK_INT(named_sem_init(&n, "d/sem-x", "x", 1), -ENOTDIR);
}

TEST(follows_no_link)
{
	struct named_sem n;

	util_folder();
	CHECK_INT(mkdir("real", 0700), 0);
	CHECK_INT(symlink("real", "link"), 0);
	CHECK_INT(named_sem_init(&n, "link", "x", 1), -ENOTDIR);
	CHECK_INT(named_sem_init(&n, "link///", "x", 1), -ENOTDIR);
	CHECK_INT(named_sem_init(&n, "real/", "x", 1), 0);
	CHECK_INT(symlink("elsewhere", "real/sem-x"), 0);
	CHECK_INT(named_sem_try(&n), -ELOOP);
	CHECK_INT(access("real/elsewhere", F_OK), -1);
	CHECK_INT(unlink("real/sem-x"), 0);
	CHECK_INT(mkfifo("real/sem-x", 0600), 0);
	CHECK_INT(named_sem_try(&n), -EPERM);
	CHECK_INT(named_sem_acquire(&n, SOON), -EPERM);
	named_sem_fini(&n);
}

TEST(enters_no_folder_of_another)
{
	struct named_sem n;

	util_folder();
	CHECK_INT(mkdir("theirs", 0700), 0);
	if (geteuid() == 0)
		CHECK_INT(chown("theirs", 65534, 65534), 0);
	else
		CHECK_INT(seteuid(geteuid()), 0);
	CHECK_INT(named_sem_init(&n, geteuid() == 0 ? "theirs" : "/root", "x",
		      1),
	    geteuid() == 0 ? -EPERM : -EACCES);
}
