/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every way to a policy and to an organization (RFC 9989 4.10), as zone texts. The top-level domain "example" is in no list and so counts as a
 * public suffix; co.uk and github.io are listed. */
#include "milter/lookup/dmarc_walk.h"

#include <errno.h>

#include "conf/conf.h"
#include "milter/base/cleanup.h"
#include "milter/mail/domain.h"
#include "t/lib/trickle.h"
#include "t/lib/zone.h"
#include "t/unit/rows.h"

#define D(name, text) "_dmarc." name " TXT \"v=DMARC1; " text "\"\n"
#define DOWN(name) "_dmarc." name " !servfail\n"
#define HERE(name) name " A 192.0.2.1\n"

static struct psl *psl;

/* Answers of a zone text, kept until the end, with what was asked. */
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

static size_t find_question(const struct source *source, const char *question)
{
	size_t i = 0;

	while (i < source->len && strcmp(source->names[i], question) != 0)
		i++;
	return i;
}

static const struct dns_answer *source_ask(void *arg, const char *name, enum dns_type type)
{
	struct source *source = arg;
	const char *question = arena_printf(source->arena, "%s%s%s", type == DNS_TXT ? "" : dns_type_name(type), type == DNS_TXT ? "" : ":", name);
	const size_t i = find_question(source, question);

	if (i == source->len) {
		*(const char **)arena_push(source->arena, (void **)&source->names, &source->names_len, sizeof(char *)) = question;
		*(struct dns_answer **)arena_push(source->arena, (void **)&source->answers, &source->len, sizeof(void *)) =
			zone_answer(source->zone, name, type);
	}
	return source->answers[i];
}

/* --- policies --- */

