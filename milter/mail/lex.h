/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lex.h - the lexical tokens of structured fields (RFC 5322 3.2, with UTF-8 as RFC 6532 allows it).
 *
 * Each function looks at the start of s. All are iterative and linear. */
#ifndef OCTROI_MAIL_LEX_H
#define OCTROI_MAIL_LEX_H

#include <stdbool.h>

#include "milter/base/str.h"

/* May c stand in an atom? Bytes above ASCII may; whether they are UTF-8 is lex_is_clean's question. */
bool lex_is_atext(char c);

/* Is a field's value fit to be read at all: UTF-8, and no control bytes but tabs and folds (a line end, CR LF or LF,
 * with white space behind it)? */
bool lex_is_clean(struct str value);

/* s without its first len bytes. */
static inline struct str lex_skip(struct str s, size_t len)
{
	return (struct str){ s.p + len, s.len - len };
}

/* Bytes of the atom, 0 when there is none. */
size_t lex_atom(struct str s);

/* Bytes of what is between delimiters, with them, quoted pairs understood: a quoted string, a comment (which nests), a
 * domain literal. 0 when s does not begin with one or it does not end. */
size_t lex_quoted(struct str s);
size_t lex_comment(struct str s);
size_t lex_literal(struct str s);

/* Drops white space and comments from the start of *s. Returns false when a comment does not end. */
bool lex_skip_cfws(struct str *s);

/* The content of a quoted string (given with its quotes): without quoted pairs and line ends of folds.
 * Returns its length, or size when it is longer than size - 1; out is not terminated. */
size_t lex_unquote(struct str quoted, char *out, size_t size);

/* Does s hold a character that compatibility normalisation (NFKC) turns into an @: fullwidth or small commercial at? */
bool lex_has_wide_at(struct str s);

#endif
