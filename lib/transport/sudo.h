/* SPDX-License-Identifier: ISC */

/* What the files of the transport that is sudo(8) share. */
#ifndef TRANSPORT_SUDO_H
#define TRANSPORT_SUDO_H

#include <sys/types.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fd.h"
#include "process/stdio.h"
#include "prun.h"

/*
 * sudo_words.c: the words in front of a command that sudo runs, and the marker with
 * which sudo asks for the password.
 */

#define SUDO_MARKER_SIZE 48

/* Make a marker that nobody can guess.  0 or -errno. */
int sudo_marker(char marker[SUDO_MARKER_SIZE]);

/*
 * "sudo -S -p MARKER -u USER --preserve-env=A,B -- argv...": a vector to be freed with
 * sudo_words_free(); it borrows the words.  check: "-v" and no command.
 */
struct sudo_words {
	const char **argv;
	char *preserve;
};

int sudo_words(const struct prun_sudo *sudo, const char *marker, bool check,
    const char *const *argv, struct sudo_words *words);
void sudo_words_free(struct sudo_words *words);

/* Finds the marker in what is read from sudo, even if it comes in pieces. */
struct sudo_filter {
	const char *marker; /* lent; its first byte is nowhere else in it */
	size_t held; /* how many bytes of the marker the last bytes are */
};

/*
 * Take bytes of data up to the end of the first marker; *used is how many.  Bytes that
 * do not belong to the marker go to out, which has room for n + SUDO_MARKER_SIZE.
 * Returns whether there was a marker.
 */
bool sudo_filter_take(struct sudo_filter *f, const char *data, size_t n,
    size_t *used, char *out, size_t *out_len);

/* The bytes that were held back are no marker: put them into out.  Returns how many. */
size_t sudo_filter_flush(struct sudo_filter *f, char *out);

/*
 * sudo_state.c: tells from /proc whether a sudo that was started has executed its
 * command yet.
 */

enum sudo_state {
	/* It never had a child: all that was written is sudo's own. */
	SUDO_ALONE,
	/* It has or had children, and none of them is the command yet. */
	SUDO_BUSY,
	SUDO_STARTED, /* the command runs, as its child or in its place */
	SUDO_UNSEEN, /* it has ended, or /proc does not show it */
};

/* pid is that of sudo, which must not be reaped yet.  Any thread. */
enum sudo_state sudo_state_of(pid_t pid);

/*
 * sudo_relay.c: this process's ends of two pipes: the stdin of sudo and then of its command, and the
 * stderr of both.  Bytes are copied here; the prompt decides what they mean.
 */

#define SUDO_RELAY_WATCHED 3
/* Bytes that are read or written at once. */
#define SUDO_RELAY_PIECE ((size_t)4096)

struct sudo_relay {
	/* This process's ends of sudo's stdin and stderr; -1: closed. */
	int in, err;
	/* The command's own stdin; -1: it has none, or it has ended. */
	int source;
	struct fd_sink sink; /* where sudo's stderr goes; fd -1: closed */
	bool unfinished; /* the line that was passed last has no newline yet */
	int64_t passed; /* clock_now() time at which bytes were passed last */
	char
	    fed[SUDO_RELAY_PIECE]; /* read from source, not written to in yet */
	size_t fed_len;
};

/* Sets all descriptors to closed. */
void sudo_relay_init(struct sudo_relay *r);

/*
 * Put the relay between sudo and its stdio: child[0] and child[2] of stdio become pipes
 * of the relay's.  kinds are as for stdio_open(), which has made stdio.  merge: sudo's
 * stderr goes where its stdout goes.  0, or -errno and stdio is as it was.
 */
int sudo_relay_open(struct sudo_relay *r, bool merge,
    const struct prun_stdio kinds[3], struct stdio *stdio);

void sudo_relay_close(struct sudo_relay *r);

/* What sudo writes to stderr is not passed on any more. */
void sudo_relay_close_sink(struct sudo_relay *r);

/* Close sudo's stdin. */
void sudo_relay_close_in(struct sudo_relay *r);

/* Write data to the sink.  Give up when the descriptor stop becomes readable. */
void sudo_relay_pass(struct sudo_relay *r, int stop, const char *data,
    size_t len);

/*
 * Fill in what to poll() for: the copy from source to sudo's stdin, if feeding is true,
 * and readers that may go away.  After the poll, sudo_relay_step() does what can be
 * done without waiting.
 */
void sudo_relay_watch(const struct sudo_relay *r, bool feeding,
    struct pollfd pfd[SUDO_RELAY_WATCHED]);
void sudo_relay_step(struct sudo_relay *r, bool feeding,
    const struct pollfd pfd[SUDO_RELAY_WATCHED]);

/*
 * sudo_prompt.c: what stands between a sudo that may ask for a password and the stdin and stderr that
 * its command will have.  It takes the marker out of what sudo writes; it writes the
 * password when sudo has asked for it, and never otherwise; then it passes the
 * command's own stdin on, or ends sudo's stdin if there is none.
 */

struct sudo_prompt;

/* What the prompt is told, and its state.  A transport's own state may begin with one. */
struct sudo_asks {
	const char *marker; /* lent; NULL: sudo will not ask */
	const struct prun_secret *secret; /* lent; NULL: none */
	bool merge; /* stderr goes where stdout goes */
	bool trusted; /* the command is known not to write the marker */
	bool here; /* there is no thread: the caller calls sudo_prompt_run() */
	/*
	 * Called at each prompt, to fill in the secret.  NULL: the secret is written as
	 * it is, and only once.
	 */
	prun_sudo_ask_fn *ask;
	void *arg;

	struct sudo_prompt *prompt; /* NULL: not attached */
};

/* Entries for struct transport_ops; state is a struct sudo_asks. */
int sudo_prompt_attach(void *state, const struct prun_stdio kinds[3],
    struct stdio *stdio);
void sudo_prompt_started(void *state, pid_t pid, int pidfd);
bool sudo_prompt_drained(void *state);
unsigned sudo_prompt_settle(void *state);
void sudo_prompt_detach(void *state);

/*
 * Without a thread: answer prompts until sudo has died, or until the deadline
 * (clock_now() time; it is kept to about a second).  SIGPIPE must be blocked.  Sets all
 * of *answer but the status.
 */
void sudo_prompt_run(struct sudo_asks *asks, int64_t deadline,
    struct prun_sudo_answer *answer);

/* sudo.c: a sudo that is no job: it is called and waited for. */

/*
 * See prun_sudo_check().  argv is what sudo executes; NULL: sudo -v.  timeout: seconds
 * until sudo is killed; negative: none.
 */
int sudo_run(const struct prun_sudo *sudo, const char *const *argv, int err,
    double timeout, prun_sudo_ask_fn *ask, void *arg,
    struct prun_sudo_answer *answer);

#endif
