/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/dns_wire.h"

#include <stdlib.h>

#include "t/unit/rows.h"

/* A packet is written as a string literal; octets after \x.. or \d stand in a literal of their own where they could be taken for more of it. */
#define BYTES(literal) literal, sizeof(literal) - 1

/* Header: id, flags and code, one question, answers, authorities, no additional. */
#define HEADER(code, answers, authorities) "\x12\x34\x81" code "\0\1\0" answers "\0" authorities "\0\0"
#define OK "\x80"
#define NXDOMAIN "\x83"
#define QUESTION(type) "\1a\7example\0\0" type "\0\1"		/* the name is at 12, "example" at 14; 11 + 4 octets: answers begin at 27 */
#define A "\1"
#define PTR "\14"
#define MX "\17"
#define TXT "\20"
#define AAAA "\34"
#define HERE "\xc0\14"			/* the question's name */
#define RR(type, ttl, len) "\0" type "\0\1\0\0\0" ttl "\0" len
#define TTL "\74"			/* 60 */
#define CNAME_TO(label, ttl) RR("\5", ttl, "\4") "\1" label "\xc0\16"
#define NAMED(label) "\1" label "\xc0\16"
#define LABEL_63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

#define FOUND(ttl, count, literal) \
	.status = DNS_FOUND, .why = "", .ttl_s = (ttl), .records = (count), .data = (literal), .data_len = sizeof(literal) - 1
#define NOTHING(ttl) .status = DNS_NOTHING, .why = "", .ttl_s = (ttl)
#define UNKNOWN(reason) .status = DNS_UNKNOWN, .why = (reason)

