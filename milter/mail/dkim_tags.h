/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dkim_tags.h - tag lists, of which DKIM-Signature fields and key records are made (RFC 6376 3.2). */
#ifndef OCTROI_MAIL_DKIM_TAGS_H
#define OCTROI_MAIL_DKIM_TAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/base/str.h"

#define DKIM_TAGS_MAX 64	/* signatures have 8 to 14 */

struct dkim_tag {
	struct str name;	/* case matters */
	struct str value;	/* without white space at its ends; may hold folds */
};

struct dkim_tags {
	struct dkim_tag items[DKIM_TAGS_MAX];
	size_t len;
};

/* Strict: folds are LF or CRLF with white space behind them; a name that comes twice, a byte that is not printable ASCII and more than
 * DKIM_TAGS_MAX tags are errors. The tags point into in.
 * Returns 0, or -EINVAL with *ret_problem a static phrase: what was read until there stands in *ret_tags. */
int dkim_tags_parse(struct str in, struct dkim_tags *ret_tags, const char **ret_problem);

/* NULL: there is none of that name. */
const struct dkim_tag *dkim_tags_find(const struct dkim_tags *tags, const char *name);

/* Is the value this word? */
bool dkim_tag_is(const struct dkim_tag *tag, const char *word);

/* Does a list with colons ("sha1 : sha256") hold the word? */
bool dkim_list_has(struct str list, const char *word);

/* The bytes of base64 text (RFC 4648 4) in which white space does not count; padding may be missing, as RFC 6376 2.10 has it, but not be wrong.
 * Returns 0, or -EINVAL: no base64, or more than size bytes. */
int dkim_base64_decode(struct str in, uint8_t *out, size_t size, size_t *ret_len);

#endif
