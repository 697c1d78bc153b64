/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "milter/base/cleanup.h"
#include "milter/mail/dkim_key.h"
#include "t/unit/rows.h"

#define ED "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="	/* RFC 8463 A.2 */
#define RSA512 "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAOcBITVGjTWQbs1tp/K3e6xoaBc+9gmmft7XncaGzrl0MfVFrntl3VzVI4wtkBloUtVX/9bIpxLYcAgXcG6hbN8CAwEAAQ=="
#define RSA1024 \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/" \
	"BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"

static const struct row {
	const char *name;
	struct str record;
	const char *expected;	/* "rsa 1024", or "!" and the problem */
} rows[] = {
	{ "rsa_rfc8463_a2", STR("v=DKIM1; k=rsa; p=" RSA1024), "rsa 1024" },
	{ "ed25519_rfc8463_a2", STR("v=DKIM1; k=ed25519; p=" ED), "ed25519 256" },
	{ "no_version_and_no_type", STR("p=" RSA1024), "rsa 1024" },
	{ "type_in_capitals", STR("v=DKIM1; k=RSA; p=" RSA1024), "rsa 1024" },
	{ "semicolon_at_the_end", STR("v=DKIM1;k=rsa;p=" RSA1024 ";"), "rsa 1024" },
	{ "blanks_in_the_key", STR("v=DKIM1; p=11qYAYKxCrfVS/7T yWQHOg7hcvPapiMlrwI aaPcHURo= ; k=ed25519"), "ed25519 256" },
	{ "granularity_of_rfc4871_is_ignored", STR("v=DKIM1; g=joe; p=" RSA1024), "rsa 1024" },
	{ "services_with_mail", STR("v=DKIM1; s=tlsrpt:email; p=" RSA1024), "rsa 1024" },
	{ "services_with_all", STR("v=DKIM1; s=*; p=" RSA1024), "rsa 1024" },
	{ "small_key_is_read_DNS_09", STR("p=" RSA512), "rsa 512" },

	{ "revoked_DNS_10", STR("v=DKIM1; p="), "!the key is revoked" },
	{ "key_missing_DNS_10", STR("v=DKIM1; k=rsa"), "!tag p is missing" },
	{ "version_2_DNS_10", STR("v=DKIM2; p=" RSA1024), "!tag v is not DKIM1" },
	{ "version_in_lower_case", STR("v=dkim1; p=" RSA1024), "!tag v is not DKIM1" },
	{ "version_not_first", STR("p=" RSA1024 "; v=DKIM1"), "!tag v is not the first tag" },
	{ "type_unknown", STR("k=dsa; p=" RSA1024), "!tag k is no known type of key" },
	{ "another_service_DNS_10", STR("s=other; p=" RSA1024), "!tag s says that the key is not for mail" },
	{ "key_twice", STR("p=" RSA1024 "; p=" ED), "!a tag stands there twice" },
	{ "bad_base64_DNS_10", STR("p=M*FwwDQ"), "!tag p is no base64" },
	{ "ed25519_of_31_octets_DNS_10", STR("k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUQ=="), "!tag p is no Ed25519 key" },
	{ "ed25519_in_a_spki_DNS_10", STR("k=ed25519; p=MCowBQYDK2VwAyEAtjzCRwZG3AvOPNY9W/1h1v7zo4su+F1HeFwagfswmdw="), "!tag p is no Ed25519 key" },
	{ "ed25519_key_as_rsa", STR("k=rsa; p=" ED), "!tag p is no RSA key" },
	{ "rsa_key_as_ed25519", STR("k=ed25519; p=" RSA512), "!tag p is no Ed25519 key" },
	{ "spf_record", STR("v=spf1 -all"), "!tag v is not DKIM1" },
	{ "no_tag_list", STR("this is not a key"), "!a tag without a value" },
	{ "nothing", STR(""), "!a tag without a value" },
	{ "backslashes_before_semicolons", STR("v=DKIM1\\; p=" RSA1024), "!tag v is not DKIM1" },

	/* by hand: 30 len, 02 len n, 02 len e */
	{ "rsa_small_and_whole", STR("p=MAcCAgDFAgED"), "rsa 8" },
	{ "rsa_exponent_1_DNS_09", STR("p=MAcCAgDFAgEB"), "!tag p is an RSA key with odd numbers" },
	{ "rsa_exponent_2_DNS_09", STR("p=MAcCAgDFAgEC"), "!tag p is an RSA key with odd numbers" },
	{ "rsa_exponent_of_33_bits_DNS_09", STR("p=MAsCAgDFAgUBAAAAAQ=="), "!tag p is an RSA key with odd numbers" },
	{ "rsa_exponent_of_32_bits", STR("p=MAsCAgDFAgUA/////w=="), "rsa 8" },
	{ "rsa_even_modulus_DNS_09", STR("p=MAcCAgDEAgED"), "!tag p is an RSA key with odd numbers" },
	{ "rsa_negative_modulus", STR("p=MAYCAcUCAQM="), "!tag p is no RSA key" },
	{ "rsa_modulus_zero", STR("p=MAYCAQACAQM="), "!tag p is no RSA key" },
	{ "rsa_with_bytes_after_it", STR("p=MAcCAgDFAgEDAA=="), "!tag p is no RSA key" },
	{ "rsa_with_a_third_number", STR("p=MAoCAgDFAgEDAgED"), "!tag p is no RSA key" },
	{ "rsa_cut_short", STR("p=MAcCAgDFAgE="), "!tag p is no RSA key" },
	{ "rsa_with_a_length_beyond_its_end", STR("p=MIL//w=="), "!tag p is no RSA key" },
	{ "rsa_with_a_length_of_lengths", STR("p=MP8CAgDFAgED"), "!tag p is no RSA key" },
	{ "rsa_of_indefinite_length", STR("p=MIACAgDFAgED"), "!tag p is no RSA key" },
};

