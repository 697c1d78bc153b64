/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is malformed or too much: facts that the way in has noted become findings. */
#include "milter/model/limits.h"

#include "scanners/scanners.h"

static void limits_mailfrom(struct scan *scan)
{
	const struct message *message = scan->message;

	if (message->direction == DIRECTION_LOCAL)
		return;		/* the MTA has parsed it, and could not do without it: a refusal would leave the mail lying */
	if (message->mailfrom_problem != NULL)
		finding_add(scan, "malformed_sender", "sender address: %s", message->mailfrom_problem);
	else if (message->mailfrom.text[0] != '\0' && message->mailfrom.domain == NULL)
		finding_add(scan, "unqualified_sender", "sender address: no domain");	/* an MTA would append its own */
}

static void limits_rcpt(struct scan *scan)
{
	const struct limits *limits = scan->settings;
	const struct recipient *recipient = &scan->message->recipients[scan->recipient];

	if (scan->message->direction == DIRECTION_LOCAL)
		return;
	if (recipient->problem != NULL)
		finding_add(scan, "malformed_recipient", "recipient address: %s", recipient->problem);
	else if (scan->message->recipients_len > limits->recipients)
		finding_add(scan, "too_many_recipients", "no more than %llu recipients in one message",
			    (unsigned long long)limits->recipients);
}

static void limits_eom(struct scan *scan)
{
	const struct limits *limits = scan->settings;
	const struct message *message = scan->message;

	if (message->spool_full)
		finding_add(scan, "spool_full", "no room for the message just now");
	if (message->too_large)
		finding_add(scan, "oversize", "message is larger than %llu bytes", (unsigned long long)limits->message_size);
	if (message->headers_too_large)
		finding_add(scan, "header", "header section is over %llu bytes or %llu fields",
			    (unsigned long long)limits->header_size, (unsigned long long)limits->header_count);
}

static const struct outcome limits_outcomes[] = {
	{ "malformed_sender", REFUSE_NOW, OUTCOME_FIXED, ACTION_REJECT, .code = 501, .status = "5.1.7" },
	{ "unqualified_sender", REFUSE_NOW, OUTCOME_FIXED, ACTION_REJECT, .code = 553, .status = "5.1.7" },
	{ "malformed_recipient", REFUSE_NOW, OUTCOME_FIXED, ACTION_REJECT, .code = 501, .status = "5.1.3" },
	{ "too_many_recipients", REFUSE_NOW, OUTCOME_FIXED, ACTION_DEFER, .defer_code = 452, .defer_status = "4.5.3" },
	{ "spool_full", REFUSE_CONTENT, OUTCOME_FIXED, ACTION_DEFER, .defer_code = 452, .defer_status = "4.3.1" },
	{ "oversize", REFUSE_CONTENT, offsetof(struct limits, on_oversize), .code = 552, .status = "5.3.4",
	  .defer_code = 452, .defer_status = "4.3.4" },
	{ "header", REFUSE_CONTENT, offsetof(struct limits, on_header), .code = 552, .status = "5.3.4",
	  .defer_code = 452, .defer_status = "4.3.4" },
	{ .name = NULL },
};

static const struct option_section *const limits_sections[] = { &limits_section, NULL };

const struct scanner scanner_limits = {
	.name = "limits",
	.summary = "malformed addresses and what is too large",
	.sections = limits_sections,
	.outcomes = limits_outcomes,
	.mailfrom = limits_mailfrom,
	.rcpt = limits_rcpt,
	.eom = limits_eom,
};
