/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scanner spf through the engine: which identity is judged when, and what is said about it. What the records mean is
 * test_spf_evaluate's. */
#include <pthread.h>
#include <time.h>

#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "milter/lookup/resolver.h"
#include "scanners/scanners.h"
#include "scanners/spf_libspf2_job.h"
#include "t/lib/gate.h"
#include "t/lib/zone.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { &scanner_limits, &scanner_relay, &scanner_spf, NULL };
const struct job_kind *const job_kinds[] = { &job_spf_libspf2, NULL };

#define TOP "authserv_id = \"gw.ours.example\"\ndomains = { \"ours.example\" }\n"
#define QUICK TOP "resolver { timeout = \"100ms\" rcpt_wait = \"0ms\" }\n"
#define TRUSTED "trusted = { \"192.0.2.26\", \"2001:db8:25::/64\", \"192.0.2.27\" }"

#define MX(n) "many.example MX " n " m" n ".many.example\nm" n ".many.example A 192.0.2." n "\n"

static const char zone[] =
	"pass.example TXT \"v=spf1 ip4:203.0.113.0/24 ip6:2001:db8::/32 -all\"\n"
	"fail.example TXT \"v=spf1 -all\"\n"
	"soft.example TXT \"v=spf1 ~all\"\n"
	"neutral.example TXT \"v=spf1 ?all\"\n"
	"silent-end.example TXT \"v=spf1 ip4:192.0.2.1\"\n"
	"two.example TXT \"v=spf1 -all\"\n"
	"two.example TXT \"v=spf1 +all\"\n"
	"slash.example TXT \"v=spf1 ip4:1.2.3.4/33 -all\"\n"
	"broken.example !servfail\n"
	"refused.example !refused\n"
	"formerr.example !formerr\n"
	"tcp.example !tcp-refused\n"
	"loop.example !loop\n"
	"never.example !silent\n"
	"slow.example TXT \"v=spf1 -all\"\n"
	"slow.example !delay 4000\n"
	"slowpass.example TXT \"v=spf1 +all\"\n"
	"slowpass.example !delay 4000\n"
	"include.example TXT \"v=spf1 include:broken.example -all\"\n"
	"mx.pass.example TXT \"v=spf1 ip4:203.0.113.7 -all\"\n"
	"mx.fail.example TXT \"v=spf1 -all\"\n"
	"mx.soft.example TXT \"v=spf1 ~all\"\n"
	"mx.two.example TXT \"v=spf1 -all\"\n"
	"mx.two.example TXT \"v=spf1 -all\"\n"
	"explained.example TXT \"v=spf1 -all exp=why.explained.example\"\n"
	"why.explained.example TXT \"Not from %{i}. See http://explained.example/%{s}?a=100%%\"\n"
	"crlf.example TXT \"v=spf1 -all exp=why.crlf.example\"\n"
	"why.crlf.example TXT \"x\\013\\010250 fine\"\n"
	"local.example TXT \"v=spf1 exists:%{l}.local.example -all\"\n"
	"joe.local.example A 127.0.0.2\n"
	"helo.example TXT \"v=spf1 exists:%{h}.helo.example -all\"\n"
	"mx.none.example.helo.example A 127.0.0.2\n"
	"xn--mnchen-3ya.example TXT \"v=spf1 ip4:203.0.113.7 -all\"\n"
	"many.example TXT \"v=spf1 a mx exists:x.many.example -all\"\n"
	"many.example A 192.0.2.1\n"
	MX("1") MX("2") MX("3") MX("4") MX("5") MX("6") MX("7") MX("8") MX("9")
	"x.many.example A 192.0.2.1\n";

/* What the message carries after the end of it. */
static const char *found(struct gate *gate)
{
	const struct message *message = gate->session->message;
	const char *text = "";

	for (size_t i = 0; i < message->findings.len; i++) {
		const struct finding *finding = &message->findings.items[i];

		if (finding->scanner == &scanner_spf)
			text = arena_printf(message->arena, "%s%s%s: %s", text, text[0] == '\0' ? "" : "\n", finding->outcome->name, finding->text);
	}
	return text;
}

