/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/policy.h"

#include "milter/model/scanner.h"
#include "milter/settings.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };

enum { NOW, DOOR, CONTENT, PLAIN };

static const struct outcome outcomes[] = {
	[NOW] = { .name = "now", .refusal = REFUSE_NOW, .code = 501, .status = "5.1.7", .defer_code = 450, .defer_status = "4.1.7" },
	[DOOR] = { .name = "door", .refusal = REFUSE_DOOR, .code = 554, .status = "5.7.1", .defer_code = 450, .defer_status = "4.7.1" },
	[CONTENT] = { .name = "content", .refusal = REFUSE_CONTENT, .code = 552, .status = "5.3.4", .defer_code = 452,
		      .defer_status = "4.3.4" },
	[PLAIN] = { .name = "plain", .refusal = REFUSE_CONTENT },
	{ .name = NULL },
};

static const struct scanner everywhere = { .name = "any", .outcomes = outcomes };
static const struct scanner inbound_only = { .name = "inbound", .outcomes = outcomes, .directions = SCANNER_IN(DIRECTION_INBOUND) };

static const struct score_settings score = {
	.tag = { 5, { "milter.conf", 101 } }, .quarantine = { 10, { "milter.conf", 102 } }, .reject = { 15, { "milter.conf", 103 } },
};

struct seen {
	int outcome;		/* 0 is NOW */
	struct rule_action action;
	bool used;
	bool about_recipient;	/* else about the message */
	bool in_session;
	bool inbound;		/* the scanner is for that direction alone */
};

#define SAW(o, a, ...) { .used = true, .outcome = (o), .action = { .action = ACTION_##a, __VA_ARGS__ } }
#define OF_RCPT(o, a, ...) { .used = true, .outcome = (o), .action = { .action = ACTION_##a, __VA_ARGS__ }, .about_recipient = true }
#define OF_SESSION(o, a, ...) { .used = true, .outcome = (o), .action = { .action = ACTION_##a, __VA_ARGS__ }, .in_session = true }

enum { ORDINARY, POSTMASTER, ABUSE, POSTMASTER_ELSEWHERE, NOBODY };

