/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 2231 3 and 4: values in sections, values with a charset and percent-encoding. */
#include <stdlib.h>

#include "milter/unpack/charset.h"
#include "milter/unpack/mime_parameters.h"

enum {
	CHARSET_NAME_MAX = 40,
	MIXED_MAX = 4,		/* plain parameters that are tried as the start of sections */
};

static int hex_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t percent_decode(struct str in, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++) {
		int high = in.p[i] == '%' && i + 2 < in.len ? hex_value(in.p[i + 1]) : -1;
		int low = high >= 0 ? hex_value(in.p[i + 2]) : -1;

		out[len++] = low >= 0 ? (char)(high * 16 + low) : in.p[i];
		i += low >= 0 ? 2 : 0;
	}
	return len;
}

/* charset'language'text. The language may be anything (RFC 5646 has hyphens); quotes in the text are text. */
static bool split_charset(struct str value, struct str *ret_charset, struct str *ret_text)
{
	const char *first = value.len > 0 ? memchr(value.p, '\'', value.len) : NULL, *second;
	size_t left;

	if (first == NULL || first - value.p > CHARSET_NAME_MAX)
		return false;
	left = value.len - (size_t)(first + 1 - value.p);
	second = left > 0 ? memchr(first + 1, '\'', left) : NULL;
	if (second == NULL)
		return false;
	*ret_charset = (struct str){ value.p, (size_t)(first - value.p) };
	*ret_text = (struct str){ second + 1, value.len - (size_t)(second + 1 - value.p) };
	return true;
}

static struct str decoded(struct arena *arena, struct str text)
{
	char *out;

	if (text.len == 0 || memchr(text.p, '%', text.len) == NULL)
		return text;
	out = arena_alloc(arena, text.len + 1);
	return (struct str){ out, percent_decode(text, out) };
}

/* The bytes themselves count beside the characters when nobody knows the charset, or when it makes other characters of ASCII. */
static void add_text(struct arena *arena, struct str charset, struct str bytes, bool to_utf8, const struct mime_list *list)
{
	struct str text;

	if (to_utf8 && charset_to_utf8(arena, charset, bytes, bytes.len * 3, &text)) {
		mime_list_add(list, text);
		if (!charset_hides_ascii(charset))
			return;
	}
	mime_list_add(list, bytes);
}

void mime_extended_readings(struct arena *arena, struct str value, bool to_utf8, const struct mime_list *list)
{
	struct str charset, text;

	if (split_charset(value, &charset, &text))
		add_text(arena, charset, decoded(arena, text), to_utf8, list);
	else
		mime_list_add(list, decoded(arena, value));
	mime_list_add(list, value);
}

/* Sections to be put together, in this order. */
struct chain {
	const struct mime_parameter **items;
	size_t len;
};

static size_t chain_bytes(const struct chain *chain)
{
	size_t bytes = 1;

	for (size_t i = 0; i < chain->len; i++)
		bytes += chain->items[i]->value.len;
	return bytes;
}

static struct str joined(struct arena *arena, const struct chain *chain)
{
	char *out = arena_alloc(arena, chain_bytes(chain));
	size_t len = 0;

	for (size_t i = 0; i < chain->len; i++) {
		struct str value = chain->items[i]->value;

		if (value.len > 0)
			memcpy(out + len, value.p, value.len);
		len += value.len;
	}
	return (struct str){ out, len };
}

/* Each extended section decoded by itself, the charset taken from the first. */
static struct str joined_decoded(struct arena *arena, const struct chain *chain, struct str *ret_charset)
{
	char *out = arena_alloc(arena, chain_bytes(chain));
	size_t len = 0;

	for (size_t i = 0; i < chain->len; i++) {
		struct str text = chain->items[i]->value;

		if (!chain->items[i]->is_extended) {
			if (text.len > 0)
				memcpy(out + len, text.p, text.len);
			len += text.len;
			continue;
		}
		if (i == 0)
			(void)split_charset(chain->items[i]->value, ret_charset, &text);
		len += percent_decode(text, out + len);
	}
	return (struct str){ out, len };
}

