/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first mail of a stranger is deferred, and taken when it comes again.
 *
 * Decided at the end of the message, not at RCPT: a signature is known only then, and an answer of SPF perhaps not before; whoever passes
 * them must not wait. What it costs is a body that is sent twice by those few who pass nothing. What it spares is every question whether an
 * address exists, which ends at RCPT: mail servers that ask back are never put off. */
#include "milter/base/clock.h"
#include "milter/lookup/names.h"
#include "milter/lookup/networks.h"
#include "milter/lookup/rate.h"
#include "milter/lookup/seen.h"
#include "milter/mail/authors.h"
#include "milter/mail/domain.h"
#include "scanners/client_key.h"
#include "scanners/greylist_settings.h"
#include "scanners/scanners.h"

enum { KEY_MAX = 700, WAITING = 1, PASSED = 2 };

struct greylist {
	struct arena *arena;
	const struct networks *clients;
	const struct names *senders, *recipients;
};

struct greylist_message {
	bool passed;		/* known, or has waited long enough: remembered when the message is let in */
};

static int greylist_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	const struct greylist_settings *settings = conf_settings(conf, "greylist");
	struct arena *arena = arena_new();
	struct greylist *greylist = arena_new_of(arena, struct greylist);

	(void)services, (void)problem;
	*greylist = (struct greylist){
		.arena = arena,
		.clients = networks_new(arena, &settings->clients),
		.senders = names_new(arena, &settings->senders),
		.recipients = names_new(arena, &settings->recipients),
	};
	*ret_shared = greylist;
	return 0;
}

static void greylist_close(void *shared)
{
	struct greylist *greylist = shared;

	arena_free(greylist->arena);
}

static void lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = ascii_lower(*text);
}

static const char *stranger_key(const struct scan *scan, const struct recipient *recipient, char key[KEY_MAX])
{
	char network[NETWORK_TEXT_MAX];

	(void)snprintf(key, KEY_MAX, "grey:%s:%s:%s", client_key(&scan->session->client, 24, 64, network), scan->message->mailfrom.text,
		       recipient->address.text);
	lower(key);
	return key;
}

static const char *correspondent_key(const struct address *address, char key[KEY_MAX])
{
	(void)snprintf(key, KEY_MAX, "correspondent:%s", address->text);
	lower(key);
	return key;
}

static bool is_excepted(const struct greylist *greylist, const struct recipient *recipient)
{
	return address_is_postmaster(&recipient->address) || names_find_address(greylist->recipients, &recipient->address) != NULL;
}

/* Somebody who does not have to wait gets it: so does everybody. */
static bool reaches_excepted(const struct scan *scan)
{
	const struct message *message = scan->message;

	for (size_t i = 0; i < message->recipients_len; i++)
		if (is_excepted(scan->shared, &message->recipients[i]))
			return true;
	return false;
}

static bool is_correspondent(const struct scan *scan)
{
	char key[KEY_MAX];

	return scan->message->mailfrom.text[0] != '\0' &&
	       seen_look(scan->services->seen, correspondent_key(&scan->message->mailfrom, key)).times > 0;
}

static bool is_related(const char *a, const char *b)
{
	return a != NULL && (strcmp(a, b) == 0 || domain_is_below(a, b) || domain_is_below(b, a));
}

/* Anybody can sign with a domain of his own, and mail that somebody else has signed can be sent again: the signature must be of the domain
 * that is said to send or to have written it. */
static bool vouches(const struct scan *scan, const struct identity *identity, const struct mailboxes *authors)
{
	if (identity->state != IDENTITY_PASS)
		return false;
	if (identity->kind == IDENTITY_SPF || is_related(scan->message->mailfrom.domain, identity->domain))
		return true;
	for (size_t i = 0; i < authors->len; i++)
		if (is_related(authors->items[i].domain, identity->domain))
			return true;
	return false;
}

static bool is_vouched_for(const struct scan *scan)
{
	const struct message *message = scan->message;
	struct mailboxes authors;

	if (message->identities_len == 0)
		return false;
	if (authors_read(scan->arena, &message->headers, &authors) != NULL)
		authors = (struct mailboxes){ .len = 0 };
	for (size_t i = 0; i < message->identities_len; i++)
		if (vouches(scan, &message->identities[i], &authors))
			return true;
	return false;
}

static bool may_pass(const struct scan *scan)
{
	const struct greylist_settings *settings = scan->settings;
	const struct greylist *greylist = scan->shared;
	const struct message *message = scan->message;

	if (message->mailfrom_problem != NULL || scan->session->client.family == IP_NONE || message->recipients_len == 0)
		return true;
	if (message->mailfrom.text[0] == '\0' && !settings->null_sender)
		return true;
	return networks_find(greylist->clients, &scan->session->client) != NULL ||
	       names_find_address(greylist->senders, &message->mailfrom) != NULL || reaches_excepted(scan) || is_correspondent(scan) ||
	       is_vouched_for(scan);
}

