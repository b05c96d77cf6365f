/* SPDX-License-Identifier: ISC */

/* Owns the choice of the run, and the bytes between the run and a client. */
#include <sys/socket.h>

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/client.h"
#include "control/server.h"
#include "prun.h"
#include "report/json.h"
#include "text/file.h"

#define PIECE ((size_t)64 * 1024)
#define CONNECT_SECONDS 10

static int
open_path(struct connection *c, const char *folder, const char *name,
    struct message *m)
{
	char *path = NULL;
	int error = control_path(folder, name, &path, m);

	if (error != 0)
		return error;
	error = prun_conn_connect(path, CONNECT_SECONDS, &c->conn);
	free(path);
	if (error == -ENOENT || error == -ECONNREFUSED)
		return message_set(m, error,
		    "there is no run with --control=%s", name);
	return error == 0 ?
	    0 :
	    message_errno(m, error, "the run with --control=%s", name);
}

/*
 * Connects to the only run of the user.  The socket of a run that was killed does not
 * count.
 */
static int
open_only(struct connection *c, const char *folder, DIR *dir, struct message *m)
{
	const size_t skip = sizeof(CONTROL_PREFIX) - 1;
	struct connection another = { 0 };
	struct bytes names = { 0 };
	const struct dirent *entry;
	unsigned n = 0;
	int error = 0;

	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, CONTROL_PREFIX, skip) != 0 ||
		    open_path(&another, folder, entry->d_name + skip, m) != 0)
			continue;
		if (n++ == 0)
			*c = another;
		else
			connection_close(&another);
		another = (struct connection){ 0 };
		error = bytes_add_format(&names, "%s%s", n > 1 ? ", " : "",
		    entry->d_name + skip);
		if (error != 0)
			break;
	}
	if (error != 0)
		(void)message_errno(m, error, "%s", folder);
	else if (n == 0)
		error = message_set(m, -ENOENT, "no run has --control");
	else if (n > 1)
		error = message_set(m, -EINVAL,
		    "several runs have --control: say which one of %.*s",
		    (int)names.len, names.data);
	bytes_fini(&names);
	return error;
}

int
connection_open(struct connection *c, const char *name, struct message *m)
{
	char *folder = runtime_folder();
	DIR *dir = NULL;
	int error;

	*c = (struct connection){ 0 };
	if (folder == NULL)
		return message_errno(m, -ENOMEM, "prunctl");
	if (name != NULL)
		error = open_path(c, folder, name, m);
	else if ((dir = opendir(folder)) != NULL)
		error = open_only(c, folder, dir, m);
	else
		error = message_set(m, -ENOENT, "no run has --control");
	if (dir != NULL)
		(void)closedir(dir);
	free(folder);
	if (error != 0)
		connection_close(c);
	return error;
}

void
connection_close(struct connection *c)
{
	prun_conn_free(c->conn);
	bytes_fini(&c->in);
	*c = (struct connection){ 0 };
}

/* Sends the request and frees it.  0, or -errno with a message. */
static int
connection_send(struct connection *c, json_t *request, struct message *m)
{
	struct bytes line = { 0 };
	size_t sent = 0;
	ssize_t n;
	int error = json_add(&line, request);

	if (error == 0)
		error = bytes_add_char(&line, '\n');
	while (error == 0 && sent < line.len) {
		n = send(prun_conn_fd(c->conn), line.data + sent,
		    line.len - sent, MSG_NOSIGNAL);
		if (n >= 0)
			sent += (size_t)n;
		else if (errno != EINTR)
			error = -errno;
	}
	bytes_fini(&line);
	return error == 0 ? 0 : message_errno(m, error, "the run");
}

/*
 * Reads until a whole line has come.  1; 0: the run has closed the connection; or
 * -errno with a message.
 */
static int
read_line(struct connection *c, size_t *len, struct message *m)
{
	const char *end;
	ssize_t n;
	int error;

	for (;;) {
		end = c->in.len > c->served ? memchr(c->in.data + c->served,
						  '\n', c->in.len - c->served) :
					      NULL;
		if (end != NULL) {
			*len = (size_t)(end - (c->in.data + c->served));
			return 1;
		}
		if (c->served > 0) {
			c->in.len -= c->served;
			memmove(c->in.data, c->in.data + c->served, c->in.len);
			c->served = 0;
		}
		error = bytes_reserve(&c->in, PIECE);
		if (error != 0)
			return message_errno(m, error, "the run");
		n = read(prun_conn_fd(c->conn), c->in.data + c->in.len, PIECE);
		if (n == 0 || (n == -1 && errno == ECONNRESET))
			return 0;
		if (n == -1 && errno != EINTR)
			return message_errno(m, -errno, "the run");
		c->in.len += n > 0 ? (size_t)n : 0;
	}
}

int
connection_receive(struct connection *c, json_t **answer, struct message *m)
{
	json_error_t where;
	size_t len = 0;
	int r = read_line(c, &len, m);

	if (r <= 0)
		return r;
	*answer = json_loadb(c->in.data + c->served, len, 0, &where);
	c->served += len + 1;
	return *answer != NULL ?
	    1 :
	    message_set(m, -EPROTO, "the run: no JSON: %s", where.text);
}

int
connection_ask(struct connection *c, json_t *request, json_t **answer,
    struct message *m)
{
	const char *error;
	int r = connection_send(c, request, m);

	if (r == 0)
		r = connection_receive(c, answer, m);
	else if (r == -EPIPE)
		r = 0;
	if (r == 0)
		return message_set(m, -EPIPE, "the run has ended");
	if (r < 0)
		return r;
	if (json_is_true(json_object_get(*answer, "ok")))
		return 0;
	error = json_string_value(json_object_get(*answer, "error"));
	(void)message_set(m, -EREMOTEIO, "%s",
	    error != NULL ? error : "the run has refused that");
	json_decref(*answer);
	*answer = NULL;
	return -EREMOTEIO;
}