static const char *stamped(struct gate *gate)
{
	const struct message *message = gate->session->message;
	const char *text = "";

	for (size_t i = 0; i < message->stamps.len; i++)
		if (strcmp(message->stamps.items[i].name, "Received-SPF") == 0)
			text = arena_printf(message->arena, "%s%s%s", text, text[0] == '\0' ? "" : "\n", message->stamps.items[i].value);
	return text;
}

static const char *resulted(struct gate *gate)
{
	const struct message *message = gate->session->message;

	return authres_format(message->arena, "gw", message->results, message->results_len);
}

/* The whole way; the word is that of the first refusal. */
static const char *walk(struct gate *gate, const char *client, const char *helo, const char *mailfrom, const char *header)
{
	struct verdict verdict;

	gate_connect_helo(gate, client, helo);
	(void)gate_mail(gate, "", mailfrom);
	verdict = gate_rcpt(gate, "<u@ours.example>");
	if (verdict.reply.code == 0)
		verdict = gate_message(gate, header);
	return gate_word(gate, &verdict);
}

/* --- what is found --- */

static const struct row {
	const char *name, *client, *helo, *mailfrom, *found, *word;
} rows[] = {
	{ "pass", "203.0.113.7", "mx.none.example", "<a@pass.example>",
	  "pass: SPF pass: 203.0.113.7 may send mail of pass.example (ip4:203.0.113.0/24 in the record of pass.example)", "" },
	{ "pass_by_ipv6", "2001:db8::7", "mx.none.example", "<a@pass.example>",
	  "pass: SPF pass: 2001:db8::7 may send mail of pass.example (ip6:2001:db8::/32 in the record of pass.example)", "" },
	{ "ipv4_mapped_client_is_the_ipv4_one_DNS_20", "::ffff:203.0.113.7", "mx.none.example", "<a@pass.example>",
	  "pass: SPF pass: 203.0.113.7 may send mail of pass.example (ip4:203.0.113.0/24 in the record of pass.example)", "" },
	{ "fail_is_refused_at_rcpt", "203.0.113.7", "mx.none.example", "<a@fail.example>",
	  "fail: SPF fail: 203.0.113.7 may not send mail of fail.example (-all in the record of fail.example)", "550 5.7.23 spf:fail" },
	{ "softfail_weighs", "203.0.113.7", "mx.none.example", "<a@soft.example>",
	  "softfail: SPF softfail: 203.0.113.7 probably may not send mail of soft.example (~all in the record of soft.example)", "" },
	{ "neutral", "203.0.113.7", "mx.none.example", "<a@neutral.example>",
	  "neutral: SPF neutral: the domain does not say whether 203.0.113.7 may send mail of neutral.example (?all in the record of "
	  "neutral.example)", "" },
	{ "record_without_an_end", "203.0.113.7", "mx.none.example", "<a@silent-end.example>",
	  "neutral: SPF neutral: the domain does not say whether 203.0.113.7 may send mail of silent-end.example (nothing in the record of "
	  "silent-end.example matches)", "" },
	{ "none", "203.0.113.7", "mx.none.example", "<a@none.example>", "none: SPF none: none.example publishes no SPF record", "" },
	{ "servfail_is_deferred_DNS_01", "203.0.113.7", "mx.none.example", "<a@broken.example>", "temperror: *", "451 4.4.3 spf:temperror" },
	{ "refused_is_deferred_DNS_01", "203.0.113.7", "mx.none.example", "<a@refused.example>", "temperror: *", "451 4.4.3 spf:temperror" },
	{ "formerr_is_deferred_DNS_01", "203.0.113.7", "mx.none.example", "<a@formerr.example>", "temperror: *", "451 4.4.3 spf:temperror" },
	{ "truncated_without_tcp_is_deferred_DNS_01", "203.0.113.7", "mx.none.example", "<a@tcp.example>", "temperror: *",
	  "451 4.4.3 spf:temperror" },
	{ "no_answer_is_deferred_at_the_end_DNS_01", "203.0.113.7", "mx.none.example", "<a@never.example>", "temperror: *",
	  "451 4.4.3 spf:temperror" },
	{ "cname_loop_is_deferred_DNS_04", "203.0.113.7", "mx.none.example", "<a@loop.example>", "temperror: *", "451 4.4.3 spf:temperror" },
	{ "error_in_an_include_is_deferred_DNS_01", "203.0.113.7", "mx.none.example", "<a@include.example>", "temperror: *",
	  "451 4.4.3 spf:temperror" },
	{ "two_records_DNS_03", "203.0.113.7", "mx.none.example", "<a@two.example>", "permerror: *", "" },
	{ "bad_prefix_length_DNS_08", "203.0.113.7", "mx.none.example", "<a@slash.example>", "permerror: *", "" },
	{ "helo_passes", "203.0.113.7", "mx.pass.example", "<a@none.example>",
	  "none: SPF none: none.example publishes no SPF record\n"
	  "helo_pass: SPF pass: 203.0.113.7 may call itself mx.pass.example (ip4:203.0.113.7 in the record of mx.pass.example)", "" },
	{ "helo_fails", "203.0.113.7", "mx.fail.example", "<a@pass.example>",
	  "pass: *\n"
	  "helo_fail: SPF fail: 203.0.113.7 may not call itself mx.fail.example (-all in the record of mx.fail.example)",
	  "550 5.7.23 spf:helo_fail" },
	{ "helo_softfail", "203.0.113.7", "mx.soft.example", "<a@none.example>", "none: *\nhelo_softfail: *", "" },
	{ "helo_temperror_defers_nobody", "203.0.113.7", "broken.example", "<a@none.example>", "none: *\nhelo_temperror: *", "" },
	{ "helo_permerror_refuses_nobody", "203.0.113.7", "mx.two.example", "<a@none.example>", "none: *\nhelo_permerror: *", "" },
	{ "null_sender_is_judged_by_helo", "203.0.113.7", "mx.fail.example", "<>",
	  "fail: SPF fail: 203.0.113.7 may not call itself mx.fail.example (-all in the record of mx.fail.example)", "550 5.7.23 spf:fail" },
	{ "null_sender_helo_passes", "203.0.113.7", "mx.pass.example", "<>", "pass: *", "" },
	{ "null_sender_helo_none", "203.0.113.7", "mx.none.example", "<>", "none: SPF none: mx.none.example publishes no SPF record", "" },
	{ "null_sender_helo_not_known", "203.0.113.7", "broken.example", "<>", "temperror: *", "451 4.4.3 spf:temperror" },
	{ "null_sender_without_a_helo_name", "203.0.113.7", "localhost", "<>",
	  "none: SPF none: the sender is null and the HELO name no domain name", "" },
	{ "null_sender_without_helo_SMTP_17", "203.0.113.7", "", "<>", "none: *", "" },
	{ "helo_literal_is_not_asked_about_SMTP_11", "203.0.113.7", "[203.0.113.9]", "<a@none.example>", "none: *", "" },
	{ "helo_of_odd_bytes_is_none_SMTP_11", "203.0.113.7", "a.b\r\nX: y;\"(", "<a@none.example>", "none: *", "" },
	{ "local_part_in_a_macro", "203.0.113.7", "mx.none.example", "<joe@local.example>", "pass: *", "" },
	{ "local_part_in_a_macro_of_another", "203.0.113.7", "mx.none.example", "<eve@local.example>", "fail: *", "550 5.7.23 spf:fail" },
	{ "helo_in_a_macro", "203.0.113.7", "mx.none.example", "<joe@helo.example>", "pass: *", "" },
	{ "sender_in_unicode", "203.0.113.7", "mx.none.example", "<j\xc3\xb6rg@m\xc3\xbcnchen.example>", "pass: *", "" },
	{ "sender_at_a_literal", "203.0.113.7", "mx.none.example", "<a@[192.0.2.1]>", "none: *", "" },
};

