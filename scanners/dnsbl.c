/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DNS lists (RFC 5782) of clients, HELO names and sender domains: asked as soon as it is known what about, read when the answers are
 * there. */
#include "milter/base/clock.h"
#include "milter/mail/domain.h"
#include "scanners/dnsbl_lookup.h"
#include "scanners/scanners.h"

struct dnsbl {
	struct arena *arena;
	struct dnsbl_lists lists;
	struct known_zone {
		const char *name;
		enum dnsbl_kind kind;
		struct dnsbl_zone *zone;
	} *zones;
	size_t zones_len;
};

struct dnsbl_session {
	struct dnsbl_lookups client, helo;
};

struct dnsbl_message {
	struct dnsbl_lookups sender;
};

enum { SETS = 3 };

#define REASON_WAIT_MS 1000	/* for all TXT of a message: they only adorn replies */

/* Sections that ask the same zone share what is known of it; the options of the first one hold. */
static struct dnsbl_zone *zone_for(struct dnsbl *dnsbl, const struct services *services, const struct dnsbl_list *list,
				   enum dnsbl_kind kind)
{
	const struct dnsbl_zone_options options = {
		.name = list->zone,
		.title = list->settings.title,
		.kind = kind,
		.refusals = list->filter.refusals,
		.self_test = list->settings.self_test,
		.max_listed_percent = list->settings.max_listed_percent,
	};
	struct known_zone *known;

	for (size_t i = 0; i < dnsbl->zones_len; i++)
		if (dnsbl->zones[i].kind == kind && strcmp(dnsbl->zones[i].name, list->zone) == 0)
			return dnsbl->zones[i].zone;
	known = arena_push(dnsbl->arena, (void **)&dnsbl->zones, &dnsbl->zones_len, sizeof(*known));
	*known = (struct known_zone){ list->zone, kind, dnsbl_zone_new(services, &options) };
	return known->zone;
}

static void read_list(struct dnsbl *dnsbl, const struct services *services, const struct dnsbl_settings *settings,
		      struct dnsbl_list *list)
{
	*list = (struct dnsbl_list){
		.settings = *settings,
		.zone = dnsbl_settings_zone(dnsbl->arena, settings),
		.subjects = dnsbl_settings_subjects(settings),
		.filter = {
			.codes = dnsbl_codes_new(dnsbl->arena, &settings->codes),
			.refusals = dnsbl_codes_new(dnsbl->arena, &settings->refusal_codes),
		},
	};
	list->settings.on_listed = dnsbl_settings_on_listed(settings);
	if ((list->subjects & DNSBL_CLIENT) != 0)
		list->health[DNSBL_V4] = zone_for(dnsbl, services, list, DNSBL_V4);
	if ((list->subjects & DNSBL_CLIENT) != 0 && settings->ipv6)
		list->health[DNSBL_V6] = zone_for(dnsbl, services, list, DNSBL_V6);
	if ((list->subjects & (DNSBL_HELO | DNSBL_SENDER)) != 0)
		list->health[DNSBL_DOMAIN] = zone_for(dnsbl, services, list, DNSBL_DOMAIN);
}

static int dnsbl_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	size_t count = conf_count(conf, "dnsbl");
	struct arena *arena = arena_new();
	struct dnsbl *dnsbl = arena_new_of(arena, struct dnsbl);
	struct dnsbl_list *items = arena_array(arena, count, sizeof(*items));

	(void)problem;
	dnsbl->arena = arena;
	dnsbl->lists.items = items;
	for (size_t i = 0; i < count; i++) {
		const struct dnsbl_settings *settings = conf_settings_at(conf, "dnsbl", i);

		if (settings->enabled)
			read_list(dnsbl, services, settings, &items[dnsbl->lists.len++]);
	}
	*ret_shared = dnsbl;
	return 0;
}

static void dnsbl_close(void *shared)
{
	struct dnsbl *dnsbl = shared;

	for (size_t i = 0; i < dnsbl->zones_len; i++)
		dnsbl_zone_free(dnsbl->zones[i].zone);
	arena_free(dnsbl->arena);
}

