/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scanner dkim through the engine: the fourteen points that facts name of libopendkim, what attackers send (threats), and what is told of it. */
#include <errno.h>

#include "milter/base/cleanup.h"
#include "milter/base/clock.h"
#include "milter/isolate/job.h"
#include "milter/lookup/resolver.h"
#include "scanners/dkim_job.h"
#include "scanners/dkim_settings.h"
#include "scanners/scanners.h"
#include "t/lib/dkim_signer.h"
#include "t/lib/dkim_walk.h"
#include "t/lib/zone.h"
#include "t/unit/rows.h"

const struct scanner *const scanners[] = { &scanner_limits, &scanner_relay, &scanner_dkim, NULL };
const struct job_kind *const job_kinds[] = { &job_dkim, NULL };

#define TOP "authserv_id = \"gw.ours.example\"\ndomains = { \"ours.example\" }\nresolver { timeout = \"300ms\" }\n"

static struct dkim_sign_key *rsa, *small, *ed25519;
static struct gate *gate;
static struct arena *zone_arena;

#define HEADER \
	"Received: by a; x\r\nFrom: Joe <joe@example.com>\r\nTo: u@ours.example\r\nSubject: hi\r\n  there\r\n" \
	"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nContent-Type: text/plain\r\n\r\n"
#define BODY "Hello  world \r\n\r\nBye\r\n\r\n\r\n"
#define TAGS "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s; h=from:to:subject:date:content-type"

static const char *zone_text(void)
{
	const char *r = dkim_sign_key_record(zone_arena, rsa), *s = dkim_sign_key_record(zone_arena, small), *e = dkim_sign_key_record(zone_arena, ed25519);
	const char *p = strstr(r, "p=");

	return arena_printf(zone_arena,
		"s._domainkey.example.com TXT \"%s\"\n" "small._domainkey.example.com TXT \"%s\"\n" "ed._domainkey.example.com TXT \"%s\"\n"
		"test._domainkey.example.com TXT \"v=DKIM1; t=y; %s\"\n" "sub._domainkey.example.com TXT \"v=DKIM1; t=s; %s\"\n"
		"none._domainkey.example.com A 192.0.2.1\n" "servfail._domainkey.example.com !servfail\n" "silent._domainkey.example.com !silent\n"
		"two._domainkey.example.com TXT \"v=DKIM1; %s\"\ntwo._domainkey.example.com TXT \"%s\"\n"
		"long._domainkey.example.com TXT \"v=DKIM1; n=%0500d; n2=%0500d; n3=%0500d; %s\"\n"
		"spaced._domainkey.example.com TXT \" v=DKIM1 ;\" \" %s ; \"\n"
		"revoked._domainkey.example.com TXT \"v=DKIM1; p=\"\n" "v2._domainkey.example.com TXT \"v=DKIM2; %s\"\n"
		"sha1._domainkey.example.com TXT \"v=DKIM1; h=sha1; %s\"\n" "other._domainkey.example.com TXT \"v=DKIM1; s=other; %s\"\n"
		"s._domainkey.com TXT \"%s\"\n" "s._domainkey.co.uk TXT \"%s\"\n" "s._domainkey.other.example TXT \"%s\"\n",
		r, s, e, p, p, p, e, 0, 0, 0, p, p, p, p, p, r, r, r);
}

static void open_gate(const char *section)
{
	gate = dkim_walk_open(arena_printf(zone_arena, "%s%s", TOP, section), zone_text());
}

static int setup(void **state)
{
	(void)state;
	dkim_walk_result = 0;
	dkim_walk_garbage = false;
	dkim_walk_jobs = 0;
	open_gate("");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dkim_walk_close(gate);
	return 0;
}

static struct str sign(struct arena *arena, const char *tags)
{
	return dkim_sign_message(arena, rsa, tags, str_of(HEADER BODY), SIZE_MAX);
}

static struct str change(struct arena *arena, struct str message, const char *from, const char *to)
{
	const char *at = memmem(message.p, message.len, from, strlen(from));
	size_t before;

	assert_non_null(at);
	before = (size_t)(at - message.p);
	return str_of(arena_printf(arena, "%.*s%s%.*s", (int)before, message.p, to, (int)(message.len - before - strlen(from)), at + strlen(from)));
}

/* --- one signature --- */