/* "*" at the end of a line stands for the rest of it. */
static void assert_lines(const char *text, const char *pattern)
{
	const char *const whole = text;

	for (; *pattern != '\0' && *pattern != '*'; pattern++, text++)
		if (*text != *pattern)
			fail_msg("\"%s\" does not begin like \"%s\"", whole, pattern);
	if (*pattern == '*') {
		text += strcspn(text, "\n");
		pattern++;
	}
	if (*pattern != '\0')
		assert_lines(text, pattern);
	else
		assert_string_equal(text, "");
}

static void check_row(void **state)
{
	const struct row *row = *state;
	struct gate *gate = gate_open_zone(QUICK "spf { timeout = \"1s\" }\n", zone);

	assert_string_equal(walk(gate, row->client, row->helo, row->mailfrom, "Subject: x\n\n"), row->word);
	assert_lines(found(gate), row->found);
	gate_close(gate);
}

/* --- headers --- */

static void the_header_says_what_was_found(void **state)
{
	struct gate *gate = gate_open_zone(QUICK, zone);

	(void)state;
	(void)walk(gate, "203.0.113.7", "mx.pass.example", "<a@soft.example>", "\n");
	assert_string_equal(stamped(gate),
		"softfail (gw.ours.example: 203.0.113.7 probably may not send mail of soft.example \\(~all in the record of soft.example\\)) "
		"receiver=gw.ours.example; identity=mailfrom; client-ip=203.0.113.7; envelope-from=\"a@soft.example\"; helo=mx.pass.example; "
		"mechanism=~all\n"
		"pass (gw.ours.example: 203.0.113.7 may call itself mx.pass.example \\(ip4:203.0.113.7 in the record of mx.pass.example\\)) "
		"receiver=gw.ours.example; identity=helo; client-ip=203.0.113.7; envelope-from=\"a@soft.example\"; helo=mx.pass.example; "
		"mechanism=\"ip4:203.0.113.7\"");
	assert_string_equal(resulted(gate), "gw; spf=softfail smtp.mailfrom=a@soft.example; spf=pass smtp.helo=mx.pass.example");
	gate_close(gate);
}

