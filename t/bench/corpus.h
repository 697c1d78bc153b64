/* SPDX-License-Identifier: GPL-2.0-or-later */
/* corpus.h - the messages of a directory, read once and cut into what an MTA hands to a filter. */
#ifndef OCTROI_BENCH_CORPUS_H
#define OCTROI_BENCH_CORPUS_H

#include "milter/base/arena.h"
#include "milter/base/str.h"

struct corpus_header {
	const char *name;
	const char *value;	/* begins right after the colon; folds are LF and white space */
};

struct corpus_message {
	const char *file;
	struct corpus_header *headers;
	size_t headers_len;
	struct str body;	/* lines end in CRLF */
	struct str raw;		/* as it stands in the file */
};

struct corpus {
	struct corpus_message *messages;	/* by file name, so that every run sees the same order */
	size_t len;
	size_t size_bytes;			/* of all files */
};

/* Cuts a message (RFC 5322) with LF or CRLF line ends. A line that is no header field ends the header, as it does in
 * Postfix. Everything lives as long as arena, except raw, which is the caller's. */
void corpus_cut(struct arena *arena, struct str raw, struct corpus_message *ret_message);

/* Reads every regular file of dir whose name ends in .eml.
 * Returns 0, or a negative errno; -ENOENT when there is none. */
int corpus_read(struct arena *arena, const char *dir, struct corpus *ret_corpus);

#endif
