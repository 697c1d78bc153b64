/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dnsbl_answer.h"

#include "t/unit/rows.h"

#define REFUSALS { "127.0.0.1", "127.0.0.255" }

static const struct reading {
	const char *name;
	const char *codes[3];
	const char *answers[3];
	enum dnsbl_meaning meaning;
	const char *address;
	const char *why;		/* a word of it */
} reading_table[] = {
	{ "nothing_is_not_listed", { NULL }, { NULL }, DNSBL_NOT_LISTED, "0.0.0.0", "" },
	{ "any_answer_counts_without_codes", { NULL }, { "127.0.0.9" }, DNSBL_LISTED, "127.0.0.9", "" },
	{ "any_network_counts_without_codes", { NULL }, { "127.0.1.2" }, DNSBL_LISTED, "127.0.1.2", "" },
	{ "the_code_counts_DNS_14", { "127.0.0.2" }, { "127.0.0.2" }, DNSBL_LISTED, "127.0.0.2", "" },
	{ "another_code_does_not_DNS_14", { "127.0.0.2" }, { "127.0.0.3" }, DNSBL_NOT_LISTED, "0.0.0.0", "" },
	{ "one_of_several_answers_DNS_14", { "127.0.0.4" }, { "127.0.0.2", "127.0.0.4" }, DNSBL_LISTED, "127.0.0.4", "" },
	{ "the_first_that_counts_is_named", { "127.0.0.4", "127.0.0.2" }, { "127.0.0.2", "127.0.0.4" }, DNSBL_LISTED, "127.0.0.2", "" },
	{ "mask_DNS_14", { "127.0.0.&12" }, { "127.0.0.10" }, DNSBL_LISTED, "127.0.0.10", "" },
	{ "mask_without_a_common_bit_DNS_14", { "127.0.0.&12" }, { "127.0.0.3" }, DNSBL_NOT_LISTED, "0.0.0.0", "" },
	{ "hijacked_DNS_11", { NULL }, { "203.0.113.7" }, DNSBL_ERROR, "203.0.113.7", "outside of 127" },
	{ "hijacked_beside_a_code_DNS_11", { "127.0.0.2" }, { "127.0.0.2", "203.0.113.7" }, DNSBL_ERROR, "203.0.113.7", "outside" },
	{ "misspelt_DNS_12", { NULL }, { "127.255.255.252" }, DNSBL_ERROR, "127.255.255.252", "misspelt" },
	{ "public_resolver_DNS_12", { NULL }, { "127.255.255.254" }, DNSBL_ERROR, "127.255.255.254", "public or open" },
	{ "too_many_questions_DNS_12", { NULL }, { "127.255.255.255" }, DNSBL_ERROR, "127.255.255.255", "too many" },
	{ "another_error_DNS_12", { NULL }, { "127.255.255.0" }, DNSBL_ERROR, "127.255.255.0", "refuses" },
	{ "error_beside_a_code_DNS_12", { "127.0.0.2" }, { "127.255.255.254", "127.0.0.2" }, DNSBL_ERROR, "127.255.255.254", "public" },
	{ "error_inside_a_code_DNS_12", { "127.0.0.0/8" }, { "127.255.255.254" }, DNSBL_ERROR, "127.255.255.254", "public" },
	{ "just_below_the_errors", { NULL }, { "127.255.254.254" }, DNSBL_LISTED, "127.255.254.254", "" },
	{ "refusal_of_this_list", { NULL }, { "127.0.0.1" }, DNSBL_ERROR, "127.0.0.1", "refuses" },
	{ "refusal_inside_a_mask", { "127.0.0.&1" }, { "127.0.0.255" }, DNSBL_ERROR, "127.0.0.255", "refuses" },
};

static struct dnsbl_codes codes_of(struct arena *arena, const char *const *texts, size_t max)
{
	struct conf_item items[8];
	size_t len = 0;

	for (; len < max && texts[len] != NULL; len++)
		items[len] = (struct conf_item){ .text = texts[len] };
	return dnsbl_codes_new(arena, &(struct conf_list){ .items = items, .len = len });
}

static struct dns_answer *answer_of(const char *const *addresses, size_t max)
{
	struct dns_record records[8];
	struct ip ips[8];
	size_t len = 0;

	for (; len < max && addresses[len] != NULL; len++) {
		assert_int_equal(ip_parse(addresses[len], &ips[len]), 0);
		records[len] = (struct dns_record){ .data = { (const char *)ips[len].bytes, 4 } };
	}
	return len == 0 ? dns_answer_nothing(true) : dns_answer_new(DNS_FOUND, "", records, len);
}

static void check_reading(void **state)
{
	static const char *const refusals[] = REFUSALS;
	const struct reading *row = *state;
	struct arena *arena = arena_new();
	struct dnsbl_filter filter = { codes_of(arena, row->codes, 3), codes_of(arena, refusals, 2) };
	struct dns_answer *answer = answer_of(row->answers, 3);
	struct dnsbl_reading reading = dnsbl_read(answer, &filter);
	char address[DNSBL_ADDRESS_MAX];

	assert_int_equal(reading.meaning, row->meaning);
	assert_string_equal(dnsbl_address_format(reading.address, address), row->address);
	assert_non_null(strstr(reading.why, row->why));
	assert_int_equal(reading.refused, row->meaning == DNSBL_ERROR);
	dns_answer_unref(answer);
	arena_free(arena);
}

