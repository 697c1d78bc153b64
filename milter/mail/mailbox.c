/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/mailbox.h"

#include <errno.h>
#include <string.h>

#include "milter/mail/domain.h"
#include "milter/mail/lex.h"

enum token_type { TOKEN_ATOM, TOKEN_QUOTED, TOKEN_LITERAL, TOKEN_SPECIAL, TOKEN_END };

struct token {
	enum token_type type;
	struct str text;	/* as written; empty at the end */
};

struct reader {
	struct arena *arena;
	struct str value;
	char *bare;			/* copy of value in which names are blanked */
	struct token token;		/* the next one */
	const char *behind_last;	/* end of the token before it */
	bool in_group;
	struct address *items;
	size_t len;
};

/* Words and dots in a row: a local part, or a display name, which only the token behind them tells. */
struct phrase {
	char text[ADDRESS_MAX + 2];	/* unquoted; longer than ADDRESS_MAX is no local part */
	size_t len;
	bool empty;
	bool dotted;		/* a dot between each two words and none elsewhere */
	bool after_dot;
	bool starts_with_dot;
	bool quoted;
};

static int advance(struct reader *reader)
{
	const char *end = reader->value.p + reader->value.len;
	struct str rest;
	struct token token = { .type = TOKEN_SPECIAL };

	reader->behind_last = reader->token.text.p + reader->token.text.len;
	rest = (struct str){ reader->behind_last, (size_t)(end - reader->behind_last) };
	if (!lex_skip_cfws(&rest))
		return -EINVAL;
	token.text = (struct str){ rest.p, 1 };
	if (rest.len == 0)
		token = (struct token){ TOKEN_END, rest };
	else if (lex_is_atext(rest.p[0]))
		token = (struct token){ TOKEN_ATOM, { rest.p, lex_atom(rest) } };
	else if (rest.p[0] == '"')
		token = (struct token){ TOKEN_QUOTED, { rest.p, lex_quoted(rest) } };
	else if (rest.p[0] == '[')
		token = (struct token){ TOKEN_LITERAL, { rest.p, lex_literal(rest) } };
	if (token.type != TOKEN_END && token.text.len == 0)
		return -EINVAL;		/* a quote or a literal without end */
	reader->token = token;
	return 0;
}

static bool at(const struct reader *reader, char special)
{
	return reader->token.type == TOKEN_SPECIAL && reader->token.text.p[0] == special;
}

static bool at_separator(const struct reader *reader)
{
	return reader->token.type == TOKEN_END || at(reader, ',') || (reader->in_group && at(reader, ';'));
}

static void blank(struct reader *reader, const char *from, const char *to)
{
	memset(reader->bare + (from - reader->value.p), ' ', (size_t)(to - from));
}

static void phrase_add(struct phrase *phrase, const struct token *token)
{
	bool dot = token->type == TOKEN_SPECIAL;
	size_t room = sizeof(phrase->text) - phrase->len;

	phrase->starts_with_dot |= phrase->empty && dot;
	if (phrase->empty ? dot : dot == phrase->after_dot)
		phrase->dotted = false;
	phrase->empty = false;
	phrase->after_dot = dot;
	if (token->type == TOKEN_QUOTED) {
		phrase->quoted = true;
		phrase->len += lex_unquote(token->text, phrase->text + phrase->len, room);
	} else if (token->text.len < room) {
		memcpy(phrase->text + phrase->len, token->text.p, token->text.len);
		phrase->len += token->text.len;
	} else {
		phrase->len = sizeof(phrase->text);
	}
}

static int take_phrase(struct reader *reader, struct phrase *ret_phrase)
{
	int r = 0;

	*ret_phrase = (struct phrase){ .empty = true, .dotted = true };
	while (r == 0 && (reader->token.type == TOKEN_ATOM || reader->token.type == TOKEN_QUOTED || at(reader, '.'))) {
		phrase_add(ret_phrase, &reader->token);
		r = advance(reader);
	}
	return r;
}

/* dot-atom, obs-domain (white space and comments around its dots) or a literal; text has room for a U-label name. */
static int take_domain(struct reader *reader, char *text, size_t size, struct str *ret_domain)
{
	size_t len = 0;
	bool want_atom = true;
	int r = 0;

	if (reader->token.type == TOKEN_LITERAL) {
		*ret_domain = reader->token.text;
		return advance(reader);
	}
	while (r == 0 && (want_atom ? reader->token.type == TOKEN_ATOM : at(reader, '.'))) {
		struct str part = reader->token.text;

		if (part.len > size - len)
			return -EINVAL;
		memcpy(text + len, part.p, part.len);
		len += part.len;
		want_atom = !want_atom;
		r = advance(reader);
	}
	*ret_domain = (struct str){ text, len };
	return want_atom ? -EINVAL : r;
}

