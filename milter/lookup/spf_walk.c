/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/spf_walk.h"

#include <stdarg.h>
#include <stdio.h>

void spf_name_to_text(const char *name, struct spf_name_text *ret_text)
{
	char *out = ret_text->text;

	for (; *name != '\0'; name++) {
		if (ascii_is_alnum(*name) || strchr("-_.", *name) != NULL)
			*out++ = ascii_lower(*name);
		else
			out += snprintf(out, 5, "\\%03u", (unsigned)(unsigned char)*name);
	}
	*out = '\0';
}

bool spf_walk_fail(struct spf_walk *walk, enum spf_result error, const char *format, ...)
{
	va_list args;

	if (walk->error != SPF_NONE)
		return false;
	walk->error = error;
	va_start(args, format);
	(void)vsnprintf(walk->problem, sizeof(walk->problem), format, args);
	va_end(args);
	for (char *p = walk->problem; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return false;
}

bool spf_walk_count_term(struct spf_walk *walk)
{
	if (++walk->terms <= walk->limits->terms)
		return true;
	return spf_walk_fail(walk, SPF_PERMERROR, "more than %u terms that ask the DNS", walk->limits->terms);
}

const struct dns_answer *spf_walk_ask(struct spf_walk *walk, const char *name, enum dns_type type)
{
	const struct dns_answer *answer;

	if (++walk->questions > walk->limits->questions) {
		(void)spf_walk_fail(walk, SPF_PERMERROR, "more than %u questions", walk->limits->questions);
		return NULL;
	}
	answer = walk->ask(walk->arg, name, type);
	if (answer == NULL)
		walk->missing = true;
	return answer;
}

const struct dns_answer *spf_walk_ask_term(struct spf_walk *walk, const char *name, enum dns_type type)
{
	const struct dns_answer *answer = spf_walk_ask(walk, name, type);

	if (answer == NULL)
		return NULL;
	if (answer->status == DNS_UNKNOWN) {
		(void)spf_walk_fail(walk, SPF_TEMPERROR, "%s of %.120s: %s", dns_type_name(type), name, answer->why);
		return NULL;
	}
	if (answer->status == DNS_NOTHING && ++walk->voids > walk->limits->voids)
		(void)spf_walk_fail(walk, SPF_PERMERROR, "more than %u lookups without result", walk->limits->voids);
	return answer;
}

enum dns_type spf_walk_address_type(const struct spf_walk *walk)
{
	return walk->query->client.family == IP_V6 ? DNS_AAAA : DNS_A;
}

bool spf_walk_contains(const struct spf_walk *walk, const struct dns_answer *answer, unsigned prefix4, unsigned prefix6)
{
	struct network network = { .prefix = walk->query->client.family == IP_V6 ? prefix6 : prefix4 };

	for (size_t i = 0; i < answer->len; i++) {
		network.ip = dns_record_ip(&answer->records[i]);
		if (network_contains(&network, &walk->query->client))
			return true;
	}
	return false;
}

const struct dns_answer *spf_walk_client_names(struct spf_walk *walk)
{
	char reverse[DNS_REVERSE_MAX];

	return spf_walk_ask(walk, dns_reverse_name(&walk->query->client, NULL, reverse), DNS_PTR);
}

bool spf_walk_validates(struct spf_walk *walk, const char *name)
{
	const struct dns_answer *answer = spf_walk_ask(walk, name, spf_walk_address_type(walk));

	return answer != NULL && spf_walk_contains(walk, answer, 32, 128);
}

/* How good a name is for %{p} (RFC 7208 7.3): <domain> itself, one below it, any; 0: not at all. */
static unsigned rank(const char *name, const char *domain)
{
	struct str whole = str_of(name), end = str_of(domain);

	/* One with octets that no host name has would need other escapes in each place that it is put to. */
	if (whole.len == 0 || whole.len > SPF_NAME_MAX || strchr(name, '\\') != NULL)
		return 0;
	if (str_equal_nocase(whole, end))
		return 3;
	if (whole.len <= end.len || name[whole.len - end.len - 1] != '.')
		return 1;
	return str_equal_nocase((struct str){ name + whole.len - end.len, end.len }, end) ? 2 : 1;
}

/* RFC 7208 7.3: the validated name of the client; without one, or with an error, "unknown". */
static struct str validated_name(struct spf_walk *walk, const char *domain)
{
	const struct dns_answer *names = spf_walk_client_names(walk);
	struct str best = STR("unknown");
	unsigned best_rank = 0;

	for (size_t i = 0; names != NULL && i < names->len && i < walk->limits->names; i++) {
		const char *name = names->records[i].data.p;
		const unsigned its_rank = rank(name, domain);

		if (its_rank > best_rank && spf_walk_validates(walk, name)) {
			best_rank = its_rank;
			best = names->records[i].data;
		}
	}
	return best;
}

bool spf_walk_prepare_values(struct spf_walk *walk, const char *domain, struct str text)
{
	const bool missing = walk->missing;

	walk->values.domain = str_of(domain);
	if (!spf_macro_uses(text, "p"))
		return true;
	walk->missing = false;
	walk->values.validated = validated_name(walk, domain);
	if (!walk->missing) {
		walk->missing = missing;
		return walk->error == SPF_NONE;
	}
	return false;
}

bool spf_walk_target(struct spf_walk *walk, const char *domain, struct str target, char ret_name[SPF_NAME_MAX + 1])
{
	if (target.p == NULL) {
		memcpy(ret_name, domain, strlen(domain) + 1);
		return true;
	}
	/* RFC 8616 4: a local part that is not ASCII makes what uses it match nothing. */
	if (!walk->local_is_ascii && spf_macro_uses(target, "ls"))
		return false;
	return spf_walk_prepare_values(walk, domain, target) && spf_macro_expand_name(target, &walk->values, ret_name) >= 0;
}
