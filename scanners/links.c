/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts of links, which the cage has found in the message, looked up in DNS lists of domains; and links that show another host than they lead to. */
#include "milter/base/clock.h"
#include "milter/base/ip.h"
#include "milter/lookup/names.h"
#include "milter/lookup/psl.h"
#include "scanners/dnsbl_lookup.h"
#include "scanners/inspection.h"
#include "scanners/links_settings.h"
#include "scanners/scanners.h"

#define REASON_WAIT_MS 1000	/* for the TXT of a list: they only adorn replies */

struct links {
	struct arena *arena;
	struct dnsbl_list *items;
	struct dnsbl_lists lists;			/* the same */
	const struct links_list_settings **settings;	/* of the list at the same place */
	struct dnsbl_zone **zones;			/* likewise */
	const struct names *trusted;
	struct psl *psl;
};

/* What was asked about one message. */
struct links_message {
	struct dnsbl_lookups *items;	/* one for each name */
	size_t len;
	bool started;
};

/* A links section has the rules of its own; for the lookup it is a list like another. */
static void read_list(struct links *links, const struct services *services, const struct links_list_settings *settings)
{
	struct dnsbl_list *list = &links->items[links->lists.len];
	struct dnsbl_zone_options options;

	*list = (struct dnsbl_list){
		.settings = { .title = settings->title, .enabled = true, .txt = settings->txt, .text = settings->text },
		.zone = links_settings_zone(links->arena, settings),
		.subjects = DNSBL_SENDER,
		.filter = {
			.codes = dnsbl_codes_new(links->arena, &settings->codes),
			.refusals = dnsbl_codes_new(links->arena, &settings->refusal_codes),
		},
	};
	options = (struct dnsbl_zone_options){
		.name = list->zone,
		.title = settings->title,
		.kind = DNSBL_DOMAIN,
		.refusals = list->filter.refusals,
		.self_test = settings->self_test,
		.max_listed_percent = settings->max_listed_percent,
	};
	list->health[DNSBL_DOMAIN] = links->zones[links->lists.len] = dnsbl_zone_new(services, &options);
	links->settings[links->lists.len++] = settings;
}

static void links_close(void *shared)
{
	struct links *links = shared;

	for (size_t i = 0; i < links->lists.len; i++)
		dnsbl_zone_free(links->zones[i]);
	psl_close(links->psl);
	arena_free(links->arena);
}

static int links_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	const struct links_settings *settings = conf_settings(conf, "links");
	size_t count = conf_count(conf, "links.list");
	struct arena *arena = arena_new();
	struct links *links = arena_new_of(arena, struct links);
	int r = 0;

	links->arena = arena;
	links->trusted = names_new(arena, &settings->trusted);
	links->items = arena_array(arena, count, sizeof(*links->items));
	links->lists.items = links->items;
	links->settings = arena_array(arena, count, sizeof(const struct links_list_settings *));
	links->zones = arena_array(arena, count, sizeof(struct dnsbl_zone *));
	if (settings->enabled)
		r = psl_open("", problem, &links->psl);
	for (size_t i = 0; r == 0 && settings->enabled && i < count; i++) {
		const struct links_list_settings *list = conf_settings_at(conf, "links.list", i);

		if (list->enabled)
			read_list(links, services, list);
	}
	if (r < 0)
		links_close(links);
	else
		*ret_shared = links;
	return r;
}

static void links_advise(const struct conf *conf, void (*say)(void *arg, const char *format, ...), void *arg)
{
	const struct links_settings *settings = conf_settings(conf, "links");
	size_t lists = conf_count(conf, "links.list");

	if (settings->enabled && lists == 0 && settings->on_display_mismatch.by_direction[DIRECTION_INBOUND].action == ACTION_ACCEPT)
		say(arg, "links.enabled is yes, but there is no section list in it and on_display_mismatch is accept: nothing comes of it");
	if (!settings->enabled && lists > 0)
		say(arg, "links.enabled is no: the lists in it are not asked");
}

/* --- the questions --- */

