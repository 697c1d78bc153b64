/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the message from the domain that its From field names (RFC 9989)?
 *
 * The DNS is asked at MAIL about the sender's domain, which mostly is that of the author, too; and when the header is complete about the authors
 * and all that might vouch for them. MTAs hand over the header when they have all of the message: a single field earlier nothing would be
 * gained. At the end it is judged, with answers that are there already. */
#include "scanners/dmarc.h"

#include "milter/mail/dkim_tags.h"
#include "milter/mail/domain.h"
#include "scanners/dmarc_check.h"
#include "scanners/scanners.h"

enum { HINTS_MAX = 10 };

struct dmarc {
	struct arena *arena;
	struct dmarc_rules rules;
	struct psl *psl;
	const struct dmarc_exemptions *exemptions;
};

static int dmarc_open(const struct conf *conf, const struct services *services, void **ret_shared, char *problem)
{
	const struct dmarc_settings *settings = conf_settings(conf, "dmarc");
	struct psl *psl = NULL;
	struct arena *arena;
	struct dmarc *dmarc;
	int r;

	(void)services;
	r = settings->enabled ? psl_open(settings->suffix_list, problem, &psl) : 0;
	if (r < 0)
		return r;
	arena = arena_new();
	dmarc = arena_new_of(arena, struct dmarc);
	*dmarc = (struct dmarc){
		.arena = arena,
		.psl = psl,
		.rules = { (enum dmarc_method)settings->method, psl },
		.exemptions = dmarc_exemptions_new(arena, settings),
	};
	*ret_shared = dmarc;
	return 0;
}

static void dmarc_close(void *shared)
{
	struct dmarc *dmarc = shared;

	psl_close(dmarc->psl);
	arena_free(dmarc->arena);
}

/* --- the questions --- */

/* A dns_asker that only asks. */
static const struct dns_answer *prefetch(void *resolver, const char *name, enum dns_type type)
{
	resolver_prefetch(resolver, name, type);
	return NULL;
}

static void dmarc_mailfrom(struct scan *scan)
{
	const struct dmarc_settings *settings = scan->settings;
	const struct dmarc *dmarc = scan->shared;
	const struct address *mailfrom = &scan->message->mailfrom;
	struct dmarc_discovery ignored;

	if (!settings->enabled || scan->services->resolver == NULL || scan->message->mailfrom_problem != NULL || mailfrom->domain == NULL ||
	    mailfrom->literal.family != IP_NONE)
		return;
	(void)dmarc_discover(mailfrom->domain, &dmarc->rules, prefetch, scan->services->resolver, &ignored);
}

static void add_hint(struct arena *arena, struct dmarc_case *dmarc_case, struct str name, bool is_dkim)
{
	const char *domain;

	if (domain_normalise(arena, name, &domain) == 0)
		dmarc_case_add_identity(dmarc_case, &(struct dmarc_identity){ .domain = domain, .is_dkim = is_dkim, .is_unsure = true });
}

/* Who might vouch for the message, as far as it says itself: good enough for asking early, and for nothing else. */
static void add_hints(const struct scan *scan, struct dmarc_case *dmarc_case)
{
	const struct address *mailfrom = &scan->message->mailfrom;
	const struct header *field;
	struct dkim_tags tags;
	const struct dkim_tag *domain;
	const char *problem;
	size_t position = 0;

	add_hint(scan->arena, dmarc_case, str_of(mailfrom->domain == NULL ? scan->session->helo : mailfrom->domain), false);
	while (dmarc_case->identities_len < HINTS_MAX && (field = headers_next(&scan->message->headers, "DKIM-Signature", &position)) != NULL) {
		domain = dkim_tags_parse(str_of(field->value), &tags, &problem) < 0 ? NULL : dkim_tags_find(&tags, "d");
		if (domain != NULL)
			add_hint(scan->arena, dmarc_case, domain->value, true);
	}
}

static struct dmarc_case new_case(const struct dmarc_authors *authors)
{
	struct dmarc_case dmarc_case = { .authors_len = authors->len };

