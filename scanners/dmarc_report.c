/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dmarc_report.h"

#define OUTCOME(name, index, y, z) \
	{ (name), REFUSE_CONTENT, offsetof(struct dmarc_settings, rules[index]), .code = 550, .status = "5." y, .defer_code = 451, \
	  .defer_status = "4." z }
#define OUTCOME_GOES_ON(name) { (name), REFUSE_CONTENT, OUTCOME_FIXED, .fixed_action = ACTION_ACCEPT }

/* In the order of enum dmarc_outcome. */
const struct outcome dmarc_outcomes[] = {
	OUTCOME("pass", DMARC_PASS, "7.1", "7.1"),
	OUTCOME("none", DMARC_NO_POLICY, "7.1", "7.1"),
	OUTCOME_GOES_ON("unsure"),
	OUTCOME("fail_none", DMARC_FAIL_NONE, "7.1", "7.1"),
	OUTCOME("permerror", DMARC_PERMERROR, "7.1", "7.1"),
	OUTCOME("fail_quarantine", DMARC_FAIL_QUARANTINE, "7.1", "7.1"),
	OUTCOME("temperror", DMARC_TEMPERROR, "7.1", "4.3"),
	OUTCOME("fail_reject", DMARC_FAIL_REJECT, "7.1", "7.1"),
	OUTCOME("many_authors", DMARC_MANY_AUTHORS, "7.1", "7.1"),
	OUTCOME_GOES_ON("excepted"),
	{ .name = NULL },
};

/* --- what decides --- */

static enum dmarc_outcome outcome_of(const struct dmarc_judgement *judgement)
{
	static const enum dmarc_outcome fails[] = {
		[DMARC_POLICY_NONE] = DMARC_FAIL_NONE,
		[DMARC_POLICY_QUARANTINE] = DMARC_FAIL_QUARANTINE,
		[DMARC_POLICY_REJECT] = DMARC_FAIL_REJECT,
	};

	switch (judgement->result) {
	case DMARC_RESULT_PASS:
		return DMARC_PASS;
	case DMARC_RESULT_FAIL:
		return fails[judgement->discovery.enforced];
	case DMARC_RESULT_TEMPERROR:
		return judgement->harmless ? DMARC_UNSURE : DMARC_TEMPERROR;
	case DMARC_RESULT_NONE:
		break;
	}
	return DMARC_NO_POLICY;
}

/* The worst of the authors that no exemption names; the worst of all when each of these is well. */
static void choose_author(struct dmarc_facts *facts, const struct dmarc_authors *authors, const struct dmarc_judgement *judgements,
			  const struct dmarc_exemptions *exemptions)
{
	struct dmarc_facts exempt = { .outcome = DMARC_PASS };

	for (size_t i = 0; i < authors->len; i++) {
		const enum dmarc_outcome outcome = outcome_of(&judgements[i]);
		const struct dmarc_exemption exemption = dmarc_exemption_find_domain(exemptions, authors->domains[i]);
		struct dmarc_facts *worst = exemption.option != NULL && outcome > DMARC_NO_POLICY ? &exempt : facts;

		if (worst->judgement != NULL && outcome <= worst->outcome)
			continue;
		*worst = (struct dmarc_facts){ .outcome = outcome, .judgement = &judgements[i] };
		if (worst == &exempt)
			worst->exemption = exemption;
	}
	if (exempt.judgement != NULL && facts->outcome <= DMARC_NO_POLICY)
		*facts = exempt;
}

static const char *disposition_of(const struct scan *scan, const struct dmarc_facts *facts)
{
	const struct dmarc_settings *settings = scan->settings;
	const struct rule_action *action = &settings->rules[facts->outcome].by_direction[scan->message->direction];

	if (facts->exemption.option != NULL || facts->outcome == DMARC_UNSURE || action->observe)
		return "none";
	switch (action->action) {
	case ACTION_REJECT:
	case ACTION_DISCARD:
		return "reject";
	case ACTION_QUARANTINE:
	case ACTION_TAG:
		return "quarantine";
	case ACTION_DEFER:
		return "defer";
	case ACTION_ACCEPT:
	case ACTION_WEIGHT:
		break;
	}
	return "none";
}

