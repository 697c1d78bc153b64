/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/stamp.h"

#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "milter/model/scanner.h"
#include "milter/settings.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { NULL };

#define HOST "gw.ours.example"
#define FIELDS_MAX 12

struct field {
	const char *name, *value;
};

static struct conf *plain_conf, *tagging_conf;

static struct conf *load(const char *text)
{
	char file[] = "/tmp/octroi-stamp-XXXXXX";
	int fd = mkstemp(file);
	struct conf *conf;
	size_t errors;

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "%s", text) >= 0);
	assert_int_equal(close(fd), 0);
	conf = settings_load(file);
	assert_int_equal(unlink(file), 0);
	(void)conf_errors(conf, &errors);
	assert_int_equal(errors, 0);
	return conf;
}

static struct message *new_message(const struct field *fields, size_t len)
{
	struct arena *arena = arena_new();
	struct message *message = arena_new_of(arena, struct message);

	*message = (struct message){ .arena = arena, .id = "7K3F-QX2M", .findings = { .arena = arena } };
	for (size_t i = 0; i < len && fields[i].name != NULL; i++)
		headers_add(arena, &message->headers, fields[i].name, fields[i].value);
	return message;
}

static const struct verdict accepted = { .action = ACTION_ACCEPT, .by_name = "", .observed = "" };
static const struct verdict tagged = { .action = ACTION_TAG, .by_name = "score", .observed = "", .score = 7.25 };

/* A header as an MTA keeps it, to carry the edits out on. */
struct mta_header {
	struct field fields[3000];
	size_t len;
};

static size_t mta_find(const struct mta_header *header, const char *name, unsigned index)
{
	for (size_t i = 0; i < header->len; i++)
		if (strcasecmp(header->fields[i].name, name) == 0 && --index == 0)
			return i;
	fail_msg("an edit names a field that is not there: %s", name);
	return 0;
}

static void mta_edit(struct mta_header *header, const struct edit *edit)
{
	size_t i = edit->kind == EDIT_INSERT ? 0 : mta_find(header, edit->name, edit->index);

	if (edit->kind == EDIT_CHANGE) {
		header->fields[i].value = edit->value;
		return;
	}
	if (edit->kind == EDIT_REMOVE) {
		memmove(&header->fields[i], &header->fields[i + 1], (--header->len - i) * sizeof(header->fields[0]));
		return;
	}
	memmove(&header->fields[1], &header->fields[0], header->len++ * sizeof(header->fields[0]));
	header->fields[0] = (struct field){ edit->name, edit->value };
}

static void carry_out(const struct edits *edits, const struct message *message, struct mta_header *ret)
{
	ret->len = 0;
	for (size_t i = 0; i < message->headers.len; i++)
		ret->fields[ret->len++] = (struct field){ message->headers.items[i].name, message->headers.items[i].value };
	for (size_t i = 0; i < edits->len; i++)
		mta_edit(ret, &edits->items[i]);
}

/* What stands in the header when all is done, without what was inserted. */
static const char *join(struct arena *arena, const struct mta_header *header)
{
	const char *text = "";

	for (size_t i = 0; i < header->len; i++)
		text = arena_printf(arena, "%s%s:%s|", text, header->fields[i].name, header->fields[i].value);
	return text;
}