static const struct row {
	const char *name;
	enum dns_type type;
	const char *packet;
	size_t packet_len;
	enum dns_status status;
	const char *why;
	uint32_t ttl_s;
	size_t records;
	const char *data;		/* of the first record */
	size_t data_len;
	unsigned preference;
	bool nxdomain;
} table[] = {
	{ "address", DNS_A, BYTES(HEADER(OK, "\1", "\0") QUESTION(A) HERE RR(A, TTL, "\4") "\300\0\2\1"), FOUND(60, 1, "\300\0\2\1") },
	{ "address_of_ipv6", DNS_AAAA, BYTES(HEADER(OK, "\1", "\0") QUESTION(AAAA) HERE RR(AAAA, TTL, "\20") "abcdefghijklmnop"), FOUND(60, 1, "abcdefghijklmnop") },
	{ "two_addresses_in_order_and_the_smallest_ttl", DNS_A,
	  BYTES(HEADER(OK, "\2", "\0") QUESTION(A) HERE RR(A, "\7", "\4") "\1\2\3\4" HERE RR(A, TTL, "\4") "\5\6\7\10"), FOUND(7, 2, "\1\2\3\4") },
	{ "names_are_compared_without_case", DNS_A, BYTES(HEADER(OK, "\1", "\0") QUESTION(A) "\1A\7eXAMPLE\0" RR(A, TTL, "\4") "\1\2\3\4"),
	  FOUND(60, 1, "\1\2\3\4") },
	{ "a_ttl_with_the_top_bit_is_zero", DNS_A, BYTES(HEADER(OK, "\1", "\0") QUESTION(A) HERE "\0\1\0\1\x80\0\0\1\0\4" "\1\2\3\4"), FOUND(0, 1, "\1\2\3\4") },
	{ "strings_of_a_txt_are_joined", DNS_TXT, BYTES(HEADER(OK, "\1", "\0") QUESTION(TXT) HERE RR(TXT, TTL, "\14") "\5v=spf\0\4" "1 -a"), FOUND(60, 1, "v=spf1 -a") },
	{ "nul_8bit_quote_and_backslash_in_txt_stay_DNS_03", DNS_TXT,
	  BYTES(HEADER(OK, "\1", "\0") QUESTION(TXT) HERE RR(TXT, TTL, "\6") "\5\0\xff\"\\\r"), FOUND(60, 1, "\0\xff\"\\\r") },
	{ "an_empty_txt", DNS_TXT, BYTES(HEADER(OK, "\1", "\0") QUESTION(TXT) HERE RR(TXT, TTL, "\1") "\0"), FOUND(60, 1, "") },
	{ "mx", DNS_MX, BYTES(HEADER(OK, "\1", "\0") QUESTION(MX) HERE RR(MX, TTL, "\7") "\1\2\2Mx\xc0\16"), FOUND(60, 1, "mx.example"), .preference = 258 },
	{ "null_mx_is_the_root", DNS_MX, BYTES(HEADER(OK, "\1", "\0") QUESTION(MX) HERE RR(MX, TTL, "\3") "\0\0\0"), FOUND(60, 1, "") },
	{ "mx_to_itself_DNS_04", DNS_MX, BYTES(HEADER(OK, "\1", "\0") QUESTION(MX) HERE RR(MX, TTL, "\4") "\0\1" HERE), FOUND(60, 1, "a.example"), .preference = 1 },
	{ "ptr_with_odd_octets_is_escaped_DNS_16", DNS_PTR,
	  BYTES(HEADER(OK, "\1", "\0") QUESTION(PTR) HERE RR(PTR, TTL, "\14") "\11" "A_\0\r\n.;\xc3-" HERE), FOUND(60, 1, "a_\\000\\013\\010\\046\\059\\195-.a.example") },
	{ "ptr_to_itself_DNS_04", DNS_PTR, BYTES(HEADER(OK, "\1", "\0") QUESTION(PTR) HERE RR(PTR, TTL, "\2") HERE), FOUND(60, 1, "a.example") },

	{ "nxdomain", DNS_A, BYTES(HEADER(NXDOMAIN, "\0", "\0") QUESTION(A)), NOTHING(0), .nxdomain = true },
	{ "no_data", DNS_A, BYTES(HEADER(OK, "\0", "\0") QUESTION(A)), NOTHING(0) },
	{ "ttl_of_no_data_is_the_minimum_of_the_soa", DNS_A,
	  BYTES(HEADER(OK, "\0", "\1") QUESTION(A) "\xc0\16" RR("\6", "\74", "\26") "\0\0" "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\11"), NOTHING(9) },
	{ "ttl_of_no_data_is_the_ttl_of_the_soa", DNS_A,
	  BYTES(HEADER(NXDOMAIN, "\0", "\1") QUESTION(A) "\xc0\16" RR("\6", "\5", "\26") "\0\0" "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\11"), NOTHING(5), .nxdomain = true },
	{ "records_of_other_types_and_names_are_nothing_DNS_17", DNS_A,
	  BYTES(HEADER(OK, "\3", "\0") QUESTION(A) HERE RR(TXT, TTL, "\2") "\1x" NAMED("b") RR(A, TTL, "\4") "\1\2\3\4" HERE "\0\1\0\3\0\0\0\1\0\4"
		"\1\2\3\4"), NOTHING(0) },
	{ "additional_records_are_not_looked_at_DNS_17", DNS_A,
	  BYTES("\x12\x34\x81\x80\0\1\0\0\0\0\0\1" QUESTION(A) HERE RR(A, TTL, "\4") "\1\2\3\4"), NOTHING(0) },

	{ "cname_is_followed", DNS_A, BYTES(HEADER(OK, "\2", "\0") QUESTION(A) HERE CNAME_TO("b", "\6") NAMED("b") RR(A, TTL, "\4") "\1\2\3\4"),
	  FOUND(6, 1, "\1\2\3\4") },
	{ "cnames_in_any_order", DNS_A,
	  BYTES(HEADER(OK, "\3", "\0") QUESTION(A) NAMED("c") RR(A, TTL, "\4") "\1\2\3\4" NAMED("b") CNAME_TO("c", TTL) HERE CNAME_TO("b", TTL)),
	  FOUND(60, 1, "\1\2\3\4") },
	{ "cname_to_nothing", DNS_A, BYTES(HEADER(NXDOMAIN, "\1", "\0") QUESTION(A) HERE CNAME_TO("b", TTL)), NOTHING(0), .nxdomain = true },
	{ "cname_to_itself_DNS_04", DNS_A, BYTES(HEADER(OK, "\1", "\0") QUESTION(A) HERE RR("\5", TTL, "\2") HERE), UNKNOWN("CNAME loop") },
	{ "cname_loop_of_two_DNS_04", DNS_A, BYTES(HEADER(OK, "\2", "\0") QUESTION(A) HERE CNAME_TO("b", TTL) NAMED("b") RR("\5", TTL, "\2") HERE),
	  UNKNOWN("CNAME loop") },
	{ "cname_beside_data_DNS_04", DNS_A, BYTES(HEADER(OK, "\2", "\0") QUESTION(A) HERE CNAME_TO("b", TTL) HERE RR(A, TTL, "\4") "\1\2\3\4"),
	  UNKNOWN("CNAME and other data") },
	{ "cname_with_octets_left_over", DNS_A, BYTES(HEADER(OK, "\1", "\0") QUESTION(A) HERE RR("\5", TTL, "\3") HERE "x"), UNKNOWN("malformed answer") },

	{ "servfail_DNS_01", DNS_A, BYTES(HEADER("\x82", "\0", "\0") QUESTION(A)), UNKNOWN("SERVFAIL") },
	{ "servfail_without_its_question_DNS_01", DNS_A, BYTES("\x12\x34\x81\x82\0\0\0\0\0\0\0\0"), UNKNOWN("SERVFAIL") },
	{ "refused_DNS_01", DNS_A, BYTES(HEADER("\x85", "\0", "\0") QUESTION(A)), UNKNOWN("REFUSED") },
	{ "formerr_DNS_01", DNS_A, BYTES(HEADER("\x81", "\0", "\0") QUESTION(A)), UNKNOWN("FORMERR") },
	{ "notimp", DNS_A, BYTES(HEADER("\x84", "\0", "\0") QUESTION(A)), UNKNOWN("NOTIMP") },
	{ "a_code_nobody_knows", DNS_A, BYTES(HEADER("\x8f", "\0", "\0") QUESTION(A)), UNKNOWN("unknown response code") },
	{ "truncated_DNS_01", DNS_A, BYTES("\x12\x34\x83\x80\0\1\0\0\0\0\0\0" QUESTION(A)), UNKNOWN("answer too large") },

	{ "no_octet", DNS_A, BYTES(""), UNKNOWN("malformed answer") },
	{ "half_a_header", DNS_A, BYTES("\x12\x34\x81\x80\0\1\0\0\0\0\0"), UNKNOWN("malformed answer") },
	{ "a_question_is_no_answer", DNS_A, BYTES("\x12\x34\1\0\0\1\0\0\0\0\0\0" QUESTION(A)), UNKNOWN("malformed answer") },
	{ "two_questions", DNS_A, BYTES("\x12\x34\x81\x80\0\2\0\0\0\0\0\0" QUESTION(A) QUESTION(A)), UNKNOWN("malformed answer") },
	{ "another_type_was_asked", DNS_A, BYTES(HEADER(OK, "\0", "\0") QUESTION(TXT)), UNKNOWN("malformed answer") },
	{ "fewer_answers_than_promised", DNS_A, BYTES(HEADER(OK, "\2", "\0") QUESTION(A) HERE RR(A, TTL, "\4") "\1\2\3\4"), UNKNOWN("malformed answer") },
	{ "fewer_authorities_than_promised", DNS_A, BYTES(HEADER(OK, "\0", "\1") QUESTION(A)), UNKNOWN("malformed answer") },
	{ "data_beyond_the_end", DNS_A, BYTES(HEADER(OK, "\1", "\0") QUESTION(A) HERE RR(A, TTL, "\4") "\1\2\3"), UNKNOWN("malformed answer") },
	{ "an_address_of_five_octets", DNS_A, BYTES(HEADER(OK, "\1", "\0") QUESTION(A) HERE RR(A, TTL, "\5") "\1\2\3\4\5"), UNKNOWN("malformed answer") },
	{ "an_ipv6_address_of_four", DNS_AAAA, BYTES(HEADER(OK, "\1", "\0") QUESTION(AAAA) HERE RR(AAAA, TTL, "\4") "\1\2\3\4"), UNKNOWN("malformed answer") },
	{ "a_good_record_does_not_save_a_bad_one", DNS_A,
	  BYTES(HEADER(OK, "\2", "\0") QUESTION(A) HERE RR(A, TTL, "\4") "\1\2\3\4" HERE RR(A, TTL, "\0")), UNKNOWN("malformed answer") },
	{ "txt_without_a_string", DNS_TXT, BYTES(HEADER(OK, "\1", "\0") QUESTION(TXT) HERE RR(TXT, TTL, "\0")), UNKNOWN("malformed answer") },
	{ "txt_string_beyond_its_record", DNS_TXT, BYTES(HEADER(OK, "\1", "\0") QUESTION(TXT) HERE RR(TXT, TTL, "\2") "\2x"), UNKNOWN("malformed answer") },
	{ "mx_without_a_name", DNS_MX, BYTES(HEADER(OK, "\1", "\0") QUESTION(MX) HERE RR(MX, TTL, "\2") "\0\1"), UNKNOWN("malformed answer") },
	{ "mx_of_one_octet", DNS_MX, BYTES(HEADER(OK, "\1", "\0") QUESTION(MX) HERE RR(MX, TTL, "\1") "\0"), UNKNOWN("malformed answer") },
	{ "mx_with_octets_behind_its_name", DNS_MX, BYTES(HEADER(OK, "\1", "\0") QUESTION(MX) HERE RR(MX, TTL, "\4") "\0\1\0\0"), UNKNOWN("malformed answer") },
	{ "ptr_name_beyond_its_record", DNS_PTR, BYTES(HEADER(OK, "\1", "\0") QUESTION(PTR) HERE RR(PTR, TTL, "\2") "\1x\0"), UNKNOWN("malformed answer") },
	{ "pointer_to_itself", DNS_A, BYTES(HEADER(OK, "\1", "\0") QUESTION(A) "\xc0\33" RR(A, TTL, "\4") "\1\2\3\4"), UNKNOWN("malformed answer") },
	{ "pointer_forwards", DNS_A, BYTES(HEADER(OK, "\1", "\0") QUESTION(A) "\xc0\40" RR(A, TTL, "\4") "\1\2\3\4"), UNKNOWN("malformed answer") },
	{ "half_a_pointer", DNS_A, BYTES(HEADER(OK, "\1", "\0") QUESTION(A) "\xc0"), UNKNOWN("malformed answer") },
	{ "label_of_a_reserved_kind", DNS_A, BYTES(HEADER(OK, "\1", "\0") QUESTION(A) "\x41" "a\0" RR(A, TTL, "\4") "\1\2\3\4"), UNKNOWN("malformed answer") },
	{ "a_name_of_more_than_255_octets", DNS_A,
	  BYTES(HEADER(OK, "\1", "\0") QUESTION(A) "\77" LABEL_63 "\77" LABEL_63 "\77" LABEL_63 "\77" LABEL_63 "\0" RR(A, TTL, "\4") "\1\2\3\4"),
	  UNKNOWN("malformed answer") },
	{ "a_name_that_never_ends", DNS_A, BYTES(HEADER(OK, "\1", "\0") QUESTION(A) "\77" LABEL_63), UNKNOWN("malformed answer") },
	{ "nxdomain_with_records", DNS_A, BYTES(HEADER(NXDOMAIN, "\1", "\0") QUESTION(A) HERE RR(A, TTL, "\4") "\1\2\3\4"), UNKNOWN("malformed answer") },
};