/* RFC 5322 4.4 obs-route: "@a,,@b:". */
static int take_route(struct reader *reader)
{
	char text[4 * DOMAIN_MAX];
	struct str domain = { NULL, 0 };
	int r = 0;

	while (r == 0 && (at(reader, ',') || at(reader, '@'))) {
		bool hop = at(reader, '@');

		r = advance(reader);
		if (r == 0 && hop)
			r = take_domain(reader, text, sizeof(text), &domain);
	}
	if (r < 0 || domain.p == NULL || !at(reader, ':'))
		return -EINVAL;
	return advance(reader);
}

/* The rest of an addr-spec whose local part has been taken: "@" domain. */
static int take_addr_spec(struct reader *reader, const struct phrase *localpart, bool routed)
{
	char text[4 * DOMAIN_MAX];
	struct str domain;
	struct address address;
	const char *problem;

	if (localpart->empty || !localpart->dotted || localpart->after_dot || localpart->len > ADDRESS_MAX)
		return -EINVAL;
	if (!at(reader, '@') || advance(reader) < 0 || take_domain(reader, text, sizeof(text), &domain) < 0)
		return -EINVAL;
	if (reader->len == MAILBOXES_MAX)
		return -EINVAL;
	if (address_from_parts(reader->arena, (struct str){ localpart->text, localpart->len }, domain, &address,
			       &problem) < 0)
		return -EINVAL;
	address.quoted = localpart->quoted;
	address.source_route = routed;
	*(struct address *)arena_push(reader->arena, (void **)&reader->items, &reader->len, sizeof(address)) = address;
	return 0;
}

static int take_angle_addr(struct reader *reader)
{
	struct phrase localpart;
	bool routed;

	if (advance(reader) < 0)
		return -EINVAL;
	routed = at(reader, '@') || at(reader, ',');
	if (routed && take_route(reader) < 0)
		return -EINVAL;
	if (take_phrase(reader, &localpart) < 0 || take_addr_spec(reader, &localpart, routed) < 0)
		return -EINVAL;
	return at(reader, '>') ? advance(reader) : -EINVAL;
}

/* A mailbox, or the name of a group with its colon. */
static int take_address(struct reader *reader)
{
	const char *from = reader->behind_last, *words = reader->token.text.p;
	struct phrase phrase;
	int r = take_phrase(reader, &phrase);

	if (r < 0)
		return r;
	if (at(reader, '@')) {
		blank(reader, from, words);
		r = take_addr_spec(reader, &phrase, false);
	} else if (at(reader, '<') && !phrase.starts_with_dot) {
		blank(reader, from, reader->token.text.p);
		r = take_angle_addr(reader);
	} else if (at(reader, ':') && !reader->in_group && !phrase.empty && !phrase.starts_with_dot) {
		blank(reader, from, reader->token.text.p);
		reader->in_group = true;
		return advance(reader);
	} else {
		return -EINVAL;
	}
	if (r < 0 || !at_separator(reader))
		return -EINVAL;
	blank(reader, reader->behind_last, reader->token.text.p);
	return 0;
}

static int take_group_end(struct reader *reader)
{
	reader->in_group = false;
	if (advance(reader) < 0 || !at_separator(reader))
		return -EINVAL;
	blank(reader, reader->behind_last, reader->token.text.p);
	return 0;
}

/* RFC 5322 4.4: the obsolete lists may hold empty elements. */
static int take_list(struct reader *reader)
{
	bool some = false;
	int r = advance(reader);

	while (r == 0 && reader->token.type != TOKEN_END) {
		if (at(reader, ',')) {
			r = advance(reader);
		} else if (reader->in_group && at(reader, ';')) {
			r = take_group_end(reader);
		} else {
			r = take_address(reader);
			some = true;
		}
	}
	return r == 0 && some && !reader->in_group ? 0 : -EINVAL;
}

int mailboxes_parse_bare(struct arena *arena, struct str value, struct mailboxes *ret_mailboxes, struct str *ret_bare)
{
	struct reader reader = { .arena = arena, .value = value, .token.text = { value.p, 0 } };

	if (value.len == 0 || !lex_is_clean(value))
		return -EINVAL;
	reader.bare = arena_strndup(arena, value.p, value.len);
	if (take_list(&reader) < 0)
		return -EINVAL;
	*ret_mailboxes = (struct mailboxes){ reader.items, reader.len };
	*ret_bare = (struct str){ reader.bare, value.len };
	return 0;
}

int mailboxes_parse(struct arena *arena, struct str value, struct mailboxes *ret_mailboxes)
{
	struct str bare;

	return mailboxes_parse_bare(arena, value, ret_mailboxes, &bare);
}
