/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our own name: the addresses and domains that our mail carries, looked up in the lists that others may ask about it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "milter/base/clock.h"
#include "milter/lookup/listings.h"
#include "scanners/dnsbl_lookup.h"
#include "scanners/reputation_lists.h"
#include "scanners/reputation_settings.h"
#include "scanners/scanners.h"

#define WAIT_MS 30000		/* for the answers about one address or domain */
#define REASON_WAIT_MS 10000
#define TEXT_MAX 1500		/* of an event */

/* Everything but next_ms, told and listings is not written after open; these are the chore's alone. */
struct reputation {
	struct arena *arena;
	struct services services;	/* without tell: the scanner dnsbl says what is wrong with a list */
	struct dnsbl_lists lists;
	uint64_t next_ms;		/* monotonic; 0: at once */
	bool loaded;
	bool told;			/* that nothing can be kept */
	struct arena *kept;		/* of listings */
	struct listing *listings;
	size_t listings_len;
};

/* --- opening --- */

static struct dnsbl_zone *new_zone(struct reputation *reputation, const struct dnsbl_list *list, enum dnsbl_kind kind)
{
	const struct dnsbl_zone_options options = {
		.name = list->zone, .title = list->settings.title, .kind = kind, .refusals = list->filter.refusals,
		.self_test = list->settings.self_test, .max_listed_percent = 100,	/* few questions, and a bad day may list us all */
	};

	return dnsbl_zone_new(&reputation->services, &options);
}

static void read_list(struct reputation *reputation, const struct reputation_settings *settings, const struct dnsbl_settings *section,
		      struct dnsbl_list *list)
{
	unsigned subjects = dnsbl_settings_subjects(section);

	*list = (struct dnsbl_list){
		.settings = *section, .zone = dnsbl_settings_zone(reputation->arena, section),
		.subjects = ((subjects & DNSBL_CLIENT) != 0 ? DNSBL_CLIENT : 0) |
			    ((subjects & (DNSBL_HELO | DNSBL_SENDER)) != 0 ? DNSBL_SENDER : 0),
		.filter = { dnsbl_codes_new(reputation->arena, &section->codes), dnsbl_codes_new(reputation->arena, &section->refusal_codes) },
	};
	list->settings.txt = true;
	if ((list->subjects & DNSBL_CLIENT) != 0 && settings->addresses.len > 0) {
		list->health[DNSBL_V4] = new_zone(reputation, list, DNSBL_V4);
		list->health[DNSBL_V6] = section->ipv6 ? new_zone(reputation, list, DNSBL_V6) : NULL;
	}
	if ((list->subjects & DNSBL_SENDER) != 0 && settings->domains.len > 0)
		list->health[DNSBL_DOMAIN] = new_zone(reputation, list, DNSBL_DOMAIN);
}

static int reputation_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	const struct reputation_settings *settings = conf_settings(conf, "reputation");
	const char *unknown = reputation_unknown(conf, settings);
	size_t count = conf_count(conf, "dnsbl");
	struct reputation *reputation;
	struct dnsbl_list *items;

	if (unknown != NULL) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "reputation.lists: there is no section dnsbl \"%.100s\"", unknown);
		return -EINVAL;
	}
	reputation = xcalloc(1, sizeof(*reputation));
	reputation->arena = arena_new();
	reputation->kept = arena_new();
	reputation->services = *services;
	reputation->services.tell = NULL;
	items = arena_array(reputation->arena, count, sizeof(*items));
	reputation->lists.items = items;
	for (size_t i = 0; i < count; i++)
		if (reputation_wants(settings, conf_settings_at(conf, "dnsbl", i)))
			read_list(reputation, settings, conf_settings_at(conf, "dnsbl", i), &items[reputation->lists.len++]);
	*ret_shared = reputation;
	return 0;
}

static void reputation_close(void *shared)
{
	struct reputation *reputation = shared;

	for (size_t i = 0; i < reputation->lists.len; i++)
		for (unsigned kind = 0; kind < DNSBL_KINDS; kind++)
			if (reputation->lists.items[i].health[kind] != NULL)
				dnsbl_zone_free(reputation->lists.items[i].health[kind]);
	arena_free(reputation->kept);
	arena_free(reputation->arena);
	free(reputation);
}

/* --- one look --- */

struct look {
	struct reputation *reputation;
	const struct services *services;
	struct arena *arena;
	int64_t now_ms;
	struct listing *found;		/* what is listed now, or was and could not be asked about */
	size_t found_len;
};

static const struct listing *known(const struct reputation *reputation, const char *about, const char *list)
{
	for (size_t i = 0; i < reputation->listings_len; i++)
		if (strcmp(reputation->listings[i].about, about) == 0 && strcmp(reputation->listings[i].list, list) == 0)
			return &reputation->listings[i];
	return NULL;
}

static void keep(struct look *look, const struct listing *listing)
{
	*(struct listing *)arena_push(look->arena, (void **)&look->found, &look->found_len, sizeof(*listing)) = *listing;
}