static const struct row {
	const char *name, *domain, *zone;
	const char *policy;		/* "tag=policy of domain[, enforced]", "none", "unknown at name" */
	const char *organization;	/* "?name/nearest" when it is not known */
	unsigned asked;			/* questions; 0: not compared */
	enum dmarc_method method;
} table[] = {
	/* where the policy is */
	{ "no_record", "a.example", "# none\n", "none", "a.example", 2, 0 },
	{ "own_record", "a.example", D("a.example", "p=reject"), "p=reject of a.example", "a.example", 2, 0 },
	{ "own_record_of_a_subdomain", "b.a.example", D("b.a.example", "p=reject; sp=none"), "p=reject of b.a.example", "b.a.example", 3, 0 },
	{ "own_record_before_that_of_the_organization", "b.a.example", D("b.a.example", "p=none") D("a.example", "p=reject; sp=reject"),
	  "p=none of b.a.example", "a.example", 3, 0 },
	{ "record_of_the_organization", "b.a.example", D("a.example", "p=reject"), "sp=reject of a.example", "a.example", 3, 0 },
	{ "sp_for_subdomains", "b.a.example", D("a.example", "p=reject; sp=quarantine"), "sp=quarantine of a.example", "a.example", 3, 0 },
	{ "sp_is_not_for_the_domain_itself", "a.example", D("a.example", "p=none; sp=reject"), "p=none of a.example", "a.example", 2, 0 },
	{ "record_two_levels_up", "c.b.a.example", D("a.example", "p=reject"), "sp=reject of a.example", "a.example", 4, 0 },
	{ "highest_record_is_the_organization_s", "c.b.a.example", D("b.a.example", "p=none") D("a.example", "p=reject"),
	  "sp=reject of a.example", "a.example", 4, 0 },
	{ "single_label", "localhost", "# none\n", "none", "localhost", 1, 0 },
	{ "single_label_with_a_record", "example", D("example", "p=reject"), "p=reject of example", "example", 1, 0 },

	/* psd */
	{ "psd_n_ends_the_walk", "c.b.a.example", D("b.a.example", "p=quarantine; psd=n") D("a.example", "p=reject"),
	  "sp=quarantine of b.a.example", "b.a.example", 4, 0 },
	{ "psd_n_at_the_start", "b.a.example", D("b.a.example", "p=none; psd=n") D("a.example", "p=reject"), "p=none of b.a.example",
	  "b.a.example", 3, 0 },
	{ "psd_n_above_an_own_record", "b.a.example", D("b.a.example", "p=none") D("a.example", "p=reject; psd=n"), "p=none of b.a.example",
	  "a.example", 3, 0 },
	{ "psd_y_above_makes_the_name_below_it_the_organization", "c.b.a.example", D("a.example", "p=reject; psd=y"), "sp=reject of a.example",
	  "b.a.example", 4, 0 },
	{ "psd_y_with_the_organization_s_record_below", "c.b.a.example", D("b.a.example", "p=none") D("a.example", "p=reject; psd=y"),
	  "sp=none of b.a.example", "b.a.example", 4, 0 },
	{ "psd_y_with_a_record_below_the_organization", "d.c.b.a.example", D("c.b.a.example", "p=none") D("a.example", "p=reject; psd=y"),
	  "sp=reject of a.example", "b.a.example", 5, 0 },
	{ "psd_y_at_the_start_is_its_own_organization", "a.example", D("a.example", "p=reject; psd=y"), "p=reject of a.example", "a.example", 2, 0 },
	{ "psd_y_at_the_start_ends_the_walk", "b.a.example", D("b.a.example", "p=reject; psd=y") D("a.example", "p=none; psd=n"),
	  "p=reject of b.a.example", "b.a.example", 3, 0 },
	{ "psd_y_right_above", "b.a.example", D("a.example", "p=none; sp=reject; psd=y"), "sp=reject of a.example", "b.a.example", 3, 0 },
	{ "psd_u_is_as_nothing", "c.b.a.example", D("b.a.example", "p=none; psd=u") D("a.example", "p=reject; psd=u"), "sp=reject of a.example",
	  "a.example", 4, 0 },
	{ "first_psd_upwards_counts", "c.b.a.example", D("b.a.example", "p=none; psd=y") D("a.example", "p=reject; psd=n"),
	  "sp=none of b.a.example", "c.b.a.example", 4, 0 },

	/* the list as a bound */
	{ "record_at_an_unlisted_top_level_domain_is_a_suffix_s", "b.a.example", D("example", "p=reject"), "sp=reject of example", "a.example", 3, 0 },
	{ "record_at_a_listed_suffix_is_a_suffix_s", "b.a.co.uk", D("co.uk", "p=quarantine"), "sp=quarantine of co.uk", "a.co.uk", 4, 0 },
	{ "record_at_a_private_suffix_is_a_suffix_s", "b.github.io", D("github.io", "p=none; sp=reject"), "sp=reject of github.io",
	  "b.github.io", 3, 0 },
	{ "record_of_a_suffix_below_that_of_the_top", "b.a.co.uk", D("co.uk", "p=none") D("uk", "p=reject"), "sp=none of co.uk", "a.co.uk", 4, 0 },
	{ "psd_n_at_a_listed_suffix_is_believed", "b.github.io", D("github.io", "p=none; sp=reject; psd=n"), "sp=reject of github.io",
	  "github.io", 3, 0 },
	{ "psd_y_at_a_name_that_is_not_listed_is_believed", "b.a.example", D("a.example", "p=reject; psd=y"), "sp=reject of a.example",
	  "b.a.example", 3, 0 },
	{ "suffix_that_is_an_author_itself", "co.uk", D("co.uk", "p=reject") D("uk", "p=none"), "p=reject of co.uk", "co.uk", 2, 0 },
	{ "suffix_without_a_record_below_one_with", "co.uk", D("uk", "p=none; sp=reject"), "sp=reject of uk", "co.uk", 2, 0 },

	/* np */
	{ "np_for_what_does_not_exist", "b.a.example", D("a.example", "p=none; sp=quarantine; np=reject"), "np=reject of a.example",
	  "a.example", 4, 0 },
	{ "np_is_not_for_what_exists", "b.a.example", D("a.example", "p=none; sp=quarantine; np=reject") HERE("b.a.example"),
	  "sp=quarantine of a.example", "a.example", 4, 0 },
	{ "np_is_not_for_what_exists_without_an_address", "b.a.example", D("a.example", "p=none; np=reject") "b.a.example MX 1 mx.example\n",
	  "sp=none of a.example", "a.example", 4, 0 },
	{ "np_is_not_for_an_empty_name_between_others", "b.a.example", D("a.example", "p=none; np=reject") HERE("c.b.a.example"),
	  "sp=none of a.example", "a.example", 4, 0 },
	{ "np_like_sp_is_not_asked_about", "b.a.example", D("a.example", "p=none; sp=reject; np=reject"), "sp=reject of a.example", "a.example", 3, 0 },
	{ "np_of_a_suffix", "b.a.example", D("example", "p=none; np=reject; psd=y"), "np=reject of example", "a.example", 4, 0 },
	{ "np_is_not_for_the_domain_of_the_record", "a.example", D("a.example", "p=none; np=reject"), "p=none of a.example", "a.example", 2, 0 },
	{ "milder_np", "b.a.example", D("a.example", "p=reject; np=none"), "np=none of a.example", "a.example", 4, 0 },
	{ "np_when_nobody_knows_DNS_01", "b.a.example", D("a.example", "p=none; np=reject") "b.a.example A !servfail\n", "unknown at b.a.example",
	  "a.example", 4, 0 },

	/* t */
	{ "t_makes_reject_quarantine", "a.example", D("a.example", "p=reject; t=y"), "p=reject of a.example, quarantine", "a.example", 2, 0 },
	{ "t_makes_quarantine_none", "a.example", D("a.example", "p=quarantine; t=y"), "p=quarantine of a.example, none", "a.example", 2, 0 },
	{ "t_holds_for_sp", "b.a.example", D("a.example", "p=none; sp=reject; t=y"), "sp=reject of a.example, quarantine", "a.example", 3, 0 },
	{ "t_n", "a.example", D("a.example", "p=reject; t=n"), "p=reject of a.example", "a.example", 2, 0 },

	/* records that do not count, or say little */
	{ "missing_p_DNS_15", "a.example", D("a.example", "rua=mailto:x@a.example"), "p=none of a.example", "a.example", 2, 0 },
	{ "missing_p_hides_the_record_above_DNS_15", "b.a.example", D("b.a.example", "adkim=s") D("a.example", "p=reject"),
	  "p=none of b.a.example", "a.example", 3, 0 },
	{ "unknown_and_historic_tags_DNS_15", "a.example", D("a.example", "p=reject; pct=0; x=y"), "p=reject of a.example", "a.example", 2, 0 },
	{ "two_records_are_none_DNS_15", "a.example", D("a.example", "p=reject") D("a.example", "p=none"), "none", "a.example", 2, 0 },
	{ "two_records_above_one_DNS_15", "b.a.example", D("b.a.example", "p=none") D("a.example", "p=reject") D("a.example", "p=reject"),
	  "p=none of b.a.example", "b.a.example", 3, 0 },
	{ "two_own_records_below_one_DNS_15", "b.a.example", D("b.a.example", "p=none") D("b.a.example", "p=none") D("a.example", "p=reject"),
	  "sp=reject of a.example", "a.example", 3, 0 },
	{ "other_texts_beside_the_record_DNS_15", "a.example", "_dmarc.a.example TXT \"v=spf1 -all\"\n" D("a.example", "p=reject")
	  "_dmarc.a.example TXT \"v=DMARC2; p=none\"\n", "p=reject of a.example", "a.example", 2, 0 },
	{ "spf_alone_DNS_15", "a.example", "_dmarc.a.example TXT \"v=spf1 -all\"\n", "none", "a.example", 2, 0 },
	{ "record_in_several_strings", "a.example", "_dmarc.a.example TXT \"v=DMA\" \"RC1; p=re\" \"ject\"\n", "p=reject of a.example",
	  "a.example", 2, 0 },
	{ "alias_DNS_15", "a.example", "_dmarc.a.example CNAME policy.host.example\npolicy.host.example TXT \"v=DMARC1; p=reject\"\n",
	  "p=reject of a.example", "a.example", 2, 0 },
	{ "alias_to_64_kb_DNS_15", "a.example", "_dmarc.a.example CNAME huge.example\nhuge.example !huge 248\n", "none", "a.example", 2, 0 },
	{ "alias_loop_DNS_15", "a.example", "_dmarc.a.example !loop\n", "unknown at a.example", "?a.example/", 2, 0 },
	{ "wildcard_answers_for_dmarc_too", "a.example", "*.a.example TXT \"v=DMARC1; p=reject\"\n", "p=reject of a.example", "a.example", 2, 0 },
	{ "idn_DNS_15", "xn--mnchen-3ya.example", D("xn--mnchen-3ya.example", "p=reject"), "p=reject of xn--mnchen-3ya.example",
	  "xn--mnchen-3ya.example", 2, 0 },
	{ "underscore_in_the_name", "_x.a.example", D("a.example", "p=reject"), "sp=reject of a.example", "a.example", 3, 0 },

	/* long names */
	{ "seven_labels_are_seven_questions", "f.e.d.c.b.a.example", D("a.example", "p=reject"), "sp=reject of a.example", "a.example", 7, 0 },
	{ "eight_labels_are_eight_questions", "g.f.e.d.c.b.a.example", D("a.example", "p=reject"), "sp=reject of a.example", "a.example", 8, 0 },
	{ "nine_labels_are_eight_questions", "h.g.f.e.d.c.b.a.example", D("a.example", "p=reject"), "sp=reject of a.example", "a.example", 8, 0 },
	{ "name_of_eight_labels_is_skipped_below_nine", "h.g.f.e.d.c.b.a.example", D("g.f.e.d.c.b.a.example", "p=reject"), "none",
	  "h.g.f.e.d.c.b.a.example", 8, 0 },
	{ "name_of_seven_labels_is_not", "h.g.f.e.d.c.b.a.example", D("f.e.d.c.b.a.example", "p=reject"), "sp=reject of f.e.d.c.b.a.example",
	  "f.e.d.c.b.a.example", 8, 0 },
	{ "own_record_of_a_long_name", "k.i.h.g.f.e.d.c.b.a.example", D("k.i.h.g.f.e.d.c.b.a.example", "p=reject"),
	  "p=reject of k.i.h.g.f.e.d.c.b.a.example", "k.i.h.g.f.e.d.c.b.a.example", 8, 0 },
	{ "psd_y_where_a_long_name_was_cut", "k.i.h.g.f.e.d.c.b.a.example", D("f.e.d.c.b.a.example", "p=reject; psd=y"),
	  "sp=reject of f.e.d.c.b.a.example", "g.f.e.d.c.b.a.example", 8, 0 },

	/* the DNS fails, at each step */
	{ "own_record_unknown_DNS_01", "b.a.example", DOWN("b.a.example") D("a.example", "p=reject"), "unknown at b.a.example", "?b.a.example/", 3, 0 },
	{ "record_above_unknown_DNS_01", "b.a.example", DOWN("a.example"), "unknown at a.example", "?a.example/", 3, 0 },
	{ "top_unknown_DNS_01", "b.a.example", DOWN("example"), "unknown at example", "?example/", 3, 0 },
	{ "top_unknown_with_a_record_below_DNS_01", "b.a.example", D("a.example", "p=reject") DOWN("example"), "unknown at example",
	  "?example/a.example", 3, 0 },
	{ "own_record_holds_whatever_is_above_DNS_01", "b.a.example", D("b.a.example", "p=reject") DOWN("a.example"), "p=reject of b.a.example",
	  "?a.example/b.a.example", 3, 0 },
	{ "psd_n_below_a_failure_DNS_01", "c.b.a.example", D("b.a.example", "p=reject; psd=n") DOWN("a.example"), "sp=reject of b.a.example",
	  "b.a.example", 4, 0 },
	{ "psd_y_below_a_failure_DNS_01", "c.b.a.example", D("a.example", "p=reject; psd=y") DOWN("example"), "sp=reject of a.example",
	  "b.a.example", 4, 0 },
	{ "refused_DNS_01", "a.example", "_dmarc.a.example !refused\n", "unknown at a.example", "?a.example/", 2, 0 },
	{ "timeout_DNS_01", "a.example", "_dmarc.a.example !silent\n", "unknown at a.example", "?a.example/", 2, 0 },
	{ "truncated_DNS_01", "a.example", "_dmarc.a.example !tcp-refused\n", "unknown at a.example", "?a.example/", 2, 0 },

	/* RFC 7489 */
	{ "list_own_record", "b.a.example", D("b.a.example", "p=none") D("a.example", "p=reject"), "p=none of b.a.example", "a.example", 2, DMARC_PSL },
	{ "list_record_of_the_organization", "c.b.a.example", D("b.a.example", "p=none") D("a.example", "p=none; sp=reject"),
	  "sp=reject of a.example", "a.example", 2, DMARC_PSL },
	{ "list_organization_without_a_record", "b.a.example", "# none\n", "none", "a.example", 2, DMARC_PSL },
	{ "list_organization_itself", "a.co.uk", D("a.co.uk", "p=reject"), "p=reject of a.co.uk", "a.co.uk", 1, DMARC_PSL },
	{ "list_suffix_is_not_asked", "a.co.uk", D("co.uk", "p=reject"), "none", "a.co.uk", 1, DMARC_PSL },
	{ "list_suffix_as_an_author", "co.uk", D("co.uk", "p=reject"), "p=reject of co.uk", "co.uk", 1, DMARC_PSL },
	{ "list_psd_means_nothing", "b.a.example", D("b.a.example", "p=none; psd=n") D("a.example", "p=reject; psd=y"), "p=none of b.a.example",
	  "a.example", 2, DMARC_PSL },
	{ "list_own_record_unknown_DNS_01", "b.a.example", DOWN("b.a.example") D("a.example", "p=reject"), "unknown at b.a.example", "a.example", 2,
	  DMARC_PSL },
	{ "list_organization_s_record_unknown_DNS_01", "b.a.example", DOWN("a.example"), "unknown at a.example", "a.example", 2, DMARC_PSL },
	{ "list_own_record_holds_whatever_is_above_DNS_01", "b.a.example", D("b.a.example", "p=reject") DOWN("a.example"),
	  "p=reject of b.a.example", "a.example", 2, DMARC_PSL },
};

