/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spool.h - a message in memory while it comes in: a memfd, bounded, sealed before anybody reads it. */
#ifndef OCTROI_SPOOL_H
#define OCTROI_SPOOL_H

#include <stdatomic.h>

#include "milter/model/limits.h"
#include "milter/model/message.h"

/* Bytes of all messages that are in memory just now. */
struct spool {
	_Atomic uint64_t used;
};

/* The header is complete: opens the memfd and writes "From ...", the fields with CRLF, and the empty line. */
void spool_header(struct spool *spool, const struct limits *limits, struct message *message);

/* A piece of the body. What is over a limit sets the fact (too_large, spool_full) and is not kept. */
void spool_body(struct spool *spool, const struct limits *limits, struct message *message, const void *bytes, size_t len);

/* The message is complete: nobody can write it any more. Returns 0 or a negative errno: then it must not be scanned. */
int spool_seal(struct message *message);

/* Header fields as they go over the wire, with CRLF, and the empty line behind them; the caller frees them. */
char *spool_fields(const struct headers *headers, size_t *ret_len);

/* Counts a header or a piece of the body that nobody is going to read. */
void spool_count(const struct limits *limits, struct message *message, size_t len);

#endif
