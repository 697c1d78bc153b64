/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/lib/zone.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/lib/zone_data.h"
#include "t/unit/rows.h"

static const char text[] =
	"# a comment, and a line of blanks\n"
	"   \t\n"
	"www.example A 192.0.2.1\n"
	"www.example 60 A 192.0.2.2\r\n"
	"WWW.Example. AAAA 2001:db8::1\n"
	"www.example AAAA ::ffff:192.0.2.9\n"
	"mail.example MX 10 MX1.example.\n"
	"mail.example 20 MX 5 mx2.example\n"
	"null.example MX 0 .\n"
	"1.2.0.192.in-addr.arpa PTR host.example\n"
	"odd.example PTR a\\032b\\.c.\\000.Example\n"
	"a\\.b.example A 192.0.2.3\n"
	"txt.example TXT \"v=spf1 \" \"-all\"\n"
	"txt.example TXT \"with \\\"quotes\\\", \\\\ and \\001\\255\"\n"
	"txt.example TXT word\n"
	"txt.example TXT \"\"\n"
	"deep.below.ent.example A 192.0.2.4\n"
	"*.wild.example A 192.0.2.5\n"
	"own.wild.example TXT own\n"
	"*.alias.example CNAME www.example\n"
	"alias.example 30 CNAME www.example\n"
	"lost.example CNAME nowhere.example\n"
	"two.example CNAME alias.example\n"
	"both.example CNAME www.example\n"
	"both.example TXT hidden\n"
	"ping.example CNAME pong.example\n"
	"pong.example CNAME ping.example\n"
	"self.example !loop\n"
	"eight.example TXT end\neight.example !chain 8\n"
	"nine.example TXT end\nnine.example !chain 9\n"
	"huge.example !huge 3\n"
	"enormous.example !huge 10000\n"
	"late.example !delay 4000\nlate.example A 192.0.2.6\n"
	"silent.example !silent\nsilent.example A 192.0.2.7\n"
	"to-silent.example CNAME silent.example\n"
	"half.example A 192.0.2.8\nhalf.example TXT !servfail\n"
	"*.down.example !servfail\nx.down.example A 192.0.2.9\n"
	"*.down.example A 192.0.2.10\n"
	"refused.example !refused\nformerr.example !formerr\nnotimp.example !notimp\ngarbage.example !garbage\nno-tcp.example !tcp-refused\n"
	"wrong.example !wrong-id\nwrong.example A 192.0.2.11\n"
	"late-right.example !wrong-id 10\nlate-right.example A 192.0.2.12\n"
	"spoof.example !spoof\nspoof.example A 192.0.2.13\n"
	"cut.example !truncate\ncut.example A 192.0.2.14\n"
	"mixed.example !shuffle 50\nmixed.example A 192.0.2.15\n";

static struct zone *zone;

static void put(char *to, size_t size, const char *more)
{
	(void)snprintf(to + strlen(to), size - strlen(to), "%s", more);
}

static void put_data(char *to, size_t size, enum dns_type type, const struct dns_record *record)
{
	char address[IP_TEXT_MAX], octet[8];
	struct ip ip = dns_record_ip(record);

	if (type == DNS_A || type == DNS_AAAA)
		return put(to, size, ip_format(&ip, address));
	if (type == DNS_MX) {
		(void)snprintf(octet, sizeof(octet), "%u ", record->preference);
		put(to, size, octet);
	}
	for (size_t i = 0; i < record->data.len; i++) {
		(void)snprintf(octet, sizeof(octet), ascii_is_control(record->data.p[i]) || record->data.p[i] < 0 ? "<%02x>" : "%c",
			       (unsigned char)record->data.p[i]);
		put(to, size, octet);
	}
}

/* The answer as a line; of many records their number. */
static void show(const struct dns_answer *answer, enum dns_type type, char *line, size_t size)
{
	static const char *const statuses[] = { [DNS_FOUND] = "found", [DNS_NOTHING] = "nothing", [DNS_UNKNOWN] = "unknown" };

	(void)snprintf(line, size, "%s", answer->status == DNS_NOTHING && answer->nxdomain ? "nxdomain" : statuses[answer->status]);
	if (answer->status == DNS_UNKNOWN) {
		put(line, size, ": ");
		put(line, size, answer->why);
	}
	if (answer->len > 5)
		(void)snprintf(line, size, "%zu of %zu", answer->len, answer->records[0].data.len);
	for (size_t i = 0; i < answer->len && answer->len <= 5; i++) {
		put(line, size, i == 0 ? ": " : " | ");
		put_data(line, size, type, &answer->records[i]);
	}
}

