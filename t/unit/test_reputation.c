/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our own addresses and domains in DNS lists: what is told when, over restarts, and what is no listing. */
#include <stdlib.h>
#include <unistd.h>

#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "milter/lookup/listings.h"
#include "scanners/scanners.h"
#include "t/lib/gate.h"
#include "t/lib/zone.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { &scanner_session, &scanner_limits, &scanner_relay, &scanner_dnsbl, &scanner_reputation, NULL };
const struct job_kind *const job_kinds[] = { NULL };

#define TOP "domains = { ours.example }\n"
#define OURS "reputation { addresses = { \"198.51.100.25\", \"2001:db8:fe::7\" } domains = { \"Ours.Example\" } }\n"
#define LISTS "dnsbl \"bl.example\" { }\ndnsbl \"dbl.example\" { of = { sender } }\n"
#define NIBBLES "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.e.f.0.0.8.b.d.0.1.0.0.2"
#define GOOD "2.0.0.127.bl.example A 127.0.0.2\ntest.dbl.example A 127.0.1.2\n"
#define V4(zone, address) "25.100.51.198." zone " A " address "\n"
#define WALL 1700000000000

static char directory[] = "/tmp/octroi-reputation-XXXXXX", listed[64];
static char told[4000];

static void happened(const struct event *event)
{
	size_t len = strlen(told);

	assert_true(event->urgent);
	(void)snprintf(told + len, sizeof(told) - len, "%s %s: %s\n", event->event, event->about, event->text);
}

/* One filter's life: its first chore, in the hour number hour. */
static void look(const char *configuration, const char *zone_text, unsigned hour)
{
	struct gate *gate;

	told[0] = '\0';
	clock_freeze(1000000 + hour * 3600000ULL, WALL + hour * 3600000ULL);
	gate_services = (struct services){ .state = directory, .happened = happened };
	gate = gate_open_zone(configuration, zone_text);
	engine_chores(gate->engine);
	gate_close(gate);
	clock_thaw();
}