static const struct decide {
	const char *name;
	enum phase phase;
	struct seen seen[4];
	enum action expected;
	const char *reply;	/* its beginning; NULL: none */
	const char *by, *observed;
	enum phase refuse_at;
	int rcpt;
	enum direction direction;
	double score;
	const char *spared;
} decide_table[] = {
#define AT(phase_) .phase = PHASE_##phase_, .refuse_at = PHASE_RCPT
#define NOTHING .by = "", .observed = ""
	{ .name = "nothing_found_at_the_end", AT(EOM), .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "nothing_found_at_rcpt", AT(RCPT), .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "accept", AT(EOM), .seen = { SAW(CONTENT, ACCEPT) }, .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "tag", AT(EOM), .seen = { SAW(CONTENT, TAG) }, .expected = ACTION_TAG, .by = "any:content", .observed = "" },
	{ .name = "quarantine", AT(EOM), .seen = { SAW(CONTENT, QUARANTINE) }, .expected = ACTION_QUARANTINE, .by = "any:content",
	  .observed = "" },
	{ .name = "discard", AT(EOM), .seen = { SAW(CONTENT, DISCARD) }, .expected = ACTION_DISCARD, .by = "any:content", .observed = "" },
	{ .name = "defer", AT(EOM), .seen = { SAW(CONTENT, DEFER) }, .expected = ACTION_DEFER, .reply = "452 4.3.4 the text [7K3F-QX2M]",
	  .by = "any:content", .observed = "" },
	{ .name = "reject", AT(EOM), .seen = { SAW(CONTENT, REJECT) }, .expected = ACTION_REJECT,
	  .reply = "552 5.3.4 the text [7K3F-QX2M]", .by = "any:content", .observed = "" },
	{ .name = "reject_of_an_outcome_without_codes", AT(EOM), .seen = { SAW(PLAIN, REJECT) }, .expected = ACTION_REJECT,
	  .reply = "550 5.7.1 ", .by = "any:plain", .observed = "" },
	{ .name = "defer_of_an_outcome_without_codes", AT(EOM), .seen = { SAW(PLAIN, DEFER) }, .expected = ACTION_DEFER,
	  .reply = "451 4.7.1 ", .by = "any:plain", .observed = "" },

	{ .name = "reject_over_defer", AT(EOM), .seen = { SAW(CONTENT, DEFER), SAW(PLAIN, REJECT), SAW(CONTENT, TAG) },
	  .expected = ACTION_REJECT, .reply = "550 5.7.1", .by = "any:plain", .observed = "" },
	{ .name = "discard_over_defer", AT(EOM), .seen = { SAW(CONTENT, DEFER), SAW(PLAIN, DISCARD) }, .expected = ACTION_DISCARD,
	  .by = "any:plain", .observed = "" },
	{ .name = "defer_over_quarantine", AT(EOM), .seen = { SAW(CONTENT, QUARANTINE), SAW(PLAIN, DEFER) }, .expected = ACTION_DEFER,
	  .reply = "451", .by = "any:plain", .observed = "" },
	{ .name = "quarantine_over_tag", AT(EOM), .seen = { SAW(PLAIN, TAG), SAW(CONTENT, QUARANTINE) }, .expected = ACTION_QUARANTINE,
	  .by = "any:content", .observed = "" },
	{ .name = "the_first_of_equals_decides", AT(EOM), .seen = { SAW(CONTENT, REJECT), SAW(PLAIN, REJECT) },
	  .expected = ACTION_REJECT, .reply = "552", .by = "any:content", .observed = "" },

	/* when a refusal is heard */
	{ .name = "now_is_heard_at_mail", AT(MAILFROM), .seen = { SAW(NOW, REJECT) }, .expected = ACTION_REJECT,
	  .reply = "501 5.1.7", .by = "any:now", .observed = "" },
	{ .name = "now_is_heard_at_rcpt", AT(RCPT), .seen = { OF_RCPT(NOW, DEFER) }, .expected = ACTION_DEFER, .reply = "450 4.1.7",
	  .by = "any:now", .observed = "" },
	{ .name = "now_is_heard_at_the_end", AT(EOM), .seen = { SAW(NOW, REJECT) }, .expected = ACTION_REJECT, .reply = "501",
	  .by = "any:now", .observed = "" },
	{ .name = "door_is_not_heard_at_connect", AT(CONNECT), .seen = { OF_SESSION(DOOR, REJECT) }, .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "door_is_not_heard_at_helo", AT(HELO), .seen = { OF_SESSION(DOOR, REJECT) }, .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "door_is_not_heard_at_mail", AT(MAILFROM), .seen = { OF_SESSION(DOOR, REJECT) }, .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "door_is_heard_at_rcpt", AT(RCPT), .seen = { OF_SESSION(DOOR, REJECT) }, .expected = ACTION_REJECT,
	  .reply = "554 5.7.1 the text [7K3F-QX2M]", .by = "any:door", .observed = "" },
	{ .name = "door_defers_at_rcpt", AT(RCPT), .seen = { OF_SESSION(DOOR, DEFER) }, .expected = ACTION_DEFER, .reply = "450 4.7.1",
	  .by = "any:door", .observed = "" },
	{ .name = "door_is_not_heard_at_the_end_by_those_it_spared", AT(EOM), .rcpt = POSTMASTER, .seen = { OF_SESSION(DOOR, REJECT) },
	  .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "door_found_after_rcpt_is_heard_at_the_end", AT(EOM), .seen = { SAW(DOOR, REJECT) }, .expected = ACTION_REJECT,
	  .reply = "554 5.7.1 the text [7K3F-QX2M]", .by = "any:door", .observed = "" },
	{ .name = "door_found_after_rcpt_defers_at_the_end", AT(EOM), .seen = { SAW(DOOR, DEFER) }, .expected = ACTION_DEFER, .reply = "450",
	  .by = "any:door", .observed = "" },
	{ .name = "door_of_a_recipient_is_not_heard_at_the_end", AT(EOM), .seen = { OF_RCPT(DOOR, REJECT) }, .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "door_at_connect_when_asked_for", .phase = PHASE_CONNECT, .refuse_at = PHASE_CONNECT,
	  .seen = { OF_SESSION(DOOR, REJECT) }, .expected = ACTION_REJECT, .reply = "554", .by = "any:door", .observed = "" },
	{ .name = "door_at_helo_when_asked_for", .phase = PHASE_HELO, .refuse_at = PHASE_HELO,
	  .seen = { OF_SESSION(DOOR, REJECT) }, .expected = ACTION_REJECT, .reply = "554", .by = "any:door", .observed = "" },
	{ .name = "door_before_what_was_asked_for", .phase = PHASE_CONNECT, .refuse_at = PHASE_HELO,
	  .seen = { OF_SESSION(DOOR, REJECT) }, .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "door_at_mail_when_asked_for", .phase = PHASE_MAILFROM, .refuse_at = PHASE_MAILFROM,
	  .seen = { OF_SESSION(DOOR, REJECT) }, .expected = ACTION_REJECT, .reply = "554", .by = "any:door", .observed = "" },
	{ .name = "content_is_not_heard_at_rcpt", AT(RCPT), .seen = { SAW(CONTENT, REJECT) }, .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "quarantine_waits_for_the_end", AT(RCPT), .seen = { OF_SESSION(DOOR, QUARANTINE) }, .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "quarantine_of_the_door_is_due_at_the_end", AT(EOM), .seen = { OF_SESSION(DOOR, QUARANTINE) },
	  .expected = ACTION_QUARANTINE, .by = "any:door", .observed = "" },
	{ .name = "discard_waits_for_the_end", AT(MAILFROM), .seen = { SAW(NOW, DISCARD) }, .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "discard_of_the_door_is_due_at_the_end", AT(EOM), .seen = { OF_SESSION(DOOR, DISCARD) }, .expected = ACTION_DISCARD,
	  .by = "any:door", .observed = "" },

	/* postmaster and abuse */
	{ .name = "postmaster_is_exempt_from_the_door", AT(RCPT), .rcpt = POSTMASTER, .seen = { OF_SESSION(DOOR, REJECT) },
	  .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "abuse_is_exempt_from_the_door", AT(RCPT), .rcpt = ABUSE, .seen = { SAW(DOOR, DEFER) }, .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "postmaster_elsewhere_is_not_exempt", AT(RCPT), .rcpt = POSTMASTER_ELSEWHERE, .seen = { OF_SESSION(DOOR, REJECT) },
	  .expected = ACTION_REJECT, .reply = "554", .by = "any:door", .observed = "" },
	{ .name = "what_is_held_against_postmaster_itself", AT(RCPT), .rcpt = POSTMASTER, .seen = { OF_RCPT(DOOR, REJECT) },
	  .expected = ACTION_REJECT, .reply = "554", .by = "any:door", .observed = "" },
	{ .name = "a_malformed_sender_does_not_reach_postmaster", AT(RCPT), .rcpt = POSTMASTER, .seen = { SAW(NOW, REJECT) },
	  .expected = ACTION_REJECT, .reply = "501", .by = "any:now", .observed = "" },
	{ .name = "postmaster_gets_no_virus", AT(EOM), .rcpt = POSTMASTER, .seen = { SAW(CONTENT, REJECT) }, .expected = ACTION_REJECT,
	  .reply = "552", .by = "any:content", .observed = "" },
	{ .name = "postmaster_is_not_exempt_before_it_is_named", .phase = PHASE_MAILFROM, .refuse_at = PHASE_MAILFROM,
	  .rcpt = POSTMASTER, .seen = { OF_SESSION(DOOR, REJECT) }, .expected = ACTION_REJECT, .reply = "554", .by = "any:door",
	  .observed = "" },

	/* grounds */
	{ .name = "no_ground_defers_whatever_was_found_ID_01", AT(RCPT), .rcpt = NOBODY, .expected = ACTION_DEFER, .reply = "451 4.7.1",
	  .by = "policy:no_ground", .observed = "" },
	{ .name = "no_ground_with_a_refusal_is_that_refusal", AT(RCPT), .rcpt = NOBODY, .seen = { OF_RCPT(DOOR, REJECT) },
	  .expected = ACTION_REJECT, .reply = "554", .by = "any:door", .observed = "" },
	{ .name = "no_ground_is_not_helped_by_observing_ID_01", AT(RCPT), .rcpt = NOBODY,
	  .seen = { OF_RCPT(DOOR, REJECT, .observe = true) }, .expected = ACTION_DEFER, .reply = "451", .by = "policy:no_ground",
	  .observed = "reject (any:door)" },
	{ .name = "no_ground_is_not_helped_by_a_late_refusal", AT(RCPT), .rcpt = NOBODY, .seen = { OF_RCPT(CONTENT, REJECT) },
	  .expected = ACTION_DEFER, .reply = "451", .by = "policy:no_ground", .observed = "" },
	{ .name = "a_message_for_nobody_is_deferred_SMTP_10", AT(EOM), .rcpt = NOBODY, .expected = ACTION_DEFER, .reply = "451",
	  .by = "policy:no_ground", .observed = "" },
	{ .name = "an_infected_message_for_nobody_is_rejected", AT(EOM), .rcpt = NOBODY, .seen = { SAW(CONTENT, REJECT) },
	  .expected = ACTION_REJECT, .reply = "552", .by = "any:content", .observed = "" },

	/* recipients */
	{ .name = "a_tag_on_a_recipient_is_one_on_the_message", AT(EOM), .seen = { OF_RCPT(CONTENT, TAG) }, .expected = ACTION_TAG,
	  .by = "any:content", .observed = "" },
	{ .name = "a_weight_on_a_recipient_counts", AT(EOM), .seen = { OF_RCPT(CONTENT, WEIGHT, .weight = 7) }, .expected = ACTION_TAG,
	  .by = "score", .observed = "", .score = 7 },

	/* observe */
	{ .name = "observed_at_the_end", AT(EOM), .seen = { SAW(CONTENT, REJECT, .observe = true) }, .expected = ACTION_ACCEPT, .by = "",
	  .observed = "reject (any:content)" },
	{ .name = "the_strictest_observed_is_told", AT(EOM),
	  .seen = { SAW(CONTENT, TAG, .observe = true), SAW(PLAIN, DEFER, .observe = true), SAW(CONTENT, QUARANTINE, .observe = true) },
	  .expected = ACTION_ACCEPT, .by = "", .observed = "defer (any:plain)" },
	{ .name = "observing_does_not_weaken_another", AT(EOM), .seen = { SAW(CONTENT, REJECT, .observe = true), SAW(PLAIN, TAG) },
	  .expected = ACTION_TAG, .by = "any:plain", .observed = "reject (any:content)" },
	{ .name = "a_door_that_only_observes_lets_in", AT(RCPT), .seen = { OF_SESSION(DOOR, REJECT, .observe = true) },
	  .expected = ACTION_ACCEPT, .by = "", .observed = "reject (any:door)" },
	{ .name = "a_door_that_only_observes_is_told_with_the_message", AT(EOM), .seen = { OF_SESSION(DOOR, REJECT, .observe = true) },
	  .expected = ACTION_ACCEPT, .by = "", .observed = "reject (any:door)" },
	{ .name = "observed_content_is_not_told_before_it_is_known", AT(RCPT), .seen = { SAW(CONTENT, REJECT, .observe = true) },
	  .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "an_observed_weight_does_not_count", AT(EOM), .seen = { SAW(CONTENT, WEIGHT, .weight = 50, .observe = true) },
	  .expected = ACTION_ACCEPT, .by = "", .observed = "weight (any:content)" },

	/* score */
	{ .name = "below_every_threshold", AT(EOM), .seen = { SAW(CONTENT, WEIGHT, .weight = 4.9) }, .expected = ACTION_ACCEPT, NOTHING,
	  .score = 4.9 },
	{ .name = "just_a_tag", AT(EOM), .seen = { SAW(CONTENT, WEIGHT, .weight = 5) }, .expected = ACTION_TAG, .by = "score",
	  .observed = "", .score = 5 },
	{ .name = "just_a_quarantine", AT(EOM), .seen = { SAW(CONTENT, WEIGHT, .weight = 5), SAW(PLAIN, WEIGHT, .weight = 5) },
	  .expected = ACTION_QUARANTINE, .by = "score", .observed = "", .score = 10 },
	{ .name = "just_a_rejection", AT(EOM),
	  .seen = { OF_SESSION(DOOR, WEIGHT, .weight = 5), SAW(CONTENT, WEIGHT, .weight = 5), SAW(PLAIN, WEIGHT, .weight = 5) },
	  .expected = ACTION_REJECT, .reply = "550 5.7.1 the message looks unwanted (score 15.0) [7K3F-QX2M]", .by = "score",
	  .observed = "", .score = 15 },
	{ .name = "a_negative_weight_helps", AT(EOM), .seen = { SAW(CONTENT, WEIGHT, .weight = 15), SAW(PLAIN, WEIGHT, .weight = -11) },
	  .expected = ACTION_ACCEPT, NOTHING, .score = 4 },
	{ .name = "a_milder_score_does_not_replace_an_action", AT(EOM),
	  .seen = { SAW(PLAIN, QUARANTINE), SAW(CONTENT, WEIGHT, .weight = 6) }, .expected = ACTION_QUARANTINE, .by = "any:plain",
	  .observed = "", .score = 6 },
	{ .name = "a_stricter_score_replaces_an_action", AT(EOM), .seen = { SAW(PLAIN, DEFER), SAW(CONTENT, WEIGHT, .weight = 20) },
	  .expected = ACTION_REJECT, .reply = "550", .by = "score", .observed = "", .score = 20 },
	{ .name = "a_score_is_not_looked_at_before_the_end", AT(RCPT), .seen = { SAW(CONTENT, WEIGHT, .weight = 50) },
	  .expected = ACTION_ACCEPT, NOTHING },

	/* a release from the quarantine */
	{ .name = "what_held_it_is_spared", AT(EOM), .seen = { SAW(CONTENT, QUARANTINE) }, .spared = "any:content", .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "nothing_else_is_spared", AT(EOM), .seen = { SAW(CONTENT, QUARANTINE), SAW(PLAIN, REJECT) }, .spared = "any:content",
	  .expected = ACTION_REJECT, .reply = "550", .by = "any:plain", .observed = "" },
	{ .name = "all_that_held_it_one_after_the_other_is_spared", AT(EOM), .seen = { SAW(CONTENT, QUARANTINE) }, .spared = "score any:content",
	  .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "a_name_that_only_begins_so_is_not_spared", AT(EOM), .seen = { SAW(CONTENT, QUARANTINE) }, .spared = "any:cont",
	  .expected = ACTION_QUARANTINE, .by = "any:content", .observed = "" },
	{ .name = "another_scanner_is_not_spared", AT(EOM), .seen = { SAW(CONTENT, QUARANTINE) }, .spared = "inbound:content",
	  .expected = ACTION_QUARANTINE, .by = "any:content", .observed = "" },
	{ .name = "a_spared_weight_does_not_count", AT(EOM), .seen = { SAW(CONTENT, WEIGHT, .weight = 20) }, .spared = "any:content",
	  .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "a_score_that_held_it_is_spared", AT(EOM), .seen = { SAW(CONTENT, WEIGHT, .weight = 11) }, .spared = "score",
	  .expected = ACTION_TAG, .by = "score", .observed = "", .score = 11 },
	{ .name = "a_score_that_rejects_is_not", AT(EOM), .seen = { SAW(CONTENT, WEIGHT, .weight = 16) }, .spared = "score",
	  .expected = ACTION_REJECT, .reply = "550", .by = "score", .observed = "", .score = 16 },
	{ .name = "no_ground_is_not_spared", AT(EOM), .rcpt = NOBODY, .spared = "policy:no_ground", .expected = ACTION_DEFER, .reply = "451",
	  .by = "policy:no_ground", .observed = "" },

	/* directions */
	{ .name = "a_scanner_of_another_direction", AT(EOM), .direction = DIRECTION_SUBMISSION,
	  .seen = { { .used = true, .outcome = CONTENT, .action = { .action = ACTION_REJECT }, .inbound = true } },
	  .expected = ACTION_ACCEPT, NOTHING },
	{ .name = "a_scanner_of_this_direction", AT(EOM),
	  .seen = { { .used = true, .outcome = CONTENT, .action = { .action = ACTION_REJECT }, .inbound = true } },
	  .expected = ACTION_REJECT, .reply = "552", .by = "inbound:content", .observed = "" },
	{ .name = "who_only_connects_is_a_stranger", .phase = PHASE_CONNECT, .refuse_at = PHASE_CONNECT,
	  .seen = { { .used = true, .outcome = DOOR, .action = { .action = ACTION_REJECT }, .inbound = true, .in_session = true } },
	  .expected = ACTION_REJECT, .reply = "554", .by = "inbound:door", .observed = "" },
};

