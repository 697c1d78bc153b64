/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which authors are proven by whom (RFC 9989 4.4, 5.3), over zone texts. */
#include "milter/lookup/dmarc_judge.h"

#include <errno.h>

#include "conf/conf.h"
#include "milter/base/cleanup.h"
#include "t/lib/trickle.h"
#include "t/lib/zone.h"
#include "t/unit/rows.h"

#define D(name, text) "_dmarc." name " TXT \"v=DMARC1; " text "\"\n"
#define DOWN(name) "_dmarc." name " !servfail\n"
#define A_REJECTS D("a.example", "p=reject")

static struct psl *psl;

struct source {
	struct arena *arena;
	struct zone *zone;
	struct dns_answer **answers;
	const char **names;
	size_t len, names_len;
};

static void source_close(struct source *source)
{
	for (size_t i = 0; i < source->len; i++)
		dns_answer_unref(source->answers[i]);
	zone_free(source->zone);
	arena_free(source->arena);
}

static const struct dns_answer *source_ask(void *arg, const char *name, enum dns_type type)
{
	struct source *source = arg;
	const char *question = arena_printf(source->arena, "%s %s", dns_type_name(type), name);
	size_t i = 0;

	while (i < source->len && strcmp(source->names[i], question) != 0)
		i++;
	if (i == source->len) {
		*(const char **)arena_push(source->arena, (void **)&source->names, &source->names_len, sizeof(char *)) = question;
		*(struct dns_answer **)arena_push(source->arena, (void **)&source->answers, &source->len, sizeof(void *)) =
			zone_answer(source->zone, name, type);
	}
	return source->answers[i];
}

