/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The field that we write: the grammar of RFC 8601 2.2, and that no stranger's value becomes a result of its own. */
#include <stdbool.h>
#include <stdlib.h>

#include "milter/mail/authres.h"
#include "milter/mail/header.h"
#include "t/unit/rows.h"

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16
#define X252 X64 X64 X64 X16 X16 X16 "xxxxxxxxxxxx"

static const struct value_row {
	const char *name, *value, *written;
} values[] = {
	{ "token", "mx.example.org", "mx.example.org" },
	{ "ipv4_address", "192.0.2.200", "192.0.2.200" },
	{ "ipv6_address_is_quoted", "2001:db8::1", "\"2001:db8::1\"" },
	{ "address", "sender@example.net", "sender@example.net" },
	{ "address_with_plus_and_equals", "b+u=ext.example@lists.example.org", "b+u=ext.example@lists.example.org" },
	{ "srs_address", "SRS0=hh=tt=ext.example=u@fwd.example", "SRS0=hh=tt=ext.example=u@fwd.example" },
	{ "domain_behind_an_at", "@example.org", "@example.org" },
	{ "address_with_quoted_local_part", "\"a b\"@example.org", "\"\\\"a b\\\"@example.org\"" },
	{ "address_with_dots_in_a_row", "a..b@example.org", "\"a..b@example.org\"" },
	{ "address_with_a_dot_in_front", ".a@example.org", "\".a@example.org\"" },
	{ "address_with_a_dot_behind", "a.@example.org", "\"a.@example.org\"" },
	{ "address_literal", "a@[192.0.2.1]", "\"a@[192.0.2.1]\"" },
	{ "address_at_one_label", "a@localhost", "\"a@localhost\"" },
	{ "address_at_an_empty_label", "a@b..example", "\"a@b..example\"" },
	{ "address_at_a_trailing_dot", "a@b.example.", "\"a@b.example.\"" },
	{ "address_at_a_hyphen", "a@-b.example", "\"a@-b.example\"" },
	{ "address_at_an_underscore", "a@_b.example", "\"a@_b.example\"" },
	{ "two_ats", "a@b.example@c.example", "\"a@b.example@c.example\"" },
	{ "address_at_nothing", "a@", "\"a@\"" },
	{ "empty", "", "\"\"" },
	{ "space", "two words", "\"two words\"" },
	{ "semicolon_SMTP_11", "x; dkim=pass header.d=bank.example", "\"x? dkim?pass header.d?bank.example\"" },
	{ "quote_SMTP_11", "a\"b", "\"a\\\"b\"" },
	{ "quote_and_semicolon_SMTP_11", "x\"; dkim=pass header.d=bank.example; y=\"", "\"x\\\"? dkim?pass header.d?bank.example? y?\\\"\"" },
	{ "parenthesis_SMTP_11", "x(", "\"x(\"" },
	{ "comment_that_closes_nothing", "x) ; dkim=pass (", "\"x) ? dkim?pass (\"" },
	{ "backslash_at_the_end", "x\\", "\"x\\\\\"" },
	{ "backslash_before_a_quote", "x\\\"", "\"x\\\\\\\"\"" },
	{ "cr_lf_SMTP_11", "x\r\nSubject: y", "\"x??Subject: y\"" },
	{ "tab_and_escape", "\t\x1b[31m", "\"??[31m\"" },
	{ "delete", "x\x7fy", "\"x?y\"" },
	{ "utf_8", "m\xc3\xbcnchen.example", "\"m??nchen.example\"" },
	{ "utf_8_in_an_address", "m\xc3\xbc@example.org", "\"m??@example.org\"" },
	{ "invalid_utf_8", "\xff", "\"?\"" },
	{ "slash_and_question_mark", "a/b?", "\"a/b?\"" },
	{ "equals_in_no_address", "dkim=pass", "\"dkim?pass\"" },
	{ "of_256_octets", X252 "abcd", X252 "abcd" },
	{ "of_257_octets_is_cut", X252 "abcde", X252 "a..." },
	{ "cut_address_is_no_address", "a@" X64 "." X64 "." X64 ".example.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.example.evil.example",
	  "\"a@" X64 "." X64 "." X64 ".example.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.exam...\"" },
};

static void check_value(void **state)
{
	const struct value_row *row = *state;
	struct arena *arena = arena_new();
	struct authres_result result = { "spf", "fail", row->value, { { "smtp.helo", row->value } } };
	const char *wanted = arena_printf(arena, "gw.example; spf=fail reason=%s smtp.helo=%s", row->written, row->written);

	assert_string_equal(authres_format(arena, "gw.example", &result, 1), wanted);
	arena_free(arena);
}

