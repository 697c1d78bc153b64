/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which domains have signed the message, and do their signatures hold (RFC 6376, RFC 8301, RFC 8463)? Keys are asked for as soon as a signature
 * arrives; at the end of the message one job in the cage verifies all of them. */
#include <stdlib.h>

#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "milter/lookup/psl.h"
#include "milter/lookup/resolver.h"
#include "milter/mail/authors.h"
#include "scanners/dkim_job.h"
#include "scanners/dkim_report.h"
#include "scanners/dkim_examine.h"
#include "scanners/scanners.h"

#define FIELD "DKIM-Signature"

/* One field, and what is known of it. */
struct entry {
	struct dkim_signature signature;
	struct dkim_opinion opinion;
	struct dkim_key key;		/* good while there is no opinion */
	struct pursuit *pursuit;	/* for the key; NULL: not asked for */
	const struct dns_answer *answer;
	const char *name;		/* of the key */
	uint64_t place;			/* among the fields that the library takes for signatures */
};

struct dkim_message {
	struct entry *entries;		/* max_signatures at the most */
	size_t len;
	size_t there;			/* fields that came */
	uint64_t places;		/* of those in entries */
};

struct dkim {
	unsigned kind;			/* place of the job in job_kinds */
	struct psl *suffixes;
};

static int dkim_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	const struct dkim_settings *settings = conf_settings(conf, "dkim");
	struct dkim *dkim = xcalloc(1, sizeof(*dkim));
	int r = settings->enabled ? psl_open("", problem, &dkim->suffixes) : 0;

	(void)services;
	if (r < 0) {
		free(dkim);
		return r;
	}
	while (job_kinds[dkim->kind] != &job_dkim)
		dkim->kind++;
	*ret_shared = dkim;
	return 0;
}

static void dkim_close(void *shared)
{
	struct dkim *dkim = shared;

	psl_close(dkim->suffixes);
	free(dkim);
}

static bool dkim_needs_cage(const struct conf *conf, const char **ret_directory)
{
	const struct dkim_settings *settings = conf_settings(conf, "dkim");

	if (ret_directory != NULL)
		*ret_directory = NULL;
	return settings->enabled;
}

/* --- a field arrives --- */

static bool step(struct pursuit *pursuit, void *state)
{
	struct entry *entry = state;

	entry->answer = pursuit_ask(pursuit, entry->name, DNS_TXT);
	return entry->answer != NULL;
}

static void ask_key(struct scan *scan, struct entry *entry)
{
	struct resolver *resolver = scan->services->resolver;

	if (resolver == NULL)
		return;
	entry->name = arena_printf(scan->arena, "%s._domainkey.%s", entry->signature.selector, entry->signature.domain);
	entry->pursuit = pursuit_new(resolver, clock_monotonic_ms() + resolver_settings_of(resolver)->timeout_ms, 1);
	arena_defer(scan->arena, pursuit_drop_deferred, entry->pursuit);
	pursuit_start(entry->pursuit, step, entry);
}

static void read_field(struct scan *scan, struct entry *entry, const struct header *field)
{
	const char *problem;

	if (!ascii_equal(field->name, FIELD)) {
		entry->signature = (struct dkim_signature){ .algorithm_name = "", .domain = "", .selector = "" };
		entry->opinion = (struct dkim_opinion){ true, DKIM_PERMERROR, "the field's name is oddly written" };
	} else if (dkim_signature_parse(scan->arena, str_of(field->value), &entry->signature, &problem) < 0) {
		entry->opinion = (struct dkim_opinion){ true, DKIM_PERMERROR, problem };
	} else {
		entry->opinion = dkim_judge_signature(&entry->signature, clock_wall_ms() / 1000);
	}
}

