/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/spf_evaluate.h"

#include <errno.h>

#include "milter/lookup/spf_walk.h"
#include "milter/mail/domain.h"

const struct spf_limits spf_limits_default = { .terms = 10, .voids = 2, .names = 10, .questions = 50 };

const char *spf_result_name(enum spf_result result)
{
	static const char *const names[] = {
		[SPF_NONE] = "none", [SPF_NEUTRAL] = "neutral", [SPF_PASS] = "pass", [SPF_FAIL] = "fail",
		[SPF_SOFTFAIL] = "softfail", [SPF_TEMPERROR] = "temperror", [SPF_PERMERROR] = "permerror",
	};

	return names[result];
}

/* Where the result of check_host() came from. */
struct source {
	char domain[SPF_NAME_MAX + 1];	/* "": no record was found */
	struct str mechanism;
	struct str exp;			/* of that record */
};

static enum spf_result result_of(char qualifier)
{
	switch (qualifier) {
	case '-':
		return SPF_FAIL;
	case '~':
		return SPF_SOFTFAIL;
	case '?':
		return SPF_NEUTRAL;
	default:
		return SPF_PASS;
	}
}

/* RFC 7208 4.5. Returns the only SPF record of domain; without one *ret_text has no p. */
static bool select_record(struct spf_walk *walk, const struct dns_answer *answer, const char *name, struct str *ret_text)
{
	*ret_text = (struct str){ NULL, 0 };
	for (size_t i = 0; i < answer->len; i++) {
		if (!spf_record_is_spf(answer->records[i].data))
			continue;
		if (ret_text->p != NULL)
			return spf_walk_fail(walk, SPF_PERMERROR, "%.120s has two SPF records", name);
		*ret_text = answer->records[i].data;
	}
	return ret_text->p != NULL;
}

enum { EXCERPT_MAX = 60 };

/* A stranger's bytes for people: no NUL hides what follows. */
static const char *excerpt(struct str s, char text[EXCERPT_MAX + 1])
{
	size_t len = 0;

	for (; len < s.len && len < EXCERPT_MAX; len++)
		text[len] = s.p[len] < ' ' || s.p[len] > '~' ? '?' : s.p[len];
	text[len] = '\0';
	return text;
}

/* RFC 7208 4.3, 4.4. Returns whether there is a record to go on with; if not, without an error, the result is none. */
static bool find_record(struct spf_walk *walk, const char *domain, struct spf_record *ret_record)
{
	const struct dns_answer *answer;
	struct spf_name_text name;
	struct spf_problem problem;
	char term[EXCERPT_MAX + 1];
	struct str text;

	if (spf_name_labels(str_of(domain)) < 2)
		return false;
	spf_name_to_text(domain, &name);
	answer = spf_walk_ask(walk, name.text, DNS_TXT);
	if (answer == NULL)
		return false;
	if (answer->status == DNS_UNKNOWN)
		return spf_walk_fail(walk, SPF_TEMPERROR, "TXT of %.120s: %s", name.text, answer->why);
	if (!select_record(walk, answer, name.text, &text))
		return false;
	if (spf_record_read(text, ret_record, &problem) < 0)
		return spf_walk_fail(walk, SPF_PERMERROR, "%s: %s (record of %.100s)", problem.what, excerpt(problem.term, term), name.text);
	return true;
}

static enum spf_result check_host(struct spf_walk *walk, const char *domain, struct source *ret_source);

/* check_host() for another record; there none is a permerror (RFC 7208 5.2, 6.1). */
static enum spf_result check_other(struct spf_walk *walk, const char *domain, struct str target, struct source *ret_source)
{
	char name[SPF_NAME_MAX + 1];
	enum spf_result result = SPF_NONE;

	if (!spf_walk_count_term(walk))
		return SPF_PERMERROR;
	if (spf_walk_target(walk, domain, target, name))
		result = check_host(walk, name, ret_source);
	if (result == SPF_NONE && !walk->missing)
		(void)spf_walk_fail(walk, SPF_PERMERROR, "no SPF record at %.*s", (int)(target.len < 120 ? target.len : 120), target.p);
	return walk->error != SPF_NONE ? walk->error : result;
}

static bool matches(struct spf_walk *walk, const char *domain, const struct spf_directive *directive)
{
	struct source ignored;

	switch (directive->mechanism) {
	case SPF_ALL:
		return true;
	case SPF_INCLUDE:
		return check_other(walk, domain, directive->target, &ignored) == SPF_PASS;
	default:
		return spf_match(walk, domain, directive);
	}
}

static enum spf_result check_record(struct spf_walk *walk, const char *domain, const struct spf_record *record,
				    struct source *ret_source)
{
	struct str terms = record->terms;
	struct spf_directive directive;

	while (spf_record_next(&terms, &directive)) {
		const bool matched = matches(walk, domain, &directive);

		if (walk->error != SPF_NONE || matched)
			ret_source->mechanism = directive.text;
		if (walk->error != SPF_NONE)
			return walk->error;
		if (matched)
			return result_of(directive.qualifier);
	}
	if (record->redirect.p != NULL)
		return check_other(walk, domain, record->redirect, ret_source);
	ret_source->mechanism = STR("default");
	return SPF_NEUTRAL;
}

/* RFC 7208 4.6. It calls itself for include and redirect, each of which is a term that counts. */
static enum spf_result check_host(struct spf_walk *walk, const char *domain, struct source *ret_source)
{
	struct spf_record record = { .terms = STR("") };