static const struct forged {
	const char *name;
	struct field fields[FIELDS_MAX];
	const char *left;	/* behind the field that the verdict adds */
} forged_table[] = {
	{ "nothing_forged", { { "Subject", " hi" }, { "To", " u@ours.example" } }, "Subject: hi|To: u@ours.example|" },
	{ "one_forged_result_HDR_01", { { "Authentication-Results", " gw.ours.example; spf=pass" }, { "To", " u" } }, "To: u|" },
	{ "two_forged_results_HDR_01", { { "Authentication-Results", " gw.ours.example; spf=pass" }, { "To", " u" },
	  { "Authentication-Results", " gw.ours.example; dkim=pass" } }, "To: u|" },
	{ "results_of_others_stay_between_forged_HDR_01", { { "Authentication-Results", " gw.ours.example; spf=pass" },
	  { "Authentication-Results", " mx.ext.example; spf=fail" }, { "Authentication-Results", " gw.ours.example; spf=pass" },
	  { "Authentication-Results", " mx.ext.example; dkim=fail" }, { "Authentication-Results", " gw.ours.example; spf=none" } },
	  "Authentication-Results: mx.ext.example; spf=fail|Authentication-Results: mx.ext.example; dkim=fail|" },
	{ "upper_case_id_HDR_01", { { "Authentication-Results", " GW.OURS.example; spf=pass" } }, "" },
	{ "version_behind_the_id_HDR_01", { { "Authentication-Results", " gw.ours.example/1; spf=pass" },
	  { "Authentication-Results", " gw.ours.example 1; spf=pass" } }, "" },
	{ "folded_behind_the_colon_HDR_01", { { "Authentication-Results", "\n\t gw.ours.example;\n spf=pass" } }, "" },
	{ "comment_before_the_id_HDR_01", { { "Authentication-Results", " (x) gw.ours.example; spf=pass" } }, "" },
	{ "quoted_id_HDR_01", { { "Authentication-Results", " \"gw.ours.example\"; spf=pass" } }, "" },
	{ "trailing_dot_HDR_01", { { "Authentication-Results", " gw.ours.example.; spf=pass" } }, "" },
	{ "a_longer_id_stays_HDR_01", { { "Authentication-Results", " xgw.ours.example; spf=pass" } },
	  "Authentication-Results: xgw.ours.example; spf=pass|" },
	{ "a_field_that_cannot_be_read_HDR_01", { { "Authentication-Results", " (gw.ours.example; spf=pass" } }, "" },
	{ "own_trace_fields_HDR_02", { { "X-Octroi-Verdict", " accept" }, { "X-Octroi-Relay", " ground=auth" },
	  { "X-Octroi-Other", " x" } }, "" },
	{ "virus_fields_HDR_02", { { "X-Virus-Scanned", " clean" }, { "X-Virus-Status", " Clean" }, { "X-Virus-Report", " none" } }, "" },
	{ "spam_fields_HDR_02", { { "X-Spam-Flag", " NO" }, { "X-Spam-Status", " No, score=-5" }, { "X-Spam-Level", "" } }, "" },
	{ "quarantine_fields_HDR_02", { { "X-Quarantine-ID", " <x>" } }, "" },
	{ "received_spf_HDR_02", { { "Received-SPF", " pass" }, { "Received", " from x" } }, "Received: from x|" },
	{ "names_that_only_look_alike_stay_HDR_02", { { "X-Spammer", " x" }, { "X-Virus", " x" }, { "X-Octroi", " x" }, { "X", " x" } },
	  "X-Spammer: x|X-Virus: x|X-Octroi: x|X: x|" },
	{ "arc_results_stay", { { "ARC-Authentication-Results", " i=1; gw.ours.example; spf=pass" } },
	  "ARC-Authentication-Results: i=1; gw.ours.example; spf=pass|" },
	{ "case_of_the_name_HDR_03", { { "AUTHENTICATION-RESULTS", " gw.ours.example; spf=pass" }, { "x-octroi-verdict", " x" } }, "" },
	{ "space_before_the_colon_HDR_03", { { "Authentication-Results ", " gw.ours.example; spf=pass" }, { "X-Spam-Flag\t", " NO" } }, "" },
	{ "space_in_front_of_the_name_HDR_03", { { " X-Octroi-Verdict", " x" }, { "\tAuthentication-Results", " gw.ours.example; x=y" } },
	  "" },
	{ "mixed_spellings_are_counted_apart_HDR_03", { { "X-Spam-Flag", " 1" }, { "x-spam-flag ", " 2" }, { "X-SPAM-FLAG", " 3" },
	  { "X-Spam-Flag ", " 4" }, { "Subject", " s" } }, "Subject: s|" },
};

