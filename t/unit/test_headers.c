/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is found about headers, through the engine. */
#include <sys/mman.h>
#include <unistd.h>

#include "milter/isolate/job.h"
#include "scanners/scanners.h"
#include "t/lib/gate.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { &scanner_relay, &scanner_headers, NULL };
const struct job_kind *const job_kinds[] = { NULL };

#define TOP "domains = { \"ours.example\", \"second.example\" }\n"
#define GOOD "From: Jane <jane@x.example>\nTo: u@ours.example\nSubject: x\nDate: Sat, 03 Jan 2026 10:00:00 +0000\n" \
	"Message-ID: <1@x.example>\nMIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: 7bit\n"

/* found: the outcomes with a space between them. */
static const struct row {
	const char *name, *header, *found;
} table[] = {
	{ "an_ordinary_message", GOOD, "" },

	{ "no_from_HDR_07", "Subject: x\n", "from_missing" },
	{ "no_field_at_all", "", "from_missing" },
	{ "an_empty_from_HDR_07", "From:\n", "from_missing" },
	{ "an_empty_group_HDR_07", "From: undisclosed-recipients:;\n", "from_missing" },
	{ "empty_brackets_HDR_07", "From: Jane <>\n", "from_missing" },
	{ "a_from_without_a_domain", "From: MAILER-DAEMON\n", "from_missing" },
	{ "only_an_encoded_name", "From: =?utf-8?Q?J=C3=BCrgen?=\n", "from_missing" },
	{ "a_name_that_ends_like_from_is_another", "X-From: a@x.example\nResent-From: a@x.example\n", "from_missing" },

	{ "two_from_fields_HDR_06", "From: a@x.example\nFrom: b@y.example\n", "from_multiple" },
	{ "two_from_fields_of_one_domain_HDR_06", "From: a@x.example\nFrom: b@x.example\n", "from_multiple" },
	{ "the_second_from_in_another_case_HDR_06", "From: a@x.example\nSubject: x\nfROM: b@y.example\n", "from_multiple" },
	{ "a_space_before_the_colon_HDR_06", "From: a@x.example\nFrom : b@y.example\n", "from_multiple odd_name" },
	{ "a_tab_before_the_colon_HDR_06", "From\t: a@x.example\nFrom: b@y.example\n", "from_multiple odd_name" },
	{ "a_space_in_front_of_the_name_HDR_06", "From: a@x.example\n\x0b" "From: b@y.example\n", "from_multiple odd_name" },
	{ "two_froms_the_first_folded_HDR_06", "From:\n a@x.example\nFrom: b@y.example\n", "from_multiple" },
	{ "two_froms_one_of_two_authors_HDR_06", "From: a@x.example\nFrom: a@x.example, b@x.example\n", "from_multiple" },
	{ "two_froms_one_of_which_is_empty_HDR_06", "From:\nFrom: a@x.example\n", "from_multiple from_ambiguous" },
	{ "two_froms_the_second_unreadable_HDR_06", "From: a@x.example\nFrom: <a@evil.example>b@x.example\n", "from_multiple from_ambiguous" },
	{ "eleven_froms_HDR_06",
	  "From: a@x.example\nFrom: a@x.example\nFrom: a@x.example\nFrom: a@x.example\nFrom: a@x.example\nFrom: a@x.example\n"
	  "From: a@x.example\nFrom: a@x.example\nFrom: a@x.example\nFrom: a@x.example\nFrom: a@x.example\n", "from_multiple from_ambiguous" },
	{ "the_same_from_twice_is_a_duplicate", "From: Jane <a@x.example>\nFrom: a@X.example\n", "duplicate" },

	{ "two_authors_of_one_domain_HDR_07", "From: a@x.example, b@x.example\n", "" },
	{ "two_authors_of_one_house_HDR_07", "From: a@x.example, b@mail.x.example\n", "" },
	{ "two_authors_of_two_domains_HDR_07", "From: a@x.example, b@y.example\n", "from_authors" },
	{ "the_third_author_is_of_another_domain_HDR_07", "From: a@x.example, b@x.example, c@y.example\n", "from_authors" },
	{ "a_group_of_one_HDR_07", "From: x: a@x.example;\n", "" },
	{ "a_group_of_two_domains_HDR_07", "From: x: a@x.example, b@y.example;\n", "from_authors" },
	{ "an_address_and_one_in_brackets_HDR_08", "From: admin@legit.example,<b@evil.example>\n", "from_authors" },

	{ "text_behind_the_bracket_HDR_08", "From: <a@evil.example>admin@legit.example\n", "from_ambiguous" },
	{ "quoted_pair_outside_quotes_HDR_08", "From: <admin@legit.example>\\,<b@evil.example>\n", "from_ambiguous" },
	{ "a_source_route_HDR_08", "From: <@evil.example,@x.example:admin@legit.example>\n", "from_ambiguous" },
	{ "an_encoded_address_before_another_HDR_08", "From: =?utf-8?B?PGFkbWluQGxlZ2l0LmV4YW1wbGU+?=<b@evil.example>\n", "from_ambiguous" },
	{ "an_address_as_an_unquoted_name_HDR_08", "From: admin@legit.example <b@evil.example>\n", "from_ambiguous" },
	{ "an_unterminated_quote_HDR_08", "From: \"admin@legit.example <b@evil.example>\n", "from_ambiguous" },
	{ "an_unterminated_comment_HDR_04", "From: admin@legit.example(.evil.example\n", "from_ambiguous" },

	{ "an_unquoted_comma", "From: Doe, Jane <jane@x.example>\n", "from_malformed" },
	{ "unquoted_brackets", "From: [List] <list@x.example>\n", "from_malformed" },
	{ "the_address_as_its_own_name", "From: jane@x.example <jane@x.example>\n", "from_malformed" },
	{ "a_name_in_latin_1", "From: J\xfcrgen <j@x.example>\n", "from_malformed" },

	{ "another_address_in_the_name_ID_11", "From: \"ceo@bank.example\" <x@evil.example>\n", "display_address" },
	{ "another_address_in_a_comment_ID_11", "From: x@evil.example (ceo@bank.example)\n", "display_address" },
	{ "another_address_in_an_encoded_name_ID_11", "From: =?utf-8?Q?ceo=40bank=2Eexample?= <x@evil.example>\n", "display_address" },
	{ "an_address_of_ours_in_the_name_ID_11", "From: \"CEO (ceo@ours.example)\" <x@evil.example>\n", "display_own" },
	{ "an_address_of_ours_behind_another_ID_11", "From: \"a@x.example ceo@ours.example\" <x@evil.example>\n", "display_own" },
	{ "an_address_of_ours_with_a_wide_at_ID_11", "From: \"ceo\xef\xbc\xa0ours.example\" <x@evil.example>\n", "display_own" },
	{ "an_encoded_address_with_a_wide_at_ID_11", "From: =?utf-8?Q?ceo=EF=BC=A0ours.example?= <x@evil.example>\n", "display_own" },
	{ "an_address_of_ours_with_zero_width_ID_11", "From: \"c\xe2\x80\x8b" "eo\xe2\x80\x8b@ou\xe2\x80\x8b" "rs.exa\xc2\xadmple\" <x@evil.example>\n",
	  "display_own" },
	{ "an_address_of_ours_with_an_override_ID_11", "From: \"\xe2\x80\xad" "ceo@\xe2\x80\xac" "ours.example\" <x@evil.example>\n", "display_own" },
	{ "the_authors_address_in_the_name", "From: \"jane@x.example\" <jane@x.example>\n", "" },
	{ "an_address_of_the_same_house_in_the_name", "From: \"jane@x.example\" <bounce@mail.x.example>\n", "" },
	{ "one_of_us_shows_another_of_ours", "From: \"info@ours.example\" <jane@ours.example>\n", "" },
	{ "one_of_us_shows_another_domain_of_ours", "From: \"info@second.example\" <jane@ours.example>\n", "" },
	{ "one_of_us_shows_a_stranger", "From: \"info@x.example\" <jane@ours.example>\n", "display_address" },
	{ "a_handle_in_the_name", "From: \"Jane (@jane)\" <n@x.example>\n", "" },
	{ "in_the_second_of_two_equal_froms_ID_11", "From: x@evil.example\nFrom: \"ceo@ours.example\" <x@evil.example>\n",
	  "display_own duplicate" },

	{ "two_subjects_HDR_13", GOOD "Subject: y\n", "duplicate" },
	{ "two_equal_subjects", GOOD "subject: x\n", "duplicate" },
	{ "two_of_many_fields", GOOD "To: v@ours.example\nDate: x\nMessage-ID: <2@x.example>\nReply-To: a@x.example\nReply-To: b@x.example\n"
	  "Sender: a@x.example\nSender: b@x.example\nCc: a@x.example\nCc: b@x.example\n", "duplicate" },
	{ "two_subjects_one_with_a_space_HDR_03", GOOD "Subject : y\n", "duplicate odd_name" },
	{ "fields_that_may_be_repeated", GOOD "Received: a\nReceived: b\nComments: a\nComments: b\nX-A: a\nX-A: b\nDKIM-Signature: a\n"
	  "DKIM-Signature: b\nResent-To: a\nResent-To: b\nReturn-Path: <>\nReturn-Path: <>\n", "" },
	{ "two_content_types", GOOD "Content-Type: multipart/mixed; boundary=x\n", "duplicate duplicate_mime" },
	{ "two_transfer_encodings", GOOD "Content-Transfer-Encoding: base64\n", "duplicate duplicate_mime" },
	{ "two_equal_content_types", GOOD "Content-Type:\n text/PLAIN\n", "duplicate" },
	{ "the_third_content_type_differs", GOOD "Content-Type: text/plain\nContent-Type: text/html\n", "duplicate duplicate_mime" },
	{ "the_second_of_three_content_types_differs", GOOD "Content-Type: text/html\nContent-Type: text/plain\n", "duplicate duplicate_mime" },
	{ "two_mime_versions_that_differ", GOOD "MIME-Version: 2.0\n", "duplicate" },

	{ "a_name_with_a_space_HDR_03", GOOD "X-A : b\n", "odd_name" },
	{ "a_name_with_a_letter_of_latin_1_HDR_03", GOOD "S\xfc" "bject: b\n", "odd_name" },
	{ "a_name_with_a_control_byte_HDR_03", GOOD "X-A\x01: b\n", "odd_name" },
	{ "an_empty_name_HDR_03", GOOD ": b\n", "odd_name" },
	{ "many_odd_names_are_one_finding", GOOD "A : b\nB : b\nC : b\n", "odd_name" },
};