/* Checked in a block of just that size, so that a sanitizer sees a read behind it. */
static struct dns_answer *read_copy(const char *packet, size_t len, enum dns_type type, uint32_t *ret_ttl_s)
{
	char *copy = malloc(len + (len == 0));
	struct dns_answer *answer;

	assert_non_null(copy);
	memcpy(copy, packet, len);
	answer = dns_wire_answer(copy, len, type, ret_ttl_s);
	free(copy);
	assert_non_null(answer);
	return answer;
}

static void check_row(void **state)
{
	const struct row *row = *state;
	uint32_t ttl_s = 99;
	struct dns_answer *answer = read_copy(row->packet, row->packet_len, row->type, &ttl_s);

	assert_string_equal(answer->why, row->why);
	assert_int_equal(answer->status, row->status);
	assert_int_equal(answer->nxdomain, row->nxdomain);
	assert_int_equal(answer->len, row->records);
	if (row->status == DNS_FOUND || row->ttl_s != 0)
		assert_int_equal(ttl_s, row->ttl_s);
	if (row->status == DNS_UNKNOWN)
		assert_int_equal(ttl_s, 0);
	if (row->data != NULL) {
		assert_int_equal(answer->records[0].data.len, row->data_len);
		assert_memory_equal(answer->records[0].data.p, row->data, row->data_len + 1);
		assert_int_equal(answer->records[0].preference, row->preference);
	}
	dns_answer_unref(answer);
}

