/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/dns.h"

#include <stdlib.h>

#include "t/unit/rows.h"

#define LABEL_63 "aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg"
#define NAME_255 LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63
#define NAME_253 LABEL_63 "." LABEL_63 "." LABEL_63 ".aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgg"
#define ESCAPED_9 "\\001\\002\\003\\004\\005\\006\\007\\008\\009"
#define ESCAPED_63 ESCAPED_9 ESCAPED_9 ESCAPED_9 ESCAPED_9 ESCAPED_9 ESCAPED_9 ESCAPED_9
#define ESCAPED_253 ESCAPED_63 "." ESCAPED_63 "." ESCAPED_63 "." \
	ESCAPED_9 ESCAPED_9 ESCAPED_9 ESCAPED_9 ESCAPED_9 ESCAPED_9 "\\001\\002\\003\\004\\005\\006\\007"

static const struct name_row {
	const char *name;
	const char *in;
	const char *expected;	/* NULL: nobody can be asked for it */
} name_table[] = {
	{ "name_as_it_is", "mx.example.org", "mx.example.org" },
	{ "name_in_capitals", "MX.Example.ORG", "mx.example.org" },
	{ "name_with_trailing_dot", "mx.example.org.", "mx.example.org" },
	{ "name_of_one_label", "localhost", "localhost" },
	{ "name_with_underscore", "_dmarc.example.org", "_dmarc.example.org" },
	{ "name_with_hyphen_and_digits", "a-1.2.3", "a-1.2.3" },
	{ "DNS-16_octets_of_all_kinds_become_escapes", "a;b\n\xc3\xa4/*.example", "a\\059b\\010\\195\\164\\047\\042.example" },
	{ "escape_of_a_letter_is_the_letter", "\\065\\b.example", "ab.example" },
	{ "escape_of_a_dot_is_no_separator", "a\\.b.example", "a\\046b.example" },
	{ "escape_by_number_of_a_dot_is_no_separator", "a\\046b.example", "a\\046b.example" },
	{ "escape_of_a_nul", "a\\000b.example", "a\\000b.example" },
	{ "escape_of_255", "\\255.example", "\\255.example" },
	{ "escape_of_a_backslash", "a\\\\.example", "a\\092.example" },
	{ "escape_of_256", "\\256.example", NULL },
	{ "escape_of_two_digits", "\\25.example", NULL },
	{ "escape_of_nothing", "example\\", NULL },
	{ "no_name", "", NULL },
	{ "root", ".", NULL },
	{ "leading_dot", ".example", NULL },
	{ "two_dots", "a..example", NULL },
	{ "two_trailing_dots", "example..", NULL },
	{ "label_of_63", LABEL_63 ".example", LABEL_63 ".example" },
	{ "label_of_64", LABEL_63 "h.example", NULL },
	{ "label_of_63_escapes", ESCAPED_63 ".example", ESCAPED_63 ".example" },
	{ "label_of_64_escapes", ESCAPED_63 "\\001.example", NULL },
	{ "name_of_253", NAME_253, NAME_253 },
	{ "name_of_253_and_a_dot", NAME_253 ".", NAME_253 },
	{ "name_of_254", NAME_253 "x", NULL },
	{ "name_of_255", NAME_255, NULL },
	{ "name_of_253_escapes", ESCAPED_253, ESCAPED_253 },
	{ "name_of_254_escapes", ESCAPED_253 "\\001", NULL },
	{ "name_of_252_escapes_and_a_label_more", ESCAPED_63 "." ESCAPED_63 "." ESCAPED_63 "." ESCAPED_63 "." ESCAPED_63, NULL },
};

static void check_name(void **state)
{
	const struct name_row *row = *state;
	char *text = malloc(DNS_NAME_TEXT_MAX);	/* so that a sanitizer sees its end */
	int len = dns_name_normalise(row->in, text);

	if (row->expected == NULL) {
		assert_true(len < 0);
	} else {
		assert_string_equal(text, row->expected);
		assert_int_equal(len, strlen(row->expected));
	}
	free(text);
}

