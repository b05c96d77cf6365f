/* SPDX-License-Identifier: ISC */

/* Owns which variables go to other hosts, and how exported functions are found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/hosts_internal.h"
#include "options/options.h"

/* How many variables describe the host, and the NULL at the end of the list. */
#define OWN 4
/* Bash exports the function f as the variable BASH_FUNC_f%%. */
#define FUNCTION "BASH_FUNC_"
#define FUNCTION_END "%%"

static size_t
count(const char *const *names)
{
	size_t n = 0;

	while (names != NULL && names[n] != NULL)
		n++;
	return n;
}

/* Finds the variable, or the exported function, of that name in the environment. */
static const char *
find_entry(const char *name, bool function)
{
	const size_t len = strlen(name);
	const char *entry;

	for (char **e = environ; *e != NULL; e++) {
		entry = *e;
		if (function && strncmp(entry, FUNCTION, strlen(FUNCTION)) != 0)
			continue;
		if (function)
			entry += strlen(FUNCTION);
		if (strncmp(entry, name, len) != 0)
			continue;
		entry += len;
		if (function &&
		    strncmp(entry, FUNCTION_END, strlen(FUNCTION_END)) != 0)
			continue;
		if (entry[function ? strlen(FUNCTION_END) : 0] == '=')
			return *e;
	}
	return NULL;
}

static int
add(char **list, size_t *n, const char *name, const char *value)
{
	if (asprintf(&list[*n], "%s%s", name, value) == -1) {
		list[*n] = NULL;
		return -1;
	}
	++*n;
	return 0;
}

char **
host_variables_new(const struct options *o, const struct login *login)
{
	const char *const *names = o->env.names;
	const size_t most = 2 * count(names) + OWN;
	char **list = calloc(most, sizeof(*list));
	const char *entry;
	size_t n = 0;
	int error = 0;

	if (list == NULL)
		return NULL;
	for (; names != NULL && *names != NULL && error == 0; names++) {
		if ((entry = find_entry(*names, false)) != NULL)
			error = add(list, &n, "", entry);
		if (error == 0 && (entry = find_entry(*names, true)) != NULL)
			error = add(list, &n, "", entry);
	}
	if (error == 0)
		error = add(list, &n, "PARALLEL_SSHLOGIN=", login->name);
	if (error == 0)
		error = add(list, &n, "PARALLEL_SSHHOST=", login->host);
	if (error == 0 && o->hosts.groups)
		error = add(list, &n, "PARALLEL_HOSTGROUPS=", login->groups);
	if (error == 0)
		return list;
	host_variables_free(list);
	return NULL;
}

void
host_variables_free(char **list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}
