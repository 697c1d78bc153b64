/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/dmarc_judge.h"

#include <errno.h>

#include "milter/mail/domain.h"

const char *dmarc_result_name(enum dmarc_result result)
{
	static const char *const names[] = {
		[DMARC_RESULT_NONE] = "none", [DMARC_RESULT_PASS] = "pass", [DMARC_RESULT_FAIL] = "fail",
		[DMARC_RESULT_TEMPERROR] = "temperror",
	};

	return names[result];
}

void dmarc_case_add_identity(struct dmarc_case *dmarc_case, const struct dmarc_identity *identity)
{
	if (dmarc_case->identities_len < DMARC_IDENTITIES_MAX)
		dmarc_case->identities[dmarc_case->identities_len++] = *identity;
}

/* --- what has to be asked --- */

static bool is_at_or_below(const char *domain, const char *parent)
{
	return strcmp(domain, parent) == 0 || domain_is_below(domain, parent);
}

static const char *top_label(const char *domain)
{
	const char *dot = strrchr(domain, '.');

	return dot == NULL ? domain : dot + 1;
}

/* Can they be of one organization at all? One that is told holds both of them; one that is not told has at least their top label. */
static bool may_be_same(const char *domain, const struct dmarc_judgement *judgement)
{
	const struct dmarc_organization *organization = &judgement->discovery.organization;

	if (organization->domain != NULL)
		return is_at_or_below(domain, organization->domain);
	return strcmp(top_label(domain), top_label(judgement->author)) == 0;
}

static bool is_author(const struct dmarc_identity *identity, const struct dmarc_judgement *judgement)
{
	return strcmp(identity->domain, judgement->author) == 0;
}

/* Without a record nobody says that alignment is strict. */
static bool is_strict(const struct dmarc_identity *identity, const struct dmarc_judgement *judgement)
{
	const struct dmarc_record *record = &judgement->discovery.record;

	return identity->is_dkim ? record->adkim_strict : record->aspf_strict;
}

/* While an author's answers are not there, the list says what most probably will be needed, too. */
static bool needs_walk(const struct dmarc_case *dmarc_case, size_t author, const struct dmarc_identity *identity, const struct dmarc_rules *rules)
{
	const struct dmarc_judgement *judgement = &dmarc_case->judgements[author];
	const char *organization;

	if (strcmp(identity->domain, dmarc_case->authors[author]) == 0)
		return false;
	if (!dmarc_case->discovered[author]) {
		organization = psl_org_domain(rules->psl, dmarc_case->authors[author]);
		return organization != NULL && is_at_or_below(identity->domain, organization);
	}
	return judgement->discovery.status != DNS_NOTHING && !is_strict(identity, judgement) && may_be_same(identity->domain, judgement);
}

static int discover(struct dmarc_case *dmarc_case, size_t i, const struct dmarc_rules *rules, dns_asker ask, void *arg)
{
	struct dmarc_judgement *judgement = &dmarc_case->judgements[i];
	int r = dmarc_discover(dmarc_case->authors[i], rules, ask, arg, &judgement->discovery);

	judgement->author = dmarc_case->authors[i];
	dmarc_case->discovered[i] = r == 0;
	return r;
}

static int walk_identity(struct dmarc_case *dmarc_case, size_t i, const struct dmarc_rules *rules, dns_asker ask, void *arg)
{
	const struct dmarc_identity *identity = &dmarc_case->identities[i];
	bool needed = false;
	int r = 0;

	for (size_t author = 0; author < dmarc_case->authors_len && !needed; author++)
		needed = needs_walk(dmarc_case, author, identity, rules);
	if (needed && !dmarc_case->walked[i]) {
		r = dmarc_organization_find(identity->domain, rules, ask, arg, &dmarc_case->organizations[i]);
		dmarc_case->walked[i] = r == 0;
	}
	return r;
}