static const struct row {
	const char *name;
	const char *authors;		/* with spaces between them */
	const char *identities;		/* "spf:DOMAIN dkim:DOMAIN dkim?:DOMAIN"; with "?" it could not be told */
	const char *zone;
	const char *judged;		/* for each author "result[:harmless][:proof] dkim spf", with ", " between them */
	unsigned asked;			/* 0: not compared */
	enum dmarc_method method;
} table[] = {
	{ "nobody_vouches", "a.example", "", A_REJECTS, "fail - -", 2, 0 },
	{ "spf_of_the_author", "a.example", "spf:a.example", A_REJECTS, "pass:a.example - y", 2, 0 },
	{ "dkim_of_the_author", "a.example", "dkim:a.example", A_REJECTS, "pass:a.example y -", 2, 0 },
	{ "both", "a.example", "spf:a.example dkim:a.example", A_REJECTS, "pass:a.example y y", 2, 0 },
	{ "stranger_s_dkim_is_no_proof", "a.example", "dkim:evil.example", A_REJECTS, "fail - -", 2, 0 },
	{ "stranger_s_spf_is_no_proof", "a.example", "spf:evil.example", A_REJECTS, "fail - -", 2, 0 },
	{ "one_of_many_signatures", "a.example", "spf:evil.example dkim:evil.example dkim:list.example dkim:a.example", A_REJECTS,
	  "pass:a.example y -", 2, 0 },
	{ "name_that_ends_alike_is_a_stranger_s", "a.example", "dkim:xa.example", A_REJECTS, "fail - -", 2, 0 },
	{ "top_level_domain_is_no_proof", "a.example", "dkim:example", A_REJECTS D("example", "p=none"), "fail - -", 2, 0 },
	{ "no_policy", "a.example", "dkim:a.example", "# none\n", "none - -", 2, 0 },
	{ "policy_none", "a.example", "", D("a.example", "p=none"), "fail - -", 2, 0 },

	/* alignment */
	{ "relaxed_subdomain_of_the_author", "a.example", "dkim:m.a.example", A_REJECTS, "pass:m.a.example y -", 3, 0 },
	{ "relaxed_organization_of_the_author", "m.a.example", "dkim:a.example", A_REJECTS, "pass:a.example y -", 3, 0 },
	{ "relaxed_sibling", "m.a.example", "spf:n.a.example", A_REJECTS, "pass:n.a.example - y", 4, 0 },
	{ "strict_dkim", "a.example", "dkim:m.a.example", D("a.example", "p=reject; adkim=s"), "fail - -", 2, 0 },
	{ "strict_dkim_of_the_same_name", "a.example", "dkim:a.example", D("a.example", "p=reject; adkim=s"), "pass:a.example y -", 2, 0 },
	{ "strict_dkim_does_not_bind_spf", "a.example", "dkim:m.a.example spf:m.a.example", D("a.example", "p=reject; adkim=s"),
	  "pass:m.a.example - y", 3, 0 },
	{ "strict_spf", "a.example", "spf:m.a.example", D("a.example", "p=reject; aspf=s"), "fail - -", 2, 0 },
	{ "strict_spf_does_not_bind_dkim", "a.example", "dkim:m.a.example spf:m.a.example", D("a.example", "p=reject; aspf=s"),
	  "pass:m.a.example y -", 3, 0 },
	{ "strict_by_the_record_above", "m.a.example", "dkim:a.example", D("a.example", "p=reject; adkim=s"), "fail - -", 3, 0 },
	{ "identity_in_a_part_that_is_kept_apart", "a.example", "dkim:m.b.a.example", A_REJECTS D("b.a.example", "p=none; psd=n"), "fail - -", 4, 0 },
	{ "author_in_a_part_that_is_kept_apart", "b.a.example", "dkim:a.example", A_REJECTS D("b.a.example", "p=none; psd=n"), "fail - -", 3, 0 },
	{ "record_at_the_identity_alone_makes_no_organization", "m.a.example", "dkim:a.example", D("m.a.example", "p=reject"), "fail - -", 3, 0 },
	{ "customers_of_a_suffix", "a.github.io", "dkim:b.github.io", D("github.io", "p=none; sp=reject"), "fail - -", 3, 0 },
	{ "customer_for_the_suffix", "github.io", "dkim:b.github.io", D("github.io", "p=reject"), "fail - -", 0, 0 },
	{ "suffix_for_its_customer", "b.github.io", "dkim:github.io", D("b.github.io", "p=reject") D("github.io", "p=none"), "fail - -", 3, 0 },
	{ "list_subdomain", "a.example", "dkim:m.n.a.example", A_REJECTS, "pass:m.n.a.example y -", 1, DMARC_PSL },
	{ "list_suffix", "a.co.uk", "dkim:b.co.uk", D("a.co.uk", "p=reject"), "fail - -", 1, DMARC_PSL },
	{ "list_without_a_record_of_the_parent", "m.a.example", "dkim:a.example", D("m.a.example", "p=reject"), "pass:a.example y -", 2, DMARC_PSL },

	/* it could not be told */
	{ "policy_unknown_DNS_01", "a.example", "", DOWN("a.example"), "temperror(a.example) - -", 2, 0 },
	{ "policy_unknown_and_a_stranger_DNS_01", "a.example", "dkim:evil.example", DOWN("a.example"), "temperror(a.example) ? -", 0, 0 },
	{ "policy_unknown_but_proven_by_name_DNS_01", "a.example", "dkim:a.example", DOWN("a.example"), "temperror:harmless(a.example) y -", 2, 0 },
	{ "policy_unknown_and_proven_by_organization_DNS_01", "m.a.example", "dkim:a.example", DOWN("m.a.example") A_REJECTS,
	  "temperror(m.a.example) ? -", 3, 0 },
	{ "policy_unknown_and_the_proof_by_name_comes_second_DNS_01", "m.a.example", "dkim:a.example dkim:m.a.example", DOWN("m.a.example") A_REJECTS,
	  "temperror:harmless(m.a.example) y -", 2, DMARC_PSL },
	{ "dkim_unsure_DNS_01", "a.example", "dkim?:a.example", A_REJECTS, "temperror() ? -", 2, 0 },
	{ "spf_unsure_DNS_01", "a.example", "spf?:m.a.example", A_REJECTS, "temperror() - ?", 3, 0 },
	{ "unsure_stranger_DNS_01", "a.example", "dkim?:evil.example spf?:evil.example", A_REJECTS, "fail - -", 2, 0 },
	{ "unsure_but_strict_DNS_01", "a.example", "dkim?:m.a.example", D("a.example", "p=reject; adkim=s"), "fail - -", 2, 0 },
	{ "unsure_with_a_proof_DNS_01", "a.example", "dkim?:a.example spf:a.example", A_REJECTS, "pass:a.example ? y", 2, 0 },
	{ "proof_before_unsure_DNS_01", "a.example", "dkim:m.a.example dkim?:a.example", A_REJECTS, "pass:m.a.example y -", 3, 0 },
	{ "unsure_with_policy_none_DNS_01", "a.example", "dkim?:a.example", D("a.example", "p=none"), "temperror:harmless() ? -", 2, 0 },
	{ "unsure_with_quarantine_in_testing_DNS_01", "a.example", "dkim?:a.example", D("a.example", "p=quarantine; t=y"),
	  "temperror:harmless() ? -", 2, 0 },
	{ "unsure_without_policy_DNS_01", "a.example", "dkim?:a.example", "# none\n", "none - -", 2, 0 },
	{ "walk_of_the_identity_fails_DNS_01", "a.example", "dkim:m.a.example", A_REJECTS DOWN("m.a.example"), "temperror(m.a.example) ? -", 3, 0 },
	{ "top_fails_for_both_above_their_record_DNS_01", "m.a.example", "dkim:n.a.example", A_REJECTS D("m.a.example", "p=reject") DOWN("example"),
	  "pass:n.a.example y -", 4, 0 },
	{ "top_fails_for_a_stranger_of_another_top_DNS_01", "a.example", "dkim:evil.invalid", A_REJECTS DOWN("example"), "fail - -", 2, 0 },
	{ "stranger_s_failing_dns_changes_nothing_DNS_01", "a.example", "dkim:evil.example", A_REJECTS DOWN("evil.example"), "fail - -", 2, 0 },
	{ "existence_unknown_DNS_01", "m.a.example", "", D("a.example", "p=none; np=reject") "m.a.example A !servfail\n",
	  "temperror(m.a.example) - -", 4, 0 },
	{ "existence_unknown_but_proven_DNS_01", "m.a.example", "dkim:a.example", D("a.example", "p=none; np=reject") "m.a.example A !servfail\n",
	  "pass:a.example y -", 4, 0 },

	/* several authors HDR-07 */
	{ "each_author_by_himself_HDR_07", "a.example b.example", "dkim:a.example", A_REJECTS D("b.example", "p=reject"),
	  "pass:a.example y -, fail - -", 3, 0 },
	{ "all_authors_proven_HDR_07", "a.example b.example", "dkim:a.example spf:b.example", A_REJECTS D("b.example", "p=reject"),
	  "pass:a.example y -, pass:b.example - y", 3, 0 },
	{ "authors_of_one_organization_HDR_07", "m.a.example n.a.example", "dkim:a.example", A_REJECTS, "pass:a.example y -, pass:a.example y -", 4, 0 },
	{ "one_unknown_does_not_touch_the_other_HDR_07", "a.example b.example", "dkim:a.example", A_REJECTS DOWN("b.example"),
	  "pass:a.example y -, temperror(b.example) ? -", 0, 0 },
};

