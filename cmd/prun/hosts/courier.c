/* SPDX-License-Identifier: ISC */

/*
 * Owns how prun gets to a host that has none.  The login shell there is given one word,
 * sh.  That sh reads commands from the connection.  The courier sends it only the next
 * command, and waits for its answer before it sends more.  The program is kept there
 * under its hash.
 */
#include <sys/types.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sha2.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hosts/courier.h"
#include "prun.h"
#include "text/text.h"

#define BLOCK 65536
#define LINE 1024

struct errand {
	const char *program, *token;
	struct prun_process *process;
	int to, from; /* stdin and stdout of the process */
	char answer[LINE];
};

/* Asks what kind of machine it is; %s: token. */
static const char look[] = "echo; echo '%s' \"$(uname -s)\" \"$(uname -m)\"\n";
/*
 * Keeps the program there, if it is not there already; %s and %jd: hash, hash, size,
 * token four times.  If the program cannot be kept, the rest of its bytes is read to
 * the end, so that sh does not take them for commands.
 */
static const char bring[] =
    "d=\"$HOME/.cache/prun/%s\"\n"
    "good() { [ \"$(sha256sum <\"$1\")\" = '%s  -' ]; }\n"
    "keep() { head -c %jd >\"$d/new.$$\" && chmod 700 \"$d/new.$$\" &&\n"
    "good \"$d/new.$$\" && mv -f \"$d/new.$$\" \"$d/prun\"; }\n"
    "if [ -O \"$d/prun\" ] && good \"$d/prun\"; then echo '%s' have; else\n"
    "umask 077; set -f\n"
    "if e=$(mkdir -p \"$d\" 2>&1 && chmod 700 \"$d\" 2>&1); then\n"
    "echo '%s' send; e=$(keep 2>&1); else false; fi && echo '%s' have ||\n"
    "{ rm -f \"$d/new.$$\"; echo '%s' failed $e; exec cat >/dev/null; }; fi\n";
static const char start[] = "exec \"$d/prun\" --remote-agent '%s'\n";

bool
courier_helps(const char *why)
{
	return strstr(why, "of the protocol, not") != NULL ||
	    strstr(why, "(status 127)") != NULL ||
	    (strstr(why, "prun") != NULL && strstr(why, "not found") != NULL);
}

