/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/lookup/spf_walk.h"

/* RFC 7208 5.6. */
static bool match_network(const struct spf_walk *walk, const struct spf_directive *directive)
{
	const struct network network = {
		.ip = directive->ip,
		.prefix = directive->mechanism == SPF_IP4 ? directive->prefix4 : directive->prefix6,
	};

	return network_contains(&network, &walk->query->client);
}

/* Does a host have an address that the directive takes for the client's? name is text. */
static bool match_host(struct spf_walk *walk, const char *name, const struct spf_directive *directive)
{
	const struct dns_answer *answer = spf_walk_ask_term(walk, name, spf_walk_address_type(walk));

	return answer != NULL && spf_walk_contains(walk, answer, directive->prefix4, directive->prefix6);
}

/* RFC 7208 5.4, and 4.6.4 for the limit. The first error or match ends it, in the order of the answer. */
static bool match_mx(struct spf_walk *walk, const char *name, const struct spf_directive *directive)
{
	const struct dns_answer *answer = spf_walk_ask_term(walk, name, DNS_MX);

	if (answer == NULL)
		return false;
	if (answer->len > walk->limits->names)
		return spf_walk_fail(walk, SPF_PERMERROR, "%.120s has more than %u MX records", name, walk->limits->names);
	for (size_t i = 0; i < answer->len && walk->error == SPF_NONE; i++)
		if (answer->records[i].data.len > 0 && match_host(walk, answer->records[i].data.p, directive))
			return true;	/* the empty name is the null MX of RFC 7505 */
	return false;
}

/* Is name target or below it? Both text. */
static bool ends_in(struct str name, struct str target)
{
	if (name.len < target.len || (name.len > target.len && name.p[name.len - target.len - 1] != '.'))
		return false;
	return str_equal_nocase((struct str){ name.p + name.len - target.len, target.len }, target);
}

/* RFC 7208 5.5. Only names that could match are validated: the others have no part in the result. The names and their addresses are the
 * client's, so an error is no error of the policy, and no void lookup either: it could make a permerror of a fail. */
static bool match_ptr(struct spf_walk *walk, const char *target)
{
	const struct dns_answer *names = spf_walk_client_names(walk);

	for (size_t i = 0; names != NULL && i < names->len && i < walk->limits->names; i++)
		if (ends_in(names->records[i].data, str_of(target)) && spf_walk_validates(walk, names->records[i].data.p))
			return true;
	return false;
}

/* RFC 7208 5.7: always A, whatever the client is. */
static bool match_exists(struct spf_walk *walk, const char *name)
{
	const struct dns_answer *answer = spf_walk_ask_term(walk, name, DNS_A);

	return answer != NULL && answer->status == DNS_FOUND;
}

static bool match_name(struct spf_walk *walk, const char *domain, const struct spf_directive *directive)
{
	char name[SPF_NAME_MAX + 1];
	struct spf_name_text target;

	if (!spf_walk_count_term(walk) || !spf_walk_target(walk, domain, directive->target, name))
		return false;
	spf_name_to_text(name, &target);
	switch (directive->mechanism) {
	case SPF_A:
		return match_host(walk, target.text, directive);
	case SPF_MX:
		return match_mx(walk, target.text, directive);
	case SPF_PTR:
		return match_ptr(walk, target.text);
	default:
		return match_exists(walk, target.text);
	}
}

bool spf_match(struct spf_walk *walk, const char *domain, const struct spf_directive *directive)
{
	if (directive->mechanism == SPF_IP4 || directive->mechanism == SPF_IP6)
		return match_network(walk, directive);
	return match_name(walk, domain, directive);
}