static const struct row {
	const char *name, *tags;
	const char *from, *to;	/* what is changed after it was signed; NULL: nothing */
	const char *findings;	/* their beginning */
	const char *identities;
} rows[] = {
	{ "verifies", TAGS, NULL, NULL, "pass: DKIM pass: d=example.com s=s", "example.com/s=pass" },
	{ "of_a_domain_that_is_not_the_author_s", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=other.example; s=s; h=from", NULL, NULL,
	  "pass: DKIM pass: d=other.example s=s", "other.example/s=pass" },
	{ "changed_body", TAGS, "Bye", "bye", "fail: DKIM fail: d=example.com s=s (body hash does not match)", "example.com/s=fail" },
	{ "changed_header", TAGS, "there", "nowhere", "fail: DKIM fail: d=example.com s=s (signature does not match the header)",
	  "example.com/s=fail" },

	{ "facts_4_d_is_a_top_level_domain", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=com; s=s; h=from", NULL, NULL,
	  "policy: DKIM policy: d=com s=s (tag d is a top-level domain)", "com/s=fail" },
	{ "facts_4_d_is_a_public_suffix", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=co.uk; s=s; h=from", NULL, NULL,
	  "policy: DKIM policy: d=co.uk s=s (tag d is a public suffix)", "co.uk/s=fail" },
	{ "facts_4_d_with_a_trailing_dot", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com.; s=s; h=from", NULL, NULL,
	  "permerror: DKIM permerror: a signature that cannot be read (tag d is no domain name)", "" },
	{ "facts_5_tag_that_comes_twice", TAGS "; d=other.example", NULL, NULL,
	  "permerror: DKIM permerror: a signature that cannot be read (a tag stands there twice)", "" },
	{ "facts_6_a_wrong_body_hash_with_a_right_signature", TAGS, "Hello", "Jello", "fail: DKIM fail: d=example.com s=s (body hash does not match)",
	  "example.com/s=fail" },
	{ "facts_7_key_that_could_not_be_fetched", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=servfail; h=from", NULL, NULL,
	  "temperror: DKIM temperror: d=example.com s=servfail (the key could not be looked up: ", "example.com/servfail=unsure" },
	{ "facts_7_key_that_does_not_come", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=silent; h=from", NULL, NULL,
	  "temperror: DKIM temperror: d=example.com s=silent (the key could not be looked up: ", "example.com/silent=unsure" },
	{ "facts_9_record_over_1024_octets", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=long; h=from", NULL, NULL,
	  "pass: DKIM pass: d=example.com s=long", "example.com/long=pass" },
	{ "facts_9_record_with_blanks_in_two_strings", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=spaced; h=from", NULL, NULL,
	  "pass: DKIM pass: d=example.com s=spaced", "example.com/spaced=pass" },
	{ "facts_10_second_from_in_front_HDR_06", TAGS, "Received:", "From: evil@evil.example\r\nReceived:",
	  "permerror: DKIM permerror: d=example.com s=s (the message has not one From field)", "example.com/s=fail" },
	{ "facts_10_second_from_with_a_blank_HDR_06", TAGS, "Received:", "From : evil@evil.example\r\nReceived:",
	  "permerror: DKIM permerror: d=example.com s=s (the message has not one From field)", "example.com/s=fail" },
	{ "facts_11_folds_are_those_that_were_signed", TAGS ";\r\n t=1790000000;\r\n\tx=99999999999", NULL, NULL, "pass: ", "example.com/s=pass" },
	{ "facts_13_query_over_http", TAGS "; q=http", NULL, NULL,
	  "permerror: DKIM permerror: d=example.com s=s (tag q knows no way to the key that is ours, dns/txt)", "example.com/s=fail" },

	{ "second_subject_HDR_13", TAGS, "Received:", "Subject: buy\r\nReceived:",
	  "uncovered: DKIM uncovered: d=example.com s=s (there are more subject fields than are signed)", "example.com/s=fail" },
	{ "second_date_HDR_13", TAGS, "Received:", "Date: today\r\nReceived:", "uncovered: ", "example.com/s=fail" },
	{ "second_content_type_HDR_13", TAGS, "Received:", "Content-Type: text/html\r\nReceived:", "uncovered: ", "example.com/s=fail" },
	{ "second_to_in_capitals_HDR_13", TAGS, "Received:", "TO : x@y.example\r\nReceived:", "uncovered: ", "example.com/s=fail" },
	{ "second_subject_that_oversigning_catches_HDR_13", TAGS ":subject", "Received:", "Subject: buy\r\nReceived:",
	  "fail: DKIM fail: d=example.com s=s (signature does not match the header)", "example.com/s=fail" },
	{ "unsigned_field_is_free", TAGS, "Received:", "X-More: buy\r\nReceived:", "pass: ", "example.com/s=pass" },
	{ "apostrophe_in_d_HDR_05", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=legit.com'a.attack.com; s=s; h=from", NULL, NULL, "permerror: ", "" },
	{ "comment_in_d_HDR_05", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=legit.com(.attack.com; s=s; h=from", NULL, NULL, "permerror: ", "" },
	{ "h_without_from_HDR_14", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s; h=to", NULL, NULL,
	  "permerror: DKIM permerror: d=example.com s=s (tag h does not hold From)", "example.com/s=fail" },
	{ "from_the_future_HDR_14", TAGS "; t=99999999999", NULL, NULL, "policy: DKIM policy: d=example.com s=s (the signature is from the future)",
	  "example.com/s=fail" },
	{ "expired_HDR_14", TAGS "; t=1000000000; x=1000000001", NULL, NULL, "policy: DKIM policy: d=example.com s=s (the signature has expired)",
	  "example.com/s=fail" },

	{ "no_key", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=nothing; h=from", NULL, NULL,
	  "permerror: DKIM permerror: d=example.com s=nothing (there is no key)", "example.com/nothing=fail" },
	{ "two_keys_DNS_10", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=two; h=from", NULL, NULL,
	  "permerror: DKIM permerror: d=example.com s=two (there is not one key)", "example.com/two=fail" },
	{ "revoked_key_DNS_10", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=revoked; h=from", NULL, NULL,
	  "permerror: DKIM permerror: d=example.com s=revoked (key: the key is revoked)", "example.com/revoked=fail" },
	{ "key_of_version_2_DNS_10", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=v2; h=from", NULL, NULL, "permerror: ",
	  "example.com/v2=fail" },
	{ "key_for_sha1_DNS_10", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=sha1; h=from", NULL, NULL, "permerror: ",
	  "example.com/sha1=fail" },
	{ "key_for_another_service_DNS_10", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=other; h=from", NULL, NULL, "permerror: ",
	  "example.com/other=fail" },
	{ "key_for_the_domain_itself_DNS_10", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=sub; i=@a.example.com; h=from", NULL, NULL,
	  "permerror: ", "example.com/sub=fail" },
	{ "key_in_test_mode_and_a_good_signature", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=test; h=from", NULL, NULL,
	  "pass: DKIM pass: d=example.com s=test (the key is in test mode)", "example.com/test=pass" },
	{ "key_in_test_mode_and_a_bad_signature", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=test; h=from", "Bye", "bye",
	  "neutral: DKIM neutral: d=example.com s=test (body hash does not match)", "example.com/test=fail" },
};

static void check(void **state)
{
	const struct row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct str message = sign(arena, row->tags);

	if (row->from != NULL)
		message = change(arena, message, row->from, row->to);
	(void)setup(NULL);
	(void)dkim_walk(gate, message);
	if (strncmp(dkim_walk_findings(gate), row->findings, strlen(row->findings)) != 0)
		fail_msg("%s", dkim_walk_findings(gate));
	assert_string_equal(dkim_walk_identities(gate), row->identities);
	(void)teardown(NULL);
}

/* --- more than one row can say --- */

static void facts_1_rsa_sha1_never_passes(void **state)
{
	(void)state;
	(void)dkim_walk(gate, STR("DKIM-Signature: v=1; a=rsa-sha1; d=example.com; s=s; h=from; bh=2jmj7l5rSw0yVb/vlWAYkK/YBwk=; b=AAAA\r\n" HEADER BODY));
	assert_string_equal(dkim_walk_findings(gate), "policy: DKIM policy: d=example.com s=s (rsa-sha1 proves nothing any more)");
	assert_int_equal(dkim_walk_jobs, 0);
	assert_int_equal(zone_upstream_asked(gate->upstream), 0);
}

static void facts_2_text_after_l_is_partial_HDR_13(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct str message = sign(arena, TAGS "; l=20");

	(void)state;
	(void)dkim_walk(gate, message);
	assert_string_equal(dkim_walk_outcomes(gate), "pass");
	(void)dkim_walk(gate, str_of(arena_printf(arena, "%.*s<script>\r\n", (int)message.len, message.p)));
	assert_string_equal(dkim_walk_findings(gate), "partial: DKIM partial: d=example.com s=s (tag l covers 20 of 34 octets of the body)");
	assert_string_equal(dkim_walk_identities(gate), "example.com/s=fail");
}

static struct str many(struct arena *arena, struct str message, const char *field, size_t times)
{
	size_t len = strlen(field);
	char *text = arena_alloc(arena, times * len + message.len + 1), *end = text;

	for (size_t i = 0; i < times; i++)
		end = stpcpy(end, field);
	memcpy(end, message.p, message.len);
	return (struct str){ text, times * len + message.len };
}

static void facts_3_no_more_than_max_signatures_are_looked_at_HDR_14(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct str message = sign(arena, TAGS);
	const char *field = arena_printf(arena, "%.*s", (int)((const char *)memmem(message.p, message.len, "Received", 8) - message.p), message.p);

	(void)state;
	(void)dkim_walk(gate, many(arena, message, field, 499));
	assert_string_equal(dkim_walk_outcomes(gate), "pass pass pass pass pass pass pass pass too_many");
	assert_non_null(strstr(dkim_walk_findings(gate), "too_many: DKIM: of 500 signatures only the first 8 were looked at"));
	assert_int_equal(dkim_walk_jobs, 1);
	assert_int_equal(zone_upstream_asked(gate->upstream), 1);
}

static void facts_8_a_malformed_signature_is_counted(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct str message = sign(arena, TAGS);

	(void)state;
	message = str_of(arena_printf(arena, "DKIM-Signature: junk\r\nDKIM-Signature: \r\nDKIM-Signature : v=1\r\n%.*sx", (int)message.len, message.p));
	message.len--;
	(void)dkim_walk(gate, message);
	assert_string_equal(dkim_walk_outcomes(gate), "permerror permerror permerror pass");
	assert_string_equal(dkim_walk_identities(gate), "example.com/s=pass");
}

static void facts_12_values_are_those_received(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct str message = sign(arena, TAGS);

	(void)state;
	(void)dkim_walk(gate, message);
	assert_string_equal(gate->session->message->headers.items[2].value, " Joe <joe@example.com>");
	assert_string_equal(dkim_walk_outcomes(gate), "pass");
}

/* Facts 14 is of signing; verifying RFC 8463's own message leaves nothing behind but in a process that is recycled. */
static void facts_14_ed25519_verifies_beside_rsa(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct str message = dkim_sign_message(arena, ed25519, "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=ed; h=from", sign(arena, TAGS),
					       SIZE_MAX);

	(void)state;
	(void)dkim_walk(gate, message);
	assert_string_equal(dkim_walk_outcomes(gate), "pass pass");
	assert_string_equal(dkim_walk_identities(gate), "example.com/ed=pass example.com/s=pass");
	assert_int_equal(dkim_walk_jobs, 1);
}

static void small_keys_by_the_administrator_s_word_DNS_09(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct str message = dkim_sign_message(arena, small, "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=small; h=from",
					       str_of(HEADER BODY), SIZE_MAX);

	(void)state;
	(void)dkim_walk(gate, message);
	assert_string_equal(dkim_walk_outcomes(gate), "pass");
	dkim_walk_close(gate);
	open_gate("dkim { min_key_bits = 2048 }\n");
	(void)dkim_walk(gate, message);
	assert_string_equal(dkim_walk_findings(gate), "policy: DKIM policy: d=example.com s=small (the key has only 1024 bits)");
}

static void the_owner_of_a_public_suffix_may_write(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct str message = dkim_sign_message(arena, rsa, "v=1; a=rsa-sha256; c=relaxed/relaxed; d=co.uk; s=s; h=from",
					       str_of("From: joe@co.uk\r\n\r\n" BODY), SIZE_MAX);

	(void)state;
	(void)dkim_walk(gate, message);
	assert_string_equal(dkim_walk_identities(gate), "co.uk/s=pass");
	message = dkim_sign_message(arena, rsa, "v=1; a=rsa-sha256; c=relaxed/relaxed; d=co.uk; s=s; h=from",
				    str_of("From: joe@victim.co.uk\r\n\r\n" BODY), SIZE_MAX);
	(void)dkim_walk(gate, message);
	assert_string_equal(dkim_walk_identities(gate), "co.uk/s=fail");
}

/* HDR-17: what libmilter cuts at a NUL is what we hash; the sender hashed more. */
static void a_nul_in_a_signed_field_does_not_pass_HDR_17(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct str message = dkim_sign_message(arena, rsa, "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s; h=from:subject",
					       STR("From: joe@example.com\r\nSubject: a\0b\r\n\r\nx\r\n"), SIZE_MAX);

	(void)state;
	(void)dkim_walk(gate, message);
	assert_string_equal(dkim_walk_outcomes(gate), "fail");
}

/* Through a milter such values arrive; written into the message they would be further fields. */
static void a_line_end_in_a_value_makes_all_unreadable_HDR_17(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();

	(void)state;
	(void)dkim_walk(gate, change(arena, sign(arena, TAGS), "Received: by a", "Received: by\ra"));
	assert_string_equal(dkim_walk_findings(gate), "permerror: DKIM permerror: d=example.com s=s (a field holds a line end)");
	assert_int_equal(dkim_walk_jobs, 0);
}

static void signatures_over_signatures_that_are_too_many(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct str inner = sign(arena, TAGS), message = dkim_sign_message(arena, rsa, TAGS ":dkim-signature", inner, SIZE_MAX);

	(void)state;
	(void)dkim_walk(gate, message);
	assert_string_equal(dkim_walk_outcomes(gate), "pass pass");
	dkim_walk_close(gate);
	open_gate("dkim { max_signatures = 1 }\n");
	(void)dkim_walk(gate, message);
	assert_string_equal(dkim_walk_findings(gate),
			    "policy: DKIM policy: d=example.com s=s (it covers signatures, of which there are too many)\n"
			    "too_many: DKIM: of 2 signatures only the first 1 were looked at");
}

static void no_signature(void **state)
{
	(void)state;
	(void)dkim_walk(gate, STR(HEADER BODY));
	assert_string_equal(dkim_walk_findings(gate), "none: DKIM none: the message has no signature");
	assert_string_equal(dkim_walk_results(gate), "gw; dkim=none");
	assert_string_equal(dkim_walk_identities(gate), "");
	assert_int_equal(dkim_walk_jobs, 0);
}

static void authentication_results(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct str message = change(arena, sign(arena, TAGS), "Bye", "bye");
	const char *b = (const char *)memmem(message.p, message.len, "; b=", 4) + 4;
	const char *value = arena_printf(arena, "header.b=%.8s", b);

	(void)state;
	(void)dkim_walk(gate, message);
	if (strcspn(value, "/") < strlen(value))
		value = arena_printf(arena, "header.b=\"%.8s\"", b);
	assert_string_equal(dkim_walk_results(gate),
			    arena_printf(arena, "gw; dkim=fail reason=\"body hash does not match\" header.d=example.com header.s=s "
					 "header.a=rsa-sha256 %s", value));
}

static const struct failure_row {
	const char *name;
	int result;
	bool garbage;
	const char *reason;
} failure_rows[] = {
	{ "no_examiner_is_temperror", -EAGAIN, false, "no examiner is available" },
	{ "killed_examiner_is_temperror", -ETIME, false, "verifying took too long" },
	{ "crashed_examiner_is_temperror", -EPIPE, false, "the verifier crashed" },
	{ "failed_job_is_temperror", -EREMOTEIO, false, "the verifier gave no usable answer" },
	{ "answer_that_is_none_is_temperror", 0, true, "the verifier gave no usable answer" },
};

static void check_failure(void **state)
{
	const struct failure_row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();

	(void)setup(NULL);
	dkim_walk_result = row->result;
	dkim_walk_garbage = row->garbage;
	(void)dkim_walk(gate, sign(arena, TAGS));
	assert_string_equal(dkim_walk_findings(gate), arena_printf(arena, "temperror: DKIM temperror: d=example.com s=s (%s)", row->reason));
	assert_string_equal(dkim_walk_identities(gate), "example.com/s=unsure");
	(void)teardown(NULL);
}

static void without_a_cage_nothing_is_known(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct services *services = (struct services *)(uintptr_t)engine_services(gate->engine);

	(void)state;
	services->pool = NULL;
	(void)dkim_walk(gate, sign(arena, TAGS));
	assert_string_equal(dkim_walk_outcomes(gate), "temperror");
}

static void the_key_is_asked_for_when_the_field_arrives(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct str message = sign(arena, TAGS), value = message;

	(void)state;
	(void)str_split(&value, ":");
	value.len = (size_t)((const char *)memmem(value.p, value.len, "\r\nReceived", 10) - value.p);
	(void)gate_mail(gate, "", "<joe@example.com>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	assert_int_equal(zone_upstream_asked(gate->upstream), 0);
	engine_add_field(gate->engine, gate->session, "DKIM-Signature", arena_strndup(arena, value.p, value.len));
	assert_int_equal(zone_upstream_asked(gate->upstream), 1);
}

/* A transaction may end at any time; the pursuit goes with it. */
static void a_message_that_is_dropped_in_its_header(void **state)
{
	(void)state;
	(void)gate_mail(gate, "", "<joe@example.com>");
	(void)gate_rcpt(gate, "<u@ours.example>");
	engine_add_field(gate->engine, gate->session, "DKIM-Signature",
			 " v=1; a=rsa-sha256; d=example.com; s=silent; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA");
	engine_message_end(gate->engine, gate->session);
	no_signature(state);
}

static void switched_off(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();

	(void)state;
	dkim_walk_close(gate);
	open_gate("dkim { enabled = no }\n");
	assert_false(scanner_dkim.needs_cage(gate->conf, NULL));
	(void)dkim_walk(gate, sign(arena, TAGS));
	assert_string_equal(dkim_walk_findings(gate), "");
	assert_int_equal(zone_upstream_asked(gate->upstream), 0);
	dkim_walk_close(gate);
	open_gate("");
	assert_true(scanner_dkim.needs_cage(gate->conf, NULL));
}

static const struct action_row {
	const char *name, *section, *from, *to, *word;
} action_rows[] = {
	{ "failure_is_taken_by_default", "", "Bye", "bye", "" },
	{ "failure_is_refused_where_it_is_wanted", "dkim { on_fail = reject }\n", "Bye", "bye", "550 5.7.20 dkim:fail" },
	{ "second_subject_is_refused_where_it_is_wanted", "dkim { on_uncovered = reject }\n", "Received:", "Subject: x\r\nReceived:",
	  "550 5.7.21 dkim:uncovered" },
	{ "pass_is_not_refused", "dkim { on_fail = reject on_none = reject }\n", "Received:", "X: x\r\nReceived:", "" },
};

static void check_action(void **state)
{
	const struct action_row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct verdict verdict;

	open_gate(row->section);
	verdict = dkim_walk(gate, change(arena, sign(arena, TAGS), row->from, row->to));
	assert_string_equal(gate_word(gate, &verdict), row->word);
	dkim_walk_close(gate);
}

#define TEST(function) \
	tests.tests[tests.len++] = (struct CMUnitTest){ .name = #function, .test_func = (function), .setup_func = setup, .teardown_func = teardown }

int main(void)
{
	static struct rows tests;
	int failed;

	zone_arena = arena_new();
	assert_int_equal(dkim_sign_key_make(DKIM_KEY_RSA, 2048, &rsa), 0);
	assert_int_equal(dkim_sign_key_make(DKIM_KEY_RSA, 1024, &small), 0);
	assert_int_equal(dkim_sign_key_make(DKIM_KEY_ED25519, 0, &ed25519), 0);
	rows_add(&tests, rows, check);
	TEST(facts_1_rsa_sha1_never_passes);
	TEST(facts_2_text_after_l_is_partial_HDR_13);
	TEST(facts_3_no_more_than_max_signatures_are_looked_at_HDR_14);
	TEST(facts_8_a_malformed_signature_is_counted);
	TEST(facts_12_values_are_those_received);
	TEST(facts_14_ed25519_verifies_beside_rsa);
	TEST(small_keys_by_the_administrator_s_word_DNS_09);
	TEST(the_owner_of_a_public_suffix_may_write);
	TEST(a_nul_in_a_signed_field_does_not_pass_HDR_17);
	TEST(a_line_end_in_a_value_makes_all_unreadable_HDR_17);
	TEST(signatures_over_signatures_that_are_too_many);
	TEST(no_signature);
	TEST(authentication_results);
	rows_add(&tests, failure_rows, check_failure);
	TEST(without_a_cage_nothing_is_known);
	TEST(the_key_is_asked_for_when_the_field_arrives);
	TEST(a_message_that_is_dropped_in_its_header);
	TEST(switched_off);
	rows_add(&tests, action_rows, check_action);
	failed = rows_run(&tests, "dkim");
	dkim_sign_key_free(rsa);
	dkim_sign_key_free(small);
	dkim_sign_key_free(ed25519);
	arena_free(zone_arena);
	return failed;
}
