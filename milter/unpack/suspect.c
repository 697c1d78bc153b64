/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/suspect.h"

#include "milter/unpack/encodings.h"
#include "milter/unpack/octets.h"

#define PAYLOAD_MIN 48	/* bytes; nothing less does harm, and noise of a few bytes looks like this or that */
#define NOISE_MIN 1024	/* bytes of no known type that could be a file of a kind that nobody knows */

bool suspect_type_matters(enum filetype type)
{
	const unsigned groups = FILEGROUP_PROGRAMS | FILEGROUP_SCRIPTS | FILEGROUP_SHORTCUTS | FILEGROUP_DISK_IMAGES | FILEGROUP_ARCHIVES |
				FILEGROUP_DOCUMENTS | FILEGROUP_MACROS | FILEGROUP_ENCRYPTED;

	switch (type) {
	case FILETYPE_HTML:
	case FILETYPE_MHTML:
	case FILETYPE_XML:
	case FILETYPE_SVG:
	case FILETYPE_PGP:
	case FILETYPE_X509:
		return false;
	default:
		return (filetype_groups(type) & groups) != 0 && (filetype_groups(type) & FILEGROUP_TEXT) == 0;
	}
}

bool suspect_matters(const struct content *content)
{
	const unsigned marks = 1u << MARK_ENCRYPTED | 1u << MARK_MACROS | 1u << MARK_OBJECT | 1u << MARK_LAUNCH | 1u << MARK_BUILDS_FILE;

	return suspect_type_matters(content_type(content)) || (content_marks(content) & marks) != 0;
}

void suspect_found(struct unpack *unpack, const struct item *parent, enum item_kind kind, struct str bytes, enum filetype bare)
{
	struct item item = { .parent = parent, .kind = kind, .bytes = bytes };
	const struct content *content = unpack_found(unpack, &item);

	if (content == NULL || kind != ITEM_SALVAGED || !content_is_salvaged_only(content))
		return;
	if (content_type(content) != bare && suspect_matters(content))
		unpack_ambiguous(unpack, AMBIGUITY_HIDDEN, "%s in no part of the message", filetype_title(content_type(content)));
}

struct decoding {
	struct unpack *unpack;
	const struct item *parent;
	enum item_kind kind;
	enum suspect_noise noise;
	char *first, *out;	/* of the first reading, of another one */
	size_t size, first_len;
	uint64_t used;
};

static bool decoding_start(struct decoding *decoding, size_t size, bool is_clean)
{
	decoding->size = size;
	decoding->first = unpack_take(decoding->unpack, size);
	if (decoding->first != NULL && !is_clean)
		decoding->out = unpack_take(decoding->unpack, size);
	return decoding->first != NULL && (is_clean || decoding->out != NULL);
}

static void decoding_end(struct decoding *decoding)
{
	unpack_give_unused(decoding->unpack, decoding->first, decoding->size, decoding->first_len);
	unpack_give_unused(decoding->unpack, decoding->out, decoding->size, 0);
}

static void show_base64(struct decoding *decoding, struct str bytes, bool is_first)
{
	struct filetype_set also;
	enum filetype type = filetype_sniff(bytes, &also);
	bool is_noise = type == FILETYPE_UNKNOWN;

	if (bytes.len < PAYLOAD_MIN || type == FILETYPE_PGP || type == FILETYPE_X509)
		return;
	if (is_noise && (bytes.len < NOISE_MIN || decoding->noise == SUSPECT_NO_NOISE || !is_first))
		return;
	suspect_found(decoding->unpack, decoding->parent, decoding->kind, bytes, FILETYPE_UNKNOWN);
}

static void decode_base64(struct decoding *decoding, struct str run)
{
	bool is_clean = base64_is_clean(run);

	if (decoding_start(decoding, run.len, is_clean)) {
		decoding->first_len = base64_decode(BASE64_SKIP_JUNK, run, decoding->first);
		/* With junk within it, it is no base64 but for those whom it shows something. */
		if (!is_clean && base64_decode(BASE64_STOP_AT_JUNK, run, decoding->out) < decoding->first_len)
			decoding->noise = SUSPECT_NO_NOISE;
		show_base64(decoding, (struct str){ decoding->first, decoding->first_len }, true);
	}
	for (unsigned reading = BASE64_SKIP_JUNK + 1; decoding->out != NULL && reading < BASE64_READINGS && !unpack_stopped(decoding->unpack); reading++) {
		size_t len = base64_decode((enum base64_reading)reading, run, decoding->out);

		if (len != decoding->first_len || memcmp(decoding->out, decoding->first, len) != 0)
			show_base64(decoding, (struct str){ decoding->out, len }, false);
	}
	decoding_end(decoding);
}

void suspect_base64(struct unpack *unpack, const struct item *parent, enum item_kind kind, struct str run, enum suspect_noise noise)
{
	struct decoding decoding = { .unpack = unpack, .parent = parent, .kind = kind, .noise = noise };
	struct str trimmed = base64_run_trim(run);

	decode_base64(&decoding, run);
	if (trimmed.len == run.len)
		return;
	decoding = (struct decoding){ .unpack = unpack, .parent = parent, .kind = kind, .noise = SUSPECT_NO_NOISE };
	decode_base64(&decoding, trimmed);
}

/* What a header, or what looks like one, leaves for a body. */
static struct str behind_empty_line(struct str bytes)
{
	size_t lf = octets_find(bytes, 0, STR("\n\n")), crlf = octets_find(bytes, 0, STR("\r\n\r\n"));

	if (lf == SIZE_MAX && crlf == SIZE_MAX)
		return (struct str){ bytes.p + bytes.len, 0 };
	return crlf < lf ? octets_from(bytes, crlf + 4) : octets_from(bytes, lf + 2);
}

static void show_qp(struct decoding *decoding, struct str bytes, enum filetype bare)
{
	struct str rest = behind_empty_line(bytes);

	suspect_found(decoding->unpack, decoding->parent, decoding->kind, bytes, bare);
	if (rest.len > 0)
		suspect_found(decoding->unpack, decoding->parent, decoding->kind, rest, bare);
}

void suspect_qp(struct unpack *unpack, const struct item *parent, enum item_kind kind, struct str text)
{
	struct decoding decoding = { .unpack = unpack, .parent = parent, .kind = kind };
	bool is_clean = qp_is_clean(text);
	struct filetype_set also;
	enum filetype bare = filetype_sniff(text, &also);

	if (decoding_start(&decoding, text.len, is_clean)) {
		decoding.first_len = qp_decode(QP_LENIENT, text, decoding.first);
		show_qp(&decoding, (struct str){ decoding.first, decoding.first_len }, bare);
	}
	for (unsigned reading = 0; decoding.out != NULL && reading < QP_READINGS && !unpack_stopped(unpack); reading++) {
		size_t len = qp_decode((enum qp_reading)reading, text, decoding.out);

		if (len != decoding.first_len || memcmp(decoding.out, decoding.first, len) != 0)
			show_qp(&decoding, (struct str){ decoding.out, len }, bare);
	}
	decoding_end(&decoding);
}
