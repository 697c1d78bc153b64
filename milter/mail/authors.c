/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/authors.h"

#include <errno.h>

#include "milter/mail/encoded.h"
#include "milter/mail/lex.h"

struct reading {
	enum authors_state state;
	const char *problem;
	struct mailboxes mailboxes;
};

/* Cuts the address off the end, with its brackets when it has some: what stays in *name is what stood before it. */
static struct str cut_address(struct str *name)
{
	struct str all = *name;
	bool in_brackets = all.len > 0 && all.p[all.len - 1] == '>';

	while (name->len > 0 && (in_brackets ? name->p[name->len - 1] != '<' : !ascii_is_space(name->p[name->len - 1])))
		name->len--;
	if (in_brackets && name->len > 0)
		name->len--;
	return lex_skip(all, name->len);
}

/* Is what a line end begins with a fold? What stands behind the last one is the address. */
static bool is_fold(struct str s)
{
	if (s.p[0] == '\r')
		return s.len == 1 || s.p[1] == '\n';
	return s.len == 1 || s.p[1] == ' ' || s.p[1] == '\t';
}

/* Nothing that would make a part of it a comment, a quotation, another address or a line of its own. */
static bool is_plain(struct str text)
{
	for (; text.len > 0; text = lex_skip(text, 1)) {
		char c = text.p[0];

		if ((c == '\r' || c == '\n') && !is_fold(text))
			return false;
		if (!ascii_is_space(c) && (ascii_is_control(c) || strchr("\"()<>:;\\", c) != NULL))
			return false;
	}
	return true;
}

static bool is_of_domain(struct arena *arena, struct str word, const char *domain)
{
	struct mailboxes mailboxes;

	while (word.len > 0 && word.p[0] == '\'')	/* 'jane@x.example' in the quotes that people use */
		word = lex_skip(word, 1);
	while (word.len > 0 && word.p[word.len - 1] == '\'')
		word.len--;
	return mailboxes_parse(arena, word, &mailboxes) == 0 && mailboxes.len == 1 && !mailboxes_ambiguous(arena, word) &&
	       strcmp(mailboxes.items[0].domain, domain) == 0;
}

static bool is_harmless(struct arena *arena, struct str name, const char *domain)
{
	if (!is_plain(name) || lex_has_wide_at(name))
		return false;
	while (name.p != NULL) {
		struct str word = str_split(&name, ", \t\r\n");

		if (word.len > 0 && memchr(word.p, '@', word.len) != NULL && !is_of_domain(arena, word, domain))
			return false;
	}
	return true;
}

/* For what programs write that never read RFC 5322: a name that is outside the grammar, then one address, in angle brackets or as the
 * last word: "jane@x.example <jane@x.example>", "Doe, Jane <jane@x.example>", "[List] <list@x.example>", a name in Latin-1, "Jane
 * jane@x.example". Whoever reads it, in whatever way, finds no other domain. *ret_mailboxes holds all addresses that are to be seen. */
static int parse_sloppy(struct arena *arena, struct str value, struct mailboxes *ret_mailboxes)
{
	struct str name = str_trim(value), address = cut_address(&name);
	struct mailboxes mailboxes;
	struct encoded whole, decoded;

	if (mailboxes_parse(arena, address, &mailboxes) < 0 || mailboxes.len != 1 || mailboxes_ambiguous(arena, address))
		return -EINVAL;
	encoded_decode(arena, value, &whole);
	encoded_decode(arena, name, &decoded);
	if (whole.words != decoded.words || whole.is_opaque)
		return -EINVAL;
	if (!is_harmless(arena, name, mailboxes.items[0].domain) || !is_harmless(arena, decoded.text, mailboxes.items[0].domain))
		return -EINVAL;
	mailboxes_find(arena, value, ret_mailboxes);
	for (size_t i = 0; i < ret_mailboxes->len; i++)
		if (strcmp(ret_mailboxes->items[i].domain, mailboxes.items[0].domain) != 0)
			return -EINVAL;
	return ret_mailboxes->len > 0 ? 0 : -EINVAL;
}

