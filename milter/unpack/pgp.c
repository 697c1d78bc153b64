/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/pgp.h"

#include "milter/unpack/encodings.h"
#include "milter/unpack/inflated.h"
#include "milter/unpack/octets.h"

#define BEGIN STR("-----BEGIN PGP MESSAGE-----")
#define END STR("\n-----END PGP MESSAGE")

/* RFC 9580 5: the packets that a message may begin with. */
enum tag { TAG_KEY = 1, TAG_SIGNATURE = 2, TAG_PASSWORD = 3, TAG_ONE_PASS = 4, TAG_COMPRESSED = 8, TAG_ENCRYPTED = 9, TAG_MARKER = 10, TAG_LITERAL = 11,
	   TAG_ENCRYPTED_SEALED = 18, TAG_ENCRYPTED_AEAD = 20, TAG_PADDING = 21 };

#define NESTED_MAX 4	/* compressed packets in one another */
#define PACKETS_MAX 64	/* before the one that matters: a signature for each signer */

struct packet {
	unsigned tag;
	struct str body;	/* of the first piece, when it comes in pieces */
	struct str rest;	/* behind it */
	bool is_partial;	/* more pieces follow at the start of rest */
};

/* The length octets of the new format (4.2.1); returns false at the end. */
static bool read_length(struct str *rest, size_t *ret_len, bool *ret_partial)
{
	uint8_t first = octets_u8(*rest, 0);
	size_t octets = first < 192 ? 1 : first < 224 ? 2 : first == 255 ? 5 : 1;

	if (!octets_within(*rest, 0, octets))
		return false;
	*ret_partial = first >= 224 && first < 255;
	if (octets == 1)
		*ret_len = *ret_partial ? (size_t)1 << (first & 31) : first;
	else if (octets == 2)
		*ret_len = ((size_t)(first - 192) << 8) + octets_u8(*rest, 1) + 192;
	else
		*ret_len = octets_be32(*rest, 1);
	*rest = octets_from(*rest, octets);
	return true;
}

/* The old format (4.2.2): one, two, four octets, or all that is left. */
static bool read_old_length(struct str *rest, unsigned kind, size_t *ret_len)
{
	size_t octets = kind == 3 ? 0 : (size_t)1 << kind;

	if (!octets_within(*rest, 0, octets))
		return false;
	*ret_len = kind == 0 ? octets_u8(*rest, 0) : kind == 1 ? octets_be16(*rest, 0) : kind == 2 ? octets_be32(*rest, 0) : rest->len;
	*rest = octets_from(*rest, octets);
	return true;
}

static bool read_packet(struct str in, struct packet *ret_packet)
{
	uint8_t first = octets_u8(in, 0);
	struct str rest = octets_from(in, 1);
	bool is_partial = false;
	size_t len = 0;

	if ((first & 0x80) == 0)
		return false;
	if ((first & 0x40) != 0 ? !read_length(&rest, &len, &is_partial) : !read_old_length(&rest, first & 3, &len))
		return false;
	*ret_packet = (struct packet){ .tag = (first & 0x40) != 0 ? first & 0x3f : first >> 2 & 15, .body = octets_sub(rest, 0, len),
				       .rest = octets_from(rest, len), .is_partial = is_partial };
	return true;
}

/* The pieces of a body one behind the other; out has room for all that is behind the packet's start. */
static struct str join_pieces(const struct packet *packet, char *out)
{
	struct str piece = packet->body, rest = packet->rest;
	bool more = packet->is_partial;
	size_t len = 0, piece_len;

	for (;;) {
		memcpy(out + len, piece.p, piece.len);
		len += piece.len;
		if (!more || !read_length(&rest, &piece_len, &more))
			return (struct str){ out, len };
		piece = octets_sub(rest, 0, piece_len);
		rest = octets_from(rest, piece_len);
	}
}

struct reader {
	struct unpack *unpack;
	const struct item *item;
	unsigned nested;	/* compressed packets that it is in */
};

static void read_message(struct reader *reader, struct str in);

/* 5.9: format, name, date, data. */
static void found_literal(struct reader *reader, struct str body)
{
	size_t name_len = octets_u8(body, 1);
	struct str name = octets_sub(body, 2, name_len);
	struct item item = { .parent = reader->item, .kind = ITEM_EMBEDDED, .bytes = octets_from(body, 6 + name_len), .names = &name,
			     .names_len = name_len > 0, .is_attachment = name_len > 0 };

	(void)unpack_found(reader->unpack, &item);
}

