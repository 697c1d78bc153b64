/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/address.h"

#include <errno.h>
#include <string.h>

#include "milter/mail/domain.h"
#include "milter/mail/lex.h"
#include "milter/mail/utf8.h"

/* RFC 5321 4.5.3.1.3: with brackets, punctuation and a source route. */
enum { PATH_MAX_BYTES = ADDRESS_MAX + 2 };

/* A path while it is read. Each step takes its part off rest, or says what is wrong with it and returns -EINVAL. */
struct path {
	struct arena *arena;
	struct str rest;
	bool sender;		/* long local parts are in order: bounce addresses of mailing lists have them */
	const char *problem;
};

static bool at(const struct path *path, char c)
{
	return path->rest.len > 0 && path->rest.p[0] == c;
}

static bool at_blank(const struct path *path)
{
	return at(path, ' ') || at(path, '\t');
}

static bool take(struct path *path, char c)
{
	if (!at(path, c))
		return false;
	path->rest = lex_skip(path->rest, 1);
	return true;
}

/* What stands where the grammar wants something else; fallback when the byte itself is nothing special. */
static int refuse(struct path *path, const char *fallback)
{
	path->problem = fallback;
	if (at_blank(path))
		path->problem = "white space in the address";
	else if (path->rest.len > 0 && (ascii_is_control(path->rest.p[0]) || utf8_is_c1(path->rest)))
		path->problem = "control character in the address";
	else if (path->rest.len > 0 && utf8_length(path->rest) == 0)
		path->problem = "invalid UTF-8";
	return -EINVAL;
}

/* Bytes of the character at the start of s if it may stand in an atom or (white space and specials too) between quotes,
 * else 0. */
static size_t character_length(struct str s, bool quoted)
{
	if (s.len == 0 || ascii_is_control(s.p[0]) || utf8_is_c1(s))
		return 0;
	if (!quoted && !lex_is_atext(s.p[0]))
		return 0;
	return utf8_length(s);
}

static int take_dot_string(struct path *path, struct str *ret_localpart)
{
	const char *start = path->rest.p;
	bool want_atom = true;
	size_t len;

	for (;;) {
		if (!want_atom && take(path, '.')) {
			want_atom = true;
			continue;
		}
		len = character_length(path->rest, false);
		if (len == 0)
			break;
		path->rest = lex_skip(path->rest, len);
		want_atom = false;
	}
	if (want_atom)
		return refuse(path, path->rest.p == start && !at(path, '.') ? "no local part"
									    : "misplaced dot in the local part");
	*ret_localpart = (struct str){ start, (size_t)(path->rest.p - start) };
	return 0;
}

/* RFC 5321 4.1.2: QcontentSMTP; a quoted pair stands for printable ASCII alone. */
static int take_quoted_string(struct path *path, struct str *ret_localpart)
{
	char text[PATH_MAX_BYTES];
	size_t used = 0, len;

	path->rest = lex_skip(path->rest, 1);
	while (!take(path, '"')) {
		bool pair = take(path, '\\');

		len = character_length(path->rest, true);
		if (len == 0 || (pair && len > 1))
			return refuse(path, path->rest.len == 0 ? "quote without end" : "unexpected character");
		if (used + len > sizeof(text)) {
			path->problem = "local part too long";
			return -EINVAL;
		}
		memcpy(text + used, path->rest.p, len);
		used += len;
		path->rest = lex_skip(path->rest, len);
	}
	*ret_localpart = (struct str){ arena_strndup(path->arena, text, used), used };
	return 0;
}

static bool ends_domain(char c)
{
	return c != '\0' && strchr("<>@,:[] \t", c) != NULL;
}

static struct str take_domain(struct path *path)
{
	struct str rest = path->rest;
	size_t len = 0;

	if (at(path, '['))
		len = lex_literal(rest);
	while (len < rest.len && !ends_domain(rest.p[len]))
		len++;
	path->rest = lex_skip(rest, len);
	return (struct str){ rest.p, len };
}

/* An address literal: "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 4.1.3); general literals have no meaning here. */
static int literal_parse(struct str literal, struct ip *ret_ip)
{
	struct str inner = { literal.p + 1, literal.len - 2 };
	bool tagged;
	char text[IP_TEXT_MAX];

	if (literal.len < 2 || literal.p[literal.len - 1] != ']')
		return -EINVAL;
	tagged = inner.len > 5 && str_equal_nocase((struct str){ inner.p, 5 }, STR("IPv6:"));
	if (tagged)
		inner = lex_skip(inner, 5);
	if (inner.len >= sizeof(text) || memchr(inner.p, '\0', inner.len) != NULL)
		return -EINVAL;
	if (tagged != (memchr(inner.p, ':', inner.len) != NULL))
		return -EINVAL;
	memcpy(text, inner.p, inner.len);
	text[inner.len] = '\0';
	return ip_parse(text, ret_ip);
}

