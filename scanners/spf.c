/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May this client send mail of that domain, and call itself by that name (RFC 7208)? The questions go out at HELO and MAIL; what came of
 * them is reported when it is there. */
#include <errno.h>
#include <stdio.h>

#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "milter/lookup/networks.h"
#include "scanners/scanners.h"
#include "scanners/spf_check.h"
#include "scanners/spf_forwarder.h"
#include "scanners/spf_libspf2.h"
#include "scanners/spf_libspf2_job.h"
#include "scanners/spf_report.h"

#define HELO_SENDER_SIZE 300	/* session.h keeps at most 255 octets of a HELO name */

struct spf {
	struct arena *arena;
	const struct networks *trusted;
	unsigned kind;			/* place of the libspf2 job in job_kinds */
};

/* The HELO name is judged once for all messages. */
struct spf_session {
	struct spf_check *helo;		/* NULL: not begun, or nothing to be asked */
	bool dropping;			/* the session's arena will drop it */
};

/* Who is judged for a message: the client, or the one that a trusted forwarder names. */
struct spf_message {
	struct ip client;
	const char *helo;
	struct spf_check *mailfrom, *forwarded_helo;
	const char *unjudged;		/* why nobody is */
	bool started, forwarded, at_end;
};

static int spf_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	const struct spf_settings *settings = conf_settings(conf, "spf");
	struct arena *arena = arena_new();
	struct spf *spf = arena_new_of(arena, struct spf);

	(void)services;
	spf->arena = arena;
	spf->trusted = networks_new(arena, &settings->trusted);
	while (job_kinds[spf->kind] != NULL && job_kinds[spf->kind] != &job_spf_libspf2)
		spf->kind++;
	if (settings->evaluator == SPF_LIBSPF2 && job_kinds[spf->kind] == NULL) {
		(void)snprintf(problem, CONF_PROBLEM_MAX, "spf.evaluator = libspf2: this program was built without it");
		arena_free(arena);
		return -ENOSYS;
	}
	*ret_shared = spf;
	return 0;
}

static void spf_close(void *shared)
{
	struct spf *spf = shared;

	arena_free(spf->arena);
}

static bool spf_needs_cage(const struct conf *conf, const char **ret_directory)
{
	const struct spf_settings *settings = conf_settings(conf, "spf");

	if (ret_directory != NULL)
		*ret_directory = NULL;
	return settings->enabled && settings->evaluator == SPF_LIBSPF2;
}

static void spf_advise(const struct conf *conf, void (*say)(void *arg, const char *format, ...), void *arg)
{
	const struct spf_settings *settings = conf_settings(conf, "spf");

	if (settings->enabled && settings->evaluator == SPF_LIBSPF2)
		say(arg, "spf.evaluator is libspf2, which does not follow RFC 7208 everywhere; builtin does");
}

/* A literal, and a word without a dot, are nobody's domain. */
static bool is_name(const char *helo)
{
	return strchr(helo, '.') != NULL && helo[0] != '[';
}

static bool is_trusted(const struct scan *scan)
{
	const struct spf *spf = scan->shared;

	return networks_find(spf->trusted, &scan->session->client) != NULL;
}

static struct spf_query query_of(const struct scan *scan, const struct ip *client, const char *helo)
{
	const struct spf_settings *settings = scan->settings;

	return (struct spf_query){
		.client = *client, .helo = helo, .host = scan->services->host, .now_ms = clock_wall_ms(), .explain = settings->explain };
}

/* In a buffer: a client may say HELO as often as it likes. */
static struct spf_query helo_query(const struct scan *scan, const struct ip *client, const char *helo, char sender[HELO_SENDER_SIZE])
{
	struct spf_query query = query_of(scan, client, helo);

	(void)snprintf(sender, HELO_SENDER_SIZE, "postmaster@%s", helo);	/* RFC 7208 2.4 */
	query.domain = helo;
	query.sender = sender;
	return query;
}

static struct spf_query mailfrom_query(struct scan *scan, const struct ip *client, const char *helo)
{
	const struct address *mailfrom = &scan->message->mailfrom;
	struct spf_query query = query_of(scan, client, helo);
	const char *localpart = mailfrom->localpart[0] == '\0' ? "postmaster" : mailfrom->localpart;	/* RFC 7208 4.3 */

	query.domain = mailfrom->domain;
	query.sender = arena_printf(scan->arena, "%s@%s", localpart, mailfrom->domain);
	return query;
}

