/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dnsd_streams.h - the TCP connections of the scripted name server: messages with a length before them (RFC 1035 4.2.2, RFC 7766). */
#ifndef OCTROI_T_DNSD_STREAMS_H
#define OCTROI_T_DNSD_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "milter/base/str.h"

#define DNSD_STREAMS_MAX 256

struct dnsd_stream {
	int fd;			/* -1: this place is free */
	uint64_t generation;	/* differs for each connection that had this place */
	uint8_t *in, *out;
	size_t in_len, out_len, out_size;
};

struct dnsd_streams {
	struct dnsd_stream places[DNSD_STREAMS_MAX];
};

void dnsd_streams_init(struct dnsd_streams *streams);
void dnsd_streams_release(struct dnsd_streams *streams);

/* Takes over fd; returns its place, or -1 when none is free: fd is closed then. */
int dnsd_stream_open(struct dnsd_streams *streams, int fd);
void dnsd_stream_close(struct dnsd_stream *stream);

/* Reads what there is. False when the peer has gone. */
bool dnsd_stream_read(struct dnsd_stream *stream);

/* The next whole message, which is good until the next call of dnsd_stream_taken; false: there is none yet. */
bool dnsd_stream_next(const struct dnsd_stream *stream, struct str *ret_message);
void dnsd_stream_taken(struct dnsd_stream *stream, size_t message_len);

/* Writes what it can and keeps the rest. False when the peer has gone, or reads nothing. */
bool dnsd_stream_write(struct dnsd_stream *stream, const uint8_t *message, size_t len);
bool dnsd_stream_flush(struct dnsd_stream *stream);

#endif
