/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "milter/base/cleanup.h"
#include "milter/mail/dkim_signature.h"
#include "t/unit/rows.h"

#define BH "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define B "b=dGhpcyBpcyBubyBzaWduYXR1cmU="
#define REST "h=from:to; " BH "; " B
#define START "v=1; a=rsa-sha256; "
#define NAMES "d=example.com; s=sel; "

static const struct row {
	const char *name;
	struct str in;
	const char *expected;	/* "domain selector identity", or "!" and the problem */
} rows[] = {
	{ "least", STR(START NAMES REST), "example.com sel example.com" },
	{ "folded_as_rfc6376_3_5_shows",
	  STR("v=1; a=rsa-sha256; d=example.net; s=brisbane;\r\n c=simple; q=dns/txt; i=@eng.example.net;\r\n"
					     " t=1117574938; x=1118006938;\r\n h=from:to:subject:date;\r\n z=From:foo@eng.example.net|To:joe@example.com|\r\n"
					     "  Subject:demo=20run|Date:July=205,=202005=203:44:08=20PM=20-0700;\r\n " BH ";\n\t" B),
	  "example.net brisbane eng.example.net" },
	{ "names_in_capitals", STR(START "d=EXAMPLE.Com; s=SEL; i=Joe@Example.COM; " REST), "example.com sel example.com" },
	{ "selector_of_several_labels", STR(START "d=example.com; s=2026.mail_1; " REST), "example.com 2026.mail_1 example.com" },
	{ "a_label_as_domain", STR(START "d=xn--bcher-kva.example; s=s; " REST), "xn--bcher-kva.example s xn--bcher-kva.example" },
	{ "identity_with_a_quoted_at", STR(START NAMES "i=\"a@b\"@sub.example.com; " REST), "example.com sel sub.example.com" },
	{ "unknown_tags_are_ignored", STR(START NAMES "zz=1; atps=example.org; " REST), "example.com sel example.com" },
	{ "query_list_with_one_that_is_known", STR(START NAMES "q=http : dns/txt; " REST), "example.com sel example.com" },

	{ "version_missing", STR("a=rsa-sha256; " NAMES REST), "!tag v is missing" },
	{ "version_2", STR("v=2; a=rsa-sha256; " NAMES REST), "!tag v is not 1" },
	{ "version_1_0", STR("v=1.0; a=rsa-sha256; " NAMES REST), "!tag v is not 1" },
	{ "version_empty", STR("v=; a=rsa-sha256; " NAMES REST), "!tag v is not 1" },
	{ "algorithm_missing", STR("v=1; " NAMES REST), "!tag a is missing" },
	{ "algorithm_unknown", STR("v=1; a=dsa-sha256; " NAMES REST), "!tag a is no known algorithm" },
	{ "domain_missing", STR(START "s=sel; " REST), "!tag d is missing" },
	{ "domain_empty", STR(START "d=; s=sel; " REST), "!tag d is no domain name" },
	{ "domain_with_an_apostrophe_HDR_05", STR(START "d=legit.com'a.attack.com; s=sel; " REST), "!tag d is no domain name" },
	{ "domain_with_a_comment_HDR_05", STR(START "d=legit.com(.attack.com; s=sel; " REST), "!tag d is no domain name" },
	{ "domain_with_a_blank_HDR_05", STR(START "d=legit.com .attack.com; s=sel; " REST), "!tag d is no domain name" },
	{ "domain_with_a_fold_HDR_05", STR(START "d=legit.com\r\n .attack.com; s=sel; " REST), "!tag d is no domain name" },
	{ "domain_with_an_underscore_HDR_05", STR(START "d=_a.example.com; s=sel; " REST), "!tag d is no domain name" },
	{ "domain_in_utf8_HDR_05", STR(START "d=b\xc3\xbc" "cher.example; s=sel; " REST), "!a byte that may not stand in a tag list" },
	{ "domain_with_a_nul_HDR_05", STR(START "d=legit.com\0.attack.com; s=sel; " REST), "!a byte that may not stand in a tag list" },
	{ "domain_with_a_trailing_dot_HDR_05", STR(START "d=example.com.; s=sel; " REST), "!tag d is no domain name" },
	{ "domain_with_an_empty_label", STR(START "d=example..com; s=sel; " REST), "!tag d is no domain name" },
	{ "domain_that_is_an_address", STR(START "d=203.0.113.7; s=sel; " REST), "!tag d is no domain name" },
	{ "selector_missing", STR(START "d=example.com; " REST), "!tag s is missing" },
	{ "selector_empty", STR(START "d=example.com; s=; " REST), "!tag s is no selector" },
	{ "selector_with_a_nul_HDR_05", STR(START "d=example.com; s=sel\0.any; " REST), "!a byte that may not stand in a tag list" },
	{ "selector_that_is_a_path_HDR_05", STR(START "d=example.com; s=../../etc/passwd; " REST), "!tag s is no selector" },
	{ "selector_with_an_empty_label", STR(START "d=example.com; s=a..b; " REST), "!tag s is no selector" },
	{ "selector_with_a_trailing_dot", STR(START "d=example.com; s=a.; " REST), "!tag s is no selector" },
	{ "identity_elsewhere", STR(START NAMES "i=joe@example.org; " REST), "!tag i is not within tag d" },
	{ "identity_that_only_ends_alike", STR(START NAMES "i=joe@badexample.com; " REST), "!tag i is not within tag d" },
	{ "identity_above", STR(START "d=sub.example.com; s=s; i=@example.com; " REST), "!tag i is not within tag d" },
	{ "identity_without_at", STR(START NAMES "i=example.com; " REST), "!tag i is no address" },
	{ "identity_without_a_domain", STR(START NAMES "i=joe@; " REST), "!tag i is no address" },
	{ "fields_missing", STR(START NAMES BH "; " B), "!tag h is missing" },
	{ "fields_empty", STR(START NAMES "h=; " BH "; " B), "!tag h holds what is no field name" },
	{ "fields_without_from_HDR_14", STR(START NAMES "h=to:subject; " BH "; " B), "!tag h does not hold From" },
	{ "fields_with_an_empty_name", STR(START NAMES "h=from::to; " BH "; " B), "!tag h holds what is no field name" },
	{ "fields_with_a_blank_in_a_name", STR(START NAMES "h=from:to do; " BH "; " B), "!tag h holds what is no field name" },
	{ "signature_missing", STR(START NAMES "h=from; " BH), "!tag b is missing" },
	{ "signature_empty_HDR_14", STR(START NAMES "h=from; " BH "; b="), "!tag b is no signature" },
	{ "signature_of_blanks", STR(START NAMES "h=from; " BH "; b= \r\n "), "!tag b is no signature" },
	{ "signature_that_is_no_base64", STR(START NAMES "h=from; " BH "; b=*"), "!tag b is no signature" },
	{ "ed25519_signature_of_another_length", STR("v=1; a=ed25519-sha256; " NAMES REST), "!tag b is no Ed25519 signature" },
	{ "body_hash_missing", STR(START NAMES "h=from; " B), "!tag bh is missing" },
	{ "body_hash_of_another_length", STR(START NAMES "h=from; bh=AAAA; " B), "!tag bh is no hash" },
	{ "canonicalization_unknown", STR(START NAMES "c=nofws; " REST), "!tag c is no known canonicalization" },
	{ "canonicalization_of_the_body_unknown", STR(START NAMES "c=relaxed/nowsp; " REST), "!tag c is no known canonicalization" },
	{ "canonicalization_of_three_parts", STR(START NAMES "c=relaxed/simple/simple; " REST), "!tag c is no known canonicalization" },
	{ "query_over_http", STR(START NAMES "q=http; " REST), "!tag q knows no way to the key that is ours, dns/txt" },
	{ "length_negative", STR(START NAMES "l=-1; " REST), "!tag l is no number" },
	{ "length_with_letters", STR(START NAMES "l=5k; " REST), "!tag l is no number" },
	{ "length_empty", STR(START NAMES "l=; " REST), "!tag l is no number" },
	{ "timestamp_no_number", STR(START NAMES "t=now; " REST), "!tag t is no time" },
	{ "expiry_no_number", STR(START NAMES "x=never; " REST), "!tag x is no time" },
	{ "expiry_before_the_timestamp_HDR_14", STR(START NAMES "t=200; x=100; " REST), "!tag x is not later than tag t" },
	{ "expiry_at_the_timestamp", STR(START NAMES "t=200; x=200; " REST), "!tag x is not later than tag t" },
	{ "tag_twice_HDR_14", STR(START NAMES REST "; d=example.org"), "!a tag stands there twice" },
	{ "empty_field", STR(""), "!a tag without a value" },
};

