/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/helo_name.h"

#include "milter/mail/domain.h"

static bool address_read(struct str text, struct ip *ret_ip)
{
	char copy[IP_TEXT_MAX];

	if (text.len >= sizeof(copy) || memchr(text.p, '\0', text.len) != NULL)
		return false;
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	return ip_parse(copy, ret_ip) == 0;
}

static bool literal_read(struct str text, struct ip *ret_ip)
{
	static const struct str tag = { "IPv6:", 5 };

	if (text.len < 2 || text.p[text.len - 1] != ']')
		return false;
	text = (struct str){ text.p + 1, text.len - 2 };
	if (text.len >= tag.len && str_equal_nocase((struct str){ text.p, tag.len }, tag))
		text = (struct str){ text.p + tag.len, text.len - tag.len };
	return address_read(text, ret_ip);
}

static enum helo_kind kind_of(struct arena *arena, struct str text, struct helo_name *found)
{
	if (text.len == 0)
		return HELO_MISSING;
	if (text.p[0] == '[')
		return literal_read(text, &found->ip) ? HELO_LITERAL : HELO_MALFORMED;
	if (address_read(text, &found->ip))
		return HELO_BARE_ADDRESS;
	if (domain_normalise(arena, text, &found->name) < 0)
		return HELO_MALFORMED;
	return strchr(found->name, '.') == NULL ? HELO_UNQUALIFIED : HELO_NAME;
}

struct helo_name helo_name_read(struct arena *arena, const char *helo)
{
	struct helo_name found = { .name = NULL };

	found.kind = kind_of(arena, str_of(helo), &found);
	return found;
}

const char *helo_name_show(const char *helo, char text[HELO_SHOWN_MAX])
{
	static const char more[] = "...";
	size_t room = HELO_SHOWN_MAX - sizeof(more), len = strnlen(helo, room + 1), shown = len > room ? room : len;

	for (size_t i = 0; i < shown; i++)
		text[i] = helo[i] < ' ' || helo[i] > '~' || helo[i] == '"' || helo[i] == '\\' ? '?' : helo[i];
	(void)stpcpy(text + shown, len > room ? more : "");
	return text;
}
