/* SPDX-License-Identifier: ISC */

/* The job log as a file: its lock, what is kept of it, what is mended. */
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "results/joblog_file.h"
#include "results/resume.h"
#include "t.h"

#define HEADER \
	"Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand"
#define LINE1 "1\t:\t1700000000.000\t     0.000\t0\t0\t0\t0\techo a\n"
#define LINE2 "2\t:\t1700000000.000\t     0.000\t0\t0\t3\t0\tfalse\n"
#define LINE3 "3\t:\t1700000000.000\t     0.000\t0\t0\t0\t0\techo c\n"

static const struct prun_result result = { .status = 3, .started = 1700000000 };
static char folder[] = "/tmp/t_cmd_logfile.XXXXXX", name[64];
static pid_t owner;

static void
remove_folder(void)
{
	if (getpid() != owner)
		return;
	(void)unlink(name);
	CHECK_INT(rmdir(folder), 0);
}

/* A name in a folder that goes with this process. */
static const char *
path(void)
{
	if (*name == '\0') {
		CHECK(mkdtemp(folder) != NULL);
		(void)snprintf(name, sizeof(name), "%s/log", folder);
		owner = getpid();
		CHECK_INT(atexit(remove_folder), 0);
	}
	return name;
}

static void
put(const char *data, size_t len)
{
	FILE *file = fopen(path(), "w");

	CHECK(file != NULL);
	CHECK_INT(fwrite(data, 1, len, file), len);
	CHECK_INT(fclose(file), 0);
}

/* The whole file; good until the next call. */
static const char *
text(void)
{
	static char data[65536];
	FILE *file = fopen(path(), "r");
	size_t n;

	CHECK(file != NULL);
	n = fread(data, 1, sizeof(data) - 1, file);
	CHECK_INT(fclose(file), 0);
	data[n] = '\0';
	return data;
}

static int
count_row(const struct joblog_row *row, void *arg)
{
	CHECK_INT(row->seq, ++*(uint64_t *)arg);
	return 0;
}

static int
try_open(struct joblog_options options, uint64_t *rows,
    struct joblog_file **log, struct message *message)
{
	if (options.path == NULL)
		options.path = path();
	return joblog_file_open(&options, rows != NULL ? count_row : NULL, rows,
	    log, message);
}

static struct joblog_file *
open_log(struct joblog_options options, uint64_t *rows)
{
	struct message message = { "" };
	struct joblog_file *log;

	if (try_open(options, rows, &log, &message) != 0)
		T_FAIL("%s", message.text);
	return log;
}

static int
write_job(struct joblog_file *log, uint64_t seq, const char *command)
{
	const struct joblog_entry entry = { .seq = seq,
		.result = &result,
		.tries = 1,
		.command = text_of(command),
		.key = text_of("key") };

	return joblog_file_write(log, &entry);
}

TEST(new_log)
{
	struct joblog_file *log = open_log((struct joblog_options){ 0 }, NULL);

	CHECK_STR(text(), HEADER "\n");
	CHECK_INT(write_job(log, 2, "false"), 0);
	/* It is there at once. */
	CHECK_STR(text(), HEADER "\n" LINE2);
	joblog_file_close(log);
	/* The next one begins anew. */
	log = open_log((struct joblog_options){ .columns = JOBLOG_KEY }, NULL);
	CHECK_STR(text(), HEADER "\tKey\n");
	joblog_file_close(log);
}

TEST(no_header)
{
	const struct joblog_options options = { .append = true,
		.no_header = true };
	struct joblog_file *log = open_log(options, NULL);

	CHECK_STR(text(), "");
	CHECK_INT(write_job(log, 2, "false"), 0);
	joblog_file_close(log);
	log = open_log(options, NULL);
	CHECK_INT(write_job(log, 2, "false"), 0);
	joblog_file_close(log);
	CHECK_STR(text(), LINE2 LINE2);
}