static const struct question {
	const char *name, *asked;
	enum dns_type type;
	const char *expected;
} questions[] = {
	{ "addresses_in_the_order_of_the_text", "www.example", DNS_A, "found: 192.0.2.1 | 192.0.2.2" },
	{ "case_and_a_trailing_dot_do_not_matter", "WwW.eXample.", DNS_A, "found: 192.0.2.1 | 192.0.2.2" },
	{ "ipv6_addresses", "www.example", DNS_AAAA, "found: 2001:db8::1 | 192.0.2.9" },
	{ "mx_with_preferences_and_lower_case", "mail.example", DNS_MX, "found: 10 mx1.example | 5 mx2.example" },
	{ "null_mx", "null.example", DNS_MX, "found: 0 " },
	{ "ptr", "1.2.0.192.in-addr.arpa", DNS_PTR, "found: host.example" },
	{ "odd_octets_of_a_name_are_escaped", "odd.example", DNS_PTR, "found: a\\032b\\046c.\\000.example" },
	{ "a_dot_within_a_label", "a\\.b.example", DNS_A, "found: 192.0.2.3" },
	{ "a_dot_within_a_label_by_number", "a\\046b.example", DNS_A, "found: 192.0.2.3" },
	{ "no_dot_within_a_label", "a.b.example", DNS_A, "nxdomain" },
	{ "strings_of_a_txt_are_joined", "txt.example", DNS_TXT, "found: v=spf1 -all | with \"quotes\", \\ and <01><ff> | word | " },
	{ "another_type", "txt.example", DNS_A, "nothing" },
	{ "no_such_name", "nowhere.example", DNS_A, "nxdomain" },
	{ "a_name_between_others_exists", "ent.example", DNS_A, "nothing" },
	{ "the_root", ".", DNS_A, "nothing" },
	{ "an_empty_label", "a..example", DNS_A, "nxdomain" },
	{ "a_label_of_64_octets", "x123456789x123456789x123456789x123456789x123456789x123456789x123.wild.example", DNS_A, "nxdomain" },
	{ "wildcard", "any.wild.example", DNS_A, "found: 192.0.2.5" },
	{ "wildcard_of_several_labels", "a.b.c.wild.example", DNS_A, "found: 192.0.2.5" },
	{ "a_name_that_exists_hides_the_wildcard", "own.wild.example", DNS_A, "nothing" },
	{ "and_for_names_below_it", "x.own.wild.example", DNS_A, "nxdomain" },
	{ "the_parent_of_a_wildcard", "wild.example", DNS_A, "nothing" },
	{ "cname", "alias.example", DNS_A, "found: 192.0.2.1 | 192.0.2.2" },
	{ "cname_by_wildcard", "x.alias.example", DNS_A, "found: 192.0.2.1 | 192.0.2.2" },
	{ "cname_of_a_cname", "two.example", DNS_A, "found: 192.0.2.1 | 192.0.2.2" },
	{ "cname_without_such_data", "alias.example", DNS_MX, "nothing" },
	{ "cname_to_nowhere", "lost.example", DNS_A, "nxdomain" },
	{ "cname_hides_other_data_DNS_04", "both.example", DNS_TXT, "nothing" },
	{ "cname_to_itself_DNS_04", "self.example", DNS_A, "unknown: too many CNAMEs" },
	{ "cnames_in_a_circle_DNS_04", "ping.example", DNS_A, "unknown: too many CNAMEs" },
	{ "eight_cnames_DNS_04", "eight.example", DNS_TXT, "found: end" },
	{ "nine_cnames_DNS_04", "nine.example", DNS_TXT, "unknown: too many CNAMEs" },
	{ "within_a_chain", "chain-2.nine.example", DNS_TXT, "found: end" },
	{ "huge", "huge.example", DNS_TXT, "found: " },
	{ "as_many_as_a_message_holds_DNS_03", "enormous.example", DNS_TXT, "248 of 250" },
	{ "delays_are_not_waited_for", "late.example", DNS_A, "found: 192.0.2.6" },
	{ "silent_DNS_01", "silent.example", DNS_A, "unknown: timeout" },
	{ "cname_to_silent_DNS_01", "to-silent.example", DNS_A, "unknown: timeout" },
	{ "a_behaviour_of_one_type", "half.example", DNS_TXT, "unknown: SERVFAIL" },
	{ "which_spares_the_others", "half.example", DNS_A, "found: 192.0.2.8" },
	{ "a_behaviour_of_a_wildcard", "y.down.example", DNS_A, "unknown: SERVFAIL" },
	{ "which_holds_for_names_with_records_too", "x.down.example", DNS_A, "unknown: SERVFAIL" },
	{ "but_not_above", "down.example", DNS_A, "nothing" },
	{ "refused_DNS_01", "refused.example", DNS_A, "unknown: REFUSED" },
	{ "formerr_DNS_01", "formerr.example", DNS_A, "unknown: FORMERR" },
	{ "notimp_DNS_01", "notimp.example", DNS_A, "unknown: NOTIMP" },
	{ "garbage", "garbage.example", DNS_A, "unknown: garbage" },
	{ "truncated_and_no_tcp_DNS_01", "no-tcp.example", DNS_A, "unknown: truncated" },
	{ "wrong_id_for_ever_DNS_17", "wrong.example", DNS_A, "unknown: timeout" },
	{ "wrong_id_and_then_the_right_one_DNS_17", "late-right.example", DNS_A, "found: 192.0.2.12" },
	{ "spoofs_beside_it_DNS_17", "spoof.example", DNS_A, "found: 192.0.2.13" },
	{ "truncated_and_whole_by_tcp", "cut.example", DNS_A, "found: 192.0.2.14" },
	{ "random_order", "mixed.example", DNS_A, "found: 192.0.2.15" },
};

