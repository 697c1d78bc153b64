/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "t/unit/rows.h"

static const struct parse {
	const char *name, *text;
	const char *expected;	/* as ip_format writes it; NULL: refused */
	enum ip_family family;
} parse_table[] = {
	{ "v4", "192.0.2.1", "192.0.2.1", IP_V4 },
	{ "v4_all_ones", "255.255.255.255", "255.255.255.255", IP_V4 },
	{ "v6", "2001:DB8::1", "2001:db8::1", IP_V6 },
	{ "v6_any", "::", "::", IP_V6 },
	{ "v6_full", "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1", IP_V6 },
	{ "mapped_is_v4_SMTP_20", "::ffff:10.0.0.1", "10.0.0.1", IP_V4 },
	{ "mapped_in_hexadecimal_is_v4_SMTP_20", "::ffff:0a00:0001", "10.0.0.1", IP_V4 },
	{ "mapped_written_in_full_is_v4_SMTP_20", "0:0:0:0:0:FFFF:10.0.0.1", "10.0.0.1", IP_V4 },
	{ "v4_compatible_is_not_v4_SMTP_20", "::10.0.0.1", "::10.0.0.1", IP_V6 },
	{ "nat64_is_not_v4_SMTP_20", "64:ff9b::10.0.0.1", "64:ff9b::a00:1", IP_V6 },
	{ "6to4_is_not_v4_SMTP_20", "2002:a00:1::", "2002:a00:1::", IP_V6 },
	{ "translated_is_not_v4", "::ffff:0:10.0.0.1", "::ffff:0:a00:1", IP_V6 },

	{ "scope_SMTP_20", "fe80::1%eth0", NULL, IP_NONE },
	{ "leading_zero_ID_03", "010.0.0.1", NULL, IP_NONE },
	{ "leading_zero_of_a_zero_ID_03", "10.00.0.1", NULL, IP_NONE },
	{ "short_form_ID_03", "10.1", NULL, IP_NONE },
	{ "hexadecimal_ID_03", "0x0a000001", NULL, IP_NONE },
	{ "hexadecimal_part_ID_03", "10.0.0.0x1", NULL, IP_NONE },
	{ "one_number_ID_03", "167772161", NULL, IP_NONE },
	{ "octal_in_mapped_ID_03", "::ffff:010.0.0.1", NULL, IP_NONE },
	{ "part_over_255", "10.0.0.256", NULL, IP_NONE },
	{ "five_parts", "10.0.0.0.1", NULL, IP_NONE },
	{ "space_before", " 10.0.0.1", NULL, IP_NONE },
	{ "space_behind", "10.0.0.1 ", NULL, IP_NONE },
	{ "line_end_behind", "10.0.0.1\n", NULL, IP_NONE },
	{ "trailing_dot", "10.0.0.1.", NULL, IP_NONE },
	{ "brackets", "[::1]", NULL, IP_NONE },
	{ "two_gaps", "2001::1::2", NULL, IP_NONE },
	{ "five_digits", "2001:00db8::1", NULL, IP_NONE },
	{ "tag_of_smtp", "IPv6:::1", NULL, IP_NONE },
	{ "name", "localhost", NULL, IP_NONE },
	{ "empty", "", NULL, IP_NONE },
};

static void check_parse(void **state)
{
	const struct parse *row = *state;
	struct ip ip = { .family = IP_NONE }, again;
	char text[IP_TEXT_MAX];

	assert_int_equal(ip_parse(row->text, &ip), row->expected == NULL ? -EINVAL : 0);
	assert_int_equal(ip.family, row->family);
	assert_string_equal(ip_format(&ip, text), row->expected == NULL ? "unknown" : row->expected);
	if (row->expected != NULL) {
		assert_int_equal(ip_parse(text, &again), 0);
		assert_true(ip_equal(&ip, &again));
	}
}

