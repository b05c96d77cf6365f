/* SPDX-License-Identifier: ISC */

/* sudo, secret: the words, the marker in pieces, the memory, a process with a fake sudo. */
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>

#include "base/secret.h"
#include "prun.h"
#include "t.h"
#include "transport/sudo.h"

TEST(words)
{
	static const char *const argv[] = { "echo", "-n", NULL };
	static const char *const keep[] = { "A", "B", NULL };
	static const char *const wanted[] = { "sudo", "-S", "-p", "M", "-u",
		"bin", "--preserve-env=A,B", "--", "echo", "-n", NULL };
	struct prun_sudo sudo = { .size = sizeof(sudo),
		.user = "bin",
		.preserve = keep };
	struct sudo_words w;

	CHECK_INT(sudo_words(&sudo, "M", false, argv, &w), 0);
	for (size_t i = 0; wanted[i] != NULL; i++)
		CHECK_STR(w.argv[i], wanted[i]);
	CHECK(w.argv[10] == NULL);
	sudo_words_free(&w);
	sudo = (struct prun_sudo){ .size = sizeof(struct prun_sudo),
		.quiet = true };
	CHECK_INT(sudo_words(&sudo, "M", true, NULL, &w), 0);
	CHECK_STR(w.argv[1], "-n");
	CHECK_STR(w.argv[2], "-v");
	CHECK(w.argv[3] == NULL);
	sudo_words_free(&w);
}

TEST(markers_differ)
{
	char a[SUDO_MARKER_SIZE], b[SUDO_MARKER_SIZE];

	CHECK_INT(sudo_marker(a), 0);
	CHECK_INT(sudo_marker(b), 0);
	CHECK(strcmp(a, b) != 0);
	CHECK(strlen(a) >= 32);
	CHECK(strchr(a + 1, a[0]) == NULL);
	CHECK(strchr(a, '%') == NULL);
}

static void
check_filter(const char *text, size_t piece, const char *rest, int markers)
{
	struct sudo_filter f = { .marker = "[mark]" };
	char out[256], all[256] = "";
	size_t len = strlen(text), used, n;

	for (size_t at = 0; at < len; at += piece) {
		size_t now = len - at < piece ? len - at : piece;

		for (size_t done = 0; done < now; done += used) {
			markers -= sudo_filter_take(&f, text + at + done,
			    now - done, &used, out, &n);
			CHECK(used > 0);
			strncat(all, out, n);
		}
	}
	n = sudo_filter_flush(&f, out);
	strncat(all, out, n);
	CHECK_STR(all, rest);
	CHECK_INT(markers, 0);
}

TEST(filter_takes_the_marker_out)
{
	for (size_t piece = 1; piece < 30; piece++) {
		check_filter("[mark]", piece, "", 1);
		check_filter("a[mark]b[mark]", piece, "ab", 2);
		check_filter("[[mark]][mar[mark]", piece, "[][mar", 2);
		check_filter("no [mar", piece, "no [mar", 0);
		check_filter("[mark[ma[m[", piece, "[mark[ma[m[", 0);
	}
}

TEST(secret_is_written_with_a_newline)
{
	struct prun_secret *s;
	char data[16];
	int fds[2];

	CHECK_INT(secret_new(0, &s), -EINVAL);
	CHECK_INT(secret_new(1 << 20, &s), -EINVAL);
	CHECK_INT(secret_new(32, &s), 0);
	CHECK_INT(pipe(fds), 0);
	memcpy(prun_secret_text(s), "hush", sizeof("hush"));
	CHECK_INT(secret_write(s, fds[1]), 0);
	CHECK_INT(read(fds[0], data, sizeof(data)), 5);
	CHECK(memcmp(data, "hush\n", 5) == 0);
	signal(SIGPIPE, SIG_IGN);
	close(fds[0]);
	CHECK_INT(secret_write(s, fds[1]), -EPIPE);
	secret_free(s);
}

TEST(secret_is_not_there_in_a_forked_process)
{
	struct prun_secret *s;
	int status;
	pid_t pid;

	CHECK_INT(prun_secret_new(32, &s), 0);
	memcpy(prun_secret_text(s), "hush", sizeof("hush"));
	pid = fork();
	if (pid == 0)
		_exit(msync(s->text, s->mapped, MS_ASYNC) == -1 &&
			    errno == ENOMEM ?
			0 :
			1);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	prun_secret_free(s);
}

/* A folder with a sudo that is this script. */
static char folder[] = "/tmp/prun-t_sudo.XXXXXX";
static char path[PATH_MAX];