/* Of libspf2 only the first question is known beforehand. NULL when there is nobody to judge with yet. */
static struct spf_check *start(const struct scan *scan, const struct spf_query *query)
{
	const struct spf_settings *settings = scan->settings;

	if (settings->evaluator == SPF_BUILTIN)
		return spf_check_start(scan->services->resolver, settings, query);
	if (scan->services->resolver != NULL)
		resolver_prefetch(scan->services->resolver, query->domain, DNS_TXT);
	return NULL;
}

static void drop_helo(void *state)
{
	struct spf_session *session = state;

	spf_check_drop(session->helo);
	session->helo = NULL;
}

static void start_helo(struct scan *scan)
{
	struct spf_session *state = scan->session_state;
	const char *helo = scan->session->helo;
	char sender[HELO_SENDER_SIZE];
	struct spf_query query;

	drop_helo(state);
	if (!is_name(helo) || scan->session->client.family == IP_NONE)
		return;
	if (!state->dropping)
		arena_defer(scan->session->arena, drop_helo, state);
	state->dropping = true;
	query = helo_query(scan, &scan->session->client, helo, sender);
	state->helo = start(scan, &query);
}

static void spf_helo(struct scan *scan)
{
	const struct spf_settings *settings = scan->settings;

	if (settings->enabled && !is_trusted(scan))
		start_helo(scan);
}

static bool is_null_sender(const struct message *message)
{
	return message->mailfrom_problem == NULL && message->mailfrom.domain == NULL && message->mailfrom.localpart[0] == '\0';
}

/* Why there is nothing to judge the sender by, or NULL. */
static const char *why_unjudged(const struct scan *scan, const struct spf_message *state)
{
	const struct message *message = scan->message;

	if (message->mailfrom_problem != NULL)
		return "the sender is no address";
	if (is_null_sender(message))
		return is_name(state->helo) ? NULL : "the sender is null and the HELO name no domain name";
	if (message->mailfrom.domain == NULL)
		return "the sender has no domain";
	return state->client.family == IP_NONE ? "the client has no address" : NULL;
}

static void start_mailfrom(struct scan *scan)
{
	struct spf_message *state = scan->message_state;
	struct spf_query query;

	state->started = true;
	state->unjudged = why_unjudged(scan, state);
	if (state->unjudged != NULL || is_null_sender(scan->message))
		return;
	query = mailfrom_query(scan, &state->client, state->helo);
	state->mailfrom = start(scan, &query);
	if (state->mailfrom != NULL)
		arena_defer(scan->message->arena, spf_check_drop, state->mailfrom);
}

/* What a moment ago could not be told may be known by now. */
static void retry_helo(struct scan *scan)
{
	struct spf_session *state = scan->session_state;

	if (state->helo != NULL && spf_check_wait(state->helo, 0, NULL, NULL) && spf_check_answer(state->helo)->result == SPF_TEMPERROR)
		start_helo(scan);
}

static void spf_mailfrom(struct scan *scan)
{
	const struct spf_settings *settings = scan->settings;
	const struct address *mailfrom = &scan->message->mailfrom;
	struct spf_message *state = scan->message_state;

	if (!settings->enabled)
		return;
	state->forwarded = is_trusted(scan);
	if (!state->forwarded) {
		state->client = scan->session->client;
		state->helo = scan->session->helo;
		retry_helo(scan);
		start_mailfrom(scan);
	} else if (mailfrom->domain != NULL && scan->services->resolver != NULL) {
		resolver_prefetch(scan->services->resolver, mailfrom->domain, DNS_TXT);
	}
}

static void start_forwarded(struct scan *scan)
{
	const struct spf *spf = scan->shared;
	struct spf_message *state = scan->message_state;
	struct spf_forwarded forwarded;
	char sender[HELO_SENDER_SIZE];
	const char *problem = spf_forwarder_find(scan->arena, &scan->message->headers, spf->trusted, &forwarded);
	struct spf_query query;

	state->started = true;
	state->helo = "";
	state->unjudged = problem;
	if (problem != NULL)
		return;
	state->client = forwarded.client;
	state->helo = forwarded.helo;
	start_mailfrom(scan);
	if (!is_name(state->helo))
		return;
	query = helo_query(scan, &state->client, state->helo, sender);
	state->forwarded_helo = start(scan, &query);
	if (state->forwarded_helo != NULL)
		arena_defer(scan->message->arena, spf_check_drop, state->forwarded_helo);
}