static const struct row {
	const char *name;
	const char *conf;
	const char *first, *second;	/* zones at the first and at the second look */
	const char *told_first, *told_second;
} rows[] = {
	{ "nothing_is_listed", TOP LISTS OURS, GOOD, GOOD, "", "" },
	{ "an_address", TOP LISTS OURS, GOOD V4("bl.example", "127.0.0.3"), GOOD V4("bl.example", "127.0.0.3"),
	  "listed address:198.51.100.25: listed by bl.example (127.0.0.3)\n", "" },
	{ "its_reason_sanitised_and_its_URL", TOP LISTS OURS,
	  GOOD V4("bl.example", "127.0.0.3") "25.100.51.198.bl.example TXT \"see <http://bl.example/?x=1>.\\013\\010\\027[2J\"\n", GOOD,
	  "listed address:198.51.100.25: listed by bl.example (127.0.0.3: see (http://bl.example/?x=1). ?[2J); ask for removal at "
	  "http://bl.example/?x=1\n", "unlisted address:198.51.100.25: bl.example does not list it any more, after 1 h\n" },
	{ "IPv6", TOP LISTS OURS, GOOD NIBBLES ".bl.example A 127.0.0.2\n", GOOD, "listed address:2001:db8:fe::7: listed by bl.example (127.0.0.2)\n",
	  "unlisted address:2001:db8:fe::7: bl.example does not list it any more, after 1 h\n" },
	{ "a_domain", TOP LISTS OURS, GOOD "ours.example.dbl.example A 127.0.1.2\n", GOOD,
	  "listed domain:ours.example: listed by dbl.example (127.0.1.2)\n",
	  "unlisted domain:ours.example: dbl.example does not list it any more, after 1 h\n" },
	{ "two_lists_are_one_event", TOP "dnsbl \"bl.example\" { }\ndnsbl \"other.example\" { }\n" OURS,
	  GOOD "2.0.0.127.other.example A 127.0.0.2\n" V4("bl.example", "127.0.0.3") V4("other.example", "127.0.0.4"),
	  GOOD "2.0.0.127.other.example A 127.0.0.2\n" V4("bl.example", "127.0.0.3"),
	  "listed address:198.51.100.25: listed by bl.example (127.0.0.3); listed by other.example (127.0.0.4)\n",
	  "unlisted address:198.51.100.25: other.example does not list it any more, after 1 h\n" },
	{ "a_further_list_is_told_alone", TOP "dnsbl \"bl.example\" { }\ndnsbl \"other.example\" { }\n" OURS,
	  GOOD "2.0.0.127.other.example A 127.0.0.2\n" V4("bl.example", "127.0.0.3"),
	  GOOD "2.0.0.127.other.example A 127.0.0.2\n" V4("bl.example", "127.0.0.3") V4("other.example", "127.0.0.4"),
	  "listed address:198.51.100.25: listed by bl.example (127.0.0.3)\n", "listed address:198.51.100.25: listed by other.example (127.0.0.4)\n" },
	{ "the_meaning_of_a_code", TOP "dnsbl \"ours\" { zone = \"key.zen.dq.spamhaus.net\" }\n" OURS,
	  "2.0.0.127.key.zen.dq.spamhaus.net A 127.0.0.2\n" V4("key.zen.dq.spamhaus.net", "127.0.0.4"), "",
	  "listed address:198.51.100.25: listed by ours (127.0.0.4: XBL: a host that is infected or abused); ask for removal at "
	  "https://check.spamhaus.org/\n", "" },
	{ "a_refusal_is_no_listing_DNS_12", TOP LISTS OURS, GOOD V4("bl.example", "127.255.255.254"), GOOD, "", "" },
	{ "a_wildcard_of_a_dead_zone_is_no_listing_DNS_13", TOP LISTS OURS, "*.bl.example A 127.0.0.2\n*.dbl.example A 127.0.1.2\n", GOOD, "", "" },
	{ "a_hijacked_zone_is_no_listing_DNS_11", TOP LISTS OURS, "*.bl.example A 203.0.113.7\n", GOOD, "", "" },
	{ "a_code_that_the_section_does_not_count", TOP "dnsbl \"bl.example\" { codes = { \"127.0.0.2\" } }\n" OURS,
	  GOOD V4("bl.example", "127.0.0.10"), GOOD, "", "" },
	{ "silence_ends_no_listing", TOP LISTS OURS, GOOD V4("bl.example", "127.0.0.3"), GOOD "25.100.51.198.bl.example !servfail\n",
	  "listed address:198.51.100.25: listed by bl.example (127.0.0.3)\n", "" },
	{ "a_refusal_ends_no_listing", TOP LISTS OURS, GOOD V4("bl.example", "127.0.0.3"), GOOD V4("bl.example", "127.255.255.255"),
	  "listed address:198.51.100.25: listed by bl.example (127.0.0.3)\n", "" },
	{ "a_dead_zone_ends_no_listing", TOP LISTS OURS, GOOD V4("bl.example", "127.0.0.3"), "test.dbl.example A 127.0.1.2\n",
	  "listed address:198.51.100.25: listed by bl.example (127.0.0.3)\n", "" },
	{ "an_allow_list", TOP "dnsbl \"bl.example\" { type = allow }\n" OURS, GOOD V4("bl.example", "127.0.0.3"), GOOD, "", "" },
	{ "a_list_that_is_off", TOP "dnsbl \"bl.example\" { enabled = no }\n" OURS, GOOD V4("bl.example", "127.0.0.3"), GOOD, "", "" },
	{ "a_list_that_is_off_and_named", TOP "dnsbl \"bl.example\" { enabled = no }\n"
	  "reputation { addresses = { \"198.51.100.25\" } lists = { \"bl.example\" } }\n", GOOD V4("bl.example", "127.0.0.3"),
	  GOOD V4("bl.example", "127.0.0.3"), "listed address:198.51.100.25: listed by bl.example (127.0.0.3)\n", "" },
	{ "a_list_that_is_not_named", TOP LISTS "reputation { addresses = { \"198.51.100.25\" } lists = { \"dbl.example\" } }\n",
	  GOOD V4("bl.example", "127.0.0.3"), GOOD, "", "" },
	{ "nothing_of_ours_is_named", TOP LISTS, GOOD V4("bl.example", "127.0.0.3"), GOOD, "", "" },
};

