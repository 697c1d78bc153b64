/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/rate_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "milter/lookup/networks.h"
#include "milter/model/scanner.h"

#define OUTGOING (SCANNER_IN(DIRECTION_SUBMISSION) | SCANNER_IN(DIRECTION_GRANTED))

static const struct option_word per_words[] = {
	{ "login", RATE_LOGIN }, { "client", RATE_CLIENT }, { "sender", RATE_SENDER }, { "from", RATE_FROM },
	{ "recipient", RATE_RECIPIENT }, { "recipient_domain", RATE_RECIPIENT_DOMAIN }, { NULL, 0 },
};

static const struct option_word of_words[] = { { "messages", RATE_MESSAGES }, { "recipients", RATE_RECIPIENTS }, { NULL, 0 } };

/* Not local: an MTA takes no refusal of its own mail. */
static unsigned direction_of(const char *text)
{
	static const enum direction directions[] = { DIRECTION_INBOUND, DIRECTION_SUBMISSION, DIRECTION_GRANTED };

	for (size_t i = 0; i < sizeof(directions) / sizeof(*directions); i++)
		if (strcmp(text, direction_name(directions[i])) == 0)
			return SCANNER_IN(directions[i]);
	return 0;
}

static int direction_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	(void)conf, (void)where, (void)field;
	if (direction_of(text) != 0)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.40s\" is no direction (inbound, submission or granted is)", text);
	return -EINVAL;
}

unsigned rate_settings_directions(const struct rate_settings *settings)
{
	unsigned directions = 0;

	for (size_t i = 0; i < settings->directions.len; i++)
		directions |= direction_of(settings->directions.items[i].text);
	if (directions != 0)
		return directions;
	if (settings->per == RATE_LOGIN)
		return SCANNER_IN(DIRECTION_SUBMISSION);
	return settings->per == RATE_RECIPIENT_DOMAIN ? OUTGOING : OUTGOING | SCANNER_IN(DIRECTION_INBOUND);
}

#define FIELD(name) offsetof(struct rate_settings, name)

static const struct option rate_options[] = {
	{ "per", OPTION_WORD, FIELD(per), .fallback = "client", .words = per_words,
	  .summary = "who or what has a limit of its own",
	  .text = "login: who has logged in, without case; client: the IPv4 address that connects, or the /64 of an IPv6 address; sender: "
		  "the address of MAIL FROM (the null sender of each client is one); from: each author in From, which is known only "
		  "when the header is there (where nobody can say who wrote it, it counts for the client); recipient: each address of "
		  "RCPT TO; recipient_domain: its domain. Letters are compared without case. Strangers may claim any sender and author: "
		  "for inbound mail such a limit can be used up by others." },
	{ "of", OPTION_WORD, FIELD(of), .fallback = "messages", .words = of_words,
	  .summary = "what is counted: messages, or recipients" },
	{ "limit", OPTION_CUSTOM, FIELD(limit), .parse = rate_parse, .required = true,
	  .summary = "how many in how long, such as 300/1h",
	  .text = "In no stretch of that length are more let in; room comes back bit by bit, in eighths of it. A message takes its share at "
		  "MAIL and RCPT and gives it back when it is not let in.",
	  .example = "300/1h" },
	{ "directions", OPTION_LIST, FIELD(directions), .parse = direction_check,
	  .summary = "for which mail it counts: inbound, submission, granted",
	  .text = "Empty: all three; of logins submission, of recipient domains submission and granted. Mail of the MTA itself has no limits.",
	  .example = "{ \"submission\" }" },
	{ "except", OPTION_LIST, FIELD(except), .parse = networks_check,
	  .summary = "clients whose mail is not counted", .example = "{ \"192.0.2.25\" }" },
	{ "on_exceeded", OPTION_CUSTOM, FIELD(on_exceeded), .fallback = "defer", .parse = rule_parse,
	  .summary = "what happens to what is over the limit",
	  .text = "The reply says until when. A limit on messages is heard at RCPT (postmaster and abuse at our domains can still be "
		  "reached), one on authors at the end of the message." },
	OPTION_END
};

static int rate_check(const void *section, char *problem)
{
	const struct rate_settings *settings = section;

	if (settings->limit.limit > 0)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "limit is empty: nothing would be limited");
	return -EINVAL;
}

const struct option_section rate_section = {
	.name = "rate",
	.titled = true,
	.options = rate_options,
	.settings_size = sizeof(struct rate_settings),
	.summary = "how much one login, client, sender ... may send: a section for each limit",
	.text = "Without a section nothing is limited. Several limits hold side by side; relay.grant.rate and account.rate are further "
		"ones. What was counted survives reloads and, with state.directory, restarts.",
	.example_title = "logins",
	.check = rate_check,
};
