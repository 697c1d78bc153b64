/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/mail/dmarc_record.h"

#include <stdlib.h>

#include "milter/base/arena.h"
#include "t/unit/rows.h"

#define X8(s) s s s s s s s s
#define X64(s) X8(X8(s))

/* A row's text is written as "p sp np psd t adkim aspf", what is published in upper case. */
static const struct row {
	const char *name, *text, *read;
	const char *rua;	/* NULL: not compared */
} table[] = {
	/* RFC 9989 appendix B */
	{ "monitoring", "v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com", "NONE none none u n r r", "mailto:dmarc-feedback@example.com" },
	{ "rejecting_subdomains", "v=DMARC1; p=quarantine; sp=reject; np=none", "QUARANTINE REJECT NONE u n r r", "" },
	{ "testing", "v=DMARC1; p=quarantine; rua=mailto:a@example.com,mailto:b@example.net; t=y", "QUARANTINE quarantine quarantine u y r r",
	  "mailto:a@example.com,mailto:b@example.net" },

	{ "fallback_of_sp_is_p", "v=DMARC1; p=reject", "REJECT reject reject u n r r", "" },
	{ "fallback_of_np_is_sp", "v=DMARC1; p=reject; sp=none", "REJECT NONE none u n r r", "" },
	{ "np_without_sp", "v=DMARC1; p=none; np=reject", "NONE none REJECT u n r r", "" },
	{ "psd_y", "v=DMARC1; p=none; psd=y", "NONE none none y n r r", "" },
	{ "psd_n", "v=DMARC1; p=none; psd=n", "NONE none none n n r r", "" },
	{ "psd_u", "v=DMARC1; p=none; psd=u", "NONE none none u n r r", "" },
	{ "psd_of_another_value_is_u", "v=DMARC1; p=none; psd=yes", "NONE none none u n r r", "" },
	{ "t_n", "v=DMARC1; p=reject; t=n", "REJECT reject reject u n r r", "" },
	{ "t_of_another_value_is_n", "v=DMARC1; p=reject; t=yes", "REJECT reject reject u n r r", "" },
	{ "strict", "v=DMARC1; p=none; adkim=s; aspf=s", "NONE none none u n s s", "" },
	{ "relaxed", "v=DMARC1; p=none; adkim=r; aspf=x", "NONE none none u n r r", "" },
	{ "any_case_of_tags_and_values", "V=DMARC1; P=Reject; ADKIM=S; PSD=Y; T=Y", "REJECT reject reject y y s r", "" },
	{ "order_does_not_matter_behind_the_version", "v=DMARC1; adkim=s; p=reject", "REJECT reject reject u n s r", "" },

	/* tolerance: RFC 9989 4.7, 4.8, 4.10.1 */
	{ "version_alone_is_none_DNS_15", "v=DMARC1", "none none none u n r r", "" },
	{ "version_and_semicolon", "v=DMARC1;", "none none none u n r r", "" },
	{ "missing_p_is_none_DNS_15", "v=DMARC1; rua=mailto:a@example.com", "none none none u n r r", "mailto:a@example.com" },
	{ "missing_p_leaves_sp", "v=DMARC1; sp=reject", "none REJECT reject u n r r", "" },
	{ "empty_p_is_none", "v=DMARC1; p=; sp=reject", "none none none u n r r", "" },
	{ "invalid_p_is_none", "v=DMARC1; p=rejected; rua=mailto:a@example.com", "none none none u n r r", "mailto:a@example.com" },
	{ "invalid_sp_makes_all_none", "v=DMARC1; p=reject; sp=quaratine", "none none none u n r r", "" },
	{ "invalid_np_makes_all_none", "v=DMARC1; p=reject; np=all", "none none none u n r r", "" },
	{ "p_twice_is_invalid", "v=DMARC1; p=none; p=reject", "none none none u n r r", "" },
	{ "p_twice_in_the_other_order", "v=DMARC1; p=reject; p=none", "none none none u n r r", "" },
	{ "psd_twice_is_u", "v=DMARC1; p=reject; psd=y; psd=n", "REJECT reject reject u n r r", "" },
	{ "historic_tags_DNS_15", "v=DMARC1; p=reject; pct=0; rf=afrf; ri=3600", "REJECT reject reject u n r r", "" },
	{ "bad_historic_tags_DNS_15", "v=DMARC1; p=reject; pct=many; pct=; ri=x", "REJECT reject reject u n r r", "" },
	{ "unknown_tags", "v=DMARC1; x=y; p=reject; policy=none; p2=none", "REJECT reject reject u n r r", "" },
	{ "what_is_no_tag", "v=DMARC1; hello; p=reject; =; ;;; p none", "REJECT reject reject u n r r", "" },
	{ "white_space", "v \t= DMARC1 \t; p \t=\t reject\t ; adkim = s ", "REJECT reject reject u n s r", "" },
	{ "no_white_space", "v=DMARC1;p=reject;sp=none", "REJECT NONE none u n r r", "" },
	{ "value_with_spaces_inside_is_another", "v=DMARC1; p=re ject", "none none none u n r r", "" },
	{ "a_second_version_means_nothing", "v=DMARC1; v=DMARC2; p=reject", "REJECT reject reject u n r r", "" },
	{ "line_end_is_no_white_space", "v=DMARC1; p=reject\n", "none none none u n r r", "" },
	{ "eight_bit_spoils_its_tag_alone", "v=DMARC1; rua=mailto:\xc3\xbc@example.com; p=reject", "REJECT reject reject u n r r", "" },
	{ "control_spoils_its_tag_alone", "v=DMARC1; rua=mailto:a@example.com\r\n; p=reject", "REJECT reject reject u n r r", "" },
	{ "value_with_equals", "v=DMARC1; p=none; rua=mailto:a@example.com?x=y", "NONE none none u n r r", "mailto:a@example.com?x=y" },
	{ "long_record_is_read_to_its_bound", "v=DMARC1; p=reject; x=" X64(X64("a")) "; psd=y", "REJECT reject reject u n r r", "" },
	{ "tag_across_the_bound_is_not_read", "v=DMARC1; p=reject; x=" X8("a") "; rua=" X64(X64("b")), "REJECT reject reject u n r r", "" },

	/* no DMARC records: read is NULL */
	{ "empty", "", NULL, NULL },
	{ "other_version_DNS_15", "v=DMARC2; p=reject", NULL, NULL },
	{ "version_in_lower_case", "v=dmarc1; p=reject", NULL, NULL },
	{ "version_with_something_behind", "v=DMARC1x; p=reject", NULL, NULL },
	{ "version_without_semicolon", "v=DMARC1 p=reject", NULL, NULL },
	{ "version_not_first", "p=reject; v=DMARC1", NULL, NULL },
	{ "white_space_in_front", " v=DMARC1; p=reject", NULL, NULL },
	{ "quotes_in_front", "\"v=DMARC1; p=reject\"", NULL, NULL },
	{ "semicolon_in_front", ";v=DMARC1; p=reject", NULL, NULL },
	{ "no_equals", "vDMARC1; p=reject", NULL, NULL },
	{ "another_tag", "ver=DMARC1; p=reject", NULL, NULL },
	{ "version_without_value", "v=; p=reject", NULL, NULL },
	{ "v_alone", "v", NULL, NULL },
	{ "spf_record", "v=spf1 -all", NULL, NULL },
	{ "dkim_key", "v=DKIM1; p=abc", NULL, NULL },
	{ "line_end_behind_the_version", "v=DMARC1\n; p=reject", NULL, NULL },
	{ "end_of_version_beyond_the_bound", "v=" X64(X64(" ")) "DMARC1; p=reject", NULL, NULL },
};

