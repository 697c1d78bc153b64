/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dnsbl_lookup.h"

#include <stdio.h>

#include "milter/base/clock.h"

#define QUESTIONS 3	/* itself, and the two of the self-test */

/* Nobody outside can have these, and no list knows anything about them (RFC 6890). */
static const struct network not_public[] = {
	{ { IP_V4, { 0 } }, 8 },
	{ { IP_V4, { 10 } }, 8 },
	{ { IP_V4, { 100, 64 } }, 10 },
	{ { IP_V4, { 127 } }, 8 },
	{ { IP_V4, { 169, 254 } }, 16 },
	{ { IP_V4, { 172, 16 } }, 12 },
	{ { IP_V4, { 192, 168 } }, 16 },
	{ { IP_V4, { 224 } }, 3 },
	{ { IP_V6, { 0 } }, 127 },
	{ { IP_V6, { 0xfc } }, 7 },
	{ { IP_V6, { 0xfe, 0x80 } }, 10 },
	{ { IP_V6, { 0xfe, 0xc0 } }, 10 },
	{ { IP_V6, { 0xff } }, 8 },
};

bool dnsbl_is_public(const struct ip *ip)
{
	for (size_t i = 0; i < sizeof(not_public) / sizeof(not_public[0]); i++)
		if (network_contains(&not_public[i], ip))
			return false;
	return ip->family != IP_NONE;
}

bool dnsbl_lookup_done(const struct dnsbl_lookup *lookup)
{
	return lookup->pursuit == NULL || pursuit_done(lookup->pursuit);
}

/* Asks for the reason as soon as it is known that there is one; nobody is kept waiting for it. */
static bool lookup_step(struct pursuit *pursuit, void *state)
{
	struct dnsbl_lookup *lookup = state;
	const struct dns_answer *answer = pursuit_ask(pursuit, lookup->name, DNS_A);
	bool tested = !lookup->tests || dnsbl_zone_ask_test(lookup->health, pursuit, &lookup->tested);

	if (answer == NULL)
		return false;
	if (lookup->answer == NULL) {
		lookup->answer = answer;
		dnsbl_zone_note(lookup->health, answer);
		if (lookup->list->settings.txt && dnsbl_read(answer, &lookup->list->filter).meaning == DNSBL_LISTED)
			resolver_prefetch(lookup->resolver, lookup->name, DNS_TXT);
	}
	return tested || answer->status != DNS_FOUND;
}

static void lookup_drop(struct dnsbl_lookup *lookup)
{
	pursuit_drop(lookup->pursuit);
	lookup->pursuit = NULL;
	lookup->answer = NULL;
}

static void lookup_start(struct dnsbl_lookup *lookup, const struct ip *ip, const char *name)
{
	struct dnsbl_state state = dnsbl_zone_state(lookup->health);
	const char *zone = lookup->list->zone;
	char reverse[DNS_REVERSE_MAX];
	struct arena *arena;
	uint64_t timeout_ms;

	lookup_drop(lookup);
	if (lookup->resolver == NULL || state.health == DNSBL_OFF)
		return;
	lookup->tests = state.health == DNSBL_UNTESTED;
	timeout_ms = resolver_settings_of(lookup->resolver)->timeout_ms;
	lookup->pursuit = pursuit_new(lookup->resolver, clock_monotonic_ms() + timeout_ms, QUESTIONS);
	arena = pursuit_arena(lookup->pursuit);
	if (ip == NULL)
		lookup->name = arena_printf(arena, "%s.%s", name, zone);
	else
		lookup->name = arena_strdup(arena, dns_reverse_name(ip, zone, reverse));
	pursuit_start(lookup->pursuit, lookup_step, lookup);
}

static void lookups_drop(void *object)
{
	struct dnsbl_lookups *lookups = object;

	for (size_t i = 0; i < lookups->len; i++)
		lookup_drop(&lookups->items[i]);
	lookups->len = 0;
}

/* The lists that are for this kind of thing; the array has room for all of them and is made once. */
static void choose_lists(struct dnsbl_lookups *lookups, struct scan *scan, const struct dnsbl_lists *lists, struct arena *arena,
			 enum dnsbl_kind kind)
{
	if (!lookups->tied) {
		lookups->items = arena_array(arena, lists->len, sizeof(*lookups->items));
		lookups->tied = true;
		arena_defer(arena, lookups_drop, lookups);
	}
	lookups_drop(lookups);
	for (size_t i = 0; i < lists->len; i++) {
		const struct dnsbl_list *list = &lists->items[i];

		if ((list->subjects & lookups->subject) == 0 || list->health[kind] == NULL)
			continue;
		lookups->items[lookups->len++] = (struct dnsbl_lookup){
			.list = list, .health = list->health[kind], .resolver = scan->services->resolver,
		};
	}
}

