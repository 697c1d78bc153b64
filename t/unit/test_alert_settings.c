/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/alert_settings.h"

#include "t/unit/rows.h"

static const struct row {
	const char *name, *text;
	const char *host, *port;	/* NULL: no server */
} rows[] = {
	{ "an_address", "127.0.0.1:25", "127.0.0.1", "25" },
	{ "the_usual_port", "127.0.0.1", "127.0.0.1", "25" },
	{ "a_name", "mail.ours.example:587", "mail.ours.example", "587" },
	{ "IPv6", "[2001:db8::1]:2525", "2001:db8::1", "2525" },
	{ "IPv6_at_the_usual_port", "[::1]", "::1", "25" },
	{ "a_port_with_zeros", "127.0.0.1:0025", "127.0.0.1", "25" },
	{ "nothing", "", NULL, NULL },
	{ "no_host", ":25", NULL, NULL },
	{ "no_port", "127.0.0.1:", NULL, NULL },
	{ "port_0", "127.0.0.1:0", NULL, NULL },
	{ "a_port_too_high", "127.0.0.1:65536", NULL, NULL },
	{ "a_word_as_port", "127.0.0.1:smtp", NULL, NULL },
	{ "IPv6_without_brackets", "2001:db8::1", NULL, NULL },
	{ "an_open_bracket", "[::1", NULL, NULL },
	{ "something_behind_the_bracket", "[::1]25", NULL, NULL },
	{ "a_space", "127.0.0.1 :25", NULL, NULL },
	{ "a_line_end", "127.0.0.1\r\n:25", NULL, NULL },
};

static void check_row(void **state)
{
	const struct row *row = *state;
	struct alert_server server = { .host = "" };
	int r = alert_server_parse(row->text, &server);

	assert_int_equal(r < 0, row->host == NULL);
	if (r < 0)
		return;
	assert_string_equal(server.host, row->host);
	assert_string_equal(server.port, row->port);
}

static const struct address_row {
	const char *name, *text;
	bool good;
} addresses[] = {
	{ "an_address_of_a_person", "admin@ours.example", true },
	{ "a_local_one", "root", true },
	{ "no_address", "a@b@c", false },
	{ "the_empty_one", "", false },
	{ "a_second_recipient", "a@ours.example>,<b@ours.example", false },
	{ "a_command", "a@ours.example>\r\nDATA", false },
};

static void check_address(void **state)
{
	const struct address_row *row = *state;
	const struct option *to = alert_section.options;
	char problem[CONF_PROBLEM_MAX] = "";

	assert_string_equal(to->name, "to");
	assert_int_equal(to->parse(NULL, row->text, (struct conf_where){ .file = NULL }, NULL, problem) == 0, row->good);
	assert_int_equal(problem[0] == '\0', row->good);
}

int main(void)
{
	static struct rows table;

	rows_add(&table, rows, check_row);
	rows_add(&table, addresses, check_address);
	return rows_run(&table, "alert_settings");
}