/* Those of RFC 8601 appendix B that are made of what we write. */
static const struct field_row {
	const char *name;
	struct authres_result results[4];
	size_t len;
	const char *written;
} fields[] = {
	{ "no_results_B_2", { { NULL, NULL, NULL, { { NULL, NULL } } } }, 0, "gw.example; none" },
	{ "one_result_B_3", { { "spf", "pass", NULL, { { "smtp.mailfrom", "example.net" } } } }, 1,
	  "gw.example; spf=pass smtp.mailfrom=example.net" },
	{ "several_results_B_5",
	  { { "spf", "fail", NULL, { { "smtp.mailfrom", "example.com" } } },
	    { "dkim", "pass", "good signature", { { "header.d", "example.com" }, { "header.i", "@mail-router.example.net" } } },
	    { "iprev", "permerror", "no reverse name", { { "policy.iprev", "192.0.2.200" } } } }, 3,
	  "gw.example; spf=fail smtp.mailfrom=example.com; dkim=pass reason=\"good signature\" header.d=example.com "
	  "header.i=@mail-router.example.net; iprev=permerror reason=\"no reverse name\" policy.iprev=192.0.2.200" },
	{ "result_without_properties", { { "auth", "none", NULL, { { NULL, NULL } } } }, 1, "gw.example; auth=none" },
	{ "all_properties",
	  { { "dkim", "pass", NULL, { { "a.b", "1" }, { "c.d", "2" }, { "e.f", "3" }, { "g.h", "4" }, { "i.j", "5" }, { "k.l", "6" } } } }, 1,
	  "gw.example; dkim=pass a.b=1 c.d=2 e.f=3 g.h=4 i.j=5 k.l=6" },
	{ "property_without_value", { { "spf", "none", NULL, { { "smtp.helo", NULL } } } }, 1, "gw.example; spf=none smtp.helo=\"\"" },
};

static void check_field(void **state)
{
	const struct field_row *row = *state;
	struct arena *arena = arena_new();

	assert_string_equal(authres_format(arena, "gw.example", row->results, row->len), row->written);
	arena_free(arena);
}

/* How many results a reader sees: one that knows quoted strings, and one that cuts at every semicolon. */
static size_t count_results(const char *text, bool knows_quotes)
{
	size_t count = 0;
	bool quoted = false;

	for (; *text != '\0'; text++) {
		if (knows_quotes && quoted && *text == '\\' && text[1] != '\0')
			text++;
		else if (knows_quotes && *text == '"')
			quoted = !quoted;
		else if (*text == ';' && !quoted)
			count++;
	}
	assert_false(quoted);
	return count;
}

static void check_hostile(struct arena *arena, const char *value)
{
	const struct authres_result results[] = {
		{ "spf", "fail", value, { { "smtp.helo", value }, { "smtp.mailfrom", value } } },
		{ "iprev", "fail", NULL, { { "policy.iprev", value } } },
	};
	const char *text = authres_format(arena, "gw.example", results, 2);
	const char *folded = header_fold(arena, "Authentication-Results", text);

	assert_int_equal(count_results(text, true), 2);
	assert_int_equal(count_results(text, false), 2);
	assert_null(strstr(text, "=pass "));
	assert_true(authres_claims(arena, str_of(text), "gw.example"));
	assert_true(authres_claims(arena, str_of(folded), "gw.example"));
	assert_false(authres_claims(arena, str_of(text), "mx.other.example"));
	assert_true(strlen(text) < 4 * (2 * 256 + 2) + 200);
}

/* Every sequence of three of the pieces that mean something to some reader. */
static void nothing_is_injected_SMTP_11(void **state)
{
	static const char *const pieces[] = {
		"", "\"", "\\", ";", "=", "dkim=pass ", "(", ")", "@", "a.example", ".", " ", "\r\n", "\n\t", "\xc3\xbc", "\x80", "/1", "[", ":",
		"gw.other; ", X64 X64, "=?utf-8?q?=3B?=", "%s",
	};
	size_t n = sizeof(pieces) / sizeof(pieces[0]);
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < n * n * n; i++) {
		struct arena_mark mark = arena_mark(arena);

		check_hostile(arena, arena_printf(arena, "%s%s%s", pieces[i % n], pieces[i / n % n], pieces[i / n / n]));
		arena_rewind(arena, mark);
	}
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, values, check_value);
	rows_add(&rows, fields, check_field);
	rows_add_one(&rows, "nothing_is_injected_SMTP_11", nothing_is_injected_SMTP_11, NULL);
	return rows_run(&rows, "authres_write");
}
