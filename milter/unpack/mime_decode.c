/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/mime_walk.h"

/* An encoding that programs decode in different ways. */
struct scheme {
	unsigned readings;
	size_t (*decode)(unsigned reading, struct str in, char *out);
	bool (*is_clean)(struct str in);
	enum ambiguity ambiguity;
	const char *text;
};

static size_t decode_base64(unsigned reading, struct str in, char *out)
{
	return base64_decode((enum base64_reading)reading, in, out);
}

static size_t decode_qp(unsigned reading, struct str in, char *out)
{
	return qp_decode((enum qp_reading)reading, in, out);
}

static const struct scheme base64_scheme = { BASE64_READINGS, decode_base64, base64_is_clean, AMBIGUITY_BASE64,
	"base64 with foreign characters or with '=' in the middle gives different files" };
static const struct scheme qp_scheme = { QP_READINGS, decode_qp, qp_is_clean, AMBIGUITY_QUOTED_PRINTABLE,
	"quoted-printable with broken escapes gives different files" };

bool mime_is_recognised(const struct content *content)
{
	return content != NULL && !content_is_text(content) && content_type(content) != FILETYPE_UNKNOWN;
}

/* Lines of 75 characters are legal: that each of them was decoded by itself one believes only when nothing else makes sense. */
static bool is_plausible(const struct scheme *scheme, unsigned reading, const struct content *first_content)
{
	if (first_content == NULL)
		return false;
	return scheme != &base64_scheme || reading != BASE64_BY_LINE || !mime_is_recognised(first_content);
}

/* An unlikely decoding that gives bytes of no known kind is what nobody gets. */
static void read_other(const struct mime_decoding *decoding, const struct scheme *scheme, unsigned reading, struct str body, struct str first,
		       const struct content *first_content)
{
	struct unpack *unpack = decoding->walk->unpack;
	char *out = mime_may_go_on(decoding->walk, body.len) ? unpack_take(unpack, body.len) : NULL;
	const struct content *content;
	size_t len;

	if (out == NULL)
		return;
	len = scheme->decode(reading, body, out);
	if (str_equal((struct str){ out, len }, first)) {
		unpack_give_unused(unpack, out, body.len, 0);
		return;
	}
	content = decoding->found(decoding->arg, (struct str){ out, len });
	if (is_plausible(scheme, reading, first_content) && mime_is_recognised(content) && !content_equal(content, first_content))
		mime_ambiguous(decoding->walk, scheme->ambiguity, scheme->text);
	unpack_give_unused(unpack, out, body.len, len);
}

static const struct content *decode_by(const struct mime_decoding *decoding, const struct scheme *scheme, struct str body)
{
	struct unpack *unpack = decoding->walk->unpack;
	char *out = unpack_take(unpack, body.len);
	const struct content *content;
	bool is_clean = scheme->is_clean(body);
	size_t len;

	if (out == NULL)
		return NULL;
	len = scheme->decode(0, body, out);
	if (is_clean)
		unpack_cover(unpack, body);
	content = decoding->found(decoding->arg, (struct str){ out, len });
	for (unsigned reading = 1; !is_clean && reading < scheme->readings; reading++)
		read_other(decoding, scheme, reading, body, (struct str){ out, len }, content);
	unpack_give_unused(unpack, out, body.len, len);
	return content;
}

static bool next_file(enum transfer_encoding encoding, struct str in, size_t *position, struct str out, struct encoded_file *ret_file)
{
	char *to = (char *)out.p;

	if (encoding == ENCODING_UUENCODE)
		return uuencode_next(in, position, to, ret_file);
	if (encoding == ENCODING_YENC)
		return yenc_next(in, position, to, ret_file);
	return binhex_next(in, position, to, out.len, ret_file);
}

/* Every file in body; returns the first. What body shows as the text that it is, names and second forks, text.c looks at. */
static const struct content *decode_files(const struct mime_decoding *decoding, enum transfer_encoding encoding, struct str body)
{
	struct unpack *unpack = decoding->walk->unpack;
	size_t size = encoding == ENCODING_BINHEX ? binhex_room(body, 0) : body.len, position = 0, used = 0;
	char *out = unpack_take(unpack, size);
	const struct content *first = NULL;
	struct encoded_file file;

	if (out == NULL)
		return NULL;
	while (mime_may_go_on(decoding->walk, 0) && next_file(encoding, body, &position, (struct str){ out, size }, &file)) {
		const struct content *content = decoding->found(decoding->arg, (struct str){ out + file.offset, file.len });

		used += file.len;
		first = first == NULL ? content : first;
		if (encoding == ENCODING_BINHEX)
			break;		/* of the next one nobody knows the size */
	}
	unpack_give_unused(unpack, out, size, used < size ? used : size);
	return first;
}

#define BASE64_GUESS_MIN 24	/* characters of base64 that are no word */

/* A program that does not know the encoding shows the body as it is, or looks at it. */
static const struct content *decode_unknown(const struct mime_decoding *decoding, struct str body)
{
	const struct content *identity = decoding->found(decoding->arg, body), *content;

	if (str_trim(body).len < BASE64_GUESS_MIN || !base64_is_clean(body))
		return identity;
	content = decode_by(decoding, &base64_scheme, body);
	if (mime_is_recognised(content))
		mime_ambiguous(decoding->walk, AMBIGUITY_ENCODING, "base64 under an unknown Content-Transfer-Encoding");
	return identity;
}

const struct content *mime_decode(const struct mime_decoding *decoding, enum transfer_encoding encoding, struct str body)
{
	const struct content *content, *identity;

	if (!mime_may_go_on(decoding->walk, body.len))
		return NULL;
	switch (encoding) {
	case ENCODING_BASE64:
		return decode_by(decoding, &base64_scheme, body);
	case ENCODING_QP:
		return decode_by(decoding, &qp_scheme, body);
	case ENCODING_UUENCODE:
	case ENCODING_YENC:
	case ENCODING_BINHEX:
		content = decode_files(decoding, encoding, body);
		identity = decoding->found(decoding->arg, body);
		return content == NULL ? identity : content;
	case ENCODING_UNKNOWN:
		return decode_unknown(decoding, body);
	case ENCODING_IDENTITY:
		break;
	}
	return decoding->found(decoding->arg, body);
}
