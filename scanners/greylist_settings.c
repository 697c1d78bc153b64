/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/greylist_settings.h"

#include <errno.h>
#include <stdio.h>

#include "milter/lookup/names.h"
#include "milter/lookup/networks.h"

#define FIELD(name) offsetof(struct greylist_settings, name)
#define DAY_MS UINT64_C(86400000)

static const struct option greylist_options[] = {
	{ "enabled", OPTION_BOOL, FIELD(enabled), .fallback = "no",
	  .summary = "defer the first mail of strangers, and take it when they try again",
	  .text = "Programs that send to everybody and never again are rid of this way. It costs honest strangers some minutes, and those "
		  "who do not try again their mail: other checks first." },
	{ "delay", OPTION_DURATION, FIELD(delay_ms), .fallback = "5m", .min = 1000, .max = DAY_MS,
	  .summary = "how long a stranger has to wait", .text = "The reply says until when." },
	{ "retry_within", OPTION_DURATION, FIELD(retry_within_ms), .fallback = "8h", .min = 60000, .max = 30 * DAY_MS,
	  .summary = "how long the first try is remembered", .text = "Whoever tries again later than that is new again." },
	{ "keep", OPTION_DURATION, FIELD(keep_ms), .fallback = "35d", .min = 60000, .max = 3650 * DAY_MS,
	  .summary = "how long one who has come through does, after his last mail" },
	{ "correspondents", OPTION_DURATION, FIELD(correspondents_ms), .fallback = "60d", .min = 60000, .max = 3650 * DAY_MS,
	  .summary = "how long an address can write without delay to which somebody who had logged in has written",
	  .text = "It is noted while this section is enabled." },
	{ "null_sender", OPTION_BOOL, FIELD(null_sender), .fallback = "no",
	  .summary = "delay bounces and other mail without a sender, too",
	  .text = "Most is sent by mail servers, which try again, but not all; a question whether an address exists is never delayed, as it "
		  "ends before the message." },
	{ "except_clients", OPTION_LIST, FIELD(clients), .parse = networks_check,
	  .summary = "clients that are not delayed", .example = "{ \"192.0.2.0/24\" }" },
	{ "except_senders", OPTION_LIST, FIELD(senders), .parse = addresses_check,
	  .summary = "senders that are not delayed", .text = "Anybody can claim to be one of them.", .example = "{ \"example.net\" }" },
	{ "except_recipients", OPTION_LIST, FIELD(recipients), .parse = addresses_check,
	  .summary = "recipients whose mail is not delayed", .text = "Postmaster and abuse never have to wait.",
	  .example = "{ \"helpdesk@example.com\" }" },
	{ "on_greylisted", OPTION_CUSTOM, FIELD(on_greylisted), .fallback = "defer", .parse = rule_parse,
	  .summary = "what happens to mail of those who have not waited yet",
	  .text = "A weight makes it one sign among others, observe shows what would be delayed." },
	OPTION_END
};

static int greylist_check(const void *section, char *problem)
{
	const struct greylist_settings *settings = section;

	if (settings->delay_ms < settings->retry_within_ms)
		return 0;
	(void)snprintf(problem, CONF_PROBLEM_MAX, "delay is not shorter than retry_within: nobody would ever come through");
	return -EINVAL;
}

const struct option_section greylist_section = {
	.name = "greylist",
	.options = greylist_options,
	.settings_size = sizeof(struct greylist_settings),
	.summary = "greylisting: the first mail of strangers has to come twice",
	.text = "A stranger is a client network (IPv4 /24, IPv6 /64) with a sender and a recipient that were not seen together before; one "
		"recipient of a message that is known is enough. Inbound mail alone; not delayed is what SPF passes, or a signature (DKIM) of "
		"the sender's or author's domain, and senders to whom one of our users has written. The outcomes are greylisted and "
		"passed. It is decided at the end of the message, when SPF and DKIM are known.",
	.check = greylist_check,
};
