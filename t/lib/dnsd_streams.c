/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/dnsd_streams.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "milter/base/arena.h"
#include "milter/base/cleanup.h"

enum { IN_MAX = 2 + UINT16_MAX, OUT_MAX = 16 * (2 + UINT16_MAX) };

void dnsd_streams_init(struct dnsd_streams *streams)
{
	for (size_t i = 0; i < DNSD_STREAMS_MAX; i++)
		streams->places[i] = (struct dnsd_stream){ .fd = -1 };
}

void dnsd_streams_release(struct dnsd_streams *streams)
{
	for (size_t i = 0; i < DNSD_STREAMS_MAX; i++)
		dnsd_stream_close(&streams->places[i]);
}

int dnsd_stream_open(struct dnsd_streams *streams, int fd)
{
	for (int i = 0; i < DNSD_STREAMS_MAX; i++) {
		struct dnsd_stream *stream = &streams->places[i];

		if (stream->fd >= 0)
			continue;
		stream->fd = fd;
		stream->in = xcalloc(1, IN_MAX);
		return i;
	}
	(void)close(fd);
	return -1;
}

void dnsd_stream_close(struct dnsd_stream *stream)
{
	(void)close_fd(stream->fd);
	free(stream->in);
	free(stream->out);
	*stream = (struct dnsd_stream){ .fd = -1, .generation = stream->generation + 1 };
}

/* in holds a whole message before it is full: there is always room. */
bool dnsd_stream_read(struct dnsd_stream *stream)
{
	ssize_t n = recv(stream->fd, stream->in + stream->in_len, IN_MAX - stream->in_len, MSG_DONTWAIT);

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	stream->in_len += (size_t)n;
	return true;
}

bool dnsd_stream_next(const struct dnsd_stream *stream, struct str *ret_message)
{
	size_t len;

	if (stream->fd < 0 || stream->in_len < 2)
		return false;
	len = (size_t)stream->in[0] << 8 | stream->in[1];
	*ret_message = (struct str){ (const char *)stream->in + 2, len };
	return stream->in_len >= 2 + len;
}

void dnsd_stream_taken(struct dnsd_stream *stream, size_t message_len)
{
	if (stream->fd < 0)
		return;
	stream->in_len -= 2 + message_len;
	memmove(stream->in, stream->in + 2 + message_len, stream->in_len);
}

static void keep(struct dnsd_stream *stream, const uint8_t *octets, size_t len)
{
	if (stream->out_len + len > stream->out_size) {
		uint8_t *larger = xcalloc(2, stream->out_len + len);

		if (stream->out_len > 0)
			memcpy(larger, stream->out, stream->out_len);
		free(stream->out);
		stream->out = larger;
		stream->out_size = 2 * (stream->out_len + len);
	}
	memcpy(stream->out + stream->out_len, octets, len);
	stream->out_len += len;
}

bool dnsd_stream_write(struct dnsd_stream *stream, const uint8_t *message, size_t len)
{
	if (stream->out_len + len + 2 > OUT_MAX)
		return false;
	keep(stream, (uint8_t[]){ (uint8_t)(len >> 8), (uint8_t)len }, 2);
	keep(stream, message, len);
	return dnsd_stream_flush(stream);
}

bool dnsd_stream_flush(struct dnsd_stream *stream)
{
	ssize_t n;

	if (stream->out_len == 0)
		return true;
	n = send(stream->fd, stream->out, stream->out_len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	stream->out_len -= (size_t)n;
	memmove(stream->out, stream->out + n, stream->out_len);
	return true;
}
