/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain.h - the story of one decision in plain words, from its entries in the journal. */
#ifndef OCTROI_EXPLAIN_H
#define OCTROI_EXPLAIN_H

#include <stdio.h>

#include "milter/lookup/journal.h"
#include "milter/show.h"

#define EXPLAIN_ID_SIZE 16

/* An id of ours as somebody typed it: with brackets or without, in lower case, with or without its hyphen, with O for 0 and I or L for 1
 * (Crockford's base 32). Returns 0 with "7K3F-QX2M" in ret_id, or -EINVAL. */
int explain_id(const char *text, char ret_id[EXPLAIN_ID_SIZE]);

struct explain_story {
	const struct journal_entry *entries;	/* all of one id, and events about it; the oldest first, at least one */
	size_t len;
	/* The text of a line of the configuration with that name; NULL: not known. May itself be NULL. */
	const char *(*line)(void *arg, const char *configuration, const char *file, unsigned line);
	void *line_arg;
};

void explain_print(FILE *out, const struct show *show, const struct explain_story *story);

/* The entry that the story is about: the message, else what came nearest to one. Its index. */
size_t explain_main(const struct explain_story *story);

/* What would change it, for each outcome that decided, refused a recipient or would have; each once. Returns how many; in show->arena. */
size_t explain_remedies(const struct show *show, const struct explain_story *story, const char ***ret_remedies);

#endif
