/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include "milter/base/cleanup.h"
#include "milter/mail/received_spf.h"

static const char long_value[] =
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";

static const struct row {
	const char *name;
	const char *client;
	struct received_spf fields;
	const char *value;
} rows[] = {
	/* RFC 7208 9.1, but for the order of its keys */
	{ "example_of_rfc7208_fail", "192.0.2.1",
	  { "fail", "mybox.example.org: domain of myname@example.com does not designate 192.0.2.1 as permitted sender", "mailfrom",
	    "mybox.example.org", { 0 }, "myname@example.com", "foo.example.com", NULL, NULL },
	  "fail (mybox.example.org: domain of myname@example.com does not designate 192.0.2.1 as permitted sender) receiver=mybox.example.org; "
	  "identity=mailfrom; client-ip=192.0.2.1; envelope-from=\"myname@example.com\"; helo=foo.example.com" },
	{ "example_of_rfc7208_pass_with_mechanism", "192.0.2.1",
	  { "pass", NULL, "mailfrom", "mybox.example.org", { 0 }, "myname@example.com", "foo.example.com", "ip4:192.0.2.1", NULL },
	  "pass receiver=mybox.example.org; identity=mailfrom; client-ip=192.0.2.1; envelope-from=\"myname@example.com\"; "
	  "helo=foo.example.com; mechanism=\"ip4:192.0.2.1\"" },
	{ "ipv6_is_quoted", "2001:db8::1", { "pass", NULL, "helo", NULL, { 0 }, NULL, "foo.example", NULL, NULL },
	  "pass identity=helo; client-ip=\"2001:db8::1\"; helo=foo.example" },
	{ "null_sender_is_written", NULL, { "none", NULL, "helo", NULL, { 0 }, "", "", NULL, NULL },
	  "none identity=helo; envelope-from=\"\"; helo=\"\"" },
	{ "mechanism_as_an_atom", NULL, { "fail", NULL, "mailfrom", NULL, { 0 }, NULL, NULL, "-all", NULL },
	  "fail identity=mailfrom; mechanism=-all" },
	{ "problem", NULL, { "permerror", NULL, "mailfrom", NULL, { 0 }, NULL, NULL, "", "two records" },
	  "permerror identity=mailfrom; problem=\"two records\"" },
	{ "line_ends_do_not_get_through_SMTP_11", NULL, { "none", "a\r\nb", "helo", NULL, { 0 }, "x\n@y", "a.b\r\nX-Evil: 1\n\n", NULL, NULL },
	  "none (a??b) identity=helo; envelope-from=\"x?@y\"; helo=\"a.b??X-Evil: 1??\"" },
	{ "quotes_are_escaped_SMTP_11", NULL, { "none", NULL, "helo", NULL, { 0 }, NULL, "a\"; identity=mailfrom; x=\"\\", NULL, NULL },
	  "none identity=helo; helo=\"a\\\"; identity=mailfrom; x=\\\"\\\\\"" },
	{ "a_comment_does_not_end_early", NULL, { "none", "a) pass (b \\", "helo", NULL, { 0 }, NULL, NULL, NULL, NULL },
	  "none (a\\) pass \\(b \\\\) identity=helo" },
	{ "bytes_above_ascii_and_delete", NULL, { "none", NULL, "helo", NULL, { 0 }, NULL, "m\xc3\xbc.example\x7f", NULL, NULL },
	  "none identity=helo; helo=\"m??.example?\"" },
	{ "dots_that_make_no_dot_atom", NULL, { "none", NULL, "helo", NULL, { 0 }, ".a", "a..b", "a.", NULL },
	  "none identity=helo; envelope-from=\".a\"; helo=\"a..b\"; mechanism=\"a.\"" },
	{ "equals_and_semicolon_are_quoted", NULL, { "none", NULL, "helo", NULL, { 0 }, NULL, "a;b", "redirect=x", NULL },
	  "none identity=helo; helo=\"a;b\"; mechanism=redirect=x" },
};

static void check_row(void **state)
{
	const struct row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct received_spf fields = row->fields;

	if (row->client != NULL)
		assert_int_equal(ip_parse(row->client, &fields.client), 0);
	assert_string_equal(received_spf_format(arena, &fields), row->value);
}

static void long_values_are_cut(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	char quotes[1000];
	struct received_spf fields = { .result = "none", .comment = quotes, .identity = "helo", .receiver = quotes, .envelope_from = quotes,
				       .helo = long_value, .mechanism = quotes, .problem = quotes };
	const char *value;

	(void)state;
	memset(quotes, '"', sizeof(quotes) - 1);
	quotes[sizeof(quotes) - 1] = '\0';
	value = received_spf_format(arena, &fields);
	assert_true(strlen(value) < 8 * (24 + 2 * 256));
	assert_non_null(strstr(value, "; helo=\"01234567890123456789"));
	assert_null(strstr(value, long_value));
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check_row);
	rows_add_one(&tests, "long_values_are_cut", long_values_are_cut, NULL);
	return rows_run(&tests, "received_spf");
}
