/* SPDX-License-Identifier: ISC */

/* cpu: quotas of made-up machines, and the mask of this one. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>

#include "process/cpu.h"
#include "t.h"

#define MOUNT_V2 \
	"30 20 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n"
#define MOUNT_V1 \
	"31 20 0:27 / /sys/fs/cgroup/cpu rw shared:5 - cgroup cgroup rw,cpu,cpuacct\n"
#define OTHER_MOUNTS \
	"22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n" \
	"23 22 0:21 / /proc rw shared:1 master:2 - proc proc rw\n" \
	"24 22 0:27 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n" \
	"25 22 0:27 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n"

static char root[] = "/tmp/t_cpu.XXXXXX";

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void
remove_root(void)
{
	(void)nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void
put(const char *path, const char *text)
{
	char name[PATH_MAX];
	FILE *file;

	(void)snprintf(name, sizeof(name), "%s%s", root, path);
	for (char *at = name + strlen(root) + 1; (at = strchr(at, '/')) != NULL;
	     at++) {
		*at = '\0';
		CHECK(mkdir(name, 0700) == 0 || errno == EEXIST);
		*at = '/';
	}
	file = fopen(name, "w");
	CHECK(file != NULL);
	CHECK(fputs(text, file) >= 0);
	CHECK_INT(fclose(file), 0);
}

/* With these two files; it is gone when the test returns. */
static void
machine(const char *cgroup, const char *mountinfo)
{
	CHECK(mkdtemp(root) != NULL);
	CHECK_INT(atexit(remove_root), 0);
	put("/proc/self/cgroup", cgroup);
	put("/proc/self/mountinfo", mountinfo);
}

TEST(nothing_there)
{
	CHECK_INT(cpu_quota("/proc/none"), INT_MAX);
}

TEST(no_mounts)
{
	machine("0::/a\n", "");
	put("/sys/fs/cgroup/a/cpu.max", "100000 100000\n");
	CHECK_INT(cpu_quota(root), INT_MAX);
}