static const struct reverse_row {
	const char *name;
	const char *address, *zone, *expected;
} reverse_table[] = {
	{ "reverse_of_ipv4", "192.0.2.1", NULL, "1.2.0.192.in-addr.arpa" },
	{ "reverse_of_ipv4_in_a_list", "192.0.2.99", "bad.example.com", "99.2.0.192.bad.example.com" },	/* RFC 5782 2.1 */
	{ "DNS-20_reverse_of_ipv6", "2001:db8::567:89ab", NULL,	/* RFC 3596 2.5 */
	  "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa" },
	{ "DNS-20_reverse_of_ipv6_in_a_list", "2001:db8:1:2:3:4:567:89ab", "ugly.example.com",	/* RFC 5782 2.4 */
	  "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ugly.example.com" },
	{ "DNS-20_reverse_of_an_ipv4_mapped_address", "::ffff:192.0.2.1", "bad.example.com", "1.2.0.192.bad.example.com" },
	{ "reverse_of_the_largest", "255.255.255.255", NULL, "255.255.255.255.in-addr.arpa" },
	{ "reverse_of_no_address", "", "bad.example.com", "" },
};

static void check_reverse(void **state)
{
	const struct reverse_row *row = *state;
	struct ip ip = { .family = IP_NONE };
	char text[DNS_REVERSE_MAX];

	if (row->address[0] != '\0')
		assert_int_equal(ip_parse(row->address, &ip), 0);
	assert_string_equal(dns_reverse_name(&ip, row->zone, text), row->expected);
}

/* It must not become the name of something else. */
static void reverse_in_a_zone_that_is_too_long_cannot_be_asked(void **state)
{
	char zone[2000], text[DNS_REVERSE_MAX], normalised[DNS_NAME_TEXT_MAX];
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < sizeof(zone); i++)
		zone[i] = i % 2 == 0 ? 'a' : '.';
	zone[sizeof(zone) - 1] = '\0';
	assert_int_equal(ip_parse("192.0.2.1", &ip), 0);
	assert_true(dns_name_normalise(dns_reverse_name(&ip, zone, text), normalised) < 0);
	assert_int_equal(ip_parse("2001:db8::1", &ip), 0);
	assert_true(dns_name_normalise(dns_reverse_name(&ip, zone, text), normalised) < 0);
}

static const struct ip_row {
	const char *name;
	struct str data;
	const char *expected;
} ip_table[] = {
	{ "address_of_a", STR("\xc0\x00\x02\x01"), "192.0.2.1" },
	{ "address_of_aaaa", STR("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"), "2001:db8::1" },
	{ "DNS-20_address_of_an_ipv4_mapped_aaaa", STR("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01"), "192.0.2.1" },
	{ "address_of_five_octets", STR("\xc0\x00\x02\x01\x01"), "unknown" },
	{ "address_of_nothing", STR(""), "unknown" },
};

static void check_ip(void **state)
{
	const struct ip_row *row = *state;
	struct dns_record record = { row->data, 0 };
	struct ip ip = dns_record_ip(&record);
	char text[IP_TEXT_MAX];

	assert_string_equal(ip_format(&ip, text), row->expected);
}

static void an_answer_copies_its_records_in_order(void **state)
{
	char mutable[] = "mx1.example";
	struct dns_record records[] = { { str_of(mutable), 10 }, { STR("nul\0inside"), 20 }, { STR(""), 0 } };
	struct dns_answer *answer = dns_answer_new(DNS_FOUND, "", records, 3);

	(void)state;
	memset(mutable, 'x', sizeof(mutable));
	assert_int_equal(answer->status, DNS_FOUND);
	assert_int_equal(answer->len, 3);
	assert_string_equal(answer->records[0].data.p, "mx1.example");
	assert_int_equal(answer->records[0].preference, 10);
	assert_int_equal(answer->records[1].data.len, 10);
	assert_memory_equal(answer->records[1].data.p, "nul\0inside", 11);
	assert_string_equal(answer->records[2].data.p, "");
	assert_true(dns_answer_size_bytes(answer) >= sizeof(*answer) + 3 * sizeof(records[0]) + 24);
	dns_answer_unref(answer);
}

