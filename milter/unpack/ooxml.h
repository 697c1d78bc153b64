/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ooxml.h - what kind of document a ZIP is, found out member by member: OOXML (ECMA-376), OpenDocument, EPUB, JAR, APK. */
#ifndef OCTROI_UNPACK_OOXML_H
#define OCTROI_UNPACK_OOXML_H

#include "milter/base/str.h"
#include "milter/unpack/inventory.h"

/* Zeroed at the start. */
struct ooxml {
	unsigned seen;			/* private to ooxml.c */
	enum filetype type;
	unsigned marks;			/* 1 << MARK_... */
};

/* Each member with its name and what was unpacked of it (empty when it could not be). */
void ooxml_member(struct ooxml *ooxml, struct str name, struct str bytes);

/* After the last one: FILETYPE_ZIP when it is just an archive. */
enum filetype ooxml_type(const struct ooxml *ooxml);

#endif
