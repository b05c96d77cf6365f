/* SPDX-License-Identifier: ISC */

/* --progress, --eta and --bar: on a screen, in a log, and for zenity. */
#include <errno.h>

#include "live/progress.h"
#include "report/report_task.h"
#include "report/sink.h"
#include "vt.h"

static struct sink *
progress_of(struct progress_options options)
{
	struct sink *p;

	if (options.interval <= 0)
		options.interval = 3600;
	CHECK_INT(progress_new(&options, &p), 0);
	return p;
}

static struct prun_pool *
new_pool(void)
{
	struct prun_pool *pool;

	CHECK_INT(prun_pool_new(
		      &(struct prun_pool_opts){
			  .size = sizeof(struct prun_pool_opts),
			  .slots = 1 },
		      &pool),
	    0);
	return pool;
}

static void
start(struct sink *p, const char *argument)
{
	const struct text value = text_of(argument);
	const struct command_job job = { .values = &value, .nvalues = 1 };

	CHECK_INT(p->ops->started(p, NULL, &job, NULL, NULL), 0);
}

static void
end(struct sink *p, int status, unsigned flags)
{
	const struct prun_result r = { .status = status, .flags = flags };
	struct report_task *task = calloc(1, sizeof(*task));

	CHECK(task != NULL);
	p->ops->ended(p, task, &r);
	free(task);
}

/* stderr becomes a pipe; its other end is returned. */
static int
stderr_pipe(void)
{
	int fd[2];

	CHECK_INT(pipe(fd), 0);
	CHECK(dup2(fd[1], STDERR_FILENO) != -1);
	CHECK_INT(close(fd[1]), 0);
	CHECK(fcntl(fd[0], F_SETFL, O_NONBLOCK) != -1);
	return fd[0];
}

/* What has come since, "" for nothing; good until the next call. */
static const char *
told(int fd)
{
	static char text[4096];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	CHECK(n >= 0 || errno == EAGAIN);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

TEST(bar)
{
	struct sink *p;
	struct screen *s;
	struct vt vt;
	char wanted[64];

	vt_open(&vt, 31, 5);
	CHECK_INT(screen_new(vt.slave, &s), 0);
	p = progress_of((struct progress_options){ .screen = s, .bar = true });
	start(p, "a");
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "0/? ok 0 running 1 a\n");
	p->ops->total(p, 2);
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "0/2 ok 0 running 1 a\n");
	end(p, 0, 0);
	start(p, "an argument that does not fit in the line");
	screen_draw(s);
	/* How many seconds are left depends on the machine. */
	CHECK(strncmp(vt_picture(&vt), "1/2 ok 1 running 1 ETA ", 23) == 0);
	end(p, 1, 0);
	screen_finish(s);
	(void)snprintf(wanted, sizeof(wanted), "2/2 ok 1 failed 1 %s\n",
	    "an argument");
	CHECK_STR(vt_picture(&vt), wanted);
	p->ops->close(p);
	screen_free(s);
	CHECK_STR(vt_picture(&vt), wanted);
}

TEST(line)
{
	struct sink *p;
	struct screen *s;
	struct vt vt;

	vt_open(&vt, 60, 5);
	CHECK_INT(screen_new(vt.slave, &s), 0);
	p = progress_of((struct progress_options){ .screen = s });
	start(p, "a");
	start(p, "b");
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "local:2/0/100%/0.0s\n");
	p->ops->close(p);
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "");
	p = progress_of((struct progress_options){ .screen = s, .eta = true });
	start(p, "a");
	p->ops->total(p, 3);
	end(p, 0, 0);
	screen_draw(s);
	CHECK_STR(vt_picture(&vt),
	    "ETA: 0s Left: 2 AVG: 0.00s  local:0/1/100%/0.0s\n");
	p->ops->close(p);
	screen_free(s);
}

TEST(toggle)
{
	struct sink *p;
	struct screen *s;
	struct vt vt;

	vt_open(&vt, 60, 5);
	CHECK_INT(screen_new(vt.slave, &s), 0);
	p = progress_of((struct progress_options){ .screen = s, .off = true });
	start(p, "a");
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "");
	p->ops->toggle(p);
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "local:1/0/100%/0.0s\n");
	p->ops->toggle(p);
	CHECK_STR(vt_picture(&vt), "");
	p->ops->close(p);
	screen_free(s);
}

TEST(log)
{
	const int fd = stderr_pipe();
	struct sink *p = progress_of((struct progress_options){ .bar = true,
	    .log = true,
	    .interval = 0.01 });
	struct prun_pool *pool = new_pool();
	const char *text;

	p->ops->total(p, 3);
	start(p, "a");
	end(p, 0, PRUN_RESULT_TIMED_OUT);
	start(p, "b");
	p->ops->begin(p, pool);
	while (*(text = told(fd)) == '\0')
		CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK_STR(text,
	    "prun: 1 of 3 jobs ended, 1 failed, 1 running, 0 s so far, about 0 s left\n");
	end(p, 0, 0);
	p->ops->finished(p, NULL);
	CHECK_STR(told(fd),
	    "prun: 2 of 3 jobs ended, 1 failed, 0 running, 0 s so far, about 0 s left\n");
	prun_pool_free(pool);
	p->ops->close(p);
}

/* What was over before the first line was due is not worth one. */
TEST(short_log)
{
	const int fd = stderr_pipe();
	struct sink *p = progress_of((struct progress_options){ .log = true });
	struct prun_pool *pool = new_pool();

	start(p, "a");
	p->ops->begin(p, pool);
	end(p, 0, 0);
	p->ops->finished(p, NULL);
	CHECK_STR(told(fd), "");
	/* Nobody waits for the time of what has ended or is switched off. */
	CHECK_INT(prun_pool_step(pool, -1), -EDEADLK);
	p->ops->begin(p, pool);
	p->ops->toggle(p);
	CHECK_INT(prun_pool_step(pool, -1), -EDEADLK);
	/* What is switched on is told at once. */
	p->ops->toggle(p);
	CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK(*told(fd) != '\0');
	prun_pool_free(pool);
	p->ops->close(p);
}

TEST(zenity)
{
	const int fd = stderr_pipe();
	struct sink *p = progress_of((struct progress_options){ .bar = true });

	p->ops->total(p, 2);
	start(p, "a");
	p->ops->finished(p, NULL);
	CHECK_STR(told(fd), "\r#   0 sec a\r0\r");
	/* Nothing new, nothing said. */
	p->ops->finished(p, NULL);
	CHECK_STR(told(fd), "");
	end(p, 0, 0);
	start(p, "b");
	p->ops->finished(p, NULL);
	CHECK_STR(told(fd), "\r#   0 sec b\r50\r");
	p->ops->close(p);
}