static void check_question(void **state)
{
	const struct question *row = *state;
	struct dns_answer *answer = zone_answer(zone, row->asked, row->type);
	char line[2000];

	show(answer, row->type, line, sizeof(line));
	dns_answer_unref(answer);
	if (strcmp(row->expected, "found: ") == 0)
		assert_memory_equal(line, row->expected, strlen(row->expected));
	else
		assert_string_equal(line, row->expected);
}

static const struct fallback {
	const char *name, *line, *expected;
} fallbacks[] = {
	{ "default_is_nxdomain", "", "nxdomain" },
	{ "default_nxdomain", "!default nxdomain", "nxdomain" },
	{ "default_servfail", "!default servfail", "unknown: SERVFAIL" },
	{ "default_refused", "!default refused", "unknown: REFUSED" },
	{ "default_silent", "!default silent", "unknown: timeout" },
	{ "default_delay", "!default delay 4000", "nxdomain" },
};

static void check_fallback(void **state)
{
	const struct fallback *row = *state;
	char whole[200], line[200];
	struct dns_answer *answer;
	struct zone *other;

	(void)snprintf(whole, sizeof(whole), "%s\nthere.example A 192.0.2.1\n", row->line);
	other = zone_new(whole);
	answer = zone_answer(other, "not-there.example", DNS_A);
	show(answer, DNS_A, line, sizeof(line));
	dns_answer_unref(answer);
	assert_string_equal(line, row->expected);
	answer = zone_answer(other, "there.example", DNS_A);
	assert_int_equal(answer->status, DNS_FOUND);
	dns_answer_unref(answer);
	answer = zone_answer(other, "example", DNS_A);
	assert_int_equal(answer->status, DNS_NOTHING);
	dns_answer_unref(answer);
	zone_free(other);
}

static const struct bad_line {
	const char *name, *line;
} bad_lines[] = {
	{ "aborts_at_a_name_alone", "a.example" },
	{ "aborts_at_an_unknown_type", "a.example SRV 1 2 3 b.example" },
	{ "aborts_at_a_bad_address", "a.example A 192.0.2" },
	{ "aborts_at_an_address_of_the_other_kind", "a.example A 2001:db8::1" },
	{ "aborts_without_data", "a.example A" },
	{ "aborts_at_too_much_data", "a.example A 192.0.2.1 192.0.2.2" },
	{ "aborts_at_a_bad_preference", "a.example MX x b.example" },
	{ "aborts_at_an_open_quote", "a.example TXT \"abc" },
	{ "aborts_at_a_bad_escape", "a.example TXT \"\\256\"" },
	{ "aborts_at_a_bad_name", "a..example A 192.0.2.1" },
	{ "aborts_at_an_unknown_behaviour", "a.example !slow" },
	{ "aborts_without_an_argument", "a.example !delay" },
	{ "aborts_at_an_argument_too_many", "a.example !silent 5" },
	{ "aborts_at_an_unknown_default", "!default fine" },
	{ "aborts_at_a_chain_of_one_type", "a.example TXT !chain 3" },
};

