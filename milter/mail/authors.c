/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/authors.h"

static void append(struct arena *arena, struct mailboxes *all, const struct mailboxes *some)
{
	struct address *joined = arena_array(arena, all->len + some->len, sizeof(*joined));

	if (all->len > 0)
		memcpy(joined, all->items, all->len * sizeof(*joined));
	if (some->len > 0)
		memcpy(joined + all->len, some->items, some->len * sizeof(*joined));
	*all = (struct mailboxes){ joined, all->len + some->len };
}

const char *authors_read(struct arena *arena, const struct headers *headers, struct mailboxes *ret_authors)
{
	struct mailboxes all = { NULL, 0 }, some;
	unsigned fields = 0;

	for (size_t i = 0; i < headers->len; i++) {
		struct str value = str_of(headers->items[i].value);

		if (!header_name_equal(headers->items[i].name, "From"))
			continue;
		if (++fields > 10)
			return "more than ten From fields";
		if (mailboxes_parse(arena, value, &some) < 0)
			return "the From field cannot be read";
		if (mailboxes_ambiguous(arena, value))
			return "the From field can be read in more than one way";
		append(arena, &all, &some);
	}
	*ret_authors = all;
	if (fields == 0)
		return "there is no From field";
	return all.len == 0 ? "the From field names nobody" : NULL;
}
