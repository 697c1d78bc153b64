/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/domain.h"

#include <errno.h>

#include "t/unit/rows.h"

#define LABEL_63 "a23456789012345678901234567890123456789012345678901234567890123"
#define NAME_253 LABEL_63 "." LABEL_63 "." LABEL_63 "." "a2345678901234567890123456789012345678901234567890123456789.b"

static const struct normalise {
	const char *name;
	struct str in;
	const char *expected;	/* NULL: refused */
} normalise_table[] = {
	{ "plain", STR("example.com"), "example.com" },
	{ "upper_case_R17", STR("EXT.Example"), "ext.example" },
	{ "trailing_dot_R16", STR("ours.example."), "ours.example" },
	{ "single_label", STR("localhost"), "localhost" },
	{ "underscore", STR("_dmarc.host_1.example"), "_dmarc.host_1.example" },
	{ "hyphens_inside", STR("r3---sn-x.example"), "r3---sn-x.example" },
	{ "label_of_digits_first", STR("163.example"), "163.example" },
	{ "last_label_with_a_letter", STR("10.1.2.3a"), "10.1.2.3a" },
	{ "label_of_63", STR(LABEL_63 ".example"), LABEL_63 ".example" },
	{ "name_of_253", STR(NAME_253), NAME_253 },
	{ "name_of_253_and_a_dot", STR(NAME_253 "."), NAME_253 },

	{ "empty", STR(""), NULL },
	{ "root", STR("."), NULL },
	{ "two_dots_at_the_end", STR("example.."), NULL },
	{ "empty_label_inside", STR("a..example"), NULL },
	{ "empty_label_first", STR(".example"), NULL },
	{ "label_of_64", STR("b" LABEL_63 ".example"), NULL },
	{ "name_of_254", STR(NAME_253 "b"), NULL },
	{ "very_long", STR(NAME_253 NAME_253 NAME_253 NAME_253 NAME_253), NULL },
	{ "hyphen_first", STR("-a.example"), NULL },
	{ "hyphen_last", STR("a-.example"), NULL },
	{ "space_ID_02", STR("ours.example "), NULL },
	{ "tab_ID_02", STR("ours.example\t"), NULL },
	{ "comment_ID_02", STR("ours.example(x)"), NULL },
	{ "percent_nul_ID_02", STR("ours%00.evil.example"), NULL },
	{ "nul_ID_02", STR("ours.example\0.evil.example"), NULL },
	{ "brackets_ID_02", STR("[ours.example]"), NULL },
	{ "line_end", STR("ours.example\n"), NULL },
	{ "quote_HDR_04", STR("legit.com'a.evil.example"), NULL },
	{ "open_comment_HDR_04", STR("legit.com(.evil.example"), NULL },
	{ "dotted_quad_R15", STR("203.0.113.9"), NULL },
	{ "dotted_quad_and_dot_R15", STR("203.0.113.9."), NULL },
	{ "short_quad", STR("10.1"), NULL },
	{ "one_number", STR("3405803785"), NULL },
	{ "hexadecimal_number_R15", STR("0xcb007109"), NULL },
	{ "hexadecimal_quad", STR("0xcb.0x0.0x71.0x9"), NULL },
	{ "hash_number_R15", STR("#3405803785"), NULL },
	{ "digits_as_last_label", STR("mail.example.123"), NULL },

	{ "u_label_R19", STR("m\xc3\xbcnchen.example"), "xn--mnchen-3ya.example" },
	{ "u_label_upper_case", STR("M\xc3\x9cNCHEN.example"), "xn--mnchen-3ya.example" },
	{ "u_label_decomposed_SMTP_13", STR("mu\xcc\x88nchen.example"), "xn--mnchen-3ya.example" },
	{ "a_label", STR("xn--mnchen-3ya.example"), "xn--mnchen-3ya.example" },
	{ "a_label_upper_case", STR("XN--MNCHEN-3YA.example"), "xn--mnchen-3ya.example" },
	{ "sharp_s_is_kept", STR("fa\xc3\x9f.example"), "xn--fa-hia.example" },
	{ "ideographic_stop_R19", STR("ours\xe3\x80\x82" "example"), "ours.example" },
	{ "fullwidth_stop_R19", STR("ours\xef\xbc\x8e" "example"), "ours.example" },
	{ "halfwidth_stop", STR("ours\xef\xbd\xa1" "example"), "ours.example" },
	{ "ideographic_stop_at_the_end", STR("ours.example\xe3\x80\x82"), "ours.example" },
	{ "fullwidth_letters", STR("\xef\xbd\x8f\xef\xbd\x95\xef\xbd\x92\xef\xbd\x93.example"), "ours.example" },
	{ "cyrillic_twin_ID_02", STR("\xd0\xbeurs.example"), "xn--urs-red.example" },
	{ "soft_hyphen_maps_to_nothing", STR("ou\xc2\xadrs.example"), "ours.example" },
	{ "emoji_as_a_label", STR("xn--i-7iq.example"), "xn--i-7iq.example" },
	{ "right_to_left", STR("\xd7\x90\xd7\x91.example"), "xn--4dbc.example" },

	{ "emoji_as_u_label", STR("i\xe2\x9d\xa4.example"), NULL },
	{ "a_label_of_nothing", STR("xn--.example"), NULL },
	{ "a_label_of_ascii", STR("xn--abc-.example"), NULL },
	{ "a_label_that_does_not_decode", STR("xn--zzzzzzzz99.example"), NULL },
	{ "a_label_of_a_control_character", STR("xn--a.example"), NULL },
	{ "a_label_with_utf8", STR("xn--\xc3\xbc.example"), NULL },
	{ "a_label_not_nfc", STR("xn--u-ccb.example"), NULL },
	{ "fullwidth_at_R19", STR("evil\xef\xbc\xa0ours.example"), NULL },
	{ "sign_that_maps_to_a_slash", STR("\xe2\x84\x80.example"), NULL },
	{ "one_dot_leader", STR("ours\xe2\x80\xa4" "example"), NULL },
	{ "digit_with_full_stop", STR("\xe2\x92\x88.example"), NULL },
	{ "zero_width_joiner", STR("ou\xe2\x80\x8drs.example"), NULL },
	{ "mixed_directions", STR("\xd7\x90" "a.example"), NULL },
	{ "overlong_dot_SMTP_13", STR("ours\xc0\xae" "example"), NULL },
	{ "surrogate_SMTP_13", STR("\xed\xa0\x80.example"), NULL },
	{ "latin_1", STR("m\xfcnchen.example"), NULL },
	{ "fullwidth_digits_are_a_number", STR("\xef\xbc\x91.\xef\xbc\x92"), NULL },
	{ "u_label_too_long_when_encoded",
	  STR("\xc3\xbc" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example"), NULL },
};

static void check_normalise(void **state)
{
	const struct normalise *row = *state;
	struct arena *arena = arena_new();
	const char *untouched = "untouched", *domain = untouched, *again;

	if (row->expected == NULL) {
		assert_int_equal(domain_normalise(arena, row->in, &domain), -EINVAL);
		assert_ptr_equal(domain, untouched);
	} else {
		assert_int_equal(domain_normalise(arena, row->in, &domain), 0);
		assert_string_equal(domain, row->expected);
		assert_int_equal(domain_normalise(arena, str_of(domain), &again), 0);
		assert_string_equal(again, domain);
	}
	arena_free(arena);
}

static const struct match {
	const char *name, *domain, *entry;
	bool matches, is_below;
} match_table[] = {
	{ "itself", "ours.example", "ours.example", true, false },
	{ "star", "ext.example", "*", true, false },
	{ "name_below_a_plain_entry_R18", "sub.ours.example", "ours.example", false, true },
	{ "name_below_a_dot_entry", "sub.ours.example", ".ours.example", true, false },
	{ "two_labels_below", "a.b.ours.example", ".ours.example", true, false },
	{ "itself_is_not_below", "ours.example", ".ours.example", false, false },
	{ "longer_label_R18", "xours.example", ".ours.example", false, false },
	{ "longer_label_and_plain_entry_R18", "xours.example", "ours.example", false, false },
	{ "hyphenated_label_ID_02", "evil-ours.example", "ours.example", false, false },
	{ "ours_as_a_prefix_R18", "ours.example.ext.example", "ours.example", false, false },
	{ "ours_as_a_prefix_of_below_R18", "ours.example.ext.example", ".ours.example", false, false },
	{ "shorter_R18", "ours.exampl", "ours.example", false, false },
	{ "parent", "example", "ours.example", false, false },
	{ "lone_dot", "ours.example", ".", false, false },
	{ "empty_parent", "ours.example", "", false, false },
};

static void check_match(void **state)
{
	const struct match *row = *state;

	assert_int_equal(domain_matches(row->domain, row->entry), row->matches);
	assert_int_equal(domain_is_below(row->domain, row->entry), row->is_below);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, normalise_table, check_normalise);
	rows_add(&rows, match_table, check_match);
	return rows_run(&rows, "domain");
}