static void add_chain(struct arena *arena, const struct chain *chain, bool to_utf8, const struct mime_list *list)
{
	struct str charset = STR("");
	bool is_extended = false;

	if (chain->len == 0)
		return;
	for (size_t i = 0; i < chain->len; i++)
		is_extended |= chain->items[i]->is_extended;
	if (is_extended) {
		struct str bytes = joined_decoded(arena, chain, &charset);

		add_text(arena, charset, bytes, to_utf8, list);
	}
	mime_list_add(list, joined(arena, chain));
}

static int compare(const void *a, const void *b)
{
	const struct mime_parameter *const *one = a, *const *two = b;

	if ((*one)->section != (*two)->section)
		return (*one)->section < (*two)->section ? -1 : 1;
	return *one < *two ? -1 : *one > *two;
}

static bool is_regular(const struct chain *chain)
{
	for (size_t i = 0; i < chain->len; i++)
		if (chain->items[i]->section != i)
			return false;
	return true;
}

/* Of sorted sections one of each number: the first or the last of those that share it. */
static struct chain distinct(struct arena *arena, const struct chain *sorted, bool last)
{
	struct chain chain = { arena_array(arena, sorted->len, sizeof(const struct mime_parameter *)), 0 };

	for (size_t i = 0; i < sorted->len; i++) {
		bool same = chain.len > 0 && chain.items[chain.len - 1]->section == sorted->items[i]->section;

		if (!same)
			chain.items[chain.len++] = sorted->items[i];
		else if (last)
			chain.items[chain.len - 1] = sorted->items[i];
	}
	return chain;
}

/* RFC 2231 3: from 0 as far as the numbers go. */
static struct chain without_gap(struct chain chain)
{
	size_t len = 0;

	while (len < chain.len && chain.items[len]->section == len)
		len++;
	chain.len = len;
	return chain;
}

/* "filename=a; filename*1=b": the plain one in the place of section 0. */
static void add_mixed(struct arena *arena, const struct mime_parameters *parameters, struct str name, struct chain chain, bool to_utf8,
		      const struct mime_list *list)
{
	struct chain mixed = { arena_array(arena, chain.len + 1, sizeof(const struct mime_parameter *)), 1 };
	size_t tried = 0;

	for (size_t i = 0; i < chain.len; i++)
		if (chain.items[i]->section > 0)
			mixed.items[mixed.len++] = chain.items[i];
	for (size_t i = 0; i < parameters->len && !*list->overflowed; i++) {
		if (parameters->items[i].is_section || !str_equal_nocase(parameters->items[i].name, name))
			continue;
		if (tried++ == MIXED_MAX)
			*list->overflowed = true;
		mixed.items[0] = &parameters->items[i];
		add_chain(arena, &mixed, to_utf8, list);
	}
}

void mime_continuations(struct arena *arena, const struct mime_parameters *parameters, struct str name, bool to_utf8,
			const struct mime_list *list)
{
	struct chain seen = { arena_array(arena, parameters->len, sizeof(const struct mime_parameter *)), 0 }, sorted = seen, chain;

	for (size_t i = 0; i < parameters->len; i++)
		if (parameters->items[i].is_section && str_equal_nocase(parameters->items[i].name, name))
			seen.items[seen.len++] = &parameters->items[i];
	sorted.len = seen.len;
	chain = seen;
	if (!is_regular(&seen)) {
		sorted.items = arena_array(arena, seen.len, sizeof(const struct mime_parameter *));
		memcpy(sorted.items, seen.items, seen.len * sizeof(const struct mime_parameter *));
		qsort(sorted.items, sorted.len, sizeof(const struct mime_parameter *), compare);
		chain = distinct(arena, &sorted, false);
		add_chain(arena, &(struct chain){ chain.items, without_gap(chain).len }, to_utf8, list);
		add_chain(arena, &chain, to_utf8, list);
		add_chain(arena, &(struct chain){ distinct(arena, &sorted, true).items, chain.len }, to_utf8, list);
		add_chain(arena, &sorted, to_utf8, list);
	}
	add_chain(arena, &seen, to_utf8, list);
	add_mixed(arena, parameters, name, chain, to_utf8, list);
}
