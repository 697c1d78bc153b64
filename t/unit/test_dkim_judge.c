/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/base/cleanup.h"
#include "scanners/dkim_judge.h"
#include "t/unit/rows.h"

#define RSA512 "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAOcBITVGjTWQbs1tp/K3e6xoaBc+9gmmft7XncaGzrl0MfVFrntl3VzVI4wtkBloUtVX/9bIpxLYcAgXcG6hbN8CAwEAAQ=="
#define RSA1024 \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/" \
	"BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"

static const struct dkim_settings settings = { .min_key_bits = 1024 };
static const struct dkim_settings strict = { .min_key_bits = 2048 };

static const char *text_of(struct arena *arena, struct dkim_opinion opinion)
{
	static const char *const names[DKIM_OUTCOMES] = {
		"pass", "fail", "neutral", "policy", "partial", "uncovered", "temperror", "permerror", "none", "too_many" };

	if (!opinion.formed)
		return "";
	return arena_printf(arena, "%s%s%s", names[opinion.outcome], opinion.reason[0] == '\0' ? "" : ": ", opinion.reason);
}

static const struct signature_row {
	const char *name;
	struct dkim_signature signature;
	const char *expected;
} signature_rows[] = {
	{ "good_signature", { .domain = "a.example", .algorithm = DKIM_RSA_SHA256 }, "" },
	{ "ed25519_signature", { .domain = "a.example", .algorithm = DKIM_ED25519_SHA256 }, "" },
	{ "rsa_sha1_RFC_8301", { .domain = "a.example", .algorithm = DKIM_RSA_SHA1 }, "policy: rsa-sha1 proves nothing any more" },
	{ "top_level_domain", { .domain = "com", .algorithm = DKIM_RSA_SHA256 }, "policy: tag d is a top-level domain" },
	{ "expired_HDR_14", { .domain = "a.example", .has_expiry = true, .expiry = 1 }, "policy: the signature has expired" },
	{ "future_HDR_14", { .domain = "a.example", .has_timestamp = true, .timestamp = 5000 }, "policy: the signature is from the future" },
};

static void check_signature(void **state)
{
	const struct signature_row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();

	assert_string_equal(text_of(arena, dkim_judge_signature(&row->signature, 1000)), row->expected);
}

static const struct key_row {
	const char *name;
	enum dns_status status;
	struct str records[3];
	const struct dkim_settings *settings;
	const char *expected;
} key_rows[] = {
	{ "one_key", DNS_FOUND, { STR("v=DKIM1; p=" RSA1024) }, &settings, "" },
	{ "no_key", DNS_NOTHING, { { 0 } }, &settings, "permerror: there is no key" },
	{ "dns_failure_is_no_answer_DNS_01", DNS_UNKNOWN, { { 0 } }, &settings, "temperror: the key could not be looked up: timeout" },
	{ "two_keys_DNS_10", DNS_FOUND, { STR("v=DKIM1; p=" RSA1024), STR("v=DKIM1; p=" RSA512) }, &settings, "permerror: there is not one key" },
	{ "key_among_records_of_a_wildcard", DNS_FOUND, { STR("v=spf1 -all"), STR("v=DKIM1; p=" RSA1024), STR("hello") }, &settings, "" },
	{ "records_of_a_wildcard_alone", DNS_FOUND, { STR("v=spf1 -all"), STR("hello") }, &settings, "permerror: there is not one key" },
	{ "revoked_key_DNS_10", DNS_FOUND, { STR("v=DKIM1; p=") }, &settings, "permerror: key: the key is revoked" },
	{ "rsa_512_DNS_09", DNS_FOUND, { STR("p=" RSA512) }, &settings, "policy: the key has only 512 bits" },
	{ "rsa_1024_where_more_is_wanted", DNS_FOUND, { STR("p=" RSA1024) }, &strict, "policy: the key has only 1024 bits" },
	{ "key_for_sha1_DNS_10", DNS_FOUND, { STR("h=sha1; p=" RSA1024) }, &settings, "permerror: the key does not allow SHA-256" },
	{ "key_of_another_type", DNS_FOUND, { STR("k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=") }, &settings,
	  "permerror: the key is of another type than the signature" },
};

static void check_key(void **state)
{
	const struct key_row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct dkim_signature signature = { .domain = "a.example", .identity_domain = "a.example" };
	struct dns_record records[3];
	struct dns_answer *answer;
	struct dkim_key key;
	size_t len = 0;

	for (; len < 3 && row->records[len].p != NULL; len++)
		records[len] = (struct dns_record){ .data = row->records[len] };
	answer = dns_answer_new(row->status, row->status == DNS_UNKNOWN ? "timeout" : "", records, len);
	assert_string_equal(text_of(arena, dkim_judge_key(arena, &signature, answer, row->settings, &key)), row->expected);
	dns_answer_unref(answer);
}

/* RSAPublicKey with a modulus of so many octets, all ones, and the exponent 3, as a record. */
static struct str rsa_record(struct arena *arena, size_t octets)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t inner = octets + 1 + 4 + 3, len = inner + 4;
	unsigned char *der = arena_alloc(arena, len + 3), *p = der;
	char *record = arena_alloc(arena, len * 2 + 10), *out = stpcpy(record, "p=");

	*p++ = 0x30, *p++ = 0x82, *p++ = (unsigned char)(inner >> 8), *p++ = (unsigned char)inner;
	*p++ = 0x02, *p++ = 0x82, *p++ = (unsigned char)((octets + 1) >> 8), *p++ = (unsigned char)(octets + 1);
	*p++ = 0;
	memset(p, 0xff, octets);
	p += octets;
	*p++ = 0x02, *p++ = 1, *p++ = 3;
	for (size_t i = 0; i < len; i += 3) {
		unsigned bits = (unsigned)der[i] << 16 | (unsigned)der[i + 1] << 8 | der[i + 2];

		for (unsigned shift = 24; shift > 0; shift -= 6)
			*out++ = letters[bits >> (shift - 6) & 63];
	}
	if (len % 3 != 0)
		memcpy(out - (3 - len % 3), "==", 3 - len % 3);
	return (struct str){ record, (size_t)(out - record) };
}