static void test_zones(const struct dnsbl *dnsbl)
{
	for (size_t i = 0; i < dnsbl->zones_len; i++)
		dnsbl_zone_test(dnsbl->zones[i].zone);
}

static void look_up_client(struct scan *scan)
{
	const struct dnsbl *dnsbl = scan->shared;
	struct dnsbl_session *session = scan->session_state;

	dnsbl_lookup_client(&session->client, scan, &dnsbl->lists, scan->session->arena);
}

static void look_up_helo(struct scan *scan)
{
	const struct dnsbl *dnsbl = scan->shared;
	struct dnsbl_session *session = scan->session_state;
	struct arena *arena = arena_new();
	const char *name = "";

	(void)domain_normalise(arena, str_of(scan->session->helo), &name);
	dnsbl_lookup_name(&session->helo, scan, &dnsbl->lists, scan->session->arena, DNSBL_HELO, name);
	arena_free(arena);
}

static void dnsbl_connect(struct scan *scan)
{
	test_zones(scan->shared);
	look_up_client(scan);
}

/* What could not be told at the last message of the session may be known at this one. */
static void dnsbl_mailfrom(struct scan *scan)
{
	const struct dnsbl *dnsbl = scan->shared;
	const struct message *message = scan->message;
	struct dnsbl_message *state = scan->message_state;

	look_up_client(scan);
	look_up_helo(scan);
	if (message->mailfrom_problem == NULL && message->mailfrom.domain != NULL && message->mailfrom.literal.family == IP_NONE)
		dnsbl_lookup_name(&state->sender, scan, &dnsbl->lists, message->arena, DNSBL_SENDER, message->mailfrom.domain);
}

static bool is_listed(const struct dnsbl_lookup *lookup, enum dnsbl_type type)
{
	return lookup->list->settings.type == (int)type && dnsbl_lookup_done(lookup) &&
	       dnsbl_lookup_read(lookup).meaning == DNSBL_LISTED;
}

static struct rule_action action_of(const struct dnsbl_lookup *lookup, const struct scan *scan)
{
	return lookup->list->settings.on_listed.by_direction[scan->message->direction];
}

/* An allow list that accepts stands over all deny lists of the same thing; one with a weight only weighs. */
static bool may_overrule(const struct dnsbl_lookup *lookup, const struct scan *scan)
{
	struct rule_action action = action_of(lookup, scan);

	return lookup->list->settings.type == DNSBL_ALLOW && action.action == ACTION_ACCEPT && !action.observe;
}

static bool is_overruled(const struct dnsbl_lookups *set, const struct scan *scan)
{
	for (size_t i = 0; i < set->len; i++)
		if (may_overrule(&set->items[i], scan) && is_listed(&set->items[i], DNSBL_ALLOW))
			return true;
	return false;
}

static bool may_refuse(const struct dnsbl_lookup *lookup, const struct scan *scan)
{
	const struct dnsbl_settings *settings = &lookup->list->settings;

	return rule_refuses(&settings->on_listed, scan->message->direction) ||
	       rule_refuses(&settings->on_error, scan->message->direction);
}

static bool any_may_refuse(const struct dnsbl_lookups *set, const struct scan *scan)
{
	for (size_t i = 0; i < set->len; i++)
		if (may_refuse(&set->items[i], scan))
			return true;
	return false;
}

static bool set_done(const struct dnsbl_lookups *set)
{
	for (size_t i = 0; i < set->len; i++)
		if (!dnsbl_lookup_done(&set->items[i]))
			return false;
	return true;
}

static bool at_end(const struct scan *scan)
{
	return scan->wait_until_ms == UINT64_MAX;
}