static void a_null_sender_is_written_as_helo_identity(void **state)
{
	struct gate *gate = gate_open_zone(QUICK, zone);

	(void)state;
	(void)walk(gate, "203.0.113.7", "mx.pass.example", "<>", "\n");
	assert_non_null(strstr(stamped(gate), "identity=helo; client-ip=203.0.113.7; envelope-from=\"\"; helo=mx.pass.example;"));
	assert_null(strchr(stamped(gate), '\n'));	/* one field */
	assert_string_equal(resulted(gate), "gw; spf=pass smtp.helo=mx.pass.example");
	gate_close(gate);
}

static void dmarc_hears_of_the_sender_alone(void **state)
{
	static const struct {
		const char *helo, *mailfrom, *domain;
		enum identity_state state;
	} cases[] = {
		{ "mx.pass.example", "<a@soft.example>", "soft.example", IDENTITY_FAIL },
		{ "mx.fail.example", "<a@Pass.Example>", "pass.example", IDENTITY_PASS },
		{ "MX.pass.example", "<>", "mx.pass.example", IDENTITY_PASS },
		{ "mx.none.example", "<a@broken.example>", "broken.example", IDENTITY_UNSURE },
	};
	struct gate *gate = gate_open_zone(QUICK "spf { on_temperror = accept on_helo_fail = accept }\n", zone);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct identity *identity;

		assert_string_equal(walk(gate, "203.0.113.7", cases[i].helo, cases[i].mailfrom, "\n"), "");
		assert_int_equal(gate->session->message->identities_len, 1);
		identity = &gate->session->message->identities[0];
		assert_string_equal(identity->domain, cases[i].domain);
		assert_int_equal(identity->state, cases[i].state);
		assert_int_equal(identity->kind, IDENTITY_SPF);
	}
	gate_close(gate);
}

static void a_line_end_in_helo_reaches_no_header_SMTP_11(void **state)
{
	struct gate *gate = gate_open_zone(QUICK, zone);

	(void)state;
	(void)walk(gate, "203.0.113.7", "a.b\r\nX-Evil: y\";(", "<a@none.example>", "\n");
	assert_null(strpbrk(stamped(gate), "\r\n"));
	assert_non_null(strstr(stamped(gate), "helo=\"a.b??X-Evil: y\\\";(\""));
	gate_close(gate);
}

/* --- settings --- */

static void check_setting(const char *spf, const char *mailfrom, const char *word)
{
	char configuration[1024];
	struct gate *gate;

	(void)snprintf(configuration, sizeof(configuration), QUICK "spf { %s }\n", spf);
	gate = gate_open_zone(configuration, zone);
	assert_string_equal(walk(gate, "203.0.113.7", "mx.none.example", mailfrom, "\n"), word);
	gate_close(gate);
}