static void an_address_of_another_length_is_an_error(void **state)
{
	struct dns_answer *answer = dns_answer_new(DNS_FOUND, "", &(struct dns_record){ .data = { "\x7f\0\0", 3 } }, 1);

	(void)state;
	assert_int_equal(dnsbl_read(answer, &(struct dnsbl_filter){ .codes = { NULL, 0 } }).meaning, DNSBL_ERROR);
	dns_answer_unref(answer);
}

static void no_answer_is_an_error_and_no_refusal_DNS_01(void **state)
{
	struct dns_answer *answer = dns_answer_unknown("SERVFAIL");
	struct dnsbl_reading reading = dnsbl_read(answer, &(struct dnsbl_filter){ .codes = { NULL, 0 } });

	(void)state;
	assert_int_equal(reading.meaning, DNSBL_ERROR);
	assert_string_equal(reading.why, "SERVFAIL");
	assert_false(reading.refused);
	dns_answer_unref(answer);
}

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct reason {
	const char *name;
	struct str txt;
	const char *reason;
} reason_table[] = {
	{ "plain", { "see https://bl.example/?ip=192.0.2.9&x=1", 40 }, "see https://bl.example/?ip=192.0.2.9&x=1" },
	{ "empty", { "", 0 }, "" },
	{ "white_space_alone", { " \t\r\n ", 5 }, "" },
	{ "lines_become_one_DNS_14", { "spam\r\n250 ok\r\n", 14 }, "spam 250 ok" },
	{ "controls_NUL_and_8_bit_DNS_14", { "a\0b\x1b[31m\xc3\xa4", 10 }, "a?b?[31m??" },
	{ "percent_signs_stay_for_the_reply_to_double_DNS_14", { "100% %s %n", 10 }, "100% %s %n" },
	{ "markup_DNS_14", { "<script>\"x\"</script>", 20 }, "(script)'x'(/script)" },
	{ "long_ones_are_cut_DNS_14", { X50 X50 X50 X50 X50, 250 }, X50 X50 X50 X50 },
};

static void check_reason(void **state)
{
	const struct reason *row = *state;
	struct dns_answer *answer = dns_answer_new(DNS_FOUND, "", &(struct dns_record){ .data = row->txt }, 1);
	char text[DNSBL_REASON_MAX + 1];

	assert_string_equal(dnsbl_reason(answer, text), row->reason);
	dns_answer_unref(answer);
}

static void listed_without_TXT_has_no_reason_DNS_14(void **state)
{
	struct dns_answer *nothing = dns_answer_nothing(false), *unknown = dns_answer_unknown("timeout");
	char text[DNSBL_REASON_MAX + 1];

	(void)state;
	assert_string_equal(dnsbl_reason(NULL, text), "");
	assert_string_equal(dnsbl_reason(nothing, text), "");
	assert_string_equal(dnsbl_reason(unknown, text), "");
	dns_answer_unref(nothing);
	dns_answer_unref(unknown);
}

static const struct text {
	const char *name, *own, *reason, *text;
} text_table[] = {
	{ "ours", "", "spam seen", "client 192.0.2.9 is listed by bl.example (127.0.0.2): spam seen" },
	{ "ours_without_reason", "", "", "client 192.0.2.9 is listed by bl.example (127.0.0.2)" },
	{ "own_with_all", "%a %z %c %r %%", "spam", "192.0.2.9 bl.example 127.0.0.2 spam %" },
	{ "own_without_the_list_names_it_all_the_same", "go away %a", "spam", "go away 192.0.2.9 (bl.example 127.0.0.2)" },
	{ "a_doubled_percent_is_no_title", "50%%z", "", "50%z (bl.example 127.0.0.2)" },
	{ "a_reason_is_not_expanded_DNS_14", "%z: %r", "%a %n %z", "bl.example: %a %n %z" },
	{ "a_percent_at_the_end", "%z %", "", "bl.example %" },
};

static void check_text(void **state)
{
	const struct text *row = *state;
	const struct dnsbl_words words = { "client 192.0.2.9", "192.0.2.9", "bl.example", "127.0.0.2", row->reason };
	struct arena *arena = arena_new();

	assert_string_equal(dnsbl_text(arena, row->own, &words), row->text);
	arena_free(arena);
}

static void an_own_text_with_an_unknown_sign_is_an_error(void **state)
{
	static const char *const wrong[] = { "%s", "100%", "%a %x", "%%%" };
	static const char *const right[] = { "", "plain", "%a%z%c%r%%", "%%s" };
	char problem[CONF_PROBLEM_MAX];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_true(dnsbl_text_check(NULL, wrong[i], (struct conf_where){ NULL, 0 }, NULL, problem) < 0);
		assert_int_equal(dnsbl_text_check(NULL, right[i], (struct conf_where){ NULL, 0 }, NULL, problem), 0);
	}
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, reading_table, check_reading);
	rows_add_one(&rows, "an_address_of_another_length_is_an_error", an_address_of_another_length_is_an_error, NULL);
	rows_add_one(&rows, "no_answer_is_an_error_and_no_refusal_DNS_01", no_answer_is_an_error_and_no_refusal_DNS_01, NULL);
	rows_add(&rows, reason_table, check_reason);
	rows_add_one(&rows, "listed_without_TXT_has_no_reason_DNS_14", listed_without_TXT_has_no_reason_DNS_14, NULL);
	rows_add(&rows, text_table, check_text);
	rows_add_one(&rows, "an_own_text_with_an_unknown_sign_is_an_error", an_own_text_with_an_unknown_sign_is_an_error, NULL);
	return rows_run(&rows, "dnsbl_answer");
}
