/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/charset.h"
#include "milter/unpack/mime_walk.h"

struct leaf {
	struct mime_walk *walk;
	const struct mime_level *level;
	const struct mime_header *header;
	struct mime_outcome *outcome;
	struct item item;		/* all but its bytes and type */
};

bool mime_type_is(struct str type, const char *prefix)
{
	return str_has_prefix(type, str_of(prefix));
}

static bool is_message(const struct leaf *leaf, struct str type)
{
	if (type.len == 0)
		return leaf->level->is_digest;
	return str_equal(type, STR("message/rfc822")) || str_equal(type, STR("message/global")) || str_equal(type, STR("message/news"));
}

/* A multipart that is read as a leaf is so because some other field says that it is none. */
static bool is_skipped(const struct mime_header *header, size_t i)
{
	return i > 0 && mime_type_is(header->types[i], "multipart/");
}

static const struct content *leaf_found(void *arg, struct str bytes)
{
	struct leaf *leaf = arg;
	struct item item = leaf->item;
	const struct content *content = NULL;

	item.bytes = bytes;
	for (size_t i = 0; i < leaf->header->types_len; i++) {
		struct str type = leaf->header->types[i];

		if (is_skipped(leaf->header, i))
			continue;
		item.kind = is_message(leaf, type) ? ITEM_MESSAGE : ITEM_PART;
		item.media_type = item.kind == ITEM_MESSAGE ? STR("message/rfc822") : type;
		content = unpack_found(leaf->walk->unpack, &item);
	}
	if (content != NULL && (mime_is_recognised(content) || item.names_len > 0))
		mime_outcome_add(leaf->walk->arena, leaf->outcome, content);
	return content;
}

static const char *encoding_name(enum transfer_encoding encoding)
{
	static const char *const names[] = {
		[ENCODING_IDENTITY] = "7bit", [ENCODING_BASE64] = "base64", [ENCODING_QP] = "quoted-printable", [ENCODING_UUENCODE] = "uuencode",
		[ENCODING_YENC] = "yenc", [ENCODING_BINHEX] = "binhex", [ENCODING_UNKNOWN] = "an unknown one",
	};

	return names[encoding];
}

static bool matters(const struct leaf *leaf, const struct content *a, const struct content *b)
{
	if (a == NULL || b == NULL || content_equal(a, b))
		return false;
	return mime_is_recognised(a) || mime_is_recognised(b) || leaf->item.names_len > 0;
}

static void compare_encodings(const struct leaf *leaf, const struct content *first, const struct content *other, size_t i)
{
	const struct mime_header *header = leaf->header;

	if (matters(leaf, first, other))
		mime_differ(leaf->walk, header, AMBIGUITY_ENCODING,
			    arena_printf(leaf->walk->arena, "Content-Transfer-Encoding can be read as %s or as %s",
					 encoding_name(header->encodings[0]), encoding_name(header->encodings[i])));
}

/* RFC 2046 5.2.1 forbids base64 here, so some programs never decode it; base64 has no colon, which a message has. */
static bool is_message_undecoded(const struct leaf *leaf, struct str body)
{
	struct str rest = str_trim(body), line = str_split(&rest, "\r\n");

	return leaf->header->encodings[0] == ENCODING_BASE64 && is_message(leaf, leaf->header->types[0]) && memchr(line.p, ':', line.len) != NULL;
}

static void check_charsets(const struct leaf *leaf)
{
	const struct mime_header *header = leaf->header;

	for (size_t i = 1; i < header->charsets_len; i++) {
		if (charset_hides_ascii(header->charsets[i]) != charset_hides_ascii(header->charsets[0]))
			mime_ambiguous(leaf->walk, AMBIGUITY_CHARSET, "two charsets, in one of which ASCII is hidden");
	}
}

/* What no program can decode is not known to be harmless; text is what it shows. */
static void check_unknown(const struct leaf *leaf)
{
	struct str type = leaf->header->types[0];

	if (leaf->header->encoding_is_unknown && ((type.len > 0 && !mime_type_is(type, "text/")) || leaf->item.names_len > 0))
		mime_ambiguous(leaf->walk, AMBIGUITY_ENCODING, "unknown Content-Transfer-Encoding of something that is not text");
}

void mime_leaf_read(struct mime_walk *walk, const struct mime_level *level, const struct mime_entity *entity, struct mime_outcome *outcome)
{
	const struct mime_header *header = entity->header;
	struct leaf leaf = { .walk = walk, .level = level, .header = header, .outcome = outcome,
		.item = { .parent = &level->item, .names = header->names, .names_len = header->names_len,
			  .charset = header->charsets_len > 0 ? header->charsets[0] : STR(""), .is_attachment = header->is_attachment } };
	const struct mime_decoding decoding = { .walk = walk, .found = leaf_found, .arg = &leaf };
	const struct str body = { walk->bytes.p + entity->start, entity->end - entity->start };
	const struct content *first = NULL;

	for (size_t i = 0; i < header->encodings_len; i++) {
		const struct content *content = mime_decode(&decoding, header->encodings[i], body);

		if (i == 0)
			first = content;
		else
			compare_encodings(&leaf, first, content, i);
	}
	if (is_message_undecoded(&leaf, body)) {
		(void)mime_decode(&decoding, ENCODING_IDENTITY, body);
		mime_ambiguous(walk, AMBIGUITY_ENCODING, "an attached message that is said to be base64 and is not");
	}
	check_charsets(&leaf);
	check_unknown(&leaf);
}
