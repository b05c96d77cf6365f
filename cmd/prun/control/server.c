/* SPDX-License-Identifier: ISC */

/*
 * Owns the socket, its clients, and the bytes that come from them and go to them.  This
 * is one file although it is long: what a client may cost the run (bytes, time, memory)
 * is decided at each of its steps, from the same counts.
 */
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/server.h"
#include "report/json.h"
#include "text/file.h"

#define MOST_CLIENTS 256
#define MOST_NAME 64
#define PIECE ((size_t)16 * 1024)
/* A buffer that has grown beyond this is freed when it is empty. */
#define MOST_KEPT ((size_t)64 * 1024)
/* In so many seconds (a turn) so many reads and requests of all clients are served. */
#define TURN_SECONDS 0.01
#define TURN_STEPS 64

struct control_client {
	TAILQ_ENTRY(control_client) entry;
	struct control_server *server;
	struct prun_watch *watch;
	int fd;
	struct bytes in, out;
	/* The first so many bytes of in hold no end of a line. */
	size_t searched;
	size_t sent; /* how many bytes of out were sent */
	bool ended; /* the client sends no more requests */
	bool waits; /* the client waits for an answer that comes later */
	bool last; /* drop the client when all of out is sent */
};

TAILQ_HEAD(client_list, control_client);

struct control_server {
	struct prun_pool *pool;
	struct prun_listener *listener;
	struct prun_watch *watch;
	control_act_fn *act;
	control_gone_fn *gone;
	void *arg;
	struct client_list
	    clients; /* the client that was served last is the last */
	unsigned nclients;
	unsigned steps; /* reads and requests that are left in this turn */
	uint64_t timer; /* of the turn; 0: no turn has begun */
};

static void
client_drop(struct control_client *c)
{
	struct control_server *s = c->server;

	if (c->waits)
		s->gone(s->arg, c);
	TAILQ_REMOVE(&s->clients, c, entry);
	s->nclients--;
	prun_watch_free(c->watch);
	(void)close(c->fd);
	bytes_fini(&c->in);
	bytes_fini(&c->out);
	free(c);
}

/* Sends what the socket takes.  False: the client has gone. */
static bool
client_send(struct control_client *c)
{
	ssize_t n;

	while (c->sent < c->out.len) {
		n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return errno == EAGAIN;
		c->sent += (size_t)n;
	}
	c->out.len = c->sent = 0;
	return true;
}

/* Has a whole line come?  Then *len is its length. */
static bool
client_has_line(struct control_client *c, size_t *len)
{
	const char *end = c->in.len > c->searched ?
	    memchr(c->in.data + c->searched, '\n', c->in.len - c->searched) :
	    NULL;

	if (end == NULL)
		c->searched = c->in.len;
	else
		*len = (size_t)(end - c->in.data);
	return end != NULL;
}

/* Has the client got all its answers, and does it send no more requests? */
static bool
client_is_done(struct control_client *c)
{
	size_t len;

	return c->out.len == 0 &&
	    (c->last || (c->ended && !c->waits && !client_has_line(c, &len)));
}

/*
 * Sets what the loop watches the client for.  EPOLLPRI never comes: it is set because
 * the loop tells of the end of a connection only if it watches for something.
 */
static void
client_watch(struct control_client *c)
{
	unsigned events = 0;
	size_t len;

	if (c->out.len > 0)
		events = EPOLLOUT;
	else if (c->waits)
		events = EPOLLPRI;
	else if (c->server->steps > 0 && !client_has_line(c, &len))
		events = EPOLLIN;
	if (prun_watch_set(c->watch, events) != 0)
		c->last = true;
}

static void
add_line(struct control_client *c, json_t *answer)
{
	/*
	 * There is no memory for the answer.  The client can only be told by dropping
	 * it.
	 */
	if (json_add(&c->out, answer) != 0 ||
	    bytes_add_char(&c->out, '\n') != 0)
		c->last = true;
}

static void
add_answer(struct control_client *c, json_t *answer)
{
	if (answer == NULL)
		answer = json_object();
	if (json_object_get(answer, "ok") == NULL)
		(void)json_object_set_new(answer, "ok", json_true());
	add_line(c, answer);
}

static void
add_error(struct control_client *c, const struct message *m)
{
	json_t *answer = json_pack("{s:b}", "ok", 0);

	(void)json_object_set_new(answer, "error", json_text(text_of(m->text)));
	add_line(c, answer);
}