/* --- packets that are too long to be written down --- */

struct packet {
	char octets[200000];
	size_t len;
};

static struct packet packet;

static void put(const char *octets, size_t len)
{
	assert_true(len <= sizeof(packet.octets) - packet.len);
	memcpy(packet.octets + packet.len, octets, len);
	packet.len += len;
}

static void put16(size_t number)
{
	put((const char[]){ (char)(number >> 8 & 0xff), (char)(number & 0xff) }, 2);
}

static void start(char type, size_t answers)
{
	packet.len = 0;
	put("\x12\x34\x81\x80\0\1", 6);
	put16(answers);
	put("\0\0\0\0\1a\7example\0\0", 16);
	put(&type, 1);
	put("\0\1", 2);
}

static void put_rr(const char *owner, size_t owner_len, size_t type, size_t data_len)
{
	put(owner, owner_len);
	put16(type);
	put("\0\1\0\0\0\74", 6);
	put16(data_len);
}

static void expect(enum dns_type type, const char *why, size_t records)
{
	uint32_t ttl_s;
	struct dns_answer *answer = read_copy(packet.octets, packet.len, type, &ttl_s);

	assert_string_equal(answer->why, why);
	assert_int_equal(answer->status, why[0] == '\0' ? DNS_FOUND : DNS_UNKNOWN);
	assert_int_equal(answer->len, records);
	dns_answer_unref(answer);
}