static void check(void **state)
{
	const struct row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const char *problem = "";
	struct dkim_key key;
	int r = dkim_key_parse(arena, row->record, &key, &problem);

	if (row->expected[0] == '!') {
		assert_string_equal(problem, row->expected + 1);
		assert_int_equal(r, -EINVAL);
		return;
	}
	assert_string_equal(problem, "");
	assert_int_equal(r, 0);
	assert_string_equal(arena_printf(arena, "%s %u", key.type == DKIM_KEY_RSA ? "rsa" : "ed25519", key.bits), row->expected);
}

static struct dkim_key parse(struct arena *arena, const char *record)
{
	struct dkim_key key;
	const char *problem = "";

	if (dkim_key_parse(arena, str_of(record), &key, &problem) < 0)
		fail_msg("%s", problem);
	return key;
}

static void both_forms_of_an_rsa_key_are_one(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct dkim_key info = parse(arena, "p=" RSA512), bare;

	(void)state;
	assert_memory_equal(info.bytes.p, "\x30\x48\x02\x41", 4);
	bare = parse(arena, "p=MEgCQQDnASE1Ro01kG7Nbafyt3usaGgXPvYJpn7e153Ghs65dDH1Ra57Zd1c1SOMLZAZaFLVV//WyKcS2HAIF3BuoWzfAgMBAAE=");
	assert_int_equal(info.bits, bare.bits);
	assert_true(str_equal(info.bytes, bare.bytes));
}

static void a_record_of_20_kilobytes_is_not_read_DNS_10(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	char *record = arena_alloc(arena, 20481);
	const char *problem;
	struct dkim_key key;

	(void)state;
	memset(record, 'A', 20480);
	memcpy(record, "p=", 2);
	assert_int_equal(dkim_key_parse(arena, str_of(record), &key, &problem), -EINVAL);
	assert_string_equal(problem, "the record is too long");
	assert_true(dkim_key_is_one(str_of(record)));
}

static void flags(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct dkim_key key = parse(arena, "v=DKIM1; t=y : s; h=sha1:sha256; p=" RSA1024);

	(void)state;
	assert_true(key.testing && key.same_domain && key.sha256);
	key = parse(arena, "v=DKIM1; t=x; h=sha1; p=" RSA1024);
	assert_false(key.testing || key.same_domain || key.sha256);
}

static const struct fit_row {
	const char *name, *record, *tags, *expected;	/* NULL: it fits */
} fit_rows[] = {
	{ "key_fits", "p=" RSA1024, "a=rsa-sha256", NULL },
	{ "ed25519_key_for_an_rsa_signature", "k=ed25519; p=" ED, "a=rsa-sha256", "the key is of another type than the signature" },
	{ "rsa_key_for_an_ed25519_signature", "p=" RSA1024, "a=ed25519-sha256", "the key is of another type than the signature" },
	{ "key_for_sha1_alone_DNS_10", "h=sha1; p=" RSA1024, "a=rsa-sha256", "the key does not allow SHA-256" },
	{ "key_for_one_domain_and_i_below_DNS_10", "t=s; p=" RSA1024, "a=rsa-sha256; i=@a.example.com",
	  "the key does not allow names below tag d in tag i" },
	{ "key_for_one_domain_and_i_at_it", "t=y:s; p=" RSA1024, "a=rsa-sha256; i=joe@example.com", NULL },
};

static void check_fit(void **state)
{
	const struct fit_row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct dkim_key key = parse(arena, row->record);
	struct dkim_signature signature;
	const char *problem, *unfit;
	const char *text = arena_printf(arena, "v=1; d=example.com; s=s; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b="
					"/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==; %s", row->tags);

	assert_int_equal(dkim_signature_parse(arena, str_of(text), &signature, &problem), 0);
	unfit = dkim_key_unfit(&key, &signature);
	if (row->expected == NULL)
		assert_null(unfit);
	else
		assert_string_equal(unfit, row->expected);
}

static const struct one_row {
	const char *name;
	struct str record;
	bool is_one;
} one_rows[] = {
	{ "record_with_a_key", STR("p=AAAA"), true },
	{ "record_that_is_broken_later", STR("v=DKIM1; p=AAAA; p=B"), true },
	{ "record_with_the_version_alone", STR("v=DKIM1"), true },
	{ "record_of_a_later_version", STR("v=DKIM2; x=1"), true },
	{ "record_of_spf", STR("v=spf1 -all"), false },
	{ "record_of_dmarc", STR("v=DMARC1; p=none"), false },
	{ "record_with_the_version_at_its_end", STR("p=AAAA; v=DKIM1"), true },
	{ "record_of_text", STR("google-site-verification=abc"), false },
	{ "record_of_nothing", STR(""), false },
};

static void check_one(void **state)
{
	const struct one_row *row = *state;

	assert_int_equal(dkim_key_is_one(row->record), row->is_one);
}

#define TEST(function) rows_add_one(&tests, #function, function, NULL)

int main(void)
{
	static struct rows tests;

	rows_add(&tests, rows, check);
	TEST(both_forms_of_an_rsa_key_are_one);
	TEST(a_record_of_20_kilobytes_is_not_read_DNS_10);
	TEST(flags);
	rows_add(&tests, fit_rows, check_fit);
	rows_add(&tests, one_rows, check_one);
	return rows_run(&tests, "dkim_key");
}
