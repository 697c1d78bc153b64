/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which names are asked for whom, and what is known of the answers. */
#include "scanners/dnsbl_lookup.h"

#include <stdlib.h>

#include "milter/base/clock.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };

#define V6_ZEROS "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"

/* An upstream that writes down what it was asked; nobody is there but the test entry. */
struct scribe {
	struct dns_upstream base;
	char asked[2048];
	bool silent;
	unsigned count;
};

static struct dns_answer *answer_to(const char *name, enum dns_type type)
{
	if (type == DNS_A && (strncmp(name, "2.0.0.127.", 10) == 0 || strncmp(name, "test.", 5) == 0))
		return dns_answer_new(DNS_FOUND, "", &(struct dns_record){ .data = { "\x7f\0\0\2", 4 } }, 1);
	return dns_answer_nothing(true);
}

static void scribe_ask(struct dns_upstream *upstream, const char *name, enum dns_type type, struct resolver_question *question)
{
	struct scribe *scribe = (struct scribe *)upstream;
	size_t len = strlen(scribe->asked);

	scribe->count++;
	if (len + strlen(name) + 10 < sizeof(scribe->asked))
		(void)snprintf(scribe->asked + len, sizeof(scribe->asked) - len, "%s%s %s", len == 0 ? "" : ", ", name, dns_type_name(type));
	if (!scribe->silent)
		resolver_answered(question, answer_to(name, type), 60);
}

static void scribe_free(struct dns_upstream *upstream)
{
	(void)upstream;
}

struct desk {
	struct scribe scribe;
	struct resolver *resolver;
	struct services services;
	struct session session;
	struct scan scan;
	struct dnsbl_list list;
	struct dnsbl_lists lists;
	struct dnsbl_lookups lookups;
};

/* One list, bl.example, that is tested already; its questions are written down from then on. */
static struct desk *desk_new(void)
{
	static const struct resolver_settings settings = {
		.timeout_ms = 3000, .cache_bytes = 1 << 20, .ttl_max_ms = 60000, .negative_ttl_ms = 0, .in_flight = 100,
	};
	struct desk *desk = xcalloc(1, sizeof(*desk));

	clock_freeze(1000000, 1000000);
	desk->scribe.base = (struct dns_upstream){ .ask = scribe_ask, .free = scribe_free };
	desk->resolver = resolver_new(&settings, &desk->scribe.base);
	desk->services.resolver = desk->resolver;
	desk->session.arena = arena_new();
	desk->scan = (struct scan){ .services = &desk->services, .session = &desk->session };
	desk->list = (struct dnsbl_list){
		.zone = "bl.example", .subjects = DNSBL_CLIENT | DNSBL_HELO | DNSBL_SENDER,
	};
	for (unsigned kind = 0; kind < DNSBL_KINDS; kind++)
		desk->list.health[kind] = dnsbl_zone_new(&desk->services, &(struct dnsbl_zone_options){
			.name = "bl.example", .title = "bl.example", .kind = (enum dnsbl_kind)kind, .self_test = true, .max_listed_percent = 100,
		});
	desk->lists = (struct dnsbl_lists){ &desk->list, 1 };
	desk->scribe.asked[0] = '\0';
	return desk;
}

static void desk_free(struct desk *desk)
{
	arena_free(desk->session.arena);
	for (unsigned kind = 0; kind < DNSBL_KINDS; kind++)
		dnsbl_zone_free(desk->list.health[kind]);
	resolver_free(desk->resolver);
	free(desk);
	clock_thaw();
}

static const struct client {
	const char *name, *ip, *asked;
} client_table[] = {
	{ "IPv4", "203.0.113.9", "9.113.0.203.bl.example A" },
	{ "IPv4_mapped_DNS_20", "::ffff:203.0.113.9", "9.113.0.203.bl.example A" },
	{ "IPv6_nibbles_DNS_20", "2001:db8::a", "a.0.0.0." V6_ZEROS ".8.b.d.0.1.0.0.2.bl.example A" },
	{ "unknown", "", "" },
	{ "loopback", "127.0.0.1", "" },
	{ "this_network", "0.1.2.3", "" },
	{ "private_10", "10.255.255.255", "" },
	{ "private_172", "172.31.0.1", "" },
	{ "public_172", "172.32.0.1", "1.0.32.172.bl.example A" },
	{ "private_192", "192.168.1.1", "" },
	{ "carrier_grade_NAT", "100.64.0.1", "" },
	{ "link_local", "169.254.1.1", "" },
	{ "multicast", "224.0.0.1", "" },
	{ "IPv6_loopback", "::1", "" },
	{ "IPv6_unspecified", "::", "" },
	{ "IPv6_link_local", "fe80::1", "" },
	{ "IPv6_site_local", "fec0::1", "" },
	{ "IPv6_ULA", "fd00::1", "" },
	{ "IPv6_multicast", "ff02::1", "" },
};

