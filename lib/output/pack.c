/* SPDX-License-Identifier: ISC */

/*
 * Owns the compression of what is spilled.  Knows neither whose bytes they are
 * nor when they are written.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "output/pack.h"
#include "output/strip.h"

/* Before each frame; the file is ours alone, the machine's byte order will do. */
struct header {
	uint32_t chunk; /* bytes of the stream */
	uint32_t
	    packed; /* bytes that follow; as many as chunk: not compressed */
};

void
pack_fini(struct pack *p)
{
	(void)ZSTD_freeCCtx(p->in);
	(void)ZSTD_freeDCtx(p->out);
	free(p->frame);
	free(p->chunk);
	*p = (struct pack){ 0 };
}

static int
pack_prepare(struct pack *p)
{
	size_t size = sizeof(struct header) + ZSTD_compressBound(PACK_CHUNK);

	if (p->chunk != NULL)
		return 0;
	p->in = ZSTD_createCCtx();
	p->out = ZSTD_createDCtx();
	p->frame = malloc(size);
	p->chunk = malloc(PACK_CHUNK);
	p->frame_size = size;
	if (p->in != NULL && p->out != NULL && p->frame != NULL &&
	    p->chunk != NULL)
		return 0;
	pack_fini(p);
	return -ENOMEM;
}

/* Make the frame of at most PACK_CHUNK bytes; its length with the header. */
static size_t
pack_make(struct pack *p, const char *data, size_t len)
{
	struct header h = { .chunk = (uint32_t)len };
	char *body = p->frame + sizeof(h);
	size_t n = ZSTD_compressCCtx(p->in, body, p->frame_size - sizeof(h),
	    data, len, ZSTD_CLEVEL_DEFAULT);

	if (ZSTD_isError(n) || n >= len) {
		memcpy(body, data, len);
		n = len;
	}
	h.packed = (uint32_t)n;
	memcpy(p->frame, &h, sizeof(h));
	return sizeof(h) + n;
}

int
pack_add(struct pack *p, struct strip *s, struct spill *spill, const char *data,
    size_t len, size_t *done)
{
	size_t n, frame, written;
	int error;

	*done = 0;
	error = pack_prepare(p);
	for (; error == 0 && *done < len; *done += n) {
		n = len - *done < PACK_CHUNK ? len - *done : PACK_CHUNK;
		frame = pack_make(p, data + *done, n);
		error = strip_add(s, spill, p->frame, frame, &written);
		if (error != 0) {
			strip_cut(s, spill, written);
			return error;
		}
	}
	return error;
}

int
pack_peek(struct pack *p, const struct strip *s, struct spill *spill)
{
	struct header h;
	size_t n;
	int error = pack_prepare(p);

	if (error != 0 || p->owner == s)
		return error;
	p->owner = NULL;
	error = strip_read(s, spill, 0, (char *)&h, sizeof(h));
	if (error != 0)
		return error;
	if (h.chunk > PACK_CHUNK || h.packed > h.chunk ||
	    h.packed > s->length - sizeof(h))
		return -EIO;
	error = strip_read(s, spill, sizeof(h),
	    h.packed == h.chunk ? p->chunk : p->frame, h.packed);
	if (error != 0)
		return error;
	if (h.packed < h.chunk) {
		n = ZSTD_decompressDCtx(p->out, p->chunk, PACK_CHUNK, p->frame,
		    h.packed);
		if (ZSTD_isError(n) || n != h.chunk)
			return -EIO;
	}
	p->owner = s;
	p->chunk_len = h.chunk;
	p->frame_len = sizeof(h) + h.packed;
	return 0;
}

void
pack_forget(struct pack *p, const struct strip *s)
{
	if (p->owner == s)
		p->owner = NULL;
}