static void each_outcome_has_its_action(void **state)
{
	(void)state;
	check_setting("on_fail = accept", "<a@fail.example>", "");
	check_setting("on_fail = defer", "<a@fail.example>", "451 4.7.23 spf:fail");
	check_setting("on_softfail = reject", "<a@soft.example>", "550 5.7.23 spf:softfail");
	check_setting("on_neutral = reject", "<a@neutral.example>", "550 5.7.1 spf:neutral");
	check_setting("on_none = reject", "<a@none.example>", "550 5.7.1 spf:none");
	check_setting("on_pass = reject", "<a@pass.example>", "550 5.7.1 spf:pass");
	check_setting("on_permerror = reject", "<a@two.example>", "550 5.7.24 spf:permerror");
	check_setting("on_permerror = defer", "<a@two.example>", "451 4.7.24 spf:permerror");
	check_setting("on_temperror = reject", "<a@broken.example>", "550 5.7.24 spf:temperror");
	check_setting("on_temperror = accept", "<a@broken.example>", "");
	check_setting("enabled = no", "<a@fail.example>", "");
}

static void questions_are_counted(void **state)
{
	(void)state;
	check_setting("max_questions = 13", "<a@many.example>", "");
	check_setting("max_questions = 12 on_permerror = reject", "<a@many.example>", "550 5.7.24 spf:permerror");
}

static void disabled_says_nothing(void **state)
{
	struct gate *gate = gate_open_zone(QUICK "spf { enabled = no }\n", zone);

	(void)state;
	(void)walk(gate, "203.0.113.7", "mx.fail.example", "<a@fail.example>", "\n");
	assert_string_equal(found(gate), "");
	assert_string_equal(stamped(gate), "");
	assert_int_equal(gate->session->message->results_len, 0);
	assert_int_equal(zone_upstream_asked(gate->upstream), 0);
	gate_close(gate);
}

static void without_a_resolver_nothing_passes_DNS_18(void **state)
{
	struct gate *gate = gate_open(TOP);

	(void)state;
	assert_string_equal(walk(gate, "203.0.113.7", "mx.pass.example", "<a@pass.example>", "\n"), "451 4.4.3 spf:temperror");
	gate_close(gate);
}

static void a_login_is_not_judged(void **state)
{
	struct gate *gate = gate_open_zone(QUICK, zone);

	(void)state;
	gate_connect_helo(gate, "203.0.113.7", "mx.fail.example");
	(void)gate_mail(gate, "alice", "<a@fail.example>");
	assert_int_equal(gate_rcpt(gate, "<u@ours.example>").reply.code, 0);
	assert_int_equal(gate_message(gate, "\n").reply.code, 0);
	assert_string_equal(found(gate), "");
	gate_close(gate);
}

static void postmaster_can_be_reached(void **state)
{
	struct gate *gate = gate_open_zone(QUICK, zone);
	struct verdict verdict;

	(void)state;
	gate_connect_helo(gate, "203.0.113.7", "mx.none.example");
	(void)gate_mail(gate, "", "<a@fail.example>");
	verdict = gate_rcpt(gate, "<u@ours.example>");
	assert_string_equal(gate_word(gate, &verdict), "550 5.7.23 spf:fail");
	assert_int_equal(gate_rcpt(gate, "<postmaster@ours.example>").reply.code, 0);
	assert_int_equal(gate_message(gate, "\n").reply.code, 0);
	assert_lines(found(gate), "fail: *");	/* once, whatever became of the first recipient */
	gate_close(gate);
}

/* --- exp= --- */

static void the_domains_own_words_are_off_by_default_DNS_07(void **state)
{
	struct gate *gate = gate_open_zone(QUICK, zone);

	(void)state;
	(void)walk(gate, "203.0.113.7", "mx.none.example", "<a@explained.example>", "\n");
	assert_null(strstr(found(gate), "See http"));
	gate_close(gate);
}

static void the_domains_own_words_are_quoted_DNS_07(void **state)
{
	struct gate *gate = gate_open_zone(QUICK "spf { explain = yes }\n", zone);

	(void)state;
	assert_string_equal(walk(gate, "203.0.113.7", "mx.none.example", "<a@explained.example>", "\n"), "550 5.7.23 spf:fail");
	assert_non_null(strstr(found(gate),
			       "; the domain says: \"Not from 203.0.113.7. See http://explained.example/a@explained.example?a=100%\""));
	(void)walk(gate, "203.0.113.7", "mx.none.example", "<a@crlf.example>", "\n");
	assert_null(strpbrk(found(gate), "\r\n"));
	gate_close(gate);
}

