/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/model/limits.h"

static const struct option limits_options[] = {
	{ "message_size", OPTION_SIZE, offsetof(struct limits, message_size), .fallback = "50M", .min = 1024, .max = 2147483648,
	  .summary = "largest message, header and body together",
	  .text = "Should not be below the MTA's own limit (message_size_limit in Postfix), or mail that the MTA takes is refused here." },
	{ "header_size", OPTION_SIZE, offsetof(struct limits, header_size), .fallback = "256K", .min = 4096, .max = 16777216,
	  .summary = "largest header section, all fields together" },
	{ "header_count", OPTION_COUNT, offsetof(struct limits, header_count), .fallback = "2000", .min = 50, .max = 100000,
	  .summary = "header fields at the most" },
	{ "recipients", OPTION_COUNT, offsetof(struct limits, recipients), .fallback = "1000", .min = 1, .max = 100000,
	  .summary = "recipients of one message at the most",
	  .text = "A further one hears 452 4.5.3 and the sender brings it in a next message, as RFC 5321 4.5.3.1.10 asks." },
	{ "spool", OPTION_SIZE, offsetof(struct limits, spool), .fallback = "1G", .min = 1048576, .max = 1099511627776,
	  .summary = "memory for all messages that are coming in at one time",
	  .text = "Messages wait in memory until their verdict. One that finds no room hears 452 4.3.1 and comes again." },
	{ "on_oversize", OPTION_CUSTOM, offsetof(struct limits, on_oversize), .fallback = "reject", .parse = rule_parse,
	  .summary = "what happens to a message over message_size",
	  .text = "Only its beginning is kept, so the virus scanner calls it unscannable, whatever stands here." },
	{ "on_header", OPTION_CUSTOM, offsetof(struct limits, on_header), .fallback = "reject", .parse = rule_parse_held,
	  .summary = "what happens to a message over header_size or header_count",
	  .text = "Forged fields behind the limit would not be found: only quarantine, defer, reject and discard may stand here." },
	OPTION_END
};

const struct option_section limits_section = {
	.name = "limits",
	.options = limits_options,
	.settings_size = sizeof(struct limits),
	.summary = "how much of a message is taken in",
	.text = "What is over a limit is refused with the reason, never cut in silence.",
};

bool limits_allow_field(const struct limits *limits, struct message *message)
{
	if (message->headers.size_bytes >= limits->header_size || message->headers.len >= limits->header_count)
		message->headers_too_large = true;
	return !message->headers_too_large;
}