static const char *literal_format(struct arena *arena, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	return arena_printf(arena, ip->family == IP_V4 ? "[%s]" : "[IPv6:%s]", ip_format(ip, text));
}

/* Why domain_normalise did not take it, for the person who typed it. */
static const char *domain_problem(struct str domain)
{
	size_t digits = 0;

	if (!utf8_is_valid(domain))
		return "invalid UTF-8";
	for (size_t i = 0; i < domain.len; i++) {
		if (ascii_is_control(domain.p[i]))
			return "control character in the address";
		digits += ascii_is_digit(domain.p[i]) || domain.p[i] == '.';
	}
	return digits == domain.len ? "IP address without brackets" : "malformed domain";
}

/* The domain of a mailbox or of a hop of a source route. Returns NULL, or what is wrong. */
static const char *domain_read(struct arena *arena, struct str in, const char **ret_domain, struct ip *ret_literal)
{
	*ret_literal = (struct ip){ .family = IP_NONE };
	if (in.len == 0)
		return "no domain";
	if (in.p[0] == '[') {
		if (literal_parse(in, ret_literal) < 0)
			return "malformed address literal";
		*ret_domain = literal_format(arena, ret_literal);
		return NULL;
	}
	return domain_normalise(arena, in, ret_domain) < 0 ? domain_problem(in) : NULL;
}

/* Must these bytes stand between quotes to be a local part? */
static bool needs_quotes(struct str localpart)
{
	bool want_atom = true;

	for (size_t i = 0; i < localpart.len; i++) {
		bool dot = localpart.p[i] == '.';

		if (dot ? want_atom : !lex_is_atext(localpart.p[i]))
			return true;
		want_atom = dot;
	}
	return want_atom;
}

static const char *quote(struct arena *arena, struct str localpart)
{
	char *text = arena_alloc(arena, 2 * localpart.len + 3), *p = text;

	*p++ = '"';
	for (size_t i = 0; i < localpart.len; i++) {
		if (localpart.p[i] == '"' || localpart.p[i] == '\\')
			*p++ = '\\';
		*p++ = localpart.p[i];
	}
	*p = '"';
	return text;
}

/* Returns NULL, or what is wrong. */
static const char *localpart_problem(struct str localpart)
{
	if (localpart.len == 0)
		return "no local part";
	while (localpart.len > 0) {
		size_t len = character_length(localpart, true);

		if (len == 0)
			return utf8_length(localpart) == 0 ? "invalid UTF-8" : "control character in the address";
		localpart = lex_skip(localpart, len);
	}
	return NULL;
}

int address_from_parts(struct arena *arena, struct str localpart, struct str domain, struct address *ret_address,
		       const char **ret_problem)
{
	struct address address = { .localpart = arena_strndup(arena, localpart.p, localpart.len) };
	const char *problem = localpart_problem(localpart), *text;

	if (problem == NULL && localpart.len > ADDRESS_MAX)
		problem = "address too long";
	if (problem == NULL && domain.p != NULL)
		problem = domain_read(arena, domain, &address.domain, &address.literal);
	if (problem == NULL) {
		text = needs_quotes(localpart) ? quote(arena, localpart) : address.localpart;
		address.text = address.domain == NULL ? text : arena_printf(arena, "%s@%s", text, address.domain);
		problem = strlen(address.text) > ADDRESS_MAX ? "address too long" : NULL;
	}
	*ret_problem = problem;
	if (problem != NULL)
		return -EINVAL;
	*ret_address = address;
	return 0;
}

/* RFC 5321 4.1.2 A-d-l: "@a,@b:". What it says is dropped (appendix C), what it is made of is checked all the same. */
static int take_source_route(struct path *path)
{
	do {
		const char *ignored;
		struct ip literal;

		if (!take(path, '@'))
			return refuse(path, "malformed source route");
		path->problem = domain_read(path->arena, take_domain(path), &ignored, &literal);
		if (path->problem != NULL)
			return -EINVAL;
	} while (take(path, ','));
	return take(path, ':') ? 0 : refuse(path, "no local part");
}

