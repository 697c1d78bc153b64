/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/mailbox.h"

#include <stdint.h>
#include <string.h>

#include "milter/mail/domain.h"
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

/* Bytes at the start of s that nobody sees: zero-width characters, marks and overrides of the writing direction, soft hyphen. */
static size_t invisible_length(struct str s)
{
	static const char *const invisible[] = {
		"\xc2\xad", "\xcd\x8f", "\xd8\x9c", "\xe1\xa0\x8e", "\xe2\x80\x8b", "\xe2\x80\x8c", "\xe2\x80\x8d", "\xe2\x80\x8e",
		"\xe2\x80\x8f", "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad", "\xe2\x80\xae", "\xe2\x81\xa0",
		"\xe2\x81\xa1", "\xe2\x81\xa2", "\xe2\x81\xa3", "\xe2\x81\xa4", "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8",
		"\xe2\x81\xa9", "\xef\xbb\xbf",
	};

	for (size_t i = 0; i < sizeof(invisible) / sizeof(invisible[0]); i++)
		if (str_has_prefix(s, str_of(invisible[i])))
			return strlen(invisible[i]);
	return 0;
}

/* What a reader sees of it (threats ID-11): without what is invisible, and with one form of @. */
static struct str shown_text(struct arena *arena, struct str in)
{
	char *out = arena_alloc(arena, in.len + 1);
	size_t len = 0;

	while (in.len > 0) {
		size_t skip = (unsigned char)in.p[0] < 0x80 ? 0 : invisible_length(in);
		bool wide_at = in.len >= 3 && lex_has_wide_at((struct str){ in.p, 3 });

		if (skip == 0)
			out[len++] = wide_at ? '@' : in.p[0];
		in = lex_skip(in, skip > 0 ? skip : wide_at ? 3 : 1);
	}
	return (struct str){ out, len };
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

void mailboxes_find_shown(struct arena *arena, struct str value, struct mailboxes *ret_mailboxes)
{
	struct finder finder = { .arena = arena };
	struct encoded encoded;

	find_in(&finder, value);
	encoded_decode(arena, value, &encoded);
	find_in(&finder, shown_text(arena, encoded.text));
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

/* Is there an @ whose domain is none of the authors'? */
static bool has_foreign_at(struct arena *arena, struct str text, const struct mailboxes *authors)
{
	unsigned looked_at = 0;

	for (size_t i = 0; i < text.len; i++) {
		struct str behind = lex_skip(text, i + 1);
		const char *domain;

		if (text.p[i] != '@')
			continue;
		behind.len = domain_length(behind);
		if (++looked_at > MAILBOXES_MAX || domain_normalise(arena, behind, &domain) < 0 || !has_domain(authors, domain))
			return true;
	}
	return false;
}

/* With bytes above ASCII, whose charset does not matter here, and those in replaced made letters. */
static struct str letters_for(struct arena *arena, struct str text, const char *replaced)
{
	char *out = arena_alloc(arena, text.len + 1);

	for (size_t i = 0; i < text.len; i++) {
		bool replace = (unsigned char)text.p[i] >= 0x80 || (text.p[i] != '\0' && strchr(replaced, text.p[i]) != NULL);

		out[i] = replace ? 'x' : text.p[i];
	}
	return (struct str){ out, text.len };
}

/* Do both name the same addresses, in the strict reading? */
static bool reads_alike(struct arena *arena, struct str a, struct str b)
{
	struct mailboxes one, other;

	if (mailboxes_parse(arena, a, &one) < 0 || mailboxes_parse(arena, b, &other) < 0 || one.len != other.len)
		return false;
	for (size_t i = 0; i < one.len; i++)
		if (strcmp(one.items[i].text, other.items[i].text) != 0)
			return false;
	return true;
}

/* Whoever knows no comments and looks for angle brackets finds these. In quotes they are left alone: every program knows those, and forms
 * write "Jane <jane@x.example>" <form@y.example>. */
static bool comment_shows_bracket(struct str value)
{
	while (value.len > 0) {
		size_t comment = lex_comment(value), quoted = lex_quoted(value);

		if (comment > 0 && memchr(value.p, '<', comment) != NULL)
			return true;
		value = lex_skip(value, comment > 0 ? comment : quoted > 0 ? quoted : 1);
	}
	return false;
}

/* Beside its authors the field shows addresses of others: might a program that knows quotes, quoted pairs or comments badly, or that
 * decodes before it parses, take one of them for the author? In a name, an address-looking text alone stays a name. */
static bool names_confuse(struct arena *arena, struct str value, const struct encoded *whole)
{
	if (comment_shows_bracket(value))
		return true;
	if (memchr(value.p, '\\', value.len) != NULL &&
	    !reads_alike(arena, letters_for(arena, value, ""), letters_for(arena, value, "\\")))
		return true;
	return whole->has_delimiter && !reads_alike(arena, letters_for(arena, value, ""), letters_for(arena, whole->text, ""));
}

bool mailboxes_ambiguous(struct arena *arena, struct str value)
{
	struct finder finder = { .arena = arena };
	struct encoded whole, addresses;
	struct mailboxes strict;
	struct str bare;

	if (mailboxes_parse_bare(arena, value, &strict, &bare) < 0)
		return true;
	/* An @ more than there are addresses stands in a source route, a quoted local part, or a comment amidst an address. */
	if (count(bare, '@') != strict.len || lex_has_wide_at(bare))
		return true;
	encoded_decode(arena, value, &whole);
	encoded_decode(arena, bare, &addresses);
	if (addresses.words > 0 || whole.is_opaque)	/* RFC 2047 5 (3): none may stand in an addr-spec at all */
		return true;
	find_in(&finder, bare);
	for (size_t i = 0; i < finder.len; i++)
		if (!has_domain(&strict, finder.items[i].domain))
			return true;
	if (finder.full)
		return true;
	return has_foreign_at(arena, whole.text, &strict) && names_confuse(arena, value, &whole);
}
