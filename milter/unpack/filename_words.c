/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/encoded.h"
#include "milter/unpack/charset.h"
#include "milter/unpack/filename_readings.h"

enum { CHARSET_MAX = 64 };

struct buffer {
	char *p;
	size_t len, size;
};

static struct str skip(struct str s, size_t len)
{
	return (struct str){ s.p + len, s.len - len };
}

static const char *find(struct str s, const char *part)
{
	return s.len == 0 ? NULL : memmem(s.p, s.len, part, strlen(part));
}

static void put(struct buffer *buffer, struct str s)
{
	if (s.len > buffer->size - buffer->len)
		s.len = buffer->size - buffer->len;
	if (s.len > 0)
		memcpy(buffer->p + buffer->len, s.p, s.len);
	buffer->len += s.len;
}

static bool is_encoding(char c)
{
	c = ascii_lower(c);
	return c == 'b' || c == 'q';
}

struct word {
	struct str charset;
	size_t text, text_end, len;
};

/* "=?charset?B?text?=": s begins with "=?". A word that does not end goes to the end of s. */
static bool word_read(struct str s, struct word *ret_word)
{
	size_t mark = 2;
	const char *end;

	while (mark < s.len && mark < CHARSET_MAX && s.p[mark] != '?')
		mark++;
	if (mark == 2 || mark + 3 > s.len || s.p[mark] != '?' || !is_encoding(s.p[mark + 1]) || s.p[mark + 2] != '?')
		return false;
	ret_word->charset = (struct str){ s.p + 2, mark - 2 };
	ret_word->text = mark + 3;
	end = find(skip(s, mark + 3), "?=");
	ret_word->text_end = end == NULL ? s.len : (size_t)(end - s.p);
	ret_word->len = end == NULL ? s.len : ret_word->text_end + 2;
	return true;
}

/* The bytes of one word; it gets the end that it may lack, and question marks that RFC 2047 does not allow in it are nothing to go by. */
static struct str decode_word(struct arena *arena, struct str s, const struct word *word)
{
	char *whole = arena_alloc(arena, word->text_end + 3);
	struct encoded encoded;

	memcpy(whole, s.p, word->text_end);
	for (size_t i = word->text; i < word->text_end; i++)
		whole[i] = whole[i] == '?' ? '_' : whole[i];
	whole[word->text_end] = '?';
	whole[word->text_end + 1] = '=';
	encoded_decode(arena, (struct str){ whole, word->text_end + 2 }, &encoded);
	return encoded.text;
}

static bool is_space(struct str s)
{
	return str_trim(s).len == 0;
}

/* What has been read: text, and the bytes of the words that came last, whose charset is not done with. */
struct decoder {
	struct arena *arena;
	struct str charset;
	struct buffer bytes, text;
};

static void flush(struct decoder *decoder)
{
	struct str in = { decoder->bytes.p, decoder->bytes.len }, converted;

	(void)charset_to_utf8(decoder->arena, decoder->charset, in, in.len * 3, &converted);
	put(&decoder->text, converted);
	decoder->bytes.len = 0;
}

static void add_plain(struct decoder *decoder, struct str plain)
{
	flush(decoder);
	put(&decoder->text, plain);
}

/* Neighbours in one charset are one text: a character may be cut between them (RFC 2047 5 forbids it, programs do it). */
static void add_word(struct decoder *decoder, struct str s, const struct word *word)
{
	if (!str_equal_nocase(decoder->charset, word->charset))
		flush(decoder);
	decoder->charset = word->charset;
	put(&decoder->bytes, decode_word(decoder->arena, s, word));
}

bool filename_decode_words(struct arena *arena, struct str in, struct str *ret_text)
{
	struct decoder decoder = { .arena = arena, .charset = STR("") };
	bool found = false;
	struct word word;

	if (find(in, "=?") == NULL)
		return false;
	decoder.bytes = (struct buffer){ arena_alloc(arena, in.len + 1), 0, in.len };
	decoder.text = (struct buffer){ arena_alloc(arena, in.len * 3 + 1), 0, in.len * 3 };
	while (in.len > 0) {
		const char *start = find(in, "=?");
		struct str before = { in.p, start == NULL ? in.len : (size_t)(start - in.p) };
		bool is_word = start != NULL && word_read(skip(in, before.len), &word);

		if (!is_word && start != NULL)
			before.len += 2;
		if (before.len > 0 && !(is_word && found && is_space(before)))
			add_plain(&decoder, before);
		in = skip(in, before.len);
		if (is_word) {
			add_word(&decoder, in, &word);
			in = skip(in, word.len);
		}
		found |= is_word;
	}
	flush(&decoder);
	*ret_text = (struct str){ decoder.text.p, decoder.text.len };
	return found;
}

static int hex_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool filename_decode_percent(struct arena *arena, struct str in, struct str *ret_text)
{
	bool found = false;
	size_t len = 0;
	char *out;

	if (find(in, "%") == NULL)
		return false;
	out = arena_alloc(arena, in.len + 1);
	for (size_t i = 0; i < in.len; i++) {
		int high = in.p[i] == '%' && i + 2 < in.len ? hex_value(in.p[i + 1]) : -1;
		int low = high >= 0 ? hex_value(in.p[i + 2]) : -1;

		out[len++] = low >= 0 ? (char)(high * 16 + low) : in.p[i];
		i += low >= 0 ? 2 : 0;
		found |= low >= 0;
	}
	*ret_text = (struct str){ out, len };
	return found;
}