/* At RCPT only those are waited for that decide whether somebody is refused there. */
static void wait_for(struct dnsbl_lookups *set, const struct scan *scan)
{
	bool refusing = any_may_refuse(set, scan);

	for (size_t i = 0; i < set->len && scan->wait_until_ms > 0; i++) {
		struct dnsbl_lookup *lookup = &set->items[i];

		if (lookup->pursuit == NULL)
			continue;
		if (at_end(scan) || may_refuse(lookup, scan) || (refusing && may_overrule(lookup, scan)))
			(void)pursuit_wait(lookup->pursuit, scan->wait_until_ms, scan->progress, scan->progress_arg);
	}
}

/* Is it certain that there will be a refusal, whatever the others say? */
static bool set_refuses(const struct dnsbl_lookups *set, const struct scan *scan)
{
	bool refuses = false;

	for (size_t i = 0; i < set->len; i++) {
		const struct dnsbl_lookup *lookup = &set->items[i];

		if (may_overrule(lookup, scan) && !dnsbl_lookup_done(lookup))
			return false;
		if (rule_refuses(&lookup->list->settings.on_listed, scan->message->direction) && !action_of(lookup, scan).observe)
			refuses |= is_listed(lookup, DNSBL_DENY);
	}
	return refuses && !is_overruled(set, scan);
}

static const char *subject_text(const struct dnsbl_lookups *set, struct arena *arena)
{
	static const char *const names[] = {
		[DNSBL_CLIENT] = "client", [DNSBL_HELO] = "HELO name", [DNSBL_SENDER] = "sender domain",
	};

	return arena_printf(arena, "%s %s", names[set->subject], set->asked);
}

static void add_error(struct scan *scan, const struct dnsbl_lookups *set, const struct dnsbl_lookup *lookup,
		      const struct dnsbl_reading *reading)
{
	const struct dnsbl_settings *settings = &lookup->list->settings;
	const char *subject = subject_text(set, scan->arena);
	char code[DNSBL_ADDRESS_MAX];

	if (reading->refused)
		finding_add_of(scan, settings, "error", "%s could not tell about %s: answer %s, %s", settings->title, subject,
			       dnsbl_address_format(reading->address, code), reading->why);
	else
		finding_add_of(scan, settings, "error", "%s could not tell about %s: %s", settings->title, subject, reading->why);
}

/* RFC 8904. */
static void add_dnswl(struct scan *scan, const struct dnsbl_lookup *lookup, const struct dnsbl_words *words)
{
	const struct authres_result result = {
		.method = "dnswl",
		.result = "pass",
		.properties = {
			{ "dns.zone", words->title },
			{ "dns.sec", lookup->answer->secure ? "yes" : "na" },
			{ "policy.ip", words->code },
			{ words->reason[0] == '\0' ? NULL : "policy.txt", words->reason },
		},
	};

	result_add(scan, &result);
}

static void add_listed(struct scan *scan, const struct dnsbl_lookups *set, const struct dnsbl_lookup *lookup,
		       const struct dnsbl_reading *reading, uint64_t reason_until_ms)
{
	const struct dnsbl_settings *settings = &lookup->list->settings;
	bool overruled = settings->type == DNSBL_DENY && is_overruled(set, scan);
	bool waits = !overruled && rule_refuses(&settings->on_listed, scan->message->direction);
	char code[DNSBL_ADDRESS_MAX], reason[DNSBL_REASON_MAX + 1];
	const struct dnsbl_words words = {
		.subject = subject_text(set, scan->arena),
		.asked = set->asked,
		.title = settings->title,
		.code = dnsbl_address_format(reading->address, code),
		.reason = dnsbl_lookup_reason(lookup, waits ? reason_until_ms : 0, reason),
	};

	if (settings->type == DNSBL_ALLOW) {
		finding_add_of(scan, settings, "allowed", "%s", dnsbl_text(scan->arena, settings->text, &words));
		if (set->subject == DNSBL_CLIENT)
			add_dnswl(scan, lookup, &words);
	} else if (overruled) {
		finding_add_of(scan, settings, "overruled", "%s is listed by %s (%s), but an allow list has it", words.subject,
			       words.title, words.code);
	} else {
		finding_add_of(scan, settings, "listed", "%s", dnsbl_text(scan->arena, settings->text, &words));
	}
}

