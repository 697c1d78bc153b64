/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanners/dkim_settings.h"

#define ON_ROW(outcome_name, outcome, action) \
	"on_" outcome_name, OPTION_CUSTOM, offsetof(struct dkim_settings, rules[outcome]), .fallback = (action), .parse = rule_parse

static const struct option dkim_options[] = {
	{ "enabled", OPTION_BOOL, offsetof(struct dkim_settings, enabled), .fallback = "yes",
	  .summary = "verify the DKIM signatures of mail from strangers",
	  .text = "Without it DMARC can only go by SPF, and mail that was forwarded fails." },
	{ "max_signatures", OPTION_COUNT, offsetof(struct dkim_settings, max_signatures), .fallback = "8", .min = 1, .max = 32,
	  .summary = "signatures of one message that are verified",
	  .text = "The first ones from the top; what is more is counted and not looked at. Honest mail has one to four." },
	{ "min_key_bits", OPTION_COUNT, offsetof(struct dkim_settings, min_key_bits), .fallback = "1024", .min = 1024, .max = 2048,
	  .summary = "smaller RSA keys are not accepted (outcome policy)",
	  .text = "RFC 8301 allows nothing below 1024, and many senders still have keys of 1024 bits. Keys above 4096 bits are never "
		  "accepted: what they cost is ours." },
	{ "timeout", OPTION_DURATION, offsetof(struct dkim_settings, timeout_ms), .fallback = "20s", .min = 1000, .max = 120000,
	  .summary = "time to verify the signatures of one message",
	  .text = "It takes well under 1 ms for a letter, and about 50 ms for 20 MB. An examiner that takes longer is replaced, "
		  "and the outcome is temperror. The time for the keys is resolver.timeout." },
	{ ON_ROW("pass", DKIM_PASS, "accept"),
	  .summary = "a signature verifies and covers the message",
	  .text = "It says that a domain stands behind the mail, not that the domain is a good one." },
	{ ON_ROW("fail", DKIM_FAIL, "accept"),
	  .summary = "a signature does not verify",
	  .text = "Mailing lists and forwarders break signatures every day, and RFC 6376 6.1 asks to treat such a message as if it had "
		  "none. Whether that is allowed the author's domain says: see dmarc. A refusal here loses mail." },
	{ ON_ROW("neutral", DKIM_NEUTRAL, "accept"),
	  .summary = "a signature does not verify, and its domain is only testing",
	  .text = "The key says t=y: RFC 6376 3.6.1 wants such mail treated as unsigned." },
	{ ON_ROW("policy", DKIM_POLICY, "accept"),
	  .summary = "a signature that is not accepted as proof",
	  .text = "rsa-sha1, an RSA key that is too small or too large (RFC 8301), a signature that has expired or comes from the future, "
		  "a public suffix (\"com\") as its domain." },
	{ ON_ROW("partial", DKIM_PARTIAL, "1"),
	  .summary = "a signature that verifies but covers only the beginning of the body (l=)",
	  .text = "Anybody may have added the rest. It proves nothing to DMARC. Some old mailing lists sign so; so do attacks in which a "
		  "signed letter gets a new text." },
	{ ON_ROW("uncovered", DKIM_UNCOVERED, "2"),
	  .summary = "a signature that verifies, on a message with a second From, Subject, Date, ... field that it does not sign",
	  .text = "Readers may be shown the field that was added. It proves nothing to DMARC. No honest program adds such a field." },
	{ ON_ROW("temperror", DKIM_TEMPERROR, "accept"),
	  .summary = "it could not be told whether a signature verifies",
	  .text = "The DNS did not answer about its key, or no examiner was available. DMARC knows of it and decides what is to be done "
		  "where it matters (dmarc.on_temperror)." },
	{ ON_ROW("permerror", DKIM_PERMERROR, "accept"),
	  .summary = "a signature or its key cannot be read",
	  .text = "A missing, revoked or malformed key, a tag that is missing, there twice or not as RFC 6376 has it. As none." },
	{ ON_ROW("none", DKIM_NONE, "accept"),
	  .summary = "the message has no signature" },
	{ ON_ROW("too_many", DKIM_TOO_MANY, "1"),
	  .summary = "there are more signatures than max_signatures" },
	OPTION_END
};

const struct option_section dkim_section = {
	.name = "dkim",
	.options = dkim_options,
	.settings_size = sizeof(struct dkim_settings),
	.summary = "signatures of domains (DKIM, RFC 6376)",
	.text = "Only for mail from strangers (direction inbound). Each signature has an outcome of its own and stands in "
		"Authentication-Results. The keys are asked for as soon as a signature arrives; the signatures are verified in a cage at "
		"the end of the message. The outcomes are pass, fail, neutral, policy, partial, uncovered, temperror, permerror, none and "
		"too_many.",
};