static const struct inspection *inspection_of(const struct scan *scan)
{
	const struct links_settings *settings = scan->settings;
	const struct inspection *inspection = scan->message->inspection;

	return settings->enabled && inspection != NULL && inspection->state == INSPECTION_DONE ? inspection : NULL;
}

static bool is_trusted(const struct scan *scan, const char *host)
{
	const struct links *links = scan->shared;

	return names_find_domain(links->trusted, host) != NULL ||
	       (scan->services->domains != NULL && names_find_domain(scan->services->domains, host) != NULL);
}

static const char *registered_domain(const struct links *links, const char *host)
{
	const char *domain = psl_org_domain(links->psl, host);

	return domain == NULL ? host : domain;
}

static bool is_address(const char *host)
{
	struct ip ip;

	return ip_parse(host, &ip) == 0;
}

static void add_name(const char **names, size_t *len, const char *name)
{
	for (size_t i = 0; i < *len; i++)
		if (strcmp(names[i], name) == 0)
			return;
	names[(*len)++] = name;
}

/* The hosts, and the domains below which they are: lists have the one or the other. */
static size_t choose_names(struct scan *scan, const struct inventory *inventory, const char ***ret_names)
{
	const struct links_settings *settings = scan->settings;
	const char **hosts = arena_array(scan->arena, inventory->hosts_len, sizeof(*hosts));
	const char **names = arena_array(scan->arena, 2 * inventory->hosts_len, sizeof(*names));
	size_t hosts_len = 0, len = 0;

	for (size_t i = 0; i < inventory->hosts_len && hosts_len < settings->max_hosts; i++)
		if (!is_address(inventory->hosts[i].host) && !is_trusted(scan, inventory->hosts[i].host))
			add_name(hosts, &hosts_len, inventory->hosts[i].host);
	for (size_t i = 0; i < hosts_len; i++) {
		add_name(names, &len, hosts[i]);
		add_name(names, &len, registered_domain(scan->shared, hosts[i]));
	}
	*ret_names = names;
	return len;
}

static void links_eom(struct scan *scan)
{
	const struct inspection *inspection = inspection_of(scan);
	const struct links *links = scan->shared;
	struct links_message *state = scan->message_state;
	const char **names;

	if (inspection == NULL)
		return;
	state->started = true;
	if (links->lists.len == 0)
		return;
	for (size_t i = 0; i < links->lists.len; i++)
		dnsbl_zone_test(links->zones[i]);
	state->len = choose_names(scan, &inspection->answer.inventory, &names);
	state->items = arena_array(scan->message->arena, state->len, sizeof(*state->items));
	for (size_t i = 0; i < state->len; i++)
		dnsbl_lookup_name(&state->items[i], scan, &links->lists, scan->message->arena, DNSBL_SENDER, names[i]);
}

/* --- the findings --- */

static void wait_for_all(const struct scan *scan, const struct links_message *state)
{
	for (size_t i = 0; i < state->len; i++)
		for (size_t k = 0; k < state->items[i].len; k++)
			if (state->items[i].items[k].pursuit != NULL)
				(void)pursuit_wait(state->items[i].items[k].pursuit, scan->wait_until_ms, scan->progress, scan->progress_arg);
}

/* The first name of which this list says so, and how many there are. */
struct told {
	const struct dnsbl_lookups *lookups;
	const struct dnsbl_lookup *lookup;
	struct dnsbl_reading reading;
	size_t count;
};

static struct told ask_list(const struct links_message *state, const struct dnsbl_list *list, enum dnsbl_meaning meaning)
{
	struct told told = { .count = 0 };

	for (size_t i = 0; i < state->len; i++)
		for (size_t k = 0; k < state->items[i].len; k++) {
			const struct dnsbl_lookup *lookup = &state->items[i].items[k];
			if (lookup->list != list || dnsbl_lookup_read(lookup).meaning != meaning || told.count++ > 0)
				continue;
			told.lookups = &state->items[i];
			told.lookup = lookup;
			told.reading = dnsbl_lookup_read(lookup);
		}
	return told;
}

