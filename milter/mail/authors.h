/* SPDX-License-Identifier: GPL-2.0-or-later */
/* authors.h - who wrote a message, for checks that must not be deceived: every address of every From field. */
#ifndef OCTROI_MAIL_AUTHORS_H
#define OCTROI_MAIL_AUTHORS_H

#include "milter/mail/header.h"
#include "milter/mail/mailbox.h"

#define AUTHORS_FIELDS_MAX 10

/* What can be said about the author, from good to bad. */
enum authors_state {
	AUTHORS_TOLD,		/* every reading of every From field names the same addresses */
	AUTHORS_MALFORMED,	/* outside the grammar, but every program finds the same domain: "Doe, Jane <jane@x.example>", "jane@x.example
				 * <jane@x.example>", a name in Latin-1 */
	AUTHORS_MISSING,	/* there is no From field, or no address in it */
	AUTHORS_AMBIGUOUS,	/* two programs may find two authors: nobody can say */
};

struct authors {
	enum authors_state state;
	const char *problem;		/* a phrase for people; NULL: AUTHORS_TOLD */
	struct mailboxes mailboxes;	/* each once: of AUTHORS_TOLD the authors; of AUTHORS_MALFORMED every address that is to be
					 * seen; of the others what could be read, perhaps nothing: no ground for anything */
	size_t fields;			/* From fields, counted to AUTHORS_FIELDS_MAX + 1 */
	bool fields_differ;		/* not all of them name the same authors (RFC 5322 3.6 allows one field) */
};

/* Reads every field whose name some program takes for From (header_name_equal). What is returned lives in arena. */
void authors_judge(struct arena *arena, const struct headers *headers, struct authors *ret_authors);

/* The same for those who want AUTHORS_TOLD or nothing: returns NULL with at least one author, or a phrase why nobody can say who
 * wrote it; *ret_authors is then not to be used. */
const char *authors_read(struct arena *arena, const struct headers *headers, struct mailboxes *ret_authors);

#endif