static void check_forged(void **state)
{
	const struct forged *row = *state;
	struct message *message = new_message(row->fields, FIELDS_MAX);
	struct edits edits = stamp_edits(plain_conf, HOST, message, &accepted);
	struct mta_header header;
	const char *expected = arena_printf(message->arena, "X-Octroi-Verdict: accept; id=7K3F-QX2M; score=0.0; by=none|%s", row->left);

	carry_out(&edits, message, &header);
	assert_string_equal(join(message->arena, &header), expected);
	arena_free(message->arena);
}

/* Mail that comes back from our own quarantine is local mail, of which nothing of this can be found out a second time. */
static void a_release_keeps_what_was_found_out_when_it_came(void **state)
{
	static const struct field fields[] = { { "Received-SPF", " pass" }, { "X-Octroi-Release", " m" }, { "X-Octroi-Verdict", " quarantine" },
					       { "Authentication-Results", " gw.ours.example; spf=pass" }, { NULL, NULL } };
	struct message *message = new_message(fields, sizeof(fields) / sizeof(fields[0]));
	struct mta_header header;
	struct edits edits;

	(void)state;
	message->spared = "antivirus:unscannable";
	edits = stamp_edits(plain_conf, HOST, message, &accepted);
	carry_out(&edits, message, &header);
	assert_string_equal(join(message->arena, &header), "X-Octroi-Verdict: accept; id=7K3F-QX2M; score=0.0; by=none|Received-SPF: pass|"
							   "Authentication-Results: gw.ours.example; spf=pass|");
	arena_free(message->arena);
}

static void removals_go_from_the_last_to_the_first_HDR_01(void **state)
{
	enum { COPIES = 500 };
	struct message *message = new_message(NULL, 0);
	struct edits edits;
	static struct mta_header header;

	(void)state;
	for (int i = 0; i < COPIES; i++) {
		headers_add(message->arena, &message->headers, "Authentication-Results", " gw.ours.example; spf=pass");
		headers_add(message->arena, &message->headers, "Authentication-Results", " mx.ext.example; spf=pass");
	}
	edits = stamp_edits(plain_conf, HOST, message, &accepted);
	assert_int_equal(edits.len, COPIES + 1);
	for (size_t i = 0; i < COPIES; i++) {
		assert_int_equal(edits.items[i].kind, EDIT_REMOVE);
		assert_int_equal(edits.items[i].index, 2 * (COPIES - i) - 1);
	}
	carry_out(&edits, message, &header);
	assert_int_equal(header.len, COPIES + 1);
	for (size_t i = 1; i < header.len; i++)
		assert_string_equal(header.fields[i].value, " mx.ext.example; spf=pass");
	arena_free(message->arena);
}

static const struct subject {
	const char *name;
	const char *in;		/* NULL: there is no Subject field */
	const char *expected;
} subject_table[] = {
	{ "a_subject_gets_the_prefix", " hello", " [SUSPECT] hello" },
	{ "no_space_behind_the_colon", "hello", " [SUSPECT] hello" },
	{ "a_message_without_subject_gets_one", NULL, " [SUSPECT]" },
	{ "an_empty_subject", "", " [SUSPECT] " },
	{ "8_bit_is_kept", " gr\xc3\xbc\xc3\x9f", " [SUSPECT] gr\xc3\xbc\xc3\x9f" },
	{ "encoded_words_are_kept", " =?utf-8?q?a?=\n =?utf-8?q?b?=", " [SUSPECT] =?utf-8?q?a?=\n\t=?utf-8?q?b?=" },
	{ "a_fold_is_a_fold", " a\n b\n\tc", " [SUSPECT] a\n\tb\n\tc" },
	{ "a_fold_behind_the_colon", "\n\ta", " [SUSPECT] a" },
	{ "crlf_becomes_lf_HDR_10", " a\r\n b", " [SUSPECT] a\n\tb" },
	{ "a_line_end_that_is_no_fold_MLT_08", " a\nX-Spam-Flag: NO", " [SUSPECT] a\n\tX-Spam-Flag: NO" },
	{ "crlf_that_is_no_fold_MLT_08", " a\r\nBcc: x@ext.example\r\n\r\nbody", " [SUSPECT] a\n\tBcc: x@ext.example\n\tbody" },
	{ "a_bare_carriage_return_MLT_08", " a\rb", " [SUSPECT] a\n\tb" },
	{ "a_blank_line_between_HDR_10", " a\n \n\t\n b", " [SUSPECT] a\n\tb" },
	{ "line_ends_at_the_end_MLT_08", " a\r\n\r\n", " [SUSPECT] a" },
};