static const struct prefix {
	const char *name, *text;
	int r;
	const char *expected;	/* the network, also the one that was probably meant */
} prefix_table[] = {
	{ "network_v4", "192.0.2.0/24", 0, "192.0.2.0/24" },
	{ "network_of_one", "192.0.2.7", 0, "192.0.2.7/32" },
	{ "network_v6", "2001:db8::/32", 0, "2001:db8::/32" },
	{ "network_v6_of_one", "::1", 0, "::1/128" },
	{ "prefix_of_no_full_byte", "10.128.0.0/9", 0, "10.128.0.0/9" },
	{ "everything_v4", "0.0.0.0/0", 0, "0.0.0.0/0" },
	{ "everything_v6_ID_03", "::/0", 0, "::/0" },
	{ "mapped_network_SMTP_20", "::ffff:10.0.0.0/104", 0, "10.0.0.0/8" },
	{ "mapped_everything_SMTP_20", "::ffff:0.0.0.0/96", 0, "0.0.0.0/0" },
	{ "mapped_host_SMTP_20", "::ffff:10.0.0.1/128", 0, "10.0.0.1/32" },

	{ "prefix_of_33_ID_03", "10.0.0.0/33", -ERANGE, NULL },
	{ "prefix_of_129", "::/129", -ERANGE, NULL },
	{ "mapped_with_a_prefix_of_v4_SMTP_20", "::ffff:10.0.0.0/8", -ERANGE, NULL },
	{ "mapped_just_short_of_v4_SMTP_20", "::ffff:0.0.0.0/95", -ERANGE, NULL },
	{ "mapped_prefix_of_129", "::ffff:10.0.0.0/129", -ERANGE, NULL },
	{ "host_bits_ID_03", "10.1.2.3/8", -EDOM, "10.0.0.0/8" },
	{ "host_bits_in_the_last_bit_ID_03", "10.0.0.1/31", -EDOM, "10.0.0.0/31" },
	{ "host_bits_v6_ID_03", "2001:db8::1/64", -EDOM, "2001:db8::/64" },
	{ "host_bits_under_0", "128.0.0.0/0", -EDOM, "0.0.0.0/0" },
	{ "host_bits_mapped", "::ffff:10.0.0.1/104", -EDOM, "10.0.0.0/8" },
	{ "negative_prefix_ID_03", "10.0.0.0/-1", -EINVAL, NULL },
	{ "letter_behind_ID_03", "1.2.3.4/24x", -EINVAL, NULL },
	{ "no_prefix", "10.0.0.0/", -EINVAL, NULL },
	{ "leading_zero_in_prefix", "10.0.0.0/08", -EINVAL, NULL },
	{ "space_in_prefix", "10.0.0.0/ 8", -EINVAL, NULL },
	{ "plus_in_prefix", "10.0.0.0/+8", -EINVAL, NULL },
	{ "netmask", "10.0.0.0/255.0.0.0", -EINVAL, NULL },
	{ "two_slashes", "10.0.0.0/8/8", -EINVAL, NULL },
	{ "only_a_slash", "/8", -EINVAL, NULL },
	{ "prefix_that_wraps", "10.0.0.0/4294967304", -EINVAL, NULL },
	{ "short_address_ID_03", "10.1/16", -EINVAL, NULL },
	{ "octal_address_ID_03", "010.0.0.0/8", -EINVAL, NULL },
	{ "hexadecimal_address_ID_03", "0x0a000001", -EINVAL, NULL },
	{ "very_long", "0000000000000000000000000000000000000000000000000000000000000000000000", -EINVAL, NULL },
	{ "address_of_46_bytes", "0000:0000:0000:0000:0000:0000:255.255.255.2555", -EINVAL, NULL },
};

static void check_prefix(void **state)
{
	const struct prefix *row = *state;
	struct network network = { .ip = { .family = IP_NONE } };
	char text[NETWORK_TEXT_MAX];

	assert_int_equal(network_parse(row->text, &network), row->r);
	if (row->expected != NULL)
		assert_string_equal(network_format(&network, text), row->expected);
	else
		assert_int_equal(network.ip.family, IP_NONE);
}