/* --- time --- */

static void a_late_answer_refuses_at_the_end(void **state)
{
	struct gate *gate = gate_open_zone(TOP "resolver { rcpt_wait = \"0ms\" }\n", zone);
	struct verdict verdict;

	(void)state;
	gate_connect_helo(gate, "203.0.113.7", "mx.none.example");
	(void)gate_mail(gate, "", "<a@slow.example>");
	assert_int_equal(gate_rcpt(gate, "<u@ours.example>").reply.code, 0);
	zone_upstream_release(gate->upstream);
	verdict = gate_message(gate, "\n");
	assert_string_equal(gate_word(gate, &verdict), "550 5.7.23 spf:fail");
	gate_close(gate);
}

#define PATIENT TOP "resolver { timeout = \"30s\" rcpt_wait = \"20s\" }\n"

static void *release_a_little_later(void *upstream)
{
	const struct timespec time = { 0, 50 * 1000000 };

	(void)nanosleep(&time, NULL);
	zone_upstream_release(upstream);
	return NULL;
}

static void rcpt_waits_for_a_refusal(void **state)
{
	struct gate *gate = gate_open_zone(PATIENT, zone);
	struct verdict verdict;
	pthread_t thread;

	(void)state;
	gate_connect_helo(gate, "203.0.113.7", "mx.none.example");
	(void)gate_mail(gate, "", "<a@slow.example>");
	assert_int_equal(pthread_create(&thread, NULL, release_a_little_later, gate->upstream), 0);
	verdict = gate_rcpt(gate, "<u@ours.example>");
	assert_string_equal(gate_word(gate, &verdict), "550 5.7.23 spf:fail");
	(void)pthread_join(thread, NULL);
	gate_close(gate);
}

/* It would take the whole of rcpt_wait. */
static void rcpt_does_not_wait_where_nothing_refuses(void **state)
{
	struct gate *gate = gate_open_zone(PATIENT "spf { on_fail = tag on_temperror = 1.0 on_helo_fail = tag }\n", zone);
	uint64_t before_ms = clock_monotonic_ms();

	(void)state;
	gate_connect_helo(gate, "203.0.113.7", "mx.none.example");
	(void)gate_mail(gate, "", "<a@slow.example>");
	assert_int_equal(gate_rcpt(gate, "<u@ours.example>").reply.code, 0);
	assert_true(clock_monotonic_ms() - before_ms < 20000);
	zone_upstream_release(gate->upstream);
	assert_int_equal(gate_message(gate, "\n").action, ACTION_TAG);
	gate_close(gate);
}

static void helo_is_asked_once_for_all_messages(void **state)
{
	struct gate *gate = gate_open_zone(QUICK, zone);
	unsigned asked;

	(void)state;
	gate_connect_helo(gate, "203.0.113.7", "mx.pass.example");
	asked = zone_upstream_asked(gate->upstream);
	assert_int_equal(asked, 1);
	for (int i = 0; i < 3; i++) {
		(void)gate_mail(gate, "", "<>");
		assert_int_equal(gate_rcpt(gate, "<u@ours.example>").reply.code, 0);
		assert_int_equal(gate_message(gate, "\n").reply.code, 0);
		assert_lines(found(gate), "pass: *");
	}
	assert_int_equal(zone_upstream_asked(gate->upstream), asked);
	gate_close(gate);
}

static void a_new_helo_is_judged_anew(void **state)
{
	static const char *const helos[] = { "mx.pass.example", "mx.fail.example", "[203.0.113.7]", "mx.pass.example" };
	static const char *const expected[] = { "pass: *", "fail: *", "none: *", "pass: *" };
	struct gate *gate = gate_open_zone(QUICK, zone);

	(void)state;
	gate_connect_helo(gate, "203.0.113.7", "mx.soft.example");
	for (int i = 0; i < 4; i++) {
		gate_helo(gate, helos[i]);
		(void)gate_mail(gate, "", "<>");
		(void)gate_rcpt(gate, "<postmaster@ours.example>");
		(void)gate_message(gate, "\n");
		assert_lines(found(gate), expected[i]);
		engine_message_end(gate->engine, gate->session);
	}
	gate_close(gate);
}