static bool goes_on(const char *line)
{
	return *line == ' ' || *line == '\t';
}

/* Fields as libmilter hands them over, also those that no parser of ours would take for one. */
static void add_fields(struct gate *gate, const char *header)
{
	struct arena *arena = gate->session->message->arena;

	while (*header != '\0') {
		size_t name = strcspn(header, ":"), value = strcspn(header + name + 1, "\n");
		const char *start = header + name + 1;

		while (goes_on(start + value + 1))
			value += 1 + strcspn(start + value + 1, "\n");
		engine_add_field(gate->engine, gate->session, arena_strndup(arena, header, name), arena_strndup(arena, start, value));
		header = start + value + 1;
	}
}

static void begin(struct gate *gate, const char *login)
{
	struct verdict verdict;

	gate_connect(gate, "203.0.113.7");
	(void)gate_mail(gate, login, login[0] == '\0' ? "<a@x.example>" : "<jane@ours.example>");
	verdict = gate_rcpt(gate, "<u@ours.example>");
	assert_string_equal(gate_word(gate, &verdict), "");
	(void)engine_phase(gate->engine, gate->session, PHASE_DATA, NULL);
}

static struct verdict end(struct gate *gate)
{
	(void)engine_phase(gate->engine, gate->session, PHASE_EOH, NULL);
	return engine_phase(gate->engine, gate->session, PHASE_EOM, NULL);
}

