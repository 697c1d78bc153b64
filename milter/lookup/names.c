/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Open addressing, at most half full. An entry is kept normalised and in lower case: "user@domain" as address->text has it,
 * "domain", ".domain", "*" or "<>"; a leading "@" is dropped, so that "@example.com" and "example.com" are one. */
struct names {
	const char **slots;
	size_t mask;
	size_t len;
};

static size_t hash_name(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325u;	/* FNV-1a: the lists are the operator's, not a stranger's */

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
	return (size_t)hash;
}

static const char **slot_of(const struct names *names, const char *name)
{
	size_t i = hash_name(name) & names->mask;

	while (names->slots[i] != NULL && strcmp(names->slots[i], name) != 0)
		i = (i + 1) & names->mask;
	return &names->slots[i];
}

static const char *lookup(const struct names *names, const char *name)
{
	return *slot_of(names, name);
}

/* Domains are in lower case anyway; of local parts only ASCII letters lose theirs, as in address_matches. */
static void lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = ascii_lower(*text);
}

static void add(struct names *names, char *entry)
{
	const char **slot;

	lower(entry);
	slot = slot_of(names, entry[0] == '@' ? entry + 1 : entry);
	if (*slot == NULL)
		names->len++;
	*slot = entry[0] == '@' ? entry + 1 : entry;
}

const struct names *names_new(struct arena *arena, const struct conf_list *list)
{
	struct names *names = arena_new_of(arena, struct names);
	size_t size = 4;

	while (size < list->len * 2)
		size *= 2;
	names->slots = arena_array(arena, size, sizeof(*names->slots));
	names->mask = size - 1;
	for (size_t i = 0; i < list->len; i++) {
		const char *entry;

		if (address_entry_normalise(arena, str_of(list->items[i].text), &entry) == 0)
			add(names, arena_strdup(arena, entry));
	}
	return names;
}

bool names_empty(const struct names *names)
{
	return names->len == 0;
}

const char *names_find_domain(const struct names *names, const char *domain)
{
	const char *found = lookup(names, domain);

	for (const char *dot = strchr(domain, '.'); found == NULL && dot != NULL; dot = strchr(dot + 1, '.'))
		found = lookup(names, dot);
	return found != NULL ? found : lookup(names, "*");
}

const char *names_find_address(const struct names *names, const struct address *address)
{
	char key[ADDRESS_MAX + 8];
	const char *found;

	if (address->text[0] == '\0')
		return lookup(names, "<>");
	if (address->domain == NULL || strlen(address->text) >= sizeof(key))
		return NULL;
	(void)stpcpy(key, address->text);
	lower(key);
	found = lookup(names, key);
	return found != NULL ? found : names_find_domain(names, address->domain);
}

static int entry_check(const char *text, bool want_domain, char *problem)
{
	struct arena *arena = arena_new();
	const char *entry;
	int r = address_entry_normalise(arena, str_of(text), &entry);

	if (r == 0 && want_domain && (strchr(entry, '@') != NULL || strcmp(entry, "<>") == 0))
		r = -EINVAL;
	if (r < 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" is no %s", text,
			       want_domain ? "domain (example.com, or .example.com for all names below it)"
					   : "address (user@example.com, @example.com, .example.com, * or <>)");
	arena_free(arena);
	return r;
}

int domains_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	(void)conf, (void)where, (void)field;
	return entry_check(text, true, problem);
}

int addresses_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	(void)conf, (void)where, (void)field;
	return entry_check(text, false, problem);
}
