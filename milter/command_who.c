/* SPDX-License-Identifier: GPL-2.0-or-later */
/* octroi who: first and last seen, how much, where from, where to, and what was odd. */
#include <string.h>

#include "milter/base/clock.h"
#include "milter/base/str.h"
#include "milter/commands.h"
#include "milter/lookback.h"
#include "milter/who.h"

static const char usage[] =
	"usage: octroi who [--config FILE | --state DIR] [--json] [--ascii] [--since WHEN] LOGIN|ADDRESS|IP|NETWORK|sha256:DIGITS\n"
	"       \"login:\", \"address:\", \"client:\" in front say which is meant. A network is looked for in the last four weeks only,\n"
	"       unless --since says otherwise\n";

#define FOUR_WEEKS_MS (28LL * 86400 * 1000)
#define CLIENTS_EACH 50		/* so many clients of a network are looked for one by one, which is faster than reading everything */

struct asker {
	struct lookback *lookback;
	struct who who;
	void (*add)(struct who *who, const struct journal_entry *entry);
	bool (*is_wanted)(const struct who *who, const struct journal_entry *entry);	/* NULL: all are */
	bool failed;
};

static bool take(void *arg, int64_t n, const struct journal_entry *entry)
{
	struct asker *asker = arg;

	(void)n;
	if (asker->is_wanted == NULL || asker->is_wanted(&asker->who, entry))
		asker->add(&asker->who, entry);
	return true;
}

static void ask(struct asker *asker, struct journal_query query, void (*add)(struct who *who, const struct journal_entry *entry),
		bool (*is_wanted)(const struct who *who, const struct journal_entry *entry))
{
	int64_t r;

	if (asker->failed)
		return;
	query.since_ms = asker->lookback->since_ms;
	query.until_ms = asker->lookback->until_ms;
	asker->add = add;
	asker->is_wanted = is_wanted;
	r = journal_search(asker->lookback->reader, &query, take, asker);
	if (r < 0)
		lookback_complain(asker->lookback, "the journal cannot be read: %s", strerror((int)-r));
	asker->failed = r < 0;
}

/* An address may be a login as well, and the author of mail with another sender: nothing is to be counted twice. */
static bool has_another_sender(const struct who *who, const struct journal_entry *entry)
{
	return !ascii_equal(entry->mailfrom, who->subject.name);
}

static bool has_another_sender_and_login(const struct who *who, const struct journal_entry *entry)
{
	return has_another_sender(who, entry) && !ascii_equal(entry->login, who->subject.name);
}

static bool is_in_network(const struct who *who, const struct journal_entry *entry)
{
	struct ip ip;

	return ip_parse(entry->client, &ip) == 0 && network_contains(&who->subject.network, &ip);
}

static void ask_address(struct asker *asker, const char *name)
{
	ask(asker, (struct journal_query){ .mailfrom = name }, who_add_sent, NULL);
	ask(asker, (struct journal_query){ .login = name }, who_add_sent, has_another_sender);
	ask(asker, (struct journal_query){ .header_from = name }, who_add_sent, has_another_sender_and_login);
	ask(asker, (struct journal_query){ .recipient = name }, who_add_received, NULL);
}

struct clients {
	struct asker *asker;
	const char *names[CLIENTS_EACH];
	size_t len;
};

static bool keep_client(void *arg, const char *const *columns, size_t columns_len)
{
	struct clients *clients = arg;
	const struct who *who = &clients->asker->who;
	struct ip ip;

	(void)columns_len;
	if (ip_parse(columns[0], &ip) < 0 || !network_contains(&who->subject.network, &ip))
		return true;
	if (clients->len < CLIENTS_EACH)
		clients->names[clients->len] = arena_strdup(who->arena, columns[0]);
	return ++clients->len <= CLIENTS_EACH;
}

