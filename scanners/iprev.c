/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does the name that the client's address has lead back to that address (RFC 8601 3)? */
#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/lookup/networks.h"
#include "milter/lookup/resolver.h"
#include "milter/mail/domain.h"
#include "scanners/scanners.h"

enum { NAMES_MAX = 10 };	/* whoever owns the reverse zone says how many there are */

struct iprev_settings {
	bool enabled;
	struct conf_list trusted;
	struct rule on_pass, on_fail, on_missing, on_temperror;
};

enum iprev_result { IPREV_TEMPERROR, IPREV_PASS, IPREV_FAIL, IPREV_MISSING };

/* What is asked about a client, and what came of it. */
struct iprev_question {
	const char *reverse;
	enum dns_type address_type;
	struct ip client;
	enum iprev_result result;
	const char *name;	/* IPREV_PASS: that leads back; IPREV_FAIL: the first. Lives as long as the pursuit */
};

struct iprev_session {
	struct pursuit *pursuit;
	struct iprev_question *question;	/* in the pursuit's arena */
	bool is_tied;		/* drop_pursuit will be called with the session */
	bool told_unknown;	/* a message has heard that it could not be told: ask again for the next one */
};

struct iprev_shared {
	struct arena *arena;
	const struct networks *trusted, *private;
};

#define ON_ROW(field, action) \
	#field, OPTION_CUSTOM, offsetof(struct iprev_settings, field), .fallback = (action), .parse = rule_parse

static const struct option iprev_options[] = {
	{ "enabled", OPTION_BOOL, offsetof(struct iprev_settings, enabled), .fallback = "yes",
	  .summary = "look for the reverse name of strangers' addresses" },
	{ "trusted", OPTION_LIST, offsetof(struct iprev_settings, trusted), .parse = networks_check,
	  .summary = "hosts and networks whose reverse name does not matter",
	  .example = "{ \"192.0.2.0/28\" }" },
	{ ON_ROW(on_pass, "accept"),
	  .summary = "a name of the address leads back to it",
	  .text = "So it is with nearly every mail server, and with many a home computer: it says that somebody looks after "
		  "the address, not that its mail is wanted." },
	{ ON_ROW(on_fail, "1"),
	  .summary = "there are names, but none of them leads back",
	  .text = "Anybody may give his address any name, that of this host included; only the way back proves it. It is "
		  "forged now and then, and forgotten by honest small senders more often: a refusal here loses mail. No more "
		  "than 10 names are looked at." },
	{ ON_ROW(on_missing, "2"),
	  .summary = "the address has no name",
	  .text = "Typical of malware on computers in the networks of providers; the large receivers of mail do not take it "
		  "from such addresses. Written as permerror in Authentication-Results (RFC 8601 2.7.3). IPv6 addresses lack a "
		  "name more often than IPv4 addresses do." },
	{ ON_ROW(on_temperror, "accept"),
	  .summary = "the DNS did not answer about the address or its names",
	  .text = "Nothing is known then, so it counts as none of the others. defer makes the sender wait until its name "
		  "servers, or ours, answer again." },
	OPTION_END
};

static const struct option_section iprev_section = {
	.name = "iprev",
	.options = iprev_options,
	.settings_size = sizeof(struct iprev_settings),
	.summary = "the reverse name of the client's address",
	.text = "Only for mail from strangers (direction inbound). Loopback, private, shared (100.64.0.0/10) and link-local "
		"addresses are not judged: their names are in no public DNS. The outcomes are pass, fail, missing and temperror. "
		"Where an action is reject or defer, RCPT waits for a late answer of the DNS as long as resolver.rcpt_wait says; "
		"what is not there then is told at the end of the message.",
};

static const struct networks *private_networks(struct arena *arena)
{
	static const struct conf_item items[] = {
		{ .text = "127.0.0.0/8" }, { .text = "10.0.0.0/8" }, { .text = "172.16.0.0/12" }, { .text = "192.168.0.0/16" },
		{ .text = "169.254.0.0/16" }, { .text = "100.64.0.0/10" }, { .text = "::1" }, { .text = "fc00::/7" },
		{ .text = "fe80::/10" },
	};
	const struct conf_list list = { .items = items, .len = sizeof(items) / sizeof(items[0]) };

	return networks_new(arena, &list);
}

