/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PKCS#7 and CMS (RFC 5652) in BER or DER, bare or armoured: what was signed or compressed is found, what is encrypted marked.
 *
 * Only the way to the content is walked. libcrypto would decode certificates and their keys too, for nobody: that is slow, and has been the door for
 * attacks; nothing is verified here. */
#include "milter/unpack/encodings.h"
#include "milter/unpack/handlers.h"
#include "milter/unpack/inflated.h"
#include "milter/unpack/octets.h"

#define FIELDS_MAX 16		/* before the content; no structure has more */

enum tag { TAG_END = 0x00, TAG_STRING = 0x04, TAG_OID = 0x06, TAG_SEQUENCE = 0x30, TAG_CONSTRUCTED_STRING = 0x24,
	   TAG_CONTENT = 0xa0 };

struct element {
	unsigned tag;		/* low tag numbers only, with class and form */
	bool is_indefinite;	/* it ends with an end of its own */
	bool is_cut;		/* there are fewer bytes than it says */
	struct str body;	/* as far as there are bytes */
};

/* Reads tag and length and leaves *rest at the body. */
static bool read_head(struct str *rest, struct element *ret_element)
{
	unsigned first = octets_u8(*rest, 1), octets = first < 0x80 ? 0 : first & 0x7f;
	uint64_t len = first;

	if (!octets_within(*rest, 0, 2 + (uint64_t)octets) || octets > 8 || (octets_u8(*rest, 0) & 0x1f) == 0x1f)
		return false;
	for (unsigned i = 0; i < octets; i++)
		len = (i == 0 ? 0 : len << 8) | octets_u8(*rest, 2 + i);
	*ret_element = (struct element){ .tag = octets_u8(*rest, 0), .is_indefinite = first == 0x80 };
	*rest = octets_from(*rest, 2 + octets);
	ret_element->body = octets_sub(*rest, 0, first == 0x80 ? rest->len : len);
	ret_element->is_cut = first != 0x80 && ret_element->body.len < len;
	return true;
}

/* Where the body of an element of indefinite length ends, whatever is in it; its own end included. */
static bool skip_indefinite(struct str *rest)
{
	size_t depth = 1;
	struct element element;

	while (depth > 0) {
		if (!read_head(rest, &element))
			return false;
		if (element.tag == TAG_END)
			depth--;
		else if (element.is_indefinite)
			depth++;
		else
			*rest = octets_from(*rest, element.body.len);
	}
	return true;
}

/* Enters the next element, which must have this tag: *ret_body is what is in it (and, of indefinite length, what follows). */
static bool enter(struct str in, unsigned tag, struct str *ret_body)
{
	struct element element;

	if (!read_head(&in, &element) || element.tag != tag)
		return false;
	*ret_body = element.body;
	return true;
}

/* Behind the next element, whatever it is. */
static bool skip(struct str *rest)
{
	struct element element;

	if (!read_head(rest, &element))
		return false;
	if (element.is_indefinite)
		return skip_indefinite(rest);
	*rest = octets_from(*rest, element.body.len);
	return !element.is_cut;
}

enum type { TYPE_NONE, TYPE_DATA, TYPE_SIGNED, TYPE_ENCRYPTED, TYPE_COMPRESSED, TYPE_AUTHENTICATED, TYPE_DIGESTED };

/* The object identifiers of content types: RFC 5652, 3274, 5083. */
static enum type read_type(struct str *rest)
{
	static const struct {
		struct str oid;
		enum type type;
	} types[] = {
		{ STR("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"), TYPE_DATA },
		{ STR("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"), TYPE_SIGNED },
		{ STR("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"), TYPE_ENCRYPTED },
		{ STR("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x04"), TYPE_ENCRYPTED },	/* signed and enveloped, PKCS#7 1.5 */
		{ STR("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x05"), TYPE_DIGESTED },
		{ STR("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06"), TYPE_ENCRYPTED },
		{ STR("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x02"), TYPE_AUTHENTICATED },
		{ STR("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09"), TYPE_COMPRESSED },
		{ STR("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17"), TYPE_ENCRYPTED },
	};
	struct element element;

	if (!read_head(rest, &element) || element.tag != TAG_OID)
		return TYPE_NONE;
	*rest = octets_from(*rest, element.body.len);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_equal(types[i].oid, element.body))
			return types[i].type;
	return TYPE_NONE;
}

/* An octet string in one piece, or in pieces within pieces, into out, which has room for all of in. *ret_whole: it came to its end. */
static size_t join_string(struct str in, char *out, bool *ret_whole)
{
	struct element element;
	size_t len = 0, depth = 0;
	bool is_cut = false;

	while (in.len > 0 && !is_cut && read_head(&in, &element)) {
		if (element.tag == TAG_STRING) {
			memcpy(out + len, element.body.p, element.body.len);
			len += element.body.len;
			in = octets_from(in, element.body.len);
		} else if (element.tag == TAG_CONSTRUCTED_STRING) {
			depth += element.is_indefinite;
		} else if (element.tag != TAG_END || depth-- == 0) {
			depth = 0;
			break;		/* the end of what holds the string */
		}
		is_cut |= element.is_cut;
	}
	*ret_whole = !is_cut && depth == 0;
	return len;
}

