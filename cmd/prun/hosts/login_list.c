/* SPDX-License-Identifier: ISC */

/* Owns where lists of hosts come from, and how several become one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hosts/login.h"
#include "text/file.h"

#define SYSTEM_FILE "/etc/parallel/sshloginfile"
#define USER_FILE "sshloginfile"
#define PBS_VARIABLE "PBS_NODEFILE"
#define LSF_VARIABLE "LSB_MCPU_HOSTS"

void
login_source_fini(struct login_source *s)
{
	free(s->path);
	bytes_fini(&s->text);
	*s = (struct login_source){ 0 };
}

int
login_source_list(struct login_source *s, const char *option, struct text text,
    struct message *m)
{
	*s = (struct login_source){ .option = option };
	if (bytes_add_text(&s->text, text) != 0 ||
	    bytes_terminate(&s->text) != 0)
		return message_errno(m, -ENOMEM, "%s", option);
	return 0;
}

/*
 * Takes the next line, without its comment and the blanks around it.  False: there is
 * none.
 */
static bool
next_line(const char **text, struct text *line)
{
	const char *end = strchrnul(*text, '\n');

	if (**text == '\0')
		return false;
	*line = (struct text){ *text, (size_t)(end - *text) };
	for (size_t i = 0; i < line->len; i++)
		if (line->data[i] == '#' &&
		    (i == 0 || text_is_blank(line->data[i - 1])))
			line->len = i;
	*line = text_trim_left(text_trim_right(*line));
	*text = *end == '\n' ? end + 1 : end;
	return true;
}

/* Drops the lines of a file that name no host. */
static int
drop_comments(struct bytes *text)
{
	struct bytes lines = { 0 };
	const char *from = text->data;
	struct text line;
	int error = bytes_reserve(&lines, text->len + 1);

	while (error == 0 && next_line(&from, &line)) {
		if (line.len == 0)
			continue;
		error = bytes_add_text(&lines, line);
		if (error == 0)
			error = bytes_add_char(&lines, '\n');
	}
	if (error == 0)
		error = bytes_terminate(&lines);
	bytes_fini(text);
	*text = lines;
	return error;
}

static int
read_stdin(struct bytes *text)
{
	ssize_t n;

	do {
		if (bytes_reserve(text, BUFSIZ) != 0)
			return -ENOMEM;
		n = read(STDIN_FILENO, text->data + text->len, BUFSIZ);
		if (n > 0)
			text->len += (size_t)n;
	} while (n > 0 || (n == -1 && errno == EINTR));
	return n == -1 ? -errno : 0;
}

/* Reads the file s->path, or stdin. */
static int
read_source(struct login_source *s)
{
	int error = 0;

	s->text.len = 0;
	if (s->path == NULL)
		error = read_stdin(&s->text);
	else if (stat(s->path, &s->st) == -1)
		error = -errno;
	else
		error = get_file(s->path, &s->text);
	if (error == 0)
		error = bytes_terminate(&s->text);
	if (error == 0)
		error = drop_comments(&s->text);
	return error;
}

/*
 * Sets s->path if value/between/name is a file, where value is that of the variable.
 * 0, -ENOENT or -ENOMEM.
 */
static int
look_below(struct login_source *s, const char *variable, const char *between,
    const char *name)
{
	const char *folder = getenv(variable);

	if (s->path != NULL)
		return 0;
	if (folder == NULL || *folder == '\0')
		return -ENOENT;
	if (asprintf(&s->path, "%s/%s%s", folder, between, name) == -1) {
		s->path = NULL;
		return -ENOMEM;
	}
	if (access(s->path, F_OK) == 0)
		return 0;
	free(s->path);
	s->path = NULL;
	return -ENOENT;
}

static int
look_at_home(struct login_source *s, const char *name)
{
	int error = look_below(s, "PARALLEL_HOME", "", name);

	if (error == -ENOENT)
		error = look_below(s, "HOME", ".parallel/", name);
	if (error == -ENOENT)
		error = look_below(s, "XDG_CONFIG_HOME", "parallel/", name);
	if (error == -ENOENT)
		error = look_below(s, "HOME", ".config/parallel/", name);
	return error;
}

/* Sets s->path to the file of that name. */
static int
find_file(struct login_source *s, const char *name)
{
	if (strcmp(name, "..") == 0)
		return look_at_home(s, USER_FILE);
	if (strcmp(name, ".") == 0)
		name = SYSTEM_FILE;
	if (*name != '/' && access(name, F_OK) == -1)
		return look_at_home(s, name);
	s->path = strdup(name);
	return s->path == NULL ? -ENOMEM : 0;
}

/* Reads LSF's variable, which is "HOST N HOST N": hosts and their slots. */
static int
read_lsf(struct login_source *s, const char *name, struct message *m)
{
	const char *value = getenv(LSF_VARIABLE);
	char *copy = value != NULL ? strdup(value) : NULL;
	char *save = NULL, *host, *slots;
	int error = 0;

	if (copy == NULL)
		return message_set(m, -EINVAL,
		    "%s %s: $" LSF_VARIABLE
		    " is not set: this is no job of LSF",
		    s->option, name);
	for (host = strtok_r(copy, " \t\n", &save); host != NULL && error == 0;
	     host = strtok_r(NULL, " \t\n", &save)) {
		slots = strtok_r(NULL, " \t\n", &save);
		if (slots == NULL ||
		    strspn(slots, "0123456789") != strlen(slots) ||
		    *slots == '0')
			error = message_set(m, -EINVAL,
			    "%s %s: $" LSF_VARIABLE
			    ": '%s' has no number of slots",
			    s->option, name, host);
		else
			error = bytes_add_format(&s->text, "%s/%s\n", slots,
			    host);
	}
	free(copy);
	if (error == 0)
		error = bytes_terminate(&s->text);
	return error;
}

