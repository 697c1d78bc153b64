/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dmarc_authors.h"

#include "milter/mail/authors.h"
#include "milter/mail/encoded.h"

static bool is_known(const struct dmarc_authors *authors, const char *domain)
{
	for (size_t i = 0; i < authors->len; i++)
		if (strcmp(authors->domains[i], domain) == 0)
			return true;
	return false;
}

static void add(struct dmarc_authors *authors, const struct address *address)
{
	if (address->domain == NULL || address->literal.family != IP_NONE) {
		if (authors->problem == NULL)
			authors->problem = "an author has no domain name";
		return;
	}
	if (is_known(authors, address->domain))
		return;
	if (authors->len == DMARC_AUTHORS_MAX)
		authors->too_many = true;
	else
		authors->domains[authors->len++] = address->domain;
}

static void add_all(struct dmarc_authors *authors, const struct mailboxes *mailboxes)
{
	for (size_t i = 0; i < mailboxes->len; i++)
		add(authors, &mailboxes->items[i]);
}

static size_t count_at(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.p[i] == '@';
	return n;
}

/* The lenient reading stops in silence after so many texts: the victim must not hide behind them. */
static bool is_flooded(struct arena *arena, struct str value)
{
	struct encoded encoded;

	encoded_decode(arena, value, &encoded);
	return count_at(value) + (encoded.words == 0 ? 0 : count_at(encoded.text)) > MAILBOXES_MAX;
}

/* What some program might take for the author, or show as one. */
static void add_lenient(struct arena *arena, struct dmarc_authors *authors, const struct headers *headers)
{
	const struct header *from;
	struct mailboxes found;
	size_t position = 0;

	for (unsigned fields = 0; (from = headers_next(headers, "From", &position)) != NULL; fields++) {
		const struct str value = str_of(from->value);

		if (fields == AUTHORS_FIELDS_MAX || is_flooded(arena, value)) {
			authors->too_many = true;
			return;
		}
		if (mailboxes_parse(arena, value, &found) == 0)
			add_all(authors, &found);
		mailboxes_find(arena, value, &found);
		add_all(authors, &found);
		mailboxes_find_shown(arena, value, &found);
		add_all(authors, &found);
	}
}

/* What the parser cannot know of, or what is no matter for it: whether all programs take the field for From, and that there is but one. */
static const char *field_problem(const struct message *message, const struct authors *read)
{
	const struct header *from;
	size_t position = 0;

	if (message->headers_too_large)
		return "the header is too large to be read to its end";
	while ((from = headers_next(&message->headers, "From", &position)) != NULL)
		if (header_name_is_odd(from->name))
			return "the name of the From field is malformed";
	return read->fields > 1 ? "there is more than one From field" : NULL;
}

void dmarc_authors_read(struct arena *arena, const struct message *message, struct dmarc_authors *ret_authors)
{
	struct authors read;

	authors_judge(arena, &message->headers, &read);
	*ret_authors = (struct dmarc_authors){ .len = 0 };
	if (read.state == AUTHORS_TOLD || read.state == AUTHORS_MALFORMED) {
		ret_authors->problem = field_problem(message, &read);
		add_all(ret_authors, &read.mailboxes);
	} else {
		ret_authors->problem = read.problem;
		add_lenient(arena, ret_authors, &message->headers);
	}
}