	memcpy(dmarc_case.authors, authors->domains, sizeof(dmarc_case.authors));
	return dmarc_case;
}

/* NULL: there is nothing to be asked, or nobody. */
static struct dmarc_check *start(struct scan *scan, const struct dmarc_case *dmarc_case)
{
	const struct dmarc *dmarc = scan->shared;
	const struct dmarc_message *state = scan->message_state;
	struct dmarc_check *check;

	if (scan->services->resolver == NULL || state->authors.too_many || state->authors.len == 0)
		return NULL;
	check = dmarc_check_start(scan->services->resolver, &dmarc->rules, dmarc_case);
	arena_defer(scan->message->arena, dmarc_check_drop, check);
	return check;
}

static void dmarc_header_complete(struct scan *scan)
{
	const struct dmarc_settings *settings = scan->settings;
	struct dmarc_message *state = scan->message_state;
	struct dmarc_case dmarc_case;

	if (!settings->enabled)
		return;
	dmarc_authors_read(scan->arena, scan->message, &state->authors);
	state->ready = true;
	dmarc_case = new_case(&state->authors);
	add_hints(scan, &dmarc_case);
	(void)start(scan, &dmarc_case);
}

/* --- the answer --- */

static void add_identities(const struct message *message, struct dmarc_case *dmarc_case)
{
	for (size_t i = 0; i < message->identities_len; i++) {
		const struct identity *identity = &message->identities[i];

		if (identity->state == IDENTITY_FAIL || identity->domain[0] == '\0')
			continue;
		dmarc_case_add_identity(dmarc_case, &(struct dmarc_identity){
			.domain = identity->domain, .is_dkim = identity->kind == IDENTITY_DKIM, .is_unsure = identity->state == IDENTITY_UNSURE });
	}
}

static const struct dmarc_judgement *without_resolver(struct scan *scan, const struct dmarc_authors *authors)
{
	struct dmarc_judgement *judgements = arena_array(scan->arena, DMARC_AUTHORS_MAX, sizeof(*judgements));

	for (size_t i = 0; i < authors->len; i++)
		judgements[i] = (struct dmarc_judgement){
			.author = authors->domains[i], .result = DMARC_RESULT_TEMPERROR, .discovery = { .status = DNS_UNKNOWN },
			.failed = authors->domains[i], .why = "there is no resolver" };
	return judgements;
}

static bool dmarc_report(struct scan *scan)
{
	const struct dmarc_settings *settings = scan->settings;
	const struct dmarc *dmarc = scan->shared;
	struct dmarc_message *state = scan->message_state;
	struct dmarc_case dmarc_case;
	struct dmarc_check *check;

	if (!settings->enabled)
		return true;
	/* not before SPF and DKIM have told what they know */
	if (scan->phase != PHASE_EOM || scan->wait_until_ms != UINT64_MAX)
		return false;
	if (!state->ready)
		dmarc_authors_read(scan->arena, scan->message, &state->authors);
	dmarc_case = new_case(&state->authors);
	add_identities(scan->message, &dmarc_case);
	check = start(scan, &dmarc_case);
	state->facts = dmarc_facts_find(scan, &state->authors,
					check == NULL ? without_resolver(scan, &state->authors) :
							dmarc_check_finish(check, scan->progress, scan->progress_arg),
					dmarc->exemptions, dmarc->psl);
	dmarc_report_add(scan, &state->facts);
	return true;
}

static const struct option_section *const dmarc_sections[] = { &dmarc_section, NULL };

const struct scanner scanner_dmarc = {
	.name = "dmarc",
	.summary = "is mail from the domain that its From field names (RFC 9989)",
	.sections = dmarc_sections,
	.outcomes = dmarc_outcomes,
	.directions = SCANNER_IN(DIRECTION_INBOUND),
	.open = dmarc_open,
	.close = dmarc_close,
	.message_size = sizeof(struct dmarc_message),
	.mailfrom = dmarc_mailfrom,
	.eoh = dmarc_header_complete,
	.report = dmarc_report,
};
