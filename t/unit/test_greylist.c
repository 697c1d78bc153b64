/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "milter/lookup/seen.h"
#include "scanners/scanners.h"
#include "scanners/spf_libspf2_job.h"
#include "t/lib/gate.h"
#include "t/lib/zone.h"
#include "t/unit/rows.h"

/* What the scanner dkim would say: the fields X-Signed name the domains of good signatures, X-Broken those of bad ones. */
static bool fake_dkim_report(struct scan *scan)
{
	const struct headers *headers = &scan->message->headers;

	if (scan->phase != PHASE_EOM || scan->wait_until_ms == 0)
		return false;
	for (size_t i = 0; i < headers->len; i++) {
		bool good = ascii_equal(headers->items[i].name, "X-Signed");

		if (good || ascii_equal(headers->items[i].name, "X-Broken"))
			identity_add(scan, &(struct identity){ .kind = IDENTITY_DKIM, .state = good ? IDENTITY_PASS : IDENTITY_FAIL,
							       .domain = str_trim(str_of(headers->items[i].value)).p, .selector = "s",
							       .result = good ? "pass" : "fail" });
	}
	return true;
}

static const struct option fake_options[] = { OPTION_END };
static const struct option_section fake_section = { .name = "signed", .options = fake_options, .settings_size = 1, .summary = "" };
static const struct option_section *const fake_sections[] = { &fake_section, NULL };
static const struct outcome fake_outcomes[] = { { .name = NULL } };
static const struct scanner fake_dkim = { .name = "signed", .sections = fake_sections, .outcomes = fake_outcomes,
					  .report = fake_dkim_report };

const struct scanner *const scanners[] = { &scanner_limits, &scanner_relay, &scanner_spf, &fake_dkim, &scanner_greylist, NULL };
const struct job_kind *const job_kinds[] = { &job_spf_libspf2, NULL };

#define TOP "domains = { \"ours.example\" }\nresolver { timeout = \"100ms\" }\n"
#define GREY TOP "greylist { enabled = yes }\n"
#define NOON_MS UINT64_C(1782820800000)	/* 2026-06-30 12:00 UTC */
#define MINUTE_MS UINT64_C(60000)
#define DAY_MS UINT64_C(86400000)
#define WAITING "450 4.7.1 greylist:greylisted"

static const char zone[] =
	"pass.example TXT \"v=spf1 ip4:203.0.113.0/24 -all\"\n"
	"soft.example TXT \"v=spf1 ip4:192.0.2.1 ~all\"\n"
	"slow.example TXT \"v=spf1 ip4:203.0.113.0/24 -all\"\n"
	"slow.example !delay 30\n"
	"mx.bounce.example TXT \"v=spf1 ip4:203.0.113.0/24 -all\"\n";

static void at(uint64_t after_ms)
{
	clock_freeze(1000000000 + after_ms, NOON_MS + after_ms);
}

static struct gate *open_gate(const char *configuration)
{
	struct gate *gate;
	struct seen *seen = NULL;

	at(0);
	assert_int_equal(seen_open(NULL, 1000, &seen), 0);
	gate_services = (struct services){ .seen = seen };
	gate = gate_open_zone(configuration, zone);
	return gate;
}

static void close_gate(struct gate *gate)
{
	gate_close(gate);
	seen_close(gate_services.seen);
	gate_services = (struct services){ .seen = NULL };
	clock_thaw();
}

struct mail {
	const char *client, *helo, *login, *sender, *recipients, *header;
};

/* To recipients "a,b" without brackets; all of them are accepted at RCPT. */
static const char *send_mail(struct gate *gate, const struct mail *mail)
{
	struct str rest = str_of(mail->recipients);
	struct verdict verdict;

	gate_connect_helo(gate, mail->client, mail->helo);
	(void)gate_mail(gate, mail->login, arena_printf(gate->session->arena, "<%s>", mail->sender));
	while (rest.p != NULL) {
		struct str one = str_split(&rest, ",");

		verdict = gate_rcpt(gate, arena_printf(gate->session->arena, "<%.*s>", (int)one.len, one.p));
		assert_int_equal(verdict.reply.code, 0);
	}
	verdict = gate_message(gate, arena_printf(gate->session->arena, "From: %s\n%s\n", "a@author.example", mail->header));
	engine_settle(gate->engine, gate->session, &verdict, verdict.reply.code == 0);
	return gate_word(gate, &verdict);
}

static const struct mail stranger = { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "u@ours.example", "" };