static void dkim_field(struct scan *scan)
{
	const struct dkim_settings *settings = scan->settings;
	const struct headers *headers = &scan->message->headers;
	const struct header *field = &headers->items[headers->len - 1];
	struct dkim_message *state = scan->message_state;
	struct entry *entry;

	if (!settings->enabled || !header_name_equal(field->name, FIELD) || state->there++ >= settings->max_signatures)
		return;
	/* the pursuits point into it */
	if (state->entries == NULL)
		state->entries = arena_array(scan->arena, settings->max_signatures, sizeof(*state->entries));
	entry = &state->entries[state->len++];
	if (ascii_equal(field->name, FIELD))
		entry->place = state->places++;
	read_field(scan, entry, field);
	if (!entry->opinion.formed)
		ask_key(scan, entry);
}

/* --- the end of the message --- */

/* All that are left without an opinion get this one. */
static void settle(struct dkim_message *state, enum dkim_outcome outcome, const char *reason)
{
	for (size_t i = 0; i < state->len; i++)
		if (!state->entries[i].opinion.formed)
			state->entries[i].opinion = (struct dkim_opinion){ true, outcome, reason };
}

/* What makes it idle to ask for any of them, or NULL. */
static const char *why_unreadable(const struct message *message, const struct dkim_names *names)
{
	if (dkim_names_count(names, STR("From")) != 1)	/* RFC 5322 3.6, RFC 6376 3.8 */
		return "the message has not one From field";
	return dkim_header_is_whole(&message->headers) ? NULL : "a field holds a line end";
}

static const char *why_not_kept(const struct message *message)
{
	if (message->spool_full || message->body_fd < 0)
		return "there was no room to keep the message";
	return message->too_large || message->headers_too_large ? "the message is over the limits of the gateway" : NULL;
}

/* Those beyond max_signatures are not given to the library; what is hashed over them would be something else. */
static void judge_reach(struct dkim_message *state, struct entry *entry)
{
	if (state->there > state->len && dkim_signature_signs(&entry->signature, FIELD) > 0)
		entry->opinion = (struct dkim_opinion){ true, DKIM_POLICY, "it covers signatures, of which there are too many" };
}

typedef bool (*same_domain)(const struct psl *suffixes, const char *a, const char *b);

static bool is_same(const struct psl *suffixes, const char *a, const char *b)
{
	(void)suffixes;
	return strcmp(a, b) == 0;
}

static bool is_same_organization(const struct psl *suffixes, const char *a, const char *b)
{
	const char *organization_a = psl_org_domain(suffixes, a), *organization_b = psl_org_domain(suffixes, b);

	return is_same(suffixes, a, b) ||
	       (organization_a != NULL && organization_b != NULL && strcmp(organization_a, organization_b) == 0);
}

/* Does it hold for every author? */
static bool is_authors(struct scan *scan, const char *domain, same_domain same)
{
	const struct dkim *dkim = scan->shared;
	struct mailboxes authors;

	if (authors_read(scan->arena, &scan->message->headers, &authors) != NULL)
		return false;
	for (size_t i = 0; i < authors.len; i++)
		if (authors.items[i].domain == NULL || !same(dkim->suffixes, authors.items[i].domain, domain))
			return false;
	return true;
}

/* Below a public suffix everybody is somebody else, so that it vouches for nobody there; its owner may send mail of his own. */
static void judge_suffix(struct scan *scan, struct entry *entry)
{
	const struct dkim *dkim = scan->shared;

	if (psl_is_suffix(dkim->suffixes, entry->signature.domain) && !is_authors(scan, entry->signature.domain, is_same))
		entry->opinion = (struct dkim_opinion){ true, DKIM_POLICY, "tag d is a public suffix" };
}

static void judge_keys(struct scan *scan, struct dkim_message *state)
{
	for (size_t i = 0; i < state->len; i++) {
		struct entry *entry = &state->entries[i];

		if (entry->opinion.formed)
			continue;
		if (entry->pursuit != NULL)
			(void)pursuit_wait(entry->pursuit, UINT64_MAX, scan->progress, scan->progress_arg);
		entry->opinion = dkim_judge_key(scan->arena, &entry->signature, entry->answer, scan->settings, &entry->key);
		if (!entry->opinion.formed)
			judge_suffix(scan, entry);
		if (!entry->opinion.formed)
			judge_reach(state, entry);
	}
}