/* What was asked when the list was off, or what nobody could tell, may be known by now. */
static bool is_stale(const struct dnsbl_lookup *lookup)
{
	if (!dnsbl_lookup_done(lookup))
		return false;
	return lookup->pursuit == NULL || lookup->answer->status == DNS_UNKNOWN ||
	       (lookup->answer->status == DNS_FOUND && lookup->tests && lookup->tested.health == DNSBL_UNTESTED);
}

static void start_all(struct dnsbl_lookups *lookups, const struct ip *ip, const char *name, bool only_stale)
{
	for (size_t i = 0; i < lookups->len; i++)
		if (!only_stale || is_stale(&lookups->items[i]))
			lookup_start(&lookups->items[i], ip, name);
}

void dnsbl_lookup_client(struct dnsbl_lookups *lookups, struct scan *scan, const struct dnsbl_lists *lists, struct arena *arena)
{
	const struct ip *client = &scan->session->client;
	bool again = lookups->asked[0] != '\0';
	char text[IP_TEXT_MAX];

	if (!dnsbl_is_public(client))
		return;
	(void)snprintf(lookups->asked, sizeof(lookups->asked), "%s", ip_format(client, text));
	lookups->subject = DNSBL_CLIENT;
	if (!again)
		choose_lists(lookups, scan, lists, arena, client->family == IP_V4 ? DNSBL_V4 : DNSBL_V6);
	start_all(lookups, client, NULL, again);
}

/* A name without a dot is nowhere in the DNS; and "test" is the entry with which a list shows that it works. */
static bool may_be_listed(const char *name)
{
	return strchr(name, '.') != NULL;
}

void dnsbl_lookup_name(struct dnsbl_lookups *lookups, struct scan *scan, const struct dnsbl_lists *lists, struct arena *arena,
		       enum dnsbl_subject subject, const char *name)
{
	bool again = strcmp(lookups->asked, name) == 0;

	if (!again || !may_be_listed(name)) {
		lookups_drop(lookups);
		lookups->asked[0] = '\0';
	}
	if (!may_be_listed(name))
		return;
	lookups->subject = subject;
	if (!again) {
		(void)snprintf(lookups->asked, sizeof(lookups->asked), "%s", name);
		choose_lists(lookups, scan, lists, arena, DNSBL_DOMAIN);
	}
	start_all(lookups, NULL, name, again);
}

/* What is known of the list by now; one that had passed no test when it was asked has answered one beside it. */
static struct dnsbl_state state_of(const struct dnsbl_lookup *lookup)
{
	struct dnsbl_state state = dnsbl_zone_state(lookup->health);

	return state.health == DNSBL_UNTESTED && lookup->tests ? lookup->tested : state;
}

static struct dnsbl_reading could_not_tell(const char *why)
{
	return (struct dnsbl_reading){ .meaning = DNSBL_ERROR, .why = why };
}

struct dnsbl_reading dnsbl_lookup_read(const struct dnsbl_lookup *lookup)
{
	struct dnsbl_reading reading;
	struct dnsbl_state state;

	if (lookup->resolver == NULL)
		return could_not_tell("there is no resolver");
	if (!dnsbl_lookup_done(lookup))
		return could_not_tell("no answer in time");
	state = state_of(lookup);
	if (state.health == DNSBL_OFF)
		return could_not_tell(state.why);
	if (lookup->pursuit == NULL)
		return could_not_tell("it was switched off");
	reading = dnsbl_read(lookup->answer, &lookup->list->filter);
	if (reading.meaning == DNSBL_LISTED && state.health == DNSBL_UNTESTED)
		return could_not_tell("it has not passed its self-test yet");
	return reading;
}

bool dnsbl_lookup_reason_known(const struct dnsbl_lookup *lookup)
{
	struct dns_answer *txt;
	bool known;

	if (!lookup->list->settings.txt)
		return true;
	txt = resolver_ask_and_wait(lookup->resolver, lookup->name, DNS_TXT, 0);
	known = txt->status != DNS_UNKNOWN;
	dns_answer_unref(txt);
	return known;
}

const char *dnsbl_lookup_reason(const struct dnsbl_lookup *lookup, uint64_t wait_until_ms, char text[DNSBL_REASON_MAX + 1])
{
	struct dns_answer *txt;

	text[0] = '\0';
	if (!lookup->list->settings.txt)
		return text;
	txt = resolver_ask_and_wait(lookup->resolver, lookup->name, DNS_TXT, wait_until_ms);
	(void)dnsbl_reason(txt, text);
	dns_answer_unref(txt);
	return text;
}
