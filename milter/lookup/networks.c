/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/networks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sorted by family, then prefix from long to short, then address: a look-up is one binary search for each prefix length
 * that occurs. */
struct networks {
	struct network *items;
	size_t len;
};

static int compare_groups(const struct network *a, const struct network *b)
{
	if (a->ip.family != b->ip.family)
		return a->ip.family < b->ip.family ? -1 : 1;
	if (a->prefix != b->prefix)
		return a->prefix > b->prefix ? -1 : 1;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct network *left = a, *right = b;
	int order = compare_groups(left, right);

	return order != 0 ? order : memcmp(left->ip.bytes, right->ip.bytes, sizeof(left->ip.bytes));
}

const struct networks *networks_new(struct arena *arena, const struct conf_list *list)
{
	struct networks *networks = arena_new_of(arena, struct networks);

	networks->items = arena_array(arena, list->len, sizeof(*networks->items));
	for (size_t i = 0; i < list->len; i++)
		if (network_parse(list->items[i].text, &networks->items[networks->len]) == 0)
			networks->len++;
	if (networks->len > 0)
		qsort(networks->items, networks->len, sizeof(*networks->items), compare);
	return networks;
}

static struct network masked(const struct ip *ip, unsigned prefix)
{
	struct network network = { .ip = *ip, .prefix = prefix };

	for (unsigned i = prefix / 8; i < sizeof(network.ip.bytes); i++) {
		unsigned keep = i == prefix / 8 ? prefix % 8 : 0;

		network.ip.bytes[i] &= (uint8_t)(0xff00u >> keep);
	}
	return network;
}

/* The first index from start on whose group differs from that of items[start]. */
static size_t group_end(const struct networks *networks, size_t start)
{
	size_t low = start, high = networks->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_groups(&networks->items[middle], &networks->items[start]) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct network *networks_find(const struct networks *networks, const struct ip *ip)
{
	size_t end;

	for (size_t start = 0; start < networks->len; start = end) {
		const struct network *found;
		struct network key;

		end = group_end(networks, start);
		if (networks->items[start].ip.family != ip->family)
			continue;
		key = masked(ip, networks->items[start].prefix);
		found = bsearch(&key, &networks->items[start], end - start, sizeof(key), compare);
		if (found != NULL)
			return found;
	}
	return NULL;
}

bool networks_empty(const struct networks *networks)
{
	return networks->len == 0;
}

int networks_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	char meant[NETWORK_TEXT_MAX];
	struct network network;
	int r = network_parse(text, &network);

	(void)conf, (void)where, (void)field;
	if (r == -EDOM)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "network \"%.60s\" has host bits set; did you mean %s?", text,
			       network_format(&network, meant));
	else if (r == -ERANGE)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "the prefix of \"%.60s\" does not fit its address", text);
	else if (r < 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" is no IP address or network (192.0.2.1, 192.0.2.0/24, 2001:db8::/32)",
			       text);
	return r < 0 ? -EINVAL : 0;
}