static char *
usable(const char *folder, const char *name)
{
	char *path;

	if (asprintf(&path, "%s%s", folder, name) == -1)
		return NULL;
	if (access(path, R_OK | X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static bool
find_self(char path[static PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);

	path[n > 0 ? n : 0] = '\0';
	return n > 0;
}

char *
courier_program(void)
{
	const char *wanted = get_variable("PRUN_STATIC");
	char self[PATH_MAX], *slash, *path;

	if (wanted != NULL)
		return usable("", wanted);
	if (!find_self(self))
		return NULL;
	/* A program without an interpreter (ld.so) needs no library. */
	if (getauxval(AT_BASE) == 0)
		return usable("", self);
	slash = strrchr(self, '/');
	if (slash == NULL)
		return NULL;
	*slash = '\0';
	path = usable(self, "/prun-static");
	return path != NULL ? path :
			      usable(self, "/../libexec/prun/prun-static");
}

int
courier_init(struct courier *c, const char *const *words)
{
	char self[PATH_MAX];
	const size_t n = list_length(words);

	c->program = courier_program();
	c->self = find_self(self) ? strdup(self) : NULL;
	c->argv = calloc(n + 3, sizeof(*c->argv));
	if (c->program == NULL || c->self == NULL || c->argv == NULL || n < 2)
		return -ENOENT;
	c->argv[0] = c->self;
	c->argv[1] = COURIER_OPTION;
	c->argv[2] = c->program;
	memcpy(c->argv + 3, words, (n - 2) * sizeof(*words));
	c->argv[n + 1] = "sh";
	return 0;
}

void
courier_fini(struct courier *c)
{
	free(c->argv);
	free(c->self);
	free(c->program);
}

/* prun takes the last line of stderr as the reason, and names it. */
__attribute__((noreturn, format(printf, 1, 2))) static void
give_up(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vfprintf(stderr, format, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(1);
}

static void
await(int fd, short events)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int r;

	do
		r = poll(&pfd, 1, COURIER_PATIENCE * 1000);
	while (r == -1 && errno == EINTR);
	if (r == 0)
		give_up("nothing was heard for %d s while prun was sent",
		    COURIER_PATIENCE);
}

/* False: nobody reads the descriptor any more. */
static bool
put(int fd, const char *data, size_t len, bool patient)
{
	ssize_t n;

	while (len > 0) {
		/*
		 * Each write is small enough for what the pipe has free, so that it
		 * does not block and a host that is stuck is noticed.
		 */
		if (!patient)
			await(fd, POLLOUT);
		n = write(fd, data,
		    !patient && len > PIPE_BUF ? PIPE_BUF : len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static void
say(struct errand *c, const char *text, size_t len)
{
	if (!put(c->to, text, len, false))
		give_up("the connection was closed while prun was sent");
}

__attribute__((format(printf, 2, 3))) static void
command(struct errand *c, const char *format, ...)
{
	char text[LINE];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		give_up("a command is too long");
	say(c, text, (size_t)n);
}

/* Reads lines until one begins with the token, and returns the text behind it. */
static const char *
answer(struct errand *c)
{
	const size_t len = strlen(c->token);
	size_t n = 0;
	char byte;
	ssize_t r;

	for (;;) {
		await(c->from, POLLIN);
		r = read(c->from, &byte, 1);
		if (r == -1 && errno == EINTR)
			continue;
		if (r <= 0)
			exit(1); /* whoever ended it says why */
		if (byte != '\n') {
			if (n < sizeof(c->answer) - 1)
				c->answer[n++] = byte;
			continue;
		}
		c->answer[n] = '\0';
		if (strncmp(c->answer, c->token, len) == 0 &&
		    c->answer[len] == ' ')
			return c->answer + len + 1;
		n = 0;
	}
}

/* The program runs only on a machine of the same kind. */
static void
compare_machines(struct errand *c)
{
	struct utsname u;
	char here[sizeof(u.sysname) + sizeof(u.machine) + 2];
	const char *there;

	if (uname(&u) != 0)
		give_up("uname: %s", strerror(errno));
	(void)snprintf(here, sizeof(here), "%s %s", u.sysname, u.machine);
	command(c, look, c->token);
	there = answer(c);
	if (strcmp(here, there) != 0)
		give_up("prun is not there, and it is another kind of machine: "
			"%s, not %s",
		    there, here);
}

static void
send_program(struct errand *c, int fd)
{
	char block[BLOCK];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) > 0)
		say(c, block, (size_t)n);
	if (n < 0)
		give_up("%s: %s", c->program, strerror(errno));
}

static void
bring_program(struct errand *c)
{
	char hash[SHA256_DIGEST_STRING_LENGTH];
	int fd = open(c->program, O_RDONLY | O_CLOEXEC);
	const char *state;
	struct stat st;

	if (fd == -1 || fstat(fd, &st) != 0 ||
	    SHA256File(c->program, hash) == NULL)
		give_up("%s: %s", c->program, strerror(errno));
	command(c, bring, hash, hash, (intmax_t)st.st_size, c->token, c->token,
	    c->token, c->token);
	state = answer(c);
	if (strcmp(state, "send") == 0) {
		send_program(c, fd);
		state = answer(c);
	}
	if (strcmp(state, "have") != 0)
		give_up("prun could not be kept in ~/.cache/prun/%s there%s%s",
		    hash, strncmp(state, "failed ", 7) == 0 ? ": " : "",
		    strncmp(state, "failed ", 7) == 0 ? state + 7 : "");
	(void)close(fd);
}

/*
 * Copies bytes until `from` has ended or nobody reads `to`.  The bytes may contain
 * passwords.
 */
static void
pass_on(int from, int to)
{
	char block[BLOCK];
	bool reads = true;
	ssize_t n;

	while (reads) {
		n = read(from, block, sizeof(block));
		if (n == -1 && errno == EINTR)
			continue;
		reads = n > 0 && put(to, block, (size_t)n, true);
		if (n > 0)
			explicit_bzero(block, (size_t)n);
	}
}

static void *
pass_on_input(void *arg)
{
	struct errand *c = arg;

	pass_on(STDIN_FILENO, c->to);
	prun_process_close_stdin(c->process);
	return NULL;
}

int
courier_main(int argc, char *argv[])
{
	/* static, since the thread uses it until the process ends. */
	static struct errand c;
	struct prun_spec spec = { .size = sizeof(spec),
		.in = { .kind = PRUN_STDIO_PIPE },
		.out = { .kind = PRUN_STDIO_PIPE },
		.argv = (const char *const *)argv + 1,
		.flags = PRUN_SPEC_DIE_WITH_PARENT };
	struct prun_result result = { .size = sizeof(result) };
	pthread_t thread;
	int error;

	c.program = argv[0];
	c.token = argv[argc - 1];
	argv[argc - 1] = NULL;
	(void)signal(SIGPIPE, SIG_IGN);
	error = prun_process_start(&spec, &c.process);
	if (error != 0)
		give_up("%s: %s", argv[1], strerror(-error));
	c.to = prun_process_stdin(c.process);
	c.from = prun_process_stdout(c.process);
	compare_machines(&c);
	bring_program(&c);
	command(&c, start, c.token);
	error = pthread_create(&thread, NULL, pass_on_input, &c);
	if (error != 0)
		give_up("%s", strerror(error));
	pass_on(c.from, STDOUT_FILENO);
	error = prun_process_wait(c.process, COURIER_PATIENCE, &result);
	return error != 0 ? 1 : result.status;
}