static const struct first {
	const char *name, *configuration;
	struct mail mail;
	const char *word;
} first_table[] = {
	{ "off_by_default", TOP, { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "u@ours.example", "" }, "" },
	{ "a_stranger_waits", GREY, { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "u@ours.example", "" }, WAITING },
	{ "a_stranger_in_IPv6_waits", GREY, { "2001:db8::5", "mx.ext.example", "", "a@ext.example", "u@ours.example", "" }, WAITING },
	{ "a_login_does_not", GREY, { "203.0.113.5", "pc", "bob", "a@ext.example", "u@ours.example", "" }, "" },
	{ "a_grant_does_not",
	  GREY "relay { grant \"crm\" { clients = { \"203.0.113.5\" } senders = { \"a@ext.example\" } recipients = { \"*\" } } }\n",
	  { "203.0.113.5", "crm", "", "a@ext.example", "u@ours.example", "" }, "" },
	{ "SPF_passes", GREY, { "203.0.113.5", "mx.pass.example", "", "a@pass.example", "u@ours.example", "" }, "" },
	{ "SPF_does_not_like_it", GREY, { "203.0.113.5", "mx.ext.example", "", "a@soft.example", "u@ours.example", "" }, WAITING },
	{ "SPF_is_off", GREY "spf { enabled = no }\n", { "203.0.113.5", "mx.pass.example", "", "a@pass.example", "u@ours.example", "" },
	  WAITING },
	{ "a_signature_of_the_author", GREY,
	  { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "u@ours.example", "X-Signed: author.example\n" }, "" },
	{ "a_signature_of_the_senders_parent", GREY,
	  { "203.0.113.5", "mx.ext.example", "", "a@bounce.mail.ext.example", "u@ours.example", "X-Signed: ext.example\n" }, "" },
	{ "a_signature_of_somebody_else", GREY,
	  { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "u@ours.example", "X-Signed: evil.example\n" }, WAITING },
	{ "a_signature_of_a_domain_that_ends_alike", GREY,
	  { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "u@ours.example", "X-Signed: xauthor.example\n" }, WAITING },
	{ "a_broken_signature", GREY,
	  { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "u@ours.example", "X-Broken: author.example\n" }, WAITING },
	{ "a_second_signature_that_is_good", GREY,
	  { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "u@ours.example", "X-Broken: ext.example\nX-Signed: ext.example\n" }, "" },
	{ "a_bounce_ID_13", GREY, { "203.0.113.5", "mx.ext.example", "", "", "u@ours.example", "" }, "" },
	{ "a_bounce_when_these_wait_too", TOP "greylist { enabled = yes null_sender = yes }\n",
	  { "203.0.113.5", "mx.ext.example", "", "", "u@ours.example", "" }, WAITING },
	{ "a_bounce_of_a_host_that_SPF_knows", TOP "greylist { enabled = yes null_sender = yes }\n",
	  { "203.0.113.5", "mx.bounce.example", "", "", "u@ours.example", "" }, "" },
	{ "postmaster_R20", GREY, { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "postmaster@ours.example", "" }, "" },
	{ "postmaster_among_others_R20", GREY,
	  { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "u@ours.example,Abuse@ours.example", "" }, "" },
	{ "a_client_that_is_excepted", TOP "greylist { enabled = yes except_clients = { \"203.0.113.0/28\" } }\n",
	  { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "u@ours.example", "" }, "" },
	{ "a_sender_that_is_excepted", TOP "greylist { enabled = yes except_senders = { \"ext.example\" } }\n",
	  { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "u@ours.example", "" }, "" },
	{ "a_recipient_that_is_excepted", TOP "greylist { enabled = yes except_recipients = { \"u@ours.example\" } }\n",
	  { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "v@ours.example,U@ours.example", "" }, "" },
	{ "a_weight_is_no_deferral", TOP "greylist { enabled = yes on_greylisted = \"1.5\" }\n",
	  { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "u@ours.example", "" }, "" },
};

static void check_first(void **state)
{
	const struct first *row = *state;
	struct gate *gate = open_gate(row->configuration);

	assert_string_equal(send_mail(gate, &row->mail), row->word);
	close_gate(gate);
}

/* At RCPT the answer was not there yet. */
static void an_answer_of_SPF_that_comes_late_counts(void **state)
{
	struct gate *gate = open_gate(GREY);
	struct verdict verdict;

	(void)state;
	gate_connect_helo(gate, "203.0.113.5", "mx.ext.example");
	(void)gate_mail(gate, "", "<a@slow.example>");
	verdict = gate_rcpt(gate, "<u@ours.example>");
	assert_int_equal(verdict.reply.code, 0);
	assert_int_equal(gate->session->message->identities_len, 0);
	zone_upstream_release(gate->upstream);
	verdict = gate_message(gate, "From: a@author.example\n\n");
	assert_string_equal(gate_word(gate, &verdict), "");
	close_gate(gate);
}