static int iprev_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	const struct iprev_settings *settings = conf_settings(conf, "iprev");
	struct arena *arena = arena_new();
	struct iprev_shared *shared = arena_new_of(arena, struct iprev_shared);

	(void)services, (void)problem;
	shared->arena = arena;
	shared->trusted = networks_new(arena, &settings->trusted);
	shared->private = private_networks(arena);
	*ret_shared = shared;
	return 0;
}

static void iprev_close(void *shared)
{
	arena_free(((struct iprev_shared *)shared)->arena);
}

static bool is_judged(const struct scan *scan)
{
	const struct iprev_settings *settings = scan->settings;
	const struct iprev_shared *shared = scan->shared;
	const struct ip *client = &scan->session->client;

	return settings->enabled && client->family != IP_NONE && networks_find(shared->private, client) == NULL &&
	       networks_find(shared->trusted, client) == NULL;
}

/* --- the questions --- */

static bool holds(const struct dns_answer *answer, const struct ip *client)
{
	for (size_t i = 0; answer->status == DNS_FOUND && i < answer->len; i++) {
		struct ip ip = dns_record_ip(&answer->records[i]);

		if (ip_equal(&ip, client))
			return true;
	}
	return false;
}

/* Does name lead back? What is no host name is not asked for (threats DNS-16). Returns false while the answer is not there. */
static bool try_name(struct pursuit *pursuit, struct iprev_question *question, struct str name)
{
	const struct dns_answer *answer;
	const char *domain;

	if (domain_normalise(pursuit_arena(pursuit), name, &domain) < 0)
		return true;
	answer = pursuit_ask(pursuit, domain, question->address_type);
	if (answer == NULL)
		return false;
	if (answer->status == DNS_UNKNOWN)
		question->result = IPREV_TEMPERROR;
	if (holds(answer, &question->client)) {
		question->result = IPREV_PASS;
		question->name = name.p;
	}
	return true;
}

static bool iprev_step(struct pursuit *pursuit, void *state)
{
	struct iprev_question *question = state;
	const struct dns_answer *names = pursuit_ask(pursuit, question->reverse, DNS_PTR);
	bool complete = true;

	if (names == NULL)
		return false;
	if (names->status != DNS_FOUND) {
		question->result = names->status == DNS_NOTHING ? IPREV_MISSING : IPREV_TEMPERROR;
		return true;
	}
	question->result = IPREV_FAIL;
	question->name = names->records[0].data.p;
	for (size_t i = 0; i < names->len && i < NAMES_MAX && question->result != IPREV_PASS; i++)
		complete = try_name(pursuit, question, names->records[i].data) && complete;
	return complete || question->result == IPREV_PASS;
}

static void drop_pursuit(void *object)
{
	struct iprev_session *state = object;

	pursuit_drop(state->pursuit);
	state->pursuit = NULL;
}

static struct iprev_question *new_question(const struct ip *client, struct arena *arena)
{
	struct iprev_question *question = arena_new_of(arena, struct iprev_question);
	char reverse[DNS_REVERSE_MAX];

	question->reverse = arena_strdup(arena, dns_reverse_name(client, NULL, reverse));
	question->address_type = client->family == IP_V6 ? DNS_AAAA : DNS_A;
	question->client = *client;
	return question;
}

static void ask(struct scan *scan)
{
	struct iprev_session *state = scan->session_state;
	struct resolver *resolver = scan->services->resolver;
	uint64_t time_ms;

	if (resolver == NULL || !is_judged(scan) || (state->pursuit != NULL && !state->told_unknown))
		return;
	drop_pursuit(state);
	if (!state->is_tied)
		arena_defer(scan->session->arena, drop_pursuit, state);
	state->is_tied = true;
	state->told_unknown = false;
	time_ms = 2 * resolver_settings_of(resolver)->timeout_ms;	/* of two questions in a row */
	state->pursuit = pursuit_new(resolver, clock_monotonic_ms() + time_ms, 1 + NAMES_MAX);
	state->question = new_question(&scan->session->client, pursuit_arena(state->pursuit));
	pursuit_start(state->pursuit, iprev_step, state->question);
}

