/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a stranger calls itself at HELO or EHLO (RFC 5321 4.1.1.1).
 *
 * The name is asked for at HELO and judged for each message: the last one before MAIL counts. */
#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/lookup/names.h"
#include "milter/lookup/networks.h"
#include "milter/lookup/resolver.h"
#include "milter/mail/domain.h"
#include "scanners/helo_name.h"
#include "scanners/helo_settings.h"
#include "scanners/scanners.h"

enum {
	QUESTIONS_MAX = 4,
	EARLY_MAX = 5,		/* of a client that says EHLO for ever, only the names that came with a MAIL are asked for */
};

/* What is asked about a name, and what came of it. */
struct helo_question {
	const char *name;
	enum dns_type address_type;	/* of the client's address; 0: is there anything at all? */
	struct ip client;
	enum dns_status status;		/* DNS_FOUND: it exists; it has the client's address */
};

struct helo_session {
	char helo[sizeof(((struct session *)NULL)->helo_text)];		/* what the pursuit is about */
	struct pursuit *pursuit;
	struct helo_question *question;		/* in the pursuit's arena */
	unsigned asked;
	bool is_tied;		/* drop_state will be called with the session */
	bool told_unknown;	/* a message has heard that it could not be told: ask again for the next one */
};

struct helo_shared {
	struct arena *arena;
	const struct networks *trusted;
};

static int helo_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	const struct helo_settings *settings = conf_settings(conf, "helo");
	struct arena *arena = arena_new();
	struct helo_shared *shared = arena_new_of(arena, struct helo_shared);

	(void)services, (void)problem;
	shared->arena = arena;
	shared->trusted = networks_new(arena, &settings->trusted);
	*ret_shared = shared;
	return 0;
}

static void helo_close(void *shared)
{
	arena_free(((struct helo_shared *)shared)->arena);
}

/* A program on this host may well use its name, and "localhost" too. */
static bool is_this_host(const struct session *session)
{
	return ip_is_loopback(&session->client) ||
	       (session->daemon.family != IP_NONE && ip_equal(&session->client, &session->daemon));
}

static bool is_judged(const struct scan *scan)
{
	const struct helo_settings *settings = scan->settings;
	const struct helo_shared *shared = scan->shared;

	return settings->enabled && !is_this_host(scan->session) && networks_find(shared->trusted, &scan->session->client) == NULL;
}

/* Names below one of our domains are those of any host there; the entry itself is what forgers say. */
static bool is_own_name(const struct scan *scan, struct arena *arena, const char *name)
{
	const char *entry = names_find_domain(scan->services->domains, name), *mta_host;

	if (strcmp(name, scan->services->host) == 0 || (entry != NULL && strcmp(entry, name) == 0))
		return true;
	return domain_normalise(arena, str_of(scan->session->mta_host), &mta_host) == 0 && strcmp(name, mta_host) == 0;
}

/* --- the questions --- */

/* Most hosts have an A record, and most forged names do not exist: AAAA and MX are asked for only when there is more to learn. */
static bool exists_step(struct pursuit *pursuit, struct helo_question *question)
{
	static const enum dns_type others[] = { DNS_AAAA, DNS_MX };
	const struct dns_answer *answer = pursuit_ask(pursuit, question->name, DNS_A);
	bool complete = true;

	if (answer == NULL)
		return false;
	question->status = answer->status;
	if (answer->status != DNS_NOTHING || answer->nxdomain)
		return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		answer = pursuit_ask(pursuit, question->name, others[i]);
		complete = complete && answer != NULL;
		if (answer != NULL && answer->status != DNS_NOTHING && question->status != DNS_FOUND)
			question->status = answer->status;
	}
	return complete || question->status == DNS_FOUND;
}

static bool is_clients_step(struct pursuit *pursuit, struct helo_question *question)
{
	const struct dns_answer *answer = pursuit_ask(pursuit, question->name, question->address_type);

	if (answer == NULL)
		return false;
	question->status = answer->status == DNS_UNKNOWN ? DNS_UNKNOWN : DNS_NOTHING;
	for (size_t i = 0; answer->status == DNS_FOUND && i < answer->len; i++) {
		struct ip ip = dns_record_ip(&answer->records[i]);

		if (ip_equal(&ip, &question->client))
			question->status = DNS_FOUND;
	}
	return true;
}

