/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/links_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "milter/lookup/names.h"
#include "milter/mail/domain.h"
#include "scanners/dnsbl_answer.h"

#define ZONE_MAX 120	/* a host of as much stands before it */

#define FIELD(name) offsetof(struct links_settings, name)

static const struct option links_options[] = {
	{ "enabled", OPTION_BOOL, FIELD(enabled), .fallback = "no",
	  .summary = "look at the hosts of links in messages",
	  .text = "Needs content.enabled. What is done with them say the sections list in it, and on_display_mismatch." },
	{ "trusted", OPTION_LIST, FIELD(trusted), .parse = domains_check,
	  .summary = "hosts that do not matter",
	  .text = "example.com is that name alone, .example.com every name below it. Ours (domains) never matter.",
	  .example = "{ \"example.com\", \".example.com\" }" },
	{ "max_hosts", OPTION_COUNT, FIELD(max_hosts), .fallback = "20", .min = 1, .max = 100,
	  .summary = "how many hosts of one message are looked up in each list",
	  .text = "The first ones. For a host below a registered domain that domain is looked up, too, and counts." },
	{ "on_display_mismatch", OPTION_CUSTOM, FIELD(on_display_mismatch), .fallback = "accept", .parse = rule_parse,
	  .summary = "what happens when the text of a link names another domain than the link",
	  .text = "\"https://bank.example\" that leads to evil.example. So do the newsletters of honest senders whose links are counted on the "
		  "way: a small weight is the most that is wise.", .example = "1" },
	OPTION_END
};

const struct option_section links_section = {
	.name = "links",
	.options = links_options,
	.settings_size = sizeof(struct links_settings),
	.summary = "hosts of links in text and HTML",
	.text = "They are known at the end of a message only, which then waits for the lists, no longer than resolver.timeout. Inbound mail alone.",
};

#undef FIELD
#define FIELD(name) offsetof(struct links_list_settings, name)

static const struct option list_options[] = {
	{ "enabled", OPTION_BOOL, FIELD(enabled), .fallback = "yes", .summary = "ask this list" },
	{ "zone", OPTION_STRING, FIELD(zone), .fallback = "",
	  .summary = "the zone that is asked; empty: the title is the zone", .text = "As in dnsbl.", .example = "dbl.example" },
	{ "codes", OPTION_LIST, FIELD(codes), .parse = dnsbl_codes_check,
	  .summary = "which answers count", .text = "Written as in dnsbl; empty: every answer in 127.0.0.0/8 that is no error.",
	  .example = "{ \"127.0.1.2-127.0.1.99\" }" },
	{ "refusal_codes", OPTION_LIST, FIELD(refusal_codes), .fallback = "\"127.0.0.1\", \"127.0.0.255\"", .parse = dnsbl_codes_check_any,
	  .summary = "answers with which this list refuses to tell", .text = "Besides those in 127.255.255.0/24." },
	{ "text", OPTION_STRING, FIELD(text), .fallback = "", .parse = dnsbl_text_check,
	  .summary = "text of the reply to a message with such a link", .text = "As in dnsbl; %a is the host." },
	{ "txt", OPTION_BOOL, FIELD(txt), .fallback = "yes", .summary = "ask the list for its reason (TXT) when it lists a host" },
	{ "self_test", OPTION_BOOL, FIELD(self_test), .fallback = "yes",
	  .summary = "test the list at the start and every hour (RFC 5782 section 5)",
	  .text = "It must list the name test and must not list invalid. Otherwise it is switched off until a later test is good." },
	{ "max_listed_percent", OPTION_COUNT, FIELD(max_listed_percent), .fallback = "90", .min = 1, .max = 100,
	  .summary = "share of listed answers that calls for a test at once", .text = "Of the last 200." },
	{ "on_listed", OPTION_CUSTOM, FIELD(on_listed), .fallback = "reject", .parse = rule_parse,
	  .summary = "what happens to a message with a link to a host that is listed" },
	{ "on_error", OPTION_CUSTOM, FIELD(on_error), .fallback = "accept", .parse = rule_parse,
	  .summary = "what happens when the list could not tell about a host",
	  .text = "No answer in time, an answer that is an error, or a list that is switched off." },
	OPTION_END
};

const char *links_settings_zone(struct arena *arena, const struct links_list_settings *settings)
{
	const char *zone, *written = settings->zone[0] == '\0' ? settings->title : settings->zone;

	return domain_normalise(arena, str_of(written), &zone) < 0 || strlen(zone) > ZONE_MAX ? NULL : zone;
}

static int list_check(const void *section, char *problem)
{
	const struct links_list_settings *settings = section;
	const char *hidden = dnsbl_codes_hidden(&settings->codes, &settings->refusal_codes);
	struct arena *arena = arena_new();
	int r = -EINVAL;

	if (links_settings_zone(arena, settings) == NULL)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.80s\" is no name of a zone (write zone = \"NAME\" where the title is none)",
			       settings->zone[0] == '\0' ? settings->title : settings->zone);
	else if (hidden != NULL)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "%.40s stands in codes and in refusal_codes", hidden);
	else
		r = 0;
	arena_free(arena);
	return r;
}

const struct option_section links_list_section = {
	.name = "list",
	.parent = "links",
	.titled = true,
	.options = list_options,
	.settings_size = sizeof(struct links_list_settings),
	.summary = "a DNS list of domains (RFC 5782) in which the hosts of links are looked up",
	.text = "Lists of domains only: addresses in links are not looked up.",
	.example_title = "dbl.example",
	.check = list_check,
};

bool links_settings_wanted(const struct conf *conf)
{
	const struct links_settings *settings = conf_settings(conf, "links");

	return settings != NULL && settings->enabled;
}
