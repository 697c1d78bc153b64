/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dkim_coverage.h"

#include <stdlib.h>

struct dkim_names {
	const char **items;	/* lower case, sorted */
	size_t len;
};

static const char *const singular[] = {
	"from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to", "references", "mime-version",
	"content-type", "content-transfer-encoding", "content-disposition", "content-id", "content-description",
};

/* What header_name_equal does not see: white space and control bytes at both ends. */
static const char *plain_name(struct arena *arena, struct str name)
{
	char *plain;

	while (name.len > 0 && (unsigned char)name.p[0] <= ' ')
		name = (struct str){ name.p + 1, name.len - 1 };
	while (name.len > 0 && (unsigned char)name.p[name.len - 1] <= ' ')
		name.len--;
	plain = arena_strndup(arena, name.p, name.len);
	for (char *p = plain; *p != '\0'; p++)
		*p = ascii_lower(*p);
	return plain;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct dkim_names *dkim_names_new(struct arena *arena, const struct headers *headers)
{
	struct dkim_names *names = arena_new_of(arena, struct dkim_names);

	names->items = arena_array(arena, headers->len + 1, sizeof(*names->items));
	names->len = headers->len;
	for (size_t i = 0; i < headers->len; i++)
		names->items[i] = plain_name(arena, str_of(headers->items[i].name));
	qsort(names->items, names->len, sizeof(*names->items), compare);
	return names;
}

/* Of a string in lower case and one as it is written. */
static int compare_nocase(const char *item, struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned char a = (unsigned char)item[i], b = (unsigned char)ascii_lower(name.p[i]);

		if (a != b)
			return a < b ? -1 : 1;
	}
	return item[name.len] == '\0' ? 0 : 1;
}

/* The first item that is not below name (or, for past, that is above it). */
static size_t bound(const struct dkim_names *names, struct str name, bool past)
{
	size_t low = 0, high = names->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_nocase(names->items[middle], name);

		if (order < 0 || (past && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t dkim_names_count(const struct dkim_names *names, struct str name)
{
	return bound(names, name, true) - bound(names, name, false);
}

static bool is_singular(struct str name)
{
	for (size_t i = 0; i < sizeof(singular) / sizeof(singular[0]); i++)
		if (str_equal_nocase(name, str_of(singular[i])))
			return true;
	return false;
}

static size_t signed_count(const struct dkim_signature *signature, struct str name)
{
	size_t count = 0;

	for (size_t i = 0; i < signature->fields_len; i++)
		count += str_equal_nocase(signature->fields[i], name);
	return count;
}

struct str dkim_uncovered(const struct dkim_names *names, const struct dkim_signature *signature, bool *ret_matters)
{
	struct str uncovered = { NULL, 0 };

	*ret_matters = false;
	for (size_t i = 0; i < signature->fields_len && !*ret_matters; i++) {
		struct str name = signature->fields[i];
		size_t there = dkim_names_count(names, name);

		if (there <= 1 || there <= signed_count(signature, name))
			continue;
		*ret_matters = is_singular(name);
		if (uncovered.p == NULL || *ret_matters)
			uncovered = name;
	}
	return uncovered;
}

static bool is_whole(const char *value)
{
	for (const char *p = value; *p != '\0'; p++) {
		if (*p == '\r' && p[1] != '\n')
			return false;
		if (*p == '\n' && p[1] != ' ' && p[1] != '\t')
			return false;
	}
	return true;
}

bool dkim_header_is_whole(const struct headers *headers)
{
	for (size_t i = 0; i < headers->len; i++)
		if (!is_whole(headers->items[i].value) || strpbrk(headers->items[i].name, "\r\n") != NULL)
			return false;
	return true;
}
