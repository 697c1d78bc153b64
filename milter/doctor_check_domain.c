/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do Postfix and milter.conf mean the same domains by "ours"? */
#include <string.h>

#include "milter/doctor.h"

static const char *const parameters[] = { "mydestination", "relay_domains", "virtual_mailbox_domains", "virtual_alias_domains" };

/* Calls fn for each domain of the lists, tables and files followed; false when a part could not be read. */
typedef void (*each_fn)(struct doctor *doctor, const char *parameter, const char *domain, void *arg);

static void each_line(struct doctor *doctor, const char *parameter, const char *text, each_fn fn, void *arg)
{
	struct str rest = str_of(text);

	while (rest.p != NULL) {
		struct str line = str_split(&rest, "\n"), word = str_split(&line, " \t=");

		/* tables of aliases have addresses, too */
		if (word.len > 0 && word.p[0] != '#' && memchr(word.p, '@', word.len) == NULL && memchr(word.p, '.', word.len) != NULL)
			fn(doctor, parameter, arena_strndup(doctor->arena, word.p, word.len), arg);
	}
}

static bool is_table(struct str word)
{
	return word.p[0] == '/' || memchr(word.p, ':', word.len) != NULL;
}

static bool is_literal(struct str word)
{
	return word.p[0] == '[';
}

static bool each_domain(struct doctor *doctor, const char *parameter, each_fn fn, void *arg)
{
	const char *value = postfix_get(&doctor->facts->postfix, NULL, parameter);
	struct str rest = str_of(value), word;
	bool is_complete = value != NULL;

	while (value != NULL && postfix_word(&rest, &word)) {
		const char *text = is_table(word) ? postfix_table(doctor->arena, &doctor->facts->postfix, word) : NULL;

		/* the keys of these are patterns */
		if (str_has_prefix(word, STR("regexp:")) || str_has_prefix(word, STR("pcre:")))
			text = NULL;
		if (text != NULL)
			each_line(doctor, parameter, text, fn, arg);
		else if (is_table(word) && !is_literal(word))
			is_complete = false;
		else if (!is_literal(word) && word.p[0] != '!')
			fn(doctor, parameter, arena_strndup(doctor->arena, word.p, word.len), arg);
	}
	return is_complete;
}

/* An entry of ours or of relay_domains: example.com, or .example.com for every name below. */
static bool entry_matches(const char *entry, const char *domain)
{
	size_t entry_len = strlen(entry), len = strlen(domain);

	if (entry[0] != '.')
		return ascii_equal(entry, domain);
	return (len > entry_len && ascii_equal(domain + len - entry_len, entry)) || ascii_equal(domain, entry);
}

static bool is_ours(const struct doctor *doctor, const char *domain)
{
	const struct filter_facts *filter = &doctor->facts->filter;

	for (size_t i = 0; i < filter->domains.len; i++)
		if (entry_matches(filter->domains.items[i], domain))
			return true;
	return false;
}

/* Names of the host itself: mail for these is cron's, and comes by no session. */
static bool is_of_host(const struct doctor *doctor, const char *domain)
{
	const char *host = postfix_get(&doctor->facts->postfix, NULL, "myhostname");
	const char *mydomain = postfix_get(&doctor->facts->postfix, NULL, "mydomain");
	size_t len = strlen("localhost");

	return (strncmp(domain, "localhost", len) == 0 && (domain[len] == '\0' || domain[len] == '.')) ||
	       (host != NULL && ascii_equal(domain, host)) ||
	       (mydomain != NULL && host != NULL && strchr(domain, '.') == NULL && str_has_prefix(str_of(host), str_of(domain)));
}

static void look_whether_ours(struct doctor *doctor, const char *parameter, const char *domain, void *unused)
{
	(void)unused;
	if (!is_ours(doctor, domain) && !is_of_host(doctor, domain))
		doctor_say(doctor, DOCTOR_WARNING, arena_printf(doctor->arena, "milter.conf: add \"%s\" to domains", domain),
			   "%s has %s, and domains of milter.conf does not: its mail is refused as relaying", parameter, domain);
}

static void postfix_domains(struct doctor *doctor, const struct doctor_facts *facts)
{
	(void)facts;
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		if (!each_domain(doctor, parameters[i], look_whether_ours, NULL))
			doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "a table of %s was not read: whether domains of milter.conf has the same nobody knows",
				   parameters[i]);
}

struct search {
	const char *domain;
	bool found;
};