static void an_answer_lives_until_its_last_reference(void **state)
{
	struct dns_answer *answer = dns_answer_nothing(true), *same = dns_answer_ref(answer);

	(void)state;
	assert_ptr_equal(answer, same);
	dns_answer_unref(answer);
	assert_int_equal(same->status, DNS_NOTHING);
	assert_true(same->nxdomain);
	assert_false(same->secure);
	dns_answer_unref(same);
	dns_answer_unref(NULL);
}

static void unknown_says_why(void **state)
{
	struct dns_answer *answer = dns_answer_unknown("SERVFAIL");

	(void)state;
	assert_int_equal(answer->status, DNS_UNKNOWN);
	assert_string_equal(answer->why, "SERVFAIL");
	assert_int_equal(answer->len, 0);
	dns_answer_unref(answer);
}

static const struct size_row {
	const char *name;
	size_t records, each_bytes;
	enum dns_status expected;
} size_table[] = {
	{ "DNS-03_as_many_records_as_may_be", DNS_RECORDS_MAX, 1, DNS_FOUND },
	{ "DNS-03_one_record_too_many", DNS_RECORDS_MAX + 1, 1, DNS_UNKNOWN },
	{ "DNS-03_ten_thousand_records", 10000, 250, DNS_UNKNOWN },
	{ "DNS-03_as_much_data_as_may_be", 1, DNS_ANSWER_MAX, DNS_FOUND },
	{ "DNS-03_an_octet_too_much", 1, DNS_ANSWER_MAX + 1, DNS_UNKNOWN },
	{ "DNS-03_too_much_data_in_all", 256, 257, DNS_UNKNOWN },
};

static void check_size(void **state)
{
	const struct size_row *row = *state;
	struct dns_record *records = calloc(row->records, sizeof(*records));
	char *data = calloc(1, row->each_bytes);
	struct dns_answer *answer;

	for (size_t i = 0; i < row->records; i++)
		records[i].data = (struct str){ data, row->each_bytes };
	answer = dns_answer_new(DNS_FOUND, "", records, row->records);
	assert_int_equal(answer->status, row->expected);
	assert_int_equal(answer->len, row->expected == DNS_FOUND ? row->records : 0);
	dns_answer_unref(answer);
	free(records);
	free(data);
}

static void lengths_that_would_wrap_are_too_much(void **state)
{
	struct dns_record records[] = { { { "x", SIZE_MAX }, 0 }, { { "x", 2 }, 0 } };
	struct dns_answer *answer = dns_answer_new(DNS_FOUND, "", records, 2);

	(void)state;
	assert_int_equal(answer->status, DNS_UNKNOWN);
	dns_answer_unref(answer);
}

static void types_have_names(void **state)
{
	(void)state;
	assert_string_equal(dns_type_name(DNS_A), "A");
	assert_string_equal(dns_type_name(DNS_AAAA), "AAAA");
	assert_string_equal(dns_type_name(DNS_MX), "MX");
	assert_string_equal(dns_type_name(DNS_PTR), "PTR");
	assert_string_equal(dns_type_name(DNS_TXT), "TXT");
	assert_string_equal(dns_type_name((enum dns_type)99), "?");
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, name_table, check_name);
	rows_add(&rows, reverse_table, check_reverse);
	rows_add(&rows, ip_table, check_ip);
	rows_add(&rows, size_table, check_size);
	rows_add_one(&rows, "reverse_in_a_zone_that_is_too_long_cannot_be_asked", reverse_in_a_zone_that_is_too_long_cannot_be_asked, NULL);
	rows_add_one(&rows, "an_answer_copies_its_records_in_order", an_answer_copies_its_records_in_order, NULL);
	rows_add_one(&rows, "an_answer_lives_until_its_last_reference", an_answer_lives_until_its_last_reference, NULL);
	rows_add_one(&rows, "unknown_says_why", unknown_says_why, NULL);
	rows_add_one(&rows, "lengths_that_would_wrap_are_too_much", lengths_that_would_wrap_are_too_much, NULL);
	rows_add_one(&rows, "types_have_names", types_have_names, NULL);
	return rows_run(&rows, "dns");
}
