/* SPDX-License-Identifier: ISC */

/*
 * showfds: the descriptors that were open at the start, "NUMBER TARGET" a line.
 */
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void
show(int dir, const char *name)
{
	char target[4096];
	ssize_t n;

	n = readlinkat(dir, name, target, sizeof(target) - 1);
	if (n == -1)
		err(1, "%s", name);
	target[n] = '\0';
	printf("%s %s\n", name, target);
}

int
main(void)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc/self/fd");

	if (dir == NULL)
		err(1, "/proc/self/fd");
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    (int)strtol(entry->d_name, NULL, 10) == dirfd(dir))
			continue;
		show(dirfd(dir), entry->d_name);
	}
	closedir(dir);
	return ferror(stdout) || fclose(stdout) != 0;
}