static bool next_word(struct str *rest, struct str *ret_word)
{
	*ret_word = rest->p == NULL ? (struct str){ NULL, 0 } : str_split(rest, " ");
	return ret_word->len > 0;
}

static void read_identity(struct arena *arena, struct str word, struct dmarc_case *dmarc_case)
{
	struct str domain = word;
	const struct str kind = str_split(&domain, ":");

	dmarc_case_add_identity(dmarc_case, &(struct dmarc_identity){
		.domain = arena_strndup(arena, domain.p, domain.len), .is_dkim = kind.p[0] == 'd', .is_unsure = kind.p[kind.len - 1] == '?' });
}

static struct dmarc_case read_case(struct arena *arena, const struct row *row)
{
	struct dmarc_case dmarc_case = { .authors_len = 0 };
	struct str authors = str_of(row->authors), identities = str_of(row->identities), word;

	while (next_word(&authors, &word))
		dmarc_case.authors[dmarc_case.authors_len++] = arena_strndup(arena, word.p, word.len);
	while (next_word(&identities, &word))
		read_identity(arena, word, &dmarc_case);
	return dmarc_case;
}

static const char *describe_one(struct arena *arena, const struct dmarc_judgement *judgement)
{
	const char *text = dmarc_result_name(judgement->result);

	if (judgement->harmless && judgement->result == DMARC_RESULT_TEMPERROR)
		text = arena_printf(arena, "%s:harmless", text);
	if (judgement->result == DMARC_RESULT_PASS)
		text = arena_printf(arena, "%s:%s", text, judgement->proof->domain);
	if (judgement->result == DMARC_RESULT_TEMPERROR)
		text = arena_printf(arena, "%s(%s)", text, judgement->failed == NULL ? "" : judgement->failed);
	return arena_printf(arena, "%s %c %c", text, "-y?"[judgement->dkim], "-y?"[judgement->spf]);
}