static const char *found(const struct gate *gate)
{
	const struct findings *findings = &gate->session->message->findings;

	for (size_t i = 0; i < findings->len; i++)
		if (findings->items[i].scanner == &scanner_greylist)
			return findings->items[i].outcome->name;
	return "";
}

static void who_comes_again_after_the_delay_passes(void **state)
{
	struct gate *gate = open_gate(GREY);

	(void)state;
	assert_string_equal(send_mail(gate, &stranger), WAITING);
	at(5 * MINUTE_MS - 1);
	assert_string_equal(send_mail(gate, &stranger), WAITING);
	at(5 * MINUTE_MS);
	assert_string_equal(send_mail(gate, &stranger), "");
	assert_string_equal(found(gate), "passed");
	at(6 * MINUTE_MS);
	assert_string_equal(send_mail(gate, &stranger), "");
	assert_string_equal(found(gate), "");	/* known: nothing to be said */
	close_gate(gate);
}

static void the_reply_says_until_when(void **state)
{
	struct gate *gate = open_gate(GREY);
	struct verdict verdict;

	(void)state;
	assert_string_equal(send_mail(gate, &stranger), WAITING);
	at(2 * MINUTE_MS);
	gate_connect_helo(gate, stranger.client, stranger.helo);
	(void)gate_mail(gate, "", "<a@ext.example>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	verdict = gate_message(gate, "From: a@ext.example\n\n");
	assert_non_null(strstr(verdict.reply.text, "this mail has to wait until 12:05 UTC"));
	close_gate(gate);
}

/* Trying all the time is no reason to wait longer, and none to be remembered longer. */
static void who_comes_too_late_is_new_again(void **state)
{
	struct gate *gate = open_gate(GREY);

	(void)state;
	assert_string_equal(send_mail(gate, &stranger), WAITING);
	at(4 * MINUTE_MS);
	assert_string_equal(send_mail(gate, &stranger), WAITING);
	at(8 * 60 * MINUTE_MS);
	assert_string_equal(send_mail(gate, &stranger), WAITING);
	at(8 * 60 * MINUTE_MS + 5 * MINUTE_MS);
	assert_string_equal(send_mail(gate, &stranger), "");
	close_gate(gate);
}

static void who_has_come_through_is_kept_after_each_mail(void **state)
{
	struct gate *gate = open_gate(GREY);

	(void)state;
	(void)send_mail(gate, &stranger);
	at(5 * MINUTE_MS);
	assert_string_equal(send_mail(gate, &stranger), "");
	at(34 * DAY_MS);
	assert_string_equal(send_mail(gate, &stranger), "");
	at(68 * DAY_MS);
	assert_string_equal(send_mail(gate, &stranger), "");
	at((68 + 35) * DAY_MS);
	assert_string_equal(send_mail(gate, &stranger), WAITING);
	close_gate(gate);
}

static const struct again {
	const char *name;
	struct mail mail;
	const char *word;
} again_table[] = {
	{ "the_same_in_other_letters", { "203.0.113.5", "mx.ext.example", "", "A@EXT.example", "U@ours.example", "" }, "" },
	{ "another_host_of_its_24", { "203.0.113.77", "mx2.ext.example", "", "a@ext.example", "u@ours.example", "" }, "" },
	{ "a_host_of_another_24", { "203.0.114.5", "mx.ext.example", "", "a@ext.example", "u@ours.example", "" }, WAITING },
	{ "another_sender", { "203.0.113.5", "mx.ext.example", "", "b@ext.example", "u@ours.example", "" }, WAITING },
	{ "another_recipient", { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "v@ours.example", "" }, WAITING },
	{ "one_recipient_who_is_known_is_enough", { "203.0.113.5", "mx.ext.example", "", "a@ext.example", "v@ours.example,u@ours.example", "" },
	  "" },
};

static void check_again(void **state)
{
	const struct again *row = *state;
	struct gate *gate = open_gate(GREY);

	(void)send_mail(gate, &stranger);
	at(5 * MINUTE_MS);
	assert_string_equal(send_mail(gate, &row->mail), row->word);
	close_gate(gate);
}

/* The message was deferred for another reason: it has waited, but nothing is known for weeks yet. */
static void who_was_not_let_in_has_not_come_through(void **state)
{
	struct gate *gate = open_gate(GREY);
	struct verdict verdict;

	(void)state;
	(void)send_mail(gate, &stranger);
	at(5 * MINUTE_MS);
	gate_connect_helo(gate, stranger.client, stranger.helo);
	(void)gate_mail(gate, "", "<a@ext.example>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	verdict = gate_message(gate, "From: a@ext.example\n\n");
	engine_settle(gate->engine, gate->session, &verdict, false);
	at(60 * MINUTE_MS);
	assert_string_equal(send_mail(gate, &stranger), "");
	assert_string_equal(found(gate), "passed");
	close_gate(gate);
}

static void whom_our_users_wrote_to_may_answer_at_once(void **state)
{
	static const struct mail written = { "198.51.100.1", "pc", "bob", "bob@ours.example", "friend@pals.example,u@ours.example", "" };
	struct mail answer = { "203.0.113.9", "mx.pals.example", "", "Friend@Pals.example", "v@ours.example", "" };
	struct gate *gate = open_gate(GREY);

	(void)state;
	assert_string_equal(send_mail(gate, &answer), WAITING);
	at(MINUTE_MS);
	assert_string_equal(send_mail(gate, &written), "");
	at(2 * MINUTE_MS);
	assert_string_equal(send_mail(gate, &answer), "");
	answer.sender = "other@pals.example";
	assert_string_equal(send_mail(gate, &answer), WAITING);
	answer.sender = "u@ours.example";	/* nobody gets a bonus for calling himself one of us */
	assert_string_equal(send_mail(gate, &answer), WAITING);
	at(61 * DAY_MS);
	answer.sender = "friend@pals.example";
	assert_string_equal(send_mail(gate, &answer), WAITING);
	close_gate(gate);
}

/* A submission that was not let in makes nobody known; and strangers cannot make themselves known. */
static void a_message_that_never_left_makes_nobody_known(void **state)
{
	struct mail answer = { "203.0.113.9", "mx.pals.example", "", "friend@pals.example", "v@ours.example", "" };
	struct gate *gate = open_gate(GREY);
	struct verdict verdict;

	(void)state;
	gate_connect_helo(gate, "198.51.100.1", "pc");
	(void)gate_mail(gate, "bob", "<bob@ours.example>");
	(void)gate_rcpt(gate, "<friend@pals.example>");
	verdict = gate_message(gate, "From: bob@ours.example\n\n");
	engine_settle(gate->engine, gate->session, &verdict, false);
	assert_string_equal(send_mail(gate, &answer), WAITING);
	close_gate(gate);
}

static void without_a_memory_nobody_waits(void **state)
{
	struct gate *gate;

	(void)state;
	at(0);
	gate_services = (struct services){ .seen = NULL };
	gate = gate_open_zone(GREY, zone);
	assert_string_equal(send_mail(gate, &stranger), "");
	assert_string_equal(found(gate), "");
	close_gate(gate);
}

/* A question whether an address exists never comes to the end of a message, and leaves nothing behind. */
static void a_callout_is_answered_and_forgotten(void **state)
{
	struct gate *gate = open_gate(TOP "greylist { enabled = yes null_sender = yes }\n");

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct verdict verdict;

		gate_connect_helo(gate, "203.0.113.5", "mx.ext.example");
		(void)gate_mail(gate, "", i == 0 ? "<>" : "<a@ext.example>");
		verdict = gate_rcpt(gate, "<u@ours.example>");
		assert_int_equal(verdict.reply.code, 0);
		engine_settle(gate->engine, gate->session, NULL, false);
	}
	at(6 * MINUTE_MS);
	assert_string_equal(send_mail(gate, &stranger), WAITING);
	close_gate(gate);
}

#define ONE(test) rows_add_one(&rows, #test, test, NULL)

int main(void)
{
	static struct rows rows;

	rows_add(&rows, first_table, check_first);
	ONE(an_answer_of_SPF_that_comes_late_counts);
	ONE(who_comes_again_after_the_delay_passes);
	ONE(the_reply_says_until_when);
	ONE(who_comes_too_late_is_new_again);
	ONE(who_has_come_through_is_kept_after_each_mail);
	rows_add(&rows, again_table, check_again);
	ONE(who_was_not_let_in_has_not_come_through);
	ONE(whom_our_users_wrote_to_may_answer_at_once);
	ONE(a_message_that_never_left_makes_nobody_known);
	ONE(without_a_memory_nobody_waits);
	ONE(a_callout_is_answered_and_forgotten);
	return rows_run(&rows, "greylist");
}