static const char *word(struct arena *arena, enum dmarc_policy policy, bool published)
{
	char *text = arena_strdup(arena, dmarc_policy_name(policy));

	for (char *p = text; published && *p != '\0'; p++)
		*p = (char)(*p - ('a' - 'A'));
	return text;
}

static const char *describe(struct arena *arena, const struct dmarc_record *record)
{
	return arena_printf(arena, "%s %s %s %c %c %c %c", word(arena, record->p, record->has_p), word(arena, record->sp, record->has_sp),
			    word(arena, record->np, record->has_np), "uyn"[record->psd], record->testing ? 'y' : 'n',
			    record->adkim_strict ? 's' : 'r', record->aspf_strict ? 's' : 'r');
}

/* In memory of its own length: a byte too far is seen by the sanitizer. */
static struct str exact(const char *text, char **ret_memory)
{
	const size_t len = strlen(text);

	*ret_memory = malloc(len + (len == 0));
	assert_non_null(*ret_memory);
	memcpy(*ret_memory, text, len);
	return (struct str){ *ret_memory, len };
}

static void check_record(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_new();
	char *memory;
	const struct str text = exact(row->text, &memory);
	struct dmarc_record record;

	assert_int_equal(dmarc_record_is_dmarc(text), row->read != NULL);
	if (row->read != NULL) {
		dmarc_record_read(text, &record);
		assert_string_equal(describe(arena, &record), row->read);
		assert_string_equal(record.rua.p == NULL ? "" : arena_strndup(arena, record.rua.p, record.rua.len), row->rua);
	}
	free(memory);
	arena_free(arena);
}

static void nul_ends_nothing(void **state)
{
	struct dmarc_record record;

	(void)state;
	assert_false(dmarc_record_is_dmarc((struct str){ "v=DMARC1\0; p=reject", 19 }));
	dmarc_record_read((struct str){ "v=DMARC1; p=reject\0; p=none", 27 }, &record);
	assert_int_equal(record.p, DMARC_POLICY_NONE);
}

static const struct step {
	const char *name;
	enum dmarc_policy policy;
	bool testing;
	enum dmarc_policy enforced;
} steps[] = {
	{ "reject_is_enforced", DMARC_POLICY_REJECT, false, DMARC_POLICY_REJECT },
	{ "reject_in_testing_is_quarantine", DMARC_POLICY_REJECT, true, DMARC_POLICY_QUARANTINE },
	{ "quarantine_in_testing_is_none", DMARC_POLICY_QUARANTINE, true, DMARC_POLICY_NONE },
	{ "none_in_testing_is_none", DMARC_POLICY_NONE, true, DMARC_POLICY_NONE },
};

static void check_step(void **state)
{
	const struct step *row = *state;
	const struct dmarc_record record = { .testing = row->testing };

	assert_int_equal(dmarc_record_enforced(&record, row->policy), row->enforced);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, table, check_record);
	rows_add(&rows, steps, check_step);
	rows_add_one(&rows, "nul_ends_nothing", nul_ends_nothing, NULL);
	return rows_run(&rows, "dmarc_record");
}
