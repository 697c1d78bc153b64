/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/sign_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "scanners/sign_key_file.h"
#include "scanners/sign_settings.h"

static void free_key(void *key)
{
	dkim_sign_key_free(key);
}

static int load_key(struct arena *arena, const struct sign_key_settings *settings, struct sign_key *key, char *problem)
{
	const char *phrase;
	int r;

	(void)dkim_sign_name_parse(arena, str_of(settings->title), &key->record, &phrase);	/* the section's check has seen to it */
	key->subdomains = settings->subdomains;
	r = sign_key_file_load(settings->file, &key->key, problem);
	if (r == 0)
		arena_defer(arena, free_key, key->key);
	return r;
}

/* A verifier that looks at one signature only had better find the one it understands. */
static int compare(const void *a, const void *b)
{
	const struct sign_key *x = a, *y = b;
	int order = strcmp(x->record.domain, y->record.domain);

	if (order == 0)
		order = (int)dkim_sign_key_type(x->key) - (int)dkim_sign_key_type(y->key);
	return order != 0 ? order : strcmp(x->record.selector, y->record.selector);
}

static int check_twins(const struct sign_key *items, size_t len, char *problem)
{
	for (size_t i = 1; i < len; i++) {
		for (size_t j = i; j-- > 0 && strcmp(items[i].record.domain, items[j].record.domain) == 0;) {
			if (strcmp(items[i].record.name, items[j].record.name) != 0)
				continue;
			(void)snprintf(problem, CONF_PROBLEM_MAX, "sign.key: there are two keys \"%.200s\"", items[i].record.name);
			return -EEXIST;
		}
	}
	return 0;
}

int sign_keys_load(struct arena *arena, const struct conf *conf, struct sign_keys *ret_keys, char problem[CONF_PROBLEM_MAX])
{
	size_t len = conf_count(conf, "sign.key");
	struct sign_key *items = arena_array(arena, len, sizeof(*items));
	int r = 0;

	for (size_t i = 0; i < len && r == 0; i++)
		r = load_key(arena, conf_settings_at(conf, "sign.key", i), &items[i], problem);
	if (r < 0)
		return r;
	if (len > 0)
		qsort(items, len, sizeof(*items), compare);
	*ret_keys = (struct sign_keys){ items, len };
	return check_twins(items, len, problem);
}

/* The first key that is not before domain. */
static size_t lower_bound(const struct sign_keys *keys, const char *domain)
{
	size_t low = 0, high = keys->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(keys->items[middle].record.domain, domain) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct sign_keys keys_of(const struct sign_keys *keys, const char *domain)
{
	size_t first = lower_bound(keys, domain), len = 0;

	while (first + len < keys->len && strcmp(keys->items[first + len].record.domain, domain) == 0)
		len++;
	return (struct sign_keys){ len == 0 ? NULL : keys->items + first, len };
}

static bool is_open(const struct sign_keys *keys)
{
	for (size_t i = 0; i < keys->len; i++)
		if (keys->items[i].subdomains)
			return true;
	return false;
}

struct sign_keys sign_keys_find(const struct sign_keys *keys, const char *domain)
{
	struct sign_keys found = keys_of(keys, domain);

	while (found.len == 0 && (domain = strchr(domain, '.')) != NULL) {
		found = keys_of(keys, ++domain);
		if (!is_open(&found))
			found.len = 0;
	}
	return found;
}