static void check(void **state)
{
	const struct row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct dkim_signature signature;
	const char *problem = "";
	int r = dkim_signature_parse(arena, row->in, &signature, &problem);

	if (row->expected[0] == '!') {
		assert_string_equal(problem, row->expected + 1);
		assert_int_equal(r, -EINVAL);
		return;
	}
	assert_string_equal(problem, "");
	assert_int_equal(r, 0);
	assert_string_equal(arena_printf(arena, "%s %s %s", signature.domain, signature.selector, signature.identity_domain),
		row->expected);
}

static struct dkim_signature parse(struct arena *arena, const char *text)
{
	struct dkim_signature signature;
	const char *problem = "";

	if (dkim_signature_parse(arena, str_of(text), &signature, &problem) < 0)
		fail_msg("%s", problem);
	return signature;
}

static void what_it_says(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct dkim_signature signature = parse(arena,
		START NAMES "c=relaxed; l=5; t=7; x=8; h=From : to:FROM; " BH "; b=dGhp\r\n cyBpcw==");

	(void)state;
	assert_int_equal(signature.algorithm, DKIM_RSA_SHA256);
	assert_string_equal(signature.algorithm_name, "rsa-sha256");
	assert_true(signature.header_relaxed && !signature.body_relaxed);
	assert_int_equal(signature.fields_len, 3);
	assert_int_equal(dkim_signature_signs(&signature, "from"), 2);
	assert_int_equal(dkim_signature_signs(&signature, "subject"), 0);
	assert_int_equal(signature.b.len, 7);
	assert_memory_equal(signature.b.p, "this is", 7);
	assert_string_equal(signature.b_start, "dGhpcyBp");
	assert_int_equal(signature.bh.len, 32);
	assert_true(signature.has_length && signature.length == 5);
	assert_true(signature.has_timestamp && signature.timestamp == 7);
	assert_true(signature.has_expiry && signature.expiry == 8);
}

