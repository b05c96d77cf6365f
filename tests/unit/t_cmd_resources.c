/* SPDX-License-Identifier: ISC */

/* What limits of processes leave, in a tree of files like the kernel's. */
#include <sys/stat.h>

#include <stdio.h>

#include "policy/machine.h"
#include "t.h"
#include "test_util.h"

static void
put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	CHECK(file != NULL);
	CHECK(fputs(text, file) != EOF);
	CHECK_INT(fclose(file), 0);
}

static void
put_limit(const char *folder, const char *most, const char *now)
{
	char path[256];

	(void)mkdir(folder, 0700);
	(void)snprintf(path, sizeof(path), "%s/pids.max", folder);
	put(path, most);
	(void)snprintf(path, sizeof(path), "%s/pids.current", folder);
	put(path, now);
}

static void
make_tree(const char *cgroup)
{
	util_folder();
	(void)mkdir("proc", 0700);
	(void)mkdir("proc/self", 0700);
	(void)mkdir("sys", 0700);
	(void)mkdir("sys/fs", 0700);
	(void)mkdir("sys/fs/cgroup", 0700);
	put("proc/self/cgroup", cgroup);
}

TEST(version_2)
{
	make_tree("0::/a/b\n");
	CHECK(process_room_of_cgroup(".") == UINT64_MAX);
	put_limit("sys/fs/cgroup/a", "max\n", "7\n");
	put_limit("sys/fs/cgroup/a/b", "max\n", "7\n");
	CHECK(process_room_of_cgroup(".") == UINT64_MAX);
	put_limit("sys/fs/cgroup/a/b", "30\n", "7\n");
	CHECK_INT(process_room_of_cgroup("."), 23);
	put_limit("sys/fs/cgroup/a", "20\n", "9\n");
	CHECK_INT(process_room_of_cgroup("."), 11);
	put_limit("sys/fs/cgroup/a", "5\n", "9\n");
	CHECK_INT(process_room_of_cgroup("."), 0);
}

/* In a container its own cgroup may be all that is mounted: the path is not there. */
TEST(version_1)
{
	make_tree("9:cpu:/x\n8:pids:/docker/1\n0::/\n");
	put_limit("sys/fs/cgroup/pids", "40\n", "10\n");
	CHECK_INT(process_room_of_cgroup("."), 30);
}

TEST(no_cgroup)
{
	util_folder();
	CHECK(process_room_of_cgroup(".") == UINT64_MAX);
}
