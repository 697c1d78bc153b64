/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/dkim_tags.h"

#include <errno.h>

static int problem(const char **ret_problem, const char *phrase)
{
	*ret_problem = phrase;
	return -EINVAL;
}

/* RFC 6376 3.2: VALCHAR, and FWS. A line end is one only as part of a fold. */
static bool is_clean(struct str value)
{
	for (size_t i = 0; i < value.len; i++) {
		char next = i + 1 < value.len ? value.p[i + 1] : '\0';

		if (value.p[i] == '\r' ? next != '\n' : value.p[i] == '\n' && next != ' ' && next != '\t')
			return false;
		if (!ascii_is_space(value.p[i]) && (value.p[i] < '!' || value.p[i] > '~'))
			return false;
	}
	return true;
}

static bool is_tag_name(struct str name)
{
	if (name.len == 0 || !ascii_is_alpha(name.p[0]))
		return false;
	for (size_t i = 1; i < name.len; i++)
		if (!ascii_is_alnum(name.p[i]) && name.p[i] != '_')
			return false;
	return true;
}

static int add_tag(struct dkim_tags *tags, struct str name, struct str value, const char **ret_problem)
{
	name = str_trim(name);
	if (!is_tag_name(name))
		return problem(ret_problem, "a tag has no proper name");
	/* what stands in a list twice has two readings */
	for (size_t i = 0; i < tags->len; i++)
		if (str_equal(tags->items[i].name, name))
			return problem(ret_problem, "a tag stands there twice");
	if (tags->len == DKIM_TAGS_MAX)
		return problem(ret_problem, "too many tags");
	tags->items[tags->len++] = (struct dkim_tag){ name, str_trim(value) };
	return 0;
}

int dkim_tags_parse(struct str in, struct dkim_tags *ret_tags, const char **ret_problem)
{
	struct str rest = in;
	int r = 0;

	ret_tags->len = 0;
	if (!is_clean(in))
		return problem(ret_problem, "a byte that may not stand in a tag list");
	while (r == 0 && rest.p != NULL) {
		struct str value = str_split(&rest, ";"), name;

		if (rest.p == NULL && str_trim(value).len == 0 && ret_tags->len > 0)
			return 0;	/* a semicolon at the end */
		name = str_split(&value, "=");
		if (value.p == NULL)
			return problem(ret_problem, "a tag without a value");
		r = add_tag(ret_tags, name, value, ret_problem);
	}
	return r;
}

const struct dkim_tag *dkim_tags_find(const struct dkim_tags *tags, const char *name)
{
	for (size_t i = 0; i < tags->len; i++)
		if (str_equal(tags->items[i].name, str_of(name)))
			return &tags->items[i];
	return NULL;
}

bool dkim_tag_is(const struct dkim_tag *tag, const char *word)
{
	return str_equal(tag->value, str_of(word));
}

bool dkim_list_has(struct str list, const char *word)
{
	while (list.p != NULL)
		if (str_equal(str_trim(str_split(&list, ":")), str_of(word)))
			return true;
	return false;
}

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (ascii_is_digit(c))
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

int dkim_base64_decode(struct str in, uint8_t *out, size_t size, size_t *ret_len)
{
	size_t symbols = 0, padding = 0, len = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < in.len; i++) {
		int value = sextet(in.p[i]);

		if (ascii_is_space(in.p[i]))
			continue;
		if (in.p[i] == '=') {
			padding++;
			continue;
		}
		if (value < 0 || padding > 0)
			return -EINVAL;
		bits = (bits << 6 | (unsigned)value) & 0xffffff;
		if (symbols++ % 4 == 0)
			continue;
		if (len == size)
			return -EINVAL;
		out[len++] = (uint8_t)(bits >> (6 - 2 * ((symbols - 1) % 4)));
	}
	if (symbols % 4 == 1 || (padding > 0 && (padding > 2 || (symbols + padding) % 4 != 0)))
		return -EINVAL;
	*ret_len = len;
	return 0;
}
