/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/mailbox.h"

#include <stdint.h>
#include <string.h>

#include "milter/mail/encoded.h"
#include "milter/mail/lex.h"

enum { LITERAL_MAX = sizeof("[IPv6:]") + IP_TEXT_MAX };

/* What was looked at: texts seen before are not read again, and their number is bounded, so that the work for each byte
 * of the field is. */
struct finder {
	struct arena *arena;
	struct { struct str text; uint32_t hash; } seen[MAILBOXES_MAX];
	size_t seen_len;
	bool full;			/* there was more than it could hold */
	struct address *items;
	size_t len;
};

static uint32_t hash(struct str s)
{
	uint32_t h = 2166136261u;	/* FNV-1a; nothing but speed hangs on it */

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * 16777619u;
	return h;
}

static bool is_new(struct finder *finder, struct str text)
{
	uint32_t h = hash(text);

	for (size_t i = 0; i < finder->seen_len; i++)
		if (finder->seen[i].hash == h && str_equal(finder->seen[i].text, text))
			return false;
	if (finder->seen_len == MAILBOXES_MAX) {
		finder->full = true;
		return false;
	}
	finder->seen[finder->seen_len].text = text;
	finder->seen[finder->seen_len++].hash = h;
	return true;
}

static bool is_local_byte(char c)
{
	return lex_is_atext(c) || c == '.';
}

/* Bytes of the local part in front of text.p[at]: a quoted string, or as far back as an address may reach. */
static size_t localpart_length(struct str text, size_t at)
{
	size_t len = 0;

	if (at > 0 && text.p[at - 1] == '"') {
		for (len = 2; len <= at && len <= ADDRESS_MAX; len++)
			if (text.p[at - len] == '"')
				return len;
		return 0;
	}
	while (len < at && len <= ADDRESS_MAX && is_local_byte(text.p[at - len - 1]))
		len++;
	while (len > 0 && (text.p[at - len] == '.' || text.p[at - len] == '\''))
		len--;		/* the start of 'jane@example.com' in the quotes that people use */
	return len;
}

static bool is_domain_byte(char c)
{
	return ascii_is_alnum(c) || (unsigned char)c >= 0x80 || c == '-' || c == '_' || c == '.';
}

static size_t domain_length(struct str s)
{
	size_t len = lex_literal((struct str){ s.p, s.len < LITERAL_MAX ? s.len : LITERAL_MAX });

	if (len > 0)
		return len;
	while (len < s.len && is_domain_byte(s.p[len]))
		len++;
	while (len > 0 && (s.p[len - 1] == '.' || s.p[len - 1] == '-'))
		len--;		/* the end of a sentence */
	return len;
}

static bool is_known(const struct finder *finder, const struct address *address)
{
	for (size_t i = 0; i < finder->len; i++)
		if (strcmp(finder->items[i].text, address->text) == 0)
			return true;
	return false;
}

static void add(struct finder *finder, struct str localpart, struct str domain)
{
	char unquoted[ADDRESS_MAX + 1];
	struct address address;
	const char *problem;
	bool quoted = localpart.p[0] == '"';

	if (quoted)
		localpart = (struct str){ unquoted, lex_unquote(localpart, unquoted, sizeof(unquoted)) };
	if (localpart.len >= sizeof(unquoted))
		return;
	if (address_from_parts(finder->arena, localpart, domain, &address, &problem) < 0 || is_known(finder, &address))
		return;
	address.quoted = quoted;
	*(struct address *)arena_push(finder->arena, (void **)&finder->items, &finder->len, sizeof(address)) = address;
}

static void find_in(struct finder *finder, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		size_t before, behind;

		if (text.p[i] != '@')
			continue;
		before = localpart_length(text, i);
		behind = domain_length(lex_skip(text, i + 1));
		if (before == 0 || behind == 0 || !is_new(finder, (struct str){ text.p + i - before, before + 1 + behind }))
			continue;
		add(finder, (struct str){ text.p + i - before, before }, (struct str){ text.p + i + 1, behind });
	}
}

void mailboxes_find(struct arena *arena, struct str value, struct mailboxes *ret_mailboxes)
{
	struct finder finder = { .arena = arena };
	struct encoded encoded;

	find_in(&finder, value);
	encoded_decode(arena, value, &encoded);
	if (encoded.words > 0)
		find_in(&finder, encoded.text);
	*ret_mailboxes = (struct mailboxes){ finder.items, finder.len };
}

static bool has_domain(const struct mailboxes *mailboxes, const char *domain)
{
	for (size_t i = 0; i < mailboxes->len; i++)
		if (strcmp(mailboxes->items[i].domain, domain) == 0)
			return true;
	return false;
}

static size_t count(struct str s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.p[i] == c;
	return n;
}

/* Forms that compatibility normalisation (NFKC) turns into an @: fullwidth and small commercial at. */
static bool has_wide_at(struct str s)
{
	return memmem(s.p, s.len, "\xef\xbc\xa0", 3) != NULL || memmem(s.p, s.len, "\xef\xb9\xab", 3) != NULL;
}

/* Would a program that decodes before it parses see other addresses? In a name, one bare address-looking text stays a
 * name; a bracket or a comma with it makes another address. RFC 2047 5 (3): none may stand in an addr-spec at all. */
static bool encoding_confuses(struct arena *arena, struct str value, struct str bare)
{
	struct encoded whole, addresses;

	encoded_decode(arena, value, &whole);
	if (whole.words == 0)
		return false;
	encoded_decode(arena, bare, &addresses);
	return addresses.words > 0 || whole.is_opaque || (whole.has_at && whole.has_delimiter);
}

bool mailboxes_ambiguous(struct arena *arena, struct str value)
{
	struct finder finder = { .arena = arena };
	struct mailboxes strict;
	struct str bare;

	if (mailboxes_parse_bare(arena, value, &strict, &bare) < 0)
		return true;
	/* An @ more than there are addresses stands in a source route, a quoted local part, or a comment amidst an address. */
	if (count(bare, '@') != strict.len || has_wide_at(bare) || encoding_confuses(arena, value, bare))
		return true;
	find_in(&finder, bare);
	for (size_t i = 0; i < finder.len; i++)
		if (!has_domain(&strict, finder.items[i].domain))
			return true;
	return finder.full;
}