static const struct recipient recipients[] = {
	[ORDINARY] = { .address = { .text = "u@ours.example", .localpart = "u", .domain = "ours.example" }, .ground = GROUND_DOMAIN },
	[POSTMASTER] = { .address = { .text = "Postmaster@ours.example", .localpart = "Postmaster", .domain = "ours.example" },
			 .ground = GROUND_DOMAIN },
	[ABUSE] = { .address = { .text = "abuse@ours.example", .localpart = "abuse", .domain = "ours.example" }, .ground = GROUND_DOMAIN },
	[POSTMASTER_ELSEWHERE] = { .address = { .text = "postmaster@ext.example", .localpart = "postmaster", .domain = "ext.example" },
				   .ground = GROUND_AUTH },
	[NOBODY] = { .address = { .text = "u@ext.example", .localpart = "u", .domain = "ext.example" }, .ground = GROUND_NONE },
};

/* Every direction but the row's has another action, which must not be taken. */
static void add(struct findings *findings, const struct decide *row, const struct seen *seen)
{
	struct finding *finding = arena_push(findings->arena, (void **)&findings->items, &findings->len, sizeof(*finding));

	*finding = (struct finding){
		.scanner = seen->inbound ? &inbound_only : &everywhere,
		.outcome = &outcomes[seen->outcome],
		.text = "the text",
		.recipient = seen->about_recipient ? 0 : FINDING_MESSAGE,
		.rule.where = { "milter.conf", 31 },
	};
	for (size_t i = 0; i < RULE_DIRECTIONS; i++)
		finding->rule.by_direction[i].action = seen->action.action == ACTION_ACCEPT ? ACTION_REJECT : ACTION_ACCEPT;
	finding->rule.by_direction[row->direction] = seen->action;
}