static const char *describe_policy(struct arena *arena, const struct dmarc_discovery *discovery)
{
	static const char *const tags[] = { "p", "sp", "np" };
	const char *text;

	if (discovery->status == DNS_NOTHING)
		return "none";
	if (discovery->status == DNS_UNKNOWN)
		return arena_printf(arena, "unknown at %s", discovery->failed);
	text = arena_printf(arena, "%s=%s of %s", tags[discovery->tag], dmarc_policy_name(discovery->policy), discovery->domain);
	return discovery->policy == discovery->enforced ? text : arena_printf(arena, "%s, %s", text, dmarc_policy_name(discovery->enforced));
}

static const char *describe_organization(struct arena *arena, const struct dmarc_organization *organization)
{
	if (organization->domain != NULL)
		return organization->domain;
	assert_true(organization->why[0] != '\0');
	return arena_printf(arena, "?%s/%s", organization->failed, organization->nearest == NULL ? "" : organization->nearest);
}

static void check_discovery(struct arena *arena, const struct row *row, const struct dmarc_discovery *discovery)
{
	assert_string_equal(describe_policy(arena, discovery), row->policy);
	assert_string_equal(describe_organization(arena, &discovery->organization), row->organization);
}

/* In whatever order the answers come. */
static void check_order(struct arena *arena, struct source *source, const struct row *row, const struct dmarc_rules *rules)
{
	for (unsigned seed = 0; seed < 5; seed++) {
		struct trickle *trickle = trickle_new(arena, source_ask, source, seed);
		struct dmarc_discovery discovery;
		struct dmarc_organization organization;

		while (dmarc_discover(row->domain, rules, trickle_ask, trickle, &discovery) == -EAGAIN)
			assert_true(trickle_next(trickle));
		check_discovery(arena, row, &discovery);
		while (dmarc_organization_find(row->domain, rules, trickle_ask, trickle, &organization) == -EAGAIN)
			assert_true(trickle_next(trickle));
		assert_string_equal(describe_organization(arena, &organization), row->organization);
	}
}