static void
client_request(struct control_client *c, struct text line)
{
	struct control_server *s = c->server;
	struct message m = { "" };
	struct request request;
	json_t *answer = NULL;
	int r = request_parse(&request, line, &m);

	if (r == 0)
		r = s->act(s->arg, &request, c, &answer, &m);
	if (r < 0)
		add_error(c, &m);
	else if (r == CONTROL_LATER)
		c->waits = true;
	else
		add_answer(c, answer);
	request_fini(&request);
}

static void server_turn(void *arg);

/*
 * Takes one of the turn's reads or requests.  A turn begins with its first step, and
 * lasts until its timer.  False: none is left.
 */
static bool
server_take_step(struct control_server *s)
{
	if (s->steps == 0)
		return false;
	if (s->timer != 0 ||
	    prun_pool_after(s->pool, TURN_SECONDS, server_turn, s, &s->timer) ==
		0)
		s->steps--;
	return true;
}

/* Removes a line that has been served. */
static void
client_forget_line(struct control_client *c, size_t len)
{
	c->in.len -= len + 1;
	memmove(c->in.data, c->in.data + len + 1, c->in.len);
	c->searched = 0;
	if (c->in.size > MOST_KEPT && c->in.len == 0)
		bytes_fini(&c->in);
}

/*
 * Serves the client's next request, if the client has taken its last answer.  The
 * client becomes the last of the list, so that the others have their turn first.
 * False: the client has gone.
 */
static bool
client_serve(struct control_client *c)
{
	struct control_server *s = c->server;
	struct message m;
	size_t len;

	if (c->out.len > 0 || c->waits || c->last)
		return true;
	if (client_has_line(c, &len)) {
		if (!server_take_step(s))
			return true;
		client_request(c, (struct text){ c->in.data, len });
		client_forget_line(c, len);
		TAILQ_REMOVE(&s->clients, c, entry);
		TAILQ_INSERT_TAIL(&s->clients, c, entry);
	} else if (c->in.len > REQUEST_MOST) {
		(void)message_set(&m, -EMSGSIZE, "the request is too long");
		add_error(c, &m);
		c->last = true;
	}
	return client_send(c);
}

/* Reads once.  False: the client has gone. */
static bool
client_read(struct control_client *c)
{
	ssize_t n;

	if (bytes_reserve(&c->in, PIECE) != 0)
		return false;
	n = recv(c->fd, c->in.data + c->in.len, PIECE, MSG_DONTWAIT);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR;
	c->ended = n == 0;
	c->in.len += (size_t)n;
	return true;
}

/* Serves a client and watches for what it needs next.  This may drop the client. */
static void
client_go_on(struct control_client *c)
{
	if (!client_serve(c) || client_is_done(c))
		client_drop(c);
	else
		client_watch(c);
}

static void
client_ready(int fd, unsigned events, void *arg)
{
	struct control_client *c = arg;
	bool alive = true;

	(void)fd;
	if (!server_take_step(c->server)) {
		(void)prun_watch_set(c->watch, 0);
		return;
	}
	if (events & EPOLLIN)
		alive = client_read(c);
	else if (events & EPOLLOUT)
		alive = client_send(c);
	else if (events & (EPOLLERR | EPOLLHUP))
		alive = false;
	if (alive)
		client_go_on(c);
	else
		client_drop(c);
}

/* A new turn begins: clients that had to wait are served. */
static void
server_turn(void *arg)
{
	struct control_server *s = arg;
	struct control_client *c, *next;

	s->timer = 0;
	s->steps = TURN_STEPS;
	(void)prun_watch_set(s->watch, EPOLLIN);
	/*
	 * A client that is served moves to the end of the list, so it is looked at once
	 * more in this turn.
	 */
	TAILQ_FOREACH_SAFE(c, &s->clients, entry, next)
		client_go_on(c);
}

/* Is the process at the other end this user's or root's? */
static bool
is_welcome(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	    (peer.uid == geteuid() || peer.uid == 0);
}

/*
 * Is there room for one more client?  If not, the client is dropped that has asked for
 * nothing for the longest time.
 */
static bool
server_has_room(struct control_server *s)
{
	struct control_client *c;

	if (s->nclients < MOST_CLIENTS)
		return true;
	TAILQ_FOREACH(c, &s->clients, entry) {
		if (c->waits)
			continue;
		client_drop(c);
		return true;
	}
	return false;
}

static void
server_add(struct control_server *s, int fd)
{
	struct control_client *c = NULL;

	if (is_welcome(fd) && server_has_room(s))
		c = calloc(1, sizeof(*c));
	if (c == NULL ||
	    prun_pool_watch(s->pool, fd, EPOLLIN, client_ready, c, &c->watch) !=
		0) {
		free(c);
		(void)close(fd);
		return;
	}
	c->server = s;
	c->fd = fd;
	TAILQ_INSERT_TAIL(&s->clients, c, entry);
	s->nclients++;
}

