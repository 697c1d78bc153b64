/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/spf_report.h"

#include "milter/mail/domain.h"
#include "milter/mail/received_spf.h"

/* RFC 7208 8.4, 8.6, 8.7 with the codes of RFC 7372 */
#define OUTCOME(name, identity, result, y, z) \
	{ (name), REFUSE_DOOR, offsetof(struct spf_settings, rules[identity][result]), .code = 550, .status = "5." y, .defer_code = 451, \
	  .defer_status = "4." z }

const struct outcome spf_outcomes[] = {
	OUTCOME("pass", SPF_MAILFROM, SPF_PASS, "7.1", "7.1"),
	OUTCOME("fail", SPF_MAILFROM, SPF_FAIL, "7.23", "7.23"),
	OUTCOME("softfail", SPF_MAILFROM, SPF_SOFTFAIL, "7.23", "7.23"),
	OUTCOME("neutral", SPF_MAILFROM, SPF_NEUTRAL, "7.1", "7.1"),
	OUTCOME("none", SPF_MAILFROM, SPF_NONE, "7.1", "7.1"),
	OUTCOME("temperror", SPF_MAILFROM, SPF_TEMPERROR, "7.24", "4.3"),
	OUTCOME("permerror", SPF_MAILFROM, SPF_PERMERROR, "7.24", "7.24"),
	OUTCOME("helo_pass", SPF_HELO, SPF_PASS, "7.1", "7.1"),
	OUTCOME("helo_fail", SPF_HELO, SPF_FAIL, "7.23", "7.23"),
	OUTCOME("helo_softfail", SPF_HELO, SPF_SOFTFAIL, "7.23", "7.23"),
	OUTCOME("helo_neutral", SPF_HELO, SPF_NEUTRAL, "7.1", "7.1"),
	OUTCOME("helo_temperror", SPF_HELO, SPF_TEMPERROR, "7.24", "4.3"),
	OUTCOME("helo_permerror", SPF_HELO, SPF_PERMERROR, "7.24", "7.24"),
	{ .name = NULL },
};

/* What an administrator and the sender have to know, with lengths that leave room for all of it in a reply. */
static const char *sentence(struct arena *arena, const struct spf_report *report)
{
	const char *deed = report->by_helo ? "call itself" : "send mail of";
	char client[IP_TEXT_MAX];

	(void)ip_format(&report->client, client);
	switch (report->answer->result) {
	case SPF_PASS:
		return arena_printf(arena, "%s may %s %.120s", client, deed, report->name);
	case SPF_FAIL:
		return arena_printf(arena, "%s may not %s %.120s", client, deed, report->name);
	case SPF_SOFTFAIL:
		return arena_printf(arena, "%s probably may not %s %.120s", client, deed, report->name);
	case SPF_NEUTRAL:
		return arena_printf(arena, "the domain does not say whether %s may %s %.120s", client, deed, report->name);
	case SPF_NONE:
		if (report->answer->problem[0] != '\0')
			break;
		return arena_printf(arena, "%.120s publishes no SPF record", report->name);
	case SPF_TEMPERROR:
		return arena_printf(arena, "it could not be looked up whether %s may %s %.120s", client, deed, report->name);
	case SPF_PERMERROR:
		return arena_printf(arena, "an SPF record is faulty, it cannot be told whether %s may %s %.120s", client, deed, report->name);
	}
	return "nothing to judge";
}

/* Where it stands. */
static const char *detail(struct arena *arena, const struct spf_answer *answer)
{
	if (answer->problem[0] != '\0')
		return arena_printf(arena, " (%.160s)", answer->problem);
	if (strcmp(answer->mechanism, "default") == 0 && answer->domain[0] != '\0')
		return arena_printf(arena, " (nothing in the record of %.120s matches)", answer->domain);
	if (answer->mechanism[0] != '\0' && answer->domain[0] != '\0')
		return arena_printf(arena, " (%.80s in the record of %.120s)", answer->mechanism, answer->domain);
	return "";
}

static const char *outcome_name(const struct spf_report *report)
{
	size_t offset = offsetof(struct spf_settings, rules) +
			((size_t)report->identity * SPF_RESULTS + (size_t)report->answer->result) * sizeof(struct rule);
	const struct outcome *outcome = spf_outcomes;

	while (outcome->name != NULL && outcome->rule_offset != offset)
		outcome++;
	return outcome->name;
}

static void add_finding(struct scan *scan, const struct spf_report *report, const char *text)
{
	const struct spf_answer *answer = report->answer;
	const char *result = spf_result_name(answer->result);

	if (answer->explanation[0] != '\0')
		finding_add(scan, outcome_name(report), "SPF %s: %s; the domain says: \"%.160s\"", result, text, answer->explanation);
	else
		finding_add(scan, outcome_name(report), "SPF %s: %s", result, text);
}

static const char *none_if_empty(const char *text)
{
	return text[0] == '\0' ? NULL : text;
}

static void add_result(struct scan *scan, const struct spf_report *report)
{
	const struct spf_answer *answer = report->answer;
	struct authres_result result = {
		.method = "spf", .result = spf_result_name(answer->result), .reason = none_if_empty(answer->problem) };

	if (report->by_helo)
		result.properties[0] = (struct authres_property){ "smtp.helo", report->helo };
	else
		result.properties[0] = (struct authres_property){ "smtp.mailfrom", scan->message->mailfrom.text };
	if (result.properties[0].value[0] == '\0')
		result.properties[0].name = NULL;	/* a sender that is no address, a client without a HELO name */
	result_add(scan, &result);
}

/* For DMARC: the domain of MAIL FROM, or of HELO where the sender is null (RFC 7208 2.4); not the HELO name beside a sender. */
static void add_identity(struct scan *scan, const struct spf_report *report)
{
	enum spf_result result = report->answer->result;
	struct identity identity = {
		.kind = IDENTITY_SPF,
		.state = result == SPF_PASS ? IDENTITY_PASS : result == SPF_TEMPERROR ? IDENTITY_UNSURE : IDENTITY_FAIL,
		.selector = "",
		.result = spf_result_name(result),
	};

	if (report->identity == SPF_MAILFROM && domain_normalise(scan->arena, str_of(report->name), &identity.domain) == 0)
		identity_add(scan, &identity);
}

static void add_stamp(struct scan *scan, const struct spf_report *report, const char *text)
{
	const struct message *message = scan->message;
	const struct received_spf fields = {
		.result = spf_result_name(report->answer->result),
		.comment = arena_printf(scan->arena, "%s: %s", scan->services->host, text),
		.identity = report->by_helo ? "helo" : "mailfrom",
		.receiver = scan->services->host,
		.client = report->client,
		.envelope_from = message->mailfrom_problem == NULL ? message->mailfrom.text : NULL,
		.helo = report->helo,
		.mechanism = report->answer->mechanism,
		.problem = report->answer->problem,
	};

	stamp_add(scan, "Received-SPF", received_spf_format(scan->arena, &fields));
}

void spf_report_add(struct scan *scan, const struct spf_report *report)
{
	const char *said, *text;

	/* a host that owns no record of its name is the rule, not news */
	if (report->identity == SPF_HELO && report->answer->result == SPF_NONE)
		return;
	said = sentence(scan->arena, report);
	text = report->answer->result == SPF_NONE && report->answer->problem[0] != '\0' ?
		arena_printf(scan->arena, "%.200s", report->answer->problem) :
		arena_printf(scan->arena, "%s%s", said, detail(scan->arena, report->answer));
	add_finding(scan, report, text);
	add_result(scan, report);
	add_identity(scan, report);
	add_stamp(scan, report, text);
}
