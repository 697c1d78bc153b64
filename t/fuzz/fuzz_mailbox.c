/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The readings of a From field hold their bounds; the blanked copy is as long as the field; a plain address reads alike; what is said
 * about the authors agrees with the readings; and no second field makes them less. */
#include <stdint.h>
#include <stdlib.h>

#include "milter/mail/authors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_strict(struct arena *arena, struct str value)
{
	struct mailboxes strict, again;
	struct str bare;

	if (mailboxes_parse_bare(arena, value, &strict, &bare) < 0) {
		check(mailboxes_ambiguous(arena, value));
		return;
	}
	check(strict.len <= MAILBOXES_MAX && bare.len == value.len);
	for (size_t i = 0; i < bare.len; i++)
		check(bare.p[i] == value.p[i] || bare.p[i] == ' ');
	/* Without the names, the same addresses stand there. A group has lost its name. */
	if (memchr(bare.p, ':', bare.len) == NULL && strict.len > 0) {
		check(mailboxes_parse(arena, bare, &again) == 0 && again.len == strict.len);
		for (size_t i = 0; i < strict.len; i++)
			check(strcmp(strict.items[i].text, again.items[i].text) == 0);
	}
	for (size_t i = 0; i < strict.len; i++)
		check(strict.items[i].domain != NULL && strlen(strict.items[i].text) <= ADDRESS_MAX);
}

static bool holds_domain(const struct mailboxes *mailboxes, const char *domain)
{
	for (size_t i = 0; i < mailboxes->len; i++)
		if (strcmp(mailboxes->items[i].domain, domain) == 0)
			return true;
	return false;
}

/* Of one that can be told, whatever stands in brackets or alone in the field is an author's; of a malformed one all of it. */
static void check_state(struct arena *arena, const struct authors *authors, struct str value)
{
	struct mailboxes strict, found;
	bool is_strict = mailboxes_parse(arena, value, &strict) == 0;

	mailboxes_find(arena, value, &found);
	switch (authors->state) {
	case AUTHORS_TOLD:
		check(is_strict && authors->mailboxes.len > 0 && authors->mailboxes.len <= strict.len && !mailboxes_ambiguous(arena, value));
		break;
	case AUTHORS_MALFORMED:
		check(!is_strict && authors->mailboxes.len > 0);
		for (size_t i = 0; i < found.len; i++)
			check(strcmp(found.items[i].domain, authors->mailboxes.items[0].domain) == 0);
		break;
	case AUTHORS_MISSING:
		check(is_strict || found.len == 0);
		check(authors->mailboxes.len == 0);
		break;
	case AUTHORS_AMBIGUOUS:
		break;
	}
}

static void check_authors(struct arena *arena, const char *value)
{
	struct headers headers = { .len = 0 };
	struct authors one, two;

	headers_add(arena, &headers, "From", value);
	authors_judge(arena, &headers, &one);
	check((one.problem == NULL) == (one.state == AUTHORS_TOLD) && one.fields == 1 && !one.fields_differ);
	check_state(arena, &one, str_of(value));

	headers_add(arena, &headers, "from ", " b@evil.example");
	authors_judge(arena, &headers, &two);
	check(two.fields == 2 && two.state >= one.state && two.mailboxes.len >= one.mailboxes.len);
	check(holds_domain(&two.mailboxes, "evil.example"));
	for (size_t i = 0; i < one.mailboxes.len; i++)
		check(holds_domain(&two.mailboxes, one.mailboxes.items[i].domain));
}

/* With the bracket of another author behind it, no name is left that would be told for the first alone. */
static void check_appended(struct arena *arena, const char *value)
{
	const char *both = arena_printf(arena, "%s<b@evil.example>", value);
	struct headers headers = { .len = 0 };
	struct authors authors;

	headers_add(arena, &headers, "From", both);
	authors_judge(arena, &headers, &authors);
	check(authors.state > AUTHORS_MALFORMED || holds_domain(&authors.mailboxes, "evil.example") || strchr(value, '(') != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct str value = { (const char *)data, size };
	const char *text = arena_strndup(arena, value.p, value.len);
	struct mailboxes found;

	check_strict(arena, value);
	mailboxes_find(arena, value, &found);
	check(found.len <= MAILBOXES_MAX);
	for (size_t i = 0; i < found.len; i++)
		check(found.items[i].domain != NULL && strlen(found.items[i].text) <= ADDRESS_MAX);
	mailboxes_find_shown(arena, value, &found);
	check(found.len <= MAILBOXES_MAX);
	check_authors(arena, text);
	check_appended(arena, text);
	arena_free(arena);
	return 0;
}
