/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "t/unit/rows.h"

#include <errno.h>

#include "milter/base/cleanup.h"
#include "scanners/spf_answer.h"

static struct frame frame;

/* An answer field by field, as a job that is not itself could write it. */
static const struct row {
	const char *name;
	uint64_t result;
	struct str mechanism, problem, explanation;
	bool more;
	int expected;
} rows[] = {
	{ "pass", SPF_PASS, { "default", 7 }, { "", 0 }, { "", 0 }, false, 0 },
	{ "fail_explained", SPF_FAIL, { "", 0 }, { "", 0 }, { "not you", 7 }, false, 0 },
	{ "temperror", SPF_TEMPERROR, { "", 0 }, { "no answer", 9 }, { "", 0 }, false, 0 },
	{ "no_such_result", SPF_PERMERROR + 1, { "", 0 }, { "x", 1 }, { "", 0 }, false, -EBADMSG },
	{ "result_beyond_an_int", UINT64_C(1) << 33 | SPF_PASS, { "", 0 }, { "", 0 }, { "", 0 }, false, -EBADMSG },
	{ "line_end", SPF_FAIL, { "", 0 }, { "", 0 }, { "a\r\nb", 4 }, false, -EBADMSG },
	{ "eight_bit", SPF_PERMERROR, { "", 0 }, { "\xc3\xbc", 2 }, { "", 0 }, false, -EBADMSG },
	{ "nul", SPF_PERMERROR, { "", 0 }, { "a\0b", 3 }, { "", 0 }, false, -EBADMSG },
	{ "error_without_a_problem", SPF_TEMPERROR, { "", 0 }, { "", 0 }, { "", 0 }, false, -EBADMSG },
	{ "pass_with_a_problem", SPF_PASS, { "", 0 }, { "x", 1 }, { "", 0 }, false, -EBADMSG },
	{ "pass_explained", SPF_PASS, { "", 0 }, { "", 0 }, { "x", 1 }, false, -EBADMSG },
	{ "something_behind", SPF_PASS, { "", 0 }, { "", 0 }, { "", 0 }, true, -EBADMSG },
};

static void check_row(void **state)
{
	const struct row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct spf_answer answer;

	frame_start(&frame, 0);
	frame_put_u64(&frame, row->result);
	frame_put_str(&frame, row->mechanism);
	frame_put_str(&frame, row->problem);
	frame_put_str(&frame, row->explanation);
	if (row->more)
		frame_put_u64(&frame, 0);
	assert_int_equal(spf_answer_read(arena, &frame, &answer), row->expected);
	if (row->expected < 0)
		return;
	assert_int_equal(answer.result, row->result);
	assert_string_equal(answer.mechanism, row->mechanism.p);
	assert_string_equal(answer.problem, row->problem.p);
	assert_string_equal(answer.explanation, row->explanation.p);
	assert_string_equal(answer.domain, "");
}

static void texts_are_bounded(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct spf_answer answer;
	char text[SPF_TEXT_MAX + 2];

	(void)state;
	for (size_t len = SPF_TEXT_MAX; len <= SPF_TEXT_MAX + 1; len++) {
		memset(text, 'x', len);
		text[len] = '\0';
		frame_start(&frame, 0);
		spf_answer_write(&frame, &(struct spf_answer){ .result = SPF_FAIL, .mechanism = "", .problem = "", .explanation = text });
		assert_int_equal(spf_answer_read(arena, &frame, &answer), len == SPF_TEXT_MAX ? 0 : -EBADMSG);
	}
}

static void a_short_frame_is_no_answer(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct spf_dns_question question;
	struct dns_answer *dns_answer;
	struct spf_answer answer;
	struct spf_query query;

	(void)state;
	frame_start(&frame, 0);
	assert_int_equal(spf_answer_read(arena, &frame, &answer), -EBADMSG);
	frame_start(&frame, 0);
	assert_int_equal(spf_query_read(arena, &frame, &query), -EBADMSG);
	frame_start(&frame, 0);
	assert_int_equal(spf_dns_question_read(&frame, &question), -EBADMSG);
	frame_start(&frame, 0);
	assert_int_equal(spf_dns_answer_read(&frame, &dns_answer), -EBADMSG);
}

