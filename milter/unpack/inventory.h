/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inventory.h - what was found in one message: what the cage tells the filter of its content.
 *
 * inventory_read believes nothing that comes out of the cage before it has looked at it. */
#ifndef OCTROI_UNPACK_INVENTORY_H
#define OCTROI_UNPACK_INVENTORY_H

#include "milter/base/arena.h"
#include "milter/isolate/frame.h"
#include "milter/unpack/filetype.h"

#define INVENTORY_NAME_MAX 120		/* bytes of a name for people */
#define INVENTORY_DETAIL_MAX 100	/* of any other text */
#define INVENTORY_EXTENSIONS_MAX 8	/* of one entry: all endings that its names have under some reading */
#define INVENTORY_HOSTS_MAX 100
#define INVENTORY_ABOUT_MAX 8
#define INVENTORY_MESSAGE_ID_MAX 250

/* Things about the bytes that no name shows. */
enum mark {
	MARK_ENCRYPTED,		/* cannot be looked into without a password or key */
	MARK_MACROS,		/* VBA or XLM macros */
	MARK_EXTERNAL,		/* opens something elsewhere when it is opened: a template, a frame, a remote object, a DDE link */
	MARK_OBJECT,		/* an OLE object, or an embedded file */
	MARK_SCRIPT,		/* script in a document or picture: JavaScript in PDF, script in SVG */
	MARK_LAUNCH,		/* does something by itself when opened: /Launch, /OpenAction with an action, \objupdate */
	MARK_BUILDS_FILE,	/* HTML that makes a file for the reader to save ("smuggling") */
	MARK_UNREADABLE,	/* a container that could not be read to its end */
	MARK_NAME_DISGUISED,	/* a name with bidi or format controls, spaces that hide its ending, an NTFS stream and the like */
	MARKS
};
const char *mark_name(enum mark mark);		/* "macros", one word */
const char *mark_title(enum mark mark);		/* for people: "contains macros" */

/* Why it was not looked into further. One outcome each in milter.conf. */
enum unpack_limit {
	UNPACK_DEPTH,		/* containers within containers */
	UNPACK_PARTS,		/* MIME parts in all readings */
	UNPACK_MEMBERS,		/* members of archives */
	UNPACK_NAMES,		/* names, parameters and kinds of things */
	UNPACK_HEADER,		/* bytes of the header of one part */
	UNPACK_SIZE,		/* bytes decoded or unpacked; also the memory for it */
	UNPACK_RATIO,		/* an archive that grows beyond all measure */
	UNPACK_TIME,
	UNPACK_LIMITS
};
const char *unpack_limit_name(enum unpack_limit limit);		/* "depth", "parts" ... */

/* Where two programs that read mail could take the same bytes for different things. */
enum ambiguity {
	AMBIGUITY_TYPE,		/* Content-Type twice, as a list, unreadable: threats MIME-04 */
	AMBIGUITY_ENCODING,	/* Content-Transfer-Encoding: MIME-01, MIME-02, MIME-16 */
	AMBIGUITY_BOUNDARY,	/* MIME-05 to MIME-08 */
	AMBIGUITY_HEADER,	/* what is a field, where does it end: MIME-03, HDR-03 */
	AMBIGUITY_SEPARATOR,	/* where the header ends: MIME-11 */
	AMBIGUITY_DELIMITER,	/* MIME-09 */
	AMBIGUITY_OUTSIDE,	/* content before the first or after the last delimiter: MIME-10, MIME-23 */
	AMBIGUITY_BASE64,	/* MIME-12 */
	AMBIGUITY_QUOTED_PRINTABLE,	/* MIME-13 */
	AMBIGUITY_TEXT_ENCODING,	/* uuencode, yEnc, BinHex: MIME-14 to MIME-16 */
	AMBIGUITY_CHARSET,	/* MIME-24 */
	AMBIGUITY_NUL,		/* a NUL where it changes a reading: HDR-17 */
	AMBIGUITY_LINE_END,	/* bare CR or LF where it changes a reading: SMTP-03 */
	AMBIGUITY_NAME,		/* one name under one reading, a name of another kind under another: NAME-01 to NAME-04, MIME-21 */
	AMBIGUITY_ZIP,		/* ATT-01 to ATT-03 */
	AMBIGUITY_ARCHIVE,	/* the same for other archives */
	AMBIGUITY_TNEF,		/* ATT-13 */
	AMBIGUITY_HIDDEN,	/* encoded content that no reading of the structure shows, found by looking for it everywhere */
	AMBIGUITIES
};
const char *ambiguity_name(enum ambiguity ambiguity);		/* "transfer-encoding": stable, for logs and milter.conf */

/* A distinct combination of what policy looks at; members of archives that are alike in all of it are one entry. */
struct inventory_entry {
	const char *name;	/* for people: printable UTF-8, one of its names or ""; never used as a file's name */
	const char *container;	/* the name of the nearest container with one (an archive, a mail), or "" */
	const char *extensions[INVENTORY_EXTENSIONS_MAX];	/* lower case, without dot, [a-z0-9_-]{1,20} */
	size_t extensions_len;
	enum filetype type;		/* what the bytes are */
	struct filetype_set also;	/* what else they could be opened as */
	enum filetype declared;		/* by the media type of its part, or FILETYPE_UNKNOWN */
	unsigned marks;			/* 1 << MARK_... */
	bool in_archive;		/* an archive or disk image is among its ancestors */
	bool is_attachment;		/* it has a name or a disposition, or is a member: not just the letter itself */
	uint64_t size_bytes;
	uint64_t count;			/* how many there are like it, at least 1 */
	char digest[65];		/* SHA-256 of the bytes, hexadecimal; of members that are alike that of the first */
};

/* A host that a URL names; valid as domain_parse has it, or an address literal. */
struct inventory_host {
	const char *host;
	const char *shown;	/* the other host that the link's own text names, or "" */
};

struct inventory {
	struct inventory_entry *entries;
	size_t entries_len;
	unsigned limits;			/* 1 << UNPACK_... */
	const char *limit_details[UNPACK_LIMITS];	/* for people, "" where not hit */
	uint64_t ambiguities;			/* 1 << AMBIGUITY_... */
	const char *ambiguity_details[AMBIGUITIES];
	struct inventory_host *hosts;
	size_t hosts_len;
	const char *about[INVENTORY_ABOUT_MAX];	/* Message-IDs of the messages that are attached, or returned in a report */
	size_t about_len;
	uint64_t parts, members, contents;	/* how many MIME parts, archive members, distinct contents */
	uint64_t bytes;				/* decoded or unpacked, over all readings */
};

/* Could it be what stands between the < and > of a Message-ID: printable ASCII without these two? */
bool inventory_is_message_id(struct str id);

/* Writes at the end of a frame that was started and leaves room_bytes of it free. Entries that do not fit are left out and UNPACK_NAMES set in
 * what is written; hosts, which get at most a quarter of the room, are left out without a word. Texts are cut to their maximum. */
void inventory_write(struct frame *frame, const struct inventory *inventory, size_t room_bytes);

/* Reads what inventory_write wrote, checks every number, count and string (names are made printable again), into arena. What follows it in the
 * frame is left. Returns 0 or -EBADMSG; *ret is written only on success. */
int inventory_read(struct arena *arena, struct frame *frame, struct inventory *ret_inventory);

#endif