static void put_txt(size_t strings)
{
	char string[256];

	memset(string, 'x', sizeof(string));
	string[0] = (char)255;
	put_rr("\xc0\14", 2, DNS_TXT, strings * sizeof(string));
	for (size_t i = 0; i < strings; i++)
		put(string, sizeof(string));
}

static void a_txt_of_255_strings_DNS_03(void **state)
{
	uint32_t ttl_s;
	struct dns_answer *answer;

	(void)state;
	start(DNS_TXT, 1);
	put_txt(255);
	answer = read_copy(packet.octets, packet.len, DNS_TXT, &ttl_s);
	assert_int_equal(answer->status, DNS_FOUND);
	assert_int_equal(answer->records[0].data.len, 255 * 255);
	for (size_t i = 0; i < 255 * 255; i++)
		assert_int_equal(answer->records[0].data.p[i], 'x');
	dns_answer_unref(answer);
}

static void more_octets_than_allowed_are_unknown_DNS_03(void **state)
{
	(void)state;
	start(DNS_TXT, 2);
	put_txt(255);
	put_txt(2);
	expect(DNS_TXT, "", 2);			/* 257 * 255 is one less than 65536 */
	start(DNS_TXT, 2);
	put_txt(255);
	put_txt(3);
	expect(DNS_TXT, "answer too large", 0);
}

static void more_records_than_allowed_are_unknown_DNS_03(void **state)
{
	static const size_t counts[] = { DNS_RECORDS_MAX, DNS_RECORDS_MAX + 1, 5000 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		start(DNS_A, counts[i]);
		for (size_t record = 0; record < counts[i]; record++) {
			put_rr("\xc0\14", 2, DNS_A, 4);
			put("\1\2\3\4", 4);
		}
		expect(DNS_A, i == 0 ? "" : "answer too large", i == 0 ? DNS_RECORDS_MAX : 0);
	}
}

static void put_chain(size_t cnames)
{
	char owner[] = "\1A\xc0\16";		/* A is replaced by "a" and then by octets from 128 on */

	start(DNS_A, cnames + 1);
	for (size_t i = 0; i < cnames; i++) {
		owner[1] = (char)(i == 0 ? 'a' : 0x80 + (i & 0x7f));
		put_rr(owner, 4, 5, 4);
		owner[1] = (char)(0x80 + ((i + 1) & 0x7f));
		put(owner, 4);
	}
	put_rr(owner, 4, DNS_A, 4);
	put("\1\2\3\4", 4);
}

