/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/networks.h"

#include <errno.h>
#include <stdlib.h>

#include "t/unit/rows.h"

static const struct conf_item some[] = {
	{ .text = "10.0.0.0/8" }, { .text = "10.1.0.0/16" }, { .text = "10.1.2.3" }, { .text = "192.0.2.128/25" },
	{ .text = "2001:db8::/32" }, { .text = "2001:db8:1::/48" }, { .text = "::ffff:198.51.100.0/120" }, { .text = "10.1.0.0/16" },
	{ .text = "10.0.0.1/8" }, { .text = "nonsense" },
};
static const struct conf_item every_v4[] = { { .text = "0.0.0.0/0" } };
static const struct conf_item every_v6[] = { { .text = "::/0" } };

#define LIST(array) { .items = (array), .len = sizeof(array) / sizeof((array)[0]) }

static const struct conf_list lists[] = { LIST(some), LIST(every_v4), LIST(every_v6), { .items = NULL, .len = 0 } };
enum { SOME, EVERY_V4, EVERY_V6, NOTHING };

static const struct find {
	const char *name;
	int list;
	const char *ip, *expected;
} find_table[] = {
	{ "the_smallest_network_is_found", SOME, "10.1.2.3", "10.1.2.3/32" },
	{ "the_middle_network_is_found", SOME, "10.1.2.4", "10.1.0.0/16" },
	{ "the_largest_network_is_found", SOME, "10.2.0.1", "10.0.0.0/8" },
	{ "first_of_a_network", SOME, "192.0.2.128", "192.0.2.128/25" },
	{ "last_of_a_network", SOME, "192.0.2.255", "192.0.2.128/25" },
	{ "one_before_a_network", SOME, "192.0.2.127", NULL },
	{ "one_behind_a_network", SOME, "192.0.3.0", NULL },
	{ "mapped_client_in_a_v4_network_SMTP_20", SOME, "::ffff:10.1.2.3", "10.1.2.3/32" },
	{ "v4_client_in_a_mapped_network_SMTP_20", SOME, "198.51.100.7", "198.51.100.0/24" },
	{ "nat64_of_a_listed_client_SMTP_20", SOME, "64:ff9b::10.1.2.3", NULL },
	{ "6to4_of_a_listed_client_SMTP_20", SOME, "2002:a01:203::", NULL },
	{ "v6_in_the_small_network", SOME, "2001:db8:1::1", "2001:db8:1::/48" },
	{ "v6_in_the_large_network", SOME, "2001:db8:2::1", "2001:db8::/32" },
	{ "v6_in_no_network", SOME, "2001:db9::1", NULL },
	{ "v6_whose_bytes_begin_like_a_v4_network", SOME, "a01:203::", NULL },
	{ "everything_v4", EVERY_V4, "203.0.113.9", "0.0.0.0/0" },
	{ "everything_v4_without_v6", EVERY_V4, "::1", NULL },
	{ "everything_v6", EVERY_V6, "::1", "::/0" },
	{ "everything_v6_without_v4", EVERY_V6, "203.0.113.9", NULL },
	{ "everything_v6_without_mapped", EVERY_V6, "::ffff:203.0.113.9", NULL },
	{ "unknown_client_SMTP_19", EVERY_V4, NULL, NULL },
	{ "unknown_client_in_v6_SMTP_19", EVERY_V6, NULL, NULL },
	{ "an_empty_list", NOTHING, "10.1.2.3", NULL },
};

static void check_find(void **state)
{
	const struct find *row = *state;
	struct arena *arena = arena_new();
	struct ip ip = { .family = IP_NONE };
	const struct network *found;
	char text[NETWORK_TEXT_MAX];

	if (row->ip != NULL)
		assert_int_equal(ip_parse(row->ip, &ip), 0);
	found = networks_find(networks_new(arena, &lists[row->list]), &ip);
	if (row->expected == NULL)
		assert_null(found);
	else
		assert_string_equal(network_format(found, text), row->expected);
	arena_free(arena);
}

