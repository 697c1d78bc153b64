/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attachment_words.h - is a thing of an inventory denied by a pair of lists of words? Pure functions. */
#ifndef OCTROI_SCANNERS_ATTACHMENT_WORDS_H
#define OCTROI_SCANNERS_ATTACHMENT_WORDS_H

#include "conf/option.h"
#include "milter/unpack/inventory.h"

struct attachment_words {
	const struct filetype_word *items;
	const char *const *texts;	/* as they stand in milter.conf */
	size_t len;
};

/* From a list that was checked; lives in arena. */
struct attachment_words attachment_words_new(struct arena *arena, const struct conf_list *list);

struct attachment_pair {
	struct attachment_words deny, allow;
};

/* Why it is denied: the word that did it, and what about the thing it is about. */
struct attachment_denial {
	const char *word;
	bool is_group;
	enum attachment_reason {
		ATTACHMENT_TYPE,	/* what the bytes are, or could be opened as */
		ATTACHMENT_ENDING,	/* a name of it */
		ATTACHMENT_MARK,	/* what is in it */
	} reason;
	enum filetype type;		/* of ATTACHMENT_TYPE, and what ATTACHMENT_ENDING stands for */
	const char *extension;		/* of ATTACHMENT_ENDING */
	enum mark mark;			/* of ATTACHMENT_MARK */
};

/* Denied when its bytes, anything else they could be opened as, any of its endings, or what it contains is denied and not allowed by a
 * more exact word. */
bool attachment_denied(const struct attachment_pair *pair, const struct inventory_entry *entry, struct attachment_denial *ret_denial);

/* Is its type, or a group of it, in allow? Then it may be encrypted. */
bool attachment_allowed(const struct attachment_words *allow, const struct inventory_entry *entry);

/* Types that are known by words alone: a letter about a script looks like one. For what is the letter itself they prove nothing. */
bool attachment_is_wordy(enum filetype type);

#endif
