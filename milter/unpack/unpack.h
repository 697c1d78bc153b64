/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unpack.h - everything that is in a message, in every plausible reading. In the cage only.
 *
 * A handler is given an item (bytes with their names), looks into it, and calls unpack_found for each thing inside. unpack_found knows
 * bytes that it has seen (by digest), finds out their type, shows them to the visitor once, and hands them to the handlers of that type:
 * so the walk goes down, never deeper than limits.depth. Handlers note what they see; they decide nothing.
 *
 * Every handler is linear in the bytes it is given, checks unpack_stopped at least once for each thing it finds, and takes memory that grows
 * with a stranger's numbers from unpack_take alone. */
#ifndef OCTROI_UNPACK_UNPACK_H
#define OCTROI_UNPACK_UNPACK_H

#include "milter/unpack/inventory.h"

struct unpack;
struct content;		/* distinct bytes, in unpack.c */

struct unpack_limits {
	uint64_t depth;			/* containers within containers, the message being the first */
	uint64_t parts;			/* MIME parts, of all readings together */
	uint64_t members;		/* of archives, all together */
	uint64_t names;			/* names that are looked at, all together */
	uint64_t header_bytes;		/* of the header of one part */
	uint64_t decoded_bytes;		/* all that is decoded or unpacked */
	uint64_t member_bytes;		/* one member of an archive */
	uint64_t ratio;			/* bytes out of an archive for each byte of it, beyond the first 16 MiB out */
	uint64_t memory_bytes;		/* that unpack_take gives at a time, beyond twice the size of the message */
	uint64_t cpu_ms;		/* processor time */
};

enum item_kind {
	ITEM_MESSAGE,		/* the whole, or an attached message */
	ITEM_PART,		/* a MIME part, decoded */
	ITEM_MEMBER,		/* of an archive or a disk image */
	ITEM_EMBEDDED,		/* in a document, a TNEF, a signature, a text */
	ITEM_SALVAGED,		/* found by looking for it everywhere, under no reading of the structure */
};

/* One thing that was found. The finder fills the first part; bytes and names need to live only during unpack_found. */
struct item {
	const struct item *parent;
	enum item_kind kind;
	struct str bytes;
	const struct str *names;	/* raw, as they stood: each reading of each place that gives a name; undecoded */
	size_t names_len;
	struct str media_type;		/* declared, lower case "type/subtype"; empty when nothing is */
	struct str charset;		/* likewise */
	bool is_attachment;		/* its part says so, or it has a name */
	unsigned marks;			/* known to the finder: 1 << MARK_... */

	/* filled by unpack_found for the handlers */
	unsigned depth;
	bool in_archive;		/* something above it is an archive or a disk image */
	struct content *content;
	const char *shown;		/* its name for people, or "" */
};

/* Returns what is known of these bytes now, everything below them included; NULL when a limit stopped it. */
const struct content *unpack_found(struct unpack *unpack, const struct item *item);

/* For comparing readings. */
bool content_equal(const struct content *a, const struct content *b);		/* the same bytes */
enum filetype content_type(const struct content *content);
unsigned content_marks(const struct content *content);
bool content_is_text(const struct content *content);	/* text or HTML, with nothing else found in it */
bool content_is_salvaged_only(const struct content *content);	/* nothing but items of kind ITEM_SALVAGED, or below one, had these bytes */

/* A structural reading decoded this range of an item's bytes as clean base64 or quoted-printable (all readings of it agree), so salvage need not look
 * at it again. unpack_covered: does a range that was covered hold all of range? What was covered is forgotten when the bytes go. */
void unpack_cover(struct unpack *unpack, struct str range);
bool unpack_covered(const struct unpack *unpack, struct str range);

/* Nothing more is to be done: a limit of the whole message was passed. Return at once; it has been noted. */
bool unpack_stopped(const struct unpack *unpack);
const struct unpack_limits *unpack_limits_of(const struct unpack *unpack);
struct arena *unpack_arena(struct unpack *unpack);	/* for small things that live as long as the walk */

/* Something was left undone. Of parts, members, names, header, size, time one says so itself and goes on as well as it can. */
void unpack_limit(struct unpack *unpack, enum unpack_limit limit, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Counts one more part or member: false when there are too many now; that is noted. Finders of ITEM_PART and ITEM_MEMBER call it before they decode;
 * for the other kinds, and for names, unpack_found does. */
bool unpack_count(struct unpack *unpack, enum unpack_limit which);

void unpack_ambiguous(struct unpack *unpack, enum ambiguity ambiguity, const char *format, ...) __attribute__((format(printf, 3, 4)));
void unpack_mark(struct unpack *unpack, const struct item *item, enum mark mark);

/* The handler knows better than the signature (a ZIP is a DOCX), or found that the bytes are something else as well. */
void unpack_retype(struct unpack *unpack, const struct item *item, enum filetype type);
void unpack_also(struct unpack *unpack, const struct item *item, enum filetype type);

/* A URL in a text or HTML part names this host, while the text of the link names another ("" when it does not). Ignored unless links are
 * wanted: ask first. */
bool unpack_wants_links(const struct unpack *unpack);
void unpack_link(struct unpack *unpack, struct str host, struct str shown);

/* size bytes (not zeroed), counted against limits.memory_bytes and decoded_bytes; NULL (and noted) when that is too much. Given back with the same
 * size, which gives back the memory but not the decoded bytes; unpack_give_unused gives back some of the latter, too, as when less was decoded. */
void *unpack_take(struct unpack *unpack, size_t size);
/* The same bytes (NULL, 0: none yet) with room for more; where that is too much NULL, and bytes stay as they are. */
void *unpack_take_more(struct unpack *unpack, void *bytes, size_t size, size_t new_size);
void unpack_give(struct unpack *unpack, void *bytes, size_t size);
void unpack_give_unused(struct unpack *unpack, void *bytes, size_t size, size_t used);

struct unpack_settings {
	struct unpack_limits limits;
	bool links;
	/* Called once for each distinct content, before its handlers; the first is the message. May be NULL. */
	void (*visit)(void *arg, struct str bytes, enum filetype type, const unsigned char digest[32]);
	void *visit_arg;
};

/* Reads the message (which begins with a line "From ...\n" of ours, then header, empty line, body) and everything in it. The inventory
 * lives in arena. */
void unpack_message(const struct unpack_settings *settings, struct arena *arena, struct str message, struct inventory *ret_inventory);

#endif
