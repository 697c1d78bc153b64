/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dnsbl_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "milter/base/str.h"
#include "milter/mail/domain.h"
#include "scanners/dnsbl_answer.h"

#define ZONE_MAX (DOMAIN_MAX - 64)	/* 32 nibbles and their dots stand before it */

static const struct option_word type_words[] = { { "deny", DNSBL_DENY }, { "allow", DNSBL_ALLOW }, { NULL, 0 } };

static const struct option_word subject_words[] = {
	{ "client", DNSBL_CLIENT }, { "helo", DNSBL_HELO }, { "sender", DNSBL_SENDER }, { NULL, 0 },
};

static unsigned subject_of(const char *text)
{
	const struct option_word *word = subject_words;

	while (word->word != NULL && strcmp(word->word, text) != 0)
		word++;
	return (unsigned)word->value;
}

static int subject_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	(void)conf, (void)where, (void)field;
	if (subject_of(text) != 0)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.40s\" cannot be looked up (client, helo or sender can)", text);
	return -EINVAL;
}

#define FIELD(name) offsetof(struct dnsbl_settings, name)

static const struct option dnsbl_options[] = {
	{ "enabled", OPTION_BOOL, FIELD(enabled), .fallback = "yes", .summary = "ask this list" },
	{ "zone", OPTION_STRING, FIELD(zone), .fallback = "",
	  .summary = "the zone that is asked; empty: the title is the zone",
	  .text = "The title stands in replies and in the log, the zone does not: where the zone holds a key of yours, write a title "
		  "without it. Several sections may ask the same zone, with different codes.",
	  .example = "zen.example" },
	{ "type", OPTION_WORD, FIELD(type), .fallback = "deny", .words = type_words,
	  .summary = "is it bad to be listed (deny) or good (allow)",
	  .text = "When an allow list whose on_listed is accept has the client, what deny lists say about the client is recorded and "
		  "does nothing; likewise for the HELO name and for the sender's domain, each for itself. An allow list with a weight "
		  "only weighs." },
	{ "of", OPTION_LIST, FIELD(of), .fallback = "\"client\"", .parse = subject_check,
	  .summary = "what is looked up: client, helo or sender",
	  .text = "client is the address that connects, unless it is a private one; helo and sender are for lists of domains: the "
		  "name given in HELO, and the domain of the envelope sender. They matter for inbound mail alone." },
	{ "codes", OPTION_LIST, FIELD(codes), .parse = dnsbl_codes_check,
	  .summary = "which answers count",
	  .text = "Addresses (127.0.0.2), ranges (127.0.0.4-127.0.0.7), networks (127.0.1.0/24), or bits of the last octet "
		  "(127.0.0.&12: any of 4 and 8). Empty: every answer in 127.0.0.0/8 that is no error. An answer outside of 127.0.0.0/8 or in "
		  "127.255.255.0/24 is an error and never counts.",
	  .example = "{ \"127.0.0.2\", \"127.0.0.3\" }" },
	{ "refusal_codes", OPTION_LIST, FIELD(refusal_codes), .fallback = "\"127.0.0.1\", \"127.0.0.255\"",
	  .parse = dnsbl_codes_check_any,
	  .summary = "answers with which this list refuses to tell",
	  .text = "Besides those in 127.255.255.0/24. They are errors, never listings. Written as codes." },
	{ "ipv6", OPTION_BOOL, FIELD(ipv6), .fallback = "yes",
	  .summary = "look up clients with IPv6 addresses, too",
	  .text = "Write no for a list that has no IPv6 addresses: it spares the questions." },
	{ "on_listed", OPTION_CUSTOM, FIELD(on_listed), .fallback = "reject", .parse = rule_parse,
	  .summary = "what happens to mail of those that are listed",
	  .text = "In an allow list the default is accept, and a weight below 0 is the other choice. A refusal is given at RCPT when "
		  "the answer is there by then (resolver.rcpt_wait says how long RCPT may wait for it), else at the end of the "
		  "message; postmaster and abuse at our domains can still be reached." },
	{ "on_error", OPTION_CUSTOM, FIELD(on_error), .fallback = "accept", .parse = rule_parse,
	  .summary = "what happens to mail when the list could not tell",
	  .text = "No answer in time, an answer that is an error, or a list that is switched off because its self-test is not good. "
		  "Nothing is waited for longer than resolver.timeout." },
	{ "text", OPTION_STRING, FIELD(text), .fallback = "", .parse = dnsbl_text_check,
	  .summary = "text of the reply to those that are listed",
	  .text = "%a is what was looked up, %z the title, %c the answer, %r the list's own reason, %% a percent sign. Title and "
		  "answer are added in brackets when %z is not in it. Empty: \"client 192.0.2.9 is listed by TITLE (127.0.0.2): REASON\".",
	  .example = "%a is blocked, see https://example.com/blocked (%z): %r" },
	{ "txt", OPTION_BOOL, FIELD(txt), .fallback = "yes",
	  .summary = "ask the list for its reason (TXT) when it lists somebody",
	  .text = "The reason is cut at 200 characters and stands in the reply. Nobody is let in because it is missing." },
	{ "self_test", OPTION_BOOL, FIELD(self_test), .fallback = "yes",
	  .summary = "test the list at the start and every hour (RFC 5782 section 5)",
	  .text = "It must list 127.0.0.2 and must not list 127.0.0.1; for IPv6 it must not list ::ffff:7f00:1; a list of domains must "
		  "list the name test and must not list invalid. Otherwise it is switched off, which is said once in the log, until a "
		  "later test is good; one that is off is tested every 10 minutes. Until the first test has passed nobody counts as "
		  "listed. Sections that ask the same zone share its test, with the options of the first. Write no for a list without "
		  "these entries." },
	{ "max_listed_percent", OPTION_COUNT, FIELD(max_listed_percent), .fallback = "90", .min = 1, .max = 100,
	  .summary = "share of listed answers that calls for a test at once",
	  .text = "Of the last 200. A list that then has 127.0.0.1 (or the name invalid) lists everything and is switched off. 100: "
		  "never." },
	OPTION_END
};

