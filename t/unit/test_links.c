/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts of links in DNS lists, walked through the engine; links that show another host. */
#include "t/unit/rows.h"

#include "milter/isolate/job.h"
#include "scanners/content_settings.h"
#include "scanners/inspection.h"
#include "scanners/links_settings.h"
#include "scanners/scanners.h"
#include "t/lib/gate.h"

/* In the place of the scanner that asks a cage. */
static struct inspection given;

static const struct inspection *give(struct scan *scan)
{
	(void)scan;
	return &given;
}

static const struct option_section *const content_sections[] = { &content_section, NULL };
static const struct outcome no_outcomes[] = { { .name = NULL } };
static const struct scanner scanner_given = {
	.name = "content", .sections = content_sections, .outcomes = no_outcomes, .inspect = give };

const struct scanner *const scanners[] = { &scanner_relay, &scanner_given, &scanner_links, NULL };
const struct job_kind *const job_kinds[] = { NULL };

#define TOP "domains = { \"ours.example\" }\n"
#define DBL "list \"dbl.example\" { }\n"
#define LINKS(text) TOP "links {\n enabled = yes\n" text "\n}\n"

#define ZONE \
	"test.dbl.example A 127.0.1.2\n" \
	"evil.example.dbl.example A 127.0.1.2\n" \
	"evil.example.dbl.example TXT \"phishing\"\n" \
	"www.bad.example.dbl.example A 127.0.1.4\n" \
	"refused.example.dbl.example A 127.255.255.254\n" \
	"evil.example.off.example A 127.0.1.2\n" \
	"*.world.example A 127.0.0.2\n" \
	"test.slow.example A 127.0.1.2\n" \
	"slow.example.slow.example !servfail\n" \
	"ours.example.dbl.example A 127.0.1.2\n" \
	"trusted.example.dbl.example A 127.0.1.2\n"

struct link_row {
	const char *name, *configuration;
	struct inventory_host hosts[4];
	const char *findings, *word;
};

#define REFUSED "550 5.7.1 links:listed"

static const struct link_row links[] = {
	{ "off_by_default", TOP, { { "evil.example", "" } }, "", "" },
	{ "lists_alone_are_not_asked", TOP "links {\n" DBL "}\n", { { "evil.example", "" } }, "", "" },
	{ "no_links", LINKS(DBL), { { NULL, NULL } }, "", "" },
	{ "not_listed", LINKS(DBL), { { "www.good.example", "" } }, "", "" },
	{ "listed", LINKS(DBL), { { "evil.example", "" } }, "listed: link to evil.example is listed by dbl.example (127.0.1.2): phishing", REFUSED },
	{ "the_domain_above_is_listed", LINKS(DBL), { { "a.b.evil.example", "" } },
	  "listed: link to evil.example is listed by dbl.example (127.0.1.2): phishing", REFUSED },
	{ "the_host_itself_is_listed", LINKS(DBL),
	  { { "www.bad.example", "" } }, "listed: link to www.bad.example is listed by dbl.example (127.0.1.4)", REFUSED },
	{ "another_host_is_not", LINKS(DBL), { { "ftp.bad.example", "" } }, "", "" },
	{ "one_finding_for_a_list", LINKS(DBL), { { "good.example", "" }, { "evil.example", "" }, { "www.bad.example", "" } },
	  "listed: link to evil.example is listed by dbl.example (127.0.1.2): phishing, and 1 more", REFUSED },
	{ "own_text", LINKS("list \"dbl.example\" {\n text = \"no %a\"\n}"),
	  { { "evil.example", "" } }, "listed: no evil.example (dbl.example 127.0.1.2)", REFUSED },
	{ "codes", LINKS("list \"dbl.example\" {\n codes = { \"127.0.1.4\" }\n}"), { { "evil.example", "" }, { "www.bad.example", "" } },
	  "listed: link to www.bad.example is listed by dbl.example (127.0.1.4)", REFUSED },
	{ "a_weight", LINKS("list \"dbl.example\" {\n on_listed = 3\n}"), { { "evil.example", "" } },
	  "listed: link to evil.example is listed by dbl.example (127.0.1.2): phishing", "" },
	{ "two_lists", LINKS(DBL "list \"DBL\" {\n zone = \"dbl.example\"\n on_listed = 3\n txt = no\n}"), { { "evil.example", "" } },
	  "listed: link to evil.example is listed by dbl.example (127.0.1.2): phishing; listed: link to evil.example is listed by DBL (127.0.1.2)", REFUSED },
	{ "a_list_that_is_off", LINKS("list \"dbl.example\" {\n enabled = no\n}"), { { "evil.example", "" } }, "", "" },
	{ "an_answer_that_is_an_error_DNS_12", LINKS(DBL), { { "refused.example", "" } },
	  "error: dbl.example could not tell about link to refused.example: the list does not answer public or open resolvers: ask it from a "
	  "resolver of your own", "" },
	{ "a_list_that_fails_its_test_DNS_13", LINKS("list \"world.example\" {\n on_error = defer\n}"), { { "good.example", "" } },
	  "error: world.example could not tell about link to good.example: it lists the name invalid, and so everything", "451 4.7.1 links:error" },
	{ "a_list_without_its_test_entry", LINKS("list \"off.example\" { }"), { { "evil.example", "" } },
	  "error: off.example could not tell about link to evil.example: it does not list its test entry, the name test", "" },
	{ "no_answer_DNS_01", LINKS("list \"slow.example\" { }"), { { "slow.example", "" } },
	  "error: slow.example could not tell about link to slow.example: SERVFAIL", "" },
	{ "addresses_are_not_asked", LINKS(DBL), { { "192.0.2.1", "" }, { "2001:db8::1", "" } }, "", "" },
	{ "ours_is_not_asked", LINKS(DBL), { { "ours.example", "" } }, "", "" },
	{ "a_trusted_host_is_not_asked", LINKS(DBL "trusted = { \"trusted.example\" }"), { { "trusted.example", "" } }, "", "" },
	{ "only_so_many", LINKS(DBL "max_hosts = 1"), { { "good.example", "" }, { "evil.example", "" } }, "", "" },
	{ "what_does_not_count_is_not_one_of_them", LINKS(DBL "max_hosts = 1"),
	  { { "192.0.2.1", "" }, { "ours.example", "" }, { "evil.example", "" } },
	  "listed: link to evil.example is listed by dbl.example (127.0.1.2): phishing", REFUSED },

	{ "another_domain_is_shown", LINKS(""),
	  { { "evil.example", "bank.example" } }, "display_mismatch: a link that shows bank.example leads to evil.example", "" },
	{ "another_domain_is_refused", LINKS("on_display_mismatch = reject"), { { "evil.example", "bank.example" }, { "192.0.2.1", "bank.example" } },
	  "display_mismatch: a link that shows bank.example leads to evil.example, and 1 more", "550 5.7.1 links:display_mismatch" },
	{ "an_address_behind_a_domain", LINKS(""),
	  { { "192.0.2.1", "bank.example" } }, "display_mismatch: a link that shows bank.example leads to 192.0.2.1", "" },
	{ "the_same_registered_domain", LINKS(""), { { "a.shop.example", "b.shop.example" } }, "", "" },
	{ "another_below_the_same_suffix", LINKS(""),
	  { { "a.co.uk", "b.co.uk" } }, "display_mismatch: a link that shows b.co.uk leads to a.co.uk", "" },
	{ "a_trusted_host_may", LINKS("trusted = { \"count.example\" }"), { { "count.example", "bank.example" } }, "", "" },
};