static const char *found_in(const struct message *message)
{
	const char *text = "";

	for (size_t i = 0; i < message->findings.len; i++)
		text = arena_printf(message->arena, "%s%s%s", text, i == 0 ? "" : " ", message->findings.items[i].outcome->name);
	return text;
}

static void check(void **state)
{
	const struct row *row = *state;
	struct gate *gate = gate_open(TOP);

	begin(gate, "");
	add_fields(gate, row->header);
	(void)end(gate);
	assert_string_equal(found_in(gate->session->message), row->found);
	gate_close(gate);
}

/* What becomes of it by default. */
static const struct outcome_row {
	const char *name, *login, *header, *word;
	enum action action;
	double score;
} defaults[] = {
	{ "default_ordinary", "", GOOD, "", ACTION_ACCEPT, 0 },
	{ "default_from_missing", "", "Subject: x\n", "", ACTION_ACCEPT, 2 },
	{ "default_from_multiple", "", "From: a@x.example\nFrom: b@y.example\n", "550 5.7.1 headers:from_multiple", ACTION_REJECT, 0 },
	{ "default_from_authors", "", "From: a@x.example, b@y.example\n", "", ACTION_ACCEPT, 2 },
	{ "default_from_ambiguous", "", "From: <a@evil.example>admin@legit.example\n", "", ACTION_QUARANTINE, 0 },
	{ "default_from_malformed", "", "From: Doe, Jane <jane@x.example>\n", "", ACTION_ACCEPT, 0 },
	{ "default_display_address", "", "From: \"ceo@bank.example\" <x@evil.example>\n", "", ACTION_ACCEPT, 1 },
	{ "default_display_own", "", "From: \"ceo@ours.example\" <x@evil.example>\n", "", ACTION_ACCEPT, 4 },
	{ "default_duplicate", "", GOOD "Subject: y\n", "", ACTION_ACCEPT, 1 },
	{ "default_duplicate_mime", "", GOOD "Content-Type: x/y\n", "", ACTION_TAG, 5 },
	{ "default_odd_name", "", GOOD "X : y\n", "", ACTION_ACCEPT, 2 },
	{ "submission_without_from_goes_out", "jane", "Subject: x\n", "", ACTION_ACCEPT, 0 },
	{ "submission_with_two_froms_is_the_accounts_affair", "jane", "From: a@x.example\nFrom: b@y.example\n", "", ACTION_ACCEPT, 0 },
	{ "submission_of_a_careless_program_goes_out", "jane", "From: <a@evil.example>b@x.example\nTo: a\nTo: b\nX : y\n", "", ACTION_ACCEPT, 0 },
};