static void a_query_arrives_as_it_is(void **state)
{
	static const char *const clients[] = { "203.0.113.7", "2001:db8::7" };
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct spf_query query = { .domain = "a.example", .sender = "j\xc3\xb6@a.example", .helo = "", .host = "gw", .explain = true }, read;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ip_parse(clients[i], &query.client), 0);
		frame_start(&frame, 0);
		spf_query_write(&frame, &query);
		assert_int_equal(spf_query_read(arena, &frame, &read), 0);
		assert_true(ip_equal(&read.client, &query.client));
		assert_string_equal(read.domain, query.domain);
		assert_string_equal(read.sender, query.sender);
		assert_string_equal(read.helo, "");
		assert_string_equal(read.host, "gw");
		assert_true(read.explain);
	}
}

/* The fields of a query: family, address, and at the end whether it is to be explained. */
static const struct query_row {
	const char *name;
	uint64_t family;
	struct str bytes;
	uint64_t explain;
	int expected;
} queries[] = {
	{ "query", IP_V4, { "\1\2\3\4", 4 }, 1, 0 },
	{ "query_without_an_address", IP_NONE, { "", 0 }, 0, -EBADMSG },
	{ "query_of_a_family_beyond_an_int", UINT64_C(1) << 32 | IP_V4, { "\1\2\3\4", 4 }, 0, -EBADMSG },
	{ "query_with_a_short_address", IP_V4, { "\1\2\3", 3 }, 0, -EBADMSG },
	{ "query_with_an_address_of_the_other_family", IP_V6, { "\1\2\3\4", 4 }, 0, -EBADMSG },
	{ "query_with_a_truth_value_of_two", IP_V4, { "\1\2\3\4", 4 }, 2, -EBADMSG },
};

static void check_query(void **state)
{
	const struct query_row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct spf_query query;

	frame_start(&frame, 0);
	frame_put_u64(&frame, row->family);
	frame_put_str(&frame, row->bytes);
	for (int i = 0; i < 4; i++)
		frame_put_str(&frame, STR("x.example"));
	frame_put_u64(&frame, row->explain);
	assert_int_equal(spf_query_read(arena, &frame, &query), row->expected);
}

static const struct question_row {
	const char *name;
	uint64_t type;
	struct str asked;
	int expected;
} questions[] = {
	{ "question_a", DNS_A, { "a.example", 9 }, 0 },
	{ "question_txt", DNS_TXT, { "_spf.%{x}.example", 17 }, 0 },
	{ "question_of_type_0", 0, { "a.example", 9 }, -EBADMSG },
	{ "question_of_type_any", 255, { "a.example", 9 }, -EBADMSG },
	{ "question_of_a_type_beyond_an_int", UINT64_C(1) << 32 | DNS_A, { "a.example", 9 }, -EBADMSG },
	{ "question_without_a_name", DNS_A, { "", 0 }, -EBADMSG },
	{ "question_with_a_nul", DNS_A, { "a\0b", 3 }, -EBADMSG },
};

static void check_question(void **state)
{
	const struct question_row *row = *state;
	struct spf_dns_question question;

	frame_start(&frame, 0);
	frame_put_u64(&frame, row->type);
	frame_put_str(&frame, row->asked);
	assert_int_equal(spf_dns_question_read(&frame, &question), row->expected);
	if (row->expected == 0) {
		assert_int_equal(question.type, row->type);
		assert_string_equal(question.name, row->asked.p);
	}
}