static void assert_expected(struct arena *arena, const struct decide *row, const struct verdict *verdict)
{
	assert_int_equal(verdict->action, row->expected);
	assert_string_equal(verdict->by_name, row->by);
	assert_string_equal(verdict->observed, row->observed);
	assert_true(verdict->score > row->score - 0.001 && verdict->score < row->score + 0.001);
	if (row->reply == NULL)
		assert_int_equal(verdict->reply.code, 0);
	else
		assert_int_equal(strncmp(reply_format(arena, &verdict->reply), row->reply, strlen(row->reply)), 0);
	if (verdict->by != NULL)
		assert_int_equal(verdict->where.line, 31);
	else if (strcmp(row->by, "score") == 0)
		assert_in_range(verdict->where.line, 101, 103);
	else
		assert_null(verdict->where.file);
}

static void check_decide(void **state)
{
	const struct decide *row = *state;
	struct arena *arena = arena_new();
	struct session session = { .arena = arena, .findings = { .arena = arena } };
	struct recipient recipient = recipients[row->rcpt];
	struct message message = {
		.arena = arena, .direction = row->direction, .findings = { .arena = arena }, .recipients = &recipient,
		.recipients_len = row->rcpt == NOBODY && row->phase == PHASE_EOM ? 0 : 1, .spared = row->spared,
	};
	const struct policy_question question = {
		.session = &session, .message = row->phase < PHASE_MAILFROM ? NULL : &message, .phase = row->phase,
		.recipient = row->phase == PHASE_RCPT ? 0 : FINDING_MESSAGE, .refuse_at = row->refuse_at, .score = &score,
		.id = "7K3F-QX2M",
	};
	struct verdict first, second;

	for (size_t i = 0; i < 4 && row->seen[i].used; i++)
		add(row->seen[i].in_session ? &session.findings : &message.findings, row, &row->seen[i]);
	first = policy_decide(arena, &question);
	assert_expected(arena, row, &first);
	second = policy_decide(arena, &question);	/* pure: asked again it says the same */
	assert_expected(arena, row, &second);
	arena_free(arena);
}