static void check_default(void **state)
{
	const struct outcome_row *row = *state;
	struct gate *gate = gate_open(TOP);
	struct verdict verdict;

	begin(gate, row->login);
	add_fields(gate, row->header);
	verdict = end(gate);
	assert_string_equal(gate_word(gate, &verdict), row->word);
	assert_int_equal(verdict.action, row->action);
	assert_true(verdict.score > row->score - 0.01 && verdict.score < row->score + 0.01);
	gate_close(gate);
}

static struct verdict with_received(struct gate *gate, const char *login, unsigned received)
{
	begin(gate, login);
	add_fields(gate, GOOD);
	for (unsigned i = 0; i < received; i++)
		engine_add_field(gate->engine, gate->session, i % 2 == 0 ? "Received" : "RECEIVED ", " from a by b; x");
	return end(gate);
}

static void a_loop_ends_at_max_received_ID_12(void **state)
{
	struct gate *gate = gate_open(TOP "headers { on_odd_name = accept max_received = 7 }\n");
	struct verdict verdict = with_received(gate, "", 7);

	(void)state;
	assert_string_equal(gate_word(gate, &verdict), "");
	verdict = with_received(gate, "", 8);
	assert_string_equal(gate_word(gate, &verdict), "554 5.4.6 headers:loop");
	verdict = with_received(gate, "jane", 8);
	assert_string_equal(gate_word(gate, &verdict), "554 5.4.6 headers:loop");
	gate_close(gate);
}

