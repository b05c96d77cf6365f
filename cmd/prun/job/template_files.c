/* SPDX-License-Identifier: ISC */

/*
 * Owns the templates of --template, and the files that are made from them: see
 * job_attributes.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/job_attributes.h"
#include "text/file.h"

#define OPTION "--template"

struct template_file {
	const char *spec;
	struct template *text, *name;
};

/* Reads the file.  Returns 0 or -errno; -EILSEQ if the file has a NUL in it. */
static int
read_file(const char *path, struct bytes *text)
{
	int error = get_file(path, text);

	if (error == 0 && memchr(text->data, '\0', text->len) != NULL)
		error = -EILSEQ;
	return error != 0 ? error : bytes_terminate(text);
}

/* In f->spec, the bytes before "=" are the path of the template. */
static int
open_one(struct template_file *f, struct command *command, struct message *m)
{
	const char *equals = strchr(f->spec, '=');
	struct bytes text = { 0 };
	char *path = strndup(f->spec, (size_t)(equals - f->spec));
	int error = path == NULL ? -ENOMEM : read_file(path, &text);

	if (error == -EILSEQ)
		error = message_set(m, error, OPTION ": %s: a NUL is no text",
		    path);
	else if (error != 0)
		error = message_errno(m, error, OPTION ": %s",
		    path != NULL ? path : f->spec);
	if (error == 0)
		error = template_new(command, text.data, m, &f->text);
	if (error == 0)
		error = template_new(command, equals + 1, m, &f->name);
	bytes_fini(&text);
	free(path);
	return error;
}

int
template_files_open(struct template_files *f, const char *const *specs,
    size_t n, struct command *command, struct message *m)
{
	int error = 0;

	if (n == 0)
		return 0;
	if ((f->list = calloc(n, sizeof(*f->list))) == NULL)
		return message_errno(m, -ENOMEM, OPTION);
	while (error == 0 && f->n < n) {
		f->list[f->n].spec = specs[f->n];
		error = open_one(&f->list[f->n++], command, m);
	}
	return error;
}

void
template_files_close(struct template_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		template_free(f->list[i].text);
		template_free(f->list[i].name);
	}
	free(f->list);
	bytes_fini(&f->names);
	*f = (struct template_files){ 0 };
}

bool
template_file_takes_values(const struct template_files *f, size_t i)
{
	return template_takes_values(f->list[i].text) ||
	    template_takes_values(f->list[i].name);
}

/*
 * Missing folders of the path are made, as for --results.  A file that cannot be written
 * whole is removed.
 */
static int
write_file(char *path, struct text text)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
	int fd = open(path, flags, 0666), error;

	if (fd == -1 && errno == ENOENT) {
		if ((error = make_parents(path)) != 0)
			return error;
		fd = open(path, flags, 0666);
	}
	if (fd == -1)
		return -errno;
	error = put_all(fd, text);
	if (close(fd) == -1 && error == 0)
		error = -errno;
	if (error != 0)
		(void)unlink(path);
	return error;
}

/* Writes one file of the job, and appends its name and a NUL to names. */
static int
write_one(const struct template_file *f, const struct command_job *job,
    struct bytes *names, struct message *m)
{
	struct text text;
	const size_t at = names->len;
	int error = template_expand(f->name, job, &text, m);

	if (error != 0)
		return error;
	if (text.len == 0)
		return message_set(m, -EINVAL,
		    OPTION " %s: the file name of job %llu is empty", f->spec,
		    (unsigned long long)job->seq);
	error = bytes_add_text(names, text);
	if (error == 0)
		error = bytes_add_char(names, '\0');
	if (error != 0)
		return message_errno(m, error, OPTION);
	error = template_expand(f->text, job, &text, m);
	if (error != 0)
		return error;
	error = write_file(names->data + at, text);
	return error == 0 ?
	    0 :
	    message_errno(m, error, OPTION ": %s", names->data + at);
}

/* Ends the list of names by an empty name. */
static int
end_names(struct template_files *f, char **remove, struct message *m)
{
	int error = bytes_add_char(&f->names, '\0');

	if (error == 0 && f->cleanup) {
		*remove = malloc(f->names.len);
		error = *remove == NULL ? -ENOMEM : 0;
	}
	if (error != 0)
		return message_errno(m, error, OPTION);
	if (f->cleanup)
		memcpy(*remove, f->names.data, f->names.len);
	return 0;
}

void
template_files_remove(char *names)
{
	const char *name;

	for (name = names; name != NULL && *name != '\0';
	     name += strlen(name) + 1)
		(void)unlink(name);
	free(names);
}

int
template_files_write(struct template_files *f, const struct command_job *job,
    char **remove, struct message *m)
{
	struct message ignored = { "" };
	size_t whole = 0;
	int error = 0;

	*remove = NULL;
	f->names.len = 0;
	for (size_t i = 0; i < f->n && error == 0; i++) {
		whole = f->names.len;
		error = write_one(&f->list[i], job, &f->names, m);
	}
	if (error == 0)
		return f->n > 0 ? end_names(f, remove, m) : 0;
	/* The job will not start, so nothing else would remove its other files. */
	f->names.len = whole;
	if (end_names(f, remove, &ignored) == 0)
		template_files_remove(*remove);
	*remove = NULL;
	return error;
}
