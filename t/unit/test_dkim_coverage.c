/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/cleanup.h"
#include "scanners/dkim_coverage.h"
#include "t/unit/rows.h"

static const struct row {
	const char *name;
	const char *fields;	/* names of the header */
	const char *h;
	const char *expected;	/* "": all is covered; a name; "!" before one that matters */
} rows[] = {
	{ "each_field_once", "From:To:Subject:Date", "from:to:subject:date", "" },
	{ "second_subject_HDR_13", "Subject:From:Subject", "from:subject", "!subject" },
	{ "second_from_HDR_13", "From:From", "from", "!from" },
	{ "second_date_HDR_13", "From:Date:Date", "from:date", "!date" },
	{ "second_to_HDR_13", "From:To:To", "from:To", "!To" },
	{ "second_content_type_HDR_13", "From:Content-Type:Content-Type", "from:content-type", "!content-type" },
	{ "second_reply_to_in_capitals_HDR_13", "From:Reply-To:REPLY-TO", "from:reply-to", "!reply-to" },
	{ "second_subject_with_a_blank_in_its_name_HDR_13", "From:Subject:Subject ", "from:subject", "!subject" },
	{ "oversigned_field_that_is_there_once", "From:Subject", "from:from:subject:subject", "" },
	{ "both_subjects_are_signed", "From:Subject:Subject", "from:subject:subject", "" },
	{ "a_third_subject", "From:Subject:Subject:Subject", "from:subject:subject", "!subject" },
	{ "fields_that_may_come_often", "From:Received:Received:Received", "from:received", "received" },
	{ "the_one_that_matters_is_told", "From:X-A:X-A:Cc:Cc", "from:x-a:cc", "!cc" },
	{ "what_is_not_signed_at_all_is_no_question", "From:Subject:Subject", "from", "" },
	{ "signed_field_that_is_not_there", "From", "from:subject:reply-to", "" },
};

static struct headers headers_of(struct arena *arena, const char *names)
{
	struct headers headers = { .len = 0 };
	struct str rest = str_of(names);

	while (rest.p != NULL) {
		struct str name = str_split(&rest, ":");

		headers_add(arena, &headers, arena_strndup(arena, name.p, name.len), " x");
	}
	return headers;
}

static struct dkim_signature signature_of(struct arena *arena, const char *h)
{
	struct str rest = str_of(h), *fields = arena_array(arena, 16, sizeof(*fields));
	struct dkim_signature signature = { .fields = fields };

	while (rest.p != NULL)
		fields[signature.fields_len++] = str_split(&rest, ":");
	return signature;
}

static void check(void **state)
{
	const struct row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct headers headers = headers_of(arena, row->fields);
	struct dkim_signature signature = signature_of(arena, row->h);
	bool matters;
	struct str field = dkim_uncovered(dkim_names_new(arena, &headers), &signature, &matters);

	assert_string_equal(arena_printf(arena, "%s%.*s", matters ? "!" : "", (int)field.len, field.p == NULL ? "" : field.p), row->expected);
}

static void names_are_counted(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct headers headers = headers_of(arena, "From:X:From :FROM:\tfrom:Fro:Fromm:X-From");
	const struct dkim_names *names = dkim_names_new(arena, &headers);
	struct headers empty = { .len = 0 };

	(void)state;
	assert_int_equal(dkim_names_count(names, STR("from")), 4);
	assert_int_equal(dkim_names_count(names, STR("x")), 1);
	assert_int_equal(dkim_names_count(names, STR("fr")), 0);
	assert_int_equal(dkim_names_count(names, STR("zzz")), 0);
	assert_int_equal(dkim_names_count(names, STR("a")), 0);
	assert_int_equal(dkim_names_count(dkim_names_new(arena, &empty), STR("from")), 0);
}

static const struct whole_row {
	const char *name, *field, *value;
	bool whole;
} whole_rows[] = {
	{ "value_in_one_line", "Subject", " x", true },
	{ "value_with_folds", "Subject", " x\n y\r\n\tz", true },
	{ "value_with_a_line_end_HDR_17", "Subject", " x\nFrom: y", false },
	{ "value_with_crlf_HDR_17", "Subject", " x\r\nFrom: y", false },
	{ "value_that_ends_with_a_line_end", "Subject", " x\n", false },
	{ "value_with_a_bare_cr", "Subject", " x\rFrom: y", false },
	{ "name_with_a_line_end", "X\nFrom", " y", false },
};

static void check_whole(void **state)
{
	const struct whole_row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct headers headers = { .len = 0 };

	headers_add(arena, &headers, "From", " a@b.example");
	headers_add(arena, &headers, row->field, row->value);
	assert_int_equal(dkim_header_is_whole(&headers), row->whole);
}

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check);
	rows_add_one(&tests, "names_are_counted", names_are_counted, NULL);
	rows_add(&tests, whole_rows, check_whole);
	return rows_run(&tests, "dkim_coverage");
}