/* The first SEQUENCE of a content type and [0]: EncapsulatedContentInfo of signed, compressed, digested and authenticated data, whatever stands before
 * it. The SEQUENCEs of algorithms have no [0]. in: behind the tag of the data. */
static bool find_content(struct str in, struct str *ret_content)
{
	for (unsigned i = 0; i < FIELDS_MAX && in.len > 0; i++) {
		struct str sequence;

		if (enter(in, TAG_SEQUENCE, &sequence)) {
			(void)read_type(&sequence);
			if (enter(sequence, TAG_CONTENT, ret_content))
				return true;
		}
		if (!skip(&in))
			return false;
	}
	return false;
}

/* A field of a header, as an entity begins with, or an empty line. */
static bool looks_like_entity(struct str bytes)
{
	size_t at = 0;

	while (at < bytes.len && (ascii_is_alnum(bytes.p[at]) || bytes.p[at] == '-'))
		at++;
	return at > 0 && at < bytes.len && bytes.p[at] == ':';
}

/* "invoice.pdf.p7m" holds invoice.pdf. */
static struct str inner_name(const struct item *item)
{
	struct str name = item->names_len > 0 ? item->names[0] : (struct str){ NULL, 0 };

	if (name.len > 4 && octets_spell(name, name.len - 4, STR(".p7m")))
		name.len -= 4;
	return name;
}

static void found(struct unpack *unpack, const struct item *item, struct str bytes)
{
	bool is_entity = looks_like_entity(bytes);
	struct str name = is_entity ? (struct str){ NULL, 0 } : inner_name(item);

	(void)unpack_found(unpack, &(struct item){ .parent = item, .kind = ITEM_EMBEDDED, .bytes = bytes, .names = &name, .names_len = name.len > 0,
						   .media_type = is_entity ? STR("message/rfc822") : STR(""), .is_attachment = name.len > 0 });
}

/* zlib (RFC 1950): two bytes, then deflate. */
static void found_compressed(struct unpack *unpack, const struct item *item, struct str bytes)
{
	struct inflated inflated;

	inflated_start(&inflated, unpack, octets_from(bytes, 2));
	if (!inflated.is_whole)
		unpack_mark(unpack, item, MARK_UNREADABLE);
	if (inflated.bytes.len > 0)
		found(unpack, item, inflated.bytes);
	inflated_end(&inflated);
}

static void read_content(struct unpack *unpack, const struct item *item, struct str content, enum type type)
{
	char *out = unpack_take(unpack, content.len);
	bool is_whole;
	size_t len;

	if (out == NULL)
		return;
	len = join_string(content, out, &is_whole);
	if (!is_whole)
		unpack_mark(unpack, item, MARK_UNREADABLE);
	if (len > 0 && type == TYPE_COMPRESSED)
		found_compressed(unpack, item, (struct str){ out, len });
	else if (len > 0)
		found(unpack, item, (struct str){ out, len });
	unpack_give_unused(unpack, out, content.len, len);
}

/* ContentInfo: a type and [0] the data. False when it is none. */
static bool read_info(struct unpack *unpack, const struct item *item, struct str der)
{
	struct str in, content;
	enum type type;

	if (!enter(der, TAG_SEQUENCE, &in))
		return false;
	type = read_type(&in);
	if (type == TYPE_ENCRYPTED) {
		unpack_retype(unpack, item, FILETYPE_SMIME_ENCRYPTED);
		unpack_mark(unpack, item, MARK_ENCRYPTED);
	} else if (type != TYPE_NONE && type != TYPE_DATA && enter(in, TAG_CONTENT, &in) && enter(in, TAG_SEQUENCE, &in)) {
		if (find_content(in, &content))		/* none: a signature that stands beside what it signs, or certificates alone */
			read_content(unpack, item, content, type);
	} else if (type == TYPE_DATA && enter(in, TAG_CONTENT, &content)) {
		read_content(unpack, item, content, type);
	}
	return type != TYPE_NONE;
}

/* PEM, or base64 without armour: p7m attachments are sent so. */
static bool read_base64(struct unpack *unpack, const struct item *item, struct str in)
{
	size_t begin = octets_find(in, 0, STR("-----BEGIN ")), line = begin == SIZE_MAX ? SIZE_MAX : octets_find(in, begin, STR("\n")), end;
	struct str data = line == SIZE_MAX ? in : octets_from(in, line + 1);
	char *out = unpack_take(unpack, in.len);
	bool is_read = false;

	end = octets_find(data, 0, STR("-----END "));
	data = octets_sub(data, 0, end);
	if (out != NULL)
		is_read = read_info(unpack, item, (struct str){ out, base64_decode(BASE64_SKIP_JUNK, data, out) });
	unpack_give_unused(unpack, out, in.len, 0);
	return is_read;
}

void smime_unpack(struct unpack *unpack, const struct item *item)
{
	struct str in = item->bytes;

	if (!read_info(unpack, item, in) && !read_base64(unpack, item, in))
		unpack_mark(unpack, item, MARK_UNREADABLE);
}