static void check_bad_line(void **state)
{
	const struct bad_line *row = *state;
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)signal(SIGABRT, SIG_DFL);
		(void)close(STDERR_FILENO);
		zone_free(zone_new(row->line));
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void a_long_string_is_split_and_joined(void **state)
{
	static char line[70000];
	struct dns_answer *answer;
	struct zone *other;
	size_t len = (size_t)snprintf(line, sizeof(line), "long.example TXT \"");

	(void)state;
	for (size_t i = 0; i < 60000; i++)
		line[len++] = (char)('a' + i % 26);
	line[len++] = '"';
	line[len] = '\0';
	other = zone_new(line);
	answer = zone_answer(other, "long.example", DNS_TXT);
	assert_int_equal(answer->len, 1);
	assert_int_equal(answer->records[0].data.len, 60000);
	assert_memory_equal(answer->records[0].data.p, line + sizeof("long.example TXT \"") - 1, 60000);
	dns_answer_unref(answer);
	zone_free(other);
}

static void more_records_than_an_answer_may_have_DNS_03(void **state)
{
	static char lines[20000];
	struct dns_answer *answer;
	struct zone *other;
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < DNS_RECORDS_MAX + 1; i++) {
		if (i == DNS_RECORDS_MAX) {
			other = zone_new(lines);
			answer = zone_answer(other, "many.example", DNS_A);
			assert_int_equal(answer->len, DNS_RECORDS_MAX);
			dns_answer_unref(answer);
			zone_free(other);
		}
		len += (size_t)snprintf(lines + len, sizeof(lines) - len, "many.example A 192.0.2.%u\n", i % 256);
	}
	other = zone_new(lines);
	answer = zone_answer(other, "many.example", DNS_A);
	assert_int_equal(answer->status, DNS_UNKNOWN);
	dns_answer_unref(answer);
	zone_free(other);
}

static const struct format {
	const char *name, *read, *expected;	/* expected NULL: it cannot be read */
} formats[] = {
	{ "name_root", ".", "" },
	{ "name_empty_is_the_root", "", "" },
	{ "name_lower_case", "A.B-c_D", "a.b-c_d" },
	{ "name_trailing_dot", "a.b.", "a.b" },
	{ "name_escapes", "\\a\\.\\065.\\\\", "a\\046a.\\092" },
	{ "name_utf8", "\xc3\xa9", "\\195\\169" },
	{ "name_leading_dot", ".a", NULL },
	{ "name_two_dots", "..", NULL },
	{ "name_open_escape", "a\\", NULL },
	{ "name_short_number", "a\\12", NULL },
	{ "name_number_over_255", "a\\256b", NULL },
	{ "name_label_of_63", "x123456789x123456789x123456789x123456789x123456789x123456789xyz",
	  "x123456789x123456789x123456789x123456789x123456789x123456789xyz" },
	{ "name_label_of_64", "x123456789x123456789x123456789x123456789x123456789x123456789xyzz", NULL },
};

static void check_format(void **state)
{
	const struct format *row = *state;
	struct zone_name name;
	char formatted[DNS_NAME_TEXT_MAX];

	assert_int_equal(zone_name_read(str_of(row->read), &name) == 0, row->expected != NULL);
	if (row->expected != NULL)
		assert_string_equal(zone_name_format(zone_name_str(&name), formatted), row->expected);
}