static void check_client(void **state)
{
	const struct client *row = *state;
	struct desk *desk = desk_new();

	if (row->ip[0] != '\0')
		assert_int_equal(ip_parse(row->ip, &desk->session.client), 0);
	dnsbl_lookup_client(&desk->lookups, &desk->scan, &desk->lists, desk->session.arena);
	assert_string_equal(desk->scribe.asked, row->asked);
	assert_int_equal(desk->lookups.len, row->asked[0] != '\0');
	desk_free(desk);
}

static const struct named {
	const char *name, *domain, *asked;
} named_table[] = {
	{ "domain", "bad.example", "bad.example.bl.example A" },
	{ "single_label", "localhost", "" },
	{ "the_test_entry_is_nobodys_name", "test", "" },
	{ "nothing", "", "" },
	{ "too_long_with_the_zone", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "" },
};

static void check_named(void **state)
{
	const struct named *row = *state;
	struct desk *desk = desk_new();

	dnsbl_lookup_name(&desk->lookups, &desk->scan, &desk->lists, desk->session.arena, DNSBL_SENDER, row->domain);
	assert_string_equal(desk->scribe.asked, row->asked);
	for (size_t i = 0; i < desk->lookups.len; i++)
		assert_int_equal(dnsbl_lookup_read(&desk->lookups.items[i]).meaning, DNSBL_NOT_LISTED);
	desk_free(desk);
}

static void only_lists_for_the_thing_are_asked(void **state)
{
	struct desk *desk = desk_new();

	(void)state;
	desk->list.subjects = DNSBL_SENDER;
	dnsbl_lookup_name(&desk->lookups, &desk->scan, &desk->lists, desk->session.arena, DNSBL_HELO, "bad.example");
	assert_string_equal(desk->scribe.asked, "");
	assert_int_equal(desk->lookups.len, 0);
	desk_free(desk);
}

static void the_same_name_is_not_asked_twice_and_another_one_is(void **state)
{
	struct desk *desk = desk_new();

	(void)state;
	dnsbl_lookup_name(&desk->lookups, &desk->scan, &desk->lists, desk->session.arena, DNSBL_HELO, "a.example");
	dnsbl_lookup_name(&desk->lookups, &desk->scan, &desk->lists, desk->session.arena, DNSBL_HELO, "a.example");
	dnsbl_lookup_name(&desk->lookups, &desk->scan, &desk->lists, desk->session.arena, DNSBL_HELO, "b.example");
	assert_string_equal(desk->scribe.asked, "a.example.bl.example A, b.example.bl.example A");
	dnsbl_lookup_name(&desk->lookups, &desk->scan, &desk->lists, desk->session.arena, DNSBL_HELO, "");
	assert_int_equal(desk->lookups.len, 0);
	assert_string_equal(desk->lookups.asked, "");
	desk_free(desk);
}

static void no_answer_yet_is_an_error_and_waits_for_nobody_DNS_01(void **state)
{
	struct desk *desk = desk_new();

	(void)state;
	desk->scribe.silent = true;
	(void)ip_parse("203.0.113.9", &desk->session.client);
	dnsbl_lookup_client(&desk->lookups, &desk->scan, &desk->lists, desk->session.arena);
	assert_false(dnsbl_lookup_done(&desk->lookups.items[0]));
	assert_int_equal(dnsbl_lookup_read(&desk->lookups.items[0]).meaning, DNSBL_ERROR);
	assert_string_equal(dnsbl_lookup_read(&desk->lookups.items[0]).why, "no answer in time");
	desk_free(desk);
}

static void the_reason_is_asked_for_only_where_there_is_one_DNS_14(void **state)
{
	struct desk *desk = desk_new();
	char text[DNSBL_REASON_MAX + 1];

	(void)state;
	dnsbl_lookup_name(&desk->lookups, &desk->scan, &desk->lists, desk->session.arena, DNSBL_HELO, "test.one.example");
	desk->list.settings.txt = true;
	dnsbl_lookup_name(&desk->lookups, &desk->scan, &desk->lists, desk->session.arena, DNSBL_HELO, "good.example");
	dnsbl_lookup_name(&desk->lookups, &desk->scan, &desk->lists, desk->session.arena, DNSBL_HELO, "test.two.example");
	assert_string_equal(desk->scribe.asked, "test.one.example.bl.example A, good.example.bl.example A, "
						"test.two.example.bl.example A, test.two.example.bl.example TXT");
	assert_string_equal(dnsbl_lookup_reason(&desk->lookups.items[0], 0, text), "");
	desk_free(desk);
}

#define ADD(test) rows_add_one(&rows, #test, test, NULL)

int main(void)
{
	static struct rows rows;

	rows_add(&rows, client_table, check_client);
	rows_add(&rows, named_table, check_named);
	ADD(only_lists_for_the_thing_are_asked);
	ADD(the_same_name_is_not_asked_twice_and_another_one_is);
	ADD(no_answer_yet_is_an_error_and_waits_for_nobody_DNS_01);
	ADD(the_reason_is_asked_for_only_where_there_is_one_DNS_14);
	return rows_run(&rows, "dnsbl_lookup");
}
