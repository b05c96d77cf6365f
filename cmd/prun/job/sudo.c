/* SPDX-License-Identifier: ISC */

/*
 * Owns the password of a run.  The password goes from the terminal or a file straight into
 * locked memory, byte by byte, and from there to sudo.
 */
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <readpassphrase.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "job/sudo.h"
#include "options/options.h"
#include "text/clock.h"

#define SECRET_SIZE 1024
#define TRIES 3
/* A ticket of sudo lasts for minutes; prun renews it long before it ends. */
#define KEEP_SECONDS 20
/*
 * After so many seconds without a call of sudo, the ticket may have ended: a prun that has
 * the password renews it before the next job.
 */
#define PAUSE_SECONDS 1

/* Reads the first line of fd, and no byte after that line. */
static int
sudo_read(struct sudo *s, int fd, const char *name, struct message *m)
{
	char *text = prun_secret_text(s->secret);
	size_t len = 0;
	ssize_t n;

	while (len < SECRET_SIZE) {
		n = read(fd, text + len, 1);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return message_errno(m, -errno, "%s", name);
		if (n == 0 || text[len] == '\n')
			break;
		if (text[len] == '\0')
			return message_set(m, -EINVAL,
			    "%s: there is a NUL in the password", name);
		len++;
	}
	if (len == SECRET_SIZE)
		return message_set(m, -EINVAL, "%s: the password is too long",
		    name);
	text[len] = '\0';
	return len > 0 ?
	    0 :
	    message_set(m, -EINVAL, "%s: there is no password", name);
}

/*
 * The file is opened before it is checked, so that prun reads the same file that it has
 * checked.
 */
static int
sudo_read_file(struct sudo *s, const char *path, struct message *m)
{
	int error, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char name[512];
	struct stat st;

	(void)snprintf(name, sizeof(name), "--sudo-password-file %s", path);
	if (fd == -1 || fstat(fd, &st) == -1)
		error = message_errno(m, -errno, "%s", name);
	else if (st.st_uid != geteuid())
		error = message_set(m, -EPERM, "%s: it is another user's",
		    name);
	else if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		error = message_set(m, -EPERM,
		    "%s: it is open to others (chmod 600)", name);
	else
		error = sudo_read(s, fd, name, m);
	if (fd != -1)
		(void)close(fd);
	return error;
}

/*
 * If the descriptor is close-on-exec, prun has opened it itself, under a number that was
 * free: it is not the caller's.  The caller's descriptor is made close-on-exec, so that no
 * job inherits it.
 */
static int
sudo_read_fd(struct sudo *s, int fd, struct message *m)
{
	char name[48];
	int flags = fcntl(fd, F_GETFD);

	(void)snprintf(name, sizeof(name), "--sudo-password-fd %d", fd);
	if (flags == -1 || (flags & FD_CLOEXEC) != 0)
		return message_errno(m, -EBADF, "%s", name);
	if (fd > STDERR_FILENO)
		(void)fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
	return sudo_read(s, fd, name, m);
}

static int
sudo_read_secret(struct sudo *s, struct message *m)
{
	int error = prun_secret_new(SECRET_SIZE, &s->secret);

	if (error != 0)
		return message_errno(m, error,
		    "--sudo: there is no locked memory for the password");
	s->spec.secret = s->secret;
	if (s->options->file != NULL)
		return sudo_read_file(s, s->options->file, m);
	if (s->options->has_fd)
		return sudo_read_fd(s, s->options->fd, m);
	return 0;
}

static bool
sudo_has_source(const struct sudo *s)
{
	return s->options->file != NULL || s->options->has_fd;
}

static int
sudo_ask(unsigned time, void *arg)
{
	struct sudo *s = arg;

	s->error = 0;
	s->times = time;
	if (!s->terminal)
		return s->error = -ENOTTY;
	if (time > TRIES)
		return -EACCES;
	errno = ENOTTY;
	if (readpassphrase("prun: password for sudo: ",
		prun_secret_text(s->secret), SECRET_SIZE,
		RPP_REQUIRE_TTY) == NULL)
		return s->error = -errno;
	return 0;
}

