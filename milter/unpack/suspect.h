/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suspect.h - bytes that somebody may have hidden: decoded in all readings that differ, looked at, and found when they are something. For text.c and
 * salvage.c.
 *
 * Mail is full of what only looks like base64 (signatures, tokens in URLs) and decodes to noise: noise is found when it is long enough for a file. */
#ifndef OCTROI_UNPACK_SUSPECT_H
#define OCTROI_UNPACK_SUSPECT_H

#include "milter/unpack/unpack.h"

/* Something that a user should not get unseen: a program, an archive, a document ... not text, pictures, sound, or what nobody knows. */
bool suspect_type_matters(enum filetype type);
bool suspect_matters(const struct content *content);

/* bytes as an item of kind below parent. ITEM_SALVAGED of a type that matters and that neither a structural reading has shown nor bare has (the type of
 * the same bytes as they stand, FILETYPE_UNKNOWN when they are nothing): AMBIGUITY_HIDDEN. */
void suspect_found(struct unpack *unpack, const struct item *parent, enum item_kind kind, struct str bytes, enum filetype bare);

enum suspect_noise { SUSPECT_NO_NOISE, SUSPECT_NOISE };

/* A run of base64 of parent's bytes. Takes memory of its own. */
void suspect_base64(struct unpack *unpack, const struct item *parent, enum item_kind kind, struct str run, enum suspect_noise noise);

/* Text with quoted-printable in it. */
void suspect_qp(struct unpack *unpack, const struct item *parent, enum item_kind kind, struct str text);

#endif
