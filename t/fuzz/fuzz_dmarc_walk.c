/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A DNS made of the input: the walk ends, keeps its limit, says the same in whatever order the answers come, and never lets one customer of a public
 * suffix stand for another.
 *
 * The input is lines: the first is two domains, author and identity, separated by a space. The others are "NAME STATE TEXT": a record of
 * _dmarc.NAME, or of "A NAME"; STATE is R (a record), U (it failed), X (no such name). What is not there has no data. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "milter/lookup/dmarc_judge.h"
#include "milter/mail/domain.h"
#include "t/lib/trickle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES_MAX = 40, ANSWERS_MAX = 64, RECORDS_MAX = 8 };

struct dns {
	struct str lines[LINES_MAX];
	size_t lines_len;
	struct dns_answer *answers[ANSWERS_MAX];
	char names[ANSWERS_MAX][DNS_NAME_MAX + 16];
	size_t len;
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

static struct dns_answer *make_answer(const struct dns *dns, struct str name)
{
	struct dns_record records[RECORDS_MAX];
	size_t len = 0;

	for (size_t i = 0; i < dns->lines_len; i++) {
		struct str rest = dns->lines[i];
		const struct str owner = str_split(&rest, " "), state = str_split(&rest, " ");

		if (!str_equal_nocase(owner, name) || state.len != 1)
			continue;
		if (state.p[0] == 'U')
			return dns_answer_unknown("fuzz");
		if (state.p[0] == 'X')
			return dns_answer_nothing(true);
		if (len < RECORDS_MAX && rest.p != NULL)
			records[len++] = (struct dns_record){ .data = rest };
	}
	return len == 0 ? dns_answer_nothing(false) : dns_answer_new(DNS_FOUND, "", records, len);
}

static const struct dns_answer *ask(void *arg, const char *name, enum dns_type type)
{
	struct dns *dns = arg;
	const bool is_policy = type == DNS_TXT;

	check(strlen(name) <= DNS_NAME_MAX && (!is_policy || strncmp(name, "_dmarc.", 7) == 0) && (is_policy || type == DNS_A));
	for (size_t i = 0; i < dns->len; i++)
		if (strcmp(dns->names[i], name) == 0)
			return dns->answers[i];
	check(dns->len < ANSWERS_MAX);
	memcpy(dns->names[dns->len], name, strlen(name) + 1);
	dns->answers[dns->len] = make_answer(dns, str_of(is_policy ? name + 7 : name));
	return dns->answers[dns->len++];
}

static const struct psl *list(void)
{
	static struct psl *psl;
	char problem[CONF_PROBLEM_MAX];

	if (psl == NULL)
		check(psl_open("", problem, &psl) == 0);
	return psl;
}

static bool is_part(const char *part, const char *domain)
{
	return part >= domain && part <= domain + strlen(domain) && strcmp(part, domain + strlen(domain) - strlen(part)) == 0;
}

static void check_discovery(const char *author, const struct dmarc_discovery *discovery)
{
	if (discovery->organization.domain != NULL)
		check(is_part(discovery->organization.domain, author));
	if (discovery->status != DNS_FOUND)
		return;
	check(is_part(discovery->domain, author));
	check((discovery->tag == DMARC_TAG_P) == (strcmp(discovery->domain, author) == 0));
	check(discovery->enforced <= discovery->policy);
}

static void check_judgement(const struct dmarc_case *dmarc_case, const struct dmarc_rules *rules)
{
	const struct dmarc_judgement *judgement = &dmarc_case->judgements[0];
	const char *author = dmarc_case->authors[0], *identity = dmarc_case->identities[0].domain;

	check_discovery(author, &judgement->discovery);
	if (judgement->result != DMARC_RESULT_PASS || strcmp(author, identity) == 0)
		return;
	/* one organization: they have a name in common; by the list it is no public suffix */
	check(strcmp(strrchr(author, '.') == NULL ? author : strrchr(author, '.'), strrchr(identity, '.') == NULL ? identity : strrchr(identity, '.')) == 0 ||
	      domain_is_below(author, identity) || domain_is_below(identity, author));
	check(rules->method != DMARC_PSL || !psl_is_suffix(rules->psl, author));
}

static void judge(struct dns *dns, const struct dmarc_case *given, const struct dmarc_rules *rules)
{
	struct dmarc_case first = *given;

	check(dmarc_case_judge(&first, rules, ask, dns) == 0);
	check(dns->len <= 2 * DMARC_WALK_MAX + 1);
	check_judgement(&first, rules);
	for (unsigned seed = 0; seed < 3; seed++) {
		struct arena *arena = arena_new();
		struct trickle *trickle = trickle_new(arena, ask, dns, seed);
		struct dmarc_case again = *given;

		while (dmarc_case_judge(&again, rules, trickle_ask, trickle) == -EAGAIN)
			check(trickle_next(trickle));
		check(again.judgements[0].result == first.judgements[0].result && again.judgements[0].harmless == first.judgements[0].harmless);
		check(again.judgements[0].dkim == first.judgements[0].dkim);
		check(again.judgements[0].discovery.enforced == first.judgements[0].discovery.enforced);
		arena_free(arena);
	}
}

static void run(struct arena *arena, struct str text)
{
	struct dmarc_case dmarc_case = { .authors_len = 1 };
	struct str identity = str_split(&text, "\n");
	const struct str author = str_split(&identity, " ");
	struct dmarc_identity proof = { .is_dkim = true };

	if (identity.p == NULL || domain_normalise(arena, author, &dmarc_case.authors[0]) < 0 ||
	    domain_normalise(arena, identity, &proof.domain) < 0)
		return;
	dmarc_case_add_identity(&dmarc_case, &proof);
	for (unsigned method = DMARC_TREEWALK; method <= DMARC_PSL; method++) {
		struct dns dns = { .len = 0 };
		struct str rest = text;

		while (rest.p != NULL && dns.lines_len < LINES_MAX)
			dns.lines[dns.lines_len++] = str_split(&rest, "\n");
		judge(&dns, &dmarc_case, &(struct dmarc_rules){ (enum dmarc_method)method, list() });
		for (size_t i = 0; i < dns.len; i++)
			dns_answer_unref(dns.answers[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();

	run(arena, (struct str){ (const char *)data, size });
	arena_free(arena);
	return 0;
}