static void spf_end(struct scan *scan)
{
	const struct spf_settings *settings = scan->settings;
	struct spf_message *state = scan->message_state;

	if (!settings->enabled)
		return;
	if (state->forwarded && !state->started)
		start_forwarded(scan);
	state->at_end = true;
}

static bool could_refuse(const struct scan *scan)
{
	const struct spf_settings *settings = scan->settings;

	for (size_t identity = 0; identity < 2; identity++)
		for (size_t result = 0; result < SPF_RESULTS; result++)
			if (rule_refuses(&settings->rules[identity][result], scan->message->direction))
				return true;
	return false;
}

static struct spf_check *helo_check(const struct scan *scan)
{
	const struct spf_message *state = scan->message_state;
	const struct spf_session *session = scan->session_state;

	return state->forwarded ? state->forwarded_helo : session->helo;
}

static bool is_ready(struct scan *scan)
{
	const struct spf_settings *settings = scan->settings;
	const struct spf_message *state = scan->message_state;
	uint64_t until_ms = state->at_end || could_refuse(scan) ? scan->wait_until_ms : 0;
	bool mailfrom, helo;

	if (settings->evaluator == SPF_LIBSPF2)
		return state->at_end && until_ms > 0;
	mailfrom = spf_check_wait(state->mailfrom, until_ms, scan->progress, scan->progress_arg);
	helo = spf_check_wait(helo_check(scan), until_ms, scan->progress, scan->progress_arg);
	return mailfrom && helo;
}

static struct spf_answer judge(struct scan *scan, const struct spf_query *query, struct spf_check *check)
{
	const struct spf_settings *settings = scan->settings;
	const struct spf *spf = scan->shared;

	if (settings->evaluator == SPF_LIBSPF2)
		return spf_libspf2_ask(scan, spf->kind, query);
	if (spf_check_wait(check, 0, NULL, NULL))
		return *spf_check_answer(check);
	return (struct spf_answer){
		.result = SPF_TEMPERROR, .mechanism = "", .domain = "", .problem = "no answer in time", .explanation = "" };
}

static void report_helo(struct scan *scan, enum spf_identity identity)
{
	const struct spf_message *state = scan->message_state;
	char sender[HELO_SENDER_SIZE];
	struct spf_query query = helo_query(scan, &state->client, state->helo, sender);
	struct spf_answer answer = judge(scan, &query, helo_check(scan));

	spf_report_add(scan, &(struct spf_report){ .identity = identity, .by_helo = true, .client = state->client, .helo = state->helo,
						   .name = state->helo, .answer = &answer });
}

static void report_mailfrom(struct scan *scan)
{
	const struct spf_message *state = scan->message_state;
	struct spf_answer answer = { .result = SPF_NONE, .mechanism = "", .domain = "", .problem = state->unjudged, .explanation = "" };
	struct spf_query query;

	if (state->unjudged == NULL) {
		query = mailfrom_query(scan, &state->client, state->helo);
		answer = judge(scan, &query, state->mailfrom);
	}
	spf_report_add(scan, &(struct spf_report){ .identity = SPF_MAILFROM, .client = state->client, .helo = state->helo,
						   .name = state->unjudged != NULL ? "" : query.domain, .answer = &answer });
}

static bool spf_report(struct scan *scan)
{
	const struct spf_settings *settings = scan->settings;
	const struct spf_message *state = scan->message_state;
	bool by_helo;

	if (!settings->enabled)
		return true;
	if (!state->started || !is_ready(scan))
		return false;
	by_helo = state->unjudged == NULL && is_null_sender(scan->message);
	if (!by_helo)
		report_mailfrom(scan);
	if (by_helo || (is_name(state->helo) && state->client.family != IP_NONE))
		report_helo(scan, by_helo ? SPF_MAILFROM : SPF_HELO);
	return true;
}

static const struct option_section *const spf_sections[] = { &spf_section, NULL };

const struct scanner scanner_spf = {
	.name = "spf",
	.summary = "which hosts may send mail of a domain (RFC 7208)",
	.sections = spf_sections,
	.outcomes = spf_outcomes,
	.directions = SCANNER_IN(DIRECTION_INBOUND),
	.open = spf_open,
	.close = spf_close,
	.needs_cage = spf_needs_cage,
	.advise = spf_advise,
	.session_size = sizeof(struct spf_session),
	.message_size = sizeof(struct spf_message),
	.helo = spf_helo,
	.mailfrom = spf_mailfrom,
	.eoh = spf_end,
	.eom = spf_end,
	.report = spf_report,
};