/* --- the findings --- */

static bool could_refuse(const struct scan *scan)
{
	const struct iprev_settings *settings = scan->settings;
	enum direction direction = scan->message->direction;

	return rule_refuses(&settings->on_fail, direction) || rule_refuses(&settings->on_missing, direction) ||
	       rule_refuses(&settings->on_temperror, direction) || rule_refuses(&settings->on_pass, direction);
}

static bool wait_for_answer(const struct scan *scan)
{
	const struct iprev_session *state = scan->session_state;
	bool is_last = scan->wait_until_ms == UINT64_MAX;

	if (state->pursuit == NULL || pursuit_done(state->pursuit))
		return true;
	if (!is_last && !could_refuse(scan))
		return false;
	return pursuit_wait(state->pursuit, scan->wait_until_ms, scan->progress, scan->progress_arg);
}

static void add_result(struct scan *scan, const char *result, const char *reason)
{
	char client[IP_TEXT_MAX];

	(void)ip_format(&scan->session->client, client);
	result_add(scan, &(struct authres_result){
		.method = "iprev", .result = result, .reason = reason, .properties = { { "policy.iprev", client } } });
}

static void add_finding(struct scan *scan, enum iprev_result result, const char *name)
{
	char client[IP_TEXT_MAX];

	(void)ip_format(&scan->session->client, client);
	switch (result) {
	case IPREV_PASS:
		finding_add(scan, "pass", "%s", name);
		break;
	case IPREV_FAIL:
		finding_add(scan, "fail", "reverse name %.*s of %s does not lead back to it", DNS_NAME_MAX,
			    name[0] == '\0' ? "." : name, client);
		break;
	case IPREV_MISSING:
		finding_add(scan, "missing", "%s has no reverse name", client);
		break;
	case IPREV_TEMPERROR:
		finding_add(scan, "temperror", "the reverse name of %s could not be looked up", client);
		break;
	}
}

static bool iprev_report(struct scan *scan)
{
	/* RFC 8601 2.7.3: without a name it is permerror */
	static const char *const words[] = { "temperror", "pass", "fail", "permerror" };
	static const char *const reasons[] = { NULL, NULL, "no name leads back", "no reverse name" };
	struct iprev_session *state = scan->session_state;
	enum iprev_result result = IPREV_TEMPERROR;
	const char *name = "";

	if (!is_judged(scan))
		return true;
	if (!wait_for_answer(scan))
		return false;
	if (state->pursuit != NULL) {
		result = state->question->result;
		name = state->question->name;
	}
	state->told_unknown = result == IPREV_TEMPERROR;
	add_result(scan, words[result], reasons[result]);
	add_finding(scan, result, name);
	return true;
}

#define OUTCOME(outcome_name, field) \
	{ outcome_name, REFUSE_DOOR, offsetof(struct iprev_settings, field), .code = 550, .status = "5.7.25", \
	  .defer_code = 450, .defer_status = "4.7.25" }

static const struct outcome iprev_outcomes[] = {	/* RFC 7372 3.3: x.7.25, reverse DNS validation failed */
	OUTCOME("pass", on_pass),
	OUTCOME("fail", on_fail),
	OUTCOME("missing", on_missing),
	OUTCOME("temperror", on_temperror),
	{ .name = NULL },
};

static const struct option_section *const iprev_sections[] = { &iprev_section, NULL };

const struct scanner scanner_iprev = {
	.name = "iprev",
	.summary = "the reverse name of the client's address",
	.sections = iprev_sections,
	.outcomes = iprev_outcomes,
	.directions = SCANNER_IN(DIRECTION_INBOUND),
	.open = iprev_open,
	.close = iprev_close,
	.session_size = sizeof(struct iprev_session),
	.connect = ask,
	.mailfrom = ask,	/* again, when it could not be told */
	.report = iprev_report,
};