static struct dkim_task task_of(const struct entry *entry)
{
	const struct dkim_signature *signature = &entry->signature;

	return (struct dkim_task){
		.place = entry->place,
		.algorithm = signature->algorithm,
		.body_relaxed = signature->body_relaxed,
		.measured = signature->has_length,
		.timestamp = signature->has_timestamp ? signature->timestamp : UINT64_MAX,
		.b = signature->b,
		.bh = signature->bh,
		.key = entry->key.bytes,
	};
}

static void judge_answer(struct scan *scan, struct dkim_message *state, const struct dkim_answer *answer, const struct dkim_names *names)
{
	size_t task = 0;

	for (size_t i = 0; i < state->len; i++) {
		struct entry *entry = &state->entries[i];

		if (!entry->opinion.formed)
			entry->opinion = dkim_judge_answer(scan->arena, &entry->signature, &entry->key, &answer->items[task++], names);
	}
}

static void verify(struct scan *scan, struct dkim_message *state, const struct dkim_names *names)
{
	const char *problem = why_not_kept(scan->message);
	struct dkim_question *question = arena_new_of(scan->arena, struct dkim_question);
	struct dkim_answer *answer = arena_new_of(scan->arena, struct dkim_answer);

	question->body_offset = scan->message->body_offset;
	question->fields = state->places;
	for (size_t i = 0; i < state->len; i++)
		if (!state->entries[i].opinion.formed)
			question->tasks[question->len++] = task_of(&state->entries[i]);
	if (question->len == 0)
		return;
	if (problem == NULL)
		problem = dkim_examine(scan, ((const struct dkim *)scan->shared)->kind, question, answer);
	if (problem == NULL)
		judge_answer(scan, state, answer, names);
	else
		settle(state, DKIM_TEMPERROR, problem);
}

static void report_signature(struct scan *scan, const struct entry *entry)
{
	const char *domain = entry->signature.domain;

	dkim_report_signature(scan, &entry->signature, &entry->opinion,
			      domain[0] != '\0' && is_authors(scan, domain, is_same_organization));
}

static bool dkim_report(struct scan *scan)
{
	const struct dkim_settings *settings = scan->settings;
	struct dkim_message *state = scan->message_state;
	const struct dkim_names *names;
	const char *unreadable;

	if (!settings->enabled)
		return true;
	if (scan->phase != PHASE_EOM || scan->wait_until_ms != UINT64_MAX)
		return false;	/* meanwhile the keys come in */
	if (state->there == 0) {
		dkim_report_none(scan);
		return true;
	}
	names = dkim_names_new(scan->arena, &scan->message->headers);
	unreadable = why_unreadable(scan->message, names);
	if (unreadable != NULL)
		settle(state, DKIM_PERMERROR, unreadable);
	judge_keys(scan, state);
	verify(scan, state, names);
	for (size_t i = 0; i < state->len; i++)
		report_signature(scan, &state->entries[i]);
	if (state->there > state->len)
		dkim_report_too_many(scan, state->there, state->len);
	return true;
}

static const struct option_section *const dkim_sections[] = { &dkim_section, NULL };

const struct scanner scanner_dkim = {
	.name = "dkim",
	.summary = "which domains have signed the message (RFC 6376)",
	.sections = dkim_sections,
	.outcomes = dkim_outcomes,
	.directions = SCANNER_IN(DIRECTION_INBOUND),
	.open = dkim_open,
	.close = dkim_close,
	.needs_cage = dkim_needs_cage,
	.message_size = sizeof(struct dkim_message),
	.field = dkim_field,
	.report = dkim_report,
};