static const struct entry {
	const char *name, *text;
	const char *problem;	/* a part of it; NULL: the entry is good */
} entry_table[] = {
	{ "entry_address", "192.0.2.1", NULL },
	{ "entry_network", "192.0.2.0/24", NULL },
	{ "entry_v6", "2001:db8::/32", NULL },
	{ "entry_everything_ID_03", "::/0", NULL },
	{ "entry_host_bits_ID_03", "10.1.2.3/8", "did you mean 10.0.0.0/8?" },
	{ "entry_prefix_33_ID_03", "10.0.0.0/33", "does not fit" },
	{ "entry_negative_prefix_ID_03", "10.0.0.0/-1", "no IP address or network" },
	{ "entry_octal_ID_03", "010.0.0.1", "no IP address or network" },
	{ "entry_short_ID_03", "10.1", "no IP address or network" },
	{ "entry_hexadecimal_ID_03", "0x0a000001", "no IP address or network" },
	{ "entry_letter_behind_ID_03", "1.2.3.4/24x", "no IP address or network" },
	{ "entry_name", "localhost", "no IP address or network" },
	{ "entry_empty", "", "no IP address or network" },
};

static void check_entry(void **state)
{
	const struct entry *row = *state;
	const struct conf_where where = { .file = "milter.conf", .line = 1 };
	char problem[CONF_PROBLEM_MAX] = "";

	assert_int_equal(networks_check(NULL, row->text, where, NULL, problem), row->problem == NULL ? 0 : -EINVAL);
	if (row->problem == NULL)
		assert_string_equal(problem, "");
	else
		assert_non_null(strstr(problem, row->problem));
}

static void an_empty_list_says_so(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_true(networks_empty(networks_new(arena, &lists[NOTHING])));
	assert_false(networks_empty(networks_new(arena, &lists[EVERY_V6])));
	arena_free(arena);
}

/* The search against the plain meaning: of all networks that contain the address, one with the longest prefix. */
static void the_search_agrees_with_a_walk_over_all(void **state)
{
	enum { NETWORKS = 500, LOOKUPS = 20000 };
	struct arena *arena = arena_new();
	struct conf_item *items = arena_array(arena, NETWORKS, sizeof(*items));
	struct network *all = arena_array(arena, NETWORKS, sizeof(*all));
	const struct networks *networks;
	unsigned seed = 3;

	(void)state;
	for (size_t i = 0; i < NETWORKS; i++) {
		char text[64], good[NETWORK_TEXT_MAX];

		(void)snprintf(text, sizeof(text), i % 2 == 0 ? "10.%u.%u.0/%u" : "2001:%x:%x::/%u", (unsigned)rand_r(&seed) % 8,
			       (unsigned)rand_r(&seed) % 256, 8 + (unsigned)rand_r(&seed) % 25);
		assert_true(network_parse(text, &all[i]) != -EINVAL);
		items[i].text = arena_strdup(arena, network_format(&all[i], good));
	}
	networks = networks_new(arena, &(struct conf_list){ .items = items, .len = NETWORKS });
	for (size_t i = 0; i < LOOKUPS; i++) {
		const struct network *found, *best = NULL;
		char text[64];
		struct ip ip;

		(void)snprintf(text, sizeof(text), i % 2 == 0 ? "10.%u.%u.%u" : "2001:%x:%x::%x", (unsigned)rand_r(&seed) % 9,
			       (unsigned)rand_r(&seed) % 256, (unsigned)rand_r(&seed) % 256);
		assert_int_equal(ip_parse(text, &ip), 0);
		for (size_t j = 0; j < NETWORKS; j++)
			if (network_contains(&all[j], &ip) && (best == NULL || all[j].prefix > best->prefix))
				best = &all[j];
		found = networks_find(networks, &ip);
		assert_int_equal(found != NULL, best != NULL);
		if (found != NULL)
			assert_true(found->prefix == best->prefix && ip_equal(&found->ip, &best->ip));
	}
	arena_free(arena);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, find_table, check_find);
	rows_add(&rows, entry_table, check_entry);
	rows_add_one(&rows, "an_empty_list_says_so", an_empty_list_says_so, NULL);
	rows_add_one(&rows, "the_search_agrees_with_a_walk_over_all", the_search_agrees_with_a_walk_over_all, NULL);
	return rows_run(&rows, "networks");
}