	*ret_source = (struct source){ .mechanism = STR("") };
	if (!find_record(walk, domain, &record))
		return walk->error;
	memcpy(ret_source->domain, domain, strlen(domain) + 1);
	ret_source->exp = record.exp;
	return check_record(walk, domain, &record, ret_source);
}

/* RFC 7208 6.2: whatever is wrong with it, there is no explanation then, and the result stays. */
static void explain(struct spf_walk *walk, const struct source *source, char ret_explanation[SPF_EXPLANATION_MAX + 1])
{
	char name[SPF_NAME_MAX + 1];
	struct spf_name_text text;
	const struct dns_answer *answer;

	ret_explanation[0] = '\0';
	if (source->exp.p == NULL || !spf_walk_target(walk, source->domain, source->exp, name))
		return;
	spf_name_to_text(name, &text);
	answer = spf_walk_ask(walk, text.text, DNS_TXT);
	if (answer == NULL || answer->len != 1 || !spf_macro_is_string(answer->records[0].data, SPF_MACRO_EXPLANATION))
		return;
	if (spf_walk_prepare_values(walk, source->domain, answer->records[0].data))
		spf_macro_expand_explanation(answer->records[0].data, &walk->values, ret_explanation);
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* RFC 7208 4.3, RFC 8616 4: U-labels become A-labels; else the name as it came, without its trailing dot. NULL when it is no domain. */
static const char *read_domain(struct arena *arena, struct str domain)
{
	const char *name;

	if (!is_ascii(domain))
		return domain_normalise(arena, domain, &name) < 0 ? NULL : name;
	if (domain.len > 0 && domain.p[domain.len - 1] == '.')
		domain.len--;
	if (domain.len == 0 || domain.p[0] == '[' || spf_name_labels(domain) < 2)
		return NULL;
	return domain.p[domain.len] == '\0' ? domain.p : arena_strndup(arena, domain.p, domain.len);
}

/* What s, l and o stand for; RFC 7208 4.3: "postmaster" where there is no local part. */
static void read_sender(struct arena *arena, struct spf_walk *walk)
{
	const char *sender = walk->query->sender, *at = strrchr(sender, '@');
	struct str local = { sender, at == NULL ? 0 : (size_t)(at - sender) };
	struct str domain = str_of(at == NULL ? sender : at + 1);
	const char *name;

	if (!is_ascii(domain) && domain_normalise(arena, domain, &name) == 0)
		domain = str_of(name);
	if (local.len == 0)
		local = STR("postmaster");
	walk->local_is_ascii = is_ascii(local);
	walk->values.local = local;
	walk->values.sender_domain = domain;
	walk->values.sender = str_of(sender);
	if (local.p != sender || domain.p != at + 1)
		walk->values.sender = str_of(arena_printf(arena, "%.*s@%.*s", (int)local.len, local.p, (int)domain.len, domain.p));
}

static void write_answer(struct arena *arena, const struct spf_walk *walk, const struct source *source, struct spf_answer *answer)
{
	struct spf_name_text domain;

	spf_name_to_text(source->domain, &domain);
	answer->domain = source->domain[0] == '\0' ? "" : arena_strdup(arena, domain.text);
	answer->mechanism = source->mechanism.len == 0 ? "" : arena_strndup(arena, source->mechanism.p,
		source->mechanism.len < SPF_MECHANISM_MAX ? source->mechanism.len : SPF_MECHANISM_MAX);
	answer->problem = walk->problem[0] == '\0' ? "" : arena_strdup(arena, walk->problem);
	answer->terms = walk->terms;
	answer->voids = walk->voids;
}

static int evaluate(struct arena *arena, struct spf_walk *walk, const char *domain, struct spf_answer *ret_answer)
{
	struct spf_answer answer = { .explanation = "" };
	char explanation[SPF_EXPLANATION_MAX + 1] = "";
	struct source source = { .mechanism = STR("") };

	answer.result = check_host(walk, domain, &source);
	if (walk->missing)
		return -EAGAIN;
	write_answer(arena, walk, &source, &answer);
	if (answer.result == SPF_FAIL && walk->query->explain)
		explain(walk, &source, explanation);
	if (walk->missing)
		return -EAGAIN;
	if (explanation[0] != '\0')
		answer.explanation = arena_strdup(arena, explanation);
	*ret_answer = answer;
	return 0;
}

int spf_evaluate(struct arena *arena, const struct spf_query *query, const struct spf_limits *limits, dns_asker ask, void *arg,
		 struct spf_answer *ret_answer)
{
	const struct arena_mark mark = arena_mark(arena);
	struct spf_walk walk = { .query = query, .limits = limits, .ask = ask, .arg = arg };
	const char *domain = query->client.family == IP_NONE ? NULL : read_domain(arena, str_of(query->domain));
	int r;

	if (domain == NULL) {
		*ret_answer = (struct spf_answer){ .result = SPF_NONE, .mechanism = "", .domain = "", .problem = "", .explanation = "" };
		return 0;
	}
	walk.values = (struct spf_macro_values){
		.client = &query->client, .helo = str_of(query->helo), .host = str_of(query->host), .now_s = query->now_ms / 1000,
	};
	read_sender(arena, &walk);
	r = evaluate(arena, &walk, domain, ret_answer);
	if (r < 0)
		arena_rewind(arena, mark);	/* it will be called again, many times */
	return r;
}