/* The first try is noted once: who tries again and again does not make it last. */
static struct sighting look(const struct scan *scan, const struct recipient *recipient)
{
	const struct greylist_settings *settings = scan->settings;
	char key[KEY_MAX];
	struct sighting sighting = seen_look(scan->services->seen, stranger_key(scan, recipient, key));

	if (sighting.times == 0)
		(void)seen_note(scan->services->seen, key, settings->retry_within_ms, WAITING);
	return sighting;
}

/* How long the message has waited: the recipient who is known longest counts for all of them, since what is to be seen is whether this
 * client tries again. True when it has passed before. */
static bool find_waited(const struct scan *scan, uint64_t *ret_waited_ms)
{
	int64_t now_ms = (int64_t)clock_wall_ms();
	bool passed = false;

	*ret_waited_ms = 0;
	for (size_t i = 0; i < scan->message->recipients_len; i++) {
		struct sighting sighting = look(scan, &scan->message->recipients[i]);
		int64_t waited_ms = sighting.times == 0 ? 0 : now_ms - sighting.first_ms;

		passed |= sighting.value == PASSED;
		if (waited_ms > 0 && (uint64_t)waited_ms > *ret_waited_ms)
			*ret_waited_ms = (uint64_t)waited_ms;
	}
	return passed;
}

static void decide(struct scan *scan)
{
	const struct greylist_settings *settings = scan->settings;
	struct greylist_message *state = scan->message_state;
	uint64_t waited_ms;

	state->passed = find_waited(scan, &waited_ms);
	if (state->passed)
		return;
	state->passed = waited_ms >= settings->delay_ms;
	if (state->passed)
		finding_add(scan, "passed", "came again after %llu s", (unsigned long long)waited_ms / 1000);
	else
		finding_add(scan, "greylisted", "not known here yet: please try again, this mail has to wait %s",
			    rate_until(scan->arena, settings->delay_ms - waited_ms));
}

/* In a report, since those of SPF and DKIM have been heard by then. */
static bool greylist_report(struct scan *scan)
{
	const struct greylist_settings *settings = scan->settings;

	if (!settings->enabled || scan->services->seen == NULL || scan->message->direction != DIRECTION_INBOUND)
		return true;
	if (scan->phase != PHASE_EOM || scan->wait_until_ms != UINT64_MAX)
		return false;
	if (!may_pass(scan))
		decide(scan);
	return true;
}

static void note_stranger(const struct scan *scan)
{
	const struct greylist_settings *settings = scan->settings;
	char key[KEY_MAX];

	for (size_t i = 0; i < scan->message->recipients_len; i++)
		(void)seen_note(scan->services->seen, stranger_key(scan, &scan->message->recipients[i], key), settings->keep_ms, PASSED);
}

/* Whom our users write to may answer at once. */
static void note_correspondents(const struct scan *scan)
{
	const struct greylist_settings *settings = scan->settings;
	char key[KEY_MAX];

	for (size_t i = 0; i < scan->message->recipients_len; i++) {
		const struct recipient *recipient = &scan->message->recipients[i];

		if (recipient->ground == GROUND_AUTH || recipient->ground == GROUND_CERT)
			(void)seen_note(scan->services->seen, correspondent_key(&recipient->address, key), settings->correspondents_ms, 0);
	}
}

static void greylist_settle(struct scan *scan, const struct verdict *verdict, bool let_in)
{
	const struct greylist_settings *settings = scan->settings;
	const struct greylist_message *state = scan->message_state;

	(void)verdict;
	if (!let_in || !settings->enabled || scan->services->seen == NULL)
		return;
	if (state->passed)
		note_stranger(scan);
	else if (scan->message->direction == DIRECTION_SUBMISSION)
		note_correspondents(scan);
}

static const struct outcome greylist_outcomes[] = {
	{ "greylisted", REFUSE_CONTENT, offsetof(struct greylist_settings, on_greylisted), .code = 550, .status = "5.7.1",
	  .defer_code = 450, .defer_status = "4.7.1" },
	{ .name = "passed", .refusal = REFUSE_CONTENT, .rule_offset = OUTCOME_FIXED, .fixed_action = ACTION_ACCEPT },
	{ .name = NULL },
};

static const struct option_section *const greylist_sections[] = { &greylist_section, NULL };

const struct scanner scanner_greylist = {
	.name = "greylist",
	.summary = "the first mail of strangers has to come twice",
	.sections = greylist_sections,
	.outcomes = greylist_outcomes,
	.directions = SCANNER_IN(DIRECTION_INBOUND) | SCANNER_IN(DIRECTION_SUBMISSION),
	.open = greylist_open,
	.close = greylist_close,
	.message_size = sizeof(struct greylist_message),
	.report = greylist_report,
	.settle = greylist_settle,
};