static void check_row(void **state)
{
	const struct row *row = *state;

	(void)unlink(listed);
	look(row->conf, row->first, 0);
	assert_string_equal(told, row->told_first);
	look(row->conf, row->second, 1);
	assert_string_equal(told, row->told_second);
}

/* The since of a listing is that of its first day, over restarts and over hours in which nobody could tell. */
static void since_when(void **state)
{
	struct arena *arena = arena_new();
	struct listing *listings;

	(void)state;
	(void)unlink(listed);
	look(TOP LISTS OURS, GOOD V4("bl.example", "127.0.0.3"), 0);
	look(TOP LISTS OURS, GOOD "25.100.51.198.bl.example !servfail\n", 1);
	look(TOP LISTS OURS, GOOD V4("bl.example", "127.0.0.3"), 50);
	assert_int_equal(listings_read(listed, arena, &listings), 1);
	assert_int_equal(listings[0].since_ms, WALL);
	assert_int_equal(listings[0].seen_ms, WALL + 50 * 3600000LL);
	look(TOP LISTS OURS, GOOD, 100);
	assert_string_equal(told, "unlisted address:198.51.100.25: bl.example does not list it any more, after 4 days\n");
	assert_int_equal(listings_read(listed, arena, &listings), 0);
	arena_free(arena);
}

static void what_is_not_asked_any_more_is_forgotten_in_silence(void **state)
{
	(void)state;
	(void)unlink(listed);
	look(TOP LISTS OURS, GOOD V4("bl.example", "127.0.0.3"), 0);
	look(TOP LISTS "reputation { addresses = { \"198.51.100.26\" } }\n", GOOD, 1);
	assert_string_equal(told, "");
}

/* Within the hour nothing is asked. */
static void as_often_as_every_says(void **state)
{
	unsigned asked;
	struct gate *gate;

	(void)state;
	(void)unlink(listed);
	clock_freeze(1000000, WALL);
	gate_services = (struct services){ .state = directory, .happened = happened };
	gate = gate_open_zone(TOP "resolver { ttl_max = \"5s\"  negative_ttl = \"1s\" }\n" LISTS OURS, GOOD);
	engine_chores(gate->engine);
	asked = zone_upstream_asked(gate->upstream);
	assert_true(asked > 0);
	clock_freeze(1000000 + 3599999, WALL);
	engine_chores(gate->engine);
	assert_int_equal(zone_upstream_asked(gate->upstream), asked);
	clock_freeze(1000000 + 3600000, WALL);
	engine_chores(gate->engine);
	assert_true(zone_upstream_asked(gate->upstream) > asked);
	gate_close(gate);
	clock_thaw();
}

/* Without a directory it works, and without anybody who wants to hear of it. */
static void without_services(void **state)
{
	struct gate *gate;

	(void)state;
	clock_freeze(1000000, WALL);
	gate_services = (struct services){ .state = NULL };
	gate = gate_open_zone(TOP LISTS OURS, GOOD V4("bl.example", "127.0.0.3"));
	engine_chores(gate->engine);
	gate_close(gate);
	gate = gate_open(TOP LISTS OURS);
	engine_chores(gate->engine);
	gate_close(gate);
	clock_thaw();
}

int main(void)
{
	static struct rows table;
	int failed;

	assert_non_null(mkdtemp(directory));
	(void)snprintf(listed, sizeof(listed), "%s/listed", directory);
	rows_add(&table, rows, check_row);
	rows_add_one(&table, "since_when", since_when, NULL);
	rows_add_one(&table, "what_is_not_asked_any_more_is_forgotten_in_silence", what_is_not_asked_any_more_is_forgotten_in_silence, NULL);
	rows_add_one(&table, "as_often_as_every_says", as_often_as_every_says, NULL);
	rows_add_one(&table, "without_services", without_services, NULL);
	failed = rows_run(&table, "reputation");
	(void)unlink(listed);
	(void)rmdir(directory);
	return failed;
}
