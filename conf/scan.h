/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scan.h - the words and signs of milter.conf, with their places.
 *
 * libconfuse reads the values; this reader sees first what libconfuse cannot say or would let pass: comments inside a
 * list, bytes it skips in silence, variables of the environment, a quote that runs on over lines. */
#ifndef OCTROI_CONF_SCAN_H
#define OCTROI_CONF_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#define SCAN_WORD_MAX 65536	/* libconfuse reads a long word in quadratic time */

struct scan {
	char *text;		/* comments and white space become blanks of one kind while reading */
	size_t len, at;
	unsigned line;		/* of at, from 1 */
};

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,		/* a name or a value, with quotes or without */
	TOKEN_IS,		/* = */
	TOKEN_APPEND,		/* += */
	TOKEN_OPEN, TOKEN_CLOSE,		/* braces */
	TOKEN_ROUND_OPEN, TOKEN_ROUND_CLOSE,
	TOKEN_COMMA,
};

struct token {
	enum token_kind kind;
	size_t start, end;	/* with its quotes */
	unsigned line;
	const char *problem;	/* a word that may not stand like this: the rest of a sentence; else NULL */
};

struct token scan_next(struct scan *scan);

/* The bytes of a word between its quotes; escapes are left as they are. */
const char *scan_word(const struct scan *scan, struct token token, size_t *ret_len);

/* Is the token this word, without quotes? */
bool scan_is(const struct scan *scan, struct token token, const char *word);

/* Overwrites [start, end) with blanks but keeps the ends of lines, so that every place stays where it is. */
void scan_blank(struct scan *scan, size_t start, size_t end);

#endif
