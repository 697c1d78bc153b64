/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/bench/walk.h"

#include "t/unit/rows.h"

static const struct sender_row {
	const char *name;
	uint64_t fresh_from, number;
	const char *client, *helo;	/* as the plan says */
	const char *expected_client, *expected_helo;
} sender_table[] = {
	{ "without_fresh_all_are_the_same", 0, 7, "192.0.2.9", "m%n.example", "192.0.2.9", "m%n.example" },
	{ "the_first_has_the_number_that_was_given", 100, 1, "198.18.0.0", "m%n.example", "198.18.0.100", "m100.example" },
	{ "the_next_has_the_next", 100, 2, "198.18.0.0", "m%n.example", "198.18.0.101", "m101.example" },
	{ "an_address_carries_into_the_octet_before", 300, 1, "198.18.0.250", "m%n.example", "198.18.2.38", "m300.example" },
	{ "an_ipv6_address_rises_as_well", 2, 1, "2001:db8::ffff", "m%n.example", "2001:db8::1:1", "m2.example" },
	{ "a_name_without_mark_stays", 5, 1, "192.0.2.9", "mail.example", "192.0.2.14", "mail.example" },
	{ "a_mark_at_the_end", 5, 1, "192.0.2.9", "m%n", "192.0.2.14", "m5" },
};

static struct load load_of(const struct sender_row *row)
{
	struct load load = { .plan = { .helo = row->helo, .client_name = "host.example", .mailfrom = "u@m%n.example",
				       .fresh_from = row->fresh_from } };

	assert_int_equal(ip_parse(row->client, &load.plan.client), 0);
	return load;
}

static void check_sender(void **state)
{
	const struct sender_row *row = *state;
	struct load load = load_of(row);
	struct session session = { .load = &load, .number = row->number };
	char client[IP_TEXT_MAX];

	walk_begin(&session);
	assert_string_equal(ip_format(&session.sender.client, client), row->expected_client);
	assert_string_equal(session.sender.helo, row->expected_helo);
	assert_string_equal(session.sender.client_name, "host.example");
}

static void in_an_open_session_only_the_mail_is_from_somebody_else(void **state)
{
	struct load load = load_of(&sender_table[1]);
	struct session session = { .load = &load, .number = 1 };
	char client[IP_TEXT_MAX];

	(void)state;
	walk_begin(&session);
	session.greeted = true;
	session.number = 4;
	walk_begin(&session);
	assert_string_equal(session.sender.mailfrom, "u@m103.example");
	assert_string_equal(session.sender.helo, "m100.example");
	assert_string_equal(ip_format(&session.sender.client, client), "198.18.0.100");
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, sender_table, check_sender);
	rows_add_one(&rows, "in_an_open_session_only_the_mail_is_from_somebody_else",
		     in_an_open_session_only_the_mail_is_from_somebody_else, NULL);
	return rows_run(&rows, "walk");
}