static void check_subject(void **state)
{
	const struct subject *row = *state;
	const struct field fields[] = { { "From", " a" }, { row->in == NULL ? NULL : "Subject", row->in }, { NULL, NULL } };
	struct message *message = new_message(fields, 3);
	struct edits edits = stamp_edits(tagging_conf, HOST, message, &tagged);
	struct mta_header header;

	carry_out(&edits, message, &header);
	assert_string_equal(header.fields[mta_find(&header, "Subject", 1)].value, row->expected);
	assert_string_equal(header.fields[mta_find(&header, "X-Spam-Flag", 1)].value, " YES");
	assert_string_equal(header.fields[mta_find(&header, "X-Octroi-Verdict", 1)].value,
			    " tag; id=7K3F-QX2M; score=7.2; by=score");
	assert_int_equal(header.len, 4);
	arena_free(message->arena);
}

static void without_a_prefix_the_subject_stays(void **state)
{
	const struct field fields[] = { { "Subject", " s" } };
	struct message *message = new_message(fields, 1);
	struct edits edits = stamp_edits(plain_conf, HOST, message, &tagged);

	(void)state;
	assert_int_equal(edits.len, 2);
	for (size_t i = 0; i < edits.len; i++)
		assert_int_equal(edits.items[i].kind, EDIT_INSERT);
	arena_free(message->arena);
}

static void only_a_tag_tags(void **state)
{
	static const enum action others[] = { ACTION_ACCEPT, ACTION_QUARANTINE };
	const struct field fields[] = { { "Subject", " s" } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct message *message = new_message(fields, 1);
		struct verdict verdict = accepted;
		struct edits edits;

		verdict.action = others[i];
		edits = stamp_edits(tagging_conf, HOST, message, &verdict);
		assert_int_equal(edits.len, 1);
		assert_string_equal(edits.items[0].name, "X-Octroi-Verdict");
		arena_free(message->arena);
	}
}

static const struct relay {
	const char *name;
	struct recipient recipients[5];
	const char *expected;	/* NULL: no such field */
} relay_table[] = {
	{ "mail_for_us_has_no_relay_field", { { .ground = GROUND_DOMAIN, .ground_detail = "" } }, NULL },
	{ "a_login_is_not_named", { { .ground = GROUND_AUTH, .ground_detail = "alice" } }, " ground=auth" },
	{ "a_grant_is_named", { { .ground = GROUND_GRANT, .ground_detail = "printer" } }, " ground=grant (printer)" },
	{ "a_certificate_is_named", { { .ground = GROUND_CERT, .ground_detail = "branch" } }, " ground=cert (branch)" },
	{ "local_mail", { { .ground = GROUND_LOCAL, .ground_detail = "" } }, " ground=local" },
	{ "each_ground_stands_once", { { .ground = GROUND_AUTH, .ground_detail = "alice" }, { .ground = GROUND_DOMAIN, .ground_detail = "" },
	  { .ground = GROUND_AUTH, .ground_detail = "alice" } }, " ground=auth" },
	{ "several_grounds", { { .ground = GROUND_GRANT, .ground_detail = "printer" }, { .ground = GROUND_GRANT, .ground_detail = "fax" },
	  { .ground = GROUND_GRANT, .ground_detail = "print" }, { .ground = GROUND_GRANT, .ground_detail = "printer" } },
	  " ground=grant (printer); ground=grant (fax); ground=grant\n\t(print)" },
	{ "a_title_of_foreign_bytes_HDR_10", { { .ground = GROUND_GRANT, .ground_detail = "a\r\nb\xc3\xbc" } }, " ground=grant (a?" "?b?" "?)" },
};

