/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/reputation_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "milter/mail/domain.h"
#include "scanners/dnsbl_lookup.h"

static int address_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	struct ip ip;

	(void)conf, (void)where, (void)field;
	if (ip_parse(text, &ip) < 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" is no address", text);
	else if (!dnsbl_is_public(&ip))
		(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" is a private address; write the one that others see", text);
	else
		return 0;
	return -EINVAL;
}

static int domain_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	struct arena *arena = arena_new();
	const char *domain;
	int r = domain_normalise(arena, str_of(text), &domain);

	(void)conf, (void)where, (void)field;
	if (r == 0 && strchr(domain, '.') == NULL)
		r = -EINVAL;
	if (r < 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.60s\" is no domain that could be in a list", text);
	arena_free(arena);
	return r;
}

#define FIELD(name) offsetof(struct reputation_settings, name)

static const struct option reputation_options[] = {
	{ "addresses", OPTION_LIST, FIELD(addresses), .parse = address_check,
	  .summary = "addresses from which our mail goes out, as others see them",
	  .text = "Empty, like domains: nobody looks whether they are in a list.", .example = "{ \"198.51.100.25\", \"2001:db8::25\" }" },
	{ "domains", OPTION_LIST, FIELD(domains), .parse = domain_check, .summary = "our domains",
	  .text = "They are looked up in the lists of domains (dnsbl.of with helo or sender).", .example = "{ \"example.com\" }" },
	{ "lists", OPTION_LIST, FIELD(lists),
	  .summary = "titles of the dnsbl sections to look in; empty: all that are on, but for allow lists",
	  .text = "A section that is named here is asked even if it has enabled = no: for lists that others use and we do not.",
	  .example = "{ \"zen.example\" }" },
	{ "every", OPTION_DURATION, FIELD(every_ms), .fallback = "1h", .min = 60000, .max = 604800000,
	  .summary = "how often",
	  .text = "A new listing is an event: in the log, in the journal and by mail (section alert), with the list's reason, where to ask for "
		  "removal, and which accounts and hosts of ours were out of line in the hours before. That a list could not tell is neither "
		  "a listing nor the end of one." },
	OPTION_END
};

const struct option_section reputation_section = {
	.name = "reputation",
	.options = reputation_options,
	.settings_size = sizeof(struct reputation_settings),
	.summary = "are our own addresses and domains in a DNS list",
};

bool reputation_wants(const struct reputation_settings *settings, const struct dnsbl_settings *list)
{
	if (settings->lists.len == 0)
		return list->enabled && list->type != DNSBL_ALLOW;
	for (size_t i = 0; i < settings->lists.len; i++)
		if (strcmp(settings->lists.items[i].text, list->title) == 0)
			return true;
	return false;
}

const char *reputation_unknown(const struct conf *conf, const struct reputation_settings *settings)
{
	for (size_t i = 0; i < settings->lists.len; i++) {
		bool found = false;

		for (size_t j = 0; !found && j < conf_count(conf, "dnsbl"); j++)
			found = strcmp(((const struct dnsbl_settings *)conf_settings_at(conf, "dnsbl", j))->title, settings->lists.items[i].text) == 0;
		if (!found)
			return settings->lists.items[i].text;
	}
	return NULL;
}
