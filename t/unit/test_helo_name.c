/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/helo_name.h"

#include "t/unit/rows.h"

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define LABEL_60 X50 "1234567890"

static const struct row {
	const char *name, *helo;
	enum helo_kind kind;
	const char *read;	/* the name, or the address */
	const char *shown;	/* NULL: as it is */
} table[] = {
	{ "nothing", "", HELO_MISSING, "", NULL },
	{ "name", "mail.example.org", HELO_NAME, "mail.example.org", NULL },
	{ "name_in_upper_case_with_a_dot", "MAIL.Example.org.", HELO_NAME, "mail.example.org", NULL },
	{ "name_with_an_underscore", "mail_1.example.org", HELO_NAME, "mail_1.example.org", NULL },
	{ "name_with_a_u_label", "m\xc3\xbcnchen.example", HELO_NAME, "xn--mnchen-3ya.example", "m??nchen.example" },
	{ "name_of_253_octets", LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60 ".example12", HELO_NAME,
	  LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60 ".example12", LABEL_60 ".xxx..." },
	{ "name_of_254_octets", LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60 ".example123", HELO_MALFORMED, "", LABEL_60 ".xxx..." },
	{ "one_label", "WIN-7QK2", HELO_UNQUALIFIED, "win-7qk2", NULL },
	{ "one_label_with_a_dot", "localhost.", HELO_UNQUALIFIED, "localhost", NULL },
	{ "literal", "[192.0.2.1]", HELO_LITERAL, "192.0.2.1", NULL },
	{ "literal_ipv6", "[IPv6:2001:db8::1]", HELO_LITERAL, "2001:db8::1", NULL },
	{ "literal_ipv6_in_lower_case", "[ipv6:2001:db8::1]", HELO_LITERAL, "2001:db8::1", NULL },
	{ "literal_ipv6_without_its_tag", "[2001:db8::1]", HELO_LITERAL, "2001:db8::1", NULL },
	{ "literal_mapped_SMTP_20", "[IPv6:::ffff:192.0.2.1]", HELO_LITERAL, "192.0.2.1", NULL },
	{ "bare_address", "192.0.2.1", HELO_BARE_ADDRESS, "192.0.2.1", NULL },
	{ "bare_address_ipv6", "2001:db8::1", HELO_BARE_ADDRESS, "2001:db8::1", NULL },
	{ "bare_address_with_its_tag", "IPv6:2001:db8::1", HELO_MALFORMED, "", NULL },
	{ "literal_of_another_tag", "[X400:c=de]", HELO_MALFORMED, "", NULL },
	{ "literal_of_a_tag_alone", "[IPv6:]", HELO_MALFORMED, "", NULL },
	{ "literal_without_end", "[192.0.2.11", HELO_MALFORMED, "", NULL },
	{ "literal_with_a_port", "[192.0.2.1]:25", HELO_MALFORMED, "", NULL },
	{ "literal_with_a_space", "[ 192.0.2.1]", HELO_MALFORMED, "", NULL },
	{ "literal_with_leading_zeros", "[192.0.2.01]", HELO_MALFORMED, "", NULL },
	{ "literal_longer_than_any_address", "[" X50 "]", HELO_MALFORMED, "", NULL },
	{ "number_for_a_resolver", "0x7f000001", HELO_MALFORMED, "", NULL },
	{ "hyphen_at_the_end_of_a_label", "mail-.example.org", HELO_MALFORMED, "", NULL },
	{ "empty_label", "mail..example.org", HELO_MALFORMED, "", NULL },
	{ "space_behind", "mail.example.org ", HELO_MALFORMED, "", NULL },
	{ "quote_and_backslash_SMTP_11", "a\"b\\c", HELO_MALFORMED, "", "a?b?c" },
	{ "cr_lf_and_escape_SMTP_11", "a\r\n\x1b[31m", HELO_MALFORMED, "", "a???[31m" },
	{ "of_64_octets_is_shown_whole", X50 "12345678901234", HELO_MALFORMED, "", NULL },
	{ "of_65_octets_is_cut_where_it_is_shown", X50 "123456789012345", HELO_MALFORMED, "", X50 "12345678901234..." },
};

static void check(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_new();
	struct helo_name found = helo_name_read(arena, row->helo);
	char shown[HELO_SHOWN_MAX], ip[IP_TEXT_MAX];

	assert_int_equal(found.kind, row->kind);
	assert_string_equal(found.name != NULL ? found.name : found.ip.family != IP_NONE ? ip_format(&found.ip, ip) : "", row->read);
	assert_string_equal(helo_name_show(row->helo, shown), row->shown == NULL ? row->helo : row->shown);
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check);
	return rows_run(&rows, "helo_name");
}
