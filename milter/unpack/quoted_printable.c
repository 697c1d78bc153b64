/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/unpack/encodings.h"

#include <stdint.h>

struct decoder {
	enum qp_reading reading;
	const char *at, *end;
	char *out;
};

static int digit_of(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The arithmetic of a decoder that does not look what it is given. */
static int any_digit(char c)
{
	return c > '9' ? (c & ~0x20) - 'A' + 10 : c - '0';
}

static bool may_stand(char c)
{
	return c == '\t' || c == '\r' || c == '\n' || !(ascii_is_control(c) || (c & 0x80) != 0);
}

static void copy(struct decoder *decoder, const char *end)
{
	size_t len = (size_t)(end - decoder->at);
	bool all = decoder->reading != QP_PRINTABLE && (decoder->reading != QP_DROP || memchr(decoder->at, '\0', len) == NULL);

	if (all) {
		memmove(decoder->out, decoder->at, len);	/* QP_JOIN decodes in place */
		decoder->out += len;
	} else {
		for (const char *at = decoder->at; at < end; at++)
			if (decoder->reading == QP_PRINTABLE ? may_stand(*at) : *at != '\0')
				*decoder->out++ = *at;
	}
	decoder->at = end;
}

/* Behind the line end that follows '=' and white space at at, or NULL when that is none. The end of everything is one. */
static const char *soft_break(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at == end)
		return at;
	if (*at != '\r' && *at != '\n')
		return NULL;
	while (at < end && *at == '\r')
		at++;
	return at < end && *at == '\n' ? at + 1 : at;
}

/* A '=' and two digits; what stands between the two is not looked for. */
static bool take_escape(struct decoder *decoder)
{
	const char *at = decoder->at;
	int high, low;

	if (decoder->end - at < 3)
		return false;
	high = digit_of(at[1]);
	low = digit_of(at[2]);
	if ((high < 0 || low < 0) && decoder->reading == QP_ANY_DIGIT && memchr(at, '\n', 3) == NULL && memchr(at, '\r', 3) == NULL) {
		high = any_digit(at[1]);
		low = any_digit(at[2]);
	} else if (high < 0 || low < 0) {
		return false;
	}
	*decoder->out++ = (char)(high * 16 + low);
	decoder->at += 3;
	return true;
}

/* A '=' that begins no escape, under the readings that take it for something anyhow. */
static void take_other(struct decoder *decoder)
{
	size_t len = (size_t)(decoder->end - decoder->at), drop = 0;

	switch (decoder->reading) {
	case QP_DROP:
		drop = 1;
		break;
	case QP_DROP_ONE:
		drop = 2;
		break;
	case QP_DROP_TWO:
		drop = 3;
		break;
	default:
		*decoder->out++ = '=';
		decoder->at++;
		return;
	}
	decoder->at += drop < len ? drop : len;
}

static void take_equals(struct decoder *decoder)
{
	const char *next = decoder->reading == QP_STRICT ? NULL : soft_break(decoder->at + 1, decoder->end);

	if (next != NULL)
		decoder->at = next;
	else if (!take_escape(decoder))
		take_other(decoder);
}

/* All up to end, which is no soft line break: the caller has looked. */
static void decode_until(struct decoder *decoder, const char *end)
{
	const char *whole = decoder->end;

	decoder->end = end;
	while (decoder->at < end) {
		const char *equals = memchr(decoder->at, '=', (size_t)(end - decoder->at));

		copy(decoder, equals == NULL ? end : equals);
		if (equals != NULL)
			take_equals(decoder);
	}
	decoder->end = whole;
}

/* One line under the strict reading: the white space at its end is none of it, and a '=' before that takes the line end away. */
static void decode_line(struct decoder *decoder)
{
	const char *line_end = memchr(decoder->at, '\n', (size_t)(decoder->end - decoder->at));
	const char *next = line_end == NULL ? decoder->end : line_end + 1;
	const char *text_end = line_end == NULL ? decoder->end : line_end, *ending;
	bool is_soft;

	if (line_end != NULL && text_end > decoder->at && text_end[-1] == '\r')
		text_end--;
	ending = text_end;
	while (line_end != NULL && text_end > decoder->at && (text_end[-1] == ' ' || text_end[-1] == '\t'))
		text_end--;
	is_soft = line_end != NULL && text_end > decoder->at && text_end[-1] == '=';
	decode_until(decoder, is_soft ? text_end - 1 : text_end);
	if (!is_soft) {
		memmove(decoder->out, ending, (size_t)(next - ending));
		decoder->out += next - ending;
	}
	decoder->at = next;
}

static size_t decode(enum qp_reading reading, struct str in, char *out)
{
	struct decoder decoder = { .reading = reading, .at = in.p, .end = in.p + in.len, .out = out };

	if (in.len == 0)
		return 0;
	if (reading != QP_STRICT)
		decode_until(&decoder, decoder.end);
	while (decoder.at < decoder.end)
		decode_line(&decoder);
	return (size_t)(decoder.out - out);
}

static size_t join_lines(struct str in, char *out)
{
	const char *at = in.p, *end = in.p + in.len;
	char *to = out;

	while (at < end) {
		const char *equals = memchr(at, '=', (size_t)(end - at)), *stop = equals == NULL ? end : equals, *next;

		memcpy(to, at, (size_t)(stop - at));
		to += stop - at;
		at = stop;
		if (equals == NULL)
			break;
		next = soft_break(equals + 1, end);
		if (next == NULL)
			*to++ = '=';
		at = next == NULL ? equals + 1 : next;
	}
	return (size_t)(to - out);
}

size_t qp_decode(enum qp_reading reading, struct str in, char *out)
{
	if (reading == QP_JOIN)
		in = (struct str){ out, join_lines(in, out) };
	return decode(reading, in, out);
}

/* Every byte that asks for a second look. */
static const bool is_special[256] = {
	[0x00] = true, true, true, true, true, true, true, true, true, false /* TAB */, false /* LF: looked at from CR and '=' */, true, true, true /* CR */,
	true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
	['='] = true, [0x7f] = true,
};

static bool ends_in_blank(const char *begin, const char *at)
{
	return at > begin && (at[-1] == ' ' || at[-1] == '\t');
}

/* Behind the clean escape, soft line break or CRLF at at; NULL when it is not clean. */
static const char *skip_special(const char *at, const char *end)
{
	if (*at == '\r')
		return end - at >= 2 && at[1] == '\n' ? at + 1 : NULL;
	if (*at != '=' || end - at < 2)
		return NULL;
	if (at[1] == '\n')
		return at + 2;
	if (end - at < 3)
		return NULL;
	if (at[1] == '\r')
		return at[2] == '\n' ? at + 3 : NULL;
	return digit_of(at[1]) >= 0 && digit_of(at[2]) >= 0 ? at + 3 : NULL;
}

bool qp_is_clean(struct str in)
{
	const char *at = in.p, *end = in.p + in.len;

	while (at < end) {
		if (*at == '\n' && ends_in_blank(in.p, at))
			return false;
		if ((*at & 0x80) != 0)
			return false;
		if (!is_special[(uint8_t)*at]) {
			at++;
			continue;
		}
		if (*at == '\r' && ends_in_blank(in.p, at))
			return false;
		at = skip_special(at, end);
		if (at == NULL)
			return false;
	}
	return true;
}
