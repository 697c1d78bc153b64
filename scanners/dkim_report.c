/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dkim_report.h"

/* RFC 7372 3.1: x.7.20 no passing signature, x.7.21 no acceptable one */
#define OUTCOME(name, outcome, y) \
	{ (name), REFUSE_CONTENT, offsetof(struct dkim_settings, rules[outcome]), .code = 550, .status = "5." y, .defer_code = 451, \
	  .defer_status = "4." y }

const struct outcome dkim_outcomes[] = {
	[DKIM_PASS] = OUTCOME("pass", DKIM_PASS, "7.1"),
	[DKIM_FAIL] = OUTCOME("fail", DKIM_FAIL, "7.20"),
	[DKIM_NEUTRAL] = OUTCOME("neutral", DKIM_NEUTRAL, "7.20"),
	[DKIM_POLICY] = OUTCOME("policy", DKIM_POLICY, "7.21"),
	[DKIM_PARTIAL] = OUTCOME("partial", DKIM_PARTIAL, "7.21"),
	[DKIM_UNCOVERED] = OUTCOME("uncovered", DKIM_UNCOVERED, "7.21"),
	[DKIM_TEMPERROR] = OUTCOME("temperror", DKIM_TEMPERROR, "7.5"),
	[DKIM_PERMERROR] = OUTCOME("permerror", DKIM_PERMERROR, "7.20"),
	[DKIM_NONE] = OUTCOME("none", DKIM_NONE, "7.20"),
	[DKIM_TOO_MANY] = OUTCOME("too_many", DKIM_TOO_MANY, "7.21"),
	{ .name = NULL },
};

static const char *signer(struct arena *arena, const struct dkim_signature *signature)
{
	if (signature->domain[0] == '\0')
		return "a signature that cannot be read";
	return arena_printf(arena, "d=%.120s s=%.60s", signature->domain, signature->selector);
}

static void add_finding(struct scan *scan, const struct dkim_signature *signature, const struct dkim_opinion *opinion)
{
	const char *name = dkim_outcomes[opinion->outcome].name, *who = signer(scan->arena, signature);

	if (opinion->reason[0] == '\0')
		finding_add(scan, name, "DKIM %s: %s", name, who);
	else
		finding_add(scan, name, "DKIM %s: %s (%.160s)", name, who, opinion->reason);
}

static void add_property(struct authres_result *result, size_t *len, const char *name, const char *value)
{
	if (value[0] != '\0')
		result->properties[(*len)++] = (struct authres_property){ name, value };
}

/* RFC 8601 2.7.1, header.a and header.s of its appendix, header.b of RFC 6008 */
static void add_result(struct scan *scan, const struct dkim_signature *signature, const struct dkim_opinion *opinion)
{
	struct authres_result result = {
		.method = "dkim", .result = dkim_result(opinion->outcome), .reason = opinion->reason[0] == '\0' ? NULL : opinion->reason };
	size_t len = 0;

	add_property(&result, &len, "header.d", signature->domain);
	add_property(&result, &len, "header.s", signature->selector);
	add_property(&result, &len, "header.a", signature->algorithm_name);
	add_property(&result, &len, "header.b", signature->b_start);
	result_add(scan, &result);
}

static enum identity_state state_of(enum dkim_outcome outcome)
{
	if (outcome == DKIM_PASS)
		return IDENTITY_PASS;
	return outcome == DKIM_TEMPERROR ? IDENTITY_UNSURE : IDENTITY_FAIL;
}

void dkim_report_signature(struct scan *scan, const struct dkim_signature *signature, const struct dkim_opinion *opinion, bool aligned)
{
	add_finding(scan, signature, opinion);
	add_result(scan, signature, opinion);
	if (signature->domain[0] == '\0')
		return;
	finding_note(scan, "domain", signature->domain);
	finding_note(scan, "selector", signature->selector);
	finding_flag(scan, "aligned", aligned);
	identity_add(scan, &(struct identity){
		.kind = IDENTITY_DKIM,
		.state = state_of(opinion->outcome),
		.domain = signature->domain,
		.selector = signature->selector,
		.result = dkim_result(opinion->outcome),
	});
}

void dkim_report_none(struct scan *scan)
{
	finding_add(scan, dkim_outcomes[DKIM_NONE].name, "DKIM none: the message has no signature");
	result_add(scan, &(struct authres_result){ .method = "dkim", .result = dkim_result(DKIM_NONE) });
}

void dkim_report_too_many(struct scan *scan, size_t there, size_t looked_at)
{
	finding_add(scan, dkim_outcomes[DKIM_TOO_MANY].name, "DKIM: of %zu signatures only the first %zu were looked at", there, looked_at);
}