static const struct contains {
	const char *name, *network, *ip;
	bool expected;
} contains_table[] = {
	{ "first_of_the_network", "192.0.2.0/24", "192.0.2.0", true },
	{ "last_of_the_network", "192.0.2.0/24", "192.0.2.255", true },
	{ "one_before", "192.0.2.0/24", "192.0.1.255", false },
	{ "one_behind", "192.0.2.0/24", "192.0.3.0", false },
	{ "odd_prefix_inside", "10.128.0.0/9", "10.255.0.1", true },
	{ "odd_prefix_outside", "10.128.0.0/9", "10.127.255.255", false },
	{ "prefix_31_inside", "192.0.2.2/31", "192.0.2.3", true },
	{ "prefix_31_outside", "192.0.2.2/31", "192.0.2.4", false },
	{ "prefix_1", "128.0.0.0/1", "127.0.0.1", false },
	{ "everything_holds_v4", "0.0.0.0/0", "203.0.113.9", true },
	{ "everything_v4_holds_no_v6", "0.0.0.0/0", "2001:db8::1", false },
	{ "everything_v6_holds_no_v4", "::/0", "203.0.113.9", false },
	{ "everything_v6_holds_no_mapped_SMTP_20", "::/0", "::ffff:203.0.113.9", false },
	{ "v4_holds_mapped_SMTP_20", "10.0.0.0/8", "::ffff:10.1.2.3", true },
	{ "mapped_network_holds_v4_SMTP_20", "::ffff:10.0.0.0/104", "10.1.2.3", true },
	{ "v4_holds_no_nat64_SMTP_20", "10.0.0.0/8", "64:ff9b::10.0.0.1", false },
	{ "v4_holds_no_6to4_SMTP_20", "10.0.0.0/8", "2002:a00:1::", false },
	{ "v6_127_inside", "2001:db8::2/127", "2001:db8::3", true },
	{ "v6_127_outside", "2001:db8::2/127", "2001:db8::1", false },
	{ "v6_33", "2001:db8:8000::/33", "2001:db8:7fff::1", false },
	{ "one_address", "192.0.2.7", "192.0.2.7", true },
	{ "another_address", "192.0.2.7", "192.0.2.8", false },
	{ "unknown_is_in_no_network_SMTP_19", "0.0.0.0/0", NULL, false },
};

static void check_contains(void **state)
{
	const struct contains *row = *state;
	struct ip ip = { .family = IP_NONE };
	struct network network;

	assert_int_equal(network_parse(row->network, &network), 0);
	if (row->ip != NULL)
		assert_int_equal(ip_parse(row->ip, &ip), 0);
	assert_int_equal(network_contains(&network, &ip), row->expected);
}

static struct ip from_text(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

static void socket_addresses_of_every_family_SMTP_19(void **state)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_scope_id = 3 };
	const struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct ip ip, expected = from_text("192.0.2.9");

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "192.0.2.9", &v4.sin_addr), 1);
	ip = ip_from_sockaddr((const struct sockaddr *)(const void *)&v4);
	assert_true(ip_equal(&ip, &expected));
	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.9", &v6.sin6_addr), 1);
	ip = ip_from_sockaddr((const struct sockaddr *)(const void *)&v6);
	assert_true(ip_equal(&ip, &expected));
	expected = from_text("fe80::1");
	assert_int_equal(inet_pton(AF_INET6, "fe80::1", &v6.sin6_addr), 1);
	ip = ip_from_sockaddr((const struct sockaddr *)(const void *)&v6);
	assert_true(ip_equal(&ip, &expected));
	assert_int_equal(ip_from_sockaddr(NULL).family, IP_NONE);
	assert_int_equal(ip_from_sockaddr((const struct sockaddr *)(const void *)&local).family, IP_NONE);
}

static void loopback_is_127_and_one(void **state)
{
	static const char *const loopback[] = { "127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1" };
	static const char *const others[] = { "128.0.0.1", "126.255.255.255", "::2", "::", "::7f00:1", "7f00::1" };
	const struct ip none = { .family = IP_NONE };
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < sizeof(loopback) / sizeof(*loopback); i++) {
		ip = from_text(loopback[i]);
		assert_true(ip_is_loopback(&ip));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		ip = from_text(others[i]);
		assert_false(ip_is_loopback(&ip));
	}
	assert_false(ip_is_loopback(&none));
}

static void unspecified_is_all_zero(void **state)
{
	static const char *const unspecified[] = { "0.0.0.0", "::", "::ffff:0.0.0.0" };
	static const char *const others[] = { "0.0.0.1", "1.0.0.0", "127.0.0.1", "::1", "8000::" };
	const struct ip none = { .family = IP_NONE };
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < sizeof(unspecified) / sizeof(*unspecified); i++) {
		ip = from_text(unspecified[i]);
		assert_true(ip_is_unspecified(&ip));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		ip = from_text(others[i]);
		assert_false(ip_is_unspecified(&ip));
	}
	assert_false(ip_is_unspecified(&none));
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, parse_table, check_parse);
	rows_add(&rows, prefix_table, check_prefix);
	rows_add(&rows, contains_table, check_contains);
	rows_add_one(&rows, "socket_addresses_of_every_family_SMTP_19", socket_addresses_of_every_family_SMTP_19, NULL);
	rows_add_one(&rows, "loopback_is_127_and_one", loopback_is_127_and_one, NULL);
	rows_add_one(&rows, "unspecified_is_all_zero", unspecified_is_all_zero, NULL);
	return rows_run(&rows, "ip");
}