static const char *describe(struct arena *arena, const struct dmarc_case *dmarc_case)
{
	const char *text = "";

	for (size_t i = 0; i < dmarc_case->authors_len; i++) {
		assert_ptr_equal(dmarc_case->judgements[i].author, dmarc_case->authors[i]);
		text = arena_printf(arena, "%s%s%s", text, i == 0 ? "" : ", ", describe_one(arena, &dmarc_case->judgements[i]));
	}
	return text;
}

static void check_order(struct arena *arena, struct source *source, const struct row *row, const struct dmarc_rules *rules)
{
	for (unsigned seed = 0; seed < 5; seed++) {
		struct trickle *trickle = trickle_new(arena, source_ask, source, seed);
		struct dmarc_case dmarc_case = read_case(arena, row);

		while (dmarc_case_judge(&dmarc_case, rules, trickle_ask, trickle) == -EAGAIN)
			assert_true(trickle_next(trickle));
		assert_string_equal(describe(arena, &dmarc_case), row->judged);
	}
}

static void check_judge(void **state)
{
	const struct row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(source_close) struct source source = { .arena = arena_new(), .zone = zone_new(row->zone) };
	const struct dmarc_rules rules = { row->method, psl };
	struct dmarc_case dmarc_case = read_case(arena, row);

	assert_int_equal(dmarc_case_judge(&dmarc_case, &rules, source_ask, &source), 0);
	assert_string_equal(describe(arena, &dmarc_case), row->judged);
	if (row->asked != 0)
		assert_int_equal(source.len, row->asked);
	check_order(arena, &source, row, &rules);
}

/* --- what is asked when --- */

static void relatives_are_asked_about_with_the_author(void **state)
{
	static const struct row row = { .authors = "a.example", .identities = "dkim:m.n.a.example spf:stranger.example" };
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(source_close) struct source source = { .arena = arena_new(), .zone = zone_new(A_REJECTS) };
	const struct dmarc_rules rules = { DMARC_TREEWALK, psl };
	struct trickle *trickle = trickle_new(arena, source_ask, &source, 1);
	struct dmarc_case dmarc_case = read_case(arena, &row);

	(void)state;
	assert_int_equal(dmarc_case_judge(&dmarc_case, &rules, trickle_ask, trickle), -EAGAIN);
	assert_int_equal(trickle_asked(trickle), 4);
}

static void identities_beyond_the_limit_prove_nothing(void **state)
{
	_cleanup_(source_close) struct source source = { .arena = arena_new(), .zone = zone_new(A_REJECTS) };
	const struct dmarc_rules rules = { DMARC_TREEWALK, psl };
	struct dmarc_case dmarc_case = { .authors = { "a.example" }, .authors_len = 1 };

	(void)state;
	for (size_t i = 0; i < DMARC_IDENTITIES_MAX; i++)
		dmarc_case_add_identity(&dmarc_case, &(struct dmarc_identity){ .domain = "evil.example", .is_dkim = true });
	dmarc_case_add_identity(&dmarc_case, &(struct dmarc_identity){ .domain = "a.example", .is_dkim = true });
	assert_int_equal(dmarc_case_judge(&dmarc_case, &rules, source_ask, &source), 0);
	assert_int_equal(dmarc_case.judgements[0].result, DMARC_RESULT_FAIL);
}

int main(void)
{
	static struct rows rows;
	char problem[CONF_PROBLEM_MAX];
	int r;

	if (psl_open("", problem, &psl) < 0)
		return 1;
	rows_add(&rows, table, check_judge);
	rows_add_one(&rows, "relatives_are_asked_about_with_the_author", relatives_are_asked_about_with_the_author, NULL);
	rows_add_one(&rows, "identities_beyond_the_limit_prove_nothing", identities_beyond_the_limit_prove_nothing, NULL);
	r = rows_run(&rows, "dmarc_judge");
	psl_close(psl);
	return r;
}
