/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "milter/relaytest.h"
#include "milter/relaytest_smtp.h"

/* RCPT was taken. Where a pattern has one reading that leads outside, that is relaying: which reading the hosts behind the gateway
 * follow cannot be seen without sending. */
static enum relaytest_verdict judge_taken(enum relaytest_expect expect, const char **ret_note)
{
	switch (expect) {
	case RELAYTEST_CONTROL:
		return RELAYTEST_OK;
	case RELAYTEST_BELOW:
		*ret_note = "taken: is that name yours?";
		return RELAYTEST_UNCLEAR;
	case RELAYTEST_NOWHERE:
		*ret_note = "taken, though it is no address";
		return RELAYTEST_OK;
	default:
		*ret_note = "taken";
		return RELAYTEST_RELAYS;
	}
}

static enum relaytest_verdict judge_refused(enum relaytest_expect expect, const struct relaytest_heard *heard, const char **ret_note)
{
	if (expect == RELAYTEST_CONTROL) {
		*ret_note = "mail to you is refused, too: the other refusals prove nothing";
		return RELAYTEST_UNCLEAR;
	}
	if (heard->prelude_taken) {
		*ret_note = "this time; but what came before MAIL was believed";
		return RELAYTEST_UNCLEAR;
	}
	return RELAYTEST_OK;
}

enum relaytest_verdict relaytest_judge(enum relaytest_expect expect, const struct relaytest_heard *heard, const char **ret_note)
{
	*ret_note = "";
	if (heard->error < 0) {
		*ret_note = smtp_error_text(heard->error);
		return RELAYTEST_UNCLEAR;
	}
	if (heard->code / 100 == 2 && heard->at_rcpt)
		return judge_taken(expect, ret_note);
	if (heard->code / 100 == 5)
		return judge_refused(expect, heard, ret_note);
	*ret_note = heard->code / 100 == 4 ? "deferred, not refused" : "not what an SMTP server says here";
	return RELAYTEST_UNCLEAR;
}

const char *relaytest_verdict_name(enum relaytest_verdict verdict)
{
	static const char *const names[] = { "ok", "RELAYS", "unclear" };

	return names[verdict];
}