/* An index of networks of any size there is not. */
static void ask_clients(struct asker *asker)
{
	struct clients *clients = arena_new_of(asker->who.arena, struct clients);
	const char *params[] = { arena_printf(asker->who.arena, "%lld", (long long)asker->lookback->since_ms) };

	clients->asker = asker;
	asker->failed = lookback_select(asker->lookback, "SELECT DISTINCT client FROM entry WHERE time_ms >= CAST(?1 AS INTEGER)", params, 1,
					keep_client, clients) < 0;
	for (size_t i = 0; i < clients->len && clients->len <= CLIENTS_EACH; i++)
		ask(asker, (struct journal_query){ .client = clients->names[i] }, who_add_sent, NULL);
	if (clients->len > CLIENTS_EACH)
		ask(asker, (struct journal_query){ .limit = 0 }, who_add_sent, is_in_network);
}

/* The /64 of a client of IPv6 stands in each entry. */
static void ask_network(struct asker *asker)
{
	const struct who_subject *subject = &asker->who.subject;

	if (asker->lookback->since_ms == 0)
		asker->lookback->since_ms = asker->who.now_ms - FOUR_WEEKS_MS;
	if (subject->network.ip.family == IP_V6 && subject->network.prefix == 64)
		ask(asker, (struct journal_query){ .network = subject->name }, who_add_sent, NULL);
	else
		ask_clients(asker);
}

static void ask_all(struct asker *asker)
{
	const struct who_subject *subject = &asker->who.subject;
	const char *about = who_subject_of(asker->who.arena, subject), *host = who_subject_of_host(asker->who.arena, subject);

	if (subject->kind == WHO_LOGIN)
		ask(asker, (struct journal_query){ .login = subject->name }, who_add_sent, NULL);
	else if (subject->kind == WHO_CLIENT)
		ask(asker, (struct journal_query){ .client = subject->name }, who_add_sent, NULL);
	else if (subject->kind == WHO_FILE)
		ask(asker, (struct journal_query){ .sha256 = subject->name }, who_add_sent, NULL);
	else if (subject->kind == WHO_NETWORK)
		ask_network(asker);
	else
		ask_address(asker, subject->name);
	if (subject->kind == WHO_LOGIN || subject->kind == WHO_ADDRESS)
		ask(asker, (struct journal_query){ .tied_login = subject->name }, who_add_bounce, NULL);
	ask(asker, (struct journal_query){ .subject_of = about, .events = true }, who_add_event, NULL);
	if (host != NULL)
		ask(asker, (struct journal_query){ .subject_of = host, .events = true }, who_add_event, NULL);
}

static int run(struct lookback *lookback, const struct who_subject *subject)
{
	struct asker *asker = arena_new_of(lookback->show.arena, struct asker);

	asker->lookback = lookback;
	who_begin(&asker->who, lookback->show.arena, subject, (int64_t)clock_wall_ms());
	ask_all(asker);
	if (asker->failed)
		return EXIT_USAGE;
	who_end(&asker->who);
	if (asker->who.first_ms == 0 && asker->who.moments_len == 0 && asker->who.bounces == 0) {
		lookback_complain(lookback, "nothing is known of \"%s\"", subject->name);
		return EXIT_WRONG;
	}
	if (lookback->json)
		who_print_json(stdout, &asker->who);
	else
		who_print(stdout, &lookback->show, &asker->who);
	return EXIT_GOOD;
}

int command_who(int argc, char **argv)
{
	struct lookback lookback = { .command = "who", .usage = usage };
	struct who_subject subject;
	int status = EXIT_USAGE;

	if (lookback_arguments(&lookback, argc, argv, NULL) == 0) {
		if (lookback.words_len != 1)
			(void)fputs(usage, stderr);
		else if (who_subject_parse(lookback.show.arena, lookback.words[0], &subject) < 0)
			lookback_complain(&lookback, "\"%s\" is no login, address, host, network or digest", lookback.words[0]);
		else if (lookback_open(&lookback) == 0)
			status = run(&lookback, &subject);
	}
	lookback_close(&lookback);
	return status;
}