static void add_set(struct scan *scan, const struct dnsbl_lookups *set, uint64_t reason_until_ms)
{
	for (size_t i = 0; i < set->len; i++) {
		const struct dnsbl_reading reading = dnsbl_lookup_read(&set->items[i]);

		if (reading.meaning == DNSBL_LISTED)
			add_listed(scan, set, &set->items[i], &reading, reason_until_ms);
		else if (reading.meaning == DNSBL_ERROR)
			add_error(scan, set, &set->items[i], &reading);
	}
}

/* Would a refusal lack the list's own words? */
static bool set_lacks_words(const struct dnsbl_lookups *set)
{
	for (size_t i = 0; i < set->len; i++)
		if (is_listed(&set->items[i], DNSBL_DENY) && !dnsbl_lookup_reason_known(&set->items[i]))
			return true;
	return false;
}

/* A slow list must not spoil the refusal at RCPT that another one is sure of: what is still missing there "could not tell". */
static bool is_time_to_report(struct dnsbl_lookups *const sets[SETS], const struct scan *scan)
{
	bool done = true, refuses = false, lacks_words = false;

	for (size_t i = 0; i < SETS; i++) {
		done = done && set_done(sets[i]);
		refuses = refuses || set_refuses(sets[i], scan);
		lacks_words = lacks_words || set_lacks_words(sets[i]);
	}
	if (at_end(scan))
		return true;
	return scan->phase == PHASE_RCPT ? done || refuses : done && !lacks_words;	/* words that are late are heard at RCPT or the end */
}

static bool dnsbl_report(struct scan *scan)
{
	struct dnsbl_session *session = scan->session_state;
	struct dnsbl_message *message = scan->message_state;
	struct dnsbl_lookups *const sets[SETS] = { &session->client, &session->helo, &message->sender };
	uint64_t reason_until_ms;

	for (size_t i = 0; i < SETS; i++)
		wait_for(sets[i], scan);
	if (!is_time_to_report(sets, scan))
		return false;
	reason_until_ms = clock_monotonic_ms() + REASON_WAIT_MS;
	if (reason_until_ms > scan->wait_until_ms)
		reason_until_ms = scan->wait_until_ms;
	for (size_t i = 0; i < SETS; i++)
		add_set(scan, sets[i], reason_until_ms);
	return true;
}

#define REPLIES .code = 554, .status = "5.7.1", .defer_code = 451, .defer_status = "4.7.1"

static const struct outcome dnsbl_outcomes[] = {
	{ "listed", REFUSE_DOOR, offsetof(struct dnsbl_settings, on_listed), REPLIES },
	{ "allowed", REFUSE_DOOR, offsetof(struct dnsbl_settings, on_listed), REPLIES },
	{ .name = "overruled", .refusal = REFUSE_DOOR, .rule_offset = OUTCOME_FIXED, .fixed_action = ACTION_ACCEPT },
	{ "error", REFUSE_DOOR, offsetof(struct dnsbl_settings, on_error), REPLIES },
	{ .name = NULL },
};

static const struct option_section *const dnsbl_sections[] = { &dnsbl_section, NULL };

const struct scanner scanner_dnsbl = {
	.name = "dnsbl",
	.summary = "DNS lists of clients and domains",
	.sections = dnsbl_sections,
	.outcomes = dnsbl_outcomes,
	/* who has logged in sends from where he happens to be */
	.directions = SCANNER_IN(DIRECTION_INBOUND),
	.open = dnsbl_open,
	.close = dnsbl_close,
	.advise = dnsbl_advise,
	.session_size = sizeof(struct dnsbl_session),
	.message_size = sizeof(struct dnsbl_message),
	.connect = dnsbl_connect,
	.helo = look_up_helo,
	.mailfrom = dnsbl_mailfrom,
	.report = dnsbl_report,
};
