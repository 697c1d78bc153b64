/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/spf_suite_zone.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

enum { TYPES = 5, CNAMES_MAX = 8 };
static const enum dns_type types[TYPES] = { DNS_A, DNS_AAAA, DNS_MX, DNS_PTR, DNS_TXT };

struct entry {
	char word[8];
	struct str data;
	unsigned preference;
};

struct owner {
	const char *name;
	struct entry *entries;
	size_t entries_len;
	const struct dns_answer *answers[TYPES];
};

struct spf_zone {
	struct arena *arena;
	struct owner *owners;
	size_t owners_len;
	const struct dns_answer *nxdomain, *timeout;
};

static void unref_answer(void *answer)
{
	dns_answer_unref(answer);
}

/* The arena holds the reference from now on. */
static const struct dns_answer *keep(struct arena *arena, struct dns_answer *answer)
{
	arena_defer(arena, unref_answer, answer);
	return answer;
}

struct spf_zone *spf_zone_new(struct arena *arena)
{
	struct spf_zone *zone = arena_new_of(arena, struct spf_zone);

	zone->arena = arena;
	zone->nxdomain = keep(arena, dns_answer_nothing(true));
	zone->timeout = keep(arena, dns_answer_unknown("timeout"));
	return zone;
}

/* The name as text, as dns.h has it. */
static const char *name_text(struct arena *arena, struct str name)
{
	char *text = arena_alloc(arena, name.len * 4 + 1), *out = text;

	if (name.len > 0 && name.p[name.len - 1] == '.')
		name.len--;
	for (size_t i = 0; i < name.len; i++) {
		const char c = name.p[i];

		if (ascii_is_alnum(c) || c == '-' || c == '_' || c == '.')
			*out++ = ascii_lower(c);
		else
			out += sprintf(out, "\\%03u", (unsigned)(unsigned char)c);
	}
	return text;
}

static struct owner *find_owner(const struct spf_zone *zone, const char *name)
{
	for (size_t i = 0; i < zone->owners_len; i++)
		if (ascii_equal(zone->owners[i].name, name))
			return &zone->owners[i];
	return NULL;
}

void spf_zone_add(struct spf_zone *zone, struct str name, const char *word, struct str data, unsigned preference)
{
	const char *text = name_text(zone->arena, name);
	struct owner *owner = find_owner(zone, text);
	struct entry *entry;

	if (owner == NULL) {
		owner = arena_push(zone->arena, (void **)&zone->owners, &zone->owners_len, sizeof(*owner));
		owner->name = text;
	}
	if (word == NULL)
		return;
	entry = arena_push(zone->arena, (void **)&owner->entries, &owner->entries_len, sizeof(*entry));
	*entry = (struct entry){ .data = data, .preference = preference };
	(void)snprintf(entry->word, sizeof(entry->word), "%s", word);
}

static bool has(const struct owner *owner, const char *word)
{
	for (size_t i = 0; i < owner->entries_len; i++)
		if (strcmp(owner->entries[i].word, word) == 0)
			return true;
	return false;
}

static bool is_none(const struct entry *entry)
{
	return strcmp(entry->word, "TXT") == 0 && str_equal(entry->data, STR("NONE"));
}

static struct dns_record read_record(struct arena *arena, enum dns_type type, const struct entry *entry)
{
	const int family = type == DNS_A ? AF_INET : AF_INET6;
	char *bytes;

	if (type == DNS_TXT)
		return (struct dns_record){ .data = entry->data };
	if (type == DNS_MX || type == DNS_PTR)
		return (struct dns_record){ .data = str_of(name_text(arena, entry->data)), .preference = entry->preference };
	bytes = arena_alloc(arena, 16);
	if (inet_pton(family, arena_strndup(arena, entry->data.p, entry->data.len), bytes) != 1) {
		(void)fprintf(stderr, "spf_suite: %.*s is no address\n", (int)entry->data.len, entry->data.p);
		abort();
	}
	return (struct dns_record){ .data = { bytes, type == DNS_A ? 4 : 16 } };
}

static const struct dns_answer *own_answer(const struct spf_zone *zone, const struct owner *owner, enum dns_type type)
{
	const char *word = type == DNS_TXT && !has(owner, "TXT") ? "SPF" : dns_type_name(type);
	struct dns_record *records = NULL;
	size_t len = 0;

	for (size_t i = 0; i < owner->entries_len; i++) {
		const struct entry *entry = &owner->entries[i];

		if (strcmp(entry->word, "TIMEOUT") == 0 && len == 0)
			return zone->timeout;
		if (strcmp(entry->word, word) != 0 || is_none(entry))
			continue;
		*(struct dns_record *)arena_push(zone->arena, (void **)&records, &len, sizeof(*records)) =
			read_record(zone->arena, type, entry);
	}
	return keep(zone->arena, len == 0 ? dns_answer_nothing(false) : dns_answer_new(DNS_FOUND, "", records, len));
}

/* Where the CNAMEs lead to; NULL with *ret_answer when it is nowhere. */
static struct owner *follow(const struct spf_zone *zone, const char *name, const struct dns_answer **ret_answer)
{
	struct owner *owner = find_owner(zone, name);

	for (unsigned hops = 0; owner != NULL && has(owner, "CNAME"); hops++) {
		if (hops == CNAMES_MAX) {
			*ret_answer = zone->timeout;
			return NULL;
		}
		owner = find_owner(zone, name_text(zone->arena, owner->entries[0].data));
	}
	if (owner == NULL)
		*ret_answer = zone->nxdomain;
	return owner;
}

void spf_zone_finish(struct spf_zone *zone)
{
	for (size_t i = 0; i < zone->owners_len; i++) {
		struct owner *owner = &zone->owners[i];

		for (size_t k = 0; k < TYPES; k++) {
			const struct owner *end = follow(zone, owner->name, &owner->answers[k]);

			if (end != NULL)
				owner->answers[k] = own_answer(zone, end, types[k]);
		}
	}
}

const struct dns_answer *spf_zone_answer(const struct spf_zone *zone, const char *name, enum dns_type type)
{
	const struct owner *owner = find_owner(zone, name);

	for (size_t k = 0; owner != NULL && k < TYPES; k++)
		if (types[k] == type)
			return owner->answers[k];
	if (str_has_prefix(str_of(name), STR("error.")))
		return zone->timeout;
	return zone->nxdomain;
}