static void note_listed(struct look *look, const struct dnsbl_lookup *lookup, const char *about, uint32_t address)
{
	const char *title = lookup->list->settings.title, *zone = lookup->list->zone, *meaning = reputation_meaning(zone, address);
	const struct listing *before = known(look->reputation, about, title);
	char reason[DNSBL_REASON_MAX + 1], code[DNSBL_ADDRESS_MAX];

	(void)dnsbl_lookup_reason(lookup, clock_monotonic_ms() + REASON_WAIT_MS, reason);
	keep(look, &(struct listing){
		.about = about, .list = title, .code = arena_strdup(look->arena, dnsbl_address_format(address, code)),
		.reason = arena_printf(look->arena, "%s%s%s", meaning, meaning[0] != '\0' && reason[0] != '\0' ? "; " : "", reason),
		.removal = reputation_removal(look->arena, zone, reason), .since_ms = before != NULL ? before->since_ms : look->now_ms,
		.seen_ms = look->now_ms,
	});
}

/* "Could not tell" is no listing, and no end of one. */
static void take_answer(struct look *look, const struct dnsbl_lookup *lookup, const char *about)
{
	const struct listing *before = known(look->reputation, about, lookup->list->settings.title);
	struct dnsbl_reading reading = dnsbl_lookup_read(lookup);

	if (reading.meaning == DNSBL_LISTED)
		note_listed(look, lookup, about, reading.address);
	else if (reading.meaning == DNSBL_ERROR && before != NULL)
		keep(look, before);
}

static void take_answers(struct look *look, const struct dnsbl_lookups *lookups, const char *about)
{
	uint64_t until_ms = clock_monotonic_ms() + WAIT_MS;

	for (size_t i = 0; i < lookups->len; i++) {
		if (lookups->items[i].pursuit != NULL)
			(void)pursuit_wait(lookups->items[i].pursuit, until_ms, NULL, NULL);
		take_answer(look, &lookups->items[i], about);
	}
}

static void look_up_address(struct look *look, const char *text)
{
	struct session session = { .arena = arena_new() };
	struct scan scan = { .services = &look->reputation->services, .session = &session };
	struct dnsbl_lookups lookups = { .len = 0 };
	char about[IP_TEXT_MAX];

	if (ip_parse(text, &session.client) == 0) {
		dnsbl_lookup_client(&lookups, &scan, &look->reputation->lists, session.arena);
		take_answers(look, &lookups, arena_printf(look->arena, "address:%s", ip_format(&session.client, about)));
	}
	arena_free(session.arena);
}

static void look_up_domain(struct look *look, const char *text)
{
	struct session session = { .arena = arena_new() };
	struct scan scan = { .services = &look->reputation->services, .session = &session };
	struct dnsbl_lookups lookups = { .len = 0 };
	const char *domain;

	if (domain_normalise(session.arena, str_of(text), &domain) == 0) {
		dnsbl_lookup_name(&lookups, &scan, &look->reputation->lists, session.arena, DNSBL_SENDER, domain);
		take_answers(look, &lookups, arena_printf(look->arena, "domain:%s", domain));
	}
	arena_free(session.arena);
}

/* --- what is told --- */

static void happened(const struct look *look, const char *event, const char *about, const char *text)
{
	if (look->services->happened != NULL)
		look->services->happened(&(struct event){ .event = event, .about = about, .text = text, .urgent = true });
}

static const char *listing_text(const struct look *look, const struct listing *listing)
{
	return arena_printf(look->arena, "listed by %s (%s%s%s)%s%s", listing->list, listing->code, listing->reason[0] == '\0' ? "" : ": ",
			    listing->reason, listing->removal[0] == '\0' ? "" : "; ask for removal at ", listing->removal);
}

/* One event for all lists that are new: who writes mails about events takes those of one name for one. */
static void tell_listed(const struct look *look, const char *about)
{
	const char *text = "";

	for (size_t i = 0; i < look->found_len && strlen(text) < TEXT_MAX; i++) {
		const struct listing *listing = &look->found[i];

		if (strcmp(listing->about, about) == 0 && known(look->reputation, about, listing->list) == NULL)
			text = arena_printf(look->arena, "%s%s%s", text, text[0] == '\0' ? "" : "; ", listing_text(look, listing));
	}
	if (text[0] != '\0')
		happened(look, "listed", about, text);
}

static bool is_first_of(const struct look *look, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(look->found[j].about, look->found[i].about) == 0)
			return false;
	return true;
}

/* "3 h" or "2 days". */
static const char *duration(struct arena *arena, int64_t ms)
{
	long long hours = ms < 0 ? 0 : ms / 3600000;

	return hours < 48 ? arena_printf(arena, "%lld h", hours) : arena_printf(arena, "%lld days", hours / 24);
}

static bool is_listed_still(const struct look *look, const struct listing *listing)
{
	for (size_t i = 0; i < look->found_len; i++)
		if (strcmp(look->found[i].about, listing->about) == 0 && strcmp(look->found[i].list, listing->list) == 0)
			return true;
	return false;
}

