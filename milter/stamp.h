/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stamp.h - which changes a verdict makes to the header of a message, as data: apply.c carries them out, `octroi try` prints them. */
#ifndef OCTROI_STAMP_H
#define OCTROI_STAMP_H

#include "conf/conf.h"
#include "milter/model/message.h"
#include "milter/model/verdict.h"

enum edit_kind {
	EDIT_REMOVE,	/* the field of that name and index, counted as they arrived */
	EDIT_CHANGE,	/* likewise: its value becomes value */
	EDIT_INSERT,	/* a new field at the top */
};

struct edit {
	enum edit_kind kind;
	const char *name;
	unsigned index;
	const char *value;	/* begins with a space, is folded with "\n\t" */
};

struct edits {
	struct edit *items;	/* in the order in which they are to be made: removals from the highest index down, then the rest;
				 * insertions in reverse, because each goes to the top */
	size_t len;
	const char *failure;	/* why the message must not go with these edits, but come again; else NULL */
};

/* A new field at the top; value in one line. */
void edits_insert(struct edits *edits, struct arena *arena, const char *name, const char *value);

/* For a message that is let in or held. host is our authserv-id. */
struct edits stamp_edits(const struct conf *conf, const char *host, const struct message *message, const struct verdict *verdict);

#endif