/* PBS names a host once for each of its slots: counts them. */
static int
count_slots(struct login_source *s)
{
	struct bytes names = s->text;
	const char *from = names.data, *other;
	struct text line, same;
	unsigned slots;
	int error = 0;

	s->text = (struct bytes){ 0 };
	while (error == 0 && next_line(&from, &line)) {
		slots = 0;
		for (other = names.data; next_line(&other, &same);) {
			if (line.len != same.len ||
			    memcmp(line.data, same.data, line.len) != 0)
				continue;
			/* This host was counted when its first line was read. */
			if (slots == 0 && same.data != line.data)
				break;
			slots++;
		}
		if (slots > 0)
			error = bytes_add_format(&s->text, "%u/%.*s\n", slots,
			    (int)line.len, line.data);
	}
	if (error == 0)
		error = bytes_terminate(&s->text);
	bytes_fini(&names);
	return error;
}

static int
read_pbs(struct login_source *s, const char *name, struct message *m)
{
	const char *file = get_variable(PBS_VARIABLE);
	int error;

	if (file == NULL)
		return message_set(m, -EINVAL,
		    "%s %s: $" PBS_VARIABLE
		    " is not set: this is no job of PBS",
		    s->option, name);
	s->path = strdup(file);
	error = s->path == NULL ? -ENOMEM : read_source(s);
	if (error == 0)
		error = count_slots(s);
	if (error != 0)
		return message_errno(m, error, "%s %s: %s", s->option, name,
		    file);
	free(s->path);
	s->path = NULL;
	return 0;
}

int
login_source_file(struct login_source *s, const char *option, const char *name,
    struct message *m)
{
	int error = 0;

	*s = (struct login_source){ .option = option };
	if (strcmp(name, "pbs") == 0) {
		error = read_pbs(s, name, m);
	} else if (strcmp(name, "lsf") == 0) {
		error = read_lsf(s, name, m);
	} else {
		if (strcmp(name, "-") != 0)
			error = find_file(s, name);
		if (error == 0)
			error = read_source(s);
		if (error != 0)
			(void)message_errno(m, error, "%s %s", option, name);
	}
	if (error != 0)
		login_source_fini(s);
	return error;
}

int
login_source_again(struct login_source *s, struct message *m)
{
	const struct stat old = s->st;
	struct stat st;
	int error;

	/*
	 * While a new version is put in its place, the file may be missing for a
	 * moment.
	 */
	if (s->path == NULL || stat(s->path, &st) == -1)
		return 0;
	if (!S_ISREG(st.st_mode) ||
	    (st.st_ino == old.st_ino && st.st_size == old.st_size &&
		st.st_mtim.tv_sec == old.st_mtim.tv_sec &&
		st.st_mtim.tv_nsec == old.st_mtim.tv_nsec))
		return 0;
	error = read_source(s);
	return error != 0 ?
	    message_errno(m, error, "%s %s", s->option, s->path) :
	    1;
}

int
login_list_add(struct login_list *list, struct login *login)
{
	struct login *logins;

	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->logins[i].name, login->name) != 0)
			continue;
		login_fini(&list->logins[i]);
		list->logins[i] = *login;
		return 0;
	}
	logins = reallocarray(list->logins, list->n + 1, sizeof(*logins));
	if (logins == NULL) {
		login_fini(login);
		return -ENOMEM;
	}
	list->logins = logins;
	list->logins[list->n++] = *login;
	return 0;
}

/* Adds the logins of one source to the list, and groups that stand alone to wanted. */
static int
add_source(struct login_list *list, const struct login_source *s, bool plain,
    struct bytes *wanted, struct message *m)
{
	const char *from = s->text.data;
	struct bytes word = { 0 };
	struct login login;
	struct text groups;
	int error = 0;

	while (error == 0 && login_next(&from, &word, &error)) {
		groups = login_wanted(bytes_text(&word));
		if (groups.data != NULL) {
			error = bytes_add_text(wanted, groups);
			if (error == 0)
				error = bytes_add_char(wanted, '+');
			continue;
		}
		error = login_parse(&login, s->option, bytes_text(&word), plain,
		    m);
		if (error == 0)
			error = login_list_add(list, &login);
	}
	bytes_fini(&word);
	return error;
}

static void
keep_wanted(struct login_list *list, struct text wanted)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (login_groups_meet(wanted, text_of(list->logins[i].groups)))
			list->logins[kept++] = list->logins[i];
		else
			login_fini(&list->logins[i]);
	}
	list->n = kept;
}

int
login_list_make(struct login_list *list, const struct login_source *sources,
    size_t n, bool plain, struct message *m)
{
	struct bytes wanted = { 0 };
	int error = 0;

	*list = (struct login_list){ 0 };
	*m->text = '\0';
	for (size_t i = 0; i < n && error == 0; i++)
		error = add_source(list, &sources[i], plain, &wanted, m);
	if (error == 0 && wanted.len > 0)
		keep_wanted(list, bytes_text(&wanted));
	if (error == 0 && n > 0 && list->n == 0)
		error = wanted.len > 0 ?
		    message_set(m, -EINVAL, "%s: no host is in the group %.*s",
			sources[n - 1].option, (int)wanted.len - 1,
			wanted.data) :
		    message_set(m, -EINVAL, "%s: no host is named",
			sources[n - 1].option);
	if (error == -ENOMEM && *m->text == '\0')
		(void)message_errno(m, error, "--sshlogin");
	bytes_fini(&wanted);
	if (error != 0)
		login_list_fini(list);
	return error;
}

void
login_list_fini(struct login_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		login_fini(&list->logins[i]);
	free(list->logins);
	*list = (struct login_list){ 0 };
}