/* What is not asked about any more has not been removed: it is forgotten. */
static bool is_asked(const struct look *look, const struct listing *listing, const struct reputation_settings *settings)
{
	const struct conf_list *names = strncmp(listing->about, "address:", 8) == 0 ? &settings->addresses : &settings->domains;
	const char *name = strchr(listing->about, ':');
	bool asked = false;

	for (size_t i = 0; name != NULL && i < look->reputation->lists.len; i++)
		asked |= strcmp(look->reputation->lists.items[i].settings.title, listing->list) == 0;
	for (size_t i = 0; asked && i < names->len; i++) {
		const char *text = names->items[i].text, *domain;
		char address[IP_TEXT_MAX];
		struct ip ip;

		if (ip_parse(text, &ip) == 0)
			text = ip_format(&ip, address);
		else if (domain_normalise(look->arena, str_of(text), &domain) == 0)
			text = domain;
		if (strcmp(text, name + 1) == 0)
			return true;
	}
	return false;
}

static void tell_changes(const struct look *look, const struct reputation_settings *settings)
{
	const struct reputation *reputation = look->reputation;

	for (size_t i = 0; i < look->found_len; i++)
		if (is_first_of(look, i))
			tell_listed(look, look->found[i].about);
	for (size_t i = 0; i < reputation->listings_len; i++) {
		const struct listing *listing = &reputation->listings[i];

		if (!is_listed_still(look, listing) && is_asked(look, listing, settings))
			happened(look, "unlisted", listing->about, arena_printf(look->arena, "%s does not list it any more, after %s", listing->list,
				 duration(look->arena, look->now_ms - listing->since_ms)));
	}
}

/* --- what is kept --- */

static void remember(struct look *look)
{
	struct reputation *reputation = look->reputation;
	struct arena *arena = arena_new();
	struct listing *copies = arena_array(arena, look->found_len, sizeof(*copies));

	for (size_t i = 0; i < look->found_len; i++) {
		const struct listing *listing = &look->found[i];

		copies[i] = (struct listing){
			arena_strdup(arena, listing->about), arena_strdup(arena, listing->list), arena_strdup(arena, listing->code),
			arena_strdup(arena, listing->reason), arena_strdup(arena, listing->removal), listing->since_ms, listing->seen_ms,
		};
	}
	arena_free(reputation->kept);
	reputation->kept = arena;
	reputation->listings = copies;
	reputation->listings_len = look->found_len;
}

static void save(struct look *look)
{
	struct reputation *reputation = look->reputation;
	const char *state = look->services->state;
	int r = state == NULL ? 0 : listings_write(arena_printf(look->arena, "%s/listed", state), reputation->listings, reputation->listings_len);

	if (r < 0 && !reputation->told && look->services->tell != NULL)
		look->services->tell(arena_printf(look->arena, "reputation: %s/listed cannot be written: %s", state, strerror(-r)));
	reputation->told = r < 0;
}

static void load(struct reputation *reputation, const struct services *services)
{
	int len = 0;

	if (!reputation->loaded && services->state != NULL)
		len = listings_read(arena_printf(reputation->kept, "%s/listed", services->state), reputation->kept, &reputation->listings);
	if (len > 0)
		reputation->listings_len = (size_t)len;
	reputation->loaded = true;
}

/* --- */

static void look_around(struct reputation *reputation, const struct reputation_settings *settings, const struct services *services)
{
	struct look look = { .reputation = reputation, .services = services, .arena = arena_new(), .now_ms = (int64_t)clock_wall_ms() };

	for (size_t i = 0; i < settings->addresses.len; i++)
		look_up_address(&look, settings->addresses.items[i].text);
	for (size_t i = 0; i < settings->domains.len; i++)
		look_up_domain(&look, settings->domains.items[i].text);
	tell_changes(&look, settings);
	remember(&look);
	save(&look);
	arena_free(look.arena);
}

static void test_zones(const struct reputation *reputation)
{
	for (size_t i = 0; i < reputation->lists.len; i++)
		for (unsigned kind = 0; kind < DNSBL_KINDS; kind++)
			if (reputation->lists.items[i].health[kind] != NULL)
				dnsbl_zone_test(reputation->lists.items[i].health[kind]);
}

static void reputation_chore(const void *section, void *shared, const struct services *services)
{
	const struct reputation_settings *settings = section;
	struct reputation *reputation = shared;

	if (settings->addresses.len + settings->domains.len == 0 || services->resolver == NULL || clock_monotonic_ms() < reputation->next_ms)
		return;
	reputation->next_ms = clock_monotonic_ms() + settings->every_ms;
	load(reputation, services);
	test_zones(reputation);
	look_around(reputation, settings, services);
}

static const struct outcome reputation_outcomes[] = { { .name = NULL } };

static const struct option_section *const reputation_sections[] = { &reputation_section, NULL };

const struct scanner scanner_reputation = {
	.name = "reputation",
	.summary = "are our own addresses and domains in a DNS list",
	.sections = reputation_sections,
	.outcomes = reputation_outcomes,
	.open = reputation_open,
	.close = reputation_close,
	.chore = reputation_chore,
};