static void a_loop_may_be_deferred(void **state)
{
	struct gate *gate = gate_open(TOP "headers { on_odd_name = accept max_received = 5 on_loop = defer }\n");
	struct verdict verdict = with_received(gate, "", 6);

	(void)state;
	assert_string_equal(gate_word(gate, &verdict), "451 4.4.6 headers:loop");
	gate_close(gate);
}

/* NUL at each end of the blocks in which it is looked for, and in the header of the file, which is no news. */
static const struct nul {
	const char *name;
	size_t at;
	const char *found;
} nuls[] = {
	{ "no_nul", SIZE_MAX, "" }, { "nul_first_HDR_17", 100, "nul" }, { "nul_last_of_a_block_HDR_17", 100 + 65535, "nul" },
	{ "nul_first_of_a_block_HDR_17", 100 + 65536, "nul" }, { "nul_last_HDR_17", 199999, "nul" }, { "nul_before_the_body", 99, "" },
};

static void check_nul(void **state)
{
	static char file[200000];
	const struct nul *row = *state;
	struct gate *gate = gate_open(TOP);
	struct message *message;

	memset(file, 'x', sizeof(file));
	if (row->at != SIZE_MAX)
		file[row->at] = '\0';
	begin(gate, "");
	add_fields(gate, GOOD);
	message = gate->session->message;
	message->body_fd = memfd_create("body", MFD_CLOEXEC);
	message->body_offset = 100;
	assert_int_equal(write(message->body_fd, file, sizeof(file)), sizeof(file));
	(void)end(gate);
	assert_string_equal(found_in(message), row->found);
	gate_close(gate);
}

static void switched_off_it_finds_nothing(void **state)
{
	struct gate *gate = gate_open(TOP "headers { enabled = no }\n");
	struct verdict verdict;

	(void)state;
	begin(gate, "");
	add_fields(gate, "From: a@x.example\nFrom: b@y.example\nSubject : x\nSubject: y\n");
	verdict = end(gate);
	assert_string_equal(gate_word(gate, &verdict), "");
	assert_int_equal(gate->session->message->findings.len, 0);
	gate_close(gate);
}

/* What stands in the reply: an address that cannot end the line. */
static void texts_say_what_was_found(void **state)
{
	struct gate *gate = gate_open(TOP);
	const struct finding *finding;

	(void)state;
	begin(gate, "");
	add_fields(gate, "From: \"ceo@ours.example\" <\"x\x7f y\"@m\xc3\xbcnchen.example>\nFrom: \"x\" <a@y.example>\n");
	(void)end(gate);
	finding = &gate->session->message->findings.items[0];
	assert_string_equal(finding->text, "there are several From fields with different addresses");
	begin(gate, "");
	add_fields(gate, "From: \"ceo@ours.example\" <x%sx@evil.example>\n");
	(void)end(gate);
	finding = &gate->session->message->findings.items[0];
	assert_string_equal(finding->text, "the name in From shows <ceo@ours.example>, the author is <x%sx@evil.example>");
	gate_close(gate);
}

static void findings_are_few_whatever_comes(void **state)
{
	struct gate *gate = gate_open(TOP);

	(void)state;
	begin(gate, "");
	for (unsigned i = 0; i < 3000; i++)
		add_fields(gate, "From: a@x.example\nFrom : <b@y.example>c@z.example\nSubject : x\nContent-Type: a\nContent-Type: b\nReceived: x\n");
	(void)end(gate);
	assert_string_equal(found_in(gate->session->message), "from_multiple from_ambiguous duplicate duplicate_mime odd_name loop");
	gate_close(gate);
}

#define ADD(test) rows_add_one(&rows, #test, test, NULL)

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check);
	rows_add(&rows, defaults, check_default);
	rows_add(&rows, nuls, check_nul);
	ADD(a_loop_ends_at_max_received_ID_12);
	ADD(a_loop_may_be_deferred);
	ADD(switched_off_it_finds_nothing);
	ADD(texts_say_what_was_found);
	ADD(findings_are_few_whatever_comes);
	return rows_run(&rows, "headers");
}
