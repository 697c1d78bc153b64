/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of libclamav's answer, and of none: whatever is not a clean answer has a name. */
#include "t/unit/rows.h"

#include "milter/isolate/job.h"
#include "scanners/antivirus_settings.h"
#include "scanners/attachment_settings.h"
#include "scanners/content_settings.h"
#include "scanners/inspection.h"
#include "scanners/scanners.h"

const struct scanner *const scanners[] = { &scanner_antivirus, NULL };
const struct job_kind *const job_kinds[] = { NULL };

static const struct option_section *const all[] = { &antivirus_section, &attachment_section, &attachment_rule_section, &content_section, NULL };
static const struct option_section *const alone[] = { &antivirus_section, NULL };

struct answer_row {
	const char *name;
	enum inspection_state state;
	const char *problem;
	enum antivirus_outcome outcome;
	const char *virus_text;
	unsigned marks;			/* of the one entry of the inventory */
	bool alone;			/* in a table without attachment */
	const char *finding, *text;
};

#define DONE INSPECTION_DONE, ""
#define ENCRYPTED (1u << MARK_ENCRYPTED)

static const struct answer_row answers[] = {
	{ "clean", DONE, ANTIVIRUS_CLEAN, "", 0, false, "clean", "no virus found" },
	{ "infected", DONE, ANTIVIRUS_INFECTED, "Eicar", 0, false, "infected", "virus found: Eicar" },
	{ "infected_and_encrypted", DONE, ANTIVIRUS_INFECTED, "Eicar", ENCRYPTED, false, "infected", "virus found: Eicar" },
	{ "limit", DONE, ANTIVIRUS_UNSCANNABLE, "limits: x", 0, false, "unscannable", "not fully scanned: limits: x" },
	{ "limit_and_encrypted", DONE, ANTIVIRUS_UNSCANNABLE, "limits: x", ENCRYPTED, false, "unscannable", "not fully scanned: limits: x" },
	{ "encrypted_and_seen_is_the_business_of_attachment_ATT_03", DONE, ANTIVIRUS_UNSCANNABLE, "encrypted: x", ENCRYPTED, false,
	  "encrypted", "not fully scanned: encrypted: x" },
	{ "encrypted_and_not_seen_ATT_03", DONE, ANTIVIRUS_UNSCANNABLE, "encrypted: x", 0, false, "unscannable",
	  "not fully scanned: encrypted: x" },
	{ "encrypted_without_attachment_ATT_03", DONE, ANTIVIRUS_UNSCANNABLE, "encrypted: x", ENCRYPTED, true, "unscannable",
	  "not fully scanned: encrypted: x" },
	{ "error", DONE, ANTIVIRUS_ERROR, "x", 0, false, "error", "virus scan failed: x" },
	{ "no_room_to_keep_it_is_not_clean", INSPECTION_NO_ROOM, "", ANTIVIRUS_CLEAN, "", 0, false, "error",
	  "there was no room to keep the message for the scan" },
	{ "cut_is_not_clean", INSPECTION_CUT, "", ANTIVIRUS_CLEAN, "", 0, false, "unscannable",
	  "not fully scanned: over the limits of the gateway" },
	{ "poison_RES_08", INSPECTION_POISON, "", ANTIVIRUS_CLEAN, "", 0, false, "poison",
	  "this message has stopped the virus scanner three times" },
	{ "no_answer_is_not_clean", INSPECTION_FAILED, "stopped in mid-scan", ANTIVIRUS_CLEAN, "", 0, false, "error",
	  "the virus scanner stopped in mid-scan" },
};

/* The one finding, or NULL. */
static const struct finding *finding(struct arena *arena, const struct conf *conf, bool enabled, const struct inspection *inspection)
{
	struct antivirus_settings *settings = arena_new_of(arena, struct antivirus_settings);
	struct message *message = arena_new_of(arena, struct message);
	struct scan scan = {
		.scanner = &scanner_antivirus, .settings = settings, .message = message, .phase = PHASE_EOM, .recipient = FINDING_MESSAGE,
		.findings = &message->findings, .arena = arena,
	};
	char problem[CONF_PROBLEM_MAX];

	settings->enabled = enabled;
	message->findings.arena = arena;
	message->inspection = inspection;
	assert_int_equal(scanner_antivirus.open(conf, NULL, &scan.shared, problem), 0);
	scanner_antivirus.eom(&scan);
	scanner_antivirus.close(scan.shared);
	assert_true(message->findings.len <= 1);
	return message->findings.len == 0 ? NULL : &message->findings.items[0];
}

static void check_answer(void **state)
{
	const struct answer_row *row = *state;
	struct arena *arena = arena_new();
	struct conf *conf = conf_load(NULL, row->alone ? alone : all);
	struct inventory_entry entry = { .name = "", .marks = row->marks };
	struct inspection inspection = {
		.state = row->state, .problem = row->problem,
		.answer = { .inventory = { .entries = &entry, .entries_len = 1 }, .has_antivirus = true,
			    .antivirus = { .outcome = row->outcome, .signatures = 1 } },
	};
	const struct finding *found;

	(void)snprintf(inspection.answer.antivirus.text, sizeof(inspection.answer.antivirus.text), "%s", row->virus_text);
	found = finding(arena, conf, true, &inspection);
	assert_non_null(found);
	assert_string_equal(found->outcome->name, row->finding);
	assert_string_equal(found->text, row->text);
	assert_null(finding(arena, conf, false, &inspection));
	conf_free(conf);
	arena_free(arena);
}

static void who_was_not_asked_has_not_said_clean(void **state)
{
	struct arena *arena = arena_new();
	struct conf *conf = conf_load(NULL, all);
	struct inspection inspection = { .state = INSPECTION_DONE, .problem = "" };

	(void)state;
	assert_string_equal(finding(arena, conf, true, NULL)->outcome->name, "error");
	assert_string_equal(finding(arena, conf, true, &inspection)->outcome->name, "error");
	conf_free(conf);
	arena_free(arena);
}

/* Let in by attachment.on_encrypted, it must not carry a stamp that says it is clean. */
static void encrypted_mail_is_not_stamped_clean(void **state)
{
	(void)state;
	for (const struct outcome *outcome = scanner_antivirus.outcomes; outcome->name != NULL; outcome++)
		if (strcmp(outcome->name, "encrypted") == 0)
			assert_string_equal(outcome->stamps[1].value, "Unknown (%t)");
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, answers, check_answer);
	rows_add_one(&rows, "who_was_not_asked_has_not_said_clean", who_was_not_asked_has_not_said_clean, NULL);
	rows_add_one(&rows, "encrypted_mail_is_not_stamped_clean", encrypted_mail_is_not_stamped_clean, NULL);
	return rows_run(&rows, "antivirus");
}
