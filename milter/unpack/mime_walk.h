/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mime_walk.h - the walk over the entities of one message, for mime*.c alone.
 *
 * Each question that a mail program decides in silence (where does the header end, which boundary, which encoding) is asked here with all its answers.
 * What comes of each answer is an outcome; two outcomes that differ are an ambiguity. */
#ifndef OCTROI_UNPACK_MIME_WALK_H
#define OCTROI_UNPACK_MIME_WALK_H

#include "milter/unpack/mime_header.h"
#include "milter/unpack/mime_lines.h"

/* What a reader would get that matters: contents that are more than mere text, or have a name. In the arena. */
struct mime_outcome {
	const struct content **items;
	size_t len;
};
void mime_outcome_add(struct arena *arena, struct mime_outcome *outcome, const struct content *content);
void mime_outcome_join(struct arena *arena, struct mime_outcome *outcome, const struct mime_outcome *more);
bool mime_outcome_equal(struct mime_outcome *a, struct mime_outcome *b);	/* as sets; sorts both */

#define MIME_SEEN_BUCKETS 256

enum mime_range_kind {
	MIME_ENTITY,
	MIME_DIGEST_ENTITY,	/* without a type it is a message (RFC 2046 5.1.5) */
	MIME_OUTSIDE,		/* in front of the first or behind the last delimiter */
};

/* A range that was read. */
struct mime_seen {
	struct mime_seen *next;
	size_t start, end;
	enum mime_range_kind kind;
	struct mime_outcome outcome;
};

struct mime_walk {
	struct unpack *unpack;
	struct arena *arena;
	struct str bytes;		/* of the message; every range is within them */
	struct mime_lines lines;
	struct mime_seen *seen[MIME_SEEN_BUCKETS];
	uint64_t work, work_max;	/* bytes looked at, under all readings */
	bool stopped;			/* a limit: nothing more is read */
	bool is_quiet;			/* a reading that hardly any program takes: it is scanned, and makes nothing ambiguous */
};

/* The multipart that an entity is in; the message itself for the outermost. */
struct mime_level {
	const struct mime_level *above;
	struct item item;		/* parent of what is found: the message, as deep as this level */
	struct str boundary;
	size_t end;			/* of the multipart's body */
	bool is_digest;
	bool is_plain;			/* delimiters are those that every reader takes for such */
};

/* An entity's header, and where its body is. */
struct mime_entity {
	const struct mime_header *header;
	size_t start, end;		/* of the body */
};

/* Counts work; false when there was too much, or the walk has ended for another reason. */
bool mime_may_go_on(struct mime_walk *walk, uint64_t work);

/* mime_entity.c: what a range holds in every reading; joined to outcome. */
void mime_range_read(struct mime_walk *walk, const struct mime_level *level, size_t start, size_t end, enum mime_range_kind kind,
		     struct mime_outcome *outcome);

/* mime_multipart.c: the parts under each boundary. Returns whether there is any delimiter. */
bool mime_multipart_read(struct mime_walk *walk, const struct mime_level *level, const struct mime_entity *entity, struct mime_outcome *outcome);

/* mime_leaf.c: the body under each transfer encoding. */
void mime_leaf_read(struct mime_walk *walk, const struct mime_level *level, const struct mime_entity *entity, struct mime_outcome *outcome);

/* mime_decode.c: a body in one encoding, in every reading of it. Each distinct decoding is handed to found; the first, most plausible one is returned. */
struct mime_decoding {
	struct mime_walk *walk;
	const struct content *(*found)(void *arg, struct str bytes);
	void *arg;
};
const struct content *mime_decode(const struct mime_decoding *decoding, enum transfer_encoding encoding, struct str body);

/* Is it something of a known kind other than text? */
bool mime_is_recognised(const struct content *content);

/* As unpack_ambiguous, unless the walk is quiet. */
void mime_ambiguous(struct mime_walk *walk, enum ambiguity ambiguity, const char *text);

/* Says that readings differ: by what the header has to say of itself (a NUL, a bare CR, fields that are none), else by ambiguity and text. */
void mime_differ(struct mime_walk *walk, const struct mime_header *header, enum ambiguity ambiguity, const char *text);

/* "multipart/", "message/" and so on, of lower case. */
bool mime_type_is(struct str type, const char *prefix);

/* mime.c: a walk of its own over decoded bytes, which are the body of a multipart. */
bool mime_decoded_multipart(struct mime_walk *walk, const struct mime_level *level, const struct mime_header *header, struct str bytes,
			    bool is_quiet, struct mime_outcome *outcome);

#endif