/*
 * If there is no terminal, or the user enters an empty line, other machines get no
 * password.
 */
static int
sudo_ask_ahead(struct sudo *s, struct message *m)
{
	char *text = prun_secret_text(s->secret);

	errno = ENOTTY;
	if (s->terminal &&
	    readpassphrase("prun: password for sudo on other hosts: ", text,
		SECRET_SIZE, RPP_REQUIRE_TTY) == NULL &&
	    errno != ENOTTY && errno != ENXIO)
		return message_errno(m, -errno, "--sudo: the terminal");
	if (*text != '\0')
		s->away = s->secret;
	return 0;
}

static int
sudo_read_away(struct sudo *s, struct message *m)
{
	if (!sudo_has_source(s))
		return sudo_ask_ahead(s, m);
	s->away = s->secret;
	return 0;
}

static int
sudo_refused(const struct sudo *s, const struct prun_sudo_answer *a,
    struct message *m)
{
	if (s->error == -ENOTTY)
		return message_set(m, -EACCES,
		    "--sudo: sudo wants a password, and there is no terminal to ask for it; "
		    "see --sudo-password-file");
	if (s->error != 0)
		return message_errno(m, s->error, "--sudo: the terminal");
	if (a->puzzled)
		return message_set(m, -EACCES,
		    "--sudo: sudo asks for something that is not its password");
	if (a->refused || s->times >= TRIES)
		return message_set(m, -EACCES,
		    "--sudo: sudo did not take the password");
	if (a->status == 127)
		return message_set(m, -ENOENT, "--sudo: sudo was not found");
	return message_set(m, -EACCES,
	    "--sudo: sudo does not let you (it ended with %d)", a->status);
}

static int
sudo_error(int error, struct message *m)
{
	if (error == -ENOENT)
		return message_set(m, error, "--sudo: sudo is not installed");
	return message_errno(m, error, "--sudo: sudo");
}

/* A ticket of sudo may hold for one terminal only, and each job has a new terminal. */
static bool
sudo_is_quiet_on_pty(const struct sudo *s)
{
	const struct prun_stdio null = { .kind = PRUN_STDIO_NULL },
				pty = { PRUN_STDIO_PTY, STDOUT_FILENO };
	const char *const argv[] = { "sudo", "-n", "-v",
		s->spec.user != NULL ? "-u" : NULL, s->spec.user, NULL };
	const struct prun_spec spec = { .size = sizeof(spec),
		.argv = argv,
		.in = null,
		.out = pty,
		.err = pty };
	char *text;
	int error = prun_check_output(&spec, &text, NULL, NULL);

	free(text);
	return error == 0;
}

/* Would sudo run a command now without asking for the password? */
static bool
sudo_is_quiet(const struct sudo *s)
{
	const struct prun_sudo sudo = { .size = sizeof(sudo),
		.user = s->spec.user,
		.quiet = true };
	struct prun_sudo_answer answer = { .size = sizeof(answer) };

	return prun_sudo_check(&sudo, -1, NULL, NULL, &answer) == 0 &&
	    answer.status == 0;
}

/*
 * Does "sudo -n" succeed?  With list it is "sudo -n -l"; else "sudo -n -v", as if there
 * were no ticket.
 */
static bool
sudo_agrees(const struct sudo *s, bool list)
{
	const struct prun_stdio null = { .kind = PRUN_STDIO_NULL };
	const char *const argv_list[] = { "sudo", "-n", "-l", NULL };
	const char *const argv_check[] = { "sudo", "-k", "-n", "-v",
		s->spec.user != NULL ? "-u" : NULL, s->spec.user, NULL };
	const struct prun_spec spec = { .size = sizeof(spec),
		.argv = list ? argv_list : argv_check,
		.in = null,
		.out = null,
		.err = null };

	return prun_check_call(&spec, NULL) == 0;
}