const char *dnsbl_settings_zone(struct arena *arena, const struct dnsbl_settings *settings)
{
	const char *zone, *written = settings->zone[0] == '\0' ? settings->title : settings->zone;

	return domain_normalise(arena, str_of(written), &zone) < 0 || strlen(zone) > ZONE_MAX ? NULL : zone;
}

unsigned dnsbl_settings_subjects(const struct dnsbl_settings *settings)
{
	unsigned subjects = 0;

	for (size_t i = 0; i < settings->of.len; i++)
		subjects |= subject_of(settings->of.items[i].text);
	return subjects;
}

struct rule dnsbl_settings_on_listed(const struct dnsbl_settings *settings)
{
	struct rule rule = settings->on_listed;

	if (settings->type != DNSBL_ALLOW || rule.where.file != NULL)
		return rule;
	for (size_t i = 0; i < RULE_DIRECTIONS; i++)
		rule.by_direction[i] = (struct rule_action){ .action = ACTION_ACCEPT };
	return rule;
}

static int dnsbl_check(const void *section, char *problem)
{
	const struct dnsbl_settings *settings = section;
	const char *hidden = dnsbl_codes_hidden(&settings->codes, &settings->refusal_codes);
	const char *written = settings->zone[0] == '\0' ? settings->title : settings->zone, *zone;
	struct arena *arena = arena_new();
	int r = -EINVAL;

	zone = dnsbl_settings_zone(arena, settings);
	if (zone == NULL)
		(void)snprintf(problem, CONF_PROBLEM_MAX,
			       "\"%.80s\" is no name of a zone (write zone = \"NAME\" where the title is none)", written);
	else if (dnsbl_settings_subjects(settings) == 0)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "of is empty: nothing would be looked up");
	else if (hidden != NULL)
		(void)snprintf(problem, CONF_PROBLEM_MAX, "%.40s stands in codes and in refusal_codes", hidden);
	else
		r = 0;
	arena_free(arena);
	return r;
}

const struct option_section dnsbl_section = {
	.name = "dnsbl",
	.titled = true,
	.options = dnsbl_options,
	.settings_size = sizeof(struct dnsbl_settings),
	.summary = "a DNS list (RFC 5782) of clients or domains: a section for each list",
	.text = "Questions are asked as early as possible, at connect, HELO and MAIL, and nobody waits for them there. A list that could "
		"not tell never counts as having said no or yes.",
	.example_title = "zen.example",
	.check = dnsbl_check,
};