static const struct size_row {
	const char *name;
	size_t octets;
	const char *expected;
} size_rows[] = {
	{ "rsa_4096_DNS_09", 512, "" },
	{ "rsa_4104_DNS_09", 513, "policy: the key has 4104 bits" },
	{ "rsa_8192_DNS_09", 1024, "policy: the key has 8192 bits" },
	{ "rsa_16384_DNS_09", 2048, "policy: the key has 16384 bits" },
	{ "rsa_1016_DNS_09", 127, "policy: the key has only 1016 bits" },
};

/* The size is read; nobody has computed with it. */
static void check_size(void **state)
{
	const struct size_row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct dkim_signature signature = { .domain = "a.example", .identity_domain = "a.example" };
	const struct dns_record record = { .data = rsa_record(arena, row->octets) };
	struct dns_answer *answer = dns_answer_new(DNS_FOUND, "", &record, 1);
	struct dkim_key key;

	assert_string_equal(text_of(arena, dkim_judge_key(arena, &signature, answer, &settings, &key)), row->expected);
	dns_answer_unref(answer);
}

static void without_a_resolver_nothing_is_known(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct dkim_signature signature = { .domain = "a.example" };
	struct dkim_key key;

	(void)state;
	assert_string_equal(text_of(arena, dkim_judge_key(arena, &signature, NULL, &settings, &key)), "temperror: there is no resolver");
}

static const struct str from_and_subject[] = { { "from", 4 }, { "subject", 7 } }, from_and_received[] = { { "from", 4 }, { "received", 8 } };

static const struct answer_row {
	const char *name;
	struct dkim_answer_item item;
	struct dkim_signature signature;
	bool testing;
	const char *expected;
} answer_rows[] = {
	{ "verified", { DKIM_VERIFIED, 0 }, { .domain = "a.example" }, false, "pass" },
	{ "verified_with_a_key_in_test_mode", { DKIM_VERIFIED, 0 }, { .domain = "a.example" }, true, "pass: the key is in test mode" },
	{ "header_does_not_match", { DKIM_BAD_SIGNATURE, 0 }, { .domain = "a.example" }, false, "fail: signature does not match the header" },
	{ "body_does_not_match", { DKIM_BAD_BODY, 0 }, { .domain = "a.example" }, false, "fail: body hash does not match" },
	{ "body_too_short", { DKIM_TOO_LONG, 4 }, { .domain = "a.example", .has_length = true, .length = 5 }, false,
	  "fail: the body is shorter than tag l says" },
	{ "who_tests_does_not_fail", { DKIM_BAD_BODY, 0 }, { .domain = "a.example" }, true, "neutral: body hash does not match" },
	{ "libcrypto_refuses_the_key", { DKIM_BAD_KEY, 0 }, { .domain = "a.example" }, false, "permerror: the key cannot be used" },
	{ "library_reads_nothing", { DKIM_UNREAD, 0 }, { .domain = "a.example" }, false, "permerror: libopendkim cannot read the signature" },
	{ "length_is_the_whole_body", { DKIM_VERIFIED, 5 }, { .domain = "a.example", .has_length = true, .length = 5 }, false, "pass" },
	{ "length_is_less_HDR_13", { DKIM_VERIFIED, 6 }, { .domain = "a.example", .has_length = true, .length = 5 }, false,
	  "partial: tag l covers 5 of 6 octets of the body" },
	{ "second_subject_HDR_13", { DKIM_VERIFIED, 0 },
	  { .domain = "a.example", .fields = from_and_subject, .fields_len = 2 }, false,
	  "uncovered: there are more subject fields than are signed" },
	{ "second_field_that_may_come_often_is_told", { DKIM_VERIFIED, 0 },
	  { .domain = "a.example", .fields = from_and_received, .fields_len = 2 }, false,
	  "pass: there are more received fields than are signed" },
};

static void check_answer(void **state)
{
	const struct answer_row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	static const char *const fields[] = { "Received", "Received", "Subject", "From", "Subject" };
	const struct dkim_key key = { .testing = row->testing };
	struct headers headers = { .len = 0 };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		headers_add(arena, &headers, fields[i], " x");
	assert_string_equal(text_of(arena, dkim_judge_answer(arena, &row->signature, &key, &row->item, dkim_names_new(arena, &headers))),
			    row->expected);
}

static void every_outcome_has_a_word_of_rfc8601(void **state)
{
	(void)state;
	for (int i = 0; i < DKIM_OUTCOMES; i++)
		assert_non_null(dkim_result((enum dkim_outcome)i));
	assert_string_equal(dkim_result(DKIM_PARTIAL), "policy");
	assert_string_equal(dkim_result(DKIM_UNCOVERED), "policy");
}

#define TEST(function) rows_add_one(&tests, #function, function, NULL)

int main(void)
{
	static struct rows tests;

	rows_add(&tests, signature_rows, check_signature);
	rows_add(&tests, key_rows, check_key);
	rows_add(&tests, size_rows, check_size);
	TEST(without_a_resolver_nothing_is_known);
	rows_add(&tests, answer_rows, check_answer);
	TEST(every_outcome_has_a_word_of_rfc8601);
	return rows_run(&tests, "dkim_judge");
}