static void look_for(struct doctor *doctor, const char *parameter, const char *domain, void *arg)
{
	struct search *search = arg;

	(void)doctor, (void)parameter;
	if (entry_matches(domain, search->domain))
		search->found = true;
}

/* Is it in one of the lists? *ret_complete: they were read as a whole. */
static bool is_in_postfix(struct doctor *doctor, const char *domain, bool *ret_complete)
{
	struct search search = { domain, false };

	*ret_complete = true;
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		if (!each_domain(doctor, parameters[i], look_for, &search))
			*ret_complete = false;
	return search.found;
}

static void our_domains(struct doctor *doctor, const struct doctor_facts *facts)
{
	bool is_complete;

	if (facts->filter.domains.len == 0)
		doctor_say(doctor, DOCTOR_WARNING, "milter.conf: domains = { \"example.com\" }",
			   "domains of milter.conf is empty: mail from strangers is refused for everybody but postmaster");
	for (size_t i = 0; i < facts->filter.domains.len; i++) {
		const char *domain = facts->filter.domains.items[i];

		if (is_in_postfix(doctor, domain, &is_complete))
			continue;
		if (is_complete)
			doctor_say(doctor, DOCTOR_WARNING, arena_printf(doctor->arena, "main.cf: relay_domains = %s", domain),
				   "domains of milter.conf has %s, and Postfix does not take it for its own: such mail would go out again", domain);
		else
			doctor_say(doctor, DOCTOR_UNKNOWN, NULL, "whether Postfix has %s is in a table that was not read", domain);
	}
}

static void relay_domains(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *value = postfix_get(&facts->postfix, NULL, "relay_domains");
	struct str rest = str_of(value), word;

	while (value != NULL && postfix_word(&rest, &word))
		if (str_equal(word, STR("*")) || str_equal(word, STR(".")) || str_has_prefix(word, STR("static:")) ||
		    (word.p[0] == '.' && memchr(word.p + 1, '.', word.len - 1) == NULL))
			doctor_say(doctor, DOCTOR_DANGER, "main.cf: relay_domains = example.com",
				   "relay_domains has %.*s: strangers may send to all of it through this host", (int)word.len, word.p);
}

/* A server with mailboxes that sends through another one stands behind a gateway, and hears from few. */
static bool has_mailboxes_of_ours(struct doctor *doctor)
{
	static const char *const local[] = { "mydestination", "virtual_mailbox_domains" };
	bool has = false;

	for (size_t i = 0; i < doctor->facts->filter.domains.len; i++) {
		struct search search = { doctor->facts->filter.domains.items[i], false };

		for (size_t j = 0; j < 2; j++)
			(void)each_domain(doctor, local[j], look_for, &search);
		has |= search.found;
	}
	return has;
}

static void session_allow(struct doctor *doctor, const struct doctor_facts *facts)
{
	const char *relayhost = postfix_get(&facts->postfix, NULL, "relayhost");
	struct network network;

	for (size_t i = 0; i < facts->filter.session_allow.len; i++)
		if (network_parse(facts->filter.session_allow.items[i], &network) == 0 && network.prefix < 8)
			doctor_say(doctor, DOCTOR_WARNING, "milter.conf: session { allow = { \"192.0.2.25\" } }",
				   "session.allow has %s: that is nearly everybody", facts->filter.session_allow.items[i]);
	if (facts->filter.session_allow.len == 0 && relayhost != NULL && relayhost[0] != '\0' && has_mailboxes_of_ours(doctor))
		doctor_say(doctor, DOCTOR_WARNING, "milter.conf: session { allow = { \"192.0.2.25\" } }",
			   "this server has mailboxes and sends through %s, so it stands behind a gateway; session.allow is empty, and everybody may "
			   "open a session", relayhost);
}

const struct doctor_check doctor_domain_checks[] = {
	{ "relay_domains", "relay_domains names domains of ours", DOCTOR_POSTFIX, relay_domains, NULL },
	{ "postfix_domains", "what Postfix takes in is in domains of milter.conf", DOCTOR_POSTFIX | DOCTOR_FILTER, postfix_domains, NULL },
	{ "our_domains", "what is in domains of milter.conf is taken in by Postfix", DOCTOR_POSTFIX | DOCTOR_FILTER, our_domains, NULL },
	{ "session_allow", "an internal server hears only listed hosts", DOCTOR_POSTFIX | DOCTOR_FILTER, session_allow, NULL },
	{ .id = NULL },
};
