/* SPDX-License-Identifier: ISC */

/*
 * sudo as it rarely is: what it does stands in $FAKE_SUDO, words with commas.
 *
 *	slow	asks after a while		lecture	talks before it asks
 *	split	writes its prompt in pieces	second	takes no first answer
 *	endless	asks for ever, end of file or not	free	asks nothing for commands
 *	ticket	-n works			exec	runs the command in its place
 *	late	takes its time around the command	helper	lets a child work before it asks
 *	other	asks for something else after the password
 *
 * The password is in the file $FAKE_SECRET; each that it gets is noted in $FAKE_LOG.
 */
#include <sys/wait.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
is(const char *word)
{
	const char *mode = getenv("FAKE_SUDO");

	return mode != NULL && strstr(mode, word) != NULL;
}

static void
say(const char *text)
{
	size_t len = strlen(text), piece = is("split") ? 1 : len;

	for (; len > 0; text += piece, len -= piece) {
		if (write(STDERR_FILENO, text, piece) == -1)
			_exit(9);
		if (is("split"))
			usleep(2000);
	}
}

/* A line, or "" at the end of file. */
static bool
hear(char *line, size_t size)
{
	size_t n = 0;
	char c;

	while (n + 1 < size && read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		line[n++] = c;
	line[n] = '\0';
	return n > 0;
}

static void
take_note(const char *text)
{
	const char *name = getenv("FAKE_LOG");
	FILE *log = name != NULL ? fopen(name, "a") : NULL;

	if (log == NULL)
		return;
	fprintf(log, "%s\n", text);
	fclose(log);
}

static bool
is_right(const char *answer)
{
	const char *name = getenv("FAKE_SECRET");
	FILE *file = name != NULL ? fopen(name, "r") : NULL;
	char secret[256] = "";

	if (file == NULL || fgets(secret, sizeof(secret), file) == NULL)
		return false;
	fclose(file);
	secret[strcspn(secret, "\n")] = '\0';
	return strcmp(secret, answer) == 0;
}

static void
ask(const char *prompt)
{
	char answer[256];

	pid_t helper;

	if (is("helper")) {
		helper = fork();
		if (helper == 0) {
			execlp("sleep", "sleep", "0.2", (char *)NULL);
			_exit(127);
		}
		(void)waitpid(helper, NULL, 0);
	}
	if (is("slow"))
		usleep(300000);
	if (is("lecture"))
		say("We trust you have received the usual lecture [prun-\n");
	for (int tries = 0; tries < 3 || is("endless"); tries++) {
		say(prompt);
		if (!hear(answer, sizeof(answer))) {
			take_note("(nothing)");
			if (is("endless"))
				usleep(50000);
			else
				break;
		} else {
			take_note(answer);
			if (is_right(answer) && !is("endless") &&
			    !(is("second") && tries == 0)) {
				if (!is("other"))
					return;
				say("Something else: ");
				(void)hear(answer, sizeof(answer));
				break;
			}
			say("Sorry, try again.\n");
		}
	}
	say("fakesudo: no\n");
	exit(1);
}

static int
run(char *argv[])
{
	pid_t pid;
	int status;

	if (is("late"))
		usleep(300000);
	pid = is("exec") ? 0 : fork();
	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		return 9;
	if (is("late"))
		usleep(300000);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char *argv[])
{
	bool quiet = false, check = false;
	const char *prompt = "";
	int c;

	while ((c = getopt(argc, argv, "+Snvp:u:")) != -1) {
		quiet |= c == 'n';
		check |= c == 'v';
		if (c == 'p')
			prompt = optarg;
	}
	if (quiet && !is("ticket")) {
		say("fakesudo: a password is required\n");
		return 1;
	}
	if (!quiet && (check || !is("free")))
		ask(prompt);
	return check ? 0 : run(argv + optind);
}