/* 253 octets of text are 255 on the wire, and the most there can be. */
static void the_longest_name(void **state)
{
	char name_text[700] = "", formatted[DNS_NAME_TEXT_MAX];
	struct zone_name name;

	(void)state;
	for (int i = 0; i < 126; i++)
		put(name_text, sizeof(name_text), "a.");
	put(name_text, sizeof(name_text), "b");
	assert_int_equal(strlen(name_text), DNS_NAME_MAX);
	assert_int_equal(zone_name_read(str_of(name_text), &name), 0);
	assert_int_equal(name.len, ZONE_NAME_MAX);
	assert_string_equal(zone_name_format(zone_name_str(&name), formatted), name_text);
	put(name_text, sizeof(name_text), "b");
	assert_int_not_equal(zone_name_read(str_of(name_text), &name), 0);
	name_text[0] = '\0';
	for (int i = 0; i < 127; i++)
		put(name_text, sizeof(name_text), "\\001.");
	assert_int_equal(zone_name_read(str_of(name_text), &name), 0);
	name_text[5 * 127 - 1] = '\0';
	assert_string_equal(zone_name_format(zone_name_str(&name), formatted), name_text);
}

/* In place of the resolver's: a question is a place for its answer here. */
struct resolver_question {
	struct dns_answer *answer;
	uint32_t ttl_s;
	unsigned answers;
};

void resolver_answered(struct resolver_question *question, struct dns_answer *answer, uint32_t ttl_s)
{
	question->answer = answer;
	question->ttl_s = ttl_s;
	question->answers++;
}

static const struct ttl {
	const char *name, *asked;
	enum dns_type type;
	uint32_t expected;
} ttls[] = {
	{ "ttl_is_300_where_none_is_said", "mixed.example", DNS_A, 300 },
	{ "ttl_is_the_least_of_the_records", "www.example", DNS_A, 60 },
	{ "ttl_is_the_least_of_the_chain", "alias.example", DNS_AAAA, 30 },
	{ "ttl_of_no_such_name", "nowhere.example", DNS_A, 60 },
	{ "ttl_of_no_such_data", "www.example", DNS_MX, 60 },
	{ "ttl_of_a_cname_to_nowhere", "lost.example", DNS_A, 60 },
};

static void check_ttl(void **state)
{
	const struct ttl *row = *state;
	struct dns_upstream *upstream = zone_upstream_new(zone);
	struct resolver_question question = { 0 };

	upstream->ask(upstream, row->asked, row->type, &question);
	assert_int_equal(question.answers, 1);
	assert_int_equal(question.ttl_s, row->expected);
	dns_answer_unref(question.answer);
	upstream->free(upstream);
}

static void upstream_answers_late_names_when_released(void **state)
{
	struct dns_upstream *upstream = zone_upstream_new(zone);
	struct resolver_question now = { 0 }, late = { 0 }, later = { 0 }, never = { 0 };

	(void)state;
	upstream->ask(upstream, "late.example", DNS_A, &late);
	upstream->ask(upstream, "silent.example", DNS_A, &never);
	upstream->ask(upstream, "www.example", DNS_A, &now);
	assert_int_equal(now.answers, 1);
	assert_int_equal(late.answers, 0);
	zone_upstream_release(upstream);
	assert_int_equal(late.answers, 1);
	assert_int_equal(late.answer->status, DNS_FOUND);
	upstream->ask(upstream, "late.example", DNS_A, &later);
	assert_int_equal(zone_upstream_asked(upstream), 4);
	upstream->free(upstream);
	assert_int_equal(later.answers, 0);
	assert_int_equal(never.answers, 0);
	dns_answer_unref(now.answer);
	dns_answer_unref(late.answer);
}

int main(void)
{
	static struct rows rows;
	int failed;

	zone = zone_new(text);
	rows_add(&rows, questions, check_question);
	rows_add(&rows, fallbacks, check_fallback);
	rows_add(&rows, bad_lines, check_bad_line);
	rows_add(&rows, formats, check_format);
	rows_add(&rows, ttls, check_ttl);
	rows_add_one(&rows, "the_longest_name", the_longest_name, NULL);
	rows_add_one(&rows, "a_long_string_is_split_and_joined", a_long_string_is_split_and_joined, NULL);
	rows_add_one(&rows, "more_records_than_an_answer_may_have_DNS_03", more_records_than_an_answer_may_have_DNS_03, NULL);
	rows_add_one(&rows, "upstream_answers_late_names_when_released", upstream_answers_late_names_when_released, NULL);
	failed = rows_run(&rows, "zone");
	zone_free(zone);
	return failed;
}
