/* SPDX-License-Identifier: ISC */

/* Owns the reading of the kernel's files line by line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/proc_file.h"

int
proc_each_line(const char *path, proc_line_fn *fn, void *arg)
{
	FILE *file = fopen(path, "re");
	char line[4096];
	int error = 0;

	if (file == NULL)
		return -errno;
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (fn(line, arg))
			break;
	}
	if (ferror(file))
		error = -EIO;
	(void)fclose(file);
	return error;
}

bool
proc_take_number(const char *line, const char *name, uint64_t *number)
{
	size_t len = strlen(name);

	if (strncmp(line, name, len) != 0 ||
	    (line[len] != ' ' && line[len] != ':'))
		return false;
	*number = strtoull(line + len + strspn(line + len, ": "), NULL, 10);
	return true;
}