static const char *others(struct arena *arena, size_t count)
{
	return count < 2 ? "" : arena_printf(arena, ", and %zu more", count - 1);
}

static void add_listed(struct scan *scan, const struct links_list_settings *settings, const struct told *told)
{
	char code[DNSBL_ADDRESS_MAX], reason[DNSBL_REASON_MAX + 1];
	bool waits = rule_refuses(&settings->on_listed, scan->message->direction);
	const struct dnsbl_words words = {
		.subject = arena_printf(scan->arena, "link to %s", told->lookups->asked),
		.asked = told->lookups->asked,
		.title = settings->title,
		.code = dnsbl_address_format(told->reading.address, code),
		.reason = dnsbl_lookup_reason(told->lookup, waits ? clock_monotonic_ms() + REASON_WAIT_MS : 0, reason),
	};

	finding_add_of(scan, settings, "listed", "%s%s", dnsbl_text(scan->arena, settings->text, &words), others(scan->arena, told->count));
	finding_note(scan, "host", words.asked);
	finding_note(scan, "list", words.title);
}

static void add_lists(struct scan *scan, const struct links_message *state)
{
	const struct links *links = scan->shared;

	for (size_t i = 0; i < links->lists.len; i++) {
		struct told listed = ask_list(state, &links->lists.items[i], DNSBL_LISTED);
		struct told unsure = ask_list(state, &links->lists.items[i], DNSBL_ERROR);

		if (listed.count > 0)
			add_listed(scan, links->settings[i], &listed);
		if (unsure.count > 0)
			finding_add_of(scan, links->settings[i], "error", "%s could not tell about link to %s: %s%s", links->settings[i]->title,
				       unsure.lookups->asked, unsure.reading.why, others(scan->arena, unsure.count));
	}
}

static bool deceives(const struct scan *scan, const struct inventory_host *link)
{
	const struct links *links = scan->shared;

	if (link->shown[0] == '\0' || is_trusted(scan, link->host))
		return false;
	return strcmp(registered_domain(links, link->host), registered_domain(links, link->shown)) != 0;
}

static void add_mismatch(struct scan *scan, const struct inventory *inventory)
{
	const struct inventory_host *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < inventory->hosts_len; i++)
		if (deceives(scan, &inventory->hosts[i]) && count++ == 0)
			first = &inventory->hosts[i];
	if (first == NULL)
		return;
	finding_add(scan, "display_mismatch", "a link that shows %s leads to %s%s", first->shown, first->host, others(scan->arena, count));
	finding_note(scan, "shown", first->shown);
	finding_note(scan, "host", first->host);
}

static bool links_report(struct scan *scan)
{
	const struct links_message *state = scan->message_state;

	if (scan->phase != PHASE_EOM || scan->wait_until_ms != UINT64_MAX)
		return false;	/* nothing is known before the end of the message, and nobody is refused for it earlier */
	if (!state->started)
		return true;
	wait_for_all(scan, state);
	add_lists(scan, state);
	add_mismatch(scan, &scan->message->inspection->answer.inventory);
	return true;
}

#define OUTCOME(name_, offset) \
	{ name_, REFUSE_CONTENT, offset, .code = 550, .status = "5.7.1", .defer_code = 451, .defer_status = "4.7.1" }

static const struct outcome links_outcomes[] = {
	OUTCOME("listed", offsetof(struct links_list_settings, on_listed)),
	OUTCOME("error", offsetof(struct links_list_settings, on_error)),
	OUTCOME("display_mismatch", offsetof(struct links_settings, on_display_mismatch)),
	{ .name = NULL },
};

static const struct option_section *const links_sections[] = { &links_section, &links_list_section, NULL };

const struct scanner scanner_links = {
	.name = "links",
	.summary = "hosts of links in text and HTML",
	.sections = links_sections,
	.outcomes = links_outcomes,
	.directions = SCANNER_IN(DIRECTION_INBOUND),
	.open = links_open,
	.close = links_close,
	.advise = links_advise,
	.message_size = sizeof(struct links_message),
	.eom = links_eom,
	.report = links_report,
};