TEST(v2)
{
	machine("0::/a/b\n", OTHER_MOUNTS MOUNT_V2);
	CHECK_INT(cpu_quota(root), INT_MAX);
	put("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
	CHECK_INT(cpu_quota(root), INT_MAX);
	put("/sys/fs/cgroup/a/b/cpu.max", "300000 100000\n");
	CHECK_INT(cpu_quota(root), 3);
	put("/sys/fs/cgroup/a/b/cpu.max", "300001 100000\n");
	CHECK_INT(cpu_quota(root), 4);
	put("/sys/fs/cgroup/a/b/cpu.max", "1000 100000\n");
	CHECK_INT(cpu_quota(root), 1);
	put("/sys/fs/cgroup/a/b/cpu.max", "25000 50000\n");
	CHECK_INT(cpu_quota(root), 1);
}

TEST(v2_ancestors)
{
	machine("0::/a/b/c\n", MOUNT_V2);
	put("/sys/fs/cgroup/a/b/c/cpu.max", "800000 100000\n");
	CHECK_INT(cpu_quota(root), 8);
	put("/sys/fs/cgroup/a/cpu.max", "500000 100000\n");
	CHECK_INT(cpu_quota(root), 5);
	put("/sys/fs/cgroup/a/b/cpu.max", "600000 100000\n");
	CHECK_INT(cpu_quota(root), 5);
	/* The root of a container's namespace has one. */
	put("/sys/fs/cgroup/cpu.max", "400000 100000\n");
	CHECK_INT(cpu_quota(root), 4);
	/* Above the mount is another world, and so is what is beside the path. */
	put("/sys/fs/cpu.max", "100000 100000\n");
	put("/sys/fs/cgroup/a/b/c/d/cpu.max", "100000 100000\n");
	put("/sys/fs/cgroup/b/cpu.max", "100000 100000\n");
	CHECK_INT(cpu_quota(root), 4);
}

TEST(v2_namespace_root)
{
	machine("0::/\n", MOUNT_V2);
	put("/sys/fs/cgroup/cpu.max", "200000 100000\n");
	CHECK_INT(cpu_quota(root), 2);
}

TEST(v1)
{
	machine("4:cpuset:/x\n3:cpuacct:/y\n2:memory:/z\n1:cpu,cpuacct:/a/b\n",
	    OTHER_MOUNTS MOUNT_V1);
	put("/sys/fs/cgroup/cpuset/a/b/cpu.cfs_quota_us", "100000\n");
	put("/sys/fs/cgroup/cpuset/a/b/cpu.cfs_period_us", "100000\n");
	CHECK_INT(cpu_quota(root), INT_MAX);
	put("/sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us", "-1\n");
	put("/sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us", "100000\n");
	CHECK_INT(cpu_quota(root), INT_MAX);
	put("/sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us", "250000\n");
	CHECK_INT(cpu_quota(root), 3);
	put("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "100000\n");
	CHECK_INT(cpu_quota(root), 3); /* no period */
	put("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "50000\n");
	CHECK_INT(cpu_quota(root), 2);
	put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "1\n");
	put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "50000\n");
	CHECK_INT(cpu_quota(root), 1);
}

TEST(hybrid)
{
	machine("9:name=systemd:/s\n1:cpu:/one\n0::/two\n",
	    OTHER_MOUNTS
	    "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
	    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
	put("/sys/fs/cgroup/cpu/one/cpu.cfs_quota_us", "700000\n");
	put("/sys/fs/cgroup/cpu/one/cpu.cfs_period_us", "100000\n");
	CHECK_INT(cpu_quota(root), 7);
	put("/sys/fs/cgroup/unified/two/cpu.max", "600000 100000\n");
	CHECK_INT(cpu_quota(root), 6);
	put("/sys/fs/cgroup/unified/one/cpu.max", "100000 100000\n");
	put("/sys/fs/cgroup/unified/s/cpu.max", "100000 100000\n");
	CHECK_INT(cpu_quota(root), 6);
}

/* A container without a cgroup namespace: the mount shows a part of the tree. */
TEST(mount_root)
{
	machine("1:cpu,cpuacct:/docker/abc/inner\n0::/docker/abc/inner\n",
	    "31 20 0:27 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n"
	    "32 20 0:28 /docker/ab /mnt rw - cgroup2 none rw\n");
	put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "400000\n");
	put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
	CHECK_INT(cpu_quota(root), 4);
	put("/sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us", "300000\n");
	put("/sys/fs/cgroup/cpu/inner/cpu.cfs_period_us", "100000\n");
	CHECK_INT(cpu_quota(root), 3);
	/* /docker/ab is no ancestor of /docker/abc. */
	put("/mnt/cpu.max", "100000 100000\n");
	put("/mnt/c/inner/cpu.max", "100000 100000\n");
	CHECK_INT(cpu_quota(root), 3);
}

TEST(mount_root_is_own)
{
	machine("0::/docker/abc\n",
	    "32 20 0:28 /docker/abc /sys/fs/cgroup rw - cgroup2 none rw\n");
	put("/sys/fs/cgroup/cpu.max", "200000 100000\n");
	put("/sys/fs/cgroup/docker/abc/cpu.max", "100000 100000\n");
	CHECK_INT(cpu_quota(root), 2);
}

TEST(escaped_names)
{
	machine("0::/a b\\c/d\n",
	    "32 20 0:28 /a\\040b\\134c /sys/my\\040cgroup\\011x rw - cgroup2 none rw\n");
	put("/sys/my cgroup\tx/d/cpu.max", "200000 100000\n");
	CHECK_INT(cpu_quota(root), 2);
}

TEST(colon_in_path)
{
	machine("0::/a:b/c\n", MOUNT_V2);
	put("/sys/fs/cgroup/a:b/c/cpu.max", "200000 100000\n");
	CHECK_INT(cpu_quota(root), 2);
}

TEST(bad_quota)
{
	static const char *const bad[] = { "", "\n", "max", "max\n", "100000",
		"100000\n", "100000 \n", "100000 0\n", "0 100000\n",
		"-5 100000\n", "100000 -1\n", "x 100000\n", "100000 y\n",
		"1x 100000\n", "100000 1z\n",
		"99999999999999999999999 100000\n", "  \n",
		"100000 99999999999999999999999\n", "9223372036854775807 1\n" };

	machine("0::/a\n", MOUNT_V2);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		put("/sys/fs/cgroup/a/cpu.max", bad[i]);
		CHECK_INT(cpu_quota(root), INT_MAX);
	}
	/* A directory, and no bad word about the good one above. */
	put("/sys/fs/cgroup/b/cpu.max/x", "");
	put("/proc/self/cgroup", "0::/b\n");
	put("/sys/fs/cgroup/cpu.max", "100000 100000\n");
	CHECK_INT(cpu_quota(root), 1);
}