/* An exempt domain may be among others that no reading has found. */
static bool is_uncertain(const struct dmarc_authors *authors)
{
	return authors->problem != NULL || authors->len == 0;
}

struct dmarc_facts dmarc_facts_find(struct scan *scan, const struct dmarc_authors *authors, const struct dmarc_judgement *judgements,
				    const struct dmarc_exemptions *exemptions, const struct psl *psl)
{
	struct dmarc_facts facts = { .outcome = DMARC_PASS };

	if (authors->too_many)
		facts = (struct dmarc_facts){ .outcome = DMARC_MANY_AUTHORS, .problem = "the From field names too many authors" };
	else
		choose_author(&facts, authors, judgements, exemptions);
	if (is_uncertain(authors) && (facts.outcome < DMARC_PERMERROR || facts.exemption.option != NULL)) {
		facts.outcome = DMARC_PERMERROR;
		facts.problem = authors->problem != NULL ? authors->problem : "the From field names nobody";
		facts.exemption = (struct dmarc_exemption){ NULL, NULL, NULL };
	}
	if (facts.outcome > DMARC_NO_POLICY && facts.exemption.option == NULL)
		facts.exemption = dmarc_exemption_find(scan, exemptions, psl);
	facts.disposition = disposition_of(scan, &facts);
	return facts;
}

/* --- what is said --- */

/* "p=reject t=y in the record of example.com" */
static const char *policy_text(struct arena *arena, const struct dmarc_discovery *discovery)
{
	static const char *const tags[] = { "p", "sp", "np" };

	return arena_printf(arena, "%s=%s%s in the record of %.120s", tags[discovery->tag], dmarc_policy_name(discovery->policy),
			    discovery->record.testing ? " t=y" : "", discovery->domain);
}

static const char *temperror_text(struct arena *arena, const struct dmarc_judgement *judgement)
{
	if (judgement->failed == NULL)
		return arena_printf(arena, "SPF or DKIM could not tell whether this mail is from %.120s", judgement->author);
	return arena_printf(arena, "it could not be looked up whether this mail is from %.120s (DNS of %.120s: %s)", judgement->author,
			    judgement->failed, judgement->why);
}

static const char *pass_text(struct arena *arena, const struct dmarc_judgement *judgement)
{
	return arena_printf(arena, "this mail is from %.120s (%s of %.120s; %s)", judgement->author, judgement->proof->is_dkim ? "DKIM" : "SPF",
			    judgement->proof->domain, policy_text(arena, &judgement->discovery));
}

static const char *fail_text(struct arena *arena, const struct dmarc_judgement *judgement)
{
	static const char *const wishes[] = {
		[DMARC_POLICY_NONE] = "asks for nothing to be done about such mail",
		[DMARC_POLICY_QUARANTINE] = "asks to treat such mail as suspicious",
		[DMARC_POLICY_REJECT] = "asks to reject such mail",
	};
	const struct dmarc_discovery *discovery = &judgement->discovery;

	return arena_printf(arena, "nothing proves that this mail is from %.120s, and %.120s %s (%s)", judgement->author, discovery->domain,
			    wishes[discovery->enforced], policy_text(arena, discovery));
}

static const char *text_of(struct arena *arena, const struct dmarc_facts *facts)
{
	const struct dmarc_judgement *judgement = facts->judgement;

	if (facts->problem != NULL)
		return arena_printf(arena, "nobody can say for certain who wrote this mail: %s", facts->problem);
	switch (judgement->result) {
	case DMARC_RESULT_PASS:
		return pass_text(arena, judgement);
	case DMARC_RESULT_FAIL:
		return fail_text(arena, judgement);
	case DMARC_RESULT_TEMPERROR:
		return temperror_text(arena, judgement);
	case DMARC_RESULT_NONE:
		break;
	}
	return arena_printf(arena, "%.120s publishes no policy", judgement->author);
}

static void add_finding(struct scan *scan, const struct dmarc_facts *facts)
{
	const char *text = text_of(scan->arena, facts);

	if (facts->exemption.option != NULL)
		finding_add(scan, "excepted", "DMARC: excepted by %s (%.120s): %s", facts->exemption.option, facts->exemption.entry, text);
	else
		finding_add(scan, dmarc_outcomes[facts->outcome].name, "DMARC: %s", text);
	finding_note(scan, "policy", facts->judgement != NULL && facts->judgement->discovery.status == DNS_FOUND ?
		     dmarc_policy_name(facts->judgement->discovery.enforced) : "none");
}