/* The answer that came too late for the first message is there for the second. */
static void helo_that_could_not_be_told_is_judged_again(void **state)
{
	struct gate *gate = gate_open_zone(QUICK "spf { on_temperror = accept }\n", zone);

	(void)state;
	gate_connect_helo(gate, "203.0.113.7", "slowpass.example");
	(void)gate_mail(gate, "", "<>");
	assert_int_equal(gate_rcpt(gate, "<u@ours.example>").reply.code, 0);
	(void)gate_message(gate, "\n");
	assert_lines(found(gate), "temperror: *");
	zone_upstream_release(gate->upstream);
	(void)gate_mail(gate, "", "<>");
	assert_int_equal(gate_rcpt(gate, "<u@ours.example>").reply.code, 0);
	(void)gate_message(gate, "\n");
	assert_lines(found(gate), "pass: *");
	gate_close(gate);
}

/* RSET and lost connections while questions are under way. */
static void a_transaction_may_end_at_any_time(void **state)
{
	struct gate *gate = gate_open_zone(TOP, zone);

	(void)state;
	for (int i = 0; i < 5; i++) {
		gate_connect_helo(gate, "203.0.113.7", i % 2 == 0 ? "slow.example" : "never.example");
		gate_helo(gate, "slowpass.example");
		(void)gate_mail(gate, "", "<a@slow.example>");
		engine_message_end(gate->engine, gate->session);
		(void)gate_mail(gate, "", "<a@never.example>");
	}
	zone_upstream_release(gate->upstream);
	gate_close(gate);
}

static void the_session_does_not_grow_with_each_helo(void **state)
{
	struct gate *gate = gate_open_zone(QUICK, zone);
	size_t before;

	(void)state;
	gate_connect_helo(gate, "203.0.113.7", "mx.pass.example");
	gate_helo(gate, "mx.fail.example");
	before = arena_size_bytes(gate->session->arena);
	for (int i = 0; i < 5000; i++) {
		char helo[32];

		(void)snprintf(helo, sizeof(helo), "mx%d.pass.example", i);
		gate_helo(gate, helo);
	}
	assert_int_equal(arena_size_bytes(gate->session->arena), before);
	gate_close(gate);
}

/* --- trusted forwarders --- */

#define FROM(helo, name, ip) "Received: from " helo " (" name " [" ip "])\n\tby mx2.ours.example (Postfix) with ESMTPS id 1\n\tfor x; y\n"

static const struct forwarded {
	const char *name, *client, *mailfrom, *header, *found, *word;
} forwarded[] = {
	{ "the_forwarders_client_is_judged", "192.0.2.26", "<a@pass.example>", FROM("mx.none.example", "unknown", "203.0.113.7"),
	  "pass: SPF pass: 203.0.113.7 may send mail of pass.example (*", "" },
	{ "and_refused_at_the_end", "192.0.2.26", "<a@pass.example>", FROM("mx.none.example", "unknown", "198.51.100.1"),
	  "fail: SPF fail: 198.51.100.1 may not send mail of pass.example (*", "550 5.7.23 spf:fail" },
	{ "its_helo_name_too", "192.0.2.26", "<a@none.example>", FROM("mx.fail.example", "unknown", "198.51.100.1"),
	  "none: *\nhelo_fail: SPF fail: 198.51.100.1 may not call itself mx.fail.example (*", "550 5.7.23 spf:helo_fail" },
	{ "null_sender_by_the_told_helo_name", "192.0.2.26", "<>", FROM("mx.pass.example", "unknown", "203.0.113.7"), "pass: *", "" },
	{ "ipv6", "2001:db8:25::1", "<a@pass.example>", FROM("mx.none.example", "unknown", "IPv6:2001:db8::9"), "pass: *", "" },
	{ "two_forwarders", "192.0.2.26", "<a@pass.example>",
	  FROM("mx3.ours.example", "mx3.ours.example", "192.0.2.27") FROM("mx.none.example", "unknown", "203.0.113.7"), "pass: *", "" },
	{ "a_content_filter_on_the_forwarder", "192.0.2.26", "<a@pass.example>",
	  FROM("localhost", "localhost", "127.0.0.1") FROM("mx.none.example", "unknown", "198.51.100.1"),
	  "fail: SPF fail: 198.51.100.1 may not send mail of pass.example (*", "550 5.7.23 spf:fail" },
	{ "what_strangers_wrote_below_is_not_read", "192.0.2.26", "<a@pass.example>",
	  FROM("mx.none.example", "unknown", "198.51.100.1") FROM("mx.none.example", "unknown", "203.0.113.7"), "fail: *",
	  "550 5.7.23 spf:fail" },
	{ "no_received_is_none", "192.0.2.26", "<a@pass.example>", "Subject: x\n",
	  "none: SPF none: no Received field names a client that is not ours", "" },
	{ "unreadable_is_none", "192.0.2.26", "<a@pass.example>", "Received: by mx2.ours.example (Postfix, from userid 0)\n",
	  "none: SPF none: the Received field of a trusted forwarder cannot be read", "" },
	{ "unreadable_for_the_null_sender", "192.0.2.26", "<>", "Received: nonsense\n", "none: *", "" },
	{ "forwarders_only", "192.0.2.26", "<a@pass.example>", FROM("mx3.ours.example", "x", "192.0.2.27"), "none: *", "" },
	{ "received_of_one_who_is_not_trusted_HDR_16", "192.0.2.99", "<a@pass.example>", FROM("mx.none.example", "unknown", "203.0.113.7"),
	  "fail: SPF fail: 192.0.2.99 may not send mail of pass.example (*", "550 5.7.23 spf:fail" },
};

