/* SPDX-License-Identifier: ISC */

/*
 * Owns the compression of what is spilled.  Knows neither whose bytes they are
 * nor when they are written.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "stream/spill.h"

/*
 * The header of each frame.  Only this process reads the file, so the byte order is
 * that of the machine.
 */
struct header {
	uint32_t chunk; /* bytes of the stream */
	uint32_t
	    packed; /* bytes that follow; if equal to chunk, they are not compressed */
};

void
spill_zstd_fini(struct spill_zstd *p)
{
	(void)ZSTD_freeCCtx(p->in);
	(void)ZSTD_freeDCtx(p->out);
	free(p->frame);
	free(p->chunk);
	*p = (struct spill_zstd){ 0 };
}

static int
spill_zstd_prepare(struct spill_zstd *p)
{
	size_t size = sizeof(struct header) +
	    ZSTD_compressBound(SPILL_ZSTD_CHUNK);

	if (p->chunk != NULL)
		return 0;
	p->in = ZSTD_createCCtx();
	p->out = ZSTD_createDCtx();
	p->frame = malloc(size);
	p->chunk = malloc(SPILL_ZSTD_CHUNK);
	p->frame_size = size;
	if (p->in != NULL && p->out != NULL && p->frame != NULL &&
	    p->chunk != NULL)
		return 0;
	spill_zstd_fini(p);
	return -ENOMEM;
}

/* Make a frame of at most SPILL_ZSTD_CHUNK bytes.  Returns its size with the header. */
static size_t
spill_zstd_make(struct spill_zstd *p, const char *data, size_t len)
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
spill_zstd_add(struct spill_zstd *p, struct spill_stream *s,
    struct spill *spill, const char *data, size_t len, size_t *done)
{
	size_t n, frame, written;
	int error;

	*done = 0;
	error = spill_zstd_prepare(p);
	for (; error == 0 && *done < len; *done += n) {
		n = len - *done < SPILL_ZSTD_CHUNK ? len - *done :
						     SPILL_ZSTD_CHUNK;
		frame = spill_zstd_make(p, data + *done, n);
		error = spill_stream_add(s, spill, p->frame, frame, &written);
		if (error != 0) {
			spill_stream_cut(s, spill, written);
			return error;
		}
	}
	return error;
}

int
spill_zstd_peek(struct spill_zstd *p, const struct spill_stream *s,
    struct spill *spill)
{
	struct header h;
	size_t n;
	int error = spill_zstd_prepare(p);

	if (error != 0 || p->owner == s)
		return error;
	p->owner = NULL;
	error = spill_stream_read(s, spill, 0, (char *)&h, sizeof(h));
	if (error != 0)
		return error;
	if (h.chunk > SPILL_ZSTD_CHUNK || h.packed > h.chunk ||
	    h.packed > s->length - sizeof(h))
		return -EIO;
	error = spill_stream_read(s, spill, sizeof(h),
	    h.packed == h.chunk ? p->chunk : p->frame, h.packed);
	if (error != 0)
		return error;
	if (h.packed < h.chunk) {
		n = ZSTD_decompressDCtx(p->out, p->chunk, SPILL_ZSTD_CHUNK,
		    p->frame, h.packed);
		if (ZSTD_isError(n) || n != h.chunk)
			return -EIO;
	}
	p->owner = s;
	p->chunk_len = h.chunk;
	p->frame_len = sizeof(h) + h.packed;
	return 0;
}

void
spill_zstd_forget(struct spill_zstd *p, const struct spill_stream *s)
{
	if (p->owner == s)
		p->owner = NULL;
}