static void
remove_sudo(void)
{
	char file[PATH_MAX];

	(void)snprintf(file, sizeof(file), "%s/sudo", folder);
	(void)unlink(file);
	(void)rmdir(folder);
}

static void
make_sudo(const char *script)
{
	char file[PATH_MAX];
	FILE *f;

	CHECK(mkdtemp(folder) != NULL);
	atexit(remove_sudo);
	(void)snprintf(file, sizeof(file), "%s/sudo", folder);
	f = fopen(file, "w");
	CHECK(f != NULL);
	fprintf(f, "#!/bin/sh\n%s", script);
	CHECK_INT(fchmod(fileno(f), 0755), 0);
	CHECK_INT(fclose(f), 0);
	(void)snprintf(path, sizeof(path), "PATH=%s:/usr/bin:/bin", folder);
}

#define ASK "printf %s \"$3\" >&2; read -r word; [ \"$word\" = hush ]"
#define RUN "shift 4; exec \"$@\"\n"

static struct prun_secret *
hush(void)
{
	struct prun_secret *s;

	CHECK_INT(prun_secret_new(32, &s), 0);
	memcpy(prun_secret_text(s), "hush", sizeof("hush"));
	return s;
}

static int
talk(const char *input, struct prun_output *output)
{
	static const char *const argv[] = { "sh", "-c",
		"cat; echo err >&2; exit 3", NULL };
	const char *const more[] = { path, NULL };
	const struct prun_sudo sudo = { .size = sizeof(sudo),
		.secret = hush() };
	const struct prun_spec spec = {
		.size = sizeof(spec),
		.argv = argv,
		.setenv = more,
		.sudo = &sudo,
		.in = { .kind = input != NULL ? PRUN_STDIO_PIPE :
						PRUN_STDIO_NULL },
		.out = { .kind = PRUN_STDIO_PIPE },
		.err = { .kind = PRUN_STDIO_PIPE },
	};
	struct prun_process *p;
	int error;

	signal(SIGPIPE, SIG_IGN);
	CHECK_INT(prun_process_start(&spec, &p), 0);
	error = prun_process_communicate(p, input,
	    input != NULL ? strlen(input) : 0, 20, output);
	prun_process_free(p);
	prun_secret_free((struct prun_secret *)(uintptr_t)sudo.secret);
	return error;
}

TEST(process_that_is_asked)
{
	struct prun_output output = { .size = sizeof(output) };

	make_sudo("echo lecture >&2\n" ASK " || exit 1\n" RUN);
	CHECK_INT(talk("input\n", &output), 0);
	CHECK_STR(output.out, "input\n");
	CHECK_STR(output.err, "lecture\nerr\n");
	CHECK_INT(output.result.status, 3);
	CHECK_INT(output.result.flags, 0);
	prun_output_free(&output);
}

TEST(process_that_is_not_asked)
{
	struct prun_output output = { .size = sizeof(output) };

	make_sudo(RUN);
	CHECK_INT(talk("input\n", &output), 0);
	CHECK_STR(output.out, "input\n");
	prun_output_free(&output);
	CHECK_INT(talk(NULL, &output), 0);
	CHECK_STR(output.out, "");
	CHECK_STR(output.err, "err\n");
	prun_output_free(&output);
}

TEST(process_that_is_refused)
{
	struct prun_output output = { .size = sizeof(output) };

	make_sudo(ASK "; echo again >&2; " ASK " || exit 1\n" RUN);
	CHECK_INT(talk("input\n", &output), 0);
	CHECK_STR(output.out, "");
	CHECK_STR(output.err, "again\n");
	CHECK_INT(output.result.status, 1);
	CHECK_INT(output.result.flags, PRUN_RESULT_SUDO_REFUSED);
	prun_output_free(&output);
}

TEST(call_with_stderr_into_stdout)
{
	const char *const more[] = { path, NULL };
	const struct prun_sudo sudo = { .size = sizeof(sudo),
		.secret = hush() };
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = "echo out; echo err >&2",
		.setenv = more,
		.sudo = &sudo,
		.in = { .kind = PRUN_STDIO_NULL },
		.err = { .kind = PRUN_STDIO_STDOUT } };
	struct prun_result r = { .size = sizeof(r) };
	char *out;

	make_sudo(ASK " || exit 1\n" RUN);
	CHECK_INT(prun_check_output(&spec, &out, NULL, &r), 0);
	CHECK(strstr(out, "out\n") != NULL && strstr(out, "err\n") != NULL);
	CHECK_INT(strlen(out), 8);
	free(out);
	prun_secret_free((struct prun_secret *)(uintptr_t)sudo.secret);
}