static void
sudo_forget(struct sudo *s)
{
	prun_secret_free(s->secret);
	s->spec.secret = s->secret = NULL;
}

/*
 * sudo has not asked for the password.  The password is kept only if it may be needed to
 * renew a ticket.
 */
static void
sudo_thin(struct sudo *s)
{
	if (s->away == NULL &&
	    (!sudo_has_source(s) || geteuid() == 0 || sudo_agrees(s, false)))
		sudo_forget(s);
}

int
sudo_open(struct sudo *s, const struct sudo_options *o, unsigned where,
    bool terminal, bool pty, struct message *m)
{
	struct prun_sudo_answer answer = { .size = sizeof(answer) };
	int error;

	*s = (struct sudo){ .options = o, .terminal = terminal };
	s->spec.size = sizeof(s->spec);
	s->spec.user = o->user;
	s->spec.preserve = o->preserve;
	error = sudo_read_secret(s, m);
	if (error == 0 && where & SUDO_AWAY)
		error = sudo_read_away(s, m);
	if (error != 0 || !(where & SUDO_HERE))
		return error;
	error = prun_sudo_check(&s->spec, STDERR_FILENO,
	    sudo_has_source(s) || s->away != NULL ? NULL : sudo_ask, s,
	    &answer);
	if (error != 0)
		return sudo_error(error, m);
	/*
	 * sudo -v asks for the password if any command of the user needs one.  Other
	 * commands may need none.
	 */
	if (s->error == -ENOTTY && sudo_agrees(s, true)) {
		sudo_forget(s);
		s->spec.quiet = true;
		return 0;
	}
	if (answer.status != 0)
		return sudo_refused(s, &answer, m);
	if (!answer.asked)
		sudo_thin(s);
	s->spec.quiet = pty ? sudo_is_quiet_on_pty(s) :
			      !answer.asked || sudo_is_quiet(s);
	s->keeps = s->spec.quiet && geteuid() != 0;
	s->checked = s->used = clock_steady();
	return 0;
}

static void
sudo_renew(struct sudo *s)
{
	struct prun_sudo sudo = s->spec;
	struct prun_sudo_answer answer = { .size = sizeof(answer) };
	int error;

	sudo.quiet = s->secret == NULL;
	error = prun_sudo_check(&sudo, -1, NULL, NULL, &answer);
	s->checked = s->used = clock_steady();
	if (error != 0)
		warnc(-error, "--sudo: sudo");
	else if (answer.status != 0 && !s->lost)
		warnx(
		    "--sudo: sudo wants the password again, or does not let you any more");
	s->lost = error == 0 && answer.status != 0;
}

static void
sudo_renew_old(struct sudo *s)
{
	if (clock_steady() - s->checked >= KEEP_SECONDS)
		sudo_renew(s);
}

static void
sudo_timer(void *arg)
{
	struct sudo *s = arg;
	int error;

	sudo_renew_old(s);
	error = prun_pool_after(s->pool,
	    s->checked + KEEP_SECONDS - clock_steady(), sudo_timer, s, NULL);
	if (error != 0)
		warnc(-error, "--sudo: a timer");
}

void
sudo_begin(struct sudo *s, struct prun_pool *pool)
{
	s->pool = pool;
	if (s->keeps)
		sudo_timer(s);
}

void
sudo_keep(struct sudo *s)
{
	if (!s->keeps)
		return;
	if (s->secret != NULL && clock_steady() - s->used > PAUSE_SECONDS)
		sudo_renew(s);
	sudo_renew_old(s);
	s->used = clock_steady();
}

const struct prun_sudo *
sudo_spec(const struct sudo *s)
{
	return s->options != NULL ? &s->spec : NULL;
}

void
sudo_close(struct sudo *s)
{
	prun_secret_free(s->secret);
	*s = (struct sudo){ 0 };
}