TEST(appended)
{
	uint64_t rows = 0;
	struct joblog_file *log;

	put(HEADER "\n" LINE1, strlen(HEADER "\n" LINE1));
	/* It keeps its own columns. */
	log = open_log((struct joblog_options){ .append = true,
			   .columns = JOBLOG_EXTRA | JOBLOG_KEY },
	    &rows);
	CHECK_INT(rows, 1);
	CHECK_INT(write_job(log, 2, "false"), 0);
	joblog_file_close(log);
	CHECK_STR(text(), HEADER "\n" LINE1 LINE2);
	rows = 0;
	joblog_file_close(open_log((struct joblog_options){ .append = true },
	    &rows));
	CHECK_INT(rows, 2);
	CHECK_STR(text(), HEADER "\n" LINE1 LINE2);
}

TEST(one_at_a_time)
{
	struct joblog_file *log = open_log((struct joblog_options){ 0 }, NULL);
	struct message message = { "" };
	struct joblog_file *other;
	char wanted[128];

	CHECK_INT(write_job(log, 2, "false"), 0);
	for (int append = 0; append < 2; append++) {
		CHECK_INT(try_open((struct joblog_options){ .append = append !=
					   0 },
			      NULL, &other, &message),
		    -EWOULDBLOCK);
		(void)snprintf(wanted, sizeof(wanted),
		    "--joblog: %s is being written by another prun", path());
		CHECK_STR(message.text, wanted);
		CHECK_STR(text(), HEADER "\n" LINE2);
	}
	joblog_file_close(log);
	joblog_file_close(open_log((struct joblog_options){ .append = true },
	    NULL));
}

/* Who was killed does not lock anybody out. */
TEST(killed_writer)
{
	uint64_t rows = 1;
	int fd[2], status;
	pid_t pid;
	char c;

	(void)path();
	CHECK_INT(pipe(fd), 0);
	pid = fork();
	CHECK(pid != -1);
	if (pid == 0) {
		struct joblog_file *log = open_log((struct joblog_options){ 0 },
		    NULL);

		CHECK_INT(write_job(log, 2, "false"), 0);
		CHECK_INT(write(fd[1], "x", 1), 1);
		for (;;)
			(void)pause();
	}
	CHECK_INT(read(fd[0], &c, 1), 1);
	CHECK_INT(kill(pid, SIGKILL), 0);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	joblog_file_close(open_log((struct joblog_options){ .append = true },
	    &rows));
	CHECK_INT(rows, 2);
}

/* Cut off anywhere: whole lines stay, nothing of the last one does. */
TEST(torn)
{
	static const char whole[] = HEADER "\n" LINE1 LINE2;
	char wanted[sizeof(whole) + 256];

	for (size_t n = 0; n < sizeof(whole); n++) {
		size_t keep = n;
		uint64_t rows = 0, lines = 0;
		struct joblog_file *log;

		put(whole, n);
		while (keep > 0 && whole[keep - 1] != '\n')
			keep--;
		for (size_t i = 0; i < keep; i++)
			lines += whole[i] == '\n';
		log = open_log((struct joblog_options){ .append = true },
		    &rows);
		CHECK_INT(rows, lines > 0 ? lines - 1 : 0);
		CHECK_INT(write_job(log, 2, "false"), 0);
		joblog_file_close(log);
		(void)snprintf(wanted, sizeof(wanted), "%.*s%s" LINE2,
		    (int)keep, whole, keep == 0 ? HEADER "\n" : "");
		CHECK_STR(text(), wanted);
	}
}