static void rsa_sha1_is_read_so_that_it_can_be_refused_by_name(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct dkim_signature signature = parse(arena, "v=1; a=rsa-sha1; " NAMES "h=from; bh=2jmj7l5rSw0yVb/vlWAYkK/YBwk=; " B);

	(void)state;
	assert_int_equal(signature.algorithm, DKIM_RSA_SHA1);
	assert_int_equal(signature.bh.len, 20);
}

static void a_faulty_signature_still_has_its_name(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct dkim_signature signature;
	const char *problem;

	(void)state;
	assert_int_equal(dkim_signature_parse(arena, STR("v=3; " NAMES REST), &signature, &problem), -EINVAL);
	assert_string_equal(signature.domain, "example.com");
	assert_string_equal(signature.selector, "sel");
	assert_string_equal(signature.algorithm_name, "");
}

static const char *repeat(struct arena *arena, const char *before, const char *piece, size_t times, const char *after)
{
	char *text = arena_alloc(arena, strlen(before) + times * strlen(piece) + strlen(after) + 1), *end = stpcpy(text, before);

	for (size_t i = 0; i < times; i++)
		end = stpcpy(end, piece);
	(void)stpcpy(end, after);
	return text;
}

static void sizes_are_bounded_HDR_05_HDR_14(void **state)
{
	static const struct {
		const char *before, *piece, *after, *problem;
		size_t times;
	} cases[] = {
		{ START "d=example.com; s=", "a", "; " REST, "tag s is no selector", 64 },
		{ START "d=example.com; s=", "a", "; " REST, "tag s is no selector", 10240 },
		{ START "d=example.com; s=a", ".abcdefg", "; " REST, "tags s and d are too long", 30 },
		{ START NAMES "h=from", ":to", "; " BH "; " B, "tag h is too long", 256 },
		{ START NAMES "h=from:", "abcdefghij", "; " BH "; " B, "tag h is too long", 410 },
		{ START NAMES "h=from; " BH "; b=", "AAAA", "", "tag b is no signature", 700 },
		{ START NAMES "h=from; " BH "; b=", "AAAA", "", "the field is too long", 262144 },
		{ START NAMES REST "; l=", "1", "", "tag l is no number", 77 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_(arena_freep) struct arena *arena = arena_new();
		struct dkim_signature signature;
		const char *problem = "";

		(void)dkim_signature_parse(arena, str_of(repeat(arena, cases[i].before, cases[i].piece, cases[i].times,
			cases[i].after)),
					   &signature, &problem);
		assert_string_equal(problem, cases[i].problem);
	}
}

static void numbers_beyond_64_bits_are_as_large_as_can_be(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct dkim_signature signature =
		parse(arena, START NAMES REST "; l=99999999999999999999; x=18446744073709551616; t=18446744073709551614");

	(void)state;
	assert_true(signature.length == UINT64_MAX && signature.expiry == UINT64_MAX && signature.timestamp == UINT64_MAX - 1);
}

static const struct time_row {
	const char *name, *tags;
	uint64_t now_s;
	const char *expected;	/* NULL: timely */
} time_rows[] = {
	{ "no_times", "", 1000, NULL },
	{ "signed_now", "t=1000; ", 1000, NULL },
	{ "clocks_may_be_apart", "t=1300; ", 1000, NULL },
	{ "signed_in_the_future_HDR_14", "t=1301; ", 1000, "the signature is from the future" },
	{ "signed_at_the_end_of_time_HDR_14", "t=99999999999999999999; ", 1000, "the signature is from the future" },
	{ "not_yet_expired", "x=1001; ", 1000, NULL },
	{ "expired_within_the_skew", "x=700; ", 1000, NULL },
	{ "expired_HDR_14", "x=699; ", 1000, "the signature has expired" },
	{ "never_expires", "x=99999999999999999999; ", 1000, NULL },
};

static void check_time(void **state)
{
	const struct time_row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct dkim_signature signature = parse(arena, arena_printf(arena, START NAMES "%s" REST, row->tags));
	const char *untimely = dkim_signature_untimely(&signature, row->now_s);

	if (row->expected == NULL)
		assert_null(untimely);
	else
		assert_string_equal(untimely, row->expected);
}

#define TEST(function) rows_add_one(&tests, #function, function, NULL)

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check);
	TEST(what_it_says);
	TEST(rsa_sha1_is_read_so_that_it_can_be_refused_by_name);
	TEST(a_faulty_signature_still_has_its_name);
	TEST(sizes_are_bounded_HDR_05_HDR_14);
	TEST(numbers_beyond_64_bits_are_as_large_as_can_be);
	rows_add(&tests, time_rows, check_time);
	return rows_run(&tests, "dkim_signature");
}