static int take_mailbox(struct path *path, struct address *ret_address)
{
	const char *start = path->rest.p;
	bool quoted = at(path, '"');
	struct str localpart, domain = { NULL, 0 };
	int r = quoted ? take_quoted_string(path, &localpart) : take_dot_string(path, &localpart);

	if (r < 0)
		return r;
	if (!path->sender && path->rest.p - start > ADDRESS_LOCALPART_MAX) {
		path->problem = "local part too long";
		return -EINVAL;
	}
	if (take(path, '@'))
		domain = take_domain(path);
	if (at(path, '@')) {
		path->problem = "two @ outside quotes";
		return -EINVAL;
	}
	if (address_from_parts(path->arena, localpart, domain, ret_address, &path->problem) < 0)
		return -EINVAL;
	ret_address->quoted = quoted;
	return 0;
}

static int take_bracketed(struct path *path, enum address_kind kind, struct address *ret_address)
{
	bool routed = at(path, '@');
	int r;

	if (take(path, '>')) {
		*ret_address = (struct address){ .text = "", .localpart = "" };
		path->problem = "empty recipient";
		return kind == ADDRESS_SENDER ? 0 : -EINVAL;
	}
	r = routed ? take_source_route(path) : 0;
	if (r == 0)
		r = take_mailbox(path, ret_address);
	if (r < 0)
		return r;
	if (routed && ret_address->domain == NULL) {
		path->problem = "source route without a domain behind it";
		return -EINVAL;
	}
	ret_address->source_route = routed;
	return take(path, '>') ? 0 : refuse(path, path->rest.len == 0 ? "missing >" : "unexpected character");
}

int address_parse(struct arena *arena, struct str in, enum address_kind kind, struct address *ret_address,
		  const char **ret_problem)
{
	struct path path = { .arena = arena, .rest = in, .sender = kind == ADDRESS_SENDER };
	struct address address = { .domain = NULL };
	const char *start;
	int r;

	while (at_blank(&path))
		path.rest = lex_skip(path.rest, 1);
	start = path.rest.p;
	r = take(&path, '<') ? take_bracketed(&path, kind, &address) : take_mailbox(&path, &address);
	if (r == 0 && path.rest.len > 0 && !at_blank(&path))
		r = refuse(&path, "unexpected character");
	if (r == 0 && path.rest.p - start > PATH_MAX_BYTES) {
		path.problem = "address too long";
		r = -EINVAL;
	}
	*ret_problem = r < 0 ? path.problem : NULL;
	if (r == 0)
		*ret_address = address;
	return r;
}

bool address_reroutes(const struct address *address)
{
	return strpbrk(address->localpart, "%!@") != NULL;
}

bool address_is_postmaster(const struct address *address)
{
	return ascii_equal(address->localpart, "postmaster") || ascii_equal(address->localpart, "abuse");
}

bool address_matches(const struct address *address, const char *entry)
{
	if (address->text[0] == '\0' || strcmp(entry, "<>") == 0)
		return address->text[0] == '\0' && strcmp(entry, "<>") == 0;
	if (strcmp(entry, "*") == 0)
		return true;
	if (address->domain == NULL)
		return false;
	if (entry[0] == '@')
		return domain_matches(address->domain, entry + 1);
	if (strchr(entry, '@') == NULL)
		return domain_matches(address->domain, entry);
	return ascii_equal(address->text, entry);
}

/* What stands behind the @ of an entry for everybody there: a domain, a literal, or a dot and a domain. */
static int entry_domain(struct arena *arena, struct str in, const char *prefix, const char **ret_entry)
{
	bool below = in.len > 0 && in.p[0] == '.';
	const char *domain;
	struct ip literal;

	if (below)
		in = lex_skip(in, 1);
	if (domain_read(arena, in, &domain, &literal) != NULL || (below && literal.family != IP_NONE))
		return -EINVAL;
	*ret_entry = arena_printf(arena, "%s%s%s", prefix, below ? "." : "", domain);
	return 0;
}

int address_entry_normalise(struct arena *arena, struct str in, const char **ret_entry)
{
	struct path path = { .arena = arena, .rest = str_trim(in), .sender = true };
	struct address address;

	in = path.rest;
	if (str_equal(in, STR("*")) || str_equal(in, STR("<>"))) {
		*ret_entry = arena_strndup(arena, in.p, in.len);
		return 0;
	}
	if (at(&path, '@'))
		return entry_domain(arena, lex_skip(in, 1), "@", ret_entry);
	if (in.len == 0 || memchr(in.p, '@', in.len) == NULL)
		return entry_domain(arena, in, "", ret_entry);
	if (take_mailbox(&path, &address) < 0 || path.rest.len > 0 || address.domain == NULL)
		return -EINVAL;
	*ret_entry = address.text;
	return 0;
}