TEST(bad_lists)
{
	static const char *const bad[] = { "", "\n\n", "0\n", "0:\n", "0::\n",
		"::::", "0:cpu:relative\n", "1:cpu\n", "junk",
		"0::relative/path\n" };
	static const char *const mounts[] = { "", "\n", "1\n", "1 2 3 4\n",
		"1 2 3 / /sys/fs/cgroup rw\n", "1 2 3 / /sys/fs/cgroup rw -\n",
		"1 2 3 / /sys/fs/cgroup rw - cgroup2\n",
		"1 2 3 / /sys/fs/cgroup rw - cgroup2 x\n", " - \n",
		"- - - - - - -" };

	machine("", MOUNT_V2 MOUNT_V1);
	put("/sys/fs/cgroup/cpu.max", "100000 100000\n");
	put("/sys/fs/cgroup/relative/path/cpu.max", "100000 100000\n");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		put("/proc/self/cgroup", bad[i]);
		CHECK_INT(cpu_quota(root), INT_MAX);
	}
	put("/proc/self/cgroup", "0::/\n");
	CHECK_INT(cpu_quota(root), 1);
	for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		put("/proc/self/mountinfo", mounts[i]);
		CHECK_INT(cpu_quota(root), INT_MAX);
	}
}

/* More than is read at once, with the line that counts at its end. */
TEST(long_mountinfo)
{
	static char text[200000];
	size_t length = 0;

	while (length < sizeof(text) - 1000)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
		    "%zu 22 0:21 / /mnt/%zu rw shared:1 - overlay overlay rw,lowerdir=/%0500d\n",
		    length, length, 0);
	(void)snprintf(text + length, sizeof(text) - length, "%s", MOUNT_V2);
	machine("0::/a\n", text);
	put("/sys/fs/cgroup/a/cpu.max", "200000 100000\n");
	CHECK_INT(cpu_quota(root), 2);
}

TEST(long_path)
{
	static char text[PATH_MAX * 2];
	size_t length = (size_t)snprintf(text, sizeof(text), "0::");

	while (length < sizeof(text) - 10)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
		    "/abc");
	machine(text, MOUNT_V2);
	CHECK_INT(cpu_quota(root), INT_MAX);
}

static int
write_text(const char *folder, const char *name, const char *text)
{
	char path[PATH_MAX];
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd != -1) {
		n = write(fd, text, strlen(text));
		(void)close(fd);
	}
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Returns false if this process may not make a cgroup that has the cpu controller. */
static bool
make_cgroup(char *folder, const char *point, const char *file,
    const char *quota)
{
	(void)snprintf(folder, PATH_MAX, "%s/t_cpu.%ld", point, (long)getpid());
	if (mkdir(folder, 0700) == -1)
		return false;
	if (write_text(folder, file, quota) == 0)
		return true;
	(void)rmdir(folder);
	return false;
}

/* Where this process may make a real cgroup, that one's quota counts. */
TEST(real_cgroup)
{
	const int all = cpu_quota("");
	char folder[PATH_MAX];
	int quota = 0, status;
	pid_t pid;

	if (!make_cgroup(folder, "/sys/fs/cgroup/cpu", "cpu.cfs_quota_us",
		"50000") &&
	    !make_cgroup(folder, "/sys/fs/cgroup", "cpu.max", "50000 100000"))
		return;
	pid = fork();
	if (pid == 0) {
		if (write_text(folder, "cgroup.procs", "0") == 0)
			quota = cpu_quota("");
		_exit(quota == INT_MAX ? 255 : quota);
	}
	CHECK(pid > 0);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	/* The kernel empties the cgroup soon after its last process has been reaped. */
	while (rmdir(folder) == -1 && errno == EBUSY)
		continue;
	/* 0: the process may make a cgroup, but not move into it. */
	CHECK(status == 0 || WEXITSTATUS(status) == 1);
	CHECK_INT(cpu_quota(""), all);
}

/* The affinity mask counts, and wins when it is the smallest. */
TEST(affinity)
{
	cpu_set_t mask, one;
	int all = cpu_count(), cpu;

	CHECK(all >= 1);
	CHECK_INT(sched_getaffinity(0, sizeof(mask), &mask), 0);
	CHECK(all <= CPU_COUNT(&mask));
	for (cpu = 0; !CPU_ISSET(cpu, &mask); cpu++)
		continue;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	CHECK_INT(sched_setaffinity(0, sizeof(one), &one), 0);
	CHECK_INT(cpu_count(), 1);
	CHECK_INT(sched_setaffinity(0, sizeof(mask), &mask), 0);
	CHECK_INT(cpu_count(), all);
}
