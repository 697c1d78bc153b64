/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/zone_name.h"

#include <errno.h>
#include <stdio.h>

#define LABEL_MAX 63

static void take(struct str *text, size_t len)
{
	text->p += len;
	text->len -= len;
}

static int decimal_octet(struct str *text)
{
	int octet = 0;

	if (text->len < 4)
		return -1;
	for (size_t i = 1; i < 4; i++) {
		if (!ascii_is_digit(text->p[i]))
			return -1;
		octet = octet * 10 + (text->p[i] - '0');
	}
	take(text, 4);
	return octet <= UINT8_MAX ? octet : -1;
}

int zone_octet_read(struct str *text)
{
	int octet = (unsigned char)text->p[0];

	if (octet != '\\') {
		take(text, 1);
		return octet;
	}
	if (text->len < 2)
		return -1;
	if (ascii_is_digit(text->p[1]))
		return decimal_octet(text);
	octet = (unsigned char)text->p[1];
	take(text, 2);
	return octet;
}

/* Writes the length of the label that begins at start, if it may stand, and begins the next one. */
static int end_label(struct zone_name *name, size_t *start)
{
	size_t len = name->len - *start - 1;

	if (len == 0 || len > LABEL_MAX || name->len >= ZONE_NAME_MAX)
		return -EINVAL;
	name->octets[*start] = (char)len;
	*start = name->len;
	name->octets[name->len++] = 0;
	return 0;
}

int zone_name_read(struct str text, struct zone_name *ret_name)
{
	struct zone_name name = { .len = 1 };
	size_t start = 0;

	if (str_equal(text, STR(".")))
		text.len = 0;
	while (text.len > 0) {
		bool dot = text.p[0] == '.';
		int octet = zone_octet_read(&text);

		if (octet < 0 || (dot && end_label(&name, &start) != 0))
			return -EINVAL;
		if (dot)
			continue;
		if (name.len >= ZONE_NAME_MAX)
			return -EINVAL;
		name.octets[name.len++] = (char)octet;
	}
	if (name.len - start > 1 && end_label(&name, &start) != 0)
		return -EINVAL;
	*ret_name = name;
	return 0;
}

static bool is_plain(char c)
{
	return ascii_is_alnum(c) || c == '-' || c == '_';
}

const char *zone_name_format(struct str name, char text[DNS_NAME_TEXT_MAX])
{
	size_t at = 0;

	text[0] = '\0';
	for (; !zone_name_is_root(name); name = zone_name_parent(name)) {
		if (at > 0)
			text[at++] = '.';
		for (size_t i = 1; i <= (size_t)(unsigned char)name.p[0]; i++) {
			char c = ascii_lower(name.p[i]);

			/* 255 octets, four characters each at the most, are less than DNS_NAME_TEXT_MAX */
			at += (size_t)snprintf(text + at, DNS_NAME_TEXT_MAX - at, is_plain(c) ? "%c" : "\\%03u",
					       is_plain(c) ? c : (int)(unsigned char)c);
		}
	}
	return text;
}

/* Lengths of labels are at most 63, which is less than 'A'. */
void zone_name_lower(struct zone_name *name)
{
	for (size_t i = 0; i < name->len; i++)
		name->octets[i] = ascii_lower(name->octets[i]);
}

struct str zone_name_parent(struct str name)
{
	size_t len = 1 + (size_t)(unsigned char)name.p[0];

	return (struct str){ name.p + len, name.len - len };
}

int zone_name_join(const char *label, struct str parent, struct zone_name *ret_name)
{
	size_t len = strlen(label);

	if (len == 0 || len > LABEL_MAX || 1 + len + parent.len > ZONE_NAME_MAX)
		return -EINVAL;
	ret_name->octets[0] = (char)len;
	memcpy(ret_name->octets + 1, label, len);
	memcpy(ret_name->octets + 1 + len, parent.p, parent.len);
	ret_name->len = 1 + len + parent.len;
	return 0;
}

uint64_t zone_name_hash(struct str name)
{
	uint64_t hash = 0xcbf29ce484222325U;	/* FNV-1a */

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.p[i]) * 0x100000001b3U;
	return hash ^ hash >> 32;
}
