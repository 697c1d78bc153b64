/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/let_out.h"

#include <string.h>

#include "milter/base/ip.h"
#include "milter/tally_show.h"

enum { COUNT_WIDTH = 9, NAME_WIDTH = 50 };

struct gathering {
	struct let_out *let_out;
	const struct network *network;	/* NULL: the query has chosen */
};

static const char *domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at == NULL ? "(no domain)" : at + 1;
}

static void add_recipients(struct let_out *let_out, const struct journal_entry *entry)
{
	for (size_t i = 0; i < entry->recipients_len; i++) {
		const struct journal_recipient *recipient = &entry->recipients[i];

		if (!recipient->accepted)
			continue;
		let_out->recipients++;
		tally_add(&let_out->domains, domain_of(recipient->address), 1, entry->time_ms, NULL);
		tally_add(&let_out->addresses, recipient->address, 1, entry->time_ms, NULL);
	}
}

static bool went_out(const struct journal_entry *entry)
{
	return entry->kind == JOURNAL_MESSAGE && strcmp(entry->verdict, "reject") != 0 && strcmp(entry->verdict, "defer") != 0 &&
	       strcmp(entry->verdict, "discard") != 0;
}

static bool take(void *arg, int64_t n, const struct journal_entry *entry)
{
	struct gathering *gathering = arg;
	struct let_out *let_out = gathering->let_out;
	struct ip ip;

	(void)n;
	if (gathering->network != NULL && (ip_parse(entry->client, &ip) < 0 || !network_contains(gathering->network, &ip)))
		return true;
	if (!went_out(entry)) {
		let_out->refused++;
		return true;
	}
	let_out->messages++;
	if (let_out->last_ms == 0)
		let_out->last_ms = entry->time_ms;	/* the newest comes first */
	let_out->first_ms = entry->time_ms;
	tally_add(&let_out->clients, entry->client, 1, entry->time_ms, NULL);
	add_recipients(let_out, entry);
	return true;
}

int let_out_find(struct journal_reader *reader, struct arena *arena, const struct hold *hold, int64_t since_ms, struct let_out *ret_let_out)
{
	struct journal_query query = { .since_ms = since_ms };
	struct network network;
	struct gathering gathering = { .let_out = ret_let_out };
	int64_t found;

	*ret_let_out = (struct let_out){ .since_ms = since_ms, .domains = { .arena = arena }, .addresses = { .arena = arena },
					 .clients = { .arena = arena } };
	if (hold->kind == HOLD_LOGIN)
		query.login = hold->subject;
	else if (strchr(hold->subject, '/') == NULL)
		query.client = hold->subject;
	else if (network_parse(hold->subject, &network) == 0)
		gathering.network = &network;
	found = journal_search(reader, &query, take, &gathering);
	return found < 0 ? (int)found : 0;
}

static void print_tally(FILE *out, const struct show *show, const struct tally *tally, const char *title)
{
	struct tally_item *items;
	size_t len = tally_show_title(out, show, tally, title, &items);

	for (size_t i = 0; i < len; i++)
		(void)fprintf(out, "  %*s  %s  %s\n", COUNT_WIDTH - 2, show_number(show, items[i].count), show_cell(show, items[i].name, NAME_WIDTH),
			      show_time(show->arena, items[i].last_ms));
}

void let_out_print(FILE *out, const struct show *show, const struct let_out *let_out)
{
	if (let_out->messages == 0) {
		show_say(out, show, 0, "Nothing was let out before, since %s.", show_time(show->arena, let_out->since_ms));
		return;
	}
	show_say(out, show, 0, "Let out before, since %s: %s to %s in %s, from %s to %s.", show_time(show->arena, let_out->since_ms),
		 show_count(show, let_out->messages, "message", "messages"), show_count(show, let_out->recipients, "recipient", "recipients"),
		 show_count(show, let_out->domains.len, "domain", "domains"), show_time(show->arena, let_out->first_ms),
		 show_time(show->arena, let_out->last_ms));
	if (let_out->refused > 0)
		show_say(out, show, 0, "Refused or deferred: %s.", show_number(show, let_out->refused));
	print_tally(out, show, &let_out->domains, "Domains");
	print_tally(out, show, &let_out->addresses, "Recipients");
	print_tally(out, show, &let_out->clients, "Came from");
}