static void check_walk(void **state)
{
	const struct row *row = *state;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(source_close) struct source source = { .arena = arena_new(), .zone = zone_new(row->zone) };
	const struct dmarc_rules rules = { row->method, psl };
	struct dmarc_discovery discovery;

	assert_int_equal(dmarc_discover(row->domain, &rules, source_ask, &source, &discovery), 0);
	check_discovery(arena, row, &discovery);
	assert_int_equal(source.len, row->asked);
	check_order(arena, &source, row, &rules);
}

/* --- same organization? --- */

static const struct pair {
	const char *name, *a, *b, *zone;
	enum dmarc_same same;
} pairs[] = {
	{ "parent_with_a_record", "a.example", "b.a.example", D("a.example", "p=none"), DMARC_SAME_YES },
	{ "siblings_below_a_record", "b.a.example", "c.a.example", D("a.example", "p=none"), DMARC_SAME_YES },
	{ "parent_without_a_record", "a.example", "b.a.example", D("b.a.example", "p=none"), DMARC_SAME_NO },
	{ "no_records_at_all", "a.example", "b.a.example", "# none\n", DMARC_SAME_NO },
	{ "customers_of_a_suffix_without_psd", "a.example", "b.example", D("example", "p=none"), DMARC_SAME_NO },
	{ "customers_of_a_listed_suffix_without_psd", "a.github.io", "b.github.io", D("github.io", "p=none"), DMARC_SAME_NO },
	{ "customers_of_a_suffix_with_psd_y", "b.a.example", "c.a.example", D("a.example", "p=none; psd=y"), DMARC_SAME_NO },
	{ "names_of_a_brand_s_top_level_domain", "a.example", "b.example", D("example", "p=none; psd=n"), DMARC_SAME_YES },
	{ "suffix_and_its_customer", "example", "a.example", D("example", "p=reject"), DMARC_SAME_NO },
	{ "parts_of_a_company_that_are_kept_apart", "x.b.a.example", "y.c.a.example", D("b.a.example", "p=none; psd=n") D("a.example", "p=none"),
	  DMARC_SAME_NO },
	{ "same_failure_above_the_same_record_DNS_01", "b.a.example", "c.a.example", D("a.example", "p=none") DOWN("example"), DMARC_SAME_YES },
	{ "same_failure_above_different_records_DNS_01", "b.a.example", "c.a.example", D("b.a.example", "p=none") D("c.a.example", "p=none")
	  DOWN("a.example"), DMARC_SAME_UNKNOWN },
	{ "same_failure_above_one_record_DNS_01", "b.a.example", "a.example", D("b.a.example", "p=none") DOWN("example"), DMARC_SAME_UNKNOWN },
	{ "failure_without_a_record_DNS_01", "b.a.example", "c.a.example", DOWN("example"), DMARC_SAME_UNKNOWN },
	{ "failure_on_one_side_DNS_01", "b.a.example", "c.a.example", D("a.example", "p=none") DOWN("c.a.example"), DMARC_SAME_UNKNOWN },
};

