/* SPDX-License-Identifier: ISC */

/* Owns the folder with the sockets of ssh's masters.  Starts nothing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hosts/ssh_masters.h"

#define NAME "/prun-ssh.XXXXXX"
/*
 * The path of a socket may have 107 bytes, of which ssh needs 17 for a name that it
 * uses for a moment, and prun some for a number.
 */
#define FOLDER_MOST 80

/* Makes a folder with a new name below that folder.  0 or -errno. */
static int
make_below(struct ssh_masters *s, const char *folder)
{
	int error;

	if (folder == NULL || *folder != '/')
		return -ENOENT;
	if (strlen(folder) + strlen(NAME) > FOLDER_MOST)
		return -ENAMETOOLONG;
	s->path.len = 0;
	error = bytes_add_string(&s->path, folder);
	if (error == 0)
		error = bytes_add_string(&s->path, NAME);
	if (error == 0)
		error = bytes_terminate(&s->path);
	if (error == 0 && mkdtemp(s->path.data) == NULL)
		error = -errno;
	s->folder = error == 0 ? s->path.len : 0;
	return error;
}

int
ssh_masters_open(struct ssh_masters *s, struct message *m)
{
	int error = make_below(s, getenv("XDG_RUNTIME_DIR"));

	if (error != 0)
		error = make_below(s, getenv("TMPDIR"));
	if (error != 0)
		error = make_below(s, "/tmp");
	return error == 0 ? 0 :
			    message_errno(m, error,
				"--remote ssh: no folder for ssh's sockets");
}

unsigned
ssh_masters_add(struct ssh_masters *s)
{
	return ++s->n;
}

const char *
ssh_masters_path(struct ssh_masters *s, unsigned number)
{
	s->path.len = s->folder;
	if (bytes_add_format(&s->path, "/%u", number) != 0 ||
	    bytes_terminate(&s->path) != 0)
		return NULL;
	return s->path.data;
}

void
ssh_masters_close(struct ssh_masters *s)
{
	/* A master that was killed has left its socket behind. */
	for (unsigned i = 1; s->folder > 0 && i <= s->n; i++) {
		const char *path = ssh_masters_path(s, i);

		if (path != NULL)
			(void)unlink(path);
	}
	s->path.len = s->folder;
	if (s->folder > 0 && bytes_terminate(&s->path) == 0)
		(void)rmdir(s->path.data);
	bytes_fini(&s->path);
	*s = (struct ssh_masters){ 0 };
}
