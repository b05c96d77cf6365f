/* SPDX-License-Identifier: ISC */

/* The folder of semaphores: names of any bytes, and no access for other users. */
#include "prun.h"
#include "test_util.h"

static void
open_named(struct prun_named_sem **n, const char *name, unsigned value)
{
	CHECK_INT(prun_named_sem_open("d", name, value, n), 0);
}

TEST(any_name)
{
	static const char *const names[] = { "", ".", "..", "/", "a/b", "a%2Fb",
		"../x", "\n", "\xff\x01", "tty /dev/pts/1", "-x", "A", "a" };
	struct prun_named_sem *n[sizeof(names) / sizeof(names[0])];
	char longest[400];

	util_folder();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		open_named(&n[i], names[i], 1);
		/* Each name has a file of its own. */
		CHECK_INT(prun_named_sem_try(n[i]), 0);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		prun_named_sem_free(n[i]);
	memset(longest, 'n', sizeof(longest));
	longest[251] = '\0';
	open_named(&n[0], longest, 1);
	CHECK_INT(prun_named_sem_try(n[0]), 0);
	prun_named_sem_free(n[0]);
	longest[251] = 'n', longest[252] = '\0';
	CHECK_INT(prun_named_sem_open("d", longest, 1, &n[0]), -ENAMETOOLONG);
	longest[249] = '/', longest[250] = '\0';
	CHECK_INT(prun_named_sem_open("d", longest, 1, &n[0]), -ENAMETOOLONG);
}

TEST(the_folder_is_private)
{
	struct prun_named_sem *n;
	struct stat st;

	util_folder();
	umask(0);
	open_named(&n, "x", 1);
	CHECK_INT(prun_named_sem_try(n), 0);
	CHECK_INT(stat("d", &st), 0);
	CHECK_INT(st.st_mode & 07777, 0700);
	CHECK_INT(stat("d/sem-x", &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	prun_named_sem_free(n);
	CHECK_INT(chmod("d", 0750), 0);
	CHECK_INT(prun_named_sem_open("d", "x", 1, &n), -EACCES);
	CHECK_INT(prun_named_sem_open("missing/d", "x", 1, &n), -ENOENT);
	CHECK_INT(prun_named_sem_open("d/sem-x", "x", 1, &n), -ENOTDIR);
}

TEST(follows_no_link)
{
	struct prun_named_sem *n;

	util_folder();
	CHECK_INT(mkdir("real", 0700), 0);
	CHECK_INT(symlink("real", "link"), 0);
	CHECK_INT(prun_named_sem_open("link", "x", 1, &n), -ENOTDIR);
	CHECK_INT(prun_named_sem_open("link///", "x", 1, &n), -ENOTDIR);
	CHECK_INT(prun_named_sem_open("real/", "x", 1, &n), 0);
	CHECK_INT(symlink("elsewhere", "real/sem-x"), 0);
	CHECK_INT(prun_named_sem_try(n), -ELOOP);
	CHECK_INT(access("real/elsewhere", F_OK), -1);
	CHECK_INT(unlink("real/sem-x"), 0);
	CHECK_INT(mkfifo("real/sem-x", 0600), 0);
	CHECK_INT(prun_named_sem_try(n), -EPERM);
	CHECK_INT(prun_named_sem_acquire(n, 60), -EPERM);
	prun_named_sem_free(n);
}

TEST(enters_no_folder_of_another)
{
	struct prun_named_sem *n;

	util_folder();
	CHECK_INT(mkdir("theirs", 0700), 0);
	if (geteuid() == 0)
		CHECK_INT(chown("theirs", 65534, 65534), 0);
	else
		CHECK_INT(seteuid(geteuid()), 0);
	CHECK_INT(prun_named_sem_open(geteuid() == 0 ? "theirs" : "/root", "x",
		      1, &n),
	    geteuid() == 0 ? -EPERM : -EACCES);
}