static void check_pair(void **state)
{
	const struct pair *row = *state;
	_cleanup_(source_close) struct source source = { .arena = arena_new(), .zone = zone_new(row->zone) };
	const struct dmarc_rules rules = { DMARC_TREEWALK, psl };
	struct dmarc_organization a, b;

	assert_int_equal(dmarc_organization_find(row->a, &rules, source_ask, &source, &a), 0);
	assert_int_equal(dmarc_organization_find(row->b, &rules, source_ask, &source, &b), 0);
	assert_int_equal(dmarc_organization_same(&a, &b), row->same);
	assert_int_equal(dmarc_organization_same(&b, &a), row->same);
}

/* --- what is asked --- */

static void all_names_are_asked_at_once(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(source_close) struct source source = { .arena = arena_new(), .zone = zone_new("# none\n") };
	const struct dmarc_rules rules = { DMARC_TREEWALK, psl };
	struct trickle *trickle = trickle_new(arena, source_ask, &source, 1);
	struct dmarc_discovery discovery;

	(void)state;
	assert_int_equal(dmarc_discover("h.g.f.e.d.c.b.a.example", &rules, trickle_ask, trickle, &discovery), -EAGAIN);
	assert_int_equal(trickle_asked(trickle), DMARC_WALK_MAX);
}

