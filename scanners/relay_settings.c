/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/relay_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "milter/base/str.h"
#include "milter/lookup/names.h"
#include "milter/lookup/networks.h"

static int date_problem(const char *text, char *problem)
{
	(void)snprintf(problem, CONF_PROBLEM_MAX, "\"%.40s\" is no date (YYYY-MM-DD)", text);
	return -EINVAL;
}

/* Good until the end of that day, UTC. A day that does not exist (02-30) is refused: mktime would move it. */
static int date_parse(const char *text, uint64_t *ret_ms)
{
	struct tm day = { .tm_isdst = 0 }, same;
	time_t end;
	int used = 0;

	if (strlen(text) != 10 || sscanf(text, "%4d-%2d-%2d%n", &day.tm_year, &day.tm_mon, &day.tm_mday, &used) != 3 || used != 10)
		return -EINVAL;
	day.tm_year -= 1900;
	day.tm_mon -= 1;
	same = day;
	end = timegm(&same);
	if (same.tm_mday != day.tm_mday || same.tm_mon != day.tm_mon || end < 0)
		return -EINVAL;
	*ret_ms = ((uint64_t)end + 86400) * 1000;
	return 0;
}

static int expires_check(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	uint64_t end_ms;

	(void)conf, (void)where, (void)field;
	return text[0] == '\0' || date_parse(text, &end_ms) == 0 ? 0 : date_problem(text, problem);
}

static int expires_parse(struct conf *conf, const char *text, struct conf_where where, void *field, char *problem)
{
	struct grant_settings *grant = field;

	if (expires_check(conf, text, where, NULL, problem) < 0)
		return -EINVAL;
	grant->expires = "";
	grant->expires_ms = 0;
	if (text[0] != '\0') {
		char *copy = conf_keep(conf, strlen(text) + 1);

		memcpy(copy, text, strlen(text) + 1);
		grant->expires = copy;
		(void)date_parse(text, &grant->expires_ms);
	}
	return 0;
}

static const struct option relay_options[] = {
	{ "authenticated", OPTION_BOOL, offsetof(struct relay_settings, authenticated), .fallback = "yes",
	  .summary = "may a client that has logged in (SMTP AUTH) send to other domains",
	  .text = "The login is the MTA's word ({auth_authen}), which no client can write. An address in the LAN is no ground." },
	OPTION_END
};

const struct option_section relay_section = {
	.name = "relay",
	.options = relay_options,
	.settings_size = sizeof(struct relay_settings),
	.summary = "who may send to domains that are not ours",
	.text = "Nobody else may: there is no option that trusts a network. Each accepted recipient has one ground: domain, auth, cert, "
		"grant or local, in the log and in X-Octroi-Relay.",
};

static const struct option grant_options[] = {
	{ "clients", OPTION_LIST, offsetof(struct grant_settings, clients), .parse = networks_check, .required = true,
	  .summary = "addresses the device sends from", .example = "{ \"192.0.2.40\" }" },
	{ "senders", OPTION_LIST, offsetof(struct grant_settings, senders), .parse = addresses_check, .required = true,
	  .summary = "senders it may use, in the envelope and in From",
	  .text = "user@example.com, @example.com, .example.com (all names below), or <> for the null sender.",
	  .example = "{ \"scanner@example.com\" }" },
	{ "recipients", OPTION_LIST, offsetof(struct grant_settings, recipients), .parse = addresses_check, .required = true,
	  .summary = "recipients it may reach", .text = "Written as senders; \"*\" is everyone.", .example = "{ \"example.com\" }" },
	{ "rate", OPTION_CUSTOM, offsetof(struct grant_settings, rate), .fallback = "", .parse = rate_parse,
	  .summary = "accepted recipients in a time, such as 50/1h",
	  .text = "A further one is deferred (450 4.7.1), and the reply says until when. Recipients of a message that is not let in do not "
		  "count. Empty: no limit.", .example = "50/1h" },
	{ "expires", OPTION_CUSTOM, 0, .fallback = "", .parse = expires_parse,
	  .summary = "last day of the grant, YYYY-MM-DD (UTC)", .text = "Empty: it does not end.", .example = "2027-06-30" },
	{ "owner", OPTION_STRING, offsetof(struct grant_settings, owner), .fallback = "",
	  .summary = "who answers for it", .text = "For people; it stands in no reply.", .example = "it@example.com" },
	OPTION_END
};

const struct option_section grant_section = {
	.name = "grant",
	.parent = "relay",
	.titled = true,
	.options = grant_options,
	.settings_size = sizeof(struct grant_settings),
	.summary = "an application or device that cannot log in",
	.text = "Client, sender, recipient, rate and date must all fit; what does not is refused with the limit by its name.",
	.example_title = "printer-2nd-floor",
};

static const struct option certificate_options[] = {
	{ "subject", OPTION_STRING, offsetof(struct certificate_settings, subject), .required = true,
	  .summary = "the subject of the client certificate, exactly",
	  .text = "With Postfix the common name (it tells it only when it trusts the certificate); with Sendmail the whole distinguished "
		  "name, and {verify} must be OK.", .example = "backup-mx.example.com" },
	{ "issuer", OPTION_STRING, offsetof(struct certificate_settings, issuer), .fallback = "",
	  .summary = "its issuer, written the same way",
	  .text = "Name it whenever the MTA trusts more than one authority: anyone of them could issue that subject. Empty: any.",
	  .example = "Example Internal CA" },
	OPTION_END
};

const struct option_section certificate_section = {
	.name = "certificate",
	.parent = "relay",
	.titled = true,
	.options = certificate_options,
	.settings_size = sizeof(struct certificate_settings),
	.summary = "a client that proves itself with a TLS client certificate",
	.example_title = "backup-mx",
};