static bool helo_step(struct pursuit *pursuit, void *state)
{
	struct helo_question *question = state;

	return question->address_type == 0 ? exists_step(pursuit, question) : is_clients_step(pursuit, question);
}

static void drop_pursuit(void *object)
{
	struct helo_session *state = object;

	pursuit_drop(state->pursuit);
	state->pursuit = NULL;
}

static struct helo_question *new_question(const struct scan *scan, struct arena *arena, const char *name)
{
	struct helo_question *question = arena_new_of(arena, struct helo_question);

	question->name = arena_strdup(arena, name);
	question->client = scan->session->client;
	question->status = DNS_UNKNOWN;
	if (is_own_name(scan, arena, name))
		question->address_type = question->client.family == IP_V6 ? DNS_AAAA : DNS_A;
	return question;
}

static void start_pursuit(struct scan *scan, const char *name)
{
	struct helo_session *state = scan->session_state;
	struct resolver *resolver = scan->services->resolver;
	uint64_t time_ms = 2 * resolver_settings_of(resolver)->timeout_ms;	/* of two questions in a row */

	if (!state->is_tied)
		arena_defer(scan->session->arena, drop_pursuit, state);
	state->is_tied = true;
	state->asked++;
	state->told_unknown = false;
	state->pursuit = pursuit_new(resolver, clock_monotonic_ms() + time_ms, QUESTIONS_MAX);
	state->question = new_question(scan, pursuit_arena(state->pursuit), name);
	pursuit_start(state->pursuit, helo_step, state->question);
}

/* The pursuit about what the client has said last. */
static struct pursuit *pursuit_of(const struct scan *scan)
{
	const struct helo_session *state = scan->session_state;

	return strcmp(state->helo, scan->session->helo) == 0 ? state->pursuit : NULL;
}

static void ask(struct scan *scan)
{
	_cleanup_(arena_freep) struct arena *arena = NULL;
	struct helo_session *state = scan->session_state;
	struct helo_name found;

	if (scan->services->resolver == NULL || !is_judged(scan) || (pursuit_of(scan) != NULL && !state->told_unknown))
		return;
	drop_pursuit(state);
	(void)snprintf(state->helo, sizeof(state->helo), "%s", scan->session->helo);
	arena = arena_new();
	found = helo_name_read(arena, state->helo);
	if (found.kind == HELO_NAME || (found.kind == HELO_UNQUALIFIED && is_own_name(scan, arena, found.name)))
		start_pursuit(scan, found.name);
}

static void helo_helo(struct scan *scan)
{
	const struct helo_session *state = scan->session_state;

	if (state->asked < EARLY_MAX)
		ask(scan);
}

/* --- the findings --- */

/* Is the answer there, or may there be no more waiting for it? At RCPT waiting is only for those whose refusal could come of it. */
static bool wait_for_answer(const struct scan *scan, const struct rule *on_nothing)
{
	const struct helo_settings *settings = scan->settings;
	enum direction direction = scan->message->direction;
	bool is_last = scan->wait_until_ms == UINT64_MAX;
	struct pursuit *pursuit = pursuit_of(scan);

	if (pursuit == NULL || pursuit_done(pursuit))
		return true;
	if (!is_last && !rule_refuses(on_nothing, direction) && !rule_refuses(&settings->on_temperror, direction))
		return false;
	return pursuit_wait(pursuit, scan->wait_until_ms, scan->progress, scan->progress_arg);
}

static enum dns_status status_of(const struct scan *scan)
{
	struct helo_session *state = scan->session_state;
	enum dns_status status = pursuit_of(scan) == NULL ? DNS_UNKNOWN : state->question->status;

	state->told_unknown = status == DNS_UNKNOWN;
	return status;
}