static const char *result_word(const struct dmarc_facts *facts)
{
	return facts->problem != NULL ? "permerror" : dmarc_result_name(facts->judgement->result);
}

static const char *reason_of(struct arena *arena, const struct dmarc_facts *facts)
{
	if (facts->exemption.option != NULL)
		return arena_printf(arena, "excepted by %s (%.120s)", facts->exemption.option, facts->exemption.entry);
	if (facts->problem != NULL)
		return facts->problem;
	if (facts->judgement->result == DMARC_RESULT_TEMPERROR && facts->judgement->failed != NULL)
		return arena_printf(arena, "DNS of %.120s: %s", facts->judgement->failed, facts->judgement->why);
	return NULL;
}

static bool has_policy(const struct dmarc_judgement *judgement)
{
	return judgement->discovery.status == DNS_FOUND;
}

/* header.from of RFC 8601 2.7 and policy.dmarc of RFC 7489 11.1, the policy that was evaluated. */
static void add_result(struct scan *scan, const struct dmarc_facts *facts)
{
	struct authres_result result = {
		.method = "dmarc", .result = result_word(facts), .reason = reason_of(scan->arena, facts) };
	size_t len = 0;

	/* of a message whose author is not certain no domain is named: it would be read as vouched for */
	if (facts->problem == NULL)
		result.properties[len++] = (struct authres_property){ "header.from", facts->judgement->author };
	if (facts->problem == NULL && has_policy(facts->judgement)) {
		result.properties[len++] = (struct authres_property){
			"policy.dmarc", dmarc_policy_name(facts->judgement->discovery.enforced) };
		result.properties[len++] = (struct authres_property){ "policy.disposition", facts->disposition };
	}
	result_add(scan, &result);
}

void dmarc_report_add(struct scan *scan, const struct dmarc_facts *facts)
{
	add_finding(scan, facts);
	add_result(scan, facts);
	dmarc_note(scan, dmarc_facts_text(scan->arena, facts));
}

/* --- for reports --- */

static const char *published(bool has, enum dmarc_policy policy)
{
	return has ? dmarc_policy_name(policy) : "-";
}

static const char *record_text(struct arena *arena, const struct dmarc_discovery *discovery)
{
	static const char *const psd[] = { [DMARC_PSD_UNKNOWN] = "u", [DMARC_PSD_YES] = "y", [DMARC_PSD_NO] = "n" };
	const struct dmarc_record *record = &discovery->record;

	return arena_printf(arena, " domain=%s p=%s sp=%s np=%s adkim=%c aspf=%c t=%c psd=%s policy=%s", discovery->domain,
			    published(record->has_p, record->p), published(record->has_sp, record->sp), published(record->has_np, record->np),
			    record->adkim_strict ? 's' : 'r', record->aspf_strict ? 's' : 'r', record->testing ? 'y' : 'n', psd[record->psd],
			    dmarc_policy_name(discovery->policy));
}

static const char *aligned(enum dmarc_same same)
{
	return same == DMARC_SAME_YES ? "pass" : same == DMARC_SAME_NO ? "fail" : "temperror";
}

const char *dmarc_facts_text(struct arena *arena, const struct dmarc_facts *facts)
{
	const struct dmarc_judgement *judgement = facts->judgement;
	const char *text = arena_printf(arena, "result=%s disposition=%s", result_word(facts), facts->disposition);

	if (judgement != NULL)
		text = arena_printf(arena, "%s header_from=%s dkim=%s spf=%s", text, judgement->author, aligned(judgement->dkim),
				    aligned(judgement->spf));
	if (judgement != NULL && has_policy(judgement))
		text = arena_printf(arena, "%s%s", text, record_text(arena, &judgement->discovery));
	if (facts->exemption.option != NULL)
		text = arena_printf(arena, "%s reason=%s:%s", text, facts->exemption.reported, facts->exemption.entry);
	return text;
}
