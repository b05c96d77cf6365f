/* SPDX-License-Identifier: ISC */

/*
 * Owns what the options say for a host: the words of the program that connects to it, and
 * the variables that go there.  Opens no connection.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/hosts_internal.h"
#include "options/options.h"
#include "prun.h"

/* Appends copies of the words of text, in which {host} is the host's name. */
static int
add_words(struct profile *p, const char *option, const char *text,
    const struct login *login, struct message *m)
{
	static const char name[] = "{host}";
	struct profile words = { 0 };
	struct bytes word = { 0 };
	int error = profile_split(&words, option, text_of(text), m);

	for (size_t i = 0; i < words.nwords && error == 0; i++) {
		const char *from = words.words[i], *found;

		word.len = 0;
		while ((found = strstr(from, name)) != NULL && error == 0) {
			error = bytes_add(&word, from, (size_t)(found - from));
			if (error == 0)
				error = bytes_add_string(&word, login->name);
			from = found + strlen(name);
		}
		if (error == 0)
			error = bytes_add_string(&word, from);
		if (error == 0)
			error = bytes_terminate(&word);
		if (error == 0)
			error = profile_add(p, word.data, option);
	}
	bytes_fini(&word);
	profile_fini(&words);
	return error;
}

static int
add_number(struct profile *p, const char *option, unsigned number)
{
	char word[16];

	(void)snprintf(word, sizeof(word), "%s%u", option, number);
	return profile_add(p, word, "--ssh");
}

static int
add_list(struct profile *p, const char *const *words)
{
	int error = 0;

	for (; *words != NULL && error == 0; words++)
		error = profile_add(p, *words, "--ssh");
	return error;
}

/* ssh must not ask the user anything, and must notice when the connection is dead. */
static int
add_ssh_options(struct profile *p, const struct login *login, enum host_end end,
    const char *socket)
{
	static const char *const own[] = { "-T", "-oBatchMode=yes",
		"-oConnectTimeout=10", "-oServerAliveInterval=5",
		"-oServerAliveCountMax=3", NULL };
	int error = add_list(p, own);

	if (login->port > 0 && error == 0)
		error = add_number(p, "-p", login->port);
	if (socket == NULL || error != 0)
		return error;
	return add_list(p,
	    (const char *const[]){ "-oControlPersist=no", "-S", socket,
		end == HOST_END_MASTER ? "-oControlMaster=yes" :
					 "-oControlMaster=no",
		NULL });
}

static int
add_ssh(struct profile *p, const struct options *o, const struct login *login,
    enum host_end end, const char *socket, struct message *m)
{
	const char *variable = getenv("PARALLEL_SSH"), *program;
	struct profile words = { 0 };
	int error = 0;

	if (variable == NULL || *variable == '\0')
		variable = "ssh";
	program = o->hosts.ssh != NULL ? o->hosts.ssh : variable;
	if (strchr(login->name, ' ') == NULL)
		error = add_words(&words, "--ssh", program, login, m);
	if (error == 0)
		error = add_words(&words, "--sshlogin", login->target, login,
		    m);
	for (size_t i = 0; i < words.nwords && error == 0; i++) {
		const char *slash = strrchr(words.words[i], '/');

		error = profile_add(p, words.words[i], "--ssh");
		if (i == 0 && error == 0 &&
		    strcmp(slash != NULL ? slash + 1 : words.words[i], "ssh") ==
			0)
			error = add_ssh_options(p, login, end, socket);
	}
	profile_fini(&words);
	return error;
}

int
host_words(struct profile *p, const struct options *o,
    const struct login *login, enum host_end end, const char *socket,
    struct message *m)
{
	static const char *const ends[][3] = {
		[HOST_END_AGENT] = { "prun", "--remote-agent" },
		[HOST_END_MASTER] = { "sh" },
		[HOST_END_JOB] = { PRUN_HOST_SHELL },
	};
	const char *via = o->hosts.via != NULL ? o->hosts.via : login->via;
	char **words;
	int error = via != NULL ? add_words(p, "--via", via, login, m) :
				  add_ssh(p, o, login, end, socket, m);

	if (error == 0)
		error = add_list(p, ends[end]);
	if (error == 0) {
		words = reallocarray(p->words, p->nwords + 1, sizeof(*words));
		error = words == NULL ? -ENOMEM : 0;
		if (words != NULL)
			p->words = words;
	}
	if (error == 0)
		p->words[p->nwords] = NULL;
	return error;
}

/* How many variables describe the host, and the NULL at the end of the list. */
#define OWN 4
/* Bash exports the function f as the variable BASH_FUNC_f%%. */
#define FUNCTION "BASH_FUNC_"
#define FUNCTION_END "%%"

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
	const size_t most = 2 * list_length(names) + OWN;
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