static void check_relay(void **state)
{
	const struct relay *row = *state;
	struct message *message = new_message(NULL, 0);
	struct recipient recipients[5];
	struct edits edits;

	memcpy(recipients, row->recipients, sizeof(recipients));
	message->recipients = recipients;
	while (message->recipients_len < 5 && recipients[message->recipients_len].ground != GROUND_NONE)
		message->recipients_len++;
	edits = stamp_edits(plain_conf, HOST, message, &accepted);
	assert_int_equal(edits.len, row->expected == NULL ? 1 : 2);
	if (row->expected != NULL) {
		assert_string_equal(edits.items[0].name, "X-Octroi-Relay");
		assert_string_equal(edits.items[0].value, row->expected);
	}
	arena_free(message->arena);
}

static void a_thousand_recipients_make_one_short_field(void **state)
{
	enum { RECIPIENTS = 1000 };
	struct message *message = new_message(NULL, 0);
	struct edits edits;

	(void)state;
	message->recipients = arena_array(message->arena, RECIPIENTS, sizeof(*message->recipients));
	message->recipients_len = RECIPIENTS;
	for (size_t i = 0; i < RECIPIENTS; i++)
		message->recipients[i] = (struct recipient){ .ground = GROUND_AUTH, .ground_detail = "alice" };
	edits = stamp_edits(plain_conf, HOST, message, &accepted);
	assert_int_equal(edits.len, 2);
	assert_string_equal(edits.items[0].value, " ground=auth");
	arena_free(message->arena);
}

static const struct outcome_stamp clean_stamps[] = { { "X-Virus-Scanned", "Octroi at %h" }, { "X-Virus-Status", "Clean" }, { NULL, NULL } };
static const struct outcome_stamp odd_stamps[] = { { "X-Virus-Status", "Infected (%t)" }, { "X-Virus-Odd", "100%" }, { NULL, NULL } };
static const struct outcome clean = { .name = "clean", .stamps = clean_stamps };
static const struct outcome odd = { .name = "odd", .stamps = odd_stamps };
static const struct outcome bare = { .name = "bare" };

static void outcomes_put_their_fields_on(void **state)
{
	struct message *message = new_message(NULL, 0);
	struct finding findings[] = { { .outcome = &clean, .text = "x" }, { .outcome = &bare, .text = "y" },
				      { .outcome = &odd, .text = "Eicar\r\n%h" } };
	struct edits edits;
	struct mta_header header;

	(void)state;
	message->findings.items = findings;
	message->findings.len = 3;
	edits = stamp_edits(plain_conf, HOST, message, &accepted);
	carry_out(&edits, message, &header);
	assert_int_equal(header.len, 5);
	assert_string_equal(header.fields[0].name, "X-Octroi-Verdict");		/* what was inserted last stands first */
	assert_string_equal(header.fields[1].value, " Clean");
	assert_string_equal(header.fields[2].value, " Octroi at gw.ours.example");
	assert_string_equal(header.fields[3].value, " 100%");
	assert_string_equal(header.fields[4].value, " Infected (Eicar?" "?%h)");
	arena_free(message->arena);
}

static void what_was_observed_stands_in_the_header(void **state)
{
	struct message *message = new_message(NULL, 0);
	const struct verdict verdict = { .action = ACTION_ACCEPT, .by_name = "", .observed = "reject (antivirus:infected)" };
	struct edits edits = stamp_edits(plain_conf, HOST, message, &verdict);

	(void)state;
	assert_string_equal(edits.items[0].value,
			    " accept; id=7K3F-QX2M; score=0.0; by=none; observed=reject\n\t(antivirus:infected)");
	arena_free(message->arena);
}