static int find_out(struct dmarc_case *dmarc_case, const struct dmarc_rules *rules, dns_asker ask, void *arg)
{
	int r = 0;

	for (size_t i = 0; i < dmarc_case->authors_len; i++)
		if (!dmarc_case->discovered[i] && discover(dmarc_case, i, rules, ask, arg) < 0)
			r = -EAGAIN;
	for (size_t i = 0; i < dmarc_case->identities_len; i++)
		if (walk_identity(dmarc_case, i, rules, ask, arg) < 0)
			r = -EAGAIN;
	return r;
}

/* --- what follows --- */

/* RFC 9989 4.4. The same name is aligned by any policy. */
static enum dmarc_same align(const struct dmarc_case *dmarc_case, size_t i, const struct dmarc_judgement *judgement)
{
	const struct dmarc_identity *identity = &dmarc_case->identities[i];

	if (is_author(identity, judgement))
		return DMARC_SAME_YES;
	if (is_strict(identity, judgement) || !may_be_same(identity->domain, judgement))
		return DMARC_SAME_NO;
	return dmarc_organization_same(&judgement->discovery.organization, &dmarc_case->organizations[i]);
}

/* What is known of an identity with what was known of those before it: a yes stays, and "could not tell" is more than a no. */
static void count(const struct dmarc_case *dmarc_case, size_t i, struct dmarc_judgement *judgement)
{
	const struct dmarc_identity *identity = &dmarc_case->identities[i];
	const struct dmarc_organization *own = &judgement->discovery.organization, *other = &dmarc_case->organizations[i];
	const enum dmarc_same same = align(dmarc_case, i, judgement);
	enum dmarc_same *known = identity->is_dkim ? &judgement->dkim : &judgement->spf;

	if (same == DMARC_SAME_NO)
		return;
	if (same == DMARC_SAME_YES && !identity->is_unsure) {
		*known = DMARC_SAME_YES;
		if (judgement->proof == NULL || is_author(identity, judgement))
			judgement->proof = identity;
		return;
	}
	if (*known == DMARC_SAME_NO)
		*known = DMARC_SAME_UNKNOWN;
	if (judgement->failed == NULL && same == DMARC_SAME_UNKNOWN) {
		judgement->failed = other->domain == NULL ? other->failed : own->failed;
		judgement->why = other->domain == NULL ? other->why : own->why;
	}
}

/* The policy could not be told. Whoever is proven by name would pass any; whoever is proven by the record, the one that it holds. */
static void decide_without_policy(struct dmarc_judgement *judgement)
{
	const struct dmarc_discovery *discovery = &judgement->discovery;

	judgement->result = DMARC_RESULT_TEMPERROR;
	if (judgement->proof != NULL && discovery->domain != NULL)
		judgement->result = DMARC_RESULT_PASS;
	judgement->harmless = judgement->proof != NULL && is_author(judgement->proof, judgement);
	judgement->failed = discovery->failed;
	judgement->why = discovery->why;
}

static void decide(struct dmarc_judgement *judgement)
{
	const bool is_unsure = judgement->dkim == DMARC_SAME_UNKNOWN || judgement->spf == DMARC_SAME_UNKNOWN;

	if (judgement->discovery.status == DNS_NOTHING) {
		judgement->result = DMARC_RESULT_NONE;
	} else if (judgement->discovery.status == DNS_UNKNOWN) {
		decide_without_policy(judgement);
	} else if (judgement->proof != NULL) {
		judgement->result = DMARC_RESULT_PASS;
	} else if (is_unsure) {
		judgement->result = DMARC_RESULT_TEMPERROR;
		judgement->harmless = judgement->discovery.enforced == DMARC_POLICY_NONE;
	} else {
		judgement->result = DMARC_RESULT_FAIL;
	}
}

int dmarc_case_judge(struct dmarc_case *dmarc_case, const struct dmarc_rules *rules, dns_asker ask, void *arg)
{
	const int r = find_out(dmarc_case, rules, ask, arg);

	if (r < 0)
		return r;
	for (size_t i = 0; i < dmarc_case->authors_len; i++) {
		struct dmarc_judgement *judgement = &dmarc_case->judgements[i];

		for (size_t k = 0; judgement->discovery.status != DNS_NOTHING && k < dmarc_case->identities_len; k++)
			count(dmarc_case, k, judgement);
		decide(judgement);
	}
	return 0;
}