static void the_name_of_a_question_is_bounded(void **state)
{
	struct spf_dns_question question;
	char name[SPF_NAME_MAX + 2];

	(void)state;
	for (size_t len = SPF_NAME_MAX; len <= SPF_NAME_MAX + 1; len++) {
		memset(name, 'x', len);
		name[len] = '\0';
		frame_start(&frame, 0);
		spf_dns_question_write(&frame, name, DNS_A);
		assert_int_equal(spf_dns_question_read(&frame, &question), len == SPF_NAME_MAX ? 0 : -EBADMSG);
	}
}

static void records_arrive_as_they_are(void **state)
{
	static const struct dns_record records[] = { { { "mx1.example", 11 }, 10 }, { { "\0\1\2\377", 4 }, 0 }, { { "", 0 }, 65535 } };
	struct dns_answer *answer = dns_answer_new(DNS_FOUND, "", records, 3), *read;

	(void)state;
	frame_start(&frame, 0);
	spf_dns_answer_write(&frame, answer);
	assert_int_equal(spf_dns_answer_read(&frame, &read), 0);
	assert_int_equal(read->status, DNS_FOUND);
	assert_int_equal(read->len, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(str_equal(read->records[i].data, records[i].data));
		assert_int_equal(read->records[i].preference, records[i].preference);
	}
	dns_answer_unref(answer);
	dns_answer_unref(read);
}

static void the_kinds_of_answer_stay_apart(void **state)
{
	struct dns_answer *answers[] = { dns_answer_nothing(false), dns_answer_nothing(true), dns_answer_unknown("timeout") }, *read;

	(void)state;
	for (int i = 0; i < 3; i++) {
		frame_start(&frame, 0);
		spf_dns_answer_write(&frame, answers[i]);
		assert_int_equal(spf_dns_answer_read(&frame, &read), 0);
		assert_int_equal(read->status, answers[i]->status);
		assert_int_equal(read->nxdomain, answers[i]->nxdomain);
		dns_answer_unref(answers[i]);
		dns_answer_unref(read);
	}
}

static const struct records_row {
	const char *name;
	uint64_t status, nxdomain, len, present;
} records[] = {
	{ "found_without_records", DNS_FOUND, 0, 0, 0 },
	{ "nothing_with_a_record", DNS_NOTHING, 0, 1, 1 },
	{ "no_such_status", DNS_UNKNOWN + 1, 0, 0, 0 },
	{ "more_records_than_there_are", DNS_FOUND, 0, 2, 1 },
	{ "more_records_than_may_be", DNS_FOUND, 0, DNS_RECORDS_MAX + 1, DNS_RECORDS_MAX + 1 },
	{ "countless_records", DNS_FOUND, 0, UINT64_MAX, 1 },
	{ "a_record_behind", DNS_FOUND, 0, 1, 2 },
	{ "nxdomain_that_is_no_truth_value", DNS_NOTHING, 2, 0, 0 },
};

static void check_records(void **state)
{
	const struct records_row *row = *state;
	struct dns_answer *answer;

	frame_start(&frame, 0);
	frame_put_u64(&frame, row->status);
	frame_put_u64(&frame, row->nxdomain);
	frame_put_u64(&frame, row->len);
	for (uint64_t i = 0; i < row->present; i++) {
		frame_put_u64(&frame, 0);
		frame_put_str(&frame, STR("x"));
	}
	assert_int_equal(spf_dns_answer_read(&frame, &answer), -EBADMSG);
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check_row);
	rows_add(&tests, queries, check_query);
	rows_add(&tests, questions, check_question);
	rows_add(&tests, records, check_records);
#define ADD(test) rows_add_one(&tests, #test, test, NULL)
	ADD(texts_are_bounded);
	ADD(a_short_frame_is_no_answer);
	ADD(a_query_arrives_as_it_is);
	ADD(the_name_of_a_question_is_bounded);
	ADD(records_arrive_as_they_are);
	ADD(the_kinds_of_answer_stay_apart);
	return rows_run(&tests, "spf_answer");
}