static struct authres_result spf_result[] = {
	{ .method = "spf", .result = "pass", .properties = { { "smtp.mailfrom", "a@b.example" } } },
};
static struct stamp received_spf[] = { { "Received-SPF", "pass (b.example: 192.0.2.1\r\nX-Evil: yes)" } };

static struct message *message_with_results(enum direction direction)
{
	struct message *message = new_message(NULL, 0);

	message->direction = direction;
	message->results = spf_result;
	message->results_len = 1;
	message->stamps = (struct stamps){ received_spf, 1 };
	return message;
}

static void results_stand_on_top_of_inbound_mail(void **state)
{
	struct message *message = message_with_results(DIRECTION_INBOUND);
	const struct edits edits = stamp_edits(plain_conf, HOST, message, &accepted);
	struct mta_header header;

	(void)state;
	carry_out(&edits, message, &header);
	assert_int_equal(header.len, 3);
	assert_string_equal(header.fields[0].name, "Authentication-Results");
	assert_memory_equal(header.fields[0].value, " gw.ours.example;", 17);
	assert_non_null(strstr(header.fields[0].value, "spf=pass"));
	assert_string_equal(header.fields[1].name, "Received-SPF");
	assert_string_equal(header.fields[1].value, " pass (b.example: 192.0.2.1??X-Evil: yes)");
	assert_string_equal(header.fields[2].name, "X-Octroi-Verdict");
	arena_free(message->arena);
}

/* What we know about our own users is nobody else's business. */
static void results_are_for_inbound_mail_alone(void **state)
{
	static const enum direction others[] = { DIRECTION_SUBMISSION, DIRECTION_GRANTED, DIRECTION_LOCAL };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct message *message = message_with_results(others[i]);
		const struct edits edits = stamp_edits(plain_conf, HOST, message, &accepted);

		for (size_t j = 0; j < edits.len; j++)
			assert_string_not_equal(edits.items[j].name, "Authentication-Results");
		arena_free(message->arena);
	}
}

static void load_confs(void)
{
	plain_conf = load("");
	tagging_conf = load("tag { subject = \"[SUSPECT] \" }\n");
}

int main(void)
{
	static struct rows rows;
	int failed;

	load_confs();
	rows_add(&rows, forged_table, check_forged);
	rows_add_one(&rows, "a_release_keeps_what_was_found_out_when_it_came", a_release_keeps_what_was_found_out_when_it_came, NULL);
	rows_add_one(&rows, "removals_go_from_the_last_to_the_first_HDR_01", removals_go_from_the_last_to_the_first_HDR_01, NULL);
	rows_add(&rows, subject_table, check_subject);
	rows_add_one(&rows, "without_a_prefix_the_subject_stays", without_a_prefix_the_subject_stays, NULL);
	rows_add_one(&rows, "only_a_tag_tags", only_a_tag_tags, NULL);
	rows_add(&rows, relay_table, check_relay);
	rows_add_one(&rows, "a_thousand_recipients_make_one_short_field", a_thousand_recipients_make_one_short_field, NULL);
	rows_add_one(&rows, "outcomes_put_their_fields_on", outcomes_put_their_fields_on, NULL);
	rows_add_one(&rows, "what_was_observed_stands_in_the_header", what_was_observed_stands_in_the_header, NULL);
	rows_add_one(&rows, "results_stand_on_top_of_inbound_mail", results_stand_on_top_of_inbound_mail, NULL);
	rows_add_one(&rows, "results_are_for_inbound_mail_alone", results_are_for_inbound_mail_alone, NULL);
	failed = rows_run(&rows, "stamp");
	conf_free(plain_conf);
	conf_free(tagging_conf);
	return failed;
}