static void names_that_are_asked(void **state)
{
	static const char *const names[] = {
		"_dmarc.k.i.h.g.f.e.d.c.b.a.example", "_dmarc.f.e.d.c.b.a.example", "_dmarc.e.d.c.b.a.example", "_dmarc.d.c.b.a.example",
		"_dmarc.c.b.a.example", "_dmarc.b.a.example", "_dmarc.a.example", "_dmarc.example",
	};
	_cleanup_(source_close) struct source source = { .arena = arena_new(), .zone = zone_new("# none\n") };
	const struct dmarc_rules rules = { DMARC_TREEWALK, psl };
	struct dmarc_discovery discovery;

	(void)state;
	assert_int_equal(dmarc_discover("k.i.h.g.f.e.d.c.b.a.example", &rules, source_ask, &source, &discovery), 0);
	assert_int_equal(source.len, sizeof(names) / sizeof(names[0]));
	for (size_t i = 0; i < source.len; i++)
		assert_string_equal(source.names[i], names[i]);
}

/* With "_dmarc." in front it would be longer than a name may be. */
static void name_without_room_for_the_prefix_has_no_record(void **state)
{
	char domain[DOMAIN_MAX + 1] = "";
	_cleanup_(source_close) struct source source = { .arena = arena_new(), .zone = zone_new(D("a.example", "p=reject")) };
	const struct dmarc_rules rules = { DMARC_TREEWALK, psl };
	struct dmarc_discovery discovery;

	(void)state;
	while (strlen(domain) + strlen("a.example") + 2 <= DOMAIN_MAX)
		(void)strcat(domain, "x.");
	(void)strcat(domain, "a.example");
	assert_int_equal(dmarc_discover(domain, &rules, source_ask, &source, &discovery), 0);
	assert_int_equal(source.len, DMARC_WALK_MAX - 1);
	assert_string_equal(discovery.domain, "a.example");
}

int main(void)
{
	static struct rows rows;
	char problem[CONF_PROBLEM_MAX];
	int r;

	if (psl_open("", problem, &psl) < 0)
		return 1;
	rows_add(&rows, table, check_walk);
	rows_add(&rows, pairs, check_pair);
	rows_add_one(&rows, "all_names_are_asked_at_once", all_names_are_asked_at_once, NULL);
	rows_add_one(&rows, "names_that_are_asked", names_that_are_asked, NULL);
	rows_add_one(&rows, "name_without_room_for_the_prefix_has_no_record", name_without_room_for_the_prefix_has_no_record, NULL);
	r = rows_run(&rows, "dmarc_walk");
	psl_close(psl);
	return r;
}