static void check_forwarded(void **state)
{
	const struct forwarded *row = *state;
	struct gate *gate = gate_open_zone(QUICK "spf { " TRUSTED " }\n", zone);
	char header[1024];

	(void)snprintf(header, sizeof(header), "%s\n", row->header);
	assert_string_equal(walk(gate, row->client, "mx2.ours.example", row->mailfrom, header), row->word);
	assert_lines(found(gate), row->found);
	gate_close(gate);
}

/* It is not the sender's host: its name says nothing. */
static void the_helo_name_of_a_forwarder_is_not_asked_about(void **state)
{
	struct gate *gate = gate_open_zone(QUICK "spf { " TRUSTED " }\n", zone);

	(void)state;
	gate_connect_helo(gate, "192.0.2.26", "mx.fail.example");
	assert_int_equal(zone_upstream_asked(gate->upstream), 0);
	gate_close(gate);
}

/* --- libspf2 without a cage --- */

static void libspf2_without_a_cage_is_temperror(void **state)
{
	struct gate *gate = gate_open_zone(QUICK "spf { evaluator = libspf2 }\n", zone);

	(void)state;
	assert_string_equal(walk(gate, "203.0.113.7", "mx.none.example", "<a@pass.example>", "\n"), "451 4.4.3 spf:temperror");
	assert_lines(found(gate), "temperror: SPF temperror: it could not be looked up whether 203.0.113.7 may send mail of pass.example "
		     "(no examiner is available for libspf2)\nhelo_temperror: *");
	gate_close(gate);
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check_row);
	rows_add(&tests, forwarded, check_forwarded);
#define ADD(test) rows_add_one(&tests, #test, test, NULL)
	ADD(the_header_says_what_was_found);
	ADD(a_null_sender_is_written_as_helo_identity);
	ADD(dmarc_hears_of_the_sender_alone);
	ADD(a_line_end_in_helo_reaches_no_header_SMTP_11);
	ADD(each_outcome_has_its_action);
	ADD(questions_are_counted);
	ADD(disabled_says_nothing);
	ADD(without_a_resolver_nothing_passes_DNS_18);
	ADD(a_login_is_not_judged);
	ADD(postmaster_can_be_reached);
	ADD(the_domains_own_words_are_off_by_default_DNS_07);
	ADD(the_domains_own_words_are_quoted_DNS_07);
	ADD(a_late_answer_refuses_at_the_end);
	ADD(rcpt_waits_for_a_refusal);
	ADD(rcpt_does_not_wait_where_nothing_refuses);
	ADD(helo_is_asked_once_for_all_messages);
	ADD(a_new_helo_is_judged_anew);
	ADD(helo_that_could_not_be_told_is_judged_again);
	ADD(a_transaction_may_end_at_any_time);
	ADD(the_session_does_not_grow_with_each_helo);
	ADD(the_helo_name_of_a_forwarder_is_not_asked_about);
	ADD(libspf2_without_a_cage_is_temperror);
	return rows_run(&tests, "spf");
}