static void a_chain_of_eight_cnames_is_followed_DNS_04(void **state)
{
	(void)state;
	put_chain(DNS_CNAMES_MAX);
	expect(DNS_A, "", 1);
	put_chain(DNS_CNAMES_MAX + 1);
	expect(DNS_A, "too many CNAMEs", 0);
	put_chain(50);
	expect(DNS_A, "too many CNAMEs", 0);
}

/* Each record's name is a pointer to the pointer before it. */
static void put_pointers(size_t count)
{
	start(DNS_A, count);
	for (size_t i = 0, before = 12; i < count; i++) {
		size_t here = packet.len;

		put16(0xc000 | before);
		put_rr("", 0, DNS_A, 4);
		put("\1\2\3\4", 4);
		before = here;
	}
}

/* An honest name has no more pointers than labels; without that bound a packet would cost the square of its length. */
static void pointers_to_pointers_are_followed_127_times(void **state)
{
	(void)state;
	put_pointers(127);
	expect(DNS_A, "", 127);
	put_pointers(128);
	expect(DNS_A, "malformed answer", 0);
}

static void the_longest_name_fits_DNS_16(void **state)
{
	static const char label[] = "\77" LABEL_63;
	uint32_t ttl_s;
	struct dns_answer *answer;
	char odd[64];

	(void)state;
	memset(odd, '\377', sizeof(odd));
	odd[0] = 63;
	start(DNS_PTR, 2);
	put_rr("\xc0\14", 2, DNS_PTR, 3 * 64 + 62 + 1);
	for (int i = 0; i < 3; i++)
		put(odd, 64);
	odd[0] = 61;
	put(odd, 62);
	put("", 1);
	put_rr("\xc0\14", 2, DNS_PTR, 64 + 1);
	put(label, 64);
	put("", 1);
	answer = read_copy(packet.octets, packet.len, DNS_PTR, &ttl_s);
	assert_int_equal(answer->status, DNS_FOUND);
	assert_int_equal(answer->records[0].data.len, 4 * (3 * 63 + 61) + 3);
	assert_true(answer->records[0].data.len < DNS_NAME_TEXT_MAX);
	assert_string_equal(answer->records[1].data.p, LABEL_63);
	dns_answer_unref(answer);
}

/* Every packet of the table, cut short and with each octet changed: read within its bounds, whatever it then says. */
static void every_damage_is_read_within_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (size_t at = 0; at < table[i].packet_len; at++) {
			char octets[600];
			uint32_t ttl_s;

			assert_true(table[i].packet_len <= sizeof(octets));
			memcpy(octets, table[i].packet, table[i].packet_len);
			dns_answer_unref(read_copy(octets, at, table[i].type, &ttl_s));
			octets[at] = (char)~octets[at];
			dns_answer_unref(read_copy(octets, table[i].packet_len, table[i].type, &ttl_s));
		}
	}
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check_row);
	rows_add_one(&rows, "a_txt_of_255_strings_DNS_03", a_txt_of_255_strings_DNS_03, NULL);
	rows_add_one(&rows, "more_octets_than_allowed_are_unknown_DNS_03", more_octets_than_allowed_are_unknown_DNS_03, NULL);
	rows_add_one(&rows, "more_records_than_allowed_are_unknown_DNS_03", more_records_than_allowed_are_unknown_DNS_03, NULL);
	rows_add_one(&rows, "a_chain_of_eight_cnames_is_followed_DNS_04", a_chain_of_eight_cnames_is_followed_DNS_04, NULL);
	rows_add_one(&rows, "pointers_to_pointers_are_followed_127_times", pointers_to_pointers_are_followed_127_times, NULL);
	rows_add_one(&rows, "the_longest_name_fits_DNS_16", the_longest_name_fits_DNS_16, NULL);
	rows_add_one(&rows, "every_damage_is_read_within_bounds", every_damage_is_read_within_bounds, NULL);
	return rows_run(&rows, "dns_wire");
}