static struct verdict decide_one(struct arena *arena, enum action action, enum phase phase, int outcome, enum direction direction)
{
	const struct decide row = { .direction = direction };
	const struct seen seen = { .outcome = outcome, .action = { .action = action, .weight = 1 } };
	struct session session = { .arena = arena, .findings = { .arena = arena } };
	struct recipient recipient = recipients[ORDINARY];
	struct message message = { .arena = arena, .direction = direction, .findings = { .arena = arena }, .recipients = &recipient,
				   .recipients_len = 1 };

	add(&message.findings, &row, &seen);
	return policy_decide(arena, &(struct policy_question){
		.session = &session, .message = &message, .phase = phase, .recipient = phase == PHASE_RCPT ? 0 : FINDING_MESSAGE,
		.refuse_at = PHASE_RCPT, .score = &score, .id = "7K3F-QX2M" });
}

static bool is_heard(int outcome, enum phase phase)
{
	return outcome == NOW || (outcome == DOOR && phase >= PHASE_RCPT) || (outcome >= CONTENT && phase == PHASE_EOM);
}

static void check_cell(enum action action, enum phase phase, int outcome, enum direction direction)
{
	struct arena *arena = arena_new();
	struct verdict verdict = decide_one(arena, action, phase, outcome, direction);
	bool refuses = verdict.action == ACTION_DEFER || verdict.action == ACTION_REJECT;

	assert_int_equal(verdict.reply.code != 0, refuses);
	assert_true(!refuses || verdict.reply.code / 100 == (verdict.action == ACTION_DEFER ? 4u : 5u));
	assert_true(!refuses || verdict.reply.code / 100 == verdict.reply.status[0]);
	assert_true(phase == PHASE_EOM || verdict.action == ACTION_ACCEPT || refuses);
	assert_true(verdict.action == ACTION_ACCEPT || verdict.action == action);
	assert_int_equal(refuses, (action == ACTION_DEFER || action == ACTION_REJECT) && is_heard(outcome, phase));
	arena_free(arena);
}

enum { CELLS = (ACTION_REJECT + 1) * (PHASE_EOM - PHASE_MAILFROM + 1) * (PLAIN + 1) * DIRECTIONS };

/* No reply without a refusal, code and class agree, nothing else happens before the end, and who was not refused at the door for
 * what was found too late is refused at the end. */
static void what_holds_for_every_action_phase_refusal_and_direction(void **state)
{
	(void)state;
	for (int cell = 0; cell < CELLS; cell++) {
		int rest = cell, direction = rest % DIRECTIONS, outcome, phase;

		outcome = (rest /= DIRECTIONS) % (PLAIN + 1);
		phase = PHASE_MAILFROM + (rest /= PLAIN + 1) % (PHASE_EOM - PHASE_MAILFROM + 1);
		rest /= PHASE_EOM - PHASE_MAILFROM + 1;
		check_cell((enum action)rest, (enum phase)phase, outcome, (enum direction)direction);
	}
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, decide_table, check_decide);
	rows_add_one(&rows, "what_holds_for_every_action_phase_refusal_and_direction",
		     what_holds_for_every_action_phase_refusal_and_direction, NULL);
	return rows_run(&rows, "policy");
}