/* Is there nothing in it that any reading takes for an address? */
static bool is_absent(struct arena *arena, struct str value)
{
	struct encoded encoded;

	encoded_decode(arena, value, &encoded);
	return memchr(value.p, '@', value.len) == NULL && !encoded.has_at && !encoded.is_opaque &&
	       !lex_has_wide_at(encoded.text);
}

static struct reading read_field(struct arena *arena, struct str value)
{
	struct reading reading = { .mailboxes = { NULL, 0 } };
	struct mailboxes found;
	bool is_strict = mailboxes_parse(arena, value, &reading.mailboxes) == 0;

	if (is_strict && !mailboxes_ambiguous(arena, value)) {
		reading.state = reading.mailboxes.len == 0 ? AUTHORS_MISSING : AUTHORS_TOLD;
		reading.problem = reading.mailboxes.len == 0 ? "the From field names nobody" : NULL;
		return reading;
	}
	reading.state = AUTHORS_AMBIGUOUS;
	reading.problem = is_strict ? "the From field can be read in more than one way" : "the From field cannot be read";
	if (is_strict)
		return reading;
	if (is_absent(arena, value)) {
		reading.state = AUTHORS_MISSING;
		reading.problem = "the From field names nobody";
	} else if (parse_sloppy(arena, value, &found) == 0) {
		reading.state = AUTHORS_MALFORMED;
		reading.mailboxes = found;
	}
	return reading;
}

static bool holds(const struct mailboxes *mailboxes, const struct address *address)
{
	for (size_t i = 0; i < mailboxes->len; i++)
		if (strcmp(mailboxes->items[i].text, address->text) == 0)
			return true;
	return false;
}

static bool holds_all(const struct mailboxes *mailboxes, const struct mailboxes *others)
{
	for (size_t i = 0; i < others->len; i++)
		if (!holds(mailboxes, &others->items[i]))
			return false;
	return true;
}

static void append(struct arena *arena, struct mailboxes *all, const struct mailboxes *some)
{
	struct address *joined = arena_array(arena, all->len + some->len, sizeof(*joined));
	size_t len = all->len;

	if (len > 0)
		memcpy(joined, all->items, len * sizeof(*joined));
	for (size_t i = 0; i < some->len; i++)
		if (!holds(&(struct mailboxes){ joined, len }, &some->items[i]))
			joined[len++] = some->items[i];
	*all = (struct mailboxes){ joined, len };
}

/* A field that names nobody beside one that names somebody: which one a program takes is its own affair. */
static void join(struct authors *authors, const struct reading *reading)
{
	bool first = authors->fields == 1;
	bool one_is_missing = !first && (authors->state == AUTHORS_MISSING) != (reading->state == AUTHORS_MISSING);

	if (first || reading->state > authors->state) {
		authors->state = reading->state;
		authors->problem = reading->problem;
	}
	if (one_is_missing) {
		authors->state = AUTHORS_AMBIGUOUS;
		authors->problem = "one of the From fields names nobody";
	}
}

void authors_judge(struct arena *arena, const struct headers *headers, struct authors *ret_authors)
{
	struct authors authors = { .state = AUTHORS_MISSING, .problem = "there is no From field" };
	const struct header *header;
	size_t position = 0;

	while ((header = headers_next(headers, "From", &position)) != NULL) {
		struct reading reading;

		if (++authors.fields > AUTHORS_FIELDS_MAX) {
			authors.state = AUTHORS_AMBIGUOUS;
			authors.problem = "more than ten From fields";
			authors.fields_differ = true;
			break;
		}
		reading = read_field(arena, str_of(header->value));
		authors.fields_differ |= authors.fields > 1 && !(holds_all(&authors.mailboxes, &reading.mailboxes) &&
								 holds_all(&reading.mailboxes, &authors.mailboxes));
		join(&authors, &reading);
		append(arena, &authors.mailboxes, &reading.mailboxes);
	}
	*ret_authors = authors;
}

const char *authors_read(struct arena *arena, const struct headers *headers, struct mailboxes *ret_authors)
{
	struct authors authors;

	authors_judge(arena, headers, &authors);
	*ret_authors = authors.mailboxes;
	return authors.problem;
}