/* What is not ours is left as it is, torn or not. */
TEST(foreign)
{
	static const char *const files[] = {
		"a text\n",
		"a text",
		"\n",
		"1 2 3\n",
		"12\n",
		"Seq\tHost\n",
		HEADER "\nnot a job\n",
		HEADER "\n" LINE1 "\n" LINE2,
		HEADER "\n" HEADER "\n",
		HEADER "\tOther\n" LINE1,
		HEADER "\n" LINE1 "x" LINE2,
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct message message = { "" };
		struct joblog_file *log;

		put(files[i], strlen(files[i]));
		if (try_open((struct joblog_options){ .append = true }, NULL,
			&log, &message) != -EINVAL)
			T_FAIL("taken: %s", files[i]);
		CHECK(strstr(message.text, "is not of a job log") != NULL);
		CHECK_STR(text(), files[i]);
	}
}

static int
refuse(const struct joblog_row *row, void *arg)
{
	++*(int *)arg;
	return row->seq == 2 ? -ENOMEM : 0;
}

TEST(reader_gives_up)
{
	const struct joblog_options options = { .path = path(),
		.append = true };
	struct message message = { "" };
	struct joblog_file *log;
	int calls = 0;

	put(HEADER "\n" LINE1 LINE2 LINE3 "4",
	    strlen(HEADER "\n" LINE1 LINE2 LINE3 "4"));
	CHECK_INT(joblog_file_open(&options, refuse, &calls, &log, &message),
	    -ENOMEM);
	CHECK_INT(calls, 2);
	/* Nothing is mended of what was not read. */
	CHECK_STR(text(), HEADER "\n" LINE1 LINE2 LINE3 "4");
}

/* A line that does not fit is not there at all, and the log goes on. */
TEST(full_disk)
{
	struct joblog_file *log = open_log((struct joblog_options){ 0 }, NULL);
	struct rlimit limit = { .rlim_cur = strlen(HEADER "\n" LINE2) + 10,
		.rlim_max = RLIM_INFINITY };

	CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	CHECK_INT(write_job(log, 2, "false"), 0);
	CHECK_INT(write_job(log, 1, "echo a"), -EFBIG);
	CHECK_STR(text(), HEADER "\n" LINE2);
	limit.rlim_cur = RLIM_INFINITY;
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	CHECK_INT(write_job(log, 2, "false"), 0);
	joblog_file_close(log);
	CHECK_STR(text(), HEADER "\n" LINE2 LINE2);
}

TEST(no_file)
{
	struct message message = { "" };
	struct joblog_file *log;

	log = open_log((struct joblog_options){ .path = "/dev/null" }, NULL);
	CHECK_INT(write_job(log, 1, "echo a"), 0);
	joblog_file_close(log);
	CHECK_INT(try_open((struct joblog_options){ .path = "/dev/full" }, NULL,
		      &log, &message),
	    -ENOSPC);
	CHECK_STR(message.text, "--joblog: /dev/full: No space left on device");
	CHECK_INT(try_open((struct joblog_options){ .path = "/proc/none/log" },
		      NULL, &log, &message),
	    -ENOENT);
	CHECK_INT(try_open((struct joblog_options){ .path = "/tmp" }, NULL,
		      &log, &message),
	    -EISDIR);
}

/* What one prun has written another one goes on from. */
TEST(resumed)
{
	struct joblog_file
	    *log = open_log((struct joblog_options){ .columns = JOBLOG_KEY },
		NULL);
	const struct joblog_options again = { .path = path(), .append = true };
	struct message message = { "" };
	struct resume *r;

	for (uint64_t seq = 1; seq < 500; seq += 2)
		CHECK_INT(write_job(log, seq, "echo a\nb\tc\\"), 0);
	joblog_file_close(log);
	CHECK_INT(resume_new(RESUME_ENDED, false, false, &r), 0);
	CHECK_INT(joblog_file_open(&again, resume_add, r, &log, &message), 0);
	for (uint64_t seq = 1; seq < 500; seq++)
		CHECK_INT(resume_has(r, text_of(""), seq,
			      text_of("echo a\nb\tc\\"), text_of("")),
		    seq % 2);
	CHECK_INT(resume_differing(r), 0);
	resume_free(r);
	joblog_file_close(log);
}