static const char *findings(struct gate *gate)
{
	const struct findings *all = &gate->session->message->findings;
	const char *text = "";

	for (size_t i = 0; i < all->len; i++)
		if (all->items[i].scanner == &scanner_links)
			text = arena_printf(gate->session->arena, "%s%s%s: %s", text, text[0] == '\0' ? "" : "; ", all->items[i].outcome->name,
					    all->items[i].text);
	return text;
}

static struct verdict walk(struct gate *gate, const struct inventory_host *hosts)
{
	static struct inventory_host copy[4];
	size_t len = 0;

	for (; len < 4 && hosts[len].host != NULL; len++)
		copy[len] = hosts[len];
	given = (struct inspection){ .problem = "", .answer = { .inventory = { .hosts = copy, .hosts_len = len } } };
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@ext.example>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	return gate_message(gate, "Subject: x\n\n");
}

static void check_links(void **state)
{
	const struct link_row *row = *state;
	struct gate *gate = gate_open_zone(row->configuration, ZONE);
	struct verdict verdict = walk(gate, row->hosts);

	assert_string_equal(findings(gate), row->findings);
	assert_string_equal(gate_word(gate, &verdict), row->word);
	verdict = walk(gate, row->hosts);	/* in the next session it is the same */
	assert_string_equal(gate_word(gate, &verdict), row->word);
	gate_close(gate);
}

static void without_a_resolver_nobody_can_tell(void **state)
{
	static const struct inventory_host hosts[4] = { { "evil.example", "" } };
	struct gate *gate = gate_open(LINKS(DBL));

	(void)state;
	(void)walk(gate, hosts);
	assert_string_equal(findings(gate), "error: dbl.example could not tell about link to evil.example: there is no resolver");
	gate_close(gate);
}

static void without_an_inventory_it_says_nothing(void **state)
{
	struct gate *gate = gate_open_zone(LINKS(DBL), ZONE);

	(void)state;
	given = (struct inspection){ .state = INSPECTION_FAILED, .problem = "" };
	gate_connect(gate, "203.0.113.9");
	(void)gate_mail(gate, "", "<a@ext.example>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	(void)gate_message(gate, "Subject: x\n\n");
	assert_string_equal(findings(gate), "");
	gate_close(gate);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, links, check_links);
	rows_add_one(&rows, "without_a_resolver_nobody_can_tell", without_a_resolver_nobody_can_tell, NULL);
	rows_add_one(&rows, "without_an_inventory_it_says_nothing", without_an_inventory_it_says_nothing, NULL);
	return rows_run(&rows, "links");
}
