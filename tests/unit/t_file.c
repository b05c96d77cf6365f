/* SPDX-License-Identifier: ISC */

/* file: what is sent is taken as it was; what lies is refused and leads nowhere. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "remote/file.h"
#include "test_util.h"

static const char *const out[] = { "out/x", "out/y", NULL };

static void
put(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	CHECK(fd != -1);
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	CHECK_INT(fchmod(fd, mode), 0);
	(void)close(fd);
}

static char *
got(const char *path)
{
	static char text[256];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd == -1)
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	(void)close(fd);
	return text;
}

static char *
enter(void)
{
	static char folder[32];

	(void)snprintf(folder, sizeof(folder), "/tmp/t_file.XXXXXX");
	CHECK(mkdtemp(folder) != NULL);
	CHECK_INT(chdir(folder), 0);
	return folder;
}

static void
leave(const char *folder)
{
	char command[64];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	CHECK_INT(chdir("/"), 0);
	CHECK_INT(system(command), 0);
}

/* All that the sender has, to the taker.  What file_send_next() says in the end. */
static int
carry(struct file_sender *s, struct file_taker *t)
{
	int n;

	while ((n = file_send_next(s)) > 0)
		CHECK_INT(file_take(t, &s->part), 0);
	file_sender_fini(s);
	return n;
}

static struct file_sender *
sender_of(const char *const *paths, size_t n, struct file_trail *trail)
{
	struct file_sender *s = calloc(1, sizeof(*s));

	s->paths = paths;
	s->n = n;
	s->trail = trail;
	return s;
}

TEST(a_tree_comes_as_it_was_and_is_removed_by_its_trail)
{
	static const char *const in[] = { "in/", "single" };
	char *folder = enter();
	struct file_trail trail = { 0 };
	struct file_taker t = { .paths = out,
		.n = 2,
		.distrust = true,
		.trail = &trail };
	struct file_sender *s = sender_of(in, 2, NULL);
	const struct timespec times[2] = { { .tv_sec = 1 },
		{ .tv_sec = 981173106, .tv_nsec = 789000000 } };
	struct stat st;

	CHECK_INT(mkdir("in", 0755), 0);
	CHECK_INT(mkdir("in/a b", 0755), 0);
	put("in/a b/new\nline", "text", 0640);
	CHECK_INT(symlink("../a b/new\nline", "in/a b/link"), 0);
	CHECK_INT(utimensat(AT_FDCWD, "in/a b/new\nline", times, 0), 0);
	CHECK_INT(chmod("in/a b", 0555), 0);
	put("single", "", 0600);
	CHECK_INT(carry(s, &t), 0);
	CHECK(file_taker_is_complete(&t));
	CHECK_STR(got("out/x/a b/new\nline"), "text");
	CHECK_STR(got("out/x/a b/link"), "text");
	CHECK_STR(got("out/y"), "");
	CHECK_INT(stat("out/x/a b/new\nline", &st), 0);
	CHECK_INT(st.st_mode & 07777, 0640);
	CHECK_INT(st.st_mtim.tv_sec, 981173106);
	CHECK_INT(st.st_mtim.tv_nsec, 789000000);
	CHECK_INT(stat("out/x/a b", &st), 0);
	CHECK_INT(st.st_mode & 07777, 0555);
	file_taker_fini(&t);
	file_trail_remove(&trail, NULL, NULL);
	file_remove_folders("out/x", 0);
	CHECK_INT(access("out", F_OK), -1);
	file_trail_fini(&trail);
	free(s);
	CHECK_INT(chmod("in/a b", 0755), 0);
	leave(folder);
}

TEST(what_stood_there_before_stays)
{
	static const char *const in[] = { "in" }, *const there[] = { "there" };
	char *folder = enter();
	struct file_trail trail = { 0 };
	struct file_taker t = { .paths = there, .n = 1, .trail = &trail };
	struct file_sender *s = sender_of(in, 1, NULL);
	struct stat st;

	CHECK_INT(mkdir("in", 0755), 0);
	put("in/f", "new", 0644);
	CHECK_INT(mkdir("there", 0700), 0);
	put("there/f", "old", 0600);
	put("there/g", "own", 0600);
	CHECK_INT(carry(s, &t), 0);
	CHECK_STR(got("there/f"), "new");
	CHECK_INT(stat("there", &st), 0);
	CHECK_INT(st.st_mode & 07777, 0700);
	file_trail_remove(&trail, NULL, NULL);
	CHECK_STR(got("there/g"), "own");
	CHECK(got("there/f") == NULL);
	file_taker_fini(&t);
	file_trail_fini(&trail);
	free(s);
	leave(folder);
}

TEST(what_cannot_be_read_or_written_is_told_once)
{
	static const char *const in[] = { "f", "none" },
				 *const at[] = { "d", "e" };
	char *folder = enter();
	struct file_taker t = { .paths = at, .n = 2, .there = true };
	struct file_sender *s = sender_of(in, 2, NULL);

	put("f", "text", 0644);
	CHECK_INT(mkdir("d", 0755), 0);
	CHECK_INT(carry(s, &t), -ENOENT);
	CHECK_STR(s->fault, "cannot read 'none': No such file or directory");
	CHECK_STR(t.fault, "cannot write 'd' there: Is a directory");
	CHECK(!file_taker_is_complete(&t));
	file_taker_fini(&t);
	/* Nothing of it is left. */
	CHECK_INT(rmdir("d"), 0);
	free(s);
	s = sender_of(in, 2, NULL);
	s->lenient = true;
	t = (struct file_taker){ .paths = at, .n = 2 };
	CHECK_INT(carry(s, &t), 0);
	CHECK(!file_taker_is_complete(&t) && t.error == 0);
	CHECK_STR(got("d"), "text");
	file_taker_fini(&t);
	free(s);
	leave(folder);
}