static bool report_own(struct scan *scan, const char *shown)
{
	const struct helo_settings *settings = scan->settings;
	bool is_known = scan->session->client.family != IP_NONE;
	enum dns_status status = DNS_UNKNOWN;

	if (is_known && !wait_for_answer(scan, &settings->on_own))
		return false;
	if (is_known)
		status = status_of(scan);
	if (status == DNS_NOTHING)
		finding_add(scan, "own", "HELO \"%s\" is a name of ours", shown);
	else if (status == DNS_UNKNOWN)
		finding_add(scan, "temperror", "HELO \"%s\" is a name of ours; whether the client may use it could not be told",
			    shown);
	return true;
}

static bool report_name(struct scan *scan, const char *shown)
{
	const struct helo_settings *settings = scan->settings;
	enum dns_status status;

	if (!wait_for_answer(scan, &settings->on_unresolvable))
		return false;
	status = status_of(scan);
	if (status == DNS_NOTHING)
		finding_add(scan, "unresolvable", "HELO \"%s\" does not exist in the DNS (no A, AAAA or MX record)", shown);
	else if (status == DNS_UNKNOWN)
		finding_add(scan, "temperror", "HELO \"%s\" could not be looked up", shown);
	return true;
}

static void report_address(struct scan *scan, const struct helo_name *found, const char *shown)
{
	const struct session *session = scan->session;
	char client[IP_TEXT_MAX];

	if (session->daemon.family != IP_NONE && ip_equal(&found->ip, &session->daemon))
		finding_add(scan, "own", "HELO \"%s\" is an address of ours", shown);
	else if (session->client.family == IP_NONE)
		finding_add(scan, "temperror", "HELO \"%s\": the client's address is not known", shown);
	else if (!ip_equal(&found->ip, &session->client))
		finding_add(scan, "literal", "HELO \"%s\" is not the client's address %s", shown,
			    ip_format(&session->client, client));
	else if (found->kind == HELO_BARE_ADDRESS)
		finding_add(scan, "unqualified", "HELO \"%s\" is an address without brackets", shown);
}

/* Nothing is added while a question is open. */
static bool helo_report(struct scan *scan)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct helo_name found = helo_name_read(arena, scan->session->helo);
	char shown[HELO_SHOWN_MAX];

	(void)helo_name_show(scan->session->helo, shown);
	if (!is_judged(scan))
		return true;
	if (found.name != NULL && is_own_name(scan, arena, found.name))
		return report_own(scan, shown);
	if (found.kind == HELO_NAME)
		return report_name(scan, shown);
	if (found.kind == HELO_MISSING)
		finding_add(scan, "missing", "no HELO or EHLO was said");
	else if (found.kind == HELO_MALFORMED)
		finding_add(scan, "malformed", "HELO \"%s\" is neither a host name nor an address", shown);
	else if (found.kind == HELO_UNQUALIFIED)
		finding_add(scan, "unqualified", "HELO \"%s\" is no fully qualified name", shown);
	else
		report_address(scan, &found, shown);
	return true;
}

#define OUTCOME(outcome_name, field, reject_code, reject_status) \
	{ outcome_name, REFUSE_DOOR, offsetof(struct helo_settings, field), .code = (reject_code), .status = (reject_status), \
	  .defer_code = 450, .defer_status = "4.7.1" }

static const struct outcome helo_outcomes[] = {
	OUTCOME("missing", on_missing, 503, "5.5.1"),
	OUTCOME("malformed", on_malformed, 501, "5.5.2"),
	OUTCOME("unqualified", on_unqualified, 550, "5.7.1"),
	OUTCOME("literal", on_literal, 550, "5.7.1"),
	OUTCOME("own", on_own, 550, "5.7.1"),
	OUTCOME("unresolvable", on_unresolvable, 550, "5.7.1"),
	OUTCOME("temperror", on_temperror, 550, "5.7.1"),
	{ .name = NULL },
};

static const struct option_section *const helo_sections[] = { &helo_section, NULL };

const struct scanner scanner_helo = {
	.name = "helo",
	.summary = "what the client calls itself",
	.sections = helo_sections,
	.outcomes = helo_outcomes,
	.directions = SCANNER_IN(DIRECTION_INBOUND),
	.open = helo_open,
	.close = helo_close,
	.session_size = sizeof(struct helo_session),
	.helo = helo_helo,
	.mailfrom = ask,	/* unless it was done at HELO */
	.report = helo_report,
};