/* Accepts one client; the loop calls this again for the next one. */
static void
server_ready(int listener, unsigned events, void *arg)
{
	struct control_server *s = arg;
	int fd;

	(void)events;
	if (!server_take_step(s)) {
		(void)prun_watch_set(s->watch, 0);
		return;
	}
	/* cppcheck-suppress nullPointer */
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd != -1)
		server_add(s, fd);
	else if (errno == EMFILE || errno == ENFILE)
		/* No descriptor is free: the next turn tries again. */
		(void)prun_watch_set(s->watch, 0);
}

int
control_path(const char *folder, const char *name, char **path,
    struct message *m)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	if (*name == '\0' || *name == '-' || strlen(name) > MOST_NAME ||
	    name[strspn(name, good)] != '\0')
		return message_set(m, -EINVAL,
		    "--control=%s: a name has up to %d letters, digits, '_', '.' and '-'",
		    name, MOST_NAME);
	if (verb_of(name) != VERB_COUNT || strcmp(name, "top") == 0)
		return message_set(m, -EINVAL,
		    "--control=%s: that is a verb of prunctl", name);
	if (asprintf(path, "%s/" CONTROL_PREFIX "%s", folder, name) == -1)
		return message_errno(m, -ENOMEM, "--control");
	return 0;
}

static int
listen_at(struct control_server *s, const char *folder, const char *name,
    struct message *m)
{
	char *path = NULL;
	int error = control_path(folder, name, &path, m);

	if (error != 0)
		return error;
	error = runtime_folder_check(folder);
	if (error != 0) {
		error = error == -EACCES || error == -EPERM ?
		    message_set(m, error,
			"--control: %s: must be a folder of your own that no other user may enter",
			folder) :
		    message_errno(m, error, "--control: %s", folder);
	} else {
		error = prun_listener_new(path, &s->listener);
		if (error == -EADDRINUSE)
			(void)message_set(m, error,
			    "--control=%s: another run has that name", name);
		else if (error != 0)
			(void)message_errno(m, error, "--control: %s", path);
	}
	free(path);
	return error;
}

int
control_server_open(const char *name, struct prun_pool *pool,
    control_act_fn *act, control_gone_fn *gone, void *arg,
    struct control_server **sp, struct message *m)
{
	struct control_server *s = calloc(1, sizeof(*s));
	char *folder = runtime_folder(), number[24];
	int error = s == NULL || folder == NULL ? -ENOMEM : 0;

	if (error != 0) {
		free(s);
		free(folder);
		return message_errno(m, error, "--control");
	}
	*s = (struct control_server){ .pool = pool,
		.act = act,
		.gone = gone,
		.arg = arg,
		.steps = TURN_STEPS };
	TAILQ_INIT(&s->clients);
	(void)snprintf(number, sizeof(number), "%ld", (long)getpid());
	error = listen_at(s, folder, *name == '\0' ? number : name, m);
	free(folder);
	if (error == 0) {
		error = prun_pool_watch(pool, prun_listener_fd(s->listener),
		    EPOLLIN, server_ready, s, &s->watch);
		if (error != 0)
			(void)message_errno(m, error, "--control");
	}
	if (error != 0)
		control_server_close(s, false);
	else
		*sp = s;
	return error;
}

void
control_server_close(struct control_server *s, bool pool_freed)
{
	struct control_client *c, *next;

	if (s == NULL)
		return;
	TAILQ_FOREACH_SAFE(c, &s->clients, entry, next) {
		c->waits = false;
		if (pool_freed)
			c->watch = NULL;
		client_drop(c);
	}
	if (!pool_freed) {
		prun_watch_free(s->watch);
		(void)prun_pool_after_cancel(s->pool, s->timer);
	}
	prun_listener_free(s->listener);
	free(s);
}

void
control_answer(struct control_client *c, json_t *answer)
{
	c->waits = false;
	add_answer(c, answer);
	/* If the client has gone, it is dropped when the loop notices that. */
	if (!client_send(c))
		c->last = true;
	client_watch(c);
}

void
control_tell(struct control_client *c, json_t *text)
{
	add_line(c, text);
	if (!client_send(c))
		c->last = true;
	client_watch(c);
}

bool
control_client_is_slow(const struct control_client *c)
{
	return c->out.len > 0;
}

int
control_client_fd(const struct control_client *c)
{
	return c->fd;
}

void
control_server_finish(struct control_server *s)
{
	struct control_client *c;

	TAILQ_FOREACH(c, &s->clients, entry)
		(void)client_send(c);
}