static void read_deflated(struct reader *reader, struct str deflated)
{
	struct inflated inflated;

	inflated_start(&inflated, reader->unpack, deflated);
	if (!inflated.is_whole)
		unpack_mark(reader->unpack, reader->item, MARK_UNREADABLE);
	read_message(reader, inflated.bytes);
	inflated_end(&inflated);
}

/* 5.6: not compressed, ZIP (deflate), zlib, and BZip2, which nobody's default is. */
static void read_compressed(struct reader *reader, struct str body)
{
	uint8_t algorithm = octets_u8(body, 0);

	if (algorithm > 2 || reader->nested >= NESTED_MAX) {
		unpack_mark(reader->unpack, reader->item, MARK_UNREADABLE);
		return;
	}
	reader->nested++;
	if (algorithm == 0)
		read_message(reader, octets_from(body, 1));
	else
		read_deflated(reader, octets_from(body, algorithm == 1 ? 1 : 3));
	reader->nested--;
}

static void read_body(struct reader *reader, const struct packet *packet)
{
	size_t size = packet->body.len + packet->rest.len;
	char *out = packet->is_partial ? unpack_take(reader->unpack, size) : NULL;
	struct str body = packet->body;

	if (packet->is_partial && out == NULL)
		return;
	if (out != NULL)
		body = join_pieces(packet, out);
	if (packet->tag == TAG_LITERAL)
		found_literal(reader, body);
	else
		read_compressed(reader, body);
	unpack_give_unused(reader->unpack, out, size, 0);
}

/* Signatures stand around literal data or what holds it; what is not a message ends the look. */
static void read_message(struct reader *reader, struct str in)
{
	struct packet packet;

	for (unsigned i = 0; i < PACKETS_MAX && !unpack_stopped(reader->unpack) && read_packet(in, &packet); i++) {
		switch (packet.tag) {
		case TAG_KEY:
		case TAG_PASSWORD:
		case TAG_ENCRYPTED:
		case TAG_ENCRYPTED_SEALED:
		case TAG_ENCRYPTED_AEAD:
			unpack_mark(reader->unpack, reader->item, MARK_ENCRYPTED);
			return;
		case TAG_LITERAL:
		case TAG_COMPRESSED:
			read_body(reader, &packet);
			return;
		case TAG_SIGNATURE:
		case TAG_ONE_PASS:
		case TAG_MARKER:
		case TAG_PADDING:
			in = packet.rest;
			break;
		default:
			return;
		}
	}
}

/* Behind the armour's headers, which end in an empty line (RFC 9580 6.2); its base64 ends at the checksum or the tail line. */
static struct str armoured_data(struct str armour)
{
	size_t crlf = octets_find(armour, 0, STR("\r\n\r\n")), lf = octets_find(armour, 0, STR("\n\n")), checksum;
	struct str data = octets_from(armour, crlf < lf ? crlf + 4 : lf == SIZE_MAX ? armour.len : lf + 2);

	checksum = octets_find(data, 0, STR("\n="));
	return octets_sub(data, 0, checksum);
}

static void read_armour(struct reader *reader, struct str armour)
{
	struct str data = armoured_data(armour);
	char *out = unpack_take(reader->unpack, data.len);

	if (out != NULL)
		read_message(reader, (struct str){ out, base64_decode(BASE64_SKIP_JUNK, data, out) });
	unpack_give_unused(reader->unpack, out, data.len, 0);
}

void pgp_look(struct unpack *unpack, const struct item *item)
{
	struct reader reader = { .unpack = unpack, .item = item };
	struct str in = item->bytes;
	size_t at = 0, end;

	if (content_type(item->content) == FILETYPE_PGP && (octets_u8(in, 0) & 0x80) != 0)
		read_message(&reader, in);
	while (!unpack_stopped(unpack) && (at = octets_find(in, at, BEGIN)) != SIZE_MAX) {
		end = octets_find(in, at, END);
		if (at == 0 || in.p[at - 1] == '\n')
			read_armour(&reader, octets_sub(in, at, end == SIZE_MAX ? in.len : end - at));
		if (end == SIZE_MAX)
			return;		/* no armour further down has an end either */
		at = end;
	}
}
