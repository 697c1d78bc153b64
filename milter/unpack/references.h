/* SPDX-License-Identifier: GPL-2.0-or-later */
/* references.h - the character references of HTML that can stand in a URL ("&#46;", "&#x2e", "&period;"). */
#ifndef OCTROI_UNPACK_REFERENCES_H
#define OCTROI_UNPACK_REFERENCES_H

#include "milter/base/str.h"

#define REFERENCE_UTF8_MAX 4

/* text begins with '&'. Writes the character as UTF-8 and returns how many bytes of text the reference takes; 0: it is none (or one that is not
 * known), and the '&' stands for itself. */
size_t reference_decode(struct str text, char ret_utf8[REFERENCE_UTF8_MAX], size_t *ret_len);

#endif