/* One frame of a file.  What file_take() says. */
static int
take(struct file_taker *t, struct file_head h)
{
	struct buf bytes = { 0 };
	struct frame f = { .type = FRAME_FILE };
	int r;

	CHECK_INT(file_head_put(&bytes, &h), 0);
	f.data = bytes.data;
	f.len = bytes.len;
	r = file_take(t, &f);
	buf_fini(&bytes);
	return r;
}

TEST(paths_that_lead_out_are_of_no_protocol)
{
	static const char *const bad[] = { "..", ".", "", "/x", "x/", "x//y",
		"x/../y", "../x", "x/..", "./x" };
	char *folder = enter();
	struct file_taker t = { .paths = out, .n = 2, .distrust = true };
	const struct frame end = { .type = FRAME_BYTES };

	CHECK_INT(take(&t, (struct file_head){ .index = 2, .kind = 1 }),
	    -EPROTO);
	CHECK_INT(file_take(&t, &end), -EPROTO);
	CHECK_INT(take(&t, (struct file_head){ .kind = FILE_FOLDER_END }),
	    -EPROTO);
	CHECK_INT(take(&t,
		      (struct file_head){ .kind = FILE_LINK, .target = "x" }),
	    -EPROTO);
	CHECK_INT(take(&t,
		      (struct file_head){ .kind = FILE_REGULAR,
			  .mode = 04755 }),
	    -EPROTO);
	CHECK_INT(take(&t, (struct file_head){ .kind = FILE_FOLDER }), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(take(&t,
			      (struct file_head){ .kind = FILE_REGULAR,
				  .below = bad[i] }),
		    -EPROTO);
	/* Its end is due before another begins. */
	CHECK_INT(take(&t, (struct file_head){ .index = 1, .kind = 1 }),
	    -EPROTO);
	CHECK_INT(take(&t, (struct file_head){ .kind = FILE_FOLDER_END }), 0);
	CHECK_INT(take(&t, (struct file_head){ .kind = FILE_REGULAR }),
	    -EPROTO);
	file_taker_fini(&t);
	leave(folder);
}

/* Is a link at that place with that target made? */
static bool
makes_link(const char *below, const char *target)
{
	static const char *const at[] = { "root" };
	struct file_taker t = { .paths = at, .n = 1, .distrust = true };
	bool made;

	CHECK_INT(take(&t, (struct file_head){ .kind = FILE_FOLDER }), 0);
	CHECK_INT(take(&t,
		      (struct file_head){ .kind = FILE_FOLDER, .below = "d" }),
	    0);
	CHECK_INT(take(&t,
		      (struct file_head){ .kind = FILE_LINK,
			  .below = below,
			  .target = target }),
	    0);
	made = t.error == 0;
	file_taker_fini(&t);
	return made;
}

TEST(links_stay_within_and_are_not_followed)
{
	static const char *const at[] = { "root" };
	char *folder = enter();
	struct file_taker t = { .paths = at, .n = 1, .distrust = true };
	const struct frame bytes = { .type = FRAME_BYTES,
		.data = "evil",
		.len = 4 },
			   end = { .type = FRAME_BYTES };

	CHECK(makes_link("l", "d/x") && makes_link("d/l", "../x") &&
	    makes_link("d/l", "./..") && makes_link("l", "."));
	CHECK(!makes_link("l", "/etc") && !makes_link("l", "..") &&
	    !makes_link("d/l", "../.."));
	CHECK(!makes_link("l", "d/../x") && !makes_link("d/l", "x/.."));
	/* A link that somebody has put there meanwhile. */
	CHECK_INT(symlink("..", "root/up"), 0);
	CHECK_INT(take(&t, (struct file_head){ .kind = FILE_FOLDER }), 0);
	CHECK_INT(take(&t,
		      (struct file_head){ .kind = FILE_REGULAR,
			  .below = "up/evil" }),
	    0);
	CHECK_INT(file_take(&t, &bytes), 0);
	CHECK_INT(file_take(&t, &end), 0);
	CHECK(t.error != 0);
	CHECK_INT(access("evil", F_OK), -1);
	file_taker_fini(&t);
	/* And one with the name of the file is replaced. */
	t = (struct file_taker){ .paths = at, .n = 1, .distrust = true };
	put("victim", "own", 0600);
	CHECK_INT(symlink("../victim", "root/file"), 0);
	CHECK_INT(take(&t, (struct file_head){ .kind = FILE_FOLDER }), 0);
	CHECK_INT(take(&t,
		      (struct file_head){ .kind = FILE_REGULAR,
			  .mode = 0600,
			  .below = "file" }),
	    0);
	CHECK_INT(file_take(&t, &bytes), 0);
	CHECK_INT(file_take(&t, &end), 0);
	CHECK_STR(got("victim"), "own");
	CHECK_STR(got("root/file"), "evil");
	file_taker_fini(&t);
	leave(folder);
}
