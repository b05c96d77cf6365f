/* SPDX-License-Identifier: ISC */

/*
 * Blocks of a stream: whatever the bytes, the record ends and the sizes of reads, the
 * blocks joined are the stream.  Where ends are no expressions the blocks are the same
 * for any sizes of reads, and for a file that is cut by offsets.
 */
#include <sys/mman.h>

#include <unistd.h>

#include "fuzz.h"
#include "input/block.h"

#define MOST 4096

struct reader {
	const uint8_t *data;
	size_t len, step;
	unsigned n;
};

static ssize_t
next_piece(void *arg, int fd, void *buf, size_t len)
{
	struct reader *r = arg;
	/* Long and short ones in turn. */
	size_t n = r->step >> (r->n++ % 4);

	(void)fd;
	n = n == 0 ? 1 : n;
	if (n > len)
		n = len;
	if (n > r->len)
		n = r->len;
	if (n > 0)
		memcpy(buf, r->data, n);
	r->data += n;
	r->len -= n;
	return (ssize_t)n;
}

/* What came of it: all bytes, and where each block ends. */
struct result {
	char bytes[MOST];
	size_t len, ends[MOST], nends;
	int error;
};

static void
add(struct result *r, const struct block *block)
{
	PROMISE(r->len + block->len <= sizeof(r->bytes));
	if (block->data != NULL)
		memcpy(r->bytes + r->len, block->data, block->len);
	else if (block->len > 0)
		PROMISE(pread(block->fd, r->bytes + r->len, block->len,
			    block->offset) == (ssize_t)block->len);
	r->len += block->len;
	if (block->ends && r->nends < MOST)
		r->ends[r->nends++] = r->len;
}

static void
cut(const struct block_options *options, const char *const *files,
    struct result *r)
{
	struct message m = { 0 };
	struct blocks *b;
	struct block block;

	r->len = r->nends = 0;
	r->error = blocks_new(options, files, files != NULL, false, 1, &m, &b);
	PROMISE((r->error < 0) == (m.text[0] != '\0'));
	if (r->error < 0)
		return;
	while ((r->error = blocks_next_piece(b, &block, &m)) == 1) {
		PROMISE(block.len > 0 || !block.begins);
		add(r, &block);
		block_release(&block);
	}
	PROMISE((r->error < 0) == (m.text[0] != '\0'));
	blocks_free(b);
}

static bool
is_same(const struct result *a, const struct result *b)
{
	return a->error == b->error && a->len == b->len &&
	    a->nends == b->nends &&
	    memcmp(a->ends, b->ends, a->nends * sizeof(*a->ends)) == 0;
}

static void
cut_file(const struct block_options *options, struct fuzz f, struct result *r)
{
	static int fd = -1;
	static char path[64];
	const char *file = path;

	if (fd == -1) {
		fd = memfd_create("f_blocks", MFD_CLOEXEC);
		PROMISE(fd != -1);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	PROMISE(ftruncate(fd, 0) == 0);
	PROMISE(pwrite(fd, f.data, f.len, 0) == (ssize_t)f.len);
	cut(options, &file, r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct result one, other;
	struct fuzz f = { data, len };
	unsigned flags = fuzz_byte(&f), size = fuzz_byte(&f);
	char *end = fuzz_word(&f), *start = fuzz_word(&f);
	char *header = fuzz_word(&f), *group = fuzz_word(&f);
	struct reader reader;
	struct block_options options = {
		.size = size % 64,
		.size_given = true,
		.records = flags & 1 ? 1 + size % 5 : 0,
		.lines = flags & 2 ? 1 + size % 3 : 0,
		.header = flags & 4 ? header : NULL,
		.group = flags & 8 ? group : NULL,
		.record = { .format = flags >> 6,
		    .csv_separator = ',',
		    .end = text_of(end),
		    .start = text_of(start),
		    .end_given = flags & 16,
		    .regexp = flags & 32 },
		.read = next_piece,
		.read_arg = &reader,
	};

	if (f.len > MOST)
		f.len = MOST;
	reader = (struct reader){ f.data, f.len, MOST, 0 };
	cut(&options, NULL, &one);
	reader = (struct reader){ f.data, f.len, 1 + size, 0 };
	cut(&options, NULL, &other);
	if (one.error == 0 && (options.header == NULL || *header == '\0')) {
		PROMISE(one.len == f.len && other.len == f.len);
		PROMISE(memcmp(one.bytes, f.data, f.len) == 0);
		PROMISE(memcmp(other.bytes, f.data, f.len) == 0);
	}
	if (!options.record.regexp && options.group == NULL) {
		PROMISE(is_same(&one, &other));
		/* It is read where it cannot be cut by offsets. */
		reader = (struct reader){ f.data, f.len, MOST, 0 };
		cut_file(&options, f, &other);
		PROMISE(is_same(&one, &other));
	}
	free(end);
	free(start);
	free(header);
	free(group);
	return 0;
}
